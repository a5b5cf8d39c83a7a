/* Inside of the JSON reader (RFC 8259): the scanner's state, and the two ways to drive it. */
#ifndef STW_GRAMMAR_JSON_H
#define STW_GRAMMAR_JSON_H

#include "grammar/keyset.h"
#include "grammar/reader.h"

enum json_state {
	JSON_START,
	JSON_ROOT,  /* inside the root container */
	JSON_SPLIT, /* inside an entry of it that is yielded piece by piece */
	JSON_DONE
};

struct json {
	const char *base;  /* start of the source text */
	const char *p;     /* the next byte */
	const char *limit; /* end of the text, or of the line */
	enum json_state state;
	const char *open[2]; /* the brackets of root and split container */
	size_t count[2];     /* their elements so far */
	struct str key;      /* of the split entry */
	struct span key_span;
	/* the keys of the map that is open at each depth; the root is 1 */
	struct keyset keys[READER_DEPTH_LIMIT + 1];
};

enum json_member {
	JSON_MORE, /* and j->p is a byte of the text */
	JSON_CLOSED,
	JSON_BROKEN /* reported */
};

void json_start(struct reader *r);
void json_free(struct json *j);
/* Passes the comma before the next member of a container, or its closing bracket. `count` is
 * the number of members so far. */
enum json_member json_member(struct reader *r, const char *open, size_t count) WARN_UNUSED;
/* A key with its colon, checked against the others at this depth; decoded into `arena`. */
bool json_key(struct reader *r, unsigned depth, struct arena *arena, struct str *key,
	      struct span *span) WARN_UNUSED;
/* The value at the next byte, blanks before it included; `depth` is its own should it be a
 * container. NULL: reported, or r->failed. */
struct node *json_value(struct reader *r, unsigned depth) WARN_UNUSED;
/* True at the end of the text; blanks are passed over. */
bool json_at_end(struct json *j);
/* Reports at the byte `at`. */
void json_error(struct reader *r, const char *at, const char *message);

/* The rest of a string, from `p` inside it on: escapes and characters beyond ASCII.
 * `start` is behind the opening quote. Leaves j->p behind the closing one. */
bool json_string_slow(struct reader *r, const char *start, const char *p, struct arena *arena,
		      struct str *out) WARN_UNUSED;
/* The number at j->p. */
struct node *json_number(struct reader *r) WARN_UNUSED;

enum reader_status json_next(struct reader *r, struct reader_element *out);
enum reader_status ndjson_next(struct reader *r, struct reader_element *out);
/* The whole text as one node. */
struct node *json_whole(struct reader *r);

#endif
