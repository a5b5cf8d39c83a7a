/*
 * A string inside stw: pointer and length, no terminator promised, never owned by
 * the struct itself. The empty string may have any pointer, NULL included.
 */
#ifndef STW_BASE_STR_H
#define STW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* for printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) ((int)(s).n), ((s).p ? (s).p : "")

static inline struct str str_c(const char *cstring)
{
	return (struct str){cstring, cstring ? strlen(cstring) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_c(b));
}

/* Equal but for the case of ASCII letters. */
static inline bool str_eq_ascii_case(struct str a, struct str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		char x = a.p[i] >= 'A' && a.p[i] <= 'Z' ? (char)(a.p[i] + 32) : a.p[i];
		char y = b.p[i] >= 'A' && b.p[i] <= 'Z' ? (char)(b.p[i] + 32) : b.p[i];

		if (x != y)
			return false;
	}
	return true;
}

/* Order of bytes, a shorter prefix first: negative, 0 or positive as strcmp(3). */
static inline int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The part of s from byte `from` on (at most all of it). */
static inline struct str str_from(struct str s, size_t from)
{
	return from >= s.n ? STR_NONE : (struct str){s.p + from, s.n - from};
}

#endif
