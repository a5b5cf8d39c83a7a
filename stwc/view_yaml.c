/*
 * YAML in block style. A text is plain only where no reader of any version could take it for
 * something else; every other one stands in double quotes, with escapes for whatever YAML counts
 * as a line break or does not count as printable.
 */
#include "base/utf8.h"
#include "stwc/view_write.h"

/* libyaml takes keys of up to 1024 characters without a mark; escapes make them longer. */
#define SIMPLE_KEY_BYTES 150

static bool is_word_char(char ch, bool first)
{
	if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z'))
		return true;
	return !first &&
	       ((ch >= '0' && ch <= '9') || ch == '_' || ch == '-' || ch == '.' || ch == '/');
}

/* Words that some version of YAML reads as a boolean, a null or a number. */
static bool is_reserved(struct str s)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no", "on",
					    "off",  "y",     "n",    "inf", "nan"};
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		for (j = 0; j < s.n && words[i][j]; j++) {
			if ((s.p[j] | 32) != words[i][j])
				break;
		}
		if (j == s.n && !words[i][j])
			return true;
	}
	return false;
}

static bool is_plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!is_word_char(s.p[i], i == 0))
			return false;
	}
	return s.n && !is_reserved(s);
}

/* Characters that may stand in a text as they are (YAML 1.2 5.1, without its line breaks). */
static bool is_printable(uint32_t cp)
{
	return (cp >= 0x20 && cp <= 0x7e) ||
	       (cp >= 0xa0 && cp != 0x2028 && cp != 0x2029 && cp <= 0xd7ff) ||
	       (cp >= 0xe000 && cp <= 0xfffd && cp != 0xfeff) || cp >= 0x10000;
}

static void put_escape(struct buf *out, uint32_t cp)
{
	if (cp == '\n')
		buf_puts(out, STR("\\n"));
	else if (cp == '\t')
		buf_puts(out, STR("\\t"));
	else if (cp <= 0xff)
		buf_printf(out, "\\x%02X", cp);
	else
		buf_printf(out, "\\u%04X", cp);
}

static void put_quoted(struct buf *out, struct str s)
{
	uint32_t cp;
	size_t n;

	buf_putc(out, '"');
	while (s.n) {
		n = utf8_decode(s, &cp);
		if (!n) {
			cp = 0xfffd;
			n = 1;
		}
		if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (int)cp);
		else if (is_printable(cp))
			buf_put(out, s.p, n);
		else
			put_escape(out, cp);
		s = str_from(s, n);
	}
	buf_putc(out, '"');
}

static void put_text(struct buf *out, struct str s)
{
	if (is_plain(s))
		buf_puts(out, s);
	else
		put_quoted(out, s);
}

/* Lines that a literal block shows as they are: the first neither empty nor set in. */
static bool is_lines(struct str s)
{
	bool lines = false;
	uint32_t cp;
	size_t n;

	if (!s.n || *s.p == ' ' || *s.p == '\n' || *s.p == '\t')
		return false;
	for (; s.n; s = str_from(s, n)) {
		n = utf8_decode(s, &cp);
		if (!n || !(is_printable(cp) || cp == '\n' || cp == '\t'))
			return false;
		lines = lines || cp == '\n';
	}
	return lines;
}

static void put_indent(struct buf *out, size_t indent)
{
	while (indent-- > 0)
		buf_puts(out, STR("  "));
}

/* "|" keeps one newline at the end, "|-" none, "|+" all of them. */
static void put_lines(struct buf *out, struct str s, size_t indent)
{
	bool one = s.p[s.n - 1] == '\n', more = one && s.n > 1 && s.p[s.n - 2] == '\n';

	buf_puts(out, more ? STR("|+\n") : one ? STR("|\n") : STR("|-\n"));
	while (s.n) {
		const char *newline = memchr(s.p, '\n', s.n);
		size_t n = newline ? (size_t)(newline - s.p) : s.n;

		if (n)
			put_indent(out, indent);
		buf_puts(out, (struct str){s.p, n});
		buf_putc(out, '\n');
		s = str_from(s, n + 1);
	}
}

static void put_inline(struct buf *out, const struct node *node)
{
	const struct node *member;
	const struct node_entry *e;

	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: buf_puts(out, STR("null")); break;
	case NODE_BOOL: buf_puts(out, node->boolean ? STR("true") : STR("false")); break;
	case NODE_INT: view_put_int(out, node); break;
	case NODE_FLOAT: view_put_float(out, node->number); break;
	case NODE_STRING: put_text(out, node->string); break;
	case NODE_LIST:
		buf_putc(out, '[');
		for (member = node->list.first; member; member = member->next) {
			buf_puts(out, member == node->list.first ? STR("") : STR(", "));
			put_inline(out, member);
		}
		buf_putc(out, ']');
		break;
	case NODE_MAP:
		buf_putc(out, '{');
		for (e = node->map.first; e; e = e->next) {
			buf_puts(out, e == node->map.first ? STR("") : STR(", "));
			put_text(out, e->key);
			buf_puts(out, STR(": "));
			put_inline(out, e->value);
		}
		buf_putc(out, '}');
		break;
	}
}

static bool is_block(const struct node *node)
{
	return (node->kind == NODE_MAP && node->map.first) ||
	       (node->kind == NODE_LIST && node->list.first);
}

static void put_map(struct buf *out, const struct node *map, size_t indent, bool at_once);

/* What stands behind "- ", or behind "key:" where `under` is set; ends with a newline. */
static void put_value(struct buf *out, const struct node *node, size_t indent, bool under)
{
	const struct node *member;

	if (!is_block(node)) {
		buf_puts(out, under ? STR(" ") : STR(""));
		if (node->kind == NODE_STRING && is_lines(node->string)) {
			put_lines(out, node->string, indent);
			return;
		}
		put_inline(out, node);
		buf_putc(out, '\n');
		return;
	}
	if (under)
		buf_putc(out, '\n');
	if (node->kind == NODE_MAP) {
		put_map(out, node, indent, !under);
		return;
	}
	for (member = node->list.first; member; member = member->next) {
		if (under || member != node->list.first)
			put_indent(out, indent);
		buf_puts(out, STR("- "));
		put_value(out, member, indent + 1, false);
	}
}

static void put_key(struct buf *out, struct str key, size_t indent)
{
	bool simple = key.n <= SIMPLE_KEY_BYTES;

	buf_puts(out, simple ? STR("") : STR("? "));
	put_text(out, key);
	if (!simple) {
		buf_putc(out, '\n');
		put_indent(out, indent);
	}
	buf_putc(out, ':');
}

/* `at_once`: the first entry stands where the line is already. */
static void put_map(struct buf *out, const struct node *map, size_t indent, bool at_once)
{
	const struct node_entry *e;

	for (e = map->map.first; e; e = e->next) {
		if (!at_once || e != map->map.first)
			put_indent(out, indent);
		put_key(out, e->key, indent);
		put_value(out, e->value, indent + 1, true);
	}
}

static void yaml_nothing(struct view_out *o)
{
	(void)o; /* a document needs no marks */
}

static void yaml_open(struct view_out *o)
{
	put_text(o->out, o->type);
	buf_putc(o->out, ':');
	if (o->container != VIEW_BODY)
		buf_putc(o->out, '\n');
}

static void put_note(struct view_out *o)
{
	if (!o->note.n)
		return;
	put_indent(o->out, 1);
	buf_printf(o->out, "# %.*s\n", STR_ARG(o->note));
}

static void yaml_entry(struct view_out *o, struct str key, const struct node *body)
{
	if (o->container == VIEW_LIST || o->container == VIEW_MAP)
		put_note(o);
	switch (o->container) {
	case VIEW_BODY: put_value(o->out, body, 1, true); break;
	case VIEW_LIST:
		put_indent(o->out, 1);
		buf_puts(o->out, STR("- "));
		put_value(o->out, body, 2, false);
		break;
	case VIEW_LINES:
		put_indent(o->out, 1);
		put_key(o->out, key, 1);
		buf_putc(o->out, ' ');
		put_inline(o->out, body);
		buf_putc(o->out, '\n');
		break;
	case VIEW_MAP:
		put_indent(o->out, 1);
		put_key(o->out, key, 1);
		put_value(o->out, body, 2, true);
		break;
	}
}

const struct view_format view_yaml = {yaml_nothing, yaml_open, yaml_entry, yaml_nothing,
				      yaml_nothing};
