/*
 * The values of expressions, and the budget that bounds what making them takes.
 *
 * A value is small and passed about as it is; the bytes of texts and the members of lists lie
 * elsewhere and are never changed: in the program, with whoever gives the variables, or in the
 * arena of a budget. Functions that make or look at much take a budget first. Where it is spent
 * they give the empty text, an empty list or false, and the budget remembers; so only who owns
 * the budget has to ask, at the end.
 *
 * Meaning of values (validation.md 2.4 and the server it describes): an absent variable is the
 * empty text; numbers, non-empty texts and lists, and every word are true, 0, '' and [] are not; a
 * text beside a number is read as one.
 */
#ifndef STW_ENGINE_INTERP_VALUE_H
#define STW_ENGINE_INTERP_VALUE_H

#include "base/arena.h"
#include "libstw/program.h"

enum interp_kind {
	INTERP_TEXT, /* the empty one is what nothing else is */
	INTERP_INTEGER,
	INTERP_FLOAT,
	INTERP_LIST,
	INTERP_WORD /* a member of ExpressionConstant: its number, and its name as text */
};

struct interp_value {
	uint8_t kind;   /* enum interp_kind */
	uint16_t depth; /* of a list: lists inside each other; set by interp_of_list */
	uint16_t word;
	union {
		struct str text; /* WORD too */
		int64_t integer;
		double number;
		struct {
			const struct interp_value *items;
			size_t count;
		} list;
	};
};

/* ---- the budget ---- */

enum interp_budget_state {
	INTERP_WITHIN,
	INTERP_SPENT,  /* STW_LIMIT_EXPR_MEMORY, _WORK or _DEPTH */
	INTERP_NO_ROOM /* the machine has no memory left */
};

/* What one run has spent. */
struct interp_budget {
	enum interp_budget_state state; /* the first that was not INTERP_WITHIN stays */
	struct arena arena;             /* arena_init before use, arena_free behind it */
	size_t memory, work;            /* bytes made; bytes and members looked at */
};

/* Ends what the budget is for. */
void interp_over(struct interp_budget *budget, enum interp_budget_state state);
/* `count` things of `size` bytes, which live as long as the budget; NULL: it is over. */
void *interp_alloc(struct interp_budget *budget, size_t count, size_t size) WARN_UNUSED;
/* Counts bytes or members that are about to be looked at; false: the budget is over. */
bool interp_charge(struct interp_budget *budget, size_t work);
/* Moves a text into the budget's memory, and frees the buffer. */
struct str interp_keep(struct interp_budget *budget, struct buf *text);

/* ---- making values ---- */

static inline struct interp_value interp_nothing(void)
{
	return (struct interp_value){.kind = INTERP_TEXT};
}

static inline struct interp_value interp_of_text(struct str text)
{
	return (struct interp_value){.kind = INTERP_TEXT, .text = text};
}

static inline struct interp_value interp_of_integer(int64_t integer)
{
	return (struct interp_value){.kind = INTERP_INTEGER, .integer = integer};
}

static inline struct interp_value interp_of_float(double number)
{
	return (struct interp_value){.kind = INTERP_FLOAT, .number = number};
}

static inline struct interp_value interp_of_bool(bool flag)
{
	return interp_of_integer(flag);
}

/* A list of the items, which it does not copy; lists nested too deep end the budget. */
struct interp_value interp_of_list(struct interp_budget *budget, const struct interp_value *items,
				   size_t count);
/* The same value, with nothing of it left where it came from. */
struct interp_value interp_copy(struct interp_budget *budget, const struct interp_value *value);

/* ---- seeing a value as another kind ---- */

/* What conditions and ! && || make of it. */
bool interp_true(const struct interp_value *value);
/* As functions see it (the members of a list in lines, without the lists in it): never without a
 * place; empty where the budget is over. */
struct str interp_text(struct interp_budget *budget, const struct interp_value *value);
/* As + sees it: all members of a list, in lines. Appends to *out. */
void interp_put(struct interp_budget *budget, struct buf *out, const struct interp_value *value);
/* An integer or a float: what is beside it in arithmetic; a text that is no number is 0, a list 1
 * where it is empty, as the server has it. */
struct interp_value interp_number(const struct interp_value *value);
/* False: no whole number. A float is cut off, and stops at the bounds. */
bool interp_integer(const struct interp_value *value, int64_t *out);
/* As a place or a count: what is none is 0, what is negative is beyond everything. */
size_t interp_size(const struct interp_value *value);
/* A list as it is, a text as its one member, the empty text as none. */
struct interp_value interp_as_list(struct interp_budget *budget, const struct interp_value *value);
/* An integer or a float as a float. */
double interp_real(const struct interp_value *number);
bool interp_is_number(const struct interp_value *value);
bool interp_is_nothing(const struct interp_value *value);

/* ---- comparing ---- */

/* A word equals nothing, not even itself: the server's own rule. */
bool interp_equal(struct interp_budget *budget, const struct interp_value *a,
		  const struct interp_value *b);
/* -1, 0, 1, or 2 where the two have no order (a NaN) or the budget is over. */
int interp_compare(struct interp_budget *budget, const struct interp_value *a,
		   const struct interp_value *b);

/* The value as the language writes it: 'a text', 5, 1.5, [1, 'b'], relaxed. */
void interp_print(struct buf *out, const struct interp_value *value);

#endif
