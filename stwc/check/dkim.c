/* Selectors of DKIM: each is the name of one record, selector._domainkey.domain (RFC 6376 3.6.2).
 */
#include "base/buf.h"
#include "stwc/check/lint.h"

/* Labels of letters, digits, hyphens and underscores, with dots between them. */
static bool is_label_text(struct str s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i] | 0x20;

		if (s.p[i] == '.') {
			if (!label)
				return false;
			label = 0;
		} else if ((ch >= 'a' && ch <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			   s.p[i] == '-' || s.p[i] == '_') {
			if (++label > 63)
				return false;
		} else {
			return false;
		}
	}
	return label > 0;
}

static void check_text(struct compilation *c, const struct object *signature,
		       const struct value *selector)
{
	struct diag *diag;

	if (is_label_text(selector->string))
		return;
	diag = diag_add(&c->diags, DIAG_DKIM_SELECTOR, selector->span,
			"no record can be called '%.*s._domainkey'",
			selector->string.n < 100 ? (int)selector->string.n : 100,
			selector->string.p);
	lint_place(c, diag, signature, "selector");
	diag_hint(&c->diags, diag, "letters, digits and hyphens, such as 2026a");
}

/* The name of the record in lower case, with the object that the domain is. A key may serve both
 * versions of DKIM. */
static struct str key_of(struct compilation *c, const struct object *signature,
			 const struct value *domain, struct str selector)
{
	struct buf text = BUF_INIT;
	struct str key;

	if (signature->body.variant && signature->body.variant->body)
		buf_puts(&text, str_c(signature->body.variant->body->name));
	if (domain->reference.target)
		buf_put(&text, (const char *)&domain->reference.target, sizeof(void *));
	else
		buf_puts(&text, domain->reference.written);
	for (size_t i = 0; i < selector.n; i++)
		buf_putc(&text, selector.p[i] >= 'A' && selector.p[i] <= 'Z'
					? (char)(selector.p[i] | 0x20)
					: selector.p[i]);
	key = text.failed ? STR_NONE : arena_str(&c->arena, buf_str(&text));
	buf_free(&text);
	return key;
}

/* False: out of memory. */
static bool claim(struct compilation *c, struct map *records, struct object *signature)
{
	const struct value *selector = value_field_get(&signature->body, "selector");
	const struct value *domain = value_field_get(&signature->body, "domainId");
	const struct object *first;
	struct diag *diag;
	struct str key;
	void **place;

	if (!selector || selector->kind != VALUE_STRING)
		return true;
	check_text(c, signature, selector);
	if (!domain || domain->kind != VALUE_REFERENCE)
		return true;
	key = key_of(c, signature, domain, selector->string);
	place = key.p ? map_at(records, key) : NULL;
	if (!place)
		return false;
	first = *place;
	if (!first) {
		*place = signature;
		return true;
	}
	diag = diag_add(&c->diags, DIAG_DKIM_SELECTOR, selector->span,
			"another key of the domain has the selector '%.*s': one record cannot "
			"publish both",
			STR_ARG(selector->string));
	lint_place(c, diag, signature, "selector");
	diag_relate(&c->diags, diag, lint_span(first, "selector"), "the other one");
	return true;
}

void check_selectors(struct compilation *c)
{
	struct object *signature = compile_first(c, "DkimSignature");
	struct map records;

	if (!signature)
		return;
	map_init(&records, &c->hash_key, &c->arena);
	for (; signature; signature = signature->next)
		if (!signature->poisoned && !claim(c, &records, signature))
			return; /* the arena remembers */
}
