/* Every expression of the configuration: read, judged, compiled, with its mistakes at their token.
 */
#include "stwc/check/expression.h"
#include "stwc/defaults.h"

struct diag *expression_report(const struct expression_part *part, enum diag_code code,
			       uint32_t begin, uint32_t end, struct str message)
{
	const struct rule *rule = part->rule;
	/* a part of the default has no place of its own; the object that leaves it so has one */
	struct span span = part->value->span.source
				   ? rule_span(rule->c, part->value, begin, end - begin)
				   : rule->object->span;
	struct diag *diag = diag_add(&rule->c->diags, code, span, "%.*s", STR_ARG(message));

	if (diag_kept(&rule->c->diags, diag))
		path_place(rule->c, diag, rule->object, part->path);
	return diag;
}

static void report(void *ctx, enum diag_code code, uint32_t begin, uint32_t end, struct str message,
		   struct str hint)
{
	const struct expression_part *part = ctx;
	struct diag *diag = expression_report(part, code, begin, end, message);

	if (hint.n)
		diag_hint(&part->rule->c->diags, diag, "%.*s", STR_ARG(hint));
}

/* The tree of a text; NULL: it was reported, or is not there. */
static const struct expr *read_part(const struct rule *rule, const struct value *value,
				    const struct path *path, bool result)
{
	struct expression_part part = {rule, value, path};
	struct expression_scope scope = {.names = rule->c->state->names,
					 .regexes = rule->c->state->regexes,
					 .report = report,
					 .ctx = &part};
	const struct expr *tree;

	expression_scope_of(rule->field, &scope);
	tree = expression_read(&scope, &rule->c->scratch, value->string);
	check_near(rule->c, value->span, "bytes of an expression", value->string.n,
		   STW_LIMIT_EXPRESSION);
	if (tree)
		check_near(rule->c, value->span, "parts of an expression inside each other",
			   tree->height, STW_LIMIT_EXPR_DEPTH);
	if (tree && result)
		expression_judge(&part, tree);
	if (tree)
		expression_compare(&part, tree);
	return tree;
}

/* One condition and its result, into the code. */
static bool read_case(const struct rule *rule, const struct value *value, const struct path *path,
		      struct expression_code *code)
{
	const struct value *when = value_field_get(&value->object, "if");
	const struct value *then = value_field_get(&value->object, "then");
	struct path when_path = {.up = path, .name = STR("if")};
	struct path then_path = {.up = path, .name = STR("then")};
	const struct expr *condition = NULL, *result = NULL;

	/* what is missing or empty was said when it was bound */
	if (expression_is_text(when))
		condition = read_part(rule, when, &when_path, false);
	if (expression_is_text(then))
		result = read_part(rule, then, &then_path, true);
	if (!condition || !result)
		return false;
	expression_code_case(code, condition, when->string, result, then->string);
	return true;
}

static bool read_cases(const struct rule *rule, const struct value *match,
		       struct expression_code *code)
{
	struct path list = {.up = rule->path, .name = STR("match")};
	bool ok = true;

	for (size_t i = 0; match && i < match->sequence.count; i++) {
		struct path place = {.up = &list, .index = i};

		ok &= read_case(rule, match->sequence.items[i], &place, code);
	}
	return ok;
}

static bool read_else(const struct rule *rule, const struct value *value,
		      struct expression_code *code)
{
	const struct value *otherwise = value_field_get(&value->object, "else");
	struct path here = {.up = rule->path, .name = STR("else")};
	const struct expr *tree;

	/* without one the expression is wholly empty, or that was said when it was bound (1.8) */
	if (!expression_is_text(otherwise))
		return false;
	tree = read_part(rule, otherwise, &here, true);
	if (tree)
		expression_code_case(code, NULL, STR_NONE, tree, otherwise->string);
	return tree != NULL;
}

/* The program of a whole expression, which the arena of the compilation has. */
static bool keep_program(const struct rule *rule, struct str program)
{
	struct compile_state *state = rule->c->state;

	if (!state_grow((void **)&state->expressions, &state->expression_cap,
			state->expression_count, sizeof(*state->expressions)))
		return false;
	state->expressions[state->expression_count++] = (struct compiled_expression){
		rule->object, rule_fields(rule->body)->number, rule->field->number, program};
	return true;
}

/* The else of the default, which is what stands where a table has none of its own. */
static void add_default_else(const struct rule *rule, struct expression_code *code)
{
	struct compilation *c = rule->c;
	const struct value *whole = defaults_field(c, rule_fields(rule->body), rule->field);
	const struct value *text = whole && whole->kind == VALUE_OBJECT
					   ? value_field_get(&whole->object, "else")
					   : NULL;
	struct expr_parsed parsed;
	struct expr_error error;

	if (expression_is_text(text) &&
	    expr_parse(&c->scratch, text->string, STW_LIMIT_EXPR_DEPTH, &parsed, &error))
		expression_code_case(code, NULL, STR_NONE, parsed.root, text->string);
}

/* `ok`: every part was right. *program: what was compiled then. False: out of memory. */
static bool finish(const struct rule *rule, const struct value *value, struct expression_code *code,
		   bool ok, struct str *program)
{
	struct buf bytes = BUF_INIT;
	struct compilation *c = rule->c;

	check_near(c, value->span, "conditions of an expression", code->branches,
		   STW_LIMIT_EXPR_BRANCHES);
	check_near(c, value->span, "values at a time in an expression", code->stack,
		   STW_LIMIT_EXPR_STACK);
	check_near(c, value->span, "constants of an expression", code->constant_count,
		   STW_LIMIT_EXPR_CONSTANTS);
	check_near(c, value->span, "bytes of code of an expression", code->code.n,
		   STW_LIMIT_EXPR_CODE);
	*program = STR_NONE;
	if (expression_code_end(code, &bytes)) {
		/* an update of what lies elsewhere is in no image */
		if (ok && rule->whole)
			*program = arena_str(&c->arena, buf_str(&bytes));
		ok = !ok || !rule->whole || (program->p && keep_program(rule, *program));
	} else if (code->over) {
		(void)rule_error(rule, DIAG_EXPRESSION_LIMIT, value,
				 "the expression needs more code, constants or stack than there "
				 "may be");
		ok = true;
	}
	buf_free(&bytes);
	return ok;
}

static bool prepare(struct compilation *c)
{
	if (!c->state->regexes) {
		c->state->names = expression_names_of(c->schema);
		c->state->regexes = regex_cache_new(&c->hash_key);
	}
	return c->state->regexes;
}

/* *program: as finish leaves it. False: out of memory. */
static bool compile(const struct rule *rule, const struct value *value, struct str *program)
{
	struct compilation *c = rule->c;
	struct expression_code code;
	bool ok;

	expression_code_begin(&code, &c->state->names, &c->scratch, &c->hash_key);
	ok = read_cases(rule, value_field_get(&value->object, "match"), &code);
	if (!value_field_get(&value->object, "else") &&
	    schema_default_has(rule->field, STR("else")))
		add_default_else(rule, &code);
	else
		ok &= read_else(rule, value, &code);
	return finish(rule, value, &code, ok, program) && !c->scratch.failed;
}

void rule_expression(const struct rule *rule, const struct value *value)
{
	struct compilation *c = rule->c;
	uint64_t reported = c->diags.reported;
	struct buf key = BUF_INIT;
	const struct str *known = NULL;
	struct str program;
	bool keyed, ok;

	if (value->kind != VALUE_OBJECT)
		return;
	keyed = expression_memo_key(rule, value, &key);
	if (keyed)
		known = expression_memo_get(c, &key);
	if (known) {
		ok = keep_program(rule, *known);
	} else {
		ok = prepare(c) && compile(rule, value, &program);
		if (ok && keyed && program.p && c->diags.reported == reported)
			ok = expression_memo_put(c, &key, program);
	}
	/* the arena remembers what failed, for the end of the compilation */
	if (!ok || key.failed)
		c->arena.failed = true;
	buf_free(&key);
	arena_reset(&c->scratch);
}

static const struct expr *parse(struct compilation *c, const struct value *text)
{
	struct expr_parsed parsed;
	struct expr_error error;

	if (!expression_is_text(text) ||
	    !expr_parse(&c->scratch, text->string, STW_LIMIT_EXPR_DEPTH, &parsed, &error))
		return NULL;
	return parsed.root;
}

static bool add_cases(struct compilation *c, const struct value *match,
		      struct expression_code *code)
{
	for (size_t i = 0; match && i < match->sequence.count; i++) {
		const struct value_object *at = &match->sequence.items[i]->object;
		const struct value *when = value_field_get(at, "if");
		const struct value *then = value_field_get(at, "then");
		const struct expr *condition = parse(c, when), *result = parse(c, then);

		if (!condition || !result)
			return false;
		expression_code_case(code, condition, when->string, result, then->string);
	}
	return true;
}

struct str expression_program(struct compilation *c, const struct value_object *expression)
{
	const struct value *otherwise = value_field_get(expression, "else");
	struct expression_names names;
	struct expression_code code;
	struct buf program = BUF_INIT;
	struct str kept = STR_NONE;
	const struct expr *tree;
	bool ok;

	/* the schema of an image may leave out what only texts name */
	names = expression_names_of(c->schema);
	if (!names.variables)
		names = expression_names_of(&schema_builtin);
	expression_code_begin(&code, &names, &c->scratch, &c->hash_key);
	ok = add_cases(c, value_field_get(expression, "match"), &code);
	tree = ok ? parse(c, otherwise) : NULL;
	if (tree)
		expression_code_case(&code, NULL, STR_NONE, tree, otherwise->string);
	ok = expression_code_end(&code, &program);
	if (ok && tree)
		kept = arena_str(&c->arena, buf_str(&program));
	if (c->scratch.failed || (!ok && !code.over))
		c->arena.failed = true; /* there was no memory */
	buf_free(&program);
	arena_reset(&c->scratch);
	return kept;
}
