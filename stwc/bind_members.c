/* Binding of lists, sets and maps, in every spelling that the source's shapes allow. */
#include "stwc/bind.h"

#include <stdlib.h>

#include "base/num.h"

/* Sets of up to this many members are searched, not indexed. */
#define FEW_MEMBERS 16

struct members {
	struct value **items;
	size_t count, room;
};

static bool members_reserve(struct binder *b, struct members *m, size_t count)
{
	m->items = ARENA_ARRAY(&b->c->arena, struct value *, count + 1);
	m->room = count;
	return m->items != NULL;
}

static const char *plural(const struct schema_type *type)
{
	return type->kind == TYPE_SET ? "set" : "list";
}

static void check_count(struct binder *b, const struct schema_type *type, const struct node *node,
			size_t given, const struct path *path)
{
	if (given < type->min_items && !b->part)
		bind_error(b, DIAG_TOO_FEW, node->span, path, NULL,
			   "'%.*s' needs at least %u member%s", STR_ARG(path_name(path)),
			   type->min_items, type->min_items == 1 ? "" : "s");
}

/* How a server wants it written, in a hint. */
static void wrong_shape(struct binder *b, const struct schema_type *type, struct node *node,
			const struct path *path)
{
	struct diag *diag = bind_error(b, DIAG_WRONG_SHAPE, node->span, path, NULL,
				       "a server does not take the %s '%.*s' as %s", plural(type),
				       STR_ARG(path_name(path)),
				       node->kind == NODE_LIST ? "an array" : node_kind_name(node));
	const struct node *first = node->kind == NODE_LIST ? node->list.first : node;

	if (type->kind == TYPE_LIST)
		diag_hint(&b->c->diags, diag, "write {\"0\": …, \"1\": …}");
	else if (first && first->kind == NODE_STRING)
		diag_hint(&b->c->diags, diag, "write {\"%.*s\": true%s}", STR_ARG(first->string),
			  node->kind == NODE_LIST && first->next ? ", …" : "");
	else
		diag_hint(&b->c->diags, diag, "write {\"member\": true}");
}

/* The member that is the same value, or NULL. Few members are compared, many are looked up. */
static const struct value *earlier_member(struct binder *b, struct map *seen,
					  const struct members *m, const struct value *value)
{
	const struct value *first;
	struct str text;
	void **place;
	size_t i;

	if (m->room <= FEW_MEMBERS) {
		for (i = 0; i < m->count; i++) {
			if (value_same(m->items[i], value))
				return m->items[i];
		}
		return NULL;
	}
	text = value_text(&b->c->arena, value);
	place = text.p ? map_at(seen, text) : NULL;
	first = place ? *place : NULL; /* the arena remembers a failure */
	if (place && !first)
		*place = (void *)(uintptr_t)value;
	return first;
}

/* Two spellings of one value are one member: reported, and kept once. */
static void add_member(struct binder *b, const struct schema_type *type, struct node *node,
		       const struct path *path, struct map *seen, struct members *m)
{
	struct value *value = bind_value(b, type->element, NULL, node, path);
	const struct value *first = value ? earlier_member(b, seen, m, value) : NULL;
	struct str text;

	if (!value)
		return;
	if (!first) {
		m->items[m->count++] = value;
	} else if (b->shapes == SHAPES_OWN) {
		text = value_text(&b->c->arena, value);
		diag_relate(&b->c->diags,
			    bind_error(b, DIAG_DUPLICATE_MEMBER, value->span, path, NULL,
				       "'%.*s' names %.*s twice", STR_ARG(path_name(path)),
				       STR_ARG(text)),
			    first->span, "first named here");
	}
}

/* {"member": true, "other": false}: false leaves a member out. How many it does not leave out. */
static size_t set_from_map(struct binder *b, const struct schema_type *type, struct node *node,
			   const struct path *path, struct map *seen, struct members *m)
{
	struct node_entry *e;
	size_t given = 0;

	for (e = node->map.first; e; e = e->next) {
		struct path here = {.up = path, .name = e->key};
		struct node *member;

		given += e->value->kind != NODE_BOOL || e->value->boolean;
		if (e->value->kind != NODE_BOOL) {
			if (e->value->kind != NODE_POISON)
				diag_hint(&b->c->diags,
					  bind_error(b, DIAG_WRONG_TYPE, e->value->span, &here,
						     NULL,
						     "a member of a set is true or false, not %s",
						     node_kind_name(e->value)),
					  "a set is a list, or {member: true}");
			continue;
		}
		if (!e->value->boolean)
			continue;
		member = node_string(&b->c->arena, e->key, e->key_span);
		if (member)
			add_member(b, type, member, &here, seen, m);
	}
	return given;
}

static struct value *bind_set(struct binder *b, const struct schema_type *type, struct node *node,
			      const struct path *path)
{
	struct value *value = bind_new(b, VALUE_SEQUENCE, type, node->span);
	struct members m = {NULL, 0, 0};
	struct node *member;
	struct map seen;
	size_t given = 1;

	map_init(&seen, &b->c->hash_key, &b->c->arena);
	if (!value)
		return NULL;
	if (node->kind != NODE_MAP && b->shapes == SHAPES_SERVER) {
		wrong_shape(b, type, node, path);
		return NULL;
	}
	if (node->kind == NODE_MAP)
		given = node->map.count;
	else if (node->kind == NODE_LIST)
		given = node->list.count;
	if (!members_reserve(b, &m, given))
		return NULL;
	if (node->kind == NODE_MAP) {
		given = set_from_map(b, type, node, path, &seen, &m);
	} else if (node->kind == NODE_LIST) {
		for (member = node->list.first; member; member = member->next)
			add_member(b, type, member, path, &seen, &m);
	} else {
		add_member(b, type, node, path, &seen, &m);
	}
	/* a member that was wrong has been reported; it is not missing as well */
	check_count(b, type, node, given, path);
	value->sequence.items = m.items;
	value->sequence.count = m.count;
	return value;
}

struct indexed {
	uint64_t index;
	struct node_entry *entry;
};

static int by_index(const void *a, const void *b)
{
	const struct indexed *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->entry->key_span.begin < y->entry->key_span.begin ? -1 : 1;
}

/* {"0": …, "1": …} in the order of the numbers, which may have gaps (validation.md 3.1). */
static bool list_from_map(struct binder *b, const struct schema_type *type, struct node *node,
			  const struct path *path, struct members *m)
{
	struct indexed *order = ARENA_ARRAY(&b->c->arena, struct indexed, node->map.count + 1);
	struct node_entry *e;
	size_t count = 0, i;

	if (!order)
		return false;
	for (e = node->map.first; e; e = e->next) {
		struct path here = {.up = path, .name = e->key};

		order[count].entry = e;
		if (num_u64(e->key, &order[count].index) == NUM_OK &&
		    order[count].index <= UINT32_MAX)
			count++;
		else
			bind_error(b, DIAG_WRONG_TYPE, e->key_span, &here, NULL,
				   "the key of a list's member is its number, not '%.*s'",
				   STR_ARG(e->key));
	}
	if (count)
		qsort(order, count, sizeof(*order), by_index);
	for (i = 0; i < count; i++) {
		struct path here = {.up = path, .name = order[i].entry->key};
		struct value *value =
			bind_value(b, type->element, NULL, order[i].entry->value, &here);

		/* "1" and "01": a server keeps one of them */
		if (i && order[i].index == order[i - 1].index)
			bind_error(b, DIAG_DUPLICATE_KEY, order[i].entry->key_span, &here, NULL,
				   "the member %llu is given twice",
				   (unsigned long long)order[i].index);
		if (value)
			m->items[m->count++] = value;
	}
	return true;
}

static bool list_from_list(struct binder *b, const struct schema_type *type, struct node *node,
			   const struct path *path, struct members *m)
{
	struct node *member;
	size_t index = 0;

	for (member = node->list.first; member; member = member->next, index++) {
		struct path here = {.up = path, .index = index};
		struct value *value = bind_value(b, type->element, NULL, member, &here);

		if (value)
			m->items[m->count++] = value;
	}
	return true;
}

static struct value *bind_list(struct binder *b, const struct schema_type *type, struct node *node,
			       const struct path *path)
{
	struct value *value = bind_new(b, VALUE_SEQUENCE, type, node->span);
	struct members m = {NULL, 0, 0};
	size_t given;

	if (!value)
		return NULL;
	if (node->kind == NODE_LIST && b->shapes == SHAPES_SERVER) {
		wrong_shape(b, type, node, path);
		return NULL;
	}
	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return bind_wrong_type(b, type, node, path);
	given = node->kind == NODE_MAP ? node->map.count : node->list.count;
	if (!members_reserve(b, &m, given))
		return NULL;
	if (!(node->kind == NODE_MAP ? list_from_map(b, type, node, path, &m)
				     : list_from_list(b, type, node, path, &m)))
		return NULL;
	check_count(b, type, node, given, path);
	value->sequence.items = m.items;
	value->sequence.count = m.count;
	return value;
}

static struct value *bind_map(struct binder *b, const struct schema_type *type, struct node *node,
			      const struct path *path)
{
	struct value *value = bind_new(b, VALUE_MAP, type, node->span);
	struct node_entry *e;

	if (!value)
		return NULL;
	if (node->kind != NODE_MAP)
		return bind_wrong_type(b, type, node, path);
	value->map.pairs = ARENA_ARRAY(&b->c->arena, struct value_pair, node->map.count + 1);
	if (!value->map.pairs)
		return NULL;
	for (e = node->map.first; e; e = e->next) {
		struct path here = {.up = path, .name = e->key};
		struct node *key = node_string(&b->c->arena, e->key, e->key_span);
		struct value_pair pair = {NULL, NULL};

		if (!key)
			return NULL;
		pair.key = bind_value(b, type->key, NULL, key, &here);
		pair.value = bind_value(b, type->element, NULL, e->value, &here);
		if (pair.key && pair.value)
			value->map.pairs[value->map.count++] = pair;
	}
	return value;
}

/* Members that are given as a whole are all there is: nothing in them merges with what was there.
 */
struct value *bind_members(struct binder *b, const struct schema_type *type, struct node *node,
			   const struct path *path)
{
	bool merges = b->merges, part = b->part;
	struct value *value;

	b->part = b->led > 0;
	if (b->part)
		b->led--;
	else
		b->merges = false;
	if (type->kind == TYPE_SET)
		value = bind_set(b, type, node, path);
	else if (type->kind == TYPE_LIST)
		value = bind_list(b, type, node, path);
	else
		value = bind_map(b, type, node, path);
	b->merges = merges;
	b->part = part;
	return value;
}
