/* Writable state: what survives a restart, what ends, and the snapshot for roles. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "runtime/state.h"

static char dir[] = "/tmp/stw-state-XXXXXX";
static const struct hash_key key = {1, 2};

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
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
	s = state_open(dir, &key, now);
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
	snprintf(path, sizeof(path), "%s/live.mdb", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		assert_true(fputs("not an environment", f) >= 0);
	assert_int_equal(fclose(f), 0);
	s = state_open(dir, &key, 0);
	assert_non_null(s);
	assert_non_null(strstr(state_trouble(s), "live.mdb"));
	put(s, LIVE_BAN, "192.0.2.1", 0);
	assert_true(has(s, LIVE_BAN, "192.0.2.1", 5));
	assert_true(state_flush(s));
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),   cmocka_unit_test(survives),
		cmocka_unit_test(expires),      cmocka_unit_test(snapshot),
		cmocka_unit_test(foreign_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
