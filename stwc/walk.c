/* The one walk over values that passes share. */
#include "stwc/walk.h"

#include <stdio.h>

#include "stwc/bind.h"

static void walk_value(const struct walk *walk, struct value *value, const struct path *path);

/* A member that is named by what it holds, where that is a text already. */
static struct str name_of(const struct value *value, char room[VALUE_TEXT_SIZE])
{
	if (value->kind == VALUE_STRING)
		return value->string;
	if (value->kind == VALUE_ENUM)
		return str_c(value->member->name);
	if (value->kind == VALUE_REFERENCE)
		return value->reference.written;
	return (struct str){room, value_format(value, room)};
}

static void walk_sequence(const struct walk *walk, struct value *value, const struct path *up)
{
	bool set = value->type->kind == TYPE_SET;
	char text[VALUE_TEXT_SIZE];
	size_t i;

	for (i = 0; i < value->sequence.count; i++) {
		struct value *item = value->sequence.items[i];
		struct path path = {up, STR_NONE};

		if (set)
			path.name = name_of(item, text);
		else
			path.name =
				(struct str){text, (size_t)snprintf(text, sizeof(text), "%zu", i)};
		walk_value(walk, item, &path);
	}
}

static void walk_map(const struct walk *walk, struct value *value, const struct path *up)
{
	char text[VALUE_TEXT_SIZE];
	size_t i;

	for (i = 0; i < value->map.count; i++) {
		const struct value_pair *pair = &value->map.pairs[i];
		struct path path = {up, name_of(pair->key, text)};

		walk_value(walk, pair->key, &path);
		walk_value(walk, pair->value, &path);
	}
}

static void walk_value(const struct walk *walk, struct value *value, const struct path *path)
{
	walk->visit(walk->ctx, value, path);
	if (value->kind == VALUE_OBJECT)
		walk_object(walk, &value->object, path);
	else if (value->kind == VALUE_SEQUENCE)
		walk_sequence(walk, value, path);
	else if (value->kind == VALUE_MAP)
		walk_map(walk, value, path);
}

void walk_object(const struct walk *walk, const struct value_object *object, const struct path *top)
{
	size_t i;

	for (i = 0; i < object->count; i++) {
		struct path path = {top, str_c(object->fields[i].field->name)};

		walk_value(walk, object->fields[i].value, &path);
	}
}
