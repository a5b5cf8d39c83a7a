/* Look-ups in the tables: binary searches by name; numbers are nearly always in their place. */
#include "schemas/schema.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/num.h"

/* A row's name against another in byte order, without measuring it first. */
static int compare_named(const char *row, struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (row[i] == '\0')
			return -1;
		if (row[i] != name.p[i])
			return (unsigned char)row[i] < (unsigned char)name.p[i] ? -1 : 1;
	}
	return row[i] != '\0';
}

/* The position of `name` among `count` rows of `size` bytes that begin with their name, in byte
 * order; count when there is none. */
static size_t find_named(const void *rows, size_t count, size_t size, struct str name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *const *row = (const char *const *)((const char *)rows + middle * size);
		int order = compare_named(*row, name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return count;
}

const struct schema_structure *schema_structure_find(const struct schema *schema, struct str name)
{
	size_t i = find_named(schema->structures, schema->structure_count,
			      sizeof(*schema->structures), name);

	return i < schema->structure_count ? &schema->structures[i] : NULL;
}

const struct schema_structure *schema_structure_numbered(const struct schema *schema,
							 uint16_t number)
{
	/* Numbers began in the order of names: look there first. */
	if (number && number <= schema->structure_count &&
	    schema->structures[number - 1].number == number)
		return &schema->structures[number - 1];
	for (size_t i = 0; i < schema->structure_count; i++)
		if (schema->structures[i].number == number)
			return &schema->structures[i];
	return NULL;
}

const struct schema_object *schema_object_find(const struct schema *schema, struct str name)
{
	size_t i;

	if (str_starts(name, STR("x:")))
		name = str_from(name, 2);
	i = find_named(schema->objects, schema->object_count, sizeof(*schema->objects), name);
	return i < schema->object_count ? &schema->objects[i] : NULL;
}

const struct schema_enum *schema_enum_find(const struct schema *schema, struct str name)
{
	size_t i = find_named(schema->enums, schema->enum_count, sizeof(*schema->enums), name);

	return i < schema->enum_count ? &schema->enums[i] : NULL;
}

const struct schema_field *schema_field_find(const struct schema_structure *structure,
					     struct str name)
{
	size_t i = find_named(structure->fields, structure->field_count, sizeof(*structure->fields),
			      name);

	return i < structure->field_count ? &structure->fields[i] : NULL;
}

const struct schema_field *schema_field_numbered(const struct schema_structure *structure,
						 uint16_t number)
{
	if (number && number <= structure->field_count &&
	    structure->fields[number - 1].number == number)
		return &structure->fields[number - 1];
	for (size_t i = 0; i < structure->field_count; i++)
		if (structure->fields[i].number == number)
			return &structure->fields[i];
	return NULL;
}

bool schema_absent(const char *until)
{
	return until && strcmp(until, SCHEMA_ABSENT) == 0;
}

const struct schema_variant *schema_variant_find(const struct schema_structure *structure,
						 struct str name)
{
	for (size_t i = 0; i < structure->variant_count; i++)
		if (str_eq_c(name, structure->variants[i].name))
			return &structure->variants[i];
	return NULL;
}

const struct schema_variant *schema_variant_numbered(const struct schema_structure *structure,
						     uint16_t number)
{
	for (size_t i = 0; i < structure->variant_count; i++)
		if (structure->variants[i].number == number)
			return &structure->variants[i];
	return NULL;
}

const struct schema_enum_member *schema_enum_member_find(const struct schema_enum *e,
							 struct str name)
{
	size_t low = 0, high = e->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct schema_enum_member *member = &e->members[e->by_name[middle]];
		int order = compare_named(member->name, name);

		if (order == 0)
			return member;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct schema_enum_member *schema_enum_member_numbered(const struct schema_enum *e,
							     uint16_t number)
{
	if (number && number <= e->count && e->members[number - 1].number == number)
		return &e->members[number - 1];
	for (size_t i = 0; i < e->count; i++)
		if (e->members[i].number == number)
			return &e->members[i];
	return NULL;
}

static const struct schema_group *group_find(const struct schema_group *groups, size_t count,
					     const char *name)
{
	size_t i = find_named(groups, count, sizeof(*groups), str_c(name));

	return i < count ? &groups[i] : NULL;
}

const struct schema_group *schema_variables_find(const struct schema *schema, const char *name)
{
	return group_find(schema->variables, schema->variable_group_count, name);
}

const struct schema_group *schema_constants_find(const struct schema *schema, const char *name)
{
	return group_find(schema->constants, schema->constant_group_count, name);
}

/* The number before the next dot; moves *p behind the dot. */
static uint64_t version_part(struct str *p)
{
	const char *dot = memchr(p->p, '.', p->n);
	size_t n = dot ? (size_t)(dot - p->p) : p->n;
	uint64_t part = 0;

	if (num_u64((struct str){p->p, n}, &part) != NUM_OK)
		part = 0;
	*p = str_from(*p, dot ? n + 1 : n);
	return part;
}

int schema_version_cmp(const char *a, const char *b)
{
	struct str left = str_c(a ? a : "0.16.0"), right = str_c(b ? b : "0.16.0");

	while (left.n || right.n) {
		uint64_t l = left.n ? version_part(&left) : 0;
		uint64_t r = right.n ? version_part(&right) : 0;

		if (l != r)
			return l < r ? -1 : 1;
	}
	return 0;
}

/* The end of a string of canonical JSON whose opening quote is at p. */
static const char *string_end(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

bool schema_default_has(const struct schema_field *holder, struct str name)
{
	const char *p = holder->default_json;
	size_t depth = 0;

	while (p && *p) {
		const char *start = p;

		if (*p == '{')
			depth++;
		else if (*p == '}')
			depth--;
		if (*p != '"') {
			p++;
			continue;
		}
		p = string_end(p);
		if (depth == 1 && *p == ':' &&
		    str_eq((struct str){start + 1, (size_t)(p - start) - 2}, name))
			return true;
	}
	return false;
}

static const char *const type_words[] = {
	[TYPE_BOOLEAN] = "boolean",
	[TYPE_UNSIGNED] = "unsignedInteger",
	[TYPE_INTEGER] = "integer",
	[TYPE_FLOAT] = "float",
	[TYPE_SIZE] = "size",
	[TYPE_DURATION] = "duration",
	[TYPE_STRING] = "string",
	[TYPE_TEXT] = "text",
	[TYPE_HTML] = "html",
	[TYPE_URI] = "uri",
	[TYPE_COLOR] = "color",
	[TYPE_EMAIL] = "emailAddress",
	[TYPE_SECRET] = "secret",
	[TYPE_SECRET_TEXT] = "secretText",
	[TYPE_IP_ADDRESS] = "ipAddress",
	[TYPE_IP_NETWORK] = "ipNetwork",
	[TYPE_SOCKET_ADDRESS] = "socketAddress",
	[TYPE_DATE_TIME] = "utcDateTime",
	[TYPE_BLOB_ID] = "blobId",
};

bool schema_type_kind_find(struct str word, enum type_kind *out)
{
	for (size_t i = 0; i < ARRAY_LEN(type_words); i++) {
		if (!str_eq_c(word, type_words[i]))
			continue;
		*out = (enum type_kind)i;
		return true;
	}
	return false;
}

static void print_type(struct buf *out, const struct schema_type *type, bool nested)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_REFERENCE: buf_printf(out, "reference to %s", type->target->name); break;
	case TYPE_ENUM: buf_printf(out, "enum %s", type->members->name); break;
	case TYPE_OBJECT:
		buf_printf(out, "%s%s", nested ? "" : "object ", type->structure->name);
		break;
	case TYPE_LIST:
	case TYPE_SET:
		buf_printf(out, "%s of ", type->kind == TYPE_LIST ? "list" : "set");
		print_type(out, type->element, true);
		break;
	case TYPE_MAP:
		buf_puts(out, STR("map of "));
		print_type(out, type->key, true);
		buf_puts(out, STR(" to "));
		print_type(out, type->element, true);
		break;
	case TYPE_BOOLEAN:
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
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
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID: buf_puts(out, str_c(type_words[type->kind])); break;
	}
	if (type->nullable)
		buf_putc(out, '?');
}

void schema_type_print(struct buf *out, const struct schema_type *type)
{
	print_type(out, type, false);
}
