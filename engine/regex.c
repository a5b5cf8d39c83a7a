/* The one file that knows PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/regex.h"
#include "libstw/program.h"

struct regex {
	pcre2_code *code; /* NULL: not OK */
	enum regex_status status;
	struct regex_fault fault;
};

struct regex_cache {
	struct hash_key key;
	struct arena arena;
	struct map patterns; /* struct regex * */
	pcre2_match_context *context;
	pcre2_match_data *data;
};

struct regex_cache *regex_cache_new(const struct hash_key *key)
{
	struct regex_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->key = *key;
	arena_init(&cache->arena, 0);
	map_init(&cache->patterns, &cache->key, &cache->arena);
	return cache;
}

void regex_cache_free(struct regex_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->patterns.count; i++)
		pcre2_code_free(((struct regex *)cache->patterns.entries[i].value)->code);
	pcre2_match_data_free(cache->data);
	pcre2_match_context_free(cache->context);
	arena_free(&cache->arena);
	free(cache);
}

/* The server's engine knows these; what stands in the pattern is not wrong. */
static enum regex_status status_of(int code)
{
	switch (code) {
	case PCRE2_ERROR_HEAP_FAILED: return REGEX_NO_MEMORY;
	case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY:
	case PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY:
	case PCRE2_ERROR_PATTERN_TOO_LARGE:
	case PCRE2_ERROR_QUANTIFIER_TOO_BIG:
	case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP: return REGEX_UNSUPPORTED;
	}
	return REGEX_WRONG;
}

static void compile(struct regex *regex, struct str pattern)
{
	struct buf translated = BUF_INIT;
	int code;
	size_t at;

	regex->status = regex_translate(pattern, &translated, &regex->fault);
	if (regex->status != REGEX_OK)
		goto out;
	regex->code = pcre2_compile((PCRE2_SPTR)(translated.p ? translated.p : ""), translated.n,
				    PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY |
					    PCRE2_NEVER_BACKSLASH_C,
				    &code, &at, NULL);
	if (regex->code)
		goto out;
	regex->status = status_of(code);
	regex->fault = (struct regex_fault){.begin = 0, .end = pattern.n};
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)regex->fault.text,
				    sizeof(regex->fault.text)) < 0)
		(void)snprintf(regex->fault.text, sizeof(regex->fault.text), "error %d", code);
out:
	buf_free(&translated);
}

enum regex_status regex_get(struct regex_cache *cache, struct str pattern, const struct regex **out,
			    struct regex_fault *fault)
{
	struct regex *regex = map_get(&cache->patterns, pattern);
	struct str kept;

	if (!regex) {
		regex = ARENA_NEW(&cache->arena, struct regex);
		kept = arena_str(&cache->arena, pattern);
		if (!regex || !kept.p)
			return REGEX_NO_MEMORY;
		compile(regex, pattern);
		if (regex->status == REGEX_NO_MEMORY) /* the next time there may be some */
			return REGEX_NO_MEMORY;
		if (!map_put(&cache->patterns, kept, regex)) {
			pcre2_code_free(regex->code);
			return REGEX_NO_MEMORY;
		}
	}
	if (regex->status != REGEX_OK)
		*fault = regex->fault;
	else
		*out = regex;
	return regex->status;
}

/* Made on first use: a check compiles and never matches. */
static bool ready(struct regex_cache *cache)
{
	if (!cache->context) {
		cache->context = pcre2_match_context_create(NULL);
		if (cache->context) {
			(void)pcre2_set_match_limit(cache->context, STW_LIMIT_REGEX_STEPS);
			(void)pcre2_set_depth_limit(cache->context, STW_LIMIT_REGEX_STEPS);
			(void)pcre2_set_heap_limit(cache->context, STW_LIMIT_EXPR_MEMORY / 1024);
		}
	}
	if (!cache->data)
		cache->data = pcre2_match_data_create(REGEX_GROUPS, NULL);
	return cache->context && cache->data;
}

int regex_match(struct regex_cache *cache, const struct regex *regex, struct str text,
		struct regex_group *groups, size_t cap)
{
	const PCRE2_SIZE *at;
	int n;

	if (!ready(cache))
		return -1;
	n = pcre2_match(regex->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, 0, 0, cache->data,
			cache->context);
	if (n == PCRE2_ERROR_NOMATCH || (n <= PCRE2_ERROR_UTF8_ERR1 && n >= PCRE2_ERROR_UTF8_ERR21))
		return 0;
	if (n < 0)
		return -1;
	if (n == 0) /* there are more than were asked for */
		n = REGEX_GROUPS;
	at = pcre2_get_ovector_pointer(cache->data);
	for (size_t i = 0; i < cap && i < (size_t)n; i++) {
		bool set = at[2 * i] != PCRE2_UNSET;

		groups[i] = set ? (struct regex_group){at[2 * i], at[2 * i + 1]}
				: (struct regex_group){0, 0};
	}
	return n;
}
