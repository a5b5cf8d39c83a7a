/* What goes over the wire in the clear, and what is within reach of everybody. */
#include <strings.h>

#include "stwc/check/lint.h"

/* What the default of MtaStageAuth.require makes of a port: 25 takes mail, others take clients. */
static const struct value *submission_bind(struct compilation *c, const struct object *listener)
{
	size_t count, i;
	struct value *const *bind = lint_members(c, &listener->body, "bind", &count);

	for (i = 0; i < count; i++) {
		if (bind[i]->socket.port != 25 && !lint_is_loopback(&bind[i]->socket.addr))
			return bind[i];
	}
	return NULL;
}

static void cleartext_listener(struct compilation *c, const struct object *listener)
{
	const struct value *protocol = lint_value(c, &listener->body, "protocol");
	bool smtp = lint_is_protocol(c, listener, "smtp");
	struct diag *diag;

	if (lint_flag(c, &listener->body, "useTls") || !lint_is_open(c, listener) || !protocol ||
	    lint_is_protocol(c, listener, "lmtp") || lint_is_protocol(c, listener, "http"))
		return;
	if (smtp && !submission_bind(c, listener))
		return;
	diag = diag_add(&c->diags, DIAG_CLEARTEXT_LISTENER, lint_span(listener, "useTls"),
			"%s without TLS: passwords and mail of the users cross the network "
			"readable",
			smtp ? "submission" : protocol->member->name);
	lint_place(c, diag, listener, "useTls");
	diag_hint(&c->diags, diag,
		  "leave useTls out, for STARTTLS, or set tlsImplicit as well; or bind to "
		  "127.0.0.1");
}

static const struct value *public_bind(struct compilation *c, const struct object *listener)
{
	size_t count, i;
	struct value *const *bind = lint_members(c, &listener->body, "bind", &count);

	for (i = 0; i < count; i++) {
		if (!lint_is_private(&bind[i]->socket.addr))
			return bind[i];
	}
	return NULL;
}

/* Does it say which paths may be asked for? A plain 200, its default, says all. */
static bool restricts_paths(struct compilation *c, const struct object *http)
{
	const struct value *written = value_field_get(&http->body, "allowedEndpoints");
	size_t cases;

	if (!written || written->kind != VALUE_OBJECT)
		return false;
	(void)lint_members(c, &written->object, "match", &cases);
	return cases || !str_eq_c(lint_text(c, &written->object, "else"), "200");
}

/* An HTTP listener is the way to the management API. In the clear it is, unless something says that
 * only a proxy or some paths are meant. */
static void public_management(struct compilation *c, const struct object *listener)
{
	const struct object *http = compile_first(c, "Http");
	const struct value *bind = public_bind(c, listener);
	char text[NET_TEXT_SIZE];
	struct diag *diag;
	size_t proxies;

	if (!bind || !lint_is_protocol(c, listener, "http") ||
	    (lint_flag(c, &listener->body, "useTls") &&
	     lint_flag(c, &listener->body, "tlsImplicit")))
		return;
	(void)lint_proxies(c, listener, &proxies);
	if (proxies ||
	    (http && (restricts_paths(c, http) || lint_flag(c, &http->body, "useXForwarded"))))
		return;
	(void)net_socket_format(&bind->socket, text);
	diag = diag_add(&c->diags, DIAG_PUBLIC_MANAGEMENT, bind->span,
			"the management API is on the public address %s, without TLS", text);
	lint_place(c, diag, listener, "bind");
	diag_hint(&c->diags, diag,
		  "set tlsImplicit, bind to 127.0.0.1, or say in Http.allowedEndpoints what may be "
		  "asked for here; a proxy in front is named in proxyTrustedNetworks, or "
		  "Http.useXForwarded says that there is one");
}

void check_exposure(struct compilation *c)
{
	const struct object *listener;

	for (listener = compile_first(c, "NetworkListener"); listener; listener = listener->next) {
		if (listener->poisoned)
			continue;
		cleartext_listener(c, listener);
		public_management(c, listener);
	}
}

/* Can a client of one of these protocols speak to it without TLS? STARTTLS begins so. */
static bool begins_in_clear(struct compilation *c, const struct object *listener, bool smtp)
{
	if (listener->poisoned || !lint_is_open(c, listener) ||
	    lint_is_protocol(c, listener, "smtp") != smtp ||
	    lint_is_protocol(c, listener, "http") || lint_is_protocol(c, listener, "lmtp"))
		return false;
	return !lint_flag(c, &listener->body, "useTls") ||
	       !lint_flag(c, &listener->body, "tlsImplicit");
}

/* Without listeners a server makes its own, with STARTTLS among them (validation.md 5.2). */
static bool any_begins_in_clear(struct compilation *c, bool smtp)
{
	const struct object *listener = compile_first(c, "NetworkListener");

	if (!listener)
		return true;
	for (; listener; listener = listener->next) {
		if (begins_in_clear(c, listener, smtp))
			return true;
	}
	return false;
}

static void imap_auth(struct compilation *c, const struct object *imap)
{
	struct diag *diag;

	if (imap->poisoned || !lint_flag(c, &imap->body, "allowPlainTextAuth") ||
	    !any_begins_in_clear(c, false))
		return;
	diag = diag_add(&c->diags, DIAG_CLEARTEXT_AUTH, lint_span(imap, "allowPlainTextAuth"),
			"IMAP, POP3 and ManageSieve take passwords over connections without TLS");
	lint_place(c, diag, imap, "allowPlainTextAuth");
	diag_hint(&c->diags, diag, "leave allowPlainTextAuth out");
}

/* Does the text offer a mechanism that sends the password as it is? */
static bool offers_password(struct str text)
{
	return lint_mentions(text, "plain") || lint_mentions(text, "login");
}

/* A condition that has to do with TLS, or with one port or listener, is taken for a good one. */
static bool asks_for_tls(struct str condition)
{
	return lint_mentions(condition, "is_tls") || lint_mentions(condition, "local_port") ||
	       lint_mentions(condition, "listener") || lint_mentions(condition, "protocol") ||
	       lint_mentions(condition, "remote_ip") || lint_mentions(condition, "local_ip");
}

/* !is_tls, or is_tls == false: what comes of it is for connections in the clear, and all that comes
 * later for the others. */
static bool is_without_tls(struct str condition)
{
	static const char *const spellings[][4] = {{"!", "is_tls", NULL, NULL},
						   {"is_tls", "=", "=", "false"},
						   {"is_tls", "=", "=", "0"}};
	struct str word;
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(spellings); i++) {
		struct str rest = condition;

		for (j = 0; j < 4 && spellings[i][j]; j++) {
			if (lint_next_token(&rest, &word) == LINT_END ||
			    !str_eq_c(word, spellings[i][j]))
				break;
		}
		if ((j == 4 || !spellings[i][j]) && lint_next_token(&rest, &word) == LINT_END)
			return true;
	}
	return false;
}

static void sasl_leaf(struct compilation *c, const struct object *stage, const struct value *leaf)
{
	struct diag *diag;

	if (!leaf || leaf->kind != VALUE_STRING || !offers_password(leaf->string) ||
	    asks_for_tls(leaf->string))
		return;
	diag = diag_add(&c->diags, DIAG_CLEARTEXT_AUTH, leaf->span,
			"SMTP offers plain or login over connections without TLS");
	lint_place(c, diag, stage, "saslMechanisms");
	diag_hint(&c->diags, diag, "offer them where is_tls holds");
}

static void sasl(struct compilation *c, const struct object *stage)
{
	const struct value *written = value_field_get(&stage->body, "saslMechanisms");
	const struct value_object *expression;
	struct value *const *branches;
	bool guarded = false;
	size_t count, i;

	if (stage->poisoned || !written || written->kind != VALUE_OBJECT ||
	    !any_begins_in_clear(c, true))
		return;
	expression = &written->object;
	branches = lint_members(c, expression, "match", &count);
	for (i = 0; i < count; i++) {
		struct str condition = lint_text(c, &branches[i]->object, "if");

		if (is_without_tls(condition)) {
			if (!guarded)
				sasl_leaf(c, stage, value_field_get(&branches[i]->object, "then"));
			guarded = true;
			continue;
		}
		if (asks_for_tls(condition)) {
			/* what comes later may well be behind !is_tls */
			guarded = guarded ||
				  !offers_password(lint_text(c, &branches[i]->object, "then"));
			continue;
		}
		if (!guarded)
			sasl_leaf(c, stage, value_field_get(&branches[i]->object, "then"));
	}
	if (!guarded)
		sasl_leaf(c, stage, value_field_get(expression, "else"));
}

/* ldap:// to a host elsewhere, without StartTLS. */
static void ldap(struct compilation *c, const struct object *directory)
{
	struct str url = lint_text(c, &directory->body, "url"), host;
	struct net_addr addr;
	struct diag *diag;
	size_t end = 0;

	if (directory->poisoned || !lint_is_variant(&directory->body, "Ldap") ||
	    lint_flag(c, &directory->body, "useTls") || url.n < 7 ||
	    strncasecmp(url.p, "ldap://", 7) != 0)
		return;
	host = str_from(url, 7);
	if (host.n && *host.p == '[') {
		host = str_from(host, 1);
		while (end < host.n && host.p[end] != ']')
			end++;
	} else {
		while (end < host.n && !strchr(":/?", host.p[end]))
			end++;
	}
	host.n = end;
	/* a name of one label lies in the same container network */
	if (net_addr_parse(host, &addr) == NET_OK ? lint_is_private(&addr)
						  : !host.n || !memchr(host.p, '.', host.n))
		return;
	diag = diag_add(&c->diags, DIAG_CLEARTEXT_AUTH, lint_span(directory, "url"),
			"passwords go to the directory at %.*s without TLS", STR_ARG(host));
	lint_place(c, diag, directory, "url");
	diag_hint(&c->diags, diag, "write ldaps:// or set useTls");
}

void check_cleartext_auth(struct compilation *c)
{
	const struct object *imap = compile_first(c, "Imap"), *directory;
	const struct object *stage = compile_first(c, "MtaStageAuth");

	if (imap)
		imap_auth(c, imap);
	if (stage)
		sasl(c, stage);
	for (directory = compile_first(c, "Directory"); directory; directory = directory->next)
		ldap(c, directory);
}
