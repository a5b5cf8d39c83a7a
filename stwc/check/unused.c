/*
 * Objects that nothing uses: they were meant for something, which therefore does not happen. That
 * nothing uses them can be known only where all is shown that could use them (lint_shows_all).
 */
#include "stwc/check/lint.h"

static void report(struct compilation *c, enum diag_code code, const struct object *object,
		   const char *text, const char *hint)
{
	struct diag *diag = diag_add(&c->diags, code, object->span, "%s", text);

	lint_place(c, diag, object, NULL);
	diag_hint(&c->diags, diag, "%s", hint);
}

/* Every certificate serves the names in it (SNI) on every listener with TLS. */
static void certificates(struct compilation *c)
{
	const struct object *certificate = compile_first(c, "Certificate");
	const struct object *listener = compile_first(c, "NetworkListener");

	if (!listener || !certificate || !lint_shows_all(c, "NetworkListener"))
		return; /* without listeners a server makes some, with TLS */
	for (; listener; listener = listener->next) {
		if (lint_flag(c, &listener->body, "useTls"))
			return;
	}
	for (; certificate; certificate = certificate->next)
		report(c, DIAG_UNUSED_CERTIFICATE, certificate,
		       "no listener uses TLS, so nobody is shown this certificate",
		       "set useTls on a listener, or remove the certificate");
}

static bool names_directory(const struct object *object, const struct object *directory)
{
	const struct value *value = value_field_get(&object->body, "directoryId");

	return value && value->kind == VALUE_REFERENCE && value->reference.target == directory;
}

static bool uses_directory(const struct compilation *c, const struct object *directory)
{
	const struct object *user = compile_first(c, "Authentication");

	if (user && names_directory(user, directory))
		return true;
	for (user = compile_first(c, "Domain"); user; user = user->next) {
		if (names_directory(user, directory))
			return true;
	}
	return false;
}

/* What could name a directory must be part of the configuration, to be known not to. */
static void directories(struct compilation *c)
{
	const struct object *directory = compile_first(c, "Directory");
	const struct object *authentication = compile_first(c, "Authentication");

	if (!lint_shows_field(c, authentication, "directoryId") ||
	    !(authentication || compile_first(c, "Domain")))
		return;
	for (; directory; directory = directory->next) {
		if (!uses_directory(c, directory))
			report(c, DIAG_UNUSED_DIRECTORY, directory,
			       "neither Authentication nor a Domain uses this directory: nobody "
			       "logs in by it",
			       "name it in Authentication.directoryId or Domain.directoryId");
	}
}

/* What an expression's results can be. */
struct results {
	struct str name;
	bool found;    /* the name is one of them */
	bool computed; /* something else than quoted texts: it could be any */
};

static void note_results(struct results *results, struct str text)
{
	enum lint_token token;
	struct str word;

	while ((token = lint_next_token(&text, &word)) != LINT_END) {
		if (token != LINT_QUOTED)
			results->computed = true;
		else if (str_eq(word, results->name))
			results->found = true;
	}
}

static bool is_result(struct compilation *c, const struct value_object *expression, struct str name)
{
	struct results results = {.name = name};
	size_t count, i;
	struct value *const *branches = lint_members(c, expression, "match", &count);

	for (i = 0; i < count; i++)
		note_results(&results, lint_text(c, &branches[i]->object, "then"));
	note_results(&results, lint_text(c, expression, "else"));
	return results.found || results.computed;
}

static void routes(struct compilation *c)
{
	const struct object *strategy = compile_first(c, "MtaOutboundStrategy");
	const struct schema_structure *structure =
		schema_structure_find(c->schema, STR("MtaOutboundStrategy"));
	struct value_object bare = {.structure = structure};
	const struct value_object *route;
	const struct object *object = compile_first(c, "MtaRoute");

	if (!object || !structure || !lint_shows_field(c, strategy, "route"))
		return;
	route = lint_object(c, strategy ? &strategy->body : &bare, "route");
	for (; route && object; object = object->next) {
		struct str name = lint_text(c, &object->body, "name");

		/* these two a server makes by itself */
		if (!name.p || str_eq_c(name, "mx") || str_eq_c(name, "local") ||
		    is_result(c, route, name))
			continue;
		report(c, DIAG_UNUSED_ROUTE, object,
		       "MtaOutboundStrategy.route never gives this route: no mail takes it",
		       "name it, in quotes, as a result of MtaOutboundStrategy.route");
	}
}

void check_unused(struct compilation *c)
{
	if (!lint_whole(c) || c->has_settings)
		return;
	certificates(c);
	directories(c);
	routes(c);
}
