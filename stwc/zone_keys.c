/* Records that are made of keys: DKIM, CAA, TLSA. */
#include "stwc/zone.h"

#include <stdio.h>

#include "stwc/check/lint.h"
#include "stwc/host.h"
#include "stwc/keys.h"

/* The text of a key or certificate. False: a remark says why there is none. */
static bool open_text(struct zone *zone, const struct object *object, const char *field,
		      const char *what, struct buf *out)
{
	const struct value_object *holder = zone_object(zone, &object->body, field);
	const struct value *name = holder ? host_name(holder) : NULL;
	struct str place = zone_place(zone, object, field);
	char why[HOST_WHY_SIZE] = "there is none";
	enum host_status status = holder ? host_text(&zone->view->c, holder, out, why) : HOST_NONE;

	if (status == HOST_READ && !out->failed)
		return true;
	if (status == HOST_NONE && name)
		zone_remark(zone, true,
			    "%.*sthe %s of '%.*s' is in %s, which is opened with --host alone",
			    STR_ARG(place), what, STR_ARG(object->identity),
			    lint_is_variant(holder, "File") ? "a file" : "a variable");
	else
		zone_remark(zone, true, "%.*sthe %s of '%.*s' cannot be read: %s", STR_ARG(place),
			    what, STR_ARG(object->identity), why);
	return false;
}

static bool has_kind(const struct zone *zone, enum zone_kind kind)
{
	size_t i;

	for (i = 0; i < zone->count && zone->records[i].kind != kind; i++)
		;
	return i < zone->count;
}

/* ---- DKIM ---- */

static bool is_published(struct zone *zone, const struct object *signature)
{
	const struct value *stage = zone_value(zone, &signature->body, "stage");

	return !stage || stage->kind != VALUE_ENUM || strcmp(stage->member->name, "retired") != 0;
}

static void add_key(struct zone *zone, const struct object *signature, struct str owner,
		    const struct key_info *key, const struct buf *base64)
{
	const char *kind = key->kind == KEY_ED25519 ? "ed25519" : "rsa";

	if (key->kind != KEY_ED25519 && key->kind != KEY_RSA)
		zone_remark(zone, true, "%.*sthe key of '%.*s' is neither RSA nor Ed25519",
			    STR_ARG(zone_place(zone, signature, "privateKey")),
			    STR_ARG(signature->identity));
	else
		zone_add_text(zone, ZONE_DKIM, owner,
			      arena_printf(&zone->view->c.arena, "v=DKIM1; k=%s; h=sha256; p=%.*s",
					   kind, STR_ARG(buf_str(base64))));
}

static bool is_taken(const struct zone *zone, struct str owner)
{
	size_t i;

	for (i = 0; i < zone->count; i++) {
		if (zone->records[i].kind == ZONE_DKIM && str_eq(zone->records[i].owner, owner))
			return true;
	}
	return false;
}

/* Names have no case (RFC 4343). */
static struct str lower(struct zone *zone, struct str name)
{
	struct str copy = arena_str(&zone->view->c.arena, name);
	char *p = (char *)(uintptr_t)copy.p; /* the arena's own, not yet shown to anybody */
	size_t i;

	for (i = 0; p && i < copy.n; i++)
		p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
	return copy;
}

static void make_signature(struct zone *zone, const struct object *signature)
{
	struct str selector = zone_text(zone, &signature->body, "selector");
	struct str owner = arena_printf(&zone->view->c.arena, "%.*s._domainkey.%.*s",
					STR_ARG(lower(zone, selector)), STR_ARG(zone->domain));
	struct buf text = {.secret = true}, base64 = BUF_INIT;
	struct key_info key;
	const char *wrong;

	if (is_taken(zone, owner)) {
		zone_remark(zone, true,
			    "%.*stwo keys have the selector '%.*s'; a receiver finds one",
			    STR_ARG(zone_place(zone, signature, "selector")), STR_ARG(selector));
		return;
	}
	if (open_text(zone, signature, "privateKey", "DKIM key", &text)) {
		wrong = key_read_public(buf_str(&text), &key, &base64);
		zone->failed = zone->failed || base64.failed;
		if (wrong)
			zone_remark(zone, true, "%.*sthe DKIM key of '%.*s' %s",
				    STR_ARG(zone_place(zone, signature, "privateKey")),
				    STR_ARG(selector), wrong);
		else
			add_key(zone, signature, owner, &key, &base64);
	}
	buf_free(&text);
	buf_free(&base64);
}

static void make_signatures(struct zone *zone)
{
	const struct object *signature;
	size_t at = 0, count = 0;

	while (!zone->alias && (signature = zone_next(zone, "DkimSignature", &at))) {
		if (compile_referred(&zone->view->c,
				     zone_value(zone, &signature->body, "domainId")) !=
			    zone->domain_object ||
		    !is_published(zone, signature))
			continue;
		make_signature(zone, signature);
		count++;
	}
	if (zone->alias)
		zone_remark(zone, false,
			    "%.*s is an alias of a Domain, whose DKIM keys are published there",
			    STR_ARG(zone->domain));
	else if (!count)
		zone_remark(zone, false,
			    "the configuration has no DkimSignature of %.*s; keys that a server "
			    "makes by "
			    "itself are not known here",
			    STR_ARG(zone->domain));
}

/* ---- CAA ---- */

/* What authorities call themselves in CAA (their own documents), by the host of their ACME
 * directory. One that is not here is not guessed: a wrong name would stop every renewal. */
static const struct {
	const char *suffix, *issuer;
} authorities[] = {
	{"api.letsencrypt.org", "letsencrypt.org"}, {"acme.zerossl.com", "sectigo.com"},
	{"acme.sectigo.com", "sectigo.com"},        {"api.pki.goog", "pki.goog"},
	{"api.buypass.com", "buypass.com"},         {"acme.ssl.com", "ssl.com"},
	{"acme.digicert.com", "digicert.com"},      {"acme.actalis.com", "actalis.it"},
};

/* The host of https://HOST[:PORT]/… */
static struct str uri_host(struct str uri)
{
	const char *start = memmem(uri.p, uri.n, "://", 3);
	struct str host = start ? str_from(uri, (size_t)(start - uri.p) + 3) : STR_NONE;
	size_t n = 0;

	while (n < host.n && !strchr("/:?#", host.p[n]))
		n++;
	return (struct str){host.p, n};
}

static const char *issuer_of(struct str host)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(authorities); i++) {
		struct str suffix = str_c(authorities[i].suffix);

		if (str_eq(host, suffix) || (host.n > suffix.n && str_ends(host, suffix) &&
					     strchr(".-", host.p[host.n - suffix.n - 1])))
			return authorities[i].issuer;
	}
	return NULL;
}

static void add_caa(struct zone *zone, const char *tag, struct str value)
{
	struct buf quoted = BUF_INIT;

	zone_put_text(&quoted, value);
	zone->failed = zone->failed || quoted.failed || !value.p;
	zone_add(zone, ZONE_KIND_CAA, ZONE_CAA, zone->domain, "0 %s %.*s", tag,
		 STR_ARG(buf_str(&quoted)));
	buf_free(&quoted);
}

static void make_issuer(struct zone *zone, const struct object *provider)
{
	struct str directory = zone_text(zone, &provider->body, "directory");
	struct str host = uri_host(directory);
	const char *issuer = host.n ? issuer_of(host) : NULL;

	if (!issuer) {
		zone_remark(zone, false,
			    "%.*swhat the authority at '%.*s' calls itself in CAA is not known, so "
			    "there is no CAA record; its own documents say it: --caa NAME",
			    STR_ARG(zone_place(zone, provider, "directory")), STR_ARG(host));
		return;
	}
	add_caa(zone, "issue", str_c(issuer));
}

/* An issue-value of RFC 8659 section 4.2: a name, and parameters behind a semicolon, such as the
 * accounturi of RFC 8657. */
static bool is_issue_value(const char *text)
{
	size_t n = strcspn(text, "; ");
	const char *rest = text + n + strspn(text + n, " ");

	if (!zone_name_valid((struct str){text, n}) || (*rest && *rest != ';'))
		return false;
	while (*rest >= ' ' && *rest <= '~' && *rest != '"' && *rest != '\\')
		rest++;
	return !*rest;
}

static void make_issuers(struct zone *zone)
{
	const struct zone_request *request = &zone->request;
	size_t i;

	for (i = 0; i < request->issuer_count; i++) {
		if (is_issue_value(request->issuers[i]))
			add_caa(zone, "issue", str_c(request->issuers[i]));
		else
			zone_remark(zone, true, "--caa '%s' is no name of an authority",
				    request->issuers[i]);
	}
}

static void make_caa(struct zone *zone)
{
	const struct value_object *management =
		zone_object(zone, &zone->domain_object->body, "certificateManagement");
	const struct object *provider = NULL;
	struct str uri = zone_report_uri(zone);

	if (lint_is_variant(management, "Automatic"))
		provider = compile_referred(&zone->view->c,
					    zone_value(zone, management, "acmeProviderId"));
	if (zone->request.issuer_count)
		make_issuers(zone);
	else if (provider)
		make_issuer(zone, provider);
	if (uri.n && has_kind(zone, ZONE_KIND_CAA))
		add_caa(zone, "iodef", uri);
}

/* ---- TLSA ---- */

/* The server's own key by its digest (3 1 1), which RFC 7672 section 3.1.1 recommends: it holds
 * until the key changes, not the certificate. */
static bool add_certificate(struct zone *zone, const struct object *certificate, struct str host,
			    uint16_t port)
{
	struct buf text = BUF_INIT;
	struct certificate_info info;
	char hex[DIGEST_HEX_SIZE], prefix[16];
	const char *wrong;
	bool found = false;

	if (open_text(zone, certificate, "certificate", "certificate", &text)) {
		wrong = certificate_read(&zone->view->c.arena, buf_str(&text), &info);
		found = !wrong && certificate_covers(&info, host);
		if (wrong)
			zone_remark(zone, true, "%.*sthe certificate of '%.*s' %s",
				    STR_ARG(zone_place(zone, certificate, "certificate")),
				    STR_ARG(certificate->identity), wrong);
	}
	if (found) {
		digest_hex(&info.key.public_key, hex);
		(void)snprintf(prefix, sizeof(prefix), "_%u._tcp", port);
		zone_add(zone, ZONE_KIND_TLSA, ZONE_TLSA, zone_join(zone, prefix, host), "3 1 1 %s",
			 hex);
	}
	buf_free(&text);
	return found;
}

/* What stands in another zone is for that zone to say. */
static void add_tlsa(struct zone *zone, struct str host, uint16_t port)
{
	const struct object *certificate;
	bool found = false;
	size_t at = 0;

	if (!host.n || !zone_contains(zone, host))
		return;
	while ((certificate = zone_next(zone, "Certificate", &at)))
		found = add_certificate(zone, certificate, host, port) || found;
	if (!found)
		zone_remark(zone, zone_is_own(zone, host),
			    "no Certificate of the configuration is for %.*s, so its TLSA record "
			    "cannot be made",
			    STR_ARG(host));
}

/* Of the exchangers (RFC 7672 section 2.2), and of every service that SRV records announce with TLS
 * (RFC 7673 section 3). */
static void make_tlsa(struct zone *zone)
{
	bool listens = services_find(&zone->services, SERVICE_MX, false) != NULL;
	size_t count = zone->count, i;

	for (i = 0; i < count; i++) {
		struct str target = zone_record_target(&zone->records[i]);

		if (zone->records[i].kind == ZONE_KIND_MX &&
		    (listens || !zone_is_own(zone, target)))
			add_tlsa(zone, target, 25);
	}
	for (i = 0; zone_wants(zone, ZONE_KIND_SRV) && i < zone->services.count; i++) {
		const struct service *service = &zone->services.items[i];

		if (service->announced && service->security != SERVICE_PLAIN &&
		    zone_service_label(service))
			add_tlsa(zone, service->host, service->port);
	}
	if (!has_kind(zone, ZONE_KIND_TLSA))
		zone_remark(zone, false,
			    "no host of this configuration that lies in %.*s serves with TLS, so "
			    "there is no TLSA record",
			    STR_ARG(zone->origin));
}

void zone_make_keys(struct zone *zone)
{
	if (zone_wants(zone, ZONE_DKIM))
		make_signatures(zone);
	if (zone_wants(zone, ZONE_KIND_CAA))
		make_caa(zone);
	if (zone_wants(zone, ZONE_KIND_TLSA))
		make_tlsa(zone);
}
