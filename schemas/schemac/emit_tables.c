/* tables.c: the schema as constant C, linked by addresses, so that nothing is left to run time. */
#include "schemas/schemac/schemac.h"

#include "base/num.h"

/* Types are shared: each distinct one is written once. */
struct types {
	struct arena arena;
	struct map seen; /* text of the type -> its number + 1, as a pointer */
	struct buf rows;
	size_t count;
};

void emit_identifier(struct buf *out, const char *name)
{
	for (; *name; name++) {
		bool plain = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
			     (*name >= 'a' && *name <= 'z');

		if (plain)
			buf_putc(out, *name);
		else
			buf_puts(out, *name == '+' ? STR("_plus_") : STR("_"));
	}
}

static void put_c_string(struct buf *out, const char *text)
{
	if (!text) {
		buf_puts(out, STR("0"));
		return;
	}
	buf_putc(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e || c == '?')
			buf_printf(out, "\\%03o", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void put_member(struct buf *out, const char *member, const char *text)
{
	if (!text)
		return;
	buf_printf(out, ", .%s = ", member);
	put_c_string(out, text);
}

static void put_flag(struct buf *out, const char *member, bool flag)
{
	if (flag)
		buf_printf(out, ", .%s = true", member);
}

static void put_count(struct buf *out, const char *member, unsigned count)
{
	if (count)
		buf_printf(out, ", .%s = %u", member, count);
}

static void put_mask(struct buf *out, const char *member, uint64_t mask)
{
	if (mask)
		buf_printf(out, ", .%s = UINT64_C(%llu)", member, (unsigned long long)mask);
}

static void put_bound(struct buf *out, const char *member, bool has, double bound)
{
	char text[32];

	if (!has)
		return;
	num_format_double(bound, text);
	buf_printf(out, ", .has_%s = true, .%s = %s", member, member, text);
}

static size_t type_number(struct types *types, const struct schema *schema,
			  const struct schema_type *type);

/* The initialiser of a type; also what tells types apart. */
static void put_type(struct buf *out, struct types *types, const struct schema *schema,
		     const struct schema_type *t)
{
	buf_printf(out, "{.kind = %u", t->kind);
	put_flag(out, "nullable", t->nullable);
	put_bound(out, "min", t->has_min, t->min);
	put_bound(out, "max", t->has_max, t->max);
	put_count(out, "min_items", t->min_items);
	put_count(out, "max_length", t->max_length);
	if (t->key)
		buf_printf(out, ", .key = &types[%zu]", type_number(types, schema, t->key));
	if (t->element)
		buf_printf(out, ", .element = &types[%zu]", type_number(types, schema, t->element));
	if (t->structure)
		buf_printf(out, ", .structure = &structures[%zu]",
			   (size_t)(t->structure - schema->structures));
	if (t->target)
		buf_printf(out, ", .target = &objects[%zu]", (size_t)(t->target - schema->objects));
	if (t->members)
		buf_printf(out, ", .members = &enums[%zu]", (size_t)(t->members - schema->enums));
	buf_puts(out, STR("},\n"));
}

static size_t type_number(struct types *types, const struct schema *schema,
			  const struct schema_type *type)
{
	struct buf text = BUF_INIT;
	const size_t *known;
	size_t *number;

	put_type(&text, types, schema, type);
	known = map_get(&types->seen, buf_str(&text));
	if (known) {
		buf_free(&text);
		return *known;
	}
	number = ARENA_NEW(&types->arena, size_t);
	if (number)
		*number = types->count++;
	if (!number || !map_put(&types->seen, arena_str(&types->arena, buf_str(&text)), number))
		types->rows.failed = true;
	buf_puts(&types->rows, buf_str(&text));
	buf_free(&text);
	return number ? *number : 0;
}

static void put_field(struct buf *out, struct types *types, const struct schema *schema,
		      const struct schema_field *f)
{
	buf_printf(out, "\t{.name = \"%s\", .number = %u", f->name, f->number);
	put_count(out, "update", f->update);
	put_count(out, "reload", f->reload);
	put_count(out, "validator", f->validator);
	put_flag(out, "required", f->required);
	put_flag(out, "enterprise", f->enterprise);
	put_flag(out, "runtime", f->runtime);
	put_flag(out, "deprecated", f->deprecated);
	put_flag(out, "own", f->own);
	put_count(out, "holds", f->holds);
	put_mask(out, "checks", f->checks);
	buf_printf(out, ", .type = &types[%zu]", type_number(types, schema, f->type));
	put_member(out, "default_json", f->default_json);
	put_member(out, "since", f->since);
	put_member(out, "until", f->until);
	put_member(out, "replaced_by", f->replaced_by);
	put_member(out, "variables", f->variables);
	put_member(out, "constants", f->constants);
	put_member(out, "doc", f->doc);
	buf_puts(out, STR("},\n"));
}

static void put_variant(struct buf *out, const struct schema *schema,
			const struct schema_variant *v)
{
	buf_printf(out, "\t{.name = \"%s\", .number = %u", v->name, v->number);
	put_flag(out, "deprecated", v->deprecated);
	put_flag(out, "runtime", v->runtime);
	if (v->body)
		buf_printf(out, ", .body = &structures[%zu]",
			   (size_t)(v->body - schema->structures));
	put_member(out, "since", v->since);
	put_member(out, "until", v->until);
	put_member(out, "replaced_by", v->replaced_by);
	put_member(out, "doc", v->doc);
	buf_puts(out, STR("},\n"));
}

/* The arrays that the row of a structure points at. */
static void put_parts(struct buf *out, struct types *types, const struct schema *schema, size_t i)
{
	const struct schema_structure *s = &schema->structures[i];

	if (s->field_count) {
		buf_printf(out, "\nstatic const struct schema_field fields_%zu[] = { /* %s */\n", i,
			   s->name);
		for (size_t f = 0; f < s->field_count; f++)
			put_field(out, types, schema, &s->fields[f]);
		buf_puts(out, STR("};\n"));
	}
	if (s->variant_count) {
		buf_printf(out,
			   "\nstatic const struct schema_variant variants_%zu[] = { /* %s */\n", i,
			   s->name);
		for (size_t v = 0; v < s->variant_count; v++)
			put_variant(out, schema, &s->variants[v]);
		buf_puts(out, STR("};\n"));
	}
}

static void put_structure(struct buf *out, const struct schema *schema, size_t i)
{
	const struct schema_structure *s = &schema->structures[i];

	buf_printf(out, "\t{.name = \"%s\", .number = %u, .kind = %u", s->name, s->number, s->kind);
	if (s->field_count)
		buf_printf(out, ", .fields = fields_%zu, .field_count = %u", i, s->field_count);
	if (s->variant_count)
		buf_printf(out, ", .variants = variants_%zu, .variant_count = %u", i,
			   s->variant_count);
	if (s->object)
		buf_printf(out, ", .object = &objects[%zu]", (size_t)(s->object - schema->objects));
	put_mask(out, "checks", s->checks);
	put_count(out, "holds", s->holds);
	put_member(out, "since", s->since);
	put_member(out, "until", s->until);
	put_member(out, "doc", s->doc);
	buf_puts(out, STR("},\n"));
}

static void put_strings(struct buf *out, const char *const *strings, size_t count)
{
	buf_puts(out, STR("(const char *const[]){"));
	for (size_t i = 0; i < count; i++) {
		put_c_string(out, strings[i]);
		buf_puts(out, STR(", "));
	}
	buf_puts(out, STR("0}"));
}

static size_t count_of(const char *const *strings)
{
	size_t n = 0;

	while (strings[n])
		n++;
	return n;
}

static void put_keys(struct buf *out, const struct schema_object *o, size_t i)
{
	if (!o->key_count)
		return;
	buf_printf(out, "\nstatic const struct schema_key keys_%zu[] = { /* %s */\n", i, o->name);
	for (size_t k = 0; k < o->key_count; k++) {
		buf_puts(out, STR("\t{.fields = "));
		put_strings(out, o->keys[k].fields, count_of(o->keys[k].fields));
		put_member(out, "scope", o->keys[k].scope);
		put_flag(out, "identity", o->keys[k].identity);
		buf_puts(out, STR("},\n"));
	}
	buf_puts(out, STR("};\n"));
}

static void put_object(struct buf *out, const struct schema *schema, size_t i)
{
	const struct schema_object *o = &schema->objects[i];

	buf_printf(out, "\t{.name = \"%s\", .wire_name = \"%s\", .kind = %u", o->name, o->wire_name,
		   o->kind);
	put_flag(out, "enterprise", o->enterprise);
	put_flag(out, "packed", o->packed);
	put_flag(out, "data", o->data);
	put_flag(out, "runtime", o->runtime);
	put_count(out, "reload", o->reload);
	put_member(out, "permission_prefix", o->permission_prefix);
	put_member(out, "label", o->label);
	buf_printf(out, ", .structure = &structures[%zu]",
		   (size_t)(o->structure - schema->structures));
	if (o->key_count)
		buf_printf(out, ", .keys = keys_%zu, .key_count = %u", i, o->key_count);
	put_member(out, "variant", o->variant);
	if (o->safe_defaults) {
		buf_puts(out, STR(", .safe_defaults = "));
		put_strings(out, o->safe_defaults, count_of(o->safe_defaults));
	}
	buf_puts(out, STR("},\n"));
}

static void put_enum_parts(struct buf *out, const struct schema_enum *e, size_t i)
{
	buf_printf(out, "\nstatic const struct schema_enum_member members_%zu[] = { /* %s */\n", i,
		   e->name);
	for (size_t m = 0; m < e->count; m++) {
		buf_puts(out, STR("\t{.name = "));
		put_c_string(out, e->members[m].name);
		buf_printf(out, ", .number = %u", e->members[m].number);
		put_member(out, "since", e->members[m].since);
		put_member(out, "until", e->members[m].until);
		put_member(out, "doc", e->members[m].doc);
		buf_puts(out, STR("},\n"));
	}
	buf_printf(out, "};\nstatic const uint16_t order_%zu[] = {", i);
	for (size_t m = 0; m < e->count; m++)
		buf_printf(out, "%s%u,", m % 16 ? " " : "\n\t", e->by_name[m]);
	buf_puts(out, STR("\n};\n"));
}

static void put_groups(struct buf *out, const char *name, const struct schema_group *groups,
		       size_t count)
{
	buf_printf(out, "\nstatic const struct schema_group %s[] = {\n", name);
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "\t{.name = \"%s\", .count = %u, .members = ", groups[i].name,
			   groups[i].count);
		put_strings(out, groups[i].members, groups[i].count);
		buf_puts(out, STR("},\n"));
	}
	buf_puts(out, STR("};\n"));
}

static void put_array(struct buf *out, const struct schema *schema, const char *type,
		      const char *name, size_t count,
		      void (*put)(struct buf *, const struct schema *, size_t))
{
	buf_printf(out, "\nstatic const struct %s %s[] = {\n", type, name);
	for (size_t i = 0; i < count; i++)
		put(out, schema, i);
	buf_puts(out, STR("};\n"));
}

static void put_enum(struct buf *out, const struct schema *schema, size_t i)
{
	buf_printf(
		out,
		"\t{.name = \"%s\", .members = members_%zu, .by_name = order_%zu, .count = %u},\n",
		schema->enums[i].name, i, i, schema->enums[i].count);
}

static void put_schema(struct buf *out, const struct schema *s)
{
	buf_printf(out, "\nconst struct schema schema_builtin = {\n\t.version = \"%s\",\n",
		   s->version);
	buf_printf(out, "\t.digest = \"%s\",\n", s->digest);
	buf_printf(out, "\t.structures = structures, .structure_count = %u,\n", s->structure_count);
	buf_printf(out, "\t.objects = objects, .object_count = %u,\n", s->object_count);
	buf_printf(out, "\t.enums = enums, .enum_count = %u,\n", s->enum_count);
	buf_printf(out, "\t.variables = variables, .variable_group_count = %u,\n",
		   s->variable_group_count);
	buf_printf(out, "\t.constants = constants, .constant_group_count = %u,\n};\n",
		   s->constant_group_count);
}

/* Structures, objects, enums and types point at each other, so their names come first. */
static void put_forward(struct buf *out, const struct schema *schema, size_t types)
{
	buf_puts(out, STR("/* Made by schemac from schemas/ (.stws); not to be edited. */\n"
			  "#include \"schemas/schema.h\"\n\n"));
	buf_printf(out, "static const struct schema_type types[%zu];\n", types);
	buf_printf(out, "static const struct schema_structure structures[%u];\n",
		   schema->structure_count);
	buf_printf(out, "static const struct schema_object objects[%u];\n", schema->object_count);
	buf_printf(out, "static const struct schema_enum enums[%u];\n", schema->enum_count);
}

void emit_tables(struct buf *out, const struct schema *schema)
{
	static const struct hash_key key = {0, 0}; /* our own rows: nobody chooses collisions */
	struct types types = {.rows = BUF_INIT};
	struct buf parts = BUF_INIT;

	arena_init(&types.arena, 65536);
	map_init(&types.seen, &key, &types.arena);
	for (size_t i = 0; i < schema->structure_count; i++)
		put_parts(&parts, &types, schema, i);
	for (size_t i = 0; i < schema->object_count; i++)
		put_keys(&parts, &schema->objects[i], i);
	for (size_t i = 0; i < schema->enum_count; i++)
		put_enum_parts(&parts, &schema->enums[i], i);
	put_forward(out, schema, types.count);
	buf_puts(out, buf_str(&parts));
	buf_printf(out, "\nstatic const struct schema_type types[%zu] = {\n", types.count);
	buf_puts(out, buf_str(&types.rows));
	buf_puts(out, STR("};\n"));
	put_array(out, schema, "schema_structure", "structures", schema->structure_count,
		  put_structure);
	put_array(out, schema, "schema_object", "objects", schema->object_count, put_object);
	put_array(out, schema, "schema_enum", "enums", schema->enum_count, put_enum);
	put_groups(out, "variables", schema->variables, schema->variable_group_count);
	put_groups(out, "constants", schema->constants, schema->constant_group_count);
	put_schema(out, schema);
	out->failed = out->failed || parts.failed || types.rows.failed;
	buf_free(&parts);
	buf_free(&types.rows);
	arena_free(&types.arena);
}
