/* Listeners whose TLS settings leave no TLS: the server takes them and serves something else. */
#include "stwc/check/lint.h"

static bool disables(struct compilation *c, const struct object *listener, const char *field,
		     const char *word)
{
	size_t count, i;
	struct value *const *members = lint_members(c, &listener->body, field, &count);

	for (i = 0; i < count; i++) {
		if (members[i]->kind == VALUE_ENUM && strcmp(members[i]->member->name, word) == 0)
			return true;
	}
	return false;
}

static bool has_version(struct compilation *c, const struct object *listener, const char *version)
{
	return !disables(c, listener, "tlsDisableProtocols", version);
}

/* Is a suite left of a version that is on? The words of TLS 1.3 suites begin with "tls13-". */
static bool has_suite(struct compilation *c, const struct object *listener)
{
	const struct schema_enum *suites = schema_enum_find(c->schema, STR("TlsCipherSuite"));
	/* both disabled are both enabled (validation.md 5.3) */
	bool both = has_version(c, listener, "tls12") == has_version(c, listener, "tls13");
	size_t i;

	for (i = 0; suites && i < suites->count; i++) {
		const char *word = suites->members[i].name;
		const char *version = strncmp(word, "tls13-", 6) == 0 ? "tls13" : "tls12";

		if ((both || has_version(c, listener, version)) &&
		    !disables(c, listener, "tlsDisableCipherSuites", word))
			return true;
	}
	return !suites;
}

static void report(struct compilation *c, enum diag_code code, const struct object *listener,
		   const char *field, const char *hint, const char *text)
{
	struct diag *diag = diag_add(&c->diags, code, lint_span(listener, field), "%s", text);

	lint_place(c, diag, listener, field);
	if (hint)
		diag_hint(&c->diags, diag, "%s", hint);
}

/* What clients do first where they find a protocol (RFC 8314 section 3; RFC 3207 for port 25). */
static const struct {
	const char *protocol;
	uint16_t port, other; /* `other`: where they do the opposite; 0: nowhere */
	bool implicit;
} ports[] = {
	{"smtp", 25, 0, false},    {"smtp", 587, 465, false}, {"imap", 143, 993, false},
	{"pop3", 110, 995, false}, {"http", 80, 443, false},  {"smtp", 465, 587, true},
	{"imap", 993, 143, true},  {"pop3", 995, 110, true},
};

static void report_port(struct compilation *c, const struct object *listener,
			const struct value *bind, size_t i)
{
	struct diag *diag;

	diag = diag_add(&c->diags, DIAG_TLS_PORT, bind->span,
			ports[i].implicit
				? "port %u without implicit TLS: clients of %s begin with TLS there"
				: "implicit TLS on port %u: clients of %s begin without TLS there",
			ports[i].port, ports[i].protocol);
	lint_place(c, diag, listener, "bind");
	if (ports[i].implicit)
		diag_hint(&c->diags, diag, "set tlsImplicit to true; STARTTLS has port %u",
			  ports[i].other);
	else if (ports[i].other)
		diag_hint(&c->diags, diag, "leave tlsImplicit out; implicit TLS has port %u",
			  ports[i].other);
	else
		diag_hint(&c->diags, diag, "leave tlsImplicit out: servers ask for STARTTLS there");
}

/* Of a listener with TLS that clients reach themselves: a proxy may have taken the TLS off. One
 * report of each listener. */
static void check_ports(struct compilation *c, const struct object *listener)
{
	bool implicit = lint_flag(c, &listener->body, "tlsImplicit");
	size_t count, proxies, i, j;
	struct value *const *bind = lint_members(c, &listener->body, "bind", &count);

	(void)lint_proxies(c, listener, &proxies);
	if (proxies || !lint_is_open(c, listener))
		return;
	for (i = 0; i < count; i++) {
		for (j = 0; j < ARRAY_LEN(ports); j++) {
			if (bind[i]->socket.port == ports[j].port &&
			    implicit != ports[j].implicit &&
			    lint_is_protocol(c, listener, ports[j].protocol)) {
				report_port(c, listener, bind[i], j);
				return;
			}
		}
	}
}

static void check_listener(struct compilation *c, const struct object *listener)
{
	bool tls = lint_flag(c, &listener->body, "useTls");

	if (!tls && lint_flag(c, &listener->body, "tlsImplicit")) {
		report(c, DIAG_IMPLICIT_WITHOUT_TLS, listener, "tlsImplicit",
		       "set useTls to true, or leave tlsImplicit out",
		       "tlsImplicit has no effect while useTls is false: the listener speaks "
		       "without TLS");
		return;
	}
	if (!tls)
		return;
	check_ports(c, listener);
	if (!has_version(c, listener, "tls12") && !has_version(c, listener, "tls13"))
		report(c, DIAG_NO_TLS_VERSION, listener, "tlsDisableProtocols",
		       "set useTls to false if no TLS is meant",
		       "both TLS versions are disabled, and a server then enables both");
	if (value_field_get(&listener->body, "tlsDisableCipherSuites") && !has_suite(c, listener))
		report(c, DIAG_NO_CIPHER_SUITE, listener, "tlsDisableCipherSuites", NULL,
		       "no cipher suite is left for the TLS versions that are enabled");
}

void check_tls(struct compilation *c)
{
	const struct object *listener;

	for (listener = compile_first(c, "NetworkListener"); listener; listener = listener->next) {
		if (!listener->poisoned)
			check_listener(c, listener);
	}
}
