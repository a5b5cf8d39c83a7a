/* Domains and their certificates, and the form that must be delivered somewhere. */
#include "stwc/check/rules.h"

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

void rule_form(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *to = value_field_get(rule->body, "deliverTo");

	if (rule_flag(rule, "enable") && !(to && to->sequence.count))
		rule_error(rule, DIAG_MISSING_COMPANION, value_field_get(rule->body, "enable"),
			   "the form is enabled and 'deliverTo' names nobody");
}
