/*
 * JSON Schema from the tables. Definitions are written for what is used alone: writing a type
 * marks the structures and enums that it names, and the marks are served until none is left.
 * Names of definitions: "NetworkListener" a structure, "enum.X" an enum, "own.X" a spelling.
 *
 * A value that may be written in several ways is asked for its type first, with if and else, and
 * never with anyOf: of that, an editor can say no more than that none of the ways fits, and marks
 * the whole of the object in which a word is misspelt.
 */
#include "stwc/view_jsonschema.h"

#include <stdlib.h>

#include "base/num.h"
#include "stwc/view_reference.h"

enum mark { MARK_NONE, MARK_WANTED, MARK_DONE };

struct writer {
	const struct schema *schema;
	struct buf *out;
	uint8_t *structures; /* enum mark, by position */
	uint8_t *enums;
	bool whole;                       /* of a configuration, with its includes */
	const struct schema_field *field; /* that is being written, or NULL */
};

/* Up to what a value of that JSON type has to be; behind it comes what any other has to be. */
#define IF_TYPE(word) "{\"if\":{\"type\":\"" word "\"},\"then\":"

static void put(struct writer *w, const char *text)
{
	buf_puts(w->out, str_c(text));
}

static void put_doc(struct writer *w, const char *doc)
{
	if (!doc)
		return;
	put(w, ",\"description\":");
	buf_put_json(w->out, str_c(doc));
}

static void want(uint8_t *mark)
{
	if (*mark == MARK_NONE)
		*mark = MARK_WANTED;
}

static bool has_body(const struct schema_structure *structure, const struct schema_structure *body)
{
	size_t i;

	if (structure == body)
		return true;
	for (i = 0; i < structure->variant_count; i++) {
		if (structure->variants[i].body == body)
			return true;
	}
	return false;
}

/* A client id may stand for the key that names an object, so its body need not have the field. */
static bool names_object(const struct schema *schema, const struct schema_structure *structure,
			 const char *field)
{
	size_t i, j;

	for (i = 0; i < schema->object_count; i++) {
		const struct schema_object *object = &schema->objects[i];

		for (j = 0; j < object->key_count; j++) {
			if (object->keys[j].identity && !strcmp(object->keys[j].fields[0], field) &&
			    has_body(object->structure, structure))
				return true;
		}
	}
	return false;
}

/* stw's own form may leave these out: the host decides (DESIGN.md section 4). */
static bool host_decides(const struct schema_structure *structure, const char *field)
{
	return strcmp(structure->name, "SystemSettings") == 0 &&
	       (strcmp(field, "defaultHostname") == 0 || strcmp(field, "defaultDomainId") == 0);
}

/* "required":[…] of a body. What the default of its holder says need not be said again. */
static void put_required(struct writer *w, const struct schema_structure *structure,
			 const struct schema_field *holder)
{
	size_t count = 0, i;

	for (i = 0; i < structure->field_count; i++) {
		const struct schema_field *field = &structure->fields[i];

		if (!field->required || field->update == UPDATE_SERVER_SET ||
		    names_object(w->schema, structure, field->name) ||
		    host_decides(structure, field->name) ||
		    (holder && schema_default_has(holder, str_c(field->name))))
			continue;
		buf_printf(w->out, "%s\"%s\"", count++ ? "," : ",\"required\":[", field->name);
	}
	if (count)
		put(w, "]");
}

/* Is there a field whose default says what bodies of this structure have to say elsewhere? Then
 * each place that has such a body says what is required in it, and not the definition. */
static bool has_defaults(const struct schema *schema, const struct schema_structure *structure)
{
	size_t i, j, k;

	if (structure->kind != STRUCTURE_SINGLE)
		return false;
	for (i = 0; i < schema->structure_count; i++) {
		for (j = 0; j < schema->structures[i].field_count; j++) {
			const struct schema_field *holder = &schema->structures[i].fields[j];

			if (!holder->type || holder->type->kind != TYPE_OBJECT ||
			    holder->type->structure != structure)
				continue;
			for (k = 0; k < structure->field_count; k++) {
				if (structure->fields[k].required &&
				    schema_default_has(holder, str_c(structure->fields[k].name)))
					return true;
			}
		}
	}
	return false;
}

/* `holder`: the field that the body stands in, where it is the whole of its value, or NULL. */
static void put_structure_ref(struct writer *w, const struct schema_structure *structure,
			      const struct schema_field *holder)
{
	bool here = has_defaults(w->schema, structure);

	want(&w->structures[structure - w->schema->structures]);
	if (here)
		put(w, "{\"allOf\":[");
	buf_printf(w->out, "{\"$ref\":\"#/definitions/%s\"}", structure->name);
	if (here) {
		put(w, "," IF_TYPE("object") "{\"type\":\"object\"");
		put_required(w, structure, holder);
		put(w, "}}]}");
	}
}

static void put_enum_ref(struct writer *w, const struct schema_enum *e)
{
	want(&w->enums[e - w->schema->enums]);
	buf_printf(w->out, "{\"$ref\":\"#/definitions/enum.%s\"}", e->name);
}

static void put_limit(struct writer *w, const char *word, bool has, double limit)
{
	char text[32];
	size_t n;

	if (!has)
		return;
	n = num_format_double(limit, text);
	buf_printf(w->out, ",\"%s\":%.*s", word, (int)n, text);
}

/* A number; `least` where the type itself has no smallest value, "" for none. */
static void put_number(struct writer *w, const struct schema_type *type, const char *word,
		       const char *least)
{
	buf_printf(w->out, "{\"type\":\"%s\"", word);
	if (!type->has_min && *least)
		buf_printf(w->out, ",\"minimum\":%s", least);
	put_limit(w, "minimum", type->has_min, type->min);
	put_limit(w, "maximum", type->has_max, type->max);
	put(w, "}");
}

/* Bytes or milliseconds, as a number or as a text with units. */
static void put_measure(struct writer *w, const struct schema_type *type, const char *least,
			const char *pattern)
{
	buf_printf(w->out,
		   IF_TYPE("string") "{\"type\":\"string\",\"pattern\":\"%s\"},\"else\":", pattern);
	put_number(w, type, "integer", least);
	put(w, "}");
}

static void put_text(struct writer *w, const struct schema_type *type, const char *format,
		     const char *pattern)
{
	put(w, "{\"type\":\"string\",\"minLength\":1");
	if (type->max_length)
		/* a character has at least one byte, so the limit in bytes holds for both */
		buf_printf(w->out, ",\"maxLength\":%u", type->max_length);
	if (format)
		buf_printf(w->out, ",\"format\":\"%s\"", format);
	if (pattern)
		buf_printf(w->out, ",\"pattern\":\"%s\"", pattern);
	put(w, "}");
}

static void put_type(struct writer *w, const struct schema_type *type);

static void put_min_items(struct writer *w, const char *word, uint32_t count)
{
	if (count)
		buf_printf(w->out, ",\"%s\":%u", word, count);
}

/* An array, up to where what is no array has to be. */
static void put_array(struct writer *w, const struct schema_type *type)
{
	put(w, IF_TYPE("array") "{\"type\":\"array\"");
	put_min_items(w, "minItems", type->min_items);
	put(w, ",\"items\":");
	put_type(w, type->element);
	put(w, "},\"else\":");
}

static void put_list(struct writer *w, const struct schema_type *type)
{
	put_array(w, type);
	put(w, "{\"type\":\"object\"");
	put_min_items(w, "minProperties", type->min_items);
	put(w, ",\"propertyNames\":{\"pattern\":\"^[0-9]+$\"},\"additionalProperties\":");
	put_type(w, type->element);
	put(w, "}}");
}

/* {"member": true} */
static void put_members(struct writer *w, const struct schema_type *type)
{
	put(w, "{\"type\":\"object\"");
	put_min_items(w, "minProperties", type->min_items);
	if (type->element->kind == TYPE_ENUM) {
		put(w, ",\"propertyNames\":");
		put_type(w, type->element);
	}
	put(w, ",\"additionalProperties\":{\"type\":\"boolean\"}}");
}

/* A list, a map from members to true, or one member alone. */
static void put_set(struct writer *w, const struct schema_type *type)
{
	put_array(w, type);
	if (type->min_items < 2)
		put(w, IF_TYPE("object"));
	put_members(w, type);
	if (type->min_items < 2) {
		put(w, ",\"else\":");
		put_type(w, type->element);
		put(w, "}");
	}
	put(w, "}");
}

static void put_map(struct writer *w, const struct schema_type *type)
{
	put(w, "{\"type\":\"object\"");
	if (type->key->kind == TYPE_ENUM) {
		put(w, ",\"propertyNames\":");
		put_type(w, type->key);
	}
	put(w, ",\"additionalProperties\":");
	put_type(w, type->element);
	put(w, "}");
}

#define DURATION_PATTERN "^[ \\\\t]*([0-9]+[ \\\\t]*([wWdDhHmMsS]|[mM][sS])[ \\\\t]*)+$"
/* What stwc asks of a URI; "format" is stricter than a server, of whom IRIs are none. */
#define URI_PATTERN "^\\\\s*[A-Za-z][A-Za-z0-9+.-]*:[^ \\\\t\\\\r\\\\n]*\\\\s*$"
#define SIZE_PATTERN "^[ \\\\t]*[0-9]+[ \\\\t]*[kKmMgGtT]?[bB][ \\\\t]*$"

static void put_plain(struct writer *w, const struct schema_type *type)
{
	const struct schema_field *holder = w->field && w->field->type == type ? w->field : NULL;

	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: put(w, "{\"type\":\"boolean\"}"); break;
	case TYPE_UNSIGNED: put_number(w, type, "integer", "0"); break;
	case TYPE_INTEGER: put_number(w, type, "integer", ""); break;
	case TYPE_FLOAT: put_number(w, type, "number", ""); break;
	case TYPE_SIZE: put_measure(w, type, "0", SIZE_PATTERN); break;
	case TYPE_DURATION: put_measure(w, type, "1", DURATION_PATTERN); break;
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_COLOR:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE: put_text(w, type, NULL, NULL); break;
	case TYPE_EMAIL:
		put_text(w, type, NULL, holder && holder->validator == VALIDATE_EMAIL ? "@" : NULL);
		break;
	case TYPE_URI: put_text(w, type, NULL, URI_PATTERN); break;
	case TYPE_DATE_TIME: put_text(w, type, "date-time", NULL); break;
	case TYPE_ENUM: put_enum_ref(w, type->members); break;
	case TYPE_OBJECT: put_structure_ref(w, type->structure, holder); break;
	case TYPE_LIST: put_list(w, type); break;
	case TYPE_SET: put_set(w, type); break;
	case TYPE_MAP: put_map(w, type); break;
	}
}

static void put_type(struct writer *w, const struct schema_type *type)
{
	if (type->nullable)
		put(w, "{\"if\":{\"$ref\":\"#/definitions/own.null\"},\"then\":true,\"else\":");
	put_plain(w, type);
	if (type->nullable)
		put(w, "}");
}

static void put_property(struct writer *w, const struct schema_field *field)
{
	buf_printf(w->out, "\n\"%s\":{\"allOf\":[", field->name);
	w->field = field;
	put_type(w, field->type);
	put(w, "]");
	put_doc(w, field->doc);
	if (view_form_sentence(field))
		buf_printf(w->out, ",\"$comment\":\"%s\"", view_form_sentence(field));
	if (field->default_json)
		buf_printf(w->out, ",\"default\":%s", field->default_json);
	if (field->deprecated || field->until)
		put(w, ",\"deprecated\":true");
	put(w, "}");
}

/* The fields of a variant stand beside its @type; anywhere else that is no field. */
static bool is_variant(const struct schema *schema, const struct schema_structure *structure)
{
	size_t i;

	for (i = 0; i < schema->structure_count; i++) {
		if (&schema->structures[i] != structure &&
		    has_body(&schema->structures[i], structure))
			return true;
	}
	return false;
}

static void put_single(struct writer *w, const struct schema_structure *structure)
{
	const char *before = "";
	size_t i;

	put(w, "{\"type\":\"object\",\"properties\":{");
	if (is_variant(w->schema, structure)) {
		put(w, "\"@type\":{\"type\":\"string\"}");
		before = ",";
	}
	for (i = 0; i < structure->field_count; i++) {
		if (structure->fields[i].update == UPDATE_SERVER_SET ||
		    schema_absent(structure->fields[i].until))
			continue;
		put(w, before);
		put_property(w, &structure->fields[i]);
		before = ",";
	}
	put(w, "},\"additionalProperties\":false");
	if (!has_defaults(w->schema, structure))
		put_required(w, structure, NULL);
	put(w, "}");
}

static void put_union(struct writer *w, const struct schema_structure *structure)
{
	size_t count = structure->variant_count, i;

	put(w,
	    "{\"type\":\"object\",\"required\":[\"@type\"],\"properties\":{\"@type\":{\"enum\":[");
	/* what a --schema does not have stands behind what it has */
	while (count && schema_absent(structure->variants[count - 1].until))
		count--;
	for (i = 0; i < count; i++)
		buf_printf(w->out, "%s\"%s\"", i ? "," : "", structure->variants[i].name);
	put(w, "]}},\"allOf\":[");
	for (i = 0; i < count; i++) {
		const struct schema_variant *variant = &structure->variants[i];

		buf_printf(w->out,
			   "%s\n{\"if\":{\"required\":[\"@type\"],\"properties\":{\"@type\":{"
			   "\"const\":\"%s\"}}},\"then\":",
			   i ? "," : "", variant->name);
		if (variant->body)
			put_structure_ref(w, variant->body, NULL);
		else
			put(w, "{\"properties\":{\"@type\":true},\"additionalProperties\":false}");
		put(w, "}");
	}
	put(w, "]}");
}

/* Up to the map: the text that stw's own form takes for this structure as well; NULL: none. */
static const char *text_form(const struct schema_structure *structure)
{
	if (strcmp(structure->name, "Expression") == 0)
		return IF_TYPE("string") "{\"type\":\"string\",\"minLength\":1},\"else\":";
	if (strcmp(structure->name, "Rate") == 0)
		return IF_TYPE(
			"string") "{\"type\":\"string\",\"pattern\":\"^[^/]+/[^/]+$\"},\"else\":";
	return NULL;
}

static void put_structure(struct writer *w, const struct schema_structure *structure)
{
	const char *text = text_form(structure);

	buf_printf(w->out, ",\n\"%s\":{\"allOf\":[%s", structure->name, text ? text : "");
	if (structure->kind == STRUCTURE_SINGLE)
		put_single(w, structure);
	else
		put_union(w, structure);
	put(w, text ? "}]" : "]");
	put_doc(w, structure->doc);
	put(w, "}");
}

/* "enum":["a","b"] */
static void put_enum_members(struct buf *out, const struct schema_enum *e)
{
	size_t i;

	buf_puts(out, STR("\"enum\":["));
	for (i = 0; i < e->count && !schema_absent(e->members[i].until); i++)
		buf_printf(out, "%s\"%s\"", i ? "," : "", e->members[i].name);
	buf_putc(out, ']');
}

static void put_enum(struct writer *w, const struct schema_enum *e)
{
	buf_printf(w->out, ",\n\"enum.%s\":{", e->name);
	put_enum_members(w->out, e);
	put(w, "}");
}

/* One, or a list of them, for a member of the root. */
static void put_one_or_more(struct writer *w, const char *name)
{
	put(w, IF_TYPE("array") "{\"type\":\"array\",\"items\":");
	buf_printf(w->out, "{\"$ref\":\"#/definitions/%s\"}},\"else\":", name);
	buf_printf(w->out, "{\"$ref\":\"#/definitions/%s\"}}", name);
}

static void put_source_include(struct writer *w)
{
	put(w, ",\n\"own.include\":" IF_TYPE(
		       "string") "{\"type\":\"string\",\"minLength\":1},"
				 "\"else\":{\"type\":\"object\",\"required\":[\"file\"],"
				 "\"additionalProperties\":false,\"properties\":{"
				 "\"file\":{\"type\":\"string\",\"minLength\":1},"
				 "\"overlay\":{\"type\":\"boolean\"}}}}");
}

/* An include-list; among the objects of a type it says no other. */
static void put_list_include(struct writer *w, const char *name, bool typed)
{
	buf_printf(w->out, ",\n\"%s\":", name);
	put(w, "{\"type\":\"object\",\"required\":[\"file\"],"
	       "\"additionalProperties\":false,\"properties\":{");
	if (!typed)
		put(w, "\"type\":{\"enum\":[\"BlockedIp\",\"AllowedIp\"]},");
	put(w,
	    "\"file\":{\"type\":\"string\",\"minLength\":1},"
	    "\"format\":{\"enum\":[\"plain\",\"cidr\",\"range\",\"csv\"]},"
	    "\"column\":" IF_TYPE(
		    "string") "{\"type\":\"string\",\"minLength\":1},"
			      "\"else\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535}},"
			      "\"header\":{\"type\":\"boolean\"},"
			      "\"delimiter\":{\"type\":\"string\",\"pattern\":\"^[\\\\t -!#-~]$\"},"
			      "\"reason\":{\"type\":\"string\",\"minLength\":1},"
			      "\"expiresAt\":{\"type\":\"string\",\"format\":\"date-time\"}}}");
}

static void put_definitions(struct writer *w)
{
	bool more = true;
	size_t i;

	put(w, "\"definitions\":{\n\"own.null\":{\"enum\":[null,{\"@null\":true}]}");
	if (w->whole) {
		put_source_include(w);
		put_list_include(w, "own.list", false);
		put_list_include(w, "own.listOfType", true);
	}
	while (more) {
		more = false;
		for (i = 0; i < w->schema->structure_count; i++) {
			if (w->structures[i] != MARK_WANTED)
				continue;
			w->structures[i] = MARK_DONE;
			more = true;
			put_structure(w, &w->schema->structures[i]);
		}
	}
	for (i = 0; i < w->schema->enum_count; i++) {
		if (w->enums[i] == MARK_WANTED)
			put_enum(w, &w->schema->enums[i]);
	}
	put(w, "}");
}

static bool requires(const struct schema_structure *structure, const char *name)
{
	const struct schema_field *field = schema_field_find(structure, str_c(name));

	return field && field->required && field->update != UPDATE_SERVER_SET;
}

/* The field that a client id fills where a body leaves it out, and that there is no object without;
 * NULL where there is none. */
static const char *needed_key(const struct schema_object *object)
{
	const struct schema_structure *structure = object->structure;
	const char *name = NULL;
	size_t i;

	for (i = 0; i < object->key_count; i++) {
		if (object->keys[i].identity)
			name = object->keys[i].fields[0];
	}
	if (!name || structure->kind == STRUCTURE_SINGLE)
	return name && requires(structure, name) ? name : NULL;
	for (i = 0; i < structure->variant_count; i++) {
		if (!structure->variants[i].body || !requires(structure->variants[i].body, name))
			return NULL;
	}
	return name;
}

/* An object in a list, where no client id stands for its key. */
static void put_member(struct writer *w, const struct schema_object *object)
{
	const char *key = needed_key(object);

	if (key)
		put(w, "{\"allOf\":[");
	put_structure_ref(w, object->structure, NULL);
	if (key)
		buf_printf(w->out, ",{\"type\":\"object\",\"required\":[\"%s\"]}]}", key);
}

/* One property of the root under a name: a body, or a map or list of bodies. */
static void put_object(struct writer *w, const struct schema_object *object, const char *prefix,
		       const char *before)
{
	buf_printf(w->out, "%s\n\"%s%s\":", before, prefix, object->name);
	if (object->kind == OBJECT_SINGLETON) {
		put_structure_ref(w, object->structure, NULL);
		return;
	}
	put(w, IF_TYPE("array") "{\"type\":\"array\",\"items\":");
	put_member(w, object);
	put(w, "},\"else\":{\"type\":\"object\",");
	if (object->packed) {
		put(w, "\"properties\":{\"include-list\":");
		put_one_or_more(w, "own.listOfType");
		put(w, "},");
	}
	put(w, "\"additionalProperties\":");
	put_structure_ref(w, object->structure, NULL);
	put(w, "}}");
}

static void put_root(struct writer *w)
{
	const char *before = "";
	size_t i;

	put(w,
	    "\"title\":\"A mail-server configuration in the form of stw\",\"type\":\"object\","
	    "\"additionalProperties\":false,\"properties\":{\n\"$schema\":{\"type\":\"string\"},");
	put(w, "\n\"include\":");
	put_one_or_more(w, "own.include");
	put(w, ",\n\"include-list\":");
	put_one_or_more(w, "own.list");
	put(w, ",");
	for (i = 0; i < w->schema->object_count; i++) {
		const struct schema_object *object = &w->schema->objects[i];

		if (object->data || object->kind == OBJECT_VIEW ||
		    schema_absent(object->structure->until))
			continue;
		put_object(w, object, "", before);
		put_object(w, object, "x:", ",");
		before = ",";
	}
	put(w, "},\n");
}

/* `name`: of the one type that it is about, or NULL. */
static void put_opening(struct buf *out, const struct schema *schema, const char *name)
{
	buf_puts(out, STR("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\n"));
	buf_printf(out, "\"$id\":\"urn:stw:schema:%s%s%s\",\n\"$comment\":\"reference %s\",\n",
		   schema->version, name ? ":" : "", name ? name : "", schema->version);
}

void view_json_schema_enum(const struct schema *schema, const struct schema_enum *only,
			   struct buf *out)
{
	put_opening(out, schema, only->name);
	buf_printf(out, "\"title\":\"%s\",", only->name);
	put_enum_members(out, only);
	buf_puts(out, STR("}\n"));
}

bool view_json_schema(const struct schema *schema, const struct schema_structure *only,
		      struct buf *out)
{
	struct writer w = {.schema = schema,
			   .out = out,
			   .structures = calloc(schema->structure_count, 1),
			   .enums = calloc(schema->enum_count, 1),
			   .whole = only == NULL};
	bool ok = w.structures && w.enums;

	if (!ok)
		goto out;
	put_opening(out, schema, only ? only->name : NULL);
	if (only) {
		buf_printf(out, "\"title\":\"%s\",\"allOf\":[", only->name);
		put_structure_ref(&w, only, NULL);
		put(&w, "],\n");
	} else {
		put_root(&w);
	}
	put_definitions(&w);
	put(&w, "}\n");
	ok = !out->failed;
out:
	free(w.structures);
	free(w.enums);
	return ok;
}
