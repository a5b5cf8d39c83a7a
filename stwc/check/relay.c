/*
 * An open relay: MtaStageRcpt.allowRelaying holds for a stranger, who has not logged in, comes from
 * no particular address and sends to anywhere. Each condition is asked whether it can come out
 * true, and whether it can come out false, for such a client: what the client merely claims, the
 * sender above all, comes out as the client likes. Where nothing is sure, nothing is said.
 */
#include "grammar/expr.h"
#include "libstw/program.h"
#include "stwc/check/lint.h"
#include "stwc/state.h"

/* What a condition asks about. */
struct subjects {
	bool login;  /* authenticated_as: empty for a stranger */
	bool place;  /* the client's address, the recipients: others than those that are named */
	bool door;   /* the listener and its address, which the client may or may not get at */
	bool claims; /* whatever else: as the client likes */
	bool empty;  /* is_empty(…) */
};

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++) {
		if (str_eq_c(name, *names))
			return true;
	}
	return false;
}

static void note_name(const struct compilation *c, struct subjects *s, struct str name)
{
	static const char *const places[] = {"remote_ip",   "asn",        "rcpt",
					     "rcpt_domain", "recipients", NULL};
	static const char *const doors[] = {"listener", "local_ip", "local_port", NULL};
	int64_t number;
	enum expression_name kind = expression_name(&c->state->names, name, &number);

	if (kind == EXPRESSION_DURATION)
		return;
	if (kind == EXPRESSION_NO_NAME) /* which was said already; what was meant is not known */
		s->door = true;
	else if (str_eq_c(name, "authenticated_as"))
		s->login = true;
	else if (is_one_of(name, places) || str_starts(name, STR("remote_ip.")))
		s->place = true;
	else if (is_one_of(name, doors))
		s->door = true;
	else
		s->claims = true;
}

static void note(const struct compilation *c, struct subjects *s, const struct expr *e)
{
	const struct expr *member;

	if (e->kind == EXPR_NAME)
		note_name(c, s, e->text);
	if (e->kind == EXPR_GLOBAL || e->kind == EXPR_CAPTURE)
		s->claims = true;
	if (e->kind == EXPR_CALL && str_eq_c(e->text, "is_empty"))
		s->empty = true;
	for (member = e->first; member; member = member->next)
		note(c, s, member);
}

/* '' or 0, which an empty text and its length are equal to. */
static bool is_nothing(const struct expr *e)
{
	return (e->kind == EXPR_STRING && !e->text.n) ||
	       (e->kind == EXPR_INTEGER && !e->integer && !e->boolean);
}

/* What can come of a condition. */
struct outcome {
	bool yes, no;
};

/* Port 25 takes mail from everybody; a server without listeners makes one for it
 * (validation.md 5.2). */
static bool takes_mail(struct compilation *c)
{
	const struct object *listener = compile_first(c, "NetworkListener");
	size_t count, i;

	if (!listener)
		return lint_whole(c);
	for (; listener; listener = listener->next) {
		struct value *const *bind = lint_members(c, &listener->body, "bind", &count);

		for (i = 0; !listener->poisoned && i < count; i++) {
			if (bind[i]->socket.port == 25 && !lint_is_private(&bind[i]->socket.addr) &&
			    lint_is_protocol(c, listener, "smtp"))
				return true;
		}
	}
	return false;
}

/* local_port == 25, either way round */
static bool is_mail_port(struct compilation *c, const struct expr *e)
{
	const struct expr *name = e->kind == EXPR_BINARY && e->op == EXPR_EQ ? e->first : NULL;
	const struct expr *number = name ? e->last : NULL;

	if (name && name->kind == EXPR_INTEGER) {
		number = name;
		name = e->last;
	}
	return name && name->kind == EXPR_NAME && str_eq_c(name->text, "local_port") &&
	       number->kind == EXPR_INTEGER && number->integer == 25 && takes_mail(c);
}

/* A condition without && and the like. */
static struct outcome judge_leaf(struct compilation *c, const struct expr *e)
{
	struct subjects s = {.login = false};
	bool equal = e->kind == EXPR_BINARY && e->op == EXPR_EQ;
	bool unequal = e->kind == EXPR_BINARY && e->op == EXPR_NE;
	bool nothing = (equal || unequal) && (is_nothing(e->first) || is_nothing(e->last));
	bool holds;

	note(c, &s, e);
	if (is_mail_port(c, e))
		return (struct outcome){true, true};
	/* who compares one with another has something in mind that is not seen from here */
	if (s.door || s.login + s.place + s.claims > 1)
		return (struct outcome){false, false};
	if (s.login)
		holds = nothing ? equal : unequal || s.empty;
	else if (s.place)
		holds = unequal || (e->kind == EXPR_BINARY && !equal);
	else
		return (struct outcome){s.claims, s.claims};
	return (struct outcome){holds, !holds};
}

static struct outcome judge(struct compilation *c, const struct expr *e);

/* Is it a condition itself, which is 1 or 0? */
static bool is_condition(const struct expr *e)
{
	if (e->kind == EXPR_UNARY)
		return e->op == EXPR_NOT;
	if (e->kind == EXPR_BINARY)
		return e->op == EXPR_EQ || e->op == EXPR_NE || e->op == EXPR_LT ||
		       e->op == EXPR_LE || e->op == EXPR_GT || e->op == EXPR_GE ||
		       e->op == EXPR_AND || e->op == EXPR_OR;
	return e->kind == EXPR_CALL &&
	       (str_starts(e->text, STR("is_")) || str_starts(e->text, STR("contains")) ||
		str_eq_c(e->text, "starts_with") || str_eq_c(e->text, "ends_with") ||
		str_eq_c(e->text, "eq_ignore_case") || str_eq_c(e->text, "matches"));
}

/* A condition held against true or false: is_empty(x) == false. False: it is none. */
static bool judge_truth(struct compilation *c, const struct expr *e, struct outcome *out)
{
	bool equality = e->kind == EXPR_BINARY && (e->op == EXPR_EQ || e->op == EXPR_NE);
	const struct expr *condition = equality ? e->first : NULL,
			  *truth = equality ? e->last : NULL;
	struct outcome inner;

	if (equality && condition->kind == EXPR_INTEGER) {
		condition = e->last;
		truth = e->first;
	}
	if (!equality || truth->kind != EXPR_INTEGER || !is_condition(condition) ||
	    truth->integer < 0 || truth->integer > 1)
		return false;
	inner = judge(c, condition);
	*out = (truth->integer == 1) == (e->op == EXPR_EQ) ? inner
							   : (struct outcome){inner.no, inner.yes};
	return true;
}

/* if_then(condition, result, other) */
static struct outcome judge_choice(struct compilation *c, const struct expr *e)
{
	struct outcome when = judge(c, e->first), then = judge(c, e->first->next),
		       other = judge(c, e->last);

	return (struct outcome){(when.yes && then.yes) || (when.no && other.yes),
				(when.yes && then.no) || (when.no && other.no)};
}

static struct outcome judge_joined(struct compilation *c, const struct expr *e)
{
	struct outcome a = judge(c, e->first), b = judge(c, e->last);

	if (e->op == EXPR_AND)
		return (struct outcome){a.yes && b.yes, a.no || b.no};
	return (struct outcome){a.yes || b.yes, a.no && b.no};
}

/* Each part is looked at once. */
static struct outcome judge(struct compilation *c, const struct expr *e)
{
	struct outcome inner;

	if (e->kind == EXPR_INTEGER)
		return (struct outcome){e->integer != 0, e->integer == 0};
	if (e->kind == EXPR_UNARY && e->op == EXPR_NOT) {
		inner = judge(c, e->first);
		return (struct outcome){inner.no, inner.yes};
	}
	if (e->kind == EXPR_CALL && e->count == 3 && str_eq_c(e->text, "if_then"))
		return judge_choice(c, e);
	if (e->kind == EXPR_BINARY && (e->op == EXPR_AND || e->op == EXPR_OR))
		return judge_joined(c, e);
	if (judge_truth(c, e, &inner))
		return inner;
	return judge_leaf(c, e);
}

static void report(struct compilation *c, const struct object *stage, const struct value *leaf,
		   const struct subjects *s)
{
	struct diag *diag;

	diag = diag_add(&c->diags, DIAG_OPEN_RELAY, leaf->span,
			s->claims ? "relaying depends on what any client can claim: an open relay"
			: s->login || s->place
				? "relaying is open to whoever is not named here: an open relay"
				: "everybody may relay: an open relay");
	lint_place(c, diag, stage, "allowRelaying");
	diag_hint(&c->diags, diag, "ask for a login: !is_empty(authenticated_as)");
}

static const struct expr *parse(struct compilation *c, const struct value *text)
{
	struct expr_parsed parsed;
	struct expr_error error;

	if (!text || text->kind != VALUE_STRING ||
	    !expr_parse(&c->scratch, text->string, STW_LIMIT_EXPR_DEPTH, &parsed, &error))
		return NULL;
	return parsed.root;
}

/* One branch; `when` is NULL for the last. False: a stranger does not get beyond it, or what it
 * says is not known. */
static bool check_branch(struct compilation *c, const struct object *stage,
			 const struct value *when, const struct value *then)
{
	const struct expr *condition = when ? parse(c, when) : NULL, *result = parse(c, then);
	struct outcome first = {true, false};
	struct subjects s = {.login = false};

	if (!result || (when && !condition))
		return false;
	if (condition)
		first = judge(c, condition);
	if (first.yes && judge(c, result).yes) {
		note(c, &s, result);
		if (condition)
			note(c, &s, condition);
		report(c, stage, then, &s);
	}
	return first.no;
}

static void check_expression(struct compilation *c, const struct object *stage,
			     const struct value_object *expression)
{
	size_t count, i;
	struct value *const *branches = lint_members(c, expression, "match", &count);

	for (i = 0; i < count; i++) {
		const struct value_object *branch = &branches[i]->object;

		if (!check_branch(c, stage, value_field_get(branch, "if"),
				  value_field_get(branch, "then")))
			return;
	}
	(void)check_branch(c, stage, NULL, value_field_get(expression, "else"));
}

void check_relay(struct compilation *c)
{
	const struct object *stage = compile_first(c, "MtaStageRcpt");
	const struct value *written =
		stage && !stage->poisoned ? value_field_get(&stage->body, "allowRelaying") : NULL;

	if (!written || written->kind != VALUE_OBJECT)
		return;
	check_expression(c, stage, &written->object);
	arena_reset(&c->scratch);
}
