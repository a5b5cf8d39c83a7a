/* The grammar of expressions: operators by their levels in validation.md 2.4, tightest last. */
%code top {
	/* what bison writes is not in our style */
	#pragma GCC diagnostic ignored "-Wconversion"
	#pragma GCC diagnostic ignored "-Wshadow"
	#pragma GCC diagnostic ignored "-Wunused-function"
}

%code requires {
	#include "grammar/expr_impl.h"
}

%code {
	static int expr_yylex(EXPR_YYSTYPE *value, struct expr_parser *parser);
	static void expr_yyerror(struct expr_parser *parser, const char *text);

	#define TRY(result) do { if (!(result)) YYABORT; } while (0)
	/* a text has at most this many tokens open, whatever it holds */
	#define YYMAXDEPTH 20000
}

%define api.pure full
%define api.prefix {expr_yy}
%define parse.error custom
%param {struct expr_parser *parser}
%expect 0

%union {
	struct expr_token token;
	struct expr *expr;
	struct expr_members members;
}

%token END 0
%token <token> WORD STRING VALUE OPEN CLOSE OPEN_LIST CLOSE_LIST COMMA
%token <token> NOT NEGATE MINUS PLUS TIMES SLASH GT GE LT LE EQ NE XOR AND OR STRAY

%left OR
%left AND
%left XOR
%left EQ NE
%left GT GE LT LE
%left PLUS MINUS
%left TIMES SLASH
%precedence NOT NEGATE

%type <expr> expression operand indexable
%type <members> members some

%%

text: expression END	{ parser->root = $1; }
;

expression:
  operand
| NOT expression	{ TRY($$ = expr_join(parser, EXPR_UNARY, EXPR_NOT, $2, NULL, $1.begin, $2->end)); }
| NEGATE expression	{ TRY($$ = expr_join(parser, EXPR_UNARY, EXPR_NEGATE, $2, NULL, $1.begin, $2->end)); }
| expression TIMES expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_MULTIPLY, $1, $3, $1->begin, $3->end)); }
| expression SLASH expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_DIVIDE, $1, $3, $1->begin, $3->end)); }
| expression PLUS expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_ADD, $1, $3, $1->begin, $3->end)); }
| expression MINUS expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_SUBTRACT, $1, $3, $1->begin, $3->end)); }
| expression GT expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_GT, $1, $3, $1->begin, $3->end)); }
| expression GE expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_GE, $1, $3, $1->begin, $3->end)); }
| expression LT expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_LT, $1, $3, $1->begin, $3->end)); }
| expression LE expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_LE, $1, $3, $1->begin, $3->end)); }
| expression EQ expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_EQ, $1, $3, $1->begin, $3->end)); }
| expression NE expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_NE, $1, $3, $1->begin, $3->end)); }
| expression XOR expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_XOR, $1, $3, $1->begin, $3->end)); }
| expression AND expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_AND, $1, $3, $1->begin, $3->end)); }
| expression OR expression	{ TRY($$ = expr_join(parser, EXPR_BINARY, EXPR_OR, $1, $3, $1->begin, $3->end)); }
;

operand:
  VALUE		{ TRY($$ = expr_leaf(parser, $1)); }
| STRING	{ TRY($$ = expr_leaf(parser, $1)); }
| indexable
;

indexable:
  WORD		{ TRY($$ = expr_leaf(parser, $1)); }
| WORD OPEN members CLOSE	{ TRY($$ = expr_call(parser, $1, $2.begin, $3)); $$->end = $4.end; }
| OPEN expression CLOSE
	{ $$ = $2; $$->parens = true; $$->begin = $1.begin; $$->end = $3.end; }
| OPEN_LIST members CLOSE_LIST	{ TRY($$ = expr_list(parser, $1.begin, $3.end, $2)); }
| indexable OPEN_LIST expression CLOSE_LIST
	{ TRY($$ = expr_join(parser, EXPR_INDEX, EXPR_NO_OP, $1, $3, $1->begin, $4.end)); }
;

members:
  %empty	{ $$ = (struct expr_members){NULL, NULL, 0}; }
| some
;

some:
  expression	{ $$ = (struct expr_members){NULL, NULL, 0}; TRY(expr_append(&$$, $1)); }
| some COMMA expression	{ $$ = $1; TRY(expr_append(&$$, $3)); }
;

%%

/* The word as the grammar tells it apart: names may be called and indexed, values may not. */
static int word_token(const struct expr_parser *parser, struct expr_token token)
{
	const char *p = parser->text.p + token.begin;
	size_t n = token.end - token.begin, i;
	bool digit = false;

	if ((n == 4 && memcmp(p, "true", 4) == 0) || (n == 5 && memcmp(p, "false", 5) == 0) ||
	    (p[0] == '$' && n > 1))
		return VALUE;
	for (i = 0; i < n; i++) {
		if (p[i] != '.' && (p[i] < '0' || p[i] > '9'))
			return WORD;
		digit = digit || p[i] != '.';
	}
	return digit ? VALUE : WORD;
}

static int token_of(const struct expr_parser *parser, struct expr_token token)
{
	switch (token.kind) {
	case EXPR_T_END: return END;
	case EXPR_T_WORD: return word_token(parser, token);
	case EXPR_T_STRING: return STRING;
	case EXPR_T_OPEN_STRING:
	case EXPR_T_STRAY: return STRAY;
	case EXPR_T_OPEN: return OPEN;
	case EXPR_T_CLOSE: return CLOSE;
	case EXPR_T_OPEN_LIST: return OPEN_LIST;
	case EXPR_T_CLOSE_LIST: return CLOSE_LIST;
	case EXPR_T_COMMA: return COMMA;
	case EXPR_T_NOT: return NOT;
	case EXPR_T_MINUS: return parser->start ? NEGATE : MINUS;
	case EXPR_T_PLUS: return PLUS;
	case EXPR_T_TIMES: return TIMES;
	case EXPR_T_SLASH: return SLASH;
	case EXPR_T_GT: return GT;
	case EXPR_T_GE: return GE;
	case EXPR_T_LT: return LT;
	case EXPR_T_LE: return LE;
	case EXPR_T_EQ: return EQ;
	case EXPR_T_NE: return NE;
	case EXPR_T_XOR: return XOR;
	case EXPR_T_AND: return AND;
	case EXPR_T_OR: return OR;
	}
	return STRAY;
}

static int expr_yylex(EXPR_YYSTYPE *value, struct expr_parser *parser)
{
	struct expr_token token = expr_lex(parser->text, parser->at);
	int kind = token_of(parser, token);

	parser->at = token.end;
	parser->last = token;
	parser->start = token.kind == EXPR_T_OPEN || token.kind == EXPR_T_COMMA ||
			(token.kind >= EXPR_T_MINUS && kind != NEGATE);
	value->token = token;
	return kind;
}

static int yyreport_syntax_error(const yypcontext_t *context, struct expr_parser *parser)
{
	(void)context;
	expr_unexpected(parser);
	return 0;
}

/* Called where the stack may not grow; syntax errors come by the function above. */
static void expr_yyerror(struct expr_parser *parser, const char *text)
{
	(void)text;
	expr_fail(parser, EXPR_TOO_DEEP, parser->last.begin, parser->last.end,
		  "the expression is nested too deep");
}
