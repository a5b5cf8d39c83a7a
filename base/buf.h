/*
 * Growing bytes. Errors stick: after a failed allocation every call does nothing and
 * `failed` is true, so a writer checks once, at the end.
 */
#ifndef STW_BASE_BUF_H
#define STW_BASE_BUF_H

#include <stdarg.h>

#include "base/attr.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	bool failed;
	bool secret; /* growing overwrites the memory it leaves; set it before the first byte */
};

#define BUF_INIT ((struct buf){NULL, 0, 0, false, false})

/* Makes room for n further bytes, so that adding them does not allocate. */
void buf_reserve(struct buf *buf, size_t n);
void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, struct str s);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* Little-endian integers, for records. */
void buf_put_u8(struct buf *buf, uint8_t v);
void buf_put_u16(struct buf *buf, uint16_t v);
void buf_put_u32(struct buf *buf, uint32_t v);
void buf_put_u64(struct buf *buf, uint64_t v);
/* Overwrites four bytes at `at`, which must lie inside, with v little-endian. Does nothing in
 * a failed buffer, where the place may never have been written. */
void buf_patch_u32(struct buf *buf, size_t at, uint32_t v);
/* Appends s as a JSON string with its quotes (RFC 8259 section 7); each byte that is not part
 * of valid UTF-8 becomes U+FFFD. */
void buf_put_json(struct buf *buf, struct str s);
/* Appends s as character data or the value of an attribute of XML 1.0 (section 2.4); what XML has
 * no place for, control characters and broken UTF-8, becomes U+FFFD. */
void buf_put_xml(struct buf *buf, struct str s);
/* Appends bytes in base64 with its padding (RFC 4648 section 4). */
void buf_put_base64(struct buf *out, const char *bytes, size_t n);
static inline struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->p, buf->n};
}
/* Keeps the memory, forgets the content and the failure. */
void buf_clear(struct buf *buf);
/* Overwrites all memory it holds and forgets the content; for secrets. */
void buf_wipe(struct buf *buf);
/* Gives the memory back, overwritten first where the buffer is secret. */
void buf_free(struct buf *buf);

#endif
