/*
 * Stores. 0.15 gives stores names and then says which one has which role; 0.16 has one object for
 * each role with the store inside. A store may so become several objects, or, where no role has
 * it, a StoreLookup, under whose name expressions and scripts find it as before.
 */
#include "stwc/settings.h"

#include "grammar/scalar.h"

static struct settings_body *store_of(const struct settings *s, struct str id)
{
	return settings_body_find(s, "Store", id);
}

static struct str variant_of(const struct settings_body *store)
{
	const struct node *type = store ? node_map_get(store->node, STR("@type")) : NULL;

	return type && type->kind == NODE_STRING ? type->string : STR_NONE;
}

static bool fits(const struct settings *s, const char *type, const struct settings_body *store)
{
	const struct schema_structure *u = schema_structure_find(s->c->schema, str_c(type));

	return u && schema_variant_find(u, variant_of(store)) != NULL;
}

static bool is_data_store(const struct settings *s, struct str id)
{
	const struct setting *data = map_get(&s->keys, STR("storage.data"));

	return data && str_eq(data->value, id);
}

/* The store stands inside another object: `path` of it. */
static void use(struct settings *s, struct settings_body *store, const struct settings_body *body,
		const char *path)
{
	struct str name = settings_name(s, body->type_name, body->id);

	store->used = true;
	if (!store->became.n)
		store->became = arena_printf(&s->c->arena, "%.*s%s%s", STR_ARG(name),
					     *path ? "/" : "", path);
}

/* Another body with what the store has. */
static void take_in(struct settings *s, struct setting *setting, struct settings_body *body,
		    struct settings_body *store)
{
	body->node = store->node;
	use(s, store, body, "");
	settings_target(s, setting, body, "");
}

static void use_default(struct settings *s, struct setting *setting, struct settings_body *body)
{
	settings_put(s, body->node, "@type", setting->key_span,
		     settings_text(s, STR("Default"), setting->key_span));
	settings_target(s, setting, body, "");
}

/* storage.blob = "id" and its like. Default is the data store. */
void settings_store_role(struct settings *s, struct setting *setting)
{
	const char *type = setting->row->path;
	bool data = strcmp(type, "DataStore") == 0, coordinator = strcmp(type, "Coordinator") == 0;
	struct settings_body *store = store_of(s, setting->value), *body;

	if (settings_body_find(s, type, STR_NONE)) {
		settings_end(setting, SETTING_DROPPED, "another key has chosen already");
		return;
	}
	if (store && store->dropped.n) {
		setting->why = store->dropped;
		setting->outcome = SETTING_DROPPED;
		return;
	}
	if (!variant_of(store).n) {
		setting->why = arena_printf(&s->c->arena, "there is no store '%.*s' in the file",
					    STR_ARG(setting->value));
		setting->outcome = SETTING_DROPPED;
		return;
	}
	body = settings_body(s, type, STR_NONE, setting->key_span);
	if (!body)
		return;
	setting->body = body;
	setting->outcome = SETTING_CARRIED;
	if (!data && !coordinator && is_data_store(s, setting->value)) {
		use_default(s, setting, body);
	} else if (fits(s, type, store)) {
		take_in(s, setting, body, store);
	} else if (data || coordinator) {
		body->dropped = arena_printf(&s->c->arena, "0.16 has no %s of the kind %.*s", type,
					     STR_ARG(variant_of(store)));
	} else {
		use_default(s, setting, body);
		setting->outcome = SETTING_CHANGED;
		setting->why =
			arena_printf(&s->c->arena,
				     "0.16 has no %s of the kind %.*s; Default uses the data store",
				     type, STR_ARG(variant_of(store)));
		if (store->dropped.n == 0 && !store->used)
			store->dropped = setting->why;
	}
}

/* metrics.history.enable: the object is there, or says Disabled. */
void settings_history(struct settings *s, struct setting *setting)
{
	const char *type = setting->row->path;
	struct settings_body *body = settings_body_find(s, type, STR_NONE);

	if (str_eq_c(setting->value, "true")) {
		if (!body) {
			body = settings_body(s, type, STR_NONE, setting->key_span);
			if (body)
				use_default(s, setting, body);
		}
		settings_end(setting, SETTING_CARRIED, NULL);
		return;
	}
	body = settings_body(s, type, STR_NONE, setting->key_span);
	if (body) {
		body->node = settings_map(s, "Disabled", setting->key_span);
		settings_target(s, setting, body, "");
	}
	settings_end(setting, SETTING_CARRIED, NULL);
}

/* The members of a distributed store become nested ones. */
void settings_shards(struct settings *s, struct setting *setting)
{
	struct settings_body *store = store_of(s, setting->id),
			     *shard = store_of(s, setting->value);
	struct node *list;

	if (store && !str_eq_c(variant_of(store), "Sharded")) {
		setting->outcome = SETTING_DROPPED;
		(void)settings_no_place(s, setting, store, "stores"); /* says the rest */
		return;
	}
	if (!store || !variant_of(shard).n || shard->dropped.n ||
	    (!fits(s, "InMemoryStoreBase", shard) && !fits(s, "BlobStoreBase", shard))) {
		settings_end(setting, SETTING_DROPPED, "there is no such store that is carried");
		return;
	}
	list = node_map_get(store->node, STR("stores"));
	if (!list) {
		list = node_new(&s->c->arena, NODE_LIST, setting->key_span);
		settings_put(s, store->node, "stores", setting->key_span, list);
	}
	if (list) {
		struct node *copy = draft_copy(s->c, shard->node, s->file->source);

		if (copy)
			node_list_append(list, copy);
	}
	use(s, shard, store, "stores");
	shard->within = store;
	setting->body = store;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, store, "stores");
}

void settings_join_shards(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome == SETTING_OPEN && setting->row->special == settings_shards)
			settings_shards(s, setting);
	}
}

/* RocksDB compressed each store; 0.16 compresses messages, lz4 unless told otherwise. */
void settings_compression(struct settings *s, struct setting *setting)
{
	struct settings_body *body;

	if (str_eq_c(setting->value, "lz4")) {
		settings_end(setting, SETTING_NEEDLESS, "0.16 compresses so by itself");
		return;
	}
	body = settings_body(s, "Email", STR_NONE, setting->key_span);
	settings_end(setting, SETTING_CHANGED, "0.16 compresses messages, not stores");
	if (!body || !settings_place(s, setting, body, "compressionAlgorithm"))
		setting->outcome = SETTING_DROPPED;
}

/* Of the data store and of the blob store; others clean up by themselves. */
void settings_purge(struct settings *s, struct setting *setting)
{
	const struct setting *blob = map_get(&s->keys, STR("storage.blob"));
	bool data = is_data_store(s, setting->id);
	struct settings_body *body;

	if (!data && !(blob && str_eq(blob->value, setting->id))) {
		settings_end(setting, SETTING_DROPPED,
			     "0.16 cleans up the data and blob stores alone");
		return;
	}
	body = settings_body(s, "DataRetention", STR_NONE, setting->key_span);
	settings_end(setting, SETTING_CARRIED, NULL);
	if (!body ||
	    !settings_place(s, setting, body, data ? "dataCleanupSchedule" : "blobCleanupSchedule"))
		setting->outcome = SETTING_DROPPED;
}

/* One URL is a server, several are a cluster (validation.md 6.3). */
void settings_redis_urls(struct settings *s, struct setting *setting)
{
	struct settings_body *store = settings_body(s, "Store", setting->id, setting->key_span);
	const char *path = "urls";

	if (store && str_eq_c(variant_of(store), "Redis"))
		path = "url";
	settings_end(setting, SETTING_CARRIED, NULL);
	if (store && strcmp(path, "url") == 0)
		setting->tail = STR_NONE;
	if (store && settings_place(s, setting, store, path))
		return;
	if (setting->outcome == SETTING_CARRIED)
		setting->outcome = SETTING_DROPPED;
}

static struct node *region_map(struct settings *s, struct setting *setting,
			       struct settings_body *store)
{
	struct node *region = node_map_get(store->node, STR("region"));

	setting->outcome = SETTING_DROPPED;
	if (!str_eq_c(variant_of(store), "S3")) {
		(void)settings_no_place(s, setting, store, "region"); /* says the rest */
		return NULL;
	}
	if (!region) {
		region = settings_map(s, NULL, setting->key_span);
		settings_put(s, store->node, "region", setting->key_span, region);
	}
	return region;
}

/* "eu-central-1" is EuCentral1, unless there is an endpoint: then it is Custom. */
void settings_s3_region(struct settings *s, struct setting *setting)
{
	struct settings_body *store = settings_body(s, "Store", setting->id, setting->key_span);
	struct str key = arena_printf(&s->c->arena, "store.%.*s.endpoint", STR_ARG(setting->id));
	const struct schema_structure *regions =
		schema_structure_find(s->c->schema, STR("S3StoreRegion"));
	struct node *region = store ? region_map(s, setting, store) : NULL;
	char name[32];
	size_t n = 0, i;

	if (!region || !settings_literal(s, setting))
		return;
	settings_end(setting, SETTING_CARRIED, NULL);
	setting->body = store;
	settings_target(s, setting, store, "region");
	if (map_has(&s->keys, key)) {
		settings_put(s, region, "customRegion", setting->key_span,
			     settings_text(s, setting->value, setting->span));
		return;
	}
	for (i = 0; i < setting->value.n && n < sizeof(name) - 1; i++) {
		char c = setting->value.p[i];
		bool first = i == 0 || setting->value.p[i - 1] == '-';

		if (c != '-')
			name[n++] = (char)(first && c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	name[n] = '\0';
	if (regions && schema_variant_find(regions, str_c(name)))
		settings_put(s, region, "@type", setting->key_span,
			     settings_text(s, arena_str(&s->c->arena, str_c(name)), setting->span));
	else
		settings_end(setting, SETTING_DROPPED,
			     "0.16 does not know the region; one of your own needs an endpoint");
}

void settings_s3_endpoint(struct settings *s, struct setting *setting)
{
	struct settings_body *store = settings_body(s, "Store", setting->id, setting->key_span);
	struct node *region = store ? region_map(s, setting, store) : NULL;

	if (!region || !settings_literal(s, setting))
		return;
	settings_put(s, region, "@type", setting->key_span,
		     settings_text(s, STR("Custom"), setting->key_span));
	settings_put(s, region, "customEndpoint", setting->key_span,
		     settings_text(s, setting->value, setting->span));
	settings_end(setting, SETTING_CARRIED, NULL);
	setting->body = store;
	settings_target(s, setting, store, "region/customEndpoint");
}

/* The store of an SQL directory stands inside it. */
void settings_directory_store(struct settings *s, struct setting *setting)
{
	struct settings_body *directory = settings_body_find(s, "Directory", setting->id),
			     *store = store_of(s, setting->value);
	struct node *inside;

	setting->body = directory;
	if (!directory || directory->needless) {
		settings_end(setting, SETTING_NEEDLESS,
			     "the internal directory of 0.16 uses the data store");
		return;
	}
	if (!str_eq_c(variant_of(directory), "Sql") || !store || store->dropped.n ||
	    !fits(s, "SqlAuthStore", store)) {
		settings_end(setting, SETTING_DROPPED,
			     "0.16 has no such directory on such a store");
		return;
	}
	inside = is_data_store(s, setting->value) ? settings_map(s, "Default", setting->key_span)
						  : draft_copy(s->c, store->node, s->file->source);
	if (is_data_store(s, setting->value))
		store->used = true;
	else
		use(s, store, directory, "store");
	settings_put(s, directory->node, "store", setting->key_span, inside);
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, directory, "store");
}

/* The SQL directories by the store that each names, the first of the file in front. */
static void find_askers(struct settings *s)
{
	size_t i;

	s->askers_found = true;
	map_init(&s->askers, &s->c->hash_key, &s->c->arena);
	for (i = s->bodies.count; i-- > 0;) {
		struct settings_body *body = s->bodies.entries[i].value;
		const struct setting *of = NULL;
		void **first;

		if (strcmp(body->type_name, "Directory") == 0 && str_eq_c(variant_of(body), "Sql"))
			of = map_get(&s->keys, arena_printf(&s->c->scratch, "directory.%.*s.store",
							    STR_ARG(body->id)));
		first = of ? map_at(&s->askers, of->value) : NULL;
		if (!first)
			continue;
		body->next_asker = *first;
		*first = body;
	}
}

/* The queries of a store belong to the directories that use it. */
void settings_directory_query(struct settings *s, struct setting *setting)
{
	struct settings_body *body;

	settings_end(setting, SETTING_NEEDLESS, "no SQL directory uses the store");
	if (!s->askers_found)
		find_askers(s);
	for (body = map_get(&s->askers, setting->id); body; body = body->next_asker) {
		settings_end(setting, SETTING_CHANGED,
			     "0.16 asks with the whole address and reads other columns");
		if (!settings_place(s, setting, body, setting->row->path))
			setting->outcome = SETTING_DROPPED;
	}
}

/* The structure of a store's read replicas; NULL: such a store has none. */
static const struct schema_structure *replica_fields(const struct settings *s,
						     const struct settings_body *store)
{
	const struct schema_structure *fields = store && !store->dropped.n && variant_of(store).n
							? settings_fields(s, store)
							: NULL;
	const struct schema_field *list =
		fields ? schema_field_find(fields, STR("readReplicas")) : NULL;

	return list ? list->type->element->structure : NULL;
}

/* A store of 0.15 that only names another one and its copies is that other one in 0.16. */
static void join_primary(struct settings *s, struct setting *setting)
{
	struct settings_body *both = store_of(s, setting->id),
			     *primary = store_of(s, setting->value);
	struct setting *type;

	setting->outcome = SETTING_DROPPED;
	setting->why = STR("there is no PostgreSQL or MySQL store of that name that is carried");
	if (!both || !both->needless || both == primary || !replica_fields(s, primary))
		return;
	type = map_get(&s->keys,
		       arena_printf(&s->c->scratch, "store.%.*s.type", STR_ARG(setting->id)));
	if (type) {
		settings_end(type, SETTING_NEEDLESS, "0.16 lists replicas inside the store itself");
		type->target = STR_NONE;
	}
	both->node = draft_keep(s->c, primary->node, s->file->source);
	both->needless = false;
	primary->used = true;
	primary->joined = both;
	setting->body = both;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, both, "");
}

/* What a copy of a store has in common with one of its own is the way to reach it. */
static void end_other_fields(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;
		const struct node *taken = setting->body ? setting->body->taken : NULL;
		const char *path = setting->row && taken ? setting->row->path : NULL;
		const char *dot = path ? strchr(path, '.') : NULL;

		if (dot && strcmp(dot, ".@type") != 0 && !node_map_find(taken, str_c(dot + 1)) &&
		    setting->outcome == SETTING_CARRIED)
			settings_end(setting, SETTING_DROPPED,
				     "0.16 has no such field for a read replica");
	}
}

static void join_replica(struct settings *s, struct setting *setting)
{
	struct settings_body *both = store_of(s, setting->id), *copy = store_of(s, setting->value);
	const struct schema_structure *fields = replica_fields(s, both);
	struct node *map, *list;
	size_t i;

	setting->outcome = SETTING_DROPPED;
	setting->why = STR("there is no store of that name and of the primary's kind");
	if (!fields || !copy || copy == both || copy->used || replica_fields(s, copy) != fields)
		return;
	map = settings_map(s, NULL, setting->span);
	for (i = 0; i < fields->field_count; i++) {
		const char *name = fields->fields[i].name;
		struct node *value = node_map_get(copy->node, str_c(name));

		if (value)
			settings_put(s, map, name, setting->span, value);
	}
	list = node_map_get(both->node, STR("readReplicas"));
	if (!list) {
		list = node_new(&s->c->arena, NODE_LIST, setting->key_span);
		settings_put(s, both->node, "readReplicas", setting->key_span, list);
	}
	if (!list || !map)
		return;
	node_list_append(list, map);
	copy->used = true;
	copy->joined = both;
	copy->inside = "/readReplicas";
	copy->taken = map;
	setting->body = both;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, both, "readReplicas");
}

static bool is_row_of(const struct setting *setting, const char *path)
{
	return setting->outcome == SETTING_OPEN && setting->row->special == settings_replica &&
	       strcmp(setting->row->path, path) == 0;
}

void settings_join_replicas(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (is_row_of(setting, "primary"))
			join_primary(s, setting);
	}
	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (is_row_of(setting, "replicas"))
			join_replica(s, setting);
	}
	end_other_fields(s);
}

/* settings_join_replicas is what ends them. */
void settings_replica(struct settings *s, struct setting *setting)
{
	(void)s;
	settings_end(setting, SETTING_DROPPED, "the store is not one of a primary and its copies");
}

/* A store that has no role is a lookup. */
void settings_give_lookups(struct settings *s)
{
	size_t i, count = s->bodies.count;

	for (i = 0; i < count; i++) {
		struct settings_body *store = s->bodies.entries[i].value, *lookup;

		if (store->type || store->used || store->dropped.n)
			continue;
		if (!variant_of(store).n || !fits(s, "LookupStore", store)) {
			store->dropped = STR("nothing uses the store");
			continue;
		}
		lookup = settings_body(s, "StoreLookup", store->id, store->span);
		if (!lookup)
			return;
		settings_put(s, lookup->node, "store", store->span, store->node);
		use(s, store, lookup, "store");
	}
}
