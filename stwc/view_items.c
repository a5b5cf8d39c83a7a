/*
 * The objects of a configuration as what operations make: in an order that a server takes, each
 * with a name that is its own among all types, and with fields by which it is found again. Where
 * two objects need each other, the one that can do without at first is made without the field, and
 * an update gives it that later.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stwc/bind.h"
#include "stwc/view_dump.h"
#include "stwc/view_plan.h"
#include "stwc/walk.h"

static bool fail(struct view *view, const char *format, const struct object *object)
{
	struct str name = view_object_name(object);

	(void)snprintf(view->fault, sizeof(view->fault), format, object->type->name, STR_ARG(name));
	return false;
}

struct view_item *view_items_find(const struct view_items *items, uint64_t id)
{
	return map_get(&items->by_id, (struct str){(const char *)&id, sizeof(id)});
}

/* ---- references ---- */

struct look {
	const struct view_items *items;
	const struct view_item *item;
	bool waits;
};

static void mark_referred(void *ctx, struct value *value, const struct path *path UNUSED)
{
	const struct look *look = ctx;
	struct view_item *target = NULL;

	if (value->kind == VALUE_REFERENCE)
		target = view_items_find(look->items, value->reference.id);
	if (target)
		target->referred = true;
}

static void look_for_later(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct look *look = ctx;
	const struct view_item *target = NULL;

	if (value->kind == VALUE_REFERENCE)
		target = view_items_find(look->items, value->reference.id);
	if (target && target->place >= look->item->place)
		look->waits = true;
}

bool view_item_waits(const struct view_items *items, const struct view_item *item,
		     const struct value_field *field)
{
	struct look look = {items, item, false};
	struct walk walk = {look_for_later, &look, 0};
	struct value_field copy = *field;
	struct value_object part = item->object->body;

	part.fields = &copy;
	part.count = 1;
	walk_object(&walk, &part, NULL);
	return look.waits;
}

/* False: an object that cannot be made without what only comes later. */
static bool mark_early(struct view_items *items)
{
	size_t i, k;

	for (i = 0; i < items->count; i++) {
		struct view_item *item = &items->all[i];
		const struct value_object *body = &item->object->body;

		item->early = false;
		for (k = 0; k < body->count; k++) {
			if (!view_item_waits(items, item, &body->fields[k]))
				continue;
			item->early = true;
			if (view_reference_is_hard(body->fields[k].field))
				return fail(items->view,
					    "no plan can make %s '%.*s': it needs an object that "
					    "needs it",
					    item->object);
		}
	}
	return true;
}

/* ---- order and names ---- */

static bool put_in_order(struct view_items *items, enum view_order_by by)
{
	struct compilation *c = &items->view->c;
	struct object **order = view_order(c->objects, c->object_count, by);
	bool ok = order != NULL;
	size_t i;

	map_init(&items->by_id, &items->view->hash_key, &items->arena);
	for (i = 0; ok && i < c->object_count; i++) {
		struct str id = {(const char *)&order[i]->id, sizeof(order[i]->id)};

		items->all[i] = (struct view_item){
			.object = order[i], .key = view_object_name(order[i]), .place = i};
		ok = map_put(&items->by_id, id, &items->all[i]);
	}
	free(order);
	return ok;
}

static struct str typed_name(struct view_items *items, const struct view_item *item)
{
	return arena_printf(&items->arena, "%s/%.*s", item->object->type->name, STR_ARG(item->key));
}

/* An object without a client id whose identity is the client id of another of its type. */
static bool is_name_taken(struct view_items *items, struct map *typed, struct view_item *item)
{
	struct str name = typed_name(items, item);
	void **place = name.p ? map_at(typed, name) : NULL;
	const struct view_item *other;

	if (!place)
		return false;
	other = *place;
	*place = item;
	return other && !fail(items->view,
			      "a plan has no second name for %s '%.*s', which is the client id of "
			      "another",
			      item->object->client_id.n ? other->object : item->object);
}

/* The key that more than one object has is no name for any of them. */
static bool name_items(struct view_items *items)
{
	struct map keys, typed;
	size_t i;

	map_init(&keys, &items->view->hash_key, &items->arena);
	map_init(&typed, &items->view->hash_key, &items->arena);
	for (i = 0; i < items->count; i++) {
		struct view_item *item = &items->all[i], *other;
		void **place;

		item->name = item->key;
		if (item->object->type->kind == OBJECT_SINGLETON)
			continue;
		place = map_at(&keys, item->key);
		if (!place || is_name_taken(items, &typed, item))
			return false;
		other = *place;
		*place = item;
		if (other) {
			item->name = typed_name(items, item);
			other->name = typed_name(items, other);
		}
	}
	return !items->arena.failed;
}

static struct str refer(const void *ctx, const struct value_reference *reference)
{
	const struct view_items *items = ctx;
	const struct view_item *item = view_items_find(items, reference->id);

	if (!item || reference->literal)
		return reference->written;
	return arena_printf(&((struct view_items *)(uintptr_t)items)->arena, "#%.*s",
			    STR_ARG(item->name));
}

struct view_nodes view_items_nodes(const struct view_items *items, struct arena *arena, bool reveal)
{
	return (struct view_nodes){.arena = arena,
				   .key = &items->view->hash_key,
				   .shapes = SHAPES_SERVER,
				   .reveal = reveal,
				   .refer = refer,
				   .ctx = items};
}

/* ---- what finds an object again ---- */

/* Our own row of the type: that of an image may have names and numbers alone. */
static const struct schema_object *known_type(const struct object *object)
{
	const struct schema_object *type =
		schema_object_find(&schema_builtin, str_c(object->type->name));

	return type ? type : object->type;
}

static const struct schema_structure *fields_of(const struct object *object)
{
	return object->body.variant ? object->body.variant->body : object->body.structure;
}

static bool is_secret(const struct schema_type *type)
{
	return type->kind == TYPE_SECRET || type->kind == TYPE_SECRET_TEXT;
}

static bool is_stable(const struct value *value);

/* Nothing is left to a default, which the server would fill in. */
static bool is_stable_object(const struct value_object *object)
{
	const struct schema_structure *fields =
		object->variant ? object->variant->body : object->structure;
	size_t i;

	if (object->count != (fields ? fields->field_count : 0))
		return false;
	for (i = 0; i < object->count; i++) {
		if (!is_stable(object->fields[i].value))
			return false;
	}
	return true;
}

/* Does a server give the value back as it took it? */
static bool is_stable(const struct value *value)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_NULL:
	case VALUE_REFERENCE:
	case VALUE_MAP: return false;
	case VALUE_BOOL:
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_FLOAT:
	case VALUE_STRING:
	case VALUE_ENUM:
	case VALUE_DATE:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
	case VALUE_SOCKET: return !is_secret(value->type);
	case VALUE_OBJECT: return is_stable_object(&value->object);
	case VALUE_SEQUENCE:
		return value->type->kind == TYPE_SET &&
		       value->type->element->kind != TYPE_REFERENCE;
	}
	return false;
}

static bool is_scalar(const struct value *value)
{
	return value->kind != VALUE_OBJECT && value->kind != VALUE_SEQUENCE;
}

/* What a server compares: no secret, and nothing that it sets itself. */
static bool is_comparable(const struct value_field *field)
{
	return field->field->update != UPDATE_SERVER_SET && is_stable(field->value) &&
	       is_scalar(field->value);
}

static const struct value_field *comparable_field(const struct object *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->body.count; i++) {
		const struct value_field *field = &object->body.fields[i];

		if (strcmp(field->field->name, name) == 0)
			return is_comparable(field) || field->value->kind == VALUE_REFERENCE ? field
											     : NULL;
	}
	return NULL;
}

/* A key of the type whose fields all stand in the body. */
static size_t match_by_key(const struct object *object, const struct schema_key *key,
			   const char **out)
{
	size_t n = 0;

	for (; key->fields[n]; n++) {
		if (!comparable_field(object, key->fields[n]))
			return 0;
		out[n] = key->fields[n];
	}
	return n;
}

static struct str label_text(struct view_items *items, const struct object *object)
{
	const char *label = known_type(object)->label;
	const struct value_field *field = label ? comparable_field(object, label) : NULL;

	if (!field || !is_comparable(field))
		return STR_NONE;
	return arena_printf(&items->arena, "%s\x1f%s\x1f%.*s", object->type->name,
			    object->body.variant ? object->body.variant->name : "",
			    STR_ARG(value_text(&items->arena, field->value)));
}

static bool count_labels(struct view_items *items)
{
	size_t i;

	map_init(&items->labels, &items->view->hash_key, &items->arena);
	for (i = 0; i < items->count; i++) {
		struct str text = label_text(items, items->all[i].object);
		void **place = text.p ? map_at(&items->labels, text) : NULL;

		if (text.p && !place)
			return false;
		if (place)
			*place = (void *)((uintptr_t)*place + 1);
	}
	return !items->arena.failed;
}

/* Would a server find `other` by these values of `object`? What it lacks has its default there. */
static bool looks_like(struct view_items *items, const struct object *object,
		       const struct object *other, const char *const *names, size_t count)
{
	const struct schema_structure *fields = fields_of(other);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct schema_field *field = schema_field_find(fields, str_c(names[i]));
		const struct value *mine = value_field_get(&object->body, names[i]);
		const struct value *theirs = value_field_get(&other->body, names[i]);

		if (!theirs && field)
			theirs = view_default(items->view, fields, field);
		if (!theirs || !value_equal(mine, theirs))
			return false;
	}
	return true;
}

static bool is_unique(struct view_items *items, const struct object *object,
		      const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < items->count; i++) {
		const struct object *other = items->all[i].object;

		if (other != object && other->type == object->type &&
		    other->body.variant == object->body.variant &&
		    looks_like(items, object, other, names, count))
			return false;
	}
	return true;
}

static size_t match_by_values(struct view_items *items, const struct object *object, bool scalars,
			      const char **out)
{
	size_t n = 0, i;

	for (i = 0; i < object->body.count; i++) {
		const struct value_field *field = &object->body.fields[i];

		if (is_comparable(field) ||
		    (!scalars && field->field->update != UPDATE_SERVER_SET &&
		     is_stable(field->value)))
			out[n++] = field->field->name;
	}
	return n && is_unique(items, object, out, n) ? n : 0;
}

size_t view_item_match(struct view_items *items, const struct object *object, const char **out)
{
	const struct schema_object *type = known_type(object);
	struct str label;
	size_t n = 0, i;

	for (i = 0; !n && i < type->key_count; i++) {
		if (type->keys[i].identity)
			n = match_by_key(object, &type->keys[i], out);
	}
	for (i = 0; !n && i < type->key_count; i++) {
		if (!type->keys[i].identity)
			n = match_by_key(object, &type->keys[i], out);
	}
	if (n || !fields_of(object))
		return n;
	label = label_text(items, object);
	if (label.p && map_get(&items->labels, label) == (void *)1) {
		out[0] = type->label;
		if (is_unique(items, object, out, 1))
			return 1;
	}
	n = match_by_values(items, object, true, out);
	return n ? n : match_by_values(items, object, false, out);
}

size_t view_item_values(struct view_items *items, const struct object *object, const char **out)
{
	return fields_of(object) ? match_by_values(items, object, false, out) : 0;
}

static bool find_matches(struct view_items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++) {
		struct view_item *item = &items->all[i];
		const char **names;

		if (item->object->type->kind == OBJECT_SINGLETON)
			continue;
		names = ARENA_ARRAY(&items->arena, const char *, item->object->body.count + 1);
		if (!names)
			return false;
		item->match_count = view_item_match(items, item->object, names);
		item->match = item->match_count ? names : NULL;
	}
	return true;
}

bool view_items_make(struct view_items *items, struct view *view)
{
	struct look look = {.items = items};
	struct walk walk = {mark_referred, &look, 0};
	size_t i;

	*items = (struct view_items){.view = view, .count = view->c.object_count};
	arena_init(&items->arena, 64 * 1024);
	items->all = calloc(items->count + 1, sizeof(*items->all));
	if (!items->all || !put_in_order(items, VIEW_ORDER_ALL))
		return false;
	if (!mark_early(items)) {
		view->fault[0] = '\0';
		if (!put_in_order(items, VIEW_ORDER_HARD) || !mark_early(items))
			return false;
	}
	for (i = 0; i < items->count; i++)
		walk_object(&walk, &items->all[i].object->body, NULL);
	return name_items(items) && count_labels(items) && find_matches(items) &&
	       !items->arena.failed;
}

void view_items_free(struct view_items *items)
{
	free(items->all);
	arena_free(&items->arena);
}
