/*
 * TOML 1.0 by recursive descent. A document is a sequence of lines that are headers or
 * assignments, so an error costs its own statement only: recover() finds the next one.
 *
 * The parser holds one lexeme, `tok`. Functions that parse something begin with its first
 * lexeme in tok and leave its last one there; parse_path alone looks one further.
 */
#include "grammar/toml.h"
#include "base/buf.h"
#include "base/utf8.h"

#define SET_SHOWN 8 /* members of a set literal that the hint spells out */

struct toml {
	struct reader *r;
	struct str text;
	struct toml_lexeme tok;
	struct toml_table *root, *table; /* table: that of the last header; NULL: it was wrong */
	uint32_t scopes;                 /* of dotted keys: headers and inline tables, counted */
	uint32_t header;                 /* the scope of keys under the last header */
	unsigned open;                   /* brackets and braces that are open at tok */
	unsigned curly;                  /* braces among them */
	bool unclosed;                   /* some bracket is known never to be closed */
	bool stop;                       /* nothing sensible can follow */
};

static struct node *parse_value(struct toml *t, uint32_t depth);

static struct span tok_span(const struct toml *t)
{
	return reader_span(t->r, t->tok.begin, t->tok.end);
}

static bool is_open_multi(const struct toml *t)
{
	struct str s = str_from(t->text, t->tok.begin);

	return t->tok.token == TOML_OPEN_STRING &&
	       (str_starts(s, STR("\"\"\"")) || str_starts(s, STR("'''")));
}

static void lex_at(struct toml *t, size_t at, enum toml_mode mode)
{
	toml_lex(t->text, at, mode, &t->tok);
}

static void advance(struct toml *t, enum toml_mode mode)
{
	lex_at(t, t->tok.end, mode);
}

static bool is_control(unsigned char c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* tok is a quote that opens a string which does not end as it should. */
static void report_open_string(struct toml *t)
{
	bool multi = is_open_multi(t);
	size_t quotes = multi ? 3 : 1, i = t->tok.begin + quotes;

	/* a multi-line string without end swallows the rest of the document */
	t->stop = t->stop || multi;
	for (; i < t->text.n; i++) {
		unsigned char c = (unsigned char)t->text.p[i];

		if (c == '\n' || (c == '\r' && i + 1 < t->text.n && t->text.p[i + 1] == '\n')) {
			if (!multi)
				break;
		} else if (is_control(c)) {
			reader_error(t->r, DIAG_SYNTAX, i, i + 1,
				     "control character U+%04X in a string", c);
			return;
		}
	}
	reader_error(t->r, DIAG_SYNTAX, t->tok.begin, t->tok.begin + quotes,
		     multi ? "this string is never closed"
			   : "this string is not closed on its line");
}

static void report_stray(struct toml *t, const char *wanted)
{
	struct str rest = str_from(t->text, t->tok.begin);
	uint32_t c = 0;
	size_t n = utf8_decode(rest, &c);

	if (is_control((unsigned char)rest.p[0]))
		reader_error(t->r, DIAG_SYNTAX, t->tok.begin, t->tok.end,
			     "control character U+%04X outside a string", c);
	else
		reader_error(t->r, DIAG_SYNTAX, t->tok.begin, t->tok.begin + (n ? n : 1),
			     "expected %s, found '%.*s'", wanted, (int)n, rest.p);
}

static const char *token_name(enum toml_token token)
{
	switch (token) {
	case TOML_END: return "the end of the file";
	case TOML_NEWLINE: return "the end of the line";
	case TOML_BARE:
	case TOML_WORD: return "a word";
	case TOML_BASIC:
	case TOML_LITERAL:
	case TOML_OPEN_STRING: return "a string";
	case TOML_BASIC_MULTI:
	case TOML_LITERAL_MULTI: return "a multi-line string";
	case TOML_DOT: return "'.'";
	case TOML_EQUALS: return "'='";
	case TOML_COMMA: return "','";
	case TOML_OPEN: return "'['";
	case TOML_CLOSE: return "']'";
	case TOML_OPEN2: return "'[['";
	case TOML_CLOSE2: return "']]'";
	case TOML_CURLY: return "'{'";
	case TOML_UNCURLY: return "'}'";
	case TOML_TRUE:
	case TOML_FALSE: return "a boolean";
	case TOML_DECIMAL:
	case TOML_HEX:
	case TOML_OCTAL:
	case TOML_BINARY:
	case TOML_FLOAT:
	case TOML_SPECIAL: return "a number";
	case TOML_DATE_TIME:
	case TOML_LOCAL_DATE_TIME:
	case TOML_LOCAL_DATE:
	case TOML_LOCAL_TIME: return "a date or time";
	case TOML_STRAY: break;
	}
	return "something else";
}

/* Always false, so that a caller can return it. */
static bool expected(struct toml *t, const char *wanted)
{
	if (t->tok.token == TOML_OPEN_STRING)
		report_open_string(t);
	else if (t->tok.token == TOML_STRAY)
		report_stray(t, wanted);
	else
		reader_error(t->r, DIAG_SYNTAX, t->tok.begin, t->tok.end, "expected %s, found %s",
			     wanted, token_name(t->tok.token));
	return false;
}

/* The same inside brackets that were opened at byte `open`; always NULL. */
static struct node *expected_inside(struct toml *t, const char *wanted, uint32_t open)
{
	struct reader *r = t->r;
	struct diag *d;

	if (t->tok.token == TOML_OPEN_STRING || t->tok.token == TOML_STRAY)
		return expected(t, wanted), NULL;
	d = reader_error(r, DIAG_SYNTAX, t->tok.begin, t->tok.end, "expected %s, found %s", wanted,
			 token_name(t->tok.token));
	diag_relate(r->diags, d, reader_span(r, open, open + 1), "opened here");
	if (t->text.p[open] == '{' && t->tok.token == TOML_NEWLINE)
		diag_hint(r->diags, d,
			  "what stands in braces stands on one line; a [table] has "
			  "more room");
	return NULL;
}

static bool is_key(enum toml_token token)
{
	return token == TOML_BARE || token == TOML_BASIC || token == TOML_LITERAL;
}

static bool parse_part(struct toml *t, struct toml_part *part)
{
	if (!is_key(t->tok.token))
		return expected(t, "a key");
	part->span = tok_span(t);
	if (t->tok.token != TOML_BARE)
		return toml_string(t->r, &t->tok, &part->name);
	part->name = (struct str){t->text.p + t->tok.begin, t->tok.end - t->tok.begin};
	return true;
}

/* A dotted key; tok is then the lexeme behind it. */
static bool parse_path(struct toml *t, struct toml_path *path)
{
	path->count = 0;
	for (;;) {
		if (path->count == ARRAY_LEN(path->parts)) {
			reader_error(t->r, DIAG_NESTING, t->tok.begin, t->tok.end,
				     "the key has more than %d parts", READER_DEPTH_LIMIT);
			t->stop = true;
			return false;
		}
		if (!parse_part(t, &path->parts[path->count]))
			return false;
		path->count++;
		advance(t, TOML_MODE_KEY);
		if (t->tok.token != TOML_DOT)
			return true;
		advance(t, TOML_MODE_KEY);
	}
}

static void skip_newlines(struct toml *t, enum toml_mode mode)
{
	while (t->tok.token == TOML_NEWLINE)
		advance(t, mode);
}

/* The members of a set literal as they are collected for the hint. */
struct toml_set {
	struct buf list, table;
	size_t count;
};

static void set_add(struct toml_set *set, struct str member)
{
	const char *separator = set->count ? ", " : "";

	set->count++;
	if (set->count > SET_SHOWN)
		return;
	buf_puts(&set->list, str_c(separator));
	buf_put_json(&set->list, member);
	buf_puts(&set->table, str_c(separator));
	buf_put_json(&set->table, member);
	buf_puts(&set->table, STR(" = true"));
}

static void set_add_path(struct toml *t, struct toml_set *set, const struct toml_path *path)
{
	const struct toml_part *first = path->parts, *last = &path->parts[path->count - 1];

	if (path->count == 1)
		set_add(set, first->name);
	else
		set_add(set, (struct str){t->text.p + first->span.begin,
					  last->span.end - first->span.begin});
}

static void report_set(struct toml *t, const struct toml_set *set, uint32_t begin)
{
	struct reader *r = t->r;
	const char *more = set->count > SET_SHOWN ? ", ..." : "";
	struct diag *d = reader_error(r, DIAG_TOML_SET, begin, t->tok.end,
				      "TOML has no set literal { \"a\", \"b\" }");

	if (!reader_near_secret(r) && !set->list.failed && !set->table.failed)
		diag_hint(r->diags, d, "write [%.*s%s] or { %.*s%s }", STR_ARG(buf_str(&set->list)),
			  more, STR_ARG(buf_str(&set->table)), more);
}

/* The rest of { "a", "b" } once its first member has shown what it is. */
static struct node *parse_set(struct toml *t, uint32_t begin, struct toml_path *path)
{
	struct toml_set set = {BUF_INIT, BUF_INIT, 0};
	struct node *poison = NULL;

	set_add_path(t, &set, path);
	while (t->tok.token == TOML_COMMA || t->tok.token == TOML_NEWLINE) {
		advance(t, TOML_MODE_KEY);
		if (!is_key(t->tok.token))
			continue;
		if (!parse_path(t, path))
			goto out;
		set_add_path(t, &set, path);
	}
	report_set(t, &set, begin);
	if (t->tok.token == TOML_UNCURLY)
		poison = reader_poison(t->r, reader_span(t->r, begin, t->tok.end));
out:
	buf_free(&set.list);
	buf_free(&set.table);
	return poison;
}

/* key = value inside braces; *set is the whole value where this proves to be a set literal. */
static bool parse_pair(struct toml *t, struct toml_table *table, uint32_t scope, uint32_t begin,
		       struct node **set)
{
	struct toml_path path;
	struct toml_table *inner;
	struct node *value;
	bool first = table->node.map.count == 0;

	if (!parse_path(t, &path))
		return false;
	if (first && (t->tok.token == TOML_COMMA || t->tok.token == TOML_UNCURLY ||
		      t->tok.token == TOML_NEWLINE)) {
		*set = parse_set(t, begin, &path);
		return *set != NULL;
	}
	if (t->tok.token != TOML_EQUALS)
		return expected(t, "'=' behind the key");
	t->r->near = path.parts[path.count - 1].name;
	inner = toml_descend(t->r, table, &path, scope);
	advance(t, TOML_MODE_VALUE);
	value = parse_value(t, (inner ? inner : table)->depth + 1);
	if (value && inner)
		toml_assign(t->r, inner, &path.parts[path.count - 1], value);
	return value && !t->r->failed;
}

static struct node *parse_inline(struct toml *t, uint32_t depth)
{
	uint32_t begin = t->tok.begin, scope = ++t->scopes;
	struct toml_table *table = toml_table_new(t->r, TOML_HEADER, depth, tok_span(t));
	struct node *set = NULL;

	if (!table)
		return NULL;
	advance(t, TOML_MODE_KEY);
	while (t->tok.token != TOML_UNCURLY || table->node.map.count > 0) {
		if (!is_key(t->tok.token))
			return expected_inside(t, "a key", begin);
		if (!parse_pair(t, table, scope, begin, &set))
			return NULL;
		if (set)
			return set;
		advance(t, TOML_MODE_KEY);
		if (t->tok.token == TOML_UNCURLY)
			break;
		if (t->tok.token != TOML_COMMA)
			return expected_inside(t, "',' or '}'", begin);
		advance(t, TOML_MODE_KEY);
	}
	table->node.span.end = t->tok.end;
	table->node.frozen = true;
	return &table->node;
}

static struct node *parse_array(struct toml *t, uint32_t depth)
{
	struct node *list = node_new(t->r->nodes, NODE_LIST, tok_span(t));

	if (!list) {
		t->r->failed = true;
		return NULL;
	}
	list->frozen = true;
	for (;;) {
		struct node *member;

		advance(t, TOML_MODE_VALUE);
		skip_newlines(t, TOML_MODE_VALUE);
		if (t->tok.token == TOML_CLOSE)
			break;
		member = parse_value(t, depth + 1);
		if (!member)
			return NULL;
		node_list_append(list, member);
		advance(t, TOML_MODE_VALUE);
		skip_newlines(t, TOML_MODE_VALUE);
		if (t->tok.token == TOML_CLOSE)
			break;
		if (t->tok.token != TOML_COMMA)
			return expected_inside(t, "',' or ']'", list->span.begin);
	}
	list->span.end = t->tok.end;
	return list;
}

/* NULL: reported (tok is where reading could not go on), or r->failed. */
static struct node *parse_value(struct toml *t, uint32_t depth)
{
	bool list = t->tok.token == TOML_OPEN;
	struct node *node;

	if (!list && t->tok.token != TOML_CURLY) {
		if (t->tok.token < TOML_BASIC || t->tok.token > TOML_WORD ||
		    (t->tok.token > TOML_LITERAL_MULTI && t->tok.token < TOML_TRUE))
			return expected(t, "a value"), NULL;
		return toml_scalar(t->r, &t->tok);
	}
	if (depth > READER_DEPTH_LIMIT) {
		reader_error(t->r, DIAG_NESTING, t->tok.begin, t->tok.end,
			     "values are nested more than %d levels deep", READER_DEPTH_LIMIT);
		t->stop = true;
		return NULL;
	}
	t->open++;
	t->curly += !list;
	node = list ? parse_array(t, depth) : parse_inline(t, depth);
	if (node) {
		t->open--;
		t->curly -= !list;
	}
	return node;
}

static bool end_of_line(struct toml *t)
{
	advance(t, TOML_MODE_KEY);
	if (t->tok.token == TOML_NEWLINE || t->tok.token == TOML_END)
		return true;
	return expected(t, "the end of the line");
}

static bool parse_header(struct toml *t)
{
	bool element = t->tok.token == TOML_OPEN2;
	uint32_t begin = t->tok.begin;
	struct toml_path path;
	struct toml_table *table;

	t->table = NULL;
	t->header = ++t->scopes;
	advance(t, TOML_MODE_KEY);
	if (!parse_path(t, &path))
		return false;
	if (t->tok.token != (element ? TOML_CLOSE2 : TOML_CLOSE))
		return expected(t, element ? "']]'" : "']'");
	table = toml_open(t->r, t->root, &path, element);
	if (table) {
		t->table = table;
		table->node.span = reader_span(t->r, begin, t->tok.end);
	} else {
		t->r->incomplete = true;
	}
	return end_of_line(t);
}

static bool parse_assignment(struct toml *t)
{
	struct toml_path path;
	struct toml_table *table;
	struct node *value;
	bool ok;

	if (!parse_path(t, &path))
		return false;
	t->r->near = path.parts[path.count - 1].name;
	if (t->tok.token != TOML_EQUALS)
		return expected(t, "'=' behind the key");
	table = toml_descend(t->r, t->table, &path, t->header);
	advance(t, TOML_MODE_VALUE);
	value = parse_value(t, (table ? table : t->table)->depth + 1);
	ok = value != NULL;
	if (!ok && !t->r->failed)
		value = reader_poison(t->r, path.parts[path.count - 1].span);
	if (value && table)
		toml_assign(t->r, table, &path.parts[path.count - 1], value);
	return ok && !t->r->failed && end_of_line(t);
}

/* True where the line at `at` is a header, or, with `keys`, the start of an assignment. */
static bool is_statement(struct str text, size_t at, bool keys)
{
	struct toml_lexeme x;
	bool header;

	toml_lex(text, at, TOML_MODE_KEY, &x);
	header = x.token == TOML_OPEN || x.token == TOML_OPEN2;
	if (header)
		toml_lex(text, x.end, TOML_MODE_KEY, &x);
	else if (!keys)
		return false;
	/* [true] and [1] may be lists inside a list; [name] is taken as a header */
	if (header && (x.token != TOML_BARE || (text.p[x.begin] | 0x20) < 'a' ||
		       str_starts(str_from(text, x.begin), STR("true")) ||
		       str_starts(str_from(text, x.begin), STR("false"))))
		return false;
	while (is_key(x.token)) {
		toml_lex(text, x.end, TOML_MODE_KEY, &x);
		if (x.token == TOML_DOT)
			toml_lex(text, x.end, TOML_MODE_KEY, &x);
	}
	if (!header)
		return x.token == TOML_EQUALS;
	if (x.token != TOML_CLOSE && x.token != TOML_CLOSE2)
		return false;
	toml_lex(text, x.end, TOML_MODE_KEY, &x);
	return x.token == TOML_NEWLINE || x.token == TOML_END;
}

/* Passes the rest of a broken statement while its brackets are open. False: they never close.
 * A line that can only be a new statement ends it too: a header, or, outside braces, key = */
static bool skip_brackets(struct toml *t)
{
	unsigned open = t->open, curly = t->curly;

	while (t->tok.token != TOML_END && !t->stop) {
		if (t->tok.token == TOML_OPEN || t->tok.token == TOML_CURLY)
			open++;
		else if (open && (t->tok.token == TOML_CLOSE || t->tok.token == TOML_UNCURLY))
			open--;
		else if (is_open_multi(t))
			t->stop = true;
		else if (t->tok.token == TOML_NEWLINE &&
			 (open == 0 || is_statement(t->text, t->tok.end, curly == 0)))
			return true;
		curly += t->tok.token == TOML_CURLY;
		curly -= curly && t->tok.token == TOML_UNCURLY;
		advance(t, TOML_MODE_VALUE);
	}
	return open == 0;
}

static bool starts_line(struct str text, size_t at)
{
	while (at > 0 && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
		at--;
	return at == 0 || text.p[at - 1] == '\n';
}

static size_t next_line(struct str text, size_t at)
{
	const char *newline = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

	return newline ? (size_t)(newline - text.p) + 1 : text.n;
}

/* Goes to the end of the statement that tok, the place of an error, belongs to. */
static void recover(struct toml *t)
{
	size_t at = t->tok.begin;

	if (t->stop)
		return;
	/* inside brackets the statement began before `at`, so this goes forward */
	if (t->open > 0 && starts_line(t->text, at) && is_statement(t->text, at, t->curly == 0)) {
		t->tok = (struct toml_lexeme){TOML_NEWLINE, (uint32_t)at, (uint32_t)at};
		return;
	}
	lex_at(t, at, TOML_MODE_VALUE);
	if (!t->unclosed && skip_brackets(t))
		return;
	/* looked for in vain once is enough: from now on by the look of lines alone */
	t->unclosed = true;
	do {
		at = next_line(t->text, at);
	} while (at < t->text.n && !is_statement(t->text, at, true));
	t->tok = (struct toml_lexeme){TOML_NEWLINE, (uint32_t)at, (uint32_t)at};
}

static bool parse_statement(struct toml *t)
{
	t->open = 0;
	t->curly = 0;
	t->r->near = STR_NONE;
	if (t->tok.token == TOML_OPEN || t->tok.token == TOML_OPEN2)
		return parse_header(t);
	if (!is_key(t->tok.token))
		return expected(t, "a key or a [table]");
	/* the keys behind a wrong header go to a table that nobody sees */
	if (!t->table)
		t->table = toml_table_new(t->r, TOML_HEADER, 1, tok_span(t));
	return t->table && parse_assignment(t);
}

struct node *toml_read(struct reader *r)
{
	struct toml t = {.r = r, .text = reader_text(r)};

	if (!reader_check_utf8(r))
		return NULL;
	t.root = toml_table_new(r, TOML_HEADER, 1, reader_span(r, 0, t.text.n));
	if (!t.root)
		return NULL;
	t.table = t.root;
	lex_at(&t, reader_bom(r->source), TOML_MODE_KEY);
	while (t.tok.token != TOML_END && !t.stop && !r->failed) {
		if (t.tok.token == TOML_NEWLINE) {
			advance(&t, TOML_MODE_KEY);
			continue;
		}
		if (!parse_statement(&t)) {
			r->incomplete = true;
			recover(&t);
		}
	}
	r->incomplete = r->incomplete || t.stop;
	return &t.root->node;
}
