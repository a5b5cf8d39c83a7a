/*
 * Layout of YAML. How far a line is set in means something there, and so do line ends inside of
 * texts; what does not is blanks at the end of a line, blanks behind a colon, and more than one
 * empty line. Lines of texts that have several stay as they are.
 */
#include "grammar/layout.h"

#include <stdlib.h>

struct range {
	size_t begin, end;
};

struct ranges {
	struct range *all;
	size_t count, cap;
	bool failed;
};

struct layout {
	struct str text;
	size_t start; /* of the text behind a byte order mark */
	struct buf *out;
	struct ranges texts; /* texts that lie on more than one line */
	struct ranges gaps;  /* blanks between a colon and a value */
	size_t text_at, gap_at;
	size_t empty;
};

static void add(struct ranges *to, size_t begin, size_t end)
{
	if (to->count == to->cap) {
		size_t cap = to->cap ? 2 * to->cap : 64;
		struct range *all = realloc(to->all, cap * sizeof(*all));

		if (!all) {
			to->failed = true;
			return;
		}
		to->all = all;
		to->cap = cap;
	}
	to->all[to->count++] = (struct range){begin, end};
}

static int by_begin(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static void sort(struct ranges *ranges)
{
	if (ranges->count)
		qsort(ranges->all, ranges->count, sizeof(*ranges->all), by_begin);
}

/* "key:   value": the blanks, where nothing else is between. */
static void add_gap(struct layout *l, struct span key, const struct node *value)
{
	size_t begin = key.end, at;

	if (begin >= value->span.begin || begin >= l->text.n || l->text.p[begin] != ':')
		return;
	for (at = begin + 1; at < value->span.begin; at++) {
		if (l->text.p[at] != ' ' && l->text.p[at] != '\t')
			return;
	}
	if (at > begin + 1)
		add(&l->gaps, begin + 1, at);
}

/* Blank lines behind a block may belong to it. */
static size_t block_end(struct str text, size_t at)
{
	size_t end = at;

	for (; at < text.n && memchr(" \t\r\n", text.p[at], 4); at++) {
		if (text.p[at] == '\n')
			end = at + 1;
	}
	return at == text.n ? at : end;
}

/* A text that has several lines, or may have. */
static void add_text(struct layout *l, struct span span)
{
	size_t end = span.end;

	if (span.end <= span.begin)
		return;
	if (memchr("|>&!", l->text.p[span.begin], 4))
		end = block_end(l->text, end);
	if (memchr(l->text.p + span.begin, '\n', end - span.begin))
		add(&l->texts, span.begin, end);
}

static void collect(struct layout *l, const struct node *node)
{
	const struct node_entry *e;
	const struct node *member;

	if (node->kind == NODE_STRING)
		add_text(l, node->span);
	for (member = node->kind == NODE_LIST ? node->list.first : NULL; member;
	     member = member->next)
		collect(l, member);
	for (e = node->kind == NODE_MAP ? node->map.first : NULL; e; e = e->next) {
		add_text(l, e->key_span);
		add_gap(l, e->key_span, e->value);
		collect(l, e->value);
	}
}

/* Bytes of a line with one blank behind each colon. */
static void put_line(struct layout *l, size_t begin, size_t end)
{
	while (l->gap_at < l->gaps.count && l->gaps.all[l->gap_at].begin < end) {
		struct range gap = l->gaps.all[l->gap_at++];

		if (gap.begin < begin || gap.end > end)
			continue; /* the same gap twice, by an alias */
		buf_put(l->out, l->text.p + begin, gap.begin - begin);
		buf_putc(l->out, ' ');
		begin = gap.end;
	}
	buf_put(l->out, l->text.p + begin, end - begin);
}

/* Does a text begin before `at` and end behind it? */
static bool inside_text(struct layout *l, size_t at)
{
	size_t i;

	while (l->text_at < l->texts.count && l->texts.all[l->text_at].end <= at)
		l->text_at++;
	for (i = l->text_at; i < l->texts.count && l->texts.all[i].begin < at; i++) {
		if (l->texts.all[i].end > at)
			return true;
	}
	return false;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

/* One line, `end` without its line end; `next` behind it. */
static void put_any_line(struct layout *l, size_t begin, size_t end, size_t next)
{
	bool within = inside_text(l, begin);
	size_t last = end;

	if (within || inside_text(l, end)) {
		if (l->empty && l->out->n && !within)
			buf_putc(l->out, '\n');
		l->empty = 0;
		/* a line end of Windows is one of YAML's, inside of texts too (YAML 1.2.2, 5.4) */
		if (next > end && end > begin && l->text.p[end - 1] == '\r') {
			put_line(l, begin, end - 1);
			begin = end;
		}
		put_line(l, begin, next);
		return;
	}
	while (last > begin && is_blank(l->text.p[last - 1]))
		last--;
	if (last == begin) {
		l->empty++;
		return;
	}
	if (l->empty && l->out->n)
		buf_putc(l->out, '\n');
	l->empty = 0;
	put_line(l, begin, last);
	buf_putc(l->out, '\n');
}

/* A CR alone ends a line of YAML too, as it did long ago. */
static bool has_lone_cr(struct str text)
{
	const char *end = text.p + text.n, *at = text.p;

	while ((at = memchr(at, '\r', (size_t)(end - at)))) {
		if (++at == end || *at != '\n')
			return true;
	}
	return false;
}

bool layout_yaml(struct str text, const struct node *root, struct buf *out)
{
	struct layout l = {.text = text, .out = out};
	size_t at = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
	bool ok;

	/* another byte order mark, or a CR alone: what they mean depends on all before them */
	if (memmem(text.p + at, text.n - at, "\xef\xbb\xbf", 3) || has_lone_cr(text)) {
		buf_puts(out, text);
		return true;
	}
	collect(&l, root);
	sort(&l.texts);
	sort(&l.gaps);
	ok = !l.texts.failed && !l.gaps.failed;
	while (ok && at < text.n) {
		const char *mark = memchr(text.p + at, '\n', text.n - at);
		size_t end = mark ? (size_t)(mark - text.p) : text.n;

		put_any_line(&l, at, end, mark ? end + 1 : end);
		at = mark ? end + 1 : end;
	}
	free(l.texts.all);
	free(l.gaps.all);
	return ok;
}
