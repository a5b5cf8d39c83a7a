/* A view as sources again. */
#ifndef STW_STWC_VIEW_DUMP_H
#define STW_STWC_VIEW_DUMP_H

#include "stwc/view.h"

enum view_dump_format {
	VIEW_DUMP_TOML,
	VIEW_DUMP_YAML,
	VIEW_DUMP_JSON,
	VIEW_DUMP_PLAN,
	VIEW_DUMP_JMAP
};

/* From the words of --to; without a word TOML. False: it is none. */
bool view_dump_format_of(const char *word, enum view_dump_format *out) WARN_UNUSED;

/* Writes every object of the view, which is loaded whole (view_load), to out. Secrets are written
 * where `reveal`; a view that has some is refused without it by the command. False: out of memory,
 * damaged, or not to be said in that format; view->fault says so. */
bool view_dump(struct view *view, enum view_dump_format format, bool reveal,
	       struct buf *out) WARN_UNUSED;

/* Which references count: all; those that no later update can make (view_reference_is_hard); or
 * those that keep their target from being destroyed (view_reference_holds). */
enum view_order_by { VIEW_ORDER_ALL, VIEW_ORDER_HARD, VIEW_ORDER_HOLDING };

/* view_order.c: the objects so that each stands behind those it refers to, as far as references go
 * in no circle; else by type and name. NULL: out of memory; the caller frees the array. */
struct object **view_order(struct object *const *objects, size_t count,
			   enum view_order_by by) WARN_UNUSED;
/* Does a server keep what the field of the object refers to (validation.md 4.2)? */
bool view_reference_holds(const struct object *object, const struct schema_field *field);
/* Must the object be made with this field? */
bool view_reference_is_hard(const struct schema_field *field);
/* view_index.c: the objects of some types, or with a count of 0 of all, by type and name. */
struct view_index {
	const struct object **by_name, **by_id;
	size_t count;
};
/* The view is loaded, and outlives it. False: out of memory. view_index_free in every case. */
bool view_index_init(struct view_index *index, const struct view *view,
		     const struct schema_object *const *types, size_t type_count) WARN_UNUSED;
void view_index_free(struct view_index *index);
/* NULL: no object of these has that id. */
const struct object *view_index_find(const struct view_index *index, uint64_t id);
/* The name that an object is written under: its client id, else its identity. */
struct str view_object_name(const struct object *object);
/* Types by name; objects of one type by name, those without one by their place. */
int view_object_cmp(const struct object *a, const struct object *b);
/* The place in "[7]"; false: it is a name. */
bool view_ordinal(struct str identity, uint64_t *out);

#endif
