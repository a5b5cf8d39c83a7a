/* Layout of JSON: set in by two blanks; what stands on one line and fits there stays, but for the
 * whole. */
#include "grammar/layout.h"

#include "base/utf8.h"

struct layout {
	struct str text;
	size_t at;
	struct buf *out;
};

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* Behind the string that begins at `at`. */
static size_t string_end(struct str text, size_t at)
{
	for (at++; at < text.n && text.p[at] != '"'; at++) {
		if (text.p[at] == '\\')
			at++;
	}
	return at < text.n ? at + 1 : text.n;
}

/* Behind the token that begins at `at`: a string, a bracket, a mark, or a word. */
static size_t token_end(struct str text, size_t at)
{
	if (text.p[at] == '"')
		return string_end(text, at);
	if (memchr("[]{},:", text.p[at], 6))
		return at + 1;
	while (at < text.n && !is_blank(text.p[at]) && !memchr("[]{},:\"", text.p[at], 7))
		at++;
	return at;
}

static void skip_blank(struct layout *l)
{
	while (l->at < l->text.n && is_blank(l->text.p[l->at]))
		l->at++;
}

/* The next token; empty at the end. */
static struct str next_token(struct layout *l)
{
	size_t begin;

	skip_blank(l);
	begin = l->at;
	if (begin < l->text.n)
		l->at = token_end(l->text, begin);
	return (struct str){l->text.p + begin, l->at - begin};
}

/* Behind these stands a blank. */
static bool is_mark(struct str token)
{
	return token.p[0] == ',' || token.p[0] == ':';
}

/* Tokens up to `end` on one line: {"a": 1, "b": [2, 3]} */
static void put_line(struct layout *l, size_t end)
{
	for (skip_blank(l); l->at < end; skip_blank(l)) {
		struct str token = next_token(l);

		buf_puts(l->out, token);
		if (is_mark(token))
			buf_putc(l->out, ' ');
	}
}

/* Where the container that begins at l->at ends, if it stands on one line and fits there as
 * put_line writes it; else 0. An empty one has nothing to break. */
static size_t short_end(const struct layout *l, size_t column)
{
	struct layout probe = {l->text, l->at + 1, NULL};
	size_t depth = 1;
	bool empty = true, lines = false;

	column++; /* the bracket */
	while (depth) {
		size_t before = probe.at;
		struct str token = next_token(&probe);

		if (!token.n)
			return 0;
		column += utf8_count(token) + is_mark(token);
		lines = lines ||
			memchr(l->text.p + before, '\n', (size_t)(token.p - l->text.p) - before);
		if (token.p[0] == '[' || token.p[0] == '{')
			depth++;
		else if (token.p[0] == ']' || token.p[0] == '}')
			depth--;
		empty = empty && !depth;
		if (!empty && (lines || column > LAYOUT_COLUMNS))
			return 0;
	}
	return probe.at;
}

static void new_line(struct layout *l, size_t indent)
{
	buf_putc(l->out, '\n');
	while (indent-- > 0)
		buf_puts(l->out, STR("  "));
}

static void put_value(struct layout *l, size_t indent, size_t column);

/* From behind the opening bracket to behind the closing one. */
static void put_members(struct layout *l, size_t indent)
{
	size_t column = 2 * (indent + 1);

	new_line(l, indent + 1);
	for (;;) {
		struct layout probe = *l;
		struct str token = next_token(&probe);

		if (!token.n)
			return;
		switch (token.p[0]) {
		case ']':
		case '}':
			new_line(l, indent);
			buf_puts(l->out, next_token(l));
			return;
		case ',':
			buf_puts(l->out, next_token(l));
			new_line(l, indent + 1);
			column = 2 * (indent + 1);
			break;
		case ':':
			l->at = probe.at;
			buf_puts(l->out, STR(": "));
			column += 2;
			break;
		default:
			skip_blank(l);
			put_value(l, indent + 1, column);
			column += utf8_count(token);
			break;
		}
	}
}

static bool is_empty(const struct layout *l)
{
	struct layout probe = {l->text, l->at + 1, NULL};
	struct str token = next_token(&probe);

	return token.n && (token.p[0] == ']' || token.p[0] == '}');
}

/* A scalar, a key, or a container; l->at is its first byte. */
static void put_value(struct layout *l, size_t indent, size_t column)
{
	char ch = l->text.p[l->at];
	size_t end;

	if (ch != '[' && ch != '{') {
		buf_puts(l->out, next_token(l));
		return;
	}
	end = indent || column || is_empty(l) ? short_end(l, column) : 0;
	if (end) {
		put_line(l, end);
		return;
	}
	buf_puts(l->out, next_token(l));
	put_members(l, indent);
}

static struct str without_mark(struct str text)
{
	return str_starts(text, STR("\xef\xbb\xbf")) ? str_from(text, 3) : text;
}

void layout_json(struct str text, struct buf *out)
{
	struct layout l = {without_mark(text), 0, out};

	skip_blank(&l);
	if (l.at == l.text.n)
		return;
	put_value(&l, 0, 0);
	buf_putc(out, '\n');
}

void layout_ndjson(struct str text, struct buf *out)
{
	struct layout l = {without_mark(text), 0, out};

	for (skip_blank(&l); l.at < l.text.n; skip_blank(&l)) {
		const char *end = memchr(l.text.p + l.at, '\n', l.text.n - l.at);

		put_line(&l, end ? (size_t)(end - l.text.p) : l.text.n);
		buf_putc(out, '\n');
	}
}

bool layout_text(enum format format, struct str text, const struct node *root, struct buf *out)
{
	if (!text.n)
		return format != FORMAT_NONE && format != FORMAT_SETTINGS;
	switch (format) {
	case FORMAT_NONE:
	case FORMAT_SETTINGS: return false;
	case FORMAT_TOML: return layout_toml(text, out) && !out->failed;
	case FORMAT_YAML: return layout_yaml(text, root, out) && !out->failed;
	case FORMAT_JSON: layout_json(text, out); return !out->failed;
	case FORMAT_NDJSON: layout_ndjson(text, out); return !out->failed;
	}
	return false;
}
