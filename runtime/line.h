/*
 * Lines of the mail protocols, read octet by octet: they end with CR LF and nothing else. A line
 * that ends with a bare LF, holds a NUL or a bare CR, or is too long is handed over as flawed, so
 * that its protocol refuses it; no peer can make two readers of one stream see different lines.
 * Lines may hold passwords, so their memory is overwritten once they were looked at.
 */
#ifndef STW_RUNTIME_LINE_H
#define STW_RUNTIME_LINE_H

#include "base/attr.h"
#include "base/buf.h"

enum line_flaw {
	LINE_GOOD,
	LINE_LONG,
	LINE_BARE_LF,
	LINE_BARE_CR,
	LINE_NUL,
	LINE_MEMORY /* out of memory: the session has to end */
};

struct line {
	struct buf text;     /* the line so far, without its end; cut at the limit */
	size_t limit;        /* octets of a line, its CR LF counted */
	bool cr;             /* the last octet was a CR */
	enum line_flaw flaw; /* the first that was met */
};

void line_init(struct line *line, size_t limit);
/* Takes octets up to the end of a line; how many. *complete: text and flaw are those of a whole
 * line; line_next makes ready for another. */
size_t line_feed(struct line *line, const char *bytes, size_t n, bool *complete) WARN_UNUSED;
void line_next(struct line *line);
void line_free(struct line *line);
/* For people: "Line too long", … */
const char *line_flaw_text(enum line_flaw flaw);

/* Splits off the next word (up to a blank; blanks before it are dropped). Empty at the end. */
struct str line_word(struct str *rest);
/* True when both are equal without regard to the case of ASCII letters. */
bool line_is(struct str word, const char *keyword);

/* A literal at the end of a line, as IMAP and ManageSieve announce it: "{12}" or "{12+}". False:
 * there is none. Numbers above 4294967295 count as that. */
bool line_literal(struct str line, size_t *out_start, uint32_t *out_size, bool *out_plus);

#endif
