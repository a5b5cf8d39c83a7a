/* Texts inside XML and HTML. */
#ifndef STW_STWC_MARKUP_H
#define STW_STWC_MARKUP_H

#include "base/buf.h"

/* Appends a text so that it is one, between tags and in an attribute's value in double quotes.
 * What XML 1.0 (section 2.2) has no character for, and what is no UTF-8, becomes U+FFFD. */
void markup_text(struct buf *out, struct str text);

#endif
