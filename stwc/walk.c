/* The one walk over values that passes share. */
#include "stwc/walk.h"

static void walk_value(const struct walk *walk, struct value *value, const struct path *path)
{
	bool set = value->type && value->type->kind == TYPE_SET;
	struct path at = {.up = path};
	size_t i;

	walk->visit(walk->ctx, value, path);
	if (value->kind == VALUE_OBJECT)
		walk_object(walk, &value->object, path);
	for (i = 0; value->kind == VALUE_SEQUENCE && i < value->sequence.count; i++) {
		at.index = i;
		at.member = set ? value->sequence.items[i] : NULL;
		walk_value(walk, value->sequence.items[i], &at);
	}
	for (i = 0; value->kind == VALUE_MAP && i < value->map.count; i++) {
		at.member = value->map.pairs[i].key;
		walk_value(walk, value->map.pairs[i].key, &at);
		walk_value(walk, value->map.pairs[i].value, &at);
	}
}

void walk_object(const struct walk *walk, const struct value_object *object, const struct path *top)
{
	struct path path = {.up = top};
	size_t i;

	for (i = 0; i < object->count; i++) {
		path.field = object->fields[i].field->name;
		walk_value(walk, object->fields[i].value, &path);
	}
}
