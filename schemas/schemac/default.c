/* Defaults: as rows write them, to the one form in which a server would show them. */
#include "schemas/schemac/schemac.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

static bool put_value(struct rows *rows, struct buf *out, const struct node *node,
		      const struct schema_type *type);

static void put_number(struct buf *out, double number, const struct schema_type *type)
{
	char text[32];

	if (type->kind == TYPE_FLOAT) {
		num_format_double(number, text);
		buf_puts(out, str_c(text));
	} else {
		buf_printf(out, "%.0f", number);
	}
}

static bool put_scalar(struct rows *rows, struct buf *out, const struct node *node,
		       const struct schema_type *type)
{
	double number;

	if (type->kind == TYPE_BOOLEAN && node->kind == NODE_BOOL) {
		buf_puts(out, node->boolean ? STR("true") : STR("false"));
		return true;
	}
	if (type->kind >= TYPE_UNSIGNED && type->kind <= TYPE_DURATION) {
		if (!number_of_node(rows, node, type, &number))
			return false;
		put_number(out, number, type);
		return true;
	}
	if (node->kind != NODE_STRING || type->kind == TYPE_BOOLEAN) {
		rows_error(rows, node->span, "%s is no default of this type", node_kind_name(node));
		return false;
	}
	if (type->kind == TYPE_ENUM && !schema_enum_member_find(type->members, node->string)) {
		rows_error(rows, node->span, "enum %s has no member %.*s", type->members->name,
			   STR_ARG(node->string));
		return false;
	}
	buf_put_json(out, node->string);
	return true;
}

/* Members become keys: {"a":true} of a set, {"0":…} of a list. */
static bool put_members(struct rows *rows, struct buf *out, const struct node *node,
			const struct schema_type *type)
{
	size_t ordinal = 0;

	if (node->kind != NODE_LIST) {
		rows_error(rows, node->span, "write a list here");
		return false;
	}
	buf_putc(out, '{');
	for (const struct node *m = node->list.first; m; m = m->next, ordinal++) {
		if (ordinal)
			buf_putc(out, ',');
		if (type->kind == TYPE_LIST)
			buf_printf(out, "\"%zu\":", ordinal);
		if (!put_value(rows, out, m, type->element))
			return false;
		if (type->kind == TYPE_SET)
			buf_puts(out, STR(":true"));
	}
	buf_putc(out, '}');
	return true;
}

static bool put_map(struct rows *rows, struct buf *out, const struct node *node,
		    const struct schema_type *type)
{
	const char *comma = "";

	if (node->kind != NODE_MAP) {
		rows_error(rows, node->span, "write a table here");
		return false;
	}
	buf_putc(out, '{');
	for (const struct node_entry *e = node->map.first; e; e = e->next, comma = ",") {
		struct node key = {.kind = NODE_STRING, .span = e->key_span, .string = e->key};

		buf_puts(out, str_c(comma));
		if (!put_value(rows, out, &key, type->key))
			return false;
		buf_putc(out, ':');
		if (!put_value(rows, out, e->value, type->element))
			return false;
	}
	buf_putc(out, '}');
	return true;
}

/* The structure whose fields a body has: of a union that of its "@type". */
static const struct schema_structure *put_variant(struct rows *rows, struct buf *out,
						  const struct node *node,
						  const struct schema_structure *structure)
{
	const struct node *at = node_map_get(node, STR("@type"));
	const struct schema_variant *variant = NULL;

	if (structure->kind == STRUCTURE_SINGLE)
		return structure;
	if (at && at->kind == NODE_STRING)
		variant = schema_variant_find(structure, at->string);
	if (!variant) {
		rows_error(rows, node->span, "%s needs an @type of its own", structure->name);
		return NULL;
	}
	buf_puts(out, STR("\"@type\":"));
	buf_put_json(out, str_c(variant->name));
	return variant->body ? variant->body : structure;
}

static bool put_object(struct rows *rows, struct buf *out, const struct node *node,
		       const struct schema_structure *structure)
{
	const struct schema_structure *body;
	bool first;

	buf_putc(out, '{');
	body = put_variant(rows, out, node, structure);
	if (!body)
		return false;
	first = structure->kind == STRUCTURE_SINGLE;
	/* Fields are sorted by name, so the text is canonical. */
	for (size_t i = 0; i < body->field_count; i++) {
		const struct node *value = node_map_get(node, str_c(body->fields[i].name));

		if (!value)
			continue;
		buf_printf(out, "%s\"%s\":", first ? "" : ",", body->fields[i].name);
		if (!put_value(rows, out, value, body->fields[i].type))
			return false;
		first = false;
	}
	for (const struct node_entry *e = node->map.first; e; e = e->next) {
		if (str_eq_c(e->key, "@type") || schema_field_find(body, e->key))
			continue;
		rows_error(rows, e->key_span, "%s has no field %.*s", body->name, STR_ARG(e->key));
		return false;
	}
	buf_putc(out, '}');
	return true;
}

static bool put_value(struct rows *rows, struct buf *out, const struct node *node,
		      const struct schema_type *type)
{
	if (type->kind == TYPE_SET || type->kind == TYPE_LIST)
		return put_members(rows, out, node, type);
	if (type->kind == TYPE_MAP)
		return put_map(rows, out, node, type);
	if (type->kind != TYPE_OBJECT)
		return put_scalar(rows, out, node, type);
	/* An expression without conditions is written as a string. */
	if (node->kind == NODE_STRING && strcmp(type->structure->name, "Expression") == 0) {
		buf_puts(out, STR("{\"else\":"));
		buf_put_json(out, node->string);
		buf_putc(out, '}');
		return true;
	}
	if (node->kind == NODE_MAP)
		return put_object(rows, out, node, type->structure);
	rows_error(rows, node->span, "%s is no default of this type", node_kind_name(node));
	return false;
}

const char *default_json(struct rows *rows, const struct node *node, const struct schema_type *type)
{
	struct buf out = BUF_INIT;
	const char *text = NULL;

	if (put_value(rows, &out, node, type) && !out.failed)
		text = rows_text(rows, buf_str(&out));
	buf_free(&out);
	return text;
}
