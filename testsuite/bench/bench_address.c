/*
 * Nanoseconds of CPU time of one address decision with a million blocked addresses, as a role makes
 * it: a table of allowed networks and a live table are asked too. Peers are drawn from the whole of
 * IPv4, and then from a working set of a few thousand, which the caches of a processor hold;
 * in both, every other peer is on the list. Prints one line per set and round:
 *
 *     random|working-set NANOSECONDS BLOCKED
 *
 *     bench_address [ROUNDS]
 */
#include "base/num.h"
#include "engine/decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ENTRIES 1000000
#define ALLOWED 16
#define PEERS 1000000
#define WORKING_SET 4096
#define NOW 1700000000

/* xorshift64: the same numbers in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct net_addr random_v4(uint64_t *state)
{
	uint64_t n = random_next(state) >> 16;

	return (struct net_addr){
		4, {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)}};
}

static int by_address(const void *a, const void *b)
{
	const struct address_entry *one = a, *other = b;

	for (int i = 0; i < 4; i++)
		if (one->network.addr.b[i] != other->network.addr.b[i])
			return one->network.addr.b[i] < other->network.addr.b[i] ? -1 : 1;
	return 0;
}

/* Entries of random addresses without repeats; how many are left. */
static size_t make_entries(struct address_entry *entries, size_t n, uint8_t prefix, uint64_t *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct address_entry){.network = {random_v4(state), prefix},
						    .line = (uint32_t)i + 1};
	qsort(entries, n, sizeof(*entries), by_address);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || by_address(&entries[kept - 1], &entries[i]) != 0)
			entries[kept++] = entries[i];
	return kept;
}

static bool make_table(const struct address_entry *entries, size_t n, struct buf *bytes,
		       struct address_table *out)
{
	struct address_source source = address_source_of(entries, n);

	return address_table_build(&source, NULL, bytes) &&
	       address_table_open((struct stw_bytes){(uint8_t *)bytes->p, bytes->n}, out);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each of `count` peers in turn, until PEERS decisions are made. */
static void run(const char *name, const struct decider *decider, const struct net_addr *peers,
		size_t count)
{
	double begin = seconds(), spent;
	struct decision decision;
	size_t blocked = 0;

	for (size_t i = 0, at = 0; i < PEERS; i++) {
		decide(decider, &peers[at], NOW, &decision);
		blocked += !decision.accept;
		at = at + 1 == count ? 0 : at + 1;
	}
	spent = seconds() - begin;
	printf("%s %.1f %zu\n", name, spent / PEERS * 1e9, blocked);
}

static void make_peers(struct net_addr *peers, size_t count, const struct address_entry *entries,
		       size_t n, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		peers[i] = i % 2 ? entries[random_next(state) % n].network.addr : random_v4(state);
}

static bool bench(size_t rounds, struct address_entry *entries, struct net_addr *peers,
		  const struct live_table *live)
{
	struct buf allowed = BUF_INIT, blocked = BUF_INIT;
	struct decider decider = {.live = live};
	uint64_t state = 20240229;
	size_t n = make_entries(entries, ALLOWED, 24, &state);
	bool ok = make_table(entries, n, &allowed, &decider.allowed);

	n = make_entries(entries, ENTRIES, 32, &state);
	ok = ok && make_table(entries, n, &blocked, &decider.blocked);
	for (size_t i = 0; ok && i < rounds; i++) {
		make_peers(peers, PEERS, entries, n, &state);
		run("random", &decider, peers, PEERS);
		make_peers(peers, WORKING_SET, entries, n, &state);
		run("working-set", &decider, peers, WORKING_SET);
	}
	buf_free(&allowed);
	buf_free(&blocked);
	return ok;
}

int main(int argc, char **argv)
{
	struct address_entry *entries = calloc(ENTRIES, sizeof(*entries));
	struct net_addr *peers = calloc(PEERS, sizeof(*peers));
	struct live_table *live = NULL;
	struct hash_key key;
	uint64_t rounds = 5;
	bool ok = argc < 2 || num_u64(str_c(argv[1]), &rounds) == NUM_OK;

	ok = ok && hash_key_random(&key) && (live = live_table_new(&key)) && entries && peers &&
	     bench((size_t)rounds, entries, peers, live);
	live_table_free(live);
	free(entries);
	free(peers);
	if (!ok)
		fprintf(stderr, "bench_address: out of memory, or wrong usage\n");
	return ok ? 0 : 2;
}
