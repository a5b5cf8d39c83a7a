/* Diagnostics as text for people and as one JSON document (doc/diagnostics of stwc(1)). */
#ifndef STW_CORE_RENDER_H
#define STW_CORE_RENDER_H

#include "base/buf.h"
#include "core/diag.h"

struct render_summary {
	size_t objects, files;
};

/* Appends text of a source, or a name, for a terminal: what is not printable becomes a question
 * mark, a tab a blank, so that it stays on its line and moves nothing. */
void render_clean(struct buf *out, struct str s);
/* One diagnostic with its source line and caret, ending in an empty line. */
void render_text(struct buf *out, const struct sources *sources, const struct diag *diag,
		 bool color);
/* The whole document: {"diagnostics":[…],"summary":{…}} and a newline. */
void render_json(struct buf *out, const struct sources *sources, const struct diags *diags,
		 const struct render_summary *summary);

#endif
