/* The mail templates of calendars: {{name}}, {{#if name}} … {{/if name}} (validation.md 2.6). */
#ifndef STW_GRAMMAR_TEMPLATE_H
#define STW_GRAMMAR_TEMPLATE_H

#include "grammar/fault.h"

/* Tags that close, blocks that nest and end with their own word and name, words that are there. */
bool template_check(struct str text, struct text_fault *fault) WARN_UNUSED;

/* The next tag, from byte *at, that names a variable which calendar templates do not have. Its
 * place is in *at and *n; the next look starts behind it. False: there is none. The text has
 * passed template_check. */
bool template_unknown_variable(struct str text, size_t *at, size_t *n) WARN_UNUSED;
/* The variables that they have, one after the other; NULL: there are no more. */
const char *template_variable(size_t index);

/* A DKIM selector with {algorithm}, {hash}, {version}, {date-FORMAT}, {epoch}, {random}. A server
 * drops what no label has from the rest (RFC 6376 section 3.1); something must be left. */
bool selector_template_check(struct str text, struct text_fault *fault) WARN_UNUSED;

#endif
