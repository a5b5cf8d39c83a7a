#include "unit.h"

#include "base/buf.h"

static void grows_and_keeps_content(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_printf(&buf, "%04d", i);
	assert_false(buf.failed);
	assert_int_equal(buf.n, 40000);
	for (int i = 0; i < 10000; i++) {
		char number[5];

		snprintf(number, sizeof(number), "%04d", i);
		assert_memory_equal(buf.p + 4 * i, number, 4);
	}
	buf_free(&buf);
	assert_null(buf.p);
	assert_int_equal(buf.cap, 0);
}

static void failure_sticks_until_clear(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_puts(&buf, STR("kept"));
	buf_reserve(&buf, SIZE_MAX);
	assert_true(buf.failed);
	buf_puts(&buf, STR("lost"));
	buf_putc(&buf, 'x');
	buf_printf(&buf, "%d", 1);
	buf_put_u32(&buf, 7);
	assert_true(buf.failed);
	assert_str(buf_str(&buf), "kept");
	buf_patch_u32(&buf, 0, 0);
	assert_str(buf_str(&buf), "kept");
	buf_clear(&buf);
	buf_puts(&buf, STR("new"));
	assert_false(buf.failed);
	assert_str(buf_str(&buf), "new");
	buf_free(&buf);
}

static void impossible_reserve_without_overflow_fails(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_reserve(&buf, SIZE_MAX / 2 + 1);
	assert_true(buf.failed);
	buf_free(&buf);
}

static void empty_puts_do_nothing(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_puts(&buf, STR_NONE);
	buf_put(&buf, NULL, 0);
	buf_reserve(&buf, 0);
	assert_null(buf.p);
	assert_false(buf.failed);
	buf_wipe(&buf);
	buf_free(&buf);
}

static void integers_are_little_endian(void **state)
{
	static const unsigned char expected[] = {
		0xAB, 0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0x0E,
		0x0D, 0x0C, 0x0B, 0x0A, 0x09, 0x08, 0x87,
	};
	struct buf buf = BUF_INIT;

	(void)state;
	buf_put_u8(&buf, 0xAB);
	buf_put_u16(&buf, 0x0102);
	buf_put_u32(&buf, 0x03040506);
	buf_put_u64(&buf, UINT64_C(0x8708090A0B0C0D0E));
	assert_int_equal(buf.n, sizeof(expected));
	assert_memory_equal(buf.p, expected, sizeof(expected));
	buf_patch_u32(&buf, 3, 0xFFFEFDFC);
	assert_memory_equal(buf.p + 2, "\x01\xFC\xFD\xFE\xFF\x0E", 6);
	/* outside: nothing is written */
	buf_patch_u32(&buf, sizeof(expected) - 3, 0);
	buf_patch_u32(&buf, SIZE_MAX, 0);
	assert_memory_equal(buf.p + sizeof(expected) - 3, expected + sizeof(expected) - 3, 3);
	buf_free(&buf);
}

static void check_json(struct str in, const char *expected)
{
	struct buf buf = BUF_INIT;

	buf_put_json(&buf, in);
	assert_false(buf.failed);
	assert_str(buf_str(&buf), expected);
	buf_free(&buf);
}

static void json_strings(void **state)
{
	(void)state;
	check_json(STR(""), "\"\"");
	check_json(STR_NONE, "\"\"");
	check_json(STR("plain"), "\"plain\"");
	check_json(STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	check_json(STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	check_json(STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"");
	check_json(STR("é€😀"), "\"é€😀\"");
	/* each byte that is not part of valid UTF-8 */
	check_json(STR("a\xFF\x62"), "\"a\xEF\xBF\xBD\x62\"");
	check_json(STR("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	check_json(STR("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void wipe_leaves_no_byte(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf.secret = true;
	buf_puts(&buf, STR("hunter2"));
	for (int i = 0; i < 1000; i++)
		buf_puts(&buf, STR("hunter2"));
	assert_int_equal(buf.n, 7007);
	assert_memory_equal(buf.p + 7000, "hunter2", 7);
	/* shortened first: what lies behind n must go too */
	buf.n = 0;
	buf_wipe(&buf);
	for (size_t i = 0; i < 7007; i++)
		assert_int_equal(buf.p[i], 0);
	buf_free(&buf);
}

static void xml(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"},
		{"\xC3\xA4 \t\n", "\xC3\xA4 \t\n"},
		{"\x01\r\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\xEF\xBF\xBE", "\xEF\xBF\xBD"}, /* U+FFFE */
	};
	struct buf buf = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&buf);
		buf_put_xml(&buf, str_c(cases[i].in));
		assert_str(buf_str(&buf), cases[i].out);
	}
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_keeps_content),
		cmocka_unit_test(failure_sticks_until_clear),
		cmocka_unit_test(impossible_reserve_without_overflow_fails),
		cmocka_unit_test(empty_puts_do_nothing),
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(xml),
		cmocka_unit_test(wipe_leaves_no_byte),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
