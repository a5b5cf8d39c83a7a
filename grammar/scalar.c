#include "grammar/scalar.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_from(*s, 1);
}

/* Takes the digits at the start of s. */
static enum scalar_status take_number(struct str *s, uint64_t *out)
{
	size_t n = 0;
	enum num_status status;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	status = num_u64((struct str){s->p, n}, out);
	*s = str_from(*s, n);
	switch (status) {
	case NUM_OK: return SCALAR_OK;
	case NUM_RANGE: return SCALAR_RANGE;
	case NUM_SYNTAX: break;
	}
	return SCALAR_SYNTAX;
}

/* Takes the letters at the start of s. */
static struct str take_word(struct str *s)
{
	struct str word = {s->p, 0};

	while (word.n < s->n && (s->p[word.n] | 0x20) >= 'a' && (s->p[word.n] | 0x20) <= 'z')
		word.n++;
	*s = str_from(*s, word.n);
	return word;
}

static bool is_word(struct str s, const char *lower)
{
	size_t n = strlen(lower);

	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return true;
}

static const struct {
	const char *name;
	uint64_t ms;
} duration_units[] = {
	{"w", 604800000}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

/* The unit of that name, not before `from`; ARRAY_LEN when there is none. */
static size_t duration_unit(struct str name, size_t from)
{
	size_t i = from;

	while (i < ARRAY_LEN(duration_units) && !is_word(name, duration_units[i].name))
		i++;
	return i;
}

enum scalar_status scalar_duration(struct str s, uint64_t *out_ms)
{
	uint64_t total = 0;
	size_t unit = 0;
	bool range = false;

	skip_blanks(&s);
	if (s.n == 0)
		return SCALAR_SYNTAX;
	while (s.n > 0) {
		uint64_t n = 0;
		enum scalar_status status = take_number(&s, &n);

		if (status == SCALAR_SYNTAX)
			return status;
		skip_blanks(&s);
		unit = duration_unit(take_word(&s), unit);
		if (unit == ARRAY_LEN(duration_units))
			return SCALAR_SYNTAX;
		range = range || status == SCALAR_RANGE ||
			mul_overflows(n, duration_units[unit].ms, &n) ||
			add_overflows(total, n, &total);
		unit++;
		skip_blanks(&s);
	}
	if (range)
		return SCALAR_RANGE;
	*out_ms = total;
	return SCALAR_OK;
}

static const char *const size_units[] = {"b", "kb", "mb", "gb", "tb"};

enum scalar_status scalar_size(struct str s, uint64_t *out_bytes)
{
	uint64_t n = 0;
	enum scalar_status status;
	struct str word;

	skip_blanks(&s);
	status = take_number(&s, &n);
	if (status == SCALAR_SYNTAX)
		return status;
	skip_blanks(&s);
	word = take_word(&s);
	skip_blanks(&s);
	for (size_t i = 0; i < ARRAY_LEN(size_units) && s.n == 0; i++) {
		if (!is_word(word, size_units[i]))
			continue;
		if (status == SCALAR_RANGE || n > UINT64_MAX >> (10 * i))
			return SCALAR_RANGE;
		*out_bytes = n << (10 * i);
		return SCALAR_OK;
	}
	return SCALAR_SYNTAX;
}

enum scalar_status scalar_rate(struct str s, uint64_t *out_count, uint64_t *out_ms)
{
	uint64_t count = 0, ms;
	enum scalar_status status, period;

	skip_blanks(&s);
	status = take_number(&s, &count);
	skip_blanks(&s);
	if (status == SCALAR_SYNTAX || s.n == 0 || s.p[0] != '/')
		return SCALAR_SYNTAX;
	period = scalar_duration(str_from(s, 1), &ms);
	if (period != SCALAR_OK)
		return period;
	if (status != SCALAR_OK)
		return status;
	*out_count = count;
	*out_ms = ms;
	return SCALAR_OK;
}

/* `text` with d for a digit and any other byte for itself (T and Z in either case). */
static bool looks_like(struct str s, const char *text)
{
	size_t n = strlen(text);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool letter = text[i] >= 'A' && text[i] <= 'Z';

		if (text[i] == 'd' ? !is_digit(s.p[i])
				   : s.p[i] != text[i] && !(letter && s.p[i] == text[i] + 32))
			return false;
	}
	return true;
}

static int64_t two_digits(struct str s, size_t at)
{
	return (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 to a day of the Gregorian calendar, year 1 or later: whole years of
 * 365 days, their leap days, and the day of a year that begins with March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "Z" or "+hh:mm" and nothing more; seconds east of Greenwich. */
static enum scalar_status take_zone(struct str s, int64_t *out)
{
	int64_t seconds;

	if (s.n == 1 && looks_like(s, "Z")) {
		*out = 0;
		return SCALAR_OK;
	}
	if (s.n != 6 || (!looks_like(s, "+dd:dd") && !looks_like(s, "-dd:dd")))
		return SCALAR_SYNTAX;
	if (two_digits(s, 1) > 23 || two_digits(s, 4) > 59)
		return SCALAR_RANGE;
	seconds = two_digits(s, 1) * 3600 + two_digits(s, 4) * 60;
	*out = s.p[0] == '-' ? -seconds : seconds;
	return SCALAR_OK;
}

/* s is of the form of a date-time; the second may be 60 (RFC 3339 section 5.7). */
static bool date_time_in_range(struct str s)
{
	int64_t year = two_digits(s, 0) * 100 + two_digits(s, 2);
	int64_t month = two_digits(s, 5), day = two_digits(s, 8);

	return year >= 1970 && year <= 3000 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days_in_month(year, month) && two_digits(s, 11) < 24 &&
	       two_digits(s, 14) < 60 && two_digits(s, 17) <= 60;
}

enum scalar_status scalar_date_time(struct str s, int64_t *out_seconds)
{
	struct str rest = str_from(s, 19);
	enum scalar_status status;
	int64_t zone = 0, days;

	if (!looks_like(s, "dddd-dd-ddTdd:dd:dd"))
		return SCALAR_SYNTAX;
	if (looks_like(rest, ".d"))
		for (rest = str_from(rest, 1); rest.n && is_digit(rest.p[0]);)
			rest = str_from(rest, 1);
	status = take_zone(rest, &zone);
	if (status != SCALAR_OK)
		return status;
	if (!date_time_in_range(s))
		return SCALAR_RANGE;
	days = days_of(two_digits(s, 0) * 100 + two_digits(s, 2), two_digits(s, 5),
		       two_digits(s, 8));
	*out_seconds = days * 86400 + two_digits(s, 11) * 3600 + two_digits(s, 14) * 60 +
		       two_digits(s, 17) - zone;
	return SCALAR_OK;
}

void scalar_format_duration(uint64_t ms, char out[64])
{
	size_t n = 0;

	if (ms == 0) {
		snprintf(out, 64, "0ms");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(duration_units); i++) {
		uint64_t count = ms / duration_units[i].ms;

		if (count == 0)
			continue;
		ms %= duration_units[i].ms;
		n += (size_t)snprintf(out + n, 64 - n, "%s%" PRIu64 "%s", n ? " " : "", count,
				      duration_units[i].name);
	}
}

void scalar_format_size(uint64_t bytes, char out[32])
{
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < ARRAY_LEN(size_units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(out, 32, "%" PRIu64 "%s", bytes, unit ? size_units[unit] : "");
}

void scalar_format_date_time(int64_t seconds, char out[32])
{
	int64_t days, rest, year, month = 1;

	if (seconds < 0)
		seconds = 0;
	if (seconds > LAST_SECOND)
		seconds = LAST_SECOND;
	days = seconds / 86400;
	rest = seconds % 86400;
	year = 1970 + days / 366;
	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && days_of(year, month + 1, 1) <= days)
		month++;
	days -= days_of(year, month, 1);
	snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000U,
		 (unsigned)month % 100U, (unsigned)(days + 1) % 100U,
		 (unsigned)(rest / 3600) % 100U, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}
