/*
 * What becomes of a recipient, as the stage of RCPT TO goes about it: the address is rewritten,
 * then looked for where its domain is at home (as it stands, without its tag, and by the domain's
 * catch-all address), and relayed or refused where it is not.
 */
#include "stwc/judge.h"

#include <stdio.h>

#include "stwc/names.h"

struct recipient {
	struct judge_case *c;
	struct view *view;
	struct judgement *out;
	struct str address, domain;
	const struct object *home; /* the Domain; NULL: only an answer says that it is one */
};

static void because(struct recipient *r, const char *word, const char *why, struct str what)
{
	buf_clear(&r->out->because);
	buf_puts(&r->out->because, str_c(word));
	buf_printf(&r->out->why, why, STR_ARG(what));
}

static void place_of(struct recipient *r, const struct object *object)
{
	if (object)
		judge_place(r->out, view_place_of(r->view, object, NULL, NULL));
}

/* A server knows recipients in lower case alone. */
static bool take_address(struct recipient *r, struct str written)
{
	struct str address = name_normal(&r->c->eval.arena, VALIDATE_LOWERCASE, written);
	const char *sign = address.n ? memrchr(address.p, '@', address.n) : NULL;
	struct interp_value rcpt = interp_of_text(address), domain;

	if (!address.p) {
		r->c->eval.no_memory = true;
		return false;
	}
	r->address = address;
	r->domain = sign ? str_from(address, (size_t)(sign - address.p) + 1) : STR_NONE;
	domain = interp_of_text(r->domain);
	return eval_set(&r->c->eval, STR("rcpt"), &rcpt) &&
	       eval_set(&r->c->eval, STR("rcpt_domain"), &domain);
}

/* An expression that gives another address, or anything else for none. */
static bool rewrite(struct recipient *r, struct str path, struct str *out)
{
	struct view_found found;
	struct interp_value result;
	unsigned branch;

	if (!judge_field(r->c, r->view, path, &found, &result, &branch))
		return false;
	if (result.kind == INTERP_TEXT &&
	    memchr(result.text.p ? result.text.p : "", '@', result.text.n))
		*out = result.text;
	return true;
}

/* is_local_domain() and is_local_address(), as an expression would ask them. */
static bool ask(struct recipient *r, enum stw_function function, struct str what, bool *out)
{
	struct interp_call call = {.function = stw_function_numbered(function)};
	struct interp_value value = interp_nothing();

	call.arguments[0] = interp_of_text(what);
	if (!eval_look_up(&r->c->eval, &call, &value))
		return false;
	*out = interp_true(&value);
	return true;
}

static bool is_known(struct recipient *r, struct str address, const char *word, const char *why,
		     bool *out)
{
	if (!ask(r, STW_FUNCTION_IS_LOCAL_ADDRESS, address, out))
		return false;
	if (!*out)
		return true;
	because(r, word, why, address);
	place_of(r, eval_config_address(&r->c->eval, address));
	return true;
}

/* The address of whom a tag was added to: "user+tag@domain". Empty: there is no tag. */
static bool without_tag(struct recipient *r, struct str *out)
{
	const struct value *how = r->home ? value_field_get(&r->home->body, "subAddressing") : NULL;
	const char *variant = how && how->kind == VALUE_OBJECT && how->object.variant
				      ? how->object.variant->name
				      : "Enabled";
	const char *sign = memrchr(r->address.p, '@', r->address.n);
	const char *plus = sign ? memchr(r->address.p, '+', (size_t)(sign - r->address.p)) : NULL;
	struct arena *arena = &r->c->eval.arena;

	if (strcmp(variant, "Custom") == 0)
		return rewrite(r,
			       arena_printf(arena, "Domain/%.*s/subAddressing/customRule",
					    STR_ARG(r->home->identity)),
			       out);
	if (strcmp(variant, "Enabled") == 0 && plus)
		*out = arena_printf(arena, "%.*s@%.*s", (int)(plus - r->address.p), r->address.p,
				    STR_ARG(r->domain));
	return true;
}

/* Accounts of an outside directory, or of a server's own data, stand in no configuration: nobody
 * can say here that an address is unknown. */
static bool knows_accounts(struct recipient *r)
{
	static const char *const types[] = {"Account", "MailingList"};
	const struct schema_object *login =
		schema_object_find(r->view->c.schema, STR("Authentication"));
	const struct object *settings;

	if (login && !view_load(r->view, login))
		return false;
	settings = compile_singleton(&r->view->c, "Authentication");
	if ((settings && value_field_get(&settings->body, "directoryId")) ||
	    (r->home && value_field_get(&r->home->body, "directoryId")))
		return false;
	for (size_t i = 0; i < r->view->c.object_count; i++)
		for (size_t k = 0; k < ARRAY_LEN(types); k++)
			if (strcmp(r->view->c.objects[i]->type->name, types[k]) == 0)
				return true;
	return false;
}

static bool is_answered(struct recipient *r)
{
	const struct map *answers = &r->c->eval.answers;
	const struct str name = STR("is_local_address");

	for (size_t i = 0; i < answers->count; i++)
		if (str_starts(answers->entries[i].key, name))
			return true;
	return false;
}

static bool nobody(struct recipient *r, enum judge_verdict *out)
{
	const struct value *relays =
		r->home ? value_field_get(&r->home->body, "allowRelaying") : NULL;

	place_of(r, r->home);
	if (relays && relays->kind == VALUE_BOOL && relays->boolean) {
		because(r, "split-delivery",
			"%.*s is nobody's address here, and its domain relays for those",
			r->address);
		*out = JUDGE_RELAYED;
		return true;
	}
	if (!knows_accounts(r) && !is_answered(r)) {
		(void)snprintf(r->c->eval.fault, sizeof(r->c->eval.fault),
			       "the accounts of %.*s do not stand in the configuration: "
			       "answers.is_local_address says whether there is one",
			       r->domain.n < 100 ? (int)r->domain.n : 100, r->domain.p);
		return false;
	}
	because(r, "unknown", "%.*s is nobody's address here", r->address);
	*out = JUDGE_REFUSED;
	return true;
}

static bool at_home(struct recipient *r, enum judge_verdict *out)
{
	const struct value *all;
	struct str bare = STR_NONE;
	bool known;

	r->home = eval_config_domain(&r->c->eval, r->domain);
	*out = JUDGE_LOCAL;
	if (!is_known(r, r->address, "address", "%.*s is an address here", &known))
		return false;
	if (!known && !without_tag(r, &bare))
		return false;
	if (!known && bare.n &&
	    !is_known(r, bare, "sub-address", "without its tag it is %.*s", &known))
		return false;
	if (known)
		return true;
	all = r->home ? value_field_get(&r->home->body, "catchAllAddress") : NULL;
	if (!all || all->kind != VALUE_STRING)
		return nobody(r, out);
	because(r, "catch-all", "the domain gives what is nobody's to %.*s", all->string);
	place_of(r, r->home);
	return true;
}

static bool abroad(struct recipient *r, enum judge_verdict *out)
{
	struct view_found found;
	struct interp_value result;
	unsigned branch;

	if (!judge_field(r->c, r->view, STR("MtaStageRcpt/allowRelaying"), &found, &result,
			 &branch))
		return false;
	*out = interp_true(&result) ? JUDGE_RELAYED : JUDGE_REFUSED;
	eval_branch(&r->out->because, &found, branch);
	buf_printf(&r->out->why,
		   "%.*s is no domain of this server, and MtaStageRcpt/allowRelaying "
		   "gives ",
		   STR_ARG(r->domain));
	interp_print(&r->out->why, &result);
	judge_place(r->out, eval_branch_place(r->view, &found, branch));
	return true;
}

bool judge_recipient(struct judge_case *c, struct view *view, struct judgement *out,
		     enum judge_verdict *verdict)
{
	struct recipient r = {.c = c, .view = view, .out = out};
	struct str address = c->asked;
	bool local;

	if (!take_address(&r, address) || !rewrite(&r, STR("MtaStageRcpt/rewrite"), &address) ||
	    !take_address(&r, address) || !ask(&r, STW_FUNCTION_IS_LOCAL_DOMAIN, r.domain, &local))
		return false;
	return local ? at_home(&r, verdict) : abroad(&r, verdict);
}
