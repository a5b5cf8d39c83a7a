/* stwc explain: the documentation of a diagnostic, a type, a variant or a field. */
#include "core/suggest.h"
#include "stwc/cmd.h"
#include "stwc/view_reference.h"

static void explain_code(struct buf *out, const struct diag_code_info *info)
{
	buf_printf(out, "%s[%s]: %s\n\n", severity_name(info->severity), info->word, info->title);
	view_wrap(out, 2, str_c(info->explanation));
}

static void json_code(struct buf *out, const struct diag_code_info *info)
{
	buf_printf(out, "{\"code\":\"%s\",\"severity\":\"%s\",\"title\":", info->word,
		   severity_name(info->severity));
	buf_put_json(out, str_c(info->title));
	buf_puts(out, STR(",\"explanation\":"));
	buf_put_json(out, str_c(info->explanation));
	buf_putc(out, '}');
}

static enum status list_codes(const struct options *options)
{
	struct buf out = BUF_INIT;
	size_t i;

	if (options->output == OUTPUT_JSON)
		buf_puts(&out, STR("{\"codes\":["));
	for (i = 0; i < DIAG_CODE_COUNT; i++) {
		const struct diag_code_info *info = diag_code_info((enum diag_code)i);

		if (options->output == OUTPUT_JSON) {
			buf_puts(&out, i ? STR(",\n") : STR("\n"));
			json_code(&out, info);
		} else {
			buf_printf(&out, "%-22s %-8s %s\n", info->word,
				   severity_name(info->severity), info->title);
		}
	}
	if (options->output == OUTPUT_JSON)
		buf_puts(&out, STR("\n]}\n"));
	return cmd_print(&out, STATUS_VALID);
}

/* What a dotted name leads to: a structure, and in it a field or a variant. */
struct place {
	const struct schema_structure *structure;
	const struct schema_object *object; /* where the name is that of an object type alone */
	const struct schema_enum *members;
	const struct schema_field *field;
	const struct schema_variant *variant;
};

static bool find_type(const struct schema *schema, struct str name, struct place *out)
{
	*out = (struct place){.object = schema_object_find(schema, name)};
	if (str_starts(name, STR("x:")))
		name = str_from(name, 2);
	out->structure = out->object ? out->object->structure : schema_structure_find(schema, name);
	if (!out->structure)
		out->members = schema_enum_find(schema, name);
	return out->structure || out->members;
}

/* The structure whose fields the next part of the name is looked up in. */
static const struct schema_structure *step_into(const struct place *place)
{
	const struct schema_type *type;

	if (place->variant)
		return place->variant->body;
	if (!place->field)
		return place->structure;
	type = place->field->type;
	while (type->element)
		type = type->element;
	return type->kind == TYPE_OBJECT ? type->structure : NULL;
}

/* A field, a variant, or a field of some variant (the first that has it). */
static bool step(struct place *place, struct str name)
{
	const struct schema_structure *in = step_into(place);
	size_t i;

	if (!in)
		return false;
	*place = (struct place){.structure = in};
	if (in->kind == STRUCTURE_SINGLE) {
		place->field = schema_field_find(in, name);
		return place->field != NULL;
	}
	place->variant = schema_variant_find(in, name);
	for (i = 0; !place->variant && i < in->variant_count; i++) {
		const struct schema_structure *body = in->variants[i].body;
		const struct schema_field *field = body ? schema_field_find(body, name) : NULL;

		if (field) {
			*place = (struct place){.structure = body, .field = field};
			return true;
		}
	}
	return place->variant != NULL;
}

static bool find_place(const struct schema *schema, struct str name, struct place *out)
{
	struct str rest = name, part;
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '.')
		n++;
	if (!find_type(schema, (struct str){rest.p, n}, out))
		return false;
	for (rest = str_from(rest, n + 1); rest.n; rest = str_from(rest, part.n + 1)) {
		part = (struct str){rest.p, 0};
		while (part.n < rest.n && rest.p[part.n] != '.')
			part.n++;
		if (out->members || !step(out, part))
			return false;
	}
	return true;
}

/* NetworkListener/smtp/tlsImplicit, as diagnostics say where they are: what is no field on the way
 * is the name of an object, or of a member. */
static bool find_path(const struct schema *schema, struct str name, struct place *out)
{
	struct str rest = name, part;
	bool first = true;

	for (; rest.n; rest = str_from(rest, part.n < rest.n ? part.n + 1 : rest.n)) {
		struct place next;

		part = (struct str){rest.p, 0};
		while (part.n < rest.n && rest.p[part.n] != '/')
			part.n++;
		if (first && !find_type(schema, part, out))
			return false;
		next = *out;
		if (!first && !out->members && step(&next, part))
			*out = next;
		first = false;
	}
	return !first;
}

/* A field by its bare name, where only one structure has it. */
static bool find_bare(const struct schema *schema, struct str name, struct place *out)
{
	size_t found = 0, i;

	for (i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];
		const struct schema_field *field = schema_field_find(s, name);

		if (!field)
			continue;
		*out = (struct place){.structure = s, .field = field};
		found++;
	}
	return found == 1;
}

static void json_place(struct buf *out, const struct place *place)
{
	struct buf type = BUF_INIT;
	const char *doc = place->structure ? place->structure->doc : NULL;

	buf_printf(out, "{\"type\":\"%s\"",
		   place->structure ? place->structure->name : place->members->name);
	if (place->variant) {
		buf_printf(out, ",\"variant\":\"%s\"", place->variant->name);
		doc = place->variant->doc;
	}
	if (place->field) {
		schema_type_print(&type, place->field->type);
		buf_printf(out,
			   ",\"field\":\"%s\",\"fieldType\":\"%.*s\",\"required\":%s,\"update\":\"%"
			   "s\","
			   "\"reload\":\"%s\",\"enacted\":%s",
			   place->field->name, STR_ARG(buf_str(&type)),
			   place->field->required ? "true" : "false",
			   view_update_word(place->field), view_reload_word(place->field->reload),
			   place->field->runtime ? "true" : "false");
		doc = place->field->doc;
		buf_clear(&type);
		if (view_default_json(&type, place->field))
			buf_printf(out, ",\"default\":%.*s", STR_ARG(buf_str(&type)));
	}
	if (doc) {
		buf_puts(out, STR(",\"doc\":"));
		buf_put_json(out, str_c(doc));
	}
	buf_puts(out, STR("}\n"));
	out->failed = out->failed || type.failed;
	buf_free(&type);
}

static void text_place(struct buf *out, const struct place *place)
{
	if (place->members) {
		view_enum_text(out, place->members);
	} else if (place->field) {
		view_field_text(out, place->structure, place->field);
	} else if (place->variant) {
		buf_printf(out, "%s of %s\n", place->variant->name, place->structure->name);
		if (place->variant->doc)
			view_wrap(out, 2, str_c(place->variant->doc));
		if (place->variant->body) {
			buf_putc(out, '\n');
			view_type_text(out, place->variant->body, NULL);
		}
	} else {
		view_type_text(out, place->structure, place->object);
	}
}

/* The field that was meant, of a type that there is; false where the type is not known either. */
static bool wrong_field(const struct schema *schema, struct str name)
{
	struct str type = {name.p, 0}, field;
	struct suggestion best;
	struct place place;
	size_t i, j;

	while (type.n < name.n && name.p[type.n] != '.')
		type.n++;
	if (type.n == name.n || !find_type(schema, type, &place) || !place.structure)
		return false;
	field = str_from(name, type.n + 1);
	suggest_start(&best, field);
	for (i = 0; i < place.structure->field_count; i++)
		suggest_offer(&best, str_c(place.structure->fields[i].name));
	for (i = 0; i < place.structure->variant_count; i++) {
		const struct schema_structure *body = place.structure->variants[i].body;

		suggest_offer(&best, str_c(place.structure->variants[i].name));
		for (j = 0; body && j < body->field_count; j++)
			suggest_offer(&best, str_c(body->fields[j].name));
	}
	(void)cmd_fail(&cmd_explain, "%s has no field '%.*s'%s%.*s%s", place.structure->name,
		       STR_ARG(field), best.best.n ? "; did you mean '" : "", STR_ARG(best.best),
		       best.best.n ? "'?" : "");
	return true;
}

/* A field or a member of an enum by its bare name: whose it is. */
static bool print_owners(const struct schema *schema, struct str name)
{
	struct buf owners = BUF_INIT;
	size_t found = 0, i;

	for (i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];

		if (schema_field_find(s, name) && found++ < 8)
			buf_printf(&owners, "%s%s.%.*s", found > 1 ? ", " : "", s->name,
				   STR_ARG(name));
	}
	for (i = 0; i < schema->enum_count; i++) {
		const struct schema_enum *e = &schema->enums[i];

		if (schema_enum_member_find(e, name) && found++ < 8)
			buf_printf(&owners, "%s%s", found > 1 ? ", " : "", e->name);
	}
	if (found)
		(void)cmd_fail(&cmd_explain, "'%.*s' stands in %.*s%s: name one of them",
			       STR_ARG(name), STR_ARG(buf_str(&owners)),
			       found > 8 ? " and others" : "");
	buf_free(&owners);
	return found > 0;
}

static enum status not_known(const struct schema *schema, struct str name)
{
	struct suggestion best;
	size_t i;

	if (wrong_field(schema, name) || print_owners(schema, name))
		return STATUS_FAILED;
	suggest_start(&best, name);
	for (i = 0; i < DIAG_CODE_COUNT; i++)
		suggest_offer(&best, str_c(diag_code_info((enum diag_code)i)->word));
	for (i = 0; i < schema->object_count; i++)
		suggest_offer(&best, str_c(schema->objects[i].name));
	for (i = 0; i < schema->structure_count; i++)
		suggest_offer(&best, str_c(schema->structures[i].name));
	if (best.best.n)
		return cmd_fail(&cmd_explain,
				"'%.*s' is no diagnostic, type or field; did you mean '%.*s'?",
				STR_ARG(name), STR_ARG(best.best));
	return cmd_fail(&cmd_explain,
			"'%.*s' is no diagnostic (--list names them), and no type or field (stwc "
			"schema does)",
			STR_ARG(name));
}

static enum status run(struct options *options)
{
	struct buf out = BUF_INIT;
	enum diag_code code;
	struct place place;
	struct str name;

	if (options->list)
		return list_codes(options);
	if (options->input_count != 1)
		return cmd_fail(
			&cmd_explain,
			"name one diagnostic, type, or field; --list names the diagnostics");
	name = str_c(options->inputs[0].path);
	if (diag_code_find(name, &code)) {
		if (options->output == OUTPUT_TEXT)
			explain_code(&out, diag_code_info(code));
		else
			json_code(&out, diag_code_info(code));
		if (options->output == OUTPUT_JSON)
			buf_putc(&out, '\n');
		return cmd_print(&out, STATUS_VALID);
	}
	if (!find_place(options_schema(options), name, &place) &&
	    !find_path(options_schema(options), name, &place) &&
	    !find_bare(options_schema(options), name, &place))
		return not_known(options_schema(options), name);
	if (options->output == OUTPUT_JSON)
		json_place(&out, &place);
	else
		text_place(&out, &place);
	return cmd_print(&out, STATUS_VALID);
}

const struct command cmd_explain = {"explain",
				    "CODE|TYPE[.FIELD]",
				    "documentation of a diagnostic, a type or a field",
				    " format list schema ",
				    NULL,
				    run};
