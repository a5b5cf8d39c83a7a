/* Types and fields of the reference as text for people, and as lines for programs. */
#include "stwc/view_reference.h"

#include "base/num.h"
#include "base/utf8.h"
#include "grammar/scalar.h"

#define WIDTH 80

static void put_blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

/* One line of text without newlines in it. */
static void wrap_line(struct buf *out, size_t indent, struct str text)
{
	size_t column = 0;

	while (text.n) {
		struct str word = {text.p, 0};
		size_t width;

		while (word.n < text.n && word.p[word.n] != ' ')
			word.n++;
		text = str_from(text, word.n + 1);
		width = utf8_count(word);
		if (!word.n)
			continue;
		if (column && column + 1 + width > WIDTH) {
			buf_putc(out, '\n');
			column = 0;
		}
		if (!column) {
			put_blanks(out, indent);
			column = indent;
		} else {
			buf_putc(out, ' ');
			column++;
		}
		buf_puts(out, word);
		column += width;
	}
	buf_putc(out, '\n');
}

void view_wrap(struct buf *out, size_t indent, struct str text)
{
	do {
		const char *newline = text.n ? memchr(text.p, '\n', text.n) : NULL;
		size_t n = newline ? (size_t)(newline - text.p) : text.n;

		wrap_line(out, indent, (struct str){text.p, n});
		text = str_from(text, n + 1);
	} while (text.n);
}

const char *view_kind_word(const struct schema_object *object)
{
	if (object->data)
		return "data";
	switch ((enum object_kind)object->kind) {
	case OBJECT_COLLECTION: return "collection";
	case OBJECT_SINGLETON: return "singleton";
	case OBJECT_VIEW: return "view";
	}
	return "";
}

const char *view_structure_word(const struct schema_structure *structure)
{
	switch ((enum structure_kind)structure->kind) {
	case STRUCTURE_SINGLE: return "structure";
	case STRUCTURE_UNION: return "union";
	}
	return "";
}

const char *view_update_word(const struct schema_field *field)
{
	switch ((enum update_class)field->update) {
	case UPDATE_MUTABLE: return "mutable";
	case UPDATE_IMMUTABLE: return "immutable";
	case UPDATE_SERVER_SET: return "serverSet";
	}
	return "";
}

const char *view_reload_word(uint8_t reload)
{
	switch ((enum reload_class)reload) {
	case RELOAD_LIVE: return "live";
	case RELOAD_NEW_SESSIONS: return "new-sessions";
	case RELOAD_RESTART: return "restart";
	}
	return "";
}

static bool implicit_default(struct buf *out, const struct schema_type *type)
{
	if (type->nullable)
		buf_puts(out, STR("null"));
	else if (type->kind == TYPE_BOOLEAN)
		buf_puts(out, STR("false"));
	else if (type->kind == TYPE_ENUM && type->members->count)
		buf_put_json(out, str_c(type->members->members[0].name));
	else if (type->kind == TYPE_OBJECT && type->structure->kind == STRUCTURE_UNION)
		buf_printf(out, "{\"@type\":\"%s\"}", type->structure->variants[0].name);
	else if (type->kind == TYPE_OBJECT || type->kind == TYPE_SET || type->kind == TYPE_LIST ||
		 type->kind == TYPE_MAP)
		buf_puts(out, STR("{}"));
	else
		return false;
	return true;
}

bool view_default_json(struct buf *out, const struct schema_field *field)
{
	if (field->default_json) {
		buf_puts(out, str_c(field->default_json));
		return true;
	}
	if (field->required || field->update == UPDATE_SERVER_SET)
		return false;
	return implicit_default(out, field->type);
}

static void put_number(struct buf *out, double number)
{
	char text[32];

	buf_puts(out, (struct str){text, num_format_double(number, text)});
}

void view_bounds(const struct schema_type *type, struct buf *min, struct buf *max)
{
	if (type->has_min)
		put_number(min, type->min);
	else if (type->min_items)
		buf_printf(min, "%u", type->min_items);
	if (type->has_max)
		put_number(max, type->max);
	else if (type->max_length)
		buf_printf(max, "%u", type->max_length);
}

static void put_bool(struct buf *out, bool yes)
{
	buf_puts(out, yes ? STR("true") : STR("false"));
}

/* The type without the mark of null, which the line tells in a column of its own. */
static void put_type(struct buf *out, const struct schema_type *type)
{
	struct schema_type plain = *type;

	plain.nullable = false;
	schema_type_print(out, &plain);
}

void view_field_line(struct buf *out, const struct schema_structure *structure,
		     const struct schema_field *field)
{
	struct buf min = BUF_INIT, max = BUF_INIT;

	view_bounds(field->type, &min, &max);
	buf_printf(out, "%s.%s\t", structure->name, field->name);
	put_type(out, field->type);
	buf_putc(out, '\t');
	put_bool(out, field->type->nullable);
	buf_putc(out, '\t');
	(void)view_default_json(out, field); /* none: an empty column */
	buf_printf(out, "\t%.*s\t%.*s\t%s\t", STR_ARG(buf_str(&min)), STR_ARG(buf_str(&max)),
		   view_update_word(field));
	put_bool(out, field->enterprise);
	buf_putc(out, '\n');
	out->failed = out->failed || min.failed || max.failed;
	buf_free(&min);
	buf_free(&max);
}

static const char *until_words(const char *until)
{
	return schema_absent(until) ? "now: the --schema does not have it" : until;
}

static void put_row(struct buf *out, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void put_row(struct buf *out, const char *name, const char *format, ...)
{
	va_list args;

	buf_printf(out, "  %-12s ", name);
	va_start(args, format);
	buf_vprintf(out, format, args);
	va_end(args);
	buf_putc(out, '\n');
}

/* A number of milliseconds or bytes as people write it; .n 0: nothing to add. */
static struct str in_units(const struct schema_type *type, struct str number, char text[64])
{
	uint64_t n;

	if (num_u64(number, &n) != NUM_OK || n == 0)
		return STR_NONE;
	if (type->kind == TYPE_DURATION)
		scalar_format_duration(n, text);
	else if (type->kind == TYPE_SIZE)
		scalar_format_size(n, text);
	else
		return STR_NONE;
	return str_eq(str_c(text), number) ? STR_NONE : str_c(text);
}

static void put_default_row(struct buf *out, const struct schema_field *field)
{
	struct buf json = BUF_INIT;
	char text[64];
	struct str units;

	if (field->required) {
		put_row(out, "default", "none: it must be given");
	} else if (view_default_json(&json, field)) {
		units = in_units(field->type, buf_str(&json), text);
		if (units.n)
			put_row(out, "default", "%.*s (%.*s)", STR_ARG(buf_str(&json)),
				STR_ARG(units));
		else
			put_row(out, "default", "%.*s", STR_ARG(buf_str(&json)));
	}
	buf_free(&json);
}

static void put_bounds_rows(struct buf *out, const struct schema_type *type)
{
	struct buf min = BUF_INIT, max = BUF_INIT;
	bool members = type->kind == TYPE_SET || type->kind == TYPE_LIST;

	view_bounds(type, &min, &max);
	if (min.n)
		put_row(out, "at least", "%.*s%s", STR_ARG(buf_str(&min)),
			!members               ? ""
			: type->min_items == 1 ? " member"
					       : " members");
	if (max.n)
		put_row(out, "at most", "%.*s%s", STR_ARG(buf_str(&max)),
			type->max_length ? " bytes" : "");
	buf_free(&min);
	buf_free(&max);
}

static const char *update_sentence(const struct schema_field *field)
{
	switch ((enum update_class)field->update) {
	case UPDATE_MUTABLE: return "mutable";
	case UPDATE_IMMUTABLE: return "immutable: fixed once the object is made";
	case UPDATE_SERVER_SET: return "serverSet: the server alone sets it, no source may";
	}
	return "";
}

static const char *reload_sentence(uint8_t reload)
{
	switch ((enum reload_class)reload) {
	case RELOAD_LIVE: return "live: a change takes effect at the reload";
	case RELOAD_NEW_SESSIONS: return "new-sessions: a change takes effect for new sessions";
	case RELOAD_RESTART: return "restart: a change takes effect after a restart";
	}
	return "";
}

/* The validator of a text field (validation.md 2.3), or NULL where nothing is to be said. */
const char *view_form_sentence(const struct schema_field *field)
{
	switch ((enum validator)field->validator) {
	case VALIDATE_NONE:
	case VALIDATE_TRIM: return NULL;
	case VALIDATE_EMAIL: return "an e-mail address";
	case VALIDATE_EMAIL_LOCAL_PART: return "the local part of an e-mail address";
	case VALIDATE_DOMAIN: return "a domain name";
	case VALIDATE_HOSTNAME: return "a host name or an address";
	case VALIDATE_UPPERCASE: return "kept in upper case, without blanks";
	case VALIDATE_LOWERCASE: return "kept in lower case, without blanks";
	}
	return NULL;
}

static const struct schema_type *innermost(const struct schema_type *type)
{
	while (type->element)
		type = type->element;
	return type;
}

/* How stw's own form spells values that have more than one spelling. */
static const char *spelling(const struct schema_type *type)
{
	if (type->kind == TYPE_DURATION)
		return "milliseconds, or a text such as \"1h 30m\"";
	if (type->kind == TYPE_SIZE)
		return "bytes, or a text such as \"50mb\"";
	if (type->kind == TYPE_SET)
		return "a list, {member = true}, or one member alone";
	if (type->kind == TYPE_LIST)
		return "a list, or a map from \"0\", \"1\" and so on";
	if (type->kind == TYPE_REFERENCE)
		return "\"#name\" of an object of the configuration, or an id of a server";
	if (type->kind == TYPE_OBJECT && strcmp(type->structure->name, "Expression") == 0)
		return "an expression as a text, or a map with match and else";
	if (type->kind == TYPE_OBJECT && strcmp(type->structure->name, "Rate") == 0)
		return "a text such as \"100/1d\", or a map with count and period";
	return NULL;
}

static void put_history_rows(struct buf *out, const struct schema_field *field)
{
	if (field->since)
		put_row(out, "since", "%s", field->since);
	if (field->until)
		put_row(out, "until", "%s", until_words(field->until));
	if (field->deprecated)
		put_row(out, "deprecated", "%s%s", field->replaced_by ? "use " : "yes",
			field->replaced_by ? field->replaced_by : "");
}

static void put_members(struct buf *out, const struct schema_enum *e)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		buf_printf(out, "  %s\n", e->members[i].name);
		if (e->members[i].doc)
			view_wrap(out, 6, str_c(e->members[i].doc));
	}
}

/* The names of a group, by which nobody knows them, and what they stand for. */
static void put_group(struct buf *out, const char *title, const char *name,
		      const struct schema_group *group)
{
	struct buf members = BUF_INIT;

	if (!group) {
		put_row(out, title, "any");
		return;
	}
	for (uint16_t i = 0; i < group->count; i++)
		buf_printf(&members, "%s%s", i ? ", " : "", group->members[i]);
	put_row(out, title, "%s:", name);
	view_wrap(out, 15, buf_str(&members));
	out->failed |= members.failed;
	buf_free(&members);
}

/* Groups are rows of stw's own: no schema of a server has others. */
static void put_expression_rows(struct buf *out, const struct schema_field *field)
{
	if (!field->variables)
		return;
	put_group(out, "variables", field->variables,
		  schema_variables_find(&schema_builtin, field->variables));
	put_group(out, "constants", field->constants,
		  field->constants ? schema_constants_find(&schema_builtin, field->constants)
				   : NULL);
}

void view_field_text(struct buf *out, const struct schema_structure *structure,
		     const struct schema_field *field)
{
	const struct schema_type *inner = innermost(field->type);
	const char *written = spelling(field->type), *format = view_form_sentence(field);
	struct buf type = BUF_INIT;

	buf_printf(out, "%s.%s\n", structure->name, field->name);
	if (field->doc)
		view_wrap(out, 2, str_c(field->doc));
	buf_putc(out, '\n');
	schema_type_print(&type, field->type);
	put_row(out, "type", "%.*s%s", STR_ARG(buf_str(&type)),
		field->type->nullable ? " (null is a value)" : "");
	buf_free(&type);
	if (written)
		put_row(out, "written", "%s", written);
	if (format)
		put_row(out, "form", "%s", format);
	put_bounds_rows(out, field->type);
	put_default_row(out, field);
	if (inner->kind == TYPE_REFERENCE)
		put_row(out, "refers to", "%s", inner->target->name);
	put_expression_rows(out, field);
	put_row(out, "update", "%s", update_sentence(field));
	put_row(out, "reload", "%s", reload_sentence(field->reload));
	put_row(out, "stwd", "%s",
		field->runtime ? "acts on it" : "carries it, does not act on it");
	if (field->enterprise)
		put_row(out, "enterprise", "a server needs a licence for it");
	if (field->own)
		put_row(out, "strict", "stwc refuses more here than a server does");
	put_history_rows(out, field);
	if (inner->kind == TYPE_ENUM) {
		buf_printf(out, "\nMembers of %s:\n", inner->members->name);
		put_members(out, inner->members);
	} else if (inner->kind == TYPE_OBJECT) {
		buf_printf(out, "\nSee also: stwc explain %s\n", inner->structure->name);
	}
}

void view_enum_text(struct buf *out, const struct schema_enum *e)
{
	buf_printf(out, "%s: an enum of %u members\n\n", e->name, e->count);
	put_members(out, e);
}

/* "bind  set of socketAddress, required" and what it is. */
static void put_field_entry(struct buf *out, const struct schema_field *field)
{
	struct buf json = BUF_INIT;

	buf_printf(out, "  %s  ", field->name);
	schema_type_print(out, field->type);
	if (field->required)
		buf_puts(out, STR(", required"));
	else if (field->default_json && view_default_json(&json, field) && json.n <= 40)
		buf_printf(out, ", default %.*s", STR_ARG(buf_str(&json)));
	if (field->update != UPDATE_MUTABLE)
		buf_printf(out, ", %s", view_update_word(field));
	if (field->enterprise)
		buf_puts(out, STR(", enterprise"));
	if (field->runtime)
		buf_puts(out, STR(", enacted by stwd"));
	buf_putc(out, '\n');
	if (field->doc)
		view_wrap(out, 6, str_c(field->doc));
	buf_free(&json);
}

static void put_variant_entry(struct buf *out, const struct schema_variant *variant)
{
	buf_printf(out, "  %s%s%s", variant->name, variant->body ? "  " : "  no fields",
		   variant->body ? variant->body->name : "");
	if (variant->deprecated)
		buf_puts(out, STR(", deprecated"));
	if (variant->runtime)
		buf_puts(out, STR(", enacted by stwd"));
	if (variant->since)
		buf_printf(out, ", since %s", variant->since);
	if (variant->until)
		buf_printf(out, ", until %s", until_words(variant->until));
	buf_putc(out, '\n');
	if (variant->doc)
		view_wrap(out, 6, str_c(variant->doc));
}

static void put_keys(struct buf *out, const struct schema_object *object)
{
	const char *const *field;
	size_t i;

	for (i = 0; i < object->key_count; i++) {
		const struct schema_key *key = &object->keys[i];

		buf_puts(out, STR("  unique       "));
		for (field = key->fields; *field; field++)
			buf_printf(out, "%s%s", field == key->fields ? "" : " + ", *field);
		if (key->scope)
			buf_printf(out, " among all of '%s'", key->scope);
		buf_puts(out, key->identity ? STR("; it names the object\n") : STR("\n"));
	}
}

static void put_object_rows(struct buf *out, const struct schema_object *object)
{
	const char *const *each;

	put_keys(out, object);
	if (!object->data)
		put_row(out, "stwd", "%s",
			object->runtime ? "acts on it" : "carries it, does not act on it");
	if (object->enterprise)
		put_row(out, "enterprise", "a server needs a licence for it");
	if (object->data)
		put_row(out, "data", "kept by a running server; no configuration holds it");
	for (each = object->safe_defaults; each && *each; each++)
		put_row(out, each == object->safe_defaults ? "when empty" : "",
			"a server adds '%s'", *each);
}

void view_type_text(struct buf *out, const struct schema_structure *structure,
		    const struct schema_object *object)
{
	bool single = structure->kind == STRUCTURE_SINGLE;
	size_t i;

	buf_printf(out, "%s: a %s\n", object ? object->name : structure->name,
		   object ? view_kind_word(object) : view_structure_word(structure));
	if (object && object->kind == OBJECT_VIEW)
		buf_printf(out, "  It shows objects of %s%s%s.\n", structure->name,
			   object->variant ? " whose @type is " : "",
			   object->variant ? object->variant : "");
	if (structure->doc)
		view_wrap(out, 2, str_c(structure->doc));
	buf_putc(out, '\n');
	if (object)
		put_object_rows(out, object);
	if (structure->since)
		put_row(out, "since", "%s", structure->since);
	if (structure->until)
		put_row(out, "until", "%s", until_words(structure->until));
	buf_puts(out, single ? STR("\nFields:\n") : STR("\nVariants, told apart by \"@type\":\n"));
	for (i = 0; single && i < structure->field_count; i++)
		put_field_entry(out, &structure->fields[i]);
	for (i = 0; !single && i < structure->variant_count; i++)
		put_variant_entry(out, &structure->variants[i]);
}
