#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define BUF_FIRST_CAP ((size_t)256)

static void wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

/* As realloc(3), but a secret never stays behind in memory given back. */
static char *regrow(struct buf *buf, size_t cap)
{
	char *p;

	if (!buf->secret)
		return realloc(buf->p, cap);
	p = malloc(cap);
	if (!p)
		return NULL;
	if (buf->n)
		memcpy(p, buf->p, buf->n);
	wipe(buf->p, buf->cap);
	free(buf->p);
	return p;
}

void buf_reserve(struct buf *buf, size_t n)
{
	size_t need, cap;
	char *p;

	if (buf->failed || n <= buf->cap - buf->n)
		return;
	if (add_overflows(buf->n, n, &need) || need > PTRDIFF_MAX) {
		buf->failed = true;
		return;
	}
	/* no overflow: what is held is at most PTRDIFF_MAX */
	cap = buf->cap * 2;
	if (cap < need)
		cap = need;
	if (cap < BUF_FIRST_CAP)
		cap = BUF_FIRST_CAP;
	p = regrow(buf, cap);
	if (!p) {
		buf->failed = true;
		return;
	}
	buf->p = p;
	buf->cap = cap;
}

void buf_put(struct buf *buf, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	buf_reserve(buf, n);
	if (buf->failed)
		return;
	memcpy(buf->p + buf->n, bytes, n);
	buf->n += n;
}

void buf_putc(struct buf *buf, char c)
{
	buf_put(buf, &c, 1);
}

void buf_puts(struct buf *buf, struct str s)
{
	buf_put(buf, s.p, s.n);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	size_t need;
	int n;

	if (buf->failed)
		return;
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0 || add_overflows((size_t)n, (size_t)1, &need)) {
		buf->failed = true;
		return;
	}
	buf_reserve(buf, need);
	if (buf->failed)
		return;
	vsnprintf(buf->p + buf->n, need, format, args);
	buf->n += (size_t)n;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

static void put_le(struct buf *buf, uint64_t v, size_t bytes)
{
	unsigned char b[8];

	for (size_t i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	buf_put(buf, b, bytes);
}

void buf_put_u8(struct buf *buf, uint8_t v)
{
	put_le(buf, v, 1);
}

void buf_put_u16(struct buf *buf, uint16_t v)
{
	put_le(buf, v, 2);
}

void buf_put_u32(struct buf *buf, uint32_t v)
{
	put_le(buf, v, 4);
}

void buf_put_u64(struct buf *buf, uint64_t v)
{
	put_le(buf, v, 8);
}

void buf_patch_u32(struct buf *buf, size_t at, uint32_t v)
{
	if (buf->failed || at > buf->n || buf->n - at < 4)
		return;
	for (size_t i = 0; i < 4; i++)
		buf->p[at + i] = (char)(unsigned char)(v >> (8 * i));
}

static void put_json_control(struct buf *buf, unsigned char c)
{
	static const char names[] = "\b\f\n\r\t";
	static const char letters[] = "bfnrt";
	const char *name = c ? strchr(names, c) : NULL;

	if (name)
		buf_printf(buf, "\\%c", letters[name - names]);
	else
		buf_printf(buf, "\\u%04x", c);
}

/* Writes the code point at the start of s; its length in bytes. */
static size_t put_json_one(struct buf *buf, struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t code_point;
	size_t n;

	if (c < 0x20) {
		put_json_control(buf, c);
		return 1;
	}
	if (c == '"' || c == '\\') {
		buf_putc(buf, '\\');
		buf_putc(buf, s.p[0]);
		return 1;
	}
	n = utf8_decode(s, &code_point);
	if (n == 0) {
		buf_puts(buf, STR("\xEF\xBF\xBD"));
		return 1;
	}
	buf_put(buf, s.p, n);
	return n;
}

static bool json_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

void buf_put_json(struct buf *buf, struct str s)
{
	buf_putc(buf, '"');
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && json_plain(s.p[i]))
			i++;
		buf_put(buf, s.p + from, i - from);
		if (i < s.n)
			i += put_json_one(buf, str_from(s, i));
	}
	buf_putc(buf, '"');
}

/* Writes the character at the start of s; its length in bytes. */
static size_t put_xml_one(struct buf *buf, struct str s)
{
	uint32_t code_point = 0;
	size_t n = utf8_decode(s, &code_point);

	switch (s.p[0]) {
	case '&': buf_puts(buf, STR("&amp;")); return 1;
	case '<': buf_puts(buf, STR("&lt;")); return 1;
	case '>': buf_puts(buf, STR("&gt;")); return 1;
	case '"': buf_puts(buf, STR("&quot;")); return 1;
	case '\'': buf_puts(buf, STR("&#39;")); return 1;
	}
	if (n == 0 || (code_point < 0x20 && !strchr("\t\n", s.p[0])) || code_point == 0 ||
	    code_point == 0xFFFE || code_point == 0xFFFF)
		buf_puts(buf, STR("\xEF\xBF\xBD"));
	else
		buf_put(buf, s.p, n);
	return n ? n : 1;
}

void buf_put_xml(struct buf *buf, struct str s)
{
	for (size_t i = 0; i < s.n;)
		i += put_xml_one(buf, str_from(s, i));
}

void buf_put_base64(struct buf *out, const char *bytes, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)(unsigned char)bytes[i] << 16;

		if (i + 1 < n)
			three |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
		if (i + 2 < n)
			three |= (unsigned char)bytes[i + 2];
		buf_putc(out, digits[three >> 18]);
		buf_putc(out, digits[three >> 12 & 63]);
		buf_putc(out, i + 1 < n ? digits[three >> 6 & 63] : '=');
		buf_putc(out, i + 2 < n ? digits[three & 63] : '=');
	}
}

void buf_clear(struct buf *buf)
{
	buf->n = 0;
	buf->failed = false;
}

void buf_wipe(struct buf *buf)
{
	wipe(buf->p, buf->cap);
	buf_clear(buf);
}

void buf_free(struct buf *buf)
{
	if (buf->secret)
		wipe(buf->p, buf->cap);
	free(buf->p);
	*buf = BUF_INIT;
}
