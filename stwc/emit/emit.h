/*
 * From checked objects to the bytes of an image. Everything is sorted before LMDB sees it,
 * so the same objects give the same bytes.
 */
#ifndef STW_STWC_EMIT_H
#define STW_STWC_EMIT_H

#include "base/digest.h"
#include "base/fs.h"
#include "stwc/compile.h"

struct emit_options {
	struct str builder;  /* "stwc 0.1.0" */
	struct str revision; /* --revision, or empty */
	bool inline_secrets; /* --allow-inline-secrets; without it one is an error before this */
};

struct emit_report {
	struct digest file, content;
	uint64_t size;
	uint64_t objects;
};

/* Writes the image for a compilation without errors to `path`, atomically: temporary file beside
 * it, fsync, rename, fsync of the directory; mode 0644, or 0600 with inline secrets. On failure
 * the old file is whole and *error says which step. Deterministic in the compilation alone. */
bool emit_image(struct compilation *c, const struct emit_options *options, const char *path,
		struct emit_report *report, struct fs_error *error) WARN_UNUSED;

/* The fields of one structure as a record (libstw/record.h) appended to out; for comparing values.
 * An image never holds it: inline secrets stand in it as they are, so out should be .secret. */
void emit_record(struct buf *out, const struct value_object *object);
/* The content digest that emit_image would give; for diff and "nothing to reload". */
bool emit_content_digest(struct compilation *c, struct digest *out) WARN_UNUSED;

#endif
