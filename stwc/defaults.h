/* Defaults as values: the reference's own, bound like any other body. */
#ifndef STW_STWC_DEFAULTS_H
#define STW_STWC_DEFAULTS_H

#include "stwc/compile.h"

/* The explicit defaults of a single structure (none for a union), as a body that emit can write.
 * The result is shared; false: out of memory, or a default of the reference does not fit its own
 * type, which the diagnostics then say. */
bool defaults_bind(struct compilation *c, const struct schema_structure *structure,
		   struct value_object *out) WARN_UNUSED;

/* The default as the reference writes it, without a source; NULL: there is none, or no memory. */
struct node *defaults_node(struct compilation *c, const struct schema_field *field);
/* What a body that leaves the field out has there: what the default of its holder, the field whose
 * value the body is, says of it (validation.md 3.2), else the default of the field. `holder` may be
 * NULL. NULL: nothing, or no memory, which the arena says. */
struct node *defaults_within(struct compilation *c, const struct schema_field *holder,
			     const struct schema_field *field);

/* The value that an absent field has, or NULL when it has none (validation.md 1.8). */
struct value *defaults_field(struct compilation *c, const struct schema_structure *structure,
			     const struct schema_field *field);

#endif
