/* Lines of the log, their sinks, and repeats. */
#include "folder.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "runtime/log.h"
#include "runtime/log_repeat.h"

static void lines(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} values[] = {
		{"plain", 5, "plain"},
		{"", 0, "\"\""},
		{"two words", 9, "\"two words\""},
		{"a=b", 3, "\"a=b\""},
		{"say \"x\" \\", 9, "\"say \\\"x\\\" \\\\\""},
		{"a\nlevel=error", 13, "\"a\\nlevel=error\""},
		{"a\r\n\tb", 5, "\"a\\r\\n\\tb\""},
		{"a\0b", 3, "\"a\\x00b\""},
		{"\x1b[2J", 4, "\"\\x1b[2J\""},
		{"\x7f", 1, "\"\\x7f\""},
		{"gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\""},
		{"\xc3", 1, "\"\\xc3\""},
		{"\xc2\x85", 2, "\"\\xc2\\x85\""}, /* a C1 control character */
		{"\xe2\x80", 2, "\"\\xe2\\x80\""},
	};
	struct buf out = BUF_INIT;
	char expected[160];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(values); i++) {
		const struct log_field fields[] = {
			LOG_T("reason", ((struct str){values[i].in, values[i].n})),
			LOG_N("remotePort", 53085)};

		buf_clear(&out);
		log_format(&out, 1742507016, "edge", LOG_LEVEL_INFO, "security.ip-blocked", fields,
			   2);
		snprintf(expected, sizeof(expected),
			 "time=2025-03-20T21:43:36Z level=info event=security.ip-blocked role=edge "
			 "reason=%s "
			 "remotePort=53085\n",
			 values[i].out);
		assert_str(buf_str(&out), expected);
	}
	buf_free(&out);
}

static void names(void **state)
{
	static const struct {
		enum log_rotate rotate;
		const char *name;
	} cases[] = {
		{LOG_ROTATE_NEVER, "/var/log/x/stw"},
		{LOG_ROTATE_DAILY, "/var/log/x/stw.2025-03-20"},
		{LOG_ROTATE_HOURLY, "/var/log/x/stw.2025-03-20-21"},
		{LOG_ROTATE_MINUTELY, "/var/log/x/stw.2025-03-20-21-43"},
	};
	struct log_sink sink = {.path = "/var/log/x", .prefix = "stw"};
	enum log_rotate rotate;
	enum log_level level;
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		sink.rotate = cases[i].rotate;
		assert_true(log_file_name(&sink, 1742507016, out, sizeof(out)));
		assert_string_equal(out, cases[i].name);
	}
	assert_false(log_file_name(&sink, 1742507016, out, 20));
	assert_true(log_rotate_named(STR("hourly"), &rotate) && rotate == LOG_ROTATE_HOURLY);
	assert_false(log_rotate_named(STR("weekly"), &rotate));
	assert_true(log_level_named(STR("trace"), &level) && level == LOG_LEVEL_TRACE);
	assert_false(log_level_named(STR("loud"), &level));
}

/* ---- sinks ---- */

static struct folder folder;

static size_t count_lines(const char *prefix, const char *event)
{
	char path[FOLDER_PATH_SIZE], line[512];
	size_t count = 0;
	FILE *file;

	folder_path(&folder, prefix, path);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		count += strstr(line, event) != NULL;
	fclose(file);
	return count;
}

static struct log_sink file_sink(const char *prefix, enum log_level level)
{
	struct log_sink sink = {.kind = LOG_SINK_FILE, .level = level, .exclude = true};

	snprintf(sink.path, sizeof(sink.path), "%s", folder.path);
	snprintf(sink.prefix, sizeof(sink.prefix), "%s", prefix);
	return sink;
}

static void say(struct log *log, enum log_level level, const char *event)
{
	LOG_EVENT(log, level, event, LOG_N("n", 1));
}

/* The clock of log.c, as the linker gives it (--wrap=time). */
static time_t clock_now;
time_t __real_time(time_t *out);
time_t __wrap_time(time_t *out);

time_t __wrap_time(time_t *out)
{
	return clock_now ? clock_now : __real_time(out);
}

/* At midnight (UTC) the next line goes to the file of the new day; where that cannot be opened, to
 * the old one, and no line is lost. */
static void midnight(void **state)
{
	struct log_sink sink = file_sink("daily", LOG_LEVEL_INFO);
	struct log *log = log_new("edge");
	char error[256], path[600];

	(void)state;
	assert_non_null(log);
	sink.rotate = LOG_ROTATE_DAILY;
	clock_now = 1767225599; /* 2025-12-31T23:59:59Z */
	assert_true(log_configure(log, &sink, 1, error, sizeof(error)));
	say(log, LOG_LEVEL_INFO, "network.timeout");
	clock_now++;
	say(log, LOG_LEVEL_INFO, "network.timeout");
	say(log, LOG_LEVEL_INFO, "network.timeout");
	assert_int_equal(count_lines("daily.2025-12-31", "network.timeout"), 1);
	assert_int_equal(count_lines("daily.2026-01-01", "network.timeout"), 2);
	folder_path(&folder, "daily.2026-01-02", path);
	assert_int_equal(mkdir(path, 0700), 0); /* in the way */
	clock_now += 86400;
	say(log, LOG_LEVEL_INFO, "network.timeout");
	assert_int_equal(count_lines("daily.2026-01-01", "network.timeout"), 3);
	clock_now += 86400;
	say(log, LOG_LEVEL_INFO, "network.timeout");
	assert_int_equal(count_lines("daily.2026-01-03", "network.timeout"), 1);
	clock_now = 0;
	log_free(log);
	assert_int_equal(rmdir(path), 0);
}

static void sinks(void **state)
{
	const char *only[] = {"tls.handshake", NULL}, *without[] = {"tls.handshake", NULL};
	struct log_sink each[] = {
		file_sink("info", LOG_LEVEL_INFO), file_sink("debug", LOG_LEVEL_DEBUG),
		file_sink("only", LOG_LEVEL_DEBUG), file_sink("without", LOG_LEVEL_DEBUG)};
	struct log *log = log_new("edge");
	char error[256];

	(void)state;
	assert_non_null(log);
	each[2].exclude = false;
	each[2].events = only;
	each[3].events = without;
	assert_true(log_configure(log, each, 4, error, sizeof(error)));
	say(log, LOG_LEVEL_WARN, "network.timeout");
	say(log, LOG_LEVEL_DEBUG, "network.timeout");
	say(log, LOG_LEVEL_INFO, "tls.handshake");
	assert_int_equal(count_lines("info", "network.timeout"), 1);
	assert_int_equal(count_lines("info", "tls.handshake"), 1);
	assert_int_equal(count_lines("debug", "network.timeout"), 2);
	assert_int_equal(count_lines("only", "network.timeout"), 0);
	assert_int_equal(count_lines("only", "tls.handshake"), 1);
	assert_int_equal(count_lines("without", "network.timeout"), 2);
	assert_int_equal(count_lines("without", "tls.handshake"), 0);

	log_override(log, true, LOG_LEVEL_ERROR);
	say(log, LOG_LEVEL_WARN, "network.timeout");
	assert_int_equal(count_lines("debug", "network.timeout"), 2);
	log_override(log, false, LOG_LEVEL_ERROR);
	say(log, LOG_LEVEL_WARN, "network.timeout");
	assert_int_equal(count_lines("debug", "network.timeout"), 3);
	log_free(log);
}

/* One path that does not open: the sinks in use stay, and the error names it. */
static void all_or_none(void **state)
{
	struct log_sink good = file_sink("good", LOG_LEVEL_INFO),
			bad = file_sink("bad", LOG_LEVEL_INFO);
	struct log_sink both[2];
	struct log *log = log_new("edge");
	char error[256] = "";

	(void)state;
	assert_true(log_configure(log, &good, 1, error, sizeof(error)));
	folder_path(&folder, "missing", bad.path);
	both[0] = file_sink("other", LOG_LEVEL_INFO);
	both[1] = bad;
	assert_false(log_configure(log, both, 2, error, sizeof(error)));
	assert_non_null(strstr(error, "missing/bad"));
	say(log, LOG_LEVEL_INFO, "server.startup");
	assert_int_equal(count_lines("good", "server.startup"), 1);
	assert_int_equal(count_lines("other", "server.startup"), 0);
	log_free(log);
}

/* ---- repeats ---- */

struct told {
	unsigned count;
	uint64_t repeats;
};

static void on_told(void *ctx, const struct log_repeat_entry *entry)
{
	struct told *told = ctx;

	told->count++;
	told->repeats += entry->repeats;
	assert_string_equal(entry->listener, "smtp");
}

static bool note(struct log_repeat *repeat, const char *event, uint8_t last, uint64_t now)
{
	const struct net_addr peer = {4, {203, 0, 113, last}};

	return log_repeat_note(repeat, event, LOG_LEVEL_INFO, &peer, STR("smtp"), 25, now);
}

static void repeats(void **state)
{
	static struct log_repeat repeat;
	struct told told = {0};
	unsigned i;

	(void)state;
	repeat = (struct log_repeat){.key = {1, 2}, .tell = on_told, .ctx = &told};
	assert_true(note(&repeat, "security.ip-blocked", 7, 1000));
	for (i = 0; i < 99; i++)
		assert_false(note(&repeat, "security.ip-blocked", 7, 1000 + i));
	assert_true(note(&repeat, "security.ip-blocked", 8, 1000));         /* another address */
	assert_true(note(&repeat, "limit.concurrent-connection", 7, 1000)); /* another event */
	log_repeat_sweep(&repeat, 1000 + LOG_REPEAT_WINDOW - 1, false);
	assert_int_equal(told.count, 0);
	log_repeat_sweep(&repeat, 1000 + LOG_REPEAT_WINDOW, false);
	assert_int_equal(told.count, 1); /* those that were not repeated say nothing more */
	assert_int_equal(told.repeats, 99);
	assert_true(note(&repeat, "security.ip-blocked", 7, 1001 + LOG_REPEAT_WINDOW));
	assert_false(note(&repeat, "security.ip-blocked", 7, 1001 + LOG_REPEAT_WINDOW));
	log_repeat_sweep(&repeat, 1001 + LOG_REPEAT_WINDOW, true);
	assert_int_equal(told.repeats, 100);
}

/* However many addresses there are, every event is told: at once, or in a count. */
static void repeats_lose_nothing(void **state)
{
	static struct log_repeat repeat;
	struct told told = {0};
	uint64_t at_once = 0;
	unsigned i, round;

	(void)state;
	repeat = (struct log_repeat){.key = {3, 4}, .tell = on_told, .ctx = &told};
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 5000; i++) {
			const struct net_addr peer = {4, {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};

			at_once += log_repeat_note(&repeat, "security.ip-blocked", LOG_LEVEL_INFO,
						   &peer, STR("smtp"), 25, 1);
		}
	}
	log_repeat_sweep(&repeat, 1, true);
	assert_int_equal(at_once + told.repeats, 15000);
}

static int make_folder(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(names),
		cmocka_unit_test(midnight),
		cmocka_unit_test(sinks),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(repeats),
		cmocka_unit_test(repeats_lose_nothing),
	};

	return cmocka_run_group_tests_name("log", tests, make_folder, remove_folder);
}
