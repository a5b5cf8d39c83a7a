/* stwc check, and the compilation that other commands begin with. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stwc/cmd.h"
#include "stwc/report.h"

enum status cmd_fail(const struct command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "stwc %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return STATUS_FAILED;
}

enum status cmd_print(struct buf *text, enum status status)
{
	bool no_memory = text->failed, failed = no_memory;

	/* at once, so that what standard error says behind it stands behind it in a log too */
	if (!failed && text->n)
		failed = fwrite(text->p, 1, text->n, stdout) != text->n || fflush(stdout);
	buf_free(text);
	if (failed)
		fputs(no_memory ? "stwc: out of memory\n" : "stwc: cannot write the output\n",
		      stderr);
	return failed ? STATUS_FAILED : status;
}

size_t cmd_count_objects(const struct compilation *c)
{
	size_t count = c->object_count, i;

	for (i = 0; i < c->packed_count; i++)
		count += c->packed[i].count;
	return count;
}

static bool use_color(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return !(no_color && *no_color) && isatty(STDERR_FILENO);
}

static void print_dropped(const struct diags *diags)
{
	size_t all = diags->errors + diags->warnings + diags->notes;

	if (all > diags->count)
		fprintf(stderr, "… and %zu more; --max-errors 0 shows them all\n",
			all - diags->count);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* Single lines stand in a log, where people want to know how it ended. */
static bool has_summary(const struct options *options)
{
	return !options->quiet &&
	       (options->output == OUTPUT_TEXT || options->output == OUTPUT_GITHUB);
}

/* "3 errors, 1 warning" or "valid: 12 objects in 2 files", and what only run time can show. */
void cmd_print_summary(const struct options *options, const struct compilation *c,
		       enum status status)
{
	size_t objects = cmd_count_objects(c);

	if (!has_summary(options) || status == STATUS_FAILED)
		return;
	if (status == STATUS_VALID)
		fprintf(stderr, "valid: ");
	else if (!c->diags.errors)
		fprintf(stderr, "not valid with --strict: ");
	else
		fprintf(stderr, "not valid: %zu error%s, ", c->diags.errors,
			plural(c->diags.errors));
	if (c->diags.warnings)
		fprintf(stderr, "%zu warning%s, ", c->diags.warnings, plural(c->diags.warnings));
	fprintf(stderr, "%zu object%s in %zu file%s", objects, plural(objects), c->sources.count,
		plural(c->sources.count));
	if (c->settings_files && c->sources.count == 1)
		fprintf(stderr, ", read as 0.15 settings");
	else if (c->settings_files)
		fprintf(stderr, ", %zu of them read as 0.15 settings", c->settings_files);
	if (c->deferred)
		fprintf(stderr, "; %zu file%s or variable%s named but not opened", c->deferred,
			plural(c->deferred), plural(c->deferred));
	if (c->opened)
		fprintf(stderr, "; %zu file%s or variable%s opened", c->opened, plural(c->opened),
			plural(c->opened));
	fputc('\n', stderr);
}

void cmd_print_text(const struct options *options, const struct sources *sources,
		    const struct diags *diags)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < diags->count; i++)
		render_text(&text, sources, &diags->all[i], use_color(options));
	if (text.n)
		(void)fwrite(text.p, 1, text.n,
			     stderr); /* nowhere to say that standard error is gone */
	if (text.failed)
		fputs("stwc: out of memory: not all of it is shown\n", stderr);
	buf_free(&text);
	print_dropped(diags);
}

enum status cmd_verdict(const struct options *options, const struct compilation *c, bool ran)
{
	if (!ran)
		return STATUS_FAILED;
	if (c->diags.errors || (options->strict && c->diags.warnings))
		return STATUS_INVALID;
	return STATUS_VALID;
}

enum status cmd_print_report(const struct options *options, const struct sources *sources,
			     const struct diags *diags, const struct render_summary *summary,
			     enum status status)
{
	struct buf out = BUF_INIT;

	switch (options->output) {
	case OUTPUT_TEXT:
	case OUTPUT_TAP:
	case OUTPUT_JUNIT: break;
	case OUTPUT_JSON: render_json(&out, sources, diags, summary); break;
	case OUTPUT_SARIF: report_sarif(&out, sources, diags, status != STATUS_FAILED); break;
	case OUTPUT_GITHUB: report_github(&out, sources, diags); break;
	case OUTPUT_GCC: report_gcc(&out, sources, diags); break;
	}
	return cmd_print(&out, status);
}

bool cmd_compile_run(const struct options *options, struct compilation *c)
{
	bool ran = compile_init(c, &options->compile);
	size_t i;

	for (i = 0; i < options->level_count; i++)
		c->diags.levels[options->levels[i].code] = options->levels[i].severity;
	c->diags.keep = options->max_errors;
	return ran && compile_run(c, options->inputs, options->input_count);
}

enum status cmd_compile_end(const struct options *options, struct compilation *c, bool ran,
			    bool quiet_valid)
{
	struct render_summary summary = {cmd_count_objects(c), c->sources.count};
	enum status status, printed;

	/* what could not be read was reported; nothing else keeps a compilation from its end */
	if (!ran && (c->arena.failed || c->diags.failed || !c->unreadable))
		fputs("stwc: out of memory\n", stderr);
	status = cmd_verdict(options, c, ran);
	printed = status;
	if (options->output == OUTPUT_TEXT)
		cmd_print_text(options, &c->sources, &c->diags);
	else
		printed = cmd_print_report(options, &c->sources, &c->diags, &summary, status);
	if (!(quiet_valid && status == STATUS_VALID))
		cmd_print_summary(options, c, status);
	return printed;
}

enum status cmd_compile(const struct options *options, struct compilation *c, bool quiet_valid)
{
	bool ran = cmd_compile_run(options, c);

	return cmd_compile_end(options, c, ran, quiet_valid);
}

static enum status run(struct options *options)
{
	struct compilation c;
	enum status status;

	options->compile.verdict = true;
	if (options->all)
		return cmd_project_all(options, NULL);
	if (!options->input_count)
		return cmd_fail(&cmd_check, "nothing to check: name a file, a directory, or -");
	status = cmd_compile(options, &c, false);
	compile_free(&c);
	return status;
}

const struct command cmd_check = {
	"check",
	"SRC… | --all",
	"validates sources: every mistake in one run, with place and reason",
	CMD_SOURCE_OPTIONS "for all " CMD_DIAGNOSES,
	NULL,
	run};
