/* Certificates and keys of the 0.15 settings: PEM, macros, and what ACME left behind. */
#include "stwc/settings.h"

#include <stdlib.h>

#include "base/buf.h"
#include "stwc/keys.h"

/* More than any chain of certificates with its key. */
#define BUNDLE_LIMIT (256u * 1024)

/* 0.15 took nothing else either. */
void settings_pem(struct settings *s, struct setting *setting)
{
	if (setting->reference == REFERENCE_NONE &&
	    (!setting->value.n || !memmem(setting->value.p, setting->value.n, "-----BEGIN ", 11))) {
		settings_end(setting, SETTING_DROPPED,
			     "it is neither PEM text nor a macro; %{file:/path}% reads a file");
		return;
	}
	(void)settings_place_row(s, setting);
}

/* Either alphabet, with or without padding: RFC 4648 sections 4 and 5. */
static bool decode(struct str text, struct buf *out)
{
	struct buf plain = BUF_INIT;
	bool ok = text.n > 0 && text.n < BUNDLE_LIMIT;
	size_t i, n = SIZE_MAX;
	unsigned char *bytes;

	for (i = 0; ok && i < text.n; i++) {
		char c = text.p[i];

		if (c != '\n' && c != '\r' && c != ' ' && c != '=')
			buf_putc(&plain, c == '-' ? '+' : c == '_' ? '/' : c);
	}
	while (ok && plain.n % 4 != 0)
		buf_putc(&plain, '=');
	bytes = ok && !plain.failed ? malloc(plain.n + 1) : NULL;
	if (bytes)
		n = base64_read(buf_str(&plain), bytes, plain.n + 1);
	if (n != SIZE_MAX)
		buf_puts(out, (struct str){(const char *)bytes, n});
	if (bytes)
		explicit_bzero(bytes, plain.n + 1);
	free(bytes);
	buf_wipe(&plain);
	buf_free(&plain);
	return n != SIZE_MAX && !out->failed;
}

/* Takes the next "-----BEGIN X----- … -----END X-----" from the text; empty: there is none. */
static struct str next_block(struct str *text)
{
	struct str begin = STR("-----BEGIN "), end = STR("-----END ");
	const char *from = text->n ? memmem(text->p, text->n, begin.p, begin.n) : NULL, *to;
	struct str rest, block;

	if (!from)
		return STR_NONE;
	rest = str_from(*text, (size_t)(from - text->p));
	to = memmem(rest.p, rest.n, end.p, end.n);
	if (!to)
		return STR_NONE;
	to = memchr(to, '\n', rest.n - (size_t)(to - rest.p));
	block = (struct str){rest.p, to ? (size_t)(to - rest.p) + 1 : rest.n};
	*text = str_from(rest, block.n);
	return block;
}

static bool is_key(struct str block)
{
	struct str header = {block.p, block.n < 64 ? block.n : 64};

	return memmem(header.p, header.n, "PRIVATE KEY-", 12) != NULL;
}

/* The key and the chain that the bundle has, each as one text. */
static void split(struct str pem, struct buf *key, struct buf *chain)
{
	struct str block;

	while ((block = next_block(&pem)).n)
		buf_puts(is_key(block) ? key : chain, block);
}

static bool give(struct settings *s, struct setting *setting, struct settings_body *body,
		 const char *field, const struct buf *text)
{
	setting->value = arena_str(&s->c->arena, buf_str(text));
	setting->reference = REFERENCE_NONE;
	return text->n && !text->failed && setting->value.p &&
	       settings_place(s, setting, body, field);
}

/*
 * acme.<id>.cert: base64 of the key and the chain that were ordered last. It becomes a certificate,
 * which serves until 0.16 has ordered the next one. The certificates of the file keep their names.
 */
void settings_acme_bundle(struct settings *s, struct setting *setting)
{
	struct buf pem = BUF_INIT, key = BUF_INIT, chain = BUF_INIT;
	struct str id = setting->id;
	struct settings_body *body;

	setting->outcome = SETTING_DROPPED;
	if (map_has(&s->keys, arena_printf(&s->c->scratch, "certificate.%.*s.cert", STR_ARG(id))))
		id = arena_printf(&s->c->arena, "acme-%.*s", STR_ARG(id));
	if (settings_literal(s, setting) && decode(setting->value, &pem))
		split(buf_str(&pem), &key, &chain);
	if (!setting->why.n && (!key.n || !chain.n)) {
		setting->why = STR("it is no base64 of a key and its certificates in PEM");
	} else if (!setting->why.n) {
		body = settings_body(s, "Certificate", id, setting->key_span);
		if (body && give(s, setting, body, "certificate", &chain) &&
		    give(s, setting, body, "privateKey", &key))
			settings_end(setting, SETTING_CHANGED,
				     "0.16 orders the next one for a Domain; this one serves "
				     "until then");
		if (body)
			settings_target(s, setting, body, "");
	}
	buf_wipe(&pem);
	buf_wipe(&key);
	buf_free(&pem);
	buf_free(&key);
	buf_free(&chain);
}
