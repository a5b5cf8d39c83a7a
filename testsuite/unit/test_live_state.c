/* Writable state: what survives a restart, what ends, and the snapshot for roles. */
#include "folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/fs.h"
#include "runtime/state.h"

static struct folder folder;
static const struct hash_key key = {1, 2};

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static struct live_entry entry_of(enum live_kind kind, const char *network, int64_t until)
{
	struct live_entry entry;

	memset(&entry, 0, sizeof(entry));
	entry.kind = (uint8_t)kind;
	entry.until = until;
	assert_int_equal(net_network_parse(str_c(network), &entry.network), NET_OK);
	return entry;
}

/* What comes from a role is looked at before it gets into a table. */
static void test_valid(void **unused)
{
	struct live_entry entry = entry_of(LIVE_BAN, "192.0.2.0/24", 0);

	(void)unused;
	assert_true(live_entry_valid(&entry));
	entry.network.prefix = 33;
	assert_false(live_entry_valid(&entry));
	entry.network.addr.family = 6;
	assert_true(live_entry_valid(&entry));
	entry.network.prefix = 129;
	assert_false(live_entry_valid(&entry));
	entry = entry_of(LIVE_BAN, "192.0.2.0/24", 0);
	entry.network.addr.family = 5;
	assert_false(live_entry_valid(&entry));
	entry = entry_of(LIVE_BAN, "192.0.2.0/24", 0);
	entry.kind = LIVE_BAN + 1;
	assert_false(live_entry_valid(&entry));
	entry.kind = 0;
	assert_false(live_entry_valid(&entry));
}

static void put(struct state *s, enum live_kind kind, const char *network, int64_t until)
{
	struct live_entry entry = entry_of(kind, network, until);

	assert_true(state_put(s, &entry));
}

static bool has(const struct state *s, enum live_kind kind, const char *address, int64_t now)
{
	struct net_addr peer;
	struct live_entry found;

	assert_int_equal(net_addr_parse(str_c(address), &peer), NET_OK);
	return live_table_match(state_table(s), kind, &peer, now, &found);
}

static struct state *reopen(struct state *s, int64_t now)
{
	if (s) {
		assert_true(state_flush(s));
		state_close(s);
	}
	s = state_open(folder.path, &key, now);
	assert_non_null(s);
	assert_string_equal(state_trouble(s), "");
	return s;
}

static void survives(void **state)
{
	struct state *s = reopen(NULL, 1000);
	struct live_entry gone = entry_of(LIVE_BAN, "192.0.2.2", 0);

	(void)state;
	put(s, LIVE_BAN, "192.0.2.1", 0);
	put(s, LIVE_BAN, "192.0.2.2", 0);
	put(s, LIVE_BAN, "192.0.2.3", 2000);
	put(s, LIVE_ALLOW, "2001:db8::/32", 3000);
	assert_true(state_remove(s, LIVE_BAN, &gone.network));
	assert_false(state_remove(s, LIVE_BAN, &gone.network));
	assert_int_equal(state_count(s, LIVE_BAN), 2);
	assert_int_equal(state_count(s, LIVE_ALLOW), 1);
	s = reopen(s, 1500);
	assert_true(has(s, LIVE_BAN, "192.0.2.1", 1500));
	assert_false(has(s, LIVE_BAN, "192.0.2.2", 1500));
	assert_true(has(s, LIVE_BAN, "192.0.2.3", 1500));
	assert_true(has(s, LIVE_ALLOW, "2001:db8::7", 1500));
	/* what ended meanwhile is gone, and stays gone for an older clock too */
	s = reopen(s, 2500);
	assert_int_equal(state_count(s, LIVE_BAN), 1);
	s = reopen(s, 1500);
	assert_int_equal(state_count(s, LIVE_BAN), 1);
	state_close(s);
}

static void count_one(void *ctx, const struct live_entry *entry)
{
	size_t *count = ctx;

	assert_int_equal(entry->kind, LIVE_BAN);
	++*count;
}

static void expires(void **state)
{
	struct state *s = state_open(NULL, &key, 0);
	size_t count = 0;
	char text[32];

	(void)state;
	assert_non_null(s);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "198.51.100.%d", i);
		put(s, LIVE_BAN, text, i < 150 ? 10 : 20);
	}
	put(s, LIVE_BAN, "203.0.113.1", 0);
	state_expire(s, 10, count_one, &count);
	assert_int_equal(count, 150);
	assert_int_equal(state_count(s, LIVE_BAN), 51);
	/* replacing an entry is not a second one */
	put(s, LIVE_BAN, "203.0.113.1", 99);
	assert_int_equal(state_count(s, LIVE_BAN), 51);
	state_close(s);
}

static void snapshot(void **state)
{
	struct state *s = state_open(NULL, &key, 0);
	struct live_table *copy = live_table_new(&key);
	uint8_t bytes[4096];
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(s);
	assert_non_null(copy);
	put(s, LIVE_BAN, "192.0.2.1", 0);
	put(s, LIVE_ALLOW, "10.0.0.0/8", 50);
	fd = state_snapshot(s);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true((size_t)st.st_size <= sizeof(bytes));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), st.st_size);
	assert_true(live_table_read(copy, (struct stw_bytes){bytes, (size_t)st.st_size}));
	assert_int_equal(live_table_count(copy), 2);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	close(fd);
	live_table_free(copy);
	state_close(s);
}

/* A file that is none of ours is no reason to stay down. */
static void foreign_file(void **state)
{
	char path[128];
	struct state *s;
	FILE *f;

	(void)state;
	folder_path(&folder, "live.mdb", path);
	f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		assert_true(fputs("not an environment", f) >= 0);
	assert_int_equal(fclose(f), 0);
	s = state_open(folder.path, &key, 0);
	assert_non_null(s);
	assert_non_null(strstr(state_damage(s), "live.mdb.damaged"));
	put(s, LIVE_BAN, "192.0.2.1", 0);
	assert_true(has(s, LIVE_BAN, "192.0.2.1", 5));
	s = reopen(s, 5);
	assert_true(has(s, LIVE_BAN, "192.0.2.1", 5));
	state_close(s);
	/* what can be neither opened nor moved leaves all in memory */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	s = state_open(folder.path, &key, 0);
	assert_non_null(s);
	assert_non_null(strstr(state_trouble(s), "live.mdb"));
	put(s, LIVE_BAN, "192.0.2.1", 0);
	assert_true(has(s, LIVE_BAN, "192.0.2.1", 5));
	assert_true(state_flush(s));
	state_close(s);
	assert_int_equal(rmdir(path), 0);
}

/* ---- damage ---- */

#define MANY 700

static char path[FOLDER_PATH_SIZE], aside[FOLDER_PATH_SIZE];

/* Enough for branch pages and a list of free pages. */
static struct buf many_entries(void)
{
	struct buf bytes = BUF_INIT;
	struct fs_error error;
	struct live_entry entry;
	struct state *s;
	char text[32];

	folder_path(&folder, "live.mdb", path);
	folder_path(&folder, "live.mdb.damaged", aside);
	unlink(path);
	s = reopen(NULL, 1000);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
		put(s, i % 2 ? LIVE_BAN : LIVE_ALLOW, text, 5000 + i);
		if (i % 100 == 99)
			assert_true(state_flush(s));
	}
	for (int i = 0; i < MANY; i += 3) {
		snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
		entry = entry_of(i % 2 ? LIVE_BAN : LIVE_ALLOW, text, 0);
		assert_true(state_remove(s, (enum live_kind)entry.kind, &entry.network));
	}
	s = reopen(s, 1000);
	state_close(s);
	assert_true(fs_read_file(path, 1 << 24, &bytes, &error));
	return bytes;
}

static void write_file(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Every entry is one that was written, as it was written. */
static bool is_of_many(void *ctx, const struct live_entry *entry)
{
	int i = entry->network.addr.b[2] * 250 + entry->network.addr.b[3];

	(void)ctx;
	assert_int_equal(entry->network.addr.b[0], 10);
	assert_int_equal(entry->network.addr.b[1], 1);
	assert_true(i < MANY && i % 3 != 0);
	assert_int_equal(entry->network.prefix, 32);
	assert_int_equal(entry->until, 5000 + i);
	assert_int_equal(entry->kind, i % 2 ? LIVE_BAN : LIVE_ALLOW);
	return true;
}

/* Opens what stands there: how many entries it had. Now and then works with it, and opens it
 * again; that waits for the disk. */
static size_t use_damaged(bool *told)
{
	static unsigned calls;
	struct state *s = state_open(folder.path, &key, 1000);
	size_t count;

	assert_non_null(s);
	assert_string_equal(state_trouble(s), "");
	*told = state_damage(s)[0] != '\0';
	count = live_table_count(state_table(s));
	live_table_each(state_table(s), is_of_many, NULL);
	if (calls++ % 8) {
		state_close(s);
		return count;
	}
	put(s, LIVE_BAN, "192.0.2.9", 0);
	assert_true(state_flush(s));
	state_close(s);
	s = state_open(folder.path, &key, 1000);
	assert_non_null(s);
	assert_string_equal(state_damage(s), "");
	assert_int_equal(live_table_count(state_table(s)), count + 1);
	assert_true(has(s, LIVE_BAN, "192.0.2.9", 1000));
	state_close(s);
	return count;
}

/* One bit anywhere: never a crash, never an entry that was not written; lost ones are told. */
static void flipped(void **state)
{
	struct buf bytes = many_entries();
	size_t whole = MANY - (MANY + 2) / 3, moved = 0, dropped = 0;
	bool told;

	(void)state;
	write_file(bytes.p, bytes.n);
	assert_int_equal(use_damaged(&told), whole);
	assert_false(told);
	/* of the first two pages little is used; of the others every byte */
	for (size_t at = 0; at < bytes.n; at += at < 8192 ? 1 : 211) {
		size_t count;

		if (at < 8192 && at % 4096 > 160)
			continue;
		bytes.p[at] ^= (char)(1 << at % 8);
		write_file(bytes.p, bytes.n);
		count = use_damaged(&told);
		assert_true(count == whole || told);
		moved += told && unlink(aside) == 0;
		dropped += told && count == whole - 1;
		bytes.p[at] ^= (char)(1 << at % 8);
	}
	assert_true(moved > 20 && dropped > 20);
	buf_free(&bytes);
}

#ifndef ROUNDS
#define ROUNDS 40
#endif

/* What LMDB itself writes, with long lists of free pages, is never called damaged. */
static void whole_after_changes(void **state)
{
	uint32_t chance = 1;
	struct state *s;

	(void)state;
	unlink(path);
	s = reopen(NULL, 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 600; i++) {
			struct live_entry entry = entry_of(LIVE_BAN, "10.0.0.0", 0);

			chance = chance * 1664525u + 1013904223u;
			entry.network.addr.b[2] = (uint8_t)(chance >> 16);
			entry.network.addr.b[3] = (uint8_t)(chance >> 24);
			/* it grows and shrinks by turns */
			if (round / 8 % 2 == 0)
				assert_true(state_put(s, &entry));
			else
				(void)state_remove(s, LIVE_BAN, &entry.network);
		}
		assert_true(state_flush(s));
		if (round % 4 == 3) {
			size_t count = live_table_count(state_table(s));

			s = reopen(s, 0);
			assert_string_equal(state_damage(s), "");
			assert_int_equal(live_table_count(state_table(s)), count);
		}
	}
	state_close(s);
}

static void cut_short(void **state)
{
	struct buf bytes = many_entries();
	bool told;

	(void)state;
	for (size_t n = 1; n < bytes.n; n += 509) {
		write_file(bytes.p, n);
		(void)use_damaged(&told);
		/* what is cut off may be free pages alone */
		assert_true(told || n > 8192);
		(void)unlink(aside);
	}
	/* of somebody else */
	write_file("SQLite format 3", 16);
	assert_int_equal(use_damaged(&told), 0);
	assert_true(told);
	assert_int_equal(unlink(aside), 0);
	buf_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),   cmocka_unit_test(survives),
		cmocka_unit_test(expires),      cmocka_unit_test(snapshot),
		cmocka_unit_test(foreign_file), cmocka_unit_test(flipped),
		cmocka_unit_test(cut_short),    cmocka_unit_test(whole_after_changes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
