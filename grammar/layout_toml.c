/*
 * Layout of TOML. Lines stay lines: what stood on one stays on one. Between them at most one is
 * empty, and one is before each header, or before the comments that stand on it. A list that is
 * broken somewhere is broken behind its bracket and before the other, set in by a tab, and ends in
 * a comma.
 */
#include "grammar/layout.h"
#include "grammar/toml.h"

/* A list in a map in a list …: brackets of both kinds. */
#define OPEN_LIMIT (2 * READER_DEPTH_LIMIT)

struct layout {
	struct str text;
	struct buf *out;
	size_t at;
	enum toml_mode mode;
	char open[OPEN_LIMIT]; /* '{'; '[' on one line, 'L' over several */
	size_t depth;
	size_t lists;           /* open ones over several lines */
	enum toml_token before; /* the token before, line ends apart; TOML_END: none */
	bool on_line;           /* the line has something already */
	bool after_comment;     /* the line before was a comment alone */
	size_t empty;           /* lines before this one */
};

static bool in_list(const struct layout *l)
{
	return l->depth && l->open[l->depth - 1] != '{';
}

/* From `at`, which is behind a comment: is the next line that is no comment a header? */
static bool leads_to_header(const struct layout *l, size_t at)
{
	struct str rest = str_from(l->text, at);

	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);

		if (!end)
			return false;
		rest = str_from(rest, (size_t)(end - rest.p) + 1);
		while (rest.n && (*rest.p == ' ' || *rest.p == '\t'))
			rest = str_from(rest, 1);
		if (!rest.n || *rest.p != '#')
			break;
	}
	return rest.n && *rest.p == '[';
}

static bool closes(enum toml_token token)
{
	return token == TOML_CLOSE || token == TOML_CLOSE2 || token == TOML_UNCURLY;
}

static void begin_line(struct layout *l, bool header, bool close)
{
	bool gap = l->empty > 0 || (header && !l->after_comment);
	size_t tabs = l->lists - (close && l->lists > 0);

	if (l->depth)
		gap = l->empty && !close && l->before != TOML_OPEN;
	if (gap && l->out->n)
		buf_putc(l->out, '\n');
	while (tabs-- > 0)
		buf_putc(l->out, '\t');
	l->empty = 0;
	l->on_line = true;
}

static bool is_spaced(enum toml_token before, enum toml_token token)
{
	if (before == TOML_CURLY || token == TOML_UNCURLY)
		return !(before == TOML_CURLY && token == TOML_UNCURLY);
	return token == TOML_EQUALS || before == TOML_EQUALS ||
	       (before == TOML_COMMA && token != TOML_CLOSE);
}

/* The next token but for line ends and comments. */
static struct toml_lexeme look_ahead(const struct layout *l, size_t at, bool lines)
{
	struct toml_lexeme lexeme;

	do {
		toml_lex(l->text, at, TOML_MODE_VALUE, &lexeme);
		at = lexeme.end;
	} while (lines && lexeme.token == TOML_NEWLINE);
	return lexeme;
}

/* Is the list that opens before `at` broken over lines? Those inside of it do not count, and
 * neither do texts. */
static bool is_broken(const struct layout *l, size_t at)
{
	enum toml_mode mode = TOML_MODE_VALUE;
	size_t depth = 1;

	while (depth) {
		struct toml_lexeme lexeme;

		toml_lex(l->text, at, mode, &lexeme);
		if (lexeme.token == TOML_END)
			return false;
		if (lexeme.token == TOML_NEWLINE && depth == 1)
			return true;
		if (lexeme.token == TOML_OPEN || lexeme.token == TOML_CURLY)
			depth++;
		else if (closes(lexeme.token))
			depth--;
		at = lexeme.end;
	}
	return false;
}

static void break_line(struct layout *l)
{
	buf_putc(l->out, '\n');
	l->on_line = false;
	l->after_comment = false;
}

/* Brackets, and what the characters behind the token mean. */
static bool follow(struct layout *l, enum toml_token token, size_t at)
{
	bool header = !l->depth && l->mode == TOML_MODE_KEY, broken;

	if (token == TOML_EQUALS) {
		l->mode = TOML_MODE_VALUE;
	} else if ((token == TOML_OPEN && !header) || token == TOML_CURLY) {
		if (l->depth == OPEN_LIMIT)
			return false;
		broken = token == TOML_OPEN && is_broken(l, at);
		l->open[l->depth++] = broken ? 'L' : token == TOML_OPEN ? '[' : '{';
		l->lists += broken;
		if (broken && look_ahead(l, at, false).token != TOML_NEWLINE)
			break_line(l);
		l->mode = token == TOML_OPEN ? TOML_MODE_VALUE : TOML_MODE_KEY;
	} else if (closes(token) && l->depth) {
		l->lists -= l->open[--l->depth] == 'L';
		l->mode = TOML_MODE_VALUE;
	} else if (token == TOML_COMMA) {
		l->mode = in_list(l) ? TOML_MODE_VALUE : TOML_MODE_KEY;
	}
	return true;
}

static bool put_token(struct layout *l, const struct toml_lexeme *lexeme)
{
	enum toml_token token = lexeme->token;
	bool header = !l->depth && (token == TOML_OPEN || token == TOML_OPEN2);

	/* a last comma that nothing follows on its line */
	if (token == TOML_COMMA && l->depth && l->open[l->depth - 1] == '[' &&
	    look_ahead(l, lexeme->end, false).token == TOML_CLOSE)
		return true;
	if (token == TOML_CLOSE && l->on_line && l->depth && l->open[l->depth - 1] == 'L') {
		if (l->before != TOML_COMMA && l->before != TOML_OPEN)
			buf_putc(l->out, ',');
		break_line(l);
	}
	if (!l->on_line)
		begin_line(l, header, closes(token));
	else if (is_spaced(l->before, token))
		buf_putc(l->out, ' ');
	buf_put(l->out, l->text.p + lexeme->begin, lexeme->end - lexeme->begin);
	l->before = token;
	return follow(l, token, lexeme->end);
}

/* A list that ends on a later line ends in a comma. */
static bool needs_comma(const struct layout *l, size_t at)
{
	return in_list(l) && l->on_line && l->before != TOML_COMMA && l->before != TOML_OPEN &&
	       look_ahead(l, at, true).token == TOML_CLOSE;
}

static struct str comment_in(struct str gap)
{
	const char *mark = memchr(gap.p, '#', gap.n);
	struct str comment = {mark, mark ? (size_t)(gap.p + gap.n - mark) : 0};

	while (comment.n && (comment.p[comment.n - 1] == ' ' || comment.p[comment.n - 1] == '\t'))
		comment.n--;
	return comment;
}

/* Before a comment behind something: two blanks, or as many as line it up with others. */
static void put_gap(struct layout *l, struct str gap)
{
	size_t n = 0;

	while (n < gap.n && gap.p[n] == ' ')
		n++;
	if (n >= 2 && n < gap.n && gap.p[n] == '#')
		buf_put(l->out, gap.p, n);
	else
		buf_puts(l->out, STR("  "));
}

static void end_line(struct layout *l, const struct toml_lexeme *lexeme)
{
	struct str gap = {l->text.p + l->at, lexeme->begin - l->at};
	struct str comment = comment_in(gap);
	bool alone = !l->on_line;

	if (alone && !comment.n) {
		l->empty++;
		return;
	}
	if (needs_comma(l, lexeme->begin)) {
		buf_putc(l->out, ',');
		l->before = TOML_COMMA;
	}
	if (comment.n && alone)
		begin_line(l, !l->depth && !l->after_comment && leads_to_header(l, lexeme->begin),
			   false);
	else if (comment.n)
		put_gap(l, gap);
	buf_puts(l->out, comment);
	buf_putc(l->out, '\n');
	l->after_comment = alone;
	l->on_line = false;
	if (l->depth)
		return;
	l->mode = TOML_MODE_KEY;
	l->before = TOML_END;
}

bool layout_toml(struct str text, struct buf *out)
{
	struct layout l = {.text = text, .out = out, .before = TOML_END};
	struct toml_lexeme lexeme;

	if (str_starts(text, STR("\xef\xbb\xbf")))
		l.text = str_from(text, 3);
	if (!l.text.n)
		return true;
	do {
		toml_lex(l.text, l.at, l.mode, &lexeme);
		if (lexeme.token == TOML_NEWLINE || lexeme.token == TOML_END)
			end_line(&l, &lexeme);
		else if (!put_token(&l, &lexeme))
			return false;
		l.at = lexeme.end;
	} while (lexeme.token != TOML_END);
	return true;
}
