/* What becomes of the properties of a Bootstrap that are whole objects (validation.md 7). */
#ifndef STW_STWC_BOOTSTRAP_H
#define STW_STWC_BOOTSTRAP_H

#include "base/attr.h"

struct bootstrap_part {
	const char *property;
	const char *type;      /* of the object that it becomes */
	const char *client_id; /* under this name; NULL: a singleton */
	const char *none;      /* the variant that becomes no object, or NULL: each does */
};

#define BOOTSTRAP_PARTS 7
extern const struct bootstrap_part bootstrap_parts[BOOTSTRAP_PARTS];

#endif
