#include "unit.h"

#include "base/attr.h"
#include "base/utf8.h"

/* Every code point there is, there and back, at every place beside an eight-byte step. */
static void all_code_points_round_trip(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x110000; c++) {
		char text[16] = "abcdefgh";
		char *at = text + c % 9;
		uint32_t back;
		size_t n = utf8_encode(c, at);

		if ((c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(n, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
		assert_int_equal(utf8_decode((struct str){at, n}, &back), n);
		assert_int_equal(back, c);
		assert_int_equal(utf8_valid_prefix((struct str){text, c % 9 + n}), c % 9 + n);
		assert_int_equal(utf8_count((struct str){text, c % 9 + n}), c % 9 + 1);
		if (n > 1)
			assert_int_equal(utf8_decode((struct str){at, n - 1}, &back), 0);
	}
	assert_int_equal(utf8_encode(UINT32_MAX, (char[4]){0}), 0);
}

static void invalid_sequences(void **state)
{
	static const struct str bad[] = {
		STR("\x80"),             /* continuation alone */
		STR("\xBF"),             /* the last of those */
		STR("\xC0\x80"),         /* overlong NUL */
		STR("\xC1\xBF"),         /* overlong DEL */
		STR("\xE0\x80\x80"),     /* overlong in three */
		STR("\xE0\x9F\xBF"),     /* the largest of those */
		STR("\xF0\x80\x80\x80"), /* overlong in four */
		STR("\xF0\x8F\xBF\xBF"), /* the largest of those */
		STR("\xED\xA0\x80"),     /* first surrogate */
		STR("\xED\xBF\xBF"),     /* last surrogate */
		STR("\xF4\x90\x80\x80"), /* U+110000 */
		STR("\xF5\x80\x80\x80"), /* above any */
		STR("\xFE"),
		STR("\xFF"),
		STR("\xF8\x88\x80\x80\x80"), /* five bytes */
		STR("\xC3"),                 /* cut short */
		STR("\xE2\x82"),
		STR("\xF0\x9F\x98"),
		STR("\xC3\x28"), /* second byte is none */
		STR("\xE2\x28\xA1"),
		STR("\xE2\x82\x28"),
		STR("\xF0\x9F\x98\xC3"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[32] = "0123456789";
		uint32_t c = 77;

		if (utf8_decode(bad[i], &c) != 0)
			fail_msg("sequence %zu was accepted", i);
		assert_int_equal(c, 77);
		memcpy(text + 10, bad[i].p, bad[i].n);
		assert_int_equal(utf8_valid_prefix((struct str){text, 10 + bad[i].n}), 10);
		assert_int_equal(utf8_valid_prefix((struct str){text + 9, 1 + bad[i].n}), 1);
	}
}

static void borders_of_surrogates(void **state)
{
	uint32_t c;

	(void)state;
	assert_int_equal(utf8_decode(STR("\xED\x9F\xBF"), &c), 3);
	assert_int_equal(c, 0xD7FF);
	assert_int_equal(utf8_decode(STR("\xEE\x80\x80"), &c), 3);
	assert_int_equal(c, 0xE000);
	assert_int_equal(utf8_decode(STR("\xF4\x8F\xBF\xBF"), &c), 4);
	assert_int_equal(c, 0x10FFFF);
}

static void counting(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(STR_NONE), 0);
	assert_int_equal(utf8_valid_prefix(STR_NONE), 0);
	assert_int_equal(utf8_count(STR("grüße €😀")), 8);
	assert_int_equal(utf8_count(STR("a\xFF\xE2\x82z")), 5);
	assert_int_equal(utf8_count(STR("0123456789012345é")), 17);
	assert_int_equal(utf8_valid_prefix(STR("0123456\xC3\xA9\xFF")), 9);
}

static void white_space(void **state)
{
	static const uint32_t spaces[] = {
		0x9,    0xA,    0xB,    0xC,    0xD,    0x20,   0x85,   0xA0,   0x1680,
		0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
		0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
	};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		assert_true(utf8_is_space(spaces[i]));
	for (uint32_t c = 0; c <= 0x10FFFF; c++)
		found += utf8_is_space(c);
	assert_int_equal(found, ARRAY_LEN(spaces));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_code_points_round_trip),
		cmocka_unit_test(invalid_sequences),
		cmocka_unit_test(borders_of_surrogates),
		cmocka_unit_test(counting),
		cmocka_unit_test(white_space),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
