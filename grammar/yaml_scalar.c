#include "grammar/yaml.h"
#include "base/num.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>

enum yaml_tag yaml_tag_of(const char *tag)
{
	static const struct {
		const char *name;
		enum yaml_tag tag;
	} names[] = {
		{"!", YAML_TAG_STR},
		{"tag:yaml.org,2002:str", YAML_TAG_STR},
		{"tag:yaml.org,2002:null", YAML_TAG_NULL},
		{"tag:yaml.org,2002:bool", YAML_TAG_BOOL},
		{"tag:yaml.org,2002:int", YAML_TAG_INT},
		{"tag:yaml.org,2002:float", YAML_TAG_FLOAT},
		{"tag:yaml.org,2002:map", YAML_TAG_MAP},
		{"tag:yaml.org,2002:seq", YAML_TAG_SEQ},
	};

	if (!tag)
		return YAML_TAG_NONE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(tag, names[i].name) == 0)
			return names[i].tag;
	return YAML_TAG_OTHER;
}

/* One of the three spellings that YAML knows of a word: yes, Yes, YES. */
static bool is_word(struct str s, const char *lower)
{
	size_t n = strlen(lower);
	bool all = true, rest = true;

	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool upper = s.p[i] == lower[i] - 32;

		if (!upper && s.p[i] != lower[i])
			return false;
		all = all && upper;
		rest = rest && (i == 0 || !upper);
	}
	return all || rest;
}

static bool is_any_word(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (is_word(s, *words))
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_of(struct str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr(set, s.p[i], strlen(set)))
			return false;
	return s.n > 0;
}

static struct str without_sign(struct str s)
{
	return s.n && (s.p[0] == '-' || s.p[0] == '+') ? str_from(s, 1) : s;
}

static bool is_decimal(struct str s)
{
	return all_of(without_sign(s), "0123456789");
}

static bool is_octal(struct str s)
{
	return str_starts(s, STR("0o")) && all_of(str_from(s, 2), "01234567");
}

static bool is_hex(struct str s)
{
	return str_starts(s, STR("0x")) && all_of(str_from(s, 2), "0123456789abcdefABCDEF");
}

/* [-+]? (\. [0-9]+ | [0-9]+ (\. [0-9]*)?) ([eE] [-+]? [0-9]+)? */
static bool is_float(struct str s)
{
	size_t i = 0, whole, fraction = 0;

	s = without_sign(s);
	while (i < s.n && is_digit(s.p[i]))
		i++;
	whole = i;
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && is_digit(s.p[i]); i++)
			fraction++;
	if (whole + fraction == 0)
		return false;
	if (i < s.n && (s.p[i] | 0x20) == 'e')
		return all_of(without_sign(str_from(s, i + 1)), "0123456789");
	return i == s.n;
}

/* 1:30, 12:30:45.5: numbers to base 60 in YAML 1.1 */
static bool is_sexagesimal(struct str s)
{
	size_t i = 0, parts = 0;

	s = without_sign(s);
	if (s.n == 0 || !is_digit(s.p[0]))
		return false;
	while (i < s.n && (is_digit(s.p[i]) || s.p[i] == '_'))
		i++;
	while (i + 1 < s.n && s.p[i] == ':' && is_digit(s.p[i + 1])) {
		bool two = i + 2 < s.n && is_digit(s.p[i + 2]);

		if (two && s.p[i + 1] > '5')
			return false;
		i += two ? 3 : 2;
		parts++;
	}
	if (parts && i < s.n && s.p[i] == '.')
		return i + 1 == s.n || all_of(str_from(s, i + 1), "0123456789_");
	return parts && i == s.n;
}

static bool has_leading_zero(struct str s)
{
	struct str digits = without_sign(s);

	return digits.n > 1 && digits.p[0] == '0' && all_of(digits, "0123456789");
}

bool yaml_is_ambiguous(struct str s)
{
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off", NULL};
	struct str digits = without_sign(s);

	if (s.n == 0)
		return false;
	/* most texts begin with another letter than those words */
	if (memchr("ynoYNO", s.p[0], 6) && is_any_word(s, words))
		return true;
	if (digits.n == 0 || !is_digit(digits.p[0]))
		return false;
	if (has_leading_zero(s) || is_sexagesimal(s))
		return true;
	if (str_starts(digits, STR("0b")))
		return all_of(str_from(digits, 2), "01_");
	if (str_starts(digits, STR("0x")))
		return !is_hex(s) && all_of(str_from(digits, 2), "0123456789abcdefABCDEF_");
	return memchr(digits.p, '_', digits.n) && all_of(digits, "0123456789_.");
}

static bool octal_value(struct str digits, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] > '7' || n >> 61)
			return false;
		n = n << 3 | (uint64_t)(digits.p[i] - '0');
	}
	*out = n;
	return true;
}

static void hint_leading_zero(struct reader *r, struct diag *d, struct str s)
{
	struct str digits = without_sign(s), plain;
	const char *sign = s.p[0] == '-' ? "-" : "";
	uint64_t octal;
	size_t zeros = 0;

	while (zeros + 1 < digits.n && digits.p[zeros] == '0')
		zeros++;
	plain = str_from(digits, zeros);
	if (octal_value(digits, &octal))
		diag_hint(r->diags, d,
			  "write %s%" PRIu64 " for the octal number, %s%.*s for the "
			  "decimal one, or \"%.*s\" for text",
			  sign, octal, sign, STR_ARG(plain), STR_ARG(s));
	else
		diag_hint(r->diags, d, "write %s%.*s, or \"%.*s\" for text", sign, STR_ARG(plain),
			  STR_ARG(s));
}

void yaml_report_ambiguous(struct reader *r, struct str s, struct span span)
{
	static const char *const yes[] = {"y", "yes", "on", NULL};
	static const char *const no[] = {"n", "no", "off", NULL};
	struct diag *d = reader_error(r, DIAG_YAML_SCALAR, span.begin, span.end,
				      "this means different things to different YAML readers");

	if (reader_near_secret(r))
		diag_hint(r->diags, d, "put the text in quotes");
	else if (is_any_word(s, yes) || is_any_word(s, no))
		diag_hint(r->diags, d, "write %s, or \"%.*s\" for text",
			  is_any_word(s, yes) ? "true" : "false", STR_ARG(s));
	else if (has_leading_zero(s))
		hint_leading_zero(r, d, s);
	else
		diag_hint(r->diags, d, "write a plain decimal number, or \"%.*s\" for text",
			  STR_ARG(s));
}

static struct node *poison(struct reader *r, struct span span)
{
	return reader_poison(r, span);
}

static struct node *out_of_range(struct reader *r, struct span span)
{
	reader_error(r, DIAG_NUMBER_RANGE, span.begin, span.end,
		     "the number is too large to be kept exactly");
	return poison(r, span);
}

static bool digits_value(struct str digits, unsigned base, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		unsigned digit = (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);

		if (mul_overflows(n, base, &n) || add_overflows(n, digit, &n))
			return false;
	}
	*out = n;
	return true;
}

static struct node *integer(struct reader *r, struct str s, struct span span)
{
	unsigned base = is_hex(s) ? 16 : is_octal(s) ? 8 : 10;
	struct str digits = base == 10 ? without_sign(s) : str_from(s, 2);
	bool negative = s.p[0] == '-';
	struct node *node;
	uint64_t magnitude;

	if (!digits_value(digits, base, &magnitude) || (negative && magnitude > (uint64_t)1 << 63))
		return out_of_range(r, span);
	node = node_new(r->nodes, NODE_INT, span);
	if (!node)
		return NULL;
	node->magnitude = magnitude;
	node->negative = negative && magnitude;
	return node;
}

/* YAML allows .5 and 5. where num_double, like JSON, wants digits on both sides. */
static struct str full_float(struct reader *r, struct str s)
{
	char *p = arena_alloc(r->texts, s.n + 1, 1);
	size_t n = 0;

	if (!p)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		bool before = i > 0 && is_digit(s.p[i - 1]);
		bool after = i + 1 < s.n && is_digit(s.p[i + 1]);

		if (s.p[i] == '.' && !before)
			p[n++] = '0';
		if (s.p[i] != '.' || after)
			p[n++] = s.p[i];
	}
	return (struct str){p, n};
}

static struct node *floating(struct reader *r, struct str s, struct span span)
{
	struct str full = full_float(r, s);
	double number;
	struct node *node;

	if (!full.p)
		return NULL;
	if (num_double(full, &number) != NUM_OK)
		return out_of_range(r, span);
	node = node_new(r->nodes, NODE_FLOAT, span);
	if (node)
		node->number = number;
	return node;
}

static struct node *special(struct reader *r, double number, struct span span)
{
	struct node *node = node_new(r->nodes, NODE_FLOAT, span);

	if (node)
		node->number = number;
	return node;
}

static struct node *boolean(struct reader *r, bool value, struct span span)
{
	struct node *node = node_new(r->nodes, NODE_BOOL, span);

	if (node)
		node->boolean = value;
	return node;
}

static struct node *resolve(struct reader *r, struct str s, struct span span)
{
	struct str bare = without_sign(s);

	if (s.n == 0 || str_eq(s, STR("~")) || is_word(s, "null"))
		return node_new(r->nodes, NODE_NULL, span);
	if (is_word(s, "true") || is_word(s, "false"))
		return boolean(r, (s.p[0] | 0x20) == 't', span);
	if (yaml_is_ambiguous(s)) {
		yaml_report_ambiguous(r, s, span);
		return poison(r, span);
	}
	if (is_decimal(s) || is_octal(s) || is_hex(s))
		return integer(r, s, span);
	if (is_float(s))
		return floating(r, s, span);
	if (bare.n == 4 && bare.p[0] == '.' && is_word(str_from(bare, 1), "inf"))
		return special(r, s.p[0] == '-' ? (double)-INFINITY : (double)INFINITY, span);
	if (str_eq(s, STR(".nan")) || str_eq(s, STR(".NaN")) || str_eq(s, STR(".NAN")))
		return special(r, (double)NAN, span);
	return node_string(r->nodes, s, span);
}

static bool fits(enum yaml_tag tag, const struct node *node)
{
	switch (tag) {
	case YAML_TAG_NULL: return node->kind == NODE_NULL;
	case YAML_TAG_BOOL: return node->kind == NODE_BOOL;
	case YAML_TAG_INT: return node->kind == NODE_INT;
	case YAML_TAG_FLOAT: return node->kind == NODE_FLOAT || node->kind == NODE_INT;
	case YAML_TAG_MAP:
	case YAML_TAG_SEQ:
	case YAML_TAG_OTHER: return false;
	case YAML_TAG_NONE:
	case YAML_TAG_STR: break;
	}
	return true;
}

struct node *yaml_scalar(struct reader *r, struct str s, struct span span, enum yaml_tag tag,
			 bool plain)
{
	struct node *node;

	if (tag == YAML_TAG_STR || (tag == YAML_TAG_NONE && !plain))
		node = node_string(r->nodes, s, span);
	else
		node = resolve(r, s, span);
	if (!node) {
		r->failed = true;
		return NULL;
	}
	if (node->kind == NODE_POISON || fits(tag, node))
		return node;
	reader_error(r, DIAG_SYNTAX, span.begin, span.end, "the value does not fit its tag");
	return poison(r, span);
}

/* Length of the escape at s.p[0] == '\\' of a double-quoted scalar; *made: bytes it stands for. */
static size_t escape_length(struct str s, size_t *made)
{
	size_t digits = s.n < 2 ? 0 : s.p[1] == 'x' ? 2 : s.p[1] == 'u' ? 4 : s.p[1] == 'U' ? 8 : 0;
	uint32_t c = 0;

	*made = 1;
	for (size_t i = 2; i < 2 + digits && i < s.n; i++)
		c = c << 4 |
		    (uint32_t)(is_digit(s.p[i]) ? s.p[i] - '0' : (s.p[i] | 0x20) - 'a' + 10);
	if (digits)
		*made = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	else if (s.n > 1 && (s.p[1] == 'N' || s.p[1] == '_'))
		*made = 2; /* U+0085, U+00A0 */
	else if (s.n > 1 && (s.p[1] == 'L' || s.p[1] == 'P'))
		*made = 3; /* U+2028, U+2029 */
	return 2 + digits;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Folding turns runs of blanks and line ends into other runs of blanks and line ends, and
 * changes nothing else, so literal and value are walked side by side: a visible byte of the
 * value is the next visible byte of the literal.
 */
static size_t align(struct str text, size_t at, size_t end, struct str decoded, size_t offset)
{
	bool escapes = text.p[at] == '"', quotes = text.p[at] == '\'';
	size_t done = 0;

	if (escapes || quotes) {
		at++;
		end--;
	}
	while (at < end && done < decoded.n) {
		size_t length = 1, made = 1;

		if (escapes && text.p[at] == '\\' && at + 1 < end && is_space(text.p[at + 1]) &&
		    text.p[at + 1] != ' ' && text.p[at + 1] != '\t') {
			at++; /* an escaped line end stands for nothing */
			continue;
		}
		if (escapes && text.p[at] == '\\')
			length = escape_length((struct str){text.p + at, end - at}, &made);
		else if (quotes && text.p[at] == '\'')
			length = 2;
		else if (is_space(text.p[at]) && !is_space(decoded.p[done])) {
			at++; /* folded away */
			continue;
		} else if (!is_space(text.p[at]) && is_space(decoded.p[done])) {
			length = 0; /* a line end that several made before */
		}
		if (offset < done + made)
			return at;
		done += made;
		at += length;
	}
	return at < end ? at : end;
}

size_t yaml_string_offset(struct str text, size_t begin, size_t end, size_t offset,
			  struct str decoded)
{
	const char *newline;

	if (begin >= end)
		return begin;
	if (text.p[begin] == '|' || text.p[begin] == '>') {
		newline = memchr(text.p + begin, '\n', end - begin);
		begin = newline ? (size_t)(newline - text.p) + 1 : end;
		if (begin == end)
			return end;
		/* a visible character there is content, whatever it looks like */
		while (begin < end && is_space(text.p[begin]) && decoded.n > 0 &&
		       !is_space(decoded.p[0]))
			begin++;
	}
	return align(text, begin, end, decoded, offset);
}
