/* The canonical text of a schema: one line per row with all that has a meaning and nothing that
 * has not, so that a better sentence of documentation does not make another schema. */
#include "schemas/schemac/schemac.h"

#include "base/num.h"

static void put_text(struct buf *out, const char *word, const char *text)
{
	if (text)
		buf_printf(out, " %s=%s", word, text);
}

static void put_bound(struct buf *out, const char *word, bool has, double bound)
{
	char text[32];

	if (!has)
		return;
	num_format_double(bound, text);
	put_text(out, word, text);
}

static void put_field(struct buf *out, const struct schema_field *f)
{
	const struct schema_type *t = f->type;

	buf_printf(out, "\t%u %s: ", f->number, f->name);
	schema_type_print(out, t);
	put_bound(out, "min", t->has_min, t->min);
	put_bound(out, "max", t->has_max, t->max);
	buf_printf(out, " items=%u length=%u update=%u reload=%u validate=%u", t->min_items,
		   t->max_length, f->update, f->reload, f->validator);
	buf_printf(out, " flags=%d%d%d%d%d", f->required, f->enterprise, f->runtime, f->deprecated,
		   f->own);
	put_text(out, "default", f->default_json);
	put_text(out, "since", f->since);
	put_text(out, "until", f->until);
	put_text(out, "replaced_by", f->replaced_by);
	put_text(out, "variables", f->variables);
	put_text(out, "constants", f->constants);
	buf_putc(out, '\n');
}

static void put_variant(struct buf *out, const struct schema_variant *v)
{
	buf_printf(out, "\t@%u %s flags=%d%d", v->number, v->name, v->deprecated, v->runtime);
	put_text(out, "body", v->body ? v->body->name : NULL);
	put_text(out, "since", v->since);
	put_text(out, "until", v->until);
	buf_putc(out, '\n');
}

static void put_object(struct buf *out, const struct schema_object *o)
{
	buf_printf(out, "object %s of %s kind=%u reload=%u flags=%d%d%d%d", o->name,
		   o->structure->name, o->kind, o->reload, o->enterprise, o->packed, o->data,
		   o->runtime);
	put_text(out, "label", o->label);
	put_text(out, "variant", o->variant);
	for (size_t i = 0; i < o->key_count; i++) {
		buf_printf(out, " key%d", o->keys[i].identity);
		put_text(out, "scope", o->keys[i].scope);
		for (const char *const *f = o->keys[i].fields; *f; f++)
			buf_printf(out, ",%s", *f);
	}
	for (const char *const *n = o->safe_defaults; n && *n; n++)
		put_text(out, "safe", *n);
	buf_putc(out, '\n');
}

static void put_groups(struct buf *out, const char *word, const struct schema_group *groups,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%s %s", word, groups[i].name);
		for (size_t m = 0; m < groups[i].count; m++)
			buf_printf(out, " %s", groups[i].members[m]);
		buf_putc(out, '\n');
	}
}

void canonical_text(struct buf *out, const struct schema *schema)
{
	buf_printf(out, "reference %s\n", schema->version);
	for (size_t i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];

		buf_printf(out, "type %u %s kind=%u", s->number, s->name, s->kind);
		put_text(out, "since", s->since);
		put_text(out, "until", s->until);
		buf_putc(out, '\n');
		for (size_t f = 0; f < s->field_count; f++)
			put_field(out, &s->fields[f]);
		for (size_t v = 0; v < s->variant_count; v++)
			put_variant(out, &s->variants[v]);
	}
	for (size_t i = 0; i < schema->object_count; i++)
		put_object(out, &schema->objects[i]);
	for (size_t i = 0; i < schema->enum_count; i++) {
		buf_printf(out, "enum %s", schema->enums[i].name);
		for (size_t m = 0; m < schema->enums[i].count; m++)
			buf_printf(out, " %u=%s", schema->enums[i].members[m].number,
				   schema->enums[i].members[m].name);
		buf_putc(out, '\n');
	}
	put_groups(out, "variables", schema->variables, schema->variable_group_count);
	put_groups(out, "constants", schema->constants, schema->constant_group_count);
}
