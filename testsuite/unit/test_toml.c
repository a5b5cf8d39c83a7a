/* The TOML reader beyond what toml-test says: places, recovery, hints, offsets. */
#include "reader_unit.h"

static const struct diag *only(struct reader_unit *u, const char *text, const char *codes)
{
	unit_reports(u, FORMAT_TOML, text, codes);
	return &u->diags.all[0];
}

static void values(void **state)
{
	unit_gives(*state, FORMAT_TOML, "", "{}");
	unit_gives(*state, FORMAT_TOML, "# nothing\n", "{}");
	unit_gives(*state, FORMAT_TOML,
		   "a.b = 1\na.'c d' = [1, [true], {x = \"y\"}]\n[[t]]\n[[t]]\nk=-2",
		   "{\"a\":{\"b\":1,\"c d\":[1,[true],{\"x\":\"y\"}]},\"t\":[{},{\"k\":-2}]}");
	unit_gives(*state, FORMAT_TOML,
		   "big = 18446744073709551615\nsmall = -9223372036854775808\n",
		   "{\"big\":18446744073709551615,\"small\":-9223372036854775808}");
	unit_gives(*state, FORMAT_TOML, "a = \"\"\"\r\nx\r\ny \\\r\n   z\"\"\"\r\n",
		   "{\"a\":\"x\\ny z\"}");
	/* an inline table is no header: dotted keys go on behind it */
	unit_gives(*state, FORMAT_TOML,
		   "[t]\na.b = {}\na.c = {d.e = {f = {}}, d.g = 1}\na.d = 2\n[u]\n",
		   "{\"t\":{\"a\":{\"b\":{},\"c\":{\"d\":{\"e\":{\"f\":{}},\"g\":1}},\"d\":2}},"
		   "\"u\":{}}");
	unit_gives(*state, FORMAT_TOML, "t = 1979-05-27 07:32:00.5z",
		   "{\"t\":\"1979-05-27T07:32:00.5Z\"}");
}

static void styles(void **state)
{
	static const struct {
		const char *text;
		enum node_style style;
	} cases[] = {
		{"x = \"1979-05-27\"", NODE_STYLE_PLAIN},
		{"x = 1979-05-27T07:32:00+01:00", NODE_STYLE_DATE_TIME},
		{"x = 1979-05-27T07:32:00", NODE_STYLE_LOCAL_DATE_TIME},
		{"x = 1979-05-27", NODE_STYLE_LOCAL_DATE},
		{"x = 07:32:00.123456789", NODE_STYLE_LOCAL_TIME},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct node *root = unit_whole(*state, FORMAT_TOML, str_c(cases[i].text));
		const struct node *x = node_map_get(root, STR("x"));

		assert_non_null(x);
		assert_int_equal(x->kind, NODE_STRING);
		assert_int_equal(x->style, cases[i].style);
	}
}

static void every_error_of_a_file(void **state)
{
	struct reader_unit *u = *state;
	const struct node *root;

	unit_reports(
		u, FORMAT_TOML,
		"a = 5m\n"
		"ok1 = 1\n"
		"b = [1, 2\n"
		"ok2 = 2\n"
		"[t\n"
		"lost = 1\n"
		"[u]\n"
		"c = \"open\n"
		"d = \"bad \\q escape\"\n"
		"e = 99999999999999999999\n"
		"f = [no, off]\n"
		"= 3\n"
		"ok3 = 3\n",
		"syntax 1:5, syntax 4:1, syntax 5:3, syntax 8:5, syntax 9:10, number-range 10:5, "
		"syntax 11:6, syntax 11:10, syntax 12:1");
	root = unit_whole(u, FORMAT_TOML, u->source->text);
	assert_non_null(node_map_get(root, STR("ok1")));
	assert_non_null(node_map_get(root, STR("ok2")));
	assert_int_equal(node_map_get(root, STR("a"))->kind, NODE_POISON);
	assert_int_equal(node_map_get(root, STR("b"))->kind, NODE_POISON);
	/* keys below a broken header belong to no table that anybody sees */
	assert_null(node_map_get(root, STR("lost")));
	assert_non_null(node_map_get(node_map_get(root, STR("u")), STR("ok3")));
}

static void recovery_passes_brackets(void **state)
{
	unit_reports(*state, FORMAT_TOML, "n = [ {\n  c = 1,\n  d = 2 },\n]\nx = bad\n",
		     "syntax 1:8, syntax 5:5");
	unit_reports(*state, FORMAT_TOML, "l = [\n  1 2,\n  [3],\n  [\"x\"]\n]\ny = bad\n",
		     "syntax 2:5, syntax 6:5");
	unit_reports(*state, FORMAT_TOML, "l = [\n  1 2,\n[table]\ny = bad\n",
		     "syntax 2:5, syntax 4:5");
}

static void brackets_show_where_they_opened(void **state)
{
	const struct diag *d = only(*state, "a = 1\nl = [1,\n  2\nb = 3\n", "syntax 4:1");

	assert_non_null(d->related);
	assert_int_equal(d->related->span.begin, 10);
	d = only(*state, "t = {\n  a = 1 }\n", "syntax 1:6");
	assert_int_equal(d->related->span.begin, 4);
	assert_true(str_starts(d->hint, STR("what stands in braces stands on one line")));
	d = only(*state, "a = '''x\ry'''\n", "syntax 1:9");
	assert_null(d->related);
}

static void duplicates_show_both(void **state)
{
	struct reader_unit *u = *state;
	const struct diag *d = only(u, "[a]\nb = 1\nc = 2\nb = 3\n", "duplicate-key 4:1");

	assert_non_null(d->related);
	assert_str(unit_span(u, d->related->span), "b");
	assert_int_equal(d->related->span.begin, 4);
	d = only(u, "[a]\n[b]\n[a]\nx = 1\nx = 2\n", "duplicate-key 3:2, duplicate-key 5:1");
	assert_int_equal(d->related->span.begin, 1);
	(void)only(u, "a = {b = 1, b = 2}\n", "duplicate-key 1:13");
	(void)only(u, "a = {b = 1}\n[a]\n", "duplicate-key 2:2");
	(void)only(u, "a = [1]\n[[a]]\n", "duplicate-key 2:3");
	(void)only(u, "[a.b]\n[a]\nb.c = 1\n", "duplicate-key 3:1");
	(void)only(u, "a.b = 1\n[a]\n", "duplicate-key 2:2");
	(void)only(u, "a = 1\na.b.c = 2\n", "duplicate-key 2:1");
	(void)only(u, "[t]\na.b = {c.d = 1}\na.b.c = 2\n", "duplicate-key 3:3");
	(void)only(u, "[t]\na.b = {}\n[t.a]\n", "duplicate-key 3:4");
	/* after poison there is nothing to say */
	(void)only(u, "a = bad\na.b = 1\n", "syntax 1:5");
}

static void sets(void **state)
{
	struct reader_unit *u = *state;
	const struct diag *d = only(u, "s = { \"a\", \"b.c\" }\nx = 1\n", "toml-set 1:5");
	const struct node *root;

	assert_str(d->hint, "write [\"a\", \"b.c\"] or { \"a\" = true, \"b.c\" = true }");
	assert_str(unit_span(u, d->span), "{ \"a\", \"b.c\" }");
	d = only(u, "s = { 'one' }", "toml-set 1:5");
	assert_str(d->hint, "write [\"one\"] or { \"one\" = true }");
	d = only(u, "s = {\n  \"a\",\n  10.0.0.1,\n}\nx = bad\n", "syntax 1:6, syntax 5:5");
	d = only(u, "s = { \"a\",\n  10.0.0.1,\n}\nx = bad\n", "toml-set 1:5, syntax 4:5");
	assert_str(d->hint, "write [\"a\", \"10.0.0.1\"] or { \"a\" = true, \"10.0.0.1\" = true }");
	d = only(u, "s = {a,b,c,d,e,f,g,h,i}", "toml-set 1:5");
	assert_true(str_ends(d->hint, STR("\"h\" = true, ... }")));
	d = only(u, "api-key = { \"hunter2\" }", "toml-set 1:11");
	assert_true(d->secret);
	assert_int_equal(d->hint.n, 0);
	root = unit_whole(u, FORMAT_TOML, STR("s = {\"a\"}\nt = 1"));
	assert_int_equal(node_map_get(root, STR("s"))->kind, NODE_POISON);
	assert_int_equal(node_map_get(root, STR("t"))->kind, NODE_INT);
}

static void secrets_are_not_quoted(void **state)
{
	const struct diag *d = only(*state, "authSecret = hunter2\n", "syntax 1:14");

	assert_true(d->secret);
	assert_int_equal(d->hint.n, 0);
	d = only(*state, "port = hunter2\n", "syntax 1:8");
	assert_false(d->secret);
	assert_str(d->hint, "write \"hunter2\"");
}

static void encoding(void **state)
{
	(void)only(*state, "a = 1\nb = \"\xc3\"\n", "encoding 2:6");
	unit_gives(*state, FORMAT_TOML,
		   "\xef\xbb\xbf"
		   "a = 1\n",
		   "{\"a\":1}");
	(void)only(*state,
		   "\xff\xfe"
		   "a",
		   "encoding 1:1");
	assert_str(((struct reader_unit *)*state)->diags.all[0].hint,
		   "the file is UTF-16; save it as UTF-8");
}

static void spans(void **state)
{
	struct reader_unit *u = *state;
	const struct node *root =
		unit_whole(u, FORMAT_TOML, STR("[a.\"b c\"]\nk . l = [1, 'x']\ni = {z = 0x1F}\n"));
	const struct node_entry *e = node_map_find(node_map_get(root, STR("a")), STR("b c"));

	assert_str(unit_span(u, e->key_span), "\"b c\"");
	assert_str(unit_span(u, e->value->span), "[a.\"b c\"]");
	assert_str(unit_span(u, node_map_get(e->value, STR("i"))->span), "{z = 0x1F}");
	e = node_map_find(e->value, STR("k"));
	assert_str(unit_span(u, e->key_span), "k");
	e = node_map_find(e->value, STR("l"));
	assert_str(unit_span(u, e->key_span), "l");
	assert_str(unit_span(u, e->value->span), "[1, 'x']");
	assert_str(unit_span(u, e->value->list.last->span), "'x'");
}

static bool split_all(void *ctx, struct str key)
{
	(void)ctx;
	return !str_eq(key, STR("whole"));
}

static void elements(void **state)
{
	static const struct reader_policy policy = {.split = split_all};
	static const char text[] = "n = 1\n[whole]\na = 1\n[map]\nx = 1\ny = 2\n[[list]]\nz = 3\n"
				   "[[list]]\n[empty]\n";

	unit_elements(*state, FORMAT_TOML, &policy, text,
		      "n 1\nwhole {\"a\":1}\nmap/x 1\nmap/y 2\nlist#0 {\"z\":3}\nlist#1 {}\n"
		      "empty! {}\n");
	unit_elements(
		*state, FORMAT_TOML, NULL, text,
		"n 1\nwhole {\"a\":1}\nmap {\"x\":1,\"y\":2}\nlist [{\"z\":3},{}]\nempty {}\n");
	unit_elements(*state, FORMAT_TOML, NULL, "", "");
}

static void offsets(void **state)
{
	unit_offsets(*state, FORMAT_TOML, "k = \"a\\tb\\u00e9c\"", "k", "a\\b\\\\c");
	unit_offsets(*state, FORMAT_TOML, "k = \"\"\"\n\"\"\"", "k", "");
	unit_offsets(*state, FORMAT_TOML, "k = 'a\\tb'", "k", "a\\tb");
	unit_offsets(*state, FORMAT_TOML, "k = \"\"\"\nab\\\n   c\"d\"\"\"", "k", "abc\"d");
	unit_offsets(*state, FORMAT_TOML, "k = '''\r\na\r\nb'''", "k", "a\rb");
}

static void incomplete(void **state)
{
	static const struct {
		const char *text;
		bool incomplete;
	} cases[] = {
		{"a = 1\n", false},  {"a = bad\n", false}, /* poison says it all */
		{"a = \n", true},    {"[a\n", true},
		{"a = '''\n", true}, {"a = 1\na = 2\n", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reader_unit *u = *state;
		struct reader_element e;
		struct reader *r;

		unit_source(u, str_c(cases[i].text));
		r = reader_open(FORMAT_TOML, u->source, &u->diags, &u->key, NULL);
		assert_non_null(r);
		while (reader_next(r, &u->scratch, &u->scratch, &e) == READER_ELEMENT)
			assert_non_null(e.value);
		assert_int_equal(reader_incomplete(r), cases[i].incomplete);
		reader_close(r);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_unit_start, reader_unit_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),
		TEST(styles),
		TEST(every_error_of_a_file),
		TEST(recovery_passes_brackets),
		TEST(brackets_show_where_they_opened),
		TEST(duplicates_show_both),
		TEST(sets),
		TEST(secrets_are_not_quoted),
		TEST(encoding),
		TEST(spans),
		TEST(elements),
		TEST(offsets),
		TEST(incomplete),
	};

	return cmocka_run_group_tests_name("toml", tests, NULL, NULL);
}
