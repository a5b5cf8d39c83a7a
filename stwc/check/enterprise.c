/* What a server without a licence keeps and does not act on (validation.md 1.3 and 4.6). */
#include "stwc/bind.h"
#include "stwc/check/rules.h"
#include "stwc/defaults.h"

static void hint(const struct rule *rule, struct diag *diag)
{
	diag_hint(&rule->c->diags, diag, "--edition enterprise, where the server has a licence");
}

void rule_licensed(const struct rule *rule, const struct value *unused UNUSED)
{
	if (rule->c->options.edition == EDITION_COMMUNITY)
		hint(rule, rule_error(rule, DIAG_ENTERPRISE, NULL,
				      "sharded stores need an enterprise licence; the default "
				      "store is used without one"));
}

/* Null, nothing and the default have the same effect with and without a licence. */
static bool has_effect(const struct rule *rule, const struct schema_field *field,
		       const struct value *value)
{
	const struct schema_structure *fields =
		rule->body->variant ? rule->body->variant->body : rule->body->structure;
	const struct value *usual;

	if (value->kind == VALUE_NULL || (value->kind == VALUE_BOOL && !value->boolean) ||
	    (value->kind == VALUE_SEQUENCE && !value->sequence.count))
		return false;
	if (value->kind == VALUE_OBJECT || value->kind == VALUE_SEQUENCE ||
	    value->kind == VALUE_MAP)
		return true;
	usual = defaults_field(rule->c, fields, field);
	return !usual || usual->kind != value->kind || !value_same(usual, value);
}

static void check_body(const struct rule *up, const struct value_object *body)
{
	struct rule rule = *up;
	size_t i, j;

	rule.body = body;
	for (i = 0; i < body->count; i++) {
		const struct schema_field *field = body->fields[i].field;
		const struct value *value = body->fields[i].value;
		struct path path = {.up = up->path, .field = field->name};

		rule.path = &path;
		if (field->enterprise && has_effect(&rule, field, value))
			hint(&rule, rule_error(&rule, DIAG_ENTERPRISE, value,
					       "'%s' needs an enterprise licence", field->name));
		if (value->kind == VALUE_OBJECT)
			check_body(&rule, &value->object);
		for (j = 0; value->kind == VALUE_SEQUENCE && j < value->sequence.count; j++) {
			struct path step = {.up = &path, .index = j};
			struct rule member = rule;

			member.path = &step;
			if (value->sequence.items[j]->kind == VALUE_OBJECT)
				check_body(&member, &value->sequence.items[j]->object);
		}
	}
}

void check_enterprise(struct compilation *c)
{
	size_t i;

	if (c->options.edition != EDITION_COMMUNITY)
		return;
	for (i = 0; i < c->object_count; i++) {
		struct path_root root;
		struct rule rule = {.c = c, .object = c->objects[i], .body = &c->objects[i]->body};

		rule.path =
			path_of(&root, rule.object->type, rule.object->shown, rule.object->ordinal);
		if (rule.object->type->enterprise)
			hint(&rule,
			     rule_error(&rule, DIAG_ENTERPRISE, NULL,
					"%s needs an enterprise licence", rule.object->type->name));
		else
			check_body(&rule, &rule.object->body);
	}
}
