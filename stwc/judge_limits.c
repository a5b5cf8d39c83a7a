/*
 * Which limits apply to a session, a delivery or what waits in the queue: those objects of one type
 * that are in force and whose `match` comes true. A quota without any expression applies always
 * (validation.md 1.8).
 */
#include "stwc/judge.h"

#include <stdio.h>

#include "stwc/view_diff.h"
#include "stwc/view_dump.h"

struct limits {
	struct judge_case *c;
	struct view *view;
	struct judgement *out;
	struct view_index all; /* of the type */
	size_t applying;
	bool same; /* as was expected, so far */
};

static bool in_force(struct view *view, const struct object *limit)
{
	const struct value *enable = diff_value(view, &limit->body, NULL, "enable");

	return !enable || enable->kind != VALUE_BOOL || enable->boolean;
}

static bool is_expected(const struct judge_case *c, struct str name)
{
	for (const struct node *n = c->expect->list.first; n; n = n->next)
		if (str_eq(n->string, name))
			return true;
	return false;
}

/* Does `match` come true? *reason and *place: the part of it that spoke. */
static bool matches(struct limits *l, const struct object *limit, bool *out, struct buf *reason,
		    struct view_place *place)
{
	struct eval *e = &l->c->eval;
	struct interp_value result;
	struct stw_bytes program;
	struct view_found found;
	unsigned branch;

	if (!view_find_field(l->view, limit, STR("match"), &found)) {
		(void)snprintf(e->fault, sizeof(e->fault), "%s", l->view->fault);
		return false;
	}
	if (!eval_is_expression(&found) || !eval_field(l->view, &found, &program)) {
		buf_puts(reason, STR("always"));
		*out = true;
		return true;
	}
	if (!eval_run(e, program, &result, &branch))
		return false;
	*out = interp_true(&result);
	eval_branch(reason, &found, branch);
	if (found.top)
		*place = eval_branch_place(l->view, &found, branch);
	return true;
}

static void tell(struct limits *l, struct str name, bool applies, struct str reason)
{
	buf_printf(&l->out->why, "%s%.*s %s (%.*s)", l->out->why.n ? ", " : "", STR_ARG(name),
		   applies ? "applies" : "does not", STR_ARG(reason));
	if (applies) {
		buf_puts(&l->out->got, l->applying++ ? STR(", ") : STR("["));
		buf_put_json(&l->out->got, name);
	}
}

static bool judge_limit(struct limits *l, const struct object *limit)
{
	struct str name = view_object_name(limit);
	struct view_place place = view_place_of(l->view, limit, NULL, NULL);
	struct buf reason = BUF_INIT;
	bool applies = false, ok = true;

	if (in_force(l->view, limit))
		ok = matches(l, limit, &applies, &reason, &place);
	else
		buf_puts(&reason, STR("not in force"));
	tell(l, name, applies, buf_str(&reason));
	l->out->why.failed = l->out->why.failed || reason.failed;
	buf_free(&reason);
	if (applies == is_expected(l->c, name))
		return ok;
	if (l->same) /* the first surprise is shown */
		judge_place(l->out, place);
	l->same = false;
	return ok;
}

/* What is expected and does not exist is likely to be misspelt. */
static void tell_strangers(struct limits *l)
{
	for (const struct node *n = l->c->expect->list.first; n; n = n->next) {
		size_t i = 0;

		while (i < l->all.count && !str_eq(view_object_name(l->all.by_name[i]), n->string))
			i++;
		if (i < l->all.count)
			continue;
		l->same = false;
		if (l->all.count)
			buf_printf(&l->out->why, "; there is no %.*s '%.*s'", STR_ARG(l->c->asked),
				   STR_ARG(n->string));
	}
}

bool judge_limits(struct judge_case *c, struct view *view, struct judgement *out, bool *same)
{
	const struct schema_object *type = schema_object_find(view->c.schema, c->asked);
	struct limits l = {.c = c, .view = view, .out = out, .same = true};
	bool ok = !type || view_load(view, type);

	if (!ok)
		(void)snprintf(c->eval.fault, sizeof(c->eval.fault), "%s", view->fault);
	if (ok && type && !view_index_init(&l.all, view, &type, 1))
		c->eval.no_memory = true;
	for (size_t i = 0; ok && i < l.all.count; i++)
		ok = judge_limit(&l, l.all.by_name[i]);
	if (ok && !l.all.count)
		buf_printf(&out->why, "the configuration has no %.*s", STR_ARG(c->asked));
	tell_strangers(&l);
	buf_puts(&out->got, l.applying ? STR("]") : STR("[]"));
	view_index_free(&l.all);
	*same = l.same;
	return ok;
}
