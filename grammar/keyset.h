/*
 * The keys of one map while it is read, to find a duplicate. People and programs mostly
 * write keys in ascending order or few of them, so hashing is left until it is needed;
 * where it is, it is keyed, because whoever writes the input chooses the keys.
 */
#ifndef STW_GRAMMAR_KEYSET_H
#define STW_GRAMMAR_KEYSET_H

#include "base/map.h"

struct keyset_item {
	const char *p;
	uint32_t n;
	uint32_t begin; /* what the caller wants to know of the first of two equal keys */
};

struct keyset_slot {
	uint32_t hash;
	uint32_t item; /* number + 1, or 0 */
};

/* Zeroed is a valid empty set. Memory is malloc's and kept for the next map. */
struct keyset {
	struct keyset_item *items;
	size_t count, cap;
	struct keyset_slot *slots;
	size_t slot_count; /* in use, a power of two; 0: the items are scanned */
	size_t slot_cap;
	size_t last;  /* keys of the last map that needed slots */
	bool ordered; /* each key so far was longer than the one before, or greater */
};

enum keyset_status {
	KEYSET_NEW,
	KEYSET_DUPLICATE,
	KEYSET_FAILED /* out of memory */
};

static inline void keyset_clear(struct keyset *set)
{
	if (set->slot_count)
		set->last = set->count;
	set->count = 0;
	set->slot_count = 0;
	set->ordered = true;
}

/* Adds a key, which must stay where it is until keyset_clear. On KEYSET_DUPLICATE *first is
 * the `begin` of the equal key. `key` is the hash key; the same until keyset_clear. */
enum keyset_status keyset_add(struct keyset *set, const struct hash_key *key, struct str name,
			      uint32_t begin, uint32_t *first) WARN_UNUSED;
void keyset_free(struct keyset *set);

#endif
