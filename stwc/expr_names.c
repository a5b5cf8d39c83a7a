/* What the names of an expression mean, and what may stand where. */
#include "core/suggest.h"
#include "grammar/scalar.h"
#include "stwc/expression.h"

#include <stdio.h>

struct reading {
	const struct expression_scope *scope;
	struct str text;
	struct arena
		*arena; /* says failed where there was no memory; that is no fault of the text */
	bool ok;
	char message[256], hint[256];
};

static void report(struct reading *r, enum diag_code code, uint32_t begin, uint32_t end,
		   const char *format, ...) PRINTF_LIKE(5, 6);
static void report(struct reading *r, enum diag_code code, uint32_t begin, uint32_t end,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->message, sizeof(r->message), format, args);
	va_end(args);
	r->ok = false;
	r->scope->report(r->scope->ctx, code, begin, end, str_c(r->message), str_c(r->hint));
	r->hint[0] = '\0';
}

static bool allowed(const struct schema_group *group, struct str name)
{
	if (!group)
		return true;
	for (uint16_t i = 0; i < group->count; i++)
		if (str_eq_c(name, group->members[i]))
			return true;
	return false;
}

static void offer_group(struct suggestion *best, const struct schema_group *group,
			const struct schema_enum *all)
{
	for (uint16_t i = 0; group && i < group->count; i++)
		suggest_offer(best, str_c(group->members[i]));
	for (uint16_t i = 0; !group && all && i < all->count; i++)
		suggest_offer(best, str_c(all->members[i].name));
}

struct expression_names expression_names_of(const struct schema *schema)
{
	return (struct expression_names){schema,
					 schema_enum_find(schema, STR("ExpressionVariable")),
					 schema_enum_find(schema, STR("ExpressionConstant"))};
}

void expression_scope_of(const struct schema_field *field, struct expression_scope *scope)
{
	const struct schema *schema = scope->names.schema;

	scope->variables =
		field->variables ? schema_variables_find(schema, field->variables) : NULL;
	scope->constants =
		field->constants ? schema_constants_find(schema, field->constants) : NULL;
}

static bool is_member(const struct schema_enum *all, struct str name, int64_t *number)
{
	const struct schema_enum_member *member = all ? schema_enum_member_find(all, name) : NULL;

	if (member)
		*number = member->number;
	return member != NULL;
}

enum expression_name expression_name(const struct expression_names *names, struct str name,
				     int64_t *number)
{
	if (is_member(names->variables, name, number))
		return EXPRESSION_VARIABLE;
	if (is_member(names->constants, name, number))
		return EXPRESSION_WORD;
	return expr_duration(name, number) ? EXPRESSION_DURATION : EXPRESSION_NO_NAME;
}

struct str expression_pattern(const struct expr *call, struct str text)
{
	const struct expr *pattern = call->first;

	return (struct str){text.p + pattern->begin + 1, pattern->end - pattern->begin - 2};
}

/* Names that the server's documentation gives and the server does not know (validation.md 2.4). */
static const char *documented(struct str name)
{
	static const char *const pairs[][2] = {{"url_path", "path"},
					       {"ehlo_domain", "helo_domain"},
					       {"auth_as", "authenticated_as"},
					       {"config_get", "system or a literal"}};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (str_eq_c(name, pairs[i][0]))
			return pairs[i][1];
	return NULL;
}

/* The documentation writes metrics as variables, with "_" for whatever parts their words. */
static const char *metric_named(const struct schema *schema, struct str name)
{
	const struct schema_enum *metrics = schema_enum_find(schema, STR("MetricType"));

	for (uint16_t i = 0; metrics && i < metrics->count; i++) {
		const char *p = metrics->members[i].name;
		size_t n = 0;

		while (n < name.n && p[n] &&
		       (p[n] == name.p[n] || (name.p[n] == '_' && (p[n] == '-' || p[n] == '.'))))
			n++;
		if (n == name.n && !p[n])
			return p;
	}
	return NULL;
}

static void hint_name(struct reading *r, struct str name)
{
	const char *real = documented(name), *metric = metric_named(r->scope->names.schema, name);
	struct suggestion best;
	uint64_t bytes;

	if (scalar_size(name, &bytes) == SCALAR_OK) {
		(void)snprintf(r->hint, sizeof(r->hint), "expressions have no sizes: write %llu",
			       (unsigned long long)bytes);
		return;
	}
	if (metric) {
		(void)snprintf(r->hint, sizeof(r->hint), "write metric('%s')", metric);
		return;
	}
	suggest_start(&best, name);
	offer_group(&best, r->scope->variables, r->scope->names.variables);
	offer_group(&best, r->scope->constants, r->scope->names.constants);
	if (real || best.best.n)
		(void)snprintf(r->hint, sizeof(r->hint), "did you mean '%.*s'?",
			       real ? (int)strlen(real) : (int)best.best.n,
			       real ? real : best.best.p);
	else
		(void)snprintf(r->hint, sizeof(r->hint), "a text stands in quotes: '%.*s'",
			       (int)(name.n < 60 ? name.n : 60), name.p);
}

/* What a place knows, where that is a short list. */
static void hint_group(struct reading *r, const struct schema_group *group)
{
	int n = snprintf(r->hint, sizeof(r->hint), "known here:");

	for (uint16_t i = 0; i < group->count && n > 0 && (size_t)n < sizeof(r->hint); i++)
		n += snprintf(r->hint + n, sizeof(r->hint) - (size_t)n, "%s %s", i ? "," : "",
			      group->members[i]);
	if (n < 0 || (size_t)n >= sizeof(r->hint))
		r->hint[0] = '\0';
}

static void read_name(struct reading *r, const struct expr *e)
{
	const struct expression_scope *scope = r->scope;
	uint32_t end = e->begin + (uint32_t)e->text.n, begin = e->begin;
	int64_t number;

	if (e->parens) { /* the name itself, not what is around it */
		begin = (uint32_t)(e->text.p - r->text.p);
		end = begin + (uint32_t)e->text.n;
	}
	if (stw_function_find(e->text)) {
		report(r, DIAG_EXPRESSION_ARITY, begin, end,
		       "the function %.*s needs its arguments", STR_ARG(e->text));
		return;
	}
	switch (expression_name(&scope->names, e->text, &number)) {
	case EXPRESSION_VARIABLE:
		if (allowed(scope->variables, e->text))
			return;
		if (e->text.n == r->text.n) /* nothing else: the name of something */
			(void)snprintf(r->hint, sizeof(r->hint), "a text stands in quotes: '%.*s'",
				       STR_ARG(e->text));
		else
			hint_group(r, scope->variables);
		report(r, DIAG_EXPRESSION_CONTEXT, begin, end,
		       "the variable '%.*s' is not known at this stage", STR_ARG(e->text));
		return;
	case EXPRESSION_WORD:
		if (allowed(scope->constants, e->text))
			return;
		hint_group(r, scope->constants);
		report(r, DIAG_EXPRESSION_CONTEXT, begin, end,
		       "the constant '%.*s' is not one of this field", STR_ARG(e->text));
		return;
	case EXPRESSION_DURATION: return;
	case EXPRESSION_NO_NAME: break;
	}
	hint_name(r, e->text);
	report(r, DIAG_EXPRESSION_NAME, begin, end, "there is no variable or constant '%.*s'",
	       (int)(e->text.n < 80 ? e->text.n : 80), e->text.p);
}

/* ---- calls ---- */

/* The one that has to be a literal, and what the server reads it from. */
static const struct expr *literal_argument(struct reading *r, const struct expr *e, unsigned arity)
{
	const struct expr *first = e->first;

	if (e->apart) {
		report(r, DIAG_EXPRESSION_SYNTAX, e->begin, e->name_end,
		       "no blank may stand between %.*s and its parenthesis", STR_ARG(e->text));
		return NULL;
	}
	if (e->count != arity) {
		report(r, DIAG_EXPRESSION_ARITY, e->begin, e->end,
		       "%.*s takes %u argument%s, not %u", STR_ARG(e->text), arity,
		       arity == 1 ? "" : "s", (unsigned)e->count);
		return NULL;
	}
	if (first->kind == EXPR_STRING && !first->parens)
		return first;
	report(r, DIAG_EXPRESSION_SYNTAX, first->begin, first->end,
	       "the first argument of %.*s is a text in quotes, known when the server starts",
	       STR_ARG(e->text));
	return NULL;
}

static void read_pattern(struct reading *r, const struct expr *e)
{
	struct str pattern = expression_pattern(e, r->text);
	struct regex_fault fault;
	const struct regex *regex;
	uint32_t from = e->first->begin + 1;
	enum regex_status status = regex_get(r->scope->regexes, pattern, &regex, &fault);

	if (status == REGEX_OK)
		return;
	if (status == REGEX_UNSUPPORTED) {
		bool ok = r->ok;

		report(r, DIAG_EXPRESSION_REGEX_UNSUPPORTED, from + (uint32_t)fault.begin,
		       from + (uint32_t)fault.end, "%s", fault.text);
		r->ok = ok;
		return;
	}
	if (status == REGEX_NO_MEMORY) {
		r->arena->failed = true;
		r->ok = false;
		return;
	}
	report(r, DIAG_EXPRESSION_REGEX, from + (uint32_t)fault.begin, from + (uint32_t)fault.end,
	       "%s", fault.text);
}

static void read_system(struct reading *r, const struct expr *e)
{
	if (!stw_system_find(e->text)) {
		(void)snprintf(r->hint, sizeof(r->hint),
			       "domain, hostname, node_id, node_hostname and node_role are");
		report(r, DIAG_EXPRESSION_NAME, e->begin, e->end, "'%.*s' is no system value",
		       (int)(e->text.n < 60 ? e->text.n : 60), e->text.p);
	}
}

static void read_metric(struct reading *r, const struct expr *e)
{
	const struct schema_enum *metrics =
		schema_enum_find(r->scope->names.schema, STR("MetricType"));
	struct suggestion best;

	if (!metrics || schema_enum_member_find(metrics, e->text))
		return;
	suggest_start(&best, e->text);
	offer_group(&best, NULL, metrics);
	if (best.best.n)
		(void)snprintf(r->hint, sizeof(r->hint), "did you mean '%.*s'?",
			       STR_ARG(best.best));
	report(r, DIAG_EXPRESSION_NAME, e->begin, e->end, "there is no metric '%.*s'",
	       (int)(e->text.n < 80 ? e->text.n : 80), e->text.p);
}

/* The three whose first argument is read before anything runs; false: it is another function. */
static bool read_special(struct reading *r, const struct expr *e)
{
	bool matches = str_eq(e->text, STR("matches"));
	bool metric = str_eq(e->text, STR("metric"));
	const struct expr *literal;

	if (!matches && !metric && !str_eq(e->text, STR("system")))
		return false;
	literal = literal_argument(r, e, matches ? 2 : 1);
	if (!literal)
		return true;
	if (matches)
		read_pattern(r, e);
	else if (metric)
		read_metric(r, literal);
	else
		read_system(r, literal);
	return true;
}

static void no_function(struct reading *r, const struct expr *e)
{
	const char *real = documented(e->text);
	struct suggestion best;
	size_t count;
	const struct stw_function_info *functions = stw_functions(&count);

	suggest_start(&best, e->text);
	for (size_t i = 0; i < count; i++)
		suggest_offer(&best, str_c(functions[i].name));
	suggest_offer(&best, STR("matches"));
	suggest_offer(&best, STR("system"));
	suggest_offer(&best, STR("metric"));
	if (real)
		(void)snprintf(r->hint, sizeof(r->hint), "use %s", real);
	else if (best.best.n)
		(void)snprintf(r->hint, sizeof(r->hint), "did you mean '%.*s'?",
			       STR_ARG(best.best));
	report(r, DIAG_EXPRESSION_NAME, e->begin, e->name_end, "there is no function '%.*s'",
	       (int)(e->text.n < 80 ? e->text.n : 80), e->text.p);
}

static void read_call(struct reading *r, const struct expr *e)
{
	const struct stw_function_info *function = stw_function_find(e->text);
	uint32_t begin = (uint32_t)(e->text.p - r->text.p);

	if (read_special(r, e))
		return;
	if (!function) {
		no_function(r, e);
		return;
	}
	if (e->count == function->arity)
		return;
	if (e->count == 2 && function->arity == 1 && function->waits)
		(void)snprintf(r->hint, sizeof(r->hint),
			       "since 0.16 the directory is left out: only the %s",
			       function->number == STW_FUNCTION_IS_LOCAL_DOMAIN ? "domain"
										: "address");
	report(r, DIAG_EXPRESSION_ARITY, begin, e->name_end, "%s takes %u argument%s, not %u",
	       function->name, function->arity, function->arity == 1 ? "" : "s",
	       (unsigned)e->count);
}

/* The server takes brackets behind a constant or a duration for a list of its own. */
static void read_index(struct reading *r, const struct expr *e)
{
	const struct expr *of = e->first;
	int64_t number;

	if (of->kind != EXPR_NAME || of->parens ||
	    expression_name(&r->scope->names, of->text, &number) == EXPRESSION_VARIABLE ||
	    expression_name(&r->scope->names, of->text, &number) == EXPRESSION_NO_NAME)
		return;
	report(r, DIAG_EXPRESSION_SYNTAX, of->begin, of->end, "'%.*s' has no members",
	       STR_ARG(of->text));
}

static void read_tree(struct reading *r, const struct expr *e)
{
	const struct expr *member;

	switch ((enum expr_kind)e->kind) {
	case EXPR_NAME: read_name(r, e); break;
	case EXPR_CALL: read_call(r, e); break;
	case EXPR_INDEX: read_index(r, e); break;
	case EXPR_INTEGER:
	case EXPR_FLOAT:
	case EXPR_STRING:
	case EXPR_GLOBAL:
	case EXPR_CAPTURE:
	case EXPR_LIST:
	case EXPR_UNARY:
	case EXPR_BINARY: break;
	}
	for (member = e->first; member; member = member->next)
		read_tree(r, member);
}

/* What stands behind the end is no mistake to the server, and surely one to whoever wrote it. */
static void read_tail(struct reading *r, const struct expr_parsed *parsed)
{
	uint32_t end = (uint32_t)r->text.n;
	bool ok = r->ok;

	if (parsed->end + 1 < end)
		report(r, DIAG_EXPRESSION_TAIL, parsed->end, end,
		       "'}' ends the expression; what follows is not read");
	r->ok = ok;
}

const struct expr *expression_read(const struct expression_scope *scope, struct arena *arena,
				   struct str text)
{
	struct reading r = {.scope = scope, .text = text, .arena = arena, .ok = true};
	struct expr_parsed parsed;
	struct expr_error error;

	if (text.n > STW_LIMIT_EXPRESSION) {
		report(&r, DIAG_EXPRESSION_LIMIT, 0, 1, "an expression has at most %u bytes",
		       STW_LIMIT_EXPRESSION);
		return NULL;
	}
	if (!expr_parse(arena, text, STW_LIMIT_EXPR_DEPTH, &parsed, &error)) {
		if (error.fault == EXPR_NO_MEMORY) {
			arena->failed = true;
			return NULL;
		}
		report(&r,
		       error.fault == EXPR_TOO_DEEP ? DIAG_EXPRESSION_LIMIT
						    : DIAG_EXPRESSION_SYNTAX,
		       error.begin, error.end, "%s", error.text);
		return NULL;
	}
	read_tree(&r, parsed.root);
	read_tail(&r, &parsed);
	return r.ok ? parsed.root : NULL;
}
