/* Finds every place whose row names rules, and asks them. What has no rules is passed by. */
#include "stwc/check/rules.h"

#include <stdio.h>

#include "stwc/defaults.h"
#include "stwc/host.h"
#include "stwc/state.h"

static rule_function *const rules[] = {
#define CHECK_RULE(ident, word, function) function,
#include "schemas/checks.def"
#undef CHECK_RULE
};

const struct schema_structure *rule_fields(const struct value_object *body)
{
	return body->variant ? body->variant->body : body->structure;
}

const struct value *rule_get(const struct rule *rule, const char *name)
{
	const struct value *value = value_field_get(rule->body, name);
	const struct schema_structure *fields = rule_fields(rule->body);
	const struct schema_field *field;

	if (value || !fields)
		return value;
	field = schema_field_find(fields, str_c(name));
	return field ? defaults_field(rule->c, fields, field) : NULL;
}

bool rule_flag(const struct rule *rule, const char *name)
{
	const struct value *value = rule_get(rule, name);

	return value && value->kind == VALUE_BOOL && value->boolean;
}

bool rule_given(const struct rule *rule, const char *name)
{
	const struct value *value = value_field_get(rule->body, name);

	return value && value->kind != VALUE_NULL &&
	       !(value->kind == VALUE_OBJECT && value->object.variant &&
		 strcmp(value->object.variant->name, "None") == 0);
}

const struct value *rule_text(const struct value *value)
{
	const struct value *text;

	if (!value || value->kind == VALUE_STRING || value->kind != VALUE_OBJECT)
		return value && value->kind == VALUE_STRING ? value : NULL;
	text = value_field_get(&value->object, "secret");
	if (!text)
		text = value_field_get(&value->object, "value");
	return text && text->kind == VALUE_STRING ? text : NULL;
}

bool rule_open(const struct rule *rule, const struct value *value, struct rule_subject *out)
{
	const struct value *name = NULL;
	char why[HOST_WHY_SIZE];

	*out = (struct rule_subject){
		.text.secret = true, .place = rule_text(value), .what = "the text"};
	if (out->place) {
		buf_puts(&out->text, out->place->string);
		return !out->text.failed;
	}
	if (value && value->kind == VALUE_OBJECT)
		name = host_name(&value->object);
	/* one that cannot be read has been reported as such */
	if (!name || host_text(rule->c, &value->object, &out->text, why) != HOST_READ)
		return false;
	out->place = name;
	out->what = strcmp(value->object.variant->name, "File") == 0 ? "the file" : "the variable";
	return !out->text.failed;
}

struct span rule_span(const struct compilation *c, const struct value *value, size_t at, size_t n)
{
	const struct source *source = sources_get(&c->sources, value->span.source);
	struct node node = {.kind = NODE_STRING, .span = value->span};
	struct span span = value->span;
	enum format format;

	if (!source || value->kind != VALUE_STRING || !value->string.p)
		return span;
	node.string = (struct str){value->string.p - value->lead, value->string.n + value->lead};
	(void)source_text(source); /* all of it, where a part was let go */
	format = c->state->texts[source->number - 1].format;
	at += value->lead;
	span.begin = reader_string_offset(format, source, &node, at);
	if (n == 0)
		span.end = span.begin;
	else
		span.end = reader_string_offset(format, source, &node, at + n);
	/* the end of a literal that is cut short, or a text that was put together from parts */
	if (span.begin < value->span.begin || span.end > value->span.end || span.begin > span.end)
		return value->span;
	return span;
}

static struct diag *report(const struct rule *rule, enum diag_code code, struct span span,
			   const struct value *value, const char *format, va_list args)
{
	struct diag *diag;
	char message[512];

	(void)vsnprintf(message, sizeof(message), format, args); /* shortened is fine */
	diag = diag_add(&rule->c->diags, code, span, "%s", message);
	if (value && value->type &&
	    (value->type->kind == TYPE_SECRET || value->type->kind == TYPE_SECRET_TEXT))
		diag->secret = true;
	path_place(rule->c, diag, rule->object, rule->path);
	return diag;
}

struct diag *rule_error(const struct rule *rule, enum diag_code code, const struct value *value,
			const char *format, ...)
{
	struct span span = value ? value->span : rule->object->span;
	struct diag *diag;
	va_list args;

	/* a nested structure has no place of its own; its first field has */
	if (!value && rule->body != &rule->object->body && rule->body->count)
		span = rule->body->fields[0].key_span;
	va_start(args, format);
	diag = report(rule, code, span, value, format, args);
	va_end(args);
	return diag;
}

struct diag *rule_error_at(const struct rule *rule, enum diag_code code, const struct value *value,
			   size_t at, size_t n, const char *format, ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, format);
	diag = report(rule, code, rule_span(rule->c, value, at, n), value, format, args);
	va_end(args);
	return diag;
}

void rule_fault(const struct rule *rule, enum diag_code code, const struct value *value,
		const struct text_fault *fault)
{
	struct diag *diag =
		rule_error_at(rule, code, value, fault->at, fault->n, "%s", fault->what);

	if (fault->hint)
		diag_hint(&rule->c->diags, diag, "%s", fault->hint);
}

static void ask(const struct rule *rule, uint64_t mask, const struct value *value)
{
	while (mask) {
		unsigned bit = (unsigned)__builtin_ctzll(mask);

		rules[bit](rule, value);
		mask &= mask - 1;
	}
}

static void visit_body(const struct rule *up, const struct value_object *body);

static void visit_value(const struct rule *rule, const struct value *value)
{
	size_t i;

	if (value->kind == VALUE_OBJECT)
		visit_body(rule, &value->object);
	for (i = 0; value->kind == VALUE_SEQUENCE && i < value->sequence.count; i++) {
		struct path path = {.up = rule->path, .index = i};
		struct rule member = *rule;

		member.path = &path;
		visit_value(&member, value->sequence.items[i]);
	}
	for (i = 0; value->kind == VALUE_MAP && i < value->map.count; i++) {
		struct path path = {.up = rule->path, .member = value->map.pairs[i].key};
		struct rule member = *rule;

		member.path = &path;
		visit_value(&member, value->map.pairs[i].value);
	}
}

/* Rules of structures that judge what is there alone: another mistake in the object does not hide
 * what they find. */
#define OF_PRESENCE                                                             \
	((UINT64_C(1) << CHECK_CREDENTIALS) | (UINT64_C(1) << CHECK_DKIM_KEY) | \
	 (UINT64_C(1) << CHECK_DNS_SERVER))

/* A structure's own rules ask about fields together, so most want all of these to be sound. */
static void visit_body(const struct rule *up, const struct value_object *body)
{
	const struct schema_structure *fields = rule_fields(body);
	struct rule rule = *up;
	uint64_t mask = body->structure->checks;
	size_t i;

	rule.body = body;
	rule.field = NULL;
	if (body->variant && fields)
		mask |= fields->checks;
	if (!(body->structure->holds & HOLDS_RULES) && !(fields && fields->holds & HOLDS_RULES))
		return;
	if (body->structure->kind == STRUCTURE_UNION && !body->variant)
		return; /* none that exists, or that this version has */
	if (rule.whole)
		ask(&rule, rule.object->poisoned ? mask & OF_PRESENCE : mask, NULL);
	for (i = 0; i < body->count; i++) {
		const struct schema_field *field = body->fields[i].field;
		const struct value *value = body->fields[i].value;
		struct path path = {.up = up->path, .field = field->name};

		if (!field->checks && !(field->holds & HOLDS_RULES))
			continue; /* and the value is not even looked at */
		rule.path = &path;
		rule.field = field;
		if (value->kind != VALUE_NULL)
			ask(&rule, field->checks, value);
		visit_value(&rule, value);
	}
}

static void visit_object(struct compilation *c, const struct object *object, bool whole)
{
	struct path_root root;
	struct rule rule = {.c = c, .object = object, .whole = whole};

	if (!(object->type->structure->holds & HOLDS_RULES))
		return;
	rule.path = path_of(&root, object->type, object->shown, object->ordinal);
	visit_body(&rule, &object->body);
}

void check_rules(struct compilation *c, const struct object *object)
{
	visit_object(c, object, true);
}

void check_rules_aside(struct compilation *c, const struct object *object)
{
	if (!object->guessed)
		visit_object(c, object, false);
}
