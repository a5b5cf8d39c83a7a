/* Texts in small languages: Sieve scripts, mail templates, selector templates. */
#include "base/buf.h"
#include "base/utf8.h"
#include "core/suggest.h"
#include "engine/regex.h"
#include "grammar/sieve.h"
#include "grammar/template.h"
#include "stwc/check/rules.h"
#include "stwc/defaults.h"
#include "stwc/state.h"

/* ---- Sieve ---- */

struct script {
	const struct rule *rule;
	const struct value *value;
	const struct schema_enum *capabilities; /* NULL: the schema has no list of them */
	const struct value *disabled;           /* of users; NULL: none */
};

/* Without a list in the schema all are there. */
static bool has_capability(void *ctx, struct str name)
{
	const struct script *script = ctx;
	const struct value *off = script->disabled;

	if (!script->capabilities)
		return true;
	for (size_t i = 0; off && off->kind == VALUE_SEQUENCE && i < off->sequence.count; i++)
		if (off->sequence.items[i]->kind == VALUE_ENUM &&
		    str_eq_c(name, off->sequence.items[i]->member->name))
			return false;
	return schema_enum_member_find(script->capabilities, name) != NULL;
}

static void hint_capability(const struct script *script, struct diag *diag, struct str name)
{
	const struct schema_enum *all = script->capabilities;
	struct suggestion best;

	if (schema_enum_member_find(all, name)) {
		diag_hint(&script->rule->c->diags, diag,
			  "SieveUserInterpreter.disableCapabilities takes it from users");
		return;
	}
	suggest_start(&best, name);
	for (uint16_t i = 0; i < all->count; i++)
		suggest_offer(&best, str_c(all->members[i].name));
	if (best.best.n)
		diag_hint(&script->rule->c->diags, diag, "did you mean '%.*s'?",
			  STR_ARG(best.best));
}

static void report_script(void *ctx, enum sieve_fault fault, size_t at, size_t n,
			  struct str message, struct str hint)
{
	static const enum diag_code codes[] = {
		[SIEVE_NO_COMMAND] = DIAG_SIEVE_COMMAND,
		[SIEVE_NO_TEST] = DIAG_SIEVE_TEST,
		[SIEVE_NO_CAPABILITY] = DIAG_SIEVE_CAPABILITY,
		[SIEVE_NOT_REQUIRED] = DIAG_SIEVE_REQUIRE,
		[SIEVE_ARGUMENT] = DIAG_SIEVE_ARGUMENT,
		[SIEVE_STRING] = DIAG_SIEVE_STRING,
		[SIEVE_HEADER] = DIAG_SIEVE_HEADER,
		[SIEVE_LIMIT] = DIAG_SIEVE_LIMIT,
	};
	const struct script *script = ctx;
	struct diag *diag = rule_error_at(script->rule, codes[fault], script->value, at, n, "%.*s",
					  STR_ARG(message));

	if (fault == SIEVE_NO_CAPABILITY)
		hint_capability(script, diag,
				(struct str){script->value->string.p + at + 1, n - 2});
	if (hint.n)
		diag_hint(&script->rule->c->diags, diag, "%.*s", STR_ARG(hint));
}

/* The engine of scripts knows more than that of expressions: look-around, back-references, groups
 * that are not given back, and some letters of its own. Of those nothing is said. */
static bool is_beyond(struct str pattern)
{
	static const char *const marks[] = {"(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "(?P=",
					    "(?&", "(?R", "++",   "*+",   "?+",  "}+"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (memmem(pattern.p, pattern.n, marks[i], strlen(marks[i])))
			return true;
	for (size_t i = 0; i + 1 < pattern.n; i++) {
		if (pattern.p[i] != '\\')
			continue;
		i++;
		if (pattern.p[i] && strchr("123456789kgKGhHeZ", pattern.p[i]))
			return true;
	}
	return false;
}

static void check_pattern(void *ctx, struct str text, size_t at, size_t n)
{
	const struct script *script = ctx;
	struct regex_fault fault;
	struct buf out = BUF_INIT;

	if (text.n && !is_beyond(text) && regex_translate(text, &out, &fault) == REGEX_WRONG)
		(void)rule_error_at(script->rule, DIAG_SIEVE_STRING, script->value, at, n,
				    "this is no regular expression: %s", fault.text);
	buf_free(&out);
}

/* As written, or by default where the sources show all there is; 0: it is not known. */
static size_t limit(struct compilation *c, const char *field)
{
	const struct object *settings = compile_first(c, "SieveUserInterpreter");
	const struct schema_structure *structure =
		schema_structure_find(c->schema, STR("SieveUserInterpreter"));
	const struct schema_field *row =
		structure ? schema_field_find(structure, str_c(field)) : NULL;
	const struct value *value = settings ? value_field_get(&settings->body, field) : NULL;

	if (!value && row && !c->options.partial && !c->state->operations)
		value = defaults_field(c, structure, row);
	return value && value->kind == VALUE_UNSIGNED ? (size_t)value->number : 0;
}

/* What a server asks of scripts of users. For those of the system it has no settings. */
static struct sieve_limits limits_of(struct compilation *c, bool system)
{
	if (system)
		return (struct sieve_limits){.script = 0};
	return (struct sieve_limits){.script = limit(c, "maxScriptSize"),
				     .string = limit(c, "maxStringLength"),
				     .header = limit(c, "maxHeaderSize"),
				     .blocks = limit(c, "maxNestedBlocks"),
				     .loops = limit(c, "maxNestedForEvery"),
				     .tests = limit(c, "maxNestedTests"),
				     .includes = limit(c, "maxIncludes"),
				     .variable = limit(c, "maxVarNameLength")};
}

/* Scripts of the system need no require, unless SieveSystemInterpreter.noCapabilityCheck is off. */
static bool undeclared_too(const struct compilation *c, bool system)
{
	const struct object *settings = compile_first(c, "SieveSystemInterpreter");
	const struct value *off =
		settings ? value_field_get(&settings->body, "noCapabilityCheck") : NULL;

	return system && (!off || off->kind != VALUE_BOOL || off->boolean);
}

/* What users may not require. */
static const struct value *disabled(const struct compilation *c, bool system)
{
	const struct object *settings = compile_first(c, "SieveUserInterpreter");

	return settings && !system ? value_field_get(&settings->body, "disableCapabilities") : NULL;
}

void rule_sieve(const struct rule *rule, const struct value *value)
{
	bool system = strcmp(rule->object->type->name, "SieveSystemScript") == 0;
	struct script script = {.rule = rule,
				.value = value,
				.capabilities =
					schema_enum_find(rule->c->schema, STR("SieveCapability")),
				.disabled = disabled(rule->c, system)};
	const struct sieve_scope scope = {.undeclared_too = undeclared_too(rule->c, system),
					  .has = has_capability,
					  .limits = limits_of(rule->c, system),
					  .pattern = check_pattern,
					  .report = report_script,
					  .ctx = &script};
	struct text_fault fault;

	if (!sieve_check(value->string, &scope, &fault))
		rule_fault(rule, DIAG_SIEVE_SYNTAX, value, &fault);
}

/* ---- templates ---- */

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
		char bytes[UTF8_CASE_SIZE];
		size_t n = utf8_decode(s, &cp);

		if (!n)
			break;
		buf_put(&text, bytes, utf8_lower(cp, bytes));
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
	const struct object *object;
	struct map names;
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		bool ok = true;

		map_init(&names, &c->hash_key, NULL);
		for (object = compile_first(c, types[i]); ok && object; object = object->next)
			ok = claim_name(c, &names, object);
		map_free(&names);
	}
}
