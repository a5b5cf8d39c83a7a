/*
 * The order of a plan: what is referred to comes first. A depth-first walk with a stack of its
 * own, since a chain of references may be as long as there are objects. An id names its object
 * over all types, because the type is part of what it is the digest of.
 */
#include <stdlib.h>

#include "base/num.h"
#include "stwc/view_dump.h"
#include "stwc/walk.h"

bool view_ordinal(struct str identity, uint64_t *out)
{
	if (identity.n < 3 || identity.p[0] != '[' || identity.p[identity.n - 1] != ']')
		return false;
	return num_u64((struct str){identity.p + 1, identity.n - 2}, out) == NUM_OK;
}

int view_object_cmp(const struct object *a, const struct object *b)
{
	int order = strcmp(a->type->name, b->type->name);
	uint64_t x, y;

	if (order)
		return order;
	if (view_ordinal(a->identity, &x) && view_ordinal(b->identity, &y) && x != y)
		return x < y ? -1 : 1;
	return str_cmp(a->identity, b->identity);
}

enum state { STATE_NEW, STATE_OPEN, STATE_DONE };

struct entry {
	struct object *object;
	uint32_t *targets; /* positions among the entries, a part of `links` */
	size_t target_count, next;
	uint8_t state;
};

struct sorter {
	struct entry *entries; /* by view_object_cmp */
	size_t count;
	uint32_t *by_id; /* positions by id */
	uint32_t *links; /* all targets, back to back */
	size_t link_count, link_cap;
	struct object **out;
	size_t out_count;
	enum view_order_by by;
	bool failed;
};

bool view_reference_is_hard(const struct schema_field *field)
{
	return field->required || field->update == UPDATE_IMMUTABLE;
}

/* What belongs to an account goes with it. */
bool view_reference_holds(const struct object *object, const struct schema_field *field)
{
	return strcmp(field->name, "accountId") != 0 ||
	       (strcmp(object->type->name, "PublicKey") != 0 &&
		strcmp(object->type->name, "MaskedEmail") != 0);
}

static int cmp_entries(const void *a, const void *b)
{
	return view_object_cmp(((const struct entry *)a)->object,
			       ((const struct entry *)b)->object);
}

static int cmp_ids(const void *a, const void *b, void *ctx)
{
	const struct entry *entries = ctx;
	uint64_t x = entries[*(const uint32_t *)a].object->id;
	uint64_t y = entries[*(const uint32_t *)b].object->id;

	return x < y ? -1 : x > y;
}

static bool find_id(const struct sorter *s, uint64_t id, uint32_t *out)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t found = s->entries[s->by_id[middle]].object->id;

		if (found == id) {
			*out = s->by_id[middle];
			return true;
		}
		if (found < id)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void add_link(struct sorter *s, uint32_t target)
{
	if (s->link_count == s->link_cap) {
		size_t cap = s->link_cap ? 2 * s->link_cap : 256;
		uint32_t *grown = cap > SIZE_MAX / sizeof(*grown)
					  ? NULL
					  : realloc(s->links, cap * sizeof(*grown));

		if (!grown) {
			s->failed = true;
			return;
		}
		s->links = grown;
		s->link_cap = cap;
	}
	s->links[s->link_count++] = target;
}

static void visit(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct sorter *s = ctx;
	uint32_t target;

	if (value->kind == VALUE_REFERENCE && find_id(s, value->reference.id, &target))
		add_link(s, target);
}

static bool counts(const struct sorter *s, const struct object *object,
		   const struct schema_field *field)
{
	switch (s->by) {
	case VIEW_ORDER_ALL: break;
	case VIEW_ORDER_HARD: return view_reference_is_hard(field);
	case VIEW_ORDER_HOLDING: return view_reference_holds(object, field);
	}
	return true;
}

/* The references of an object that count. */
static void walk_links(struct sorter *s, const struct walk *walk, const struct object *object)
{
	struct value_object part = object->body;
	size_t i;

	part.count = 1;
	for (i = 0; i < object->body.count; i++) {
		part.fields = &object->body.fields[i];
		if (counts(s, object, part.fields->field))
			walk_object(walk, &part, NULL);
	}
}

/* The array may move while it grows, so positions become pointers at the end. */
static void collect_links(struct sorter *s)
{
	struct walk walk = {visit, s, 0};
	size_t i, at = 0;

	for (i = 0; i < s->count && !s->failed; i++) {
		size_t before = s->link_count;

		walk_links(s, &walk, s->entries[i].object);
		s->entries[i].target_count = s->link_count - before;
	}
	for (i = 0; i < s->count && !s->failed; i++) {
		if (s->entries[i].target_count)
			s->entries[i].targets = s->links + at;
		at += s->entries[i].target_count;
	}
}

/* Everything that `root` needs and has not been written, then `root`. */
static void descend(struct sorter *s, uint32_t *stack, uint32_t root)
{
	size_t depth = 0;

	stack[depth++] = root;
	s->entries[root].state = STATE_OPEN;
	while (depth) {
		struct entry *e = &s->entries[stack[depth - 1]];

		if (e->next == e->target_count) {
			e->state = STATE_DONE;
			s->out[s->out_count++] = e->object;
			depth--;
			continue;
		}
		root = e->targets[e->next++];
		if (s->entries[root].state != STATE_NEW)
			continue; /* written, or part of a circle */
		s->entries[root].state = STATE_OPEN;
		stack[depth++] = root;
	}
}

static bool prepare(struct sorter *s, struct object *const *objects)
{
	size_t i;

	s->entries = calloc(s->count + 1, sizeof(*s->entries));
	s->by_id = calloc(s->count + 1, sizeof(*s->by_id));
	s->out = calloc(s->count + 1, sizeof(struct object *));
	if (!s->entries || !s->by_id || !s->out || s->count > UINT32_MAX)
		return false;
	for (i = 0; i < s->count; i++)
		s->entries[i].object = objects[i];
	qsort(s->entries, s->count, sizeof(*s->entries), cmp_entries);
	for (i = 0; i < s->count; i++)
		s->by_id[i] = (uint32_t)i;
	qsort_r(s->by_id, s->count, sizeof(*s->by_id), cmp_ids, s->entries);
	collect_links(s);
	return !s->failed;
}

struct object **view_order(struct object *const *objects, size_t count, enum view_order_by by)
{
	struct sorter s = {.count = count, .by = by};
	uint32_t *stack = calloc(count + 1, sizeof(*stack));
	bool ok = stack && prepare(&s, objects);
	size_t i;

	for (i = 0; ok && i < count; i++) {
		if (s.entries[i].state == STATE_NEW)
			descend(&s, stack, (uint32_t)i);
	}
	if (!ok) {
		free(s.out);
		s.out = NULL;
	}
	free(stack);
	free(s.entries);
	free(s.by_id);
	free(s.links);
	return s.out;
}
