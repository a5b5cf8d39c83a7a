/* stwc dump: an image as sources again. */
#include "stwc/cmd.h"
#include "stwc/view_dump.h"

static enum status dump(struct view *view, const struct options *options,
			enum view_dump_format format)
{
	struct buf out = BUF_INIT;

	if (stw_image_manifest(view->image)->has_secrets && !options->reveal)
		return cmd_fail(&cmd_dump,
				"the image holds secrets; say --reveal-secrets to print them");
	out.secret = true;
	if (view_load(view, NULL) && view_dump(view, format, options->reveal, &out))
		return cmd_print(&out, STATUS_VALID);
	buf_free(&out);
	return cmd_fail(&cmd_dump, "%s", view->fault);
}

static enum status run(struct options *options)
{
	enum view_dump_format format;
	enum status status;
	struct view view;

	if (!view_dump_format_of(options->to, &format))
		return cmd_fail(&cmd_dump, "--to is toml, yaml, json, plan or jmap, not '%s'",
				options->to);
	if (options->input_count != 1)
		return cmd_fail(&cmd_dump, "name one image");
	if (view_open(&view, options->inputs[0].path))
		status = dump(&view, options, format);
	else
		status = cmd_fail(&cmd_dump, "%s: %s", options->inputs[0].path, view.fault);
	view_close(&view);
	return status;
}

const struct command cmd_dump = {"dump",
				 "IMAGE",
				 "sources that compile to the same content as an image",
				 " to reveal-secrets ",
				 "toml|yaml|json|plan|jmap",
				 run};
