/* The one walk over values that passes share. */
#include "stwc/walk.h"

static void walk_value(const struct walk *walk, struct value *value, const struct path *path);

static void walk_sequence(const struct walk *walk, struct value *list, const struct path *path)
{
	bool set = list->type && list->type->kind == TYPE_SET;
	struct path at = {.up = path};
	size_t i;

	for (i = 0; i < list->sequence.count; i++) {
		at.index = i;
		at.member = set ? list->sequence.items[i] : NULL;
		walk_value(walk, list->sequence.items[i], &at);
	}
}

static void walk_map(const struct walk *walk, struct value *map, const struct path *path)
{
	struct path at = {.up = path};
	size_t i;

	for (i = 0; i < map->map.count; i++) {
		at.member = map->map.pairs[i].key;
		walk_value(walk, map->map.pairs[i].key, &at);
		walk_value(walk, map->map.pairs[i].value, &at);
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
	struct path path = {.up = top};
	size_t i;

	for (i = 0; i < object->count; i++) {
		const struct schema_field *field = object->fields[i].field;

		if (walk->holds && !(field->holds & walk->holds))
			continue;
		path.field = field->name;
		walk_value(walk, object->fields[i].value, &path);
	}
}
