/*
 * The values of expressions: what each is as a truth, a text, a number, a list, how two compare,
 * and what making them takes from a budget. What they mean is what the server makes of them
 * (validation.md 2.4).
 */
#include "engine/interp_value.h"

#include <stdio.h>

#include "base/num.h"

/* ---- the budget ---- */

void interp_over(struct interp_budget *budget, enum interp_budget_state state)
{
	if (budget->state == INTERP_WITHIN)
		budget->state = state;
}

void *interp_alloc(struct interp_budget *budget, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	/* what is handed out begins at a multiple of 16, so even a byte takes as many */
	if (mul_overflows(count, size, &bytes) || bytes > STW_LIMIT_EXPR_MEMORY - budget->memory ||
	    bytes + 15 > STW_LIMIT_EXPR_MEMORY - budget->memory) {
		interp_over(budget, INTERP_SPENT);
		return NULL;
	}
	budget->memory += (bytes + 15) & ~(size_t)15;
	p = arena_alloc(&budget->arena, bytes, _Alignof(struct interp_value));
	if (!p)
		interp_over(budget, INTERP_NO_ROOM);
	return p;
}

bool interp_charge(struct interp_budget *budget, size_t work)
{
	if (budget->state != INTERP_WITHIN)
		return false;
	if (work > STW_LIMIT_EXPR_WORK - budget->work) {
		interp_over(budget, INTERP_SPENT);
		return false;
	}
	budget->work += work;
	return true;
}

struct str interp_keep(struct interp_budget *budget, struct buf *text)
{
	char *p = text->failed ? NULL : interp_alloc(budget, text->n, 1);
	struct str kept = {p, p ? text->n : 0};

	if (text->failed)
		interp_over(budget, INTERP_NO_ROOM);
	if (p && text->n)
		memcpy(p, text->p, text->n);
	buf_free(text);
	return kept;
}

/* ---- lists ---- */

struct interp_value interp_of_list(struct interp_budget *budget, const struct interp_value *items,
				   size_t count)
{
	struct interp_value list = {.kind = INTERP_LIST, .depth = 1};

	for (size_t i = 0; i < count; i++)
		if (items[i].kind == INTERP_LIST && items[i].depth >= list.depth)
			list.depth = (uint16_t)(items[i].depth + 1);
	if (list.depth > STW_LIMIT_EXPR_DEPTH) {
		interp_over(budget, INTERP_SPENT);
		return interp_nothing();
	}
	list.list.items = items;
	list.list.count = count;
	return list;
}

struct interp_value interp_as_list(struct interp_budget *budget, const struct interp_value *value)
{
	struct interp_value *items;

	if (value->kind == INTERP_LIST)
		return *value;
	if (interp_is_nothing(value))
		return interp_of_list(budget, NULL, 0);
	items = interp_alloc(budget, 1, sizeof(*items));
	if (!items)
		return interp_of_list(budget, NULL, 0);
	*items = *value;
	return interp_of_list(budget, items, 1);
}

/* ---- seen as another kind ---- */

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
static void put_text(struct interp_budget *budget, struct buf *out,
		     const struct interp_value *value, bool lines)
{
	char digits[32];

	if (value->kind != INTERP_LIST) {
		struct str text = scalar_text(value, digits);

		if (interp_charge(budget, text.n + 1))
			buf_puts(out, text);
		return;
	}
	for (size_t i = 0; i < value->list.count && budget->state == INTERP_WITHIN; i++) {
		if (lines ? out->n != 0 : i != 0)
			buf_puts(out, lines ? STR("\r\n") : STR("\n"));
		if (!lines || value->list.items[i].kind != INTERP_LIST)
			put_text(budget, out, &value->list.items[i], lines);
		if (out->n > STW_LIMIT_EXPR_MEMORY)
			interp_over(budget, INTERP_SPENT);
	}
}

/* Moves a text into the memory of the budget. */
void interp_put(struct interp_budget *budget, struct buf *out, const struct interp_value *value)
{
	put_text(budget, out, value, false);
}

struct str interp_text(struct interp_budget *budget, const struct interp_value *value)
{
	struct buf text = BUF_INIT;
	struct str kept;

	if (value->kind == INTERP_TEXT || value->kind == INTERP_WORD) {
		kept = interp_charge(budget, value->text.n + 1) ? value->text : STR_NONE;
	} else {
		put_text(budget, &text, value, true);
		kept = interp_keep(budget, &text);
	}
	/* whoever cuts it into parts wants a place, of nothing too */
	return kept.p ? kept : STR("");
}

struct interp_value interp_number(const struct interp_value *value)
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

bool interp_is_number(const struct interp_value *value)
{
	return value->kind == INTERP_INTEGER || value->kind == INTERP_FLOAT;
}

bool interp_is_nothing(const struct interp_value *value)
{
	return value->kind == INTERP_TEXT && value->text.n == 0;
}

double interp_real(const struct interp_value *number)
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

/* ---- comparing ---- */

static int order(double a, double b)
{
	return a < b ? -1 : a > b ? 1 : a <= b ? 0 : 2;
}

static int compare_numbers(const struct interp_value *a, const struct interp_value *b)
{
	if (a->kind == INTERP_INTEGER && b->kind == INTERP_INTEGER)
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	return order(interp_real(a), interp_real(b));
}

static int compare_lists(struct interp_budget *budget, const struct interp_value *a,
			 const struct interp_value *b)
{
	size_t n = a->list.count < b->list.count ? a->list.count : b->list.count;

	for (size_t i = 0; i < n && budget->state == INTERP_WITHIN; i++) {
		int found = interp_compare(budget, &a->list.items[i], &b->list.items[i]);

		if (found)
			return found;
	}
	return a->list.count < b->list.count ? -1 : a->list.count > b->list.count;
}

int interp_compare(struct interp_budget *budget, const struct interp_value *a,
		   const struct interp_value *b)
{
	struct interp_value x, y;

	if (!interp_charge(budget, 1))
		return 2;
	if ((interp_is_number(a) || a->kind == INTERP_TEXT) &&
	    (interp_is_number(b) || b->kind == INTERP_TEXT)) {
		if (a->kind == INTERP_TEXT && b->kind == INTERP_TEXT) {
			int found = str_cmp(a->text, b->text);

			return interp_charge(budget, a->text.n) ? (found > 0) - (found < 0) : 2;
		}
		x = interp_number(a);
		y = interp_number(b);
		return compare_numbers(&x, &y);
	}
	if (a->kind == INTERP_LIST && b->kind == INTERP_LIST)
		return compare_lists(budget, a, b);
	if (a->kind == INTERP_LIST || a->kind == INTERP_TEXT)
		return 1;
	if (a->kind == INTERP_WORD && b->kind == INTERP_WORD)
		return a->word < b->word ? -1 : a->word > b->word;
	return -1;
}

bool interp_equal(struct interp_budget *budget, const struct interp_value *a,
		  const struct interp_value *b)
{
	struct interp_value x, y;

	if (!interp_charge(budget, 1))
		return false;
	if (a->kind == INTERP_LIST && b->kind == INTERP_LIST) {
		size_t i = 0, n = a->list.count;

		while (n == b->list.count && i < n &&
		       interp_equal(budget, &a->list.items[i], &b->list.items[i]))
			i++;
		return n == b->list.count && i == n;
	}
	if (a->kind == INTERP_TEXT && b->kind == INTERP_TEXT)
		return interp_charge(budget, a->text.n) && str_eq(a->text, b->text);
	if (!(interp_is_number(a) || a->kind == INTERP_TEXT) ||
	    !(interp_is_number(b) || b->kind == INTERP_TEXT))
		return false;
	x = interp_number(a);
	y = interp_number(b);
	return compare_numbers(&x, &y) == 0;
}

/* ---- copies ---- */

static struct interp_value copy(struct interp_budget *budget, const struct interp_value *value,
				unsigned depth)
{
	struct interp_value made = *value, *items;
	char *text;

	if (depth > STW_LIMIT_EXPR_DEPTH || !interp_charge(budget, 1)) {
		interp_over(budget, INTERP_SPENT);
		return interp_nothing();
	}
	if (value->kind == INTERP_LIST) {
		items = interp_alloc(budget, value->list.count, sizeof(*items));
		for (size_t i = 0; items && i < value->list.count; i++)
			items[i] = copy(budget, &value->list.items[i], depth + 1);
		return interp_of_list(budget, items, items ? value->list.count : 0);
	}
	if (value->kind == INTERP_TEXT) {
		text = interp_alloc(budget, value->text.n, 1);
		if (text && value->text.n)
			memcpy(text, value->text.p, value->text.n);
		made.text = (struct str){text, text ? value->text.n : 0};
	}
	return made;
}

struct interp_value interp_copy(struct interp_budget *budget, const struct interp_value *value)
{
	return copy(budget, value, 0);
}

/* ---- as the language writes it ---- */

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
