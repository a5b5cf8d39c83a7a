/* Every value of an object, depth first, in the order of the fields. */
#ifndef STW_STWC_WALK_H
#define STW_STWC_WALK_H

#include "stwc/compile.h"

/* Called before the members of a value; `path` is the field's, "retry/intervals/0/duration". */
struct walk {
	void (*visit)(void *ctx, struct value *value, struct str path);
	void *ctx;
};

void walk_object(const struct walk *walk, const struct value_object *object);

#endif
