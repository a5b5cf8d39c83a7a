#include "unit.h"

#include "grammar/scalar.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		enum scalar_status status;
		uint64_t ms;
	} cases[] = {
		{"250ms", SCALAR_OK, 250},
		{"1s", SCALAR_OK, 1000},
		{"1m", SCALAR_OK, 60000},
		{"1h", SCALAR_OK, 3600000},
		{"1d", SCALAR_OK, 86400000},
		{"1w", SCALAR_OK, 604800000},
		{"1h 30m", SCALAR_OK, 5400000},
		{"1h30m", SCALAR_OK, 5400000},
		{" 2 D 1 Ms ", SCALAR_OK, 172800001},
		{"1w 2d 3h 4m 5s 6ms", SCALAR_OK, 788645006},
		{"0s", SCALAR_OK, 0},
		{"", SCALAR_SYNTAX, 0},
		{"  ", SCALAR_SYNTAX, 0},
		{"5", SCALAR_SYNTAX, 0},
		{"5 x", SCALAR_SYNTAX, 0},
		{"m", SCALAR_SYNTAX, 0},
		{"-1s", SCALAR_SYNTAX, 0},
		{"1.5h", SCALAR_SYNTAX, 0},
		{"30m 1h", SCALAR_SYNTAX, 0},
		{"1m 1m", SCALAR_SYNTAX, 0},
		{"1h 5", SCALAR_SYNTAX, 0},
		{"1h,5m", SCALAR_SYNTAX, 0},
		{"18446744073709551615ms", SCALAR_OK, UINT64_MAX},
		{"18446744073709551616ms", SCALAR_RANGE, 0},
		{"18446744073709551615s", SCALAR_RANGE, 0},
		{"1s 18446744073709551615ms", SCALAR_RANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t ms = 7;

		assert_int_equal(scalar_duration(str_c(cases[i].text), &ms), cases[i].status);
		assert_int_equal(ms, cases[i].status == SCALAR_OK ? cases[i].ms : 7);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		enum scalar_status status;
		uint64_t bytes;
	} cases[] = {
		{"0b", SCALAR_OK, 0},
		{"17b", SCALAR_OK, 17},
		{"1kb", SCALAR_OK, 1024},
		{"50mb", SCALAR_OK, 52428800},
		{"50 MB", SCALAR_OK, 52428800},
		{"2gB", SCALAR_OK, 2147483648},
		{"1tb", SCALAR_OK, 1099511627776},
		{"16777215tb", SCALAR_OK, UINT64_C(16777215) << 40},
		{"16777216tb", SCALAR_RANGE, 0},
		{"99999999999999999999b", SCALAR_RANGE, 0},
		{"50", SCALAR_SYNTAX, 0},
		{"1.5gb", SCALAR_SYNTAX, 0},
		{"mb", SCALAR_SYNTAX, 0},
		{"1 m", SCALAR_SYNTAX, 0},
		{"1kb 5b", SCALAR_SYNTAX, 0},
		{"-1kb", SCALAR_SYNTAX, 0},
		{"", SCALAR_SYNTAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t bytes = 7;

		assert_int_equal(scalar_size(str_c(cases[i].text), &bytes), cases[i].status);
		assert_int_equal(bytes, cases[i].status == SCALAR_OK ? cases[i].bytes : 7);
	}
}

static void rates(void **state)
{
	uint64_t count = 7, ms = 7;

	(void)state;
	assert_int_equal(scalar_rate(STR("100/1d"), &count, &ms), SCALAR_OK);
	assert_int_equal(count, 100);
	assert_int_equal(ms, 86400000);
	assert_int_equal(scalar_rate(STR(" 5 / 1m 30s "), &count, &ms), SCALAR_OK);
	assert_int_equal(count, 5);
	assert_int_equal(ms, 90000);
	assert_int_equal(scalar_rate(STR("100"), &count, &ms), SCALAR_SYNTAX);
	assert_int_equal(scalar_rate(STR("/1d"), &count, &ms), SCALAR_SYNTAX);
	assert_int_equal(scalar_rate(STR("100/"), &count, &ms), SCALAR_SYNTAX);
	assert_int_equal(scalar_rate(STR("100/60"), &count, &ms), SCALAR_SYNTAX);
	assert_int_equal(scalar_rate(STR("99999999999999999999/1d"), &count, &ms), SCALAR_RANGE);
	assert_int_equal(scalar_rate(STR("99999999999999999999/1x"), &count, &ms), SCALAR_SYNTAX);
	assert_int_equal(count, 5);
	assert_int_equal(ms, 90000);
}

static void date_times(void **state)
{
	static const struct {
		const char *text;
		enum scalar_status status;
		int64_t seconds;
	} cases[] = {
		{"1970-01-01T00:00:00Z", SCALAR_OK, 0},
		{"2000-02-29T12:00:00Z", SCALAR_OK, 951825600},
		{"2026-01-02T03:04:05Z", SCALAR_OK, 1767323045},
		{"2026-01-02t03:04:05.999z", SCALAR_OK, 1767323045},
		{"2026-01-02T03:04:05+01:30", SCALAR_OK, 1767323045 - 5400},
		{"2026-01-02T03:04:05-01:30", SCALAR_OK, 1767323045 + 5400},
		{"1970-01-01T00:00:00+00:01", SCALAR_OK, -60},
		{"2016-12-31T23:59:60Z", SCALAR_OK, 1483228800},
		{"3000-12-31T23:59:59Z", SCALAR_OK, 32535215999},
		{"3001-01-01T00:00:00Z", SCALAR_RANGE, 0},
		{"1969-12-31T23:59:59Z", SCALAR_RANGE, 0},
		{"2026-02-29T00:00:00Z", SCALAR_RANGE, 0},
		{"2100-02-29T00:00:00Z", SCALAR_RANGE, 0},
		{"2026-04-31T00:00:00Z", SCALAR_RANGE, 0},
		{"2026-00-01T00:00:00Z", SCALAR_RANGE, 0},
		{"2026-13-01T00:00:00Z", SCALAR_RANGE, 0},
		{"2026-01-00T00:00:00Z", SCALAR_RANGE, 0},
		{"2026-01-01T24:00:00Z", SCALAR_RANGE, 0},
		{"2026-01-01T00:60:00Z", SCALAR_RANGE, 0},
		{"2026-01-01T00:00:61Z", SCALAR_RANGE, 0},
		{"2026-01-01T00:00:00+24:00", SCALAR_RANGE, 0},
		{"2026-01-01T00:00:00", SCALAR_SYNTAX, 0},
		{"2026-01-01T00:00:00.Z", SCALAR_SYNTAX, 0},
		{"2026-01-01 00:00:00Z", SCALAR_SYNTAX, 0},
		{"2026-01-01T00:00:00Zx", SCALAR_SYNTAX, 0},
		{"2026-01-01T00:00:00+0100", SCALAR_SYNTAX, 0},
		{"2026-1-01T00:00:00Z", SCALAR_SYNTAX, 0},
		{"2026-01-01", SCALAR_SYNTAX, 0},
		{"", SCALAR_SYNTAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = 7;

		assert_int_equal(scalar_date_time(str_c(cases[i].text), &seconds), cases[i].status);
		assert_int_equal(seconds, cases[i].status == SCALAR_OK ? cases[i].seconds : 7);
	}
}

static void canonical_texts(void **state)
{
	char out[64];
	uint64_t n;

	(void)state;
	scalar_format_duration(5400000, out);
	assert_string_equal(out, "1h 30m");
	scalar_format_duration(0, out);
	assert_string_equal(out, "0ms");
	scalar_format_duration(788645006, out);
	assert_string_equal(out, "1w 2d 3h 4m 5s 6ms");
	scalar_format_duration(UINT64_MAX, out);
	assert_int_equal(scalar_duration(str_c(out), &n), SCALAR_OK);
	assert_int_equal(n, UINT64_MAX);
	scalar_format_size(52428800, out);
	assert_string_equal(out, "50mb");
	scalar_format_size(1025, out);
	assert_string_equal(out, "1025");
	scalar_format_size(0, out);
	assert_string_equal(out, "0");
	scalar_format_size(UINT64_C(1) << 60, out);
	assert_string_equal(out, "1048576tb");
}

/* Every day from 1970 to 3000, there and back. */
static void every_day(void **state)
{
	char out[32], previous[32] = "";

	(void)state;
	for (int64_t seconds = 3723; seconds < INT64_C(32535215999); seconds += 86400) {
		int64_t back = -1;

		scalar_format_date_time(seconds, out);
		assert_int_equal(scalar_date_time(str_c(out), &back), SCALAR_OK);
		assert_int_equal(back, seconds);
		assert_true(strcmp(previous, out) < 0);
		memcpy(previous, out, sizeof(previous));
	}
	scalar_format_date_time(1767323045, out);
	assert_string_equal(out, "2026-01-02T03:04:05Z");
	scalar_format_date_time(INT64_MIN, out);
	assert_string_equal(out, "1970-01-01T00:00:00Z");
	scalar_format_date_time(INT64_MAX, out);
	assert_string_equal(out, "9999-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),       cmocka_unit_test(sizes),
		cmocka_unit_test(rates),           cmocka_unit_test(date_times),
		cmocka_unit_test(canonical_texts), cmocka_unit_test(every_day),
	};

	return cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
