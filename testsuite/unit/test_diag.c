#include "unit.h"

#include <ctype.h>

#include "base/attr.h"
#include "core/diag.h"

static struct arena arena;
static struct diags diags;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	diags_init(&diags, &arena);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct span at(uint32_t begin, uint32_t end)
{
	return (struct span){1, begin, end};
}

/* Each word is a word, found again, used once, and explained. */
static void code_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
		const struct diag_code_info *info = diag_code_info((enum diag_code)i);
		enum diag_code found;

		assert_non_null(info->word);
		for (const char *p = info->word; *p; p++)
			assert_true(islower(*p) || isdigit(*p) || *p == '-');
		assert_true(diag_code_find(str_c(info->word), &found));
		assert_int_equal(found, i);
		assert_true(info->severity < SEVERITY_OFF);
		assert_true(strlen(info->title) > 5);
		assert_true(strlen(info->explanation) > 40);
		assert_int_equal(diags.levels[i], info->severity);
	}
}

static void unknown_codes(void **state)
{
	enum diag_code code = DIAG_NESTING;

	(void)state;
	assert_false(diag_code_find(STR("no-such-code"), &code));
	assert_false(diag_code_find(STR(""), &code));
	assert_false(diag_code_find(STR("synta"), &code));
	assert_false(diag_code_find(STR("syntax\0"), &code));
	assert_int_equal(code, DIAG_NESTING);
}

static void texts_are_copied(void **state)
{
	char name[] = "tlsImplict";
	struct diag *d;

	(void)state;
	d = diag_add(&diags, DIAG_SYNTAX, at(3, 9), "no field '%s'", name);
	diag_hint(&diags, d, "did you mean '%s'?", "tlsImplicit");
	diag_context(&diags, d, "in %s", name);
	diag_path(&diags, d, "NetworkListener/%s", name);
	diag_relate(&diags, d, at(1, 2), "first %s", name);
	diag_relate(&diags, d, at(2, 3), "second");
	memset(name, 'X', sizeof(name) - 1);
	assert_int_equal(diags.count, 1);
	d = &diags.all[0];
	assert_int_equal(d->code, DIAG_SYNTAX);
	assert_int_equal(d->severity, SEVERITY_ERROR);
	assert_int_equal(d->span.begin, 3);
	assert_str(d->message, "no field 'tlsImplict'");
	assert_str(d->hint, "did you mean 'tlsImplicit'?");
	assert_str(d->context, "in tlsImplict");
	assert_str(d->path, "NetworkListener/tlsImplict");
	assert_str(d->related->message, "first tlsImplict");
	assert_str(d->related->next->message, "second");
	assert_int_equal(d->related->next->span.begin, 2);
	assert_null(d->related->next->next);
	assert_false(diags_ok(&diags));
}

static void levels_change_severity(void **state)
{
	struct diag *d;

	(void)state;
	diags.levels[DIAG_SYNTAX] = SEVERITY_WARNING;
	diags.levels[DIAG_NESTING] = SEVERITY_NOTE;
	diags.levels[DIAG_ENCODING] = SEVERITY_OFF;
	assert_int_equal(diag_add(&diags, DIAG_SYNTAX, at(0, 1), "w")->severity, SEVERITY_WARNING);
	assert_int_equal(diag_add(&diags, DIAG_NESTING, at(0, 1), "n")->severity, SEVERITY_NOTE);
	d = diag_add(&diags, DIAG_ENCODING, at(0, 1), "off");
	diag_hint(&diags, d, "nobody reads this");
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 0);
	assert_int_equal(diags.warnings, 1);
	assert_int_equal(diags.notes, 1);
	assert_true(diags_ok(&diags));
}

static void scratch_takes_and_forgets(void **state)
{
	struct diag *d;

	(void)state;
	diags.levels[DIAG_ENCODING] = SEVERITY_OFF;
	d = diag_add(&diags, DIAG_ENCODING, at(0, 1), "secret %s", "hunter2");
	diag_hint(&diags, d, "h");
	diag_context(&diags, d, "c");
	diag_path(&diags, d, "p");
	diag_relate(&diags, d, at(0, 1), "r");
	d->secret = true;
	assert_int_equal(d->message.n + d->hint.n + d->context.n + d->path.n, 0);
	assert_null(d->related);
	assert_int_equal(arena.total, 0);
	/* what was written to one scratch is not seen on the next */
	d = diag_add(&diags, DIAG_ENCODING, at(0, 1), "again");
	assert_false(d->secret);
	assert_int_equal(diags.count, 0);
}

static void limit_counts_on(void **state)
{
	(void)state;
	assert_int_equal(diags.keep, 50);
	diags.keep = 5;
	for (uint32_t i = 0; i < 20; i++)
		diag_hint(&diags, diag_add(&diags, DIAG_SYNTAX, at(i, i), "e%u", i), "h%u", i);
	assert_int_equal(diags.errors, 20);
	assert_int_equal(diags.count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(diags.all[i].span.begin, i);
		assert_int_equal(diags.all[i].hint.p[1], '0' + (char)i);
	}
	assert_false(diags_ok(&diags));
}

static void notes_do_not_crowd_out_errors(void **state)
{
	(void)state;
	diags.keep = 3;
	diags.levels[DIAG_NESTING] = SEVERITY_NOTE;
	for (uint32_t i = 0; i < 10; i++)
		diag_add(&diags, DIAG_NESTING, at(i, i), "n");
	diag_add(&diags, DIAG_SYNTAX, at(99, 99), "the error");
	assert_int_equal(diags.notes, 10);
	assert_int_equal(diags.count, 4);
	assert_str(diags.all[3].message, "the error");
}

static void no_limit(void **state)
{
	(void)state;
	diags.keep = 0;
	for (uint32_t i = 0; i < 1000; i++)
		diag_add(&diags, DIAG_SYNTAX, at(1000 - i, 1001 - i), "e%u", i);
	assert_int_equal(diags.count, 1000);
	diags_sort(&diags);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(diags.all[i].span.begin, i + 1);
}

static void sorted_by_place_then_report(void **state)
{
	static const char *const expected[] = {"none", "a", "b", "c", "d", "e", "f"};

	(void)state;
	diag_add(&diags, DIAG_SYNTAX, (struct span){2, 0, 1}, "f");
	diag_add(&diags, DIAG_SYNTAX, at(5, 9), "d");
	diag_add(&diags, DIAG_NESTING, at(5, 7), "b");
	diag_add(&diags, DIAG_SYNTAX, at(5, 7), "c");
	diag_add(&diags, DIAG_SYNTAX, at(7, 7), "e");
	diag_add(&diags, DIAG_SYNTAX, at(4, 90), "a");
	diag_add(&diags, DIAG_SYNTAX, SPAN_NONE, "none");
	diags_sort(&diags);
	assert_int_equal(diags.count, ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		assert_str(diags.all[i].message, expected[i]);
}

static void repeats_are_dropped(void **state)
{
	(void)state;
	diag_add(&diags, DIAG_SYNTAX, at(5, 7), "one");
	diag_add(&diags, DIAG_NESTING, at(5, 7), "one");
	diag_add(&diags, DIAG_SYNTAX, at(5, 7), "two");
	diag_hint(&diags, diag_add(&diags, DIAG_SYNTAX, at(5, 7), "one"), "late");
	diag_add(&diags, DIAG_SYNTAX, at(5, 8), "one");
	assert_int_equal(diags.errors, 5);
	diags_sort(&diags);
	assert_int_equal(diags.count, 4);
	assert_int_equal(diags.errors, 4);
	/* the first report stays, in the order of reporting */
	assert_str(diags.all[0].message, "one");
	assert_int_equal(diags.all[0].code, DIAG_SYNTAX);
	assert_int_equal(diags.all[0].hint.n, 0);
	assert_int_equal(diags.all[1].code, DIAG_NESTING);
	assert_str(diags.all[2].message, "two");
	assert_int_equal(diags.all[3].span.end, 8);
	diags_sort(&diags);
	assert_int_equal(diags.count, 4);
	/* room of the dropped one may be used again */
	diags.keep = 5;
	diag_add(&diags, DIAG_SYNTAX, at(9, 9), "more");
	assert_int_equal(diags.count, 5);
	assert_int_equal(diags.errors, 5);
}

static void lost_memory_is_not_valid(void **state)
{
	(void)state;
	assert_true(diags_ok(&diags));
	diags.failed = true;
	assert_false(diags_ok(&diags));
}

static void severity_names(void **state)
{
	(void)state;
	assert_string_equal(severity_name(SEVERITY_ERROR), "error");
	assert_string_equal(severity_name(SEVERITY_WARNING), "warning");
	assert_string_equal(severity_name(SEVERITY_NOTE), "note");
	assert_string_equal(severity_name(SEVERITY_OFF), "off");
}

#define WITH_DIAGS(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIAGS(code_table),
		WITH_DIAGS(unknown_codes),
		WITH_DIAGS(texts_are_copied),
		WITH_DIAGS(levels_change_severity),
		WITH_DIAGS(scratch_takes_and_forgets),
		WITH_DIAGS(limit_counts_on),
		WITH_DIAGS(notes_do_not_crowd_out_errors),
		WITH_DIAGS(no_limit),
		WITH_DIAGS(sorted_by_place_then_report),
		WITH_DIAGS(repeats_are_dropped),
		WITH_DIAGS(lost_memory_is_not_valid),
		WITH_DIAGS(severity_names),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
