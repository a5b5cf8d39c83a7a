/* stwc get: one value, or one object, and where it came from. */
#include "stwc/bind.h"
#include "stwc/cmd_view.h"
#include "stwc/view_node.h"
#include "stwc/view_path.h"
#include "stwc/view_write.h"

struct getter {
	const struct options *options;
	struct view *view;
	struct view *base; /* the sources without their overlays; NULL: there are none */
	struct str path;
	struct view_nodes nodes;
};

/* Where a value came from, for people: "mail.toml:12", "default". */
struct origin {
	struct view_place place, base; /* base: what an overlay replaced */
	bool set;                      /* false: a default */
	bool over_default;             /* an overlay set what the base did not */
};

static bool same_place(const struct view_place *a, const struct view_place *b)
{
	return a->line == b->line && str_eq(a->file, b->file);
}

/* What stood at the same path before the overlays. */
static void find_base(struct getter *g, const struct view_found *now, struct str path,
		      struct origin *origin)
{
	struct view_found found;

	if (!g->base || !origin->set)
		return;
	if (!view_find(g->base, path, &found)) {
		g->base->fault[0] = '\0'; /* the overlay brought the object */
		return;
	}
	origin->base = view_found_place(g->base, &found);
	origin->over_default = !origin->base.file.n && found.field;
	if (now->packed && now->field && origin->base.file.n && now->value && found.value &&
	    value_same(now->value, found.value))
		origin->place = origin->base; /* an entry has one place; this field kept its own */
	if (same_place(&origin->base, &origin->place))
		origin->base = (struct view_place){STR_NONE, 0};
}

static struct origin origin_of(struct getter *g, const struct view_found *found, struct str path)
{
	struct origin origin = {.place = view_found_place(g->view, found)};

	origin.set = !found->field || found->top;
	find_base(g, found, path, &origin);
	return origin;
}

static void put_origin(struct buf *out, const struct origin *origin)
{
	if (!origin->set) {
		buf_puts(out, STR("default"));
		return;
	}
	if (origin->place.file.n)
		buf_printf(out, "%.*s:%u", STR_ARG(origin->place.file), origin->place.line);
	else
		buf_puts(out, STR("set, nobody knows where"));
	if (origin->base.file.n)
		buf_printf(out, ", over %.*s:%u", STR_ARG(origin->base.file), origin->base.line);
	else if (origin->over_default)
		buf_puts(out, STR(", over the default"));
}

static void put_json_place(struct buf *out, const struct view_place *place)
{
	buf_puts(out, STR("\"file\":"));
	buf_put_json(out, place->file);
	buf_printf(out, ",\"line\":%u", place->line);
}

/* "origin":…,"file":…,"line":…,"overlays":{…} without braces around them. */
static void put_json_origin(struct buf *out, const struct origin *origin, bool has_value)
{
	buf_printf(out, "\"origin\":\"%s\"",
		   origin->set ? "source"
		   : has_value ? "default"
			       : "unset");
	if (origin->set && origin->place.file.n) {
		buf_putc(out, ',');
		put_json_place(out, &origin->place);
	}
	if (origin->base.file.n) {
		buf_puts(out, STR(",\"overlays\":{"));
		put_json_place(out, &origin->base);
		buf_putc(out, '}');
	} else if (origin->over_default) {
		buf_puts(out, STR(",\"overlays\":\"default\""));
	}
}

static const struct node *node_of(struct getter *g, const struct value *value)
{
	static const struct node nothing = {.kind = NODE_NULL};
	const struct node *node = value ? view_node(&g->nodes, value) : NULL;

	return node ? node : &nothing;
}

/* "field = value  # mail.toml:12"; a value inside a field has no name of its own. */
static void put_line(struct getter *g, struct buf *out, const struct view_found *found,
		     const struct origin *origin)
{
	bool named = str_eq_c(found->last, found->field->name);

	if (named && found->value) {
		view_toml_key(out, found->last);
		buf_puts(out, STR(" = "));
	}
	if (found->value)
		view_toml_inline(out, node_of(g, found->value));
	else
		buf_printf(out, "# %s is not set", found->field->name);
	if (found->value) {
		buf_puts(out, STR("  # "));
		put_origin(out, origin);
	}
	buf_putc(out, '\n');
}

/* The value alone: a text without quotes, anything else as TOML. */
static void put_bare(struct getter *g, struct buf *out, const struct view_found *found)
{
	const struct node *node = node_of(g, found->value);

	if (!found->value)
		return;
	if (node->kind == NODE_STRING)
		buf_puts(out, node->string);
	else if (node->kind != NODE_NULL)
		view_toml_inline(out, node);
	buf_putc(out, '\n');
}

static void put_json_value(struct getter *g, struct buf *out, const struct view_found *found,
			   const struct origin *origin)
{
	struct buf type = BUF_INIT;

	schema_type_print(&type, found->value ? found->value->type : found->field->type);
	buf_puts(out, STR("\"type\":"));
	buf_put_json(out, buf_str(&type));
	buf_free(&type);
	if (found->value) {
		buf_puts(out, STR(",\"value\":"));
		view_json_inline(out, node_of(g, found->value));
	}
	buf_putc(out, ',');
	put_json_origin(out, origin, found->value != NULL);
}

/* ---- whole objects ---- */

static struct str join(struct getter *g, const char *field)
{
	return arena_printf(&g->view->c.arena, "%.*s/%s", STR_ARG(g->path), field);
}

static void put_header(struct buf *out, const struct object *object)
{
	struct str name = object->client_id.n ? object->client_id : object->identity;

	buf_printf(out, "[%s", object->type->name);
	if (name.n) {
		buf_putc(out, '.');
		view_toml_key(out, name);
	}
	buf_putc(out, ']');
}

/* Every field, also those that have their default. */
static enum status put_fields(struct getter *g, struct buf *out, const struct view_found *whole,
			      bool json)
{
	const struct schema_structure *fields = view_fields_of(&whole->object->body);
	const char *before = "";
	size_t i;

	for (i = 0; fields && i < fields->field_count; i++) {
		struct str path = join(g, fields->fields[i].name);
		struct view_found found;
		struct origin origin;

		if (fields->fields[i].update == UPDATE_SERVER_SET)
			continue;
		if (!path.p || !view_find(g->view, path, &found))
			return cmd_fail(&cmd_get, "%s", path.p ? g->view->fault : "out of memory");
		origin = origin_of(g, &found, path);
		if (json) {
			buf_printf(out, "%s\"%s\":{", before, fields->fields[i].name);
			put_json_value(g, out, &found, &origin);
			buf_putc(out, '}');
			before = ",";
		} else {
			put_line(g, out, &found, &origin);
		}
	}
	return STATUS_VALID;
}

static enum status put_whole(struct getter *g, struct buf *out, const struct view_found *found)
{
	const struct schema_variant *variant = found->object->body.variant;
	struct origin origin = origin_of(g, found, g->path);
	bool json = g->options->output == OUTPUT_JSON;
	enum status status;

	origin.set = origin.place.file.n > 0;
	if (json) {
		if (variant)
			buf_printf(out, "\"@type\":\"%s\",", variant->name);
		put_json_origin(out, &origin, true);
		buf_puts(out, STR(",\"fields\":{"));
		status = put_fields(g, out, found, true);
		buf_putc(out, '}');
		return status;
	}
	put_header(out, found->object);
	buf_puts(out, STR("  # "));
	put_origin(out, &origin);
	buf_putc(out, '\n');
	if (variant)
		buf_printf(out, "\"@type\" = \"%s\"\n", variant->name);
	return put_fields(g, out, found, false);
}

static enum status get(struct getter *g)
{
	struct buf out = BUF_INIT;
	enum status status = STATUS_VALID;
	bool json = g->options->output == OUTPUT_JSON;
	struct view_found found;
	struct origin origin;

	if (!view_find(g->view, g->path, &found))
		return cmd_fail(&cmd_get, "%s", g->view->fault);
	if (json) {
		buf_puts(&out, STR("{\"path\":"));
		buf_put_json(&out, g->path);
		buf_putc(&out, ',');
	}
	if (!found.field) {
		status = put_whole(g, &out, &found);
	} else {
		origin = origin_of(g, &found, g->path);
		if (json)
			put_json_value(g, &out, &found, &origin);
		else if (g->options->quiet)
			put_bare(g, &out, &found);
		else
			put_line(g, &out, &found, &origin);
	}
	if (json)
		buf_puts(&out, STR("}\n"));
	if (status == STATUS_VALID)
		return cmd_print(&out, status);
	buf_free(&out);
	return status;
}

/* The sources without the overlays, compiled in silence; they may well not be valid alone. */
static bool open_base(const struct options *options, struct view *base)
{
	struct input inputs[64];
	size_t i, n = 0;

	for (i = 0; i < options->input_count; i++) {
		if (!options->inputs[i].overlay && n < ARRAY_LEN(inputs))
			inputs[n++] = options->inputs[i];
	}
	/* standard input can be read once only, and too many files are not compared */
	for (i = 0; i < n; i++) {
		if (strcmp(inputs[i].path, "-") == 0)
			return false;
	}
	if (n == options->input_count || n == 0 || n == ARRAY_LEN(inputs))
		return false;
	if (!compile_init(&base->c, &options->compile) || !compile_run(&base->c, inputs, n))
		return false;
	view_of_sources(base);
	return true;
}

static enum status run(struct options *options)
{
	struct view view, base = {.fd = -1};
	struct getter g = {.options = options, .view = &view};
	const char *path = cmd_operand(options);
	enum status status;

	if (!path || !options->input_count)
		return cmd_fail(&cmd_get, "name a path such as NetworkListener/smtp/bind, then an "
					  "image or sources");
	g.path = str_c(path);
	status = cmd_view(&cmd_get, options, &view);
	if (status == STATUS_VALID) {
		if (!view.image && open_base(options, &base))
			g.base = &base;
		g.nodes = (struct view_nodes){
			.arena = &view.c.arena, .key = &view.hash_key, .shapes = SHAPES_OWN};
		status = get(&g);
	}
	view_close(&base);
	view_close(&view);
	return status;
}

const struct command cmd_get = {
	"get",
	"PATH IMAGE|SRC…",
	"one value or object, and where it came from: the default, or file and line",
	CMD_SOURCE_OPTIONS,
	NULL,
	run};
