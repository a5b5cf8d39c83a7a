/* Stores and what depends on their kind; name spaces of lookups. */
#include "stwc/check/rules.h"
#include "stwc/state.h"

static const char *variant_of(const struct value_object *body)
{
	return body->variant ? body->variant->name : "";
}

void rule_sql_store(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct value *store = rule_get(rule, "store");
	const struct object *data = compile_singleton(rule->c, "DataStore");
	const char *kind = data ? variant_of(&data->body) : "Sqlite"; /* elsewhere: not known */

	if (!store || store->kind != VALUE_OBJECT || data == NULL || data->poisoned ||
	    strcmp(variant_of(&store->object), "Default") != 0 || strcmp(kind, "Sqlite") == 0 ||
	    strcmp(kind, "PostgreSql") == 0 || strcmp(kind, "MySql") == 0)
		return;
	diag_relate(&rule->c->diags,
		    rule_error(rule, DIAG_MISSING_COMPANION, value_field_get(rule->body, "store"),
			       "the store Default needs an SQL database as DataStore, not %s",
			       kind),
		    data->span, "the data store");
}

/* The variant Default means the in-memory store, which must then be a Redis. */
void rule_coordinator(const struct rule *rule, const struct value *unused UNUSED)
{
	const struct object *memory = compile_singleton(rule->c, "InMemoryStore");
	const struct compilation *c = rule->c;
	bool whole = !c->options.partial && !c->incomplete &&
		     source_shapes(c, rule->object->span.source, SHAPES_SERVER) == SHAPES_OWN;

	if (strcmp(variant_of(rule->body), "Default") != 0 || (!memory && !whole) ||
	    (memory && (memory->poisoned || strstr(variant_of(&memory->body), "Redis") ||
			strcmp(variant_of(&memory->body), "Sharded") == 0)))
		return;
	rule_error(rule, DIAG_MISSING_COMPANION, NULL,
		   "the coordinator Default needs a Redis as InMemoryStore");
}

void rule_lookup_store(const struct rule *rule, const struct value *value)
{
	if (strcmp(variant_of(&value->object), "RedisSentinel") == 0)
		rule_error(rule, DIAG_NOT_AVAILABLE, value,
			   "the server does not offer Redis Sentinel for lookups");
}

/* ---- name spaces ---- */

struct spaces {
	struct compilation *c;
	struct map holders; /* name to the first object that has it */
};

static struct str space_of(const struct object *object)
{
	const struct value *name = value_field_get(&object->body, "namespace");

	return name && name->kind == VALUE_STRING ? name->string : STR_NONE;
}

/* An HttpLookup or StoreLookup whose name space has other keys; two kinds of keys in one. */
static void meet(struct spaces *s, const struct object *object, const struct object *holder)
{
	bool keys = strncmp(object->type->name, "Memory", 6) == 0 &&
		    strncmp(holder->type->name, "Memory", 6) == 0;
	const struct value *name = value_field_get(&object->body, "namespace");
	struct path_root root;
	struct path path = {.up = path_of(&root, object->type, object->shown, object->ordinal),
			    .name = STR("namespace")};
	struct diag *diag;

	/* two that share a key of the store have been told apart already */
	if (object->type == holder->type || (!keys && object->type->label == holder->type->label))
		return;
	diag = diag_add(&s->c->diags, keys ? DIAG_MIXED_NAMESPACE : DIAG_DUPLICATE_VALUE,
			name->span, "the name space '%.*s' belongs to %s", STR_ARG(name->string),
			holder->type->name);
	path_place(s->c, diag, object, &path);
	diag_relate(&s->c->diags, diag, holder->span, "this one");
}

static size_t kinds_of_lookups(const struct compilation *c)
{
	static const char *const types[] = {"MemoryLookupKey", "MemoryLookupKeyValue", "HttpLookup",
					    "StoreLookup"};
	size_t count = 0, i;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		const struct schema_object *type = schema_object_find(c->schema, str_c(types[i]));

		count += type && type_state(c, type)->objects;
	}
	return count;
}

void check_namespaces(struct compilation *c)
{
	struct spaces s = {.c = c};
	size_t i;

	/* lists of one kind may be long, and nothing can meet there */
	if (kinds_of_lookups(c) < 2)
		return;
	map_init(&s.holders, &c->hash_key, NULL);
	for (i = 0; i < c->object_count; i++) {
		struct object *object = c->objects[i];
		struct str name = space_of(object);
		void **place;

		if (!name.n || object->poisoned)
			continue;
		place = map_at(&s.holders, name);
		if (!place)
			break;
		if (!*place)
			*place = object;
		else
			meet(&s, object, *place);
	}
	map_free(&s.holders);
}
