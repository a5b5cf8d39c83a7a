/*
 * Which node does what. 0.15 lists, for each task, the numbers of the nodes that do it, each entry
 * of the list a shard; a task without a list is done by every node. 0.16 turns that round: a node
 * is started with the name of a ClusterRole, which says what its nodes leave undone, and nodes
 * divide the work among themselves. So each node that a list names becomes a role of its own, and
 * all others share one.
 */
#include "stwc/settings.h"

#include "base/num.h"

#define NODE_LIMIT 1024
#define OTHERS "other-nodes"

struct cluster {
	struct settings *s;
	struct map tasks;   /* tasks that have a list, in the order of the file */
	struct map roles;   /* "node-1" to struct settings_body * */
	struct map allowed; /* "storeMaintenance/node-1" */
};

static bool is_role(const struct setting *setting)
{
	return setting->row && setting->row->special == settings_cluster_role &&
	       setting->outcome != SETTING_DROPPED;
}

static bool allow(struct cluster *c, const struct setting *setting, struct str role)
{
	struct arena *arena = &c->s->c->arena;
	struct settings_body *body = settings_body(c->s, "ClusterRole", role, setting->key_span);
	struct str pair = arena_printf(arena, "%s/%.*s", setting->row->path, STR_ARG(role));

	return body && pair.p && c->roles.count < NODE_LIMIT && map_put(&c->roles, role, body) &&
	       map_put(&c->allowed, pair, body);
}

/* "3", or "1-4" */
static bool allow_range(struct cluster *c, const struct setting *setting, struct str text)
{
	const char *dash = text.n ? memchr(text.p, '-', text.n) : NULL;
	struct str from = {text.p, dash ? (size_t)(dash - text.p) : text.n};
	uint64_t first, last;

	if (num_u64(from, &first) != NUM_OK)
		return false;
	last = first;
	if (dash && num_u64(str_from(text, from.n + 1), &last) != NUM_OK)
		return false;
	if (last < first || last - first >= NODE_LIMIT)
		return false;
	for (; first <= last; first++) {
		struct str role =
			arena_printf(&c->s->c->arena, "node-%llu", (unsigned long long)first);

		if (!role.p || !allow(c, setting, role))
			return false;
	}
	return true;
}

static bool is_between(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

/* "1, 2 5-7" */
static bool allow_list(struct cluster *c, struct setting *setting)
{
	/* the member of a set has no value */
	struct str rest =
		setting->value.n || !setting->tail.n ? setting->value : str_from(setting->tail, 1);
	struct str text;
	bool ok = false;

	while (rest.n) {
		for (text = (struct str){rest.p, 0};
		     text.n < rest.n && !is_between(rest.p[text.n]);)
			text.n++;
		if (text.n && !allow_range(c, setting, text))
			return false;
		ok = ok || text.n;
		rest = str_from(rest, text.n < rest.n ? text.n + 1 : text.n);
	}
	return ok && map_put(&c->tasks, str_c(setting->row->path), setting);
}

static void read_lists(struct cluster *c)
{
	size_t i;

	for (i = 0; i < c->s->keys.count; i++) {
		struct setting *setting = c->s->keys.entries[i].value;

		if (!is_role(setting))
			continue;
		if (!settings_literal(c->s, setting)) {
			setting->outcome = SETTING_DROPPED;
			continue;
		}
		if (!allow_list(c, setting)) {
			settings_end(setting, SETTING_DROPPED,
				     "it is no list of the numbers of nodes, such as \"1, 2\"");
			continue;
		}
		settings_end(setting, SETTING_CHANGED,
			     strcmp(setting->row->path, "taskQueueProcessing") == 0
				     ? "0.16 has one task for all queues; start node N with "
				       "STALWART_ROLE=node-N, others with " OTHERS
				     : "start node N with STALWART_ROLE=node-N in its environment, "
				       "others with " OTHERS);
		setting->target = STR("ClusterRole/*/tasks");
	}
}

/* What the role's nodes leave undone; EnableAll where that is nothing. */
static struct node *tasks_of(struct cluster *c, struct str role, struct span span)
{
	struct settings *s = c->s;
	struct node *list = node_new(&s->c->arena, NODE_LIST, span), *map;
	size_t i;

	for (i = 0; list && i < c->tasks.count; i++) {
		struct str task = c->tasks.entries[i].key;
		struct str pair =
			arena_printf(&s->c->scratch, "%.*s/%.*s", STR_ARG(task), STR_ARG(role));
		struct node *member;

		if (map_has(&c->allowed, pair))
			continue;
		member = settings_text(s, task, span);
		if (member)
			node_list_append(list, member);
	}
	if (!list || !list->list.count)
		return settings_map(s, "EnableAll", span);
	map = settings_map(s, "DisableSome", span);
	settings_put(s, map, "taskTypes", span, list);
	return map;
}

/* The number that this file's own node has says which of the roles it is to take. */
static void name_own_role(const struct cluster *c)
{
	struct setting *own = map_get(&c->s->keys, STR("cluster.node-id"));
	struct str role;

	if (!own || own->outcome != SETTING_NEEDLESS)
		return;
	role = arena_printf(&c->s->c->arena, "node-%.*s", STR_ARG(own->value));
	if (!own->value.n || memchr(own->value.p, '%', own->value.n))
		role = STR("node-N");
	else if (!map_has(&c->roles, role))
		role = STR(OTHERS);
	own->outcome = SETTING_CHANGED;
	own->why =
		arena_printf(&c->s->c->arena,
			     "STALWART_ROLE=%.*s in the environment of the server takes its place",
			     STR_ARG(role));
}

/* All lists at once, when the first is met: a role needs to know every one. */
void settings_cluster_role(struct settings *s, struct setting *setting)
{
	struct cluster c = {.s = s};
	struct settings_body *others;
	size_t i;

	map_init(&c.tasks, &s->c->hash_key, &s->c->arena);
	map_init(&c.roles, &s->c->hash_key, &s->c->arena);
	map_init(&c.allowed, &s->c->hash_key, &s->c->arena);
	read_lists(&c);
	if (!c.tasks.count)
		return;
	others = settings_body(s, "ClusterRole", STR(OTHERS), setting->key_span);
	if (!others || !map_put(&c.roles, STR(OTHERS), others))
		return;
	for (i = 0; i < c.roles.count; i++) {
		struct settings_body *role = c.roles.entries[i].value;

		settings_put(s, role->node, "tasks", role->span,
			     tasks_of(&c, c.roles.entries[i].key, role->span));
		settings_put(s, role->node, "listeners", role->span,
			     settings_map(s, "EnableAll", role->span));
	}
	name_own_role(&c);
}
