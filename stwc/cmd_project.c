/* What the commands share that go by a project file: reading it, and the diagnostics of all its
 * images as one report. */
#include <stdio.h>
#include <stdlib.h>

#include "stwc/cmd.h"
#include "stwc/project.h"

enum status cmd_refuse_sheet(const struct command *command, const struct sheet *sheet)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < sheet->diags.count; i++)
		render_text(&text, &sheet->sources, &sheet->diags.all[i], false);
	if (text.n)
		(void)fwrite(text.p, 1, text.n, stderr); /* nowhere to say that it is gone */
	buf_free(&text);
	return cmd_fail(command, "%.*s has %zu mistake%s", STR_ARG(sheet->source->name),
			sheet->diags.errors, sheet->diags.errors == 1 ? "" : "s");
}

bool cmd_project_read(const struct command *command, struct options *options)
{
	const char *path = options->project_file ? options->project_file : "stw.toml";
	struct fs_error error;
	char text[1024];

	options->project = calloc(1, sizeof(*options->project));
	if (!options->project) {
		(void)cmd_fail(command, "out of memory");
		return false;
	}
	if (!project_read(options->project, path, &error)) {
		fs_error_text(&error, text, sizeof(text));
		(void)cmd_fail(command, "%s", error.code ? text : "out of memory");
		return false;
	}
	if (diags_ok(&options->project->sheet.diags))
		return true;
	(void)cmd_refuse_sheet(command, &options->project->sheet);
	return false;
}

void cmd_project_free(struct options *options)
{
	if (options->project)
		project_free(options->project);
	free(options->project);
}

/* ---- one report of several compilations ---- */

struct merged {
	struct arena arena;
	struct sources sources; /* of all compilations, each with its own masks */
	struct diags diags;
	struct map seen;  /* diagnostics by what is shown of them */
	struct map files; /* names of sources */
	struct hash_key key;
};

struct one {
	struct compilation c;
	enum status status;
	bool ran;
};

static bool merge_sources(struct merged *m, const struct one *all, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += all[i].c.sources.count;
	m->sources.all = ARENA_ARRAY(&m->arena, struct source *, total + 1);
	if (!m->sources.all)
		return false;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < all[i].c.sources.count; k++) {
			struct source *source = all[i].c.sources.all[k];

			m->sources.all[m->sources.count++] = source;
			if (!map_put(&m->files, source->name, source))
				return false;
		}
	}
	m->sources.cap = m->sources.count;
	return true;
}

static struct span moved(struct span span, size_t offset)
{
	span.source += span.source ? (uint32_t)offset : 0;
	return span;
}

/* The same mistake in the same bytes of a shared source is one. */
static bool is_new(struct merged *m, const struct diag *diag, const struct sources *sources)
{
	const struct source *source = sources_get(sources, diag->span.source);
	struct str name = source ? source->name : diag->file;
	struct str shown = arena_printf(&m->arena, "%d %.*s:%u-%u %.*s %.*s", (int)diag->code,
					STR_ARG(name), diag->span.begin, diag->span.end,
					STR_ARG(diag->message), STR_ARG(diag->path));

	return shown.p && !map_get(&m->seen, shown) && map_put(&m->seen, shown, m);
}

static struct diag_related *moved_related(struct merged *m, const struct diag_related *from,
					  size_t offset)
{
	struct diag_related *first = NULL, **end = &first;

	for (; from; from = from->next) {
		*end = ARENA_NEW(&m->arena, struct diag_related);
		if (!*end)
			break;
		**end = *from;
		(*end)->span = moved(from->span, offset);
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	return first;
}

static void merge_diag(struct merged *m, const struct diag *from, size_t offset)
{
	struct diag *diag = diag_add(&m->diags, from->code, moved(from->span, offset), "%.*s",
				     STR_ARG(from->message));

	if (!diag_kept(&m->diags, diag))
		return;
	diag->path = from->path;
	diag->file = from->file;
	diag->hint = from->hint;
	diag->context = from->context;
	diag->secret = from->secret;
	diag->related = moved_related(m, from->related, offset);
}

static bool merge(struct merged *m, const struct options *options, const struct one *all,
		  size_t count)
{
	size_t offset = 0;

	arena_init(&m->arena, 64 * 1024);
	diags_init(&m->diags, &m->arena);
	if (!hash_key_random(&m->key))
		return false;
	map_init(&m->seen, &m->key, &m->arena);
	map_init(&m->files, &m->key, &m->arena);
	m->diags.keep = options->max_errors;
	if (!merge_sources(m, all, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct compilation *c = &all[i].c;

		memcpy(m->diags.levels, c->diags.levels, sizeof(m->diags.levels));
		for (size_t k = 0; k < c->diags.count; k++)
			if (is_new(m, &c->diags.all[k], &c->sources))
				merge_diag(m, &c->diags.all[k], offset);
		offset += c->sources.count;
	}
	return !m->arena.failed && !m->diags.failed;
}

static enum status print_merged(const struct options *options, const struct merged *m,
				const struct one *all, size_t count, enum status status)
{
	struct render_summary summary = {0, m->files.count};

	for (size_t i = 0; i < count; i++)
		summary.objects += cmd_count_objects(&all[i].c);
	if (options->output != OUTPUT_TEXT)
		return cmd_print_report(options, &m->sources, &m->diags, &summary, status);
	cmd_print_text(options, &m->sources, &m->diags);
	return status;
}

/* ---- all images ---- */

static enum status worse(enum status a, enum status b)
{
	return a > b ? a : b;
}

/* Far more of the diagnostics than are shown, so that those of one image hide none of another. */
#define KEPT_OF_EACH 10000

static void compile_one(const struct options *options, const struct project_image *image,
			struct one *out)
{
	struct options own = *options;

	own.inputs = image->inputs;
	own.input_count = image->count;
	if (own.max_errors && own.max_errors < KEPT_OF_EACH)
		own.max_errors = KEPT_OF_EACH;
	out->ran = cmd_compile_run(&own, &out->c);
	out->status = cmd_verdict(options, &out->c, out->ran);
	if (!out->ran && (out->c.arena.failed || out->c.diags.failed || !out->c.unreadable))
		fputs("stwc: out of memory\n", stderr);
}

static bool wants_lines(const struct options *options)
{
	return !options->quiet &&
	       (options->output == OUTPUT_TEXT || options->output == OUTPUT_GITHUB);
}

static enum status finish_one(const struct options *options, const char *name, struct one *one,
			      enum status (*use)(const struct options *options, const char *name,
						 struct compilation *c))
{
	if (wants_lines(options) && !(use && one->status == STATUS_VALID)) {
		fprintf(stderr, "%s: ", name);
		if (one->status == STATUS_FAILED)
			fputs("could not be read\n", stderr);
		cmd_print_summary(options, &one->c, one->status);
	}
	return use && one->status == STATUS_VALID ? use(options, name, &one->c) : one->status;
}

enum status cmd_project_all(const struct options *options,
			    enum status (*use)(const struct options *options, const char *name,
					       struct compilation *c))
{
	const struct project *project = options->project;
	struct one *all = calloc(project->image_count, sizeof(*all));
	enum status status = STATUS_VALID;
	struct merged m = {.arena = {0}};
	size_t i;

	for (i = 0; all && i < project->image_count; i++) {
		compile_one(options, &project->images[i], &all[i]);
		status = worse(status, all[i].status);
	}
	if (!all || !merge(&m, options, all, project->image_count)) {
		fputs("stwc: out of memory\n", stderr);
		status = STATUS_FAILED;
	} else {
		status = print_merged(options, &m, all, project->image_count, status);
		for (i = 0; i < project->image_count; i++)
			status = worse(status,
				       finish_one(options, project->images[i].name, &all[i], use));
	}
	for (i = 0; all && i < project->image_count; i++)
		compile_free(&all[i].c);
	arena_free(&m.arena);
	free(all);
	return status;
}
