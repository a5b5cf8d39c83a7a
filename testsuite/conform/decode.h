/* What the three decoders share: standard input through a reader, a tree to standard output. */
#ifndef STW_TESTSUITE_CONFORM_DECODE_H
#define STW_TESTSUITE_CONFORM_DECODE_H

#include "base/buf.h"
#include "core/node.h"
#include "grammar/reader.h"

typedef void decode_print(struct buf *out, const struct node *node);

/* Exit status: 0 the text is valid and was printed, 1 it is not, 2 it could not be read.
 * Diagnostics go to standard error. */
int decode_main(enum format format, decode_print *print);
/* A list or a map as JSON, its members by `print`. */
void decode_print_members(struct buf *out, const struct node *node, decode_print *print);
/* The tree as plain JSON. */
void decode_print_json(struct buf *out, const struct node *node);

#endif
