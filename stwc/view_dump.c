/*
 * From objects back to sources. The rule that everything here serves: what is written compiles
 * to an image with the same content digest. So an object must get its identity back, and its
 * client id where that is another name.
 *
 *     [Type.name]          name is the client id, or the identity where there is none
 *     [[Type]]             objects that are known by their place alone, all of them in a row
 *     [["x:Type"]]         an object without a client id whose identity is the client id of
 *                          another: under a second name of its type, the only place left for it
 *
 * A key field that says the same as the name in the header is left out: binding puts it back.
 */
#include "stwc/view_dump.h"

#include <stdio.h>
#include <stdlib.h>

#include "stwc/bind.h"
#include "stwc/view_node.h"
#include "stwc/view_plan.h"
#include "stwc/view_write.h"

struct dump {
	struct view *view;
	const struct view_format *format;
	struct view_nodes nodes;
	struct view_out out;
	struct map client_ids;   /* type and client id */
	struct object **objects; /* in the order of writing */
	size_t count;
};

struct str view_object_name(const struct object *object)
{
	return object->client_id.n ? object->client_id : object->identity;
}

/* A plan may have given the object several names, and only one of them is written. */
static struct str refer(const void *ctx, const struct value_reference *reference)
{
	const struct dump *d = ctx;

	if (!reference->target || reference->literal)
		return reference->written;
	return arena_printf(d->nodes.arena, "#%.*s", STR_ARG(view_object_name(reference->target)));
}

/* The field that the name alone says; NULL: the body says all. */
static const struct schema_field *said_by_name(const struct dump *d, const struct object *object)
{
	const char *key = identity_field(object->type);
	const struct value *value = key ? value_field_get(&object->body, key) : NULL;
	const struct schema_structure *fields =
		object->body.variant ? object->body.variant->body : object->body.structure;

	if (!value || value->kind == VALUE_NULL || !fields ||
	    !str_eq(value_text(d->nodes.arena, value), view_object_name(object)))
		return NULL;
	return schema_field_find(fields, str_c(key));
}

/* "mail.toml:14", without what would end a comment. */
static struct str origin_of(struct dump *d, const struct object *object)
{
	struct view_place place;
	struct str text;
	size_t i;

	if (!d->view->origins)
		return STR_NONE;
	place = view_place_of(d->view, object, NULL, NULL);
	if (!place.file.n)
		return STR_NONE;
	text = arena_printf(d->nodes.arena, "%.*s:%u", STR_ARG(place.file), place.line);
	for (i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return STR_NONE;
	}
	return text;
}

static bool write_object(struct dump *d, const struct object *object, struct str name)
{
	bool named = d->out.container == VIEW_MAP;
	struct node *body =
		view_node_body(&d->nodes, &object->body, named ? said_by_name(d, object) : NULL);

	if (!body)
		return false;
	d->out.note = origin_of(d, object);
	d->format->entry(&d->out, named ? name : STR_NONE, body);
	d->out.note = STR_NONE;
	d->out.entries++;
	arena_reset(d->nodes.arena);
	return true;
}

static void open_type(struct dump *d, struct str type, enum view_container container)
{
	d->out.type = type;
	d->out.container = container;
	d->out.entries = 0;
	d->format->open(&d->out);
}

static void close_type(struct dump *d)
{
	d->format->close(&d->out);
	d->out.types++;
}

/* Objects known by their places 0, 1, 2 and so on, and no others: they are a list again. */
static bool is_list(struct object *const *objects, size_t count)
{
	uint64_t place;
	size_t i;

	for (i = 0; i < count; i++) {
		if (identity_field(objects[i]->type) || objects[i]->client_id.n ||
		    !view_ordinal(objects[i]->identity, &place) || place != i)
			return false;
	}
	return true;
}

static struct str taken_key(struct arena *arena, const struct object *object, struct str name)
{
	return arena_printf(arena, "%s/%.*s", object->type->name, STR_ARG(name));
}

/* Client ids that are no identities; few sources have any. */
static bool note_client_ids(struct dump *d)
{
	struct compilation *c = &d->view->c;
	size_t i;

	map_init(&d->client_ids, &d->view->hash_key, &c->arena);
	for (i = 0; i < c->object_count; i++) {
		struct object *object = c->objects[i];
		struct str key;

		if (!object->client_id.n)
			continue;
		key = taken_key(&c->arena, object, object->client_id);
		if (!key.p || !map_put(&d->client_ids, key, object))
			return false;
	}
	return true;
}

/* Another object answers to the name that this one would be written under. */
static bool is_taken(const struct dump *d, const struct object *object)
{
	struct str key;

	if (object->client_id.n || !d->client_ids.count)
		return false;
	key = taken_key(d->nodes.arena, object, object->identity);
	return key.p && map_has(&d->client_ids, key);
}

static bool write_unnamed(struct dump *d, struct object *const *objects, size_t count)
{
	struct str type = str_c(objects[0]->type->wire_name);
	bool open = false, ok = true;
	size_t i;

	for (i = 0; ok && i < count; i++) {
		if (!is_taken(d, objects[i]))
			continue;
		if (!open)
			open_type(d, type, VIEW_LIST);
		open = true;
		ok = write_object(d, objects[i], STR_NONE);
	}
	if (open)
		close_type(d);
	return ok;
}

/* All objects of one type. */
static bool write_type(struct dump *d, struct object *const *objects, size_t count)
{
	const struct schema_object *type = objects[0]->type;
	bool singleton = type->kind == OBJECT_SINGLETON, list = is_list(objects, count), ok = true;
	size_t i;

	open_type(d, str_c(type->name), singleton ? VIEW_BODY : list ? VIEW_LIST : VIEW_MAP);
	for (i = 0; ok && i < count; i++) {
		if (!is_taken(d, objects[i]))
			ok = write_object(d, objects[i], view_object_name(objects[i]));
	}
	close_type(d);
	return ok && (singleton || write_unnamed(d, objects, count));
}

static bool write_packed(struct dump *d, const struct schema_object *type)
{
	struct address_table table;
	struct address_entry entry;
	char name[NET_TEXT_SIZE];
	uint32_t i;

	if (!view_table(d->view, type, &table))
		return false;
	if (!address_table_count(&table))
		return true;
	open_type(d, str_c(type->name), VIEW_LINES);
	for (i = 0; address_table_at(&table, i, &entry); i++) {
		struct node *body = view_node_entry(&d->nodes, type, &entry);
		struct str key = {name, net_network_format(&entry.network, name)};

		if (!body)
			return false;
		d->format->entry(&d->out, key, body);
		d->out.entries++;
		arena_reset(d->nodes.arena);
	}
	close_type(d);
	return true;
}

static int cmp_objects(const void *a, const void *b)
{
	return view_object_cmp(*(struct object *const *)a, *(struct object *const *)b);
}

static bool sort_objects(struct dump *d)
{
	struct compilation *c = &d->view->c;

	d->count = c->object_count;
	d->objects = calloc(d->count + 1, sizeof(struct object *));
	if (!d->objects)
		return false;
	if (d->count) {
		memcpy(d->objects, c->objects, d->count * sizeof(struct object *));
		qsort(d->objects, d->count, sizeof(struct object *), cmp_objects);
	}
	return true;
}

/* Runs of one type, between them the packed types, all by name. */
static bool write_types(struct dump *d)
{
	const struct schema *schema = d->view->c.schema;
	size_t at = 0, end, i;

	for (i = 0; i < schema->object_count; i++) {
		const struct schema_object *type = &schema->objects[i];

		if (type->packed && !write_packed(d, type))
			return false;
		for (end = at; end < d->count && d->objects[end]->type == type; end++)
			;
		if (end > at && !write_type(d, &d->objects[at], end - at))
			return false;
		at = end;
	}
	return true;
}

static bool write_all(struct dump *d)
{
	return sort_objects(d) && note_client_ids(d) && write_types(d);
}

static const struct view_format *format_of(enum view_dump_format format)
{
	switch (format) {
	case VIEW_DUMP_TOML: return &view_toml;
	case VIEW_DUMP_YAML: return &view_yaml;
	case VIEW_DUMP_JSON: return &view_json;
	case VIEW_DUMP_PLAN:
	case VIEW_DUMP_JMAP: break; /* these have no types to write one by one */
	}
	return &view_toml;
}

bool view_dump_format_of(const char *word, enum view_dump_format *out)
{
	static const char *const words[] = {"toml", "yaml", "json", "plan", "jmap"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (!word || strcmp(word, words[i]) == 0) {
			*out = (enum view_dump_format)i;
			return true;
		}
	}
	return false;
}

bool view_dump(struct view *view, enum view_dump_format format, bool reveal, struct buf *out)
{
	struct arena scratch;
	struct dump d = {.view = view,
			 .format = format_of(format),
			 .nodes = {.arena = &scratch,
				   .key = &view->hash_key,
				   .shapes = SHAPES_OWN,
				   .reveal = reveal,
				   .refer = refer,
				   .ctx = &d},
			 .out = {.out = out}};
	bool ok;

	if (format == VIEW_DUMP_PLAN)
		return view_plan_write(view, reveal, out);
	if (format == VIEW_DUMP_JMAP)
		return view_jmap_write(view, reveal, out);

	arena_init(&scratch, 64 * 1024);
	d.format->begin(&d.out);
	ok = write_all(&d) && !scratch.failed && !out->failed;
	d.format->end(&d.out);
	if (!ok && !view->fault[0])
		memcpy(view->fault, "out of memory", sizeof("out of memory"));
	free(d.objects);
	arena_free(&scratch);
	return ok;
}
