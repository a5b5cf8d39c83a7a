/*
 * What the DNS has to say so that a configuration works: `stwc zone`.
 *
 * An operator copies a dozen records by hand from a page into a zone, and most of the trouble of
 * the first day is in there: an exchanger that is an alias of itself, the name of a container, a
 * key that is cut at the wrong byte, a serial that was not counted. All of it follows from the
 * configuration, so it is compiled like everything else:
 *
 *     objects ─▶ services ─▶ records (this list) ─▶ verify ─▶ serial ─▶ one of five writers
 *
 * Which records there are is what a server would publish: Domain.dnsManagement.publishRecords where
 * it is automatic, else the default of that field (all kinds but tlsa). Each kind is made by one
 * function, from objects and services alone; services.c says what listeners offer, so that a record
 * never names a port that nobody opens. The files behind this one: zone_policy.c (SPF, DMARC,
 * reports, MTA-STS), zone_keys.c (DKIM, CAA, TLSA), zone_text.c, zone_write.c, zone_read.c.
 *
 * Invariants:
 * - Owners and hosts are absolute A-labels in lower case, each held against zone_name_valid, so
 *   that no writer has to escape a name.
 * - Every host that a record names has gone through zone_use_host: it is no address, no single
 *   word, no container, and where it lies in the zone it has an address there. So MX, NS and SRV
 *   name hosts, never aliases; zone_verify proves it of the finished list.
 * - Aliases (CNAME) lead to the web server from names that have no other record.
 * - The list is ordered by kind, owner, type and data: sources and the image that was built from
 *   them give the same bytes.
 * - The time is in the serial alone, and only where a record changed.
 */
#include "stwc/zone.h"

#include <stdlib.h>

#include "stwc/check/lint.h"
#include "stwc/clients.h"
#include "stwc/names.h"
#include "stwc/state.h"
#include "stwc/view_diff.h"

#define TTL_DEFAULT 3600

static const char *const type_words[ZONE_TYPE_COUNT] = {
	[ZONE_SOA] = "SOA", [ZONE_NS] = "NS",       [ZONE_A] = "A",     [ZONE_AAAA] = "AAAA",
	[ZONE_MX] = "MX",   [ZONE_CNAME] = "CNAME", [ZONE_TXT] = "TXT", [ZONE_SRV] = "SRV",
	[ZONE_CAA] = "CAA", [ZONE_TLSA] = "TLSA",
};

/* Words of DnsRecordType, and titles. */
static const struct {
	const char *word, *title;
} kinds[ZONE_KIND_COUNT] = {
	[ZONE_AUTHORITY] = {NULL, "the zone itself"},
	[ZONE_HOSTS] = {NULL, "hosts"},
	[ZONE_KIND_MX] = {"mx", "where mail for the domain goes (RFC 5321)"},
	[ZONE_SPF] = {"spf", "who sends mail of the domain (SPF, RFC 7208)"},
	[ZONE_DKIM] = {"dkim", "keys of signatures (DKIM, RFC 6376 and 8463)"},
	[ZONE_DMARC] = {"dmarc", "what to do with mail that fails both (DMARC, RFC 7489)"},
	[ZONE_TLS_RPT] = {"tlsRpt", "where reports about TLS go (RFC 8460)"},
	[ZONE_MTA_STS] = {"mtaSts", "the policy of MTA-STS (RFC 8461)"},
	[ZONE_KIND_SRV] = {"srv", "services for clients (RFC 6186, 6764, 8314 and 8620)"},
	[ZONE_AUTO_CONFIG] = {"autoConfig", "automatic configuration of clients (PACC)"},
	[ZONE_AUTO_CONFIG_LEGACY] = {"autoConfigLegacy", "… as Mozilla does it"},
	[ZONE_AUTO_DISCOVER] = {"autoDiscover", "… as Microsoft does it"},
	[ZONE_KIND_CAA] = {"caa", "who may issue certificates (CAA, RFC 8659)"},
	[ZONE_KIND_TLSA] = {"tlsa", "keys of the mail exchanger (DANE, RFC 6698 and 7672)"},
};

const char *zone_type_word(enum zone_type type)
{
	return type_words[type];
}

const char *zone_kind_word(enum zone_kind kind)
{
	return kinds[kind].word;
}

const char *zone_kind_title(enum zone_kind kind)
{
	return kinds[kind].title;
}

bool zone_kind_find(struct str word, enum zone_kind *out)
{
	size_t i;

	for (i = 0; i < ZONE_KIND_COUNT; i++) {
		if (kinds[i].word && str_eq_c(word, kinds[i].word)) {
			*out = (enum zone_kind)i;
			return true;
		}
	}
	return false;
}

/* ---- the list ---- */

static void add(struct zone *zone, const struct zone_record *record)
{
	size_t i;

	for (i = 0; i < zone->count; i++) {
		const struct zone_record *have = &zone->records[i];

		if (have->type == record->type && str_eq(have->owner, record->owner) &&
		    str_eq(have->rdata, record->rdata))
			return; /* a set has no member twice (RFC 2181 section 5) */
	}
	if (!zone_name_valid(record->owner)) {
		zone_remark(zone, true, "'%.*s' is no name that a %s record can have",
			    STR_ARG(record->owner), type_words[record->type]);
		return;
	}
	if (!record->rdata.p ||
	    !state_grow((void **)&zone->records, &zone->cap, zone->count, sizeof(*record)))
		zone->failed = true;
	else
		zone->records[zone->count++] = *record;
}

void zone_add(struct zone *zone, enum zone_kind kind, enum zone_type type, struct str owner,
	      const char *rdata, ...)
{
	struct zone_record record = {kind, type, owner, zone->ttl, STR_NONE, STR_NONE};
	va_list args;

	va_start(args, rdata);
	record.rdata = arena_vprintf(&zone->view->c.arena, rdata, args);
	va_end(args);
	add(zone, &record);
}

void zone_add_text(struct zone *zone, enum zone_kind kind, struct str owner, struct str text)
{
	struct zone_record record = {kind, ZONE_TXT, owner, zone->ttl, STR_NONE, text};
	struct buf quoted = BUF_INIT;

	zone_put_text(&quoted, text);
	record.rdata = arena_str(&zone->view->c.arena, buf_str(&quoted));
	zone->failed = zone->failed || quoted.failed || !text.p;
	buf_free(&quoted);
	add(zone, &record);
}

void zone_remark(struct zone *zone, bool fatal, const char *format, ...)
{
	struct zone_remark remark = {fatal, STR_NONE};
	va_list args;
	size_t i;

	va_start(args, format);
	remark.text = arena_vprintf(&zone->view->c.arena, format, args);
	va_end(args);
	for (i = 0; i < zone->remark_count; i++) {
		if (str_eq(zone->remarks[i].text, remark.text))
			return;
	}
	if (!remark.text.p || !state_grow((void **)&zone->remarks, &zone->remark_cap,
					  zone->remark_count, sizeof(remark)))
		zone->failed = true;
	else
		zone->remarks[zone->remark_count++] = remark;
}

bool zone_has_fatal(const struct zone *zone)
{
	size_t i;

	for (i = 0; i < zone->remark_count && !zone->remarks[i].fatal; i++)
		;
	return i < zone->remark_count;
}

struct str zone_join(struct zone *zone, const char *prefix, struct str name)
{
	struct str joined = arena_printf(&zone->view->c.arena, "%s.%.*s", prefix, STR_ARG(name));

	zone->failed = zone->failed || !joined.p;
	return joined;
}

bool zone_wants(const struct zone *zone, enum zone_kind kind)
{
	return zone->kinds & (UINT32_C(1) << kind);
}

bool zone_contains(const struct zone *zone, struct str name)
{
	return str_eq(name, zone->origin) ||
	       (name.n > zone->origin.n && str_ends(name, zone->origin) &&
		name.p[name.n - zone->origin.n - 1] == '.');
}

/* ---- objects ---- */

struct str zone_place(struct zone *zone, const struct object *object, const char *field)
{
	const struct value_field *written = NULL;
	struct view_place place;
	size_t i;

	for (i = 0; field && object && i < object->body.count; i++) {
		if (strcmp(object->body.fields[i].field->name, field) == 0)
			written = &object->body.fields[i];
	}
	if (!object)
		return STR("");
	place = view_place_of(zone->view, object, written, written ? written->value : NULL);
	if (!place.file.n)
		return STR("");
	return arena_printf(&zone->view->c.arena, "%.*s:%u: ", STR_ARG(place.file), place.line);
}

const struct value *zone_value(const struct zone *zone, const struct value_object *body,
			       const char *field)
{
	return diff_value(zone->view, body, NULL, field);
}

struct str zone_text(const struct zone *zone, const struct value_object *body, const char *field)
{
	const struct value *value = zone_value(zone, body, field);

	return value && value->kind == VALUE_STRING ? value->string : STR_NONE;
}

bool zone_flag(const struct zone *zone, const struct value_object *body, const char *field)
{
	const struct value *value = zone_value(zone, body, field);

	return value && value->kind == VALUE_BOOL && value->boolean;
}

const struct value_object *zone_object(const struct zone *zone, const struct value_object *body,
				       const char *field)
{
	const struct value *value = zone_value(zone, body, field);

	return value && value->kind == VALUE_OBJECT ? &value->object : NULL;
}

bool zone_singleton(const struct zone *zone, const char *type, struct value_object *out)
{
	const struct object *object = compile_singleton(&zone->view->c, type);
	const struct schema_object *row = schema_object_find(zone->view->c.schema, str_c(type));

	if (object)
		*out = object->body;
	else if (row)
		*out = (struct value_object){.structure = row->structure};
	return object || row;
}

const struct object *zone_next(const struct zone *zone, const char *type, size_t *at)
{
	const struct compilation *c = &zone->view->c;

	while (*at < c->object_count) {
		const struct object *object = c->objects[(*at)++];

		if (strcmp(object->type->name, type) == 0)
			return object;
	}
	return NULL;
}

/* ---- hosts ---- */

bool zone_is_own(const struct zone *zone, struct str host)
{
	size_t i;

	if (str_eq(host, zone->services.hostname))
		return true;
	for (i = 0; i < zone->services.count; i++) {
		if (str_eq(zone->services.items[i].host, host))
			return true;
	}
	return false;
}

static struct zone_host *note_host(struct zone *zone, struct str host, bool own)
{
	size_t i;

	for (i = 0; i < zone->host_count && !str_eq(zone->hosts[i].name, host); i++)
		;
	if (i == zone->host_count) {
		if (!state_grow((void **)&zone->hosts, &zone->host_cap, i, sizeof(*zone->hosts))) {
			zone->failed = true;
			return NULL;
		}
		zone->hosts[zone->host_count++] = (struct zone_host){.name = host};
	}
	zone->hosts[i].own = zone->hosts[i].own || own;
	return &zone->hosts[i];
}

/* Stricter than zone_name_valid: name servers refuse addresses and exchangers under other names. */
static bool is_host_name(struct str host)
{
	size_t i;

	for (i = 0; i < host.n; i++) {
		bool edge = !i || i + 1 == host.n || host.p[i - 1] == '.' || host.p[i + 1] == '.';

		if (host.p[i] == '_' || (host.p[i] == '-' && edge))
			return false;
	}
	return zone_name_valid(host);
}

/* A fatal remark where records cannot name the host. */
static bool judge_host(struct zone *zone, struct str host, const char *what)
{
	struct net_addr address;

	if (!host.n)
		zone_remark(zone, true,
			    "%s needs a host name: SystemSettings.defaultHostname is not set, and "
			    "the host that will decide is not asked",
			    what);
	else if (net_addr_parse(host, &address) == NET_OK)
		zone_remark(zone, true, "%s is '%.*s', an address; records name hosts", what,
			    STR_ARG(host));
	else if (lint_is_container(host))
		zone_remark(zone, true,
			    "%s is '%.*s', the name of a container or a word that is known on one "
			    "network alone; it has to be a name that the whole world can look up, "
			    "such as mail.%.*s",
			    what, STR_ARG(host), STR_ARG(zone->domain));
	else if (!is_host_name(host))
		zone_remark(zone, true,
			    "%s is '%.*s', which is no host name: its words are of letters, "
			    "digits and inner hyphens (RFC 1123 section 2.1)",
			    what, STR_ARG(host));
	else
		return true;
	return false;
}

bool zone_use_host(struct zone *zone, struct str host, bool own, const char *what)
{
	size_t before = zone->host_count;
	struct zone_host *noted = note_host(zone, host, own || zone_is_own(zone, host));

	/* what is wrong with it is said once */
	if (noted && zone->host_count > before)
		noted->wrong = !judge_host(zone, host, what);
	return noted && !noted->wrong;
}

/* Nobody can connect to these from elsewhere: no mail would arrive. */
static bool is_nowhere(const struct net_addr *address)
{
	return lint_is_any(address) || lint_is_loopback(address) ||
	       (address->family == 4 ? address->b[0] >= 224 : address->b[0] == 0xFF);
}

static void add_address(struct zone *zone, struct str host, const struct net_addr *address)
{
	struct net_addr plain = net_addr_unmap(address);
	char text[NET_TEXT_SIZE];

	net_addr_format(&plain, text);
	if (is_nowhere(&plain)) {
		zone_remark(zone, true, "%s is no address that others could connect to", text);
		return;
	}
	if (lint_is_private(&plain))
		zone_remark(zone, false, "%s is a private address: the world cannot connect to it",
			    text);
	zone_add(zone, ZONE_HOSTS, plain.family == 4 ? ZONE_A : ZONE_AAAA, host, "%s", text);
}

/* What listeners are bound to tells the address where it is one that others can reach. */
static bool add_bound_addresses(struct zone *zone, struct str host)
{
	bool found = false;
	size_t i;

	for (i = 0; i < zone->services.count; i++) {
		const struct net_addr *addr = &zone->services.items[i].address->socket.addr;

		if (lint_is_any(addr) || lint_is_private(addr))
			continue;
		add_address(zone, host, addr);
		found = true;
	}
	return found;
}

static void add_host(struct zone *zone, const struct zone_host *host)
{
	const struct zone_request *request = &zone->request;
	bool found = false, any = false;
	size_t i;

	for (i = 0; i < request->address_count; i++) {
		const struct zone_address *given = &request->addresses[i];

		any = any || !given->name.n;
		if (given->name.n ? str_eq(given->name, host->name) : host->own) {
			add_address(zone, host->name, &given->addr);
			found = true;
		}
	}
	if (!found && host->own && !any)
		found = add_bound_addresses(zone, host->name);
	if (!found && host->own)
		zone_remark(zone, true, "the address of %.*s is not known: say --address IP",
			    STR_ARG(host->name));
	else if (!found)
		zone_remark(zone, true, "the address of %.*s is not known: say --address %.*s=IP",
			    STR_ARG(host->name), STR_ARG(host->name));
}

/* Does an --address belong to a host of the zone? */
static bool is_used(const struct zone *zone, const struct zone_address *given)
{
	size_t i;

	for (i = 0; i < zone->host_count; i++) {
		const struct zone_host *host = &zone->hosts[i];

		if (zone_contains(zone, host->name) &&
		    (given->name.n ? str_eq(given->name, host->name) : host->own))
			return true;
	}
	return false;
}

static void make_hosts(struct zone *zone)
{
	const struct zone_request *request = &zone->request;
	size_t i;

	for (i = 0; i < zone->host_count; i++) {
		if (!zone->hosts[i].wrong && zone_contains(zone, zone->hosts[i].name))
			add_host(zone, &zone->hosts[i]);
	}
	for (i = 0; i < request->address_count; i++) {
		const struct zone_address *given = &request->addresses[i];

		if (is_used(zone, given))
			continue;
		if (given->name.n)
			zone_remark(zone, false,
				    "--address %.*s is left out: no record of %.*s names that host",
				    STR_ARG(given->name), STR_ARG(zone->origin));
		else
			zone_remark(zone, false,
				    "--address is left out: no host of this server lies in %.*s",
				    STR_ARG(zone->origin));
	}
}

/* ---- the zone, its exchangers and services ---- */

static void make_authority(struct zone *zone)
{
	const struct zone_request *request = &zone->request;
	struct arena *arena = &zone->view->c.arena;
	size_t i;

	for (i = 0; i < request->server_count; i++) {
		struct str name = name_host(arena, request->servers[i]);

		if (!name.p || !zone_name_valid(name) ||
		    !zone_use_host(zone, name, false, "the name server")) {
			zone_remark(zone, true, "--ns '%.*s' is no host name",
				    STR_ARG(request->servers[i]));
			continue;
		}
		if (!zone->primary.n)
			zone->primary = name;
		zone_add(zone, ZONE_AUTHORITY, ZONE_NS, zone->origin, "%.*s.", STR_ARG(name));
	}
	if (request->server_count || !request->authority)
		return;
	zone->primary = zone_join(zone, "ns1", zone->origin);
	zone_remark(zone, false,
		    "no --ns was given: %.*s is taken to be the name server, at the address of "
		    "the mail server",
		    STR_ARG(zone->primary));
	(void)note_host(zone, zone->primary, true); /* a failure is kept in the zone */
	zone_add(zone, ZONE_AUTHORITY, ZONE_NS, zone->origin, "%.*s.", STR_ARG(zone->primary));
}

static void make_exchanger(struct zone *zone, const struct value_object *exchanger)
{
	const struct object *settings = compile_singleton(&zone->view->c, "SystemSettings");
	struct str host = zone_text(zone, exchanger, "hostname"), place, what;
	const struct value *priority = zone_value(zone, exchanger, "priority");
	bool own = !host.n;

	if (own && !services_find(&zone->services, SERVICE_MX, false))
		zone_remark(zone, false,
			    "no smtp listener is bound to port 25, where the mail exchanger will "
			    "be asked");
	place = zone_place(zone, settings, own ? "defaultHostname" : "mailExchangers");
	what = arena_printf(&zone->view->c.arena, "%.*s%s", STR_ARG(place), "the mail exchanger");
	host = own ? zone->services.hostname : host;
	if (!what.p || !zone_use_host(zone, host, own, what.p))
		return;
	zone_add(zone, ZONE_KIND_MX, ZONE_MX, zone->domain, "%u %.*s.",
		 (unsigned)(priority && priority->kind == VALUE_UNSIGNED ? priority->number : 10),
		 STR_ARG(host));
}

static void make_exchangers(struct zone *zone)
{
	struct value_object settings;
	const struct value *list;
	size_t i;

	if (!zone_singleton(zone, "SystemSettings", &settings))
		return;
	list = zone_value(zone, &settings, "mailExchangers");
	for (i = 0; list && list->kind == VALUE_SEQUENCE && i < list->sequence.count; i++) {
		if (list->sequence.items[i]->kind == VALUE_OBJECT)
			make_exchanger(zone, &list->sequence.items[i]->object);
	}
}

/* RFC 6186 section 3, RFC 8314 section 5.1, RFC 5804 section 1.8, RFC 8620 section 2.2, RFC 6764
 * section 3: with TLS from the first byte, and without. NULL: there is no such label. */
static const char *const srv_labels[SERVICE_PROTOCOL_COUNT][2] = {
	[SERVICE_SUBMISSION] = {"_submissions._tcp", "_submission._tcp"},
	[SERVICE_IMAP] = {"_imaps._tcp", "_imap._tcp"},
	[SERVICE_POP3] = {"_pop3s._tcp", "_pop3._tcp"},
	[SERVICE_SIEVE] = {NULL, "_sieve._tcp"},
	[SERVICE_JMAP] = {"_jmap._tcp", NULL},
	[SERVICE_CALDAV] = {"_caldavs._tcp", "_caldav._tcp"},
	[SERVICE_CARDDAV] = {"_carddavs._tcp", "_carddav._tcp"},
};

const char *zone_service_label(const struct service *service)
{
	return srv_labels[service->protocol][service->security != SERVICE_IMPLICIT];
}

static void make_service(struct zone *zone, const struct service *service)
{
	bool implicit = service->security == SERVICE_IMPLICIT;
	const char *label = zone_service_label(service);
	struct str what;

	if (!label)
		return;
	if (!service->announced) {
		if (!services_find(&zone->services, service->protocol, true))
			zone_remark(zone, false,
				    "%s is served on port %u without a record: "
				    "SystemSettings.services does not announce it",
				    service_protocol_word(service->protocol), service->port);
		return;
	}
	what = arena_printf(&zone->view->c.arena, "the host of %s",
			    service_protocol_word(service->protocol));
	/* clients take what has TLS from the first byte first (RFC 6186 section 3.4) */
	if (what.p && zone_use_host(zone, service->host, true, what.p))
		zone_add(zone, ZONE_KIND_SRV, ZONE_SRV, zone_join(zone, label, zone->domain),
			 "%u 1 %u %.*s.", implicit ? 0 : 10, service->port, STR_ARG(service->host));
}

static void make_services(struct zone *zone)
{
	size_t i;

	for (i = 0; i < zone->services.count; i++)
		make_service(zone, &zone->services.items[i]);
}

/* ---- names of documents ---- */

const struct service *zone_web(const struct zone *zone)
{
	size_t i;

	for (i = 0; i < zone->services.count; i++) {
		const struct service *service = &zone->services.items[i];

		if (service->protocol == SERVICE_WEB && service->security == SERVICE_IMPLICIT &&
		    service->port == 443)
			return service;
	}
	return NULL;
}

void zone_add_alias(struct zone *zone, enum zone_kind kind, const char *label)
{
	struct str owner = zone_join(zone, label, zone->domain);
	const struct service *web = zone_web(zone);
	size_t i;

	if (!web) {
		zone_remark(zone, false,
			    "no http listener has TLS on port 443, so there is no %.*s",
			    STR_ARG(owner));
		return;
	}
	if (!zone_use_host(zone, web->host, true, "the web server"))
		return;
	for (i = 0; i < zone->host_count; i++) {
		if (str_eq(zone->hosts[i].name, owner))
			return; /* it is a host itself: an alias of it would be one of itself */
	}
	zone_add(zone, kind, ZONE_CNAME, owner, "%.*s.", STR_ARG(web->host));
}

/* Clients take the document of PACC only with its digest. */
static void make_pacc(struct zone *zone)
{
	struct buf text = BUF_INIT;

	zone_add_alias(zone, ZONE_AUTO_CONFIG, "ua-auto-config");
	if (!client_pacc_record(zone->view, zone->domain, &text) || text.failed)
		zone->failed = true;
	else if (text.n && zone_web(zone))
		zone_add_text(zone, ZONE_AUTO_CONFIG,
			      zone_join(zone, "_ua-auto-config", zone->domain),
			      arena_str(&zone->view->c.arena, buf_str(&text)));
	buf_free(&text);
}

/* After all hosts are known. */
static void make_aliases(struct zone *zone)
{
	const struct service *web = services_find(&zone->services, SERVICE_WEB, false);

	if (zone_wants(zone, ZONE_AUTO_CONFIG))
		make_pacc(zone);
	if (zone_wants(zone, ZONE_AUTO_CONFIG_LEGACY))
		zone_add_alias(zone, ZONE_AUTO_CONFIG_LEGACY, "autoconfig");
	if (zone_wants(zone, ZONE_MTA_STS) && zone->policy.n)
		zone_add_alias(zone, ZONE_MTA_STS, "mta-sts");
	if (!zone_wants(zone, ZONE_AUTO_DISCOVER))
		return;
	zone_add_alias(zone, ZONE_AUTO_DISCOVER, "autodiscover");
	if (web && web->security == SERVICE_IMPLICIT &&
	    zone_use_host(zone, web->host, true, "the web server"))
		zone_add(zone, ZONE_AUTO_DISCOVER, ZONE_SRV,
			 zone_join(zone, "_autodiscover._tcp", zone->domain), "0 1 %u %.*s.",
			 web->port, STR_ARG(web->host));
}

/* ---- which domain, which records ---- */

/* The name of the only Domain; empty: there is not exactly one. */
static struct str only_domain(const struct zone *zone)
{
	size_t at = 0;
	const struct object *first = zone_next(zone, "Domain", &at);

	if (!first || zone_next(zone, "Domain", &at))
		return STR_NONE;
	return zone_text(zone, &first->body, "name");
}

static bool find_domain(struct zone *zone)
{
	struct str given = zone->request.domain.n ? zone->request.domain : only_domain(zone);

	if (!given.n) {
		zone_remark(zone, true, "the configuration has not one Domain: say --domain NAME");
		return false;
	}
	zone->domain = name_domain(&zone->view->c.arena, given);
	if (!zone->domain.p || !zone_name_valid(zone->domain)) {
		zone_remark(zone, true, "'%.*s' is no domain", STR_ARG(given));
		return false;
	}
	zone->domain_object = services_domain(&zone->view->c, zone->domain, &zone->alias);
	if (!zone->domain_object)
		zone_remark(zone, true, "the configuration has no Domain '%.*s'",
			    STR_ARG(zone->domain));
	else if (!zone_flag(zone, &zone->domain_object->body, "isEnabled"))
		zone_remark(zone, false,
			    "%.*sthe Domain of %.*s is not enabled: mail that its records bring is "
			    "refused",
			    STR_ARG(zone_place(zone, zone->domain_object, "isEnabled")),
			    STR_ARG(zone->domain));
	return zone->domain_object != NULL;
}

/* The kinds that a set of DnsRecordType has. */
static uint32_t kinds_of(const struct value *set)
{
	uint32_t mask = 0;
	enum zone_kind kind;
	size_t i;

	for (i = 0; set && set->kind == VALUE_SEQUENCE && i < set->sequence.count; i++) {
		const struct value *item = set->sequence.items[i];

		if (item->kind == VALUE_ENUM && zone_kind_find(str_c(item->member->name), &kind))
			mask |= UINT32_C(1) << kind;
	}
	return mask;
}

static void take_ttl(struct zone *zone, const struct object *server)
{
	const struct value *ttl = server ? zone_value(zone, &server->body, "ttl") : NULL;

	if (ttl && ttl->kind == VALUE_UNSIGNED && ttl->number / 1000 <= INT32_MAX)
		zone->ttl = (uint32_t)(ttl->number / 1000);
}

/* The zone that the domain lies in: --origin, else that of the management, else itself. */
static void take_origin(struct zone *zone, struct str managed, struct str place)
{
	bool given = zone->request.origin.n;
	struct str origin = given ? zone->request.origin : managed;

	if (!origin.n)
		return;
	zone->origin = name_domain(&zone->view->c.arena, origin);
	if (!zone->origin.p || !zone_contains(zone, zone->domain))
		zone_remark(zone, true, "%.*sthe zone '%.*s' does not hold %.*s",
			    STR_ARG(given ? STR("--origin: ") : place), STR_ARG(origin),
			    STR_ARG(zone->domain));
}

/* Records as a server would publish them; where it publishes none by itself, those of the default
 * of publishRecords. */
static void take_management(struct zone *zone)
{
	const struct schema_structure *row =
		schema_structure_find(zone->view->c.schema, STR("DnsManagementProperties"));
	struct value_object defaults = {.structure = row};
	const struct value_object *management =
		zone_object(zone, &zone->domain_object->body, "dnsManagement");

	if (!lint_is_variant(management, "Automatic"))
		management = row ? &defaults : NULL;
	if (!management)
		return;
	zone->kinds = kinds_of(zone_value(zone, management, "publishRecords"));
	take_ttl(zone,
		 compile_referred(&zone->view->c, zone_value(zone, management, "dnsServerId")));
	take_origin(zone, zone_text(zone, management, "origin"),
		    zone_place(zone, zone->domain_object, "dnsManagement"));
}

struct str zone_report_uri(struct zone *zone)
{
	struct str uri = zone_text(zone, &zone->domain_object->body, "reportAddressUri");

	if (!str_starts(uri, STR("mailto:")) || memchr(uri.p, '@', uri.n))
		return uri;
	uri = arena_printf(&zone->view->c.arena, "%.*s@%.*s", STR_ARG(uri), STR_ARG(zone->domain));
	zone->failed = zone->failed || !uri.p;
	return uri;
}

/* They are made all the same, for what is said about them elsewhere. */
static void drop_exchangers(struct zone *zone)
{
	size_t i, n = 0;

	for (i = 0; i < zone->count; i++) {
		if (zone->records[i].kind != ZONE_KIND_MX)
			zone->records[n++] = zone->records[i];
	}
	zone->count = n;
}

static void make_records(struct zone *zone)
{
	make_authority(zone);
	make_exchangers(zone);
	if (zone_wants(zone, ZONE_KIND_SRV))
		make_services(zone);
	zone_make_policies(zone);
	zone_make_keys(zone);
	make_aliases(zone);
	make_hosts(zone);
	if (!zone_wants(zone, ZONE_KIND_MX))
		drop_exchangers(zone);
}

bool zone_make(struct view *view, const struct zone_request *request, struct zone *out)
{
	*out = (struct zone){.view = view, .request = *request, .ttl = TTL_DEFAULT};
	if (!view_load(view, NULL) || !services_of(view, &out->services))
		return false;
	if (!find_domain(out))
		return !out->failed;
	out->origin = out->domain;
	take_management(out);
	if (request->tlsa)
		out->kinds |= UINT32_C(1) << ZONE_KIND_TLSA;
	if (request->issuer_count)
		out->kinds |= UINT32_C(1) << ZONE_KIND_CAA;
	out->kinds &= ~request->skip;
	if (!zone_has_fatal(out))
		make_records(out);
	zone_verify(out);
	return !out->failed && !view->c.arena.failed;
}

void zone_free(struct zone *zone)
{
	free(zone->records);
	free(zone->remarks);
	free(zone->hosts);
}

/* ---- order and rules ---- */

static int by_order(const void *a, const void *b)
{
	const struct zone_record *x = a, *y = b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = str_cmp(x->owner, y->owner);
	if (!order && x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return order ? order : str_cmp(x->rdata, y->rdata);
}

/* Times for zones that people keep (RFC 1912 section 2.2). */
bool zone_finish(struct zone *zone, uint32_t serial)
{
	if (zone->primary.n)
		zone_add(zone, ZONE_AUTHORITY, ZONE_SOA, zone->origin,
			 "%.*s. postmaster.%.*s. %u 7200 3600 1209600 3600", STR_ARG(zone->primary),
			 STR_ARG(zone->domain), serial);
	if (zone->count)
		qsort(zone->records, zone->count, sizeof(*zone->records), by_order);
	return !zone->failed;
}

static bool is_alias(const struct zone *zone, struct str name)
{
	size_t i;

	for (i = 0; i < zone->count; i++) {
		if (zone->records[i].type == ZONE_CNAME && str_eq(zone->records[i].owner, name))
			return true;
	}
	return false;
}

/* The name at the end of the data, without its dot. */
struct str zone_record_target(const struct zone_record *record)
{
	const char *blank = memrchr(record->rdata.p, ' ', record->rdata.n);
	struct str name = record->rdata;

	if (blank)
		name = str_from(name, (size_t)(blank - name.p) + 1);
	name.n -= name.n && name.p[name.n - 1] == '.';
	return name;
}

static void verify_alias(struct zone *zone, const struct zone_record *record)
{
	size_t i;

	if (str_eq(zone_record_target(record), record->owner))
		zone_remark(zone, true, "%.*s would be an alias of itself", STR_ARG(record->owner));
	for (i = 0; i < zone->count; i++) {
		if (&zone->records[i] == record || !str_eq(zone->records[i].owner, record->owner))
			continue;
		zone_remark(zone, true, "%.*s is an alias, so it cannot have %s records as well",
			    STR_ARG(record->owner), type_words[zone->records[i].type]);
	}
}

void zone_verify(struct zone *zone)
{
	size_t i;

	for (i = 0; i < zone->count; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->type == ZONE_CNAME)
			verify_alias(zone, record);
		if ((record->type == ZONE_MX || record->type == ZONE_NS ||
		     record->type == ZONE_SRV) &&
		    is_alias(zone, zone_record_target(record)))
			zone_remark(zone, true, "%.*s is an alias, which no %s record may name",
				    STR_ARG(zone_record_target(record)), type_words[record->type]);
	}
}
