/* Every value of an object, depth first, in the order of the fields. */
#ifndef STW_STWC_WALK_H
#define STW_STWC_WALK_H

#include "stwc/path.h"

/* Called before the members of a value. The last steps of `path` are those of a source: the name of
 * a field, the place in a list, the text of a set's member or of a map's key. */
struct walk {
	void (*visit)(void *ctx, struct value *value, const struct path *path);
	void *ctx;
	uint8_t holds; /* enum schema_holds: fields that hold none of these are passed over, and
			* their values not even looked at; 0: none is */
};

/* `top` is the path of the object itself, or NULL where nobody asks for paths. */
void walk_object(const struct walk *walk, const struct value_object *object,
		 const struct path *top);

#endif
