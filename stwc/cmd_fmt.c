/* stwc fmt: sources in their canonical spelling, in place. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "core/render.h"
#include "stwc/cmd_view.h"
#include "stwc/fmt.h"

struct formatter {
	const struct options *options;
	size_t files, changed;
	enum status status;
};

static void worsen(struct formatter *f, enum status status)
{
	if (status > f->status)
		f->status = status;
}

static void print_mistakes(const struct compilation *c)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < c->diags.count; i++) {
		if (c->diags.all[i].severity == SEVERITY_ERROR)
			render_text(&text, &c->sources, &c->diags.all[i], false);
	}
	if (text.n)
		(void)fwrite(text.p, 1, text.n, stderr);
	buf_free(&text);
}

/* What is to be done with the new text of a source. */
static enum status put(struct formatter *f, const struct input *input, struct str before,
		       struct buf *text)
{
	bool stream = strcmp(input->path, "-") == 0;
	bool same = str_eq(before, buf_str(text));
	enum status status = STATUS_VALID;

	f->files += !stream || f->options->check;
	if (f->options->check) {
		f->changed += !same;
		if (!same)
			printf("%s\n", input->name ? input->name
				       : stream    ? "<stdin>"
						   : input->path);
		return same ? STATUS_VALID : STATUS_INVALID;
	}
	if (stream)
		return fwrite(text->p, 1, text->n, stdout) == text->n ? STATUS_VALID
								      : STATUS_FAILED;
	if (!same)
		status = cmd_replace(&cmd_fmt, input->path, text, false);
	f->changed += !same && status == STATUS_VALID;
	return status;
}

static enum status format(struct formatter *f, const struct input *input, struct compilation *c)
{
	struct buf text = BUF_INIT;
	enum status status = STATUS_FAILED;

	switch (fmt_source(c, &text)) {
	case FMT_DONE:
		status = put(f, input, source_text(sources_get(&c->sources, 1)), &text);
		break;
	case FMT_NO_LAYOUT:
		(void)cmd_fail(&cmd_fmt,
			       "%s: 0.15 settings have no canonical form; stwc migrate makes 0.16 "
			       "objects of them",
			       input->path);
		break;
	case FMT_BROKEN:
		print_mistakes(c);
		status = STATUS_INVALID;
		break;
	case FMT_CHANGES:
		(void)cmd_fail(&cmd_fmt, "%s: left as it is, since it would read differently",
			       input->path);
		break;
	case FMT_NO_MEMORY: (void)cmd_fail(&cmd_fmt, "out of memory"); break;
	}
	buf_free(&text);
	return status;
}

static void format_file(struct formatter *f, const struct input *input)
{
	struct compile_options options = f->options->compile;
	struct compilation c;

	options.partial = true; /* what is missing is no question of spelling */
	if (!compile_init(&c, &options) ||
	    (!compile_run(&c, input, 1) && (c.arena.failed || c.diags.failed))) {
		worsen(f, cmd_fail(&cmd_fmt, "out of memory"));
	} else if (!fmt_can_read(&c)) {
		print_mistakes(&c);
		worsen(f, STATUS_FAILED);
	} else {
		worsen(f, format(f, input, &c));
	}
	compile_free(&c);
}

static void format_directory(struct formatter *f, const char *path)
{
	struct fs_error error;
	char **names, why[1024];
	size_t count, i;

	if (!compile_list(path, &names, &count, &error)) {
		fs_error_text(&error, why, sizeof(why));
		worsen(f, cmd_fail(&cmd_fmt, "%s", why));
		return;
	}
	if (!count)
		worsen(f,
		       cmd_fail(&cmd_fmt,
				"nothing to format: no *.toml, *.yaml, *.yml, *.json or *.ndjson "
				"in %s",
				path));
	for (i = 0; i < count; i++)
		format_file(f, &(struct input){.path = names[i]});
	compile_list_free(names, count);
}

static void print_summary(const struct formatter *f)
{
	if (f->options->check)
		fprintf(stderr, "%zu of %zu file%s would change\n", f->changed, f->files,
			f->files == 1 ? "" : "s");
	else
		fprintf(stderr, "%zu of %zu file%s changed\n", f->changed, f->files,
			f->files == 1 ? "" : "s");
}

static enum status run(struct options *options)
{
	struct formatter f = {.options = options, .status = STATUS_VALID};
	struct stat status;
	size_t i;

	if (!options->input_count)
		return cmd_fail(&cmd_fmt, "nothing to format: name files, directories, or -");
	for (i = 0; i < options->input_count; i++) {
		const struct input *input = &options->inputs[i];

		if (strcmp(input->path, "-") != 0 && stat(input->path, &status) == 0 &&
		    S_ISDIR(status.st_mode))
			format_directory(&f, input->path);
		else
			format_file(&f, input);
	}
	if (!options->quiet && f.files)
		print_summary(&f);
	if (fflush(stdout) != 0)
		return cmd_fail(&cmd_fmt, "standard output: %s", strerror(errno));
	return f.status;
}

const struct command cmd_fmt = {"fmt",
				"SRC…",
				"sources in their canonical spelling, in place; comments stay",
				" from as object check quiet ",
				NULL,
				run};
