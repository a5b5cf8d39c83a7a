/*
 * Where in an object a pass is: a chain of stack frames, spelled out only for a diagnostic.
 */
#ifndef STW_STWC_PATH_H
#define STW_STWC_PATH_H

#include "base/buf.h"
#include "stwc/compile.h"

struct path {
	const struct path *up;      /* NULL: the outermost step */
	const char *field;          /* the name of a field or type, or NULL */
	struct str name;            /* without one: a name of the source's */
	const struct value *member; /* without either: the member of a set, the key of a map */
	size_t index;               /* with none of them: the place in a list */
};

/* What a sentence calls the step: its name, or in a list that of the list. */
struct str path_name(const struct path *path);

/* "NetworkListener/submissions/tlsImplicit", appended to `out`. */
void path_print(struct buf *out, const struct path *path);

/* The first steps of every path into an object; it must live as long as what path_of gave. */
struct path_root {
	struct path type, name;
	char ordinal[24];
};

/* The path of an object: its type and, unless it is a singleton, its name (empty: its place). */
const struct path *path_of(struct path_root *root, const struct schema_object *type,
			   struct str name, size_t ordinal);
/* Path and context of a diagnostic about a place in a bound object. */
void path_place(struct compilation *c, struct diag *diag, const struct object *object,
		const struct path *path);

#endif
