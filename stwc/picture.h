/* A graph drawn by Graphviz, where it is installed. */
#ifndef STW_STWC_PICTURE_H
#define STW_STWC_PICTURE_H

#include "base/buf.h"

/* Appends the <svg> element that `dot -Tsvg` makes of a graph, without what stands in front of it.
 * False: there is no such program, it failed, or it took too long; *out is as before. */
bool picture_draw(struct buf *out, struct str graph) WARN_UNUSED;

#endif
