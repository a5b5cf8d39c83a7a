/* stwc verify: whether an image is whole, in every record and reference, and what it holds. */
#include <stdio.h>

#include "stwc/cmd.h"
#include "stwc/view.h"

/* What was found wrong, a line each. */
static void keep_problem(void *ctx, const char *text)
{
	struct buf *problems = ctx;

	buf_puts(problems, str_c(text));
	buf_putc(problems, '\n');
}

/* A file that is no image, or a damaged one, is not valid; one that this program cannot judge is
 * another matter. */
static enum status status_of(const struct view *view)
{
	if (view->failed_open)
		return STATUS_FAILED;
	switch (view->error) {
	case STW_OK:
	case STW_NEWER_FORMAT:
	case STW_OTHER_SCHEMA:
	case STW_OTHER_PLATFORM:
	case STW_SYSTEM: return STATUS_FAILED;
	case STW_NOT_AN_IMAGE:
	case STW_DAMAGED: return STATUS_INVALID;
	}
	return STATUS_FAILED;
}

static const char *type_name(const struct view *view, uint16_t number)
{
	const struct schema_structure *structure =
		schema_structure_numbered(view->c.schema, number);

	return structure ? structure->name : "?";
}

static uint64_t count_objects(const struct stw_manifest *manifest)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < manifest->type_count; i++)
		count += manifest->types[i].objects;
	return count;
}

static void put_text(struct buf *out, const struct view *view, const char *path, bool whole)
{
	const struct stw_manifest *m = stw_image_manifest(view->image);
	char hex[DIGEST_HEX_SIZE];
	size_t i;

	buf_printf(out, "%s: %s\n", path, whole ? "whole" : "not whole");
	buf_printf(out, "  format    %u\n  schema    %.*s\n  builder   %.*s\n", (unsigned)m->format,
		   STR_ARG(m->schema_version), STR_ARG(m->builder));
	if (m->revision.n)
		buf_printf(out, "  revision  %.*s\n", STR_ARG(m->revision));
	buf_printf(out, "  size      %llu bytes\n", (unsigned long long)m->file_size);
	digest_hex(&m->file, hex);
	buf_printf(out, "  file      %s\n", hex);
	digest_hex(&m->content, hex);
	buf_printf(out, "  content   %s\n", hex);
	buf_printf(out, "  secrets   %s\n", m->has_secrets ? "some stand in the image" : "none");
	buf_printf(out, "  sources   %zu\n", m->source_count);
	for (i = 0; i < m->source_count; i++) {
		digest_hex(&m->sources[i].digest, hex);
		buf_printf(out, "    %.16s  %.*s\n", hex, STR_ARG(m->sources[i].name));
	}
	buf_printf(out, "  objects   %llu\n", (unsigned long long)count_objects(m));
	for (i = 0; i < m->type_count; i++) {
		digest_hex(&m->types[i].content, hex);
		buf_printf(out, "    %.16s  %s %llu\n", hex, type_name(view, m->types[i].structure),
			   (unsigned long long)m->types[i].objects);
	}
}

static void put_json_text(struct buf *out, const char *key, struct str value)
{
	buf_printf(out, ",\"%s\":", key);
	buf_put_json(out, value);
}

static void put_json_digest(struct buf *out, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	buf_printf(out, ",\"%s\":\"%s\"", key, hex);
}

static void put_json_image(struct buf *out, const struct view *view)
{
	const struct stw_manifest *m = stw_image_manifest(view->image);
	size_t i;

	buf_printf(out, ",\"format\":%u", (unsigned)m->format);
	put_json_text(out, "schema", m->schema_version);
	put_json_text(out, "builder", m->builder);
	if (m->revision.n)
		put_json_text(out, "revision", m->revision);
	buf_printf(out, ",\"size\":%llu", (unsigned long long)m->file_size);
	put_json_digest(out, "digest", &m->file);
	put_json_digest(out, "content", &m->content);
	buf_printf(out, ",\"secrets\":%s,\"objects\":%llu,\"sources\":[",
		   m->has_secrets ? "true" : "false", (unsigned long long)count_objects(m));
	for (i = 0; i < m->source_count; i++) {
		buf_puts(out, i ? STR(",{\"name\":") : STR("{\"name\":"));
		buf_put_json(out, m->sources[i].name);
		put_json_digest(out, "digest", &m->sources[i].digest);
		buf_putc(out, '}');
	}
	buf_puts(out, STR("],\"types\":["));
	for (i = 0; i < m->type_count; i++) {
		buf_printf(out, "%s{\"type\":\"%s\",\"objects\":%llu", i ? "," : "",
			   type_name(view, m->types[i].structure),
			   (unsigned long long)m->types[i].objects);
		put_json_digest(out, "content", &m->types[i].content);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

/* The first line of what keep_problem kept; the rest stays. */
static struct str next_problem(struct str *problems)
{
	const char *end = memchr(problems->p, '\n', problems->n);
	size_t n = end ? (size_t)(end - problems->p) : problems->n;
	struct str line = {problems->p, n};

	*problems = str_from(*problems, n + 1);
	return line;
}

static void put_json(struct buf *out, const struct view *view, const char *path,
		     struct str problems, bool whole)
{
	bool first = true;

	buf_puts(out, STR("{\"file\":"));
	buf_put_json(out, str_c(path));
	buf_printf(out, ",\"whole\":%s,\"problems\":[", whole ? "true" : "false");
	while (problems.n) {
		buf_puts(out, first ? STR("") : STR(","));
		buf_put_json(out, next_problem(&problems));
		first = false;
	}
	buf_putc(out, ']');
	if (view->image)
		put_json_image(out, view);
	buf_puts(out, STR("}\n"));
}

static void print_problems(const char *path, struct str problems)
{
	while (problems.n) {
		struct str line = next_problem(&problems);

		fprintf(stderr, "stwc verify: %s: %.*s\n", path, STR_ARG(line));
	}
}

static enum status report(const struct options *options, const struct view *view,
			  const struct buf *problems, enum status status)
{
	const char *path = options->inputs[0].path;
	bool whole = status == STATUS_VALID;
	struct buf out = BUF_INIT;

	if (options->output == OUTPUT_JSON) {
		put_json(&out, view, path, buf_str(problems), whole);
		return cmd_print(&out, status);
	}
	print_problems(path, buf_str(problems));
	if (view->image && !options->quiet)
		put_text(&out, view, path, whole);
	return cmd_print(&out, status);
}

static enum status run(struct options *options)
{
	struct buf problems = BUF_INIT;
	enum status status = STATUS_VALID;
	struct view view;

	if (options->input_count != 1)
		return cmd_fail(&cmd_verify, "name one image");
	if (!view_open(&view, options->inputs[0].path)) {
		keep_problem(&problems, view.fault);
		/* open, and yet its schema could not be read: its digest fits, its content does not
		 */
		status = view.image ? STATUS_INVALID : status_of(&view);
	} else if (!stw_image_walk(view.reader, keep_problem, &problems)) {
		status = STATUS_INVALID;
	}
	status = report(options, &view, &problems, status);
	buf_free(&problems);
	view_close(&view);
	return status;
}

const struct command cmd_verify = {
	"verify",
	"IMAGE",
	"digest, format and schema of an image, and every record and reference in it",
	" format quiet ",
	NULL,
	run};
