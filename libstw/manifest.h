/* The manifest as bytes; struct stw_manifest is what they say. */
#ifndef STW_LIBSTW_MANIFEST_H
#define STW_LIBSTW_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "libstw/footer.h"

/* Appends the bytes; members that the footer holds (format, file, sizes) are not written. */
void stw_manifest_encode(const struct stw_manifest *manifest, struct buf *out);
/* Strings are copied into the arena. STW_DAMAGED for other bytes, STW_OTHER_SCHEMA. */
bool stw_manifest_decode(struct stw_bytes bytes, struct arena *arena, struct stw_manifest *out,
			 struct stw_fault *fault) WARN_UNUSED;
/* The manifest of a file whose footer was read, its file digest checked when `check`. */
bool stw_manifest_load(int fd, const struct stw_footer *footer, bool check, struct arena *arena,
		       struct stw_manifest *out, struct stw_fault *fault) WARN_UNUSED;

#endif
