/* What other servers read in TXT records: SPF, DMARC, reports about TLS, MTA-STS. */
#include "stwc/zone.h"

#include "base/digest.h"
#include "stwc/clients.h"
#include "stwc/names.h"

/* The hosts that send are those that receive, and the one that says HELO. */
static bool is_exchanger(const struct zone *zone, struct str host)
{
	size_t i;

	for (i = 0; i < zone->count; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->type == ZONE_MX && str_eq(zone_record_target(record), host))
			return true;
	}
	return false;
}

static bool is_domain(const struct zone *zone, struct str host)
{
	bool alias;

	return str_eq(host, zone->domain) || services_domain(&zone->view->c, host, &alias);
}

static void make_spf(struct zone *zone)
{
	struct str host = zone->services.hostname, text = STR("v=spf1 mx -all");
	/* exchangers that somebody else publishes may be others: those are not ours to allow */
	bool ours = zone_wants(zone, ZONE_KIND_MX);

	if (!zone_use_host(zone, host, true, "the sender of mail"))
		return;
	if (!ours || !is_exchanger(zone, host))
		text = arena_printf(&zone->view->c.arena, "v=spf1 %sa:%.*s -all", ours ? "mx " : "",
				    STR_ARG(host));
	zone_add_text(zone, ZONE_SPF, zone->domain, text);
	/* what it says in HELO is looked at too (RFC 7208 section 2.3); a name that is a domain of
	 * ours has a record of its own, and a second one would spoil both (section 4.5) */
	if (zone_contains(zone, host) && !is_domain(zone, host))
		zone_add_text(zone, ZONE_SPF, host, STR("v=spf1 a -all"));
}

/* A comma and an exclamation mark end a URI in a list of them (RFC 7489 section 6.2). */
static struct str escape_uri(struct zone *zone, struct str uri)
{
	struct buf out = BUF_INIT;
	struct str escaped;
	size_t i;

	for (i = 0; i < uri.n; i++) {
		if (strchr(",!; ", uri.p[i]))
			buf_printf(&out, "%%%02X", (unsigned)(unsigned char)uri.p[i]);
		else
			buf_putc(&out, uri.p[i]);
	}
	escaped = arena_str(&zone->view->c.arena, buf_str(&out));
	zone->failed = zone->failed || out.failed || !escaped.p;
	buf_free(&out);
	return escaped;
}

/* Reports to another domain need that domain's consent (RFC 7489 section 7.1). */
static void remark_consent(struct zone *zone, struct str uri)
{
	const char *at = memrchr(uri.p, '@', uri.n);
	struct str domain = at ? str_from(uri, (size_t)(at - uri.p) + 1) : STR_NONE;
	struct arena *arena = &zone->view->c.arena;
	struct str ours = name_registrable(arena, zone->domain),
		   theirs = name_registrable(arena, domain);

	if (!domain.n || (theirs.p && str_eq(ours, theirs)))
		return;
	zone_remark(zone, false,
		    "DMARC reports go to another domain, which has to agree: "
		    "%.*s._report._dmarc.%.*s. TXT \"v=DMARC1\"",
		    STR_ARG(zone->domain), STR_ARG(domain));
}

static void make_dmarc(struct zone *zone, struct str uri)
{
	struct str text = STR("v=DMARC1; p=reject");

	if (str_starts(uri, STR("mailto:"))) {
		text = arena_printf(&zone->view->c.arena, "v=DMARC1; p=reject; rua=%.*s; ruf=%.*s",
				    STR_ARG(uri), STR_ARG(uri));
		remark_consent(zone, uri);
	}
	zone_add_text(zone, ZONE_DMARC, zone_join(zone, "_dmarc", zone->domain), text);
}

static void make_tls_report(struct zone *zone, struct str uri)
{
	struct str text = arena_printf(&zone->view->c.arena, "v=TLSRPTv1; rua=%.*s", STR_ARG(uri));

	/* the address is not optional (RFC 8460 section 3) */
	if (uri.n)
		zone_add_text(zone, ZONE_TLS_RPT, zone_join(zone, "_smtp._tls", zone->domain),
			      text);
}

/* ---- MTA-STS ---- */

/* The next line of a document, without its end; false: there is none. */
static bool next_line(struct str *rest, struct str *out)
{
	const char *end = rest->n ? memchr(rest->p, '\r', rest->n) : NULL;

	if (!end)
		return false;
	*out = (struct str){rest->p, (size_t)(end - rest->p)};
	*rest = str_from(*rest, out->n + 2);
	return true;
}

/* RFC 8461 section 4.1: an asterisk stands for one label. */
static bool policy_allows(struct str policy, struct str host)
{
	const char *dot = memchr(host.p, '.', host.n);
	struct str parent = dot ? str_from(host, (size_t)(dot - host.p)) : STR_NONE, line;

	while (next_line(&policy, &line)) {
		if (!str_starts(line, STR("mx: ")))
			continue;
		line = str_from(line, 4);
		if (str_eq_ascii_case(line, host) ||
		    (str_starts(line, STR("*.")) && str_eq_ascii_case(str_from(line, 1), parent)))
			return true;
	}
	return false;
}

static void judge_policy(struct zone *zone)
{
	bool enforced = memmem(zone->policy.p, zone->policy.n, "mode: enforce\r", 14) != NULL;
	size_t i;

	for (i = 0; i < zone->count; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->kind == ZONE_KIND_MX &&
		    !policy_allows(zone->policy, zone_record_target(record)))
			zone_remark(zone, enforced,
				    "MtaSts.mxHosts does not name the mail exchanger %.*s, so that "
				    "senders who hold to the policy %s (RFC 8461 section 4.1)",
				    STR_ARG(zone_record_target(record)),
				    enforced ? "will not deliver there" : "report it");
	}
}

/* RFC 8461: the id (section 3.1: up to 32 letters and digits) is of the policy that is served, so
 * that it changes with it and with nothing else. */
static void make_mta_sts(struct zone *zone)
{
	struct buf document = BUF_INIT;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	if (!client_served(zone->view, STW_DOCUMENT_MTA_STS, zone->domain, &document) ||
	    !digest_of(document.p, document.n, &digest))
		zone->failed = true;
	if (!zone->failed && document.n) {
		zone->policy = arena_str(&zone->view->c.arena, buf_str(&document));
		judge_policy(zone);
		digest_hex(&digest, hex);
		zone_add_text(zone, ZONE_MTA_STS, zone_join(zone, "_mta-sts", zone->domain),
			      arena_printf(&zone->view->c.arena, "v=STSv1; id=%.20s", hex));
	}
	buf_free(&document);
}

void zone_make_policies(struct zone *zone)
{
	struct str uri = escape_uri(zone, zone_report_uri(zone));

	if (zone_wants(zone, ZONE_SPF))
		make_spf(zone);
	if (zone_wants(zone, ZONE_DMARC))
		make_dmarc(zone, uri);
	if (zone_wants(zone, ZONE_TLS_RPT))
		make_tls_report(zone, uri);
	if (zone_wants(zone, ZONE_MTA_STS) && !zone_web(zone))
		zone_remark(zone, false,
			    "no http listener has TLS on port 443, where the policy of MTA-STS is "
			    "looked for, so there is none");
	else if (zone_wants(zone, ZONE_MTA_STS))
		make_mta_sts(zone);
}
