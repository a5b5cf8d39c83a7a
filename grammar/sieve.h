/* Sieve scripts: their grammar, and what a server's compiler says of their words. */
#ifndef STW_GRAMMAR_SIEVE_H
#define STW_GRAMMAR_SIEVE_H

#include "grammar/fault.h"

enum sieve_fault {
	SIEVE_NO_COMMAND,    /* there is no such command; a server refuses the script */
	SIEVE_NO_TEST,       /* there is no such test; the script fails when it comes to it */
	SIEVE_NO_CAPABILITY, /* required, and not there; the script fails when it is run */
	SIEVE_NOT_REQUIRED,  /* a word or tag of an extension that require does not name */
	SIEVE_ARGUMENT, /* a tag, or a number or type of arguments, that a word does not take */
	SIEVE_STRING,   /* a string that its place does not take; a server refuses the script */
	SIEVE_HEADER,   /* no message has a header field of that name */
	SIEVE_LIMIT     /* more than the scope's limits */
};

/* At most; 0: no limit. */
struct sieve_limits {
	size_t script, string, header; /* bytes; of a string and of a field's text less than that */
	size_t blocks, loops, tests;   /* inside each other */
	size_t includes;
	size_t variable; /* bytes of a global variable's name, less than that */
};

/* What a script may use, and where its mistakes go. */
struct sieve_scope {
	bool undeclared_too; /* words of extensions need no require (noCapabilityCheck) */
	/* Has the server this extension? NULL: not asked. */
	bool (*has)(void *ctx, struct str capability);
	struct sieve_limits limits;
	/* Is the text, in UTF-8, a regular expression? Whoever says no reports it, for these bytes
	 * of the script. NULL: not asked. */
	void (*pattern)(void *ctx, struct str text, size_t at, size_t n);
	/* bytes of the script; the texts live for the call; the hint may be empty */
	void (*report)(void *ctx, enum sieve_fault fault, size_t at, size_t n, struct str message,
		       struct str hint);
	void *ctx;
};

/* RFC 5228 section 8 (lexical and grammatical form; if, elsif and else in order). False: `fault`
 * says what is wrong first. With a scope the words of a script are held against
 * grammar/sieve_words.def too, as far as the grammar goes, and their mistakes are reported, up to
 * 20 or so. Like the server this takes `require` anywhere, for what stands behind it. A script that
 * requires ihave may use what the server does not know; of its words only the arguments are looked
 * at. */
bool sieve_check(struct str script, const struct sieve_scope *scope,
		 struct text_fault *fault) WARN_UNUSED;

#endif
