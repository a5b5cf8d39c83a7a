/* Defaults: the reference's JSON, bound on first use and kept for the compilation. */
#include "stwc/defaults.h"

#include "stwc/bind.h"

/* The reference's text is its own source without a number, so its values have no place. */
struct node *defaults_node(struct compilation *c, const struct schema_field *field)
{
	struct source source = {.text = str_c(field->default_json)};
	struct node *node;

	if (!field->default_json)
		return NULL;
	node = reader_whole(FORMAT_JSON, &source, &c->diags, &c->hash_key, &c->arena);
	if (!node)
		c->arena.failed = true; /* a default that is not there looks like none */
	return node;
}

struct node *defaults_within(struct compilation *c, const struct schema_field *holder,
			     const struct schema_field *field)
{
	struct node *whole = holder ? defaults_node(c, holder) : NULL;
	struct node *part =
		whole && whole->kind == NODE_MAP ? node_map_get(whole, str_c(field->name)) : NULL;

	return part ? part : defaults_node(c, field);
}

static struct value *bind_default(struct compilation *c, const struct schema_structure *structure,
				  const struct schema_field *field)
{
	struct binder b = {.c = c,
			   .type = structure->name,
			   .kind = DRAFT_PATCH,
			   .shapes = SHAPES_SERVER,
			   .merges = true};
	struct path path = {.up = NULL, .field = field->name};
	struct node *node = defaults_node(c, field);

	return node ? bind_value(&b, field->type, field, node, &path) : NULL;
}

static bool bind_all(struct compilation *c, const struct schema_structure *structure,
		     struct value_object *out)
{
	size_t i, j;

	*out = (struct value_object){.structure = structure};
	out->fields =
		ARENA_ARRAY(&c->arena, struct value_field, (size_t)structure->field_count + 1);
	if (!out->fields)
		return false;
	for (i = 0; i < structure->field_count; i++) {
		const struct schema_field *field = &structure->fields[i];
		struct value_field bound = {field, SPAN_NONE, NULL};

		/* what must be given has no default, even where the reference names one: Rate */
		if (!field->default_json || field->required)
			continue;
		bound.value = bind_default(c, structure, field);
		if (!bound.value)
			return false;
		for (j = out->count++; j > 0 && out->fields[j - 1].field->number > field->number;
		     j--)
			out->fields[j] = out->fields[j - 1];
		out->fields[j] = bound;
	}
	return true;
}

bool defaults_bind(struct compilation *c, const struct schema_structure *structure,
		   struct value_object *out)
{
	struct str name = str_c(structure->name);
	struct value_object *kept = map_get(&c->state->defaults_memo, name);

	if (!kept) {
		kept = ARENA_NEW(&c->arena, struct value_object);
		if (!kept || !bind_all(c, structure, kept) ||
		    !map_put(&c->state->defaults_memo, name, kept))
			return false;
	}
	*out = *kept;
	return true;
}

/* Types that have a value without an entry: false, the first member, the first variant. */
static struct value *implicit_default(struct compilation *c, const struct schema_type *type)
{
	struct value *value;

	if (type->nullable) {
		value = ARENA_NEW(&c->arena, struct value);
		if (value)
			*value = (struct value){.kind = VALUE_NULL, .type = type};
		return value;
	}
	if (type->kind != TYPE_BOOLEAN && type->kind != TYPE_ENUM && type->kind != TYPE_OBJECT &&
	    type->kind != TYPE_SET && type->kind != TYPE_LIST && type->kind != TYPE_MAP)
		return NULL;
	value = ARENA_NEW(&c->arena, struct value);
	if (!value)
		return NULL;
	value->type = type;
	if (type->kind == TYPE_BOOLEAN) {
		value->kind = VALUE_BOOL;
	} else if (type->kind == TYPE_ENUM) {
		value->kind = VALUE_ENUM;
		value->member = &type->members->members[0];
	} else if (type->kind == TYPE_OBJECT) {
		value->kind = VALUE_OBJECT;
		value->object.structure = type->structure;
		if (type->structure->kind == STRUCTURE_UNION)
			value->object.variant = &type->structure->variants[0];
	} else {
		value->kind = type->kind == TYPE_MAP ? VALUE_MAP : VALUE_SEQUENCE;
	}
	return value;
}

struct value *defaults_field(struct compilation *c, const struct schema_structure *structure,
			     const struct schema_field *field)
{
	struct value_object all;

	if (field->required)
		return NULL;
	if (!field->default_json)
		return implicit_default(c, field->type);
	return defaults_bind(c, structure, &all) ? value_field_get(&all, field->name) : NULL;
}
