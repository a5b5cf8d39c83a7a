/*
 * Lists of events and metrics. 0.15 has lists of those to leave out (tracers, metrics) and of those
 * to send (web hooks), with "*" for all, "auth.*" for a family and "*.error" for an ending; 0.16
 * has one list and a policy that says which of the two it is.
 */
#include "stwc/settings.h"

/* The list and the policy of the object; made where they are not there. */
struct events {
	struct node *list;
	struct node_entry *policy;
};

static struct events events_of(struct settings *s, struct setting *setting, const char *field,
			       const char *policy_field, const char *policy)
{
	struct node *map = setting->body->node;

	if (!node_map_find(map, str_c(field)))
		settings_put(s, map, field, setting->key_span,
			     node_new(&s->c->arena, NODE_LIST, setting->key_span));
	if (!node_map_find(map, str_c(policy_field)))
		settings_put(s, map, policy_field, setting->key_span,
			     settings_text(s, str_c(policy), setting->key_span));
	return (struct events){node_map_get(map, str_c(field)),
			       node_map_find(map, str_c(policy_field))};
}

static bool fits(struct str name, struct str pattern)
{
	if (pattern.p[pattern.n - 1] == '*')
		return str_starts(name, (struct str){pattern.p, pattern.n - 1});
	return str_ends(name, str_from(pattern, 1));
}

static bool has_member(const struct node *list, struct str name)
{
	const struct node *member;

	for (member = list->list.first; member; member = member->next) {
		if (str_eq(member->string, name))
			return true;
	}
	return false;
}

/* The events that the pattern fits; false: none. */
static bool add_family(struct settings *s, struct setting *setting, struct node *list,
		       const struct schema_type *type)
{
	bool found = false;
	size_t i;

	for (i = 0; i < type->members->count; i++) {
		struct str name = str_c(type->members->members[i].name);
		struct node *member;

		if (!fits(name, setting->value))
			continue;
		found = true;
		member = has_member(list, name) ? NULL : settings_text(s, name, setting->span);
		if (member)
			node_list_append(list, member);
	}
	return found;
}

static bool add(struct settings *s, struct setting *setting, struct node *list,
		const struct schema_type *type)
{
	struct node *member;

	if (setting->value.n && memchr(setting->value.p, '*', setting->value.n)) {
		if (add_family(s, setting, list, type))
			return true;
		setting->why = STR("0.16 has no event that it fits");
		return false;
	}
	member = settings_value(s, setting, type, setting->value);
	if (member && !has_member(list, member->string))
		node_list_append(list, member);
	return member != NULL;
}

static void events(struct settings *s, struct setting *setting, const char *policy_field,
		   bool included)
{
	const char *dot = strchr(setting->row->path, '.'), *field = dot + 1;
	const char *policy = included ? "include" : "exclude",
		   *all = included ? "exclude" : "include";
	struct str type = {setting->row->path, (size_t)(dot - setting->row->path)};
	const struct schema_structure *fields;
	const struct schema_field *list;
	struct events e;

	setting->body =
		settings_body(s, arena_str(&s->c->arena, type).p, setting->id, setting->key_span);
	fields = setting->body ? settings_fields(s, setting->body) : NULL;
	list = fields ? schema_field_find(fields, str_c(field)) : NULL;
	if (!list || !settings_literal(s, setting)) {
		setting->outcome = SETTING_DROPPED;
		if (!list)
			setting->why = STR("the kind of the object is not known or not in 0.16");
		return;
	}
	e = events_of(s, setting, field, policy_field, policy);
	if (!e.list || !e.policy)
		return;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, setting->body, field);
	if (str_eq_c(setting->value, "*")) { /* all but those of an empty list */
		e.policy->value = settings_text(s, str_c(all), setting->span);
		e.list->list.first = e.list->list.last = NULL;
		e.list->list.count = 0;
	} else if (!str_eq_c(e.policy->value->string, policy)) {
		settings_end(setting, SETTING_NEEDLESS, "the list has all events already");
	} else if (!add(s, setting, e.list, list->type->element)) {
		setting->outcome = SETTING_DROPPED;
	}
}

void settings_included_events(struct settings *s, struct setting *setting)
{
	events(s, setting, "eventsPolicy", true);
}

void settings_excluded_events(struct settings *s, struct setting *setting)
{
	events(s, setting, "eventsPolicy", false);
}

void settings_excluded_metrics(struct settings *s, struct setting *setting)
{
	events(s, setting, "metricsPolicy", false);
}

/* tracing.level.EVENT = LEVEL */
void settings_event_level(struct settings *s, struct setting *setting)
{
	struct settings_body *body =
		settings_body(s, "EventTracingLevel", setting->id, setting->key_span);
	struct setting event = *setting;

	if (!body)
		return;
	event.value = setting->id;
	settings_end(setting, SETTING_CARRIED, NULL);
	if (settings_place(s, &event, body, "event") && settings_place(s, setting, body, "level"))
		return;
	if (!setting->why.n)
		setting->why = event.why;
	setting->outcome = SETTING_DROPPED;
	body->dropped = setting->why;
}
