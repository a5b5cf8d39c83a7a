/*
 * Comments that speak to stwc: "# stwc: …" in TOML, YAML and the 0.15 settings. Everything else
 * about comments is the readers' business, which pass over them.
 */
#ifndef STW_GRAMMAR_COMMENT_H
#define STW_GRAMMAR_COMMENT_H

#include "grammar/reader.h"

struct comment {
	struct span span;  /* from the mark to the end of the line */
	struct str text;   /* what follows "stwc:", without blanks around it; into the source */
	struct span scope; /* its line; where it stands alone, the element that begins on the next
			    * line: an entry with its value, a member of a list, or a TOML table
			    * from its header to the next one that does not lie in it */
};

/* Calls back for each such comment in the order of the source; one inside a text is none. A source
 * without costs a search for the word and no more; another format has no comments. False: out of
 * memory. */
bool comment_each(enum format format, const struct source *source, const struct hash_key *key,
		  bool (*each)(void *ctx, const struct comment *comment), void *ctx) WARN_UNUSED;

#endif
