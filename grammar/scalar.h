/*
 * Scalars that people write as text: durations, sizes, rates, dates, ids. Pure functions
 * over one string; the binder turns their verdicts into diagnostics. (Addresses are in
 * engine/netaddr.h, because the daemon reads them too.)
 */
#ifndef STW_GRAMMAR_SCALAR_H
#define STW_GRAMMAR_SCALAR_H

#include "base/attr.h"
#include "base/str.h"

enum scalar_status { SCALAR_OK, SCALAR_SYNTAX, SCALAR_RANGE };

/* "1h 30m", "250ms", "1d", "1w": units w d h m s ms in descending order, each at most once,
 * blanks between allowed, a unit required (a bare number is an integer's business). Result in ms.
 */
enum scalar_status scalar_duration(struct str s, uint64_t *out_ms) WARN_UNUSED;
/* "50mb", "1.5 gb" refused (whole numbers only), units b kb mb gb tb in powers of 1024, any case.
 */
enum scalar_status scalar_size(struct str s, uint64_t *out_bytes) WARN_UNUSED;
/* "100/1d": count and period in ms. */
enum scalar_status scalar_rate(struct str s, uint64_t *out_count, uint64_t *out_ms) WARN_UNUSED;
/* RFC 3339 date-time, years 1970..3000, an offset required; seconds since the epoch (fractions
 * are dropped as the server drops them, validation.md 2.1). Days are checked against the month. */
enum scalar_status scalar_date_time(struct str s, int64_t *out_seconds) WARN_UNUSED;
/* Canonical texts; the buffer sizes include the NUL. */
void scalar_format_duration(uint64_t ms, char out[64]); /* "1h 30m" */
void scalar_format_size(uint64_t bytes, char out[32]);  /* "50mb", or bytes where uneven */
/* "2026-01-02T03:04:05Z"; seconds outside the years 1970..9999 are moved to the nearest inside. */
void scalar_format_date_time(int64_t seconds, char out[32]);

#endif
