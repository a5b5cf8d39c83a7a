/* Names that will not do: of containers, of a missing postmaster, aliases of domains. */
#include "stwc/check/lint.h"
#include "stwc/host.h"
#include "stwc/names.h"

bool lint_is_container(struct str host)
{
	struct net_addr addr;
	bool hex = true;
	size_t n = 0;

	if (!host.n || net_addr_parse(host, &addr) == NET_OK)
		return false;
	for (; n < host.n && host.p[n] != '.'; n++)
		hex = hex && strchr("0123456789abcdefABCDEF", host.p[n]);
	return n == host.n || (hex && n == 12);
}

static void report_container(struct compilation *c, const struct object *object, const char *field,
			     struct span span, struct str host)
{
	struct diag *diag =
		diag_add(&c->diags, DIAG_CONTAINER_HOSTNAME, span,
			 field ? "'%.*s' looks like the name of a container, which "
				 "changes with it"
			       : "without a defaultHostname the server is called '%.*s', "
				 "like a container",
			 STR_ARG(host));

	if (object)
		lint_place(c, diag, object, field);
	else
		diag_path(&c->diags, diag, "SystemSettings/defaultHostname");
	diag_hint(&c->diags, diag,
		  "%s the name that DNS has for the server, such as mail.example.org",
		  field ? "write" : "set SystemSettings.defaultHostname to");
}

static void judge_name(struct compilation *c, const struct object *object, const char *field)
{
	const struct value *value = value_field_get(&object->body, field);

	if (value && value->kind == VALUE_STRING && lint_is_container(value->string))
		report_container(c, object, field, value->span, value->string);
}

void check_host_names(struct compilation *c)
{
	const struct object *object = compile_first(c, "SystemSettings");
	struct str own = host_own_name(c);

	if (object)
		judge_name(c, object, "defaultHostname");
	if (own.p && lint_whole(c) && lint_is_container(own) &&
	    !(object &&
	      (object->rest_elsewhere || value_field_get(&object->body, "defaultHostname"))))
		report_container(c, object, NULL, object ? object->span : SPAN_NONE, own);
	for (object = compile_first(c, "MtaConnectionStrategy"); object; object = object->next)
		judge_name(c, object, "ehloHostname");
}

/* The domains that have a postmaster, by their identity. */
struct postmasters {
	struct compilation *c;
	struct map domains;
	size_t mailboxes; /* of any name */
};

static bool note_mailbox(struct postmasters *p, const struct value_object *body)
{
	const struct value *id = value_field_get(body, "domainId");
	const struct value *name = value_field_get(body, "name");
	const struct value *enabled = value_field_get(body, "enabled");

	if (!id || id->kind != VALUE_REFERENCE || !id->reference.target || !name ||
	    name->kind != VALUE_STRING || !str_eq_ascii_case(name->string, STR("postmaster")) ||
	    (enabled && enabled->kind == VALUE_BOOL && !enabled->boolean))
		return true;
	return map_put(&p->domains, id->reference.target->identity, id->reference.target);
}

static bool note_mailboxes(struct postmasters *p, const char *type)
{
	const struct object *object;
	const struct value *aliases;
	size_t i;

	for (object = compile_first(p->c, type); object; object = object->next) {
		p->mailboxes++;
		if (!note_mailbox(p, &object->body))
			return false;
		aliases = value_field_get(&object->body, "aliases");
		for (i = 0; aliases && i < aliases->sequence.count; i++) {
			if (!note_mailbox(p, &aliases->sequence.items[i]->object))
				return false;
		}
	}
	return true;
}

static bool has_directory(const struct object *object)
{
	const struct value *value = object ? value_field_get(&object->body, "directoryId") : NULL;

	return (value && value->kind == VALUE_REFERENCE) || (object && object->rest_elsewhere);
}

/* RFC 5321 section 4.5.1. Only where the mailboxes are part of the configuration: where there is
 * none, or a directory has them, nothing can be said. */
void check_postmaster(struct compilation *c)
{
	struct postmasters p = {.c = c};
	const struct object *domain;
	struct diag *diag;

	map_init(&p.domains, &c->hash_key, &c->arena);
	if (!lint_whole(c) || has_directory(compile_first(c, "Authentication")) ||
	    !note_mailboxes(&p, "Account") || !note_mailboxes(&p, "MailingList") || !p.mailboxes)
		return;
	for (domain = compile_first(c, "Domain"); domain; domain = domain->next) {
		const struct value *all = value_field_get(&domain->body, "catchAllAddress");

		if ((all && all->kind == VALUE_STRING) || has_directory(domain) ||
		    !lint_flag(c, &domain->body, "isEnabled") ||
		    map_get(&p.domains, domain->identity))
			continue;
		diag = diag_add(&c->diags, DIAG_NO_POSTMASTER, domain->span,
				"nobody gets the mail to postmaster@%.*s",
				STR_ARG(lint_text(c, &domain->body, "name")));
		lint_place(c, diag, domain, NULL);
		diag_hint(&c->diags, diag,
			  "add the alias postmaster to an account, a list of that name, or a "
			  "catchAllAddress");
	}
}

/* In the form that domains of mail have, of whatever suffix. */
static bool is_plain(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		char ch = name.p[i];

		if (!(ch >= 'a' && ch <= 'z') && !(ch >= '0' && ch <= '9') &&
		    (!ch || !strchr("-._", ch)))
			return false;
	}
	return name.n && name.p[name.n - 1] != '.';
}

static void judge_alias(struct compilation *c, const struct object *domain,
			const struct value *alias)
{
	struct str name;
	struct diag *diag;

	if (is_plain(alias->string))
		return;
	name = name_domain(&c->arena, alias->string);
	diag = diag_add(&c->diags, DIAG_DOMAIN_ALIAS, alias->span,
			name.p ? "a server keeps the alias '%.*s' as it is typed, and mail never "
				 "comes to it"
			       : "the alias '%.*s' is no domain that mail comes to",
			STR_ARG(alias->string));
	lint_place(c, diag, domain, "aliases");
	if (name.p)
		diag_hint(&c->diags, diag, "write '%.*s'", STR_ARG(name));
	else
		diag_hint(&c->diags, diag, "such as example.net");
}

/* The reference has no rule for them (validation.md 2.3), and compares them as they are. */
void check_aliases(struct compilation *c)
{
	const struct object *domain;
	size_t count, i;

	for (domain = compile_first(c, "Domain"); domain; domain = domain->next) {
		struct value *const *aliases = lint_members(c, &domain->body, "aliases", &count);

		for (i = 0; i < count; i++) {
			if (aliases[i]->kind == VALUE_STRING)
				judge_alias(c, domain, aliases[i]);
		}
	}
}
