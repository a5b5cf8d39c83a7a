/* Objects and references as a drawing. */
#ifndef STW_STWC_VIEW_GRAPH_H
#define STW_STWC_VIEW_GRAPH_H

#include "stwc/view.h"

/* Writes the view, which is loaded whole (view_load), as a directed graph in the DOT language of
 * Graphviz: a cluster for each type, a node for each object, an edge for each reference with the
 * path of its field, and one node for all entries of a packed type. Where `type_count` is not 0,
 * only objects of those types, and the references between them. Values are not written, so no
 * secret is. The order is that of names. False: damaged, or out of memory. */
bool view_graph(struct view *view, const struct schema_object *const *types, size_t type_count,
		struct buf *out) WARN_UNUSED;

#endif
