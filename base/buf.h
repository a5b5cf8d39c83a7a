/*
 * Growing bytes. Errors stick: after a failed allocation every call does nothing and
 * `failed` is true, so a writer checks once, at the end.
 */
#ifndef STW_BASE_BUF_H
#define STW_BASE_BUF_H

#include "base/attr.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	bool failed;
};

#define BUF_INIT ((struct buf){NULL, 0, 0, false})

void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, struct str s);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* Little-endian integers, for records. */
void buf_put_u8(struct buf *buf, uint8_t v);
void buf_put_u16(struct buf *buf, uint16_t v);
void buf_put_u32(struct buf *buf, uint32_t v);
void buf_put_u64(struct buf *buf, uint64_t v);
/* Overwrites four bytes at `at`, which must lie inside, with v little-endian. */
void buf_patch_u32(struct buf *buf, size_t at, uint32_t v);
/* Appends s as a JSON string with its quotes (RFC 8259); invalid UTF-8 becomes U+FFFD. */
void buf_put_json(struct buf *buf, struct str s);
static inline struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->p, buf->n};
}
/* Keeps the memory, forgets the content and the failure. */
void buf_clear(struct buf *buf);
/* Overwrites the content before it goes; for secrets. */
void buf_wipe(struct buf *buf);
void buf_free(struct buf *buf);

#endif
