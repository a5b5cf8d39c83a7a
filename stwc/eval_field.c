/* The expression that stands in a field of a configuration, as the program that would run. */
#include "stwc/eval.h"
#include "stwc/state.h"

bool eval_is_expression(const struct view_found *found)
{
	return found->field && found->value && found->value->kind == VALUE_OBJECT &&
	       strcmp(found->value->object.structure->name, "Expression") == 0;
}

static bool program_of_state(const struct view *view, const struct view_found *found,
			     struct stw_bytes *out)
{
	const struct compile_state *state = view->c.state;

	for (size_t i = 0; state && i < state->expression_count; i++) {
		const struct compiled_expression *e = &state->expressions[i];

		if (e->object != found->object || e->structure != found->holder->number ||
		    e->field != found->field->number)
			continue;
		*out = (struct stw_bytes){(const uint8_t *)e->program.p, e->program.n};
		return true;
	}
	return false;
}

bool eval_field(struct view *view, const struct view_found *found, struct stw_bytes *out)
{
	struct str made;

	if (view->image && stw_expression(stw_table(view->reader, STW_TABLE_EXPRESSIONS),
					  found->object->type->structure->number, found->object->id,
					  found->holder->number, found->field->number, out))
		return true;
	if (!view->image && program_of_state(view, found, out))
		return true;
	made = expression_program(&view->c, &found->value->object);
	*out = (struct stw_bytes){(const uint8_t *)made.p, made.n};
	return made.p != NULL;
}

static const struct value *condition(const struct view_found *found, unsigned branch)
{
	const struct value *match = value_field_get(&found->value->object, "match");

	return match && match->kind == VALUE_SEQUENCE && branch < match->sequence.count
		       ? match->sequence.items[branch]
		       : NULL;
}

void eval_branch(struct buf *out, const struct view_found *found, unsigned branch)
{
	if (condition(found, branch))
		buf_printf(out, "match/%u/then", branch);
	else
		buf_puts(out, STR("else"));
}

struct view_place eval_branch_place(struct view *view, const struct view_found *found,
				    unsigned branch)
{
	const struct value *match = condition(found, branch);
	const struct value *part = value_field_get(match ? &match->object : &found->value->object,
						   match ? "then" : "else");

	if (!found->top)
		return (struct view_place){STR_NONE, 0};
	return view_place_of(view, found->object, found->top, part ? part : found->value);
}
