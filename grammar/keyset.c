#include "grammar/keyset.h"

#include <stdlib.h>

#define SCANNED ((size_t)16) /* up to so many keys are compared one by one */
#define FIRST_CAP ((size_t)16)

/* Order by length, then bytes: that of numbered names such as b9, b10. */
static bool before(const struct keyset_item *a, const struct keyset_item *b)
{
	if (a->n != b->n)
		return a->n < b->n;
	return memcmp(a->p, b->p, a->n) < 0;
}

static bool same(const struct keyset_item *a, const struct keyset_item *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static uint32_t item_hash(const struct hash_key *key, const struct keyset_item *item)
{
	return (uint32_t)hash_str(key, (struct str){item->p, item->n});
}

static bool grow_items(struct keyset *set)
{
	size_t cap = set->cap ? set->cap : FIRST_CAP / 2, bytes;
	struct keyset_item *items;

	if (mul_overflows(cap, (size_t)2, &cap) || cap > UINT32_MAX ||
	    mul_overflows(cap, sizeof(*items), &bytes))
		return false;
	items = realloc(set->items, bytes);
	if (!items)
		return false;
	set->items = items;
	set->cap = cap;
	return true;
}

static void slot_put(struct keyset *set, uint32_t hash, uint32_t item)
{
	size_t mask = set->slot_count - 1, i = hash & mask;

	while (set->slots[i].item)
		i = (i + 1) & mask;
	set->slots[i] = (struct keyset_slot){hash, item};
}

/* The first slots of a map: as many as it needs, or the last one needed. One huge map thus
 * makes one later small one slow, and not all of them. */
static bool first_slots(struct keyset *set, const struct hash_key *key)
{
	size_t count = 4 * SCANNED, keys = set->count < set->last ? set->last : set->count;

	while (count < 3 * keys)
		count *= 2;
	if (count > set->slot_cap) {
		struct keyset_slot *slots = malloc(count * sizeof(*slots));

		if (!slots)
			return false;
		free(set->slots);
		set->slots = slots;
		set->slot_cap = count;
	}
	memset(set->slots, 0, count * sizeof(*set->slots));
	set->slot_count = count;
	for (size_t i = 0; i < set->count; i++)
		slot_put(set, item_hash(key, &set->items[i]), (uint32_t)(i + 1));
	return true;
}

/* Four times the slots. The old ones keep their hashes, so nothing is hashed again; they stay
 * where they are when memory fails. */
static bool more_slots(struct keyset *set)
{
	struct keyset_slot *old = set->slots, *slots;
	size_t old_count = set->slot_count, count;

	if (mul_overflows(old_count, (size_t)4, &count))
		return false;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return false;
	set->slots = slots;
	set->slot_count = count;
	set->slot_cap = count;
	for (size_t i = 0; i < old_count; i++)
		if (old[i].item)
			slot_put(set, old[i].hash, old[i].item);
	free(old);
	return true;
}

static bool slots_ready(struct keyset *set, const struct hash_key *key)
{
	if (set->slot_count == 0)
		return first_slots(set, key);
	return 2 * (set->count + 1) <= set->slot_count || more_slots(set);
}

static const struct keyset_item *scan(const struct keyset *set, const struct keyset_item *item)
{
	for (size_t i = 0; i < set->count; i++)
		if (same(&set->items[i], item))
			return &set->items[i];
	return NULL;
}

static const struct keyset_item *probe(const struct keyset *set, const struct keyset_item *item,
				       uint32_t hash)
{
	size_t mask = set->slot_count - 1;

	for (size_t i = hash & mask; set->slots[i].item; i = (i + 1) & mask) {
		const struct keyset_item *other = &set->items[set->slots[i].item - 1];

		if (set->slots[i].hash == hash && same(other, item))
			return other;
	}
	return NULL;
}

static enum keyset_status add_scanned(struct keyset *set, const struct keyset_item *item,
				      uint32_t *first)
{
	const struct keyset_item *other = scan(set, item);

	if (other) {
		*first = other->begin;
		return KEYSET_DUPLICATE;
	}
	set->count++;
	return KEYSET_NEW;
}

static enum keyset_status add_hashed(struct keyset *set, const struct hash_key *key,
				     const struct keyset_item *item, uint32_t *first)
{
	const struct keyset_item *other;
	uint32_t hash;

	if (!slots_ready(set, key))
		return KEYSET_FAILED;
	hash = item_hash(key, item);
	other = probe(set, item, hash);
	if (other) {
		*first = other->begin;
		return KEYSET_DUPLICATE;
	}
	slot_put(set, hash, (uint32_t)++set->count);
	return KEYSET_NEW;
}

enum keyset_status keyset_add(struct keyset *set, const struct hash_key *key, struct str name,
			      uint32_t begin, uint32_t *first)
{
	struct keyset_item *item;

	if (set->count == set->cap && !grow_items(set))
		return KEYSET_FAILED;
	item = &set->items[set->count]; /* not counted before it is known to be new */
	*item = (struct keyset_item){name.p, (uint32_t)name.n, begin};
	if (set->ordered && (set->count == 0 || before(item - 1, item))) {
		set->count++;
		return KEYSET_NEW;
	}
	set->ordered = false;
	if (set->slot_count == 0 && set->count < SCANNED)
		return add_scanned(set, item, first);
	return add_hashed(set, key, item, first);
}

void keyset_free(struct keyset *set)
{
	free(set->items);
	free(set->slots);
	*set = (struct keyset){0};
}
