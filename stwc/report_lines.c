/* Diagnostics as single lines: for GitHub Actions, and for editors that know a compiler's. */
#include "core/render.h"
#include "stwc/report.h"

/* The characters of a value that end it are written as percent and two digits: in a property's
 * value more of them than in the message. */
static void put_escaped(struct buf *out, struct str s, bool property)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			buf_printf(out, "%%%02X", c);
		else
			buf_putc(out, (char)c);
	}
}

static const char *github_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR: return "error";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_NOTE:
	case SEVERITY_OFF: return "notice";
	}
	return "error";
}

/* Columns are left out where the span goes over several lines: GitHub takes no others then. */
static void put_github_place(struct buf *out, struct source *source, struct span span)
{
	struct position begin = source_position(source, span.begin);
	struct position end = source_position(source, span.end);

	buf_puts(out, STR("file="));
	put_escaped(out, source->name, true);
	buf_printf(out, ",line=%u,endLine=%u", begin.line, end.line);
	if (begin.line == end.line)
		buf_printf(out, ",col=%u,endColumn=%u", begin.column, end.column);
	buf_putc(out, ',');
}

static void put_github(struct buf *out, const struct sources *sources, const struct diag *diag)
{
	struct source *source = sources_get(sources, diag->span.source);

	buf_printf(out, "::%s ", github_word(diag->severity));
	if (source) {
		put_github_place(out, source, diag->span);
	} else if (diag->file.n) {
		buf_puts(out, STR("file="));
		put_escaped(out, diag->file, true);
		buf_putc(out, ',');
	}
	buf_printf(out, "title=%s::", diag_code_info(diag->code)->word);
	put_escaped(out, diag->message, false);
	if (diag->hint.n) {
		buf_puts(out, STR(" ("));
		put_escaped(out, diag->hint, false);
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
}

void report_github(struct buf *out, const struct sources *sources, const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		put_github(out, sources, &diags->all[i]);
}

/* "mail.toml:3:7: ", or the program's name where there is no place. */
static void put_gcc_place(struct buf *out, struct source *source, struct span span, struct str file)
{
	struct position begin;

	if (!source) {
		render_clean(out, file.n ? file : STR("stwc"));
		buf_puts(out, STR(": "));
		return;
	}
	begin = source_position(source, span.begin);
	render_clean(out, source->name);
	buf_printf(out, ":%u:%u: ", begin.line, begin.column);
}

static void put_gcc(struct buf *out, const struct sources *sources, const struct diag *diag)
{
	put_gcc_place(out, sources_get(sources, diag->span.source), diag->span, diag->file);
	buf_printf(out, "%s: ", severity_name(diag->severity));
	render_clean(out, diag->message);
	if (diag->hint.n) {
		buf_puts(out, STR(" ("));
		render_clean(out, diag->hint);
		buf_putc(out, ')');
	}
	buf_printf(out, " [%s]\n", diag_code_info(diag->code)->word);
	for (const struct diag_related *r = diag->related; r; r = r->next) {
		put_gcc_place(out, sources_get(sources, r->span.source), r->span, STR_NONE);
		buf_puts(out, STR("note: "));
		render_clean(out, r->message);
		buf_putc(out, '\n');
	}
}

void report_gcc(struct buf *out, const struct sources *sources, const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		put_gcc(out, sources, &diags->all[i]);
}
