/*
 * A map from strings to pointers: keyed SipHash-1-3, so that nobody can choose keys
 * that collide, and iteration in the order of insertion, so that nothing printed
 * depends on the key. Keys are not copied: they must outlive the map.
 */
#ifndef STW_BASE_MAP_H
#define STW_BASE_MAP_H

#include "base/arena.h"

struct hash_key {
	uint64_t k0, k1;
};

/* A key from getrandom(2); made once per process, in main. False: errno says why. */
bool hash_key_random(struct hash_key *out) WARN_UNUSED;
/* SipHash-1-3 of the bytes of s. */
uint64_t hash_str(const struct hash_key *key, struct str s);

struct map_entry {
	struct str key;
	void *value;
	uint64_t hash;
};

struct map {
	const struct hash_key *key;
	struct arena *arena; /* where entries live; NULL: malloc, and map_free is due */
	struct map_entry *entries;
	size_t count, cap;
	uint32_t *slots; /* entry number + 1, or 0 */
	size_t slot_count;
};

/* `key` and `arena` must outlive the map; no memory is taken yet. Iteration is over entries[0]
 * to entries[count - 1], whose addresses change when the map grows. */
void map_init(struct map *map, const struct hash_key *key, struct arena *arena);
void map_free(struct map *map);
/* The value, or NULL when the key is not there. */
void *map_get(const struct map *map, struct str key);
bool map_has(const struct map *map, struct str key);
/* Sets a value (not NULL unless map_has is used to ask). False: out of memory. */
bool map_put(struct map *map, struct str key, void *value) WARN_UNUSED;
/* Where the value of a key stands, put there as NULL when the key is new: one look-up for
 * "find or insert". Valid until the next insertion. NULL: out of memory. */
void **map_at(struct map *map, struct str key) WARN_UNUSED;

#endif
