/*
 * Expressions of 0.15 in the words of 0.16 (validation.md 2.4): config_get is gone, and
 * is_local_domain and is_local_address no longer name a directory. Everything else is the same
 * language and is left as it was written; strings are not looked into.
 */
#include "stwc/settings.h"

#include "base/buf.h"

struct rewriter {
	struct settings *s;
	struct setting *setting;
	struct str text;
	size_t at;
	struct buf out;
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || c == '.';
}

static bool explain(struct rewriter *r, const char *what)
{
	r->setting->why = str_c(what);
	return false;
}

static char peek(const struct rewriter *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void skip_blanks(struct rewriter *r)
{
	while (peek(r) == ' ')
		r->at++;
}

/* The string whose quote is at hand, with its quotes. */
static struct str quoted(struct rewriter *r)
{
	size_t begin = r->at;
	char quote = peek(r);

	for (r->at++; r->at < r->text.n && r->text.p[r->at] != quote; r->at++) {
		if (r->text.p[r->at] == '\\')
			r->at++;
	}
	if (r->at < r->text.n)
		r->at++;
	else
		r->at = r->text.n;
	return (struct str){r->text.p + begin, r->at - begin};
}

static bool is_quote(char c)
{
	return c == '\'' || c == '"';
}

/* config_get('key'): two keys live on as functions, others are put in as text. */
static bool config_get(struct rewriter *r)
{
	const struct setting *other;
	struct str key;

	skip_blanks(r);
	if (peek(r) != '(')
		return explain(r, "0.16 has no config_get");
	r->at++;
	skip_blanks(r);
	if (!is_quote(peek(r)))
		return explain(r, "0.16 has no config_get, and this one does not say its key");
	key = quoted(r);
	skip_blanks(r);
	if (key.n < 2 || peek(r) != ')')
		return explain(r, "0.16 has no config_get, and this one does not say its key");
	r->at++;
	key = (struct str){key.p + 1, key.n - 2};
	if (str_eq_c(key, "server.hostname") || str_eq_c(key, "lookup.default.hostname")) {
		buf_puts(&r->out, STR("system('hostname')"));
		return true;
	}
	if (str_eq_c(key, "report.domain") || str_eq_c(key, "lookup.default.domain")) {
		buf_puts(&r->out, STR("system('domain')"));
		return true;
	}
	other = map_get(&r->s->keys, key);
	if (!other || other->reference != REFERENCE_NONE ||
	    memchr(other->value.p, '\'', other->value.n))
		return explain(r,
			       "0.16 has no config_get, and the key it asks for has no text here");
	buf_printf(&r->out, "'%.*s'", STR_ARG(other->value));
	return true;
}

/* is_local_domain('directory', x): the first of two arguments goes. */
static void without_directory(struct rewriter *r)
{
	size_t begin, i, depth = 1;

	skip_blanks(r);
	if (peek(r) != '(')
		return;
	buf_putc(&r->out, '(');
	begin = ++r->at;
	while (r->at < r->text.n) {
		char c = peek(r);

		if (is_quote(c)) {
			(void)quoted(r);
			continue;
		}
		depth += c == '(' || c == '[';
		depth -= c == ')' || c == ']';
		if (depth == 0 || (c == ',' && depth == 1))
			break;
		r->at++;
	}
	if (peek(r) == ',') {
		r->at++;
		skip_blanks(r);
		return;
	}
	for (i = begin; i < r->at; i++)
		buf_putc(&r->out, r->text.p[i]);
}

static bool name(struct rewriter *r)
{
	size_t begin = r->at;
	struct str word;

	while (is_name(peek(r)))
		r->at++;
	word = (struct str){r->text.p + begin, r->at - begin};
	if (str_eq_c(word, "config_get"))
		return config_get(r);
	buf_puts(&r->out, word);
	if (str_eq_c(word, "is_local_domain") || str_eq_c(word, "is_local_address"))
		without_directory(r);
	return true;
}

struct str settings_expression(struct settings *s, struct setting *setting, struct str text)
{
	struct rewriter r = {.s = s, .setting = setting, .text = text, .out = BUF_INIT};
	struct str done = STR_NONE;
	bool ok = text.n > 0 || explain(&r, "the expression is empty");

	while (ok && r.at < text.n) {
		char c = peek(&r);

		if (is_quote(c)) {
			buf_puts(&r.out, quoted(&r));
		} else if (is_name(c)) {
			ok = name(&r);
		} else {
			/* 0.16 takes blanks, not tabs */
			buf_putc(&r.out, c == '\t' ? ' ' : c);
			r.at++;
		}
	}
	if (ok)
		done = arena_str(&s->c->arena, buf_str(&r.out));
	buf_free(&r.out);
	return done;
}

/* The text names the id as a whole: it stands neither in front of nor behind more of a name. */
static bool names(struct str text, struct str id)
{
	size_t at = 0;

	while (id.n && at + id.n <= text.n) {
		const char *found = memmem(text.p + at, text.n - at, id.p, id.n);
		size_t begin, end;

		if (!found)
			return false;
		begin = (size_t)(found - text.p);
		end = begin + id.n;
		if ((begin == 0 || (!is_name(text.p[begin - 1]) && text.p[begin - 1] != '-')) &&
		    (end == text.n || (!is_name(text.p[end]) && text.p[end] != '-')))
			return true;
		at = begin + 1;
	}
	return false;
}

/* The signatures of the file whose ids the expression names, as one domain. */
static struct str signed_domain(struct settings *s, struct str text)
{
	struct str domain = STR_NONE;
	size_t i;

	for (i = 0; i < s->bodies.count; i++) {
		const struct settings_body *body = s->bodies.entries[i].value;
		struct str key =
			arena_printf(&s->c->scratch, "signature.%.*s.domain", STR_ARG(body->id));
		const struct setting *of = map_get(&s->keys, key);

		if (strcmp(body->type_name, "DkimSignature") != 0 || !of || !names(text, body->id))
			continue;
		if (domain.n && !str_eq(domain, of->value))
			return STR_NONE;
		domain = of->value;
	}
	return domain;
}

/*
 * 0.15 names the signatures to make, 0.16 the domain to sign for, and takes all of its signatures.
 * What names a variable in the id of the signature named the sender's domain.
 */
void settings_sign(struct settings *s, struct setting *setting)
{
	struct str text = setting->value, domain;
	const struct settings_row *row = setting->row;
	const char *field = strchr(row->path, '.') + 1;
	struct settings_body *body;

	if (str_ends(setting->tail, STR(".if")) || str_eq_c(text, "false")) {
		setting->outcome = SETTING_CARRIED;
	} else {
		domain = text.n ? signed_domain(s, text) : STR_NONE;
		if (domain.n)
			setting->value = arena_printf(&s->c->arena, "'%.*s'", STR_ARG(domain));
		else if (memmem(text.p, text.n, "sender_domain", 13))
			setting->value = STR("sender_domain");
		else if (memmem(text.p, text.n, "report.domain", 13))
			setting->value = STR("system('domain')");
		else {
			settings_end(setting, SETTING_DROPPED,
				     "0.16 names the domain to sign for, not signatures, and these "
				     "are of no domain that the file shows");
			return;
		}
		settings_end(setting, SETTING_CHANGED,
			     "0.16 names the domain to sign for and makes all of its signatures");
	}
	body = settings_body(
		s,
		arena_str(&s->c->arena, (struct str){row->path, (size_t)(field - row->path) - 1}).p,
		STR_NONE, setting->key_span);
	if (!body || !settings_place(s, setting, body, field))
		setting->outcome = SETTING_DROPPED;
}

/* Before 0.13 a route was the name of a remote.<id>, or false for MX. */
void settings_next_hop(struct settings *s, struct setting *setting)
{
	struct settings_body *body =
		settings_body(s, "MtaOutboundStrategy", STR_NONE, setting->key_span);

	if (!str_ends(setting->tail, STR(".if")) && str_eq_c(setting->value, "false"))
		setting->value = STR("'mx'");
	settings_end(setting, SETTING_CHANGED,
		     "0.15 calls it queue.strategy.route: the name of a "
		     "route, 'mx' where it was false");
	if (!body || !settings_place(s, setting, body, "route"))
		setting->outcome = SETTING_DROPPED;
}
