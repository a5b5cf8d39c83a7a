/*
 * The functions of expressions as a library: values in, a value out, within a budget. It knows
 * nothing of programs, stacks or look-ups, so each function can be called and tried by itself.
 *
 * Names, numbers and arities are those of libstw/functions.def; a row here adds how each argument
 * is seen, and what is called. A function that waits has no call: its answer comes from outside,
 * and only its arguments are seen to.
 */
#ifndef STW_ENGINE_INTERP_LIBRARY_H
#define STW_ENGINE_INTERP_LIBRARY_H

#include "engine/interp_value.h"

#define INTERP_ARGUMENTS 3

/* How an argument is seen before a function gets it. */
enum interp_argument {
	ARGUMENT_NONE,    /* there is none */
	ARGUMENT_VALUE,   /* as it is */
	ARGUMENT_TEXT,    /* .text: interp_text */
	ARGUMENT_EACH,    /* .text; the function is called for each member of a list, and a list of
			     the results is the result. The first argument only */
	ARGUMENT_TRUTH,   /* .integer: 1 or 0 */
	ARGUMENT_INTEGER, /* .integer: what is no whole number is 0 */
	ARGUMENT_SIZE     /* .integer: 0 and above; interp_size */
};

struct interp_function {
	uint8_t arguments[INTERP_ARGUMENTS]; /* enum interp_argument; as many as its arity */
	/* The arguments are seen to; gives nothing, the empty text, where there is no result. */
	struct interp_value (*call)(struct interp_budget *budget, const struct interp_value *v);
};

/* The row of a function by its number (enum stw_function); NULL: there is none. */
const struct interp_function *interp_function_find(unsigned number);
/* Sees to the arguments in place, as many as the row has. */
void interp_see(struct interp_budget *budget, const struct interp_function *function,
		struct interp_value *arguments);
/* The result of a function that does not wait; the arguments are as they come from a stack. */
struct interp_value interp_apply(struct interp_budget *budget,
				 const struct interp_function *function,
				 struct interp_value *arguments);

/* interp_texts.c: rows of the functions that see their first argument as a text; NULL: the number
 * is none of them. */
const struct interp_function *interp_text_function(unsigned number);

#endif
