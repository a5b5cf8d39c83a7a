/* Which fields must be given, worked out from types and defaults (validation.md 1.8). */
#ifndef STW_SCHEMAS_REQUIRED_H
#define STW_SCHEMAS_REQUIRED_H

#include "schemas/schema.h"

/* What is known so far of a schema's structures; `memo` has a zero byte for each of them. */
struct required {
	const struct schema_structure *structures;
	uint8_t *memo;
};

/* Would the server refuse an object for want of this field? A row may say otherwise. A field
 * without a type is none. */
bool required_field(struct required *r, const struct schema_field *field);

#endif
