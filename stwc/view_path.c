/* Paths: from a text to an object, a field, and a value inside it. */
#include "stwc/view_path.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "core/suggest.h"
#include "stwc/bind.h"

static bool fail(struct view *view, struct suggestion *best, const char *format, ...)
	PRINTF_LIKE(3, 4);
static bool fail(struct view *view, struct suggestion *best, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut is fine */
	va_end(args);
	if (best && best->best.n)
		(void)snprintf(view->fault, sizeof(view->fault), "%s; did you mean '%.*s'?", text,
			       STR_ARG(best->best));
	else
		(void)snprintf(view->fault, sizeof(view->fault), "%s", text);
	return false;
}

static bool is_separator(char ch)
{
	return ch == '/' || ch == '.';
}

/* The step up to the next separator; *rest moves behind it. */
static struct str next_step(struct str *rest)
{
	struct str step = {rest->p, 0};

	while (step.n < rest->n && !is_separator(rest->p[step.n]))
		step.n++;
	*rest = str_from(*rest, step.n + 1);
	return step;
}

/* Each way to end a name, the longest first: *n is the length of the one before (begin with one
 * more than the text has). False: there is no other. */
static bool shorter_name(struct str text, size_t *n)
{
	if (*n > text.n) {
		*n = text.n;
		return text.n > 0;
	}
	while (*n > 0 && !is_separator(text.p[*n - 1]))
		--*n;
	if (*n == 0)
		return false;
	--*n;
	return *n > 0;
}

/* ---- objects ---- */

static const struct object *find_named(const struct view *view, const struct schema_object *type,
				       struct str name)
{
	const struct object *by_identity = NULL;
	uint64_t place;
	size_t i;

	for (i = 0; i < view->c.object_count; i++) {
		const struct object *object = view->c.objects[i];

		if (object->type != type)
			continue;
		if (object->client_id.n && str_eq(object->client_id, name))
			return object;
		if (str_eq(object->identity, name))
			by_identity = object;
		/* objects without a name: "[7]", and 7 in the paths of diagnostics */
		if (!by_identity && name.n && name.p[0] != '[' &&
		    object->identity.n == name.n + 2 && object->identity.p[0] == '[' &&
		    num_u64(name, &place) == NUM_OK &&
		    memcmp(object->identity.p + 1, name.p, name.n) == 0)
			by_identity = object;
	}
	return by_identity;
}

static struct value *new_value(struct view *view, const struct schema_field *field,
			       enum value_kind kind)
{
	struct value *value = ARENA_NEW(&view->c.arena, struct value);

	if (value) {
		value->kind = (uint8_t)kind;
		value->type = field->type;
	}
	return value;
}

/* The value of one column of an entry; NULL: the entry has none, or memory is short. */
static struct value *entry_value(struct view *view, const struct address_entry *entry,
				 const struct schema_field *field)
{
	bool note = strcmp(field->name, "reason") == 0, end = strcmp(field->name, "expiresAt") == 0;
	struct value *value = NULL;

	if (strcmp(field->name, "address") == 0) {
		value = new_value(view, field, VALUE_NETWORK);
		if (value)
			value->network = entry->network;
	} else if ((end && entry->has_expires) ||
		   (strcmp(field->name, "createdAt") == 0 && entry->has_created)) {
		value = new_value(view, field, VALUE_DATE);
		if (value)
			value->seconds = end ? entry->expires : entry->created;
	} else if ((end && entry->null_expires) || (note && entry->null_note)) {
		value = new_value(view, field, VALUE_NULL);
	} else if (note && entry->has_reason && field->type->kind == TYPE_ENUM) {
		value = new_value(view, field, VALUE_ENUM);
		if (value)
			value->member =
				schema_enum_member_numbered(field->type->members, entry->reason);
		value = value && value->member ? value : NULL;
	} else if (note && entry->has_note) {
		value = new_value(view, field, VALUE_STRING);
		if (value)
			value->string = entry->note;
	}
	return value;
}

/* An entry of an address table in the shape of an object. */
static const struct object *entry_object(struct view *view, const struct schema_object *type,
					 const struct address_entry *entry)
{
	const struct schema_structure *s = type->structure;
	struct object *object = ARENA_NEW(&view->c.arena, struct object);
	char text[NET_TEXT_SIZE];
	size_t i;

	if (!object)
		return NULL;
	object->type = type;
	object->identity = arena_str(&view->c.arena,
				     (struct str){text, net_network_format(&entry->network, text)});
	object->body.structure = s;
	object->body.fields =
		ARENA_ARRAY(&view->c.arena, struct value_field, (size_t)s->field_count + 1);
	if (!object->body.fields)
		return NULL;
	for (i = 0; i < s->field_count; i++) {
		struct value *value = entry_value(view, entry, &s->fields[i]);

		if (value)
			object->body.fields[object->body.count++] =
				(struct value_field){&s->fields[i], SPAN_NONE, value};
	}
	return object;
}

static bool find_entry(struct view *view, const struct schema_object *type, struct str *rest,
		       struct view_found *found)
{
	struct address_table table;
	struct net_network network;
	size_t n = rest->n + 1;
	uint32_t index;

	if (!view_table(view, type, &table))
		return false;
	while (shorter_name(*rest, &n)) {
		struct str name = {rest->p, n};

		if (net_network_parse(name, &network) != NET_OK ||
		    !address_table_find(&table, &network, &index) ||
		    !address_table_at(&table, index, &found->entry))
			continue;
		found->packed = true;
		found->object = entry_object(view, type, &found->entry);
		*rest = str_from(*rest, n + 1);
		return found->object || fail(view, NULL, "out of memory");
	}
	n = address_table_count(&table);
	if (!rest->n && !n)
		return fail(view, NULL, "the configuration has no %s", type->name);
	if (!rest->n && n == 1)
		return fail(view, NULL, "name the entry: %s/ADDRESS", type->name);
	if (!rest->n)
		return fail(view, NULL, "name one of the %zu entries: %s/ADDRESS", n, type->name);
	return fail(view, NULL, "there is no %s '%.*s'", type->name, STR_ARG(*rest));
}

static bool no_object(struct view *view, const struct schema_object *type, struct str name)
{
	struct suggestion best;
	size_t i, count = 0;

	suggest_start(&best, name);
	for (i = 0; i < view->c.object_count; i++) {
		const struct object *object = view->c.objects[i];

		if (object->type != type)
			continue;
		suggest_offer(&best, object->client_id.n ? object->client_id : object->identity);
		count++;
	}
	if (!name.n && !count)
		return fail(view, NULL, "the configuration has no %s", type->name);
	if (!name.n && count == 1)
		return fail(view, NULL, "name the object: %s/NAME", type->name);
	if (!name.n)
		return fail(view, NULL, "name one of the %zu objects: %s/NAME", count, type->name);
	return fail(view, &best, "there is no %s '%.*s'", type->name, STR_ARG(name));
}

static bool find_object(struct view *view, const struct schema_object *type, struct str *rest,
			struct view_found *found)
{
	struct str all = *rest;
	size_t n = all.n + 1;

	if (type->packed)
		return find_entry(view, type, rest, found);
	if (!view_load(view, type))
		return false;
	if (type->kind == OBJECT_SINGLETON) {
		found->object = find_named(view, type, STR(""));
		return true;
	}
	while (!found->object && shorter_name(all, &n)) {
		found->object = find_named(view, type, (struct str){all.p, n});
		*rest = str_from(all, n + 1);
	}
	if (found->object)
		return true;
	return no_object(view, type, all);
}

/* ---- values ---- */

const struct schema_structure *view_fields_of(const struct value_object *object)
{
	if (object->variant)
		return object->variant->body;
	return object->structure->kind == STRUCTURE_SINGLE ? object->structure : NULL;
}

static bool no_field(struct view *view, const struct schema_structure *fields,
		     const struct value_object *object, struct str name)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; fields && i < fields->field_count; i++)
		suggest_offer(&best, str_c(fields->fields[i].name));
	return fail(view, &best, "%s has no field '%.*s'",
		    fields ? fields->name : object->structure->name, STR_ARG(name));
}

static bool step_field(struct view *view, const struct value_object *object, struct str name,
		       struct view_found *found, bool first)
{
	const struct schema_structure *fields = view_fields_of(object);
	size_t i;

	found->field = fields ? schema_field_find(fields, name) : NULL;
	if (!found->field)
		return no_field(view, fields, object, name);
	found->holder = fields;
	found->value = NULL;
	for (i = 0; i < object->count; i++) {
		if (object->fields[i].field != found->field)
			continue;
		found->value = object->fields[i].value;
		if (first)
			found->top = &object->fields[i];
	}
	if (!found->value) {
		/* inside an explicit field a default is a default all the same */
		found->top = NULL;
		found->value = view_default(view, fields, found->field);
	}
	return true;
}

static bool step_item(struct view *view, const struct value *value, struct str step,
		      struct view_found *found)
{
	uint64_t index;

	if (num_u64(step, &index) != NUM_OK || index >= value->sequence.count)
		return fail(view, NULL, "'%.*s' is no place in a list of %zu", STR_ARG(step),
			    value->sequence.count);
	found->value = value->sequence.items[index];
	return true;
}

static bool step_key(struct view *view, const struct value *value, struct str *rest,
		     struct view_found *found)
{
	size_t n = rest->n + 1, i;

	while (shorter_name(*rest, &n)) {
		struct str name = {rest->p, n};

		for (i = 0; i < value->map.count; i++) {
			struct str key = value_text(&view->c.arena, value->map.pairs[i].key);

			if (!str_eq(key, name))
				continue;
			found->last = name;
			found->value = value->map.pairs[i].value;
			*rest = str_from(*rest, n + 1);
			return true;
		}
	}
	return fail(view, NULL, "the map has no key '%.*s'", STR_ARG(*rest));
}

static bool step_value(struct view *view, struct str *rest, struct view_found *found)
{
	const struct value *value = found->value;

	if (value && value->kind == VALUE_MAP)
		return step_key(view, value, rest, found);
	found->last = next_step(rest);
	if (value && value->kind == VALUE_OBJECT)
		return step_field(view, &value->object, found->last, found, false);
	if (value && value->kind == VALUE_SEQUENCE)
		return step_item(view, value, found->last, found);
	return fail(view, NULL, "there is nothing inside '%s'", found->field->name);
}

/* A singleton that nobody wrote has its defaults, unless it is a union: then nothing says which
 * variant it is. */
static const struct object *absent_singleton(struct view *view, const struct schema_object *type)
{
	struct object *object = ARENA_NEW(&view->c.arena, struct object);

	if (!object)
		return NULL;
	object->type = type;
	object->body.structure = type->structure;
	if (type->structure->kind == STRUCTURE_UNION && type->structure->variant_count)
		object->body.variant = &type->structure->variants[0];
	return object;
}

/* An image holds the shapes of its own types only; of others our reference knows the defaults. */
static const struct schema_object *find_type(const struct view *view, struct str name)
{
	const struct schema_object *type = schema_object_find(view->c.schema, name);

	return type ? type : schema_object_find(&schema_builtin, name);
}

static bool no_type(struct view *view, struct str name)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < schema_builtin.object_count; i++)
		suggest_offer(&best, str_c(schema_builtin.objects[i].name));
	return fail(view, &best, "no object type is called '%.*s'", STR_ARG(name));
}

bool view_find(struct view *view, struct str path, struct view_found *out)
{
	struct view_found found = {.object = NULL};
	struct str rest = path, name = next_step(&rest);
	const struct schema_object *type = find_type(view, name);

	if (!type)
		return no_type(view, name);
	if (type->kind == OBJECT_VIEW || type->data)
		return fail(view, NULL, "%s is %s", type->name,
			    type->data ? "data of a running server, not configuration" : "a view");
	if (!find_object(view, type, &rest, &found))
		return false;
	if (!found.object)
		found.object = absent_singleton(view, type);
	if (!found.object)
		return fail(view, NULL, "out of memory");
	if (rest.n) {
		found.last = next_step(&rest);
		if (!step_field(view, &found.object->body, found.last, &found, true))
			return false;
	}
	while (rest.n) {
		if (!step_value(view, &rest, &found))
			return false;
	}
	*out = found;
	return true;
}

bool view_find_field(struct view *view, const struct object *object, struct str name,
		     struct view_found *out)
{
	struct view_found found = {.object = object, .last = name};

	if (!step_field(view, &object->body, name, &found, true))
		return false;
	*out = found;
	return true;
}

struct view_place view_found_place(struct view *view, const struct view_found *found)
{
	struct view_place nowhere = {STR_NONE, 0};

	if (found->field && !found->top)
		return nowhere;
	if (found->packed)
		return view_entry_place(view, &found->entry);
	return view_place_of(view, found->object, found->top, found->value);
}
