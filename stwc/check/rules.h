/*
 * Rules over single values and structures, named in the `checks` of a row (schemas/checks.def). A
 * rule is one function in the file of its topic; rules.c finds the places and calls it.
 */
#ifndef STW_STWC_CHECK_RULES_H
#define STW_STWC_CHECK_RULES_H

#include "grammar/fault.h"
#include "stwc/check/check.h"
#include "stwc/path.h"

/* Where a rule is asked. */
struct rule {
	struct compilation *c;
	const struct object *object;      /* that holds it all */
	const struct value_object *body;  /* the structure, or the one that holds the value */
	const struct path *path;          /* of the value, or of the structure */
	const struct schema_field *field; /* NULL for a structure's rule */
	bool whole; /* false: an update of something that is not shown, so absences mean nothing */
};

/* The structure whose fields a body has: that of its variant, where it is a union's; NULL: none. */
const struct schema_structure *rule_fields(const struct value_object *body);
/* A field of the structure: what was written, or its default; NULL: neither. */
const struct value *rule_get(const struct rule *rule, const char *name);
/* As above, but true only for a boolean that is true. */
bool rule_flag(const struct rule *rule, const char *name);
/* The text of a value: its own, or that of a SecretKey, SecretText, PublicText or the like that
 * stands in the source. NULL: none, or it comes from a file or a variable. */
const struct value *rule_text(const struct value *value);
/* Was a field written with a value other than null and, for a union, other than None? */
bool rule_given(const struct rule *rule, const char *name);

/* Reports about the whole value, or about the structure where it is NULL. A value of a secret type
 * is never shown. */
struct diag *rule_error(const struct rule *rule, enum diag_code code, const struct value *value,
			const char *format, ...) PRINTF_LIKE(4, 5);
/* Reports about `n` bytes of a text, from byte `at`. */
struct diag *rule_error_at(const struct rule *rule, enum diag_code code, const struct value *value,
			   size_t at, size_t n, const char *format, ...) PRINTF_LIKE(6, 7);
/* Reports what a checker of a small language found. */
void rule_fault(const struct rule *rule, enum diag_code code, const struct value *value,
		const struct text_fault *fault);
/* The place of these bytes in the source; that of the whole value where it cannot be told. */
struct span rule_span(const struct compilation *c, const struct value *value, size_t at, size_t n);

/* A text to look into: what stands in the source or, with --host, in a file or a variable. What is
 * wrong with it is said where the text stands, or its name. */
struct rule_subject {
	struct buf text; /* secret; free with buf_free, whatever rule_open says */
	const struct value *place;
	const char *what; /* "the text", "the file", "the variable" */
};
/* False: there is none, or it cannot be read, which has been said. */
bool rule_open(const struct rule *rule, const struct value *value, struct rule_subject *out);

/* A rule of a field gets its value, a rule of a structure NULL. */
typedef void rule_function(const struct rule *rule, const struct value *value);

/* ldap.c */
rule_function rule_ldap_bind;
rule_function rule_ldap_filter;
rule_function rule_ldap_name;
rule_function rule_ldap_url;
/* expression.c: the expression is read, judged and compiled (validation.md 2.4) */
rule_function rule_expression;
/* enterprise.c */
rule_function rule_licence;
rule_function rule_licensed;
/* headers.c */
rule_function rule_header_value;
rule_function rule_headers;
/* keys.c */
rule_function rule_base64;
rule_function rule_base64_url;
rule_function rule_certificate;
rule_function rule_dkim_key;
rule_function rule_private_key;
rule_function rule_public_key;
rule_function rule_push_key;
rule_function rule_signing_key;
/* account.c */
rule_function rule_credentials;
/* domain.c */
rule_function rule_challenge;
rule_function rule_contacts;
rule_function rule_dns_server;
rule_function rule_form;
/* store.c */
rule_function rule_coordinator;
rule_function rule_lookup_store;
rule_function rule_sql_store;
/* tenant.c */
rule_function rule_own_key;
/* telemetry.c */
rule_function rule_events;
/* script.c */
rule_function rule_selector_template;
rule_function rule_sieve;
rule_function rule_template;

#endif
