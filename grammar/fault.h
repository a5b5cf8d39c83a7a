/* What a checker of a small language found wrong in a text, and where. */
#ifndef STW_GRAMMAR_FAULT_H
#define STW_GRAMMAR_FAULT_H

#include "base/attr.h"
#include "base/str.h"

struct text_fault {
	size_t at, n;     /* bytes of the text that are wrong; n 0: something is missing at `at` */
	const char *what; /* "'(' has no ')'": lower case, no full stop */
	const char *hint; /* what is right, or NULL */
};

/* Fills `fault` and gives false, for the last line of a checker. */
static inline bool text_fault(struct text_fault *fault, size_t at, size_t n, const char *what,
			      const char *hint)
{
	*fault = (struct text_fault){at, n, what, hint};
	return false;
}

#endif
