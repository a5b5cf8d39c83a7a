/* stwc convert: sources in another form, with the same content. */
#include <errno.h>
#include <stdio.h>

#include "base/fs.h"
#include "stwc/cmd_view.h"
#include "stwc/view_dump.h"
#include "stwc/view_plan.h"

enum status cmd_replace(const struct command *command, const char *path, const struct buf *text,
			bool private)
{
	struct fs_replace file;
	struct fs_error error;
	char why[1024];
	bool ok;

	ok = fs_replace_begin(&file, path, private ? 0600 : 0644, &error);
	if (ok && !private)
		ok = fs_replace_keep_mode(&file, &error);
	if (ok && !fs_write_all(file.fd, text->p, text->n)) {
		error = (struct fs_error){.code = errno, .doing = "write"};
		(void)snprintf(error.path, sizeof(error.path), "%s", path);
		ok = false;
	}
	if (ok)
		ok = fs_replace_commit(&file, &error);
	else
		fs_replace_abort(&file);
	if (ok)
		return STATUS_VALID;
	fs_error_text(&error, why, sizeof(why));
	return cmd_fail(command, "%s", why);
}

enum status cmd_write(const struct command *command, const struct options *options,
		      struct buf *text, bool private)
{
	enum status status;

	if (!options->out)
		return cmd_print(text, STATUS_VALID);
	status = cmd_replace(command, options->out, text, private);
	buf_free(text);
	return status;
}

/* What stands in the way of a form that can be loaded again; STATUS_VALID: nothing. */
static enum status allowed(const struct options *options, const struct compilation *c)
{
	if (options->out && compile_reads(c, options->out))
		return cmd_fail(&cmd_convert, "refused: %s is one of the sources", options->out);
	if (c->diags.faults) {
		(void)cmd_fail(&cmd_convert,
			       "refused: --level hides %zu error%s, and what is wrong would be "
			       "left out",
			       c->diags.faults, c->diags.faults == 1 ? "" : "s");
		return STATUS_INVALID;
	}
	if (c->inline_secrets && !options->reveal)
		return cmd_fail(&cmd_convert,
				"the sources hold secrets; say --reveal-secrets to write them");
	return STATUS_VALID;
}

/* A request cannot be divided here: what one makes, the next knows by ids that a server gives. */
static void note_calls(const struct options *options, const struct view *view)
{
	if (view->calls > VIEW_CALLS && !options->quiet)
		fprintf(stderr,
			"stwc convert: the request has %zu calls, and a server takes %d unless its "
			"Jmap.maxMethodCalls is more; a plan has no such limit\n",
			view->calls, VIEW_CALLS);
}

static enum status convert(const struct options *options, struct view *view,
			   enum view_dump_format format)
{
	struct buf out = BUF_INIT;

	out.secret = true;
	if (view_dump(view, format, options->reveal, &out)) {
		note_calls(options, view);
		return cmd_write(&cmd_convert, options, &out, view->c.inline_secrets > 0);
	}
	buf_free(&out);
	return cmd_fail(&cmd_convert, "%s", view->fault);
}

static enum status run(struct options *options)
{
	enum view_dump_format format;
	enum status status;
	struct view view = {.fd = -1};

	if (!view_dump_format_of(options->to, &format))
		return cmd_fail(&cmd_convert, "--to is toml, yaml, json, plan or jmap, not '%s'",
				options->to);
	if (!options->to)
		return cmd_fail(&cmd_convert, "into what? --to toml, yaml, json, plan or jmap");
	if (!options->input_count)
		return cmd_fail(&cmd_convert, "nothing to convert: name a file, a directory, or -");
	options->output = OUTPUT_TEXT; /* standard output is for what was asked for */
	status = cmd_compile(options, &view.c, true);
	view_of_sources(&view);
	if (status == STATUS_VALID)
		status = allowed(options, &view.c);
	if (status == STATUS_VALID)
		status = convert(options, &view, format);
	view_close(&view);
	return status;
}

const struct command cmd_convert = {"convert",
				    "SRC… --to FORMAT",
				    "sources in another form, with the same content",
				    " project image from as object overlay partial shapes target "
				    "schema edition level strict env "
				    "max-errors color quiet now to out "
				    "reveal-secrets ",
				    "toml|yaml|json|plan|jmap",
				    run};
