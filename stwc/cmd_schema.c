/* stwc schema: the reference, whole or one type of it. */
#include <stdio.h>

#include "core/suggest.h"
#include "stwc/cmd.h"
#include "stwc/view_jsonschema.h"
#include "stwc/view_reference.h"

enum form { FORM_TEXT, FORM_JSON_SCHEMA, FORM_LIST };

static bool form_of(const char *word, enum form *out)
{
	static const char *const words[] = {"text", "json-schema", "list"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (!word || strcmp(word, words[i]) == 0) {
			*out = (enum form)i;
			return true;
		}
	}
	return false;
}

/* Every type with its kind and its sentence. */
static void put_overview(struct buf *out, const struct schema *schema)
{
	size_t i;

	for (i = 0; i < schema->object_count; i++) {
		const struct schema_object *object = &schema->objects[i];
		const char *doc = object->kind == OBJECT_VIEW ? NULL : object->structure->doc;

		if (schema_absent(object->structure->until))
			continue;
		buf_printf(out, "%-32s %-10s", object->name, view_kind_word(object));
		if (doc)
			buf_printf(out, " %s", doc);
		else if (object->kind == OBJECT_VIEW)
			buf_printf(out, " A view of %s.", object->structure->name);
		buf_putc(out, '\n');
	}
}

static void put_lines(struct buf *out, const struct schema_structure *structure)
{
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		if (!schema_absent(structure->fields[i].until))
			view_field_line(out, structure, &structure->fields[i]);
	}
	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;
		size_t j;

		/* variants may share a body: it is listed once, with the first of them */
		for (j = 0; body && j < i; j++) {
			if (structure->variants[j].body == body)
				body = NULL;
		}
		if (body)
			put_lines(out, body);
	}
}

static enum status whole(const struct schema *schema, enum form form)
{
	struct buf out = BUF_INIT;
	size_t i;

	switch (form) {
	case FORM_TEXT: put_overview(&out, schema); break;
	case FORM_JSON_SCHEMA: out.failed = !view_json_schema(schema, NULL, &out); break;
	case FORM_LIST:
		for (i = 0; i < schema->structure_count; i++) {
			if (schema->structures[i].kind == STRUCTURE_SINGLE &&
			    !schema_absent(schema->structures[i].until))
				put_lines(&out, &schema->structures[i]);
		}
		break;
	}
	return cmd_print(&out, STATUS_VALID);
}

static enum status not_known(const struct schema *schema, struct str name)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < schema->object_count; i++)
		suggest_offer(&best, str_c(schema->objects[i].name));
	for (i = 0; i < schema->structure_count; i++)
		suggest_offer(&best, str_c(schema->structures[i].name));
	for (i = 0; i < schema->enum_count; i++)
		suggest_offer(&best, str_c(schema->enums[i].name));
	return cmd_fail(&cmd_schema, "no type is called '%.*s'%s%.*s%s", STR_ARG(name),
			best.best.n ? "; did you mean '" : "", STR_ARG(best.best),
			best.best.n ? "'?" : "");
}

static enum status one_enum(const struct schema *schema, const struct schema_enum *members,
			    enum form form)
{
	struct buf out = BUF_INIT;

	switch (form) {
	case FORM_TEXT: view_enum_text(&out, members); break;
	case FORM_JSON_SCHEMA: view_json_schema_enum(schema, members, &out); break;
	case FORM_LIST:
		return cmd_fail(&cmd_schema,
				"an enum such as %s has no fields to list; --to is text or "
				"json-schema for it",
				members->name);
	}
	return cmd_print(&out, STATUS_VALID);
}

static enum status one_type(const struct schema *schema, struct str name, enum form form)
{
	const struct schema_object *object = schema_object_find(schema, name);
	const struct schema_structure *structure =
		object ? object->structure : schema_structure_find(schema, name);
	const struct schema_enum *members;
	struct buf out = BUF_INIT;

	if (structure) {
		switch (form) {
		case FORM_TEXT: view_type_text(&out, structure, object); break;
		case FORM_JSON_SCHEMA:
			out.failed = !view_json_schema(schema, structure, &out);
			break;
		case FORM_LIST: put_lines(&out, structure); break;
		}
		return cmd_print(&out, STATUS_VALID);
	}
	members = schema_enum_find(schema, name);
	return members ? one_enum(schema, members, form) : not_known(schema, name);
}

static enum status run(struct options *options)
{
	const struct schema *schema = options_schema(options);
	enum form form;

	if (!form_of(options->to, &form))
		return cmd_fail(&cmd_schema, "--to is text, json-schema or list, not '%s'",
				options->to);
	if (options->input_count > 1)
		return cmd_fail(&cmd_schema, "name one type, or none for all of them");
	if (options->input_count == 1)
		return one_type(schema, str_c(options->inputs[0].path), form);
	return whole(schema, form);
}

const struct command cmd_schema = {"schema",
				   "[TYPE]",
				   "the object reference, whole or one type of it",
				   " to schema ",
				   "text|json-schema|list",
				   run};
