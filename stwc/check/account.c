/* Accounts: what may stand among their credentials. */
#include <inttypes.h>

#include "stwc/check/password.h"
#include "stwc/check/rules.h"
#include "stwc/defaults.h"

/* A number of Authentication: what is set there, or the reference's default. */
static uint64_t policy(struct compilation *c, const char *name)
{
	const struct object *settings = compile_first(c, "Authentication");
	const struct schema_structure *structure =
		schema_structure_find(c->schema, STR("Authentication"));
	const struct schema_field *field = schema_field_find(structure, str_c(name));
	const struct value *value = settings ? value_field_get(&settings->body, name) : NULL;

	if (!value && field)
		value = defaults_field(c, structure, field);
	return value && value->kind == VALUE_UNSIGNED ? value->number : 0;
}

static void check_password(const struct rule *rule, const struct value *secret)
{
	uint64_t min, max;
	size_t n = secret->string.n;
	enum password_form form = password_form(secret->string);

	if (form == PASSWORD_HASH)
		return;
	min = policy(rule->c, "passwordMinLength");
	max = policy(rule->c, "passwordMaxLength");
	if (n < min || n > max)
		rule_error(rule, DIAG_PASSWORD_LENGTH, secret,
			   "the password has %zu byte%s, and Authentication asks for %" PRIu64
			   " to %" PRIu64,
			   n, n == 1 ? "" : "s", min, max);
	else if (form != PASSWORD_PLAIN)
		rule_error(rule, DIAG_PASSWORD_HASH, secret,
			   form == PASSWORD_BROKEN_HASH
				   ? "this begins like a hash and is not whole: the text itself "
				     "becomes the password"
				   : "the mark in braces becomes a part of the password");
}

/* The directory that knows the account, where it is not the server's own. */
static const struct value *outside_directory(const struct rule *rule)
{
	const struct value *domain = value_field_get(rule->body, "domainId");
	const struct object *settings = compile_first(rule->c, "Authentication");
	const struct value *directory = NULL;

	if (domain && domain->kind == VALUE_REFERENCE && domain->reference.target)
		directory = value_field_get(&domain->reference.target->body, "directoryId");
	if ((!directory || directory->kind != VALUE_REFERENCE) && settings)
		directory = value_field_get(&settings->body, "directoryId");
	return directory && directory->kind == VALUE_REFERENCE ? directory : NULL;
}

static void check_credential(const struct rule *rule, const struct value *credential,
			     const struct value **password)
{
	const char *variant = credential->object.variant ? credential->object.variant->name : "";
	const struct value *secret = value_field_get(&credential->object, "secret");

	if (strcmp(variant, "Password") != 0) {
		rule_error(rule, DIAG_CREDENTIALS, credential,
			   "credentials of the kind %s are made by their owner, not here", variant);
		return;
	}
	if (*password)
		diag_relate(&rule->c->diags,
			    rule_error(rule, DIAG_CREDENTIALS, credential,
				       "an account has one password, and this is the second"),
			    (*password)->span, "the first one");
	else
		*password = credential;
	if (secret && secret->kind == VALUE_STRING)
		check_password(rule, secret);
}

void rule_credentials(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *list = value_field_get(rule->body, "credentials");
	const struct value *directory, *password = NULL;
	struct path path = {.up = rule->path, .name = STR("credentials")};
	struct rule of_list = *rule;
	size_t i;

	if (!list || list->kind != VALUE_SEQUENCE || !list->sequence.count)
		return;
	of_list.path = &path;
	directory = outside_directory(rule);
	if (directory)
		diag_relate(&rule->c->diags,
			    rule_error(&of_list, DIAG_CREDENTIALS, list,
				       "an outside directory keeps the passwords of this account"),
			    directory->span, "this directory");
	for (i = 0; i < list->sequence.count; i++) {
		struct path step = {.up = &path, .index = i};
		struct rule member = *rule;

		member.path = &step;
		check_credential(&member, list->sequence.items[i], &password);
	}
}
