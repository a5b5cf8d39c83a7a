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
	struct buf title, text;
};

static enum status fail_of(const struct view *view)
{
	return cmd_fail(&cmd_report, "%s", view->fault[0] ? view->fault : "out of memory");
}

/* Sources with mistakes give a page too, which says so. */
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

static enum status from_defaults(struct job *job)
{
	if (!compile_init(&job->defaults.c, &job->options->compile))
		return cmd_fail(&cmd_report, "out of memory");
	view_of_sources(&job->defaults);
	if (!diff_make(&job->from_defaults, &job->defaults, &job->view))
		return fail_of(&job->view);
	job->page.defaults = &job->from_defaults;
	return STATUS_VALID;
}

static enum status from_other(struct job *job, const char *against)
{
	struct input input = {.path = against};
	struct options one = *job->options;

	one.inputs = &input;
	one.input_count = 1;
	cmd_silence(&one, SEVERITY_WARNING);
	if (cmd_view(&cmd_report, &one, &job->other) != STATUS_VALID)
		return STATUS_FAILED; /* which was said */
	if (!view_load(&job->other, NULL) || !diff_make(&job->from_other, &job->other, &job->view))
		return fail_of(job->other.fault[0] ? &job->other : &job->view);
	job->page.against = &job->from_other;
	job->page.other = str_c(against);
	return STATUS_VALID;
}

static enum status compare(struct job *job)
{
	const char *against = options_word(job->options, "against");
	enum status status = from_defaults(job);

	return status == STATUS_VALID && against ? from_other(job, against) : status;
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

/* "mail", "base.toml and 2 more": what was read. */
static bool put_title(struct buf *title, const struct options *options)
{
	const struct input *first = &options->inputs[0];
	size_t more = options->input_count - 1;

	if (options->image)
		buf_puts(title, str_c(options->image));
	else if (strcmp(first->path, "-") == 0)
		buf_puts(title, first->name ? str_c(first->name) : STR("standard input"));
	else
		buf_puts(title, str_c(first->path));
	if (!options->image && more)
		buf_printf(title, " and %zu more", more);
	return !title->failed;
}

static enum status make_page(struct job *job, enum status status)
{
	struct page *page = &job->page;

	page->out = &job->text;
	page->view = &job->view;
	page->valid = !page->diags || diags_ok(page->diags);
	if (!put_title(&job->title, job->options))
		return cmd_fail(&cmd_report, "out of memory");
	page->title = buf_str(&job->title);
	if (!view_load(&job->view, NULL))
		return fail_of(&job->view);
	if (page->valid && compare(job) != STATUS_VALID)
		return STATUS_FAILED;
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
	buf_free(&job.title);
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
