/* A list of sentences for people: warnings, what waits for a restart, reasons. */
#ifndef STW_RUNTIME_NOTES_H
#define STW_RUNTIME_NOTES_H

#include "base/attr.h"
#include "base/str.h"

/* One that does not fit is counted, not kept: a list for people needs no thousand lines. */
#define NOTES_MAX 64

struct notes {
	char *items[NOTES_MAX];
	size_t count;
	size_t dropped;
};

/* Makes one line of a text from elsewhere: every control character becomes a blank. */
void one_line(char *text);
void notes_add(struct notes *notes, const char *format, ...) PRINTF_LIKE(2, 3);
void notes_clear(struct notes *notes);
/* Moves all of `from` behind what `to` has. */
void notes_move(struct notes *to, struct notes *from);

#endif
