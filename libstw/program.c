/* Compiled expressions: their parts, their table, and whether they are well-formed. */
#include "libstw/program.h"

#include <stdlib.h>

#include "libstw/scan.h"

/* ---- names ---- */

static const struct stw_function_info functions[] = {
#define EXPR_FUNCTION(ident, name, number, arity, waits) {name, number, arity, waits},
#include "libstw/functions.def"
#undef EXPR_FUNCTION
};

static const char *const systems[] = {NULL,      "domain",        "hostname",
				      "node_id", "node_hostname", "node_role"};

const struct stw_function_info *stw_function_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		/* the first letter tells most names apart */
		if (name.n && name.p[0] == functions[i].name[0] &&
		    str_eq_c(name, functions[i].name))
			return &functions[i];
	return NULL;
}

const struct stw_function_info *stw_function_numbered(unsigned number)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (functions[i].number == number)
			return &functions[i];
	return NULL;
}

const struct stw_function_info *stw_functions(size_t *count)
{
	*count = ARRAY_LEN(functions);
	return functions;
}

unsigned stw_system_find(struct str name)
{
	for (unsigned i = 1; i < ARRAY_LEN(systems); i++)
		if (str_eq_c(name, systems[i]))
			return i;
	return 0;
}

const char *stw_system_name(unsigned number)
{
	return number < ARRAY_LEN(systems) ? systems[number] : NULL;
}

/* ---- programs ---- */

int stw_op_size(uint8_t op)
{
	switch ((enum stw_op)op) {
	case STW_OP_SYSTEM:
	case STW_OP_CALL: return 1;
	case STW_OP_CONSTANT:
	case STW_OP_VARIABLE:
	case STW_OP_GLOBAL:
	case STW_OP_METRIC:
	case STW_OP_LIST:
	case STW_OP_MATCH:
	case STW_OP_RETURN: return 2;
	case STW_OP_CAPTURE:
	case STW_OP_IF_FALSE:
	case STW_OP_IF_TRUE:
	case STW_OP_UNLESS: return 4;
	case STW_OP_INDEX:
	case STW_OP_NOT:
	case STW_OP_NEGATE:
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
	case STW_OP_OR: return 0;
	}
	return -1;
}

bool stw_program_open(struct stw_bytes bytes, struct stw_program *out)
{
	struct stw_scan scan = stw_scan_of(bytes);
	uint8_t version = stw_scan_u8(&scan), zero = stw_scan_u8(&scan);
	struct stw_program program = {.stack = stw_scan_u16(&scan)};
	uint32_t code;

	program.constants = stw_scan_u16(&scan);
	program.branches = stw_scan_u16(&scan);
	code = stw_scan_u32(&scan);
	if (scan.damaged || version != STW_PROGRAM_VERSION || zero != 0 ||
	    code > stw_scan_left(&scan) || code > STW_LIMIT_EXPR_CODE ||
	    program.stack > STW_LIMIT_EXPR_STACK)
		return false;
	program.pool.n = stw_scan_left(&scan) - code;
	program.pool.p = stw_scan_take(&scan, program.pool.n);
	program.code = stw_scan_rest(&scan);
	*out = program;
	return true;
}

bool stw_constant_next(struct stw_bytes *pool, struct stw_constant *out)
{
	struct stw_scan scan = stw_scan_of(*pool);
	struct stw_constant constant = {.kind = stw_scan_u8(&scan)};
	uint64_t bits;

	if (pool->n == 0)
		return false;
	switch (constant.kind) {
	case STW_CONSTANT_INTEGER: constant.integer = (int64_t)stw_scan_u64(&scan); break;
	case STW_CONSTANT_FLOAT:
		bits = stw_scan_u64(&scan);
		memcpy(&constant.number, &bits, sizeof(bits));
		break;
	case STW_CONSTANT_WORD: constant.word = stw_scan_u16(&scan); /* fall through */
	case STW_CONSTANT_TEXT:
	case STW_CONSTANT_REGEX: constant.text = stw_scan_str(&scan); break;
	default: return false;
	}
	if (scan.damaged)
		return false;
	*pool = stw_scan_rest(&scan);
	*out = constant;
	return true;
}

/* A walk over the code of one program. */
struct checker {
	struct stw_program program;
	uint8_t *kinds;   /* of the constants */
	uint16_t *depths; /* by offset: values on the stack + 1 where a jump leads; 0: none does */
	size_t at;        /* of the instruction */
	unsigned depth;   /* values on the stack before it */
	bool reached;     /* it can be run: nothing returned before it, or a jump leads to it */
};

static bool is_kind(const struct checker *c, unsigned constant, bool regex, bool text)
{
	uint8_t kind;

	if (constant >= c->program.constants)
		return false;
	kind = c->kinds[constant];
	return regex  ? kind == STW_CONSTANT_REGEX
	       : text ? kind == STW_CONSTANT_TEXT
		      : kind != STW_CONSTANT_REGEX;
}

/* What an instruction takes from the stack, and whether its operand is right; -1: it is not. */
static int takes(const struct checker *c, uint8_t op, uint32_t operand)
{
	const struct stw_function_info *function;

	switch ((enum stw_op)op) {
	case STW_OP_CONSTANT: return is_kind(c, operand, false, false) ? 0 : -1;
	case STW_OP_GLOBAL:
	case STW_OP_METRIC: return is_kind(c, operand, false, true) ? 0 : -1;
	case STW_OP_MATCH: return is_kind(c, operand, true, false) ? 1 : -1;
	case STW_OP_VARIABLE:
	case STW_OP_CAPTURE: return 0;
	case STW_OP_SYSTEM: return stw_system_name(operand) ? 0 : -1;
	case STW_OP_CALL:
		function = stw_function_numbered(operand);
		return function ? function->arity : -1;
	case STW_OP_LIST: return (int)operand;
	case STW_OP_NOT:
	case STW_OP_NEGATE:
	case STW_OP_IF_FALSE:
	case STW_OP_IF_TRUE:
	case STW_OP_UNLESS: return 1;
	case STW_OP_RETURN: return operand < c->program.branches && c->depth == 1 ? 1 : -1;
	case STW_OP_INDEX:
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
	case STW_OP_OR: return 2;
	}
	return -1;
}

static const char *check_jump(struct checker *c, size_t next, uint32_t target)
{
	if (target < next || target >= c->program.code.n)
		return "a jump leads backwards or outside";
	if (c->depths[target] && c->depths[target] != c->depth + 1)
		return "two ways meet with different stacks";
	c->depths[target] = (uint16_t)(c->depth + 1);
	return NULL;
}

static bool is_jump(uint8_t op)
{
	return op == STW_OP_IF_FALSE || op == STW_OP_IF_TRUE || op == STW_OP_UNLESS;
}

/* What the stack holds before an instruction is said by the one before it, or by a jump. */
static const char *arrive(struct checker *c)
{
	unsigned expected = c->depths[c->at];

	if (expected && c->reached && expected != c->depth + 1)
		return "two ways meet with different stacks";
	if (!expected && !c->reached)
		return "a part can never be run";
	if (expected)
		c->depth = expected - 1;
	c->reached = true;
	return NULL;
}

static uint32_t operand_of(const uint8_t *p, int size)
{
	return size == 4 ? stw_le32(p) : size == 2 ? stw_le16(p) : size == 1 ? *p : 0;
}

static const char *check_instruction(struct checker *c)
{
	const uint8_t *p = c->program.code.p + c->at;
	int size = stw_op_size(*p), taken;
	uint32_t operand;
	size_t next;

	if (size < 0 || (size_t)size >= c->program.code.n - c->at)
		return "an instruction is unknown or cut off";
	next = c->at + 1 + (size_t)size;
	operand = operand_of(p + 1, size);
	taken = takes(c, *p, operand);
	if (taken < 0)
		return "an instruction has an operand that is not there";
	if ((unsigned)taken > c->depth)
		return "the stack runs dry";
	c->depth -= (unsigned)taken;
	if (*p != STW_OP_UNLESS && *p != STW_OP_RETURN)
		c->depth++;
	if (c->depth > c->program.stack)
		return "the stack is larger than the program says";
	/* nothing leads into the middle of an instruction */
	for (size_t i = c->at + 1; i < next; i++)
		if (c->depths[i])
			return "a jump leads into an instruction";
	c->reached = *p != STW_OP_RETURN;
	c->at = next;
	return is_jump(*p) ? check_jump(c, next, operand) : NULL;
}

static const char *check_constants(struct checker *c)
{
	struct stw_bytes pool = c->program.pool;
	struct stw_constant constant;

	for (size_t i = 0; i < c->program.constants; i++) {
		if (!stw_constant_next(&pool, &constant))
			return "a constant is damaged";
		c->kinds[i] = constant.kind;
	}
	return pool.n ? "there is more behind the constants" : NULL;
}

static const char *check_code(struct checker *c)
{
	const char *what = check_constants(c);

	c->reached = true;
	while (!what && c->at < c->program.code.n) {
		what = arrive(c);
		if (!what)
			what = check_instruction(c);
	}
	if (!what && (c->reached || c->program.code.n == 0))
		what = "it does not end";
	return what;
}

const char *stw_program_check(struct stw_bytes bytes)
{
	struct checker c = {.kinds = NULL};
	const char *what;

	if (!stw_program_open(bytes, &c.program))
		return "it is no program";
	c.kinds = calloc((size_t)c.program.constants + 1, 1);
	c.depths = calloc(c.program.code.n + 1, sizeof(*c.depths));
	what = c.kinds && c.depths ? check_code(&c) : "out of memory";
	free(c.kinds);
	free(c.depths);
	return what;
}

/* ---- the table ---- */

size_t stw_place_count(struct stw_bytes table)
{
	uint32_t count = table.n >= 4 ? stw_le32(table.p) : 0;

	return count <= (table.n - (table.n >= 4 ? 4 : table.n)) / STW_PLACE_SIZE ? count : 0;
}

bool stw_place_at(struct stw_bytes table, size_t index, struct stw_place *out)
{
	const uint8_t *p;

	if (index >= stw_place_count(table))
		return false;
	p = table.p + 4 + index * STW_PLACE_SIZE;
	*out = (struct stw_place){stw_le16(p), stw_le64(p + 2), stw_le16(p + 10), stw_le16(p + 12),
				  stw_le32(p + 14)};
	return true;
}

bool stw_place_program(struct stw_bytes table, const struct stw_place *place, struct stw_bytes *out)
{
	uint32_t n;

	if (place->offset > table.n || table.n - place->offset < 4)
		return false;
	n = stw_le32(table.p + place->offset);
	if (n > table.n - place->offset - 4)
		return false;
	*out = (struct stw_bytes){table.p + place->offset + 4, n};
	return true;
}

int stw_place_cmp(const struct stw_place *a, const struct stw_place *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->structure != b->structure)
		return a->structure < b->structure ? -1 : 1;
	return a->field < b->field ? -1 : a->field > b->field;
}

static bool find_place(struct stw_bytes table, const struct stw_place *wanted,
		       struct stw_bytes *out)
{
	size_t low = 0, high = stw_place_count(table);
	struct stw_place found;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		if (!stw_place_at(table, middle, &found))
			return false;
		order = stw_place_cmp(&found, wanted);
		if (order == 0)
			return stw_place_program(table, &found, out);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool stw_expression(struct stw_bytes table, uint16_t type, uint64_t id, uint16_t structure,
		    uint16_t field, struct stw_bytes *out)
{
	struct stw_place wanted = {type, id, structure, field, 0};
	struct stw_place otherwise = {structure, 0, structure, field, 0};

	return find_place(table, &wanted, out) || find_place(table, &otherwise, out);
}

const char *stw_expressions_check(struct stw_bytes table,
				  bool (*known)(void *ctx, const struct stw_place *place),
				  void *ctx)
{
	struct stw_place place, before = {0, 0, 0, 0, 0};
	struct stw_bytes program;
	const char *what = NULL;

	if (table.n && stw_place_count(table) == 0)
		return "the table has no rows";
	for (size_t i = 0; !what && i < stw_place_count(table); i++, before = place) {
		if (!stw_place_at(table, i, &place) || !stw_place_program(table, &place, &program))
			return "a row leads outside of the table";
		if (i && stw_place_cmp(&before, &place) >= 0)
			return "the rows are not in order";
		if (known && !known(ctx, &place))
			return "a row has no object";
		what = stw_program_check(program);
	}
	return what;
}
