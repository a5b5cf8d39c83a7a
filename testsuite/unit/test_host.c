/* What main learns from its host: name, threads, directories to watch. */
#include "folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "runtime/hostname.h"
#include "runtime/notes.h"
#include "runtime/threads.h"
#include "runtime/watch.h"

static void host_names(void **state)
{
	static const struct {
		const char *configured, *environment, *system, *expected;
		unsigned trouble;
	} cases[] = {
		{"Mail.example.org", "other", "third", "Mail.example.org", 0},
		{"", "Other.Example", "third", "other.example", 0},
		{"", "", "Third.Example", "third.example", 0},
		{"", NULL, "third", "third", 0},
		{"", NULL, "192.0.2.1", "localhost", 0},
		{"", NULL, "2001:db8::1", "localhost", 0},
		{"", NULL, "", "localhost", 0},
		{"", NULL, NULL, "localhost", 0},
		{"", "a b", "third", "third", HOSTNAME_BAD_ENVIRONMENT},
		{"", "x\r\nevil", "third", "third", HOSTNAME_BAD_ENVIRONMENT},
		{"", "-", "bad host", "localhost", HOSTNAME_BAD_ENVIRONMENT | HOSTNAME_BAD_SYSTEM},
		{"", "\xc3\xa4.example.org", "192.0.2.1", "localhost", HOSTNAME_BAD_ENVIRONMENT},
		{"", NULL, "-x", "localhost", HOSTNAME_BAD_SYSTEM},
		{"a.example", "a b", "-x", "a.example", 0},
	};
	char out[HOSTNAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(hostname_choose(str_c(cases[i].configured), cases[i].environment,
						 cases[i].system, out),
				 cases[i].trouble);
		assert_string_equal(out, cases[i].expected);
	}
}

static void long_host_name(void **state)
{
	char name[2 * HOSTNAME_SIZE], out[HOSTNAME_SIZE];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(hostname_choose((struct str){name, sizeof(name)}, NULL, NULL, out),
			 HOSTNAME_FINE);
	assert_int_equal(strlen(out), HOSTNAME_SIZE - 1);
}

static void host_name_rule(void **state)
{
	char label[64 + 1], name[4 * 64];

	(void)state;
	memset(label, 'a', sizeof(label));
	assert_true(hostname_valid((struct str){label, 63}));
	assert_false(hostname_valid((struct str){label, 64}));
	memset(name, 'a', sizeof(name));
	for (size_t i = 63; i < sizeof(name); i += 64)
		name[i] = '.';
	assert_true(hostname_valid((struct str){name, 253}));
	assert_false(hostname_valid((struct str){name, 254}));
	assert_true(hostname_valid(STR("mx-1.my_host.example")));
	assert_false(hostname_valid(STR("")));
	assert_false(hostname_valid(STR("a.")));
	assert_false(hostname_valid(STR(".a")));
	assert_false(hostname_valid(STR("a..b")));
	assert_false(hostname_valid(STR("a-.b")));
	assert_false(hostname_valid(STR("a/b")));
	assert_false(hostname_valid(STR("::1")));
}

static void quotas(void **state)
{
	(void)state;
	assert_int_equal(threads_cpu_max(STR("max 100000\n")), 0);
	assert_int_equal(threads_cpu_max(STR("200000 100000\n")), 2);
	assert_int_equal(threads_cpu_max(STR("150000 100000")), 2);
	assert_int_equal(threads_cpu_max(STR("1000 100000")), 1);
	assert_int_equal(threads_cpu_max(STR("300000")), 3);
	assert_int_equal(threads_cpu_max(STR("100000 0")), 0);
	assert_int_equal(threads_cpu_max(STR("junk")), 0);
	assert_int_equal(threads_cpu_max(STR("")), 0);
	assert_int_equal(threads_cpu_max(STR("18446744073709551615 1")), STW_LIMIT_THREADS);
	assert_int_equal(threads_cfs(STR("-1\n"), STR("100000\n")), 0);
	assert_int_equal(threads_cfs(STR("250000\n"), STR("100000\n")), 3);
}

/* The quota of a group around ours holds for us too; the smallest wins. */
static void nested_groups(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	folder_add(&folder, "a");
	folder_add(&folder, "a/b");
	folder_write(&folder, "a/cpu.max", "400000 100000\n");
	folder_write(&folder, "a/b/cpu.max", "max 100000\n");
	assert_int_equal(threads_cgroup_quota(STR("0::/a/b\n"), folder.path), 4);
	folder_write(&folder, "a/b/cpu.max", "200000 100000\n");
	assert_int_equal(threads_cgroup_quota(STR("0::/a/b\n"), folder.path), 2);
	assert_int_equal(threads_cgroup_quota(STR("0::/\n"), folder.path), 0);
	folder_write(&folder, "cpu.max", "700000 100000\n");
	assert_int_equal(threads_cgroup_quota(STR("0::/\n"), folder.path), 7);
	folder_add(&folder, "cpu");
	folder_add(&folder, "cpu/x");
	folder_write(&folder, "cpu/x/cpu.cfs_quota_us", "300000\n");
	folder_write(&folder, "cpu/x/cpu.cfs_period_us", "100000\n");
	assert_int_equal(threads_cgroup_quota(STR("9:cpuset:/x\n4:cpu,cpuacct:/x\n"), folder.path),
			 3);
	assert_int_equal(threads_cgroup_quota(STR("9:cpuset:/x\n"), folder.path), 0);
	folder_remove(&folder);
}

static void configured_threads(void **state)
{
	(void)state;
	assert_int_equal(threads_decide(3), 3);
	assert_int_equal(threads_decide(UINT64_MAX), STW_LIMIT_THREADS);
	assert_true(threads_decide(0) >= 1);
}

struct chain {
	char text[4096];
	size_t last;
};

static void add_link(void *ctx, const char *dir, const char *name, bool last)
{
	struct chain *chain = ctx;
	size_t n = strlen(chain->text);

	snprintf(chain->text + n, sizeof(chain->text) - n, "%s %s\n", dir, name);
	chain->last += last;
}

static void symlink_chain(void **state)
{
	char path[FOLDER_PATH_SIZE], expected[512];
	struct folder folder;
	const char *dir = folder.path;
	struct chain chain = {{0}, 0};

	(void)state;
	folder_make(&folder);
	folder_add(&folder, "one");
	folder_write(&folder, "one/mail.stwi", "x");
	folder_path(&folder, "data", path);
	assert_int_equal(symlink("one", path), 0);
	folder_path(&folder, "link", path);
	assert_int_equal(symlink("data/../data/mail.stwi", path), 0);
	watch_chain(path, add_link, &chain);
	snprintf(expected, sizeof(expected),
		 "/ tmp\n/tmp %s\n%s link\n%s data\n%s one\n%s data\n%s one\n%s/one mail.stwi\n",
		 dir + 5, dir, dir, dir, dir, dir, dir);
	assert_string_equal(chain.text, expected);
	assert_int_equal(chain.last, 1);
	folder_remove(&folder);
}

/* A chain that bites its own tail ends. */
static void endless_chain(void **state)
{
	char path[FOLDER_PATH_SIZE];
	struct folder folder;
	struct chain chain = {{0}, 0};

	(void)state;
	folder_make(&folder);
	folder_path(&folder, "loop", path);
	assert_int_equal(symlink("loop", path), 0);
	watch_chain(path, add_link, &chain);
	assert_int_equal(chain.last, 0);
	folder_remove(&folder);
}

static void note_limit(void **state)
{
	struct notes notes = {0}, more = {0};

	(void)state;
	for (int i = 0; i < NOTES_MAX + 3; i++)
		notes_add(&notes, "note %d", i);
	assert_int_equal(notes.count, NOTES_MAX);
	assert_int_equal(notes.dropped, 3);
	notes_add(&more, "one more");
	notes_move(&notes, &more);
	assert_int_equal(notes.dropped, 4);
	assert_int_equal(more.count, 0);
	assert_string_equal(notes.items[0], "note 0");
	notes_clear(&notes);
	assert_int_equal(notes.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_names),     cmocka_unit_test(long_host_name),
		cmocka_unit_test(host_name_rule), cmocka_unit_test(quotas),
		cmocka_unit_test(nested_groups),  cmocka_unit_test(configured_threads),
		cmocka_unit_test(symlink_chain),  cmocka_unit_test(endless_chain),
		cmocka_unit_test(note_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
