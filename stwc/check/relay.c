/*
 * An open relay: MtaStageRcpt.allowRelaying holds for a stranger. The text is judged by the names
 * that it asks about. Who the client is (a login, an address, a port) and where the mail goes
 * can be relied on; what the client merely claims, the sender above all, cannot.
 */
#include "stwc/check/lint.h"

static bool is_reliable(struct str name)
{
	static const char *const names[] = {"authenticated_as", "remote_ip", "local_ip",
					    "local_port",       "listener",  "rcpt",
					    "rcpt_domain",      "recipients"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i]))
			return true;
	}
	return str_starts(name, STR("remote_ip."));
}

struct judged {
	bool reliable; /* asks about something that can be relied on */
	bool names;    /* asks about anything */
	bool anybody;  /* a network that holds everybody */
};

static struct judged judge(struct str text)
{
	struct judged judged = {false, false, false};
	enum lint_token token;
	struct str word;

	while ((token = lint_next_token(&text, &word)) != LINT_END) {
		if (token == LINT_QUOTED)
			judged.anybody = judged.anybody || str_eq_c(word, "0.0.0.0/0") ||
					 str_eq_c(word, "::/0");
		if (token != LINT_NAME || (*word.p >= '0' && *word.p <= '9') ||
		    str_eq_c(word, "true") || str_eq_c(word, "false"))
			continue;
		judged.names = true;
		judged.reliable = judged.reliable || is_reliable(word);
	}
	return judged;
}

static bool is_no(struct str text)
{
	return str_eq_c(text, "false") || str_eq_c(text, "0");
}

/* Does the text let a stranger through? `condition` (.p NULL: none) had to hold before. */
static bool lets_in(struct str text, struct str condition)
{
	struct judged judged = judge(text), when = judge(condition);

	if (is_no(text) || is_no(condition))
		return false;
	if (judged.anybody || when.anybody)
		return true;
	return !judged.reliable && !when.reliable;
}

static void report(struct compilation *c, const struct object *stage, const struct value *leaf,
		   struct str condition)
{
	struct diag *diag;

	diag = judge(leaf->string).names || judge(condition).names
		       ? diag_add(&c->diags, DIAG_OPEN_RELAY, leaf->span,
				  "relaying depends on what any client can claim: an open relay")
		       : diag_add(&c->diags, DIAG_OPEN_RELAY, leaf->span,
				  "everybody may relay: an open relay");
	lint_place(c, diag, stage, "allowRelaying");
	diag_hint(&c->diags, diag, "ask for a login: !is_empty(authenticated_as)");
}

/* A branch that turns strangers away guards those after it. */
static bool guards(struct str result, struct str condition)
{
	return is_no(result) && judge(condition).reliable;
}

void check_relay(struct compilation *c)
{
	const struct object *stage = compile_first(c, "MtaStageRcpt");
	const struct value *written =
		stage && !stage->poisoned ? value_field_get(&stage->body, "allowRelaying") : NULL;
	struct value *const *branches;
	const struct value *leaf;
	size_t count, i;

	if (!written || written->kind != VALUE_OBJECT)
		return;
	branches = lint_members(c, &written->object, "match", &count);
	for (i = 0; i < count; i++) {
		struct str condition = lint_text(c, &branches[i]->object, "if");

		leaf = value_field_get(&branches[i]->object, "then");
		if (!leaf || guards(leaf->string, condition))
			return;
		if (lets_in(leaf->string, condition))
			report(c, stage, leaf, condition);
	}
	leaf = value_field_get(&written->object, "else");
	if (leaf && leaf->kind == VALUE_STRING && lets_in(leaf->string, STR_NONE))
		report(c, stage, leaf, STR_NONE);
}
