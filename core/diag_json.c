#include "core/render.h"

static void put_name(struct buf *out, const char *name)
{
	buf_printf(out, ",\"%s\":", name);
}

static void put_text(struct buf *out, const char *name, struct str text)
{
	if (text.n == 0)
		return;
	put_name(out, name);
	buf_put_json(out, text);
}

/* file, line and column of where a span begins; false when there is no place. */
static bool put_begin(struct buf *out, struct source *source, struct span span)
{
	struct position begin;

	if (!source)
		return false;
	begin = source_position(source, span.begin);
	put_name(out, "file");
	buf_put_json(out, source->name);
	buf_printf(out, ",\"line\":%u,\"column\":%u", begin.line, begin.column);
	return true;
}

static void put_related(struct buf *out, const struct sources *sources, const struct diag *diag)
{
	if (!diag->related)
		return;
	put_name(out, "related");
	buf_putc(out, '[');
	for (const struct diag_related *r = diag->related; r; r = r->next) {
		if (r != diag->related)
			buf_putc(out, ',');
		buf_puts(out, STR("{\"message\":"));
		buf_put_json(out, r->message);
		put_begin(out, sources_get(sources, r->span.source), r->span);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void put_diag(struct buf *out, const struct sources *sources, const struct diag *diag)
{
	struct source *source = sources_get(sources, diag->span.source);

	buf_printf(out, "{\"severity\":\"%s\",\"code\":\"%s\",\"message\":",
		   severity_name(diag->severity), diag_code_info(diag->code)->word);
	buf_put_json(out, diag->message);
	if (put_begin(out, source, diag->span)) {
		struct position end = source_position(source, diag->span.end);

		buf_printf(out, ",\"endLine\":%u,\"endColumn\":%u", end.line, end.column);
	} else {
		put_text(out, "file", diag->file);
	}
	put_text(out, "path", diag->path);
	put_text(out, "hint", diag->hint);
	put_related(out, sources, diag);
	buf_putc(out, '}');
}

void render_json(struct buf *out, const struct sources *sources, const struct diags *diags,
		 const struct render_summary *summary)
{
	buf_puts(out, STR("{\"diagnostics\":["));
	for (size_t i = 0; i < diags->count; i++) {
		if (i)
			buf_putc(out, ',');
		put_diag(out, sources, &diags->all[i]);
	}
	/* one that was lost for lack of memory still makes the run invalid */
	buf_printf(out, "],\"summary\":{\"errors\":%zu,\"warnings\":%zu,",
		   diags->errors + diags->failed, diags->warnings);
	buf_printf(out, "\"objects\":%zu,\"files\":%zu}}\n", summary->objects, summary->files);
}
