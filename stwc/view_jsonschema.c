/*
 * JSON Schema from the tables. Definitions are written for what is used alone: writing a type
 * marks the structures and enums that it names, and the marks are served until none is left.
 * Names of definitions: "NetworkListener" a structure, "enum.X" an enum, "own.X" a spelling.
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
	bool whole; /* of a configuration, with its includes */
};

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

static void put_structure_ref(struct writer *w, const struct schema_structure *structure)
{
	want(&w->structures[structure - w->schema->structures]);
	buf_printf(w->out, "{\"$ref\":\"#/definitions/%s\"}", structure->name);
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
	put(w, "{\"anyOf\":[");
	put_number(w, type, "integer", least);
	buf_printf(w->out, ",{\"type\":\"string\",\"pattern\":\"%s\"}]}", pattern);
}

static void put_text(struct writer *w, const struct schema_type *type, const char *format)
{
	put(w, "{\"type\":\"string\",\"minLength\":1");
	if (type->max_length)
		/* a character has at least one byte, so the limit in bytes holds for both */
		buf_printf(w->out, ",\"maxLength\":%u", type->max_length);
	if (format)
		buf_printf(w->out, ",\"format\":\"%s\"", format);
	put(w, "}");
}

static void put_type(struct writer *w, const struct schema_type *type);

static void put_min_items(struct writer *w, const char *word, uint32_t count)
{
	if (count)
		buf_printf(w->out, ",\"%s\":%u", word, count);
}

static void put_list(struct writer *w, const struct schema_type *type)
{
	put(w, "{\"anyOf\":[{\"type\":\"array\"");
	put_min_items(w, "minItems", type->min_items);
	put(w, ",\"items\":");
	put_type(w, type->element);
	put(w, "},{\"type\":\"object\"");
	put_min_items(w, "minProperties", type->min_items);
	put(w, ",\"propertyNames\":{\"pattern\":\"^[0-9]+$\"},\"additionalProperties\":");
	put_type(w, type->element);
	put(w, "}]}");
}

/* A list, a map from members to true, or one member alone. */
static void put_set(struct writer *w, const struct schema_type *type)
{
	put(w, "{\"anyOf\":[{\"type\":\"array\"");
	put_min_items(w, "minItems", type->min_items);
	put(w, ",\"items\":");
	put_type(w, type->element);
	put(w, "},{\"type\":\"object\"");
	put_min_items(w, "minProperties", type->min_items);
	if (type->element->kind == TYPE_ENUM) {
		put(w, ",\"propertyNames\":");
		put_type(w, type->element);
	}
	put(w, ",\"additionalProperties\":{\"type\":\"boolean\"}}");
	if (type->min_items < 2) {
		put(w, ",");
		put_type(w, type->element);
	}
	put(w, "]}");
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
#define SIZE_PATTERN "^[ \\\\t]*[0-9]+[ \\\\t]*[kKmMgGtT]?[bB][ \\\\t]*$"

static void put_plain(struct writer *w, const struct schema_type *type)
{
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
	case TYPE_REFERENCE: put_text(w, type, NULL); break;
	case TYPE_URI: put_text(w, type, "uri"); break;
	case TYPE_EMAIL: put_text(w, type, "email"); break;
	case TYPE_DATE_TIME: put_text(w, type, "date-time"); break;
	case TYPE_ENUM: put_enum_ref(w, type->members); break;
	case TYPE_OBJECT: put_structure_ref(w, type->structure); break;
	case TYPE_LIST: put_list(w, type); break;
	case TYPE_SET: put_set(w, type); break;
	case TYPE_MAP: put_map(w, type); break;
	}
}

static void put_type(struct writer *w, const struct schema_type *type)
{
	if (type->nullable)
		put(w, "{\"anyOf\":[");
	put_plain(w, type);
	if (type->nullable)
		put(w, ",{\"type\":\"null\"},{\"$ref\":\"#/definitions/own.null\"}]}");
}

static void put_property(struct writer *w, const struct schema_field *field)
{
	buf_printf(w->out, ",\n\"%s\":{\"allOf\":[", field->name);
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

static void put_required(struct writer *w, const struct schema_structure *structure)
{
	const char *before = ",\"required\":[";
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		const struct schema_field *field = &structure->fields[i];

		if (!field->required || field->update == UPDATE_SERVER_SET ||
		    names_object(w->schema, structure, field->name) ||
		    host_decides(structure, field->name))
			continue;
		buf_printf(w->out, "%s\"%s\"", before, field->name);
		before = ",";
	}
	if (*before == ',' && before[1] == '\0')
		put(w, "]");
}

static void put_single(struct writer *w, const struct schema_structure *structure)
{
	size_t i;

	put(w, "{\"type\":\"object\",\"properties\":{\"@type\":{\"type\":\"string\"}");
	for (i = 0; i < structure->field_count; i++) {
		if (structure->fields[i].update != UPDATE_SERVER_SET &&
		    !schema_absent(structure->fields[i].until))
			put_property(w, &structure->fields[i]);
	}
	put(w, "},\"additionalProperties\":false");
	put_required(w, structure);
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
			   "%s\n{\"if\":{\"properties\":{\"@type\":{\"const\":\"%s\"}}},\"then\":",
			   i ? "," : "", variant->name);
		if (variant->body)
			put_structure_ref(w, variant->body);
		else
			put(w, "{\"maxProperties\":1}");
		put(w, "}");
	}
	put(w, "]}");
}

/* What stw's own form takes for this structure beside a map; NULL: nothing. */
static const char *text_form(const struct schema_structure *structure)
{
	if (strcmp(structure->name, "Expression") == 0)
		return "{\"type\":\"string\",\"minLength\":1}";
	if (strcmp(structure->name, "Rate") == 0)
		return "{\"type\":\"string\",\"pattern\":\"^[^/]+/[^/]+$\"}";
	return NULL;
}

static void put_structure(struct writer *w, const struct schema_structure *structure)
{
	const char *text = text_form(structure);

	buf_printf(w->out, ",\n\"%s\":{\"%s\":[", structure->name, text ? "anyOf" : "allOf");
	if (text) {
		put(w, text);
		put(w, ",");
	}
	if (structure->kind == STRUCTURE_SINGLE)
		put_single(w, structure);
	else
		put_union(w, structure);
	put(w, "]");
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

/* {"anyOf":[one, a list of them]} for a member of the root. */
static void put_one_or_more(struct writer *w, const char *name)
{
	buf_printf(w->out, "{\"anyOf\":[{\"$ref\":\"#/definitions/%s\"},", name);
	buf_printf(w->out, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/%s\"}}]}",
		   name);
}

static void put_source_include(struct writer *w)
{
	put(w, ",\n\"own.include\":{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":"
	       "\"object\",\"required\":[\"file\"],\"additionalProperties\":false,\"properties\":{"
	       "\"file\":{\"type\":\"string\",\"minLength\":1},"
	       "\"overlay\":{\"type\":\"boolean\"}}}]}");
}

static void put_list_include(struct writer *w)
{
	put(w, ",\n\"own.list\":{\"type\":\"object\",\"required\":[\"file\"],"
	       "\"additionalProperties\":false,\"properties\":{"
	       "\"file\":{\"type\":\"string\",\"minLength\":1},"
	       "\"format\":{\"enum\":[\"plain\",\"cidr\",\"range\",\"csv\"]},"
	       "\"type\":{\"enum\":[\"BlockedIp\",\"AllowedIp\"]},"
	       "\"column\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},"
	       "{\"type\":\"string\",\"minLength\":1}]},"
	       "\"header\":{\"type\":\"boolean\"},"
	       "\"delimiter\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1},"
	       "\"reason\":{\"type\":\"string\",\"minLength\":1},"
	       "\"createdAt\":{\"type\":\"string\",\"format\":\"date-time\"},"
	       "\"expiresAt\":{\"type\":\"string\",\"format\":\"date-time\"}}}");
}

static void put_definitions(struct writer *w)
{
	bool more = true;
	size_t i;

	put(w, "\"definitions\":{\n\"own.null\":{\"type\":\"object\",\"required\":[\"@null\"],"
	       "\"properties\":{\"@null\":{\"const\":true}}}");
	if (w->whole) {
		put_source_include(w);
		put_list_include(w);
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

/* One property of the root under a name: a body, or a map or list of bodies. */
static void put_object(struct writer *w, const struct schema_object *object, const char *prefix,
		       const char *before)
{
	buf_printf(w->out, "%s\n\"%s%s\":", before, prefix, object->name);
	if (object->kind == OBJECT_SINGLETON) {
		put_structure_ref(w, object->structure);
		return;
	}
	put(w, "{\"anyOf\":[{\"type\":\"object\",");
	if (object->packed) {
		put(w, "\"properties\":{\"include-list\":");
		put_one_or_more(w, "own.list");
		put(w, "},");
	}
	put(w, "\"additionalProperties\":");
	put_structure_ref(w, object->structure);
	put(w, "},{\"type\":\"array\",\"items\":");
	put_structure_ref(w, object->structure);
	put(w, "}]}");
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
	struct writer w = {schema, out, calloc(schema->structure_count, 1),
			   calloc(schema->enum_count, 1), only == NULL};
	bool ok = w.structures && w.enums;

	if (!ok)
		goto out;
	put_opening(out, schema, only ? only->name : NULL);
	if (only) {
		want(&w.structures[only - schema->structures]);
		buf_printf(out, "\"title\":\"%s\",\"allOf\":[{\"$ref\":\"#/definitions/%s\"}],\n",
			   only->name, only->name);
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
