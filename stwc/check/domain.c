/* Domains and their certificates, and the form that must be delivered somewhere. */
#include "stwc/check/rules.h"
#include "stwc/names.h"

/* The reference keeps a variant that the server refuses (validation.md 1.3). */
void rule_dns_server(const struct rule *rule, const struct value *unused UNUSED)
{
	if (strcmp(rule->body->variant->name, "Deprecated1") == 0)
		rule_error(rule, DIAG_NOT_AVAILABLE, NULL,
			   "the variant Deprecated1 is a placeholder that the server refuses");
}

static bool is_variant(const struct value *value, const char *name)
{
	return value && value->kind == VALUE_OBJECT && value->object.variant &&
	       strcmp(value->object.variant->name, name) == 0;
}

/* A provider with the challenge Dns01 needs records, and only automatic DNS management makes them
 * (validation.md 4.3). */
void rule_challenge(const struct rule *rule, const struct value *value)
{
	const struct value *provider, *challenge;

	if (!is_variant(value, "Automatic") ||
	    is_variant(value_field_get(rule->body, "dnsManagement"), "Automatic"))
		return;
	provider = value_field_get(&value->object, "acmeProviderId");
	if (!provider || provider->kind != VALUE_REFERENCE || !provider->reference.target)
		return;
	challenge = value_field_get(&provider->reference.target->body, "challengeType");
	if (!challenge || strcmp(challenge->member->name, "Dns01") != 0)
		return;
	diag_relate(&rule->c->diags,
		    rule_error(rule, DIAG_MISSING_COMPANION, provider,
			       "the challenge Dns01 of this provider needs dnsManagement "
			       "Automatic"),
		    challenge->span, "the challenge");
}

/* Members of sets are not held against the rule for addresses when they are set; the authority is
 * told these as mailto URIs, which they may be already (validation.md 2.3). */
void rule_contacts(const struct rule *rule, const struct value *value)
{
	size_t i;

	for (i = 0; value->kind == VALUE_SEQUENCE && i < value->sequence.count; i++) {
		const struct value *contact = value->sequence.items[i];
		struct str address = contact->string;

		if (str_starts(address, STR("mailto:")))
			address = str_from(address, strlen("mailto:"));
		if (!name_email(&rule->c->arena, address).p && !rule->c->arena.failed)
			diag_hint(&rule->c->diags,
				  rule_error(rule, DIAG_EMAIL_ADDRESS, contact,
					     "'%.*s' is no e-mail address", STR_ARG(address)),
				  "the authority writes to it: such as postmaster@example.org");
	}
}

void rule_form(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *to = value_field_get(rule->body, "deliverTo");

	if (rule_flag(rule, "enable") && !(to && to->sequence.count))
		rule_error(rule, DIAG_MISSING_COMPANION, value_field_get(rule->body, "enable"),
			   "the form is enabled and 'deliverTo' names nobody");
}
