/* The machine that runs compiled expressions: stack, operators, jumps, and the limits of all. */
#include "engine/interp.h"

#include <stdio.h>

#include "base/num.h"
#include "engine/interp_impl.h"
#include "libstw/scan.h"

void interp_stop(struct interp *run, enum interp_status status)
{
	if (run->status == INTERP_DONE)
		run->status = status;
}

void *interp_alloc(struct interp *run, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	/* what is handed out begins at a multiple of 16, so even a byte takes as many */
	if (mul_overflows(count, size, &bytes) || bytes > STW_LIMIT_EXPR_MEMORY - run->memory ||
	    bytes + 15 > STW_LIMIT_EXPR_MEMORY - run->memory) {
		interp_stop(run, INTERP_LIMIT);
		return NULL;
	}
	run->memory += (bytes + 15) & ~(size_t)15;
	p = arena_alloc(&run->arena, bytes, _Alignof(struct interp_value));
	if (!p)
		interp_stop(run, INTERP_NO_MEMORY);
	return p;
}

bool interp_charge(struct interp *run, size_t work)
{
	if (run->status != INTERP_DONE)
		return false;
	if (work > STW_LIMIT_EXPR_WORK - run->work) {
		interp_stop(run, INTERP_LIMIT);
		return false;
	}
	run->work += work;
	return true;
}

/* ---- values ---- */

struct interp_value interp_of_list(struct interp *run, const struct interp_value *items,
				   size_t count)
{
	struct interp_value list = {.kind = INTERP_LIST, .depth = 1};

	for (size_t i = 0; i < count; i++)
		if (items[i].kind == INTERP_LIST && items[i].depth >= list.depth)
			list.depth = (uint16_t)(items[i].depth + 1);
	if (list.depth > STW_LIMIT_EXPR_DEPTH) {
		interp_stop(run, INTERP_LIMIT);
		return (struct interp_value){.kind = INTERP_TEXT};
	}
	list.list.items = items;
	list.list.count = count;
	return list;
}

struct interp_value interp_as_list(struct interp *run, const struct interp_value *value)
{
	struct interp_value *items;

	if (value->kind == INTERP_LIST)
		return *value;
	if (value->kind == INTERP_TEXT && !value->text.n)
		return interp_of_list(run, NULL, 0);
	items = interp_alloc(run, 1, sizeof(*items));
	if (!items)
		return interp_of_list(run, NULL, 0);
	*items = *value;
	return interp_of_list(run, items, 1);
}

bool interp_true(const struct interp_value *value)
{
	switch ((enum interp_kind)value->kind) {
	case INTERP_TEXT: return value->text.n != 0;
	case INTERP_INTEGER: return value->integer != 0;
	case INTERP_FLOAT:
		return value->number < 0 || value->number > 0 || value->number != value->number;
	case INTERP_LIST: return value->list.count != 0;
	case INTERP_WORD: return true;
	}
	return false;
}

/* Digits of a number, or the text itself. */
static struct str scalar_text(const struct interp_value *value, char digits[32])
{
	switch ((enum interp_kind)value->kind) {
	case INTERP_TEXT:
	case INTERP_WORD: return value->text;
	case INTERP_INTEGER:
		return (struct str){
			digits, (size_t)snprintf(digits, 32, "%lld", (long long)value->integer)};
	case INTERP_FLOAT: return (struct str){digits, num_format_double(value->number, digits)};
	case INTERP_LIST: break;
	}
	return STR_NONE;
}

/* `lines`: as a function sees a list, its members in lines, without the lists in it; else as the
 * plus sign sees it, all of them. */
static void put_text(struct interp *run, struct buf *out, const struct interp_value *value,
		     bool lines)
{
	char digits[32];

	if (value->kind != INTERP_LIST) {
		struct str text = scalar_text(value, digits);

		if (interp_charge(run, text.n + 1))
			buf_puts(out, text);
		return;
	}
	for (size_t i = 0; i < value->list.count && run->status == INTERP_DONE; i++) {
		if (lines ? out->n != 0 : i != 0)
			buf_puts(out, lines ? STR("\r\n") : STR("\n"));
		if (!lines || value->list.items[i].kind != INTERP_LIST)
			put_text(run, out, &value->list.items[i], lines);
		if (out->n > STW_LIMIT_EXPR_MEMORY)
			interp_stop(run, INTERP_LIMIT);
	}
}

/* Moves a text into the memory of the run. */
static struct str keep(struct interp *run, struct buf *text)
{
	char *p = text->failed ? NULL : interp_alloc(run, text->n, 1);
	struct str kept = {p, p ? text->n : 0};

	if (text->failed)
		interp_stop(run, INTERP_NO_MEMORY);
	if (p && text->n)
		memcpy(p, text->p, text->n);
	buf_free(text);
	return kept;
}

struct str interp_text(struct interp *run, const struct interp_value *value)
{
	struct buf text = BUF_INIT;
	struct str kept;

	if (value->kind == INTERP_TEXT || value->kind == INTERP_WORD) {
		kept = interp_charge(run, value->text.n + 1) ? value->text : STR_NONE;
	} else {
		put_text(run, &text, value, true);
		kept = keep(run, &text);
	}
	/* whoever cuts it into parts wants a place, of nothing too */
	return kept.p ? kept : STR("");
}

/* What a text is beside a number; a list is 1 where it is empty, as the server has it. */
static struct interp_value number_of(const struct interp_value *value)
{
	struct interp_value number = {.kind = INTERP_INTEGER};

	if (value->kind == INTERP_INTEGER || value->kind == INTERP_FLOAT)
		return *value;
	if (value->kind == INTERP_LIST)
		number.integer = value->list.count == 0;
	else if (value->kind == INTERP_TEXT && num_i64(value->text, &number.integer) != NUM_OK) {
		number.integer = 0;
		if (num_double(value->text, &number.number) == NUM_OK)
			number.kind = INTERP_FLOAT;
		else
			number.integer = 0;
	}
	return number;
}

static bool is_number(const struct interp_value *value)
{
	return value->kind == INTERP_INTEGER || value->kind == INTERP_FLOAT;
}

static double real_of(const struct interp_value *number)
{
	return number->kind == INTERP_INTEGER ? (double)number->integer : number->number;
}

bool interp_integer(const struct interp_value *value, int64_t *out)
{
	switch ((enum interp_kind)value->kind) {
	case INTERP_INTEGER: *out = value->integer; return true;
	case INTERP_FLOAT:
		*out = value->number >= 9223372036854775808.0    ? INT64_MAX
		       : value->number <= -9223372036854775808.0 ? INT64_MIN
		       : value->number != value->number          ? 0
								 : (int64_t)value->number;
		return true;
	case INTERP_TEXT: return num_i64(value->text, out) == NUM_OK;
	case INTERP_LIST:
	case INTERP_WORD: break;
	}
	return false;
}

size_t interp_size(const struct interp_value *value)
{
	int64_t integer;

	if (!interp_integer(value, &integer))
		return 0;
	if (integer < 0) /* the server drops what is no count in a float or a text */
		return value->kind == INTERP_INTEGER ? SIZE_MAX : 0;
	return (size_t)integer;
}

static int order(double a, double b)
{
	return a < b ? -1 : a > b ? 1 : a <= b ? 0 : 2;
}

static int compare_numbers(const struct interp_value *a, const struct interp_value *b)
{
	if (a->kind == INTERP_INTEGER && b->kind == INTERP_INTEGER)
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	return order(real_of(a), real_of(b));
}

static int compare_lists(struct interp *run, const struct interp_value *a,
			 const struct interp_value *b)
{
	size_t n = a->list.count < b->list.count ? a->list.count : b->list.count;

	for (size_t i = 0; i < n && run->status == INTERP_DONE; i++) {
		int found = interp_compare(run, &a->list.items[i], &b->list.items[i]);

		if (found)
			return found;
	}
	return a->list.count < b->list.count ? -1 : a->list.count > b->list.count;
}

int interp_compare(struct interp *run, const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x, y;

	if (!interp_charge(run, 1))
		return 2;
	if ((is_number(a) || a->kind == INTERP_TEXT) && (is_number(b) || b->kind == INTERP_TEXT)) {
		if (a->kind == INTERP_TEXT && b->kind == INTERP_TEXT) {
			int found = str_cmp(a->text, b->text);

			return interp_charge(run, a->text.n) ? (found > 0) - (found < 0) : 2;
		}
		x = number_of(a);
		y = number_of(b);
		return compare_numbers(&x, &y);
	}
	if (a->kind == INTERP_LIST && b->kind == INTERP_LIST)
		return compare_lists(run, a, b);
	if (a->kind == INTERP_LIST || a->kind == INTERP_TEXT)
		return 1;
	if (a->kind == INTERP_WORD && b->kind == INTERP_WORD)
		return a->word < b->word ? -1 : a->word > b->word;
	return -1;
}

bool interp_equal(struct interp *run, const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x, y;

	if (!interp_charge(run, 1))
		return false;
	if (a->kind == INTERP_LIST && b->kind == INTERP_LIST) {
		size_t i = 0, n = a->list.count;

		while (n == b->list.count && i < n &&
		       interp_equal(run, &a->list.items[i], &b->list.items[i]))
			i++;
		return n == b->list.count && i == n;
	}
	if (a->kind == INTERP_TEXT && b->kind == INTERP_TEXT)
		return interp_charge(run, a->text.n) && str_eq(a->text, b->text);
	/* a word equals nothing, not even itself: the server's own rule */
	if (!(is_number(a) || a->kind == INTERP_TEXT) || !(is_number(b) || b->kind == INTERP_TEXT))
		return false;
	x = number_of(a);
	y = number_of(b);
	return compare_numbers(&x, &y) == 0;
}

/* ---- operators ---- */

static struct interp_value of_float(double number)
{
	return (struct interp_value){.kind = INTERP_FLOAT, .number = number};
}

static struct interp_value join_lists(struct interp *run, const struct interp_value *a,
				      const struct interp_value *b)
{
	size_t x = a->kind == INTERP_LIST ? a->list.count : 1;
	size_t y = b->kind == INTERP_LIST ? b->list.count : 1;
	struct interp_value *items = interp_alloc(run, x + y, sizeof(*items));

	if (!items || !interp_charge(run, x + y))
		return interp_of_list(run, NULL, 0);
	if (x)
		memcpy(items, a->kind == INTERP_LIST ? a->list.items : a, x * sizeof(*items));
	if (y)
		memcpy(items + x, b->kind == INTERP_LIST ? b->list.items : b, y * sizeof(*items));
	return interp_of_list(run, items, x + y);
}

static struct interp_value join_texts(struct interp *run, const struct interp_value *a,
				      const struct interp_value *b)
{
	struct buf text = BUF_INIT;

	put_text(run, &text, a, false);
	put_text(run, &text, b, false);
	return interp_of_text(keep(run, &text));
}

static struct interp_value add(struct interp *run, const struct interp_value *a,
			       const struct interp_value *b)
{
	int64_t sum;

	if (a->kind == INTERP_INTEGER && b->kind == INTERP_INTEGER) {
		if (add_overflows(a->integer, b->integer, &sum))
			sum = a->integer < 0 ? INT64_MIN : INT64_MAX;
		return interp_of_integer(sum);
	}
	if (is_number(a) && is_number(b))
		return of_float(real_of(a) + real_of(b));
	if (a->kind == INTERP_LIST || b->kind == INTERP_LIST)
		return join_lists(run, a, b);
	if (a->kind == INTERP_TEXT)
		return a->text.n ? join_texts(run, a, b) : *b;
	if (b->kind == INTERP_TEXT)
		return b->text.n ? join_texts(run, a, b) : *a;
	return b->kind == INTERP_WORD ? *a : *b;
}

static struct interp_value subtract_from_list(struct interp *run, const struct interp_value *list,
					      const struct interp_value *value)
{
	struct interp_value *items = interp_alloc(run, list->list.count, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < list->list.count; i++)
		if (!interp_equal(run, &list->list.items[i], value))
			items[n++] = list->list.items[i];
	return interp_of_list(run, items, n);
}

static struct interp_value subtract(struct interp *run, const struct interp_value *a,
				    const struct interp_value *b)
{
	struct interp_value x, y;
	int64_t difference;

	if (a->kind == INTERP_LIST)
		return subtract_from_list(run, a, b);
	if (b->kind == INTERP_LIST)
		return subtract_from_list(run, b, a);
	x = number_of(a);
	y = number_of(b);
	if (x.kind == INTERP_FLOAT || y.kind == INTERP_FLOAT)
		return of_float(real_of(&x) - real_of(&y));
	if (__builtin_sub_overflow(x.integer, y.integer, &difference))
		difference = x.integer < 0 ? INT64_MIN : INT64_MAX;
	return interp_of_integer(difference);
}

static struct interp_value multiply(const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x = number_of(a), y = number_of(b);
	int64_t product;

	if (x.kind == INTERP_FLOAT || y.kind == INTERP_FLOAT)
		return of_float(real_of(&x) * real_of(&y));
	if (mul_overflows(x.integer, y.integer, &product))
		product = (x.integer < 0) != (y.integer < 0) ? INT64_MIN : INT64_MAX;
	return interp_of_integer(product);
}

/* By nothing is 0. */
static struct interp_value divide(const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x = number_of(a), y = number_of(b);
	double by = real_of(&y);

	return of_float(by < 0 || by > 0 ? real_of(&x) / by : by != by ? by : 0.0);
}

static struct interp_value negate(const struct interp_value *value)
{
	struct interp_value number = number_of(value);

	if (number.kind == INTERP_FLOAT)
		return of_float(-number.number);
	return interp_of_integer((int64_t)(0 - (uint64_t)number.integer));
}

static struct interp_value binary(struct interp *run, uint8_t op, const struct interp_value *a,
				  const struct interp_value *b)
{
	int found;

	switch (op) {
	case STW_OP_ADD: return add(run, a, b);
	case STW_OP_SUBTRACT: return subtract(run, a, b);
	case STW_OP_MULTIPLY: return multiply(a, b);
	case STW_OP_DIVIDE: return divide(a, b);
	case STW_OP_XOR: return interp_of_integer(interp_true(a) != interp_true(b));
	case STW_OP_AND: return interp_of_integer(interp_true(a) && interp_true(b));
	case STW_OP_OR: return interp_of_integer(interp_true(a) || interp_true(b));
	case STW_OP_EQ: return interp_of_integer(interp_equal(run, a, b));
	case STW_OP_NE: return interp_of_integer(!interp_equal(run, a, b));
	default: break; /* the rest are orders */
	}
	found = interp_compare(run, a, b);
	return interp_of_integer(op == STW_OP_GT   ? found == 1
				 : op == STW_OP_GE ? found == 1 || found == 0
				 : op == STW_OP_LT ? found == -1
						   : found == -1 || found == 0);
}

/* ---- the machine ---- */

static void push(struct interp *run, struct interp_value value)
{
	if (run->depth >= run->program.stack)
		interp_stop(run, INTERP_DAMAGED);
	else
		run->stack[run->depth++] = value;
}

/* The empty text where the stack runs dry, which ends the run. */
static struct interp_value pop(struct interp *run)
{
	if (run->depth == 0) {
		interp_stop(run, INTERP_DAMAGED);
		return (struct interp_value){.kind = INTERP_TEXT};
	}
	return run->stack[--run->depth];
}

static const struct stw_constant *constant(struct interp *run, uint32_t number)
{
	if (number < run->program.constants)
		return &run->constants[number];
	interp_stop(run, INTERP_DAMAGED);
	return NULL;
}

static struct str constant_text(struct interp *run, uint32_t number, enum stw_constant_kind kind)
{
	const struct stw_constant *found = constant(run, number);

	if (found && found->kind == kind)
		return found->text;
	interp_stop(run, INTERP_DAMAGED);
	return STR_NONE;
}

static void push_constant(struct interp *run, uint32_t number)
{
	const struct stw_constant *found = constant(run, number);

	if (!found)
		return;
	switch ((enum stw_constant_kind)found->kind) {
	case STW_CONSTANT_INTEGER: push(run, interp_of_integer(found->integer)); return;
	case STW_CONSTANT_FLOAT: push(run, of_float(found->number)); return;
	case STW_CONSTANT_TEXT: push(run, interp_of_text(found->text)); return;
	case STW_CONSTANT_WORD:
		push(run, (struct interp_value){
				  .kind = INTERP_WORD, .word = found->word, .text = found->text});
		return;
	case STW_CONSTANT_REGEX: break;
	}
	interp_stop(run, INTERP_DAMAGED);
}

static void push_outside(struct interp *run, enum stw_op op, uint32_t operand)
{
	const struct interp_source *from = run->source;
	struct interp_value value = {.kind = INTERP_TEXT};
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
		interp_stop(run, INTERP_DAMAGED);
	else if (op == STW_OP_SYSTEM && from->system)
		from->system(from->ctx, (enum stw_system)operand, &value);
	push(run, value);
}

static void list(struct interp *run, uint32_t count)
{
	struct interp_value *items;

	if (count > run->depth) {
		interp_stop(run, INTERP_DAMAGED);
		return;
	}
	items = interp_alloc(run, count, sizeof(*items));
	if (!items || !interp_charge(run, count))
		return;
	run->depth -= count;
	if (count)
		memcpy(items, run->stack + run->depth, count * sizeof(*items));
	push(run, interp_of_list(run, items, count));
}

static void index_of(struct interp *run)
{
	struct interp_value place = pop(run), value = pop(run), none = {.kind = INTERP_TEXT};
	size_t at = interp_size(&place);

	if (value.kind == INTERP_LIST)
		push(run, at < value.list.count ? value.list.items[at] : none);
	else
		push(run, at == 0 ? value : none);
}

static void match(struct interp *run, uint32_t number)
{
	struct str pattern = constant_text(run, number, STW_CONSTANT_REGEX), text;
	struct interp_value value = pop(run);
	struct regex_group groups[REGEX_GROUPS];
	struct regex_fault fault;
	const struct regex *regex;
	int n;

	text = interp_text(run, &value);
	run->capture_count = 0;
	/* a match may take many steps; so may only as many matches as a table has branches */
	if (!interp_charge(run, STW_LIMIT_EXPR_WORK / STW_LIMIT_EXPR_BRANCHES / 2))
		return;
	if (regex_get(run->cache, pattern, &regex, &fault) != REGEX_OK) {
		interp_stop(run, INTERP_REGEX);
		return;
	}
	n = regex_match(run->cache, regex, text, groups, ARRAY_LEN(groups));
	if (n < 0) {
		interp_stop(run, INTERP_LIMIT);
		return;
	}
	run->captures = interp_alloc(run, (size_t)n, sizeof(*run->captures));
	for (int i = 0; run->captures && i < n; i++)
		run->captures[i] = interp_of_text((struct str){
			text.p ? text.p + groups[i].begin : "", groups[i].end - groups[i].begin});
	run->capture_count = run->captures ? (size_t)n : 0;
	push(run, interp_of_integer(n > 0));
}

static void call(struct interp *run, uint32_t number)
{
	const struct stw_function_info *function = stw_function_numbered(number);
	struct interp_call *c = &run->call;

	if (!function || function->arity > run->depth) {
		interp_stop(run, INTERP_DAMAGED);
		return;
	}
	run->depth -= function->arity;
	c->function = function;
	memcpy(c->arguments, run->stack + run->depth, function->arity * sizeof(*c->arguments));
	if (!function->waits) {
		push(run, interp_function(run, number, c->arguments));
		return;
	}
	/* stores and resolvers take texts, but for an amount to add and for what a query is given
	 */
	for (unsigned i = 0; i < function->arity; i++) {
		bool as_it_is = i == 2 && (number == STW_FUNCTION_SQL_QUERY ||
					   number == STW_FUNCTION_COUNTER_INCR);

		if (!as_it_is)
			c->arguments[i] = interp_of_text(interp_text(run, &c->arguments[i]));
	}
	interp_stop(run, INTERP_WAIT);
}

static void jump(struct interp *run, enum stw_op op, uint32_t target)
{
	struct interp_value top = pop(run);
	bool jumps = interp_true(&top) == (op == STW_OP_IF_TRUE);

	if (op != STW_OP_UNLESS)
		push(run, top);
	/* only forward, so that every run ends */
	if (jumps && target < run->pc)
		interp_stop(run, INTERP_DAMAGED);
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
		push(run, operand < run->capture_count
				  ? run->captures[operand]
				  : (struct interp_value){.kind = INTERP_TEXT});
		return;
	case STW_OP_CALL: call(run, operand); return;
	case STW_OP_LIST: list(run, operand); return;
	case STW_OP_INDEX: index_of(run); return;
	case STW_OP_MATCH: match(run, operand); return;
	case STW_OP_NOT:
		a = pop(run);
		push(run, interp_of_integer(!interp_true(&a)));
		return;
	case STW_OP_NEGATE:
		a = pop(run);
		push(run, negate(&a));
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
		push(run, binary(run, (uint8_t)op, &a, &b));
		return;
	}
}

static bool read_constants(struct interp *run)
{
	struct stw_bytes pool = run->program.pool;

	/* each takes two bytes at least, which bounds what a lie about their number can ask for */
	if (run->program.constants > pool.n / 2)
		return false;
	run->constants = interp_alloc(run, run->program.constants, sizeof(*run->constants));
	if (!run->constants)
		return false;
	for (size_t i = 0; i < run->program.constants; i++)
		if (!stw_constant_next(&pool, &run->constants[i]))
			return false;
	return true;
}

void interp_start(struct interp *run, struct stw_bytes program, const struct interp_source *source,
		  struct regex_cache *cache)
{
	*run = (struct interp){.source = source, .cache = cache};
	arena_init(&run->arena, 4096);
	if (!stw_program_open(program, &run->program) || !read_constants(run)) {
		interp_stop(run, INTERP_DAMAGED);
		return;
	}
	run->stack = interp_alloc(run, run->program.stack, sizeof(*run->stack));
}

enum interp_status interp_run(struct interp *run)
{
	while (run->status == INTERP_DONE && run->pc != SIZE_MAX) {
		const struct stw_bytes code = run->program.code;
		int size = run->pc < code.n ? stw_op_size(code.p[run->pc]) : -1;
		const uint8_t *p = size < 0 ? NULL : code.p + run->pc;

		if (!p || (size_t)size >= code.n - run->pc) {
			interp_stop(run, INTERP_DAMAGED);
			break;
		}
		run->pc += 1 + (size_t)size;
		if (interp_charge(run, 1))
			step(run, (enum stw_op) * p,
			     size == 4   ? stw_le32(p + 1)
			     : size == 2 ? stw_le16(p + 1)
			     : size == 1 ? p[1]
					 : 0);
	}
	return run->status;
}

static struct interp_value copy(struct interp *run, const struct interp_value *value,
				unsigned depth)
{
	struct interp_value made = *value, *items;
	char *text;

	if (depth > STW_LIMIT_EXPR_DEPTH || !interp_charge(run, 1)) {
		interp_stop(run, INTERP_LIMIT);
		return (struct interp_value){.kind = INTERP_TEXT};
	}
	if (value->kind == INTERP_LIST) {
		items = interp_alloc(run, value->list.count, sizeof(*items));
		for (size_t i = 0; items && i < value->list.count; i++)
			items[i] = copy(run, &value->list.items[i], depth + 1);
		return interp_of_list(run, items, items ? value->list.count : 0);
	}
	if (value->kind == INTERP_TEXT) {
		text = interp_alloc(run, value->text.n, 1);
		if (text && value->text.n)
			memcpy(text, value->text.p, value->text.n);
		made.text = (struct str){text, text ? value->text.n : 0};
	}
	return made;
}

void interp_answer(struct interp *run, const struct interp_value *value)
{
	if (run->status != INTERP_WAIT)
		return;
	run->status = INTERP_DONE;
	push(run, copy(run, value, 0));
}

void interp_end(struct interp *run)
{
	arena_free(&run->arena);
}

static void print_text(struct buf *out, struct str text)
{
	char quote = memchr(text.p ? text.p : "", '\'', text.n) ? '"' : '\'';

	buf_putc(out, quote);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\n' || c == '\r' || c == '\t') {
			buf_putc(out, '\\');
			c = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
		} else if (c == quote || c == '\\') {
			buf_putc(out, '\\');
		}
		buf_putc(out, c);
	}
	buf_putc(out, quote);
}

void interp_print(struct buf *out, const struct interp_value *value)
{
	char digits[32];

	if (value->kind == INTERP_TEXT) {
		print_text(out, value->text);
	} else if (value->kind != INTERP_LIST) {
		buf_puts(out, scalar_text(value, digits));
	} else {
		buf_putc(out, '[');
		for (size_t i = 0; i < value->list.count; i++) {
			buf_puts(out, i ? STR(", ") : STR(""));
			interp_print(out, &value->list.items[i]);
		}
		buf_putc(out, ']');
	}
}
