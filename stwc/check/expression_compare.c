/* What the parts of an expression are compared with: constants that they can never equal. A server
 * compares without a word, and the branch is dead. */
#include <stdio.h>

#include "stwc/check/expression.h"

/* What a variable can be, where that is known. */
enum range {
	RANGE_ADDRESS,
	RANGE_FLAG, /* 0 or 1 */
	RANGE_NUMBER,
	RANGE_WORD /* one of `words` */
};

static const char *const protocols[] = {"http", "https",       "imap", "lmtp",
					"pop3", "managesieve", "smtp", NULL};
static const char *const methods[] = {"DELETE", "GET",      "HEAD",  "OPTIONS",   "PATCH", "POST",
				      "PUT",    "PROPFIND", "MKCOL", "PROPPATCH", NULL};

static const struct variable {
	const char *name;
	enum range range;
	const char *const *words; /* of RANGE_WORD */
	bool more;                /* there may be others, which the words only suggest */
} variables[] = {
	{"remote_ip", RANGE_ADDRESS, NULL, false},  {"local_ip", RANGE_ADDRESS, NULL, false},
	{"remote_port", RANGE_NUMBER, NULL, false}, {"local_port", RANGE_NUMBER, NULL, false},
	{"is_tls", RANGE_FLAG, NULL, false},        {"protocol", RANGE_WORD, protocols, false},
	{"method", RANGE_WORD, methods, true},
};

static struct diag *report(const struct expression_part *part, enum diag_code code,
			   const struct expr *e, const char *format, ...) PRINTF_LIKE(4, 5);
static struct diag *report(const struct expression_part *part, enum diag_code code,
			   const struct expr *e, const char *format, ...)
{
	char message[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return expression_report(part, code, e->begin, e->end, str_c(message));
}

/* So much of a text is shown. */
static int shown(struct str text)
{
	return text.n < 60 ? (int)text.n : 60;
}

static struct diags *diags_of(const struct expression_part *part)
{
	return &part->rule->c->diags;
}

/* ---- variables ---- */

static void compare_address(const struct expression_part *part, const char *name,
			    const struct expr *literal)
{
	char canonical[NET_TEXT_SIZE];
	struct net_network network;
	struct net_addr address;
	struct diag *diag;

	if (net_addr_parse(literal->text, &address) == NET_OK) {
		struct net_addr plain = net_addr_unmap(&address);
		size_t n = net_addr_format(&plain, canonical);

		if (str_eq(literal->text, (struct str){canonical, n}))
			return;
		diag = report(part, DIAG_EXPRESSION_CONSTANT, literal,
			      "%s is never written as '%.*s'", name, shown(literal->text),
			      literal->text.p);
		diag_hint(diags_of(part), diag, "write '%s'", canonical);
		return;
	}
	diag = report(part, DIAG_EXPRESSION_CONSTANT, literal,
		      "'%.*s' is no address, and %s is one", shown(literal->text), literal->text.p,
		      name);
	if (net_network_parse(literal->text, &network) == NET_OK)
		diag_hint(diags_of(part), diag,
			  "networks are asked for with is_ip_in_cidr(%s, '%.*s')", name,
			  shown(literal->text), literal->text.p);
}

static void compare_number(const struct expression_part *part, const struct variable *variable,
			   const struct expr *literal)
{
	bool number = literal->text.n != 0;
	struct diag *diag;

	for (size_t i = 0; i < literal->text.n; i++)
		number = number && literal->text.p[i] >= '0' && literal->text.p[i] <= '9';
	if (number)
		return;
	diag = report(part, DIAG_EXPRESSION_CONSTANT, literal,
		      "%s is a number, and the text '%.*s' counts as 0 beside it", variable->name,
		      shown(literal->text), literal->text.p);
	if (variable->range == RANGE_FLAG)
		diag_hint(diags_of(part), diag, "write true or false without quotes");
}

static void compare_word(const struct expression_part *part, const struct variable *variable,
			 const struct expr *literal, bool any_case)
{
	struct suggestion best;
	struct diag *diag;

	suggest_start(&best, literal->text);
	for (const char *const *word = variable->words; *word; word++) {
		if (any_case ? str_eq_ascii_case(literal->text, str_c(*word))
			     : str_eq_c(literal->text, *word))
			return;
		if (str_eq_ascii_case(literal->text, str_c(*word)))
			best.best = str_c(*word);
		else if (!variable->more)
			suggest_offer(&best, str_c(*word));
	}
	if (variable->more && !best.best.n)
		return;
	diag = report(part, DIAG_EXPRESSION_CONSTANT, literal, "%s is never '%.*s'", variable->name,
		      shown(literal->text), literal->text.p);
	if (best.best.n)
		diag_hint(diags_of(part), diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

static void compare(const struct expression_part *part, const struct expr *name,
		    const struct expr *literal, bool any_case)
{
	if (name->kind != EXPR_NAME || literal->kind != EXPR_STRING || !literal->text.n)
		return;
	/* what a server itself sends comes from a listener that has no object */
	if (str_eq_c(name->text, "listener") && !str_starts(literal->text, STR("_")) && !any_case)
		expression_judge_target(part, "NetworkListener", literal);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		const struct variable *variable = &variables[i];

		if (!str_eq_c(name->text, variable->name))
			continue;
		switch (variable->range) {
		case RANGE_ADDRESS: compare_address(part, variable->name, literal); break;
		case RANGE_FLAG:
		case RANGE_NUMBER: compare_number(part, variable, literal); break;
		case RANGE_WORD: compare_word(part, variable, literal, any_case); break;
		}
	}
}

/* ---- functions ---- */

static void compare_network(const struct expression_part *part, const struct expr *literal)
{
	struct net_network network;
	struct diag *diag;

	if (literal->kind != EXPR_STRING || (net_network_parse(literal->text, &network) == NET_OK &&
					     network.prefix >= NET_PREFIX_LEAST))
		return;
	diag = report(part, DIAG_EXPRESSION_CONSTANT, literal,
		      "'%.*s' is no network that a server takes, so no address is in it",
		      shown(literal->text), literal->text.p);
	diag_hint(diags_of(part), diag,
		  "such as '192.0.2.0/24'; prefixes are 8 to 32 of IPv4, 8 to 128 of IPv6");
}

static void compare_call(const struct expression_part *part, const struct expr *e)
{
	if (e->count != 2)
		return;
	if (str_eq_c(e->text, "is_ip_in_cidr"))
		compare_network(part, e->last);
	else if (str_eq_c(e->text, "eq_ignore_case"))
		compare(part, e->first, e->last, true);
	else if (str_eq_c(e->text, "contains") && e->first->kind == EXPR_LIST)
		for (const struct expr *each = e->first->first; each; each = each->next)
			compare(part, e->last, each, false);
}

void expression_compare(const struct expression_part *part, const struct expr *e)
{
	if (e->kind == EXPR_CALL) {
		compare_call(part, e);
	} else if (e->kind == EXPR_BINARY && (e->op == EXPR_EQ || e->op == EXPR_NE)) {
		compare(part, e->first, e->last, false);
		compare(part, e->last, e->first, false);
	}
	for (const struct expr *member = e->first; member; member = member->next)
		expression_compare(part, member);
}
