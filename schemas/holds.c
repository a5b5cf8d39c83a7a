#include "schemas/holds.h"

#include <string.h>

static unsigned type_holds(const struct schema_type *type)
{
	unsigned holds = 0;

	for (; type; type = type->element) {
		if (type->kind == TYPE_REFERENCE ||
		    (type->key && type->key->kind == TYPE_REFERENCE))
			holds |= HOLDS_REFERENCES;
		if (type->kind == TYPE_OBJECT)
			holds |= type->structure->holds;
	}
	return holds;
}

static unsigned structure_holds(const struct schema_structure *s)
{
	unsigned holds = s->checks ? HOLDS_RULES : 0;

	if (strcmp(s->name, "SecretKeyFile") == 0 ||
	    strcmp(s->name, "SecretKeyEnvironmentVariable") == 0)
		holds |= HOLDS_REFERENCES;
	for (size_t i = 0; i < s->field_count; i++) {
		struct schema_field *field = (struct schema_field *)&s->fields[i];

		field->holds = (uint8_t)type_holds(field->type);
		holds |= field->holds | (field->checks ? HOLDS_RULES : 0u) |
			 (field->enterprise ? HOLDS_LICENSED : 0u);
	}
	for (size_t i = 0; i < s->variant_count; i++)
		holds |= s->variants[i].body ? s->variants[i].body->holds : 0u;
	return holds;
}

/* Structures hold each other in any order, so until nothing changes. */
void schema_derive_holds(struct schema_structure *structures, size_t count)
{
	bool changed = true;

	for (size_t i = 0; i < count; i++)
		structures[i].holds = 0;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < count; i++) {
			unsigned holds = structure_holds(&structures[i]);

			changed = changed || holds != structures[i].holds;
			structures[i].holds = (uint8_t)holds;
		}
	}
}
