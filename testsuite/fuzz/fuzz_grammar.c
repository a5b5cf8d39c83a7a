/*
 * Checkers of small languages that stand inside a string: a text is right, or the fault lies in it
 * and has words.
 */
#include "fuzz.h"

#include <string.h>

#include "grammar/ldap.h"
#include "grammar/sieve.h"
#include "grammar/template.h"

/* The verdict; what a fault says is held against the text. */
static bool judge(bool (*check)(struct str, struct text_fault *), struct str text)
{
	struct text_fault fault = {.at = SIZE_MAX};

	if (check(text, &fault))
		return true;
	FUZZ_WANT(fault.at <= text.n && fault.n <= text.n - fault.at);
	FUZZ_WANT(fault.what && *fault.what && fuzz_utf8(str_c(fault.what)));
	return false;
}

/* The first byte: a filter or a name. */
void fuzz_ldap(const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data + (n ? 1 : 0), n ? n - 1 : 0};
	char wrapped[64];

	if (n && data[0] % 2) {
		(void)judge(ldap_name_check, text);
		return;
	}
	/* so short that the limit of nesting is not in sight */
	if (!judge(ldap_filter_check, text) || text.n > 60 || text.p[0] != '(')
		return;
	/* what is a filter is one behind a "not" as well (RFC 4515 section 3) */
	memcpy(wrapped, "(!", 2);
	memcpy(wrapped + 2, text.p, text.n);
	wrapped[text.n + 2] = ')';
	FUZZ_WANT(judge(ldap_filter_check, (struct str){wrapped, text.n + 3}));
}

/* What is said lies in the script, and is something. */
static void told(void *ctx, enum sieve_fault fault, size_t at, size_t n, struct str message,
		 struct str hint)
{
	const size_t *size = ctx;

	(void)fault;
	(void)hint;
	FUZZ_WANT(n && at <= *size && n <= *size - at && message.n);
}

static bool has_short(void *ctx, struct str capability)
{
	(void)ctx;
	return capability.n < 12;
}

static void asked(void *ctx, struct str pattern, size_t at, size_t n)
{
	told(ctx, SIEVE_STRING, at, n, STR("x"), pattern);
	FUZZ_WANT(pattern.n < n);
}

static bool script(struct str text, struct text_fault *fault)
{
	size_t size = text.n;
	const struct sieve_scope scope = {.has = has_short,
					  .report = told,
					  .pattern = asked,
					  .ctx = &size,
					  .limits = {1000, 20, 10, 3, 1, 2, 2, 5}};

	return sieve_check(text, &scope, fault);
}

void fuzz_sieve(const uint8_t *data, size_t n)
{
	(void)judge(script, (struct str){(const char *)data, n});
}

/* The first byte: a mail or a DKIM selector. */
void fuzz_template(const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data + (n ? 1 : 0), n ? n - 1 : 0};

	(void)judge(n && data[0] % 2 ? selector_template_check : template_check, text);
}
