/* What the values of a field or structure may hold, worked out from their types. */
#ifndef STW_SCHEMAS_HOLDS_H
#define STW_SCHEMAS_HOLDS_H

#include "schemas/schema.h"

/* Fills in `holds` of the structures and of their fields, which must be the caller's to write.
 * Types lead to structures of the same array. */
void schema_derive_holds(struct schema_structure *structures, size_t count);

#endif
