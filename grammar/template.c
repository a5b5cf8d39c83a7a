/* Templates: text with tags in double braces. A block ends with its own word; the name may be
 * repeated there, and then it must be the same. Selectors are simpler: single braces, no blocks. */
#include "grammar/template.h"

#define TEMPLATE_DEPTH 32

struct block {
	size_t at, n;          /* the tag that opened it */
	struct str word, name; /* "if", "attendees" */
};

struct template_text {
	struct str text;
	struct block blocks[TEMPLATE_DEPTH];
	size_t depth;
	struct text_fault *fault;
};

static struct str trimmed(struct str s)
{
	while (s.n && strchr(" \t\r\n", *s.p) && *s.p)
		s = str_from(s, 1);
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

/* Cuts the first word off. */
static struct str first_word(struct str *rest)
{
	size_t n = 0;
	struct str word;

	while (n < rest->n && !strchr(" \t\r\n", rest->p[n]))
		n++;
	word = (struct str){rest->p, n};
	*rest = trimmed(str_from(*rest, n));
	return word;
}

static bool open_block(struct template_text *t, size_t at, size_t n, struct str inside)
{
	struct str word = first_word(&inside);

	if (!str_eq_c(word, "if") && !str_eq_c(word, "each"))
		return text_fault(t->fault, at, n, "a block is 'if' or 'each'",
				  "such as {{#if name}} … {{/if name}}");
	if (!inside.n)
		return text_fault(t->fault, at, n, "the block names nothing",
				  "such as {{#each attendees}}");
	if (t->depth == TEMPLATE_DEPTH)
		return text_fault(t->fault, at, n, "blocks are nested too deep", NULL);
	t->blocks[t->depth++] = (struct block){at, n, word, inside};
	return true;
}

static bool close_block(struct template_text *t, size_t at, size_t n, struct str inside)
{
	struct str word = first_word(&inside);
	const struct block *top = t->depth ? &t->blocks[t->depth - 1] : NULL;

	if (!top)
		return text_fault(t->fault, at, n, "no block is open here", NULL);
	if (!str_eq(word, top->word) || (inside.n && !str_eq(inside, top->name)))
		return text_fault(t->fault, at, n, "another block is open here",
				  "blocks end in the reverse order of their beginnings");
	t->depth--;
	return true;
}

static bool tag(struct template_text *t, size_t at, size_t n)
{
	struct str inside = trimmed((struct str){t->text.p + at + 2, n - 4});

	if (!inside.n)
		return text_fault(t->fault, at, n, "the tag names nothing", "such as {{name}}");
	if (*inside.p == '#')
		return open_block(t, at, n, trimmed(str_from(inside, 1)));
	if (*inside.p == '/')
		return close_block(t, at, n, trimmed(str_from(inside, 1)));
	return true;
}

bool template_check(struct str text, struct text_fault *fault)
{
	struct template_text t = {.text = text, .fault = fault};
	const char *p = text.p, *end = text.p + text.n, *close;

	while ((p = memmem(p, (size_t)(end - p), "{{", 2)) != NULL) {
		close = memmem(p + 2, (size_t)(end - p) - 2, "}}", 2);
		if (!close)
			return text_fault(fault, (size_t)(p - text.p), 2, "'{{' has no '}}'", NULL);
		if (!tag(&t, (size_t)(p - text.p), (size_t)(close - p) + 2))
			return false;
		p = close + 2;
	}
	if (t.depth)
		return text_fault(fault, t.blocks[t.depth - 1].at, t.blocks[t.depth - 1].n,
				  "the block has no end", "such as {{/if name}}");
	return true;
}

/* ---- selectors ---- */

static bool is_label_char(char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') || ch == '-' ||
	       ch == '_' || ch == '.';
}

/* strftime's conversions (those that two implementations share), and text that fits a label. */
static bool date_format(struct str text, size_t at, size_t n, struct text_fault *fault)
{
	size_t i;

	for (i = at; i < at + n; i++) {
		if (text.p[i] != '%') {
			if (!is_label_char(text.p[i]))
				return text_fault(fault, i, 1, "a selector has no such character",
						  NULL);
			continue;
		}
		if (++i == at + n || !text.p[i] || !strchr("aAbBCdFgGHhIjmMpPsSuUVwWyY", text.p[i]))
			return text_fault(fault, i - 1, i < at + n ? 2 : 1,
					  "no selector can come of this part of a date",
					  "such as %Y, %m and %d");
	}
	return n > 0 || text_fault(fault, at, 0, "the date has no format", "such as {date-%Y%m%d}");
}

static bool selector_variable(struct str text, size_t at, size_t n, struct text_fault *fault)
{
	static const char *const names[] = {"algorithm", "hash", "version", "epoch", "random"};
	struct str name = {text.p + at + 1, n - 2};
	size_t i;

	if (str_starts(name, STR("date-")))
		return date_format(text, at + 6, name.n - 5, fault);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i]))
			return true;
	}
	return text_fault(fault, at, n, "no variable has this name",
			  "one of {algorithm}, {hash}, {version}, {date-FORMAT}, {epoch} and "
			  "{random}");
}

bool selector_template_check(struct str text, struct text_fault *fault)
{
	size_t at = 0;

	if (!text.n)
		return text_fault(fault, 0, 0, "the template is empty", NULL);
	while (at < text.n) {
		const char *close;
		size_t n = 1;

		if (text.p[at] == '{') {
			close = memchr(text.p + at, '}', text.n - at);
			if (!close)
				return text_fault(fault, at, 1, "'{' has no '}'", NULL);
			n = (size_t)(close - (text.p + at)) + 1;
			if (!selector_variable(text, at, n, fault))
				return false;
		} else if (!is_label_char(text.p[at])) {
			return text_fault(fault, at, 1, "a selector has no such character",
					  "letters, digits, '-', '_' and dots between them");
		}
		at += n;
	}
	return true;
}
