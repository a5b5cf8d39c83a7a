/*
 * Sieve (RFC 5228): a lexer that passes blanks and comments, and a parser that descends into
 * blocks and tests, no deeper than SIEVE_DEPTH.
 */
#include "grammar/sieve.h"

#include "grammar/sieve_use.h"

#define SIEVE_DEPTH 64

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_TAG,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_MARK, /* one of ; , ( ) [ ] { } */
	TOKEN_WRONG
};

struct sieve {
	struct str text;
	size_t next;      /* behind the token at hand */
	enum token token; /* at hand */
	size_t at, n;     /* where it is */
	unsigned depth;
	struct text_fault *fault;
	struct sieve_words words;
};

static bool fail(struct sieve *s, const char *what, const char *hint)
{
	if (s->token == TOKEN_WRONG)
		return false; /* the lexer has said why */
	return text_fault(s->fault, s->at, s->n, what, hint);
}

static void wrong(struct sieve *s, size_t at, size_t n, const char *what, const char *hint)
{
	s->token = TOKEN_WRONG;
	(void)text_fault(s->fault, at, n, what, hint);
}

static bool is_letter(char ch)
{
	return ((ch | 32) >= 'a' && (ch | 32) <= 'z') || ch == '_';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* Blanks and both kinds of comments; false: a comment has no end. */
static bool skip_blanks(struct sieve *s)
{
	while (s->next < s->text.n) {
		struct str rest = str_from(s->text, s->next);
		const char *end;

		if (strchr(" \t\r\n", *rest.p) && *rest.p) {
			s->next++;
		} else if (*rest.p == '#') {
			end = memchr(rest.p, '\n', rest.n);
			s->next = end ? (size_t)(end - s->text.p) + 1 : s->text.n;
		} else if (str_starts(rest, STR("/*"))) {
			end = memmem(rest.p + 2, rest.n - 2, "*/", 2);
			if (!end) {
				wrong(s, s->next, 2, "the comment has no end", NULL);
				return false;
			}
			s->next = (size_t)(end - s->text.p) + 2;
		} else {
			break;
		}
	}
	return true;
}

static void quoted_string(struct sieve *s)
{
	size_t end = s->at + 1;

	while (end < s->text.n && s->text.p[end] != '"')
		end += s->text.p[end] == '\\' ? 2 : 1;
	if (end >= s->text.n) {
		wrong(s, s->at, 1, "the string has no end", NULL);
		return;
	}
	s->token = TOKEN_STRING;
	s->next = end + 1;
}

/* "text:", the rest of the line a comment, and lines up to one with a single dot. */
static void multi_line(struct sieve *s)
{
	const char *p = memchr(s->text.p + s->next, '\n', s->text.n - s->next);
	const char *end = s->text.p + s->text.n;
	size_t i;

	for (i = s->next; p && i < (size_t)(p - s->text.p) && s->text.p[i] != '#'; i++) {
		if (!strchr(" \t\r", s->text.p[i]) || !s->text.p[i]) {
			wrong(s, i, 1, "nothing but a comment follows 'text:' on its line", NULL);
			return;
		}
	}
	while (p && ++p < end) {
		if (*p == '.' && (p + 1 == end || p[1] == '\n' || p[1] == '\r')) {
			s->token = TOKEN_STRING;
			s->next = (size_t)(p - s->text.p) + 1;
			return;
		}
		p = memchr(p, '\n', (size_t)(end - p));
	}
	wrong(s, s->at, 5, "the text has no end", "a line with nothing but a dot");
}

/* Digits and perhaps a factor. */
static void number(struct sieve *s)
{
	size_t end = s->at;

	while (end < s->text.n && is_digit(s->text.p[end]))
		end++;
	if (end < s->text.n && s->text.p[end] && strchr("KMGkmg", s->text.p[end]))
		end++;
	s->token = TOKEN_NUMBER;
	s->next = end;
	if (end < s->text.n && (is_letter(s->text.p[end]) || is_digit(s->text.p[end])))
		wrong(s, s->at, end + 1 - s->at, "this is no number",
		      "digits, and perhaps K, M or G");
}

static void word(struct sieve *s)
{
	size_t start = s->at + (s->text.p[s->at] == ':'), end = start;

	while (end < s->text.n &&
	       (is_letter(s->text.p[end]) || (end > start && is_digit(s->text.p[end]))))
		end++;
	s->next = end;
	s->token = start > s->at ? TOKEN_TAG : TOKEN_WORD;
	if (end == start)
		wrong(s, s->at, 1, "':' is followed by the name of an argument", NULL);
	else if (s->token == TOKEN_WORD && end < s->text.n && s->text.p[end] == ':' &&
		 str_eq_ascii_case((struct str){s->text.p + start, end - start}, STR("text"))) {
		s->next++;
		multi_line(s);
	}
}

static void advance(struct sieve *s)
{
	char ch;

	if (s->token == TOKEN_WRONG || !skip_blanks(s))
		return;
	s->at = s->next;
	s->token = TOKEN_END;
	if (s->next < s->text.n) {
		ch = s->text.p[s->at];
		if (ch == '"') {
			quoted_string(s);
		} else if (is_digit(ch)) {
			number(s);
		} else if (is_letter(ch) || ch == ':') {
			word(s);
		} else if (ch && strchr(";,()[]{}", ch)) {
			s->token = TOKEN_MARK;
			s->next++;
		} else {
			wrong(s, s->at, 1, "this character has no meaning in a script", NULL);
		}
	}
	s->n = s->next - s->at;
}

static bool is_mark(const struct sieve *s, char mark)
{
	return s->token == TOKEN_MARK && s->text.p[s->at] == mark;
}

static bool is_word(const struct sieve *s, const char *text)
{
	return s->token == TOKEN_WORD &&
	       str_eq_ascii_case((struct str){s->text.p + s->at, s->n}, str_c(text));
}

/* `require`: the strings name what the script may use from here on. */
static bool string_list(struct sieve *s, const struct sieve_use *use, bool require, size_t *members)
{
	advance(s);
	for (*members = 0;; ++*members) {
		if (s->token != TOKEN_STRING)
			return fail(s, "expected a string here", "[\"one\", \"two\"]");
		sieve_use_string(&s->words, use, s->at, s->n);
		if (require)
			sieve_use_require(&s->words, s->at, s->n);
		advance(s);
		if (is_mark(s, ']'))
			break;
		if (!is_mark(s, ','))
			return fail(s, "expected ',' or ']' here", NULL);
		advance(s);
	}
	++*members;
	advance(s);
	return true;
}

static bool arguments(struct sieve *s, struct sieve_use *use);

static bool deeper(struct sieve *s)
{
	if (++s->depth <= SIEVE_DEPTH)
		return true;
	return fail(s, "the script is nested too deep", NULL);
}

/* identifier arguments */
static bool test(struct sieve *s)
{
	struct sieve_use use;
	bool ok;

	if (s->token != TOKEN_WORD)
		return fail(s, "expected a test here", "such as header :is \"Subject\" \"x\"");
	sieve_use_begin(&s->words, &use, s->at, s->n, true);
	advance(s);
	if (!deeper(s))
		return false;
	sieve_use_open(&s->words, &use, false);
	ok = arguments(s, &use);
	sieve_use_close(&s->words, &use, false);
	s->depth--;
	return ok;
}

/* "(" test *("," test) ")" */
static bool test_list(struct sieve *s)
{
	do {
		advance(s);
		if (!test(s))
			return false;
	} while (is_mark(s, ','));
	if (!is_mark(s, ')'))
		return fail(s, "expected ',' or ')' here", NULL);
	advance(s);
	return true;
}

/* *argument */
static bool plain_arguments(struct sieve *s, struct sieve_use *use, bool require)
{
	for (;;) {
		size_t at = s->at, n = s->n, members;

		if (is_mark(s, '[')) {
			if (!string_list(s, use, require, &members))
				return false;
			sieve_use_value(&s->words, use, at, n, 'l', members);
			continue;
		}
		if (s->token == TOKEN_STRING)
			sieve_use_string(&s->words, use, at, n);
		if (s->token == TOKEN_TAG)
			sieve_use_tag(&s->words, use, at, n);
		else if (s->token == TOKEN_STRING || s->token == TOKEN_NUMBER)
			sieve_use_value(&s->words, use, at, n, s->token == TOKEN_NUMBER ? 'n' : 's',
					1);
		else
			break;
		if (require && s->token == TOKEN_STRING)
			sieve_use_require(&s->words, at, n);
		advance(s);
	}
	return s->token != TOKEN_WRONG;
}

/* *argument [ test / test-list ] */
static bool arguments(struct sieve *s, struct sieve_use *use)
{
	if (!plain_arguments(s, use, false))
		return false;
	sieve_use_end(&s->words, use, is_mark(s, '(') ? 2 : s->token == TOKEN_WORD ? 1 : 0, false);
	if (is_mark(s, '('))
		return test_list(s);
	return s->token != TOKEN_WORD || test(s);
}

static bool commands(struct sieve *s);

static bool block(struct sieve *s)
{
	advance(s);
	if (!deeper(s) || !commands(s))
		return false;
	s->depth--;
	if (!is_mark(s, '}'))
		return fail(s, "expected a command or '}' here", NULL);
	advance(s);
	return true;
}

/* [ test / test-list ], of if and elsif alone */
static bool condition(struct sieve *s)
{
	if (is_mark(s, '('))
		return test_list(s);
	if (s->token != TOKEN_WORD)
		return fail(s, "expected a test here", "such as if header :is \"Subject\" \"x\"");
	return test(s);
}

/* `conditional`: the command before was if or elsif; then whether this one is. */
static bool command(struct sieve *s, bool *conditional)
{
	bool tests = is_word(s, "if") || is_word(s, "elsif");
	bool otherwise = is_word(s, "else"), require = is_word(s, "require");
	struct sieve_use use;

	if ((otherwise || is_word(s, "elsif")) && !*conditional)
		return fail(s, "no 'if' comes before this", NULL);
	*conditional = tests;
	sieve_use_begin(&s->words, &use, s->at, s->n, false);
	advance(s);
	if (tests ? !condition(s) : !plain_arguments(s, &use, require))
		return false;
	if ((tests || otherwise) && !is_mark(s, '{'))
		return fail(s, "expected '{' here", NULL);
	if (!is_mark(s, '{') && !is_mark(s, ';'))
		return fail(s, "expected ';' here", "every command ends with ';'");
	sieve_use_end(&s->words, &use, 0, is_mark(s, '{'));
	if (is_mark(s, '{')) {
		sieve_use_open(&s->words, &use, true);
		if (!block(s))
			return false;
		sieve_use_close(&s->words, &use, true);
		return true;
	}
	advance(s);
	return true;
}

static bool commands(struct sieve *s)
{
	bool conditional = false;

	while (s->token == TOKEN_WORD) {
		if (!command(s, &conditional))
			return false;
	}
	return s->token != TOKEN_WRONG;
}

bool sieve_check(struct str script, const struct sieve_scope *scope, struct text_fault *fault)
{
	struct sieve s = {
		.text = script, .fault = fault, .words = {.scope = scope, .script = script}};

	bool ok;

	sieve_use_script(&s.words);
	advance(&s);
	ok = commands(&s) && (s.token == TOKEN_END || fail(&s, "expected a command here", NULL));
	buf_free(&s.words.text);
	return ok;
}
