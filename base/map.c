/*
 * Entries stand in one array in the order of insertion; beside it, from the ninth entry
 * on, a table of slots with open addressing says where a hash is. Small maps are scanned:
 * comparing eight lengths is cheaper than one hash. Hashes of entries are therefore only
 * valid while there are slots. Nothing is ever removed.
 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define MAP_SCANNED ((size_t)8)
#define MAP_FIRST_CAP ((size_t)8)

bool hash_key_random(struct hash_key *out)
{
	struct hash_key key;
	size_t got = 0;

	while (got < sizeof(key)) {
		ssize_t n = getrandom((char *)&key + got, sizeof(key) - got, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		got += (size_t)n;
	}
	*out = key;
	return true;
}

/* The state and the round of SipHash (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012, section 2); here with one round per word and three at the end. */
struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotate(s->b, 13) ^ s->a;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a = rotate(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = rotate(s->b, 17) ^ s->c;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c = rotate(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

static inline uint64_t load_le64(const char *p)
{
	uint64_t v;

	/* hosts are little-endian (configure refuses others) */
	memcpy(&v, p, sizeof(v));
	return v;
}

/* Fewer than eight bytes, little-endian; loads that overlap, since a loop's end is never foreseen.
 */
static inline uint64_t load_short(struct str str)
{
	uint32_t head, tail;

	if (str.n >= sizeof(head)) {
		memcpy(&head, str.p, sizeof(head));
		memcpy(&tail, str.p + str.n - sizeof(tail), sizeof(tail));
		return head | (uint64_t)tail << (8 * (str.n - sizeof(tail)));
	}
	if (!str.n)
		return 0;
	return (uint64_t)(unsigned char)str.p[0] |
	       (uint64_t)(unsigned char)str.p[str.n / 2] << (8 * (str.n / 2)) |
	       (uint64_t)(unsigned char)str.p[str.n - 1] << (8 * (str.n - 1));
}

uint64_t hash_str(const struct hash_key *key, struct str str)
{
	struct sip s = {
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)(str.n & 0xFF) << 56;
	size_t at = 0;

	for (; str.n - at >= 8; at += 8)
		sip_word(&s, load_le64(str.p + at));
	if (at && at < str.n) /* the last eight bytes hold them all; those that are done go */
		last |= load_le64(str.p + str.n - 8) >> (8 * (8 - (str.n - at)));
	else if (!at)
		last |= load_short(str);
	sip_word(&s, last);
	s.c ^= 0xFF;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

void map_init(struct map *map, const struct hash_key *key, struct arena *arena)
{
	*map = (struct map){.key = key, .arena = arena};
}

void map_free(struct map *map)
{
	if (!map->arena) {
		free(map->entries);
		free(map->slots);
	}
	map_init(map, map->key, map->arena);
}

static uint32_t *new_slots(struct map *map, size_t count)
{
	if (map->arena)
		return ARENA_ARRAY(map->arena, uint32_t, count);
	return calloc(count, sizeof(uint32_t));
}

/* Room for `cap` entries, those that there are moved into it; the rest is not touched yet. */
static struct map_entry *move_entries(struct map *map, size_t cap)
{
	struct map_entry *entries;
	size_t bytes;

	if (mul_overflows(cap, sizeof(*entries), &bytes))
		return NULL;
	if (!map->arena)
		return realloc(map->entries, bytes);
	entries = arena_alloc(map->arena, bytes, _Alignof(struct map_entry));
	if (entries && map->count)
		memcpy(entries, map->entries, map->count * sizeof(*entries));
	return entries;
}

static void slot_set(struct map *map, uint64_t hash, size_t entry)
{
	size_t mask = map->slot_count - 1;
	size_t i = (size_t)hash & mask;

	while (map->slots[i])
		i = (i + 1) & mask;
	map->slots[i] = (uint32_t)(entry + 1);
}

/* Makes slots for at least twice `cap` entries and fills them. */
static bool rebuild_slots(struct map *map, size_t cap)
{
	size_t count = 4 * MAP_SCANNED;
	bool hashed = map->slots != NULL;
	uint32_t *slots;

	while (count / 2 < cap) {
		if (mul_overflows(count, (size_t)2, &count))
			return false;
	}
	slots = new_slots(map, count);
	if (!slots)
		return false;
	if (!map->arena)
		free(map->slots);
	map->slots = slots;
	map->slot_count = count;
	for (size_t i = 0; i < map->count; i++) {
		struct map_entry *e = &map->entries[i];

		if (!hashed)
			e->hash = hash_str(map->key, e->key);
		slot_set(map, e->hash, i);
	}
	return true;
}

static bool grow_entries(struct map *map)
{
	struct map_entry *entries;
	size_t cap = MAP_FIRST_CAP;

	if (map->cap && mul_overflows(map->cap, (size_t)2, &cap))
		return false;
	entries = move_entries(map, cap);
	if (!entries)
		return false;
	map->entries = entries;
	map->cap = cap;
	return true;
}

/* Room for one entry more, with slots from the ninth on. Slots are at most half full. */
static bool make_room(struct map *map)
{
	if (map->count >= UINT32_MAX - 1)
		return false;
	if (map->count == map->cap && !grow_entries(map))
		return false;
	if (map->count < MAP_SCANNED || map->count < map->slot_count / 2)
		return true;
	return rebuild_slots(map, map->cap);
}

static struct map_entry *scan(const struct map *map, struct str key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (str_eq(map->entries[i].key, key))
			return &map->entries[i];
	}
	return NULL;
}

static struct map_entry *probe(const struct map *map, struct str key, uint64_t hash)
{
	size_t mask = map->slot_count - 1;

	for (size_t i = (size_t)hash & mask; map->slots[i]; i = (i + 1) & mask) {
		struct map_entry *e = &map->entries[map->slots[i] - 1];

		if (e->hash == hash && str_eq(e->key, key))
			return e;
	}
	return NULL;
}

static struct map_entry *find(const struct map *map, struct str key)
{
	return map->slots ? probe(map, key, hash_str(map->key, key)) : scan(map, key);
}

void *map_get(const struct map *map, struct str key)
{
	const struct map_entry *e = find(map, key);

	return e ? e->value : NULL;
}

bool map_has(const struct map *map, struct str key)
{
	return find(map, key) != NULL;
}

void **map_at(struct map *map, struct str key)
{
	uint64_t hash = map->slots ? hash_str(map->key, key) : 0;
	struct map_entry *e = map->slots ? probe(map, key, hash) : scan(map, key);

	if (e)
		return &e->value;
	if (!make_room(map))
		return NULL;
	e = &map->entries[map->count];
	*e = (struct map_entry){key, NULL, hash};
	if (map->slots) {
		/* these may be the first slots, and the hash not yet known */
		e->hash = hash ? hash : hash_str(map->key, key);
		slot_set(map, e->hash, map->count);
	}
	map->count++;
	return &e->value;
}

bool map_put(struct map *map, struct str key, void *value)
{
	void **at = map_at(map, key);

	if (!at)
		return false;
	*at = value;
	return true;
}
