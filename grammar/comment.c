/* Comments that speak to stwc: found by their word, held against the tree of the source. */
#include "grammar/comment.h"

static const struct str word = {"stwc:", 5};

struct finder {
	struct str text;
	struct node *root; /* NULL: not read yet */
	uint32_t begin;    /* of the place in question … */
	uint32_t end;      /* … and behind it */
	bool inside;       /* it lies in a text or a key */
	uint32_t reach;    /* where the elements that begin in it end */
};

static bool holds(struct span span, uint32_t at)
{
	return span.begin <= at && at < span.end;
}

static void reach_to(struct finder *f, uint32_t begin, struct span span)
{
	if (begin >= f->begin && begin < f->end && span.end > f->reach)
		f->reach = span.end;
}

/* Is the place in a text, and how far do the elements go that begin there? */
static void look(struct finder *f, const struct node *node)
{
	const struct node_entry *e;
	const struct node *member;

	if (node->kind == NODE_STRING && holds(node->span, f->begin))
		f->inside = true;
	for (e = node->kind == NODE_MAP ? node->map.first : NULL; e; e = e->next) {
		if (holds(e->key_span, f->begin))
			f->inside = true;
		reach_to(f, e->key_span.begin, e->value->span);
		look(f, e->value);
	}
	for (member = node->kind == NODE_LIST ? node->list.first : NULL; member;
	     member = member->next) {
		reach_to(f, member->span.begin, member->span);
		look(f, member);
	}
}

static uint32_t line_end(struct str text, uint32_t at)
{
	const char *end = memchr(text.p + at, '\n', text.n - at);

	return end ? (uint32_t)(end - text.p) + 1 : (uint32_t)text.n;
}

/* The first byte of a line that is no blank. */
static uint32_t line_content(struct str text, uint32_t at)
{
	while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\r'))
		at++;
	return at;
}

/* The next line with something else than a comment; the end of the text: none. */
static uint32_t next_element(struct str text, uint32_t at)
{
	while (at < text.n) {
		uint32_t content = line_content(text, at);

		if (content < text.n && text.p[content] != '\n' && text.p[content] != '#')
			return at;
		at = line_end(text, at);
	}
	return at;
}

/* The path of a TOML table header, or an empty text where the line is none. */
static struct str header_path(struct str text, uint32_t at)
{
	uint32_t begin = line_content(text, at), end = line_end(text, at);
	const char *close;

	if (begin >= text.n || text.p[begin] != '[')
		return STR_NONE;
	while (begin < end && (text.p[begin] == '[' || text.p[begin] == ' '))
		begin++;
	/* a bracket in a quoted part shortens the path, which only widens what may lie in it */
	close = memchr(text.p + begin, ']', end - begin);
	return close ? (struct str){text.p + begin, (size_t)(close - text.p) - begin} : STR_NONE;
}

static bool lies_in(struct str inner, struct str outer)
{
	return inner.n > outer.n && str_starts(inner, outer) && inner.p[outer.n] == '.';
}

/* Where the table of the header at `at` ends. Lines of texts and arrays may look like headers. */
static uint32_t table_end(struct finder *f, uint32_t at, struct str path)
{
	for (at = line_end(f->text, at); at < f->text.n; at = line_end(f->text, at)) {
		struct str other = header_path(f->text, at);

		if (!other.p || lies_in(other, path))
			continue;
		f->begin = line_content(f->text, at);
		f->end = f->begin + 1;
		f->inside = false;
		look(f, f->root);
		if (!f->inside)
			break;
	}
	return at;
}

static struct span scope_of(struct finder *f, enum format format, struct span line, bool alone)
{
	struct span scope = line;
	struct str path;

	if (!alone)
		return scope;
	scope.begin = next_element(f->text, line.end);
	if (scope.begin >= f->text.n)
		return (struct span){line.source, line.end, line.end};
	scope.end = line_end(f->text, scope.begin);
	path = format == FORMAT_YAML ? STR_NONE : header_path(f->text, scope.begin);
	f->begin = scope.begin;
	f->end = scope.end;
	f->reach = scope.end;
	look(f, f->root);
	scope.end = path.p ? table_end(f, scope.begin, path) : f->reach;
	return scope;
}

/* The mark of the comment whose word stands at `at`, or UINT32_MAX. */
static uint32_t mark_of(struct str text, uint32_t at)
{
	while (at > 0 && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
		at--;
	if (at == 0 || text.p[at - 1] != '#')
		return UINT32_MAX;
	return at - 1;
}

static uint32_t line_start(struct str text, uint32_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

static bool read_root(struct finder *f, enum format format, const struct source *source,
		      const struct hash_key *key, struct arena *arena)
{
	struct diags ignored; /* the reader that counts says them */

	diags_init(&ignored, arena);
	f->root = reader_whole(format, source, &ignored, key, arena);
	return f->root != NULL;
}

static bool give(struct finder *f, enum format format, const struct source *source, uint32_t mark,
		 bool (*each)(void *ctx, const struct comment *comment), void *ctx)
{
	uint32_t start = line_start(f->text, mark), end = line_end(f->text, mark);
	struct span line = {source->number, start, end};
	bool alone = line_content(f->text, start) == mark;
	struct comment comment = {.span = {source->number, mark, end}};
	struct str text = {f->text.p + mark, end - mark};

	f->begin = mark;
	f->end = mark + 1;
	f->inside = false;
	look(f, f->root);
	if (f->inside)
		return true;
	while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
		text.n--;
	comment.span.end = mark + (uint32_t)text.n;
	text = str_from(text, 1);
	text = str_from(text, line_content(text, 0) + word.n);
	comment.text = str_from(text, line_content(text, 0));
	comment.scope = scope_of(f, format, line, alone);
	return each(ctx, &comment);
}

/* The next place of the word, or NULL: found by the rarest of its letters. */
static const char *next_word(const char *at, const char *end)
{
	const size_t before = 2, behind = word.n - before; /* st|wc: */
	const char *p = at + before;

	while (end - at >= (ptrdiff_t)word.n && p <= end - behind) {
		p = memchr(p, word.p[before], (size_t)(end - p) - behind + 1);
		if (!p)
			return NULL;
		if (memcmp(p - before, word.p, word.n) == 0)
			return p - before;
		p++;
	}
	return NULL;
}

bool comment_each(enum format format, const struct source *source, const struct hash_key *key,
		  bool (*each)(void *ctx, const struct comment *comment), void *ctx)
{
	struct finder f = {.text = source->text};
	const char *at = source->text.p;
	bool ok = true;
	struct arena arena;

	if (format != FORMAT_TOML && format != FORMAT_YAML && format != FORMAT_SETTINGS)
		return true;
	arena_init(&arena, 64 * 1024);
	while (ok && at) {
		uint32_t mark;

		at = next_word(at, f.text.p + f.text.n);
		if (!at)
			break;
		mark = mark_of(f.text, (uint32_t)(at - f.text.p));
		at += word.n;
		if (mark == UINT32_MAX)
			continue;
		if (!f.root)
			ok = read_root(&f, format, source, key, &arena);
		ok = ok && give(&f, format, source, mark, each, ctx);
	}
	arena_free(&arena);
	return ok;
}
