/* Templates: text with tags in double braces. A block ends with its own word and name. Selectors
 * are simpler: single braces, no blocks. */
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
	if (!inside.n)
		return text_fault(t->fault, at, n, "the end of a block repeats its name",
				  "such as {{/if name}} for {{#if name}}");
	if (!str_eq(word, top->word) || !str_eq(inside, top->name))
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

const char *template_variable(size_t index)
{
	static const char *const names[] = {
		"page_title",    "header",   "footer",     "event_title", "event_description",
		"event_details", "actions",  "action_url", "action_name", "attendees_title",
		"attendees",     "key",      "value",      "old_value",   "changed",
		"color",         "logo_cid", "rsvp",
	};

	return index < ARRAY_LEN(names) ? names[index] : NULL;
}

/* Of a tag's inside: behind "#if" and the like, and behind the mark for no escapes. The end of a
 * block has the name of its beginning. */
static struct str variable_of(struct str inside)
{
	if (inside.n && *inside.p == '/')
		return STR_NONE;
	if (inside.n && *inside.p == '#') {
		inside = trimmed(str_from(inside, 1));
		(void)first_word(&inside);
	} else if (inside.n && *inside.p == '!') {
		inside = str_from(inside, 1);
	}
	return inside;
}

bool template_unknown_variable(struct str text, size_t *at, size_t *n)
{
	const char *p = text.p + *at, *end = text.p + text.n, *close;
	const char *known;

	while ((p = memmem(p, (size_t)(end - p), "{{", 2)) != NULL &&
	       (close = memmem(p + 2, (size_t)(end - p) - 2, "}}", 2)) != NULL) {
		struct str inside = {p + 2, (size_t)(close - p) - 2};
		struct str name = variable_of(trimmed(inside));
		size_t i = 0;

		while ((known = template_variable(i)) != NULL && !str_eq_c(name, known))
			i++;
		if (!known && name.n) {
			*at = (size_t)(name.p - text.p);
			*n = name.n;
			return true;
		}
		p = close + 2;
	}
	return false;
}

/* ---- selectors ---- */

static bool is_label_char(char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') || ch == '-' ||
	       ch == '_' || ch == '.';
}

/* The end of a conversion of strftime behind its %, with flags, width and fraction as far as some
 * implementation has them; `at`: it is none. */
static size_t conversion(struct str text, size_t at)
{
	size_t i = at;

	while (i < text.n && text.p[i] && strchr("-_0^#:", text.p[i]))
		i++;
	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
		i++;
	if (i < text.n && text.p[i] == '.')
		i++;
	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
		i++;
	if (i == text.n || !text.p[i] ||
	    !strchr("%+AaBbCcDdeFfGgHhIjklMmNnPpQqRrSsTtUuVvWwXxYyZz", text.p[i]))
		return at;
	return i + 1;
}

/* What a format leaves is told by *gives: blanks and percent signs are dropped. */
static bool date_format(struct str text, size_t at, size_t n, struct text_fault *fault, bool *gives)
{
	struct str upto = {text.p, at + n};
	size_t i = at;

	if (!n)
		return text_fault(fault, at, 0, "the date has no format", "such as {date-%Y%m%d}");
	while (i < at + n) {
		size_t end = text.p[i] == '%' ? conversion(upto, i + 1) : i + 1;

		if (text.p[i] != '%') {
			*gives = *gives || is_label_char(text.p[i]);
		} else if (end == i + 1) {
			return text_fault(fault, i, i + 1 < at + n ? 2 : 1,
					  "there is no such part of a date",
					  "such as %Y, %m and %d");
		} else {
			*gives = *gives || !strchr("%nt", text.p[end - 1]);
		}
		i = end;
	}
	return true;
}

static bool selector_variable(struct str text, size_t at, size_t n, struct text_fault *fault,
			      bool *gives)
{
	static const char *const names[] = {"algorithm", "hash", "version", "epoch", "random"};
	struct str name = {text.p + at + 1, n - 2};
	size_t i;

	if (str_starts(name, STR("date-")))
		return date_format(text, at + 6, name.n - 5, fault, gives);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i]))
			return *gives = true;
	}
	return text_fault(fault, at, n, "no variable has this name",
			  "one of {algorithm}, {hash}, {version}, {date-FORMAT}, {epoch} and "
			  "{random}");
}

bool selector_template_check(struct str text, struct text_fault *fault)
{
	bool gives = false;
	size_t at = 0;

	while (at < text.n) {
		const char *close;
		size_t n = 1;

		if (text.p[at] == '{') {
			close = memchr(text.p + at, '}', text.n - at);
			if (!close)
				return text_fault(fault, at, 1, "'{' has no '}'", NULL);
			n = (size_t)(close - (text.p + at)) + 1;
			if (!selector_variable(text, at, n, fault, &gives))
				return false;
		} else {
			gives = gives || is_label_char(text.p[at]);
		}
		at += n;
	}
	return gives || text_fault(fault, 0, text.n, "nothing is left of the template",
				   "letters, digits, '-', '_' and dots are kept");
}
