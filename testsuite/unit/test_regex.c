/* Patterns of the server's engine: which it takes, which not, and what they match in PCRE2. */
#include "unit.h"

#include "base/map.h"
#include "engine/regex.h"

static struct regex_cache *cache;

static enum regex_status compile(const char *pattern, const struct regex **out,
				 struct regex_fault *fault)
{
	return regex_get(cache, str_c(pattern), out, fault);
}

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		int groups;       /* 0: no match */
		const char *last; /* the last group */
	} rows[] = {
		{"^a+$", "aaa", 1, "aaa"},
		{"^a+$", "aab", 0, NULL},
		{"(?P<x>b)(c)", "abc", 3, "c"},
		{"(?<x>b)", "abc", 2, "b"},
		{"(?i)ABC", "xabc", 1, "abc"},
		{"(?i:A)b", "ab", 1, "ab"},
		{"a(?i)B", "ab", 1, "ab"},
		{"^.$", "\xc3\xa4", 1, "\xc3\xa4"},
		{"\\x41\\x{42}\\u0043", "ABC", 1, "ABC"},
		{"[[:alpha:]]+", "12ab", 1, "ab"},
		{"[^[:digit:]]+", "12ab", 1, "ab"},
		{"[a-c[x-z]]+", "-axb-", 1, "axb"},
		{"[]a]+", "x]a", 1, "]a"},
		{"\\pL+", "1\xc3\xa4", 1, "\xc3\xa4"},
		{"\\bfoo\\b", "a foo b", 1, "foo"},
		{"a{2,3}", "aaaa", 1, "aaa"},
		{"a{2,3}?", "aaaa", 1, "aa"},
		/* a repetition of a repetition, not the possessive one of PCRE2 */
		{"^a*+a$", "aa", 1, "aa"},
		{"^a**$", "aa", 1, "aa"},
		{"$", "a\n", 1, ""},
		{"a$", "a\n", 0, NULL},
		{"\\.", "a.b", 1, "."},
		{"\\/\\-\\@", "/-@", 1, "/-@"},
		{"a|b|", "c", 1, ""},
		{"(a)|(b)", "b", 3, "b"},
		{"(?s).", "\n", 1, "\n"},
		{".", "\n", 0, NULL},
		{"(?m)^b$", "a\nb", 1, "b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str text = str_c(rows[i].text), last;
		struct regex_group groups[8];
		const struct regex *regex;
		struct regex_fault fault;
		int n;

		if (compile(rows[i].pattern, &regex, &fault) != REGEX_OK)
			fail_msg("%s: %s", rows[i].pattern, fault.text);
		n = regex_match(cache, regex, text, groups, ARRAY_LEN(groups));
		if (n != rows[i].groups)
			fail_msg("%s on %s: %d groups", rows[i].pattern, rows[i].text, n);
		if (n == 0)
			continue;
		last = (struct str){text.p + groups[n - 1].begin,
				    groups[n - 1].end - groups[n - 1].begin};
		assert_str(last, rows[i].last);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *pattern;
		size_t begin;
		const char *words;
	} rows[] = {
		{"a(?=b)", 1, "look-around"},
		{"a(?!b)", 1, "look-around"},
		{"(?<=a)b", 0, "look-around"},
		{"(?<!a)b", 0, "look-around"},
		{"(a)\\1", 3, "back-ref"},
		{"*a", 0, "nothing to repeat"},
		{"(", 0, "not closed"},
		{"a)", 1, "closes nothing"},
		{"[a", 0, "not closed"},
		{"a{", 1, "count"},
		{"a{3,2}", 1, "above its end"},
		{"\\", 0, "backslash"},
		{"\\q", 0, "no escape"},
		{"(?>a)", 0, NULL},
		{"(?#c)", 0, NULL},
		{"\\x4", 0, NULL},
		{"\\x{110000}", 0, NULL},
		{"[z-a]", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct regex *regex;
		struct regex_fault fault;
		enum regex_status status = compile(rows[i].pattern, &regex, &fault);

		if (status != REGEX_WRONG)
			fail_msg("%s: status %d", rows[i].pattern, (int)status);
		if (fault.begin != rows[i].begin || fault.end > strlen(rows[i].pattern) ||
		    (rows[i].words && !strstr(fault.text, rows[i].words)))
			fail_msg("%s: %zu %s", rows[i].pattern, fault.begin, fault.text);
	}
}

static void test_not_run(void **state)
{
	static const char *const patterns[] = {"[a-z&&[^q]]", "[a--b]", "(?x)a b", "a{70000}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		const struct regex *regex;
		struct regex_fault fault;

		assert_int_equal(compile(patterns[i], &regex, &fault), REGEX_UNSUPPORTED);
		assert_true(fault.text[0]);
	}
}

/* The verdict of a pattern is kept, whichever it was. */
static void test_kept(void **state)
{
	const struct regex *first, *second;
	struct regex_fault fault;

	(void)state;
	assert_int_equal(compile("a+b", &first, &fault), REGEX_OK);
	assert_int_equal(compile("a+b", &second, &fault), REGEX_OK);
	assert_ptr_equal(first, second);
	assert_int_equal(compile("(b", &first, &fault), REGEX_WRONG);
	assert_int_equal(compile("(b", &first, &fault), REGEX_WRONG);
	assert_ptr_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_run),
		cmocka_unit_test(test_kept),
	};
	struct hash_key key;
	int failed;

	if (!hash_key_random(&key))
		return 1;
	cache = regex_cache_new(&key);
	failed = cmocka_run_group_tests_name("regex", tests, NULL, NULL);
	regex_cache_free(cache);
	return failed;
}
