#include "stwc/eval.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/suggest.h"

static bool fail(struct eval *e, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct eval *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(e->fault, sizeof(e->fault), format, args); /* cut is fine */
	va_end(args);
	return false;
}

static bool no_memory(struct eval *e)
{
	e->no_memory = true;
	return fail(e, "out of memory");
}

bool eval_init(struct eval *e, struct view *view)
{
	*e = (struct eval){.view = view};
	arena_init(&e->arena, 16 * 1024);
	sources_init(&e->sources, &e->arena);
	diags_init(&e->diags, &e->arena);
	if (!hash_key_random(&e->key))
		return no_memory(e);
	map_init(&e->values, &e->key, &e->arena);
	map_init(&e->answers, &e->key, &e->arena);
	map_init(&e->unknown, &e->key, &e->arena);
	e->regexes = regex_cache_new(&e->key);
	return e->regexes || no_memory(e);
}

void eval_free(struct eval *e)
{
	for (struct eval_run *run = e->runs; run; run = run->before)
		interp_end(&run->interp);
	regex_cache_free(e->regexes);
	arena_free(&e->arena);
}

/* ---- texts to programs ---- */

struct reading {
	struct eval *e;
	uint32_t source; /* 0: mistakes are not told */
};

static void report(void *ctx, enum diag_code code, uint32_t begin, uint32_t end, struct str message,
		   struct str hint)
{
	const struct reading *r = ctx;
	struct diag *diag;

	if (!r->source)
		return;
	diag = diag_add(&r->e->diags, code, (struct span){r->source, begin, end}, "%.*s",
			STR_ARG(message));
	if (hint.n)
		diag_hint(&r->e->diags, diag, "%.*s", STR_ARG(hint));
}

static bool make_program(struct eval *e, struct expression_scope *scope, struct str text,
			 struct stw_bytes *out)
{
	const struct expr *tree = expression_read(scope, &e->arena, text);
	struct expression_code code;
	struct buf program = BUF_INIT;
	struct str kept = STR_NONE;

	if (!tree)
		return false;
	expression_code_begin(&code, &scope->names, &e->arena, &e->key);
	expression_code_case(&code, NULL, STR_NONE, tree, text);
	if (expression_code_end(&code, &program))
		kept = arena_str(&e->arena, buf_str(&program));
	buf_free(&program);
	if (!kept.p)
		return code.over ? fail(e, "the expression needs more code or stack than there "
					   "may be")
				 : no_memory(e);
	*out = (struct stw_bytes){(const uint8_t *)kept.p, kept.n};
	return true;
}

bool eval_compile(struct eval *e, struct str text, struct stw_bytes *out)
{
	struct reading r = {e, sources_add(&e->sources, STR("expression"), text)};
	struct expression_scope scope = {.names = expression_names_of(&schema_builtin),
					 .regexes = e->regexes,
					 .report = report,
					 .ctx = &r};

	return make_program(e, &scope, text, out) && diags_ok(&e->diags);
}

/* ---- running ---- */

static void note_unknown(struct eval *e, struct str name)
{
	struct str kept = arena_str(&e->arena, name);

	if (!kept.p || !map_put(&e->unknown, kept, e))
		(void)no_memory(e);
}

static void get_value(struct eval *e, struct str name, struct interp_value *out)
{
	const struct interp_value *value = map_get(&e->values, name);

	if (value)
		*out = *value;
	else
		note_unknown(e, name);
}

static void get_variable(void *ctx, uint16_t number, struct interp_value *out)
{
	const struct schema_enum *all =
		schema_enum_find(&schema_builtin, STR("ExpressionVariable"));
	const struct schema_enum_member *member =
		all ? schema_enum_member_numbered(all, number) : NULL;

	if (member)
		get_value(ctx, str_c(member->name), out);
}

static void get_global(void *ctx, struct str name, struct interp_value *out)
{
	struct eval *e = ctx;

	get_value(e, arena_printf(&e->arena, "$%.*s", STR_ARG(name)), out);
}

/* The answer to a call with these arguments, or of every call. */
static const struct interp_value *find_answer(struct eval *e, struct str function, struct str call)
{
	const struct interp_value *answer = map_get(&e->answers, call);

	return answer ? answer : map_get(&e->answers, function);
}

static void get_named(struct eval *e, const char *function, struct str name,
		      struct interp_value *out)
{
	struct str call = arena_printf(&e->arena, "%s('%.*s')", function, STR_ARG(name));
	const struct interp_value *answer = find_answer(e, str_c(function), call);

	if (answer)
		*out = *answer;
	else
		note_unknown(e, call);
}

static void get_system(void *ctx, enum stw_system number, struct interp_value *out)
{
	struct eval *e = ctx;
	struct str name = str_c(stw_system_name(number));
	struct str call = arena_printf(&e->arena, "system('%.*s')", STR_ARG(name));

	if (e->view && !find_answer(e, STR("system"), call))
		eval_config_system(e, number, out);
	if (out->kind == INTERP_TEXT && !out->text.n)
		get_named(e, "system", name, out);
}

static void get_metric(void *ctx, struct str name, struct interp_value *out)
{
	get_named(ctx, "metric", name, out);
}

/* A call as the key of its answer: arguments that are no lists by their text, so that 5 is '5'. */
static struct str call_text(struct eval *e, const char *function,
			    const struct interp_value *arguments, size_t count)
{
	struct buf out = BUF_INIT;
	struct str kept;

	buf_printf(&out, "%s(", function);
	for (size_t i = 0; i < count; i++) {
		struct buf one = BUF_INIT;
		bool quote = arguments[i].kind != INTERP_TEXT && arguments[i].kind != INTERP_LIST;

		interp_print(&one, &arguments[i]);
		buf_printf(&out, "%s%s%.*s%s", i ? ", " : "", quote ? "'" : "",
			   STR_ARG(buf_str(&one)), quote ? "'" : "");
		e->no_memory = e->no_memory || one.failed;
		buf_free(&one);
	}
	buf_putc(&out, ')');
	e->no_memory = e->no_memory || out.failed;
	kept = arena_str(&e->arena, buf_str(&out));
	buf_free(&out);
	return kept;
}

bool eval_look_up(struct eval *e, const struct interp_call *call, struct interp_value *out)
{
	const char *name = call->function->name;
	struct str text = call_text(e, name, call->arguments, call->function->arity);
	const struct interp_value *answer = find_answer(e, str_c(name), text);
	int shown = text.n < 120 ? (int)text.n : 120;

	if (answer)
		*out = *answer;
	else if (e->view && eval_config_call(e, call, out))
		return true;
	else if (e->file)
		return fail(e, "what %.*s would find is not known here: answers.%s says it", shown,
			    text.p, name);
	else
		return fail(e,
			    "what %.*s would find is not known here: say it with --answer \"%s=…\"",
			    shown, text.p, name);
	return true;
}

static bool answer_call(struct eval *e, struct interp *run)
{
	struct interp_value value = {.kind = INTERP_TEXT};

	if (!eval_look_up(e, &run->call, &value))
		return false;
	interp_answer(run, &value);
	return true;
}

static bool outcome(struct eval *e, enum interp_status status)
{
	switch (status) {
	case INTERP_DONE: return true;
	case INTERP_WAIT: break; /* the fault was set */
	case INTERP_DAMAGED: return fail(e, "the program is damaged");
	case INTERP_LIMIT: return fail(e, "the expression takes more steps or memory than it may");
	case INTERP_REGEX: return fail(e, "a regular expression is more than stw can run");
	case INTERP_NO_MEMORY: return no_memory(e);
	}
	return false;
}

bool eval_run(struct eval *e, struct stw_bytes program, struct interp_value *result,
	      unsigned *branch)
{
	const struct interp_source from = {get_variable, get_global, get_system, get_metric, e};
	struct eval_run *run = ARENA_NEW(&e->arena, struct eval_run);

	if (!run)
		return no_memory(e);
	run->before = e->runs;
	e->runs = run;
	interp_start(&run->interp, program, &from, e->regexes);
	while (interp_run(&run->interp) == INTERP_WAIT)
		if (!answer_call(e, &run->interp))
			return false;
	if (!outcome(e, run->interp.status))
		return false;
	*result = run->interp.result;
	*branch = run->interp.branch;
	return true;
}

/* ---- values that were given ---- */

/* Does the text begin as a value of the language does? Else it is text as it stands. */
static bool is_written(struct str text)
{
	return str_eq(text, STR("true")) || str_eq(text, STR("false")) ||
	       (text.n && strchr("'\"[-0123456789", text.p[0]));
}

static struct interp_value *new_value(struct eval *e, struct interp_value value)
{
	struct interp_value *kept = ARENA_NEW(&e->arena, struct interp_value);

	if (kept)
		*kept = value;
	return kept;
}

static struct interp_value *read_value(struct eval *e, struct str text)
{
	static const struct schema_group none = {.name = "none"};
	struct reading silent = {e, 0};
	struct expression_scope scope = {.names = expression_names_of(&schema_builtin),
					 .variables = &none,
					 .regexes = e->regexes,
					 .report = report,
					 .ctx = &silent};
	struct interp_value value = {.kind = INTERP_TEXT, .text = text};
	struct stw_bytes program;
	unsigned branch;

	while (text.n && text.p[0] == ' ')
		text = str_from(text, 1);
	if (!is_written(text))
		return new_value(e, value);
	if (make_program(e, &scope, text, &program))
		return eval_run(e, program, &value, &branch) ? new_value(e, value) : NULL;
	/* 192.0.2.1 is no number, and text therefore; a quote that nothing closes is a mistake */
	if (strchr("'\"[", text.p[0])) {
		(void)fail(e,
			   "'%.*s' is no value: quotes and brackets are closed, and nothing "
			   "follows them",
			   STR_ARG(text));
		return NULL;
	}
	return new_value(e, value);
}

static bool keep(struct eval *e, struct map *map, struct str name, struct interp_value *value)
{
	if (!value)
		return e->fault[0] ? false : no_memory(e);
	return map_put(map, name, value) || no_memory(e);
}

bool eval_set(struct eval *e, struct str name, const struct interp_value *value)
{
	const struct schema_enum *all =
		schema_enum_find(&schema_builtin, STR("ExpressionVariable"));
	struct suggestion best;

	if ((name.n && name.p[0] == '$') || (all && schema_enum_member_find(all, name)))
		return keep(e, &e->values, name, new_value(e, *value));
	suggest_start(&best, name);
	for (uint16_t i = 0; all && i < all->count; i++)
		suggest_offer(&best, str_c(all->members[i].name));
	if (best.best.n)
		return fail(e, "no variable is called '%.*s' (did you mean '%.*s'?)", STR_ARG(name),
			    STR_ARG(best.best));
	return fail(e, "no variable is called '%.*s'", STR_ARG(name));
}

bool eval_with(struct eval *e, struct str assignment)
{
	const char *equals = memchr(assignment.p, '=', assignment.n);
	struct str name = {assignment.p, equals ? (size_t)(equals - assignment.p) : 0};
	const struct interp_value *value;

	if (!name.n)
		return fail(e, "--with takes NAME=VALUE, not '%.*s'", STR_ARG(assignment));
	value = read_value(e, str_from(assignment, name.n + 1));
	return value ? eval_set(e, name, value) : keep(e, &e->values, name, NULL);
}

static bool can_be_answered(struct str name)
{
	const struct stw_function_info *function = stw_function_find(name);

	return (function && function->waits) || str_eq(name, STR("system")) ||
	       str_eq(name, STR("metric"));
}

static bool is_lookup(struct eval *e, struct str name)
{
	return can_be_answered(name) || fail(e, "%.*s is no function that looks something up",
					     name.n < 60 ? (int)name.n : 60, name.p);
}

/* The call left of the equals sign as the key of its answer. */
static bool answer_key(struct eval *e, const struct expr *call, struct str text, struct str *out)
{
	struct interp_value arguments[INTERP_ARGUMENTS];
	size_t count = 0;
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(call->text));
	if (!is_lookup(e, call->text))
		return false;
	for (const struct expr *member = call->first; member; member = member->next) {
		struct str part = {text.p + member->begin, member->end - member->begin};
		const struct interp_value *value;

		if (count == ARRAY_LEN(arguments))
			return fail(e, "%s takes at most %zu arguments", name, count);
		value = read_value(e, part);
		if (!value)
			return false;
		arguments[count++] = *value;
	}
	*out = call_text(e, name, arguments, count);
	return out->p || no_memory(e);
}

bool eval_answer(struct eval *e, struct str assignment)
{
	const char *equals = memchr(assignment.p, '=', assignment.n);
	struct str name = {assignment.p, equals ? (size_t)(equals - assignment.p) : 0};
	struct expr_parsed parsed;
	struct expr_error error;
	const struct expr *call, *value;
	struct str key, written;

	/* NAME=VALUE: whatever it is asked */
	if (name.n && !memchr(name.p, '(', name.n))
		return is_lookup(e, name) &&
		       keep(e, &e->answers, name, read_value(e, str_from(assignment, name.n + 1)));
	/* the whole reads as a comparison of a call with a value */
	if (!expr_parse(&e->arena, assignment, STW_LIMIT_EXPR_DEPTH, &parsed, &error) ||
	    parsed.root->kind != EXPR_BINARY || parsed.root->op != EXPR_EQ ||
	    parsed.root->first->kind != EXPR_CALL)
		return fail(
			e,
			"--answer takes FUNCTION(ARGUMENTS)=VALUE or FUNCTION=VALUE, with texts "
			"in quotes, not '%.*s'",
			STR_ARG(assignment));
	call = parsed.root->first;
	value = parsed.root->last;
	written = (struct str){assignment.p + value->begin, value->end - value->begin};
	return answer_key(e, call, assignment, &key) &&
	       keep(e, &e->answers, key, read_value(e, written));
}

bool eval_set_answer(struct eval *e, struct str call, const struct interp_value *value)
{
	struct expr_parsed parsed;
	struct expr_error error;
	struct str key = call;

	if (!memchr(call.p, '(', call.n))
		return is_lookup(e, call) && keep(e, &e->answers, call, new_value(e, *value));
	if (!expr_parse(&e->arena, call, STW_LIMIT_EXPR_DEPTH, &parsed, &error) ||
	    parsed.root->kind != EXPR_CALL)
		return fail(e, "'%.*s' is no call of a function, with texts in quotes",
			    STR_ARG(call));
	return answer_key(e, parsed.root, call, &key) &&
	       keep(e, &e->answers, key, new_value(e, *value));
}

/* The smallest room for members is one, so that an empty list has a place too. */
static bool list_of_node(struct eval *e, const struct node *node, struct interp_value *out)
{
	struct interp_value *items =
		ARENA_ARRAY(&e->arena, struct interp_value, node->list.count + 1);
	struct interp_value list = {.kind = INTERP_LIST, .depth = 1};

	if (!items)
		return no_memory(e);
	list.list.items = items;
	for (const struct node *member = node->list.first; member; member = member->next) {
		struct interp_value *item = &items[list.list.count++];

		if (!eval_of_node(e, member, item))
			return false;
		if (item->kind == INTERP_LIST && item->depth >= list.depth)
			list.depth = (uint16_t)(item->depth + 1);
	}
	if (list.depth > STW_LIMIT_EXPR_DEPTH)
		return fail(e, "lists are nested too deep");
	*out = list;
	return true;
}

bool eval_of_node(struct eval *e, const struct node *node, struct interp_value *out)
{
	int64_t integer;

	switch ((enum node_kind)node->kind) {
	case NODE_BOOL: *out = interp_of_bool(node->boolean); return true;
	case NODE_INT:
		if (!node_as_i64(node, &integer))
			return fail(e, "the number is larger than expressions have any");
		*out = interp_of_integer(integer);
		return true;
	case NODE_FLOAT: *out = interp_of_float(node->number); return true;
	case NODE_STRING: *out = interp_of_text(node->string); return true;
	case NODE_LIST: return list_of_node(e, node, out);
	case NODE_POISON:
	case NODE_NULL:
	case NODE_MAP: break;
	}
	return fail(e, "expressions have no value that is %s", node_kind_name(node));
}
