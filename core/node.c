#include "core/node.h"

/* From this many entries on, a map gets an index. Fewer are scanned: a body has about ten. */
#define INDEXED_FROM 16

struct node *node_shallow(struct arena *arena, const struct node *node)
{
	size_t size = node_size((enum node_kind)node->kind);
	struct node *copy = arena_alloc(arena, size, _Alignof(struct node));

	if (!copy)
		return NULL;
	memcpy(copy, node, size);
	copy->next = NULL;
	return copy;
}

struct node *node_string(struct arena *arena, struct str s, struct span span)
{
	struct node *node = node_new(arena, NODE_STRING, span);

	if (node)
		node->string = s;
	return node;
}

void node_list_append(struct node *list, struct node *member)
{
	member->next = NULL;
	if (list->list.last)
		list->list.last->next = member;
	else
		list->list.first = member;
	list->list.last = member;
	list->list.count++;
}

/* Adds to the index, where the first entry of a name stays. */
static bool index_add(struct map *index, struct node_entry *entry)
{
	void **at = map_at(index, entry->key);

	if (!at)
		return false;
	if (!*at)
		*at = entry;
	return true;
}

static struct map *index_new(struct arena *arena, const struct hash_key *key,
			     const struct node *map)
{
	struct map *index = ARENA_NEW(arena, struct map);

	if (!index)
		return NULL;
	map_init(index, key, arena);
	for (struct node_entry *e = map->map.first; e; e = e->next) {
		if (!index_add(index, e))
			return NULL;
	}
	return index;
}

bool node_map_append(struct arena *arena, const struct hash_key *key, struct node *map,
		     struct str name, struct span name_span, struct node *value)
{
	struct node_entry *e = ARENA_NEW(arena, struct node_entry);

	if (!e)
		return false;
	e->key = name;
	e->key_span = name_span;
	e->value = value;
	/* the index first, so that a failure leaves the map as it was, and whole */
	if (map->map.index && !index_add(map->map.index, e))
		return false;
	if (map->map.last)
		map->map.last->next = e;
	else
		map->map.first = e;
	map->map.last = e;
	map->map.count++;
	if (!map->map.index && map->map.count >= INDEXED_FROM)
		map->map.index = index_new(arena, key, map);
	return map->map.index || map->map.count < INDEXED_FROM;
}

struct node *node_map_without(struct arena *arena, const struct hash_key *key,
			      const struct node *map, struct str name)
{
	struct node *copy = node_new(arena, NODE_MAP, map->span);
	const struct node_entry *e;

	for (e = map->map.first; copy && e; e = e->next) {
		if (!str_eq(e->key, name) &&
		    !node_map_append(arena, key, copy, e->key, e->key_span, e->value))
			return NULL;
	}
	return copy;
}

struct node_entry *node_map_find(const struct node *map, struct str name)
{
	struct node_entry *e;

	if (map->kind != NODE_MAP)
		return NULL;
	if (map->map.index)
		return map_get(map->map.index, name);
	for (e = map->map.first; e; e = e->next) {
		if (str_eq(e->key, name))
			break;
	}
	return e;
}

static bool same_members(const struct node *a, const struct node *b)
{
	const struct node *x = a->list.first, *y = b->list.first;

	for (; x && y && node_same(x, y); x = x->next)
		y = y->next;
	return !x && !y;
}

static bool same_entries(const struct node *a, const struct node *b)
{
	const struct node_entry *x = a->map.first, *y = b->map.first;

	for (; x && y && str_eq(x->key, y->key) && node_same(x->value, y->value); x = x->next)
		y = y->next;
	return !x && !y;
}

bool node_same(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->style != b->style)
		return false;
	switch ((enum node_kind)a->kind) {
	case NODE_POISON:
	case NODE_NULL: return true;
	case NODE_BOOL: return a->boolean == b->boolean;
	case NODE_INT: return a->magnitude == b->magnitude && a->negative == b->negative;
	case NODE_FLOAT: return memcmp(&a->number, &b->number, sizeof(a->number)) == 0;
	case NODE_STRING: return str_eq(a->string, b->string);
	case NODE_LIST: return same_members(a, b);
	case NODE_MAP: return same_entries(a, b);
	}
	return false;
}

static const char *string_kind_name(enum node_style style)
{
	switch (style) {
	case NODE_STYLE_PLAIN: return "a string";
	case NODE_STYLE_DATE_TIME: return "a date-time";
	case NODE_STYLE_LOCAL_DATE_TIME: return "a date-time without offset";
	case NODE_STYLE_LOCAL_DATE: return "a date";
	case NODE_STYLE_LOCAL_TIME: return "a time of day";
	case NODE_STYLE_BARE: return "a word";
	}
	return "a string";
}

const char *node_kind_name(const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_POISON: return "an invalid value";
	case NODE_NULL: return "null";
	case NODE_BOOL: return "a boolean";
	case NODE_INT: return "an integer";
	case NODE_FLOAT: return "a decimal number";
	case NODE_STRING: return string_kind_name((enum node_style)node->style);
	case NODE_LIST: return "a list";
	case NODE_MAP: return "a map";
	}
	return "a value";
}

bool node_as_i64(const struct node *node, int64_t *out)
{
	uint64_t magnitude = node->magnitude;

	if (node->kind != NODE_INT || magnitude > (uint64_t)INT64_MAX + node->negative)
		return false;
	if (!node->negative)
		*out = (int64_t)magnitude;
	else
		*out = magnitude ? -(int64_t)(magnitude - 1) - 1 : 0;
	return true;
}

bool node_as_u64(const struct node *node, uint64_t *out)
{
	if (node->kind != NODE_INT || (node->negative && node->magnitude != 0))
		return false;
	*out = node->magnitude;
	return true;
}
