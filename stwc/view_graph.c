/*
 * The DOT language: identifiers in quotes, in which a quote is escaped; labels have escapes and
 * character entities of their own on top.
 */
#include "stwc/view_graph.h"

#include <stdlib.h>

#include "core/render.h"
#include "stwc/view_dump.h"
#include "stwc/walk.h"

struct graph {
	struct view *view;
	struct buf *out;
	const struct schema_object *const *types;
	size_t type_count;
	struct view_index shown;
	const struct object *from; /* whose references are being written */
	struct buf outside;        /* nodes that edges lead to and nobody has declared */
};

static void put_quoted(struct buf *out, struct str s, bool label)
{
	struct buf clean = BUF_INIT;

	render_clean(&clean, s);
	for (size_t i = 0; i < clean.n; i++) {
		if (clean.p[i] == '"' || clean.p[i] == '\\')
			buf_putc(out, '\\');
		if (label && clean.p[i] == '&')
			buf_puts(out, STR("&amp;"));
		else
			buf_putc(out, clean.p[i]);
	}
	out->failed = out->failed || clean.failed;
	buf_free(&clean);
}

/* "Type/name", which is unlike every other. */
static void put_id(struct buf *out, const char *type, struct str name)
{
	buf_printf(out, "\"%s", type);
	if (name.n)
		buf_putc(out, '/');
	put_quoted(out, name, false);
	buf_putc(out, '"');
}

static void put_node(struct graph *g, const struct object *object)
{
	buf_puts(g->out, STR("\t\t"));
	put_id(g->out, object->type->name, object->identity);
	buf_puts(g->out, STR(" [label=\""));
	put_quoted(g->out, object->identity.n ? object->identity : str_c(object->type->name), true);
	buf_puts(g->out, STR("\"];\n"));
}

static void open_cluster(struct graph *g, const char *type)
{
	buf_printf(g->out, "\tsubgraph \"cluster_%s\" {\n\t\tlabel=\"%s\";\n", type, type);
}

static void put_clusters(struct graph *g)
{
	const struct object **objects = g->shown.by_name;
	size_t count = g->shown.count;

	for (size_t i = 0; i < count; i++) {
		const struct object *object = objects[i];

		if (i == 0 || objects[i - 1]->type != object->type)
			open_cluster(g, object->type->name);
		put_node(g, object);
		if (i + 1 == count || objects[i + 1]->type != object->type)
			buf_puts(g->out, STR("\t}\n"));
	}
}

static bool is_shown(const struct graph *g, const struct schema_object *type)
{
	for (size_t i = 0; i < g->type_count; i++) {
		if (g->types[i] == type)
			return true;
	}
	return g->type_count == 0;
}

/* Entries of a packed type refer to nothing, and are too many to draw. */
static bool put_packed(struct graph *g)
{
	const struct schema *schema = g->view->c.schema;

	for (size_t i = 0; i < schema->object_count; i++) {
		const struct schema_object *type = &schema->objects[i];
		struct address_table table;
		uint32_t count;

		if (!type->packed || !is_shown(g, type))
			continue;
		if (!view_table(g->view, type, &table))
			return false;
		count = address_table_count(&table);
		if (!count)
			continue;
		open_cluster(g, type->name);
		buf_printf(g->out, "\t\t\"%s\" [label=\"%u entr%s\"];\n\t}\n", type->name, count,
			   count == 1 ? "y" : "ies");
	}
	return true;
}

static void put_edge(struct graph *g, const char *type, struct str name, const struct path *path,
		     const char *style)
{
	struct buf label = BUF_INIT;

	path_print(&label, path);
	buf_putc(g->out, '\t');
	put_id(g->out, g->from->type->name, g->from->identity);
	buf_puts(g->out, STR(" -> "));
	put_id(g->out, type, name);
	buf_puts(g->out, STR(" [label=\""));
	put_quoted(g->out, buf_str(&label), true);
	buf_printf(g->out, "\"%s];\n", style);
	g->out->failed = g->out->failed || label.failed;
	buf_free(&label);
}

/* What a reference leads to that no object of the configuration is. */
static void put_outside(struct graph *g, const struct value *value, const struct path *path)
{
	const struct schema_object *target = value->type->target;
	const char *type = target ? target->name : "";

	if (target && !is_shown(g, target))
		return;
	put_edge(g, type, value->reference.written, path, ", style=dashed");
	buf_putc(&g->outside, '\t');
	put_id(&g->outside, type, value->reference.written);
	buf_puts(&g->outside, STR(" [style=dashed];\n"));
}

static void visit(void *ctx, struct value *value, const struct path *path)
{
	struct graph *g = ctx;
	const struct object *target;

	if (value->kind != VALUE_REFERENCE)
		return;
	target = view_index_find(&g->shown, value->reference.id);
	if (target)
		put_edge(g, target->type->name, target->identity, path, "");
	else
		put_outside(g, value, path);
}

bool view_graph(struct view *view, const struct schema_object *const *types, size_t type_count,
		struct buf *out)
{
	struct graph g = {.view = view, .out = out, .types = types, .type_count = type_count};
	struct walk walk = {visit, &g, 0};
	bool ok = view_index_init(&g.shown, view, types, type_count);

	buf_puts(out, STR("digraph configuration {\n\trankdir=LR;\n\tnode [shape=box];\n"));
	if (ok) {
		put_clusters(&g);
		ok = put_packed(&g);
	}
	for (size_t i = 0; ok && i < g.shown.count; i++) {
		g.from = g.shown.by_name[i];
		walk_object(&walk, &g.from->body, NULL);
	}
	buf_puts(out, buf_str(&g.outside));
	buf_puts(out, STR("}\n"));
	ok = ok && !out->failed && !g.outside.failed;
	buf_free(&g.outside);
	view_index_free(&g.shown);
	return ok;
}
