/* A view as sources again. */
#ifndef STW_STWC_VIEW_DUMP_H
#define STW_STWC_VIEW_DUMP_H

#include "stwc/view.h"

enum view_dump_format { VIEW_DUMP_TOML, VIEW_DUMP_YAML, VIEW_DUMP_JSON, VIEW_DUMP_PLAN };

/* Writes every object of the view, which is loaded whole (view_load), to out. Secrets are written
 * where `reveal`; a view that has some is refused without it by the command. False: out of memory,
 * damaged, or not to be said in that format; view->fault says so. */
bool view_dump(struct view *view, enum view_dump_format format, bool reveal,
	       struct buf *out) WARN_UNUSED;

/* view_order.c: the objects so that each stands behind those it refers to, as far as references
 * go in no circle; else by type and name. NULL: out of memory; the caller frees the array. */
struct object **view_order(struct object *const *objects, size_t count) WARN_UNUSED;
/* Types by name; objects of one type by name, those without one by their place. */
int view_object_cmp(const struct object *a, const struct object *b);
/* The place in "[7]"; false: it is a name. */
bool view_ordinal(struct str identity, uint64_t *out);

#endif
