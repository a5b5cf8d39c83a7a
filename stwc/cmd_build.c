/* stwc build: check, then the image. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "stwc/cmd.h"
#include "stwc/emit/emit.h"

static enum status write_image(const struct options *options, struct compilation *c,
			       const char *path)
{
	struct emit_options emit = {.builder = STR("stwc " PACKAGE_VERSION),
				    .revision = str_c(options->revision),
				    .inline_secrets = options->inline_secrets};
	struct emit_report report;
	struct fs_error error;
	char text[1024], digest[DIGEST_HEX_SIZE];

	if (!emit_image(c, &emit, path, &report, &error)) {
		fs_error_text(&error, text, sizeof(text));
		return cmd_fail(&cmd_build, "%s", text);
	}
	if (!options->quiet) {
		digest_hex(&report.content, digest);
		fprintf(stderr, "wrote %s: %llu bytes, %llu object%s, content %.16s\n", path,
			(unsigned long long)report.size, (unsigned long long)report.objects,
			report.objects == 1 ? "" : "s", digest);
	}
	return STATUS_VALID;
}

static enum status refuse_secrets(const char *path, size_t count)
{
	(void)cmd_fail(
		&cmd_build,
		"%s is refused: %zu secret%s in the sources; refer to a file or a variable, or say "
		"--allow-inline-secrets",
		path, count, count == 1 ? " stands" : "s stand");
	return STATUS_INVALID;
}

/* What is wrong is left out of the values, so an error that --level plays down has made a hole. */
static enum status refuse_holes(const char *path, size_t count)
{
	(void)cmd_fail(&cmd_build,
		       "%s is refused: --level hides %zu error%s, and an image has no place for "
		       "what is wrong",
		       path, count, count == 1 ? "" : "s");
	return STATUS_INVALID;
}

/* Of a compilation without errors. */
static enum status build_image(const struct options *options, struct compilation *c,
			       const char *path)
{
	if (compile_reads(c, path))
		return cmd_fail(&cmd_build, "refused: %s is one of the sources", path);
	if (c->diags.faults)
		return refuse_holes(path, c->diags.faults);
	if (c->inline_secrets && !options->inline_secrets)
		return refuse_secrets(path, c->inline_secrets);
	return write_image(options, c, path);
}

static enum status build_named(const struct options *options, const char *name,
			       struct compilation *c)
{
	struct buf path = BUF_INIT;
	enum status status;

	buf_printf(&path, "%s/%s.stwi", options->out, name);
	buf_putc(&path, '\0');
	status = path.failed ? cmd_fail(&cmd_build, "out of memory")
			     : build_image(options, c, path.p);
	buf_free(&path);
	return status;
}

static enum status build_all(const struct options *options)
{
	if (mkdir(options->out, 0777) != 0 && errno != EEXIST)
		return cmd_fail(&cmd_build, "cannot make the folder %s: %s", options->out,
				strerror(errno));
	return cmd_project_all(options, build_named);
}

static enum status run(struct options *options)
{
	struct compilation c;
	enum status status;

	if (!options->input_count && !options->all)
		return cmd_fail(&cmd_build, "nothing to build: name a file, a directory, or -");
	if (!options->out)
		return cmd_fail(&cmd_build,
				options->all ? "where to? -o DIR" : "where to? -o FILE.stwi");
	options->compile.image = true;
	if (options->all)
		return build_all(options);
	status = cmd_compile(options, &c, true);
	if (status == STATUS_VALID)
		status = build_image(options, &c, options->out);
	compile_free(&c);
	return status;
}

const struct command cmd_build = {"build",
				  "SRC… -o FILE.stwi | --all -o DIR",
				  "checks sources and writes the image, atomically",
				  CMD_SOURCE_OPTIONS
				  "for all out revision allow-inline-secrets " CMD_DIAGNOSES,
				  NULL,
				  run};
