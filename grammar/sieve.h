/* The grammar of Sieve scripts. */
#ifndef STW_GRAMMAR_SIEVE_H
#define STW_GRAMMAR_SIEVE_H

#include "grammar/fault.h"

/* RFC 5228 section 8 (lexical and grammatical form), and what its section 3 says of the control
 * commands that every script has: require before others, if, elsif and else in order. What commands
 * and extensions exist is known to the server. */
bool sieve_check(struct str script, struct text_fault *fault) WARN_UNUSED;

#endif
