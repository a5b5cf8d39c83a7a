/* The one walk over values that passes share. */
#include "stwc/walk.h"

#include <stdio.h>

#include "base/buf.h"
#include "stwc/bind.h"

static void walk_value(const struct walk *walk, struct value *value, struct buf *path);

static void walk_step(const struct walk *walk, struct value *value, struct buf *path,
		      struct str name)
{
	size_t length = path->n;

	if (length)
		buf_putc(path, '/');
	buf_puts(path, name);
	walk_value(walk, value, path);
	path->n = length;
}

static void walk_fields(const struct walk *walk, const struct value_object *object,
			struct buf *path)
{
	size_t i;

	for (i = 0; i < object->count; i++)
		walk_step(walk, object->fields[i].value, path,
			  str_c(object->fields[i].field->name));
}

static void walk_value(const struct walk *walk, struct value *value, struct buf *path)
{
	char index[24];
	size_t i;

	walk->visit(walk->ctx, value, buf_str(path));
	if (value->kind == VALUE_OBJECT)
		walk_fields(walk, &value->object, path);
	for (i = 0; value->kind == VALUE_SEQUENCE && i < value->sequence.count; i++) {
		int n = snprintf(index, sizeof(index), "%zu", i);

		walk_step(walk, value->sequence.items[i], path, (struct str){index, (size_t)n});
	}
	for (i = 0; value->kind == VALUE_MAP && i < value->map.count; i++) {
		const struct value_pair *pair = &value->map.pairs[i];

		walk_step(walk, pair->key, path, STR("key"));
		walk_step(walk, pair->value, path, STR("value"));
	}
}

void walk_object(const struct walk *walk, const struct value_object *object)
{
	struct buf path = BUF_INIT;

	walk_fields(walk, object, &path);
	buf_free(&path);
}
