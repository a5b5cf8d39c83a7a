/* stwc test: cases that a configuration must decide as its owner expects. */
#include <stdlib.h>

#include "stwc/cmd_view.h"
#include "stwc/judge.h"

static enum status print_results(const struct options *options, const struct judge *judge,
				 const struct judgement *all)
{
	enum status status = STATUS_VALID;
	struct buf out = BUF_INIT;
	size_t i = 0;

	if (options->output == OUTPUT_JUNIT)
		judge_junit(&out, judge, all);
	else
		judge_tap_begin(&out, judge);
	for (const struct judge_case *c = judge->first; c; c = c->next, i++) {
		if (options->output != OUTPUT_JUNIT)
			judge_tap(&out, judge, c, i + 1, &all[i]);
		if (all[i].outcome != JUDGE_PASSED)
			status = STATUS_INVALID;
	}
	if (options->quiet)
		buf_clear(&out); /* the status says it */
	return cmd_print(&out, status);
}

static enum status judge_all(const struct options *options, const struct judge *judge,
			     struct view *view)
{
	struct judgement *all = calloc(judge->count + 1, sizeof(*all));
	enum status status = STATUS_VALID;
	size_t i = 0;

	for (struct judge_case *c = judge->first; all && c && status == STATUS_VALID; c = c->next)
		if (!judge_decide(c, view, &all[i++]))
			status = STATUS_FAILED;
	if (!all || status != STATUS_VALID)
		status = cmd_fail(&cmd_test, "%s",
				  all && view->fault[0] ? view->fault : "out of memory");
	else
		status = print_results(options, judge, all);
	while (all && i)
		judgement_free(&all[--i]);
	free(all);
	return status;
}

static enum status test(const struct options *options, const struct judge *judge)
{
	struct view view;
	enum status status = cmd_view(&cmd_test, options, &view);

	if (status == STATUS_VALID)
		status = judge_all(options, judge, &view);
	else
		status = STATUS_FAILED; /* 1 would say that a case failed */
	view_close(&view);
	return status;
}

static enum status run(struct options *options)
{
	const char *path = cmd_operand(options);
	struct fs_error error;
	struct judge judge;
	enum status status;
	char text[1024];

	if (!path || !options->input_count)
		return cmd_fail(&cmd_test, "name a file of cases, then an image or sources");
	if (view_is_image(path))
		return cmd_fail(&cmd_test, "%s is an image: the file of cases stands before it",
				path);
	if (!judge_read(&judge, path, options_now(options), &error)) {
		fs_error_text(&error, text, sizeof(text));
		status = cmd_fail(&cmd_test, "%s", error.code ? text : "out of memory");
	} else if (!diags_ok(&judge.sheet.diags)) {
		status = cmd_refuse_sheet(&cmd_test, &judge.sheet);
	} else {
		status = test(options, &judge);
	}
	judge_free(&judge);
	return status;
}

const struct command cmd_test = {"test",
				 "CASES.toml IMAGE|SRC…",
				 "whether a configuration decides as expected, case by case",
				 CMD_SOURCE_OPTIONS "cases ",
				 NULL,
				 run};
