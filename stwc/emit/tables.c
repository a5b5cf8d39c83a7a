/*
 * The schema table and the defaults: which structures the image needs, and each as bytes
 * (libstw/format.h, "Shapes").
 */
#include <errno.h>
#include <stdlib.h>

#include "libstw/bytes.h"
#include "libstw/scan.h"
#include "stwc/defaults.h"
#include "stwc/emit/plan.h"
#include "stwc/emit/record.h"
#include "stwc/state.h"

/* Structures by number, enumerations by their place in the schema. */
struct needed {
	const struct schema *schema;
	bool structures[UINT16_MAX + 1];
	bool enums[UINT16_MAX + 1];
};

static void need_structure(struct needed *needed, const struct schema_structure *structure);

static void need_enum(struct needed *needed, const struct schema_enum *members)
{
	for (uint16_t i = 0; i < needed->schema->enum_count; i++)
		if (&needed->schema->enums[i] == members ||
		    strcmp(needed->schema->enums[i].name, members->name) == 0)
			needed->enums[i] = true;
}

static void need_type(struct needed *needed, const struct schema_type *type)
{
	if (type->kind == TYPE_OBJECT)
		need_structure(needed, type->structure);
	else if (type->kind == TYPE_ENUM)
		need_enum(needed, type->members);
	if (type->key)
		need_type(needed, type->key);
	if (type->element)
		need_type(needed, type->element);
}

/* Whatever a value of the structure can contain; references are not followed. */
static void need_structure(struct needed *needed, const struct schema_structure *structure)
{
	if (needed->structures[structure->number])
		return;
	needed->structures[structure->number] = true;
	for (uint16_t i = 0; i < structure->field_count; i++)
		need_type(needed, structure->fields[i].type);
	for (uint16_t i = 0; i < structure->variant_count; i++)
		if (structure->variants[i].body)
			need_structure(needed, structure->variants[i].body);
}

static void need_all(struct needed *needed, const struct compilation *c)
{
	needed->schema = c->schema;
	for (size_t i = 0; i < c->object_count; i++)
		need_structure(needed, c->objects[i]->type->structure);
	for (size_t i = 0; i < c->packed_count; i++)
		if (c->packed[i].count)
			need_structure(needed, c->packed[i].type->structure);
	for (uint16_t i = 0; i < c->schema->object_count; i++)
		if (c->schema->objects[i].runtime)
			need_structure(needed, c->schema->objects[i].structure);
}

static enum stw_kind kind_of(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return STW_KIND_BOOLEAN;
	case TYPE_UNSIGNED: return STW_KIND_UNSIGNED;
	case TYPE_INTEGER: return STW_KIND_INTEGER;
	case TYPE_FLOAT: return STW_KIND_FLOAT;
	case TYPE_SIZE: return STW_KIND_SIZE;
	case TYPE_DURATION: return STW_KIND_DURATION;
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_BLOB_ID: return STW_KIND_STRING;
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT: return STW_KIND_SECRET;
	case TYPE_IP_ADDRESS: return STW_KIND_ADDRESS;
	case TYPE_IP_NETWORK: return STW_KIND_NETWORK;
	case TYPE_SOCKET_ADDRESS: return STW_KIND_SOCKET;
	case TYPE_DATE_TIME: return STW_KIND_DATE;
	case TYPE_REFERENCE: return STW_KIND_REFERENCE;
	case TYPE_ENUM: return STW_KIND_ENUM;
	case TYPE_OBJECT: return STW_KIND_OBJECT;
	case TYPE_LIST: return STW_KIND_LIST;
	case TYPE_SET: return STW_KIND_SET;
	case TYPE_MAP: return STW_KIND_MAP;
	}
	return STW_KIND_STRING;
}

static void put_type(struct buf *out, const struct schema_type *type)
{
	enum stw_kind kind = kind_of(type);

	buf_put_u8(out, (uint8_t)kind);
	buf_put_u8(out, type->nullable ? STW_TYPE_NULLABLE : 0);
	if (kind == STW_KIND_REFERENCE || kind == STW_KIND_OBJECT)
		buf_put_u16(out, type->structure->number);
	else if (kind == STW_KIND_ENUM)
		stw_put_str(out, str_c(type->members->name));
	if (kind == STW_KIND_MAP)
		put_type(out, type->key);
	if (kind == STW_KIND_LIST || kind == STW_KIND_SET || kind == STW_KIND_MAP)
		put_type(out, type->element);
}

static void put_fields(struct buf *out, const struct schema_structure *structure)
{
	for (uint16_t i = 0; i < structure->field_count; i++) {
		buf_put_u16(out, structure->fields[i].number);
		stw_put_str(out, str_c(structure->fields[i].name));
		put_type(out, structure->fields[i].type);
	}
}

static void put_variants(struct buf *out, const struct schema_structure *structure)
{
	for (uint16_t i = 0; i < structure->variant_count; i++) {
		const struct schema_variant *variant = &structure->variants[i];

		buf_put_u16(out, variant->number);
		stw_put_str(out, str_c(variant->name));
		buf_put_u16(out, variant->body ? variant->body->number : 0);
	}
}

static void add_structure(struct plan *plan, const struct schema_structure *structure)
{
	bool single = structure->kind == STRUCTURE_SINGLE;
	uint8_t key[3] = {STW_SCHEMA_STRUCTURE};
	size_t at = plan->bytes.n;

	stw_put_str(&plan->bytes, str_c(structure->name));
	buf_put_u8(&plan->bytes, single ? STW_SHAPE_SINGLE : STW_SHAPE_UNION);
	buf_put_u16(&plan->bytes, single ? structure->field_count : structure->variant_count);
	if (single)
		put_fields(&plan->bytes, structure);
	else
		put_variants(&plan->bytes, structure);
	stw_put_be16(key + 1, structure->number);
	plan_add(plan, STW_SCHEMA, at, key, sizeof(key));
}

static void add_enum(struct plan *plan, const struct schema_enum *members)
{
	struct buf key = BUF_INIT;
	size_t at = plan->bytes.n;

	buf_put_u8(&key, STW_SCHEMA_ENUM);
	buf_puts(&key, str_c(members->name));
	buf_put_u16(&plan->bytes, members->count);
	for (uint16_t i = 0; i < members->count; i++) {
		buf_put_u16(&plan->bytes, members->members[i].number);
		stw_put_str(&plan->bytes, str_c(members->members[i].name));
	}
	plan->bytes.failed = plan->bytes.failed || key.failed;
	if (!key.failed)
		plan_add(plan, STW_SCHEMA, at, key.p, key.n);
	buf_free(&key);
}

/* The programs of defaults that are expressions; those that are wholly empty have none. */
static bool add_default_programs(struct plan *plan, struct compilation *c,
				 const struct schema_structure *structure,
				 const struct value_object *defaults)
{
	for (size_t i = 0; i < defaults->count; i++) {
		const struct value_field *field = &defaults->fields[i];
		struct str program;

		if (!field->field->variables || field->value->kind != VALUE_OBJECT)
			continue;
		program = expression_program(c, &field->value->object);
		if (!program.p)
			continue;
		if (!state_grow((void **)&plan->defaults, &plan->default_cap, plan->default_count,
				sizeof(*plan->defaults)))
			return plan_refuse(plan, ENOMEM, "lay out the content of");
		plan->defaults[plan->default_count++] =
			(struct plan_default){structure->number, field->field->number, program};
	}
	return !c->arena.failed || plan_refuse(plan, ENOMEM, "lay out the content of");
}

static bool add_defaults(struct plan *plan, struct compilation *c,
			 const struct schema_structure *structure)
{
	struct record_sink sink = {.out = &plan->bytes, .secrets = &plan->secrets};
	struct value_object defaults;
	size_t at = plan->bytes.n;
	uint8_t key[2];

	if (!defaults_bind(c, structure, &defaults))
		return plan_refuse(plan, c->arena.failed ? ENOMEM : EINVAL,
				   "put the defaults of the reference into");
	if (defaults.count == 0)
		return true;
	record_put(&sink, &defaults);
	stw_put_be16(key, structure->number);
	plan_add(plan, STW_DEFAULTS, at, key, sizeof(key));
	return add_default_programs(plan, c, structure, &defaults);
}

static bool add_needed(struct plan *plan, struct compilation *c, const struct needed *needed)
{
	for (uint16_t i = 0; i < c->schema->structure_count; i++) {
		const struct schema_structure *structure = &c->schema->structures[i];

		if (!needed->structures[structure->number])
			continue;
		add_structure(plan, structure);
		if (structure->kind == STRUCTURE_SINGLE && !add_defaults(plan, c, structure))
			return false;
	}
	for (uint16_t i = 0; i < c->schema->enum_count; i++)
		if (needed->enums[i])
			add_enum(plan, &c->schema->enums[i]);
	return true;
}

bool plan_schema(struct plan *plan, struct compilation *c)
{
	struct needed *needed = calloc(1, sizeof(*needed));
	bool ok;

	if (!needed)
		return plan_refuse(plan, ENOMEM, "lay out the content of");
	need_all(needed, c);
	ok = add_needed(plan, c, needed);
	free(needed);
	return ok;
}
