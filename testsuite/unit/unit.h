/* What every unit test includes: cmocka with the headers it wants, and struct str. */
#ifndef STW_TESTSUITE_UNIT_H
#define STW_TESTSUITE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

/* Compares a struct str with a C string, and shows both when they differ. */
#define assert_str(actual, expected) unit_assert_str((actual), (expected), __FILE__, __LINE__)

static inline void unit_assert_str(struct str actual, const char *expected, const char *file,
				   int line)
{
	if (str_eq_c(actual, expected))
		return;
	print_error("# expected: %s\n# actual:   %.*s\n", expected, STR_ARG(actual));
	_fail(file, line);
}

#endif
