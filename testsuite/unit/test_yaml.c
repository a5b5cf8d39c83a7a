/* The YAML reader: meaning of scalars, what is refused, places in bytes. */
#include "reader_unit.h"

#include "base/buf.h"

#include <math.h>

static void values(void **state)
{
	unit_gives(*state, FORMAT_YAML, "a: 1\nb: [x, 'y', \"z\"]\nc:\n  - k: v\n    l: w\n  -\n",
		   "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"],\"c\":[{\"k\":\"v\",\"l\":\"w\"},null]}");
	unit_gives(*state, FORMAT_YAML, "", "null");
	unit_gives(*state, FORMAT_YAML, "# nothing\n", "null");
	unit_gives(*state, FORMAT_YAML, "--- {a: 1}\n...\n", "{\"a\":1}");
	unit_gives(*state, FORMAT_YAML,
		   "\xef\xbb\xbf"
		   "a: 1\n",
		   "{\"a\":1}");
	unit_gives(*state, FORMAT_YAML, "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
		   "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}");
}

static void core_schema(void **state)
{
	unit_gives(*state, FORMAT_YAML, "[null, Null, NULL, ~, nUll]",
		   "[null,null,null,null,\"nUll\"]");
	unit_gives(*state, FORMAT_YAML, "[true, True, TRUE, false, tRUE]",
		   "[true,true,true,false,\"tRUE\"]");
	unit_gives(*state, FORMAT_YAML,
		   "[0, -1, +2, 0o17, 0x1F, 18446744073709551615, -9223372036854775808]",
		   "[0,-1,2,15,31,18446744073709551615,-9223372036854775808]");
	unit_gives(*state, FORMAT_YAML, "[1.5, .5, 5., 1e3, -1.5E-1, 1e]",
		   "[1.5,0.5,5,1000,-0.15,\"1e\"]");
	unit_gives(
		*state, FORMAT_YAML,
		"[192.0.2.1, 2001-12-14, '[::]:25', 5m, v1.0, '=', a_b, 1.2.3, -, .]",
		"[\"192.0.2.1\",\"2001-12-14\",\"[::]:25\",\"5m\",\"v1.0\",\"=\",\"a_b\",\"1.2.3\","
		"\"-\",\".\"]");
	unit_gives(*state, FORMAT_YAML,
		   "[!!str 5, !!int 5, !!float 5, ! 5, !!str yes, !!bool true, !!null ~]",
		   "[\"5\",5,5,\"5\",\"yes\",true,null]");
	unit_reports(*state, FORMAT_YAML, "[18446744073709551616, 1e999, !!int x]",
		     "number-range 1:2, number-range 1:24, syntax 1:37");
}

static void infinities(void **state)
{
	struct node *list = unit_whole(*state, FORMAT_YAML, STR("[.inf, -.Inf, .NaN]"));
	const struct node *m = list->list.first;

	assert_true(isinf(m->number) && m->number > 0);
	m = m->next;
	assert_true(isinf(m->number) && m->number < 0);
	m = m->next;
	assert_int_equal(m->kind, NODE_FLOAT);
	assert_true(isnan(m->number));
}

static void ambiguous(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{"yes", "write true, or \"yes\" for text"},
		{"On", "write true, or \"On\" for text"},
		{"n", "write false, or \"n\" for text"},
		{"OFF", "write false, or \"OFF\" for text"},
		{"0777",
		 "write 511 for the octal number, 777 for the decimal one, or \"0777\" for text"},
		{"-010",
		 "write -8 for the octal number, -10 for the decimal one, or \"-010\" for text"},
		{"089", "write 89, or \"089\" for text"},
		{"00", "write 0 for the octal number, 0 for the decimal one, or \"00\" for text"},
		{"1_000", "write a plain decimal number, or \"1_000\" for text"},
		{"0b11", "write a plain decimal number, or \"0b11\" for text"},
		{"-0x1F", "write a plain decimal number, or \"-0x1F\" for text"},
		{"12:30", "write a plain decimal number, or \"12:30\" for text"},
		{"1:30:00.5", "write a plain decimal number, or \"1:30:00.5\" for text"},
	};
	struct reader_unit *u = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unit_reports(u, FORMAT_YAML, cases[i].text, "yaml-scalar 1:1");
		assert_str(u->diags.all[0].hint, cases[i].hint);
	}
	unit_reports(u, FORMAT_YAML, "a: yes\nb: 'no'\nc: off\n",
		     "yaml-scalar 1:4, yaml-scalar 3:4");
	unit_reports(u, FORMAT_YAML, "on: 1\n'off': 2\n0777: 3\n", "yaml-scalar 1:1");
	unit_reports(u, FORMAT_YAML, "secret: 0777\n", "yaml-scalar 1:9");
	assert_true(u->diags.all[0].secret);
	assert_str(u->diags.all[0].hint, "put the text in quotes");
	unit_reports(u, FORMAT_YAML, "[yEs, 12:60, 1:x, 0_o, 1__a, 0xg_1]", "");
}

static void refused(void **state)
{
	struct reader_unit *u = *state;

	unit_reports(u, FORMAT_YAML, "a: 1\nb: 2\na: 3\n", "duplicate-key 3:1");
	assert_int_equal(u->diags.all[0].related->span.begin, 0);
	unit_reports(u, FORMAT_YAML, "a: &x {k: 1}\nb:\n  <<: *x\n  l: 2\n", "yaml-feature 3:3");
	unit_reports(u, FORMAT_YAML, "a: !local 1\nb: !!set {x}\nc: !!binary aGk=\n",
		     "yaml-feature 1:11, yaml-feature 2:10, yaml-feature 3:13");
	unit_reports(u, FORMAT_YAML, "a: 1\n---\nb: 2\n", "yaml-feature 2:1");
	unit_reports(u, FORMAT_YAML, "? [a, [b]]\n: 1\nc: 2\n", "yaml-feature 1:3");
	unit_reports(u, FORMAT_YAML, "? \n: 1\n", "yaml-feature 1:2");
	unit_reports(u, FORMAT_YAML, "a: *x\n", "syntax 1:4");
	unit_reports(u, FORMAT_YAML, "a: &x [*x]\n", "yaml-feature 1:8");
	unit_reports(u, FORMAT_YAML, "a: [1\nb: 2\n", "syntax 2:2");
	unit_reports(u, FORMAT_YAML, "a: \"\x01\"\n", "syntax 1:5");
	unit_reports(u, FORMAT_YAML, "a: \xff\n", "encoding 1:4");
	unit_reports(u, FORMAT_YAML, "\xfe\xff\xff", "encoding 1:1");
	/* quoted, it is a key as any other */
	unit_gives(u, FORMAT_YAML, "'<<': 1\n", "{\"<<\":1}");
}

static void aliases(void **state)
{
	struct reader_unit *u = *state;
	const struct node *root;

	unit_gives(u, FORMAT_YAML, "a: &x {k: [1]}\nb: [*x, *x]\nc: &x 5\nd: *x\n",
		   "{\"a\":{\"k\":[1]},\"b\":[{\"k\":[1]},{\"k\":[1]}],\"c\":5,\"d\":5}");
	root = unit_whole(u, FORMAT_YAML, STR("a: &x v\nb: *x\n"));
	assert_str(unit_span(u, node_map_get(root, STR("a"))->span), "v");
	assert_str(unit_span(u, node_map_get(root, STR("b"))->span), "v");
}

static void what_an_error_leaves(void **state)
{
	const struct node *root =
		unit_whole(*state, FORMAT_YAML, STR("a: 1\nb:\n  c: 2\n  d: [3\n"));

	/* the part before the error is there to be checked */
	assert_int_equal(root->kind, NODE_MAP);
	assert_non_null(node_map_get(root, STR("a")));
	assert_non_null(node_map_get(node_map_get(root, STR("b")), STR("c")));
}

/* Marks of libyaml count characters: here every place is behind two-, three- and four-byte ones. */
static void spans(void **state)
{
	static const char text[] = "# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\n"
				   "k\xc3\xa9y: v\xc3\xa1l # \xe2\x82\xac\n"
				   "l: [\"\xf0\x9f\x98\x80\", x]\n"
				   "m:\n  - one\n  - |\n    t\xc3\xa9xt\n    more\n\n"
				   "o: &a !!str tagged\n"
				   "p: &b:c \"d\"\n";
	struct reader_unit *u = *state;
	const struct node *root = unit_whole(u, FORMAT_YAML, str_c(text));
	const struct node_entry *e = root->map.first;

	assert_true(diags_ok(&u->diags));
	assert_str(unit_span(u, e->key_span), "k\xc3\xa9y");
	assert_str(unit_span(u, e->value->span), "v\xc3\xa1l");
	e = e->next;
	assert_str(unit_span(u, e->value->span), "[\"\xf0\x9f\x98\x80\", x]");
	assert_str(unit_span(u, e->value->list.first->span), "\"\xf0\x9f\x98\x80\"");
	assert_str(unit_span(u, e->value->list.last->span), "x");
	e = e->next;
	assert_str(unit_span(u, e->value->span), "- one\n  - |\n    t\xc3\xa9xt\n    more");
	assert_str(unit_span(u, e->value->list.last->span), "|\n    t\xc3\xa9xt\n    more");
	e = e->next;
	assert_str(unit_span(u, e->value->span), "tagged");
	e = e->next;
	/* the anchor is named b: libyaml lets a name end at a colon */
	assert_str(unit_span(u, e->value->span), ":c \"d\"");
}

/* Places far into a text that is not ASCII, across the steps of the character table. */
static void distant_spans(void **state)
{
	struct reader_unit *u = *state;
	struct buf text = BUF_INIT;
	const struct node *root;

	for (unsigned i = 0; i < 3000; i++)
		buf_printf(&text, "%s\"k\xc3\xa9%u\": \"\xe2\x82\xac%u\"", i ? ", " : "{", i, i);
	buf_putc(&text, '}');
	root = unit_whole(u, FORMAT_YAML, buf_str(&text));
	assert_int_equal(root->map.count, 3000);
	for (const struct node_entry *e = root->map.first; e; e = e->next) {
		struct str key = unit_span(u, e->key_span), value = unit_span(u, e->value->span);

		assert_true(str_eq(e->key, (struct str){key.p + 1, key.n - 2}));
		assert_true(str_eq(e->value->string, (struct str){value.p + 1, value.n - 2}));
	}
	assert_int_equal(root->span.end, text.n);
	buf_free(&text);
}

static bool split_all(void *ctx, struct str key)
{
	(void)ctx;
	return !str_eq(key, STR("whole"));
}

static void elements(void **state)
{
	static const struct reader_policy policy = {.split = split_all};

	unit_elements(*state, FORMAT_YAML, &policy,
		      "i: 1\nwhole: {a: 1}\nmap:\n  x: 1\n  z: 2\nlist: [3]\n",
		      "i 1\nwhole {\"a\":1}\nmap/x 1\nmap/z 2\nlist#0 3\n");
	unit_elements(*state, FORMAT_YAML, &policy, "- a\n- {b: 1}\n", "#0 \"a\"\n#1 {\"b\":1}\n");
	unit_elements(*state, FORMAT_YAML, &policy, "text\n", "#0 \"text\"\n");
	unit_elements(*state, FORMAT_YAML, &policy, "~\n", "");
}

static void offsets(void **state)
{
	unit_offsets(*state, FORMAT_YAML, "k: plain text\n", "k", "plain text");
	unit_offsets(*state, FORMAT_YAML, "k: ab\n  cd\n", "k", "ab\ncd");
	unit_offsets(*state, FORMAT_YAML, "k: 'a''b'\n", "k", "a'b");
	unit_offsets(*state, FORMAT_YAML, "k: \"a\\tb\\u00e9\\x41\\\n   c\"\n", "k", "a\\b\\\\\\c");
	unit_offsets(*state, FORMAT_YAML, "k: |\n    ab\n    cd\n", "k", "ab\ncd\n");
	unit_offsets(*state, FORMAT_YAML, "k: >\n  ab\n  cd\n\n  ef\n", "k", "ab\ncd\nef\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_unit_start, reader_unit_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),     TEST(core_schema),
		TEST(infinities), TEST(ambiguous),
		TEST(refused),    TEST(aliases),
		TEST(spans),      TEST(distant_spans),
		TEST(elements),   TEST(what_an_error_leaves),
		TEST(offsets),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
