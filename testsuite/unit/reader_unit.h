/* What the unit tests of the readers share: one source, its diagnostics, trees as text. */
#ifndef STW_TESTSUITE_READER_UNIT_H
#define STW_TESTSUITE_READER_UNIT_H

#include "unit.h"

#include "grammar/reader.h"

struct reader_unit {
	struct arena arena, scratch;
	struct sources sources;
	struct diags diags;
	struct hash_key key;
	struct source *source;
	char *text; /* in memory of its own size, so that a sanitizer sees a step beyond */
};

/* For cmocka_unit_test_setup_teardown: *state is a struct reader_unit. */
int reader_unit_start(void **state);
int reader_unit_finish(void **state);

/* Forgets what was, and makes `text` the source. */
void unit_source(struct reader_unit *u, struct str text);
/* The whole text as a node. */
struct node *unit_whole(struct reader_unit *u, enum format format, struct str text);
/* Checks that a text is valid and gives this tree, written as compact JSON. */
void unit_gives(struct reader_unit *u, enum format format, const char *text, const char *json);
/* Checks the diagnostics of a text, in source order: "code line:column, code line:column". */
void unit_reports(struct reader_unit *u, enum format format, const char *text, const char *codes);
/* The bytes of the source that a span covers. */
struct str unit_span(const struct reader_unit *u, struct span span);
/* Reads element by element, the scratch arena reset before each, and checks the protocol:
 * one element a line, "key" or "key/sub" or "key#ordinal" or "#ordinal", then the value. */
void unit_elements(struct reader_unit *u, enum format format, const struct reader_policy *policy,
		   const char *text, const char *expected);
/* Checks for a string node that each of its bytes is found where it stands in its literal:
 * `places` has, for every byte of the value, the source byte there. */
void unit_offsets(struct reader_unit *u, enum format format, const char *text, const char *path,
		  const char *places);

#endif
