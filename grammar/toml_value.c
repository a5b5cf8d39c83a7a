/* TOML scalars: what a lexeme that the lexer has classified means. */
#include "grammar/toml.h"
#include "base/buf.h"
#include "base/num.h"
#include "base/utf8.h"

#include <math.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_multi(enum toml_token token)
{
	return token == TOML_BASIC_MULTI || token == TOML_LITERAL_MULTI;
}

/* The bytes between the quotes; a line end right behind the opening ones does not count. */
static struct str string_body(struct str text, const struct toml_lexeme *lexeme)
{
	size_t quotes = is_multi(lexeme->token) ? 3 : 1;
	struct str body = {text.p + lexeme->begin + quotes,
			   lexeme->end - lexeme->begin - 2 * quotes};

	if (quotes == 3 && str_starts(body, STR("\r\n")))
		body = (struct str){body.p + 2, body.n - 2};
	else if (quotes == 3 && str_starts(body, STR("\n")))
		body = (struct str){body.p + 1, body.n - 1};
	return body;
}

/* Length of "\" blanks newline (blank | newline)*, or 0 where s does not start with one. */
static size_t line_continuation(struct str s)
{
	size_t i = 1;
	bool newline = false;

	for (; i < s.n; i++) {
		if (s.p[i] == '\n')
			newline = true;
		else if (!is_blank(s.p[i]) && s.p[i] != '\r')
			break;
	}
	return newline ? i : 0;
}

/* \u with four digits or \U with eight; returns the length of the escape, 0 when wrong. */
static size_t unicode_escape(struct str s, size_t digits, char out[4], size_t *out_n)
{
	uint32_t code_point = 0;

	if (s.n < 2 + digits)
		return 0;
	for (size_t i = 2; i < 2 + digits; i++) {
		char c = s.p[i];
		uint32_t nibble = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
				  : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				  : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							 : 16;

		if (nibble == 16)
			return 0;
		code_point = code_point << 4 | nibble;
	}
	*out_n = utf8_encode(code_point, out);
	return *out_n ? 2 + digits : 0;
}

/* One escape at s.p[0] == '\\': its length, 0 when wrong; writes what it stands for. */
static size_t escape_step(struct str s, bool multi, char out[4], size_t *out_n)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	const char *found;
	size_t n;

	*out_n = 1;
	if (s.n < 2)
		return 0;
	if (s.p[1] == 'u' || s.p[1] == 'U')
		return unicode_escape(s, s.p[1] == 'u' ? 4 : 8, out, out_n);
	found = memchr(names, s.p[1], sizeof(names) - 1);
	if (found) {
		out[0] = values[found - names];
		return 2;
	}
	n = multi ? line_continuation(s) : 0;
	*out_n = 0;
	return n;
}

/* The next piece of a string body: bytes taken (0: a wrong escape), and what they stand for.
 * A piece without escapes is given as it stands, as long as possible. */
static size_t string_step(struct str s, enum toml_token token, char buffer[4], struct str *piece)
{
	bool basic = token == TOML_BASIC || token == TOML_BASIC_MULTI;
	bool multi = is_multi(token);
	size_t i;

	if (basic && s.p[0] == '\\') {
		piece->p = buffer;
		return escape_step(s, multi, buffer, &piece->n);
	}
	if (multi && str_starts(s, STR("\r\n"))) {
		*piece = STR("\n");
		return 2;
	}
	for (i = 1; i < s.n; i++)
		if ((basic && s.p[i] == '\\') || (multi && s.p[i] == '\r'))
			break;
	*piece = (struct str){s.p, i};
	return i;
}

static bool decode(struct reader *r, struct str body, const struct toml_lexeme *lexeme,
		   struct str *out)
{
	char *p = arena_alloc(r->texts, body.n, 1);
	const char *text = reader_text(r).p;
	size_t n = 0;

	if (!p) {
		r->failed = true;
		return false;
	}
	while (body.n > 0) {
		char buffer[4];
		struct str piece;
		size_t taken = string_step(body, lexeme->token, buffer, &piece);

		if (taken == 0) {
			size_t at = (size_t)(body.p - text);
			struct diag *d = reader_error(r, DIAG_SYNTAX, at, at + 2,
						      "unknown escape in a quoted string");

			diag_hint(r->diags, d,
				  "write \\\\ for a backslash, or use single quotes: '...'");
			return false;
		}
		if (piece.n)
			memcpy(p + n, piece.p, piece.n);
		n += piece.n;
		body = str_from(body, taken);
	}
	*out = (struct str){p, n};
	return true;
}

/* Nothing in the body stands for something else: no escape, and no line end of two bytes. */
static bool is_as_written(enum toml_token token, struct str body)
{
	if (token == TOML_LITERAL || body.n == 0)
		return true;
	if (is_multi(token) && memchr(body.p, '\r', body.n))
		return false;
	return token == TOML_LITERAL_MULTI || !memchr(body.p, '\\', body.n);
}

bool toml_string(struct reader *r, const struct toml_lexeme *lexeme, struct str *out)
{
	struct str body = string_body(reader_text(r), lexeme);

	if (is_as_written(lexeme->token, body)) {
		*out = body;
		return true;
	}
	return decode(r, body, lexeme, out);
}

/* The lexeme of the literal at [begin, end), from its quotes alone. */
static struct toml_lexeme literal_at(struct str text, size_t begin, size_t end)
{
	struct toml_lexeme lexeme = {TOML_BARE, (uint32_t)begin, (uint32_t)end};
	struct str s = {text.p + begin, end - begin};

	if (s.n >= 6 && str_starts(s, STR("\"\"\"")))
		lexeme.token = TOML_BASIC_MULTI;
	else if (s.n >= 6 && str_starts(s, STR("'''")))
		lexeme.token = TOML_LITERAL_MULTI;
	else if (s.n >= 2 && s.p[0] == '"')
		lexeme.token = TOML_BASIC;
	else if (s.n >= 2 && s.p[0] == '\'')
		lexeme.token = TOML_LITERAL;
	return lexeme;
}

size_t toml_string_offset(struct str text, size_t begin, size_t end, size_t offset)
{
	struct toml_lexeme lexeme = literal_at(text, begin, end);
	struct str body;
	size_t at, done = 0;

	if (lexeme.token == TOML_BARE)
		return begin + offset;
	body = string_body(text, &lexeme);
	at = (size_t)(body.p - text.p);
	while (body.n > 0) {
		char buffer[4];
		struct str piece;
		size_t taken = string_step(body, lexeme.token, buffer, &piece);

		if (taken == 0)
			break;
		if (offset < done + piece.n)
			return at + (piece.p == body.p ? offset - done : 0);
		done += piece.n;
		at += taken;
		body = str_from(body, taken);
	}
	return at;
}

static struct node *new_node(struct reader *r, const struct toml_lexeme *lexeme,
			     enum node_kind kind)
{
	struct node *node = node_new(r->nodes, kind, reader_span(r, lexeme->begin, lexeme->end));

	if (!node)
		r->failed = true;
	return node;
}

static struct node *out_of_range(struct reader *r, const struct toml_lexeme *lexeme)
{
	reader_error(r, DIAG_NUMBER_RANGE, lexeme->begin, lexeme->end,
		     "the number is too large to be kept exactly");
	return new_node(r, lexeme, NODE_POISON);
}

/* Digits with underscores between, known to be well formed. False: above 2^64-1. */
static bool accumulate(struct str digits, unsigned base, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		unsigned digit;

		if (c == '_')
			continue;
		digit = (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
		if (mul_overflows(n, base, &n) || add_overflows(n, digit, &n))
			return false;
	}
	*out = n;
	return true;
}

static struct node *integer(struct reader *r, const struct toml_lexeme *lexeme, struct str s)
{
	unsigned base = lexeme->token == TOML_HEX      ? 16
			: lexeme->token == TOML_OCTAL  ? 8
			: lexeme->token == TOML_BINARY ? 2
						       : 10;
	bool negative = s.p[0] == '-';
	size_t prefix = base != 10 ? 2 : negative || s.p[0] == '+' ? 1 : 0;
	uint64_t magnitude;
	struct node *node;

	if (!accumulate(str_from(s, prefix), base, &magnitude) ||
	    (negative && magnitude > (uint64_t)1 << 63))
		return out_of_range(r, lexeme);
	node = new_node(r, lexeme, NODE_INT);
	if (node) {
		node->magnitude = magnitude;
		node->negative = negative && magnitude;
	}
	return node;
}

static struct node *floating(struct reader *r, const struct toml_lexeme *lexeme, struct str s)
{
	char *digits = arena_alloc(r->texts, s.n, 1);
	size_t n = 0;
	double number;
	struct node *node;

	if (!digits) {
		r->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			digits[n++] = s.p[i];
	if (num_double((struct str){digits, n}, &number) != NUM_OK)
		return out_of_range(r, lexeme);
	node = new_node(r, lexeme, NODE_FLOAT);
	if (node)
		node->number = number;
	return node;
}

static struct node *special(struct reader *r, const struct toml_lexeme *lexeme, struct str s)
{
	struct node *node = new_node(r, lexeme, NODE_FLOAT);

	if (node) {
		node->number = str_ends(s, STR("nan")) ? (double)NAN : (double)INFINITY;
		if (s.p[0] == '-')
			node->number = -node->number;
	}
	return node;
}

static unsigned number_at(struct str s, size_t at, size_t digits)
{
	unsigned n = 0;

	for (size_t i = at; i < at + digits; i++)
		n = 10 * n + (unsigned)(s.p[i] - '0');
	return n;
}

static bool date_is_real(struct str s)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year = number_at(s, 0, 4), month = number_at(s, 5, 2), day = number_at(s, 8, 2);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* HH:MM:SS at `at`; second 60 is RFC 3339's leap second. */
static bool time_is_real(struct str s, size_t at)
{
	return number_at(s, at, 2) < 24 && number_at(s, at + 3, 2) < 60 &&
	       number_at(s, at + 6, 2) <= 60;
}

static bool zone_is_real(struct str s)
{
	if ((s.p[s.n - 1] | 0x20) == 'z')
		return true;
	return number_at(s, s.n - 5, 2) < 24 && number_at(s, s.n - 2, 2) < 60;
}

static bool moment_is_real(enum toml_token token, struct str s)
{
	if (token == TOML_LOCAL_TIME)
		return time_is_real(s, 0);
	if (!date_is_real(s))
		return false;
	if (token == TOML_LOCAL_DATE)
		return true;
	return time_is_real(s, 11) && (token != TOML_DATE_TIME || zone_is_real(s));
}

/* RFC 3339 in its one canonical spelling: T between date and time, Z in upper case. */
static struct node *moment(struct reader *r, const struct toml_lexeme *lexeme, struct str s,
			   enum node_style style)
{
	struct str text = arena_str(r->texts, s);
	struct node *node;

	if (!moment_is_real(lexeme->token, s)) {
		reader_error(r, DIAG_SYNTAX, lexeme->begin, lexeme->end,
			     "no such day or time in the calendar");
		return new_node(r, lexeme, NODE_POISON);
	}
	node = new_node(r, lexeme, NODE_STRING);
	if (!node || !text.p) {
		r->failed = true;
		return NULL;
	}
	if (s.n > 10 && style != NODE_STYLE_LOCAL_TIME)
		memcpy((char *)(uintptr_t)text.p + 10, "T", 1);
	if (s.p[s.n - 1] == 'z')
		memcpy((char *)(uintptr_t)text.p + s.n - 1, "Z", 1);
	node->style = (uint8_t)style;
	node->string = text;
	return node;
}

static struct node *boolean(struct reader *r, const struct toml_lexeme *lexeme)
{
	struct node *node = new_node(r, lexeme, NODE_BOOL);

	if (node)
		node->boolean = lexeme->token == TOML_TRUE;
	return node;
}

static struct node *text(struct reader *r, const struct toml_lexeme *lexeme)
{
	struct str s;
	struct node *node;

	if (!toml_string(r, lexeme, &s))
		return r->failed ? NULL : new_node(r, lexeme, NODE_POISON);
	node = new_node(r, lexeme, NODE_STRING);
	if (node)
		node->string = s;
	return node;
}

/* yes, 5m, mail.example.org and the like: the usual cure is a pair of quotes. */
static struct node *word(struct reader *r, const struct toml_lexeme *lexeme, struct str s)
{
	struct diag *d = reader_error(r, DIAG_SYNTAX, lexeme->begin, lexeme->end,
				      "not a TOML value; text stands in quotes");

	if (s.n <= 80 && !memchr(s.p, '\\', s.n) && !reader_near_secret(r))
		diag_hint(r->diags, d, "write \"%.*s\"", STR_ARG(s));
	return new_node(r, lexeme, NODE_POISON);
}

struct node *toml_scalar(struct reader *r, const struct toml_lexeme *lexeme)
{
	struct str s = {reader_text(r).p + lexeme->begin, lexeme->end - lexeme->begin};

	switch (lexeme->token) {
	case TOML_TRUE:
	case TOML_FALSE: return boolean(r, lexeme);
	case TOML_DECIMAL:
	case TOML_HEX:
	case TOML_OCTAL:
	case TOML_BINARY: return integer(r, lexeme, s);
	case TOML_FLOAT: return floating(r, lexeme, s);
	case TOML_SPECIAL: return special(r, lexeme, s);
	case TOML_DATE_TIME: return moment(r, lexeme, s, NODE_STYLE_DATE_TIME);
	case TOML_LOCAL_DATE_TIME: return moment(r, lexeme, s, NODE_STYLE_LOCAL_DATE_TIME);
	case TOML_LOCAL_DATE: return moment(r, lexeme, s, NODE_STYLE_LOCAL_DATE);
	case TOML_LOCAL_TIME: return moment(r, lexeme, s, NODE_STYLE_LOCAL_TIME);
	case TOML_BASIC:
	case TOML_LITERAL:
	case TOML_BASIC_MULTI:
	case TOML_LITERAL_MULTI: return text(r, lexeme);
	case TOML_BARE:
	case TOML_WORD:
	case TOML_END:
	case TOML_NEWLINE:
	case TOML_DOT:
	case TOML_EQUALS:
	case TOML_COMMA:
	case TOML_OPEN:
	case TOML_CLOSE:
	case TOML_OPEN2:
	case TOML_CLOSE2:
	case TOML_CURLY:
	case TOML_UNCURLY:
	case TOML_OPEN_STRING:
	case TOML_STRAY: break;
	}
	return word(r, lexeme, s);
}
