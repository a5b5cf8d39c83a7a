/* What follows from the rows: which fields must be given, and what stwd enacts. */
#include "schemas/holds.h"
#include "schemas/schemac/schemac.h"

/* A row may say otherwise: two expressions may stay wholly empty. */
static void derive_required(struct rows *rows, size_t structure)
{
	const struct schema_structure *s = &rows->structures[structure];
	const struct node_entry *entry = rows->structure_rows[structure].value;

	for (size_t i = 0; i < s->field_count; i++) {
		struct schema_field *field = (struct schema_field *)&s->fields[i];
		const struct node *row = node_map_get(entry->value, str_c(field->name));

		field->required = required_field(&rows->required, field);
		attribute_bool(rows, row, "required", &field->required);
	}
}

static bool anything_runs(const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (s->fields[i].runtime)
			return true;
	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].runtime)
			return true;
	return false;
}

void derive(struct rows *rows)
{
	schema_derive_holds(rows->structures, rows->schema.structure_count);
	for (size_t i = 0; i < rows->schema.structure_count; i++)
		derive_required(rows, i);
	for (size_t i = 0; i < rows->schema.object_count; i++)
		rows->objects[i].runtime = anything_runs(rows->objects[i].structure);
}
