/* What LDAP asks of filters, names and logins. */
#include "grammar/ldap.h"
#include "stwc/check/rules.h"

void rule_ldap_filter(const struct rule *rule, const struct value *value)
{
	struct text_fault fault;

	if (!ldap_filter_check(value->string, &fault))
		rule_fault(rule, DIAG_LDAP_FILTER, value, &fault);
}

/* Active Directory also binds as user@domain and DOMAIN\user, which are no names. */
static bool is_login_name(const struct rule *rule, struct str name)
{
	return strcmp(rule->field->name, "bindDn") == 0 && !memchr(name.p, '=', name.n) &&
	       (memchr(name.p, '@', name.n) || memchr(name.p, '\\', name.n));
}

void rule_ldap_name(const struct rule *rule, const struct value *value)
{
	struct text_fault fault;

	if (!is_login_name(rule, value->string) && !ldap_name_check(value->string, &fault))
		rule_fault(rule, DIAG_LDAP_NAME, value, &fault);
}

void rule_ldap_url(const struct rule *rule, const struct value *value)
{
	static const char *const schemes[] = {"ldap", "ldaps", "ldapi"};
	const char *colon = memchr(value->string.p, ':', value->string.n);
	struct str scheme = {value->string.p, colon ? (size_t)(colon - value->string.p) : 0};
	size_t i;

	for (i = 0; i < ARRAY_LEN(schemes); i++) {
		if (str_eq_ascii_case(scheme, str_c(schemes[i])))
			return;
	}
	diag_hint(&rule->c->diags,
		  rule_error_at(rule, DIAG_INVALID_URI, value, 0, scheme.n,
				"the URL of an LDAP server begins with ldap, ldaps or ldapi, not "
				"'%.*s'",
				STR_ARG(scheme)),
		  "such as ldaps://ldap.example.org:636");
}

void rule_ldap_bind(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *name = value_field_get(rule->body, "bindDn");

	if (rule_given(rule, "bindDn") && !rule_given(rule, "bindSecret"))
		rule_error(rule, DIAG_MISSING_COMPANION, name,
			   "a bindDn needs a bindSecret, and none is set");
}
