/*
 * Inputs and places in them. A span is a byte range in one source; lines and columns
 * are worked out only when a diagnostic is printed.
 */
#ifndef STW_CORE_SOURCE_H
#define STW_CORE_SOURCE_H

#include "base/arena.h"

struct span {
	uint32_t source; /* number from sources_add, from 1; 0: no place */
	uint32_t begin;  /* bytes from the start of the text */
	uint32_t end;    /* one past the last byte */
};

#define SPAN_NONE ((struct span){0, 0, 0})

struct source {
	struct arena *arena; /* of the registry */
	uint32_t number;
	struct str name; /* as the user gave it; a copy */
	struct str text; /* owned by the caller; must outlive the registry */
	uint32_t *lines; /* byte offset of each line start; made on first use */
	size_t line_count, line_cap;
	size_t mapped; /* bytes of the text whose lines are known */
	/* brings back the part of the text that its owner has let go; NULL: all of it is there */
	void (*recall)(void *owner);
	void *owner;
	struct span *masks; /* what no output may show: secrets; read it through source_masks */
	size_t mask_count, mask_cap;
	bool masks_sorted;
	bool mask_all; /* a mask was lost for lack of memory: nothing of the text is shown */
};

struct sources {
	struct arena *arena;
	struct source **all;
	size_t count, cap;
};

struct position {
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in code points */
};

void sources_init(struct sources *sources, struct arena *arena);
/* Registers a text of less than 4 GiB, and copies the name; its number, or 0 when out of memory or
 * too large. */
uint32_t sources_add(struct sources *sources, struct str name, struct str text) WARN_UNUSED;
/* NULL for number 0 or an unknown one. */
struct source *sources_get(const struct sources *sources, uint32_t number);
/* The text has grown: it starts where it did. */
void source_grow(struct source *source, struct str text);
/* The text, whole again where a part of it was let go: whoever reads it late asks here. */
struct str source_text(const struct source *source);
/* Learns the lines of the text that is there, so that nobody needs it for that later. False: out
 * of memory. */
bool source_map_lines(struct source *source) WARN_UNUSED;
/* Where a byte offset lies. A CR LF pair ends one line; a byte order mark is no part of line 1.
 * Line 1 column 1 when out of memory. */
struct position source_position(struct source *source, uint32_t offset);
/* The line alone, cheaper than a position where lines are long. */
uint32_t source_line_number(struct source *source, uint32_t offset);
/* The text of a line without its end (line from 1); empty when there is none. */
struct str source_line(struct source *source, uint32_t line);
/* Marks bytes as a secret: renderers show **** in their place, whatever else on the line a
 * diagnostic is about. Out of memory, the whole source is marked. */
void source_mask(struct sources *sources, struct span span);
/* The masks of a source in ascending order; none touches or overlaps the next. */
const struct span *source_masks(struct source *source, size_t *count);
/* Byte offset where a line starts (line from 1); the end of the text for a line after the last. */
uint32_t source_line_start(struct source *source, uint32_t line);

#endif
