/*
 * Domains, which 0.15 kept among its accounts: 0.16 wants one for each DKIM signature, for each
 * certificate that it orders, and one as the default. What decides the default is, in this order,
 * lookup.default.domain, report.domain, the domain of the signatures where there is one, and what
 * can be registered of the host name, as 0.15 took it.
 */
#include "stwc/settings.h"

#include "stwc/names.h"

struct settings_body *settings_domain(struct settings *s, struct str name, struct span span,
				      const char *added)
{
	struct str domain = name_domain(&s->c->arena, name);
	struct settings_body *body;
	bool new;

	if (!domain.p)
		return NULL;
	new = !settings_body_find(s, "Domain", domain);
	body = settings_body(s, "Domain", domain, span);
	if (body && new &&added)
		body->added = str_c(added);
	return body;
}

/* The host name's domain: without the first label, as long as that is a domain. */
static struct str parent(struct settings *s, struct str host)
{
	const char *dot = host.n ? memchr(host.p, '.', host.n) : NULL;
	struct str rest = dot ? str_from(host, (size_t)(dot - host.p) + 1) : STR_NONE;

	return rest.n && memchr(rest.p, '.', rest.n) && name_domain(&s->c->scratch, rest).p ? rest
											    : host;
}

static struct settings_body *named(struct settings *s, const char *key, bool host)
{
	const struct setting *setting = map_get(&s->keys, str_c(key));
	struct str name;

	if (!setting || !setting->literal || setting->reference != REFERENCE_NONE)
		return NULL;
	name = host ? name_registrable(&s->c->arena, setting->value) : setting->value;
	return settings_domain(s, name.n ? name : parent(s, setting->value), setting->key_span,
			       "0.16 keeps domains as objects and wants a default one");
}

static struct settings_body *only_domain(struct settings *s)
{
	struct settings_body *only = NULL;
	size_t i;

	for (i = 0; i < s->bodies.count; i++) {
		struct settings_body *body = s->bodies.entries[i].value;

		if (strcmp(body->type_name, "Domain") != 0)
			continue;
		if (only)
			return NULL;
		only = body;
	}
	return only;
}

void settings_default_domain_find(struct settings *s)
{
	if (s->domain)
		return;
	s->domain = named(s, "report.domain", false);
	if (!s->domain)
		s->domain = only_domain(s);
	if (!s->domain)
		s->domain = named(s, "server.hostname", true);
	if (!s->domain)
		s->domain = named(s, "lookup.default.hostname", true);
}

void settings_default_domain(struct settings *s, struct setting *setting)
{
	if (settings_literal(s, setting))
		s->domain = settings_domain(s, setting->value, setting->key_span, NULL);
	settings_end(setting, s->domain ? SETTING_CARRIED : SETTING_DROPPED,
		     s->domain ? NULL : "it is no domain");
	if (s->domain)
		settings_target(s, setting, s->domain, "");
}

/* signature.<id>.domain. The keys are the operator's, so 0.16 must not make more. */
void settings_domain_reference(struct settings *s, struct setting *setting)
{
	struct settings_body *body = settings_body_find(s, "DkimSignature", setting->id), *domain;

	if (!body || !settings_literal(s, setting)) {
		settings_end(setting, SETTING_DROPPED, "the signature is not carried");
		return;
	}
	domain = settings_domain(s, setting->value, setting->span,
				 "0.16 keeps the domain of a signature as an object");
	if (!domain) {
		settings_end(setting, SETTING_DROPPED, "it is no domain");
		return;
	}
	if (!node_map_find(domain->node, STR("dkimManagement")))
		settings_put(s, domain->node, "dkimManagement", setting->span,
			     settings_map(s, "Manual", setting->span));
	setting->body = body;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, "domainId");
	settings_link(s, setting, body, body->node, "domainId", "Domain", domain->id);
}

/* 0.15 looked for a DNS server for this challenge alone. */
static bool asks_dns(const struct settings_body *provider)
{
	const struct node *type = node_map_get(provider->node, STR("challengeType"));

	return type && type->kind == NODE_STRING && str_eq_c(type->string, "Dns01");
}

/* acme.<id>.domains: host names, each in the certificate of its domain. */
void settings_acme_domain(struct settings *s, struct setting *setting)
{
	struct settings_body *provider = settings_body_find(s, "AcmeProvider", setting->id),
			     *server = settings_body_find(s, "DnsServer", setting->id), *domain;
	struct node *management, *dns, *names, *records, *kind;
	struct str host;

	if (!provider || !settings_literal(s, setting)) {
		if (!setting->why.n)
			setting->why = STR("the ACME provider is not carried");
		setting->outcome = SETTING_DROPPED;
		return;
	}
	host = setting->value;
	domain = settings_domain(s,
				 str_starts(host, STR("*.")) ? str_from(host, 2) : parent(s, host),
				 setting->span, "0.16 orders certificates for domains");
	if (!domain) {
		settings_end(setting, SETTING_DROPPED, "it is no domain");
		return;
	}
	management = node_map_get(domain->node, STR("certificateManagement"));
	if (!management) {
		management = settings_map(s, "Automatic", setting->span);
		settings_put(s, domain->node, "certificateManagement", setting->span, management);
		settings_link(s, setting, domain, management, "acmeProviderId", "AcmeProvider",
			      setting->id);
		settings_put(s, management, "subjectAlternativeNames", setting->span,
			     node_new(&s->c->arena, NODE_LIST, setting->span));
	}
	names = management ? node_map_get(management, STR("subjectAlternativeNames")) : NULL;
	if (names) {
		struct node *name = settings_text(s, setting->value, setting->span);

		if (name)
			node_list_append(names, name);
	}
	if (server && asks_dns(provider) && !node_map_find(domain->node, STR("dnsManagement"))) {
		dns = settings_map(s, "Automatic", setting->span);
		settings_put(s, domain->node, "dnsManagement", setting->span, dns);
		settings_link(s, setting, domain, dns, "dnsServerId", "DnsServer", setting->id);
		records = node_new(&s->c->arena, NODE_LIST, setting->span);
		kind = settings_text(s, STR("dkim"), setting->span);
		if (records && kind)
			node_list_append(records, kind);
		settings_put(s, dns, "publishRecords", setting->span, records);
	}
	setting->body = domain;
	settings_end(setting, SETTING_CHANGED,
		     node_map_find(domain->node, STR("dnsManagement"))
			     ? "0.16 orders certificates for a Domain, which names the hosts to "
			       "cover, and publishes at least one kind of record: dkim, whose "
			       "records are there already"
			     : "0.16 orders certificates for a Domain, which names the hosts to "
			       "cover");
	settings_target(s, setting, domain, "certificateManagement");
}

/* One secret of 0.15 is under another name at each provider of 0.16, and at some under two, both
 * of which it wants. */
void settings_dns_secret(struct settings *s, struct setting *setting)
{
	static const char *const names[] = {
		"secret",          "secretApiKey",       "authToken", "applicationSecret",
		"secretAccessKey", "serviceAccountJson", "key"};
	struct settings_body *server =
		settings_body(s, "DnsServer", setting->id, setting->key_span);
	const struct schema_structure *fields = server ? settings_fields(s, server) : NULL;
	size_t i, count = 0;

	settings_end(setting, SETTING_CARRIED, NULL);
	for (i = 0; i < ARRAY_LEN(names) && setting->outcome == SETTING_CARRIED; i++) {
		if (!fields || !schema_field_find(fields, str_c(names[i])))
			continue;
		count++;
		if (!settings_place(s, setting, server, names[i]))
			setting->outcome = SETTING_DROPPED;
	}
	if (count || !server)
		return;
	setting->outcome = SETTING_DROPPED;
	(void)settings_no_place(s, setting, server, names[0]); /* says the rest */
}

/* The condition under which a ".then" holds; NULL: there is none. */
static struct setting *condition_of(struct settings *s, const struct setting *setting)
{
	struct str then = STR(".then");

	if (!str_ends(setting->tail, then))
		return NULL;
	return map_get(
		&s->keys,
		arena_printf(&s->c->scratch, "%.*s.if",
			     STR_ARG(((struct str){setting->key.p, setting->key.n - then.n}))));
}

/* The condition holds for every address, or names the domain: no Domain may catch more than 0.15
 * did. */
static bool holds_for(struct settings *s, const struct setting *condition, struct str domain)
{
	struct str quoted = arena_printf(&s->c->scratch, "'%.*s'", STR_ARG(domain));
	struct str every = STR("matches('(.+)@(.+)$', rcpt)"),
		   start = STR("matches('^(.+)@(.+)$', rcpt)");

	return !condition || str_eq(condition->value, every) || str_eq(condition->value, start) ||
	       (str_starts(condition->value, STR("rcpt_domain == ")) &&
		str_ends(condition->value, quoted) &&
		condition->value.n == quoted.n + strlen("rcpt_domain == "));
}

/* "'all@' + $2", "'all@' + rcpt_domain" or "'all@example.org'": what stands before the '@', and the
 * domain, empty where it is that of the recipient. */
static bool is_address(struct str text, struct str *local, struct str *domain)
{
	const char *end = text.n > 2 ? memchr(text.p + 1, '\'', text.n - 1) : NULL;
	struct str literal, rest;
	const char *at;

	if (!end || text.p[0] != '\'')
		return false;
	literal = (struct str){text.p + 1, (size_t)(end - text.p) - 1};
	rest = str_from(text, literal.n + 2);
	at = memchr(literal.p, '@', literal.n);
	if (!at || at == literal.p)
		return false;
	*local = (struct str){literal.p, (size_t)(at - literal.p)};
	*domain = str_from(literal, local->n + 1);
	if (domain->n)
		return !rest.n;
	while (rest.n && (*rest.p == ' ' || *rest.p == '+'))
		rest = str_from(rest, 1);
	return str_eq_c(rest, "rcpt_domain") || (rest.n == 2 && rest.p[0] == '$');
}

/* The address of all recipients that are not there: one a Domain. */
static void catch_all(struct settings *s, struct setting *setting, struct settings_body *domain)
{
	struct str local, host, address;

	if (!is_address(setting->value, &local, &host) ||
	    !holds_for(s, condition_of(s, setting), domain->id) ||
	    node_map_find(domain->node, STR("catchAllAddress")))
		return;
	address = arena_printf(&s->c->arena, "%.*s@%.*s", STR_ARG(local),
			       STR_ARG(host.n ? host : domain->id));
	settings_put(s, domain->node, "catchAllAddress", setting->span,
		     settings_text(s, address, setting->span));
	setting->outcome = SETTING_CHANGED;
}

static void sub_addressing(struct settings *s, struct setting *setting,
			   struct settings_body *domain)
{
	if (str_eq_c(setting->value, "false") && !setting->tail.n) {
		settings_put(s, domain->node, "subAddressing", setting->span,
			     settings_map(s, "Disabled", setting->span));
		setting->outcome = SETTING_CHANGED;
		return;
	}
	if (!node_map_find(domain->node, STR("subAddressing")))
		settings_put(s, domain->node, "subAddressing", setting->key_span,
			     settings_map(s, "Custom", setting->key_span));
	if (settings_place(s, setting, domain, "subAddressing@Custom.customRule"))
		setting->outcome = SETTING_CHANGED;
}

/* What 0.16 does anyway, or says at another place: true when that is all. */
static bool is_usual(struct setting *setting, bool sub)
{
	if (!sub && str_ends(setting->tail, STR(".if"))) {
		settings_end(setting, SETTING_DROPPED,
			     "0.16 has catchAllAddress at each Domain, without a condition");
		return true; /* unless the ".then" finds its place */
	}
	if (sub && setting->tail.n)
		return false;
	if (str_eq_c(setting->value, sub ? "true" : "false")) {
		settings_end(setting, SETTING_NEEDLESS,
			     "0.16 does so unless a Domain says otherwise");
		return true;
	}
	if (!sub && str_eq_c(setting->value, "true")) {
		settings_end(setting, SETTING_CHANGED,
			     "0.16 has catchAllAddress at each Domain: the account with the "
			     "address @DOMAIN");
		return true;
	}
	return false;
}

/* Sub-addressing and catch-all addresses were expressions; 0.16 has them at each domain. */
void settings_by_domain(struct settings *s, struct setting *setting)
{
	const char *field = setting->row->path;
	bool sub = strcmp(field, "subAddressing") == 0;
	size_t i, count;

	setting->outcome = SETTING_DROPPED;
	if (!settings_literal(s, setting) || is_usual(setting, sub))
		return;
	setting->why = STR("0.16 has catchAllAddress at each Domain, and this names none");
	settings_default_domain_find(s);
	count = s->bodies.count;
	for (i = 0; i < count; i++) {
		struct settings_body *body = s->bodies.entries[i].value;

		if (strcmp(body->type_name, "Domain") != 0)
			continue;
		if (sub)
			sub_addressing(s, setting, body);
		else
			catch_all(s, setting, body);
		if (setting->outcome == SETTING_CHANGED)
			settings_target(s, setting, body, field);
	}
	if (setting->outcome != SETTING_CHANGED)
		return;
	setting->why = STR("0.16 says so at each Domain; domains that are not in the file need it "
			   "too");
	if (!sub && condition_of(s, setting))
		settings_end(condition_of(s, setting), SETTING_CHANGED,
			     "0.16 has catchAllAddress at each Domain, without a condition");
}
