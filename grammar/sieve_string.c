/* What a server's compiler asks of the strings of a script by their place, and of its size. */
#include <stdarg.h>
#include <stdio.h>

#include "grammar/sieve_use.h"

static void report(struct sieve_words *w, enum sieve_fault fault, size_t at, size_t n,
		   const char *hint, const char *format, ...) PRINTF_LIKE(6, 7);
static void report(struct sieve_words *w, enum sieve_fault fault, size_t at, size_t n,
		   const char *hint, const char *format, ...)
{
	char text[256];
	va_list args;

	if (w->reported++ >= SIEVE_REPORTS)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	w->scope->report(w->scope->ctx, fault, at, n, str_c(text), hint ? str_c(hint) : STR_NONE);
}

/* ---- strings ---- */

/* Without quotes and the backslashes that shield something. */
static void unquote(struct buf *out, struct str token)
{
	for (size_t i = 1; i + 1 < token.n; i++) {
		if (token.p[i] == '\\' && i + 2 < token.n)
			i++;
		buf_putc(out, token.p[i]);
	}
}

/* The lines behind that of "text:" up to the one with the dot; a dot at the start of a line is
 * shielded by another. */
static void unstuff(struct buf *out, struct str token)
{
	const char *line = memchr(token.p, '\n', token.n);
	struct str rest = line ? str_from(token, (size_t)(line - token.p) + 1) : STR_NONE;

	for (size_t i = 0; i + 1 < rest.n; i++) {
		if (rest.p[i] == '.' && (i == 0 || rest.p[i - 1] == '\n') && rest.p[i + 1] == '.')
			i++;
		buf_putc(out, rest.p[i]);
	}
}

/* Variables are filled in, and what stands for other characters is read, when a script runs. */
static bool is_constant(struct str text)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		if ((text.p[i] == '$' || text.p[i] == '%') && text.p[i + 1] == '{')
			return false;
	}
	return true;
}

struct string {
	struct str text;
	size_t at, n;
};

/* What can be the name of a header field (RFC 5322 section 2.2). A server takes whatever is not
 * empty. */
static void header(struct sieve_words *w, const struct string *s)
{
	if (!s->text.n) {
		report(w, SIEVE_STRING, s->at, s->n, NULL, "the name of a header field is empty");
		return;
	}
	for (size_t i = 0; i < s->text.n; i++) {
		if (s->text.p[i] > ' ' && s->text.p[i] != ':' && s->text.p[i] != 0x7f)
			continue;
		report(w, SIEVE_HEADER, s->at, s->n,
		       s->text.p[i] == ':' && i + 1 == s->text.n ? "leave out the colon" : NULL,
		       "no header field can be called '%.*s'", s->text.n < 60 ? (int)s->text.n : 60,
		       s->text.p);
		return;
	}
}

/* A name, or one of a name space that is there: global.x, t.x, envelope.x. */
static void variable(struct sieve_words *w, const struct string *s)
{
	static const char *const spaces[] = {"global", "t", "envelope"};
	const char *dot = s->text.n ? memchr(s->text.p, '.', s->text.n) : NULL;
	struct str space = {s->text.p, dot ? (size_t)(dot - s->text.p) : 0};

	for (size_t i = 0; dot && i < ARRAY_LEN(spaces); i++)
		if (str_eq_ascii_case(space, str_c(spaces[i])))
			return;
	if (dot)
		report(w, SIEVE_STRING, s->at, s->n, "global, t and envelope are",
		       "'%.*s' is no name space of variables", space.n < 60 ? (int)space.n : 60,
		       space.p);
}

static void relation(struct sieve_words *w, const struct string *s)
{
	static const char *const relations[] = {"gt", "ge", "lt", "le", "eq", "ne"};

	for (size_t i = 0; i < ARRAY_LEN(relations); i++)
		if (str_eq_c(s->text, relations[i]))
			return;
	report(w, SIEVE_STRING, s->at, s->n, "gt, ge, lt, le, eq and ne are",
	       "'%.*s' is no relation", s->text.n < 60 ? (int)s->text.n : 60, s->text.p);
}

/* `most`: there may be less than that. */
static void length(struct sieve_words *w, const struct string *s, size_t most, const char *what)
{
	if (most && s->text.n >= most)
		report(w, SIEVE_LIMIT, s->at, s->n, NULL,
		       "%s has %zu bytes, and less than %zu is the limit", what, s->text.n, most);
}

/* The type of sieve_words.def that is due; '\0': none is known. */
static char due(const struct sieve_use *use)
{
	if (!use->word)
		return '\0';
	if (*use->pending && *use->pending != ' ' && *use->pending != '=')
		return *use->pending;
	return use->taken < strlen(use->word->arguments) ? use->word->arguments[use->taken] : '\0';
}

static void judge(struct sieve_words *w, const struct sieve_use *use, const struct string *s)
{
	const struct sieve_limits *limits = &w->scope->limits;

	length(w, s, limits->string, "the string");
	if (!is_constant(s->text))
		return;
	switch (due(use)) {
	case 'h':
	case 'H': header(w, s); break;
	case 'v': variable(w, s); break;
	case 'r': relation(w, s); break;
	case 'g': length(w, s, limits->variable, "the name"); break;
	case 'x': length(w, s, limits->header ? limits->header + 1 : 0, "the field"); break;
	case 'k':
		if (use->regex && w->scope->pattern)
			w->scope->pattern(w->scope->ctx, s->text, s->at, s->n);
		break;
	default: break;
	}
}

void sieve_use_string(struct sieve_words *w, const struct sieve_use *use, size_t at, size_t n)
{
	struct string s = {.at = at, .n = n};
	struct str token;

	if (!w->scope || w->reported >= SIEVE_REPORTS)
		return;
	token = (struct str){w->script.p + at, n};
	buf_clear(&w->text);
	if (*token.p == '"')
		unquote(&w->text, token);
	else
		unstuff(&w->text, token);
	s.text = buf_str(&w->text);
	if (!w->text.failed)
		judge(w, use, &s);
}

/* ---- sizes ---- */

void sieve_use_script(struct sieve_words *w)
{
	size_t most = w->scope ? w->scope->limits.script : 0;

	if (most && w->script.n > most)
		report(w, SIEVE_LIMIT, 0, w->script.n ? 1 : 0, NULL,
		       "the script has %zu bytes, and %zu are the limit", w->script.n, most);
}

/* The first that goes too far is reported, not what is in it. */
static void deeper(struct sieve_words *w, const struct sieve_use *use, size_t *depth, size_t most,
		   const char *what)
{
	if (++*depth == most + 1 && most)
		report(w, SIEVE_LIMIT, use->at, use->n, NULL,
		       "%zu %s inside each other are the limit", most, what);
}

static bool is_loop(const struct sieve_use *use)
{
	return use->word && strcmp(use->word->name, "foreverypart") == 0;
}

/* allof or anyof */
static bool is_list(const struct sieve_use *use)
{
	return use->word && use->word->kind == SIEVE_TESTS;
}

void sieve_use_open(struct sieve_words *w, const struct sieve_use *use, bool block)
{
	const struct sieve_limits *limits;

	if (!w->scope)
		return;
	limits = &w->scope->limits;
	if (is_list(use))
		deeper(w, use, &w->tests, limits->tests, "lists of tests");
	if (block)
		deeper(w, use, &w->blocks, limits->blocks, "blocks");
	/* a server does not count the loop that it is in */
	if (block && is_loop(use))
		deeper(w, use, &w->loops, limits->loops ? limits->loops + 1 : 0, "loops");
}

void sieve_use_close(struct sieve_words *w, const struct sieve_use *use, bool block)
{
	if (!w->scope)
		return;
	w->tests -= is_list(use);
	w->blocks -= block;
	w->loops -= block && is_loop(use);
}
