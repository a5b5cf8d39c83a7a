#include "folder.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "base/attr.h"
#include "base/num.h"

static void u64(void **state)
{
	uint64_t v = 42;

	(void)state;
	assert_int_equal(num_u64(STR("0"), &v), NUM_OK);
	assert_int_equal(v, 0);
	assert_int_equal(num_u64(STR("18446744073709551615"), &v), NUM_OK);
	assert_int_equal(v, UINT64_MAX);
	assert_int_equal(num_u64(STR("00018446744073709551615"), &v), NUM_OK);
	assert_int_equal(v, UINT64_MAX);
	v = 42;
	assert_int_equal(num_u64(STR("18446744073709551616"), &v), NUM_RANGE);
	assert_int_equal(num_u64(STR("99999999999999999999999999999999"), &v), NUM_RANGE);
	/* not a number at all, however long its start */
	assert_int_equal(num_u64(STR("99999999999999999999999999999999x"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR(""), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR_NONE, &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("-1"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("+1"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR(" 1"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("1 "), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("1\0"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("0x10"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("1_000"), &v), NUM_SYNTAX);
	assert_int_equal(num_u64(STR("\xD9\xA1"), &v), NUM_SYNTAX);
	assert_int_equal(v, 42);
}

static void i64(void **state)
{
	int64_t v = 42;

	(void)state;
	assert_int_equal(num_i64(STR("9223372036854775808"), &v), NUM_RANGE);
	assert_int_equal(num_i64(STR("-9223372036854775809"), &v), NUM_RANGE);
	assert_int_equal(num_i64(STR("-99999999999999999999"), &v), NUM_RANGE);
	assert_int_equal(num_i64(STR("-"), &v), NUM_SYNTAX);
	assert_int_equal(num_i64(STR("+"), &v), NUM_SYNTAX);
	assert_int_equal(num_i64(STR("--1"), &v), NUM_SYNTAX);
	assert_int_equal(num_i64(STR(""), &v), NUM_SYNTAX);
	assert_int_equal(num_i64(STR("1.0"), &v), NUM_SYNTAX);
	assert_int_equal(v, 42);
	assert_int_equal(num_i64(STR("9223372036854775807"), &v), NUM_OK);
	assert_true(v == INT64_MAX);
	assert_int_equal(num_i64(STR("-9223372036854775808"), &v), NUM_OK);
	assert_true(v == INT64_MIN);
	assert_int_equal(num_i64(STR("-0"), &v), NUM_OK);
	assert_int_equal(v, 0);
	assert_int_equal(num_i64(STR("+7"), &v), NUM_OK);
	assert_int_equal(v, 7);
}

/* Bit for bit, so that the sign of zero counts. */
static void check_double(struct str text, double expected)
{
	double v = 42;

	assert_int_equal(num_double(text, &v), NUM_OK);
	if (memcmp(&v, &expected, sizeof(v)) != 0)
		print_error("# %.*s: %a instead of %a\n", STR_ARG(text), v, expected);
	assert_memory_equal(&v, &expected, sizeof(v));
}

/* The right sides are hexadecimal: exact, and read by the compiler. */
static void doubles_are_correctly_rounded(void **state)
{
	(void)state;
	check_double(STR("0"), 0.0);
	check_double(STR("-0"), -0.0);
	check_double(STR("-0.0e5"), -0.0);
	check_double(STR("1.5"), 0x1.8p0);
	check_double(STR("+1.5E+1"), 0x1.ep3);
	check_double(STR("0.1"), 0x1.999999999999ap-4);
	check_double(STR("123456789012345678"), 0x1.b69b4ba630f35p+56);
	/* 2^53 + 1 lies in the middle: to the even neighbour; a trace more: upwards */
	check_double(STR("9007199254740993"), 0x1p53);
	check_double(STR("9007199254740992.999999999999999999999999"), 0x1p53);
	check_double(STR("9007199254740993.000000000000000000000001"), 0x1.0000000000001p53);
	check_double(STR("9007199254740995"), 0x1.0000000000002p53);
	check_double(STR("1e22"), 0x1.0f0cf064dd592p+73);
	check_double(STR("1e23"), 0x1.52d02c7e14af6p+76);
	check_double(STR("8.5e22"), 0x1.1ffdbf6b2b2ebp+76);
	check_double(STR("1e-22"), 0x1.e392010175ee6p-74);
	check_double(STR("1e-23"), 0x1.82db34012b251p-77);
	/* the smallest normal one, its neighbour below, the smallest of all, and less */
	check_double(STR("2.2250738585072014e-308"), 0x1p-1022);
	check_double(STR("2.2250738585072011e-308"), 0x1.ffffffffffffep-1023);
	check_double(STR("5e-324"), 0x1p-1074);
	check_double(STR("2.4703282292062328e-324"), 0x1p-1074);
	check_double(STR("2.4703282292062327e-324"), 0.0);
	check_double(STR("1e-400"), 0.0);
	check_double(STR("-1e-400"), -0.0);
	check_double(STR("1.7976931348623157e308"), DBL_MAX);
	check_double(STR("1.7976931348623158e308"), DBL_MAX);
}

static void long_texts(void **state)
{
	static char text[2 * 4096 + 64];
	size_t n;

	(void)state;
	/* half way between 1 and its neighbour in 53 digits, then zeros, then one digit more */
	n = (size_t)snprintf(text, sizeof(text),
			     "1.00000000000000011102230246251565404236316680908203125");
	check_double((struct str){text, n}, 1.0);
	memset(text + n, '0', 4000);
	check_double((struct str){text, n + 4000}, 1.0);
	text[n + 4000] = '1';
	check_double((struct str){text, n + 4001}, 0x1.0000000000001p0);
	/* zeros in front and an exponent that takes them back */
	memcpy(text, "0.", 2);
	memset(text + 2, '0', 4000);
	n = 4002 + (size_t)snprintf(text + 4002, 32, "25e4002");
	check_double((struct str){text, n}, 25.0);
	text[0] = '1';
	memset(text + 1, '0', 4000);
	n = 4001 + (size_t)snprintf(text + 4001, 32, "e-3999");
	check_double((struct str){text, n}, 10.0);
	check_double(STR("0e99999999999999999999999999"), 0.0);
	check_double(STR("1e-99999999999999999999999999"), 0.0);
	check_double(STR("0.0000000001e-999999999999999999"), 0.0);
}

static void refused_doubles(void **state)
{
	static const char *const bad[] = {
		"",    ".",     ".5",    "1.", "1.e5",  "e5",  "1e",       "1e+", "1e-",
		"--1", "+",     "-",     " 1", "1 ",    "1,5", "0x1p3",    "inf", "nan",
		"1_0", "1.5.5", "1e5.0", "1f", "1e5e5", "+-1", "infinity",
	};
	double v = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (num_double(str_c(bad[i]), &v) != NUM_SYNTAX)
			fail_msg("accepted: '%s'", bad[i]);
	}
	assert_int_equal(num_double(STR("1\0"), &v), NUM_SYNTAX);
	assert_int_equal(num_double(STR("1e309"), &v), NUM_RANGE);
	assert_int_equal(num_double(STR("-1.7976931348623159e308"), &v), NUM_RANGE);
	assert_int_equal(num_double(STR("1e99999999999999999999999"), &v), NUM_RANGE);
	assert_true(v > 41 && v < 43);
}

static void check_format(double d, const char *expected)
{
	char text[32];
	size_t n = num_format_double(d, text);

	assert_string_equal(text, expected);
	assert_int_equal(n, strlen(expected));
}

static void formats_are_short(void **state)
{
	(void)state;
	check_format(0.0, "0");
	check_format(-0.0, "-0");
	check_format(1, "1");
	check_format(-1.5, "-1.5");
	check_format(0.1, "0.1");
	check_format(0.30000000000000004, "0.30000000000000004");
	check_format(100, "100");
	check_format(1e15, "1000000000000000");
	check_format(1e16, "10000000000000000");
	check_format(1e17, "1e+17");
	check_format(1e30, "1e+30");
	check_format(123456.789, "123456.789");
	check_format(0.00001, "0.00001");
	check_format(0.000001, "1e-6");
	check_format(1.25e-7, "1.25e-7");
	check_format(5e-324, "5e-324");
	check_format(2.2250738585072014e-308, "2.2250738585072014e-308");
	check_format(-DBL_MAX, "-1.7976931348623157e+308");
	check_format(9007199254740993.0, "9007199254740992");
	check_format((double)INFINITY, "inf");
	check_format((double)-INFINITY, "-inf");
	check_format((double)NAN, "nan");
}

/* A sequence that goes through all exponents; xorshift, so that it is the same every time. */
static void formats_read_back(void **state)
{
	uint64_t x = UINT64_C(0x9E3779B97F4A7C15);

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char text[32];
		double d, back;
		size_t n;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(&d, &x, sizeof(d));
		if (isnan(d) || isinf(d))
			continue;
		n = num_format_double(d, text);
		assert_true(n < 32);
		assert_int_equal(num_double((struct str){text, n}, &back), NUM_OK);
		assert_memory_equal(&back, &d, sizeof(d));
	}
}

/* A locale with a decimal comma: an installed one, or one made here where localedef can. */
static bool enter_comma_locale(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	struct folder folder;
	char command[128];
	bool entered = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (setlocale(LC_ALL, names[i]))
			return true;
	}
	folder_make(&folder);
	snprintf(command, sizeof(command),
		 "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder.path);
	if (system(command) >= 0 && setenv("LOCPATH", folder.path, 1) == 0)
		entered = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
	folder_remove(&folder);
	return entered;
}

/* The decimal comma of a locale must neither be read nor written. */
static void locale_does_not_matter(void **state)
{
	double v;

	(void)state;
	assert_string_equal(localeconv()->decimal_point, ",");
	check_double(STR("1.00000000000000011102230246251565404236316680908203126"),
		     0x1.0000000000001p0);
	check_double(STR("3.14159265358979312"), 0x1.921fb54442d18p1);
	assert_int_equal(num_double(STR("3,14159265358979312"), &v), NUM_SYNTAX);
	check_format(123456.789, "123456.789");
}

#define EVERYWHERE                                                                             \
	cmocka_unit_test(u64), cmocka_unit_test(i64),                                          \
		cmocka_unit_test(doubles_are_correctly_rounded), cmocka_unit_test(long_texts), \
		cmocka_unit_test(refused_doubles), cmocka_unit_test(formats_are_short),        \
		cmocka_unit_test(formats_read_back)

int main(void)
{
	const struct CMUnitTest tests[] = {EVERYWHERE};
	const struct CMUnitTest with_comma[] = {
		EVERYWHERE,
		cmocka_unit_test(locale_does_not_matter),
	};

	/* all of it under the comma, where there is such a locale */
	if (enter_comma_locale())
		return cmocka_run_group_tests_name("num", with_comma, NULL, NULL);
	printf("# no locale with a decimal comma here: not tested under one\n");
	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
