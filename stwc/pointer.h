/* JSON pointers (RFC 6901) as the keys of updates: "bind/[::]:25", "proxy/10.0.0.0~18". */
#ifndef STW_STWC_POINTER_H
#define STW_STWC_POINTER_H

#include "base/arena.h"

/* The key without the leading slash that it may have. */
struct str pointer_of(struct str key);
/* Does it lead into a field? */
bool pointer_is_deep(struct str pointer);
/* Cuts the first step off, "~1" as a slash and "~0" as a tilde; *more: there was a slash behind it.
 * False: out of memory. */
bool pointer_next(struct arena *arena, struct str *pointer, struct str *step,
		  bool *more) WARN_UNUSED;

#endif
