#include "unit.h"

#include "base/arena.h"

static bool aligned(const void *p, size_t align)
{
	return ((uintptr_t)p & (align - 1)) == 0;
}

static void alignment_holds_in_any_order(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 512);
	for (size_t i = 0; i < 5000; i++) {
		size_t align = (size_t)1 << (i % 8);
		size_t size = i * 7 % 61;
		char *p = arena_alloc(&arena, size, align);

		assert_non_null(p);
		assert_true(aligned(p, align));
		memset(p, 0x5A, size);
	}
	assert_false(arena.failed);
	arena_free(&arena);
}

static void allocations_do_not_overlap(void **state)
{
	enum { COUNT = 2000 };
	struct arena arena;
	static unsigned char *blocks[COUNT];
	static size_t sizes[COUNT];

	(void)state;
	arena_init(&arena, 256);
	for (size_t i = 0; i < COUNT; i++) {
		/* now and then one that does not fit any chunk */
		sizes[i] = i % 97 == 0 ? 3000 + i : i % 40;
		blocks[i] = arena_alloc(&arena, sizes[i], 4);
		assert_non_null(blocks[i]);
		memset(blocks[i], (int)(i & 0xFF), sizes[i]);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(blocks[i][j], i & 0xFF);
	}
	arena_free(&arena);
}

static void size_zero_is_not_null(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 64);
	for (int i = 0; i < 200; i++)
		assert_non_null(arena_alloc(&arena, 0, 1));
	arena_free(&arena);
}

static void nothing_is_taken_before_use(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(arena.total, 0);
	assert_true(arena.chunk_size > 0);
	arena_reset(&arena);
	arena_free(&arena);
}

static void reset_reuses_memory(void **state)
{
	struct arena arena;
	size_t held;

	(void)state;
	arena_init(&arena, 4096);
	assert_non_null(arena_alloc(&arena, 100, 8));
	held = arena.total;
	for (int i = 0; i < 1000; i++) {
		arena_reset(&arena);
		for (int j = 0; j < 10; j++)
			assert_non_null(arena_alloc(&arena, 300, 8));
		assert_int_equal(arena.total, held);
	}
	arena_free(&arena);
	assert_int_equal(arena.total, 0);
}

static void reset_keeps_a_few_chunks_only(void **state)
{
	struct arena arena;
	size_t kept;

	(void)state;
	arena_init(&arena, 1024);
	for (int i = 0; i < 100000; i++)
		assert_non_null(arena_alloc(&arena, 200, 8));
	arena_reset(&arena);
	kept = arena.total;
	assert_true(kept > 0 && kept <= (size_t)8 * 1024 * 1024);
	/* what is kept serves again, and a second round does not keep more and more */
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100000; i++)
			assert_non_null(arena_alloc(&arena, 200, 8));
		arena_reset(&arena);
		assert_true(arena.total <= (size_t)8 * 1024 * 1024);
	}
	arena_free(&arena);
}

static void huge_memory_goes_back_at_reset(void **state)
{
	struct arena arena;
	char *small, *huge;

	(void)state;
	arena_init(&arena, 1024);
	small = arena_alloc(&arena, 10, 1);
	huge = arena_alloc(&arena, (size_t)1 << 24, 64);
	assert_non_null(small);
	assert_non_null(huge);
	assert_true(aligned(huge, 64));
	memset(huge, 1, (size_t)1 << 24);
	/* the chunk in use goes on being used */
	assert_true(arena.total < ((size_t)1 << 24) + 4096);
	assert_non_null(arena_alloc(&arena, 10, 1));
	assert_true(arena.total < ((size_t)1 << 24) + 4096);
	arena_reset(&arena);
	assert_true(arena.total <= 4096);
	/* huge first, then small, in an arena that holds nothing else */
	arena_free(&arena);
	assert_non_null(arena_alloc(&arena, 1 << 20, 1));
	assert_non_null(arena_alloc(&arena, 1, 1));
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, 1, 1));
	assert_true(arena.total < 1 << 20);
	arena_free(&arena);
}

static void impossible_sizes_fail_and_stick(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1024);
	assert_null(arena_alloc(&arena, SIZE_MAX, 1));
	assert_true(arena.failed);
	assert_null(arena_alloc(&arena, SIZE_MAX - 8, 16));
	assert_null(arena_zalloc(&arena, SIZE_MAX / 2, 3, 1));
	/* the arena still serves what it can, and still says that something was lost */
	assert_non_null(arena_alloc(&arena, 16, 8));
	assert_true(arena.failed);
	arena_reset(&arena);
	assert_true(arena.failed);
	arena_free(&arena);
	assert_false(arena.failed);
	assert_null(arena_zalloc(&arena, (size_t)1 << 40, (size_t)1 << 40, 8));
	assert_true(arena.failed);
	arena_free(&arena);
}

static void zalloc_clears_reused_memory(void **state)
{
	struct arena arena;
	uint64_t *numbers;
	char *dirt;

	(void)state;
	arena_init(&arena, 1024);
	dirt = arena_alloc(&arena, 200, 8);
	assert_non_null(dirt);
	memset(dirt, 0xFF, 200);
	arena_reset(&arena);
	numbers = ARENA_ARRAY(&arena, uint64_t, 25);
	assert_non_null(numbers);
	assert_true(aligned(numbers, _Alignof(uint64_t)));
	for (size_t i = 0; i < 25; i++)
		assert_int_equal(numbers[i], 0);
	arena_free(&arena);
}

static void strings_are_copies_with_nul(void **state)
{
	char text[] = "mail\0box";
	struct arena arena;
	struct str s, empty, printed;

	(void)state;
	arena_init(&arena, 64);
	s = arena_str(&arena, (struct str){text, 8});
	empty = arena_str(&arena, STR_NONE);
	printed = arena_printf(&arena, "%s:%d", "[::]", 25);
	text[0] = 'X';
	assert_int_equal(s.n, 8);
	assert_memory_equal(s.p, "mail\0box", 9);
	assert_int_equal(empty.n, 0);
	assert_string_equal(empty.p, "");
	assert_str(printed, "[::]:25");
	assert_int_equal(printed.p[printed.n], '\0');
	printed = arena_printf(&arena, "%5000d", 7);
	assert_int_equal(printed.n, 5000);
	assert_int_equal(printed.p[4999], '7');
	arena_free(&arena);
}

/* Blocks that know what they hold, some of them too large for a chunk. */
enum { RELAYED = 600 };

static unsigned char *relay_block(struct arena *arena, size_t i)
{
	size_t size = i % 50 == 7 ? 5000 : 8 + i % 100;
	unsigned char *p = arena_alloc(arena, size, 8);

	assert_non_null(p);
	memset(p, (int)(i & 0xFF), size);
	return p;
}

static void a_relay_keeps_what_is_still_needed(void **state)
{
	struct arena from, to;
	struct arena_relay relay;
	static unsigned char *old[RELAYED];
	static size_t number[RELAYED];
	size_t i, j, total;

	(void)state;
	arena_init(&from, 1024);
	arena_init(&to, 1024);
	for (i = 0; i < RELAYED; i++)
		old[i] = relay_block(&from, i);
	total = from.total;
	assert_true(arena_relay_start(&relay, &from, &to));
	for (i = 0; i < RELAYED; i++)
		number[i] = arena_relay_number(&relay, old[i]);
	for (i = 0; i < RELAYED; i++) {
		size_t least = number[i];

		for (j = i; j < RELAYED; j++)
			least = number[j] < least ? number[j] : least;
		arena_relay_pass(&relay, least);
		/* something new in the place of the old, and the rest is what it was */
		(void)relay_block(&to, i + 1);
		for (j = i; j < RELAYED; j += 7)
			assert_int_equal(old[j][7], j & 0xFF);
	}
	arena_relay_end(&relay);
	assert_int_equal(from.total, 0);
	/* what was made took the place of what went; what is large gets memory of its own */
	assert_true(to.total >= total);
	assert_true(to.total - total < total / 4 + (size_t)(RELAYED / 50) * 5100);
	arena_free(&to);
}

static void a_relay_numbers_chunks_in_their_order(void **state)
{
	struct arena from, to;
	struct arena_relay relay;
	const char *first, *large, *second, elsewhere = 0;

	(void)state;
	arena_init(&from, 1024);
	arena_init(&to, 1024);
	first = arena_alloc(&from, 200, 1);
	large = arena_alloc(&from, 9000, 1); /* while the first chunk is in use */
	second = arena_alloc(&from, 200, 1);
	for (int i = 0; i < 10; i++)
		second = arena_alloc(&from, 200, 1);
	assert_true(arena_relay_start(&relay, &from, &to));
	assert_int_equal(arena_relay_number(&relay, first), 1);
	assert_int_equal(arena_relay_number(&relay, large), 1);
	assert_true(arena_relay_number(&relay, second) > 1);
	assert_int_equal(arena_relay_number(&relay, &elsewhere), 0);
	arena_relay_pass(&relay, 1);
	assert_int_equal(to.total, 0);
	arena_relay_pass(&relay, 2);
	assert_true(to.total >= 9000 + 1024);
	arena_relay_end(&relay);
	arena_free(&to);
}

static void a_relay_of_nothing(void **state)
{
	struct arena from, to;
	struct arena_relay relay;

	(void)state;
	arena_init(&from, 0);
	arena_init(&to, 0);
	assert_true(arena_relay_start(&relay, &from, &to));
	assert_int_equal(arena_relay_number(&relay, &from), 0);
	arena_relay_end(&relay);
	assert_int_equal(to.total, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alignment_holds_in_any_order),
		cmocka_unit_test(allocations_do_not_overlap),
		cmocka_unit_test(size_zero_is_not_null),
		cmocka_unit_test(nothing_is_taken_before_use),
		cmocka_unit_test(reset_reuses_memory),
		cmocka_unit_test(reset_keeps_a_few_chunks_only),
		cmocka_unit_test(huge_memory_goes_back_at_reset),
		cmocka_unit_test(impossible_sizes_fail_and_stick),
		cmocka_unit_test(zalloc_clears_reused_memory),
		cmocka_unit_test(strings_are_copies_with_nul),
		cmocka_unit_test(a_relay_keeps_what_is_still_needed),
		cmocka_unit_test(a_relay_numbers_chunks_in_their_order),
		cmocka_unit_test(a_relay_of_nothing),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
