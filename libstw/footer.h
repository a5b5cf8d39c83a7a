/*
 * The footer, and the digest over the whole file; the same code writes and checks them.
 */
#ifndef STW_LIBSTW_FOOTER_H
#define STW_LIBSTW_FOOTER_H

#include "base/buf.h"
#include "libstw/format.h"
#include "libstw/stw.h"

struct stw_footer {
	uint8_t word_size, byte_order;
	uint32_t page_size;
	uint64_t store, secrets, manifest; /* lengths in bytes */
	uint32_t format;
	struct digest digest; /* of the file */
};

/* The platform fields of this machine; everything else zero but the format. */
struct stw_footer stw_footer_here(void);
/* The STW_FOOTER_SIZE bytes; the digest is the last STW_DIGEST_SIZE of them. */
void stw_footer_encode(const struct stw_footer *footer, uint8_t out[STW_FOOTER_SIZE]);

/* Reads the end of a file and checks magic, format and lengths against the file's size, which
 * it returns; not the digest. */
bool stw_footer_read(int fd, struct stw_footer *out, uint64_t *file_size,
		     struct stw_fault *fault) WARN_UNUSED;
/* Where this machine differs from the one that built the image. */
bool stw_footer_fits_here(const struct stw_footer *footer, struct stw_fault *fault) WARN_UNUSED;

/* The digest that the file behind fd should have: reads store and secrets from it, in two
 * threads when they are large, takes the manifest from memory and the lengths from the footer. */
bool stw_file_digest(int fd, const struct stw_footer *footer, struct stw_bytes manifest,
		     struct digest *out, struct stw_fault *fault) WARN_UNUSED;
/* pread(2) until `n` bytes came; an early end of file is STW_DAMAGED. */
bool stw_read_at(int fd, void *out, size_t n, uint64_t offset, struct stw_fault *fault) WARN_UNUSED;

#endif
