/* Deciding a case, and holding what came against what was expected. */
#include "stwc/judge.h"

#include <stdio.h>

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
	if (!ok)
		return view->fault[0] && undecided(out, view->fault);
	return decide_verdict(c, out, decision.accept ? JUDGE_ALLOWED : JUDGE_BLOCKED);
}

static bool decide_recipient(struct judge_case *c, struct view *view, struct judgement *out)
{
	enum judge_verdict verdict;

	if (!judge_recipient(c, view, out, &verdict))
		return undecided(out, c->eval.fault);
	return decide_verdict(c, out, verdict);
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
	if (!path.p || !view_find(view, path, found)) {
		(void)snprintf(c->eval.fault, sizeof(c->eval.fault), "%s",
			       path.p ? view->fault : "out of memory");
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

/* What is no expression is compared as `stwc get` prints it. */
static bool decide_value(struct judge_case *c, struct view *view, struct judgement *out,
			 const struct view_found *found)
{
	const struct view_nodes to = {
		.arena = &c->eval.arena, .key = &c->eval.key, .shapes = SHAPES_OWN};
	const struct node *node = found->value ? view_node(&to, found->value) : NULL;
	bool set = found->top != NULL;

	if (!found->field)
		return undecided(out, "the path names a whole object; a field stands behind it");
	view_toml_inline(&out->expected, c->expect);
	if (node)
		view_toml_inline(&out->got, node);
	else
		buf_puts(&out->got, STR("nothing"));
	buf_puts(&out->because, set ? STR("set") : STR("default"));
	buf_puts(&out->why, set ? STR("it is set") : STR("it is the default"));
	judge_place(out, view_found_place(view, found));
	return conclude(c, out, node && str_eq(buf_str(&out->expected), buf_str(&out->got)));
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

bool judge_decide(struct judge_case *c, struct view *view, struct judgement *out)
{
	*out = (struct judgement){.outcome = JUDGE_PASSED};
	c->eval.view = view;
	switch (c->kind) {
	case JUDGE_ADDRESS: return decide_address(c, view, out);
	case JUDGE_RECIPIENT: return decide_recipient(c, view, out);
	case JUDGE_FIELD: return decide_field(c, view, out);
	case JUDGE_EXPRESSION: return decide_expression(c, out);
	}
	return false;
}
