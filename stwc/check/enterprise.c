/* What a server without a licence keeps and does not act on (validation.md 1.3 and 4.6). */
#include "stwc/bind.h"
#include "stwc/check/lint.h"
#include "stwc/check/rules.h"
#include "stwc/defaults.h"
#include "stwc/host.h"
#include "stwc/keys.h"
#include "stwc/names.h"

static void hint(const struct rule *rule, struct diag *diag)
{
	diag_hint(&rule->c->diags, diag, "--edition enterprise, where the server has a licence");
}

void rule_licensed(const struct rule *rule, const struct value *unused UNUSED)
{
	if (rule->c->options.edition == EDITION_COMMUNITY)
		hint(rule, rule_error(rule, DIAG_ENTERPRISE, NULL,
				      "sharded stores need an enterprise licence; the default "
				      "store is used without one"));
}

/* ---- the licence itself ---- */

#define LICENCE_HEAD 24
#define LICENCE_SIGNATURE 64
#define LICENCE_MAX 1024

struct licence {
	uint64_t from, to; /* seconds since 1970 */
	struct str domain;
};

static uint64_t little_endian(const unsigned char *p, size_t n)
{
	uint64_t number = 0;

	while (n--)
		number = number << 8 | p[n];
	return number;
}

/* validation.md 4.6: two times, the number of accounts, a domain with its length, a signature. The
 * domain lies in `bytes`. */
static bool read_licence(struct str text, unsigned char bytes[LICENCE_MAX], struct licence *out)
{
	size_t size = base64_read(text, bytes, LICENCE_MAX), length;

	if (size == SIZE_MAX || size < LICENCE_HEAD + LICENCE_SIGNATURE)
		return false;
	length = (size_t)little_endian(bytes + 20, 4);
	if (!length || length != size - LICENCE_HEAD - LICENCE_SIGNATURE)
		return false;
	out->from = little_endian(bytes, 8);
	out->to = little_endian(bytes + 8, 8);
	out->domain = (struct str){(const char *)bytes + LICENCE_HEAD, length};
	return out->from < out->to && little_endian(bytes + 16, 4) > 0;
}

static struct str own_domain(struct compilation *c)
{
	const struct object *system = compile_first(c, "SystemSettings");
	struct str host = system ? lint_text(c, &system->body, "defaultHostname") : STR_NONE;

	if (!host.p && !(system && system->rest_elsewhere))
		host = host_own_name(c);
	return host.p ? name_registrable(&c->arena, host) : STR_NONE;
}

static void judge_licence(const struct rule *rule, const struct rule_subject *subject)
{
	struct compilation *c = rule->c;
	unsigned char bytes[LICENCE_MAX];
	struct licence licence;
	struct str issued, own = own_domain(c);
	uint64_t now = c->options.now < 0 ? 0 : (uint64_t)c->options.now;

	if (!read_licence(buf_str(&subject->text), bytes, &licence)) {
		rule_error(rule, DIAG_LICENCE, subject->place, "%s is no licence", subject->what);
		return;
	}
	if (now < licence.from || now >= licence.to)
		rule_error(rule, DIAG_LICENCE, subject->place, "the licence %s",
			   now < licence.from ? "is not valid yet" : "has expired");
	issued = name_registrable(&c->arena, licence.domain);
	if (own.p && !str_eq(issued, own))
		rule_error(rule, DIAG_LICENCE, subject->place,
			   "the licence is for '%.*s', and the host name is of '%.*s'",
			   STR_ARG(issued), STR_ARG(own));
}

void rule_licence(const struct rule *rule, const struct value *value)
{
	struct rule_subject subject;

	if (rule_open(rule, value, &subject))
		judge_licence(rule, &subject);
	buf_free(&subject.text);
}

/* Null, nothing and the default have the same effect with and without a licence. */
static bool has_effect(const struct rule *rule, const struct schema_field *field,
		       const struct value *value)
{
	const struct schema_structure *fields =
		rule->body->variant ? rule->body->variant->body : rule->body->structure;
	const struct value *usual;

	if (value->kind == VALUE_NULL || (value->kind == VALUE_BOOL && !value->boolean) ||
	    (value->kind == VALUE_SEQUENCE && !value->sequence.count))
		return false;
	if (value->kind == VALUE_OBJECT || value->kind == VALUE_SEQUENCE ||
	    value->kind == VALUE_MAP)
		return true;
	usual = defaults_field(rule->c, fields, field);
	return !usual || usual->kind != value->kind || !value_same(usual, value);
}

static void check_body(const struct rule *up, const struct value_object *body)
{
	struct rule rule = *up;
	size_t i, j;

	rule.body = body;
	for (i = 0; i < body->count; i++) {
		const struct schema_field *field = body->fields[i].field;
		const struct value *value = body->fields[i].value;
		struct path path = {.up = up->path, .field = field->name};

		if (!field->enterprise && !(field->holds & HOLDS_LICENSED))
			continue;
		rule.path = &path;
		if (field->enterprise && has_effect(&rule, field, value))
			hint(&rule, rule_error(&rule, DIAG_ENTERPRISE, value,
					       "'%s' needs an enterprise licence", field->name));
		if (value->kind == VALUE_OBJECT)
			check_body(&rule, &value->object);
		for (j = 0; value->kind == VALUE_SEQUENCE && j < value->sequence.count; j++) {
			struct path step = {.up = &path, .index = j};
			struct rule member = rule;

			member.path = &step;
			if (value->sequence.items[j]->kind == VALUE_OBJECT)
				check_body(&member, &value->sequence.items[j]->object);
		}
	}
}

/* What is switched off needs no licence. */
static bool is_off(const struct value_object *body)
{
	return body->variant && strncmp(body->variant->name, "Disable", 7) == 0;
}

void check_enterprise(struct compilation *c, const struct object *object)
{
	struct path_root root;
	struct rule rule = {.c = c, .object = object, .body = &object->body};

	if (c->options.edition != EDITION_COMMUNITY)
		return;
	rule.path = path_of(&root, object->type, object->shown, object->ordinal);
	if (!object->type->enterprise)
		check_body(&rule, &object->body);
	else if (!is_off(&object->body))
		hint(&rule, rule_error(&rule, DIAG_ENTERPRISE, NULL,
				       "%s needs an enterprise licence", object->type->name));
}
