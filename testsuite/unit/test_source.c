#include "unit.h"

#include "base/attr.h"
#include "core/source.h"

static struct arena arena;
static struct sources sources;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	sources_init(&sources, &arena);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct source *add(struct str text)
{
	struct source *source = sources_get(&sources, sources_add(&sources, STR("t.toml"), text));

	assert_non_null(source);
	return source;
}

static void check_position(struct source *source, uint32_t offset, uint32_t line, uint32_t column)
{
	struct position at = source_position(source, offset);

	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

static void numbers_start_at_one(void **state)
{
	char name[] = "mail.toml";

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		assert_int_equal(sources_add(&sources, str_c(name), STR("x")), i);
	name[0] = 'X';
	assert_null(sources_get(&sources, 0));
	assert_null(sources_get(&sources, 101));
	assert_null(sources_get(&sources, UINT32_MAX));
	for (uint32_t i = 1; i <= 100; i++) {
		assert_int_equal(sources_get(&sources, i)->number, i);
		/* names are copies */
		assert_str(sources_get(&sources, i)->name, "mail.toml");
	}
}

static void too_large_is_refused(void **state)
{
	(void)state;
	/* the text is not looked at when it is registered */
	assert_int_equal(sources_add(&sources, STR("a"), (struct str){"", UINT32_MAX}), 0);
	assert_int_equal(sources_add(&sources, STR("a"), (struct str){"", SIZE_MAX}), 0);
	assert_int_equal(sources_add(&sources, STR("a"), (struct str){"", UINT32_MAX - 1}), 1);
}

static void empty_text_has_line_one(void **state)
{
	struct source *source = add(STR_NONE);

	(void)state;
	check_position(source, 0, 1, 1);
	check_position(source, 77, 1, 1);
	assert_str(source_line(source, 1), "");
	assert_str(source_line(source, 2), "");
	assert_int_equal(source_line_start(source, 1), 0);
	assert_int_equal(source_line_start(source, 2), 0);
}

static void lines_end_in_lf_or_crlf(void **state)
{
	/*                         0123 4 567 8 9 a bcd */
	struct source *source = add(STR("one\r\ntwo\n\r\n\rx\n"));

	(void)state;
	assert_str(source_line(source, 1), "one");
	assert_str(source_line(source, 2), "two");
	assert_str(source_line(source, 3), "");
	/* a CR alone ends no line */
	assert_str(source_line(source, 4), "\rx");
	assert_str(source_line(source, 5), "");
	assert_int_equal(source->line_count, 5);
	assert_int_equal(source_line_start(source, 2), 5);
	assert_int_equal(source_line_start(source, 3), 9);
	assert_int_equal(source_line_start(source, 4), 11);
	assert_int_equal(source_line_start(source, 5), 14);
	assert_int_equal(source_line_start(source, 6), 14);
	check_position(source, 0, 1, 1);
	check_position(source, 3, 1, 4);
	check_position(source, 4, 1, 5);
	check_position(source, 5, 2, 1);
	check_position(source, 8, 2, 4);
	check_position(source, 9, 3, 1);
	check_position(source, 12, 4, 2);
	check_position(source, 14, 5, 1);
	check_position(source, 1000, 5, 1);
	assert_str(source_line(source, 0), "");
}

static void last_line_without_end(void **state)
{
	struct source *source = add(STR("a\nlast\r"));

	(void)state;
	assert_str(source_line(source, 2), "last\r");
	check_position(source, 7, 2, 6);
}

static void columns_count_code_points(void **state)
{
	struct source *source = add(STR("x\ngrüße = \"€😀\" # é\ny\xFF\xFEz"));

	(void)state;
	check_position(source, 2, 2, 1);
	check_position(source, 6, 2, 4);   /* after ü */
	check_position(source, 8, 2, 5);   /* after ß */
	check_position(source, 13, 2, 10); /* the euro sign */
	check_position(source, 16, 2, 11);
	check_position(source, 20, 2, 12);
	check_position(source, 28, 3, 2);
	check_position(source, 30, 3, 4);
}

static void many_lines(void **state)
{
	enum { LINES = 50000 };
	char *text = malloc(LINES * 3);
	struct source *source;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < LINES; i++) {
		memcpy(text + n, "ab\n", i % 3 + 1);
		n += i % 3;
		text[n++] = '\n';
	}
	source = add((struct str){text, n});
	n = 0;
	for (uint32_t i = 0; i < LINES; i++) {
		check_position(source, (uint32_t)n, i + 1, 1);
		check_position(source, (uint32_t)n + i % 3, i + 1, i % 3 + 1);
		assert_int_equal(source_line(source, i + 1).n, i % 3);
		n += i % 3 + 1;
	}
	free(text);
}

static void masks_are_sorted_and_joined(void **state)
{
	static const uint32_t given[][2] = {{9, 12},  {3, 5}, {4, 4},   {20, 30}, {5, 7},
					    {21, 22}, {0, 1}, {11, 13}, {8, 9}};
	static const uint32_t expected[][2] = {{0, 1}, {3, 7}, {8, 13}, {20, 30}};
	struct source *source = add(STR("0123456789012345678901234567890"));
	const struct span *masks;
	size_t count;

	(void)state;
	source_masks(source, &count);
	assert_int_equal(count, 0);
	source_mask(&sources, SPAN_NONE);
	source_mask(&sources, (struct span){99, 1, 2});
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		source_mask(&sources, (struct span){source->number, given[i][0], given[i][1]});
	for (int again = 0; again < 2; again++) {
		masks = source_masks(source, &count);
		assert_int_equal(count, ARRAY_LEN(expected));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(masks[i].begin, expected[i][0]);
			assert_int_equal(masks[i].end, expected[i][1]);
		}
	}
	source_mask(&sources, (struct span){source->number, 1, 3});
	masks = source_masks(source, &count);
	assert_int_equal(count, 3);
	assert_int_equal(masks[0].end, 7);
	assert_false(source->mask_all);
}

static void line_numbers_alone(void **state)
{
	struct source *source = add(STR("a\r\nb\n\nc"));

	(void)state;
	for (uint32_t i = 0; i <= 8; i++)
		assert_int_equal(source_line_number(source, i), source_position(source, i).line);
}

#define WITH_SOURCES(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SOURCES(numbers_start_at_one),
		WITH_SOURCES(too_large_is_refused),
		WITH_SOURCES(empty_text_has_line_one),
		WITH_SOURCES(lines_end_in_lf_or_crlf),
		WITH_SOURCES(last_line_without_end),
		WITH_SOURCES(columns_count_code_points),
		WITH_SOURCES(many_lines),
		WITH_SOURCES(masks_are_sorted_and_joined),
		WITH_SOURCES(line_numbers_alone),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
