/* stwc graph: objects and references, to be drawn by Graphviz. */
#include "stwc/cmd_view.h"
#include "stwc/view_graph.h"

static enum status draw(struct view *view, const struct options *options)
{
	const struct schema_object *types[ARRAY_LEN(options->types)];
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < options->type_count; i++)
		types[i] = schema_object_find(view->c.schema, str_c(options->types[i]));
	if (view_load(view, NULL) && view_graph(view, types, options->type_count, &out))
		return cmd_print(&out, STATUS_VALID);
	buf_free(&out);
	return cmd_fail(&cmd_graph, "%s", view->fault[0] ? view->fault : "out of memory");
}

static enum status run(struct options *options)
{
	enum status status;
	struct view view;

	if (!options->input_count)
		return cmd_fail(&cmd_graph, "name an image or sources");
	status = cmd_view(&cmd_graph, options, &view);
	if (status == STATUS_VALID)
		status = draw(&view, options);
	view_close(&view);
	return status;
}

const struct command cmd_graph = {
	"graph",
	"IMAGE|SRC…",
	"objects and references as Graphviz DOT",
	" from as object overlay partial shapes target schema edition level env "
	"strict max-errors color now type project image ",
	NULL,
	run};
