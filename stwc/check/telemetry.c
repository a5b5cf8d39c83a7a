/* Tracers and web hooks: those that record nothing, and those of which there is one. */
#include "stwc/check/rules.h"

void rule_events(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *policy = rule_get(rule, "eventsPolicy");
	const struct value *events = value_field_get(rule->body, "events");
	bool hook = strcmp(rule->object->type->name, "WebHook") == 0;

	if (!policy || strcmp(policy->member->name, "include") != 0 || !rule_flag(rule, "enable") ||
	    (events && events->sequence.count))
		return;
	policy = value_field_get(rule->body, "eventsPolicy");
	diag_hint(&rule->c->diags,
		  rule_error(rule, hook ? DIAG_MISSING_COMPANION : DIAG_NO_EVENTS, policy,
			     "eventsPolicy lets only the listed events pass, and none is listed"),
		  "name them in 'events'");
}

static bool is_active(const struct object *object)
{
	const struct value *enable = value_field_get(&object->body, "enable");

	return !enable || enable->kind != VALUE_BOOL || enable->boolean;
}

/* validation.md 4.4: one active tracer for the console, one for the journal. */
static void check_kind(struct compilation *c, const char *variant)
{
	const struct object *first = NULL, *object;

	for (object = compile_first(c, "Tracer"); object; object = object->next) {
		const struct schema_variant *has = object->body.variant;
		struct path_root root;
		struct diag *diag;

		if (!has || object->poisoned || strcmp(has->name, variant) != 0 ||
		    !is_active(object))
			continue;
		if (!first) {
			first = object;
			continue;
		}
		diag = diag_add(&c->diags, DIAG_SECOND_TRACER, object->span,
				"a second active %s tracer", variant);
		path_place(c, diag, object,
			   path_of(&root, object->type, object->shown, object->ordinal));
		diag_relate(&c->diags, diag, first->span, "the first one");
	}
}

void check_tracers(struct compilation *c)
{
	check_kind(c, "Stdout");
	check_kind(c, "Journal");
}
