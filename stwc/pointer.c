/* JSON pointers, step by step. */
#include "stwc/pointer.h"

struct str pointer_of(struct str key)
{
	return str_starts(key, STR("/")) ? str_from(key, 1) : key;
}

bool pointer_is_deep(struct str pointer)
{
	return pointer.n && memchr(pointer.p, '/', pointer.n) != NULL;
}

bool pointer_next(struct arena *arena, struct str *pointer, struct str *step, bool *more)
{
	const char *slash = pointer->n ? memchr(pointer->p, '/', pointer->n) : NULL;
	size_t n = slash ? (size_t)(slash - pointer->p) : pointer->n, i, length = 0;
	struct str raw = {pointer->p, n};
	char *text;

	*more = slash != NULL;
	*pointer = str_from(*pointer, n + 1);
	*step = raw;
	if (!n || !memchr(raw.p, '~', n))
		return true;
	text = arena_alloc(arena, n, 1);
	if (!text)
		return false;
	for (i = 0; i < n; i++) {
		char ch = raw.p[i];

		if (ch == '~' && i + 1 < n && (raw.p[i + 1] == '0' || raw.p[i + 1] == '1'))
			ch = raw.p[++i] == '0' ? '~' : '/';
		text[length++] = ch;
	}
	*step = (struct str){text, length};
	return true;
}
