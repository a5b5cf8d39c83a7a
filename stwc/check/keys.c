/* Keys and certificates, those in files and variables with --host. */
#include "stwc/keys.h"
#include "stwc/check/rules.h"

void rule_certificate(const struct rule *rule, const struct value *value)
{
	struct certificate_info info;
	struct rule_subject subject;
	const char *wrong = NULL;

	if (rule_open(rule, value, &subject))
		wrong = certificate_read(&rule->c->arena, buf_str(&subject.text), &info);
	if (wrong)
		diag_hint(&rule->c->diags,
			  rule_error(rule, DIAG_INVALID_CERTIFICATE, subject.place, "%s %s",
				     subject.what, wrong),
			  "blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----");
	buf_free(&subject.text);
}

typedef const char *key_reader(struct str text, struct key_info *out);

/* Reads the key and says why where it cannot. NULL: there is none, or it is wrong; else the place
 * of what there is to say of it. */
static const struct value *read_key_by(key_reader *reader, const struct rule *rule,
				       const struct value *value, struct key_info *out)
{
	struct rule_subject subject;
	const char *wrong = NULL;
	bool opened = rule_open(rule, value, &subject);

	if (opened)
		wrong = reader(buf_str(&subject.text), out);
	if (wrong)
		diag_hint(&rule->c->diags,
			  rule_error(rule, DIAG_INVALID_KEY, subject.place, "%s %s", subject.what,
				     wrong),
			  "a block such as -----BEGIN PRIVATE KEY-----, unencrypted");
	buf_free(&subject.text);
	return opened && !wrong ? subject.place : NULL;
}

static const struct value *read_key(const struct rule *rule, const struct value *value,
				    struct key_info *out)
{
	return read_key_by(key_read, rule, value, out);
}

void rule_private_key(const struct rule *rule, const struct value *value)
{
	struct key_info info;
	const struct value *place = read_key(rule, value, &info);

	if (place && info.kind == KEY_OTHER)
		rule_error(rule, DIAG_INVALID_KEY, place,
			   "TLS takes keys for RSA, P-256, P-384, P-521 and Ed25519, not this "
			   "kind");
	else if (place && info.kind == KEY_RSA && info.bits < 2047)
		rule_error(rule, DIAG_INVALID_KEY, place,
			   "TLS takes RSA keys of 2048 bits and more, not of %u", info.bits);
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
	const struct value *place = read_key(rule, value, &info);

	if (place && info.kind != KEY_P256)
		rule_error(rule, DIAG_INVALID_KEY, place, "Web Push needs a key for P-256");
}

#define DKIM_LEAST_BITS 1024U /* RFC 8301 section 3.2 */

void rule_dkim_key(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *value = value_field_get(rule->body, "privateKey");
	const char *variant = rule->body->variant->name;
	enum key_kind kind = strstr(variant, "Rsa") ? KEY_RSA : KEY_ED25519;
	struct path path = {.up = rule->path, .name = STR("privateKey")};
	struct rule of_key = *rule;
	struct key_info info;
	const struct value *place;

	of_key.path = &path;
	place = value ? read_key_by(kind == KEY_RSA ? key_read : key_read_lenient, &of_key, value,
				    &info)
		      : NULL;
	if (place && info.kind != kind)
		rule_error(&of_key, DIAG_INVALID_KEY, place,
			   "%s needs a key for %s, not one of another kind", variant,
			   kind == KEY_RSA ? "RSA" : "Ed25519");
	else if (place && kind == KEY_RSA && info.bits < DKIM_LEAST_BITS)
		diag_hint(&rule->c->diags,
			  rule_error(&of_key, DIAG_SHORT_KEY, place,
				     "receivers accept RSA keys of %u bits and more, not of %u",
				     DKIM_LEAST_BITS, info.bits),
			  "a key of 2048 bits under a new selector");
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
	const struct value *place;
	const char *needs;

	of_key.path = &path;
	/* hs256 and its kin share a secret, which may be any text */
	if (!value || !algorithm || str_starts(str_c(algorithm->member->name), STR("hs")))
		return;
	place = read_key(&of_key, value, &info);
	if (!place)
		return;
	needs = signing_fault(algorithm->member->name, &info);
	if (needs)
		rule_error(&of_key, DIAG_INVALID_KEY, place, "%s needs %s", algorithm->member->name,
			   needs);
}

static void check_base64(const struct rule *rule, const struct value *value, bool url)
{
	struct rule_subject subject;

	if (rule_open(rule, value, &subject) &&
	    base64_size(buf_str(&subject.text), url) == SIZE_MAX)
		rule_error(rule, DIAG_INVALID_BASE64, subject.place, "%s is not in %s",
			   strcmp(subject.what, "the text") == 0 ? "the key" : subject.what,
			   url ? "URL-safe base64 without padding" : "base64");
	buf_free(&subject.text);
}

void rule_base64(const struct rule *rule, const struct value *value)
{
	check_base64(rule, value, false);
}

void rule_base64_url(const struct rule *rule, const struct value *value)
{
	check_base64(rule, value, true);
}
