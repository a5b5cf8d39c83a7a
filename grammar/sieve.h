/* Sieve scripts: their grammar, and what a server's compiler says of their words. */
#ifndef STW_GRAMMAR_SIEVE_H
#define STW_GRAMMAR_SIEVE_H

#include "grammar/fault.h"

enum sieve_fault {
	SIEVE_NO_COMMAND,    /* there is no such command; a server refuses the script */
	SIEVE_NO_TEST,       /* there is no such test; the script fails when it comes to it */
	SIEVE_NO_CAPABILITY, /* required, and not there; the script fails when it is run */
	SIEVE_NOT_REQUIRED,  /* a word or tag of an extension that require does not name */
	SIEVE_ARGUMENT /* a tag, or a number or type of arguments, that a word does not take */
};

/* What a script may use, and where its mistakes go. */
struct sieve_scope {
	bool undeclared_too; /* words of extensions need no require (noCapabilityCheck) */
	/* Has the server this extension? NULL: not asked. */
	bool (*has)(void *ctx, struct str capability);
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
