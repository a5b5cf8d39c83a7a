/*
 * Secrets that no binder sees: behind a misspelt name, in an unknown variant, on a line with a
 * syntax error. Where a source has diagnostics, texts that follow a suspicious name are marked, and
 * so is the body of every private key, so that no source line under a caret can show them.
 */
#include "stwc/state.h"

static bool same_letter(char a, char b)
{
	return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
}

/* Length of the suspicious word that ends a name at `at`, or 0. Words are in lower case. */
static size_t suspicious_word(struct str rest)
{
	static const char *const words[] = {"secret",     "password",    "passwd",     "token",
					    "privatekey", "private-key", "hmackey",    "accountkey",
					    "credential", "apikey",      "api-key",    "accesskey",
					    "access-key", "licensekey",  "license-key"};
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		for (n = 0; words[i][n] && n < rest.n && same_letter(rest.p[n], words[i][n]); n++)
			;
		if (!words[i][n])
			return n;
	}
	return 0;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* A map or a list from the first byte on; a table of TOML has no quote or brace behind it. */
static bool is_json(struct str text)
{
	size_t at = 0;

	while (at < text.n && is_blank(text.p[at]))
		at++;
	if (at < text.n && text.p[at] == '[') {
		for (at++; at < text.n && is_blank(text.p[at]); at++)
			;
	}
	return at < text.n && text.p[at] == '{';
}

/* In JSON a number or a bare word ends where its members are parted, and what follows on the line
 * is no part of it. Its length, or 0 where it does not look like that. */
static size_t bare_length(struct str rest)
{
	size_t n = 0, next;

	while (n < rest.n && memchr("0123456789+-.eEtrufalsn", rest.p[n], 23))
		n++;
	if (n == 0 || n == rest.n)
		return 0;
	if (rest.p[n] == '}' || rest.p[n] == ']')
		return n;
	if (rest.p[n] != ',')
		return 0;
	for (next = n + 1; next < rest.n && is_blank(rest.p[next]); next++)
		;
	return next == rest.n || rest.p[next] == '"' ? n : 0;
}

/* Behind the word: the rest of the name, quotes and blanks, = or :, and then a quoted text; its
 * place, or an empty range. */
static struct str value_behind(struct str rest, bool json)
{
	size_t at = 0, end;
	char quote;

	while (at < rest.n && rest.p[at] != '=' && rest.p[at] != ':' && rest.p[at] != '\n' &&
	       rest.p[at] != ',' && at < 64)
		at++;
	if (at == rest.n || (rest.p[at] != '=' && rest.p[at] != ':'))
		return STR_NONE;
	for (at++; at < rest.n && (rest.p[at] == ' ' || rest.p[at] == '\t'); at++)
		;
	if (at == rest.n || rest.p[at] == '{' || rest.p[at] == '[' || rest.p[at] == '\n')
		return STR_NONE;
	quote = rest.p[at];
	if (json && bare_length(str_from(rest, at)))
		return (struct str){rest.p + at, bare_length(str_from(rest, at))};
	for (end = at + 1; end < rest.n && rest.p[end] != '\n'; end++) {
		if (rest.p[end] == '\\')
			end++;
		else if (rest.p[end] == quote && (quote == '"' || quote == '\''))
			break;
	}
	if (end > rest.n)
		end = rest.n;
	else if (end < rest.n && rest.p[end] != '\n')
		end++; /* the closing quote */
	return (struct str){rest.p + at, end - at};
}

static void mask_range(struct compilation *c, const struct source *source, struct str range)
{
	uint32_t begin = (uint32_t)(range.p - source->text.p);

	source_mask(&c->sources, (struct span){source->number, begin, begin + (uint32_t)range.n});
}

/* What follows a suspicious name in the text, a part of the source. */
static void mask_named(struct compilation *c, const struct source *source, struct str text,
		       bool json)
{
	while (text.n) {
		size_t word = suspicious_word(text);
		struct str value = word ? value_behind(str_from(text, word), json) : STR_NONE;

		if (value.n)
			mask_range(c, source, value);
		text = str_from(text, word ? word : 1);
	}
}

/* From behind "-----BEGIN … PRIVATE KEY-----" to the end mark, or to the end of the text. */
static void mask_keys(struct compilation *c, const struct source *source)
{
	static const char mark[] = "PRIVATE KEY-----";
	const char *text = source_text(source).p, *end = text + source->text.n;
	const char *at = text ? memmem(text, source->text.n, mark, sizeof(mark) - 1) : NULL;

	while (at) {
		const char *body = at + sizeof(mark) - 1;
		const char *stop = memmem(body, (size_t)(end - body), "-----END", 8);

		if (!stop)
			stop = end;
		mask_range(c, source, (struct str){body, (size_t)(stop - body)});
		at = memmem(stop, (size_t)(end - stop), mark, sizeof(mark) - 1);
		/* the end mark of this key holds the same words */
		if (at && stop < end)
			at = memmem(at + 1, (size_t)(end - at) - 1, mark, sizeof(mark) - 1);
	}
}

/* What is known of a source while the diagnostics are gone through. */
struct suspect {
	bool seen, json;
	struct str lines; /* where names were looked for last */
};

/* Whole lines from the first that the span touches to the last. */
static struct str lines_of(struct str text, struct span span)
{
	size_t begin = span.begin < text.n ? span.begin : text.n;
	size_t end = span.end < text.n ? span.end : text.n;
	const char *newline;

	while (begin > 0 && text.p[begin - 1] != '\n')
		begin--;
	newline = end < text.n ? memchr(text.p + end, '\n', text.n - end) : NULL;
	end = newline ? (size_t)(newline - text.p) : text.n;
	return (struct str){text.p + begin, end - begin};
}

/* Lies the span in these lines of the text? */
static bool inside(struct str lines, struct str text, struct span span)
{
	size_t begin = lines.p ? (size_t)(lines.p - text.p) : text.n + 1;

	return span.begin >= begin && span.end <= begin + lines.n;
}

/* No line of the source is shown but those that a diagnostic points at. */
static void mask_place(struct compilation *c, struct span span, struct suspect *suspects)
{
	const struct source *source = sources_get(&c->sources, span.source);
	struct suspect *suspect;
	struct str text;

	if (!source)
		return;
	text = source_text(source);
	suspect = &suspects[span.source];
	if (!text.n || inside(suspect->lines, text, span))
		return;
	if (!suspect->seen) {
		suspect->seen = true;
		suspect->json = is_json(text);
		mask_keys(c, source);
	}
	suspect->lines = lines_of(text, span);
	mask_named(c, source, suspect->lines, suspect->json);
}

void mask_suspects(struct compilation *c)
{
	const struct diag_related *related;
	struct suspect *suspects = ARENA_ARRAY(&c->arena, struct suspect, c->sources.count + 1);
	size_t i;

	for (i = 0; suspects && i < c->diags.count; i++) {
		mask_place(c, c->diags.all[i].span, suspects);
		for (related = c->diags.all[i].related; related; related = related->next)
			mask_place(c, related->span, suspects);
	}
}
