#include "unit.h"

#include "base/digest.h"

/* FIPS 180-4 examples: one block, two blocks, nothing. */
#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_TWO "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
#define SHA_NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static void check(const struct digest *digest, const char *expected)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	assert_string_equal(hex, expected);
}

static void known_digests(void **state)
{
	struct digest digest;

	(void)state;
	assert_true(digest_of("abc", 3, &digest));
	check(&digest, SHA_ABC);
	assert_true(digest_of(NULL, 0, &digest));
	check(&digest, SHA_NONE);
	assert_true(digest_of(TWO_BLOCKS, strlen(TWO_BLOCKS), &digest));
	check(&digest, SHA_TWO);
}

static void streams_and_starts_again(void **state)
{
	struct digest_ctx *ctx = digest_new();
	struct digest digest;

	(void)state;
	assert_non_null(ctx);
	assert_true(digest_update(ctx, "a", 1));
	assert_true(digest_update(ctx, NULL, 0));
	assert_true(digest_update(ctx, "bc", 2));
	assert_true(digest_final(ctx, &digest));
	check(&digest, SHA_ABC);
	for (const char *p = TWO_BLOCKS; *p; p++)
		assert_true(digest_update(ctx, p, 1));
	assert_true(digest_final(ctx, &digest));
	check(&digest, SHA_TWO);
	assert_true(digest_final(ctx, &digest));
	check(&digest, SHA_NONE);
	digest_free(ctx);
	digest_free(NULL);
}

static void hexadecimal(void **state)
{
	struct digest a, b;

	(void)state;
	assert_true(digest_of("abc", 3, &a));
	assert_true(digest_from_hex(STR(SHA_ABC), &b));
	assert_true(digest_eq(&a, &b));
	assert_true(digest_from_hex(
		STR("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), &b));
	assert_true(digest_eq(&a, &b));
	b.b[31] ^= 1;
	assert_false(digest_eq(&a, &b));
	b = a;
	assert_false(digest_from_hex(STR(SHA_ABC "0"), &b));
	assert_false(digest_from_hex(STR(""), &b));
	assert_false(digest_from_hex(
		STR("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), &b));
	assert_false(digest_from_hex(
		STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a "), &b));
	assert_true(digest_eq(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),
		cmocka_unit_test(streams_and_starts_again),
		cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
