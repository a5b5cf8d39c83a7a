/*
 * A scan over bytes of fixed layout: takes integers and strings in order, never reads outside,
 * and remembers that it wanted to. After damage every take gives zero or nothing.
 */
#ifndef STW_LIBSTW_SCAN_H
#define STW_LIBSTW_SCAN_H

#include "base/buf.h"
#include "libstw/bytes.h"
#include "libstw/record.h"

struct stw_scan {
	const uint8_t *p, *end;
	bool damaged;
};

static inline struct stw_scan stw_scan_of(struct stw_bytes bytes)
{
	const uint8_t *p = bytes.p ? bytes.p : (const uint8_t *)"";

	return (struct stw_scan){p, bytes.p ? p + bytes.n : p, false};
}

static inline size_t stw_scan_left(const struct stw_scan *scan)
{
	return (size_t)(scan->end - scan->p);
}

/* The next n bytes, or NULL when fewer are left. */
static inline const uint8_t *stw_scan_take(struct stw_scan *scan, size_t n)
{
	const uint8_t *p = scan->p;

	if (scan->damaged || n > stw_scan_left(scan)) {
		scan->damaged = true;
		return NULL;
	}
	scan->p += n;
	return p;
}

static inline uint8_t stw_scan_u8(struct stw_scan *scan)
{
	const uint8_t *p = stw_scan_take(scan, 1);

	return p ? *p : 0;
}

static inline uint16_t stw_scan_u16(struct stw_scan *scan)
{
	const uint8_t *p = stw_scan_take(scan, 2);

	return p ? stw_le16(p) : 0;
}

static inline uint32_t stw_scan_u32(struct stw_scan *scan)
{
	const uint8_t *p = stw_scan_take(scan, 4);

	return p ? stw_le32(p) : 0;
}

static inline uint64_t stw_scan_u64(struct stw_scan *scan)
{
	const uint8_t *p = stw_scan_take(scan, 8);

	return p ? stw_le64(p) : 0;
}

/* str := length u32, bytes. Empty after damage. */
static inline struct str stw_scan_str(struct stw_scan *scan)
{
	uint32_t n = stw_scan_u32(scan);
	const uint8_t *p = stw_scan_take(scan, n);

	return p ? (struct str){(const char *)p, n} : STR_NONE;
}

static inline struct stw_bytes stw_scan_rest(struct stw_scan *scan)
{
	struct stw_bytes rest = {scan->p, stw_scan_left(scan)};

	scan->p = scan->end;
	return rest;
}

/* The writing side of stw_scan_str. */
static inline void stw_put_str(struct buf *out, struct str s)
{
	buf_put_u32(out, (uint32_t)s.n);
	buf_puts(out, s);
}

#endif
