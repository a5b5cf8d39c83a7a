/*
 * A diagnostic for people, in the manner of today's compilers. Whatever comes from a source
 * or a name is untrusted: only printable characters reach the terminal, so that no file can
 * move a cursor, reverse the reading direction or hide text. Columns are those of a terminal:
 * an East Asian wide character takes two, a combining mark none, a tab is printed as one blank.
 */
#include "core/render.h"

#include "base/utf8.h"

/* A line of more columns is cut to a window that begins this far before the span. */
#define WINDOW 120
#define WINDOW_BEFORE 40
/* No more bytes than this on each side of where a span begins are looked at. */
#define REACH 2048

#define MASK "****"

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Controls, invisible format characters, and those that change the direction of text. */
static bool is_hidden(uint32_t c)
{
	static const struct range hidden[] = {
		{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
		{0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
		{0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
	};

	return in_ranges(hidden, ARRAY_LEN(hidden), c);
}

/* Columns of a printable character; the common blocks of Unicode Standard Annex 11. */
static size_t char_width(uint32_t c)
{
	static const struct range none[] = {
		{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},     {0x610, 0x61A},
		{0x64B, 0x65F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x20D0, 0x20FF},
		{0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
	};
	static const struct range wide[] = {
		{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
		{0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
		{0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
	};

	if (c < 0x300)
		return 1;
	if (in_ranges(none, ARRAY_LEN(none), c))
		return 0;
	return in_ranges(wide, ARRAY_LEN(wide), c) ? 2 : 1;
}

/* One character as it is shown. */
struct cell {
	struct str shown;
	size_t bytes; /* that it takes in the source */
	size_t width;
};

/* The first character of s, which is not empty. */
static struct cell cell_of(struct str s)
{
	uint32_t c;
	size_t n = utf8_decode(s, &c);

	if (n == 0)
		return (struct cell){STR("?"), 1, 1};
	if (c == '\t')
		return (struct cell){STR(" "), n, 1};
	if (is_hidden(c))
		return (struct cell){STR("?"), n, 1};
	return (struct cell){{s.p, n}, n, char_width(c)};
}

/* Columns that s takes. */
static size_t width_of(struct str s)
{
	size_t width = 0;

	while (s.n) {
		struct cell cell = cell_of(s);

		width += cell.width;
		s = str_from(s, cell.bytes);
	}
	return width;
}

/* Appends the part of s that lies in the columns from `first` to before `last`. */
static void put_columns(struct buf *out, struct str s, size_t first, size_t last)
{
	size_t column = 0;

	while (s.n && column < last) {
		struct cell cell = cell_of(s);

		if (column >= first)
			buf_puts(out, cell.shown);
		column += cell.width;
		s = str_from(s, cell.bytes);
	}
}

void render_clean(struct buf *out, struct str s)
{
	put_columns(out, s, 0, SIZE_MAX);
}

static void put_repeated(struct buf *out, char c, size_t n)
{
	while (n--)
		buf_putc(out, c);
}

/* What stays the same over the parts of one diagnostic. */
struct text {
	struct buf *out;
	size_t gutter; /* columns of the widest line number */
	bool color;
	bool secret;
};

#define PAINT_GUTTER "\x1b[1;34m"
#define PAINT_MESSAGE "\x1b[1m"
#define PAINT_NONE "\x1b[0m"

static const char *paint_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR: return "\x1b[1;31m";
	case SEVERITY_WARNING: return "\x1b[1;33m";
	case SEVERITY_NOTE:
	case SEVERITY_OFF: return "\x1b[1;36m";
	}
	return PAINT_NONE;
}

static void paint(const struct text *t, const char *how)
{
	if (t->color)
		buf_puts(t->out, str_c(how));
}

/* "   |" or "14 |": the left edge of a line. */
static void put_edge(const struct text *t, uint32_t number, const char *mark)
{
	paint(t, PAINT_GUTTER);
	if (number)
		buf_printf(t->out, "%*u %s", (int)t->gutter, number, mark);
	else
		buf_printf(t->out, "%*s %s", (int)t->gutter, "", mark);
	paint(t, PAINT_NONE);
}

/* A source line with masks in it, and where in that a span begins and ends. */
struct masked {
	struct buf text;
	size_t begin, end;
	bool cut_left, cut_right; /* there is more on the line */
};

/* Appends source bytes [from, to) of a line; offsets of the span inside them move along. */
static void mask_copy(struct masked *m, struct str line, size_t from, size_t to, size_t begin,
		      size_t end)
{
	size_t moved = m->text.n;

	if (begin >= from && begin <= to)
		m->begin = moved + begin - from;
	if (end >= from && end <= to)
		m->end = moved + end - from;
	buf_put(&m->text, line.p + from, to - from);
}

/* Appends a mask for source bytes [from, to), which covers what of the span lies inside. */
static void mask_put(struct masked *m, size_t from, size_t to, size_t begin, size_t end)
{
	if (begin > from && begin < to)
		m->begin = m->text.n;
	buf_puts(&m->text, STR(MASK));
	if (end > from && end < to)
		m->end = m->text.n;
}

static void mask_hidden(struct masked *m, struct source *source, size_t start, struct str line,
			size_t begin, size_t end)
{
	size_t count;
	const struct span *masks = source_masks(source, &count);
	size_t at = 0;

	for (size_t i = 0; i < count && masks[i].begin < start + line.n; i++) {
		size_t from = masks[i].begin > start ? masks[i].begin - start : 0;
		size_t to = masks[i].end > start ? masks[i].end - start : 0;

		if (to == 0)
			continue;
		if (to > line.n)
			to = line.n;
		mask_copy(m, line, at, from, begin, end);
		mask_put(m, from, to, begin, end);
		at = to;
	}
	mask_copy(m, line, at, line.n, begin, end);
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.@/\"'", c));
}

static size_t skip_blanks(struct str s, size_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	return at;
}

/* True for nothing but a key, '=' or ':', and perhaps the quotes that open a value. Anything else
 * in front of a secret may hold a part of it, such as the line before in a text of many lines. */
static bool is_key_only(struct str s)
{
	const size_t longest = 40;
	size_t at = skip_blanks(s, 0);
	size_t from = at;

	while (at < s.n && is_key_char(s.p[at]))
		at++;
	if (at == from || at - from > longest)
		return false;
	at = skip_blanks(s, at);
	if (at == s.n || (s.p[at] != '=' && s.p[at] != ':'))
		return false;
	at = skip_blanks(s, at + 1);
	while (at < s.n && (s.p[at] == '"' || s.p[at] == '\''))
		at++;
	return at == s.n;
}

/* A line, or what of it lies in reach of a span, so that a line of megabytes costs no more
 * than a short one. */
struct near {
	struct str text;
	size_t start;      /* byte of the source where the text begins */
	size_t begin, end; /* of the span, in bytes of the text */
	bool cut_left, cut_right;
};

static bool inside_character(struct str s, size_t at)
{
	return at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80;
}

static struct near near_of(struct source *source, struct span span, uint32_t number)
{
	struct str line = source_line(source, number);
	size_t start = source_line_start(source, number);
	size_t begin = span.begin > start ? span.begin - start : 0;
	size_t end = span.end > start ? span.end - start : 0;
	size_t from, to;

	if (begin > line.n)
		begin = line.n;
	from = begin > REACH ? begin - REACH : 0;
	to = line.n - begin > REACH ? begin + REACH : line.n;
	while (from < begin && inside_character(line, from))
		from++;
	while (to > begin && inside_character(line, to))
		to--;
	if (end > to)
		end = to;
	if (end < begin)
		end = begin;
	return (struct near){
		.text = {line.p + from, to - from},
		.start = start + from,
		.begin = begin - from,
		.end = end - from,
		.cut_left = from > 0,
		.cut_right = to < line.n,
	};
}

/* The line as it may be shown: all of it but hidden parts, or next to nothing. */
static struct masked mask_line(const struct text *t, struct source *source, struct span span,
			       uint32_t number)
{
	struct near n = near_of(source, span, number);
	struct masked m = {.text = BUF_INIT};

	if (!t->secret && !source->mask_all) {
		mask_hidden(&m, source, n.start, n.text, n.begin, n.end);
		m.cut_left = n.cut_left;
		m.cut_right = n.cut_right;
		return m;
	}
	n.text.n = n.begin;
	if (is_key_only(n.text) && !n.cut_left && !source->mask_all)
		mask_hidden(&m, source, n.start, n.text, n.begin, n.begin);
	m.begin = m.text.n;
	buf_puts(&m.text, STR(MASK));
	m.end = m.text.n;
	return m;
}

/* The source line of a span and what of it is shown. */
struct view {
	struct masked line;
	size_t first, last; /* columns shown */
	size_t begin, end;  /* columns of the span, inside those */
	bool cut_left, cut_right;
};

static struct view view_of(const struct text *t, struct source *source, struct span span,
			   uint32_t number)
{
	struct view v = {.line = mask_line(t, source, span, number)};
	struct str line = buf_str(&v.line.text);
	size_t from = v.line.begin < line.n ? v.line.begin : line.n;
	size_t to = v.line.end < line.n ? v.line.end : line.n;
	size_t columns = width_of(line);

	v.begin = width_of((struct str){line.p, from});
	v.end = width_of((struct str){line.p, to});
	v.last = columns;
	if (columns > WINDOW) {
		v.first = v.begin > WINDOW_BEFORE ? v.begin - WINDOW_BEFORE : 0;
		v.last = columns - v.first > WINDOW ? v.first + WINDOW : columns;
	}
	v.cut_left = v.line.cut_left || v.first > 0;
	v.cut_right = v.line.cut_right || v.last < columns;
	if (v.end > v.last)
		v.end = v.last;
	return v;
}

static void put_source_line(const struct text *t, const struct view *v, uint32_t number)
{
	put_edge(t, number, "|");
	if (v->line.text.n)
		buf_putc(t->out, ' ');
	if (v->cut_left)
		buf_puts(t->out, STR("…"));
	put_columns(t->out, buf_str(&v->line.text), v->first, v->last);
	if (v->cut_right)
		buf_puts(t->out, STR("…"));
	buf_putc(t->out, '\n');
}

static void put_carets(const struct text *t, const struct view *v, enum severity severity,
		       struct str hint)
{
	size_t width = v->end > v->begin ? v->end - v->begin : 1;

	put_edge(t, 0, "| ");
	put_repeated(t->out, ' ', v->begin - v->first + v->cut_left);
	paint(t, paint_of(severity));
	put_repeated(t->out, '^', width);
	if (hint.n) {
		buf_putc(t->out, ' ');
		render_clean(t->out, hint);
	}
	paint(t, PAINT_NONE);
	buf_putc(t->out, '\n');
}

static void put_remark(const struct text *t, const char *prefix, struct str text)
{
	if (text.n == 0)
		return;
	put_edge(t, 0, "= ");
	buf_puts(t->out, str_c(prefix));
	render_clean(t->out, text);
	buf_putc(t->out, '\n');
}

/* "  --> mail.toml:14:1", the source line, the carets. */
static void put_place(const struct text *t, struct source *source, struct span span,
		      enum severity severity, struct str hint)
{
	struct position at = source_position(source, span.begin);
	struct view v = view_of(t, source, span, at.line);
	/* far to the right nobody would look for it */
	bool beside = v.end - v.first + width_of(hint) < WINDOW - WINDOW_BEFORE / 2;

	paint(t, PAINT_GUTTER);
	buf_printf(t->out, "%*s--> ", (int)t->gutter, "");
	paint(t, PAINT_NONE);
	render_clean(t->out, source->name);
	buf_printf(t->out, ":%u:%u\n", at.line, at.column);
	put_edge(t, 0, "|");
	buf_putc(t->out, '\n');
	put_source_line(t, &v, at.line);
	put_carets(t, &v, severity, beside ? hint : STR_NONE);
	if (!beside)
		put_remark(t, "", hint);
	/* a line that could not be copied is missing, and the whole output is */
	t->out->failed = t->out->failed || v.line.text.failed;
	buf_free(&v.line.text);
}

static void put_title(const struct text *t, enum severity severity, const char *code,
		      struct str message)
{
	paint(t, paint_of(severity));
	buf_puts(t->out, str_c(severity_name(severity)));
	if (code)
		buf_printf(t->out, "[%s]", code);
	paint(t, PAINT_NONE);
	paint(t, PAINT_MESSAGE);
	buf_puts(t->out, STR(": "));
	render_clean(t->out, message);
	paint(t, PAINT_NONE);
	buf_putc(t->out, '\n');
}

/* Columns of the line number where a span begins; 0 when it has no place. */
static size_t number_width(const struct sources *sources, struct span span)
{
	struct source *source = sources_get(sources, span.source);
	uint32_t line = source ? source_position(source, span.begin).line : 0;
	size_t width = 0;

	for (; line; line /= 10)
		width++;
	return width;
}

static size_t gutter_width(const struct sources *sources, const struct diag *diag)
{
	size_t gutter = number_width(sources, diag->span);

	for (const struct diag_related *r = diag->related; r; r = r->next) {
		size_t width = number_width(sources, r->span);

		gutter = width > gutter ? width : gutter;
	}
	return gutter ? gutter : 1;
}

void render_text(struct buf *out, const struct sources *sources, const struct diag *diag,
		 bool color)
{
	struct text t = {out, gutter_width(sources, diag), color, diag->secret};
	struct source *source = sources_get(sources, diag->span.source);

	put_title(&t, diag->severity, diag_code_info(diag->code)->word, diag->message);
	if (source)
		put_place(&t, source, diag->span, diag->severity, diag->hint);
	else
		put_remark(&t, "", diag->hint);
	put_remark(&t, "", diag->context);
	if (!source && diag->context.n == 0)
		put_remark(&t, "at ", diag->path);
	for (const struct diag_related *r = diag->related; r; r = r->next) {
		struct source *other = sources_get(sources, r->span.source);

		put_title(&t, SEVERITY_NOTE, NULL, r->message);
		if (other)
			put_place(&t, other, r->span, SEVERITY_NOTE, STR_NONE);
	}
	buf_putc(out, '\n');
}
