/* The mail templates of calendars: {{name}}, {{#if name}} … {{/if name}} (validation.md 2.6). */
#ifndef STW_GRAMMAR_TEMPLATE_H
#define STW_GRAMMAR_TEMPLATE_H

#include "grammar/fault.h"

/* Tags that close, blocks that nest, words that are there. Which names a template may use is known
 * to the server alone. */
bool template_check(struct str text, struct text_fault *fault) WARN_UNUSED;

/* A DKIM selector with {algorithm}, {hash}, {version}, {date-FORMAT}, {epoch}, {random}; what it
 * makes must be a selector: labels of letters, digits, '-' and '_' (RFC 6376 section 3.1). */
bool selector_template_check(struct str text, struct text_fault *fault) WARN_UNUSED;

#endif
