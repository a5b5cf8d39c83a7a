/* Expressions: what is accepted compiles to sound code, sound code runs without damage, and
 * unsound code is refused or stopped. */
#include "fuzz.h"

#include <string.h>

#include "stwc/eval.h"

static struct interp_value some_text(void)
{
	return (struct interp_value){.kind = INTERP_TEXT, .text = STR("jane@example.org")};
}

static void give_variable(void *ctx, uint16_t number, struct interp_value *out)
{
	(void)ctx;
	*out = some_text();
	if (number % 3 == 0)
		*out = (struct interp_value){.kind = INTERP_INTEGER, .integer = number};
}

static void give_global(void *ctx, struct str name, struct interp_value *out)
{
	(void)ctx;
	*out = (struct interp_value){.kind = INTERP_TEXT, .text = name};
}

static bool is_sound(const struct interp_value *value, unsigned depth)
{
	if (value->kind > INTERP_WORD || depth > STW_LIMIT_EXPR_DEPTH)
		return false;
	for (size_t i = 0; value->kind == INTERP_LIST && i < value->list.count; i++)
		if (!is_sound(&value->list.items[i], depth + 1))
			return false;
	return true;
}

/* Look-ups find a list first, then texts. */
static void run(struct eval *e, struct stw_bytes program, bool sound)
{
	const struct interp_source from = {give_variable, give_global, NULL, give_global, NULL};
	struct interp_value items[2] = {some_text(), {.kind = INTERP_FLOAT, .number = 2.5}};
	struct interp_value answer = {.kind = INTERP_LIST, .list = {items, 2}};
	struct buf out = BUF_INIT;
	struct interp run;

	interp_start(&run, program, &from, e->regexes);
	while (interp_run(&run) == INTERP_WAIT) {
		FUZZ_WANT(run.call.function && run.call.function->waits);
		interp_answer(&run, &answer);
		answer = some_text();
	}
	FUZZ_WANT(!sound || run.status != INTERP_DAMAGED);
	if (run.status == INTERP_DONE) {
		FUZZ_WANT(is_sound(&run.result, 0));
		interp_print(&out, &run.result);
	}
	FUZZ_WANT(run.budget.memory <= STW_LIMIT_EXPR_MEMORY &&
		  run.budget.work <= STW_LIMIT_EXPR_WORK);
	buf_free(&out);
	interp_end(&run);
}

void fuzz_expression(const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data, n};
	struct stw_bytes program;
	struct eval e;

	FUZZ_WANT(eval_init(&e, NULL));
	if (eval_compile(&e, text, &program)) {
		FUZZ_WANT(stw_program_check(program) == NULL);
		run(&e, program, true);
	} else {
		/* the place of a mistake lies in the text */
		FUZZ_WANT(e.diags.count || e.fault[0]);
		for (size_t i = 0; i < e.diags.count; i++)
			FUZZ_WANT(e.diags.all[i].span.begin <= e.diags.all[i].span.end &&
				  e.diags.all[i].span.end <= n);
	}
	eval_free(&e);
}

void fuzz_program(const uint8_t *data, size_t n)
{
	struct stw_bytes program = {data, n};
	struct eval e;

	FUZZ_WANT(eval_init(&e, NULL));
	run(&e, program, stw_program_check(program) == NULL);
	eval_free(&e);
}

/* Up to the first line end the pattern, behind it what it is tried on. */
void fuzz_regex(const uint8_t *data, size_t n)
{
	const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
	struct str pattern = {(const char *)data, end ? (size_t)(end - data) : n};
	struct str text = str_from((struct str){(const char *)data, n}, pattern.n + 1);
	struct regex_group groups[4] = {{0, 0}};
	const struct regex *regex;
	struct regex_fault fault;
	struct eval e;
	int found;

	FUZZ_WANT(eval_init(&e, NULL));
	if (regex_get(e.regexes, pattern, &regex, &fault) == REGEX_OK) {
		found = regex_match(e.regexes, regex, text, groups, ARRAY_LEN(groups));
		for (int i = 0; i < found && i < (int)ARRAY_LEN(groups); i++)
			FUZZ_WANT(groups[i].begin <= groups[i].end && groups[i].end <= text.n);
	} else {
		FUZZ_WANT(fault.begin <= fault.end && fault.end <= pattern.n && fault.text[0]);
	}
	eval_free(&e);
}
