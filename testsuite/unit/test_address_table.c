/*
 * The address table against a naive set: every boundary of every network, random addresses,
 * v4-mapped peers, expiry; then its own structure, and its speed and size at a million.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/address_table.h"

#define NOW 1700000000

/* xorshift64: the same numbers in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void random_bytes(uint64_t *state, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(random_next(state) >> 24);
}

struct built {
	struct buf buf;
	struct address_table table;
};

static void build(struct built *b, const struct address_entry *entries, size_t n)
{
	struct address_source source = address_source_of(entries, n);

	*b = (struct built){.buf = BUF_INIT};
	assert_true(address_table_build(&source, NULL, &b->buf));
	assert_true(
		address_table_open((struct stw_bytes){(uint8_t *)b->buf.p, b->buf.n}, &b->table));
	assert_int_equal(address_table_count(&b->table), n);
	assert_null(stw_packed_check(&b->table.packed, 4));
}

static bool naive_expired(const struct address_entry *e)
{
	return e->has_expires && e->expires <= NOW;
}

/* Prefix length where IPv4 counts as ::ffff:0:0/96 of IPv6, so that lengths compare; -1: none. */
static int naive_match(const struct address_entry *entries, size_t n, const struct net_addr *peer)
{
	int best = -1;

	for (size_t i = 0; i < n; i++) {
		const struct net_network *network = &entries[i].network;
		int length = network->prefix + (network->addr.family == 4 ? 96 : 0);

		if (length > best && !naive_expired(&entries[i]) && net_network_has(network, peer))
			best = length;
	}
	return best;
}

static void compare(const struct built *b, const struct address_entry *entries, size_t n,
		    const struct net_addr *peer)
{
	int expected = naive_match(entries, n, peer);
	struct address_entry found;
	uint32_t index;
	int got = -1;

	if (address_table_match(&b->table, peer, NOW, &index)) {
		assert_true(address_table_at(&b->table, index, &found));
		assert_true(net_network_has(&found.network, peer));
		assert_false(naive_expired(&found));
		got = found.network.prefix + (found.network.addr.family == 4 ? 96 : 0);
	}
	if (got != expected) {
		char text[NET_TEXT_SIZE];

		(void)net_addr_format(peer, text);
		fail_msg("%s: prefix %d, expected %d", text, got, expected);
	}
}

/* One step up or down, with carry; wraps around at the ends, which does no harm here. */
static struct net_addr neighbour(const struct net_addr *addr, int step)
{
	struct net_addr out = *addr;

	for (int i = addr->family == 4 ? 3 : 15; i >= 0; i--) {
		out.b[i] = (uint8_t)(out.b[i] + step);
		if (out.b[i] != (step > 0 ? 0x00 : 0xff))
			break;
	}
	return out;
}

static struct net_addr last_of(const struct net_network *network)
{
	struct net_addr last = net_network_base(network);
	unsigned bits = last.family == 4 ? 32 : 128;

	for (unsigned i = network->prefix; i < bits; i++)
		last.b[i / 8] |= (uint8_t)(0x80u >> i % 8);
	return last;
}

static void compare_around(const struct built *b, const struct address_entry *entries, size_t n,
			   const struct net_addr *addr)
{
	struct net_addr peers[3] = {*addr, neighbour(addr, 1), neighbour(addr, -1)};

	for (int i = 0; i < 3; i++) {
		struct net_addr other = net_addr_map(&peers[i]);

		compare(b, entries, n, &peers[i]);
		if (peers[i].family == 6)
			other = net_addr_unmap(&peers[i]);
		compare(b, entries, n, &other);
	}
}

/* A network near others: few distinct leading bytes, so that many nest. */
static struct net_network random_network(uint64_t *state)
{
	struct net_network network = {.addr = {.family = 4}};
	uint64_t r = random_next(state);

	if (r % 3 == 0) {
		network.addr.family = 6;
		random_bytes(state, network.addr.b, 16);
		network.addr.b[0] = r & 8 ? 0x20 : 0;
		memset(network.addr.b + 1, 0, r & 16 ? 9 : 3);
		if (r & 32)
			memset(network.addr.b, 0, 10), memset(network.addr.b + 10, 0xff, 2);
		network.prefix = (uint8_t)(8 + (r >> 8) % 121);
	} else {
		random_bytes(state, network.addr.b, 4);
		network.addr.b[0] = 10;
		network.addr.b[1] &= 3;
		network.prefix = (uint8_t)(8 + (r >> 8) % 25);
	}
	if (r & 64)
		network.addr = net_network_base(&network);
	return network;
}

static bool is_duplicate(const struct address_entry *entries, size_t n,
			 const struct net_network *network)
{
	for (size_t i = 0; i < n; i++)
		if (net_network_eq(&entries[i].network, network))
			return true;
	return false;
}

static size_t random_entries(uint64_t *state, struct address_entry *entries, size_t wanted)
{
	size_t n = 0;

	while (n < wanted) {
		struct net_network network = random_network(state);
		uint64_t r = random_next(state);

		if (is_duplicate(entries, n, &network))
			continue;
		entries[n] = (struct address_entry){.network = network, .line = (uint32_t)n + 1};
		entries[n].source = r & 256 ? 0 : (uint32_t)(r >> 9) % 4;
		entries[n].has_expires = r % 4 == 0;
		entries[n].expires = NOW + (int64_t)(r >> 20) % 3 - 1;
		n++;
	}
	return n;
}

static void naive_equality(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 128, 129, 511, 512, 513, 1200};
	struct address_entry *entries = calloc(1200, sizeof(*entries));
	uint64_t seed = 88172645463325252;

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		size_t n = random_entries(&seed, entries, sizes[s]);
		struct built b;

		build(&b, entries, n);
		for (size_t i = 0; i < n; i++) {
			struct net_addr first = net_network_base(&entries[i].network);
			struct net_addr last = last_of(&entries[i].network);

			compare_around(&b, entries, n, &first);
			compare_around(&b, entries, n, &last);
			compare_around(&b, entries, n, &entries[i].network.addr);
		}
		for (int i = 0; i < 500; i++) {
			struct net_network network = random_network(&seed);

			compare(&b, entries, n, &network.addr);
		}
		buf_free(&b.buf);
	}
	free(entries);
}

/* Everything that was put in comes out, under its index and by find. */
static void round_trip(void **state)
{
	struct address_entry entries[] = {
		{.network = {{4, {10, 0, 0, 1}}, 8}, .line = 7, .has_expires = true, .expires = -5},
		{.network = {{4, {10, 0, 0, 0}}, 8}, .line = 8, .has_reason = true, .reason = 4711},
		{.network = {{4, {192, 0, 2, 1}}, 32},
		 .source = 3,
		 .line = 9,
		 .null_expires = true},
		{.network = {{6, {0x20, 1}}, 16},
		 .line = 10,
		 .has_note = true,
		 .note = STR("office")},
		{.network = {{6, {0x20, 1, 0xd}}, 24},
		 .line = 11,
		 .has_note = true,
		 .note = STR("office"),
		 .has_created = true,
		 .created = INT64_MAX},
		{.network = {{6, {0x20, 1, 0xe}}, 24}, .line = 12, .null_note = true},
	};
	size_t n = sizeof(entries) / sizeof(entries[0]);
	struct built b;

	(void)state;
	build(&b, entries, n);
	for (size_t i = 0; i < n; i++) {
		struct address_entry e;
		uint32_t index = 99;

		assert_true(address_table_find(&b.table, &entries[i].network, &index));
		assert_true(address_table_at(&b.table, index, &e));
		assert_true(net_network_eq(&e.network, &entries[i].network));
		assert_int_equal(e.line, entries[i].line);
		assert_int_equal(e.source, entries[i].source);
		assert_int_equal(e.has_expires, entries[i].has_expires);
		assert_true(e.expires == entries[i].expires);
		assert_int_equal(e.has_created, entries[i].has_created);
		assert_true(e.created == entries[i].created);
		assert_int_equal(e.has_reason, entries[i].has_reason);
		assert_int_equal(e.reason, entries[i].reason);
		assert_int_equal(e.has_note, entries[i].has_note);
		assert_true(str_eq(e.note, entries[i].note));
		assert_int_equal(e.null_expires, entries[i].null_expires);
		assert_int_equal(e.null_note, entries[i].null_note);
	}
	buf_free(&b.buf);
}

static void nothing_found(void **state)
{
	struct address_entry entry = {.network = {{4, {10, 0, 0, 0}}, 8}, .line = 1}, out;
	struct net_network other = {{4, {10, 0, 0, 1}}, 8};
	struct address_table empty;
	struct built b;
	uint32_t index = 42;

	(void)state;
	assert_true(address_table_open((struct stw_bytes){NULL, 0}, &empty));
	assert_int_equal(address_table_count(&empty), 0);
	assert_false(address_table_match(&empty, &entry.network.addr, NOW, &index));
	build(&b, &entry, 1);
	assert_false(address_table_find(&b.table, &other, &index));
	assert_false(address_table_at(&b.table, 1, &out));
	assert_int_equal(index, 42);
	buf_free(&b.buf);
}

static void same_whatever_the_order(void **state)
{
	struct address_entry entries[300], turned[300];
	uint64_t seed = 4242;
	size_t n = random_entries(&seed, entries, 300);
	struct built a, b;

	(void)state;
	for (size_t i = 0; i < n; i++)
		turned[i] = entries[n - 1 - i];
	build(&a, entries, n);
	build(&b, turned, n);
	/* the origins may differ in the usual source, the content may not */
	assert_int_equal(a.table.packed.content.n, b.table.packed.content.n);
	assert_memory_equal(a.buf.p, b.buf.p, a.table.packed.content.n);
	buf_free(&a.buf);
	buf_free(&b.buf);
}

/* Content does not depend on where an entry was written. */
static void origins_are_no_content(void **state)
{
	struct address_entry entries[100];
	uint64_t seed = 77;
	size_t n = random_entries(&seed, entries, 100);
	struct built a, b;

	(void)state;
	build(&a, entries, n);
	for (size_t i = 0; i < n; i++) {
		entries[i].line += 1000;
		entries[i].source = 1;
	}
	build(&b, entries, n);
	assert_int_equal(a.table.packed.content.n, b.table.packed.content.n);
	assert_memory_equal(a.buf.p, b.buf.p, a.table.packed.content.n);
	buf_free(&a.buf);
	buf_free(&b.buf);
}

/* Any one byte changed: opening refuses, or every access stays inside and ends. */
static void damage(void **state)
{
	struct address_entry entries[200], out;
	uint64_t seed = 99;
	size_t n = random_entries(&seed, entries, 200);
	struct built b;

	(void)state;
	build(&b, entries, n);
	for (size_t i = 0; i < b.buf.n; i++) {
		/* malloc'ed to its exact size, so that a sanitizer sees any step outside */
		uint8_t *copy = malloc(b.buf.n);
		struct address_table table;
		uint32_t index;

		memcpy(copy, b.buf.p, b.buf.n);
		copy[i] ^= (uint8_t)(1u << i % 8);
		if (address_table_open((struct stw_bytes){copy, b.buf.n}, &table)) {
			for (uint32_t k = 0; k < 8; k++)
				(void)address_table_at(&table, (uint32_t)i * 8 % 199 + k, &out);
			(void)address_table_match(&table, &entries[i % n].network.addr, NOW,
						  &index);
		}
		free(copy);
	}
	for (size_t i = 1; i < b.buf.n; i++) {
		uint8_t *copy = malloc(i);
		struct address_table table;

		memcpy(copy, b.buf.p, i);
		assert_false(address_table_open((struct stw_bytes){copy, i}, &table));
		free(copy);
	}
	buf_free(&b.buf);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A million addresses: at most 24 bytes each, and a look-up that costs nothing beside an accept.
 * The limit of time is wide, so that a loaded machine does not fail it; the figure is printed. */
static void a_million(void **state)
{
	size_t n = 1000000, looks = 1000000, hits = 0;
	struct address_entry *entries = calloc(n, sizeof(*entries));
	struct net_addr *peers = calloc(looks, sizeof(*peers));
	uint64_t seed = 20240229;
	struct built b;
	double at, spent;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		entries[i].network.addr.family = 4;
		entries[i].network.prefix = 32;
		/* an odd multiplier makes every address distinct */
		uint32_t v = (uint32_t)i * 2654435761u;
		for (int k = 0; k < 4; k++)
			entries[i].network.addr.b[k] = (uint8_t)(v >> 8 * (3 - k));
		entries[i].line = (uint32_t)(i / 500) + 1;
		entries[i].has_reason = true;
		entries[i].reason = 5;
	}
	at = seconds();
	build(&b, entries, n);
	print_message("# build and check: %.0f ms, %.2f bytes an entry\n", (seconds() - at) * 1e3,
		      (double)b.buf.n / (double)n);
	assert_true(b.buf.n <= 24 * n);
	for (size_t i = 0; i < looks; i++) {
		peers[i].family = 4;
		random_bytes(&seed, peers[i].b, 4);
		if (i % 2)
			peers[i] = entries[random_next(&seed) % n].network.addr;
	}
	at = seconds();
	for (size_t i = 0; i < looks; i++) {
		uint32_t index;

		hits += address_table_match(&b.table, &peers[i], NOW, &index);
	}
	spent = seconds() - at;
	print_message("# look-up: %.0f ns\n", spent / (double)looks * 1e9);
	assert_in_range(hits, looks / 2, looks);
	assert_true(spent / (double)looks < 10e-6);
	buf_free(&b.buf);
	free(entries);
	free(peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naive_equality),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(nothing_found),
		cmocka_unit_test(same_whatever_the_order),
		cmocka_unit_test(origins_are_no_content),
		cmocka_unit_test(damage),
		cmocka_unit_test(a_million),
	};

	return cmocka_run_group_tests_name("address table", tests, NULL, NULL);
}
