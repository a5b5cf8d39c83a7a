/*
 * The last look at the objects: what 0.16 wants and 0.15 never said is put in, references are held
 * against what there is, and what then still lacks a field it must have is given up, with the
 * reason for each line that went into it. What is left binds without an error, unless a value
 * itself is wrong, and then the binder names its line.
 */
#include "stwc/settings.h"

static const struct schema_field *field_of(const struct settings *s,
					   const struct settings_body *body, const char *name)
{
	const struct schema_structure *fields = settings_fields(s, body);

	return fields ? schema_field_find(fields, str_c(name)) : NULL;
}

static bool lacks(const struct settings *s, const struct settings_body *body, const char *name)
{
	return field_of(s, body, name) && !node_map_find(body->node, str_c(name));
}

/* The id is the only name that 0.15 had for an object. A key is filled from it in any case. */
static void name_by_id(struct settings *s, struct settings_body *body, const char *name)
{
	const struct schema_field *field = field_of(s, body, name);
	const char *key = body->type ? identity_field(body->type) : NULL;

	if (!field || !body->id.n || !lacks(s, body, name) || field->type->nullable ||
	    field->update == UPDATE_SERVER_SET || (key && strcmp(key, name) == 0))
		return;
	settings_put(s, body->node, name, body->span, settings_text(s, body->id, body->span));
}

static void default_variant(struct settings *s, struct settings_body *body)
{
	const struct settings_group *group = settings_group_of(body->type_name, STR_NONE);

	if (group && *group->variant && !node_map_find(body->node, STR("@type")))
		settings_put(s, body->node, "@type", body->span,
			     settings_text(s, str_c(group->variant), body->span));
}

/* Without a match a quota or a limit held for everything. */
static void match_all(struct settings *s, struct settings_body *body)
{
	const struct schema_field *field = field_of(s, body, "match");

	if (field && field->required && lacks(s, body, "match"))
		settings_put(s, body->node, "match", body->span,
			     settings_text(s, STR("true"), body->span));
}

static void unlink_entry(struct node *map, struct str field)
{
	struct node_entry **at = &map->map.first, *last = NULL;

	map->map.index = NULL;
	while (*at) {
		if (str_eq((*at)->key, field)) {
			*at = (*at)->next;
			map->map.count--;
			continue;
		}
		last = *at;
		at = &last->next;
	}
	map->map.last = last;
}

static void end_folder(struct settings *s, struct str use)
{
	struct str target = arena_printf(&s->c->arena, "Email/defaultFolders/%.*s/", STR_ARG(use));
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (!str_starts(setting->target, target))
			continue;
		settings_end(setting, SETTING_NEEDLESS,
			     "0.15 reads of a folder only where its name is given");
		setting->target = STR_NONE;
	}
}

static void drop_nameless_folders(struct settings *s)
{
	const struct settings_body *body = settings_body_find(s, "Email", STR_NONE);
	struct node *folders = body ? node_map_get(body->node, STR("defaultFolders")) : NULL;
	const struct node_entry *e, *next;

	for (e = folders ? folders->map.first : NULL; e; e = next) {
		next = e->next;
		if (node_map_find(e->value, STR("name")))
			continue;
		end_folder(s, e->key);
		unlink_entry(folders, e->key);
	}
	if (folders && !folders->map.count)
		unlink_entry(body->node, STR("defaultFolders"));
}

static void add_object(struct settings *s, const struct schema_object *type, const char *name,
		       struct span span, const char *variant)
{
	struct settings_body *body;

	if (settings_body_find(s, type->name, str_c(name)))
		return;
	body = settings_body(s, type->name, str_c(name), span);
	if (!body)
		return;
	body->added = STR("0.16 makes it only where no other object of the type is");
	if (variant)
		settings_put(s, body->node, "@type", span, settings_text(s, str_c(variant), span));
}

/* 0.16 has objects of its own where a type has none (validation.md 5.2): the first one that a
 * file brings would do away with them, and expressions name them. */
static void keep_safe_defaults(struct settings *s)
{
	static const char *const types[] = {"MtaConnectionStrategy", "MtaRoute", "MtaTlsStrategy",
					    "MtaVirtualQueue"};
	size_t i, j, count = s->bodies.count;

	for (i = 0; i < count; i++) {
		const struct settings_body *body = s->bodies.entries[i].value;
		const char *const *name;

		for (j = 0; j < ARRAY_LEN(types) && strcmp(body->type_name, types[j]) != 0; j++)
			;
		if (j == ARRAY_LEN(types) || !body->type || !body->type->safe_defaults)
			continue;
		for (name = body->type->safe_defaults; *name; name++)
			add_object(s, body->type, *name, body->span,
				   strcmp(types[j], "MtaRoute") != 0 ? NULL
				   : strcmp(*name, "mx") == 0        ? "Mx"
								     : "Local");
	}
}

/* A schedule brings its queue, where that is one of those that 0.16 has by itself. */
static void queue_of_schedule(struct settings *s)
{
	const struct schema_object *queues =
		schema_object_find(s->c->schema, STR("MtaVirtualQueue"));
	const struct settings_link *link;

	for (link = s->links; link && queues; link = link->next) {
		if (strcmp(link->type, "MtaVirtualQueue") == 0)
			add_object(s, queues, "remote", link->setting->span, NULL);
	}
}

/* What has the reference inside the object goes as a whole: it would lack what it is about. */
static void unlink_reference(struct settings_link *link)
{
	const struct node_entry *entry;

	for (entry = link->from->node->map.first; entry; entry = entry->next) {
		if (entry->value == link->map) {
			unlink_entry(link->from->node, entry->key);
			return;
		}
	}
	unlink_entry(link->map, link->field);
}

static void end_link(struct settings *s, struct settings_link *link)
{
	unlink_reference(link);
	link->setting->outcome = SETTING_DROPPED;
	link->setting->why = arena_printf(&s->c->arena, "there is no %s '%.*s' that is carried",
					  link->type, STR_ARG(link->id));
}

static bool is_there(const struct settings *s, const char *type, struct str id)
{
	const struct settings_body *body = settings_body_find(s, type, id);

	return body && !body->dropped.n && !body->needless;
}

/* True when something changed. */
static bool check_links(struct settings *s)
{
	struct settings_link **at = &s->links;
	bool changed = false;

	while (*at) {
		struct settings_link *link = *at;

		if (is_there(s, link->type, link->id)) {
			at = &link->next;
			continue;
		}
		end_link(s, link);
		*at = link->next;
		changed = true;
	}
	return changed;
}

/* Given by the object's id, by the host, or by the binder. */
static bool is_implied(const struct settings_body *body, const char *field)
{
	static const char *const names[] = {"name", "namespace", "tag", "address"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(field, names[i]) == 0)
			return true;
	}
	return strcmp(body->type_name, "SystemSettings") == 0;
}

static const char *gap(const struct settings *s, const struct settings_body *body,
		       const struct schema_structure *fields, const struct node *map);

/* A field that the nested object lacks, or NULL. */
static const char *nested_gap(const struct settings *s, const struct settings_body *body,
			      const struct schema_type *type, const struct node *node)
{
	const struct node *member;
	const char *missing = NULL;

	if (type->kind == TYPE_LIST && node->kind == NODE_LIST) {
		for (member = node->list.first; member && !missing; member = member->next)
			missing = nested_gap(s, body, type->element, member);
		return missing;
	}
	if (type->kind != TYPE_OBJECT || node->kind != NODE_MAP ||
	    strcmp(type->structure->name, "Expression") == 0)
		return NULL;
	return gap(s, body, fold_fields(type->structure, node), node);
}

/* A field that must be given and is not, here or further in; NULL: none. */
static const char *gap(const struct settings *s, const struct settings_body *body,
		       const struct schema_structure *fields, const struct node *map)
{
	const char *missing = NULL;
	size_t i;

	for (i = 0; fields && i < fields->field_count && !missing; i++) {
		const struct schema_field *f = &fields->fields[i];
		const struct node *value = node_map_get(map, str_c(f->name));

		if (value)
			missing = nested_gap(s, body, f->type, value);
		else if (f->required && f->update != UPDATE_SERVER_SET &&
			 !(map == body->node && is_implied(body, f->name)))
			missing = f->name;
	}
	return missing;
}

/* A server starts with one that has keys of its own (validation.md 5.2). */
static bool is_made_by_server(const struct settings_body *body)
{
	return strcmp(body->type_name, "OidcProvider") == 0;
}

/* Why the object cannot be given: true when that is news. */
static bool check_body(struct settings *s, struct settings_body *body)
{
	const struct schema_structure *fields = settings_fields(s, body);
	const char *missing;

	if (body->dropped.n || body->needless)
		return false;
	if (body->type && body->type->structure->kind == STRUCTURE_UNION &&
	    !node_map_find(body->node, STR("@type"))) {
		body->dropped = STR("nothing says which kind of object it is");
		return true;
	}
	missing = gap(s, body, fields, body->node);
	if (missing && is_made_by_server(body)) {
		body->rest_elsewhere = s->c->options.for_plan;
		if (body->rest_elsewhere)
			return false;
		body->dropped = arena_printf(&s->c->arena,
					     "the %s needs '%s', which is not carried; a server "
					     "makes one of its own, which --to plan changes",
					     body->type_name, missing);
		return true;
	}
	if (missing)
		body->dropped =
			arena_printf(&s->c->arena, "the %s needs '%s', which is not carried",
				     body->type ? body->type_name : "store", missing);
	return missing != NULL;
}

static bool check_bodies(struct settings *s)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < s->bodies.count; i++)
		changed = check_body(s, s->bodies.entries[i].value) || changed;
	return changed;
}

/* "Store/db/host" is "DataStore/host" in the end; in a store of stores likewise. */
static void in_its_place(struct settings *s, struct setting *setting,
			 const struct settings_body *body)
{
	struct str name = settings_name(s, body->type_name, body->id);
	const struct settings_body *holder = body->joined ? body->joined : body;
	struct str place = holder->became;

	if (holder->within)
		place = arena_printf(&s->c->arena, "%.*s/stores", STR_ARG(holder->within->became));
	if (str_starts(setting->target, name))
		setting->target = arena_printf(&s->c->arena, "%.*s%s%.*s", STR_ARG(place),
					       body->inside ? body->inside : "",
					       STR_ARG(str_from(setting->target, name.n)));
}

static void drop(struct setting *setting, struct str why)
{
	setting->outcome = SETTING_DROPPED;
	setting->why = why;
	setting->target = STR_NONE;
}

/* What was to go into an object that is not given goes nowhere. */
static void end_setting(struct settings *s, struct setting *setting)
{
	const struct settings_body *body = setting->body;
	const struct settings_body *holder = body->joined ? body->joined : body;

	if (holder->within && holder->within->dropped.n)
		holder = holder->within;
	if (body->needless) {
		settings_end(setting, SETTING_NEEDLESS, "0.16 needs no object for it");
		setting->target = STR_NONE;
	} else if (holder->dropped.n) {
		drop(setting, holder->dropped);
	} else if (!body->type && holder->became.n) {
		in_its_place(s, setting, body);
	}
}

static bool has_listener(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->bodies.count; i++) {
		const struct settings_body *body = s->bodies.entries[i].value;

		if (strcmp(body->type_name, "NetworkListener") == 0 && !body->dropped.n)
			return true;
	}
	return false;
}

static void end_settings(struct settings *s)
{
	struct str all = STR("NetworkListener/*/");
	bool listener = has_listener(s);
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome >= SETTING_DROPPED || setting->outcome == SETTING_OPEN)
			continue;
		if (setting->body)
			end_setting(s, setting);
		else if (!listener && str_starts(setting->target, all))
			drop(setting, STR("there is no listener that is carried to say it of"));
	}
}

static void default_domain(struct settings *s)
{
	struct settings_body *system = settings_body_find(s, "SystemSettings", STR_NONE);

	if (!system)
		return;
	settings_default_domain_find(s);
	if (s->domain && lacks(s, system, "defaultDomainId"))
		settings_put(s, system->node, "defaultDomainId", s->domain->span,
			     settings_text(
				     s, arena_printf(&s->c->arena, "#%.*s", STR_ARG(s->domain->id)),
				     s->domain->span));
}

static void check_stores(struct settings *s, bool sharded)
{
	size_t i;

	for (i = 0; i < s->bodies.count; i++) {
		struct settings_body *body = s->bodies.entries[i].value;
		const struct node *type = node_map_get(body->node, STR("@type"));

		if (!body->type && (type && str_eq_c(type->string, "Sharded")) == sharded)
			(void)check_body(s, body);
	}
}

void settings_check_stores(struct settings *s)
{
	check_stores(s, false);
	settings_join_shards(s);
	check_stores(s, true);
}

void settings_finish(struct settings *s)
{
	bool changed;
	size_t i;

	settings_give_lookups(s);
	drop_nameless_folders(s);
	default_domain(s);
	queue_of_schedule(s);
	keep_safe_defaults(s);
	for (i = 0; i < s->bodies.count; i++) {
		struct settings_body *body = s->bodies.entries[i].value;

		default_variant(s, body);
		name_by_id(s, body, "description");
		name_by_id(s, body, "name");
		match_all(s, body);
	}
	do {
		changed = check_links(s);
		changed = check_bodies(s) || changed;
	} while (changed);
	end_settings(s);
}
