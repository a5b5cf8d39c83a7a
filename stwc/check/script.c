/* Texts in small languages: Sieve scripts, mail templates, selector templates. */
#include "base/buf.h"
#include "base/utf8.h"
#include "core/suggest.h"
#include "grammar/sieve.h"
#include "grammar/template.h"
#include "stwc/check/rules.h"

void rule_sieve(const struct rule *rule, const struct value *value)
{
	struct text_fault fault;

	if (!sieve_check(value->string, &fault))
		rule_fault(rule, DIAG_SIEVE_SYNTAX, value, &fault);
}

static void unknown_variables(const struct rule *rule, const struct value *value)
{
	size_t at = 0, n = 0, i;
	const char *known;

	for (; template_unknown_variable(value->string, &at, &n); at += n) {
		struct str name = {value->string.p + at, n};
		struct suggestion best;
		struct diag *diag;

		suggest_start(&best, name);
		for (i = 0; (known = template_variable(i)) != NULL; i++)
			suggest_offer(&best, str_c(known));
		diag = rule_error_at(rule, DIAG_TEMPLATE_VARIABLE, value, at, n,
				     "templates of calendars have no variable '%.*s'",
				     STR_ARG(name));
		if (best.best.n)
			diag_hint(&rule->c->diags, diag, "did you mean '%.*s'?",
				  STR_ARG(best.best));
	}
}

void rule_template(const struct rule *rule, const struct value *value)
{
	struct text_fault fault;

	if (!template_check(value->string, &fault))
		rule_fault(rule, DIAG_MAIL_TEMPLATE, value, &fault);
	else
		unknown_variables(rule, value);
}

void rule_selector_template(const struct rule *rule, const struct value *value)
{
	struct text_fault fault;

	if (!selector_template_check(value->string, &fault))
		rule_fault(rule, DIAG_SELECTOR_TEMPLATE, value, &fault);
}

/* ---- names ---- */

static struct str lower_case(struct arena *arena, struct str s)
{
	struct buf text = BUF_INIT;
	struct str result = STR_NONE;

	while (s.n) {
		uint32_t cp;
		char bytes[4];
		size_t n = utf8_decode(s, &cp);

		if (!n)
			break;
		buf_put(&text, bytes, utf8_encode(utf8_lower(cp), bytes));
		s = str_from(s, n);
	}
	if (!text.failed)
		result = arena_str(arena, buf_str(&text));
	buf_free(&text);
	return result;
}

/* A server loads active scripts under their names without regard to case (validation.md 4.1); an
 * exact repeat is one of the unique keys. */
static bool claim_name(struct compilation *c, struct map *names, const struct object *object)
{
	const struct value *active = value_field_get(&object->body, "isActive");
	const struct value *name = value_field_get(&object->body, "name");
	const struct object *first;
	struct path_root root;
	struct diag *diag;
	void **place;

	if (!active || !active->boolean || !name || name->kind != VALUE_STRING)
		return true;
	place = map_at(names, lower_case(&c->arena, name->string));
	if (!place)
		return false;
	first = *place;
	if (!first) {
		*place = (void *)(uintptr_t)object;
	} else if (!str_eq(first->identity, object->identity)) {
		diag = diag_add(&c->diags, DIAG_DUPLICATE_VALUE, name->span,
				"an active script is called '%.*s', which differs in case alone",
				STR_ARG(first->identity));
		path_place(c, diag, object,
			   path_of(&root, object->type, object->shown, object->ordinal));
		diag_relate(&c->diags, diag, first->span, "this one");
	}
	return true;
}

void check_script_names(struct compilation *c)
{
	static const char *const types[] = {"SieveSystemScript", "SieveUserScript"};
	struct map names[ARRAY_LEN(types)];
	bool ok = true;
	size_t i, j;

	for (j = 0; j < ARRAY_LEN(types); j++)
		map_init(&names[j], &c->hash_key, NULL);
	for (i = 0; ok && i < c->object_count; i++) {
		for (j = 0; ok && j < ARRAY_LEN(types); j++) {
			if (strcmp(c->objects[i]->type->name, types[j]) == 0)
				ok = claim_name(c, &names[j], c->objects[i]);
		}
	}
	for (j = 0; j < ARRAY_LEN(types); j++)
		map_free(&names[j]);
}
