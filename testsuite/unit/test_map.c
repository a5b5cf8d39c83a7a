#include "unit.h"

#include "base/attr.h"
#include "base/map.h"

static const struct hash_key fixed = {UINT64_C(0x0706050403020100), UINT64_C(0x0F0E0D0C0B0A0908)};

/* Key zero: what another implementation (CPython's hash of bytes, seed 0) gives for the bytes
 * 0, 1, 2 …; the key of the paper's appendix: the published vector for no bytes at all. */
static void hash_is_siphash_1_3(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} known[] = {
		{1, UINT64_C(0x68a914128e01e473)},   {7, UINT64_C(0x2f098ab0c751325a)},
		{8, UINT64_C(0xead411e67ebe2eea)},   {9, UINT64_C(0x75927f9d95124362)},
		{15, UINT64_C(0xf30eb725bb91c9ea)},  {16, UINT64_C(0x8972188433a5c5b7)},
		{63, UINT64_C(0x385d3e39e5f37359)},  {255, UINT64_C(0x5dc1f93ea135eb43)},
		{256, UINT64_C(0x31ae646afba70308)},
	};
	const struct hash_key zero = {0, 0};
	char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(unsigned char)i;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(hash_str(&zero, (struct str){bytes, known[i].n}), known[i].hash);
	assert_int_equal(hash_str(&fixed, STR_NONE), UINT64_C(0xabac0158050fc4dc));
}

static void random_keys_differ(void **state)
{
	struct hash_key a, b;

	(void)state;
	assert_true(hash_key_random(&a));
	assert_true(hash_key_random(&b));
	assert_true(a.k0 != b.k0 || a.k1 != b.k1);
	assert_true(hash_str(&a, STR("x")) != hash_str(&b, STR("x")));
}

static void small_maps(void **state)
{
	struct map map;
	int one, two;

	(void)state;
	map_init(&map, &fixed, NULL);
	assert_null(map_get(&map, STR("a")));
	assert_false(map_has(&map, STR_NONE));
	assert_true(map_put(&map, STR("a"), &one));
	assert_true(map_put(&map, STR_NONE, NULL));
	assert_true(map_put(&map, STR("a\0b"), &two));
	assert_ptr_equal(map_get(&map, STR("a")), &one);
	assert_true(map_has(&map, STR("")));
	assert_null(map_get(&map, STR("")));
	assert_ptr_equal(map_get(&map, STR("a\0b")), &two);
	assert_false(map_has(&map, STR("a\0c")));
	assert_true(map_put(&map, STR("a"), &two));
	assert_ptr_equal(map_get(&map, STR("a")), &two);
	assert_int_equal(map.count, 3);
	map_free(&map);
	assert_int_equal(map.count, 0);
	assert_false(map_has(&map, STR("a")));
	map_free(&map);
}

/* Keys around the step from scanning to slots, each looked up after each insertion. */
static void step_to_slots(void **state)
{
	static char names[40][8];
	struct map map;

	(void)state;
	map_init(&map, &fixed, NULL);
	for (size_t i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "k%zu", i);
		assert_false(map_has(&map, str_c(names[i])));
		assert_true(map_put(&map, str_c(names[i]), names[i]));
		for (size_t j = 0; j <= i; j++)
			assert_ptr_equal(map_get(&map, str_c(names[j])), names[j]);
	}
	assert_int_equal(map.count, 40);
	map_free(&map);
}

enum { MANY = 100000 };

static void fill(struct map *map, char (*names)[16])
{
	for (size_t i = 0; i < MANY; i++) {
		/* not in any order of the names themselves */
		snprintf(names[i], sizeof(names[i]), "key-%zu", i * 7919 % MANY);
		assert_true(map_put(map, str_c(names[i]), names[i]));
	}
}

static void check_full(const struct map *map, char (*names)[16])
{
	assert_int_equal(map->count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_ptr_equal(map->entries[i].value, names[i]);
		assert_true(str_eq_c(map->entries[i].key, names[i]));
		assert_ptr_equal(map_get(map, str_c(names[i])), names[i]);
	}
	assert_null(map_get(map, STR("key-100000")));
	assert_null(map_get(map, STR("key-")));
}

static void many_keys_in_insertion_order(void **state)
{
	char(*names)[16] = calloc(MANY, sizeof(*names));
	struct hash_key key;
	struct arena arena;
	struct map map;

	(void)state;
	assert_non_null(names);
	/* any key gives the same order */
	assert_true(hash_key_random(&key));
	map_init(&map, &key, NULL);
	fill(&map, names);
	check_full(&map, names);
	/* setting all again moves nothing */
	fill(&map, names);
	check_full(&map, names);
	map_free(&map);

	arena_init(&arena, 0);
	map_init(&map, &fixed, &arena);
	fill(&map, names);
	check_full(&map, names);
	map_free(&map);
	arena_free(&arena);
	free(names);
}

static void at_finds_or_inserts(void **state)
{
	static char names[30][8];
	struct map map;

	(void)state;
	map_init(&map, &fixed, NULL);
	for (size_t i = 0; i < 30; i++) {
		void **at;

		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		at = map_at(&map, str_c(names[i]));
		assert_non_null(at);
		assert_null(*at);
		*at = names[i];
		at = map_at(&map, str_c(names[i]));
		assert_non_null(at);
		assert_ptr_equal(*at, names[i]);
		assert_int_equal(map.count, i + 1);
	}
	map_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_siphash_1_3),
		cmocka_unit_test(random_keys_differ),
		cmocka_unit_test(small_maps),
		cmocka_unit_test(step_to_slots),
		cmocka_unit_test(many_keys_in_insertion_order),
		cmocka_unit_test(at_finds_or_inserts),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
