/* Rows of a schema as TOML, as schemas/ holds them. */
#ifndef STW_CONTRIB_IMPORT_SCHEMA_ROWS_H
#define STW_CONTRIB_IMPORT_SCHEMA_ROWS_H

#include "base/buf.h"
#include "schemas/schema.h"

/* Appends the rows that `theirs` has and `ours` has not: whole types, single fields, whole enums.
 * With `ours` NULL, every row. Variants and members that are new to a type or an enum of ours are
 * not rows of their own; schema_compare names them. False: memory ran out. */
bool rows_print(struct buf *out, const struct schema *theirs,
		const struct schema *ours) WARN_UNUSED;

#endif
