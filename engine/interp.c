/*
 * The machine that runs compiled expressions: fetch, dispatch, stack, jumps, and stops. Values and
 * functions are elsewhere (interp_value.h, interp_operators.h, interp_library.h); they spend the
 * budget of the run, which is asked after each step.
 */
#include "engine/interp.h"

#include "engine/interp_operators.h"
#include "libstw/scan.h"

/* The first reason to stop stays. */
static void stop(struct interp *run, enum interp_status status)
{
	if (run->status == INTERP_DONE)
		run->status = status;
}

/* ---- stack ---- */

static void push(struct interp *run, struct interp_value value)
{
	if (run->depth >= run->program.stack)
		stop(run, INTERP_DAMAGED);
	else
		run->stack[run->depth++] = value;
}

/* The empty text where the stack runs dry, which ends the run. */
static struct interp_value pop(struct interp *run)
{
	if (run->depth == 0) {
		stop(run, INTERP_DAMAGED);
		return interp_nothing();
	}
	return run->stack[--run->depth];
}

static const struct stw_constant *constant(struct interp *run, uint32_t number)
{
	if (number < run->program.constants)
		return &run->constants[number];
	stop(run, INTERP_DAMAGED);
	return NULL;
}

static struct str constant_text(struct interp *run, uint32_t number, enum stw_constant_kind kind)
{
	const struct stw_constant *found = constant(run, number);

	if (found && found->kind == kind)
		return found->text;
	stop(run, INTERP_DAMAGED);
	return STR_NONE;
}

static void push_constant(struct interp *run, uint32_t number)
{
	const struct stw_constant *found = constant(run, number);

	if (!found)
		return;
	switch ((enum stw_constant_kind)found->kind) {
	case STW_CONSTANT_INTEGER: push(run, interp_of_integer(found->integer)); return;
	case STW_CONSTANT_FLOAT: push(run, interp_of_float(found->number)); return;
	case STW_CONSTANT_TEXT: push(run, interp_of_text(found->text)); return;
	case STW_CONSTANT_WORD:
		push(run, (struct interp_value){
				  .kind = INTERP_WORD, .word = found->word, .text = found->text});
		return;
	case STW_CONSTANT_REGEX: break;
	}
	stop(run, INTERP_DAMAGED);
}

static void push_outside(struct interp *run, enum stw_op op, uint32_t operand)
{
	const struct interp_source *from = run->source;
	struct interp_value value = interp_nothing();
	struct str name = STR_NONE;

	if (op == STW_OP_GLOBAL || op == STW_OP_METRIC)
		name = constant_text(run, operand, STW_CONSTANT_TEXT);
	if (run->status != INTERP_DONE)
		return;
	if (op == STW_OP_VARIABLE && from->variable)
		from->variable(from->ctx, (uint16_t)operand, &value);
	else if (op == STW_OP_GLOBAL && from->global)
		from->global(from->ctx, name, &value);
	else if (op == STW_OP_METRIC && from->metric)
		from->metric(from->ctx, name, &value);
	else if (op == STW_OP_SYSTEM && !stw_system_name(operand))
		stop(run, INTERP_DAMAGED);
	else if (op == STW_OP_SYSTEM && from->system)
		from->system(from->ctx, (enum stw_system)operand, &value);
	push(run, value);
}

static void list(struct interp *run, uint32_t count)
{
	struct interp_value *items;

	if (count > run->depth) {
		stop(run, INTERP_DAMAGED);
		return;
	}
	items = interp_alloc(&run->budget, count, sizeof(*items));
	if (!items || !interp_charge(&run->budget, count))
		return;
	run->depth -= count;
	if (count)
		memcpy(items, run->stack + run->depth, count * sizeof(*items));
	push(run, interp_of_list(&run->budget, items, count));
}

static void match(struct interp *run, uint32_t number)
{
	struct str pattern = constant_text(run, number, STW_CONSTANT_REGEX), text;
	struct interp_value value = pop(run);
	struct regex_group groups[REGEX_GROUPS];
	struct regex_fault fault;
	const struct regex *regex;
	enum regex_status status;
	int n;

	text = interp_text(&run->budget, &value);
	run->capture_count = 0;
	/* a match may take many steps; so may only as many matches as a table has branches */
	if (!interp_charge(&run->budget, STW_LIMIT_EXPR_WORK / STW_LIMIT_EXPR_BRANCHES / 2))
		return;
	status = regex_get(run->cache, pattern, &regex, &fault);
	if (status != REGEX_OK) {
		stop(run, status == REGEX_NO_MEMORY ? INTERP_NO_MEMORY : INTERP_REGEX);
		return;
	}
	n = regex_match(run->cache, regex, text, groups, ARRAY_LEN(groups));
	if (n < 0) {
		stop(run, INTERP_LIMIT);
		return;
	}
	run->captures = interp_alloc(&run->budget, (size_t)n, sizeof(*run->captures));
	for (int i = 0; run->captures && i < n; i++)
		run->captures[i] = interp_of_text((struct str){
			text.p ? text.p + groups[i].begin : "", groups[i].end - groups[i].begin});
	run->capture_count = run->captures ? (size_t)n : 0;
	push(run, interp_of_integer(n > 0));
}

static void call(struct interp *run, uint32_t number)
{
	const struct stw_function_info *info = stw_function_numbered(number);
	const struct interp_function *function = interp_function_find(number);
	struct interp_call *c = &run->call;

	if (!info || !function || info->arity > run->depth) {
		stop(run, INTERP_DAMAGED);
		return;
	}
	run->depth -= info->arity;
	c->function = info;
	memcpy(c->arguments, run->stack + run->depth, info->arity * sizeof(*c->arguments));
	if (!info->waits) {
		push(run, interp_apply(&run->budget, function, c->arguments));
		return;
	}
	interp_see(&run->budget, function, c->arguments);
	stop(run, INTERP_WAIT);
}

static void jump(struct interp *run, enum stw_op op, uint32_t target)
{
	struct interp_value top = pop(run);
	bool jumps = interp_true(&top) == (op == STW_OP_IF_TRUE);

	if (op != STW_OP_UNLESS)
		push(run, top);
	/* only forward, so that every run ends */
	if (jumps && target < run->pc)
		stop(run, INTERP_DAMAGED);
	else if (jumps)
		run->pc = target;
}

static void step(struct interp *run, enum stw_op op, uint32_t operand)
{
	struct interp_value a, b;

	switch (op) {
	case STW_OP_CONSTANT: push_constant(run, operand); return;
	case STW_OP_VARIABLE:
	case STW_OP_GLOBAL:
	case STW_OP_SYSTEM:
	case STW_OP_METRIC: push_outside(run, op, operand); return;
	case STW_OP_CAPTURE:
		push(run, operand < run->capture_count ? run->captures[operand] : interp_nothing());
		return;
	case STW_OP_CALL: call(run, operand); return;
	case STW_OP_LIST: list(run, operand); return;
	case STW_OP_INDEX:
		b = pop(run);
		a = pop(run);
		push(run, interp_member(&a, &b));
		return;
	case STW_OP_MATCH: match(run, operand); return;
	case STW_OP_NOT:
		a = pop(run);
		push(run, interp_of_bool(!interp_true(&a)));
		return;
	case STW_OP_NEGATE:
		a = pop(run);
		push(run, interp_negate(&a));
		return;
	case STW_OP_IF_FALSE:
	case STW_OP_IF_TRUE:
	case STW_OP_UNLESS: jump(run, op, operand); return;
	case STW_OP_RETURN:
		run->result = pop(run);
		run->branch = operand;
		run->pc = SIZE_MAX;
		return;
	case STW_OP_ADD:
	case STW_OP_SUBTRACT:
	case STW_OP_MULTIPLY:
	case STW_OP_DIVIDE:
	case STW_OP_GT:
	case STW_OP_GE:
	case STW_OP_LT:
	case STW_OP_LE:
	case STW_OP_EQ:
	case STW_OP_NE:
	case STW_OP_XOR:
	case STW_OP_AND:
	case STW_OP_OR:
		b = pop(run);
		a = pop(run);
		push(run, interp_binary(&run->budget, op, &a, &b));
		return;
	}
}

static bool read_constants(struct interp *run)
{
	struct stw_bytes pool = run->program.pool;

	/* each takes two bytes at least, which bounds what a lie about their number can ask for */
	if (run->program.constants > pool.n / 2)
		return false;
	run->constants =
		interp_alloc(&run->budget, run->program.constants, sizeof(*run->constants));
	if (!run->constants)
		return false;
	for (size_t i = 0; i < run->program.constants; i++)
		if (!stw_constant_next(&pool, &run->constants[i]))
			return false;
	return true;
}

/* A budget that is over ends the run, whatever else the step came to. */
static void settle(struct interp *run)
{
	switch (run->budget.state) {
	case INTERP_WITHIN: return;
	case INTERP_SPENT: run->status = INTERP_LIMIT; return;
	case INTERP_NO_ROOM: run->status = INTERP_NO_MEMORY; return;
	}
}

void interp_start(struct interp *run, struct stw_bytes program, const struct interp_source *source,
		  struct regex_cache *cache)
{
	*run = (struct interp){.source = source, .cache = cache};
	arena_init(&run->budget.arena, 4096);
	if (stw_program_open(program, &run->program) && read_constants(run))
		run->stack = interp_alloc(&run->budget, run->program.stack, sizeof(*run->stack));
	else
		stop(run, INTERP_DAMAGED);
	settle(run);
}

enum interp_status interp_run(struct interp *run)
{
	while (run->status == INTERP_DONE && run->pc != SIZE_MAX) {
		const struct stw_bytes code = run->program.code;
		int size = run->pc < code.n ? stw_op_size(code.p[run->pc]) : -1;
		const uint8_t *p = size < 0 ? NULL : code.p + run->pc;

		if (!p || (size_t)size >= code.n - run->pc) {
			stop(run, INTERP_DAMAGED);
			break;
		}
		run->pc += 1 + (size_t)size;
		if (interp_charge(&run->budget, 1))
			step(run, (enum stw_op) * p,
			     size == 4   ? stw_le32(p + 1)
			     : size == 2 ? stw_le16(p + 1)
			     : size == 1 ? p[1]
					 : 0);
		settle(run);
	}
	return run->status;
}

void interp_answer(struct interp *run, const struct interp_value *value)
{
	if (run->status != INTERP_WAIT)
		return;
	run->status = INTERP_DONE;
	push(run, interp_copy(&run->budget, value));
	settle(run);
}

void interp_end(struct interp *run)
{
	arena_free(&run->budget.arena);
}
