/* What the lexer, the grammar and grammar/expr.c share. */
#ifndef STW_GRAMMAR_EXPR_IMPL_H
#define STW_GRAMMAR_EXPR_IMPL_H

#include "grammar/expr.h"

enum expr_token_kind {
	EXPR_T_END, /* of the text, or a "}" */
	EXPR_T_WORD,
	EXPR_T_STRING,
	EXPR_T_OPEN_STRING, /* a quote that nothing closes */
	EXPR_T_STRAY,
	EXPR_T_OPEN,
	EXPR_T_CLOSE,
	EXPR_T_OPEN_LIST,
	EXPR_T_CLOSE_LIST,
	EXPR_T_COMMA,
	EXPR_T_NOT,
	EXPR_T_MINUS,
	EXPR_T_PLUS,
	EXPR_T_TIMES,
	EXPR_T_SLASH,
	EXPR_T_GT,
	EXPR_T_GE,
	EXPR_T_LT,
	EXPR_T_LE,
	EXPR_T_EQ,
	EXPR_T_NE,
	EXPR_T_XOR,
	EXPR_T_AND,
	EXPR_T_OR
};

struct expr_token {
	enum expr_token_kind kind;
	uint32_t begin, end;
};

struct expr_members {
	struct expr *first, *last;
	uint32_t count;
};

struct expr_parser {
	struct arena *arena;
	struct str text;
	unsigned depth;
	uint32_t at;            /* where the next token is looked for */
	bool start;             /* a minus sign here is unary */
	struct expr_token last; /* the token that was read last */
	struct expr *root;
	struct expr_error *error;
	bool failed; /* *error is set */
};

/* expr_lex.re: the next token from `at` on, blanks skipped. */
struct expr_token expr_lex(struct str text, uint32_t at);

/* grammar/expr.c: what the grammar builds; NULL after an error. */
struct expr *expr_leaf(struct expr_parser *parser, struct expr_token token);
struct expr *expr_call(struct expr_parser *parser, struct expr_token name, uint32_t open,
		       struct expr_members members);
struct expr *expr_list(struct expr_parser *parser, uint32_t begin, uint32_t end,
		       struct expr_members members);
struct expr *expr_join(struct expr_parser *parser, enum expr_kind kind, enum expr_op op,
		       struct expr *a, struct expr *b, uint32_t begin, uint32_t end);
bool expr_append(struct expr_members *members, struct expr *member);
/* Remembers the first fault. */
void expr_fail(struct expr_parser *parser, enum expr_fault fault, uint32_t begin, uint32_t end,
	       const char *format, ...) PRINTF_LIKE(5, 6);
/* The token that the grammar could not use. */
void expr_unexpected(struct expr_parser *parser);

#endif
