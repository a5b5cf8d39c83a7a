/* Values as canonical text. */
#include <stdio.h>

#include "grammar/scalar.h"
#include "base/num.h"
#include "stwc/bind.h"

size_t value_format(const struct value *value, char out[VALUE_TEXT_SIZE])
{
	int n = 0;

	_Static_assert(VALUE_TEXT_SIZE >= NET_TEXT_SIZE && VALUE_TEXT_SIZE >= 32,
		       "the longest scalar fits");
	switch ((enum value_kind)value->kind) {
	case VALUE_NULL: n = snprintf(out, VALUE_TEXT_SIZE, "null"); break;
	case VALUE_BOOL:
		n = snprintf(out, VALUE_TEXT_SIZE, value->boolean ? "true" : "false");
		break;
	case VALUE_UNSIGNED:
		n = snprintf(out, VALUE_TEXT_SIZE, "%llu", (unsigned long long)value->number);
		break;
	case VALUE_SIGNED:
		n = snprintf(out, VALUE_TEXT_SIZE, "%lld", (long long)value->integer);
		break;
	case VALUE_FLOAT: return num_format_double(value->real, out);
	case VALUE_DATE: scalar_format_date_time(value->seconds, out); return strlen(out);
	case VALUE_ADDRESS: return net_addr_format(&value->address, out);
	case VALUE_NETWORK: return net_network_format(&value->network, out);
	case VALUE_SOCKET: return net_socket_format(&value->socket, out);
	case VALUE_STRING:
	case VALUE_ENUM:
	case VALUE_REFERENCE:
	case VALUE_OBJECT:
	case VALUE_SEQUENCE:
	case VALUE_MAP: break;
	}
	return (size_t)n;
}

struct str value_text(struct arena *arena, const struct value *value)
{
	char text[VALUE_TEXT_SIZE];

	switch ((enum value_kind)value->kind) {
	case VALUE_STRING: return value->string;
	case VALUE_ENUM: return str_c(value->member->name);
	case VALUE_REFERENCE: return value->reference.written;
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_FLOAT:
	case VALUE_DATE:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
	case VALUE_SOCKET: return arena_str(arena, (struct str){text, value_format(value, text)});
	case VALUE_OBJECT:
	case VALUE_SEQUENCE:
	case VALUE_MAP: break;
	}
	return STR("");
}

bool value_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch ((enum value_kind)a->kind) {
	case VALUE_NULL: return true;
	case VALUE_BOOL: return a->boolean == b->boolean;
	case VALUE_UNSIGNED: return a->number == b->number;
	case VALUE_SIGNED: return a->integer == b->integer;
	case VALUE_FLOAT: return !(a->real < b->real) && !(a->real > b->real);
	case VALUE_STRING: return str_eq(a->string, b->string);
	case VALUE_ENUM: return a->member == b->member;
	case VALUE_REFERENCE: return str_eq(a->reference.written, b->reference.written);
	case VALUE_DATE: return a->seconds == b->seconds;
	case VALUE_ADDRESS: return net_addr_eq(&a->address, &b->address);
	case VALUE_NETWORK:
		return a->network.prefix == b->network.prefix &&
		       net_addr_eq(&a->network.addr, &b->network.addr);
	case VALUE_SOCKET:
		return a->socket.port == b->socket.port &&
		       net_addr_eq(&a->socket.addr, &b->socket.addr);
	case VALUE_OBJECT:
	case VALUE_SEQUENCE:
	case VALUE_MAP: break;
	}
	return false;
}

static bool same_object(const struct value_object *a, const struct value_object *b)
{
	size_t i;

	if (a->structure != b->structure || a->variant != b->variant || a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++) {
		if (a->fields[i].field != b->fields[i].field ||
		    !value_equal(a->fields[i].value, b->fields[i].value))
			return false;
	}
	return true;
}

/* Sets have no order; members of one are scalars, each there once. */
static bool same_set(const struct value *a, const struct value *b)
{
	size_t i, k;

	for (i = 0; i < a->sequence.count; i++) {
		for (k = 0; k < b->sequence.count; k++) {
			if (value_same(a->sequence.items[i], b->sequence.items[k]))
				break;
		}
		if (k == b->sequence.count)
			return false;
	}
	return true;
}

static bool same_sequence(const struct value *a, const struct value *b)
{
	size_t i;

	if (a->sequence.count != b->sequence.count)
		return false;
	for (i = 0; i < a->sequence.count; i++) {
		if (!value_equal(a->sequence.items[i], b->sequence.items[i]))
			break;
	}
	return i == a->sequence.count || (a->type->kind == TYPE_SET && same_set(a, b));
}

static bool same_map(const struct value *a, const struct value *b)
{
	size_t i, k;

	for (i = 0; i < a->map.count; i++) {
		for (k = 0; k < b->map.count; k++) {
			if (value_same(a->map.pairs[i].key, b->map.pairs[k].key))
				break;
		}
		if (k == b->map.count || !value_equal(a->map.pairs[i].value, b->map.pairs[k].value))
			return false;
	}
	return a->map.count == b->map.count;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_OBJECT)
		return same_object(&a->object, &b->object);
	if (a->kind == VALUE_SEQUENCE)
		return same_sequence(a, b);
	if (a->kind == VALUE_MAP)
		return same_map(a, b);
	return value_same(a, b);
}

struct value *value_field_get(const struct value_object *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->count; i++) {
		const char *own = object->fields[i].field->name;

		/* the first letter tells most names apart, without a call */
		if (own[0] == name[0] && strcmp(own, name) == 0)
			return object->fields[i].value;
	}
	return NULL;
}
