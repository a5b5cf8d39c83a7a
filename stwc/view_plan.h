/* Objects as operations: what the writers of plans, requests and differences share. */
#ifndef STW_STWC_VIEW_PLAN_H
#define STW_STWC_VIEW_PLAN_H

#include "stwc/view.h"
#include "stwc/view_node.h"

/* A server takes this many objects in one call (validation.md 3.4, Jmap.setMaxObjects). */
#define VIEW_BATCH 500
/* And this many calls in one request (Jmap.maxMethodCalls). */
#define VIEW_CALLS 16

/* An object among all that a plan makes, in the order in which it makes them. */
struct view_item {
	struct object *object;
	struct str key;     /* its client key */
	struct str name;    /* what references call it: the key, or another where the key is also
			     * that of an object of another type, since a server's names have no
			     * types */
	size_t place;       /* in the order */
	bool referred;      /* another object refers to it */
	bool early;         /* it stands before something that it refers to */
	const char **match; /* the fields by which a second run finds it; NULL: there are none */
	size_t match_count;
};

struct view_items {
	struct view *view;
	struct view_item *all; /* in order */
	size_t count;
	struct map by_id;  /* the 8 bytes of an id to its item */
	struct map labels; /* how many objects of a type and variant have a label */
	struct arena arena;
};

/* The objects of the view, which is loaded whole, in an order in which what an object needs comes
 * first; references that can be made later do not count where there is a circle. False: out of
 * memory, or a circle that has no such place, or two objects of one name; view->fault says so.
 * view_items_free in every case. */
bool view_items_make(struct view_items *items, struct view *view) WARN_UNUSED;
void view_items_free(struct view_items *items);
struct view_item *view_items_find(const struct view_items *items, uint64_t id);
/* Nodes whose references are the names of items. */
struct view_nodes view_items_nodes(const struct view_items *items, struct arena *arena,
				   bool reveal);
/* Does the field refer to an object that comes later than the item, or to the item itself? */
bool view_item_waits(const struct view_items *items, const struct view_item *item,
		     const struct value_field *field);

/* Fields that tell the object from every other of its type, in `out` (room for all fields of the
 * body); their number, 0: there are none. */
size_t view_item_match(struct view_items *items, const struct object *object, const char **out);

/* The same with every field that a server gives back as it took it, though fewer would do. */
size_t view_item_values(struct view_items *items, const struct object *object, const char **out);

/* "@type" … "value": and the value's end are the caller's: what every operation begins with. */
void view_operation_begin(struct buf *out, const char *verb, const struct schema_object *type,
			  const char *const *match, size_t match_count);
/* A client key, with a second # where it begins with one (validation.md 3.5). */
void view_operation_key(struct buf *out, struct str key);

/* A plan, or a JMAP request body. False: view->fault says why. */
bool view_plan_write(struct view *view, bool reveal, struct buf *out) WARN_UNUSED;
bool view_jmap_write(struct view *view, bool reveal, struct buf *out) WARN_UNUSED;

#endif
