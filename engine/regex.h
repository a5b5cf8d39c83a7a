/*
 * The regular expressions of matches(): the syntax of the server's engine (Rust's regex 1.13,
 * validation.md 2.4 and 2.6), which has no look-around and no back-references, run by PCRE2.
 * The translation refuses what that engine refuses, and rewrites what PCRE2 would read otherwise.
 */
#ifndef STW_ENGINE_REGEX_H
#define STW_ENGINE_REGEX_H

#include "base/buf.h"
#include "base/map.h"

enum regex_status {
	REGEX_OK,
	REGEX_WRONG,       /* the server refuses it */
	REGEX_UNSUPPORTED, /* a server may take it, PCRE2 cannot run it */
	REGEX_NO_MEMORY
};

struct regex_fault {
	size_t begin, end; /* bytes of the pattern */
	char text[128];    /* in the form of a diagnostic's message */
};

/* regex_syntax.c: appends the pattern in PCRE2's syntax. `fault` is set where it is not OK. */
enum regex_status regex_translate(struct str pattern, struct buf *out,
				  struct regex_fault *fault) WARN_UNUSED;

/* Compiled patterns by their text; of one thread. */
struct regex_cache;
struct regex;

/* `key` is copied. NULL: out of memory. */
struct regex_cache *regex_cache_new(const struct hash_key *key) WARN_UNUSED;
void regex_cache_free(struct regex_cache *cache);
/* The compiled pattern, which lives as long as the cache; both verdicts are kept. Nothing is
 * compiled to machine code: a pattern is run a few times, or never. */
enum regex_status regex_get(struct regex_cache *cache, struct str pattern, const struct regex **out,
			    struct regex_fault *fault) WARN_UNUSED;

/* As many groups of a match are kept. */
#define REGEX_GROUPS 256

struct regex_group {
	size_t begin, end; /* both 0 where the group took no part */
};

/* Matches anywhere in the text, which should be UTF-8 (what is not, does not match). Returns the
 * number of groups, the whole match included, of which the first `cap` are written; 0: no match;
 * -1: it took more than STW_LIMIT_REGEX_STEPS, or memory ran out. */
int regex_match(struct regex_cache *cache, const struct regex *regex, struct str text,
		struct regex_group *groups, size_t cap) WARN_UNUSED;

#endif
