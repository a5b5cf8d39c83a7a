/* The grammar of expressions: precedence, what each token means, and where mistakes are. */
#include "unit.h"

#include "base/buf.h"
#include "grammar/expr.h"

static const char *const signs[] = {"",   "!", "-",  "+",  "-",  "*", "/",  ">",
				    ">=", "<", "<=", "==", "!=", "^", "&&", "||"};

/* The tree with every parenthesis, so that a test reads it at a glance. */
static void put(struct buf *out, const struct expr *e)
{
	const char *separator = "";

	switch ((enum expr_kind)e->kind) {
	case EXPR_INTEGER: buf_printf(out, "%lld", (long long)e->integer); return;
	case EXPR_FLOAT: buf_printf(out, "%g", e->number); return;
	case EXPR_STRING: buf_printf(out, "'%.*s'", STR_ARG(e->text)); return;
	case EXPR_NAME: buf_puts(out, e->text); return;
	case EXPR_GLOBAL: buf_printf(out, "$%.*s", STR_ARG(e->text)); return;
	case EXPR_CAPTURE: buf_printf(out, "$%lld", (long long)e->integer); return;
	case EXPR_INDEX:
		put(out, e->first);
		buf_putc(out, '[');
		put(out, e->last);
		buf_putc(out, ']');
		return;
	case EXPR_UNARY:
		buf_puts(out, str_c(signs[e->op]));
		put(out, e->first);
		return;
	case EXPR_BINARY:
		buf_putc(out, '(');
		put(out, e->first);
		buf_puts(out, str_c(signs[e->op]));
		put(out, e->last);
		buf_putc(out, ')');
		return;
	case EXPR_CALL:
	case EXPR_LIST: break;
	}
	buf_puts(out, e->text);
	buf_putc(out, e->kind == EXPR_CALL ? '(' : '[');
	for (const struct expr *member = e->first; member; member = member->next) {
		buf_puts(out, str_c(separator));
		put(out, member);
		separator = ",";
	}
	buf_putc(out, e->kind == EXPR_CALL ? ')' : ']');
}

static void gives(const char *text, const char *expected)
{
	struct expr_parsed parsed;
	struct expr_error error;
	struct buf out = BUF_INIT;
	struct arena arena;

	arena_init(&arena, 0);
	if (!expr_parse(&arena, str_c(text), 1000, &parsed, &error))
		fail_msg("%s: %s", text, error.text);
	put(&out, parsed.root);
	buf_putc(&out, '\0');
	assert_string_equal(out.p, expected);
	buf_free(&out);
	arena_free(&arena);
}

static void fails(const char *text, uint32_t begin, uint32_t end, const char *words)
{
	struct expr_parsed parsed;
	struct expr_error error;
	struct arena arena;

	arena_init(&arena, 0);
	if (expr_parse(&arena, str_c(text), 1000, &parsed, &error))
		fail_msg("%s is accepted", text);
	if (!strstr(error.text, words) || error.begin != begin || error.end != end)
		fail_msg("%s: %u..%u %s", text, error.begin, error.end, error.text);
	arena_free(&arena);
}

static void test_levels(void **state)
{
	(void)state;
	gives("a || b && c ^ d == e > f + g * -h", "(a||(b&&(c^(d==(e>(f+(g*-h)))))))");
	gives("a * b + c > d == e ^ f && g || h", "(((((((a*b)+c)>d)==e)^f)&&g)||h)");
	gives("a - b - c", "((a-b)-c)");
	gives("a / b * c", "((a/b)*c)");
	gives("a = b != c", "((a==b)!=c)");
	gives("a => b", "(a>=b)");
	gives("a =< b", "(a<=b)");
	gives("a & b | c", "((a&&b)||c)");
	gives("!a == b", "(!a==b)");
	gives("!!a", "!!a");
	gives("-a[0] + 1", "(-a[0]+1)");
	gives("!f(x)[1][2]", "!f(x)[1][2]");
	gives("(a + b) * c", "((a+b)*c)");
}

static void test_operands(void **state)
{
	(void)state;
	gives("true", "1");
	gives("false", "0");
	gives("5m", "5m");
	gives("1.5", "1.5");
	gives(".5", "0.5");
	gives("5.", "5");
	gives("$1 + $NAME", "($1+$NAME)");
	gives("$99999999999", "$99999999999");
	gives("remote_ip.ptr", "remote_ip.ptr");
	gives("'a\\'b'", "'a'b'");
	gives("\"a'b\"", "'a'b'");
	gives("'a\\nb\\tc\\rd\\\\e'", "'a\nb\tc\rd\\e'");
	gives("[]", "[]");
	gives("[a, [b], f(c)]", "[a,[b],f(c)]");
	gives("f ( a , b )", "f(a,b)");
	gives("f()", "f()");
	gives("[a, b][0]", "[a,b][0]");
	gives("(a)[0]", "a[0]");
	gives("a\r\n+\nb", "(a+b)");
	gives("a } + what follows '", "a");
	gives("f(-1, - 2)", "f(-1,-2)");
	gives("a - -1", "(a--1)");
}

static void test_mistakes(void **state)
{
	(void)state;
	fails("", 0, 0, "ends where a value is expected");
	fails("  ", 2, 2, "ends where a value is expected");
	fails("a +", 3, 3, "ends where a value is expected");
	fails("(a", 0, 1, "never closed");
	fails("f(a, (b)", 1, 2, "never closed");
	fails("[a", 0, 1, "never closed");
	fails("a)", 1, 2, "nothing is open");
	fails("(a]", 2, 3, "']' cannot stand here");
	fails("a b", 2, 3, "an operator is expected");
	fails("a 'b'", 2, 5, "an operator is expected");
	fails("'abc", 0, 4, "never ends");
	fails("'a\\\\'", 0, 5, "never ends");
	fails("a\t+ b", 1, 2, "a tab");
	fails("a # b", 2, 3, "cannot stand in an expression");
	fails("a + \xc3\xa4", 4, 6, "cannot stand in an expression");
	fails("$1[0]", 2, 3, "have members");
	fails("'a'[0]", 3, 4, "have members");
	fails("a[]", 2, 3, "cannot stand here");
	fails("a[1, 2]", 3, 4, "cannot stand here");
	fails("[-1]", 1, 2, "minus sign");
	fails("!-1", 1, 2, "minus sign");
	fails("- -1", 2, 3, "minus sign");
	fails("[!a]", 1, 2, "member of a list");
	fails("[a, (b)]", 4, 5, "member of a list");
	fails("f(a,)", 4, 5, "cannot stand here");
	fails("99999999999999999999", 0, 20, "no number");
	fails("1.2.3", 0, 5, "no number");
	fails("1(2)", 1, 2, "cannot stand here");
}

/* n times `one`, then `end`. */
static char *repeated(const char *one, size_t n, const char *end)
{
	size_t size = strlen(one);
	char *text = malloc(n * size + strlen(end) + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * size, one, size);
	memcpy(text + n * size, end, strlen(end) + 1);
	return text;
}

static void test_depth(void **state)
{
	static const char *const ones[] = {"!", "f(", "[", "a+", "("};
	struct expr_parsed parsed;
	struct expr_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ones); i++) {
		char *text = repeated(ones[i], 60000, "a");
		struct arena arena;

		arena_init(&arena, 0);
		assert_false(expr_parse(&arena, str_c(text), 1000, &parsed, &error));
		/* brackets that nothing closes may end either way, but nothing may run away */
		assert_true(error.fault == EXPR_TOO_DEEP || error.fault == EXPR_SYNTAX);
		arena_free(&arena);
		free(text);
	}
	gives("a+a+a", "((a+a)+a)");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} right[] = {{"5m", 300000}, {"1d", 86400000}, {"30S", 30000},
		     {"7", 7},       {"2ms", 2},       {"1H", 3600000}};
	static const char *const wrong[] = {"", "m", "5x", "5m3", "-5m", "99999999999999d"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		assert_true(expr_duration(str_c(right[i].text), &ms));
		assert_int_equal(ms, right[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(expr_duration(str_c(wrong[i]), &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),    cmocka_unit_test(test_operands),
		cmocka_unit_test(test_mistakes),  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
