#include "unit.h"

#include "grammar/keyset.h"

static const struct hash_key hash_key = {1, 2};

/* Keys in four bytes each, in an array that outlives the set. */
static struct str number(char (*keys)[8], size_t i, unsigned value)
{
	snprintf(keys[i], sizeof(keys[i]), "%x", value);
	return str_c(keys[i]);
}

/* `count` keys by the rule i * factor, then each again. */
static void fill(struct keyset *set, size_t count, unsigned factor)
{
	char(*keys)[8] = calloc(count, sizeof(*keys));
	uint32_t first = 0;

	assert_non_null(keys);
	keyset_clear(set);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(keyset_add(set, &hash_key,
					    number(keys, i, (unsigned)i * factor % 1000003U),
					    (uint32_t)i, &first),
				 KEYSET_NEW);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(keyset_add(set, &hash_key, str_c(keys[i]), 0, &first),
				 KEYSET_DUPLICATE);
		assert_int_equal(first, i);
	}
	assert_int_equal(set->count, count);
	free(keys);
}

static void finds_duplicates(void **state)
{
	struct keyset set = {0};

	(void)state;
	for (size_t count = 1; count < 200; count++) {
		fill(&set, count, 1);
		fill(&set, count, 7919);
	}
	fill(&set, 100000, 7919);
	fill(&set, 20, 7919);
	fill(&set, 100000, 1);
	keyset_free(&set);
}

static void order_needs_no_slots(void **state)
{
	static const char *const keys[] = {"", "a", "b", "aa", "b9", "b10", "b11"};
	struct keyset set = {0};
	uint32_t first;

	(void)state;
	keyset_clear(&set);
	for (uint32_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_int_equal(keyset_add(&set, &hash_key, str_c(keys[i]), i, &first),
				 KEYSET_NEW);
	assert_true(set.ordered);
	assert_int_equal(keyset_add(&set, &hash_key, STR("b11"), 9, &first), KEYSET_DUPLICATE);
	assert_int_equal(first, ARRAY_LEN(keys) - 1);
	assert_int_equal(keyset_add(&set, &hash_key, STR("a"), 9, &first), KEYSET_DUPLICATE);
	assert_int_equal(first, 1);
	assert_int_equal(keyset_add(&set, &hash_key, STR("a0"), 9, &first), KEYSET_NEW);
	keyset_free(&set);
}

static void slots_fit_the_map(void **state)
{
	struct keyset set = {0};

	(void)state;
	fill(&set, 50000, 7919);
	/* the map after a huge one pays once, the next no more */
	fill(&set, 40, 7919);
	fill(&set, 40, 7919);
	assert_true(set.slot_count <= 256);
	keyset_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_duplicates),
		cmocka_unit_test(order_needs_no_slots),
		cmocka_unit_test(slots_fit_the_map),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
