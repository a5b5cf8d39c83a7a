/*
 * Operations that a server refuses whatever they say: of what it writes, gathers or keeps itself.
 * What the fact sheet states is an error; what only the handlers of the types in the server's
 * source show is a warning.
 */
#include "stwc/dialect.h"

enum { NO_CREATE = 1, NO_UPDATE = 2, NO_DESTROY = 4, NOTHING = 7 };

static const struct rule {
	const char *type;
	unsigned refused;
	enum diag_code code;
	const char *reason;
} rules[] = {
	/* validation.md 4.3 and section 7 */
	{"Action", NO_UPDATE | NO_DESTROY, DIAG_FORBIDDEN_OPERATION,
	 "an action is over as soon as it is created"},
	{"Bootstrap", NO_CREATE, DIAG_FORBIDDEN_OPERATION,
	 "it is there while the server waits to be set up: update it"},
	{"ClusterNode", NOTHING, DIAG_FORBIDDEN_OPERATION, "nodes enter themselves"},
	{"Log", NOTHING, DIAG_FORBIDDEN_OPERATION, "the server writes its log"},
	{"Metric", NOTHING, DIAG_FORBIDDEN_OPERATION, "the server measures"},
	{"Trace", NOTHING, DIAG_FORBIDDEN_OPERATION, "the server writes its traces"},
	/* crates/jmap/src/registry/mapping of the server */
	{"AccountPassword", NO_CREATE, DIAG_SERVER_MADE, "update it, as the user whose it is"},
	{"AccountSettings", NO_CREATE, DIAG_SERVER_MADE, "update it, as the user whose it is"},
	{"ArchivedItem", NO_CREATE, DIAG_SERVER_MADE, "the server archives what users delete"},
	{"ArfExternalReport", NO_CREATE | NO_UPDATE, DIAG_SERVER_MADE, "others send them"},
	{"DmarcExternalReport", NO_CREATE | NO_UPDATE, DIAG_SERVER_MADE, "others send them"},
	{"DmarcInternalReport", NO_CREATE, DIAG_SERVER_MADE, "the server gathers them"},
	{"QueuedMessage", NO_CREATE, DIAG_SERVER_MADE, "messages enter the queue by being sent"},
	{"SpamTrainingSample", NO_UPDATE, DIAG_SERVER_MADE, "a sample stays as it was taken"},
	{"TlsExternalReport", NO_CREATE | NO_UPDATE, DIAG_SERVER_MADE, "others send them"},
	{"TlsInternalReport", NO_CREATE, DIAG_SERVER_MADE, "the server gathers them"},
};

static unsigned bit_of(enum verb verb)
{
	switch (verb) {
	case VERB_CREATE:
	case VERB_UPSERT:
	case VERB_RECONCILE: return NO_CREATE;
	case VERB_UPDATE: return NO_UPDATE;
	case VERB_DESTROY: return NO_DESTROY;
	}
	return 0;
}

static const char *word_of(enum verb verb)
{
	switch (verb) {
	case VERB_CREATE:
	case VERB_UPSERT:
	case VERB_RECONCILE: return "create";
	case VERB_UPDATE: return "update";
	case VERB_DESTROY: return "destroy";
	}
	return "";
}

bool plan_allows_verb(struct file *file, const struct schema_object *type, enum verb verb,
		      struct span span)
{
	struct diags *diags = &file->c->diags;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rules); i++) {
		if (strcmp(rules[i].type, type->name) != 0 || !(rules[i].refused & bit_of(verb)))
			continue;
		diag_hint(diags,
			  diag_add(diags, rules[i].code, span, "no client may %s %s", word_of(verb),
				   type->name),
			  "%s", rules[i].reason);
		return rules[i].code != DIAG_FORBIDDEN_OPERATION;
	}
	if (type->data)
		diag_add(diags, DIAG_NOT_CARRIED, span,
			 "%s belongs to a running server; it is checked and not carried",
			 type->name);
	return true;
}

/* Tasks that only the server gives itself. */
static bool is_internal_task(struct str variant)
{
	static const char *const names[] = {"CalendarAlarmEmail",  "CalendarAlarmNotification",
					    "CalendarItipMessage", "MergeThreads",
					    "DmarcReport",         "TlsReport",
					    "DestroyAccount",      "RestoreArchivedItem"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(variant, names[i]))
			return true;
	}
	return false;
}

bool plan_allows_body(struct file *file, const struct schema_object *type, const struct node *body)
{
	struct diags *diags = &file->c->diags;
	const struct node *word;

	if (!type->data || body->kind != NODE_MAP || strcmp(type->name, "Task") != 0)
		return true;
	word = node_map_get(body, STR("@type"));
	if (!word || word->kind != NODE_STRING || !is_internal_task(word->string))
		return true;
	diag_hint(diags,
		  diag_add(diags, DIAG_FORBIDDEN_OPERATION, word->span,
			   "no client may create the Task %.*s", STR_ARG(word->string)),
		  "the server gives itself such tasks");
	return false;
}
