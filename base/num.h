/* Strict numbers: the whole string or nothing, no locale, no blanks, no silent loss. */
#ifndef STW_BASE_NUM_H
#define STW_BASE_NUM_H

#include "base/attr.h"
#include "base/str.h"

enum num_status {
	NUM_OK,
	NUM_SYNTAX, /* not a number of this form */
	NUM_RANGE   /* a number, but it does not fit */
};

/* Decimal digits only; no sign. */
enum num_status num_u64(struct str s, uint64_t *out) WARN_UNUSED;
/* Optional '-' or '+', then decimal digits. */
enum num_status num_i64(struct str s, int64_t *out) WARN_UNUSED;
/* A JSON or TOML float without underscores: [+-]digits[.digits][e[+-]digits].
 * NUM_RANGE when it overflows to infinity; what is too small becomes 0. Locale-independent,
 * correctly rounded. */
enum num_status num_double(struct str s, double *out) WARN_UNUSED;
/* The shortest digits that read back as d ("1.5", "1e+30", "0.1", "1"), and "inf", "-inf" or
 * "nan"; at most 32 bytes with NUL. Returns the length without NUL. */
size_t num_format_double(double d, char out[32]);

#endif
