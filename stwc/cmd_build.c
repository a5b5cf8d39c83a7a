/* stwc build: check, then the image. */
#include <stdio.h>

#include "stwc/cmd.h"
#include "stwc/emit/emit.h"

static enum status write_image(const struct options *options, struct compilation *c)
{
	struct emit_options emit = {.builder = STR("stwc " PACKAGE_VERSION),
				    .revision = str_c(options->revision),
				    .inline_secrets = options->inline_secrets};
	struct emit_report report;
	struct fs_error error;
	char text[1024], digest[DIGEST_HEX_SIZE];

	if (!emit_image(c, &emit, options->out, &report, &error)) {
		fs_error_text(&error, text, sizeof(text));
		return cmd_fail(&cmd_build, "%s", text);
	}
	if (!options->quiet) {
		digest_hex(&report.content, digest);
		fprintf(stderr, "wrote %s: %llu bytes, %llu object%s, content %.16s\n",
			options->out, (unsigned long long)report.size,
			(unsigned long long)report.objects, report.objects == 1 ? "" : "s", digest);
	}
	return STATUS_VALID;
}

static enum status refuse_secrets(size_t count)
{
	(void)cmd_fail(
		&cmd_build,
		"refused: %zu secret%s in the sources; refer to a file or a variable, or say "
		"--allow-inline-secrets",
		count, count == 1 ? " stands" : "s stand");
	return STATUS_INVALID;
}

/* What is wrong is left out of the values, so an error that --level plays down has made a hole. */
static enum status refuse_holes(size_t count)
{
	(void)cmd_fail(&cmd_build,
		       "refused: --level hides %zu error%s, and an image has no place for what is "
		       "wrong",
		       count, count == 1 ? "" : "s");
	return STATUS_INVALID;
}

static enum status run(struct options *options)
{
	struct compilation c;
	enum status status;

	if (!options->input_count)
		return cmd_fail(&cmd_build, "nothing to build: name a file, a directory, or -");
	if (!options->out)
		return cmd_fail(&cmd_build, "where to? -o FILE.stwi");
	options->compile.image = true;
	status = cmd_compile(options, &c, true);
	if (status == STATUS_VALID && compile_reads(&c, options->out))
		status = cmd_fail(&cmd_build, "refused: %s is one of the sources", options->out);
	if (status == STATUS_VALID && c.diags.faults)
		status = refuse_holes(c.diags.faults);
	if (status == STATUS_VALID && c.inline_secrets && !options->inline_secrets)
		status = refuse_secrets(c.inline_secrets);
	if (status == STATUS_VALID)
		status = write_image(options, &c);
	compile_free(&c);
	return status;
}

const struct command cmd_build = {"build",
				  "SRC… -o FILE.stwi",
				  "checks sources and writes the image, atomically",
				  CMD_SOURCE_OPTIONS
				  "for out revision allow-inline-secrets " CMD_DIAGNOSES,
				  NULL,
				  run};
