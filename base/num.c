#include "base/num.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum num_status num_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	bool fits = true;

	if (s.n == 0)
		return NUM_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return NUM_SYNTAX;
		/* go on after an overflow: what is no number at all is not out of range */
		if (mul_overflows(v, UINT64_C(10), &v) ||
		    add_overflows(v, (uint64_t)(s.p[i] - '0'), &v))
			fits = false;
	}
	if (!fits)
		return NUM_RANGE;
	*out = v;
	return NUM_OK;
}

enum num_status num_i64(struct str s, int64_t *out)
{
	bool signed_ = s.n && (s.p[0] == '-' || s.p[0] == '+');
	bool negative = s.n && s.p[0] == '-';
	uint64_t magnitude;
	enum num_status status = num_u64(signed_ ? str_from(s, 1) : s, &magnitude);

	if (status != NUM_OK)
		return status;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return NUM_RANGE;
	if (!negative)
		*out = (int64_t)magnitude;
	else
		*out = magnitude ? -(int64_t)(magnitude - 1) - 1 : 0;
	return NUM_OK;
}

/*
 * A decimal number taken apart: digits without leading zeros, times ten to `exponent`.
 * No double needs more than 768 significant digits to be told from its neighbours' middle;
 * beyond DECIMAL_DIGITS only "something follows" matters, which one digit 1 says.
 */
#define DECIMAL_DIGITS 800

struct decimal {
	bool negative;
	bool sticky; /* a digit other than 0 was cut off */
	size_t n;
	int64_t exponent;
	char digits[DECIMAL_DIGITS + 1];
};

static void decimal_digit(struct decimal *d, char c, bool fraction)
{
	if (d->n == 0 && c == '0') {
		d->exponent -= fraction;
	} else if (d->n < DECIMAL_DIGITS) {
		d->digits[d->n++] = c;
		d->exponent -= fraction;
	} else {
		d->sticky = d->sticky || c != '0';
		d->exponent += !fraction;
	}
}

/* Takes the digits at s.p + *at; false when there is none. */
static bool scan_digits(struct str s, size_t *at, struct decimal *d, bool fraction)
{
	size_t from = *at;

	while (*at < s.n && is_digit(s.p[*at])) {
		decimal_digit(d, s.p[*at], fraction);
		++*at;
	}
	return *at > from;
}

static bool scan_exponent(struct str s, size_t *at, struct decimal *d)
{
	/* more than any length of digits in memory can make up for, far below overflow */
	const int64_t bound = INT64_C(100000000000000000);
	bool negative = false;
	int64_t e = 0;
	size_t from;

	if (*at < s.n && (s.p[*at] == '+' || s.p[*at] == '-')) {
		negative = s.p[*at] == '-';
		++*at;
	}
	from = *at;
	for (; *at < s.n && is_digit(s.p[*at]); ++*at) {
		if (e < bound)
			e = e * 10 + (s.p[*at] - '0');
	}
	e = e < bound ? e : bound;
	d->exponent += negative ? -e : e;
	return *at > from;
}

static bool scan_decimal(struct str s, struct decimal *d)
{
	size_t at = 0;

	d->negative = d->sticky = false;
	d->n = 0;
	d->exponent = 0;
	if (at < s.n && (s.p[at] == '+' || s.p[at] == '-'))
		d->negative = s.p[at++] == '-';
	if (!scan_digits(s, &at, d, false))
		return false;
	if (at < s.n && s.p[at] == '.') {
		at++;
		if (!scan_digits(s, &at, d, true))
			return false;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		if (!scan_exponent(s, &at, d))
			return false;
	}
	return at == s.n;
}

/* At most 15 digits and a power of ten up to 22 are both exact doubles, so one IEEE
 * operation rounds once, and correctly (W. D. Clinger, 1990). */
static bool decimal_fast(const struct decimal *d, double *out)
{
#if FLT_EVAL_METHOD == 0
	static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	int64_t mantissa = 0;

	if (d->n > 15 || d->exponent < -22 || d->exponent > 22)
		return false;
	for (size_t i = 0; i < d->n; i++)
		mantissa = mantissa * 10 + (d->digits[i] - '0');
	*out = d->exponent < 0 ? (double)mantissa / tens[-d->exponent]
			       : (double)mantissa * tens[d->exponent];
	return true;
#else
	(void)d;
	(void)out;
	return false;
#endif
}

/* Through strtod, from a text without a decimal point: nothing in it depends on a locale. */
static double decimal_slow(const struct decimal *d)
{
	char text[DECIMAL_DIGITS + 32];
	int64_t exponent = d->exponent;
	size_t n = d->n;

	memcpy(text, d->digits, n);
	if (d->sticky) {
		text[n++] = '1';
		exponent--;
	}
	/* a mantissa of 801 digits at most: what lies beyond is zero or infinite anyway */
	if (exponent > 9999)
		exponent = 9999;
	if (exponent < -9999)
		exponent = -9999;
	snprintf(text + n, sizeof(text) - n, "e%" PRId64, exponent);
	return strtod(text, NULL);
}

enum num_status num_double(struct str s, double *out)
{
	struct decimal d;
	double v = 0;

	if (!scan_decimal(s, &d))
		return NUM_SYNTAX;
	if (d.n > 0 && !decimal_fast(&d, &v))
		v = decimal_slow(&d);
	if (isinf(v))
		return NUM_RANGE;
	*out = d.negative ? -v : v;
	return NUM_OK;
}

/* The digits of d, rounded to `precision`, without trailing zeros; *exponent is that of the
 * first one. Only digits are picked from what printf gives: its decimal point is the locale's. */
static size_t double_digits(double d, int precision, char digits[18], int *exponent)
{
	char text[40];
	const char *p = text;
	size_t n = 0;

	snprintf(text, sizeof(text), "%.*e", precision - 1, d);
	for (; *p && *p != 'e'; p++) {
		if (is_digit(*p) && n < 17)
			digits[n++] = *p;
	}
	*exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	return n;
}

/* Writes digits with the exponent of the first one as plain or scientific notation. */
static size_t layout(char *out, size_t size, const char *digits, size_t n, int exponent)
{
	int length = (int)n;
	int k;

	if (exponent < -5 || exponent > 16)
		k = snprintf(out, size, "%.1s%s%se%+d", digits, n > 1 ? "." : "", digits + 1,
			     exponent);
	else if (exponent < 0)
		k = snprintf(out, size, "0.%.*s%s", -exponent - 1, "00000", digits);
	else if (length <= exponent + 1)
		k = snprintf(out, size, "%s%.*s", digits, exponent + 1 - length,
			     "0000000000000000");
	else
		k = snprintf(out, size, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
	return (size_t)k;
}

size_t num_format_double(double d, char out[32])
{
	double magnitude = fabs(d);
	size_t sign = signbit(d) && !isnan(d);
	/* below the normal range fewer than 15 digits may do, and each must be tried */
	int precision = magnitude < DBL_MIN ? 1 : 15;
	size_t n = 0;
	double back;

	out[0] = '-';
	if (isnan(d) || isinf(d)) {
		memcpy(out + sign, isnan(d) ? "nan" : "inf", 4);
		return sign + 3;
	}
	for (; precision <= 17; precision++) {
		char digits[18];
		int exponent;
		size_t count = double_digits(magnitude, precision, digits, &exponent);

		n = layout(out + sign, 32 - sign, digits, count, exponent);
		if (num_double((struct str){out + sign, n}, &back) == NUM_OK && back >= magnitude &&
		    back <= magnitude)
			break;
	}
	return sign + n;
}
