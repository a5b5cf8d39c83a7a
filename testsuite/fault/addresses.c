/*
 * The address table against a naive set, on every boundary of every network and on random
 * addresses: v4, v6, and v4 written as v6. TAP; half a million addresses, or as many as
 * $STW_FAULT_FULL allows (ten million).
 *
 * The set knows nothing of families, parents or blocks: everything is a number of 128 bits
 * (RFC 4291, section 2.5.5.2, for v4), and there is one sorted array for each prefix length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/address_table.h"

#define NOW 1700000000
#define NETWORKS 30000

typedef unsigned __int128 number;

struct member {
	number base;
	bool lives; /* an entry of this network has not expired */
};

struct set {
	struct member *members[129];
	size_t count[129];
};

static uint64_t seed = 88172645463325252;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* ---- the naive set ---- */

static number mask_of(unsigned length)
{
	return length ? ~(number)0 << (128 - length) : 0;
}

static number number_of(const struct net_addr *addr)
{
	number n = 0;

	if (addr->family == 4)
		n = 0xffff;
	for (int i = 0; i < (addr->family == 4 ? 4 : 16); i++)
		n = n << 8 | addr->b[i];
	return n;
}

static unsigned length_of(const struct net_network *network)
{
	return network->prefix + (network->addr.family == 4 ? 96u : 0u);
}

static int by_base(const void *a, const void *b)
{
	number x = ((const struct member *)a)->base, y = ((const struct member *)b)->base;

	return (x > y) - (x < y);
}

static bool set_fill(struct set *set, const struct address_entry *entries, size_t n)
{
	memset(set, 0, sizeof(*set));
	for (unsigned l = 0; l <= 128; l++) {
		set->members[l] = calloc(n, sizeof(struct member));
		if (!set->members[l])
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned l = length_of(&entries[i].network);
		bool lives = !entries[i].has_expires || entries[i].expires > NOW;

		set->members[l][set->count[l]++] =
			(struct member){number_of(&entries[i].network.addr) & mask_of(l), lives};
	}
	for (unsigned l = 0; l <= 128; l++) {
		size_t kept = 0;

		qsort(set->members[l], set->count[l], sizeof(struct member), by_base);
		for (size_t i = 0; i < set->count[l]; i++) {
			if (kept && set->members[l][kept - 1].base == set->members[l][i].base)
				set->members[l][kept - 1].lives |= set->members[l][i].lives;
			else
				set->members[l][kept++] = set->members[l][i];
		}
		set->count[l] = kept;
	}
	return true;
}

/* Length of the longest network that has the address and lives; -1: none. */
static int set_match(const struct set *set, number at)
{
	for (int l = 128; l >= 0; l--) {
		struct member key = {at & mask_of((unsigned)l), false}, *found;

		if (!set->count[l])
			continue;
		found = bsearch(&key, set->members[l], set->count[l], sizeof(key), by_base);
		if (found && found->lives)
			return l;
	}
	return -1;
}

static void set_free(struct set *set)
{
	for (unsigned l = 0; l <= 128; l++)
		free(set->members[l]);
}

/* ---- both sides ---- */

struct trial {
	struct set set;
	struct address_table table;
	size_t asked, hits, wrong;
};

static int table_match(const struct address_table *table, const struct net_addr *peer)
{
	struct address_entry entry;
	uint32_t index;

	if (!address_table_match(table, peer, NOW, &index))
		return -1;
	return address_table_at(table, index, &entry) ? (int)length_of(&entry.network) : -2;
}

static void ask(struct trial *t, const struct net_addr *peer)
{
	int want = set_match(&t->set, number_of(peer)), got = table_match(&t->table, peer);
	char text[NET_TEXT_SIZE];

	t->asked++;
	t->hits += want >= 0;
	if (got == want)
		return;
	if (t->wrong++ < 10) {
		(void)net_addr_format(peer, text);
		printf("# %s: %d, wanted %d\n", text, got, want);
	}
}

/* The address itself, and as the other family where it has two forms. */
static void ask_number(struct trial *t, number n)
{
	struct net_addr peer = {.family = 6}, other;

	for (int i = 0; i < 16; i++)
		peer.b[i] = (uint8_t)(n >> (8 * (15 - i)));
	ask(t, &peer);
	other = net_addr_unmap(&peer);
	if (other.family == 4)
		ask(t, &other);
}

static void ask_boundaries(struct trial *t)
{
	for (unsigned l = 0; l <= 128; l++) {
		for (size_t i = 0; i < t->set.count[l]; i++) {
			number first = t->set.members[l][i].base, last = first | ~mask_of(l);

			ask_number(t, first);
			ask_number(t, first - 1);
			ask_number(t, first + 1);
			ask_number(t, last);
			ask_number(t, last - 1);
			ask_number(t, last + 1);
		}
	}
}

/* ---- what is asked ---- */

/* Few leading bytes, so that networks nest and addresses hit. */
static struct net_addr random_address(void)
{
	struct net_addr addr = {.family = next_random() % 2 ? 4 : 6};
	uint64_t r = next_random();

	for (int i = 0; i < 16; i++)
		addr.b[i] = (uint8_t)(next_random() >> 24);
	if (addr.family == 4) {
		addr.b[0] = r & 7 ? (uint8_t)(10 + (r >> 8) % 3) : addr.b[0];
		addr.b[1] &= r & 1 ? 0xff : 0x0f;
		return addr;
	}
	if (r % 4 == 0) {
		memset(addr.b, 0, 10);
		memset(addr.b + 10, 0xff, 2);
		addr.b[12] = 10;
		return addr;
	}
	addr.b[0] = 0x20;
	addr.b[1] = 0x01;
	memset(addr.b + 2, 0, r & 2 ? 8 : 3);
	return addr;
}

static int by_network(const void *a, const void *b)
{
	const struct net_network *x = &((const struct address_entry *)a)->network;
	const struct net_network *y = &((const struct address_entry *)b)->network;

	return memcmp(x, y, sizeof(*x));
}

/* Entries without repeats; host bits are kept in some of them. */
static size_t random_entries(struct address_entry *entries, size_t n)
{
	/* the shortest networks: in a large set such that they leave room between them */
	unsigned shortest[2] = {n < 1000 ? 8 : n < 10000 ? 20 : 24, n < 1000 ? 8 : 56};
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct net_network network = {random_address(), 0};
		uint64_t r = next_random();
		unsigned most = network.addr.family == 4 ? 32 : 128;
		unsigned least = shortest[network.addr.family == 6];

		network.prefix = (uint8_t)(r % 5 ? most - (r >> 8) % 9
						 : least + (r >> 8) % (most - least + 1));
		if (network.addr.family == 4)
			memset(network.addr.b + 4, 0, 12);
		if (r & 1 << 20)
			network.addr = net_network_base(&network);
		entries[i] = (struct address_entry){.network = network, .line = 1};
		entries[i].has_expires = (r >> 24) % 4 == 0;
		entries[i].expires = NOW - 1 + (int64_t)((r >> 32) % 3);
	}
	qsort(entries, n, sizeof(*entries), by_network);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_network(&entries[kept - 1], &entries[i]) != 0)
			entries[kept++] = entries[i];
	return kept;
}

static bool try_all(size_t networks, size_t addresses, int *point)
{
	struct address_entry *entries = calloc(networks, sizeof(*entries));
	size_t n = entries ? random_entries(entries, networks) : 0;
	struct address_source source = address_source_of(entries, n);
	struct buf block = BUF_INIT;
	struct trial t = {.asked = 0};
	bool ok = entries && set_fill(&t.set, entries, n) &&
		  address_table_build(&source, NULL, &block) &&
		  address_table_open((struct stw_bytes){(uint8_t *)block.p, block.n}, &t.table);
	size_t boundaries;

	if (ok) {
		ask_boundaries(&t);
		boundaries = t.asked;
		for (size_t i = 0; i < addresses; i++) {
			struct net_addr peer = random_address();

			ask(&t, &peer);
		}
		/* a trial that never hits, or always does, would prove little */
		ok = t.wrong == 0 && t.hits > t.asked / 20 &&
		     (n < 1000 || t.hits < t.asked - t.asked / 20);
		printf("# %zu networks: %zu boundary and %zu random addresses, %zu hits\n", n,
		       boundaries, t.asked - boundaries, t.hits);
	}
	printf("%s %d - %zu networks equal the naive set\n", ok ? "ok" : "not ok", ++*point, n);
	set_free(&t.set);
	buf_free(&block);
	free(entries);
	return ok;
}

int main(void)
{
	const char *full = getenv("STW_FAULT_FULL");
	size_t addresses = full && *full && strcmp(full, "0") != 0 ? 10000000 : 500000;
	int point = 0;
	bool ok;

	printf("1..3\n");
	ok = try_all(NETWORKS, addresses, &point);
	ok = try_all(300, addresses / 10, &point) && ok;
	ok = try_all(3000, addresses / 10, &point) && ok;
	return ok ? 0 : 1;
}
