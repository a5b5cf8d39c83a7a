/* The objects of a view in the order that people get them in, and by the ids that refer to them. */
#include <stdlib.h>

#include "stwc/view_dump.h"

static int by_name(const void *a, const void *b)
{
	return view_object_cmp(*(const struct object *const *)a, *(const struct object *const *)b);
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct object *const *)a)->id;
	uint64_t y = (*(const struct object *const *)b)->id;

	return x < y ? -1 : x > y;
}

static bool is_among(const struct schema_object *type, const struct schema_object *const *types,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (types[i] == type)
			return true;
	return count == 0;
}

bool view_index_init(struct view_index *index, const struct view *view,
		     const struct schema_object *const *types, size_t type_count)
{
	const struct compilation *c = &view->c;
	const struct object **named = calloc(c->object_count + 1, sizeof(*named));
	const struct object **numbered = calloc(c->object_count + 1, sizeof(*numbered));
	size_t count = 0;

	*index = (struct view_index){.by_name = named, .by_id = numbered};
	if (!named || !numbered)
		return false;
	for (size_t i = 0; i < c->object_count; i++)
		if (is_among(c->objects[i]->type, types, type_count))
			named[count++] = c->objects[i];
	qsort(named, count, sizeof(*named), by_name);
	memcpy(numbered, named, count * sizeof(*numbered));
	qsort(numbered, count, sizeof(*numbered), by_id);
	index->count = count;
	return true;
}

void view_index_free(struct view_index *index)
{
	free(index->by_name);
	free(index->by_id);
	*index = (struct view_index){.count = 0};
}

const struct object *view_index_find(const struct view_index *index, uint64_t id)
{
	const struct object key = {.id = id}, *wanted = &key;
	const struct object **found =
		index->count ? bsearch(&wanted, index->by_id, index->count, sizeof(wanted), by_id)
			     : NULL;

	return found ? *found : NULL;
}
