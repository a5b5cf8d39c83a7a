/*
 * Expressions: the text of a condition or a result (validation.md 2.4) as a tree. What the names
 * mean, and which of them a place may use, is the business of whoever asked; the tree only
 * says what is called, joined and compared, and where in the text each part stands.
 *
 * Where the fact sheet leaves a doubt the server's own reading counts: a minus sign is unary only
 * at the start and behind "(", "," or an operator; a list member may not begin with "!" or "("; a
 * text ends at the first quote of its kind that no backslash precedes.
 */
#ifndef STW_GRAMMAR_EXPR_H
#define STW_GRAMMAR_EXPR_H

#include "base/arena.h"

enum expr_kind {
	EXPR_INTEGER, /* .integer; true and false are 1 and 0, and .boolean says so */
	EXPR_FLOAT,   /* .number */
	EXPR_STRING,  /* .text, decoded */
	EXPR_NAME,    /* .text: a variable, a constant or a duration such as 5m */
	EXPR_GLOBAL,  /* .text without the $ */
	EXPR_CAPTURE, /* .integer: $1 is 1 */
	EXPR_CALL,    /* .text is the function, members its arguments */
	EXPR_LIST,    /* members */
	EXPR_INDEX,   /* two members: what, and which */
	EXPR_UNARY,   /* one member, .op */
	EXPR_BINARY   /* two members, .op */
};

enum expr_op {
	EXPR_NO_OP,
	EXPR_NOT,
	EXPR_NEGATE,
	EXPR_ADD,
	EXPR_SUBTRACT,
	EXPR_MULTIPLY,
	EXPR_DIVIDE,
	EXPR_GT,
	EXPR_GE,
	EXPR_LT,
	EXPR_LE,
	EXPR_EQ,
	EXPR_NE,
	EXPR_XOR,
	EXPR_AND,
	EXPR_OR
};

struct expr {
	uint8_t kind;        /* enum expr_kind */
	uint8_t op;          /* enum expr_op */
	bool boolean;        /* written as true or false */
	bool parens;         /* stands in parentheses, which begin and end include */
	bool apart;          /* a call: blanks stand between the name and "(" */
	uint16_t height;     /* of the tree below; a leaf has 1 */
	uint32_t begin, end; /* bytes of the text */
	uint32_t name_end;   /* a call: where the name ends */
	struct str text;
	int64_t integer;
	double number;
	struct expr *first, *last; /* members */
	uint32_t count;
	struct expr *next; /* of the members of the same parent */
};

enum expr_fault { EXPR_SYNTAX, EXPR_TOO_DEEP, EXPR_NO_MEMORY };

struct expr_error {
	enum expr_fault fault;
	uint32_t begin, end; /* bytes of the text; equal at its end */
	char text[160];      /* what is wrong, in the form of a diagnostic's message */
};

struct expr_parsed {
	struct expr *root;
	uint32_t end; /* where it ended: below the length of the text behind a "}", which ends it */
};

/* The text (any bytes, below 4 GiB) as a tree in the arena; the tree points into the text. `depth`
 * bounds the height of the tree. False: *error says why and where. */
bool expr_parse(struct arena *arena, struct str text, unsigned depth, struct expr_parsed *out,
		struct expr_error *error) WARN_UNUSED;

/* A whole number of milliseconds as expressions write it: digits and one of d h m s ms in any case
 * (validation.md 2.2); false: it is none, or it overflows. */
bool expr_duration(struct str s, int64_t *out_ms) WARN_UNUSED;

#endif
