/*
 * stwc migrate: 0.15 settings to 0.16 objects, and what became of every line.
 *
 * The objects are compiled as any others, so what is written checks clean. They go to standard
 * output, or with -o to a file; the report goes to standard error, or in any other form than text
 * to standard output, which then -o must leave free.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "stwc/cmd_view.h"
#include "stwc/settings_report.h"
#include "stwc/settings_retry.h"
#include "stwc/view_dump.h"

/* Outputs that have no other form than diagnostics: the report is made of these then. */
static bool is_of_diagnostics(enum output output)
{
	switch (output) {
	case OUTPUT_TEXT:
	case OUTPUT_JSON:
	case OUTPUT_TAP:
	case OUTPUT_JUNIT: return false;
	case OUTPUT_SARIF:
	case OUTPUT_GITHUB:
	case OUTPUT_GCC: break;
	}
	return true;
}

/* The report where it belongs; STATUS_FAILED when it cannot be written. */
static enum status report(const struct options *options, struct compilation *c,
			  struct settings_counts *n)
{
	enum status status = STATUS_VALID;
	struct buf out = BUF_INIT;

	settings_count(c, n);
	if (options->output == OUTPUT_JSON) {
		settings_report_json(&out, c, n);
		return cmd_print(&out, STATUS_VALID);
	}
	if (options->quiet || is_of_diagnostics(options->output))
		return STATUS_VALID;
	settings_report_text(&out, c, n);
	if (out.failed || fwrite(out.p, 1, out.n, stderr) != out.n)
		status = STATUS_FAILED;
	buf_free(&out);
	return status;
}

static enum status write_objects(const struct options *options, struct view *view,
				 enum view_dump_format format)
{
	struct buf out = BUF_INIT;

	if (view->c.inline_secrets && !options->reveal)
		return cmd_fail(&cmd_migrate,
				"%zu secret%s in the settings themselves; say --reveal-secrets to "
				"write them, or put them into files or variables first",
				view->c.inline_secrets,
				view->c.inline_secrets == 1 ? " stands" : "s stand");
	out.secret = true;
	if (view_dump(view, format, options->reveal, &out))
		return cmd_write(&cmd_migrate, options, &out, view->c.inline_secrets > 0);
	buf_free(&out);
	return cmd_fail(&cmd_migrate, "%s", view->fault);
}

static bool reads_stdin(const struct options *options)
{
	size_t i;

	for (i = 0; i < options->input_count; i++) {
		if (strcmp(options->inputs[i].path, "-") == 0)
			return true;
	}
	return false;
}

/* Puts a copy in memory in the place of standard input, which can be read again. */
static bool keep_stdin(void)
{
	struct fs_error error;
	struct buf bytes = BUF_INIT;
	int fd = memfd_create("stdin", MFD_CLOEXEC);
	bool ok = fd >= 0 && fs_read_fd(STDIN_FILENO, "<stdin>", SIZE_MAX, &bytes, &error) &&
		  fs_write_all(fd, bytes.p, bytes.n) && dup2(fd, STDIN_FILENO) == STDIN_FILENO;

	if (fd >= 0)
		(void)close(fd);
	buf_wipe(&bytes);
	buf_free(&bytes);
	return ok;
}

static bool try_again(struct settings_retry *retry, struct compilation *c)
{
	if (!c->diags.errors || !settings_retry_add(retry, c))
		return false;
	compile_free(c);
	return true;
}

static bool run_once(const struct options *options, struct compilation *c, bool from_stdin)
{
	if (from_stdin && lseek(STDIN_FILENO, 0, SEEK_SET) != 0)
		return false;
	return cmd_compile_run(options, c);
}

/* Diagnostics go to standard error; what the report says is not said twice. */
static enum status compile(const struct options *options, struct view *view,
			   struct settings_retry *retry, enum view_dump_format format)
{
	struct options quiet = *options;
	bool ran, again = reads_stdin(options);

	if (!is_of_diagnostics(options->output))
		quiet.output = OUTPUT_TEXT;
	quiet.compile.report = true;
	quiet.compile.for_plan = format == VIEW_DUMP_PLAN || format == VIEW_DUMP_JMAP;
	/* the report says better why there is nothing */
	if (quiet.level_count < ARRAY_LEN(quiet.levels))
		quiet.levels[quiet.level_count++] =
			(struct level_option){DIAG_NOTHING, SEVERITY_OFF};
	if (quiet.compile.from == FORMAT_NONE)
		quiet.compile.from = FORMAT_SETTINGS;
	if (again && !keep_stdin())
		return cmd_fail(&cmd_migrate, "standard input cannot be kept");
	quiet.max_errors = 0; /* every error stands at a setting that must go */
	do {
		quiet.compile.refusals = retry->refusals;
		quiet.compile.refusal_count = retry->count;
		ran = run_once(&quiet, &view->c, again);
	} while (ran && try_again(retry, &view->c));
	if (ran && options->max_errors && view->c.diags.count > options->max_errors) {
		compile_free(&view->c);
		quiet.max_errors = options->max_errors;
		ran = run_once(&quiet, &view->c, again);
	}
	if (ran && is_of_diagnostics(options->output))
		settings_diagnose(&view->c);
	return cmd_compile_end(&quiet, &view->c, ran, true);
}

/* Everything was read, and nothing of it became an object. */
static bool is_all_lost(const struct compilation *c, const struct settings_counts *n)
{
	return n->keys && !c->arena.failed && diags_ok(&c->diags);
}

static size_t lost(const struct settings_counts *n)
{
	return n->of[SETTING_DROPPED] + n->of[SETTING_UNKNOWN] + n->of[SETTING_OPEN];
}

static enum status migrate(const struct options *options, struct view *view,
			   struct settings_retry *retry, enum view_dump_format format)
{
	enum status status = compile(options, view, retry, format), reported;
	struct settings_counts n;

	view_of_sources(view);
	if (!view->c.state)
		return status;
	reported = report(options, &view->c, &n);
	if (reported != STATUS_VALID)
		return reported;
	if (status == STATUS_VALID && !n.keys)
		return cmd_fail(&cmd_migrate, "there are no 0.15 settings in what was read");
	if (status == STATUS_FAILED && is_all_lost(&view->c, &n))
		return options->allow_loss
			       ? cmd_fail(&cmd_migrate, "none of the settings has a place in 0.16")
			       : STATUS_INVALID;
	if (status == STATUS_VALID && options->out && compile_reads(&view->c, options->out))
		return cmd_fail(&cmd_migrate, "refused: %s is one of the sources", options->out);
	if (status == STATUS_VALID)
		status = write_objects(options, view, format);
	if (status == STATUS_VALID && !options->allow_loss && lost(&n))
		return STATUS_INVALID;
	return status;
}

static enum status run(struct options *options)
{
	struct view view = {.fd = -1, .origins = true};
	struct settings_retry retry;
	enum view_dump_format format;
	enum status status;

	if (!options->input_count)
		return cmd_fail(&cmd_migrate,
				"nothing to migrate: name a file of 0.15 settings, or -");
	if (!view_dump_format_of(options->to, &format))
		return cmd_fail(&cmd_migrate, "--to is toml, yaml, json, plan or jmap, not '%s'",
				options->to);
	if (!options->has_output && !options->out)
		options->output = OUTPUT_TEXT; /* nobody asked for annotations */
	if (options->output != OUTPUT_TEXT && !options->out)
		return cmd_fail(
			&cmd_migrate,
			"the report takes standard output; where to with the rest? -o FILE");
	settings_retry_init(&retry);
	status = migrate(options, &view, &retry, format);
	view_close(&view);
	settings_retry_free(&retry); /* the report of the view shows its texts */
	return status;
}

const struct command cmd_migrate = {
	"migrate",
	"SRC…",
	"0.15 settings as 0.16 objects, with a report for each line",
	" from as target schema level max-errors format color quiet out to env allow-loss "
	"reveal-secrets diagnoses ",
	"toml|yaml|json|plan|jmap",
	run};
