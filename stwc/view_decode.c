/* Records of an image as values: the way back from stwc/emit/record.c. */
#include <stdio.h>

#include "stwc/view.h"

static struct value *decode_item(struct view *view, const struct schema_type *type,
				 struct stw_item item, unsigned depth);
static bool decode_fields(struct view *view, const struct schema_structure *structure,
			  struct stw_bytes fields, unsigned depth, struct value_object *out);

static void *damaged(struct view *view, const char *what)
{
	if (!view->fault[0])
		(void)snprintf(view->fault, sizeof(view->fault),
			       "a record of the image cannot be read: %s", what);
	return NULL;
}

static bool decode_enum(struct view *view, const struct schema_type *type, struct stw_item item,
			struct value *out)
{
	uint16_t number;

	out->kind = VALUE_ENUM;
	if (!stw_item_enum(item, &number) || type->kind != TYPE_ENUM)
		return damaged(view, "a word where none belongs") != NULL;
	out->member = schema_enum_member_numbered(type->members, number);
	return out->member || damaged(view, "a word that the schema does not have");
}

/* "#name" of an object inside; an outside one as it was written. */
static bool decode_reference(struct view *view, struct stw_item item, struct value *out)
{
	struct value_reference *reference = &out->reference;
	struct stw_object target;
	struct str name;
	uint16_t structure;

	out->kind = VALUE_REFERENCE;
	if (!stw_item_reference(item, &structure, &reference->id))
		return damaged(view, "a reference of a wrong length") != NULL;
	reference->literal = stw_item_outside(item, &reference->written);
	if (reference->literal)
		return true;
	if (!stw_get(view->reader, structure, reference->id, &target))
		return damaged(view, "a reference that leads nowhere") != NULL;
	name = target.client_id.n ? target.client_id : target.identity;
	reference->written = arena_printf(&view->c.arena, "#%.*s", STR_ARG(name));
	return reference->written.p != NULL;
}

static bool decode_secret(struct view *view, struct stw_item item, struct value *out)
{
	uint32_t offset, length;
	struct stw_bytes bytes;

	out->kind = VALUE_STRING;
	if (!stw_item_secret(item, &offset, &length) ||
	    !stw_secret(view->image, offset, length, &bytes))
		return damaged(view, "a secret that is not there") != NULL;
	out->string = (struct str){(const char *)bytes.p, bytes.n};
	return true;
}

static bool decode_object(struct view *view, const struct schema_type *type, struct stw_item item,
			  unsigned depth, struct value *out)
{
	const struct schema_structure *structure = type->structure, *body = structure;
	const struct schema_variant *variant = NULL;
	struct stw_bytes fields;
	uint16_t number;

	out->kind = VALUE_OBJECT;
	if (type->kind != TYPE_OBJECT || !stw_item_object(item, &number, &fields))
		return damaged(view, "an object where none belongs") != NULL;
	if (structure->kind == STRUCTURE_UNION) {
		variant = schema_variant_numbered(structure, number);
		if (!variant)
			return damaged(view, "a variant that the schema does not have") != NULL;
		body = variant->body;
	}
	out->object = (struct value_object){.structure = structure, .variant = variant};
	if (body && !decode_fields(view, body, fields, depth, &out->object))
		return false;
	out->object.structure = structure;
	out->object.variant = variant;
	return true;
}

static size_t count_items(struct stw_bytes bytes)
{
	struct stw_cursor cursor = stw_cursor_of(bytes);
	struct stw_item item;
	size_t n = 0;

	while (stw_next_item(&cursor, &item))
		n++;
	return n;
}

static bool decode_sequence(struct view *view, const struct schema_type *type, struct stw_item item,
			    unsigned depth, struct value *out)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_item inner;

	out->kind = VALUE_SEQUENCE;
	if (type->kind != TYPE_LIST && type->kind != TYPE_SET)
		return damaged(view, "a list where none belongs") != NULL;
	out->sequence.items =
		ARENA_ARRAY(&view->c.arena, struct value *, count_items(item.bytes) + 1);
	if (!out->sequence.items)
		return false;
	while (stw_next_item(&cursor, &inner)) {
		struct value *member = decode_item(view, type->element, inner, depth);

		if (!member)
			return false;
		out->sequence.items[out->sequence.count++] = member;
	}
	return !cursor.damaged || damaged(view, "a list that ends too early");
}

static bool decode_map(struct view *view, const struct schema_type *type, struct stw_item item,
		       unsigned depth, struct value *out)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_item key, value;

	out->kind = VALUE_MAP;
	if (type->kind != TYPE_MAP)
		return damaged(view, "a map where none belongs") != NULL;
	out->map.pairs =
		ARENA_ARRAY(&view->c.arena, struct value_pair, count_items(item.bytes) / 2 + 1);
	if (!out->map.pairs)
		return false;
	while (stw_next_item(&cursor, &key) && stw_next_item(&cursor, &value)) {
		struct value_pair pair = {decode_item(view, type->key, key, depth),
					  decode_item(view, type->element, value, depth)};

		if (!pair.key || !pair.value)
			return false;
		out->map.pairs[out->map.count++] = pair;
	}
	return !cursor.damaged || damaged(view, "a map that ends too early");
}

static bool decode_scalar(struct view *view, struct stw_item item, struct value *out)
{
	uint8_t *b = out->address.b;
	bool ok = false;

	switch ((enum stw_wire)item.wire) {
	case STW_WIRE_NULL: out->kind = VALUE_NULL; return true;
	case STW_WIRE_BOOL:
		out->kind = VALUE_BOOL;
		ok = stw_item_bool(item, &out->boolean);
		break;
	case STW_WIRE_UNSIGNED:
		out->kind = VALUE_UNSIGNED;
		ok = stw_item_unsigned(item, &out->number);
		break;
	case STW_WIRE_SIGNED:
		out->kind = VALUE_SIGNED;
		ok = stw_item_signed(item, &out->integer);
		break;
	case STW_WIRE_FLOAT:
		out->kind = VALUE_FLOAT;
		ok = stw_item_float(item, &out->real);
		break;
	case STW_WIRE_STRING:
		out->kind = VALUE_STRING;
		ok = stw_item_string(item, &out->string);
		break;
	case STW_WIRE_DATE:
		out->kind = VALUE_DATE;
		ok = stw_item_signed(item, &out->seconds);
		break;
	case STW_WIRE_ADDRESS:
		out->kind = VALUE_ADDRESS;
		ok = stw_item_address(item, &out->address.family, b);
		break;
	case STW_WIRE_NETWORK:
		out->kind = VALUE_NETWORK;
		ok = stw_item_network(item, &out->network.addr.family, out->network.addr.b,
				      &out->network.prefix);
		break;
	case STW_WIRE_SOCKET:
		out->kind = VALUE_SOCKET;
		ok = stw_item_socket(item, &out->socket.addr.family, out->socket.addr.b,
				     &out->socket.port);
		break;
	case STW_WIRE_ENUM:
	case STW_WIRE_REFERENCE:
	case STW_WIRE_OBJECT:
	case STW_WIRE_SEQUENCE:
	case STW_WIRE_MAP:
	case STW_WIRE_SECRET: break;
	}
	return ok || damaged(view, "a value of a wrong length");
}

static struct value *decode_item(struct view *view, const struct schema_type *type,
				 struct stw_item item, unsigned depth)
{
	struct value *value = ARENA_NEW(&view->c.arena, struct value);
	bool ok;

	if (!value || depth > STW_LIMIT_DEPTH)
		return damaged(view, value ? "values nested too deep" : "out of memory");
	value->type = type;
	if (item.wire == STW_WIRE_ENUM)
		ok = decode_enum(view, type, item, value);
	else if (item.wire == STW_WIRE_REFERENCE)
		ok = decode_reference(view, item, value);
	else if (item.wire == STW_WIRE_SECRET)
		ok = decode_secret(view, item, value);
	else if (item.wire == STW_WIRE_OBJECT)
		ok = decode_object(view, type, item, depth + 1, value);
	else if (item.wire == STW_WIRE_SEQUENCE)
		ok = decode_sequence(view, type, item, depth + 1, value);
	else if (item.wire == STW_WIRE_MAP)
		ok = decode_map(view, type, item, depth + 1, value);
	else
		ok = decode_scalar(view, item, value);
	return ok ? value : NULL;
}

static size_t count_fields(struct stw_bytes fields)
{
	struct stw_cursor cursor = stw_cursor_of(fields);
	struct stw_item item;
	uint16_t number;
	size_t n = 0;

	while (stw_next_field(&cursor, &number, &item))
		n++;
	return n;
}

static bool decode_fields(struct view *view, const struct schema_structure *structure,
			  struct stw_bytes fields, unsigned depth, struct value_object *out)
{
	struct value_object object = {.structure = structure};
	struct stw_cursor cursor = stw_cursor_of(fields);
	struct stw_item item;
	uint16_t number;

	object.fields = ARENA_ARRAY(&view->c.arena, struct value_field, count_fields(fields) + 1);
	if (!object.fields)
		return false;
	while (stw_next_field(&cursor, &number, &item)) {
		struct value_field field = {schema_field_numbered(structure, number), SPAN_NONE,
					    NULL};

		if (!field.field)
			return damaged(view, "a field that the schema does not have") != NULL;
		field.value = decode_item(view, field.field->type, item, depth);
		if (!field.value)
			return false;
		object.fields[object.count++] = field;
	}
	if (cursor.damaged)
		return damaged(view, "fields out of order") != NULL;
	*out = object;
	return true;
}

bool view_decode_fields(struct view *view, const struct schema_structure *structure,
			struct stw_bytes fields, struct value_object *out)
{
	return decode_fields(view, structure, fields, 0, out);
}

struct object *view_decode_object(struct view *view, const struct schema_object *type,
				  const struct stw_object *record)
{
	const struct schema_structure *structure = type->structure, *body = structure;
	const struct schema_variant *variant = NULL;
	struct object *object = ARENA_NEW(&view->c.arena, struct object);

	if (!object)
		return damaged(view, "out of memory");
	*object = (struct object){.type = type,
				  .client_id = record->client_id,
				  .identity = record->identity,
				  .id = record->id};
	if (structure->kind == STRUCTURE_UNION) {
		variant = schema_variant_numbered(structure, record->variant);
		if (!variant)
			return damaged(view, "a variant that the schema does not have");
		body = variant->body;
	}
	if (body && !view_decode_fields(view, body, record->fields, &object->body))
		return NULL;
	object->body.structure = structure;
	object->body.variant = variant;
	return object;
}
