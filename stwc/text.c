/* Values as canonical text. */
#include "base/num.h"
#include "grammar/scalar.h"
#include "stwc/bind.h"

static struct str number_text(struct arena *arena, const struct value *value)
{
	char text[32];

	if (value->kind == VALUE_SIGNED)
		return arena_printf(arena, "%lld", (long long)value->integer);
	if (value->kind == VALUE_FLOAT)
		return arena_str(arena, (struct str){text, num_format_double(value->real, text)});
	return arena_printf(arena, "%llu", (unsigned long long)value->number);
}

struct str value_text(struct arena *arena, const struct value *value)
{
	char text[NET_TEXT_SIZE];

	switch ((enum value_kind)value->kind) {
	case VALUE_NULL: return STR("null");
	case VALUE_BOOL: return value->boolean ? STR("true") : STR("false");
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_FLOAT: return number_text(arena, value);
	case VALUE_STRING: return arena_str(arena, value->string);
	case VALUE_ENUM: return str_c(value->member->name);
	case VALUE_REFERENCE: return arena_str(arena, value->reference.written);
	case VALUE_DATE:
		scalar_format_date_time(value->seconds, text);
		return arena_str(arena, str_c(text));
	case VALUE_ADDRESS:
		return arena_str(arena, (struct str){text, net_addr_format(&value->address, text)});
	case VALUE_NETWORK:
		return arena_str(arena,
				 (struct str){text, net_network_format(&value->network, text)});
	case VALUE_SOCKET:
		return arena_str(arena,
				 (struct str){text, net_socket_format(&value->socket, text)});
	case VALUE_OBJECT:
	case VALUE_SEQUENCE:
	case VALUE_MAP: break;
	}
	return STR("");
}

struct value *value_field_get(const struct value_object *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->count; i++) {
		if (strcmp(object->fields[i].field->name, name) == 0)
			return object->fields[i].value;
	}
	return NULL;
}
