/*
 * What MtaOutboundStrategy names by default: a server makes those objects only where a
 * configuration has none of the type, so one of its own takes them away (validation.md 5.2).
 */
#include "stwc/check/expression.h"
#include "stwc/check/lint.h"
#include "stwc/defaults.h"

static const struct {
	const char *field, *type;
} choices[] = {
	{"route", "MtaRoute"},
	{"schedule", "MtaDeliverySchedule"},
	{"connection", "MtaConnectionStrategy"},
	{"tls", "MtaTlsStrategy"},
};

/* Adds the name in a text of the default that is not there: "'local'". */
static void note_absent(struct compilation *c, const struct schema_object *type, struct str text,
			struct buf *absent)
{
	struct suggestion best;
	struct str name;

	/* no server has a schedule of this name, since its own is refused (5.2) */
	if (lint_next_token(&text, &name) != LINT_QUOTED || str_eq_c(name, "report") ||
	    expression_target(c, type, name, false, &best))
		return;
	buf_printf(absent, "%s'%.*s'", absent->n ? ", " : "", STR_ARG(name));
}

/* The field as it is left at its default, and the first object of the type that stands in its way.
 */
static void check_choice(struct compilation *c, const struct schema_structure *structure,
			 const char *field, const struct object *first)
{
	struct value_object bare = {.structure = structure};
	const struct value_object *expression = lint_object(c, &bare, field);
	const struct schema_object *type = first->type;
	struct buf absent = BUF_INIT;
	struct diag *diag;
	size_t count, i;
	struct value *const *branches;

	if (!expression)
		return;
	branches = lint_members(c, expression, "match", &count);
	for (i = 0; i < count; i++)
		note_absent(c, type, lint_text(c, &branches[i]->object, "then"), &absent);
	note_absent(c, type, lint_text(c, expression, "else"), &absent);
	if (absent.n) {
		diag = diag_add(&c->diags, DIAG_EXPRESSION_TARGET, first->span,
				"MtaOutboundStrategy.%s is left at its default, which names %.*s, "
				"and there is no such %s",
				field, STR_ARG(buf_str(&absent)), type->name);
		lint_place(c, diag, first, NULL);
		diag_hint(&c->diags, diag,
			  "a server makes its own only where there are none: add them, or say "
			  "what is meant");
	}
	buf_free(&absent);
}

void check_default_targets(struct compilation *c)
{
	const struct object *strategy = compile_first(c, "MtaOutboundStrategy");
	const struct schema_structure *structure =
		schema_structure_find(c->schema, STR("MtaOutboundStrategy"));
	size_t i;

	if (!structure || !lint_whole(c) || c->has_settings ||
	    (strategy && (strategy->poisoned || strategy->rest_elsewhere)))
		return;
	for (i = 0; i < ARRAY_LEN(choices); i++) {
		const struct object *first = compile_first(c, choices[i].type);

		/* a plan is for a server that has made its own */
		if (first && !(strategy && value_field_get(&strategy->body, choices[i].field)) &&
		    source_shapes(c, first->span.source, SHAPES_OWN) == SHAPES_OWN)
			check_choice(c, structure, choices[i].field, first);
	}
}
