/* JSON strings with escapes or characters beyond ASCII, and numbers. */
#include "grammar/json.h"
#include "base/num.h"
#include "base/utf8.h"
#include "grammar/reader_impl.h"

/* Four hexadecimal digits; false when there are not so many. */
static bool hex4(const char *p, const char *limit, uint32_t *out)
{
	uint32_t n = 0;

	if (limit - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		uint32_t nibble = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
				  : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				  : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							 : 16;

		if (nibble == 16)
			return false;
		n = n << 4 | nibble;
	}
	*out = n;
	return true;
}

/* \u and four digits, twice for a surrogate pair (RFC 8259 section 7). Length, or 0. */
static size_t unicode_escape(const char *p, const char *limit, char out[4], size_t *out_n)
{
	uint32_t c, low;

	if (!hex4(p + 2, limit, &c))
		return 0;
	if (c < 0xD800 || c > 0xDFFF) {
		*out_n = utf8_encode(c, out);
		return 6;
	}
	if (c > 0xDBFF || limit - p < 12 || p[6] != '\\' || p[7] != 'u' ||
	    !hex4(p + 8, limit, &low) || low < 0xDC00 || low > 0xDFFF)
		return 0;
	*out_n = utf8_encode(0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00), out);
	return 12;
}

/* The escape at p[0] == '\\': its length, or 0 when it is none. */
static size_t escape(const char *p, const char *limit, char out[4], size_t *out_n)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (limit - p < 2)
		return 0;
	if (p[1] == 'u')
		return unicode_escape(p, limit, out, out_n);
	found = memchr(names, p[1], sizeof(names) - 1);
	if (!found)
		return 0;
	out[0] = values[found - names];
	*out_n = 1;
	return 2;
}

/* The closing quote of a string, from anywhere inside it; NULL: reported. */
static const char *closing(struct reader *r, const char *start, const char *p)
{
	const char *limit = r->json.limit;

	for (; p < limit && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			break;
		if (*p == '\\' && ++p == limit)
			break;
	}
	if (p < limit && *p == '"')
		return p;
	if (p < limit && *p != '\n')
		reader_error(r, DIAG_SYNTAX, (size_t)(p - r->json.base),
			     (size_t)(p - r->json.base) + 1,
			     "control character U+%04X in a string; write it as an escape",
			     (unsigned)(unsigned char)*p);
	else
		reader_error(r, DIAG_SYNTAX, (size_t)(start - 1 - r->json.base),
			     (size_t)(start - r->json.base), "this string is not closed");
	return NULL;
}

static bool check_utf8(struct reader *r, struct str s)
{
	size_t valid = utf8_valid_prefix(s);
	size_t at = (size_t)(s.p - r->json.base) + valid;

	if (valid == s.n)
		return true;
	reader_error(r, DIAG_ENCODING, at, at + 1,
		     "byte 0x%02X does not belong to a UTF-8 character", (unsigned char)s.p[valid]);
	return false;
}

static bool decode(struct reader *r, struct str raw, struct arena *arena, struct str *out)
{
	const char *p = raw.p, *end = raw.p + raw.n;
	char *to = arena_alloc(arena, raw.n, 1);
	size_t n = 0;

	if (!to) {
		r->failed = true;
		return false;
	}
	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((stop ? stop : end) - p), length, made;
		char bytes[4];

		memcpy(to + n, p, plain);
		n += plain;
		p += plain;
		if (p == end)
			break;
		length = escape(p, end, bytes, &made);
		if (length == 0) {
			size_t at = (size_t)(p - r->json.base);

			reader_error(r, DIAG_SYNTAX, at, at + 2,
				     p[1] == 'u'
					     ? "\\u is followed by four hexadecimal digits, and "
					       "surrogates come in pairs"
					     : "unknown escape in a string");
			return false;
		}
		memcpy(to + n, bytes, made);
		n += made;
		p += length;
	}
	*out = (struct str){to, n};
	return true;
}

bool json_string_slow(struct reader *r, const char *start, const char *p, struct arena *arena,
		      struct str *out)
{
	const char *end = closing(r, start, p);
	struct str raw;

	if (!end)
		return false;
	raw = (struct str){start, (size_t)(end - start)};
	if (!check_utf8(r, raw))
		return false;
	r->json.p = end + 1;
	if (!memchr(raw.p, '\\', raw.n)) {
		*out = raw;
		return true;
	}
	return decode(r, raw, arena, out);
}

size_t json_string_offset(struct str text, size_t begin, size_t end, size_t offset)
{
	const char *p = text.p + begin + 1, *limit = text.p + end - 1;
	size_t done = 0;

	if (end - begin < 2 || text.p[begin] != '"')
		return begin + offset;
	while (p < limit) {
		size_t made = 1, length = 1;
		char bytes[4];

		if (*p == '\\')
			length = escape(p, limit, bytes, &made);
		if (length == 0 || offset < done + made)
			break;
		done += made;
		p += length;
	}
	return (size_t)(p - text.p);
}

static const char *digits(const char *p, const char *limit)
{
	while (p < limit && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* End of the number at p by the grammar of RFC 8259 section 6; NULL: reported. */
static const char *number_end(struct reader *r, const char *p, bool *whole)
{
	const char *limit = r->json.limit, *start;

	if (*p == '-')
		p++;
	start = p;
	p = digits(p, limit);
	if (p == start)
		return json_error(r, p, "expected a digit"), NULL;
	if (*start == '0' && p > start + 1)
		return json_error(r, start, "a number does not begin with a superfluous 0"), NULL;
	*whole = true;
	if (p < limit && *p == '.') {
		*whole = false;
		start = ++p;
		p = digits(p, limit);
		if (p == start)
			return json_error(r, p, "expected a digit"), NULL;
	}
	if (p < limit && (*p == 'e' || *p == 'E')) {
		*whole = false;
		p++;
		if (p < limit && (*p == '+' || *p == '-'))
			p++;
		start = p;
		p = digits(p, limit);
		if (p == start)
			return json_error(r, p, "expected a digit"), NULL;
	}
	return p;
}

/* Fills in what the text says; false when it does not fit. */
static bool number_value(struct str s, bool whole, struct node *node)
{
	bool negative = s.p[0] == '-';

	if (!whole) {
		node->kind = NODE_FLOAT;
		return num_double(s, &node->number) == NUM_OK;
	}
	if (num_u64(str_from(s, negative ? 1 : 0), &node->magnitude) != NUM_OK)
		return false;
	node->negative = negative && node->magnitude > 0;
	return !negative || node->magnitude <= (uint64_t)1 << 63;
}

struct node *json_number(struct reader *r)
{
	struct json *j = &r->json;
	const char *begin = j->p;
	bool whole;
	const char *end = number_end(r, begin, &whole);
	struct node *node;

	if (!end)
		return NULL;
	j->p = end;
	node = node_new(r->nodes, NODE_INT,
			reader_span(r, (size_t)(begin - j->base), (size_t)(end - j->base)));
	if (!node) {
		r->failed = true;
		return NULL;
	}
	if (!number_value((struct str){begin, (size_t)(end - begin)}, whole, node)) {
		reader_error(r, DIAG_NUMBER_RANGE, node->span.begin, node->span.end,
			     "the number is too large to be kept exactly");
		node->kind = NODE_POISON;
	}
	return node;
}
