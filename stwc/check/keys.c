/* Keys and certificates that stand in the source. Those in files and variables are left to the
 * host that has them. */
#include "stwc/keys.h"
#include "stwc/check/rules.h"

void rule_certificate(const struct rule *rule, const struct value *value)
{
	const struct value *text = rule_text(value);
	struct certificate_info info;
	const char *wrong = text ? certificate_read(&rule->c->arena, text->string, &info) : NULL;

	if (wrong)
		diag_hint(&rule->c->diags,
			  rule_error(rule, DIAG_INVALID_CERTIFICATE, text, "the text %s", wrong),
			  "blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----");
}

/* Reads the key and says why where it cannot. False: there is none, or it is wrong. */
static bool read_key(const struct rule *rule, const struct value *value, struct key_info *out)
{
	const struct value *text = rule_text(value);
	const char *wrong = text ? key_read(text->string, out) : NULL;

	if (wrong)
		diag_hint(&rule->c->diags,
			  rule_error(rule, DIAG_INVALID_KEY, text, "the text %s", wrong),
			  "a block such as -----BEGIN PRIVATE KEY-----, unencrypted");
	return text && !wrong;
}

void rule_private_key(const struct rule *rule, const struct value *value)
{
	struct key_info info;

	if (read_key(rule, value, &info) && info.kind == KEY_OTHER)
		rule_error(rule, DIAG_INVALID_KEY, rule_text(value),
			   "TLS takes keys for RSA, P-256, P-384, P-521 and Ed25519, not this "
			   "kind");
}

void rule_public_key(const struct rule *rule, const struct value *value)
{
	const char *wrong = public_key_read(&rule->c->arena, value->string);

	if (wrong)
		diag_hint(&rule->c->diags,
			  rule_error(rule, DIAG_INVALID_KEY, value, "the text %s", wrong),
			  "an armoured OpenPGP key, or an S/MIME certificate in PEM");
}

/* Web Push signs with ES256 (RFC 8292 section 2). */
void rule_push_key(const struct rule *rule, const struct value *value)
{
	struct key_info info;

	if (read_key(rule, value, &info) && info.kind != KEY_P256)
		rule_error(rule, DIAG_INVALID_KEY, rule_text(value),
			   "Web Push needs a key for P-256");
}

void rule_dkim_key(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *value = value_field_get(rule->body, "privateKey");
	const char *variant = rule->body->variant->name;
	enum key_kind kind = strstr(variant, "Rsa") ? KEY_RSA : KEY_ED25519;
	struct path path = {.up = rule->path, .name = STR("privateKey")};
	struct rule of_key = *rule;
	struct key_info info;

	of_key.path = &path;
	if (value && read_key(&of_key, value, &info) && info.kind != kind)
		rule_error(&of_key, DIAG_INVALID_KEY, rule_text(value),
			   "%s needs a key for %s, not one of another kind", variant,
			   kind == KEY_RSA ? "RSA" : "Ed25519");
}

/* validation.md 2.7: the sizes and curves of JWT algorithms (RFC 7518 section 3). */
static const char *signing_fault(const char *algorithm, const struct key_info *info)
{
	if (strcmp(algorithm, "es256") == 0)
		return info->kind == KEY_P256 ? NULL : "a key for P-256";
	if (strcmp(algorithm, "es384") == 0)
		return info->kind == KEY_P384 ? NULL : "a key for P-384";
	if (info->kind == KEY_RSA && info->bits >= 2048 && info->bits <= 8192)
		return NULL;
	return "an RSA key of 2048 to 8192 bits";
}

void rule_signing_key(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *value = value_field_get(rule->body, "signatureKey");
	const struct value *algorithm = rule_get(rule, "signatureAlgorithm");
	struct path path = {.up = rule->path, .name = STR("signatureKey")};
	struct rule of_key = *rule;
	struct key_info info;
	const char *needs;

	of_key.path = &path;
	/* hs256 and its kin share a secret, which may be any text */
	if (!value || !algorithm || str_starts(str_c(algorithm->member->name), STR("hs")) ||
	    !read_key(&of_key, value, &info))
		return;
	needs = signing_fault(algorithm->member->name, &info);
	if (needs)
		rule_error(&of_key, DIAG_INVALID_KEY, rule_text(value), "%s needs %s",
			   algorithm->member->name, needs);
}

static void check_base64(const struct rule *rule, const struct value *value, bool url)
{
	const struct value *text = rule_text(value);

	if (text && base64_size(text->string, url) == SIZE_MAX)
		rule_error(rule, DIAG_INVALID_BASE64, text,
			   url ? "the key is not in URL-safe base64 without padding"
			       : "the key is not in base64");
}

void rule_base64(const struct rule *rule, const struct value *value)
{
	check_base64(rule, value, false);
}

void rule_base64_url(const struct rule *rule, const struct value *value)
{
	check_base64(rule, value, true);
}
