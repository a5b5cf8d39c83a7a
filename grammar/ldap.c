/* LDAP filters (RFC 4515) and names (RFC 4514), checked by hand: both are regular but for the
 * parentheses of filters, which are counted instead of descended into. */
#include "grammar/ldap.h"

/* More nesting than this is no filter that anybody wrote. */
#define FILTER_DEPTH 64

struct filter {
	struct str text;
	size_t at;
	bool placeholder; /* seen so far */
	struct text_fault *fault;
};

static bool is_alpha(char ch)
{
	return (ch | 32) >= 'a' && (ch | 32) <= 'z';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_hex(char ch)
{
	return is_digit(ch) || ((ch | 32) >= 'a' && (ch | 32) <= 'f');
}

static char char_at(struct str s, size_t at)
{
	return at < s.n ? s.p[at] : '\0';
}

/* descr or numericoid of RFC 4512 section 1.4; its end, or `at` where there is none. */
static size_t attribute_type(struct str s, size_t at)
{
	size_t end = at;

	if (is_alpha(char_at(s, at))) {
		while (end < s.n && (is_alpha(s.p[end]) || is_digit(s.p[end]) || s.p[end] == '-'))
			end++;
		return end;
	}
	while (is_digit(char_at(s, end))) {
		while (is_digit(char_at(s, end)))
			end++;
		if (char_at(s, end) != '.' || !is_digit(char_at(s, end + 1)))
			break;
		end++;
	}
	return end;
}

/* With its options: "userCertificate;binary". */
static size_t attribute_description(struct str s, size_t at)
{
	size_t end = attribute_type(s, at);

	while (end > at && char_at(s, end) == ';') {
		size_t option = end + 1;

		while (is_alpha(char_at(s, option)) || is_digit(char_at(s, option)) ||
		       char_at(s, option) == '-')
			option++;
		if (option == end + 1)
			break;
		end = option;
	}
	return end;
}

/* ---- filters ---- */

static bool fail(const struct filter *f, size_t at, size_t n, const char *what, const char *hint)
{
	return text_fault(f->fault, at, n, what, hint);
}

/* "{user}": one that the server fills in. */
static bool named_placeholder(struct filter *f)
{
	static const char *const names[] = {"user", "username", "email", "local", "domain"};
	struct str rest = str_from(f->text, f->at);
	const char *brace = memchr(rest.p, '}', rest.n);
	size_t length = brace ? (size_t)(brace - rest.p) + 1 : 0, i;
	struct str name;

	if (!brace)
		return fail(f, f->at, 1, "'{' has no '}'", "a brace itself is written \\7b");
	name = (struct str){rest.p + 1, length - 2};
	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i])) {
			f->placeholder = true;
			f->at += length;
			return true;
		}
	}
	return fail(f, f->at, length, "unknown placeholder",
		    "one of {user}, {username}, {email}, {local} and {domain}, or ?");
}

/* An assertion value up to the parenthesis that ends the item. */
static bool filter_value(struct filter *f, bool stars)
{
	while (f->at < f->text.n) {
		char ch = f->text.p[f->at];

		if (ch == '(' || ch == ')')
			break;
		if (ch == '{') {
			if (!named_placeholder(f))
				return false;
			continue;
		}
		if (ch == '\0' || (ch == '*' && !stars))
			return fail(f, f->at, 1, "this character is written with an escape",
				    ch ? "\\2a" : "\\00");
		if (ch == '\\' &&
		    (!is_hex(char_at(f->text, f->at + 1)) || !is_hex(char_at(f->text, f->at + 2))))
			return fail(f, f->at, 1, "'\\' is followed by two hexadecimal digits",
				    "a backslash itself is written \\5c");
		f->placeholder = f->placeholder || ch == '?';
		f->at += ch == '\\' ? 3 : 1;
	}
	return true;
}

/* [":dn"] [":" rule] ":=" behind an attribute, or [":dn"] ":" rule ":=" without one. */
static bool filter_extensible(struct filter *f, bool attribute)
{
	bool rule = false;

	if (str_starts(str_from(f->text, f->at), STR(":dn:")) ||
	    str_starts(str_from(f->text, f->at), STR(":DN:")))
		f->at += 3;
	if (char_at(f->text, f->at) == ':' && char_at(f->text, f->at + 1) != '=') {
		size_t end = attribute_type(f->text, f->at + 1);

		rule = end > f->at + 1;
		if (!rule)
			return fail(f, f->at, 1, "':' is followed by a matching rule",
				    "such as :caseExactMatch:=");
		f->at = end;
	}
	if (!str_starts(str_from(f->text, f->at), STR(":=")))
		return fail(f, f->at, 0, "expected ':=' here", NULL);
	if (!attribute && !rule)
		return fail(f, f->at, 2, "an item without an attribute names a matching rule",
			    NULL);
	f->at += 2;
	return filter_value(f, false);
}

/* attribute, comparison and value, without the parentheses. */
static bool filter_item(struct filter *f)
{
	size_t end = attribute_description(f->text, f->at);
	bool attribute = end > f->at;
	char ch = char_at(f->text, end);

	if (!attribute && ch != ':')
		return fail(f, f->at, f->at < f->text.n, "expected the name of an attribute here",
			    "such as (mail=?)");
	f->at = end;
	if (ch == ':')
		return filter_extensible(f, attribute);
	if (ch == '=') {
		f->at++;
		return filter_value(f, true);
	}
	if ((ch == '~' || ch == '<' || ch == '>') && char_at(f->text, end + 1) == '=') {
		f->at += 2;
		return filter_value(f, false);
	}
	return fail(f, end, end < f->text.n, "expected a comparison here",
		    "one of =, ~=, >=, <= and :=");
}

struct opened {
	size_t at;
	char kind;     /* '&', '|', '!', or 0: an item */
	size_t inside; /* filters in it */
};

/* What follows an opening parenthesis. */
static bool filter_open(struct filter *f, struct opened *stack, size_t *depth)
{
	char ch = char_at(f->text, f->at + 1);

	if (*depth == FILTER_DEPTH)
		return fail(f, f->at, 1, "the filter is nested too deep", NULL);
	if (*depth && stack[*depth - 1].kind == 0)
		return fail(f, f->at, 1, "'(' inside a value is written \\28", NULL);
	if (*depth)
		stack[*depth - 1].inside++;
	stack[*depth] = (struct opened){f->at, 0, 0};
	f->at++;
	if (ch == '&' || ch == '|' || ch == '!') {
		stack[*depth].kind = ch;
		f->at++;
	} else if (!filter_item(f)) {
		return false;
	}
	(*depth)++;
	return true;
}

static bool filter_close(struct filter *f, const struct opened *stack, size_t *depth)
{
	const struct opened *top;

	if (*depth == 0)
		return fail(f, f->at, 1, "')' has no '('", "a parenthesis itself is written \\29");
	top = &stack[--*depth];
	if (top->kind == '!' && top->inside != 1)
		return fail(f, top->at, f->at + 1 - top->at, "'!' takes one filter", NULL);
	f->at++;
	return true;
}

/* Every parenthesis; between them nothing but the items that filter_open reads. */
static bool filter_nested(struct filter *f)
{
	struct opened stack[FILTER_DEPTH];
	size_t depth = 0;

	do {
		char ch = char_at(f->text, f->at);

		if (ch == '(') {
			if (!filter_open(f, stack, &depth))
				return false;
		} else if (ch == ')') {
			if (!filter_close(f, stack, &depth))
				return false;
		} else if (f->at == f->text.n) {
			return fail(f, stack[depth - 1].at, 1, "'(' has no ')'", NULL);
		} else {
			return fail(f, f->at, 1, "expected '(' or ')' here",
				    "a filter has no blanks between its parts");
		}
	} while (depth);
	if (f->at < f->text.n)
		return fail(f, f->at, f->text.n - f->at, "nothing may follow the filter",
			    "several filters are joined as (&…) or (|…)");
	return true;
}

bool ldap_filter_check(struct str filter, struct text_fault *fault)
{
	struct filter f = {.text = filter, .fault = fault};

	if (char_at(filter, 0) == '(') {
		if (!filter_nested(&f))
			return false;
	} else if (!filter_item(&f)) {
		return false;
	} else if (f.at < filter.n) {
		return fail(&f, f.at, 1, "a parenthesis stands alone", NULL);
	}
	if (!f.placeholder)
		return fail(&f, 0, filter.n, "the filter has no place for the address",
			    "? or {user}, {username}, {email}, {local} or {domain}");
	return true;
}

/* ---- names ---- */

static size_t skip_blanks(struct str s, size_t at)
{
	while (char_at(s, at) == ' ')
		at++;
	return at;
}

/* Behind a backslash: a special character, or two hexadecimal digits; 0: neither. */
static size_t name_escape(struct str s, size_t at)
{
	char ch = char_at(s, at + 1);

	if (at + 1 < s.n && ch && strchr("\\\"+,;<>= #", ch))
		return 2;
	return is_hex(ch) && is_hex(char_at(s, at + 2)) ? 3 : 0;
}

static bool name_quoted(struct str s, size_t *at, struct text_fault *fault)
{
	size_t start = (*at)++;

	while (*at < s.n && s.p[*at] != '"')
		*at += s.p[*at] == '\\' ? 2 : 1;
	if (*at >= s.n)
		return text_fault(fault, start, 1, "the quoted value has no end", NULL);
	(*at)++;
	return true;
}

/* "#" and the value's BER in hexadecimal digits. */
static bool name_hex(struct str s, size_t *at, struct text_fault *fault)
{
	size_t start = (*at)++;

	while (is_hex(char_at(s, *at)))
		(*at)++;
	if (*at == start + 1 || (*at - start) % 2 == 0)
		return text_fault(fault, start, *at - start,
				  "'#' is followed by pairs of hexadecimal digits",
				  "a leading # itself is written \\#");
	return true;
}

static bool name_value(struct str s, size_t *at, struct text_fault *fault)
{
	if (char_at(s, *at) == '"')
		return name_quoted(s, at, fault);
	if (char_at(s, *at) == '#')
		return name_hex(s, at, fault);
	while (*at < s.n && s.p[*at] != ',' && s.p[*at] != '+' && s.p[*at] != ';') {
		char ch = s.p[*at];
		size_t length = ch == '\\' ? name_escape(s, *at) : 1;

		if (!length)
			return text_fault(fault, *at, 1,
					  "'\\' is followed by a special character or two "
					  "hexadecimal digits",
					  "a backslash itself is written \\\\");
		if (ch == '"' || ch == '<' || ch == '>' || ch == '\0')
			return text_fault(fault, *at, 1,
					  "this character stands behind a backslash in a name",
					  NULL);
		*at += length;
	}
	return true;
}

bool ldap_name_check(struct str name, struct text_fault *fault)
{
	size_t at = 0;

	for (;;) {
		size_t start = skip_blanks(name, at), end = attribute_type(name, start);

		if (end == start)
			return text_fault(fault, start, start < name.n,
					  "expected the name of an attribute here",
					  "such as dc=example,dc=org");
		at = skip_blanks(name, end);
		if (char_at(name, at) != '=')
			return text_fault(fault, at, at < name.n, "expected '=' here",
					  "a name consists of attribute=value pairs");
		at = skip_blanks(name, at + 1);
		if (!name_value(name, &at, fault))
			return false;
		at = skip_blanks(name, at);
		if (at == name.n)
			return true;
		if (name.p[at] != ',' && name.p[at] != '+' && name.p[at] != ';')
			return text_fault(fault, at, 1, "expected ',' here", NULL);
		at++;
	}
}
