/*
 * The tokens of TOML 1.0. Texts carry no terminating NUL, so every look at a byte is
 * checked against the end; a byte 0 inside the text is told apart by its place.
 * The text is known to be valid UTF-8, so bytes from 0x80 on are simply allowed where
 * the grammar allows characters beyond ASCII.
 */
#include "grammar/toml.h"

/*!re2c
	re2c:api = custom;
	re2c:api:style = free-form;
	re2c:define:YYCTYPE = "unsigned char";
	re2c:define:YYPEEK = "(p < limit ? (unsigned char)*p : 0)";
	re2c:define:YYSKIP = "++p;";
	re2c:define:YYBACKUP = "marker = p;";
	re2c:define:YYRESTORE = "p = marker;";
	re2c:yyfill:enable = 0;

	high = [\x80-\xff];
	any = [\t\x20-\x7e] | high;
	newline = "\r"? "\n";

	basic_char = (any \ ["\\]);
	basic = ["] (basic_char | "\\" any)* ["];
	literal = ['] (any \ ['])* ['];
	basic_multi = ["]{3} (["]{0,2} (basic_char | newline | "\\" (any | newline)))* ["]{3,5};
	literal_multi = [']{3} ([']{0,2} ((any \ [']) | newline))* [']{3,5};

	digit = [0-9];
	digits = digit ("_"? digit)*;
	decimal = [-+]? ("0" | [1-9] ("_"? digit)*);
	exponent = [eE] [-+]? digits;
	date = digit{4} "-" digit{2} "-" digit{2};
	time = digit{2} ":" digit{2} ":" digit{2} ("." digit+)?;
	zone = [zZ] | [-+] digit{2} ":" digit{2};
*/

static enum toml_token lex_key(const char **at, const char *limit)
{
	const char *p = *at, *marker = p;
	enum toml_token token;

	/*!re2c
	[A-Za-z0-9_-]+	{ token = TOML_BARE; goto out; }
	basic		{ token = TOML_BASIC; goto out; }
	literal		{ token = TOML_LITERAL; goto out; }
	basic_multi	{ token = TOML_BASIC_MULTI; goto out; }
	literal_multi	{ token = TOML_LITERAL_MULTI; goto out; }
	["']		{ token = TOML_OPEN_STRING; goto out; }
	["]{3} | [']{3}	{ token = TOML_OPEN_STRING; goto out; }
	"."		{ token = TOML_DOT; goto out; }
	"="		{ token = TOML_EQUALS; goto out; }
	","		{ token = TOML_COMMA; goto out; }
	"["		{ token = TOML_OPEN; goto out; }
	"]"		{ token = TOML_CLOSE; goto out; }
	"[["		{ token = TOML_OPEN2; goto out; }
	"]]"		{ token = TOML_CLOSE2; goto out; }
	"{"		{ token = TOML_CURLY; goto out; }
	"}"		{ token = TOML_UNCURLY; goto out; }
	newline		{ token = TOML_NEWLINE; goto out; }
	*		{ token = TOML_STRAY; goto out; }
	*/
out:
	*at = p;
	return token;
}

static enum toml_token lex_value(const char **at, const char *limit)
{
	const char *p = *at, *marker = p;
	enum toml_token token;

	/*!re2c
	"true"				{ token = TOML_TRUE; goto out; }
	"false"				{ token = TOML_FALSE; goto out; }
	decimal				{ token = TOML_DECIMAL; goto out; }
	"0x" [0-9A-Fa-f] ("_"? [0-9A-Fa-f])*	{ token = TOML_HEX; goto out; }
	"0o" [0-7] ("_"? [0-7])*	{ token = TOML_OCTAL; goto out; }
	"0b" [01] ("_"? [01])*		{ token = TOML_BINARY; goto out; }
	decimal ("." digits exponent? | exponent)	{ token = TOML_FLOAT; goto out; }
	[-+]? ("inf" | "nan")		{ token = TOML_SPECIAL; goto out; }
	date [Tt ] time zone		{ token = TOML_DATE_TIME; goto out; }
	date [Tt ] time			{ token = TOML_LOCAL_DATE_TIME; goto out; }
	date				{ token = TOML_LOCAL_DATE; goto out; }
	time				{ token = TOML_LOCAL_TIME; goto out; }
	basic				{ token = TOML_BASIC; goto out; }
	literal				{ token = TOML_LITERAL; goto out; }
	basic_multi			{ token = TOML_BASIC_MULTI; goto out; }
	literal_multi			{ token = TOML_LITERAL_MULTI; goto out; }
	["']				{ token = TOML_OPEN_STRING; goto out; }
	["]{3} | [']{3}			{ token = TOML_OPEN_STRING; goto out; }
	"="				{ token = TOML_EQUALS; goto out; }
	","				{ token = TOML_COMMA; goto out; }
	"["				{ token = TOML_OPEN; goto out; }
	"]"				{ token = TOML_CLOSE; goto out; }
	"{"				{ token = TOML_CURLY; goto out; }
	"}"				{ token = TOML_UNCURLY; goto out; }
	newline				{ token = TOML_NEWLINE; goto out; }
	((any \ [ \t"',=#{}\u005b\u005d]))+	{ token = TOML_WORD; goto out; }
	*				{ token = TOML_STRAY; goto out; }
	*/
out:
	*at = p;
	return token;
}

/* Blanks, and a comment as far as its characters are allowed. */
static const char *skip_blank(const char *p, const char *limit)
{
	while (p < limit && (*p == ' ' || *p == '\t'))
		p++;
	if (p < limit && *p == '#')
		while (p < limit && ((unsigned char)*p >= 0x20 || *p == '\t') && *p != 0x7f)
			p++;
	return p;
}

void toml_lex(struct str text, size_t at, enum toml_mode mode, struct toml_lexeme *out)
{
	enum toml_token token = TOML_END;
	const char *limit, *p;

	out->token = token;
	out->begin = out->end = (uint32_t)at;
	if (at == text.n)
		return; /* an empty text may have no address */
	limit = text.p + text.n;
	p = skip_blank(text.p + at, limit);
	out->begin = out->end = (uint32_t)(p - text.p);
	if (p == limit)
		return;
	switch (mode) {
	case TOML_MODE_KEY: token = lex_key(&p, limit); break;
	case TOML_MODE_VALUE: token = lex_value(&p, limit); break;
	}
	out->token = token;
	out->end = (uint32_t)(p - text.p);
}
