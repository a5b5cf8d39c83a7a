/*
 * Sorting entries by address: a stable radix sort over small keys, then one pass that moves each
 * entry to its place. A comparison sort of a million entries took twice as long as all the reading.
 */
#include <stdlib.h>

#include "stwc/state.h"

/* One entry's address and prefix as big-endian numbers, and where the entry stands. */
struct sort_key {
	uint64_t high, low; /* 16 bytes of address; IPv4 in the top four */
	uint32_t index;
	uint8_t family, prefix;
};

/* Digits of a key, from the least significant one. */
#define DIGITS 18

static unsigned digit_of(const struct sort_key *key, size_t digit)
{
	if (digit == 0)
		return key->prefix;
	if (digit == DIGITS - 1)
		return key->family;
	if (digit <= 8)
		return (unsigned)(key->low >> (8 * (digit - 1)) & 0xff);
	return (unsigned)(key->high >> (8 * (digit - 9)) & 0xff);
}

static uint64_t big_endian(const uint8_t *bytes)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

static void make_keys(const struct address_entry *entries, size_t count, struct sort_key *keys)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct net_network *network = &entries[i].network;
		uint8_t bytes[16] = {0};

		memcpy(bytes, network->addr.b, network->addr.family == 4 ? 4 : 16);
		keys[i] = (struct sort_key){big_endian(bytes), big_endian(bytes + 8), (uint32_t)i,
					    network->addr.family, network->prefix};
	}
}

/* One stable pass; false when all keys agree in this digit and nothing was moved. */
static bool pass(const struct sort_key *from, struct sort_key *to, size_t count, size_t digit)
{
	size_t starts[256] = {0}, sum = 0, i;

	for (i = 0; i < count; i++)
		starts[digit_of(&from[i], digit)]++;
	if (starts[digit_of(&from[0], digit)] == count)
		return false;
	for (i = 0; i < 256; i++) {
		size_t n = starts[i];

		starts[i] = sum;
		sum += n;
	}
	for (i = 0; i < count; i++)
		to[starts[digit_of(&from[i], digit)]++] = from[i];
	return true;
}

/* Moves entry keys[i].index to place i, one cycle of the permutation after the other. */
static void permute(struct address_entry *entries, struct sort_key *keys, size_t count)
{
	size_t i, at;

	for (i = 0; i < count; i++) {
		struct address_entry moved = entries[i];

		for (at = i; keys[at].index != i;) {
			size_t from = keys[at].index;

			entries[at] = entries[from];
			keys[at].index = (uint32_t)at;
			at = from;
		}
		entries[at] = moved;
		keys[at].index = (uint32_t)at;
	}
}

bool packed_sort(struct address_entry *entries, size_t count)
{
	struct sort_key *keys, *other, *swap;
	size_t digit, bytes;

	if (count < 2)
		return true;
	if (count > UINT32_MAX || mul_overflows(count, sizeof(*keys), &bytes))
		return false;
	keys = malloc(bytes);
	other = malloc(bytes);
	if (!keys || !other) {
		free(keys);
		free(other);
		return false;
	}
	make_keys(entries, count, keys);
	for (digit = 0; digit < DIGITS; digit++) {
		if (!pass(keys, other, count, digit))
			continue;
		swap = keys;
		keys = other;
		other = swap;
	}
	permute(entries, keys, count);
	free(keys);
	free(other);
	return true;
}
