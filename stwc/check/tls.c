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
