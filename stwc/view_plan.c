/*
 * Plans and requests. A plan says the same on every run: what it makes it finds again by the
 * fields in matchOn, and singletons are updated. One object a line, so that a difference of two
 * plans is that of their objects; addresses, which have no references, go together.
 */
#include "stwc/view_plan.h"

#include <stdio.h>

#include "stwc/view_dump.h"
#include "stwc/view_write.h"

struct writer {
	struct view *view;
	struct view_items items;
	struct arena scratch;
	struct view_nodes nodes;
	struct buf *out;
	bool jmap;
	size_t calls;
	const struct schema_object *open; /* JMAP: the type whose creates are being written … */
	size_t open_place;                /* … since this object … */
	size_t open_count;                /* … and how many there are */
};

void view_operation_begin(struct buf *out, const char *verb, const struct schema_object *type,
			  const char *const *match, size_t match_count)
{
	size_t i;

	buf_printf(out, "{\"@type\": \"%s\", \"object\": \"%s\", ", verb, type->wire_name);
	if (match_count) {
		buf_puts(out, STR("\"matchOn\": ["));
		for (i = 0; i < match_count; i++)
			buf_printf(out, "%s\"%s\"", i ? ", " : "", match[i]);
		buf_puts(out, STR("], "));
	}
}

void view_operation_key(struct buf *out, struct str key)
{
	struct buf name = BUF_INIT;

	if (str_starts(key, STR("#")))
		buf_putc(&name, '#');
	buf_puts(&name, key);
	buf_put_json(out, buf_str(&name));
	out->failed = out->failed || name.failed;
	buf_free(&name);
}

/* The body without what has to wait, or what has to wait alone. */
static struct node *part_of(struct writer *w, const struct view_item *item, bool waiting)
{
	const struct value_object *body = &item->object->body;
	struct value_object part = *body;
	size_t i;

	if (!item->early)
		return view_node_body(&w->nodes, body, NULL);
	part.fields = ARENA_ARRAY(&w->scratch, struct value_field, body->count + 1);
	part.count = 0;
	if (!part.fields)
		return NULL;
	for (i = 0; i < body->count; i++) {
		if (view_item_waits(&w->items, item, &body->fields[i]) == waiting)
			part.fields[part.count++] = body->fields[i];
	}
	if (waiting)
		part.variant = NULL; /* an update keeps it */
	return view_node_body(&w->nodes, &part, NULL);
}

/* The fields by which it is found, and nothing else. */
static struct node *match_node(struct writer *w, const struct view_item *item)
{
	const struct value_object *body = &item->object->body;
	struct value_object part = *body;
	size_t i, k;

	part.fields = ARENA_ARRAY(&w->scratch, struct value_field, body->count + 1);
	part.count = 0;
	for (i = 0; part.fields && i < body->count; i++) {
		for (k = 0; k < item->match_count; k++) {
			if (strcmp(body->fields[i].field->name, item->match[k]) == 0)
				part.fields[part.count++] = body->fields[i];
		}
	}
	return part.fields ? view_node_body(&w->nodes, &part, NULL) : NULL;
}

/* ---- plans ---- */

static bool put_value(struct writer *w, struct str key, const struct node *body)
{
	if (!body)
		return false;
	buf_puts(w->out, STR("\"value\": {"));
	view_operation_key(w->out, key);
	buf_puts(w->out, STR(": "));
	view_json_inline(w->out, body);
	buf_puts(w->out, STR("}}\n"));
	return true;
}

static bool put_update(struct writer *w, const struct schema_object *type, struct str id,
		       const struct node *patch)
{
	if (!patch)
		return false;
	view_operation_begin(w->out, "update", type, NULL, 0);
	if (id.n) {
		struct str full = arena_printf(&w->scratch, "#%.*s", STR_ARG(id));

		buf_puts(w->out, STR("\"id\": "));
		buf_put_json(w->out, full);
		buf_puts(w->out, STR(", "));
	}
	buf_puts(w->out, STR("\"value\": "));
	view_json_inline(w->out, patch);
	buf_puts(w->out, STR("}\n"));
	return true;
}

/* A name of its own for an object whose key another type has, too: an upsert that changes nothing.
 */
static bool put_name(struct writer *w, const struct view_item *item)
{
	view_operation_begin(w->out, "upsert", item->object->type, item->match, item->match_count);
	return put_value(w, item->name, match_node(w, item));
}

static bool needs_name(const struct view_item *item)
{
	return (item->referred || item->early) && !str_eq(item->name, item->key);
}

static bool put_item(struct writer *w, const struct view_item *item)
{
	const struct object *object = item->object;

	if (object->type->kind == OBJECT_SINGLETON)
		return put_update(w, object->type, STR_NONE, part_of(w, item, false));
	if (!item->match && (item->referred || item->early)) {
		(void)snprintf(w->view->fault, sizeof(w->view->fault),
			       "no second run of a plan could tell %s '%.*s', to which others "
			       "refer, from others of its type; give it a description",
			       object->type->name, STR_ARG(item->key));
		return false;
	}
	view_operation_begin(w->out, item->match ? "upsert" : "create", object->type, item->match,
			     item->match_count);
	if (!put_value(w, item->key, part_of(w, item, false)))
		return false;
	return !needs_name(item) || put_name(w, item);
}

/* Objects that a second run could not tell apart are made anew each time: what was there goes
 * before anything is made. */
static void put_destroys(struct writer *w)
{
	const struct schema_object *done = NULL;
	size_t i;

	for (i = 0; i < w->items.count; i++) {
		const struct view_item *item = &w->items.all[i];

		if (item->match || item->object->type->kind == OBJECT_SINGLETON ||
		    item->object->type == done)
			continue;
		done = item->object->type;
		buf_printf(w->out, "{\"@type\": \"destroy\", \"object\": \"%s\"}\n",
			   done->wire_name);
	}
}

static bool put_plan_items(struct writer *w)
{
	size_t i;

	put_destroys(w);
	for (i = 0; i < w->items.count; i++) {
		if (!put_item(w, &w->items.all[i]))
			return false;
		arena_reset(&w->scratch);
	}
	for (i = 0; i < w->items.count; i++) {
		const struct view_item *item = &w->items.all[i];
		bool singleton = item->object->type->kind == OBJECT_SINGLETON;

		if (item->early &&
		    !put_update(w, item->object->type, singleton ? STR_NONE : item->name,
				part_of(w, item, true)))
			return false;
		arena_reset(&w->scratch);
	}
	return true;
}

/* ---- addresses ---- */

static void begin_batch(struct writer *w, const struct schema_object *type)
{
	static const char *const address[] = {"address"};

	if (w->jmap) {
		buf_printf(w->out, "%s\n    [\"%s/set\", {\"create\": {", w->calls ? "," : "",
			   type->wire_name);
		return;
	}
	view_operation_begin(w->out, "upsert", type, address, 1);
	buf_puts(w->out, STR("\"value\": {"));
}

static void end_batch(struct writer *w)
{
	if (w->jmap)
		buf_printf(w->out, "}}, \"c%zu\"]", w->calls++);
	else
		buf_puts(w->out, STR("}}\n"));
}

static bool put_packed(struct writer *w, const struct schema_object *type)
{
	struct address_table table;
	struct address_entry entry;
	char name[NET_TEXT_SIZE];
	uint32_t i;

	if (!view_table(w->view, type, &table))
		return false;
	for (i = 0; address_table_at(&table, i, &entry); i++) {
		struct node *body = view_node_entry(&w->nodes, type, &entry);
		struct str key = {name, net_network_format(&entry.network, name)};

		if (body)
			body = view_node_addressed(&w->nodes, body, key);
		if (!body)
			return false;
		if (i % VIEW_BATCH == 0)
			begin_batch(w, type);
		else
			buf_puts(w->out, STR(", "));
		view_operation_key(w->out, key);
		buf_puts(w->out, STR(": "));
		view_json_inline(w->out, body);
		if ((i + 1) % VIEW_BATCH == 0)
			end_batch(w);
		arena_reset(&w->scratch);
	}
	if (i % VIEW_BATCH)
		end_batch(w);
	return true;
}

/* ---- requests ---- */

static void close_call(struct writer *w)
{
	if (w->open)
		end_batch(w);
	w->open = NULL;
}

/* Is the object one more of the call that is open? None in it may refer to another one there. */
static bool fits_call(struct writer *w, const struct view_item *item)
{
	struct view_item probe = *item;
	size_t i;

	if (w->open != item->object->type || w->open_count >= VIEW_BATCH)
		return false;
	probe.place = w->open_place; /* what comes after this place is in the call, or later */
	for (i = 0; i < item->object->body.count; i++) {
		if (view_item_waits(&w->items, &probe, &item->object->body.fields[i]))
			return false;
	}
	return true;
}

static bool put_call(struct writer *w, const struct view_item *item)
{
	const struct node *body = part_of(w, item, false);

	if (item->early) {
		(void)snprintf(w->view->fault, sizeof(w->view->fault),
			       "no request can make %s '%.*s' and what it refers to, since they "
			       "refer to each other; use --to plan",
			       item->object->type->name, STR_ARG(item->key));
		return false;
	}
	if (!body)
		return false;
	if (item->object->type->kind == OBJECT_SINGLETON) {
		close_call(w);
		buf_printf(w->out, "%s\n    [\"%s/set\", {\"update\": {\"singleton\": ",
			   w->calls ? "," : "", item->object->type->wire_name);
		view_json_inline(w->out, body);
		end_batch(w);
		return true;
	}
	if (!fits_call(w, item)) {
		close_call(w);
		begin_batch(w, item->object->type);
		w->open = item->object->type;
		w->open_place = item->place;
		w->open_count = 0;
	}
	if (w->open_count++)
		buf_puts(w->out, STR(", "));
	buf_put_json(w->out, item->name);
	buf_puts(w->out, STR(": "));
	view_json_inline(w->out, body);
	return true;
}

static bool put_calls(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->items.count; i++) {
		if (!put_call(w, &w->items.all[i]))
			return false;
		arena_reset(&w->scratch);
	}
	close_call(w);
	return true;
}

/* ---- both ---- */

/* A server wants both in a plan, whatever the host could decide (DESIGN.md section 4). */
static bool is_complete(struct view *view)
{
	const struct object *settings = compile_singleton(&view->c, "SystemSettings");
	bool host = !settings || value_field_get(&settings->body, "defaultHostname");
	bool domain = !settings || value_field_get(&settings->body, "defaultDomainId");

	if (host && domain)
		return true;
	(void)snprintf(view->fault, sizeof(view->fault),
		       "a plan must say SystemSettings.%s%s, which is left to the host; set %s in "
		       "the sources%s, or use --to toml, yaml or json",
		       host ? "defaultDomainId" : "defaultHostname",
		       host || domain ? "" : " and SystemSettings.defaultDomainId",
		       host || domain ? "it" : "both", view->image ? " and build again" : "");
	return false;
}

static bool write_items(struct writer *w)
{
	const struct schema *schema = w->view->c.schema;
	size_t i;

	if (!is_complete(w->view) || !view_items_make(&w->items, w->view))
		return false;
	w->nodes.refer = view_items_nodes(&w->items, &w->scratch, w->nodes.reveal).refer;
	w->nodes.ctx = &w->items;
	for (i = 0; i < schema->object_count; i++) {
		if (schema->objects[i].packed && !put_packed(w, &schema->objects[i]))
			return false;
	}
	return w->jmap ? put_calls(w) : put_plan_items(w);
}

static bool write_operations(struct view *view, bool jmap, bool reveal, struct buf *out)
{
	struct writer w = {.view = view,
			   .nodes = {.arena = &w.scratch,
				     .key = &view->hash_key,
				     .shapes = SHAPES_SERVER,
				     .reveal = reveal},
			   .out = out,
			   .jmap = jmap};
	bool ok;

	arena_init(&w.scratch, 64 * 1024);
	ok = write_items(&w) && !w.scratch.failed && !w.items.arena.failed && !out->failed;
	if (!ok && !view->fault[0])
		memcpy(view->fault, "out of memory", sizeof("out of memory"));
	view->calls = w.calls;
	view_items_free(&w.items);
	arena_free(&w.scratch);
	return ok;
}

bool view_plan_write(struct view *view, bool reveal, struct buf *out)
{
	return write_operations(view, false, reveal, out);
}

bool view_jmap_write(struct view *view, bool reveal, struct buf *out)
{
	bool ok;

	buf_puts(out, STR("{\n  \"using\": [\"urn:ietf:params:jmap:core\", "
			  "\"urn:stalwart:jmap\"],\n  \"methodCalls\": ["));
	ok = write_operations(view, true, reveal, out);
	buf_puts(out, STR("\n  ]\n}\n"));
	return ok && !out->failed;
}
