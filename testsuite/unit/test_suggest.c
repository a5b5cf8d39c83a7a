#include "unit.h"

#include "base/attr.h"
#include "core/suggest.h"

static void check(const char *word, const char *candidate, size_t distance)
{
	struct suggestion s;

	suggest_start(&s, str_c(word));
	suggest_offer(&s, str_c(candidate));
	assert_str(s.best, candidate);
	assert_int_equal(s.distance, distance);
}

static void check_far(const char *word, const char *candidate)
{
	struct suggestion s;

	suggest_start(&s, str_c(word));
	suggest_offer(&s, str_c(candidate));
	assert_str(s.best, "");
}

static void distances(void **state)
{
	(void)state;
	check("tlsImplict", "tlsImplicit", 1);
	check("tlsImplicit", "tlsImplicit", 0);
	check("TLSimplicit", "tlsImplicit", 0);
	check("tlsImlpicit", "tlsImplicit", 1);
	check("xtlsImplicit", "tlsImplicit", 1);
	check("tlsImplixit", "tlsImplicit", 1);
	check("NetworkLisener", "NetworkListener", 1);
	check("networkListenres", "NetworkListener", 2);
	check("port", "prot", 1);
	check("id", "ip", 1);
}

static void too_far(void **state)
{
	(void)state;
	/* a third of 11 is 3 */
	check("tlsImplxyzt", "tlsImplicit", 3);
	check_far("tlsImpwxyzt", "tlsImplicit");
	check_far("port", "part2");
	check_far("hello", "yellow");
	/* a third of five is one, and so is the least */
	check("hello", "jello", 1);
	check_far("a", "b");
	check("a", "ab", 1);
	check_far("", "a");
	check_far("a", "");
	check_far("name", "description");
}

static void nearest_and_first_win(void **state)
{
	static const char *const names[] = {"bindAddress", "bindAdress", "bindAddrass", "bound"};
	struct suggestion s;

	(void)state;
	suggest_start(&s, STR("bindAddres"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		suggest_offer(&s, str_c(names[i]));
	assert_str(s.best, "bindAddress");
	assert_int_equal(s.distance, 1);
	suggest_offer(&s, STR("BINDADDRES"));
	assert_str(s.best, "BINDADDRES");
	assert_int_equal(s.distance, 0);
}

/* Names that have all of its words, where none is near. */
static void akin(void **state)
{
	static const struct {
		const char *word, *names[4], *best;
	} cases[] = {
		{"relay", {"script", "allowRelaying"}, "allowRelaying"},
		{"Listener", {"ClusterListenerGroup", "NetworkListener"}, "NetworkListener"},
		{"MtaQueue", {"MtaQueueQuota", "MtaVirtualQueue"}, "MtaVirtualQueue"},
		{"tls", {"tlsTimeout", "useTls"}, "useTls"},
		{"tls.timeout", {"timeout", "tlsTimeout"}, "tlsTimeout"},
		{"ip", {"receiptDate", "remoteIp"}, ""},
		{"blocked-ip", {"BlockedForeverTip", "BlockedForeverIp"}, "BlockedForeverIp"},
		/* not in the middle of a word, and not with a word too many */
		{"lay", {"allowRelaying"}, ""},
		{"relayHost", {"allowRelaying"}, ""},
		/* what is near comes first, before and after */
		{"host", {"defaultHost", "hosts"}, "hosts"},
		{"host", {"hosts", "defaultHost"}, "hosts"},
		{"---", {"name"}, ""},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct suggestion s;

		suggest_start(&s, str_c(cases[i].word));
		for (j = 0; cases[i].names[j]; j++)
			suggest_offer(&s, str_c(cases[i].names[j]));
		assert_str(s.best, cases[i].best);
	}
}

static void long_words_are_left_alone(void **state)
{
	char word[1000], candidate[1000];
	struct suggestion s;

	(void)state;
	memset(word, 'a', sizeof(word));
	memset(candidate, 'a', sizeof(candidate));
	suggest_start(&s, (struct str){word, sizeof(word)});
	suggest_offer(&s, (struct str){candidate, sizeof(candidate)});
	assert_int_equal(s.best.n, 0);
	suggest_start(&s, (struct str){word, 64});
	suggest_offer(&s, (struct str){candidate, 65});
	assert_int_equal(s.best.n, 0);
	suggest_offer(&s, (struct str){candidate, 63});
	assert_int_equal(s.best.n, 63);
	assert_int_equal(s.distance, 1);
	suggest_start(&s, STR_NONE);
	suggest_offer(&s, STR_NONE);
	assert_int_equal(s.best.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(too_far),
		cmocka_unit_test(nearest_and_first_win),
		cmocka_unit_test(akin),
		cmocka_unit_test(long_words_are_left_alone),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
