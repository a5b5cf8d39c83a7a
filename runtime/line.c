#include "runtime/line.h"

#define LINE_KEEP 1024 /* octets of memory that an idle session may keep */

void line_init(struct line *line, size_t limit)
{
	*line = (struct line){.text = {.secret = true}, .limit = limit, .flaw = LINE_GOOD};
}

static void flawed(struct line *line, enum line_flaw flaw)
{
	if (line->flaw == LINE_GOOD)
		line->flaw = flaw;
}

/* One octet that is not LF. A CR is kept back until it is known what follows it. */
static void line_put(struct line *line, char c)
{
	if (line->cr)
		flawed(line, LINE_BARE_CR);
	line->cr = c == '\r';
	if (line->cr)
		return;
	if (c == '\0')
		flawed(line, LINE_NUL);
	if (line->text.n + sizeof("\r\n") > line->limit)
		flawed(line, LINE_LONG);
	else
		buf_putc(&line->text, c);
}

size_t line_feed(struct line *line, const char *bytes, size_t n, bool *complete)
{
	size_t i;

	*complete = false;
	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			line_put(line, bytes[i]);
			continue;
		}
		if (!line->cr)
			flawed(line, LINE_BARE_LF);
		if (line->text.failed)
			line->flaw = LINE_MEMORY;
		*complete = true;
		return i + 1;
	}
	return n;
}

void line_next(struct line *line)
{
	if (line->text.cap > LINE_KEEP) {
		buf_free(&line->text);
		line->text.secret = true;
	} else {
		buf_wipe(&line->text);
	}
	line->cr = false;
	line->flaw = LINE_GOOD;
}

void line_free(struct line *line)
{
	buf_free(&line->text);
}

const char *line_flaw_text(enum line_flaw flaw)
{
	switch (flaw) {
	case LINE_GOOD: return "";
	case LINE_LONG: return "Line too long";
	case LINE_BARE_LF: return "Lines must end with CR LF";
	case LINE_BARE_CR: return "CR without LF";
	case LINE_NUL: return "NUL octet";
	case LINE_MEMORY: return "Out of memory";
	}
	return "";
}

struct str line_word(struct str *rest)
{
	size_t n = 0;
	struct str word;

	while (rest->n && (*rest->p == ' ' || *rest->p == '\t'))
		*rest = str_from(*rest, 1);
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = (struct str){rest->p, n};
	*rest = str_from(*rest, n);
	while (rest->n && (*rest->p == ' ' || *rest->p == '\t'))
		*rest = str_from(*rest, 1);
	return word;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

bool line_is(struct str word, const char *keyword)
{
	size_t i;

	for (i = 0; i < word.n; i++) {
		if (!keyword[i] || upper(word.p[i]) != upper(keyword[i]))
			return false;
	}
	return keyword[word.n] == '\0';
}

bool line_literal(struct str line, size_t *out_start, uint32_t *out_size, bool *out_plus)
{
	size_t at = line.n, digits;
	uint64_t size = 0;
	bool plus;

	if (at < 3 || line.p[--at] != '}')
		return false;
	plus = line.p[at - 1] == '+';
	if (plus)
		at--;
	digits = at;
	while (at > 0 && line.p[at - 1] >= '0' && line.p[at - 1] <= '9')
		at--;
	if (at == digits || at == 0 || line.p[at - 1] != '{')
		return false;
	*out_start = at - 1;
	for (; at < digits; at++) {
		size = size * 10 + (uint64_t)(line.p[at] - '0');
		if (size > UINT32_MAX)
			size = UINT32_MAX;
	}
	*out_size = (uint32_t)size;
	*out_plus = plus;
	return true;
}
