/* stwc report: a configuration as a page to read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "stwc/cmd_view.h"
#include "stwc/page.h"

struct job {
	const struct options *options;
	struct view view, defaults, other;
	struct diff from_defaults, from_other;
	struct page page;
	struct buf text;
};

static enum status fail_of(const struct view *view)
{
	return cmd_fail(&cmd_report, "%s", view->fault[0] ? view->fault : "out of memory");
}

/* Of sources with mistakes the page says what is wrong; of an image without, all of it. */
static enum status open_view(struct job *job)
{
	const struct options *options = job->options;
	struct compilation *c = &job->view.c;
	enum status status;
	bool ran;

	if (options->input_count == 1 && view_is_image(options->inputs[0].path))
		return cmd_view(&cmd_report, options, &job->view);
	ran = cmd_compile_run(options, c);
	status = cmd_verdict(options, c, ran);
	if (status == STATUS_FAILED)
		return cmd_compile_end(options, c, ran, true);
	job->page.diags = &c->diags;
	view_of_sources(&job->view);
	return status;
}

static bool compare(struct job *job)
{
	const char *against = options_word(job->options, "against");
	struct input input = {.path = against};
	struct options one = *job->options;

	if (!compile_init(&job->defaults.c, &job->options->compile))
		return false;
	view_of_sources(&job->defaults);
	if (!diff_make(&job->from_defaults, &job->defaults, &job->view))
		return false;
	job->page.defaults = &job->from_defaults;
	if (!against)
		return true;
	one.inputs = &input;
	one.input_count = 1;
	cmd_silence(&one, SEVERITY_WARNING);
	if (cmd_view(&cmd_report, &one, &job->other) != STATUS_VALID ||
	    !view_load(&job->other, NULL) || !diff_make(&job->from_other, &job->other, &job->view))
		return false;
	job->page.against = &job->from_other;
	job->page.other = str_c(against);
	return true;
}

static enum status write_page(struct job *job, enum status status)
{
	const struct options *options = job->options;
	struct buf path = BUF_INIT;
	enum status written;

	buf_printf(&path, "%s/index.html", options->out);
	buf_putc(&path, '\0');
	if (path.failed)
		written = cmd_fail(&cmd_report, "out of memory");
	else if (mkdir(options->out, 0777) != 0 && errno != EEXIST)
		written = cmd_fail(&cmd_report, "cannot make the folder %s: %s", options->out,
				   strerror(errno));
	else
		written = cmd_replace(&cmd_report, path.p, &job->text, false);
	if (written == STATUS_VALID && !options->quiet)
		fprintf(stderr, "wrote %s\n", path.p);
	buf_free(&path);
	return written == STATUS_VALID ? status : written;
}

static enum status make_page(struct job *job, enum status status)
{
	struct page *page = &job->page;

	page->out = &job->text;
	page->view = &job->view;
	page->valid = !page->diags || diags_ok(page->diags);
	page->title = job->options->image ? str_c(job->options->image)
					  : str_c(job->options->inputs[0].path);
	if (page->valid && (!view_load(&job->view, NULL) || !compare(job)))
		return job->other.fd >= 0 || job->other.fault[0] ? fail_of(&job->other)
								 : fail_of(&job->view);
	if (!page_write(page))
		return fail_of(&job->view);
	if (page->diags && !page->valid)
		cmd_print_summary(job->options, &job->view.c, status);
	return write_page(job, status);
}

static enum status run(struct options *options)
{
	struct job job = {.options = options,
			  .view = {.fd = -1},
			  .defaults = {.fd = -1},
			  .other = {.fd = -1}};
	enum status status;

	if (!options->input_count)
		return cmd_fail(&cmd_report, "name an image or sources");
	if (!options->out)
		return cmd_fail(&cmd_report, "where to? -o DIR");
	status = open_view(&job);
	if (status != STATUS_FAILED)
		status = make_page(&job, status);
	diff_free(&job.from_defaults);
	diff_free(&job.from_other);
	view_close(&job.defaults);
	view_close(&job.other);
	view_close(&job.view);
	buf_free(&job.text);
	return status;
}

const struct command cmd_report = {
	"report",
	"IMAGE|SRC… -o DIR",
	"a page to read: objects, listeners, references, differences",
	" from as object overlay partial shapes target schema edition level "
	"strict max-errors color quiet now env project image out against ",
	NULL,
	run};
