/* Deciding a case, and holding what came against what was expected. */
#include "stwc/judge.h"

#include <stdio.h>

#include "stwc/bind.h"
#include "stwc/view_dump.h"
#include "stwc/view_node.h"
#include "stwc/view_write.h"

void judge_place(struct judgement *out, struct view_place place)
{
	out->file = place.file;
	out->line = place.line;
}

void judgement_free(struct judgement *judgement)
{
	buf_free(&judgement->expected);
	buf_free(&judgement->got);
	buf_free(&judgement->because);
	buf_free(&judgement->why);
}

static bool undecided(struct judgement *out, const char *fault)
{
	out->outcome = JUDGE_UNDECIDED;
	buf_clear(&out->got);
	buf_clear(&out->why);
	buf_puts(&out->why, str_c(fault));
	return !out->why.failed;
}

/* What had no value was the empty text: the likeliest reason for a surprise. */
static void tell_unknown(struct judgement *out, const struct eval *e)
{
	for (size_t i = 0; i < e->unknown.count; i++)
		buf_printf(&out->why, "%s%.*s",
			   i            ? ", "
			   : out->why.n ? "; empty, for 'with' has no value: "
					: "empty, for 'with' has no value: ",
			   STR_ARG(e->unknown.entries[i].key));
}

static bool conclude(const struct judge_case *c, struct judgement *out, bool same)
{
	bool so = !c->because.n || str_eq(c->because, buf_str(&out->because));

	out->outcome = same && so ? JUDGE_PASSED : JUDGE_FAILED;
	if (c->because.n)
		buf_printf(&out->expected, " because of %.*s", STR_ARG(c->because));
	tell_unknown(out, &c->eval);
	return !out->expected.failed && !out->got.failed && !out->because.failed &&
	       !out->why.failed;
}

/* ---- addresses and recipients ---- */

static bool decide_verdict(const struct judge_case *c, struct judgement *out,
			   enum judge_verdict verdict)
{
	const char *word = judge_word(verdict);

	buf_puts(&out->expected, c->expect->string);
	buf_puts(&out->got, str_c(word));
	return conclude(c, out, str_eq_c(c->expect->string, word));
}

static bool decide_address(struct judge_case *c, struct view *view, struct judgement *out)
{
	struct view_decider decider;
	struct decision decision;
	struct view_reason reason;
	bool ok = view_decider_init(&decider, view);

	if (ok) {
		decide(&decider.decider, &c->peer, c->now, &decision);
		reason = view_decision_reason(&decider, &decision);
		buf_puts(&out->because, str_c(decide_rule_word(decision.rule)));
		view_decision_rule(&out->why, &decision);
		if (reason.word.n)
			buf_printf(&out->why, " (%.*s)", STR_ARG(reason.word));
		judge_place(out, reason.place);
	}
	view_decider_free(&decider);
	return ok && decide_verdict(c, out, decision.accept ? JUDGE_ALLOWED : JUDGE_BLOCKED);
}

static bool decide_recipient(struct judge_case *c, struct view *view, struct judgement *out)
{
	enum judge_verdict verdict;

	if (!judge_recipient(c, view, out, &verdict))
		return undecided(out, c->eval.fault);
	return decide_verdict(c, out, verdict);
}

static bool decide_limits(struct judge_case *c, struct view *view, struct judgement *out)
{
	bool same;

	if (!judge_limits(c, view, out, &same))
		return undecided(out, c->eval.fault);
	view_toml_inline(&out->expected, c->expect);
	return conclude(c, out, same);
}

/* ---- fields and expressions ---- */

static bool run_field(struct judge_case *c, struct view *view, const struct view_found *found,
		      struct interp_value *result, unsigned *branch)
{
	struct stw_bytes program;

	if (eval_field(view, found, &program))
		return eval_run(&c->eval, program, result, branch);
	(void)snprintf(c->eval.fault, sizeof(c->eval.fault),
		       "the expression is empty: it has neither conditions nor an else");
	return false;
}

bool judge_field(struct judge_case *c, struct view *view, struct str path, struct view_found *found,
		 struct interp_value *result, unsigned *branch)
{
	if (!path.p || !view_find(view, path, found) || !eval_is_expression(found)) {
		(void)snprintf(c->eval.fault, sizeof(c->eval.fault), "%s", view->fault);
		return false;
	}
	return run_field(c, view, found, result, branch);
}

/* A text stands for a number where it is one as expressions write it: "5m" for 300000. */
static bool is_expected(const struct interp_value *expected, const struct interp_value *got)
{
	struct interp_budget budget = {.state = INTERP_WITHIN};
	int64_t number;
	bool same;

	if (expected->kind == INTERP_TEXT && got->kind == INTERP_INTEGER)
		return expr_duration(expected->text, &number) && number == got->integer;
	if (got->kind == INTERP_WORD)
		return expected->kind == INTERP_TEXT && str_eq(expected->text, got->text);
	if (interp_is_number(expected) != interp_is_number(got))
		return false;
	arena_init(&budget.arena, 4096);
	same = interp_equal(&budget, expected, got) && budget.state == INTERP_WITHIN;
	arena_free(&budget.arena);
	return same;
}

static bool decide_result(struct judge_case *c, struct judgement *out,
			  const struct interp_value *result)
{
	struct interp_value expected;

	if (!eval_of_node(&c->eval, c->expect, &expected))
		return undecided(out, c->eval.fault);
	interp_print(&out->expected, &expected);
	interp_print(&out->got, result);
	return conclude(c, out, is_expected(&expected, result));
}

static void tell_misfit(struct eval *e, const struct diags *diags)
{
	const struct diag *diag = diags->count ? &diags->all[0] : NULL;

	if (!diag)
		e->no_memory = true;
	else if (diag->hint.n)
		(void)snprintf(e->fault, sizeof(e->fault), "%.*s: %.*s", STR_ARG(diag->message),
			       STR_ARG(diag->hint));
	else
		(void)snprintf(e->fault, sizeof(e->fault), "%.*s", STR_ARG(diag->message));
}

/* What is expected, in the spelling that a source may have, as a value of the field's type. NULL:
 * it can have no such value, as the fault says. */
static struct value *expected_value(struct judge_case *c, struct view *view,
				    const struct view_found *found)
{
	const struct schema_type *type = found->value ? found->value->type : found->field->type;
	const struct path path = {.field = found->field->name};
	const struct diags before = view->c.diags;
	struct source source = {.text = STR_NONE}; /* without a number: its values have no place */
	struct binder b = {.c = &view->c,
			   .type = found->object->type->name,
			   .name = view_object_name(found->object),
			   .kind = DRAFT_OWN,
			   .shapes = SHAPES_OWN};
	struct buf text = BUF_INIT;
	struct value *value = NULL;
	struct node *node;

	view_json_inline(&text, c->expect);
	source.text = text.failed ? STR_NONE : arena_str(&c->eval.arena, buf_str(&text));
	c->eval.no_memory = c->eval.no_memory || text.failed;
	buf_free(&text);
	diags_init(&view->c.diags, &view->c.arena);
	node = source.text.p ? reader_whole(FORMAT_JSON, &source, &view->c.diags, &c->eval.key,
					    &c->eval.arena)
			     : NULL;
	if (node)
		value = bind_value(&b, type, found->field, node, &path);
	if (!value)
		tell_misfit(&c->eval, &view->c.diags);
	view->c.diags = before;
	return value;
}

/* *masked: a secret in it became stars. */
static void put_value(struct buf *out, struct judge_case *c, const struct value *value,
		      bool *masked)
{
	const struct view_nodes to = {.arena = &c->eval.arena,
				      .key = &c->eval.key,
				      .shapes = SHAPES_OWN,
				      .masked = masked};
	const struct node *node = view_node(&to, value);

	if (node)
		view_toml_inline(out, node);
	out->failed = out->failed || !node;
}

/* What is no expression is compared by its meaning: 20000 is "20s", and sets have no order. A
 * reference that was resolved has a target, so that only its text is the same. */
static bool decide_value(struct judge_case *c, struct view *view, struct judgement *out,
			 const struct view_found *found)
{
	const struct value *expected;
	bool set = found->top != NULL, masked = false, same;

	if (!found->field)
		return undecided(out, "the path names a whole object; a field stands behind it");
	expected = expected_value(c, view, found);
	if (!expected)
		return undecided(out, c->eval.fault);
	put_value(&out->expected, c, expected, &masked);
	if (found->value) {
		put_value(&out->got, c, found->value, &masked);
		same = value_equal(expected, found->value) ||
		       (!masked && str_eq(buf_str(&out->expected), buf_str(&out->got)));
	} else {
		buf_puts(&out->got, STR("nothing"));
		same = expected->kind == VALUE_NULL;
	}
	buf_puts(&out->because, set ? STR("set") : STR("default"));
	buf_puts(&out->why, set ? STR("it is set") : STR("it is the default"));
	judge_place(out, view_found_place(view, found));
	return conclude(c, out, same);
}

static bool decide_field(struct judge_case *c, struct view *view, struct judgement *out)
{
	struct interp_value result;
	struct view_found found;
	unsigned branch;

	if (!view_find(view, c->asked, &found))
		return undecided(out, view->fault);
	if (!eval_is_expression(&found))
		return decide_value(c, view, out, &found);
	if (!run_field(c, view, &found, &result, &branch))
		return undecided(out, c->eval.fault);
	eval_branch(&out->because, &found, branch);
	if (found.top)
		buf_printf(&out->why, "%.*s of the expression", STR_ARG(buf_str(&out->because)));
	else
		buf_puts(&out->why, STR("it is the default"));
	judge_place(out, eval_branch_place(view, &found, branch));
	return decide_result(c, out, &result);
}

static bool decide_expression(struct judge_case *c, struct judgement *out)
{
	struct interp_value result;
	struct stw_bytes program;
	unsigned branch;

	if (!eval_compile(&c->eval, c->asked, &program)) {
		const struct diags *diags = &c->eval.diags;

		if (!diags->count)
			return undecided(out, c->eval.fault);
		(void)undecided(out, "");
		buf_puts(&out->why, diags->all[0].message);
		return !out->why.failed;
	}
	if (!eval_run(&c->eval, program, &result, &branch))
		return undecided(out, c->eval.fault);
	return decide_result(c, out, &result);
}

static bool decide_case(struct judge_case *c, struct view *view, struct judgement *out)
{
	switch (c->kind) {
	case JUDGE_ADDRESS: return decide_address(c, view, out);
	case JUDGE_RECIPIENT: return decide_recipient(c, view, out);
	case JUDGE_FIELD: return decide_field(c, view, out);
	case JUDGE_EXPRESSION: return decide_expression(c, out);
	case JUDGE_LIMITS: return decide_limits(c, view, out);
	}
	return false;
}

/* Where memory was short, neither an answer nor that there is none means anything. */
static bool had_memory(const struct judge_case *c, const struct view *view)
{
	return !c->eval.no_memory && !c->eval.arena.failed && !view->no_memory &&
	       !view->c.arena.failed && !view->c.diags.failed;
}

bool judge_decide(struct judge_case *c, struct view *view, struct judgement *out)
{
	*out = (struct judgement){.outcome = JUDGE_PASSED};
	c->eval.view = view;
	view->fault[0] = '\0';
	if (decide_case(c, view, out) && had_memory(c, view))
		return true;
	if (!had_memory(c, view))
		view->fault[0] = '\0';
	return false;
}
