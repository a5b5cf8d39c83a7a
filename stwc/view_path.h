/* Finding one value by a path such as NetworkListener/smtp/bind. */
#ifndef STW_STWC_VIEW_PATH_H
#define STW_STWC_VIEW_PATH_H

#include "stwc/view.h"

struct view_found {
	const struct object *object; /* an entry of a packed type looks like one */
	bool packed;
	struct address_entry entry;       /* packed */
	const struct value_field *top;    /* the explicit field of the object; NULL: a default */
	const struct schema_field *field; /* the last field of the path; NULL: the whole object */
	const struct schema_structure *holder; /* the structure of .field */
	const struct value *value; /* NULL: the whole object, or a field without a value */
	struct str last;           /* the last step of the path */
};

/*
 * path := Type, then the name of an object (not for singletons), then fields, places in lists
 * (from 0) and keys of maps. Steps are parted by "/", as in diagnostics, or by "."; names and
 * keys may hold either: the longest one that exists is meant. False: view->fault says what there
 * is not, or why it could not be read.
 */
bool view_find(struct view *view, struct str path, struct view_found *out) WARN_UNUSED;
/* The field of an object that is at hand, whatever the object is called. False: as above. */
bool view_find_field(struct view *view, const struct object *object, struct str name,
		     struct view_found *out) WARN_UNUSED;
/* Where what was found was written; .file empty: nowhere. */
struct view_place view_found_place(struct view *view, const struct view_found *found);
/* The structure that holds the fields of a body: of its variant, or its own; NULL: no fields. */
const struct schema_structure *view_fields_of(const struct value_object *object);

#endif
