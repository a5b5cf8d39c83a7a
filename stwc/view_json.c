/* JSON, set in by two blanks; short lists stay on their line. */
#include "base/utf8.h"
#include "stwc/view_write.h"

#define LINE_MAX_COLUMNS 100

static void inline_members(struct buf *out, const struct node *node, const char *mark)
{
	const struct node_entry *e;
	const struct node *member;

	if (node->kind == NODE_LIST) {
		for (member = node->list.first; member; member = member->next) {
			buf_puts(out, member == node->list.first ? STR("") : str_c(mark));
			view_json_inline(out, member);
		}
		return;
	}
	for (e = node->map.first; e; e = e->next) {
		buf_puts(out, e == node->map.first ? STR("") : str_c(mark));
		buf_put_json(out, e->key);
		buf_puts(out, STR(": "));
		view_json_inline(out, e->value);
	}
}

void view_json_inline(struct buf *out, const struct node *node)
{
	bool list = node->kind == NODE_LIST;

	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: buf_puts(out, STR("null")); break;
	case NODE_BOOL: buf_puts(out, node->boolean ? STR("true") : STR("false")); break;
	case NODE_INT: view_put_int(out, node); break;
	case NODE_FLOAT: view_put_float(out, node->number); break;
	case NODE_STRING: buf_put_json(out, node->string); break;
	case NODE_LIST:
	case NODE_MAP:
		buf_putc(out, list ? '[' : '{');
		inline_members(out, node, ", ");
		buf_putc(out, list ? ']' : '}');
		break;
	}
}

static void new_line(struct buf *out, size_t indent)
{
	buf_putc(out, '\n');
	while (indent-- > 0)
		buf_puts(out, STR("  "));
}

static bool is_flat(const struct node *list)
{
	const struct node *member;

	for (member = list->list.first; member; member = member->next) {
		if (member->kind == NODE_LIST || member->kind == NODE_MAP)
			return false;
	}
	return true;
}

static bool fits(const struct node *list, size_t indent)
{
	struct buf text = BUF_INIT;
	bool ok;

	if (!is_flat(list))
		return false;
	text.secret = true; /* what it measures may be one */
	view_json_inline(&text, list);
	ok = 2 * indent + utf8_count(buf_str(&text)) + 20 <= LINE_MAX_COLUMNS;
	buf_free(&text);
	return ok;
}

static void put(struct buf *out, const struct node *node, size_t indent);

static void put_list(struct buf *out, const struct node *list, size_t indent)
{
	const struct node *member;

	buf_putc(out, '[');
	for (member = list->list.first; member; member = member->next) {
		if (member != list->list.first)
			buf_putc(out, ',');
		new_line(out, indent + 1);
		put(out, member, indent + 1);
	}
	new_line(out, indent);
	buf_putc(out, ']');
}

static void put_map(struct buf *out, const struct node *map, size_t indent)
{
	const struct node_entry *e;

	buf_putc(out, '{');
	for (e = map->map.first; e; e = e->next) {
		if (e != map->map.first)
			buf_putc(out, ',');
		new_line(out, indent + 1);
		buf_put_json(out, e->key);
		buf_puts(out, STR(": "));
		put(out, e->value, indent + 1);
	}
	new_line(out, indent);
	buf_putc(out, '}');
}

static void put(struct buf *out, const struct node *node, size_t indent)
{
	if (node->kind == NODE_LIST && node->list.first && !fits(node, indent))
		put_list(out, node, indent);
	else if (node->kind == NODE_MAP && node->map.first)
		put_map(out, node, indent);
	else
		view_json_inline(out, node);
}

static void json_begin(struct view_out *o)
{
	buf_putc(o->out, '{');
}

static void json_open(struct view_out *o)
{
	if (o->types)
		buf_putc(o->out, ',');
	new_line(o->out, 1);
	buf_put_json(o->out, o->type);
	buf_puts(o->out, STR(": "));
	if (o->container == VIEW_LIST)
		buf_putc(o->out, '[');
	else if (o->container != VIEW_BODY)
		buf_putc(o->out, '{');
}

static void json_entry(struct view_out *o, struct str key, const struct node *body)
{
	if (o->container == VIEW_BODY) {
		put(o->out, body, 1);
		return;
	}
	if (o->entries)
		buf_putc(o->out, ',');
	new_line(o->out, 2);
	if (o->container != VIEW_LIST) {
		buf_put_json(o->out, key);
		buf_puts(o->out, STR(": "));
	}
	if (o->container == VIEW_LINES)
		view_json_inline(o->out, body);
	else
		put(o->out, body, 2);
}

static void json_close(struct view_out *o)
{
	if (o->container == VIEW_BODY)
		return;
	new_line(o->out, 1);
	buf_putc(o->out, o->container == VIEW_LIST ? ']' : '}');
}

static void json_end(struct view_out *o)
{
	buf_puts(o->out, STR("\n}\n"));
}

const struct view_format view_json = {json_begin, json_open, json_entry, json_close, json_end};
