#include "base/utf8.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* Length of the sequence that the byte c begins, 0 when none may begin with it, and the
 * smallest code point that may be written in that length. */
static size_t sequence_length(unsigned char c, uint32_t *bits, uint32_t *least)
{
	if (c >= 0xC2 && c <= 0xDF) {
		*bits = c & 0x1Fu;
		*least = 0x80;
		return 2;
	}
	if (c >= 0xE0 && c <= 0xEF) {
		*bits = c & 0x0Fu;
		*least = 0x800;
		return 3;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		*bits = c & 0x07u;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

static bool is_scalar(uint32_t code_point)
{
	return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

size_t utf8_decode(struct str s, uint32_t *out)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t value, least;
	size_t n;

	if (c < 0x80) {
		*out = c;
		return 1;
	}
	n = sequence_length(c, &value, &least);
	if (n == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (!is_continuation(s.p[i]))
			return 0;
		value = value << 6 | ((unsigned char)s.p[i] & 0x3Fu);
	}
	if (value < least || !is_scalar(value))
		return 0;
	*out = value;
	return n;
}

/* Bytes of s from `at` on that are ASCII, eight at a time. */
static size_t skip_ascii(struct str s, size_t at)
{
	while (s.n - at >= 8) {
		uint64_t eight;

		memcpy(&eight, s.p + at, 8);
		if (eight & UINT64_C(0x8080808080808080))
			break;
		at += 8;
	}
	while (at < s.n && (unsigned char)s.p[at] < 0x80)
		at++;
	return at;
}

size_t utf8_valid_prefix(struct str s)
{
	size_t at = 0;

	for (;;) {
		uint32_t code_point;
		size_t n;

		at = skip_ascii(s, at);
		if (at == s.n)
			return at;
		n = utf8_decode(str_from(s, at), &code_point);
		if (n == 0)
			return at;
		at += n;
	}
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
	static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n;

	if (!is_scalar(code_point))
		return 0;
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	n = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code_point & 0x3F));
		code_point >>= 6;
	}
	out[0] = (char)(leads[n] | code_point);
	return n;
}

size_t utf8_count(struct str s)
{
	size_t count = 0;
	size_t at = 0;

	while (at < s.n) {
		uint32_t code_point;
		size_t ascii = skip_ascii(s, at);
		size_t n;

		count += ascii - at;
		at = ascii;
		if (at == s.n)
			break;
		n = utf8_decode(str_from(s, at), &code_point);
		at += n ? n : 1;
		count++;
	}
	return count;
}

bool utf8_is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}
