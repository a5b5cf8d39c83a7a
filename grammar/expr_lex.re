/* The tokens of an expression (validation.md 2.4). The text carries no terminating NUL. */
#include "grammar/expr_impl.h"

/*!re2c
	re2c:api = custom;
	re2c:api:style = free-form;
	re2c:define:YYCTYPE = "unsigned char";
	re2c:define:YYPEEK = "(p < limit ? (unsigned char)*p : 0)";
	re2c:define:YYSKIP = "++p;";
	re2c:define:YYBACKUP = "marker = p;";
	re2c:define:YYRESTORE = "p = marker;";
	re2c:yyfill:enable = 0;

	some = [^\x00];
	single = ['] ([^\x00'\\] | "\\"+ [^\x00\\])* ['];
	double = ["] ([^\x00"\\] | "\\"+ [^\x00\\])* ["];
*/

static enum expr_token_kind lex_one(const char **at, const char *limit)
{
	const char *p = *at, *marker = p;
	enum expr_token_kind kind;

	/*!re2c
	[A-Za-z0-9_$.]+	{ kind = EXPR_T_WORD; goto out; }
	single | double	{ kind = EXPR_T_STRING; goto out; }
	['"]		{ kind = EXPR_T_OPEN_STRING; goto out; }
	"("		{ kind = EXPR_T_OPEN; goto out; }
	")"		{ kind = EXPR_T_CLOSE; goto out; }
	"["		{ kind = EXPR_T_OPEN_LIST; goto out; }
	"]"		{ kind = EXPR_T_CLOSE_LIST; goto out; }
	","		{ kind = EXPR_T_COMMA; goto out; }
	"!"		{ kind = EXPR_T_NOT; goto out; }
	"-"		{ kind = EXPR_T_MINUS; goto out; }
	"+"		{ kind = EXPR_T_PLUS; goto out; }
	"*"		{ kind = EXPR_T_TIMES; goto out; }
	"/"		{ kind = EXPR_T_SLASH; goto out; }
	">"		{ kind = EXPR_T_GT; goto out; }
	">=" | "=>"	{ kind = EXPR_T_GE; goto out; }
	"<"		{ kind = EXPR_T_LT; goto out; }
	"<=" | "=<"	{ kind = EXPR_T_LE; goto out; }
	"=" | "=="	{ kind = EXPR_T_EQ; goto out; }
	"!="		{ kind = EXPR_T_NE; goto out; }
	"^"		{ kind = EXPR_T_XOR; goto out; }
	"&" | "&&"	{ kind = EXPR_T_AND; goto out; }
	"|" | "||"	{ kind = EXPR_T_OR; goto out; }
	"}"		{ kind = EXPR_T_END; goto out; }
	*		{ kind = EXPR_T_STRAY; goto out; }
	*/
out:
	*at = p;
	return kind;
}

/* One whole character, so that a message shows it. */
static const char *end_of_character(const char *p, const char *limit)
{
	while (p < limit && ((unsigned char)*p & 0xc0) == 0x80)
		p++;
	return p;
}

struct expr_token expr_lex(struct str text, uint32_t at)
{
	const char *limit = text.p + text.n;
	const char *p = text.p + at;
	struct expr_token token = {EXPR_T_END, at, at};

	while (p < limit && (*p == ' ' || *p == '\r' || *p == '\n'))
		p++;
	token.begin = token.end = (uint32_t)(p - text.p);
	if (p == limit)
		return token;
	token.kind = lex_one(&p, limit);
	if (token.kind == EXPR_T_STRAY)
		p = end_of_character(p, limit);
	if (token.kind != EXPR_T_END)
		token.end = (uint32_t)(p - text.p);
	return token;
}
