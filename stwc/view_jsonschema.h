/* The reference as JSON Schema (draft 7, which editors know), for them and other checkers. */
#ifndef STW_STWC_VIEW_JSONSCHEMA_H
#define STW_STWC_VIEW_JSONSCHEMA_H

#include "base/buf.h"
#include "schemas/schema.h"

/* A schema of stw's own form: of the body of one structure with what it uses, or, where `only` is
 * NULL, of a whole configuration. What JSON Schema cannot say (references that resolve, the
 * meaning of texts) it accepts; what stwc accepts, it accepts. False: out of memory. */
bool view_json_schema(const struct schema *schema, const struct schema_structure *only,
		      struct buf *out) WARN_UNUSED;
/* The same of one enum. */
void view_json_schema_enum(const struct schema *schema, const struct schema_enum *only,
			   struct buf *out);

#endif
