#include "contrib/import-schema/rows.h"

#include "base/num.h"
#include "core/diag.h"
#include "core/node.h"
#include "grammar/reader.h"
#include "grammar/scalar.h"

/* A key of TOML: bare where it may be. */
static void put_key(struct buf *out, const char *key)
{
	bool bare = *key != '\0';

	for (const char *p = key; *p; p++)
		bare = bare && (*p == '_' || *p == '-' || (*p >= '0' && *p <= '9') ||
				(*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'));
	if (bare)
		buf_puts(out, str_c(key));
	else
		buf_put_json(out, str_c(key));
}

static void put_text(struct buf *out, const char *attribute, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "%s = ", attribute);
	/* Strings of JSON are strings of TOML, but for the slash, which JSON need not escape. */
	buf_put_json(out, str_c(text));
	buf_putc(out, '\n');
}

static void put_flag(struct buf *out, const char *attribute, bool flag)
{
	if (flag)
		buf_printf(out, "%s = true\n", attribute);
}

static void put_count(struct buf *out, const char *attribute, unsigned count)
{
	if (count)
		buf_printf(out, "%s = %u\n", attribute, count);
}

static void put_number(struct buf *out, double number, const struct schema_type *type)
{
	const uint64_t day = 86400000;
	char text[64];

	if (type->kind == TYPE_DURATION && number >= 1 && (uint64_t)number % day == 0) {
		buf_printf(out, "\"%llud\"", (unsigned long long)((uint64_t)number / day));
	} else if (type->kind == TYPE_DURATION && number >= 1) {
		scalar_format_duration((uint64_t)number, text);
		buf_printf(out, "\"%s\"", text);
	} else if (type->kind == TYPE_SIZE && number >= 1024 && (uint64_t)number % 1024 == 0) {
		char size[32];

		scalar_format_size((uint64_t)number, size);
		buf_printf(out, "\"%s\"", size);
	} else if (type->kind == TYPE_FLOAT) {
		num_format_double(number, text);
		buf_printf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
	} else {
		buf_printf(out, "%.0f", number);
	}
}

static void put_value(struct buf *out, const struct node *node, const struct schema_type *type);

/* Sets and lists become arrays. */
static void put_members(struct buf *out, const struct node *node, const struct schema_type *type)
{
	const char *comma = "";

	buf_putc(out, '[');
	for (const struct node_entry *e = node->map.first; e; e = e->next, comma = ", ") {
		buf_puts(out, str_c(comma));
		if (type->kind == TYPE_SET)
			buf_put_json(out, e->key);
		else
			put_value(out, e->value, type->element);
	}
	buf_putc(out, ']');
}

static const struct schema_type *type_in(const struct schema_type *type, const struct node *node,
					 struct str key)
{
	const struct schema_structure *s = type->structure;
	const struct node *at = node_map_get(node, STR("@type"));
	const struct schema_field *field;

	if (type->kind == TYPE_MAP)
		return type->element;
	if (at && at->kind == NODE_STRING) {
		const struct schema_variant *variant = schema_variant_find(s, at->string);

		s = variant && variant->body ? variant->body : s;
	}
	field = schema_field_find(s, key);
	return field ? field->type : NULL;
}

static void put_table(struct buf *out, const struct node *node, const struct schema_type *type)
{
	const char *comma = " ";

	buf_putc(out, '{');
	for (const struct node_entry *e = node->map.first; e; e = e->next, comma = ", ") {
		const struct schema_type *inner = type_in(type, node, e->key);

		buf_puts(out, str_c(comma));
		buf_put_json(out, e->key);
		buf_puts(out, STR(" = "));
		if (inner)
			put_value(out, e->value, inner);
		else
			buf_put_json(out, e->value->string);
	}
	buf_puts(out, STR(" }"));
}

/* An expression without conditions: rows write it as a string. */
static const struct node *plain_expression(const struct node *node, const struct schema_type *type)
{
	bool only = type->kind == TYPE_OBJECT && strcmp(type->structure->name, "Expression") == 0 &&
		    node->map.count == 1;

	return only ? node_map_get(node, STR("else")) : NULL;
}

static void put_value(struct buf *out, const struct node *node, const struct schema_type *type)
{
	const struct node *expression = plain_expression(node, type);
	int64_t whole = 0;

	if (expression)
		node = expression;
	if (type->kind == TYPE_SET || type->kind == TYPE_LIST)
		put_members(out, node, type);
	else if (node->kind == NODE_MAP)
		put_table(out, node, type);
	else if (node->kind == NODE_BOOL)
		buf_puts(out, node->boolean ? STR("true") : STR("false"));
	else if (node->kind == NODE_FLOAT)
		put_number(out, node->number, type);
	else if (node->kind == NODE_INT && node_as_i64(node, &whole))
		put_number(out, (double)whole, type);
	else
		buf_put_json(out, node->string);
}

/* The canonical JSON of a default, read again and written as TOML. */
static bool put_default(struct buf *out, const struct schema_field *field)
{
	static const struct hash_key key = {0, 0};
	struct arena arena;
	struct sources sources;
	struct diags diags;
	struct node *node = NULL;
	uint32_t number;

	arena_init(&arena, 16384);
	sources_init(&sources, &arena);
	diags_init(&diags, &arena);
	number = sources_add(&sources, STR("default"), str_c(field->default_json));
	if (number)
		node = reader_whole(FORMAT_JSON, sources_get(&sources, number), &diags, &key,
				    &arena);
	if (node && diags_ok(&diags)) {
		buf_puts(out, STR("default = "));
		put_value(out, node, field->type);
		buf_putc(out, '\n');
	}
	arena_free(&arena);
	return node != NULL;
}

static void put_bound(struct buf *out, const char *attribute, bool has, double bound,
		      const struct schema_type *type)
{
	if (!has)
		return;
	buf_printf(out, "%s = ", attribute);
	put_number(out, bound, type);
	buf_putc(out, '\n');
}

static bool put_field(struct buf *out, const struct schema_structure *s,
		      const struct schema_field *f)
{
	const struct schema_type *t = f->type;

	buf_puts(out, STR("["));
	put_key(out, s->name);
	buf_putc(out, '.');
	put_key(out, f->name);
	buf_puts(out, STR("]\ntype = \""));
	schema_type_print(out, t);
	buf_puts(out, STR("\"\n"));
	put_bound(out, "min", t->has_min, t->min, t);
	put_bound(out, "max", t->has_max, t->max, t);
	put_count(out, "min_items", t->min_items);
	put_count(out, "max_length", t->max_length);
	if (f->default_json && !put_default(out, f))
		return false;
	if (f->update != UPDATE_MUTABLE)
		put_text(out, "update", f->update == UPDATE_IMMUTABLE ? "immutable" : "serverSet");
	put_flag(out, "enterprise", f->enterprise);
	buf_putc(out, '\n');
	return true;
}

static void put_variants(struct buf *out, const struct schema_structure *s)
{
	buf_putc(out, '[');
	put_key(out, s->name);
	buf_puts(out, STR(".variants]\n"));
	for (size_t i = 0; i < s->variant_count; i++) {
		put_key(out, s->variants[i].name);
		if (s->variants[i].body)
			buf_printf(out, " = { body = \"%s\" }\n", s->variants[i].body->name);
		else
			buf_puts(out, STR(" = {}\n"));
	}
	buf_putc(out, '\n');
}

static void put_head(struct buf *out, const struct schema_structure *s)
{
	buf_putc(out, '[');
	put_key(out, s->name);
	buf_puts(out, STR("]\n"));
	if (s->object) {
		put_text(out, "object",
			 s->object->kind == OBJECT_SINGLETON ? "singleton" : "collection");
		put_text(out, "label", s->object->label);
		put_flag(out, "enterprise", s->object->enterprise);
	}
	buf_putc(out, '\n');
}

static bool put_structure(struct buf *out, const struct schema_structure *s,
			  const struct schema_structure *ours)
{
	if (!ours)
		put_head(out, s);
	if (!ours && s->kind == STRUCTURE_UNION)
		put_variants(out, s);
	for (size_t i = 0; i < s->field_count; i++)
		if (!ours || !schema_field_find(ours, str_c(s->fields[i].name)))
			if (!put_field(out, s, &s->fields[i]))
				return false;
	return true;
}

static void put_view(struct buf *out, const struct schema_object *view)
{
	buf_putc(out, '[');
	put_key(out, view->name);
	buf_puts(out, STR("]\n"));
	put_text(out, "view", view->structure->name);
	put_text(out, "variant", view->variant);
	put_text(out, "label", view->label);
	buf_putc(out, '\n');
}

static void put_enum(struct buf *out, const struct schema_enum *e)
{
	buf_puts(out, STR("[enum."));
	put_key(out, e->name);
	buf_puts(out, STR("]\nmembers = ["));
	for (size_t i = 0; i < e->count; i++) {
		buf_puts(out, i ? STR(", ") : STR(""));
		buf_put_json(out, str_c(e->members[i].name));
	}
	buf_puts(out, STR("]\n\n"));
}

bool rows_print(struct buf *out, const struct schema *theirs, const struct schema *ours)
{
	for (size_t i = 0; i < theirs->structure_count; i++) {
		const struct schema_structure *s = &theirs->structures[i];

		if (!put_structure(out, s,
				   ours ? schema_structure_find(ours, str_c(s->name)) : NULL))
			return false;
	}
	for (size_t i = 0; i < theirs->object_count; i++)
		if (theirs->objects[i].kind == OBJECT_VIEW &&
		    !(ours && schema_object_find(ours, str_c(theirs->objects[i].name))))
			put_view(out, &theirs->objects[i]);
	for (size_t i = 0; i < theirs->enum_count; i++)
		if (!(ours && schema_enum_find(ours, str_c(theirs->enums[i].name))))
			put_enum(out, &theirs->enums[i]);
	return !out->failed;
}
