/* Code of expressions: what libstw/program.h describes, from trees that were found right. */
#include "stwc/expression.h"

struct output {
	struct expression_code *to;
	struct str text; /* of the tree */
};

void expression_code_begin(struct expression_code *code, const struct expression_names *names,
			   struct arena *arena, const struct hash_key *key)
{
	*code = (struct expression_code){
		.names = *names, .pool = BUF_INIT, .code = BUF_INIT, .stack = 1};
	map_init(&code->constants, key, arena);
}

/* The number of an encoded constant, which is put into the pool once. */
static uint16_t constant(struct expression_code *code, const struct buf *encoded)
{
	void *found = encoded->failed ? NULL : map_get(&code->constants, buf_str(encoded));
	struct str kept;

	if (found)
		return (uint16_t)((uintptr_t)found - 1);
	code->pool.failed = code->pool.failed || encoded->failed;
	kept = arena_str(code->constants.arena, buf_str(encoded));
	if (!kept.p ||
	    !map_put(&code->constants, kept, (void *)(uintptr_t)(code->constant_count + 1)))
		code->pool.failed = true;
	buf_puts(&code->pool, kept);
	code->over = code->over || code->constant_count >= STW_LIMIT_EXPR_CONSTANTS;
	return (uint16_t)code->constant_count++;
}

static uint16_t text_constant(struct expression_code *code, enum stw_constant_kind kind,
			      struct str text)
{
	struct buf encoded = BUF_INIT;
	uint16_t number;

	buf_put_u8(&encoded, (uint8_t)kind);
	buf_put_u32(&encoded, (uint32_t)text.n);
	buf_puts(&encoded, text);
	number = constant(code, &encoded);
	buf_free(&encoded);
	return number;
}

static uint16_t number_constant(struct expression_code *code, enum stw_constant_kind kind,
				uint64_t bits)
{
	struct buf encoded = BUF_INIT;
	uint16_t number;

	buf_put_u8(&encoded, (uint8_t)kind);
	buf_put_u64(&encoded, bits);
	number = constant(code, &encoded);
	buf_free(&encoded);
	return number;
}

static uint16_t word_constant(struct expression_code *code, uint16_t word, struct str name)
{
	struct buf encoded = BUF_INIT;
	uint16_t number;

	buf_put_u8(&encoded, STW_CONSTANT_WORD);
	buf_put_u16(&encoded, word);
	buf_put_u32(&encoded, (uint32_t)name.n);
	buf_puts(&encoded, name);
	number = constant(code, &encoded);
	buf_free(&encoded);
	return number;
}

/* An instruction, and what it leaves on the stack beyond what was there. */
static void put(struct output *o, enum stw_op op, uint32_t operand, size_t taken, size_t left)
{
	struct expression_code *code = o->to;
	int size = stw_op_size((uint8_t)op);

	buf_put_u8(&code->code, (uint8_t)op);
	if (size == 1)
		buf_put_u8(&code->code, (uint8_t)operand);
	else if (size == 2)
		buf_put_u16(&code->code, (uint16_t)operand);
	else if (size == 4)
		buf_put_u32(&code->code, operand);
	code->depth = code->depth - taken + left;
	if (code->depth > code->stack)
		code->stack = code->depth;
	code->over = code->over || code->stack > STW_LIMIT_EXPR_STACK ||
		     code->code.n > STW_LIMIT_EXPR_CODE;
}

/* The place of the target is known later. */
static size_t put_jump(struct output *o, enum stw_op op)
{
	put(o, op, 0, op == STW_OP_UNLESS, 0);
	return o->to->code.n - 4;
}

static void land(struct output *o, size_t jump)
{
	if (!o->to->code.failed)
		buf_patch_u32(&o->to->code, jump, (uint32_t)o->to->code.n);
}

static void put_tree(struct output *o, const struct expr *e);

static enum stw_op op_of(enum expr_op op)
{
	switch (op) {
	case EXPR_NOT: return STW_OP_NOT;
	case EXPR_NEGATE: return STW_OP_NEGATE;
	case EXPR_ADD: return STW_OP_ADD;
	case EXPR_SUBTRACT: return STW_OP_SUBTRACT;
	case EXPR_MULTIPLY: return STW_OP_MULTIPLY;
	case EXPR_DIVIDE: return STW_OP_DIVIDE;
	case EXPR_GT: return STW_OP_GT;
	case EXPR_GE: return STW_OP_GE;
	case EXPR_LT: return STW_OP_LT;
	case EXPR_LE: return STW_OP_LE;
	case EXPR_EQ: return STW_OP_EQ;
	case EXPR_NE: return STW_OP_NE;
	case EXPR_XOR: return STW_OP_XOR;
	case EXPR_AND: return STW_OP_AND;
	case EXPR_OR: return STW_OP_OR;
	case EXPR_NO_OP: break;
	}
	return STW_OP_INDEX;
}

static void put_members(struct output *o, const struct expr *e)
{
	const struct expr *member;

	for (member = e->first; member; member = member->next)
		put_tree(o, member);
}

static void put_binary(struct output *o, const struct expr *e)
{
	enum stw_op op = op_of((enum expr_op)e->op);
	size_t jump = 0;
	bool jumps = op == STW_OP_AND || op == STW_OP_OR;

	put_tree(o, e->first);
	if (jumps)
		jump = put_jump(o, op == STW_OP_AND ? STW_OP_IF_FALSE : STW_OP_IF_TRUE);
	put_tree(o, e->last);
	put(o, op, 0, 2, 1);
	if (jumps)
		land(o, jump);
}

static void put_call(struct output *o, const struct expr *e)
{
	const struct stw_function_info *function = stw_function_find(e->text);

	if (function) {
		put_members(o, e);
		put(o, STW_OP_CALL, function->number, function->arity, 1);
	} else if (str_eq(e->text, STR("matches"))) {
		put_tree(o, e->last);
		put(o, STW_OP_MATCH,
		    text_constant(o->to, STW_CONSTANT_REGEX, expression_pattern(e, o->text)), 1, 1);
	} else if (str_eq(e->text, STR("metric"))) {
		put(o, STW_OP_METRIC, text_constant(o->to, STW_CONSTANT_TEXT, e->first->text), 0,
		    1);
	} else {
		put(o, STW_OP_SYSTEM, stw_system_find(e->first->text), 0, 1);
	}
}

static void put_name(struct output *o, const struct expr *e)
{
	struct expression_code *code = o->to;
	int64_t number = 0;

	switch (expression_name(&code->names, e->text, &number)) {
	case EXPRESSION_VARIABLE: put(o, STW_OP_VARIABLE, (uint32_t)number, 0, 1); return;
	case EXPRESSION_WORD:
		put(o, STW_OP_CONSTANT, word_constant(code, (uint16_t)number, e->text), 0, 1);
		return;
	case EXPRESSION_DURATION:
	case EXPRESSION_NO_NAME:
		put(o, STW_OP_CONSTANT,
		    number_constant(code, STW_CONSTANT_INTEGER, (uint64_t)number), 0, 1);
		return;
	}
}

static void put_tree(struct output *o, const struct expr *e)
{
	struct expression_code *code = o->to;
	uint64_t bits;

	switch ((enum expr_kind)e->kind) {
	case EXPR_INTEGER:
		put(o, STW_OP_CONSTANT,
		    number_constant(code, STW_CONSTANT_INTEGER, (uint64_t)e->integer), 0, 1);
		return;
	case EXPR_FLOAT:
		memcpy(&bits, &e->number, sizeof(bits));
		put(o, STW_OP_CONSTANT, number_constant(code, STW_CONSTANT_FLOAT, bits), 0, 1);
		return;
	case EXPR_STRING:
		put(o, STW_OP_CONSTANT, text_constant(code, STW_CONSTANT_TEXT, e->text), 0, 1);
		return;
	case EXPR_NAME: put_name(o, e); return;
	case EXPR_GLOBAL:
		put(o, STW_OP_GLOBAL, text_constant(code, STW_CONSTANT_TEXT, e->text), 0, 1);
		return;
	case EXPR_CAPTURE: put(o, STW_OP_CAPTURE, (uint32_t)e->integer, 0, 1); return;
	case EXPR_CALL: put_call(o, e); return;
	case EXPR_LIST:
		put_members(o, e);
		code->over = code->over || e->count > STW_LIMIT_EXPR_STACK;
		put(o, STW_OP_LIST, e->count, e->count, 1);
		return;
	case EXPR_INDEX:
		put_members(o, e);
		put(o, STW_OP_INDEX, 0, 2, 1);
		return;
	case EXPR_UNARY:
		put_tree(o, e->first);
		put(o, op_of((enum expr_op)e->op), 0, 1, 1);
		return;
	case EXPR_BINARY: put_binary(o, e); return;
	}
}

void expression_code_case(struct expression_code *code, const struct expr *when,
			  struct str when_text, const struct expr *then, struct str then_text)
{
	struct output o = {code, when_text};
	size_t jump = 0;

	if (when) {
		put_tree(&o, when);
		jump = put_jump(&o, STW_OP_UNLESS);
	}
	o.text = then_text;
	put_tree(&o, then);
	put(&o, STW_OP_RETURN, (uint32_t)code->branches++, 1, 0);
	if (when)
		land(&o, jump);
	code->over = code->over || code->branches > STW_LIMIT_EXPR_BRANCHES;
}

bool expression_code_end(struct expression_code *code, struct buf *out)
{
	bool ok = !code->over && !code->pool.failed && !code->code.failed;

	if (ok) {
		buf_put_u8(out, STW_PROGRAM_VERSION);
		buf_put_u8(out, 0);
		buf_put_u16(out, (uint16_t)code->stack);
		buf_put_u16(out, (uint16_t)code->constant_count);
		buf_put_u16(out, (uint16_t)code->branches);
		buf_put_u32(out, (uint32_t)code->code.n);
		buf_puts(out, buf_str(&code->pool));
		buf_puts(out, buf_str(&code->code));
	}
	buf_free(&code->pool);
	buf_free(&code->code);
	return ok && !out->failed;
}
