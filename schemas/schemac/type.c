/* Types of rows, from "map of enum ServiceProtocol to Service" to a descriptor. */
#include "schemas/schemac/schemac.h"

#include "grammar/scalar.h"

struct words {
	struct rows *rows;
	struct span span;
	struct str rest;
};

static struct str next_word(struct words *w)
{
	const char *blank = w->rest.n ? memchr(w->rest.p, ' ', w->rest.n) : NULL;
	size_t n = blank ? (size_t)(blank - w->rest.p) : w->rest.n;
	struct str word = {w->rest.p, n};

	w->rest = str_from(w->rest, blank ? n + 1 : n);
	return word;
}

static bool expect(struct words *w, const char *word)
{
	if (str_eq_c(next_word(w), word))
		return true;
	rows_error(w->rows, w->span, "a type misses the word \"%s\"", word);
	return false;
}

static bool named_type(struct words *w, struct schema_type *type, enum type_kind kind,
		       struct str name)
{
	const struct schema *schema = &w->rows->schema;

	type->kind = (uint8_t)kind;
	if (kind == TYPE_ENUM) {
		type->members = schema_enum_find(schema, name);
	} else if (kind == TYPE_REFERENCE) {
		type->target = schema_object_find(schema, name);
		type->structure = type->target ? type->target->structure : NULL;
	} else {
		type->structure = schema_structure_find(schema, name);
	}
	if (type->members || type->structure)
		return true;
	rows_error(w->rows, w->span, "there is no %s %.*s",
		   kind == TYPE_ENUM        ? "enum"
		   : kind == TYPE_REFERENCE ? "object type"
					    : "type",
		   STR_ARG(name));
	return false;
}

static struct schema_type *parse(struct words *w, unsigned depth);

static bool parse_container(struct words *w, struct schema_type *type, struct str word,
			    unsigned depth)
{
	if (!expect(w, "of"))
		return false;
	type->kind = str_eq_c(word, "list") ? TYPE_LIST : TYPE_SET;
	if (str_eq_c(word, "map")) {
		type->kind = TYPE_MAP;
		type->key = parse(w, depth + 1);
		if (!type->key || !expect(w, "to"))
			return false;
	}
	type->element = parse(w, depth + 1);
	if (type->element && type->kind == TYPE_LIST && type->element->kind != TYPE_OBJECT) {
		rows_error(w->rows, w->span, "only objects stand in lists; a set may hold this");
		return false;
	}
	return type->element != NULL;
}

/* The word after the keyword must not be missing; a '?' was taken off before. */
static bool parse_into(struct words *w, struct schema_type *type, unsigned depth)
{
	struct str word = next_word(w);
	enum type_kind kind;

	if (str_eq_c(word, "list") || str_eq_c(word, "set") || str_eq_c(word, "map"))
		return depth == 0
			       ? parse_container(w, type, word, depth)
			       : (rows_error(w->rows, w->span, "containers are not nested"), false);
	if (str_eq_c(word, "reference"))
		return expect(w, "to") && named_type(w, type, TYPE_REFERENCE, next_word(w));
	if (str_eq_c(word, "enum"))
		return named_type(w, type, TYPE_ENUM, next_word(w));
	if (str_eq_c(word, "object") && depth == 0)
		return named_type(w, type, TYPE_OBJECT, next_word(w));
	if (schema_type_kind_find(word, &kind)) {
		type->kind = (uint8_t)kind;
		return true;
	}
	if (depth > 0)
		return named_type(w, type, TYPE_OBJECT, word);
	rows_error(w->rows, w->span, "%.*s is no type", STR_ARG(word));
	return false;
}

static struct schema_type *parse(struct words *w, unsigned depth)
{
	struct schema_type *type = ARENA_NEW(w->rows->arena, struct schema_type);

	return type && parse_into(w, type, depth) ? type : NULL;
}

struct schema_type *type_parse(struct rows *rows, struct span span, struct str text)
{
	struct words w = {rows, span, text};
	bool nullable = str_ends(text, STR("?"));
	struct schema_type *type;

	if (nullable)
		w.rest.n--;
	type = parse(&w, 0);
	if (!type)
		return NULL;
	if (w.rest.n) {
		rows_error(rows, span, "a type ends before \"%.*s\"", STR_ARG(w.rest));
		return NULL;
	}
	type->nullable = nullable;
	return type;
}

static bool number_of_text(struct str text, const struct schema_type *type, double *out)
{
	uint64_t whole;
	bool ok = false;

	if (type->kind == TYPE_DURATION)
		ok = scalar_duration(text, &whole) == SCALAR_OK;
	else if (type->kind == TYPE_SIZE)
		ok = scalar_size(text, &whole) == SCALAR_OK;
	/* Every whole number up to 2^53 is a double. */
	if (!ok || whole > UINT64_C(1) << 53)
		return false;
	*out = (double)whole;
	return true;
}

bool number_of_node(struct rows *rows, const struct node *node, const struct schema_type *type,
		    double *out)
{
	int64_t whole;

	if (node->kind == NODE_FLOAT && type->kind == TYPE_FLOAT) {
		*out = node->number;
		return true;
	}
	if (node->kind == NODE_INT && node_as_i64(node, &whole) && whole <= INT64_C(1) << 53 &&
	    whole >= -(INT64_C(1) << 53)) {
		*out = (double)whole;
		return true;
	}
	if (node->kind == NODE_STRING && number_of_text(node->string, type, out))
		return true;
	rows_error(rows, node->span, "this is no number for its type");
	return false;
}
