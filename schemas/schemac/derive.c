/* What follows from the rows: which fields must be given, and what stwd enacts. */
#include "schemas/schemac/schemac.h"

#include "base/num.h"

/* Does the server refuse this structure when nothing in it is given? */
enum fails {
	FAILS_UNKNOWN,
	FAILS_VISITING, /* recursion: an infinite body is never the default */
	FAILS_NO,
	FAILS_YES
};

static bool structure_fails(struct rows *rows, const struct schema_structure *s);

static bool number_out_of_bounds(const struct schema_field *field)
{
	const struct schema_type *type = field->type;
	double number = 0;

	/* The canonical text of a number reads back. */
	if (field->default_json && num_double(str_c(field->default_json), &number) != NUM_OK)
		return true;
	return (type->has_min && number < type->min) || (type->has_max && number > type->max);
}

/* validation.md 1.8: would the server refuse the object for want of this field? */
static bool field_fails(struct rows *rows, const struct schema_field *field)
{
	const struct schema_type *type = field->type;

	if (!type || type->nullable || field->update == UPDATE_SERVER_SET)
		return false;
	switch ((enum type_kind)type->kind) {
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE: return !field->default_json;
	case TYPE_LIST:
	case TYPE_SET: return !field->default_json && type->min_items > 0;
	case TYPE_OBJECT: return !field->default_json && structure_fails(rows, type->structure);
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION: return number_out_of_bounds(field);
	case TYPE_BOOLEAN:
	case TYPE_DATE_TIME:
	case TYPE_ENUM:
	case TYPE_MAP: return false;
	}
	return false;
}

static bool any_field_fails(struct rows *rows, const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (field_fails(rows, &s->fields[i]))
			return true;
	return false;
}

static bool structure_fails(struct rows *rows, const struct schema_structure *s)
{
	uint8_t *state = &rows->fails[s - rows->structures];
	bool fails;

	if (*state != FAILS_UNKNOWN)
		return *state == FAILS_YES;
	*state = FAILS_VISITING;
	if (s->kind == STRUCTURE_UNION)
		/* The default of a union is its first variant. */
		fails = s->variant_count && s->variants[0].body &&
			structure_fails(rows, s->variants[0].body);
	else
		fails = any_field_fails(rows, s);
	*state = fails ? FAILS_YES : FAILS_NO;
	return fails;
}

/* A row may say otherwise: two expressions may stay wholly empty. */
static void derive_required(struct rows *rows, size_t structure)
{
	const struct schema_structure *s = &rows->structures[structure];
	const struct node_entry *entry = rows->structure_rows[structure].value;

	for (size_t i = 0; i < s->field_count; i++) {
		struct schema_field *field = (struct schema_field *)&s->fields[i];
		const struct node *row = node_map_get(entry->value, str_c(field->name));

		field->required = field_fails(rows, field);
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

/* A rule of the structure, of one of its fields, or of something that is known to have one. */
static bool has_rule(const struct schema_structure *s)
{
	if (s->checks)
		return true;
	for (size_t i = 0; i < s->field_count; i++) {
		const struct schema_type *t = s->fields[i].type;

		while (t && t->element)
			t = t->element;
		if (s->fields[i].checks || (t && t->kind == TYPE_OBJECT && t->structure->checked))
			return true;
	}
	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].body && s->variants[i].body->checked)
			return true;
	return false;
}

/* Structures hold each other in any order, so until nothing changes. */
static void derive_checked(struct rows *rows)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < rows->schema.structure_count; i++) {
			struct schema_structure *s = &rows->structures[i];

			if (s->checked || !has_rule(s))
				continue;
			s->checked = true;
			changed = true;
		}
	}
}

void derive(struct rows *rows)
{
	derive_checked(rows);
	for (size_t i = 0; i < rows->schema.structure_count; i++)
		derive_required(rows, i);
	for (size_t i = 0; i < rows->schema.object_count; i++)
		rows->objects[i].runtime = anything_runs(rows->objects[i].structure);
}
