/*
 * MB/s of the NDJSON reader on a plan that it makes itself: lines of about 120 kB, each an
 * upsert of blocked addresses, the arena reset per line: once with keys in ascending order,
 * once with keys in none, which must be hashed. Not part of make check.
 *
 *     bench_json [MEGABYTES [ROUNDS]]
 */
#include "base/buf.h"
#include "base/num.h"
#include "grammar/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LINE_BYTES ((size_t)120 * 1000)

static void make_line(struct buf *out, bool ordered, uint32_t *seed, size_t *serial)
{
	size_t begin = out->n;

	buf_puts(out,
		 STR("{\"@type\":\"upsert\",\"object\":\"BlockedIp\",\"matchOn\":[\"address\"],"
		     "\"value\":{"));
	for (bool first = true; out->n - begin < LINE_BYTES; first = false) {
		*seed = *seed * 1664525U + 1013904223U;
		(*serial)++;
		buf_printf(out, "%s\"ip-%08x\":{\"address\":\"%u.%u.%u.%u\"}", first ? "" : ",",
			   ordered ? (unsigned)*serial : *seed, 1 + (*seed >> 24) % 223,
			   (*seed >> 16) & 255, (*seed >> 8) & 255, *seed & 255);
	}
	buf_puts(out, STR("}}\n"));
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool read_all(const struct source *source, const struct hash_key *key, struct diags *diags,
		     struct arena *scratch, size_t *lines)
{
	struct reader *r = reader_open(FORMAT_NDJSON, source, diags, key, NULL);
	struct reader_element e;
	enum reader_status status = READER_FAILED;

	*lines = 0;
	while (r && (status = reader_next(r, scratch, scratch, &e)) == READER_ELEMENT) {
		(*lines)++;
		arena_reset(scratch);
	}
	reader_close(r);
	return status == READER_END && diags_ok(diags);
}

static size_t argument(int argc, char **argv, int i, size_t otherwise)
{
	uint64_t n;

	return argc > i && num_u64(str_c(argv[i]), &n) == NUM_OK ? (size_t)n : otherwise;
}

static int bench(bool ordered, size_t bytes, size_t rounds, struct arena *arena)
{
	struct arena scratch;
	struct sources sources;
	struct diags diags;
	struct hash_key key;
	struct buf text = BUF_INIT;
	uint32_t seed = 1, number;
	size_t serial = 0, lines = 0;
	int status = 0;

	arena_init(&scratch, (size_t)1024 * 1024);
	sources_init(&sources, arena);
	diags_init(&diags, arena);
	while (text.n < bytes && !text.failed)
		make_line(&text, ordered, &seed, &serial);
	number = sources_add(&sources, STR("bench"), buf_str(&text));
	if (text.failed || !number || !hash_key_random(&key))
		return 2;
	for (size_t i = 0; i < rounds && status == 0; i++) {
		double before = cpu_seconds(), seconds;

		if (!read_all(sources_get(&sources, number), &key, &diags, &scratch, &lines))
			status = 1;
		seconds = cpu_seconds() - before;
		printf("keys %s: %.1f MB, %zu lines, %zu objects: %.0f MB/s, %.0f ns per object\n",
		       ordered ? "in order" : "shuffled", (double)text.n / 1e6, lines, serial,
		       (double)text.n / 1e6 / seconds, seconds * 1e9 / (double)serial);
	}
	buf_free(&text);
	arena_free(&scratch);
	return status;
}

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, 59) * 1000000, rounds = argument(argc, argv, 2, 5);
	struct arena arena;
	int status;

	arena_init(&arena, 0);
	status = bench(true, bytes, rounds, &arena);
	if (status == 0)
		status = bench(false, bytes, rounds, &arena);
	arena_free(&arena);
	return status;
}
