/* A plan from one configuration to another: what its two halves share. */
#ifndef STW_STWC_VIEW_PATCH_H
#define STW_STWC_VIEW_PATCH_H

#include "stwc/view_diff.h"
#include "stwc/view_plan.h"

/* What becomes of an object of the new side in the plan: nothing, it is found, or it is made. */
enum role { ROLE_NONE, ROLE_FOUND, ROLE_NEW };

struct patcher {
	struct diff *diff;
	struct view_items old, new;
	struct arena scratch;
	struct view_nodes nodes;  /* by the names of the new side */
	struct view_nodes before; /* as they were written on the old side */
	struct buf *out;
	uint8_t *roles;      /* by place of the new item */
	uint8_t *needed;     /* by place of the old item: something goes by it */
	const char **remade; /* names of types whose objects are all made anew */
	size_t remade_count;
	bool masked;
};

static inline struct view_item *patcher_item(const struct view_items *items,
					     const struct object *object)
{
	return object ? view_items_find(items, object->id) : NULL;
}

static inline bool patcher_is_singleton(const struct object *object)
{
	return object->type->kind == OBJECT_SINGLETON;
}

/* view_patch.c. Always false, with the fault: "no plan: TYPE/NAME why". */
bool patcher_refuse(struct patcher *p, const struct object *object, const char *why);
/* Some fields of an object, and its variant; NULL: memory is short. */
struct node *patcher_fields(struct patcher *p, const struct view_nodes *nodes,
			    const struct object *object, const char *const *names, size_t count);
/* What an update must say so that of the old object the rest is left; NULL: that cannot be said. */
struct node *patcher_without(struct patcher *p, const struct object *old,
			     const struct value_object *rest);
/* A name for what only the old side has, which no name of the new side is. */
struct str patcher_name_before(const struct patcher *p, const struct view_item *old);
/* An upsert that changes nothing gives the old object the name. */
bool patcher_put_name(struct patcher *p, const struct view_item *old, struct str name) WARN_UNUSED;
/* An update of what has the name, unless the patch, which NULL makes false, is empty. */
bool patcher_put_update(struct patcher *p, const struct schema_object *type, struct str name,
			const struct node *patch) WARN_UNUSED;

/* view_patch_leave.c: reconciles for what goes, or, of the first of two plans, the updates that let
 * go. False: no plan can say it, as the fault says. */
bool patcher_put_leaving(struct patcher *p, enum diff_part part) WARN_UNUSED;

/* view_patch_find.c */

/* The difference that an object of either side has part in; NULL: none. */
const struct diff_object *patcher_entry(const struct patcher *p, const struct object *object);
/* Is an object of the old side not there any more? */
bool patcher_goes(const struct patcher *p, const struct object *old);
/* Are all objects of its type made anew, since nothing tells them apart? */
bool patcher_remakes(const struct patcher *p, const struct object *object);
/* Does the new side have no object of its type? Then nothing needs to be told apart. */
bool patcher_all_go(const struct patcher *p, const struct object *object);
/* Does the part of an object refer to one that only a new object can become? That reference is
 * written anew, though both sides call its target the same. */
bool patcher_moves(struct patcher *p, const struct value_object *part);
/* Fields that only a new object can have, as they were: what the old one is told by from the new
 * one that is made before it goes. NULL: there are none that a server shows. */
struct node *patcher_old_alone(struct patcher *p, const struct diff_object *object,
			       const struct view_item *item);
/* Names of fields, in `out` (room for all of the body), whose values find an object; their number,
 * 0: there are none. Of an old one among what a server has; of one that goes, so that nothing that
 * stays or comes shares them; of a new one while the old ones are still there. */
size_t patcher_match_old(struct patcher *p, const struct view_item *item, const char **out);
size_t patcher_match_leaving(struct patcher *p, const struct view_item *item, const char **out);
size_t patcher_match_new(struct patcher *p, const struct view_item *item, const char **out);
/* Sets roles, needed and remade. */
void patcher_roles(struct patcher *p);

#endif
