/* stwc eval: an expression, or the one that stands in a configuration, with values for what it
 * asks. */
#include <stdio.h>

#include "core/render.h"
#include "libstw/program.h"
#include "stwc/cmd_view.h"
#include "stwc/eval.h"

struct question {
	const struct options *options;
	struct view view;
	struct eval eval;
	struct str text; /* the operand */
	bool path;       /* it names a field */
	struct view_found found;
	struct interp_value result;
	unsigned branch;
};

/* Type/… and Type.… name a field; no variable or function is called as a type is. */
static bool is_path(struct str text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '/' && text.p[n] != '.')
		n++;
	return n < text.n && schema_object_find(&schema_builtin, (struct str){text.p, n});
}

static enum status compile_path(struct question *q, struct stw_bytes *out)
{
	if (!q->options->input_count)
		return cmd_fail(&cmd_eval, "name an image or sources behind %.*s",
				STR_ARG(q->text));
	if (!view_find(&q->view, q->text, &q->found))
		return cmd_fail(&cmd_eval, "%s", q->view.fault);
	if (!eval_is_expression(&q->found))
		return cmd_fail(&cmd_eval, "%.*s is no expression", STR_ARG(q->text));
	if (eval_field(&q->view, &q->found, out))
		return STATUS_VALID;
	return cmd_fail(&cmd_eval, "%.*s is empty: it has neither conditions nor an else",
			STR_ARG(q->text));
}

static enum status compile_text(struct question *q, struct stw_bytes *out)
{
	struct eval *e = &q->eval;
	bool ok = eval_compile(e, q->text, out);
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < e->diags.count; i++)
		render_text(&text, &e->sources, &e->diags.all[i], false);
	if (text.n)
		(void)fwrite(text.p, 1, text.n, stderr); /* nowhere to say that it is gone */
	buf_free(&text);
	if (ok)
		return STATUS_VALID;
	return e->diags.count ? STATUS_INVALID : cmd_fail(&cmd_eval, "%s", e->fault);
}

static bool take_values(struct question *q)
{
	const struct options *options = q->options;

	for (size_t i = 0; i < options->with_count; i++)
		if (!eval_with(&q->eval, str_c(options->with[i])))
			return false;
	for (size_t i = 0; i < options->answer_count; i++)
		if (!eval_answer(&q->eval, str_c(options->answers[i])))
			return false;
	return true;
}

/* "match/0/then": the part of the field that gave the result; empty: there is but one. */
static void put_branch(struct buf *out, const struct question *q)
{
	if (q->path)
		eval_branch(out, &q->found, q->branch);
}

static const char *kind_word(const struct interp_value *value)
{
	switch ((enum interp_kind)value->kind) {
	case INTERP_TEXT: return "text";
	case INTERP_INTEGER: return "integer";
	case INTERP_FLOAT: return "float";
	case INTERP_LIST: return "list";
	case INTERP_WORD: return "constant";
	}
	return "";
}

static void put_json_value(struct buf *out, const struct interp_value *value)
{
	struct buf text = BUF_INIT;

	switch ((enum interp_kind)value->kind) {
	case INTERP_TEXT:
	case INTERP_WORD: buf_put_json(out, value->text); return;
	case INTERP_INTEGER:
	case INTERP_FLOAT:
		interp_print(&text, value);
		/* what JSON has no number for is a text */
		if (value->kind == INTERP_FLOAT &&
		    !(value->number - value->number >= 0 && value->number - value->number <= 0))
			buf_put_json(out, buf_str(&text));
		else
			buf_puts(out, buf_str(&text));
		buf_free(&text);
		return;
	case INTERP_LIST: break;
	}
	buf_putc(out, '[');
	for (size_t i = 0; i < value->list.count; i++) {
		buf_puts(out, i ? STR(",") : STR(""));
		put_json_value(out, &value->list.items[i]);
	}
	buf_putc(out, ']');
}

static void put_json(struct buf *out, const struct question *q)
{
	const struct map *unknown = &q->eval.unknown;

	buf_puts(out, STR("{\"result\":"));
	put_json_value(out, &q->result);
	buf_printf(out, ",\"kind\":\"%s\",\"holds\":%s", kind_word(&q->result),
		   interp_true(&q->result) ? "true" : "false");
	if (q->path) {
		buf_puts(out, STR(",\"branch\":\""));
		put_branch(out, q);
		buf_putc(out, '"');
	}
	buf_puts(out, STR(",\"unset\":["));
	for (size_t i = 0; i < unknown->count; i++) {
		buf_puts(out, i ? STR(",") : STR(""));
		buf_put_json(out, unknown->entries[i].key);
	}
	buf_puts(out, STR("]}\n"));
}

static void put_text(struct buf *out, const struct question *q)
{
	bool bare = q->options->quiet && q->result.kind == INTERP_TEXT;

	if (bare)
		buf_puts(out, q->result.text);
	else
		interp_print(out, &q->result);
	if (!q->options->quiet && q->path) {
		buf_puts(out, STR("  # "));
		put_branch(out, q);
	}
	buf_putc(out, '\n');
}

/* What had no value was the empty text, which is worth knowing. */
static void tell_unknown(const struct question *q)
{
	const struct map *unknown = &q->eval.unknown;
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < unknown->count; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_ARG(unknown->entries[i].key));
	if (names.n)
		fprintf(stderr, "stwc eval: empty, for no value was given: %.*s\n",
			STR_ARG(buf_str(&names)));
	buf_free(&names);
}

static enum status answer(struct question *q)
{
	struct stw_bytes program;
	struct buf out = BUF_INIT;
	enum status status;

	if (!eval_init(&q->eval, q->options->input_count ? &q->view : NULL) || !take_values(q))
		return cmd_fail(&cmd_eval, "%s", q->eval.fault);
	status = q->path ? compile_path(q, &program) : compile_text(q, &program);
	if (status != STATUS_VALID)
		return status;
	if (!eval_run(&q->eval, program, &q->result, &q->branch))
		return cmd_fail(&cmd_eval, "%s", q->eval.fault);
	if (q->options->output == OUTPUT_JSON) {
		put_json(&out, q);
	} else {
		put_text(&out, q);
		if (!q->options->quiet)
			tell_unknown(q);
	}
	return cmd_print(&out, STATUS_VALID);
}

static enum status run(struct options *options)
{
	struct question q = {.options = options, .view = {.fd = -1}};
	const char *operand = cmd_operand(options);
	enum status status = STATUS_VALID;

	if (!operand)
		return cmd_fail(&cmd_eval, "name an expression such as \"1 + 1\", or a field such "
					   "as MtaStageRcpt/allowRelaying and an image or sources");
	q.text = str_c(operand);
	q.path = is_path(q.text);
	if (options->input_count)
		status = cmd_view(&cmd_eval, options, &q.view);
	if (status == STATUS_VALID) {
		status = answer(&q);
		eval_free(&q.eval);
	}
	view_close(&q.view);
	return status;
}

const struct command cmd_eval = {"eval",
				 "EXPR|PATH [IMAGE|SRC…]",
				 "what an expression gives, with values for what it asks",
				 CMD_SOURCE_OPTIONS "with answer ",
				 NULL,
				 run};
