#include "runtime/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

void notes_add(struct notes *notes, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (notes->count == NOTES_MAX) {
		notes->dropped++;
		return;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		one_line(text);
	if (text)
		notes->items[notes->count++] = text;
	else
		notes->dropped++;
}

void notes_clear(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->items[i]);
	*notes = (struct notes){0};
}

void notes_move(struct notes *to, struct notes *from)
{
	for (size_t i = 0; i < from->count; i++) {
		if (to->count < NOTES_MAX) {
			to->items[to->count++] = from->items[i];
		} else {
			free(from->items[i]);
			to->dropped++;
		}
	}
	to->dropped += from->dropped;
	*from = (struct notes){0};
}
