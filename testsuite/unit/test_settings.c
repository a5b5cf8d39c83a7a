/* The 0.15 settings: a flat map, by the rules of validation.md section 6.1. */
#include "reader_unit.h"

static void flat(void **state)
{
	unit_gives(*state, FORMAT_SETTINGS, "", "{}");
	unit_gives(*state, FORMAT_SETTINGS,
		   "a = 1\nserver.hostname = \"mx\" # comment\n[Server.\"Listener\".SMTP]\n"
		   "bind = [\"[::]:25\", 'x']\nKey.Sub = true\n",
		   "{\"a\":\"1\",\"server.hostname\":\"mx\",\"server.Listener.smtp.bind.0000\":\"[:"
		   ":]:25\","
		   "\"server.Listener.smtp.bind.0001\":\"x\",\"server.Listener.smtp.Key.Sub\":"
		   "\"true\"}");
}

static void blocked_addresses(void **state)
{
	unit_gives(*state, FORMAT_SETTINGS,
		   "[server]\nblocked-ip = { \"192.0.2.20\", \"203.0.113.0/24\" }\n",
		   "{\"server.blocked-ip.192.0.2.20\":\"\",\"server.blocked-ip.203.0.113.0/"
		   "24\":\"\"}");
	unit_gives(
		*state, FORMAT_SETTINGS,
		"[server.blocked-ip]\n\"192.0.2.20\" = \"\"\n\"2001:db8::/32\" = \"\"\n",
		"{\"server.blocked-ip.192.0.2.20\":\"\",\"server.blocked-ip.2001:db8::/32\":\"\"}");
	unit_gives(
		*state, FORMAT_SETTINGS,
		"server.allowed-ip.203.0.113.7 = \"\"\nserver.allowed-ip.2001:db8::1 = \"\"\n",
		"{\"server.allowed-ip.203.0.113.7\":\"\",\"server.allowed-ip.2001:db8::1\":\"\"}");
}

static void arrays_and_braces(void **state)
{
	unit_gives(*state, FORMAT_SETTINGS, "[[t]]\na = 1\n[[t]]\na = 2\n[[u]]\na = 3\n",
		   "{\"t.0000.a\":\"1\",\"t.0001.a\":\"2\",\"u.0000.a\":\"3\"}");
	unit_gives(*state, FORMAT_SETTINGS,
		   "r = [ { if = \"x\", then = 5m },\n # note\n { else = false }, ]\ne = []\n",
		   "{\"r.0000.if\":\"x\",\"r.0000.then\":\"5m\",\"r.0001.else\":\"false\"}");
}

static void strings(void **state)
{
	unit_gives(*state, FORMAT_SETTINGS, "a = \"x\\ty\\q\\\"\n z\"\nb = 'it\\'s'\n",
		   "{\"a\":\"x\\tyq\\\"\\n z\",\"b\":\"it's\"}");
	unit_gives(*state, FORMAT_SETTINGS, "a = \"\"\"\nraw \\n\n\"\"\"\nb = ''''''\n",
		   "{\"a\":\"raw \\\\n\\n\",\"b\":\"\"}");
}

static void styles(void **state)
{
	struct reader_unit *u = *state;
	const struct node *root =
		unit_whole(u, FORMAT_SETTINGS, STR("[t]\na.\"b\" = 5m\nc = \"5m\"\n"));
	const struct node_entry *e = root->map.first;

	assert_int_equal(e->value->kind, NODE_STRING);
	assert_int_equal(e->value->style, NODE_STYLE_BARE);
	assert_str(e->key, "t.a.b");
	assert_str(unit_span(u, e->key_span), "a.\"b\"");
	assert_str(unit_span(u, e->value->span), "5m");
	assert_int_equal(e->next->value->style, NODE_STYLE_PLAIN);
	assert_str(unit_span(u, e->next->value->span), "\"5m\"");
}

static void refused(void **state)
{
	unit_reports(*state, FORMAT_SETTINGS, "a = 1\na = 2\n", "duplicate-key 2:1");
	unit_reports(*state, FORMAT_SETTINGS, "a = 1", "syntax 1:6");
	unit_reports(*state, FORMAT_SETTINGS, "_a = 1\n", "syntax 1:1");
	unit_reports(*state, FORMAT_SETTINGS, "-a = 1\n", "syntax 1:1");
	unit_reports(*state, FORMAT_SETTINGS, "a = 12:30\n", "syntax 1:7");
	unit_reports(*state, FORMAT_SETTINGS, "[a.'b']\n", "syntax 1:4");
	unit_reports(*state, FORMAT_SETTINGS, "a = \"x\" y\n", "syntax 1:9");
	unit_reports(*state, FORMAT_SETTINGS, "\"\" = 1\n", "syntax 1:1");
	unit_reports(*state, FORMAT_SETTINGS, "a = [[[[[[[[[[1]]]]]]]]]]\n", "");
	unit_reports(*state, FORMAT_SETTINGS, "a = [[[[[[[[[[[1]]]]]]]]]]]\n", "nesting 1:16");
	/* a key may hold text and be the start of others */
	unit_reports(*state, FORMAT_SETTINGS, "a = 1\na.b = 2\n", "");
}

static void every_error_of_a_file(void **state)
{
	unit_reports(*state, FORMAT_SETTINGS,
		     "a = \nb = [1 2,\n 3]\nc = 1\n[x!]\nd = 12:30\n[y]\ne = ?\n",
		     "syntax 1:5, syntax 2:8, syntax 5:3, syntax 6:7, syntax 8:5");
}

static void elements(void **state)
{
	unit_elements(*state, FORMAT_SETTINGS, NULL, "[a]\nb = [1, 2]\n",
		      "a.b.0000 \"1\"\na.b.0001 \"2\"\n");
}

static void offsets(void **state)
{
	unit_offsets(*state, FORMAT_SETTINGS, "k = \"a\\tb\\\"c\"\n", "k", "a\\b\\c");
	unit_offsets(*state, FORMAT_SETTINGS, "k = '''\na\\b'''\n", "k", "a\\b");
	unit_offsets(*state, FORMAT_SETTINGS, "k = word\n", "k", "word");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_unit_start, reader_unit_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flat),    TEST(blocked_addresses), TEST(arrays_and_braces),     TEST(strings),
		TEST(styles),  TEST(refused),           TEST(every_error_of_a_file), TEST(elements),
		TEST(offsets),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
