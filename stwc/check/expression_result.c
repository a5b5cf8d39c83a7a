/* Results of expressions: of a kind that the field can use, and names of objects that are there. */
#include "base/num.h"
#include "core/suggest.h"
#include "stwc/check/expression.h"
#include "stwc/check/lint.h"

#include <stdio.h>

enum need {
	NEED_ANYTHING, /* true or false, which every value is */
	NEED_TEXT,
	NEED_NUMBER,
	NEED_DURATION,
	NEED_RATE,
	NEED_WORD,
	NEED_WORDS
};

/* What a server makes of the result, by the name of the field; false always means "none". */
static const struct {
	const char *field;
	enum need need;
	const char *target; /* the type whose names the texts are */
} fields[] = {
	{"aggregateContactInfo", NEED_TEXT, NULL},
	{"aggregateDkimSignDomain", NEED_TEXT, "Domain"},
	{"aggregateFromAddress", NEED_TEXT, NULL},
	{"aggregateFromName", NEED_TEXT, NULL},
	{"aggregateMaxReportSize", NEED_NUMBER, NULL},
	{"aggregateOrgName", NEED_TEXT, NULL},
	{"aggregateSendFrequency", NEED_WORD, NULL},
	{"aggregateSubject", NEED_TEXT, NULL},
	{"allowedEndpoints", NEED_NUMBER, NULL},
	{"arcVerify", NEED_WORD, NULL},
	{"connection", NEED_TEXT, "MtaConnectionStrategy"},
	{"contactInfo", NEED_TEXT, NULL},
	{"defaultFromAddress", NEED_TEXT, NULL},
	{"defaultFromName", NEED_TEXT, NULL},
	{"defaultReturnPath", NEED_TEXT, NULL},
	{"deliverBy", NEED_DURATION, NULL},
	{"dkimSignDomain", NEED_TEXT, "Domain"},
	{"dkimVerify", NEED_WORD, NULL},
	{"dmarcVerify", NEED_WORD, NULL},
	{"failureDkimSignDomain", NEED_TEXT, "Domain"},
	{"failureFromAddress", NEED_TEXT, NULL},
	{"failureFromName", NEED_TEXT, NULL},
	{"failureSendFrequency", NEED_RATE, NULL},
	{"failureSubject", NEED_TEXT, NULL},
	{"fromAddress", NEED_TEXT, NULL},
	{"fromName", NEED_TEXT, NULL},
	{"futureRelease", NEED_DURATION, NULL},
	{"hostname", NEED_TEXT, NULL},
	{"maxDuration", NEED_DURATION, NULL},
	{"maxFailures", NEED_NUMBER, NULL},
	{"maxMessageSize", NEED_NUMBER, NULL},
	{"maxMessages", NEED_NUMBER, NULL},
	{"maxReceivedHeaders", NEED_NUMBER, NULL},
	{"maxRecipients", NEED_NUMBER, NULL},
	{"maxReportSize", NEED_NUMBER, NULL},
	{"mtPriority", NEED_WORD, NULL},
	{"orgName", NEED_TEXT, NULL},
	{"outboundReportSubmitter", NEED_TEXT, NULL},
	{"reverseIpVerify", NEED_WORD, NULL},
	{"rewrite", NEED_TEXT, NULL},
	{"route", NEED_TEXT, "MtaRoute"},
	{"saslMechanisms", NEED_WORDS, NULL},
	{"schedule", NEED_TEXT, "MtaDeliverySchedule"},
	{"script", NEED_TEXT, "SieveSystemScript"},
	{"sendFrequency", NEED_RATE, NULL},
	{"smtpGreeting", NEED_TEXT, NULL},
	{"spfEhloVerify", NEED_WORD, NULL},
	{"spfFromVerify", NEED_WORD, NULL},
	{"subject", NEED_TEXT, NULL},
	{"timeout", NEED_DURATION, NULL},
	{"tls", NEED_TEXT, "MtaTlsStrategy"},
	{"transferLimit", NEED_NUMBER, NULL},
	{"waitOnFail", NEED_DURATION, NULL},
	{"zone", NEED_TEXT, NULL},
};

/* What is known of a result without running it. */
enum given {
	GIVEN_UNKNOWN,
	GIVEN_NONE,
	GIVEN_TRUE,
	GIVEN_NUMBER,
	GIVEN_TEXT,
	GIVEN_LIST,
	GIVEN_WORD
};

static enum given given_of(const struct expression_part *part, const struct expr *e)
{
	int64_t number;

	switch ((enum expr_kind)e->kind) {
	case EXPR_INTEGER:
		return e->integer == 0 ? GIVEN_NONE : e->boolean ? GIVEN_TRUE : GIVEN_NUMBER;
	case EXPR_FLOAT: return GIVEN_NUMBER;
	case EXPR_STRING: return e->text.n ? GIVEN_TEXT : GIVEN_NONE;
	case EXPR_LIST: return GIVEN_LIST;
	case EXPR_NAME:
		switch (expression_name(&part->rule->c->state->names, e->text, &number)) {
		case EXPRESSION_WORD: return GIVEN_WORD;
		case EXPRESSION_DURATION: return number ? GIVEN_NUMBER : GIVEN_NONE;
		case EXPRESSION_VARIABLE:
		case EXPRESSION_NO_NAME: return GIVEN_UNKNOWN;
		}
		break;
	case EXPR_GLOBAL:
	case EXPR_CAPTURE:
	case EXPR_CALL:
	case EXPR_INDEX:
	case EXPR_UNARY:
	case EXPR_BINARY: break;
	}
	return GIVEN_UNKNOWN;
}

static bool is_whole(struct str text)
{
	uint64_t number;

	return num_u64(text, &number) == NUM_OK;
}

static bool is_rate(const struct expr *e)
{
	int64_t ms;

	if (e->kind != EXPR_LIST || e->count != 2)
		return false;
	for (const struct expr *member = e->first; member; member = member->next) {
		if (member->kind == EXPR_STRING || member->kind == EXPR_LIST ||
		    (member->kind == EXPR_INTEGER && member->integer <= 0))
			return false;
		if (member->kind == EXPR_NAME && expr_duration(member->text, &ms) && ms == 0)
			return false;
	}
	return true;
}

/* What is wrong with a result of that kind; NULL: nothing. */
static const char *misfit(enum need need, enum given given, const struct expr *e)
{
	int64_t ms;

	if (given == GIVEN_UNKNOWN || given == GIVEN_NONE)
		return NULL;
	switch (need) {
	case NEED_ANYTHING: return NULL;
	case NEED_TEXT: return given == GIVEN_TEXT ? NULL : "a text in quotes";
	case NEED_NUMBER:
		return given == GIVEN_NUMBER || (given == GIVEN_TEXT && is_whole(e->text))
			       ? NULL
			       : "a number";
	case NEED_DURATION:
		return given == GIVEN_NUMBER || (given == GIVEN_TEXT && expr_duration(e->text, &ms))
			       ? NULL
			       : "a duration such as 5m";
	case NEED_RATE: return is_rate(e) ? NULL : "a list of a count and a duration, as [1, 1d]";
	case NEED_WORD: return given == GIVEN_WORD ? NULL : "a constant without quotes";
	case NEED_WORDS:
		return given == GIVEN_WORD || given == GIVEN_LIST ? NULL : "a list of constants";
	}
	return NULL;
}

static bool same_name(const char *type, struct str a, struct str b)
{
	/* the server compares names of scripts without their case */
	return strcmp(type, "SieveSystemScript") == 0 ? str_eq_ascii_case(a, b) : str_eq(a, b);
}

static bool has_alias(const struct object *object, struct str name)
{
	const struct value *aliases = value_field_get(&object->body, "aliases");

	for (size_t i = 0;
	     aliases && aliases->kind == VALUE_SEQUENCE && i < aliases->sequence.count; i++)
		if (aliases->sequence.items[i]->kind == VALUE_STRING &&
		    str_eq(aliases->sequence.items[i]->string, name))
			return true;
	return false;
}

/* Has a server made its own where the type had none (validation.md 5.2)? For a plan that was
 * before, so they are there unless the plan takes them away. */
static bool has_own(struct compilation *c, const struct schema_object *type, bool server)
{
	return server ? !type_state(c, type)->taken : !type_state(c, type)->objects;
}

/* A server loads active scripts alone (validation.md 4.1). In a plan only what is said counts: the
 * script may be there already. */
static bool is_asleep(struct compilation *c, const struct schema_object *type, struct str name,
		      bool server)
{
	const struct object *object;
	const struct value *active;

	if (strcmp(type->name, "SieveSystemScript") != 0)
		return false;
	for (object = compile_first(c, type->name); object; object = object->next) {
		if (object->poisoned || !same_name(type->name, object->identity, name))
			continue;
		active = value_field_get(&object->body, "isActive");
		return active ? !active->boolean : !server;
	}
	return false;
}

bool expression_target(struct compilation *c, const struct schema_object *type, struct str name,
		       bool server, struct suggestion *best)
{
	const struct object *object = compile_first(c, type->name);

	suggest_start(best, name);
	for (; object; object = object->next) {
		if (same_name(type->name, object->identity, name) || has_alias(object, name))
			return true;
		suggest_offer(best, object->identity);
	}
	if (!has_own(c, type, server))
		return false;
	for (size_t i = 0; type->safe_defaults && type->safe_defaults[i]; i++) {
		if (str_eq_c(name, type->safe_defaults[i]))
			return true;
		suggest_offer(best, str_c(type->safe_defaults[i]));
	}
	return false;
}

void expression_judge_target(const struct expression_part *part, const char *target,
			     const struct expr *e)
{
	struct compilation *c = part->rule->c;
	const struct schema_object *type = schema_object_find(c->schema, str_c(target));
	bool server = source_shapes(c, part->value->span.source, SHAPES_OWN) == SHAPES_SERVER;
	struct suggestion best;
	bool found, asleep;
	struct diag *diag;
	char message[200];
	int n;

	/* a fragment, and a plan for a running server, may name what lies elsewhere */
	if (!type || c->options.partial || c->incomplete ||
	    (server && !type_state(c, type)->objects))
		return;
	found = expression_target(c, type, e->text, server, &best);
	asleep = found && is_asleep(c, type, e->text, server);
	if (found ? !asleep : !best.best.n && !lint_shows_all(c, type->name))
		return;
	n = snprintf(message, sizeof(message),
		     asleep ? "the %s '%.*s' is not active" : "there is no %s '%.*s'", target,
		     (int)(e->text.n < 100 ? e->text.n : 100), e->text.p);
	diag = expression_report(part, DIAG_EXPRESSION_TARGET, e->begin, e->end,
				 (struct str){message, (size_t)n});
	if (asleep)
		diag_hint(&c->diags, diag, "set isActive to true: a server loads no other");
	else if (best.best.n)
		diag_hint(&c->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

static void judge(const struct expression_part *part, enum need need, const char *target,
		  const struct expr *e)
{
	enum given given = given_of(part, e);
	const char *wanted = misfit(need, given, e);
	char message[160];
	int n;

	if (e->kind == EXPR_CALL && e->count == 3 && str_eq(e->text, STR("if_then"))) {
		judge(part, need, target, e->first->next);
		judge(part, need, target, e->last);
		return;
	}
	if (wanted) {
		n = snprintf(message, sizeof(message), "%s takes %s here: this counts as no answer",
			     part->rule->field->name, wanted);
		(void)expression_report(part, DIAG_EXPRESSION_RESULT, e->begin, e->end,
					(struct str){message, (size_t)n});
	} else if (target && given == GIVEN_TEXT) {
		expression_judge_target(part, target, e);
	}
}

void expression_judge(const struct expression_part *part, const struct expr *result)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		enum need need = fields[i].need;

		if (strcmp(fields[i].field, part->rule->field->name) != 0)
			continue;
		/* two reports have a frequency in words, the others a rate */
		if (need == NEED_RATE && part->rule->field->constants)
			need = NEED_WORD;
		judge(part, need, fields[i].target, result);
		return;
	}
}
