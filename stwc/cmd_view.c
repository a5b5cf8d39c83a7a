/* An image or sources as a view, for the commands that do not care which. */
#include "stwc/cmd_view.h"

const char *cmd_operand(struct options *options)
{
	const char *path;
	size_t i;

	for (i = 0; i < options->input_count && options->inputs[i].overlay; i++)
		;
	if (i == options->input_count)
		return NULL;
	path = options->inputs[i].path;
	memmove(&options->inputs[i], &options->inputs[i + 1],
		(options->input_count - i - 1) * sizeof(*options->inputs));
	options->input_count--;
	return path;
}

void cmd_silence(struct options *options, enum severity least)
{
	struct level_option levels[ARRAY_LEN(options->levels)];
	size_t n = 0, i;

	for (i = 0; i < DIAG_CODE_COUNT && n + options->level_count < ARRAY_LEN(levels); i++) {
		enum severity severity = diag_code_info((enum diag_code)i)->severity;

		if (severity >= least && severity != SEVERITY_OFF)
			levels[n++] = (struct level_option){(enum diag_code)i, SEVERITY_OFF};
	}
	memcpy(levels + n, options->levels, options->level_count * sizeof(*levels));
	options->level_count += n;
	memcpy(options->levels, levels, options->level_count * sizeof(*levels));
}

enum status cmd_view_image(const struct command *command, const struct options *options,
			   struct view *view, bool *image)
{
	size_t i, images = 0;

	*view = (struct view){.fd = -1};
	for (i = 0; i < options->input_count; i++)
		images += view_is_image(options->inputs[i].path);
	*image = images > 0;
	if (images && options->input_count > 1)
		return cmd_fail(command, "an image stands alone: name it, or sources");
	if (!images || view_open(view, options->inputs[0].path))
		return STATUS_VALID;
	return cmd_fail(command, "%s: %s", options->inputs[0].path, view->fault);
}

enum status cmd_view(const struct command *command, const struct options *options,
		     struct view *view)
{
	struct options quiet = *options;
	bool image;
	enum status status = cmd_view_image(command, options, view, &image);

	if (image || status != STATUS_VALID)
		return status;
	quiet.output = OUTPUT_TEXT;
	cmd_silence(&quiet, SEVERITY_NOTE); /* a question is not the place for them */
	status = cmd_compile(&quiet, &view->c, true);
	view_of_sources(view);
	return status;
}
