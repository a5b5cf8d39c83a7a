/*
 * The 0.15 settings as the server up to 0.15.5 read them (validation.md section 6.1). The
 * files end in .toml and mostly look like it, but the language is its own: a flat map from
 * dotted keys to text, in which everything is typed later by whoever asks for a key.
 *
 * What differs from TOML is on purpose here, the quirks included: no key may be given twice,
 * but "a" and "a.b" may both be; names in headers are lower-cased; a value line needs its
 * newline; { "a", "b" } is a set.
 */
#include "base/buf.h"
#include "grammar/reader_impl.h"

#define NESTING_LIMIT 10 /* of arrays and braces, the reference's own */

struct settings {
	struct reader *r;
	struct str text;
	size_t at;
	struct node *map;
	struct buf path;  /* the key so far; cut back by whoever added to it */
	size_t table;     /* bytes of path that the header gave, its dot included */
	struct buf array; /* name of the last [[header]] */
	unsigned element; /* its number */
};

static bool parse_value(struct settings *s, struct span key_span, unsigned depth);

static bool more(const struct settings *s)
{
	return s->at < s->text.n;
}

/* The byte at hand, 0 at the end. */
static char peek(const struct settings *s)
{
	return more(s) ? s->text.p[s->at] : '\0';
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (unsigned char)c >= 0x80;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct settings *s)
{
	while (more(s) && is_blank(s->text.p[s->at]))
		s->at++;
}

static void skip_line(struct settings *s)
{
	const char *newline = memchr(s->text.p + s->at, '\n', s->text.n - s->at);

	s->at = newline ? (size_t)(newline - s->text.p) + 1 : s->text.n;
}

/* Blanks, line ends and comments: what may stand between the parts of an array. */
static void skip_lines(struct settings *s)
{
	for (;;) {
		skip_blanks(s);
		if (peek(s) == '#')
			skip_line(s);
		else if (more(s) && s->text.p[s->at] == '\n')
			s->at++;
		else
			return;
	}
}

/* What the report says beside it: which of two alike languages this is, and what differs. */
static const char *advice(const struct settings *s)
{
	if (!more(s))
		return "these are 0.15 settings, whose last line needs its newline too";
	if (peek(s) == '\'')
		return "these are 0.15 settings, where names take no quotes but \"…\"";
	return "these are 0.15 settings, which are not TOML";
}

/* Always false, so that a caller can return it. */
static bool fail(struct settings *s, const char *wanted)
{
	size_t end = more(s) ? s->at + 1 : s->at;
	char c = peek(s);
	struct diag *d;

	if (!more(s))
		d = reader_error(s->r, DIAG_SYNTAX, s->at, end,
				 "expected %s, found the end of the file", wanted);
	else if (c == '\n')
		d = reader_error(s->r, DIAG_SYNTAX, s->at, end,
				 "expected %s, found the end of the line", wanted);
	else if ((unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
		d = reader_error(s->r, DIAG_SYNTAX, s->at, end, "expected %s", wanted);
	else
		d = reader_error(s->r, DIAG_SYNTAX, s->at, end, "expected %s, found '%c'", wanted,
				 c);
	diag_hint(s->r->diags, d, "%s", advice(s));
	return false;
}

static bool out_of_memory(struct settings *s)
{
	s->r->failed = true;
	return false;
}

/* Adds path = value. */
static bool emit(struct settings *s, struct span key_span, struct str value, struct span span,
		 enum node_style style)
{
	struct reader *r = s->r;
	struct str key;
	struct node_entry *first;
	struct node *node;

	if (s->path.failed)
		return out_of_memory(s);
	first = node_map_find(s->map, buf_str(&s->path));
	if (first) {
		reader_duplicate(r, first->key, key_span, first->key_span);
		return true;
	}
	key = arena_str(r->texts, buf_str(&s->path));
	node = node_string(r->nodes, value, span);
	if (!key.p || !node || !node_map_append(r->nodes, r->key, s->map, key, key_span, node))
		return out_of_memory(s);
	node->style = (uint8_t)style;
	return true;
}

/* The byte that a backslash and c stand for. */
static char unescape(char c)
{
	switch (c) {
	case 't': return '\t';
	case 'r': return '\r';
	case 'n': return '\n';
	}
	return c;
}

/* What stands between s->at and the next unescaped quote is added to `out`. */
static bool quoted(struct settings *s, char quote, struct buf *out)
{
	size_t begin = s->at - 1;

	while (more(s) && s->text.p[s->at] != quote) {
		char c = s->text.p[s->at++];

		if (c == '\\' && more(s))
			c = unescape(s->text.p[s->at++]);
		buf_putc(out, c);
	}
	if (more(s)) {
		s->at++;
		return true;
	}
	reader_error(s->r, DIAG_SYNTAX, begin, begin + 1, "this string is never closed");
	return false;
}

/* """...""" and '''...''': raw, without a newline right behind the opening quotes. */
static bool raw(struct settings *s, struct str quotes, struct str *out)
{
	struct str rest = str_from(s->text, s->at + 3);
	size_t skip = str_starts(rest, STR("\r\n")) ? 2 : str_starts(rest, STR("\n")) ? 1 : 0;
	const char *end;

	rest = str_from(rest, skip);
	end = rest.n ? memmem(rest.p, rest.n, quotes.p, quotes.n) : NULL;
	if (!end) {
		reader_error(s->r, DIAG_SYNTAX, s->at, s->at + 3, "this string is never closed");
		s->at = s->text.n;
		return false;
	}
	*out = (struct str){rest.p, (size_t)(end - rest.p)};
	s->at = (size_t)(end - s->text.p) + 3;
	return true;
}

static bool string(struct settings *s, struct str *out)
{
	struct str rest = str_from(s->text, s->at);
	char quote = rest.p[0];
	struct buf buf = BUF_INIT;
	bool ok;

	if (str_starts(rest, STR("\"\"\"")) || str_starts(rest, STR("'''")))
		return raw(s, (struct str){rest.p, 3}, out);
	s->at++;
	ok = quoted(s, quote, &buf);
	if (ok)
		*out = arena_str(s->r->texts, buf_str(&buf));
	if (ok && (buf.failed || !out->p))
		ok = out_of_memory(s);
	buf_free(&buf);
	return ok;
}

static bool parse_string(struct settings *s, struct span key_span)
{
	size_t begin = s->at;
	struct str value;

	return string(s, &value) &&
	       emit(s, key_span, value, reader_span(s->r, begin, s->at), NODE_STYLE_PLAIN);
}

static bool parse_word(struct settings *s, struct span key_span)
{
	size_t begin = s->at;

	while (more(s) && (is_alnum(peek(s)) || peek(s) == '.' || peek(s) == '+' || peek(s) == '-'))
		s->at++;
	if (s->at == begin)
		return fail(s, "a value");
	return emit(s, key_span, (struct str){s->text.p + begin, s->at - begin},
		    reader_span(s->r, begin, s->at), NODE_STYLE_BARE);
}

static bool parse_array(struct settings *s, struct span key_span, unsigned depth)
{
	size_t path = s->path.n;
	unsigned count = 0;

	s->at++;
	for (;;) {
		skip_lines(s);
		if (peek(s) == ']')
			break;
		buf_printf(&s->path, ".%04u", count++);
		if (!parse_value(s, key_span, depth + 1))
			return false;
		s->path.n = path;
		skip_lines(s);
		if (peek(s) == ']')
			break;
		if (peek(s) != ',')
			return fail(s, "',' or ']'");
		s->at++;
	}
	s->at++;
	return true;
}

/* A key, added to the path. Quoted parts lose their quotes, so dots in them are dots. */
static bool parse_key(struct settings *s, bool curly, struct span *span)
{
	size_t begin = s->at, path = s->path.n;

	if (!is_alnum(peek(s)) && peek(s) != '"')
		return fail(s, "a key");
	while (more(s) && peek(s) != '=' && peek(s) != '\n' && !is_blank(peek(s))) {
		char c = s->text.p[s->at];

		if (curly && (c == ',' || c == '}'))
			break;
		if (c == ',' || c == '}' || c == '\'' || (unsigned char)c < 0x20)
			return fail(s, "'=' behind the key");
		s->at++;
		if (c != '"')
			buf_putc(&s->path, c);
		else if (!quoted(s, '"', &s->path))
			return false;
	}
	*span = reader_span(s->r, begin, s->at);
	if (s->path.n > path || s->path.failed)
		return true;
	reader_error(s->r, DIAG_SYNTAX, begin, s->at, "the key is empty");
	return false;
}

/* One member of braces: key = value, or, in a set, the key alone. */
static bool parse_member(struct settings *s, unsigned depth)
{
	struct span span;

	if (!parse_key(s, true, &span))
		return false;
	skip_lines(s);
	if (peek(s) == '=') {
		s->at++;
		return parse_value(s, span, depth + 1);
	}
	return emit(s, span, STR(""), span, NODE_STYLE_PLAIN);
}

static bool parse_curly(struct settings *s, unsigned depth)
{
	size_t path;

	buf_putc(&s->path, '.');
	path = s->path.n;
	s->at++;
	for (;;) {
		skip_lines(s);
		if (peek(s) == '}')
			break;
		if (!parse_member(s, depth))
			return false;
		s->path.n = path;
		skip_lines(s);
		if (peek(s) == '}')
			break;
		if (peek(s) != ',')
			return fail(s, "',' or '}'");
		s->at++;
	}
	s->at++;
	return true;
}

static bool parse_value(struct settings *s, struct span key_span, unsigned depth)
{
	skip_blanks(s);
	if (depth > NESTING_LIMIT) {
		reader_error(s->r, DIAG_NESTING, s->at, s->at + 1,
			     "0.15 settings are nested at most %d levels deep", NESTING_LIMIT);
		return false;
	}
	switch (peek(s)) {
	case '"':
	case '\'': return parse_string(s, key_span);
	case '[': return parse_array(s, key_span, depth);
	case '{': return parse_curly(s, depth);
	}
	return parse_word(s, key_span);
}

static bool parse_assignment(struct settings *s)
{
	struct span span;

	s->path.n = s->table;
	if (!parse_key(s, false, &span))
		return false;
	s->r->near = (struct str){s->text.p + span.begin, span.end - span.begin};
	skip_blanks(s);
	if (peek(s) != '=')
		return fail(s, "'=' behind the key");
	s->at++;
	if (!parse_value(s, span, 0))
		return false;
	skip_blanks(s);
	if (peek(s) == '#')
		skip_line(s);
	if (s->at > 0 && s->text.p[s->at - 1] == '\n')
		return true;
	if (peek(s) != '\n')
		return fail(s, "the end of the line");
	s->at++;
	return true;
}

/* The name between the brackets of a header, as the new path. A byte that does not belong there is
 * told once and the name read on, so that the keys below it keep their place. */
static bool header_name(struct settings *s)
{
	bool told = false;

	s->path.n = 0;
	while (more(s) && peek(s) != ']' && peek(s) != '\n') {
		char c = s->text.p[s->at];

		if (!told && !is_alnum(c) && !is_blank(c) && !memchr(".-_\"", c, 4)) {
			told = !fail(s, "']'");
			s->r->incomplete = true;
		}
		s->at++;
		if ((c == '"' || c == '\'') && !quoted(s, c, &s->path))
			return false;
		if (c != '"' && c != '\'' && !is_blank(c))
			buf_putc(&s->path, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
	}
	return s->path.n > 0 || told || fail(s, "a name");
}

static void number_element(struct settings *s)
{
	if (str_eq(buf_str(&s->array), buf_str(&s->path)) && s->array.n > 0) {
		s->element++;
	} else {
		buf_clear(&s->array);
		buf_puts(&s->array, buf_str(&s->path));
		s->element = 0;
	}
	buf_printf(&s->path, ".%04u", s->element);
}

static bool parse_header(struct settings *s)
{
	bool array, closed = true;

	/* keys below a wrong header must not land in the table before it */
	s->table = 0;
	s->at++;
	array = peek(s) == '[';
	if (array)
		s->at++;
	if (!header_name(s))
		return false;
	for (int brackets = array ? 2 : 1; brackets > 0 && closed; brackets--) {
		closed = peek(s) == ']' || fail(s, "']'");
		s->at += closed;
	}
	if (array)
		number_element(s);
	buf_putc(&s->path, '.');
	s->table = s->path.n;
	if (!closed)
		return false;
	skip_blanks(s);
	if (more(s) && peek(s) != '\n' && peek(s) != '#')
		return fail(s, "the end of the line");
	skip_line(s);
	return true;
}

/* True where the line at hand looks like the start of a header or an assignment. */
static bool looks_like_start(const struct settings *s)
{
	size_t i = s->at;

	while (i < s->text.n && is_blank(s->text.p[i]))
		i++;
	if (i == s->text.n || s->text.p[i] == '[')
		return i + 1 < s->text.n && (is_alnum(s->text.p[i + 1]) || s->text.p[i + 1] == '[');
	if (!is_alnum(s->text.p[i]))
		return false;
	while (i < s->text.n && (is_alnum(s->text.p[i]) || memchr("._-:", s->text.p[i], 4)))
		i++;
	while (i < s->text.n && is_blank(s->text.p[i]))
		i++;
	return i < s->text.n && s->text.p[i] == '=';
}

static void recover(struct settings *s)
{
	s->r->incomplete = true;
	do {
		skip_line(s);
	} while (more(s) && !looks_like_start(s));
}

/* A name and a colon, as YAML writes them, at the byte at hand; a colon of 0.15 is part of a key.
 */
static bool looks_like_yaml(const struct settings *s)
{
	struct str rest = str_from(s->text, s->at);
	size_t i = 0;

	if (str_starts(rest, STR("---")) || str_starts(rest, STR("- ")))
		return true;
	while (i < rest.n && (is_alnum(rest.p[i]) || memchr("._-:\"'", rest.p[i], 6)))
		i++;
	if (i == 0 || rest.p[i - 1] != ':')
		return false;
	while (i < rest.n && is_blank(rest.p[i]))
		i++;
	return i == rest.n || rest.p[i] != '=';
}

/* The language of a file whose first words no settings begin with; NULL: none that is known. */
static const char *foreign(const struct settings *s)
{
	struct settings ahead = *s;

	skip_lines(&ahead);
	if (looks_like_yaml(&ahead))
		return "YAML";
	if (peek(&ahead) == '[') {
		ahead.at++;
		skip_lines(&ahead);
	}
	if (peek(&ahead) != '{')
		return NULL;
	ahead.at++;
	skip_lines(&ahead);
	return peek(&ahead) == '"' || peek(&ahead) == '}' ? "JSON" : NULL;
}

/* Told once: every line of it would be wrong. */
static void refuse_foreign(struct settings *s, const char *language)
{
	struct diag *d;

	skip_lines(s);
	d = reader_error(s->r, DIAG_SYNTAX, s->at, s->at + 1,
			 "this is %s, and 0.15 settings are lines of KEY = VALUE", language);
	diag_hint(
		s->r->diags, d,
		"give the config.toml of a 0.15 server, or a line KEY = \"VALUE\" for each key of "
		"its database; objects of 0.16 need no migration");
	s->r->incomplete = true;
}

static void parse(struct settings *s)
{
	const char *language = foreign(s);

	if (language) {
		refuse_foreign(s, language);
		return;
	}
	while (more(s) && !s->r->failed) {
		char c = peek(s);
		bool ok;

		s->r->near = STR_NONE;
		if (is_blank(c) || c == '\n') {
			s->at++;
			continue;
		}
		if (c == '#') {
			skip_line(s);
			continue;
		}
		ok = c == '[' ? parse_header(s) : parse_assignment(s);
		if (!ok && !s->r->failed)
			recover(s);
	}
	if (s->path.failed || s->array.failed)
		s->r->failed = true;
}

struct node *settings_tree(struct reader *r)
{
	struct settings s = {.r = r, .text = reader_text(r), .path = BUF_INIT, .array = BUF_INIT};

	if (!reader_check_utf8(r))
		return NULL;
	s.map = node_new(r->nodes, NODE_MAP, reader_span(r, 0, s.text.n));
	if (!s.map) {
		r->failed = true;
		return NULL;
	}
	s.at = reader_bom(r->source);
	parse(&s);
	buf_free(&s.path);
	buf_free(&s.array);
	return s.map;
}

size_t settings_string_offset(struct str text, size_t begin, size_t end, size_t offset)
{
	struct str s = {text.p + begin, end - begin};
	size_t at;

	if (str_starts(s, STR("\"\"\"")) || str_starts(s, STR("'''"))) {
		struct str rest = str_from(s, 3);

		return begin + 3 + offset +
		       (str_starts(rest, STR("\r\n")) ? 2U
			: str_starts(rest, STR("\n")) ? 1U
						      : 0U);
	}
	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return begin + offset;
	for (at = 1; at < s.n && offset > 0; offset--)
		at += s.p[at] == '\\' ? 2 : 1;
	return begin + (at < s.n ? at : s.n);
}
