/* What expressions give: operators, conversions, functions, limits, and programs that lie. */
#include "unit.h"

#include "base/buf.h"
#include "libstw/scan.h"
#include "stwc/eval.h"

/* The result of a text as the language writes it, or "! " and the fault. */
static void run_text(struct buf *out, const char *text, const char *with)
{
	struct eval e;
	struct stw_bytes program;
	struct interp_value result;
	unsigned branch;

	assert_true(eval_init(&e, NULL));
	if (with)
		assert_true(eval_with(&e, str_c(with)));
	if (!eval_compile(&e, str_c(text), &program))
		buf_printf(out, "? %s", e.diags.count ? e.diags.all[0].message.p : e.fault);
	else if (!eval_run(&e, program, &result, &branch))
		buf_printf(out, "! %s", e.fault);
	else
		interp_print(out, &result);
	buf_putc(out, '\0');
	eval_free(&e);
}

static void gives_with(const char *text, const char *with, const char *expected)
{
	struct buf out = BUF_INIT;

	run_text(&out, text, with);
	if (strcmp(out.p, expected) != 0)
		fail_msg("%s: %s, not %s", text, out.p, expected);
	buf_free(&out);
}

struct row {
	const char *text, *result;
};

static void give(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gives_with(rows[i].text, NULL, rows[i].result);
}

static void test_operators(void **state)
{
	static const struct row rows[] = {
		{"1 + 2 * 3", "7"},
		{"(1 + 2) * 3", "9"},
		{"7 - 2 - 1", "4"},
		{"10 / 4", "2.5"},
		{"1 / 0", "0"},
		{"1.5 + 1", "2.5"},
		{"-3 + 1", "-2"},
		{"9223372036854775807 + 1", "9223372036854775807"},
		{"-9223372036854775807 - 5", "-9223372036854775808"},
		{"9223372036854775807 * -2", "-9223372036854775808"},
		{"'a' + 'b'", "'ab'"},
		{"'a' + 1", "'a1'"},
		{"1 + 'a'", "'1a'"},
		{"'' + 1", "1"},
		{"[1] + 2", "[1, 2]"},
		{"1 + [2, 3]", "[1, 2, 3]"},
		{"[1, 2, 1] - 1", "[2]"},
		{"'5' == 5", "1"},
		{"'5.5' > 5", "1"},
		{"'a' == 0", "1"},
		{"'b' > 'a'", "1"},
		{"[1, 2] == [1, 2]", "1"},
		{"[1, 2] < [1, 3]", "1"},
		{"'a' = 'a'", "1"},
		{"'a' != 'a'", "0"},
		{"5m == 300000", "1"},
		{"2 => 2", "1"},
		{"2 =< 1", "0"},
		{"!''", "1"},
		{"!0", "1"},
		{"!'x'", "0"},
		{"1 ^ 1", "0"},
		{"1 ^ 0", "1"},
		{"true & false", "0"},
		/* what stands left decides, and is the result */
		{"'' && dns_query('a', 'mx')", "''"},
		{"'x' || dns_query('a', 'mx')", "'x'"},
		{"'x' && 'y'", "1"},
		{"'' || 0", "0"},
		{"[1, 'b', relaxed]", "[1, 'b', relaxed]"},
		/* a word equals nothing, not even itself */
		{"relaxed == relaxed", "0"},
		{"[1, 2, 3][1]", "2"},
		{"[1][5]", "''"},
		{"[1, 2]['1']", "2"},
		{"\"it's\"", "\"it's\""},
		{"'a\\nb\\\\c'", "'a\\nb\\\\c'"},
	};

	(void)state;
	give(rows, ARRAY_LEN(rows));
}

static void test_texts(void **state)
{
	static const struct row rows[] = {
		{"len('\xc3\xa4')", "2"},
		{"count_chars('\xc3\xa4')", "1"},
		{"len([1, 2])", "2"},
		{"trim('  a  ')", "'a'"},
		{"trim_start('  a ')", "'a '"},
		{"trim_end([' a ', 'b '])", "[' a', 'b']"},
		{"to_lowercase('\xc3\x84X')", "'\xc3\xa4x'"},
		{"to_uppercase('\xc3\xa4x')", "'\xc3\x84X'"},
		{"to_uppercase('stra\xc3\x9f"
		 "e')",
		 "'STRASSE'"},
		{"to_uppercase('\xce\x90')", "'\xce\x99\xcc\x88\xcc\x81'"},
		{"to_lowercase('\xc4\xb0')", "'i\xcc\x87'"},
		{"is_lowercase('ab1')", "1"},
		{"is_uppercase('Ab')", "0"},
		{"has_digits('a1')", "1"},
		{"count_spaces('a b c')", "2"},
		{"count_uppercase('aBC')", "2"},
		{"count_lowercase('aBC')", "1"},
		{"contains('abc', 'b')", "1"},
		{"contains(['ab', 'c'], 'a')", "0"},
		{"contains(['ab', 'c'], 'c')", "1"},
		{"contains_ignore_case('aBc', 'B')", "1"},
		{"contains_ignore_case(['aB'], 'Ab')", "1"},
		{"eq_ignore_case('aB', 'Ab')", "1"},
		{"starts_with('abc', 'ab')", "1"},
		{"ends_with('abc', 'bc')", "1"},
		{"strip_prefix('abc', 'ab')", "'c'"},
		{"strip_prefix('abc', 'x')", "''"},
		{"strip_suffix(['ab', 'b'], 'b')", "['a', '']"},
		{"substring('\xc3\xa4"
		 "bcd', 1, 2)",
		 "'bc'"},
		{"substring('abc', 2, 9)", "'c'"},
		{"substring('abc', 9, 1)", "''"},
		{"split('a,b,c', ',')", "['a', 'b', 'c']"},
		{"rsplit('a,b,c', ',')", "['c', 'b', 'a']"},
		{"split_n('a,b,c', ',', 1)", "['a', 'b,c']"},
		{"split_once('a@b@c', '@')", "['a', 'b@c']"},
		{"rsplit_once('a@b@c', '@')", "['a@b', 'c']"},
		{"split_once('abc', '@')", "''"},
		{"lines('a\\nb\\r\\nc')", "['a', 'b', 'c']"},
		{"split_words('one, two 3')", "['two', '3']"},
		{"email_part('a@b.org', 'local')", "'a'"},
		{"email_part('a@b.org', 'domain')", "'b.org'"},
		{"email_part('a', 'domain')", "''"},
		{"is_email('a@b.org')", "1"},
		{"is_email('a@b')", "0"},
		{"is_email('a.@b.org')", "1"},
		{"is_email('a@@b.org')", "0"},
		{"hash('', 'md5')", "'d41d8cd98f00b204e9800998ecf8427e'"},
		{"hash('abc', 'sha256')",
		 "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f"
		 "20015ad'"},
		{"hash('abc', 'crc')", "''"},
	};

	(void)state;
	give(rows, ARRAY_LEN(rows));
}

static void test_values(void **state)
{
	static const struct row rows[] = {
		{"count([1, 2])", "2"},
		{"count('')", "0"},
		{"count('a')", "1"},
		{"dedup([1, '1', 2, 1])", "[1, 2]"},
		{"sort([3, 1, 2], true)", "[1, 2, 3]"},
		{"sort(['b', 'a', 'c'], false)", "['c', 'b', 'a']"},
		{"is_intersect([1, 2], [2, 3])", "1"},
		{"is_intersect([1], 2)", "0"},
		{"winnow(['a', '', 'b'])", "['a', 'b']"},
		{"is_empty('')", "1"},
		{"is_empty([''])", "0"},
		{"is_number(5)", "1"},
		{"is_number('5')", "0"},
		{"if_then(1 > 2, 'a', 'b')", "'b'"},
		{"is_ip_addr('192.0.2.1')", "1"},
		{"is_ipv4_addr('::1')", "0"},
		{"is_ipv6_addr('::1')", "1"},
		{"is_ip_in_cidr('192.0.2.9', '192.0.2.0/24')", "1"},
		{"is_ip_in_cidr('192.0.3.9', '192.0.2.0/24')", "0"},
		{"is_ip_in_cidr('x', '192.0.2.0/24')", "0"},
		{"is_ip_in_cidr('192.0.2.9', '0.0.0.0/0')", "0"},
		{"is_ip_in_cidr('192.0.2.9', '192.0.2.9/8')", "1"},
		{"ip_reverse_name('192.0.2.1')", "'1.2.0.192'"},
		{"ip_reverse_name('x')", "''"},
		{"matches('^(a+)(b)?$', 'aa')", "1"},
		{"matches('^(a+)(b)?$', 'aa') && $1 == 'aa' && $2 == '' && $0 == 'aa'", "1"},
		{"matches('x', 'y') || $1 == ''", "1"},
		{"matches('\\\\d+', 'abc 12')", "0"},
		{"matches('\\d+', 'abc 12') && $0", "1"},
		{"matches('(?i)ABC', 'xabcx')", "1"},
		{"matches('a{2}', 'aaa')", "1"},
	};

	(void)state;
	give(rows, ARRAY_LEN(rows));
}

static void test_variables(void **state)
{
	(void)state;
	gives_with("rcpt", NULL, "''");
	gives_with("rcpt", "rcpt=a@example.org", "'a@example.org'");
	gives_with("local_port + 1", "local_port=25", "26");
	gives_with("local_port + 1", "local_port='25'", "'251'");
	gives_with("retry_num > 1.5", "retry_num=2", "1");
	gives_with("queue_age", "queue_age=5m", "300000");
	gives_with("remote_ip", "remote_ip=192.0.2.1", "'192.0.2.1'");
	gives_with("is_tls", "is_tls=true", "1");
	gives_with("recipients[1]", "recipients=['a', 'b']", "'b'");
	gives_with("$name", "$name=x", "'x'");
}

static void test_look_ups(void **state)
{
	struct eval e;
	struct stw_bytes program;
	struct interp_value result;
	unsigned branch;

	(void)state;
	assert_true(eval_init(&e, NULL));
	assert_false(eval_answer(&e, STR("len('a')=1")));
	assert_false(eval_answer(&e, STR("dns_query('a'")));
	assert_true(eval_answer(&e, STR("key_get('a', 5) = 'five'")));
	assert_true(eval_answer(&e, STR("counter_incr=7")));
	assert_true(eval_compile(&e,
				 STR("key_get('a', 5) + counter_incr('x', 'y', 1) + "
				     "key_get('a', '5')"),
				 &program));
	assert_true(eval_run(&e, program, &result, &branch));
	assert_str(result.text, "five7five");
	assert_true(eval_compile(&e, STR("1 + dns_query('b', 'mx')"), &program));
	assert_false(eval_run(&e, program, &result, &branch));
	eval_free(&e);
}

/* `head`, then n times `one`, then `tail`. */
static char *long_text(const char *head, const char *one, size_t n, const char *tail)
{
	size_t h = strlen(head), size = strlen(one);
	char *text = malloc(h + n * size + strlen(tail) + 1);

	memcpy(text, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(text + h + i * size, one, size);
	memcpy(text + h + n * size, tail, strlen(tail) + 1);
	return text;
}

static void ends_with(char *text, const char *with, const char *expected)
{
	struct buf out = BUF_INIT;

	run_text(&out, text, with);
	if (!strstr(out.p, expected))
		fail_msg("%.40s…: %.200s", text, out.p);
	buf_free(&out);
	free(text);
}

#define TEXT_OF_50 "01234567890123456789012345678901234567890123456789"
#define TEXT_OF_200 TEXT_OF_50 TEXT_OF_50 TEXT_OF_50 TEXT_OF_50

static void test_limits(void **state)
{
	static const char limit[] = "! the expression takes more steps or memory than it may";

	(void)state;
	/* each sum copies what stands left of it */
	ends_with(long_text("len(", "'0123456789' + ", 100, "'')"), NULL, "1000");
	ends_with(long_text("", "rcpt + ", 900, "''"), "rcpt=" TEXT_OF_200, limit);
	/* a pattern that goes back and forth without end */
	gives_with("matches('^(a|a)*(a|a)*(a|a)*(a|a)*$', rcpt)",
		   "rcpt=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", limit);
	ends_with(long_text("len([", "1,", 4095, "1])"), NULL, "4096");
	ends_with(long_text("len([", "1,", 4096, "1])"), NULL, "? ");
	ends_with(long_text("len('", "x", 70000, "')"), NULL, "? ");
}

/* Doubling until the memory of a run is spent. */
static void test_memory(void **state)
{
	struct eval e;
	struct stw_bytes program;
	struct interp_value result;
	unsigned branch, i;
	char *start = long_text("rcpt='", "y", 60000, "'");

	(void)state;
	assert_true(eval_init(&e, NULL));
	assert_true(eval_with(&e, str_c(start)));
	assert_true(eval_compile(&e, STR("rcpt + rcpt + rcpt + rcpt"), &program));
	assert_true(eval_run(&e, program, &result, &branch));
	for (i = 0; i < 8; i++) {
		struct interp_value *kept = map_get(&e.values, STR("rcpt"));

		*kept = result;
		if (!eval_run(&e, program, &result, &branch))
			break;
	}
	assert_in_range(i, 1, 6);
	assert_non_null(strstr(e.fault, "more steps or memory"));
	eval_free(&e);
	free(start);
}

/* ---- the library by itself ---- */

/* Every function of the language has a row with as many arguments as it takes, and a call unless
 * it waits. */
static void test_rows(void **state)
{
	size_t count, n;
	const struct stw_function_info *infos = stw_functions(&count);

	(void)state;
	assert_in_range(count, 50, 256);
	for (size_t i = 0; i < count; i++) {
		const struct interp_function *row = interp_function_find(infos[i].number);

		assert_non_null(row);
		for (n = 0; n < INTERP_ARGUMENTS && row->arguments[n] != ARGUMENT_NONE; n++)
			assert_true(n == 0 || row->arguments[n] != ARGUMENT_EACH);
		if (n != infos[i].arity || infos[i].waits != !row->call)
			fail_msg("%s: %zu arguments in its row", infos[i].name, n);
	}
	assert_null(interp_function_find(0));
	assert_null(interp_function_find(STW_FUNCTION_IF_THEN + 1));
	assert_null(interp_function_find(UINT32_MAX));
}

/* The result of a function over values that no literal can write. */
static void applies(unsigned function, struct interp_value a, struct interp_value b,
		    struct interp_value c, const char *expected)
{
	struct interp_value arguments[INTERP_ARGUMENTS] = {a, b, c}, result;
	struct interp_budget budget = {.state = INTERP_WITHIN};
	struct buf out = BUF_INIT;

	arena_init(&budget.arena, 4096);
	result = interp_apply(&budget, interp_function_find(function), arguments);
	assert_int_equal(budget.state, INTERP_WITHIN);
	interp_print(&out, &result);
	buf_putc(&out, '\0');
	if (strcmp(out.p, expected) != 0)
		fail_msg("function %u: %s, not %s", function, out.p, expected);
	buf_free(&out);
	arena_free(&budget.arena);
}

static void test_odd_values(void **state)
{
	const struct interp_value none = interp_nothing(), comma = interp_of_text(STR(","));
	const struct interp_value wrong = interp_of_text(STR("a\xff\xc3"));
	const struct interp_value text = interp_of_text(STR("a,b,c"));
	const struct interp_value minus = interp_of_integer(-1),
				  huge = interp_of_integer(INT64_MAX);
	const struct interp_value mixed[] = {interp_of_text(STR("b")), interp_of_integer(0),
					     interp_of_text(STR("a")), interp_of_float(0.0 / 0.0),
					     interp_of_integer(-2),    interp_nothing()};
	const struct interp_value list = {.kind = INTERP_LIST, .depth = 1, .list = {mixed, 6}};

	(void)state;
	/* bytes that are no UTF-8 stay, and count as characters */
	applies(STW_FUNCTION_COUNT_CHARS, wrong, none, none, "3");
	applies(STW_FUNCTION_TO_UPPERCASE, wrong, none, none, "'A\xff\xc3'");
	applies(STW_FUNCTION_TRIM, wrong, none, none, "'a\xff\xc3'");
	applies(STW_FUNCTION_SUBSTRING, wrong, interp_of_integer(1), huge, "'\xff\xc3'");
	applies(STW_FUNCTION_SPLIT, wrong, interp_of_text(STR("\xff")), none, "['a', '\xc3']");
	/* a negative place is beyond everything, a negative count all there is */
	applies(STW_FUNCTION_SUBSTRING, text, minus, huge, "''");
	applies(STW_FUNCTION_SUBSTRING, text, interp_of_integer(2), minus, "'b,c'");
	applies(STW_FUNCTION_SUBSTRING, text, interp_of_float(-1.5), interp_of_float(1e300),
		"'a,b,c'");
	applies(STW_FUNCTION_SPLIT_N, text, comma, minus, "['a', 'b', 'c']");
	applies(STW_FUNCTION_SPLIT_N, text, comma, huge, "['a', 'b', 'c']");
	applies(STW_FUNCTION_SPLIT_N, text, comma, interp_of_text(STR("x")), "['a,b,c']");
	applies(STW_FUNCTION_SPLIT, text, none, none, "['', 'a', ',', 'b', ',', 'c', '']");
	/* empty texts without a place */
	applies(STW_FUNCTION_CONTAINS, none, none, none, "1");
	applies(STW_FUNCTION_SPLIT_ONCE, none, none, none, "['', '']");
	applies(STW_FUNCTION_RSPLIT_ONCE, none, comma, none, "''");
	applies(STW_FUNCTION_STRIP_SUFFIX, none, none, none, "''");
	applies(STW_FUNCTION_EMAIL_PART, interp_of_text(STR("@")), interp_of_text(STR("domain")),
		none, "''");
	applies(STW_FUNCTION_LINES, none, none, none, "[]");
	applies(STW_FUNCTION_DEDUP, none, none, none, "[]");
	applies(STW_FUNCTION_SPLIT_WORDS, none, none, none, "[]");
	/* numbers beside texts have no order that holds between three: all members come out */
	applies(STW_FUNCTION_COUNT, list, none, none, "6");
	applies(STW_FUNCTION_WINNOW, list, none, none, "['b', 0, 'a', nan, -2]");
}

/* Sorting keeps every member, whatever they are, and keeps to the budget. */
static void test_sort(void **state)
{
	enum { COUNT = 999 };
	struct interp_value items[COUNT], arguments[INTERP_ARGUMENTS], result;
	struct interp_budget budget = {.state = INTERP_WITHIN};
	int64_t sum = 0, previous = INT64_MIN;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		items[i] = interp_of_integer((int64_t)(i * 7919 % COUNT));
	for (unsigned mixed = 0; mixed < 2; mixed++) {
		for (size_t i = 0; mixed && i < COUNT; i += 3) {
			items[i] = interp_of_text(i % 2 ? STR("a") : STR("b"));
			items[i + 1] = interp_of_float(i % 2 ? 0.0 / 0.0 : -0.5);
		}
		arguments[0] = (struct interp_value){
			.kind = INTERP_LIST, .depth = 1, .list = {items, COUNT}};
		arguments[1] = interp_of_bool(true);
		arena_init(&budget.arena, 4096);
		result = interp_apply(&budget, interp_function_find(STW_FUNCTION_SORT), arguments);
		assert_int_equal(budget.state, INTERP_WITHIN);
		assert_int_equal(result.list.count, COUNT);
		sum = 0;
		for (size_t i = 0; i < COUNT; i++) {
			const struct interp_value *item = &result.list.items[i];

			sum += item->kind == INTERP_INTEGER ? item->integer : 0;
			assert_true(mixed || item->integer >= previous);
			previous = mixed ? 0 : item->integer;
		}
		for (size_t i = 0; i < COUNT; i++)
			sum -= items[i].kind == INTERP_INTEGER ? items[i].integer : 0;
		assert_int_equal(sum, 0);
		arena_free(&budget.arena);
		budget = (struct interp_budget){.state = INTERP_WITHIN};
	}
	/* with nothing left it gives something, and says so */
	arena_init(&budget.arena, 4096);
	budget.work = STW_LIMIT_EXPR_WORK;
	(void)interp_apply(&budget, interp_function_find(STW_FUNCTION_SORT), arguments);
	assert_int_equal(budget.state, INTERP_SPENT);
	arena_free(&budget.arena);
}

/* ---- programs that lie ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* What the check lets pass runs without damage; what it refuses may do anything but crash. */
static void try_program(struct eval *e, const uint8_t *bytes, size_t n, unsigned *passed)
{
	const struct interp_source nothing = {NULL, NULL, NULL, NULL, NULL};
	struct interp_value answer = {.kind = INTERP_TEXT, .text = STR("found")};
	struct stw_bytes program = {bytes, n};
	bool sound = stw_program_check(program) == NULL;
	struct interp run;

	interp_start(&run, program, &nothing, e->regexes);
	while (interp_run(&run) == INTERP_WAIT)
		interp_answer(&run, &answer);
	if (sound) {
		assert_int_not_equal(run.status, INTERP_DAMAGED);
		++*passed;
	}
	interp_end(&run);
}

static void test_damage(void **state)
{
	static const char *const texts[] = {
		"if_then(rcpt == 'a' && local_port > 5 || $1, [1, 'b', 5m][0], relaxed)",
		"matches('^a(b)$', rcpt) && dns_query($1, 'mx')[0] != 1.5",
		"!system('hostname') ^ -metric('store.foundationdb-error') >= len(sender + $name)",
	};
	uint32_t seed = 1;
	unsigned passed = 0;
	struct eval e;

	(void)state;
	assert_true(eval_init(&e, NULL));
	for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
		struct stw_bytes program;
		uint8_t bytes[512];

		assert_true(eval_compile(&e, str_c(texts[t]), &program));
		assert_in_range(program.n, 20, sizeof(bytes));
		assert_null(stw_program_check(program));
		for (size_t cut = 0; cut < program.n; cut++)
			assert_non_null(stw_program_check((struct stw_bytes){program.p, cut}));
		for (unsigned i = 0; i < 20000; i++) {
			unsigned changes = 1 + next_random(&seed) % 3;

			memcpy(bytes, program.p, program.n);
			while (changes--)
				bytes[next_random(&seed) % program.n] =
					(uint8_t)(next_random(&seed) % (changes ? 256 : 40));
			try_program(&e, bytes, program.n, &passed);
		}
	}
	/* the trial would show nothing if the check refused all of them */
	assert_in_range(passed, 1000, 59000);
	eval_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operators),  cmocka_unit_test(test_texts),
		cmocka_unit_test(test_values),     cmocka_unit_test(test_variables),
		cmocka_unit_test(test_look_ups),   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_memory),     cmocka_unit_test(test_rows),
		cmocka_unit_test(test_odd_values), cmocka_unit_test(test_sort),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("interp", tests, NULL, NULL);
}
