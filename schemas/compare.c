/* Two schemas side by side, by name: what a new release of the server changed, or what a hand
 * changed in our rows. Numbers, sentences and whatever a schema.json cannot say are left out. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/num.h"
#include "schemas/foreign.h"

struct comparison {
	void (*each)(void *ctx, const struct schema_difference *difference);
	void *ctx;
	struct buf where, what;
	bool declared;
	bool failed;
};

static void at(struct comparison *c, const char *format, ...) PRINTF_LIKE(2, 3);
static void differ(struct comparison *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* The row that the next differences are about. */
static void at(struct comparison *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_clear(&c->where);
	buf_puts(&c->where, str_c(text));
	c->declared = false;
}

static void differ(struct comparison *c, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_clear(&c->what);
	buf_puts(&c->what, str_c(text));
	if (c->where.failed || c->what.failed)
		c->failed = true;
	else
		c->each(c->ctx, &(struct schema_difference){buf_str(&c->where), buf_str(&c->what),
							    c->declared});
}

static void compare_text(struct comparison *c, const char *word, const char *ours,
			 const char *theirs)
{
	if (!str_eq(str_c(ours), str_c(theirs)))
		differ(c, "%s is %s here and %s there", word, ours ? ours : "absent",
		       theirs ? theirs : "absent");
}

static void compare_flag(struct comparison *c, const char *word, bool ours, bool theirs)
{
	if (ours != theirs)
		differ(c, "%s only %s", word, ours ? "here" : "there");
}

static void compare_count(struct comparison *c, const char *word, unsigned ours, unsigned theirs)
{
	if (ours != theirs)
		differ(c, "%s is %u here and %u there", word, ours, theirs);
}

static void compare_bound(struct comparison *c, const char *word, bool has, double ours, bool have,
			  double theirs)
{
	char left[32], right[32];

	if (has)
		num_format_double(ours, left);
	if (have)
		num_format_double(theirs, right);
	compare_text(c, word, has ? left : NULL, have ? right : NULL);
}

static void compare_type(struct comparison *c, const struct schema_type *ours,
			 const struct schema_type *theirs)
{
	struct buf left = BUF_INIT, right = BUF_INIT;

	schema_type_print(&left, ours);
	schema_type_print(&right, theirs);
	buf_putc(&left, '\0');
	buf_putc(&right, '\0');
	if (left.failed || right.failed)
		c->failed = true;
	else
		compare_text(c, "type", left.p, right.p);
	buf_free(&left);
	buf_free(&right);
	compare_bound(c, "min", ours->has_min, ours->min, theirs->has_min, theirs->min);
	compare_bound(c, "max", ours->has_max, ours->max, theirs->has_max, theirs->max);
	compare_count(c, "min_items", ours->min_items, theirs->min_items);
	compare_count(c, "max_length", ours->max_length, theirs->max_length);
}

static void compare_field(struct comparison *c, const struct schema_field *ours,
			  const struct schema_field *theirs)
{
	static const char *const classes[] = {
		[UPDATE_MUTABLE] = "mutable",
		[UPDATE_IMMUTABLE] = "immutable",
		[UPDATE_SERVER_SET] = "serverSet",
	};

	c->declared = ours->own;
	compare_type(c, ours->type, theirs->type);
	compare_text(c, "default", ours->default_json, theirs->default_json);
	compare_text(c, "update", classes[ours->update], classes[theirs->update]);
	compare_flag(c, "enterprise", ours->enterprise, theirs->enterprise);
}

static void compare_fields(struct comparison *c, const struct schema_structure *ours,
			   const struct schema_structure *theirs)
{
	for (size_t i = 0; i < ours->field_count; i++) {
		const struct schema_field *field = &ours->fields[i];
		const struct schema_field *other = schema_field_find(theirs, str_c(field->name));

		at(c, "%s.%s", ours->name, field->name);
		if (other)
			compare_field(c, field, other);
		else if (!field->until)
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->field_count; i++) {
		if (schema_field_find(ours, str_c(theirs->fields[i].name)))
			continue;
		at(c, "%s.%s", ours->name, theirs->fields[i].name);
		differ(c, "only there");
	}
}

static void compare_variants(struct comparison *c, const struct schema_structure *ours,
			     const struct schema_structure *theirs)
{
	for (size_t i = 0; i < ours->variant_count; i++) {
		const struct schema_variant *v = &ours->variants[i];
		const struct schema_variant *other = schema_variant_find(theirs, str_c(v->name));

		at(c, "%s@%s", ours->name, v->name);
		if (other)
			compare_text(c, "body", v->body ? v->body->name : NULL,
				     other->body ? other->body->name : NULL);
		else if (!v->until)
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->variant_count; i++) {
		if (schema_variant_find(ours, str_c(theirs->variants[i].name)))
			continue;
		at(c, "%s@%s", ours->name, theirs->variants[i].name);
		differ(c, "only there");
	}
	/* The first variant is the default of a union. */
	if (ours->variant_count && theirs->variant_count) {
		at(c, "%s", ours->name);
		compare_text(c, "first variant", ours->variants[0].name, theirs->variants[0].name);
	}
}

static void compare_structures(struct comparison *c, const struct schema *ours,
			       const struct schema *theirs)
{
	for (size_t i = 0; i < ours->structure_count; i++) {
		const struct schema_structure *s = &ours->structures[i];
		const struct schema_structure *o = schema_structure_find(theirs, str_c(s->name));

		at(c, "%s", s->name);
		if (o && o->kind != s->kind)
			differ(c, "one is a union and the other is not");
		else if (o && s->kind == STRUCTURE_UNION)
			compare_variants(c, s, o);
		else if (o)
			compare_fields(c, s, o);
		else if (!s->until)
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->structure_count; i++) {
		at(c, "%s", theirs->structures[i].name);
		if (!schema_structure_find(ours, str_c(theirs->structures[i].name)))
			differ(c, "only there");
	}
}

static void compare_object(struct comparison *c, const struct schema_object *ours,
			   const struct schema_object *theirs)
{
	compare_count(c, "object kind", ours->kind, theirs->kind);
	compare_text(c, "wire name", ours->wire_name, theirs->wire_name);
	compare_text(c, "permission prefix", ours->permission_prefix, theirs->permission_prefix);
	compare_text(c, "label", ours->label, theirs->label);
	compare_text(c, "variant", ours->variant, theirs->variant);
	compare_text(c, "structure", ours->structure->name,
		     theirs->structure ? theirs->structure->name : NULL);
	compare_flag(c, "enterprise", ours->enterprise, theirs->enterprise);
}

static void compare_objects(struct comparison *c, const struct schema *ours,
			    const struct schema *theirs)
{
	for (size_t i = 0; i < ours->object_count; i++) {
		const struct schema_object *o = &ours->objects[i];
		const struct schema_object *other = schema_object_find(theirs, str_c(o->name));

		at(c, "object %s", o->name);
		if (other)
			compare_object(c, o, other);
		else
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->object_count; i++) {
		at(c, "object %s", theirs->objects[i].name);
		if (!schema_object_find(ours, str_c(theirs->objects[i].name)))
			differ(c, "only there");
	}
}

static void compare_members(struct comparison *c, const struct schema_enum *ours,
			    const struct schema_enum *theirs)
{
	for (size_t i = 0; i < ours->count; i++) {
		at(c, "enum %s.%s", ours->name, ours->members[i].name);
		if (!schema_enum_member_find(theirs, str_c(ours->members[i].name)))
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->count; i++) {
		at(c, "enum %s.%s", ours->name, theirs->members[i].name);
		if (!schema_enum_member_find(ours, str_c(theirs->members[i].name)))
			differ(c, "only there");
	}
	at(c, "enum %s", ours->name);
	for (size_t i = 0; ours->count == theirs->count && i < ours->count; i++)
		if (strcmp(ours->members[i].name, theirs->members[i].name) != 0) {
			differ(c, "the members stand in another order from %s on",
			       ours->members[i].name);
			break;
		}
}

static void compare_enums(struct comparison *c, const struct schema *ours,
			  const struct schema *theirs)
{
	for (size_t i = 0; i < ours->enum_count; i++) {
		const struct schema_enum *e = &ours->enums[i];
		const struct schema_enum *other = schema_enum_find(theirs, str_c(e->name));

		at(c, "enum %s", e->name);
		if (other)
			compare_members(c, e, other);
		else
			differ(c, "only here");
	}
	for (size_t i = 0; i < theirs->enum_count; i++) {
		at(c, "enum %s", theirs->enums[i].name);
		if (!schema_enum_find(ours, str_c(theirs->enums[i].name)))
			differ(c, "only there");
	}
}

bool schema_compare(const struct schema *ours, const struct schema *theirs,
		    void (*each)(void *ctx, const struct schema_difference *difference), void *ctx)
{
	struct comparison c = {.each = each, .ctx = ctx, .where = BUF_INIT, .what = BUF_INIT};

	compare_objects(&c, ours, theirs);
	compare_structures(&c, ours, theirs);
	compare_enums(&c, ours, theirs);
	buf_free(&c.where);
	buf_free(&c.what);
	return !c.failed;
}
