#include "unit.h"

#include "core/node.h"

static const struct hash_key key = {1, 2};
static struct arena arena;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct node *make(enum node_kind kind)
{
	struct node *node = node_new(&arena, kind, (struct span){1, 2, 3});

	assert_non_null(node);
	return node;
}

static void constructors(void **state)
{
	struct node *list = make(NODE_LIST);
	struct node *s = node_string(&arena, STR("text"), (struct span){1, 4, 8});

	(void)state;
	assert_int_equal(list->kind, NODE_LIST);
	assert_int_equal(list->style, NODE_STYLE_PLAIN);
	assert_int_equal(list->span.begin, 2);
	assert_int_equal(list->span.end, 3);
	assert_null(list->list.first);
	assert_int_equal(list->list.count, 0);
	assert_non_null(s);
	assert_int_equal(s->kind, NODE_STRING);
	assert_str(s->string, "text");
	assert_int_equal(s->span.end, 8);
}

static void lists_keep_order(void **state)
{
	struct node *list = make(NODE_LIST);
	uint64_t i = 0;

	(void)state;
	for (; i < 100; i++) {
		struct node *member = make(NODE_INT);

		member->magnitude = i;
		/* a left-over link must not make a ring */
		member->next = list;
		node_list_append(list, member);
	}
	assert_int_equal(list->list.count, 100);
	i = 0;
	for (const struct node *m = list->list.first; m; m = m->next)
		assert_int_equal(m->magnitude, i++);
	assert_int_equal(i, 100);
}

static void check_map_of(size_t count)
{
	struct node *map = make(NODE_MAP);
	const struct node_entry *e;
	size_t i;

	for (i = 0; i < count; i++) {
		struct str name = arena_printf(&arena, "field%zu", i * 31 % count);
		struct node *value = make(NODE_INT);

		value->magnitude = i;
		assert_null(node_map_find(map, name));
		assert_true(node_map_append(&arena, &key, map, name, SPAN_NONE, value));
	}
	assert_int_equal(map->map.count, count);
	e = map->map.first;
	for (i = 0; i < count; i++, e = e->next) {
		assert_non_null(e);
		assert_int_equal(e->value->magnitude, i);
		assert_ptr_equal(node_map_find(map, e->key), e);
		assert_ptr_equal(node_map_get(map, e->key), e->value);
	}
	assert_null(e);
	assert_null(node_map_find(map, STR("field")));
	assert_null(node_map_get(map, STR("")));
}

static void maps_of_all_sizes(void **state)
{
	(void)state;
	for (size_t count = 1; count < 30; count++)
		check_map_of(count);
	check_map_of(1000);
	check_map_of(20011);
}

/* Readers report a duplicate and go on; whoever looks the name up gets the first. */
static void first_of_duplicates_is_found(void **state)
{
	struct node *map = make(NODE_MAP);

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		struct str name = arena_printf(&arena, "n%zu", i % 20);
		struct node *value = make(NODE_INT);

		value->magnitude = i;
		assert_true(node_map_append(&arena, &key, map, name, SPAN_NONE, value));
		assert_int_equal(node_map_get(map, name)->magnitude, i % 20);
	}
	assert_int_equal(map->map.count, 60);
}

static struct node *integer(uint64_t magnitude, bool negative)
{
	struct node *node = make(NODE_INT);

	node->magnitude = magnitude;
	node->negative = negative;
	return node;
}

static void integer_views(void **state)
{
	const uint64_t half = UINT64_C(1) << 63;
	int64_t i = 42;
	uint64_t u = 42;

	(void)state;
	assert_false(node_as_i64(integer(half, false), &i));
	assert_false(node_as_i64(integer(half + 1, true), &i));
	assert_false(node_as_i64(integer(UINT64_MAX, true), &i));
	assert_false(node_as_i64(make(NODE_FLOAT), &i));
	assert_false(node_as_u64(integer(1, true), &u));
	assert_false(node_as_u64(make(NODE_STRING), &u));
	assert_int_equal(i, 42);
	assert_int_equal(u, 42);
	assert_true(node_as_i64(integer(half - 1, false), &i));
	assert_true(i == INT64_MAX);
	assert_true(node_as_i64(integer(half, true), &i));
	assert_true(i == INT64_MIN);
	assert_true(node_as_i64(integer(0, true), &i));
	assert_true(i == 0);
	assert_true(node_as_i64(integer(7, true), &i));
	assert_true(i == -7);
	assert_true(node_as_u64(integer(UINT64_MAX, false), &u));
	assert_true(u == UINT64_MAX);
	assert_true(node_as_u64(integer(0, true), &u));
	assert_true(u == 0);
}

static void names_have_articles(void **state)
{
	struct node *date = make(NODE_STRING);

	(void)state;
	assert_string_equal(node_kind_name(make(NODE_NULL)), "null");
	assert_string_equal(node_kind_name(make(NODE_BOOL)), "a boolean");
	assert_string_equal(node_kind_name(make(NODE_INT)), "an integer");
	assert_string_equal(node_kind_name(make(NODE_FLOAT)), "a decimal number");
	assert_string_equal(node_kind_name(make(NODE_STRING)), "a string");
	assert_string_equal(node_kind_name(make(NODE_LIST)), "a list");
	assert_string_equal(node_kind_name(make(NODE_MAP)), "a map");
	date->style = NODE_STYLE_LOCAL_DATE;
	assert_string_equal(node_kind_name(date), "a date");
}

static void out_of_memory_is_told(void **state)
{
	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX, 1));
	assert_true(arena.failed);
	/* which does not spoil what can be had */
	assert_non_null(node_new(&arena, NODE_NULL, SPAN_NONE));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(constructors),          WITH_ARENA(lists_keep_order),
		WITH_ARENA(maps_of_all_sizes),     WITH_ARENA(first_of_duplicates_is_found),
		WITH_ARENA(integer_views),         WITH_ARENA(names_have_articles),
		WITH_ARENA(out_of_memory_is_told),
	};

	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
