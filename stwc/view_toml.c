/*
 * TOML as a person would write it: one table for each object, short values on their line, long
 * ones as tables of their own or one member a line. TOML has no null; {"@null" = true} is stw's
 * word for it.
 */
#include "base/num.h"
#include "base/utf8.h"
#include "stwc/view_write.h"

#define LINE_MAX_COLUMNS 100

/* The names of a header, "[a.b.c]". */
struct header {
	const struct header *up;
	struct str name;
};

void view_put_float(struct buf *out, double number)
{
	char text[32];
	size_t n = num_format_double(number, text), i;

	buf_put(out, text, n);
	for (i = 0; i < n; i++) {
		if (text[i] == '.' || text[i] == 'e' || text[i] == 'n')
			return;
	}
	buf_puts(out, STR(".0"));
}

void view_put_int(struct buf *out, const struct node *node)
{
	buf_printf(out, "%s%llu", node->negative ? "-" : "", (unsigned long long)node->magnitude);
}

static bool is_bare(struct str key)
{
	size_t i;

	for (i = 0; i < key.n; i++) {
		char ch = key.p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || ch == '-' || ch == '_'))
			return false;
	}
	return key.n > 0;
}

static void put_basic(struct buf *out, struct str s)
{
	size_t i;

	buf_putc(out, '"');
	for (i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == '"' || ch == '\\')
			buf_printf(out, "\\%c", ch);
		else if (ch == '\n')
			buf_puts(out, STR("\\n"));
		else if (ch == '\t')
			buf_puts(out, STR("\\t"));
		else if (ch == '\r')
			buf_puts(out, STR("\\r"));
		else if (ch < 0x20 || ch == 0x7f)
			buf_printf(out, "\\u%04X", ch);
		else
			buf_putc(out, (char)ch);
	}
	buf_putc(out, '"');
}

void view_toml_key(struct buf *out, struct str key)
{
	if (is_bare(key))
		buf_puts(out, key);
	else
		put_basic(out, key);
}

/* Lines of ordinary text, which a literal of several lines shows as they are. */
static bool is_lines(struct str s)
{
	bool lines = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == '\n')
			lines = true;
		else if ((ch < 0x20 && ch != '\t') || ch == 0x7f)
			return false;
	}
	return lines && s.p[s.n - 1] != '\'' && !memmem(s.p, s.n, "'''", 3);
}

static void inline_list(struct buf *out, const struct node *list)
{
	const struct node *member;

	buf_putc(out, '[');
	for (member = list->list.first; member; member = member->next) {
		if (member != list->list.first)
			buf_puts(out, STR(", "));
		view_toml_inline(out, member);
	}
	buf_putc(out, ']');
}

static void inline_map(struct buf *out, const struct node *map)
{
	const struct node_entry *e;

	if (!map->map.first) {
		buf_puts(out, STR("{}"));
		return;
	}
	buf_puts(out, STR("{ "));
	for (e = map->map.first; e; e = e->next) {
		if (e != map->map.first)
			buf_puts(out, STR(", "));
		view_toml_key(out, e->key);
		buf_puts(out, STR(" = "));
		view_toml_inline(out, e->value);
	}
	buf_puts(out, STR(" }"));
}

void view_toml_inline(struct buf *out, const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: buf_puts(out, STR("{ \"@null\" = true }")); break;
	case NODE_BOOL: buf_puts(out, node->boolean ? STR("true") : STR("false")); break;
	case NODE_INT: view_put_int(out, node); break;
	case NODE_FLOAT: view_put_float(out, node->number); break;
	case NODE_STRING: put_basic(out, node->string); break;
	case NODE_LIST: inline_list(out, node); break;
	case NODE_MAP: inline_map(out, node); break;
	}
}

/* True where some text inside would be better read over several lines. */
static bool holds_lines(const struct node *node)
{
	const struct node_entry *e;
	const struct node *member;

	if (node->kind == NODE_STRING)
		return is_lines(node->string);
	if (node->kind == NODE_MAP) {
		for (e = node->map.first; e; e = e->next) {
			if (holds_lines(e->value))
				return true;
		}
	}
	if (node->kind == NODE_LIST) {
		for (member = node->list.first; member; member = member->next) {
			if (holds_lines(member))
				return true;
		}
	}
	return false;
}

/* Whether a value fits on what `column` leaves of a line. */
static bool fits(const struct node *node, size_t column)
{
	struct buf text = BUF_INIT;
	bool ok;

	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return true;
	if (holds_lines(node))
		return false;
	text.secret = true; /* what it measures may be one */
	view_toml_inline(&text, node);
	ok = column + utf8_count(buf_str(&text)) <= LINE_MAX_COLUMNS;
	buf_free(&text);
	return ok;
}

static bool is_table(const struct node *node, size_t column)
{
	return node->kind == NODE_MAP && node->map.first && !fits(node, column);
}

/* A list of tables where not every member fits on a line of its own. */
static bool is_tables(const struct node *node, size_t column)
{
	const struct node *member;
	bool wide = false;

	if (node->kind != NODE_LIST || !node->list.first || fits(node, column))
		return false;
	for (member = node->list.first; member; member = member->next) {
		if (member->kind != NODE_MAP)
			return false;
		wide = wide || !fits(member, 9);
	}
	return wide;
}

static size_t key_column(struct str key)
{
	return utf8_count(key) + 5;
}

static void put_value(struct buf *out, const struct node *node, size_t column)
{
	const struct node *member;

	if (node->kind == NODE_STRING && is_lines(node->string)) {
		buf_puts(out, STR("'''\n"));
		buf_puts(out, node->string);
		buf_puts(out, STR("'''"));
	} else if (node->kind == NODE_LIST && !fits(node, column)) {
		buf_puts(out, STR("[\n"));
		for (member = node->list.first; member; member = member->next) {
			buf_putc(out, '\t');
			view_toml_inline(out, member);
			buf_puts(out, STR(",\n"));
		}
		buf_putc(out, ']');
	} else {
		view_toml_inline(out, node);
	}
	buf_putc(out, '\n');
}

static void put_header_name(struct buf *out, const struct header *header)
{
	if (header->up) {
		put_header_name(out, header->up);
		buf_putc(out, '.');
	}
	view_toml_key(out, header->name);
}

static void put_header(struct buf *out, const struct header *header, bool element, struct str note)
{
	buf_puts(out, out->n ? STR("\n") : STR(""));
	if (note.n)
		buf_printf(out, "# %.*s\n", STR_ARG(note));
	buf_puts(out, element ? STR("[[") : STR("["));
	put_header_name(out, header);
	buf_puts(out, element ? STR("]]\n") : STR("]\n"));
}

/* A map of maps of which one is a table: all are, so that they keep their order. */
static bool all_tables(const struct node *map)
{
	const struct node_entry *e;
	bool one = false;

	for (e = map->map.first; e; e = e->next) {
		if (e->value->kind != NODE_MAP)
			return false;
		one = one || is_table(e->value, key_column(e->key));
	}
	return one;
}

/* Values first: behind the header of a table they would belong to that one. */
static void put_body(struct buf *out, const struct header *header, const struct node *map)
{
	bool all = all_tables(map);
	const struct node_entry *e;
	const struct node *member;

	for (e = map->map.first; e; e = e->next) {
		size_t column = key_column(e->key);

		if (all || is_table(e->value, column) || is_tables(e->value, column))
			continue;
		view_toml_key(out, e->key);
		buf_puts(out, STR(" = "));
		put_value(out, e->value, column);
	}
	for (e = map->map.first; e; e = e->next) {
		struct header here = {header, e->key};
		size_t column = key_column(e->key);

		if (all || is_table(e->value, column)) {
			put_header(out, &here, false, STR_NONE);
			put_body(out, &here, e->value);
		} else if (is_tables(e->value, column)) {
			for (member = e->value->list.first; member; member = member->next) {
				put_header(out, &here, true, STR_NONE);
				put_body(out, &here, member);
			}
		}
	}
}

static void toml_begin(struct view_out *o)
{
	(void)o; /* nothing stands before the first table */
}

static void toml_open(struct view_out *o)
{
	struct header type = {NULL, o->type};

	if (o->container == VIEW_LINES)
		put_header(o->out, &type, false, STR_NONE);
}

static void toml_entry(struct view_out *o, struct str key, const struct node *body)
{
	struct header type = {NULL, o->type}, name = {&type, key};

	if (o->container == VIEW_LINES) {
		view_toml_key(o->out, key);
		buf_puts(o->out, STR(" = "));
		view_toml_inline(o->out, body);
		buf_putc(o->out, '\n');
	} else if (o->container == VIEW_MAP) {
		put_header(o->out, &name, false, o->note);
		put_body(o->out, &name, body);
	} else {
		put_header(o->out, &type, o->container == VIEW_LIST, o->note);
		put_body(o->out, &type, body);
	}
}

const struct view_format view_toml = {toml_begin, toml_open, toml_entry, toml_begin, toml_begin};
