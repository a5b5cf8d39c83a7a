/* The words of a script as they are used: what sieve.c tells, and sieve_use.c holds against
 * sieve_words.def. Private to the two. */
#ifndef STW_GRAMMAR_SIEVE_USE_H
#define STW_GRAMMAR_SIEVE_USE_H

#include "base/buf.h"
#include "grammar/sieve.h"

enum sieve_kind { SIEVE_COMMAND, SIEVE_BLOCK, SIEVE_TEST, SIEVE_TEST_OF, SIEVE_TESTS };

struct sieve_word {
	const char *name;
	enum sieve_kind kind;
	const char *capability, *arguments;
	size_t least;
	const char *tags;
};

#define SIEVE_DECLARED 64
#define SIEVE_REPORTS 20 /* of one script; one that has more is none */

/* What a script has required so far. */
struct sieve_words {
	const struct sieve_scope *scope; /* NULL: nothing is judged */
	struct str script;
	struct str declared[SIEVE_DECLARED];
	size_t declared_count;
	size_t reported;
	bool any; /* ihave, or more than there is room for: anything may be used */
	size_t blocks, loops, tests; /* that are open */
	size_t includes;
	struct buf text; /* of the string at hand, as it is meant; free it */
};

/* A word with its arguments. */
struct sieve_use {
	const struct sieve_word *word; /* NULL: unknown, and nothing more is said */
	size_t at, n;                  /* the word */
	size_t taken;                  /* positional arguments so far */
	const char *pending;           /* types that the last tag still wants; "" none */
	size_t tag_at, tag_n;
	bool regex; /* what it compares with are regular expressions */
	bool said;  /* one mistake of its arguments was reported */
};

/* Before all words. */
void sieve_use_script(struct sieve_words *w);
/* A word begins, as a command or as a test. */
void sieve_use_begin(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n, bool test);
/* `n` bytes from ':' on. */
void sieve_use_tag(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n);
/* A string, alone or in a list, before the argument it belongs to: with its quotes, or from "text:"
 * to its dot. */
void sieve_use_string(struct sieve_words *w, const struct sieve_use *use, size_t at, size_t n);
/* A block or a test of the word begins, or ends. */
void sieve_use_open(struct sieve_words *w, const struct sieve_use *use, bool block);
void sieve_use_close(struct sieve_words *w, const struct sieve_use *use, bool block);
/* An argument of type 's', 'l' (of `members`) or 'n'. */
void sieve_use_value(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n, char type,
		     size_t members);
/* No more arguments: `tests`: 0 none, 1 a test, 2 a list of tests; `block`: a block follows. */
void sieve_use_end(struct sieve_words *w, struct sieve_use *use, unsigned tests, bool block);
/* A string of require, with its quotes. */
void sieve_use_require(struct sieve_words *w, size_t at, size_t n);

#endif
