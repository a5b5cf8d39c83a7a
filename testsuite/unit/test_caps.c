/* Both connection caps, alone and under several threads. */
#include "unit.h"

#include <pthread.h>

#include "runtime/caps.h"

static void each_cap(void **state)
{
	static struct shared_page page;
	struct caps_count smtp = {0}, imap = {0};

	(void)state;
	assert_int_equal(caps_take(&page, ROLE_EDGE, &smtp, 2, 10), CAPS_OK);
	assert_int_equal(caps_take(&page, ROLE_EDGE, &smtp, 2, 10), CAPS_OK);
	assert_int_equal(caps_take(&page, ROLE_EDGE, &smtp, 2, 10), CAPS_LISTENER);
	assert_int_equal(smtp.open, 2);
	assert_int_equal(page.slot[ROLE_EDGE].open, 2);
	assert_int_equal(caps_take(&page, ROLE_EDGE, &imap, 0, 3), CAPS_OK);
	assert_int_equal(caps_take(&page, ROLE_EDGE, &imap, 0, 3), CAPS_TOTAL);
	caps_give(&page, ROLE_EDGE, &smtp);
	assert_int_equal(caps_take(&page, ROLE_EDGE, &imap, 0, 3), CAPS_OK);
	assert_int_equal(imap.open, 2);
	assert_int_equal(smtp.open, 1);
}

/* The total counts every role; what is outside of it counts for its listener only. */
static void all_roles(void **state)
{
	static struct shared_page page;
	struct caps_count https = {0}, health = {0};

	(void)state;
	page.slot[ROLE_EDGE].open = 5;
	assert_int_equal(caps_take(&page, ROLE_WEB, &https, 0, 6), CAPS_OK);
	assert_int_equal(caps_take(&page, ROLE_WEB, &https, 0, 6), CAPS_TOTAL);
	assert_int_equal(caps_take(NULL, ROLE_WEB, &health, 1, 6), CAPS_OK);
	assert_int_equal(caps_take(NULL, ROLE_WEB, &health, 1, 6), CAPS_LISTENER);
	assert_int_equal(page.slot[ROLE_WEB].open, 1);
	caps_give(NULL, ROLE_WEB, &health);
	assert_int_equal(page.slot[ROLE_WEB].open, 1);
	assert_int_equal(health.open, 0);
}

static struct shared_page contended;
static _Atomic uint64_t held, most; /* places that were granted */

static void *take_and_give(void *arg)
{
	struct caps_count *count = arg;
	int i;

	for (i = 0; i < 20000; i++) {
		uint64_t now;

		if (caps_take(&contended, ROLE_EDGE, count, 0, 3) != CAPS_OK)
			continue;
		now = atomic_fetch_add(&held, 1) + 1;
		if (now > atomic_load(&most))
			atomic_store(&most, now);
		atomic_fetch_sub(&held, 1);
		caps_give(&contended, ROLE_EDGE, count);
	}
	return NULL;
}

static void never_above(void **state)
{
	static struct caps_count count;
	pthread_t threads[8];
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &count), 0);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_true(most >= 1 && most <= 3);
	assert_int_equal(count.open, 0);
	assert_int_equal(contended.slot[ROLE_EDGE].open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cap),
		cmocka_unit_test(all_roles),
		cmocka_unit_test(never_above),
	};

	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}
