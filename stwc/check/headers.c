/* What goes into HTTP: header names and values (RFC 9110 sections 5.1 and 5.5), and the form. */
#include "stwc/check/rules.h"

static bool is_token_char(char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') ||
	       (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

/* The first byte that a header's value cannot have; its length: none. */
static size_t value_fault(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			break;
	}
	return i;
}

static void check_name(const struct rule *rule, const struct value *name)
{
	size_t at = 0;

	while (at < name->string.n && is_token_char(name->string.p[at]))
		at++;
	if (at < name->string.n)
		rule_error_at(rule, DIAG_HTTP_HEADER, name, at, 1,
			      "'%.*s' cannot be the name of a header", STR_ARG(name->string));
}

void rule_header_value(const struct rule *rule, const struct value *value)
{
	const struct value *text = rule_text(value);
	size_t at = text ? value_fault(text->string) : 0;

	if (text && at < text->string.n)
		rule_error_at(rule, DIAG_HTTP_HEADER, text, at, 1,
			      "a header's value has no control characters");
}

void rule_headers(const struct rule *rule, const struct value *value)
{
	size_t i;

	for (i = 0; i < value->map.count; i++) {
		struct path path = {.up = rule->path, .member = value->map.pairs[i].key};
		struct rule member = *rule;

		member.path = &path;
		check_name(&member, value->map.pairs[i].key);
		rule_header_value(&member, value->map.pairs[i].value);
	}
}
