/* The JSON and NDJSON readers: streaming, duplicates, recovery, numbers, places. */
#include "reader_unit.h"

#include "base/buf.h"

static bool split_all(void *ctx, struct str key)
{
	(void)ctx;
	return !str_eq(key, STR("whole"));
}

static const struct reader_policy policy = {.split = split_all};

static void values(void **state)
{
	unit_gives(*state, FORMAT_JSON, " [ ] ", "[]");
	unit_gives(*state, FORMAT_JSON, "{\"a\" : [1, -2 ,true,false,null,\"\"], \"b\":{}}",
		   "{\"a\":[1,-2,true,false,null,\"\"],\"b\":{}}");
	unit_gives(*state, FORMAT_JSON, "\"a\\u00e9\\ud83d\\ude00\\n\"",
		   "\"a\xc3\xa9\xf0\x9f\x98\x80\\n\"");
	unit_gives(*state, FORMAT_JSON, "\"more than sixteen bytes, \xc3\xa9, and \\\"quotes\\\"\"",
		   "\"more than sixteen bytes, \xc3\xa9, and \\\"quotes\\\"\"");
	unit_gives(*state, FORMAT_JSON,
		   "\xef\xbb\xbf"
		   "1",
		   "1");
	unit_reports(*state, FORMAT_JSON, "", "syntax 1:1");
}

static void numbers(void **state)
{
	const struct node *n;

	unit_gives(*state, FORMAT_JSON,
		   "[18446744073709551615, -9223372036854775808, 0, -0, 1.5, 1e3, -2E-1]",
		   "[18446744073709551615,-9223372036854775808,0,0,1.5,1000,-0.2]");
	n = unit_whole(*state, FORMAT_JSON, STR("1.0"));
	assert_int_equal(n->kind, NODE_FLOAT);
	n = unit_whole(*state, FORMAT_JSON, STR("1"));
	assert_int_equal(n->kind, NODE_INT);
	unit_reports(*state, FORMAT_JSON,
		     "[18446744073709551616, -9223372036854775809, 1e999, 12345678901234567890123]",
		     "number-range 1:2, number-range 1:24, number-range 1:46, number-range 1:53");
	unit_reports(*state, FORMAT_JSON, "01", "syntax 1:1");
	unit_reports(*state, FORMAT_JSON, "-", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "1.", "syntax 1:3");
	unit_reports(*state, FORMAT_JSON, "+1", "syntax 1:1");
}

static void strict_text(void **state)
{
	unit_reports(*state, FORMAT_JSON, "\"\xc3\"", "encoding 1:2");
	unit_reports(*state, FORMAT_JSON, "\"\xed\xa0\x80\"", "encoding 1:2");
	unit_reports(*state, FORMAT_JSON, "[\xff]", "encoding 1:2");
	unit_reports(*state, FORMAT_JSON, "\"\\ud800\"", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "\"\\udc00\\ud800\"", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "\"a\tb\"", "syntax 1:3");
	unit_reports(*state, FORMAT_JSON, "\"\\x\"", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "\"open", "syntax 1:1");
	unit_reports(*state, FORMAT_JSON, "\"open\\", "syntax 1:1");
	unit_reports(*state, FORMAT_JSON, "nul", "syntax 1:1");
}

static void commas(void **state)
{
	/* what was meant is plain, so reading goes on */
	unit_reports(*state, FORMAT_JSON, "{\"a\": [1 2,], \"b\": 1 \"c\": 1e999}",
		     "syntax 1:10, syntax 1:11, syntax 1:22, number-range 1:27");
	unit_reports(*state, FORMAT_JSON, "[,1]", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "[1,,2]", "syntax 1:4");
	unit_reports(*state, FORMAT_JSON, "{\"a\" 1}", "syntax 1:6");
	unit_reports(*state, FORMAT_JSON, "{a: 1}", "syntax 1:2");
	unit_reports(*state, FORMAT_JSON, "[1] 2", "syntax 1:5");
}

static void unclosed(void **state)
{
	static const char *const cut[] = {"{",         "{\"a\"", "{\"a\":", "{\"a\":1",
					  "{\"a\":1,", "[1",     "[1,",     "["};
	struct reader_unit *u = *state;

	for (size_t i = 0; i < ARRAY_LEN(cut); i++) {
		(void)unit_whole(u, FORMAT_JSON, str_c(cut[i]));
		assert_int_equal(u->diags.errors, 1);
		assert_int_equal(u->diags.all[0].span.begin, strlen(cut[i]));
		(void)unit_whole(u, FORMAT_NDJSON, str_c(cut[i]));
		assert_int_equal(u->diags.errors, 1);
	}

	unit_reports(u, FORMAT_JSON, "{\"a\": [1", "syntax 1:9");
	assert_non_null(u->diags.all[0].related);
	assert_int_equal(u->diags.all[0].related->span.begin, 6);
}

static void duplicates(void **state)
{
	struct reader_unit *u = *state;

	unit_reports(u, FORMAT_JSON, "{\"a\":1,\n\"b\":{\"a\":1},\n\"\\u0061\":2}",
		     "duplicate-key 3:1");
	assert_str(unit_span(u, u->diags.all[0].span), "\"\\u0061\"");
	assert_str(unit_span(u, u->diags.all[0].related->span), "\"a\"");
	unit_reports(u, FORMAT_JSON, "{\"\\u0061\\\"\":1,\"a\\\"\":2}", "duplicate-key 1:15");
	assert_str(unit_span(u, u->diags.all[0].related->span), "\"\\u0061\\\"\"");
}

static void elements(void **state)
{
	unit_elements(*state, FORMAT_JSON, &policy,
		      "{\"n\": 1, \"whole\": {\"a\": 1}, \"map\": {\"x\": 1, \"y\": [2]},"
		      "\"list\": [3, {}], \"none\": {}, \"nil\": []}",
		      "n 1\nwhole {\"a\":1}\nmap/x 1\nmap/y [2]\nlist#0 3\nlist#1 {}\n"
		      "none! {}\nnil! []\n");
	unit_elements(*state, FORMAT_JSON, NULL, "{\"map\": {\"x\": 1}}", "map {\"x\":1}\n");
	unit_elements(*state, FORMAT_JSON, &policy, "[1, {\"a\": [2]}]", "#0 1\n#1 {\"a\":[2]}\n");
	unit_elements(*state, FORMAT_JSON, &policy, "\"x\"", "#0 \"x\"\n");
	unit_elements(*state, FORMAT_JSON, &policy, "{}", "");
	unit_elements(*state, FORMAT_JSON, &policy, "[]", "");
}

static void elements_before_an_error(void **state)
{
	struct reader_unit *u = *state;

	unit_elements(u, FORMAT_JSON, &policy, "{\"map\": {\"x\": 1, \"y\": ?, \"z\": 2}}",
		      "map/x 1\nmap/y \"POISON\"\n");
	assert_int_equal(u->diags.errors, 1);
	unit_elements(u, FORMAT_JSON, &policy, "{\"map\": {\"x\": 1, ?",
		      "map/x 1\nmap \"POISON\"\n");
	assert_int_equal(u->diags.errors, 1);
	unit_elements(u, FORMAT_JSON, &policy, "{\"a\": 1", "a 1\n");
	assert_int_equal(u->diags.errors, 1);
	unit_elements(u, FORMAT_JSON, &policy, "[1, ?]", "#0 1\n#1 \"POISON\"\n");
	assert_int_equal(u->diags.errors, 1);
}

static void streamed_keys_are_checked(void **state)
{
	struct reader_unit *u = *state;
	struct buf text = BUF_INIT, expected = BUF_INIT;

	buf_puts(&text, STR("{\"map\": {"));
	for (unsigned i = 0; i < 5000; i++) {
		unsigned k = (i * 2654435761U) >> 8;

		buf_printf(&text, "\"%x\": %u, ", k, i);
		buf_printf(&expected, "map/%x %u\n", k, i);
	}
	buf_puts(&text, STR("\"z\\u0041\": 1, \"zA\": 2}, \"map\": 3}"));
	buf_puts(&expected, STR("map/zA 1\nmap/zA 2\nmap 3\n"));
	buf_put(&text, "", 1);
	buf_put(&expected, "", 1);
	unit_elements(u, FORMAT_JSON, &policy, text.p, expected.p);
	assert_int_equal(u->diags.errors, 2);
	diags_sort(&u->diags);
	assert_str(unit_span(u, u->diags.all[0].span), "\"zA\"");
	assert_str(unit_span(u, u->diags.all[0].related->span), "\"z\\u0041\"");
	assert_str(unit_span(u, u->diags.all[1].span), "\"map\"");
	assert_int_equal(u->diags.all[1].related->span.begin, 1);
	buf_free(&text);
	buf_free(&expected);
}

static void lines(void **state)
{
	struct reader_unit *u = *state;

	unit_elements(u, FORMAT_NDJSON, NULL, "{\"a\":1}\r\n\n  \n[2]\n\"x\"",
		      "#0 {\"a\":1}\n#1 [2]\n#2 \"x\"\n");
	unit_elements(u, FORMAT_NDJSON, NULL, "", "");
	unit_elements(u, FORMAT_NDJSON, NULL, "\n\n", "");
	unit_elements(u, FORMAT_NDJSON, NULL, "{\"a\":\n1}\n{\"b\":2} {}\n3\n\"open\n4\n",
		      "#0 \"POISON\"\n#1 \"POISON\"\n#2 \"POISON\"\n#3 3\n#4 \"POISON\"\n#5 4\n");
	unit_reports(u, FORMAT_NDJSON, "{\"a\":\n1}\n{\"b\":2} {}\n3\n\"open\n4\n",
		     "syntax 1:6, syntax 2:2, syntax 3:9, syntax 5:1");
	/* a key that was decoded into the scratch arena is gone with it */
	unit_elements(u, FORMAT_NDJSON, NULL, "{\"\\u0061\": 1}\n?\n",
		      "#0 {\"a\":1}\n#1 \"POISON\"\n");
	/* each line is a document of its own */
	unit_reports(u, FORMAT_NDJSON, "{\"a\":1}\n{\"a\":2}\n", "");
	unit_gives(u, FORMAT_NDJSON, "1\n{\"a\":[]}\n", "[1,{\"a\":[]}]");
}

static void roots(void **state)
{
	static const struct {
		enum format format;
		const char *text;
		enum reader_root root;
	} cases[] = {
		{FORMAT_JSON, "{}", READER_ROOT_MAP},    {FORMAT_JSON, "[]", READER_ROOT_LIST},
		{FORMAT_JSON, "1", READER_ROOT_VALUE},   {FORMAT_JSON, "", READER_ROOT_EMPTY},
		{FORMAT_NDJSON, "1", READER_ROOT_LINES}, {FORMAT_NDJSON, "\n", READER_ROOT_EMPTY},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reader_unit *u = *state;
		struct reader_element e;
		struct reader *r;

		unit_source(u, str_c(cases[i].text));
		r = reader_open(cases[i].format, u->source, &u->diags, &u->key, NULL);
		assert_non_null(r);
		assert_int_not_equal(reader_next(r, &u->scratch, &u->scratch, &e), READER_FAILED);
		assert_int_equal(reader_root(r), cases[i].root);
		reader_close(r);
	}
}

static void spans(void **state)
{
	struct reader_unit *u = *state;
	const struct node *n =
		unit_whole(u, FORMAT_JSON, STR(" {\"k\\n\" : [ 1.5, \"x\" , null ] } "));

	assert_str(unit_span(u, n->span), "{\"k\\n\" : [ 1.5, \"x\" , null ] }");
	assert_str(unit_span(u, n->map.first->key_span), "\"k\\n\"");
	n = n->map.first->value;
	assert_str(unit_span(u, n->span), "[ 1.5, \"x\" , null ]");
	assert_str(unit_span(u, n->list.first->span), "1.5");
	assert_str(unit_span(u, n->list.first->next->span), "\"x\"");
	assert_str(unit_span(u, n->list.last->span), "null");
}

static void offsets(void **state)
{
	unit_offsets(*state, FORMAT_JSON, "{\"k\":\"a\\nb\\u00e9\\ud83d\\ude00c\"}", "k",
		     "a\\b\\\\\\\\\\\\c");
	unit_offsets(*state, FORMAT_JSON, "\"plain\"", "", "plain");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_unit_start, reader_unit_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),
		TEST(numbers),
		TEST(strict_text),
		TEST(commas),
		TEST(unclosed),
		TEST(duplicates),
		TEST(elements),
		TEST(elements_before_an_error),
		TEST(streamed_keys_are_checked),
		TEST(lines),
		TEST(roots),
		TEST(spans),
		TEST(offsets),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
