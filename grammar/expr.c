/* Expressions as trees: leaves, nodes, and what to say where a text is none. */
#include "grammar/expr_impl.h"

#include <stdio.h>

#include "base/num.h"
#include "grammar/expr_parse.h"

void expr_fail(struct expr_parser *parser, enum expr_fault fault, uint32_t begin, uint32_t end,
	       const char *format, ...)
{
	va_list args;

	if (parser->failed)
		return;
	parser->failed = true;
	parser->error->fault = fault;
	parser->error->begin = begin;
	parser->error->end = end;
	va_start(args, format);
	(void)vsnprintf(parser->error->text, sizeof(parser->error->text), format, args);
	va_end(args);
}

static struct str token_text(const struct expr_parser *parser, struct expr_token token)
{
	return (struct str){parser->text.p + token.begin, token.end - token.begin};
}

static struct expr *new_node(struct expr_parser *parser, enum expr_kind kind, uint32_t begin,
			     uint32_t end)
{
	struct expr *node = ARENA_NEW(parser->arena, struct expr);

	if (!node) {
		expr_fail(parser, EXPR_NO_MEMORY, begin, end, "out of memory");
		return NULL;
	}
	node->kind = (uint8_t)kind;
	node->height = 1;
	node->begin = begin;
	node->end = end;
	return node;
}

static char escaped(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	}
	return c;
}

/* What stands between the quotes, with its escapes resolved. */
static bool decode(struct expr_parser *parser, struct expr *node, struct str raw)
{
	char *out;
	size_t i;

	node->text = raw;
	if (!raw.n || !memchr(raw.p, '\\', raw.n))
		return true;
	out = arena_alloc(parser->arena, raw.n, 1);
	if (!out) {
		expr_fail(parser, EXPR_NO_MEMORY, node->begin, node->end, "out of memory");
		return false;
	}
	node->text = (struct str){out, 0};
	for (i = 0; i < raw.n; i++) {
		bool escape = raw.p[i] == '\\' && i + 1 < raw.n;

		i += escape;
		out[node->text.n++] = escape ? escaped(raw.p[i]) : raw.p[i];
	}
	return true;
}

/* ".5" and "5." are numbers too. */
static bool set_float(struct expr *node, struct str word)
{
	char text[64];
	int n;

	if (word.n > sizeof(text) - 3)
		return false;
	n = snprintf(text, sizeof(text), "%s%.*s%s", word.p[0] == '.' ? "0" : "", STR_ARG(word),
		     word.p[word.n - 1] == '.' ? "0" : "");
	return num_double((struct str){text, (size_t)n}, &node->number) == NUM_OK;
}

static bool set_number(struct expr_parser *parser, struct expr *node, struct str word)
{
	bool real = memchr(word.p, '.', word.n) != NULL;

	node->kind = real ? EXPR_FLOAT : EXPR_INTEGER;
	if (real ? set_float(node, word) : num_i64(word, &node->integer) == NUM_OK)
		return true;
	expr_fail(parser, EXPR_SYNTAX, node->begin, node->end, "'%.*s' is no number%s",
		  (int)(word.n < 40 ? word.n : 40), word.p,
		  real ? "" : " below 9223372036854775808");
	return false;
}

/* Nothing but digits, or, with dots, digits and dots of which one at least is a digit. */
static bool is_digits(struct str s, bool dots)
{
	size_t digits = 0, i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (!dots || s.p[i] != '.')
			return false;
	}
	return digits > 0;
}

/* $1 is a capture, $NAME a global; so is a number that no capture can have. */
static void set_dollar(struct expr *node, struct str name)
{
	uint64_t number;

	node->kind = EXPR_GLOBAL;
	node->text = name;
	if (is_digits(name, false) && num_u64(name, &number) == NUM_OK && number <= UINT32_MAX) {
		node->kind = EXPR_CAPTURE;
		node->integer = (int64_t)number;
	}
}

static bool set_word(struct expr_parser *parser, struct expr *node, struct str word)
{
	node->text = word;
	if (str_eq(word, STR("true")) || str_eq(word, STR("false"))) {
		node->kind = EXPR_INTEGER;
		node->boolean = true;
		node->integer = word.n == 4;
	} else if (word.p[0] == '$' && word.n > 1) {
		set_dollar(node, str_from(word, 1));
	} else if (is_digits(word, true)) {
		return set_number(parser, node, word);
	}
	return true;
}

struct expr *expr_leaf(struct expr_parser *parser, struct expr_token token)
{
	bool string = token.kind == EXPR_T_STRING;
	struct str text = token_text(parser, token);
	struct expr *node =
		new_node(parser, string ? EXPR_STRING : EXPR_NAME, token.begin, token.end);

	if (!node || !(string ? decode(parser, node, (struct str){text.p + 1, text.n - 2})
			      : set_word(parser, node, text)))
		return NULL;
	return node;
}

bool expr_append(struct expr_members *members, struct expr *member)
{
	if (members->last)
		members->last->next = member;
	else
		members->first = member;
	members->last = member;
	return ++members->count < UINT32_MAX;
}

static struct expr *adopt(struct expr_parser *parser, struct expr *node,
			  struct expr_members members)
{
	const struct expr *member;

	node->first = members.first;
	node->last = members.last;
	node->count = members.count;
	for (member = members.first; member; member = member->next) {
		if (node->height <= member->height)
			node->height = (uint16_t)(member->height + 1);
	}
	if (node->height <= parser->depth)
		return node;
	expr_fail(parser, EXPR_TOO_DEEP, node->begin, node->end,
		  "more than %u parts of an expression inside each other", parser->depth);
	return NULL;
}

struct expr *expr_call(struct expr_parser *parser, struct expr_token name, uint32_t open,
		       struct expr_members members)
{
	struct expr *node = new_node(parser, EXPR_CALL, name.begin, name.end);

	if (!node)
		return NULL;
	node->text = token_text(parser, name);
	node->name_end = name.end;
	node->apart = open != name.end;
	return adopt(parser, node, members);
}

struct expr *expr_list(struct expr_parser *parser, uint32_t begin, uint32_t end,
		       struct expr_members members)
{
	struct expr *node = new_node(parser, EXPR_LIST, begin, end);
	const struct expr *member;

	for (member = members.first; member; member = member->next) {
		char first = parser->text.p[member->begin];

		if (first != '!' && first != '(')
			continue;
		expr_fail(parser, EXPR_SYNTAX, member->begin, member->begin + 1,
			  "a member of a list cannot begin with '%c': the server miscounts them",
			  first);
		return NULL;
	}
	return node ? adopt(parser, node, members) : NULL;
}

struct expr *expr_join(struct expr_parser *parser, enum expr_kind kind, enum expr_op op,
		       struct expr *a, struct expr *b, uint32_t begin, uint32_t end)
{
	struct expr_members members = {a, b ? b : a, b ? 2 : 1};
	struct expr *node = new_node(parser, kind, begin, end);

	if (!node)
		return NULL;
	a->next = b;
	node->op = (uint8_t)op;
	return adopt(parser, node, members);
}

/* ---- what is wrong ---- */

/* The outermost opening bracket that nothing closes; its kind, or EXPR_T_END where there is none.
 */
static struct expr_token unclosed(const struct expr_parser *parser)
{
	struct expr_token found = {EXPR_T_END, 0, 0}, token = found;
	unsigned open = 0;

	do {
		token = expr_lex(parser->text, token.end);
		if (token.kind == EXPR_T_OPEN || token.kind == EXPR_T_OPEN_LIST) {
			if (open++ == 0)
				found = token;
		} else if (token.kind == EXPR_T_CLOSE || token.kind == EXPR_T_CLOSE_LIST) {
			open -= open > 0;
		}
	} while (token.kind != EXPR_T_END && token.kind != EXPR_T_OPEN_STRING);
	if (!open)
		found.kind = EXPR_T_END;
	return found;
}

static void say_end(struct expr_parser *parser)
{
	struct expr_token open = unclosed(parser);

	if (open.kind == EXPR_T_END)
		expr_fail(parser, EXPR_SYNTAX, parser->last.begin, parser->last.end,
			  "the expression ends where a value is expected");
	else
		expr_fail(parser, EXPR_SYNTAX, open.begin, open.end, "this '%c' is never closed",
			  open.kind == EXPR_T_OPEN ? '(' : '[');
}

static void say_stray(struct expr_parser *parser)
{
	struct expr_token token = parser->last;

	if (parser->text.p[token.begin] == '\t')
		expr_fail(parser, EXPR_SYNTAX, token.begin, token.end,
			  "a tab cannot stand in an expression; blanks and line ends can");
	else if (parser->text.p[token.begin] == '\0')
		expr_fail(parser, EXPR_SYNTAX, token.begin, token.end,
			  "a NUL cannot stand in an expression");
	else
		expr_fail(parser, EXPR_SYNTAX, token.begin, token.end,
			  "'%.*s' cannot stand in an expression outside a text",
			  (int)(token.end - token.begin), parser->text.p + token.begin);
}

/* Is there nothing open that the bracket could close? */
static bool closes_nothing(const struct expr_parser *parser)
{
	struct expr_parser before = *parser;

	before.text.n = parser->last.begin;
	return unclosed(&before).kind == EXPR_T_END;
}

/* The words of other languages for our operators. */
static const char *operator_of(struct str word)
{
	static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}, {"not", "!"},
					       {"AND", "&&"}, {"OR", "||"}, {"NOT", "!"}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(word, words[i][0]))
			return words[i][1];
	}
	return NULL;
}

static void say_token(struct expr_parser *parser, const char *why)
{
	struct expr_token token = parser->last;
	struct str text = token_text(parser, token);

	if (operator_of(text)) {
		expr_fail(parser, EXPR_SYNTAX, token.begin, token.end, "'%.*s' is written %s here",
			  STR_ARG(text), operator_of(text));
		return;
	}
	expr_fail(parser, EXPR_SYNTAX, token.begin, token.end, "'%.*s'%s cannot stand here%s",
		  (int)(text.n < 40 ? text.n : 40), text.p, text.n < 40 ? "" : "…", why);
}

void expr_unexpected(struct expr_parser *parser)
{
	struct expr_token token = parser->last;

	switch (token.kind) {
	case EXPR_T_END: say_end(parser); return;
	case EXPR_T_OPEN_STRING:
		expr_fail(parser, EXPR_SYNTAX, token.begin, (uint32_t)parser->text.n,
			  "the text that begins here never ends");
		return;
	case EXPR_T_STRAY: say_stray(parser); return;
	case EXPR_T_CLOSE:
	case EXPR_T_CLOSE_LIST:
		say_token(parser, closes_nothing(parser) ? ": nothing is open" : "");
		return;
	case EXPR_T_OPEN_LIST:
		say_token(parser, ": only a variable, a result, a list or parentheses have "
				  "members");
		return;
	case EXPR_T_MINUS:
		say_token(parser, ": a minus sign begins a value only at the start and behind "
				  "'(', ',' or an operator");
		return;
	case EXPR_T_WORD:
	case EXPR_T_STRING: say_token(parser, ": an operator is expected"); return;
	case EXPR_T_OPEN:
	case EXPR_T_COMMA:
	case EXPR_T_NOT:
	case EXPR_T_PLUS:
	case EXPR_T_TIMES:
	case EXPR_T_SLASH:
	case EXPR_T_GT:
	case EXPR_T_GE:
	case EXPR_T_LT:
	case EXPR_T_LE:
	case EXPR_T_EQ:
	case EXPR_T_NE:
	case EXPR_T_XOR:
	case EXPR_T_AND:
	case EXPR_T_OR: say_token(parser, ""); return;
	}
}

bool expr_parse(struct arena *arena, struct str text, unsigned depth, struct expr_parsed *out,
		struct expr_error *error)
{
	struct expr_parser parser = {.arena = arena, .depth = depth, .start = true, .error = error};

	parser.text = text.n ? text : STR("");
	if (expr_yyparse(&parser) != 0 || !parser.root) {
		expr_fail(&parser, EXPR_NO_MEMORY, 0, 0, "out of memory");
		return false;
	}
	out->root = parser.root;
	out->end = parser.last.begin;
	return true;
}

static bool unit_ms(struct str unit, int64_t *out)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"", 1},      {"ms", 1},      {"s", 1000},
		     {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(units); i++) {
		if (str_eq_ascii_case(unit, str_c(units[i].name))) {
			*out = units[i].ms;
			return true;
		}
	}
	return false;
}

bool expr_duration(struct str s, int64_t *out_ms)
{
	size_t n = 0;
	int64_t count, ms;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	if (!n || num_i64((struct str){s.p, n}, &count) != NUM_OK || !unit_ms(str_from(s, n), &ms))
		return false;
	return !mul_overflows(count, ms, out_ms);
}
