/* Values to nodes, in one of the two shapes. */
#include "stwc/view_node.h"

#include <stdlib.h>

#include "grammar/scalar.h"
#include "stwc/bind.h"

static struct node *text_node(const struct view_nodes *to, struct str text)
{
	return text.p || !text.n ? node_string(to->arena, text, SPAN_NONE) : NULL;
}

static struct node *copied_text(const struct view_nodes *to, const char *text)
{
	struct str copy = arena_str(to->arena, str_c(text));

	return copy.p ? node_string(to->arena, copy, SPAN_NONE) : NULL;
}

static struct node *bool_node(const struct view_nodes *to, bool yes)
{
	struct node *node = node_new(to->arena, NODE_BOOL, SPAN_NONE);

	if (node)
		node->boolean = yes;
	return node;
}

static struct node *int_node(const struct view_nodes *to, uint64_t magnitude, bool negative)
{
	struct node *node = node_new(to->arena, NODE_INT, SPAN_NONE);

	if (node) {
		node->magnitude = magnitude;
		node->negative = negative;
	}
	return node;
}

static bool put(const struct view_nodes *to, struct node *map, struct str key, struct node *value)
{
	return value && node_map_append(to->arena, to->key, map, key, SPAN_NONE, value);
}

/* A text with a unit, where it reads back as the same number and is no longer than that. */
static struct node *unsigned_node(const struct view_nodes *to, const struct value *value)
{
	char text[64];
	uint64_t back;

	if (to->shapes == SHAPES_OWN && value->type->kind == TYPE_DURATION) {
		scalar_format_duration(value->number, text);
		if (scalar_duration(str_c(text), &back) == SCALAR_OK && back == value->number)
			return copied_text(to, text);
	}
	if (to->shapes == SHAPES_OWN && value->type->kind == TYPE_SIZE) {
		scalar_format_size(value->number, text);
		if (scalar_size(str_c(text), &back) == SCALAR_OK && back == value->number)
			return copied_text(to, text);
	}
	return int_node(to, value->number, false);
}

static struct node *string_node(const struct view_nodes *to, const struct value *value)
{
	bool secret = value->type &&
		      (value->type->kind == TYPE_SECRET || value->type->kind == TYPE_SECRET_TEXT);

	if (secret && !to->reveal && to->masked)
		*to->masked = true;
	return text_node(to, secret && !to->reveal ? STR("****") : value->string);
}

/* The text of a scalar, or of a set's member or a map's key. */
static struct str scalar_text(const struct view_nodes *to, const struct value *value)
{
	if (value->kind == VALUE_REFERENCE && to->refer)
		return to->refer(to->ctx, &value->reference);
	return value_text(to->arena, value);
}

static struct node *sequence_node(const struct view_nodes *to, const struct value *value)
{
	bool map = to->shapes == SHAPES_SERVER, set = value->type->kind == TYPE_SET;
	struct node *node = node_new(to->arena, map ? NODE_MAP : NODE_LIST, SPAN_NONE);
	size_t i;

	for (i = 0; node && i < value->sequence.count; i++) {
		const struct value *item = value->sequence.items[i];
		struct node *member;
		struct str key;

		if (!map) {
			member = view_node(to, item);
			if (!member)
				return NULL;
			node_list_append(node, member);
			continue;
		}
		key = set ? scalar_text(to, item) : arena_printf(to->arena, "%zu", i);
		member = set ? bool_node(to, true) : view_node(to, item);
		if (!key.p || !put(to, node, key, member))
			return NULL;
	}
	return node;
}

static struct node *map_node(const struct view_nodes *to, const struct value *value)
{
	struct node *node = node_new(to->arena, NODE_MAP, SPAN_NONE);
	size_t i;

	for (i = 0; node && i < value->map.count; i++) {
		const struct value_pair *pair = &value->map.pairs[i];
		struct str key = scalar_text(to, pair->key);

		if (!key.p || !put(to, node, key, view_node(to, pair->value)))
			return NULL;
	}
	return node;
}

/* "100/1d" for a rate that is whole and reads back; else .n 0. */
static struct str rate_text(const struct view_nodes *to, const struct value_object *object)
{
	const struct value *count = value_field_get(object, "count");
	const struct value *period = value_field_get(object, "period");
	char text[64];
	struct str rate;
	uint64_t back[2];

	if (strcmp(object->structure->name, "Rate") != 0 || object->count != 2 || !count ||
	    !period || count->kind != VALUE_UNSIGNED || period->kind != VALUE_UNSIGNED)
		return STR_NONE;
	scalar_format_duration(period->number, text);
	rate = arena_printf(to->arena, "%llu/%s", (unsigned long long)count->number, text);
	if (!rate.p || scalar_rate(rate, &back[0], &back[1]) != SCALAR_OK ||
	    back[0] != count->number || back[1] != period->number)
		return STR_NONE;
	return rate;
}

/* An expression that is its `else` and has no cases, of its own or of its default; else .n 0. */
static struct str expression_text(const struct value_object *object)
{
	const struct value *text = value_field_get(object, "else");
	const struct value *cases = value_field_get(object, "match");

	if (strcmp(object->structure->name, "Expression") != 0 || !text ||
	    text->kind != VALUE_STRING || object->count != (cases ? 2 : 1) ||
	    (cases && cases->sequence.count))
		return STR_NONE;
	return text->string;
}

static struct node *object_node(const struct view_nodes *to, const struct value *value)
{
	struct str text = STR_NONE;

	if (to->shapes == SHAPES_OWN) {
		text = rate_text(to, &value->object);
		if (!text.n)
			text = expression_text(&value->object);
	}
	return text.n ? text_node(to, text) : view_node_body(to, &value->object, NULL);
}

static struct node *signed_node(const struct view_nodes *to, int64_t number)
{
	return int_node(to, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
}

static struct node *float_node(const struct view_nodes *to, double real)
{
	struct node *node = node_new(to->arena, NODE_FLOAT, SPAN_NONE);

	if (node)
		node->number = real;
	return node;
}

struct node *view_node(const struct view_nodes *to, const struct value *value)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_NULL: return node_new(to->arena, NODE_NULL, SPAN_NONE);
	case VALUE_BOOL: return bool_node(to, value->boolean);
	case VALUE_UNSIGNED: return unsigned_node(to, value);
	case VALUE_SIGNED: return signed_node(to, value->integer);
	case VALUE_FLOAT: return float_node(to, value->real);
	case VALUE_STRING: return string_node(to, value);
	case VALUE_ENUM:
	case VALUE_REFERENCE:
	case VALUE_DATE:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
	case VALUE_SOCKET: return text_node(to, scalar_text(to, value));
	case VALUE_OBJECT: return object_node(to, value);
	case VALUE_SEQUENCE: return sequence_node(to, value);
	case VALUE_MAP: return map_node(to, value);
	}
	return NULL;
}

static int field_order(const void *a, const void *b)
{
	const struct value_field *const *x = a, *const *y = b;

	return strcmp((*x)->field->name, (*y)->field->name);
}

struct node *view_node_body(const struct view_nodes *to, const struct value_object *body,
			    const struct schema_field *without)
{
	struct node *node = node_new(to->arena, NODE_MAP, SPAN_NONE);
	const struct value_field **order =
		ARENA_ARRAY(to->arena, const struct value_field *, body->count + 1);
	size_t i;

	if (!node || !order)
		return NULL;
	for (i = 0; i < body->count; i++)
		order[i] = &body->fields[i];
	if (body->count)
		qsort(order, body->count, sizeof(*order), field_order);
	if (body->variant &&
	    !put(to, node, STR("@type"), text_node(to, str_c(body->variant->name))))
		return NULL;
	for (i = 0; i < body->count; i++) {
		if (order[i]->field != without &&
		    !put(to, node, str_c(order[i]->field->name), view_node(to, order[i]->value)))
			return NULL;
	}
	return node;
}

static struct node *date_node(const struct view_nodes *to, int64_t seconds)
{
	char text[32];

	scalar_format_date_time(seconds, text);
	return copied_text(to, text);
}

struct node *view_node_entry(const struct view_nodes *to, const struct schema_object *type,
			     const struct address_entry *entry)
{
	const struct schema_field *reason = schema_field_find(type->structure, STR("reason"));
	const struct schema_enum_member *member = NULL;
	struct node *node = node_new(to->arena, NODE_MAP, SPAN_NONE);
	struct node *null = node_new(to->arena, NODE_NULL, SPAN_NONE);
	bool ok = node && null;

	if (ok && entry->has_created)
		ok = put(to, node, STR("createdAt"), date_node(to, entry->created));
	if (ok && (entry->has_expires || entry->null_expires))
		ok = put(to, node, STR("expiresAt"),
			 entry->has_expires ? date_node(to, entry->expires) : null);
	if (ok && entry->has_reason && reason && reason->type->kind == TYPE_ENUM) {
		member = schema_enum_member_numbered(reason->type->members, entry->reason);
		ok = member && put(to, node, STR("reason"), text_node(to, str_c(member->name)));
	}
	if (ok && (entry->has_note || entry->null_note))
		ok = put(to, node, STR("reason"),
			 entry->has_note ? text_node(to, entry->note) : null);
	return ok ? node : NULL;
}

struct node *view_node_addressed(const struct view_nodes *to, struct node *entry,
				 struct str address)
{
	return put(to, entry, STR("address"), text_node(to, address)) ? entry : NULL;
}
