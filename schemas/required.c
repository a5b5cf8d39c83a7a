/* A field is required when the default of its type would be refused; structures hold each other. */
#include "schemas/required.h"

#include "base/num.h"

/* Does the server refuse this structure when nothing in it is given? */
enum fails {
	FAILS_UNKNOWN,
	FAILS_VISITING, /* recursion: an infinite body is never the default */
	FAILS_NO,
	FAILS_YES
};

static bool structure_fails(struct required *r, const struct schema_structure *s);

static bool number_out_of_bounds(const struct schema_field *field)
{
	const struct schema_type *type = field->type;
	double number = 0;

	/* The canonical text of a number reads back. */
	if (field->default_json && num_double(str_c(field->default_json), &number) != NUM_OK)
		return true;
	return (type->has_min && number < type->min) || (type->has_max && number > type->max);
}

bool required_field(struct required *r, const struct schema_field *field)
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
	case TYPE_OBJECT: return !field->default_json && structure_fails(r, type->structure);
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

static bool any_field_fails(struct required *r, const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (required_field(r, &s->fields[i]))
			return true;
	return false;
}

static bool structure_fails(struct required *r, const struct schema_structure *s)
{
	uint8_t *state = &r->memo[s - r->structures];
	bool fails;

	if (*state != FAILS_UNKNOWN)
		return *state == FAILS_YES;
	*state = FAILS_VISITING;
	if (s->kind == STRUCTURE_UNION)
		/* The default of a union is its first variant. */
		fails = s->variant_count && s->variants[0].body &&
			structure_fails(r, s->variants[0].body);
	else
		fails = any_field_fails(r, s);
	*state = fails ? FAILS_YES : FAILS_NO;
	return fails;
}
