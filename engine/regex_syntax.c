/* From the server's syntax of regular expressions to PCRE2's. */
#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"
#include "engine/regex.h"

#define GROUPS_MAX 250

struct translator {
	struct str in;
	size_t at;
	struct buf *out;
	struct regex_fault *fault;
	enum regex_status status;
	size_t starts[GROUPS_MAX]; /* of the open groups in the output */
	size_t opened[GROUPS_MAX]; /* and in the pattern */
	size_t depth;
	size_t atom;    /* where the last one begins in the output */
	bool has_atom;  /* something that can be repeated stands before */
	bool must_wrap; /* PCRE2 would not repeat it as it stands */
};

static bool refuse(struct translator *t, enum regex_status status, size_t begin, size_t end,
		   const char *format, ...) PRINTF_LIKE(5, 6);
static bool refuse(struct translator *t, enum regex_status status, size_t begin, size_t end,
		   const char *format, ...)
{
	va_list args;

	t->status = status;
	t->fault->begin = begin;
	t->fault->end = end < t->in.n ? end : t->in.n;
	va_start(args, format);
	(void)vsnprintf(t->fault->text, sizeof(t->fault->text), format, args);
	va_end(args);
	return false;
}

static char peek(const struct translator *t, size_t ahead)
{
	return t->at + ahead < t->in.n ? t->in.p[t->at + ahead] : '\0';
}

static bool more(const struct translator *t)
{
	return t->at < t->in.n;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void begin_atom(struct translator *t, bool assertion)
{
	t->atom = t->out->n;
	t->has_atom = true;
	t->must_wrap = assertion;
}

/* ---- escapes ---- */

static bool put_code_point(struct translator *t, size_t from, struct str digits)
{
	uint32_t value = 0;
	char utf8[4];

	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];

		if (!is_hex(c) || digits.n > 8)
			return refuse(t, REGEX_WRONG, from, t->at,
				      "'%.*s' is no hexadecimal number",
				      (int)(digits.n < 20 ? digits.n : 20), digits.p);
		value = value * 16 + (uint32_t)(is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	if (!digits.n || !utf8_encode(value, utf8))
		return refuse(t, REGEX_WRONG, from, t->at, "the escape names no character");
	buf_printf(t->out, "\\x{%x}", (unsigned)value);
	return true;
}

/* \x7f \u007f \U0000007f, or any of them with braces. */
static bool escape_code(struct translator *t, size_t from, char kind)
{
	size_t n = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
	struct str digits = {t->in.p + t->at, n};

	if (peek(t, 0) == '{') {
		const char *close = memchr(t->in.p + t->at, '}', t->in.n - t->at);

		if (!close)
			return refuse(t, REGEX_WRONG, from, t->in.n, "the escape is not closed");
		digits.p++;
		digits.n = (size_t)(close - digits.p);
		t->at = (size_t)(close - t->in.p) + 1;
	} else if (t->in.n - t->at < n) {
		return refuse(t, REGEX_WRONG, from, t->in.n, "the escape is cut off");
	} else {
		t->at += n;
	}
	return put_code_point(t, from, digits);
}

/* \pL \PL \p{Greek}: PCRE2 judges the names. */
static bool escape_property(struct translator *t, size_t from)
{
	const char *close;
	size_t n = 1;

	if (peek(t, 0) == '{') {
		close = memchr(t->in.p + t->at, '}', t->in.n - t->at);
		n = close ? (size_t)(close - t->in.p) + 1 - t->at : 0;
	}
	if (!n || !more(t))
		return refuse(t, REGEX_WRONG, from, t->in.n, "the property is not closed");
	buf_put(t->out, t->in.p + from, 2);
	buf_put(t->out, t->in.p + t->at, n);
	t->at += n;
	return true;
}

/* \b{start} and its kin, and the older \< and \>. */
static bool escape_boundary(struct translator *t, size_t from)
{
	static const struct {
		const char *rust, *pcre;
	} known[] = {{"\\b{start}", "[[:<:]]"},
		     {"\\b{end}", "[[:>:]]"},
		     {"\\b{start-half}", "(?<!\\w)"},
		     {"\\b{end-half}", "(?!\\w)"},
		     {"\\<", "[[:<:]]"},
		     {"\\>", "[[:>:]]"}};
	struct str rest = str_from(t->in, from);

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_starts(rest, str_c(known[i].rust)))
			continue;
		buf_puts(t->out, str_c(known[i].pcre));
		t->at = from + strlen(known[i].rust);
		return true;
	}
	return refuse(t, REGEX_WRONG, from, from + 3,
		      "'\\b{' is followed by start, end, start-half or end-half");
}

/* One escape; `class`: inside brackets. */
static bool escape(struct translator *t, bool class)
{
	size_t from = t->at;
	char c = peek(t, 1);

	if (from + 1 >= t->in.n)
		return refuse(t, REGEX_WRONG, from, t->in.n, "the pattern ends in a backslash");
	t->at += 2;
	if (is_digit(c))
		return refuse(t, REGEX_WRONG, from, t->at,
			      "back-references such as '\\%c' do not exist in the server's engine",
			      c);
	if (c == 'x' || c == 'u' || c == 'U')
		return escape_code(t, from, c);
	if (c == 'p' || c == 'P')
		return escape_property(t, from);
	if (!class && (c == '<' || c == '>' || (c == 'b' && peek(t, 0) == '{')))
		return escape_boundary(t, from);
	if (c == 'v') { /* a vertical tab there, any vertical space in PCRE2 */
		buf_puts(t->out, STR("\\x{b}"));
		return true;
	}
	if (strchr(class ? "aftnrdDsSwW" : "aftnrdDsSwWAzbB", c) ||
	    ((unsigned char)c < 0x7f && !is_letter(c) && !(class && (c == '<' || c == '>')))) {
		buf_put(t->out, t->in.p + from, 2);
		return true;
	}
	return refuse(t, REGEX_WRONG, from, t->at, "the server's engine has no escape '\\%c'%s",
		      (unsigned char)c < 0x7f ? c : '?', class ? " in brackets" : "");
}

/* ---- brackets ---- */

static bool posix_class(struct translator *t)
{
	static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
					    "digit", "graph", "lower", "print", "punct",
					    "space", "upper", "word",  "xdigit"};
	size_t i, skip = peek(t, 2) == '^' ? 3 : 2;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		struct str rest = str_from(t->in, t->at + skip);
		size_t n = strlen(names[i]);

		if (!str_starts(rest, str_c(names[i])) || !str_starts(str_from(rest, n), STR(":]")))
			continue;
		buf_put(t->out, t->in.p + t->at, skip + n + 2);
		t->at += skip + n + 2;
		return true;
	}
	return false;
}

static bool is_set_operator(const struct translator *t)
{
	char c = peek(t, 0);

	return (c == '&' || c == '~' || c == '-') && peek(t, 1) == c && peek(t, 2) != ']';
}

static bool class_item(struct translator *t, unsigned *nested)
{
	size_t from = t->at;
	char c = peek(t, 0);

	if (c == '\\')
		return escape(t, true);
	if (c == '[' && peek(t, 1) == ':' && posix_class(t))
		return true;
	if (c == '[' && peek(t, 1) == '^')
		return refuse(t, REGEX_UNSUPPORTED, from, from + 2,
			      "brackets with '^' inside brackets are more than PCRE2 knows");
	if (is_set_operator(t))
		return refuse(t, REGEX_UNSUPPORTED, from, from + 2,
			      "'%c%c' inside brackets is more than PCRE2 knows", c, c);
	t->at++;
	if (c == '[')
		++*nested; /* a union: its members are members */
	else
		buf_putc(t->out, c);
	return true;
}

static bool class(struct translator *t)
{
	size_t from = t->at;
	unsigned nested = 0;

	begin_atom(t, false);
	buf_putc(t->out, '[');
	t->at++;
	if (peek(t, 0) == '^') {
		buf_putc(t->out, '^');
		t->at++;
	}
	if (peek(t, 0) == ']') { /* the first one is a member */
		buf_puts(t->out, STR("\\]"));
		t->at++;
	}
	while (more(t)) {
		if (peek(t, 0) == ']') {
			t->at++;
			if (nested-- == 0) {
				buf_putc(t->out, ']');
				return true;
			}
		} else if (!class_item(t, &nested)) {
			return false;
		}
	}
	return refuse(t, REGEX_WRONG, from, from + 1, "the brackets are not closed");
}

/* ---- groups ---- */

static bool group_name(struct translator *t, size_t from)
{
	size_t begin = t->at;

	while (more(t) && peek(t, 0) != '>') {
		char c = peek(t, 0);

		if (!is_letter(c) && c != '_' && !(t->at > begin && (is_digit(c) || c == '.')) &&
		    (unsigned char)c < 0x80)
			return refuse(t, REGEX_WRONG, t->at, t->at + 1,
				      "'%c' cannot stand in the name of a group", c);
		t->at++;
	}
	if (!more(t) || t->at == begin)
		return refuse(t, REGEX_WRONG, from, t->at, "the name of the group is not complete");
	t->at++;
	return true;
}

/* (?flags) and (?flags: */
static bool group_flags(struct translator *t, size_t from)
{
	size_t begin = t->at;
	bool off = false;

	buf_puts(t->out, STR("(?"));
	for (; more(t) && peek(t, 0) != ')' && peek(t, 0) != ':'; t->at++) {
		char c = peek(t, 0);

		if ((c == 'x' || c == 'R' || (c == 'u' && off)))
			return refuse(t, REGEX_UNSUPPORTED, t->at, t->at + 1,
				      "the flag '%s%c' is more than stw runs", off ? "-" : "", c);
		if ((c == '-' && off) || !strchr("imsUu-", c))
			return refuse(t, REGEX_WRONG, from, t->at + 1,
				      "the server's engine has no group '(?%.*s'",
				      (int)(t->at + 1 - begin), t->in.p + begin);
		off = off || c == '-';
		if (c != 'u')
			buf_putc(t->out, c);
	}
	if (!more(t) || t->at == begin || (off && peek(t, 0) && t->in.p[t->at - 1] == '-'))
		return more(t) && peek(t, 0) == ':' && t->at == begin
			       ? true
			       : refuse(t, REGEX_WRONG, from, t->at, "the flags are not complete");
	return true;
}

static bool look_around(struct translator *t)
{
	char c = peek(t, 2), d = peek(t, 3);

	if (c == '=' || c == '!' || (c == '<' && (d == '=' || d == '!')))
		return !refuse(t, REGEX_WRONG, t->at, t->at + (c == '<' ? 4 : 3),
			       "look-around does not exist in the server's engine");
	return false;
}

static bool push_group(struct translator *t, size_t from, size_t start)
{
	if (t->depth == GROUPS_MAX)
		return refuse(t, REGEX_WRONG, from, from + 1, "groups are nested deeper than %d",
			      GROUPS_MAX);
	t->starts[t->depth] = start;
	t->opened[t->depth++] = from;
	t->has_atom = false;
	return true;
}

static bool open_group(struct translator *t)
{
	size_t from = t->at, start = t->out->n;

	if (peek(t, 1) != '?') {
		t->at++;
		buf_putc(t->out, '(');
		return push_group(t, from, start);
	}
	if (look_around(t))
		return false;
	t->at += 2;
	if (peek(t, 0) == '<' || (peek(t, 0) == 'P' && peek(t, 1) == '<')) {
		t->at += peek(t, 0) == 'P' ? 2 : 1;
		buf_putc(t->out, '(');
		return group_name(t, from) && push_group(t, from, start);
	}
	if (!group_flags(t, from))
		return false;
	buf_putc(t->out, peek(t, 0));
	if (peek(t, 0) == ')') { /* for the rest of the group that it stands in */
		t->at++;
		t->has_atom = false;
		return true;
	}
	t->at++;
	return push_group(t, from, start);
}

static bool close_group(struct translator *t)
{
	if (t->depth == 0)
		return refuse(t, REGEX_WRONG, t->at, t->at + 1, "')' closes nothing");
	t->at++;
	buf_putc(t->out, ')');
	t->atom = t->starts[--t->depth];
	t->has_atom = true;
	t->must_wrap = false;
	return true;
}

/* ---- repetition ---- */

static bool take_number(struct translator *t, uint64_t *out)
{
	size_t from = t->at;

	while (is_digit(peek(t, 0)))
		t->at++;
	return t->at > from && num_u64((struct str){t->in.p + from, t->at - from}, out) == NUM_OK;
}

static bool counted(struct translator *t, struct buf *count)
{
	size_t from = t->at++;
	uint64_t low = 0, high = UINT32_MAX;
	bool first = take_number(t, &low), comma = peek(t, 0) == ',', second;

	t->at += comma;
	second = comma && take_number(t, &high);
	if (peek(t, 0) != '}' || !(first || second))
		return refuse(
			t, REGEX_WRONG, from, t->at,
			"'{' begins a count such as {2} or {2,5}; write \\{ for the character");
	t->at++;
	if (low > high)
		return refuse(t, REGEX_WRONG, from, t->at, "the count begins above its end");
	if (low > 65535 || (second && high > 65535))
		return refuse(t, REGEX_UNSUPPORTED, from, t->at, "counts above 65535 are not run");
	buf_printf(count, "{%u", (unsigned)low);
	if (second)
		buf_printf(count, ",%u", (unsigned)high);
	else if (comma)
		buf_putc(count, ',');
	buf_putc(count, '}');
	return true;
}

/* The atom in (?:…), so that what PCRE2 reads as one more mark on a repetition repeats it. */
static void wrap_atom(struct translator *t)
{
	struct buf inner = BUF_INIT;

	buf_put(&inner, t->out->p + t->atom, t->out->n - t->atom);
	t->out->n = t->atom;
	buf_puts(t->out, STR("(?:"));
	buf_puts(t->out, buf_str(&inner));
	buf_putc(t->out, ')');
	t->out->failed = t->out->failed || inner.failed;
	buf_free(&inner);
}

static bool repeat(struct translator *t)
{
	struct buf count = BUF_INIT;
	char c = peek(t, 0);
	bool ok = true;

	if (!t->has_atom)
		return refuse(t, REGEX_WRONG, t->at, t->at + 1, "'%c' has nothing to repeat", c);
	if (t->must_wrap && !t->out->failed)
		wrap_atom(t);
	if (c == '{') {
		ok = counted(t, &count);
	} else {
		buf_putc(&count, c);
		t->at++;
	}
	if (ok && peek(t, 0) == '?') {
		buf_putc(&count, '?');
		t->at++;
	}
	t->must_wrap = true;
	buf_puts(t->out, buf_str(&count));
	t->out->failed = t->out->failed || count.failed;
	buf_free(&count);
	return ok;
}

/* ---- all of it ---- */

static bool literal(struct translator *t)
{
	struct str rest = str_from(t->in, t->at);
	uint32_t code_point;
	size_t n = utf8_decode(rest, &code_point);

	if (!n)
		return refuse(t, REGEX_WRONG, t->at, t->at + 1, "the pattern is not valid UTF-8");
	begin_atom(t, false);
	buf_put(t->out, rest.p, n);
	t->at += n;
	return true;
}

static bool step(struct translator *t)
{
	char c = peek(t, 0);

	switch (c) {
	case '(': return open_group(t);
	case ')': return close_group(t);
	case '[': return class(t);
	case '\\': begin_atom(t, strchr("AzbB<>", peek(t, 1)) != NULL); return escape(t, false);
	case '*':
	case '+':
	case '?':
	case '{': return repeat(t);
	case '|':
		t->has_atom = false;
		buf_putc(t->out, c);
		t->at++;
		return true;
	case '^':
	case '$':
		begin_atom(t, true);
		buf_putc(t->out, c);
		t->at++;
		return true;
	}
	return literal(t);
}

enum regex_status regex_translate(struct str pattern, struct buf *out, struct regex_fault *fault)
{
	struct translator t = {.in = pattern, .out = out, .fault = fault};

	while (more(&t) && step(&t))
		;
	if (t.status == REGEX_OK && t.depth)
		(void)refuse(&t, REGEX_WRONG, t.opened[t.depth - 1], t.opened[t.depth - 1] + 1,
			     "'(' is not closed");
	if (t.status == REGEX_OK && out->failed)
		t.status = REGEX_NO_MEMORY;
	return t.status;
}
