/* live.mdb, which stwd writes for itself and reads at its next start: damaged, it is refused before
 * LMDB sees it, or LMDB can work with it. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "runtime/state.h"

static const struct hash_key key = {1, 2};
static char dir[64], path[80];

static void clean_up(void)
{
	char aside[sizeof(path) + 16];

	(void)snprintf(aside, sizeof(aside), "%s.damaged", path);
	(void)unlink(aside);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* A file with branch pages and free ones; made once. */
static const struct buf *seed_state(void)
{
	static struct buf bytes = BUF_INIT;
	struct live_entry entry = {.kind = LIVE_BAN, .network.prefix = 32};
	struct fs_error error;
	struct state *state;

	if (bytes.n)
		return &bytes;
	(void)snprintf(dir, sizeof(dir), "/dev/shm/stw-fuzz-state-XXXXXX");
	FUZZ_WANT(mkdtemp(dir) && atexit(clean_up) == 0);
	(void)snprintf(path, sizeof(path), "%s/live.mdb", dir);
	state = state_open(dir, &key, 0);
	FUZZ_WANT(state);
	entry.network.addr.family = 4;
	for (unsigned i = 0; i < 400; i++) {
		entry.network.addr.b[3] = (uint8_t)i;
		entry.network.addr.b[2] = (uint8_t)(i >> 8);
		FUZZ_WANT(state_put(state, &entry));
		if (i % 50 == 49)
			FUZZ_WANT(state_remove(state, LIVE_BAN, &entry.network) &&
				  state_flush(state));
	}
	state_close(state);
	FUZZ_WANT(fs_read_file(path, (size_t)1 << 24, &bytes, &error));
	return &bytes;
}

static void work(void)
{
	struct live_entry entry = {.kind = LIVE_ALLOW, .network.prefix = 128};
	struct state *state = state_open(dir, &key, 0);

	FUZZ_WANT(state && !*state_trouble(state));
	entry.network.addr.family = 6;
	for (uint8_t i = 0; i < 40; i++) {
		entry.network.addr.b[15] = i;
		FUZZ_WANT(state_put(state, &entry));
	}
	FUZZ_WANT(state_flush(state));
	for (uint8_t i = 0; i < 40; i += 2) {
		entry.network.addr.b[15] = i;
		FUZZ_WANT(state_remove(state, LIVE_ALLOW, &entry.network));
	}
	FUZZ_WANT(state_flush(state));
	state_close(state);
}

/* Patches of four bytes: the page, where in it (two bytes), the new byte. */
void fuzz_state(const uint8_t *data, size_t n)
{
	const struct buf *seed = seed_state();
	char *bytes = malloc(seed->n);
	FILE *f;

	FUZZ_WANT(bytes);
	memcpy(bytes, seed->p, seed->n);
	for (; n >= 4; data += 4, n -= 4) {
		size_t page = data[0] % (seed->n / 4096);

		bytes[page * 4096 + (size_t)((data[1] << 8 | data[2]) % 4096)] = (char)data[3];
	}
	f = fopen(path, "w");
	FUZZ_WANT(f && fwrite(bytes, 1, seed->n, f) == seed->n && fclose(f) == 0);
	free(bytes);
	work();
	work();
}
