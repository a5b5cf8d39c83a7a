/* The operators of expressions: what the server makes of two values (validation.md 2.4). */
#include "engine/interp_operators.h"

static struct interp_value join_lists(struct interp_budget *budget, const struct interp_value *a,
				      const struct interp_value *b)
{
	size_t x = a->kind == INTERP_LIST ? a->list.count : 1;
	size_t y = b->kind == INTERP_LIST ? b->list.count : 1;
	struct interp_value *items = interp_alloc(budget, x + y, sizeof(*items));

	if (!items || !interp_charge(budget, x + y))
		return interp_of_list(budget, NULL, 0);
	if (x)
		memcpy(items, a->kind == INTERP_LIST ? a->list.items : a, x * sizeof(*items));
	if (y)
		memcpy(items + x, b->kind == INTERP_LIST ? b->list.items : b, y * sizeof(*items));
	return interp_of_list(budget, items, x + y);
}

static struct interp_value join_texts(struct interp_budget *budget, const struct interp_value *a,
				      const struct interp_value *b)
{
	struct buf text = BUF_INIT;

	interp_put(budget, &text, a);
	interp_put(budget, &text, b);
	return interp_of_text(interp_keep(budget, &text));
}

static struct interp_value add(struct interp_budget *budget, const struct interp_value *a,
			       const struct interp_value *b)
{
	int64_t sum;

	if (a->kind == INTERP_INTEGER && b->kind == INTERP_INTEGER) {
		if (add_overflows(a->integer, b->integer, &sum))
			sum = a->integer < 0 ? INT64_MIN : INT64_MAX;
		return interp_of_integer(sum);
	}
	if (interp_is_number(a) && interp_is_number(b))
		return interp_of_float(interp_real(a) + interp_real(b));
	if (a->kind == INTERP_LIST || b->kind == INTERP_LIST)
		return join_lists(budget, a, b);
	if (a->kind == INTERP_TEXT)
		return a->text.n ? join_texts(budget, a, b) : *b;
	if (b->kind == INTERP_TEXT)
		return b->text.n ? join_texts(budget, a, b) : *a;
	return b->kind == INTERP_WORD ? *a : *b;
}

static struct interp_value subtract_from_list(struct interp_budget *budget,
					      const struct interp_value *list,
					      const struct interp_value *value)
{
	struct interp_value *items = interp_alloc(budget, list->list.count, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < list->list.count; i++)
		if (!interp_equal(budget, &list->list.items[i], value))
			items[n++] = list->list.items[i];
	return interp_of_list(budget, items, n);
}

static struct interp_value subtract(struct interp_budget *budget, const struct interp_value *a,
				    const struct interp_value *b)
{
	struct interp_value x, y;
	int64_t difference;

	if (a->kind == INTERP_LIST)
		return subtract_from_list(budget, a, b);
	if (b->kind == INTERP_LIST)
		return subtract_from_list(budget, b, a);
	x = interp_number(a);
	y = interp_number(b);
	if (x.kind == INTERP_FLOAT || y.kind == INTERP_FLOAT)
		return interp_of_float(interp_real(&x) - interp_real(&y));
	if (__builtin_sub_overflow(x.integer, y.integer, &difference))
		difference = x.integer < 0 ? INT64_MIN : INT64_MAX;
	return interp_of_integer(difference);
}

static struct interp_value multiply(const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x = interp_number(a), y = interp_number(b);
	int64_t product;

	if (x.kind == INTERP_FLOAT || y.kind == INTERP_FLOAT)
		return interp_of_float(interp_real(&x) * interp_real(&y));
	if (mul_overflows(x.integer, y.integer, &product))
		product = (x.integer < 0) != (y.integer < 0) ? INT64_MIN : INT64_MAX;
	return interp_of_integer(product);
}

/* By nothing is 0. */
static struct interp_value divide(const struct interp_value *a, const struct interp_value *b)
{
	struct interp_value x = interp_number(a), y = interp_number(b);
	double by = interp_real(&y);

	return interp_of_float(by < 0 || by > 0 ? interp_real(&x) / by : by != by ? by : 0.0);
}

struct interp_value interp_negate(const struct interp_value *value)
{
	struct interp_value number = interp_number(value);

	if (number.kind == INTERP_FLOAT)
		return interp_of_float(-number.number);
	return interp_of_integer((int64_t)(0 - (uint64_t)number.integer));
}

struct interp_value interp_member(const struct interp_value *value,
				  const struct interp_value *place)
{
	size_t at = interp_size(place);

	if (value->kind == INTERP_LIST)
		return at < value->list.count ? value->list.items[at] : interp_nothing();
	return at == 0 ? *value : interp_nothing();
}

struct interp_value interp_binary(struct interp_budget *budget, unsigned op,
				  const struct interp_value *a, const struct interp_value *b)
{
	int found;

	switch (op) {
	case STW_OP_ADD: return add(budget, a, b);
	case STW_OP_SUBTRACT: return subtract(budget, a, b);
	case STW_OP_MULTIPLY: return multiply(a, b);
	case STW_OP_DIVIDE: return divide(a, b);
	case STW_OP_XOR: return interp_of_bool(interp_true(a) != interp_true(b));
	case STW_OP_AND: return interp_of_bool(interp_true(a) && interp_true(b));
	case STW_OP_OR: return interp_of_bool(interp_true(a) || interp_true(b));
	case STW_OP_EQ: return interp_of_bool(interp_equal(budget, a, b));
	case STW_OP_NE: return interp_of_bool(!interp_equal(budget, a, b));
	default: break; /* the rest are orders */
	}
	found = interp_compare(budget, a, b);
	return interp_of_integer(op == STW_OP_GT   ? found == 1
				 : op == STW_OP_GE ? found == 1 || found == 0
				 : op == STW_OP_LT ? found == -1
						   : found == -1 || found == 0);
}
