/*
 * From .stws documents to a linked schema. Names come first (every table of every file), so
 * that rows may refer to each other in any order; then enums, structures with their types,
 * objects with their keys, and last the defaults, which need the types of all fields.
 */
#include "schemas/schemac/schemac.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const update_words[] = {"mutable", "immutable", "serverSet", NULL};
static const char *const reload_words[] = {"live", "new-sessions", "restart", NULL};
static const char *const object_words[] = {"collection", "singleton", NULL};
static const char *const validator_words[] = {"none",       "trim",      "email",
					      "local-part", "domain",    "hostname",
					      "uppercase",  "lowercase", NULL};

void rows_error(struct rows *rows, struct span span, const char *format, ...)
{
	struct source *source = sources_get(rows->sources, span.source);
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (source) {
		struct position at = source_position(source, span.begin);

		buf_printf(&rows->messages, "%.*s:%u:%u: ", STR_ARG(source->name), at.line,
			   at.column);
	}
	buf_printf(&rows->messages, "%s\n", text);
	rows->errors++;
}

void rows_init(struct rows *rows, struct arena *arena, const struct hash_key *key,
	       struct sources *sources)
{
	*rows = (struct rows){.arena = arena, .key = key, .sources = sources};
	map_init(&rows->nodes, key, arena);
	map_init(&rows->views, key, arena);
	map_init(&rows->enum_nodes, key, arena);
	map_init(&rows->variable_nodes, key, arena);
	map_init(&rows->constant_nodes, key, arena);
}

void rows_free(struct rows *rows)
{
	buf_free(&rows->messages);
}

static void add_named(struct rows *rows, struct map *map, struct node_entry *entry)
{
	const struct node_entry *before = map_get(map, entry->key);

	if (before)
		rows_error(rows, entry->key_span, "%.*s has a row already", STR_ARG(entry->key));
	else if (!map_put(map, entry->key, entry))
		rows_error(rows, entry->key_span, "out of memory");
}

static void add_all(struct rows *rows, struct map *map, const struct node *table)
{
	struct node_entry *e = table->kind == NODE_MAP ? table->map.first : NULL;

	for (; e; e = e->next) {
		if (e->value->kind == NODE_MAP)
			add_named(rows, map, e);
		else
			rows_error(rows, e->key_span, "the row of %.*s is no table",
				   STR_ARG(e->key));
	}
}

static void add_table(struct rows *rows, struct node_entry *entry)
{
	struct str name = entry->key;

	if (str_eq_c(name, "release") && entry->value->kind == NODE_LIST)
		rows->releases = entry;
	else if (entry->value->kind != NODE_MAP)
		rows_error(rows, entry->key_span, "a row is a table");
	else if (str_eq_c(name, "enum"))
		add_all(rows, &rows->enum_nodes, entry->value);
	else if (str_eq_c(name, "variables"))
		add_all(rows, &rows->variable_nodes, entry->value);
	else if (str_eq_c(name, "constants"))
		add_all(rows, &rows->constant_nodes, entry->value);
	else if (str_eq_c(name, "reference"))
		rows->reference = entry;
	else if (node_map_get(entry->value, STR("view")))
		add_named(rows, &rows->views, entry);
	else
		add_named(rows, &rows->nodes, entry);
}

void rows_add(struct rows *rows, const struct node *document)
{
	if (document->kind != NODE_MAP)
		return;
	for (struct node_entry *e = document->map.first; e; e = e->next)
		add_table(rows, e);
}

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

/* The entries of a map in the order of names; NULL when memory is short. */
static const struct map_entry *sorted(struct rows *rows, const struct map *map)
{
	struct map_entry *entries = ARENA_ARRAY(rows->arena, struct map_entry, map->count + 1);

	if (!entries || !map->count)
		return entries;
	memcpy(entries, map->entries, map->count * sizeof(*entries));
	qsort(entries, map->count, sizeof(*entries), by_key);
	return entries;
}

static const struct node *row_of(const struct map_entry *entry)
{
	return ((const struct node_entry *)entry->value)->value;
}

static struct span span_of(const struct map_entry *entry)
{
	return ((const struct node_entry *)entry->value)->key_span;
}

static int by_member(const void *a, const void *b)
{
	const struct schema_enum_member *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* Fills by_name; names must differ. */
static void index_members(struct rows *rows, struct schema_enum *e, struct span span)
{
	const struct schema_enum_member **order =
		ARENA_ARRAY(rows->arena, const struct schema_enum_member *, e->count + 1u);
	uint16_t *positions = ARENA_ARRAY(rows->arena, uint16_t, e->count + 1u);

	if (!order || !positions)
		return;
	for (size_t i = 0; i < e->count; i++)
		order[i] = &e->members[i];
	qsort(order, e->count, sizeof(*order), by_member);
	for (size_t i = 0; i < e->count; i++) {
		positions[i] = (uint16_t)(order[i] - e->members);
		if (i && strcmp(order[i]->name, order[i - 1]->name) == 0)
			rows_error(rows, span, "member %s stands twice", order[i]->name);
	}
	e->by_name = positions;
}

static struct schema_enum_member *new_members(struct rows *rows, struct schema_enum *e,
					      size_t count)
{
	struct schema_enum_member *members =
		ARENA_ARRAY(rows->arena, struct schema_enum_member, count + 1);

	e->members = members;
	e->count = members && count < UINT16_MAX ? (uint16_t)count : 0;
	return members;
}

static void members_of_list(struct rows *rows, struct schema_enum *e, const struct node *list)
{
	struct schema_enum_member *m = new_members(rows, e, list->list.count);

	for (const struct node *n = list->list.first; m && n; n = n->next, m++) {
		m->name = n->kind == NODE_STRING ? rows_text(rows, n->string) : "";
		if (n->kind != NODE_STRING)
			rows_error(rows, n->span, "a member is a string");
	}
}

/* A table of members: the value is the member's sentence, "" for none. */
static void members_of_table(struct rows *rows, struct schema_enum *e, const struct node *table)
{
	struct schema_enum_member *m = new_members(rows, e, table->map.count);

	for (const struct node_entry *n = table->map.first; m && n; n = n->next, m++) {
		m->name = rows_text(rows, n->key);
		if (n->value->kind != NODE_STRING)
			rows_error(rows, n->value->span, "a member's value is its sentence");
		else if (n->value->string.n)
			m->doc = rows_text(rows, n->value->string);
	}
}

/* `of = "Tracer"`: the variants of a union, the removed ones excepted. */
static void members_of_union(struct rows *rows, struct schema_enum *e, const char *name,
			     struct span span)
{
	const struct schema_structure *u = schema_structure_find(&rows->schema, str_c(name));
	struct schema_enum_member *m;
	size_t count = 0;

	if (!u || u->kind != STRUCTURE_UNION) {
		rows_error(rows, span, "%s is no union", name);
		return;
	}
	m = new_members(rows, e, u->variant_count);
	for (size_t i = 0; m && i < u->variant_count; i++) {
		if (u->variants[i].until)
			continue;
		m[count].name = u->variants[i].name;
		m[count].since = u->variants[i].since;
		m[count++].doc = u->variants[i].doc;
	}
	e->count = (uint16_t)count;
}

static void link_enum(struct rows *rows, struct schema_enum *e, const struct map_entry *entry)
{
	static const char *const names[] = {"doc", "of", "members", NULL};
	const struct node *row = row_of(entry), *members = node_map_get(row, STR("members"));
	const char *of = NULL;

	attributes_only(rows, row, names, false);
	if (attribute_string(rows, row, "of", &of))
		members_of_union(rows, e, of, span_of(entry));
	else if (members && members->kind == NODE_LIST)
		members_of_list(rows, e, members);
	else if (members && members->kind == NODE_MAP)
		members_of_table(rows, e, members);
	else
		rows_error(rows, span_of(entry), "an enum needs members");
	index_members(rows, e, span_of(entry));
}

static void link_field(struct rows *rows, struct schema_field *field,
		       const struct node_entry *entry)
{
	const struct node *row = entry->value;
	const char *text = NULL;
	struct schema_type *type;
	uint64_t n;

	field->name = rows_text(rows, entry->key);
	attribute_word(rows, row, "update", update_words, &field->update);
	attribute_word(rows, row, "reload", reload_words, &field->reload);
	attribute_bool(rows, row, "enterprise", &field->enterprise);
	attribute_bool(rows, row, "runtime", &field->runtime);
	attribute_bool(rows, row, "compiled", &field->compiled);
	field->runtime = field->runtime || field->compiled;
	attribute_bool(rows, row, "own", &field->own);
	attribute_checks(rows, row, &field->checks);
	attribute_string(rows, row, "variables", &field->variables);
	if (field->variables)
		field->checks |= UINT64_C(1) << CHECK_EXPRESSION;
	attribute_string(rows, row, "constants", &field->constants);
	attribute_string(rows, row, "replaced_by", &field->replaced_by);
	attribute_string(rows, row, "doc", &field->doc);
	if (!attribute_string(rows, row, "type", &text)) {
		rows_error(rows, entry->key_span, "%s needs a type", field->name);
		return;
	}
	type = type_parse(rows, node_map_get(row, STR("type"))->span, str_c(text));
	field->type = type;
	if (!type)
		return;
	if (attribute_unsigned(rows, row, "min_items", &n))
		type->min_items = (uint32_t)n;
	if (attribute_unsigned(rows, row, "max_length", &n))
		type->max_length = (uint32_t)n;
}

static void link_bounds(struct rows *rows, const struct node *row, struct schema_type *type)
{
	const struct node *min = node_map_get(row, STR("min"));
	const struct node *max = node_map_get(row, STR("max"));

	type->has_min = min && number_of_node(rows, min, type, &type->min);
	type->has_max = max && number_of_node(rows, max, type, &type->max);
	if (type->has_min && type->has_max && type->min > type->max)
		rows_error(rows, min->span, "min is above max");
}

/* validation.md 2.3: strings are trimmed unless their row says what else is done. */
static uint8_t default_validator(const struct schema_type *type)
{
	bool trimmed =
		type->kind == TYPE_STRING || type->kind == TYPE_TEXT || type->kind == TYPE_URI;

	return trimmed ? VALIDATE_TRIM : VALIDATE_NONE;
}

static bool known_group(const struct schema_group *groups, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(groups[i].name, name) == 0)
			return true;
	return strcmp(name, "any") == 0;
}

static void check_expression(struct rows *rows, const struct schema_field *field, struct span span)
{
	const struct schema *s = &rows->schema;
	bool expression = field->type->kind == TYPE_OBJECT &&
			  strcmp(field->type->structure->name, "Expression") == 0;

	if (expression != (field->variables != NULL))
		rows_error(rows, span, "expressions, and only they, name their variables");
	if (field->variables &&
	    !known_group(s->variables, s->variable_group_count, field->variables))
		rows_error(rows, span, "there are no variables %s", field->variables);
	if (field->constants &&
	    !known_group(s->constants, s->constant_group_count, field->constants))
		rows_error(rows, span, "there are no constants %s", field->constants);
}

/* What needs the types of all fields. */
static void finish_field(struct rows *rows, struct schema_field *field,
			 const struct node_entry *entry)
{
	static const char *const names[] = {"type",        "min",       "max",       "min_items",
					    "max_length",  "default",   "update",    "required",
					    "validate",    "variables", "constants", "enterprise",
					    "reload",      "runtime",   "own",       "doc",
					    "replaced_by", "checks",    "compiled",  NULL};
	const struct node *row = entry->value, *value = node_map_get(row, STR("default"));
	struct schema_type *type = (struct schema_type *)field->type; /* made by link_field */

	attributes_only(rows, row, names, false);
	if (!type)
		return;
	link_bounds(rows, row, type);
	field->validator = default_validator(type);
	attribute_word(rows, row, "validate", validator_words, &field->validator);
	if (value)
		field->default_json = default_json(rows, value, type);
	check_expression(rows, field, entry->key_span);
}

static int by_field(const void *a, const void *b)
{
	return strcmp(((const struct schema_field *)a)->name,
		      ((const struct schema_field *)b)->name);
}

static void link_fields(struct rows *rows, struct schema_structure *s, const struct node *row)
{
	struct schema_field *fields =
		ARENA_ARRAY(rows->arena, struct schema_field, row->map.count + 1);
	size_t count = 0;

	for (const struct node_entry *e = row->map.first; fields && e; e = e->next)
		if (e->value->kind == NODE_MAP)
			link_field(rows, &fields[count++], e);
	if (count)
		qsort(fields, count, sizeof(*fields), by_field);
	s->kind = STRUCTURE_SINGLE;
	s->fields = fields;
	s->field_count = (uint16_t)count;
}

static void link_variant(struct rows *rows, struct schema_variant *variant,
			 const struct node_entry *entry)
{
	static const char *const names[] = {"body", "runtime", "replaced_by", "doc", NULL};
	const char *body = NULL;

	variant->name = rows_text(rows, entry->key);
	if (entry->value->kind != NODE_MAP) {
		rows_error(rows, entry->key_span, "a variant is a table");
		return;
	}
	attributes_only(rows, entry->value, names, false);
	attribute_bool(rows, entry->value, "runtime", &variant->runtime);
	attribute_string(rows, entry->value, "replaced_by", &variant->replaced_by);
	attribute_string(rows, entry->value, "doc", &variant->doc);
	if (!attribute_string(rows, entry->value, "body", &body))
		return;
	variant->body = schema_structure_find(&rows->schema, str_c(body));
	if (!variant->body)
		rows_error(rows, entry->key_span, "there is no type %s", body);
}

static void link_variants(struct rows *rows, struct schema_structure *s, const struct node *table)
{
	struct schema_variant *variants =
		ARENA_ARRAY(rows->arena, struct schema_variant, table->map.count + 1);
	size_t count = 0;

	for (const struct node_entry *e = table->map.first; variants && e; e = e->next)
		link_variant(rows, &variants[count++], e);
	s->kind = STRUCTURE_UNION;
	s->variants = variants;
	s->variant_count = (uint16_t)count;
}

static void link_structure(struct rows *rows, struct schema_structure *s,
			   const struct map_entry *entry)
{
	static const char *const names[] = {
		"doc",    "object", "label",      "identity", "scope",  "unique", "safe_defaults",
		"reload", "data",   "enterprise", "packed",   "checks", NULL};
	const struct node *row = row_of(entry), *variants = node_map_get(row, STR("variants"));

	attributes_only(rows, row, names, true);
	attribute_string(rows, row, "doc", &s->doc);
	attribute_checks(rows, row, &s->checks);
	if (variants && variants->kind == NODE_MAP)
		link_variants(rows, s, variants);
	else
		link_fields(rows, s, row);
}

/* Keys may only name what exists: a field of the type, or of the body of a variant. */
static bool key_field_exists(const struct schema_structure *s, struct str path)
{
	const char *slash = memchr(path.p, '/', path.n);
	struct str head = {path.p, slash ? (size_t)(slash - path.p) : path.n};
	const struct schema_field *field = schema_field_find(s, head);

	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].body && key_field_exists(s->variants[i].body, path))
			return true;
	if (!field || !slash)
		return field != NULL;
	return field->type && field->type->element && field->type->element->structure &&
	       schema_field_find(field->type->element->structure, str_from(path, head.n + 1));
}

static void check_key(struct rows *rows, const struct schema_structure *s,
		      const struct schema_key *key, struct span span)
{
	for (const char *const *f = key->fields; *f; f++)
		if (!key_field_exists(s, str_c(*f)))
			rows_error(rows, span, "%s has no field %s for its key", s->name, *f);
}

static void link_identity(struct rows *rows, struct schema_key *key, const struct node *row,
			  const char *name)
{
	const char **fields = ARENA_ARRAY(rows->arena, const char *, 2);

	if (!fields)
		return;
	fields[0] = name;
	key->fields = fields;
	key->identity = true;
	attribute_string(rows, row, "scope", &key->scope);
}

static void link_unique(struct rows *rows, struct schema_key *key, const struct node *row)
{
	static const char *const names[] = {"scope", "fields", NULL};
	static const char *const none[] = {NULL};
	size_t count = 0;

	key->fields = none;
	if (row->kind != NODE_MAP) {
		rows_error(rows, row->span, "a key is a table");
		return;
	}
	attributes_only(rows, row, names, false);
	attribute_string(rows, row, "scope", &key->scope);
	if (!attribute_strings(rows, row, "fields", &key->fields, &count) || !count)
		rows_error(rows, row->span, "a key needs fields");
}

static void link_keys(struct rows *rows, struct schema_object *object, const struct node *row,
		      struct span span)
{
	const struct node *unique = node_map_get(row, STR("unique"));
	size_t most = 1 + (unique && unique->kind == NODE_LIST ? unique->list.count : 0);
	struct schema_key *keys = ARENA_ARRAY(rows->arena, struct schema_key, most);
	const char *identity = NULL;
	size_t count = 0;

	if (!keys)
		return;
	if (attribute_string(rows, row, "identity", &identity))
		link_identity(rows, &keys[count++], row, identity);
	if (unique && unique->kind == NODE_LIST)
		for (const struct node *n = unique->list.first; n; n = n->next)
			link_unique(rows, &keys[count++], n);
	for (size_t i = 0; i < count; i++)
		check_key(rows, object->structure, &keys[i], span);
	object->keys = keys;
	object->key_count = (uint8_t)count;
}

/* "jmap:Mailbox" is Mailbox on the wire, all others have "x:" before. */
static void link_names(struct rows *rows, struct schema_object *object, struct str name)
{
	bool native = str_starts(name, STR("jmap:"));
	struct str bare = native ? str_from(name, 5) : name;

	object->name = rows_text(rows, name);
	object->wire_name =
		arena_printf(rows->arena, "%s%.*s", native ? "" : "x:", STR_ARG(bare)).p;
	object->permission_prefix =
		arena_printf(rows->arena, "%s%.*s", native ? "jmap" : "sys", STR_ARG(bare)).p;
}

static void link_object(struct rows *rows, struct schema_object *object, const struct node *row,
			struct span span)
{
	size_t count;

	attribute_word(rows, row, "object", object_words, &object->kind);
	attribute_string(rows, row, "label", &object->label);
	attribute_bool(rows, row, "enterprise", &object->enterprise);
	attribute_bool(rows, row, "packed", &object->packed);
	attribute_bool(rows, row, "data", &object->data);
	attribute_word(rows, row, "reload", reload_words, &object->reload);
	attribute_strings(rows, row, "safe_defaults", &object->safe_defaults, &count);
	link_keys(rows, object, row, span);
}

/* A view shows the objects of another type, perhaps of one variant only. */
static void link_view(struct rows *rows, struct schema_object *object,
		      const struct map_entry *entry)
{
	static const char *const names[] = {"view", "variant", "label", NULL};
	const char *of = "";
	const struct node *row = row_of(entry);

	attributes_only(rows, row, names, false);
	attribute_string(rows, row, "view", &of);
	attribute_string(rows, row, "label", &object->label);
	attribute_string(rows, row, "variant", &object->variant);
	object->kind = OBJECT_VIEW;
	object->permission_prefix = NULL;
	object->structure = schema_structure_find(&rows->schema, str_c(of));
	if (!object->structure)
		rows_error(rows, span_of(entry), "there is no type %s", of);
}

static int by_object(const void *a, const void *b)
{
	return strcmp(((const struct schema_object *)a)->name,
		      ((const struct schema_object *)b)->name);
}

static bool is_object(const struct node *row)
{
	return node_map_get(row, STR("object")) &&
	       node_map_get(row, STR("object"))->kind == NODE_STRING;
}

/* The array of objects, sorted, with nothing but names and their structures. */
static void name_objects(struct rows *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->nodes.count; i++) {
		if (!is_object(row_of(&rows->structure_rows[i])))
			continue;
		rows->objects[count].structure = &rows->structures[i];
		link_names(rows, &rows->objects[count++], rows->structure_rows[i].key);
	}
	for (size_t i = 0; i < rows->views.count; i++) {
		link_names(rows, &rows->objects[count], rows->view_rows[i].key);
		link_view(rows, &rows->objects[count++], &rows->view_rows[i]);
	}
	if (count)
		qsort(rows->objects, count, sizeof(*rows->objects), by_object);
	rows->schema.objects = rows->objects;
	rows->schema.object_count = (uint16_t)count;
	for (size_t i = 0; i < count; i++)
		if (rows->objects[i].kind != OBJECT_VIEW)
			rows->structures[rows->objects[i].structure - rows->structures].object =
				&rows->objects[i];
}

/* All names that other rows may refer to, before anything refers to them. */
static bool name_everything(struct rows *rows)
{
	size_t structures = rows->nodes.count, enums = rows->enum_nodes.count;

	rows->structure_rows = sorted(rows, &rows->nodes);
	rows->view_rows = sorted(rows, &rows->views);
	rows->enum_rows = sorted(rows, &rows->enum_nodes);
	rows->structures = ARENA_ARRAY(rows->arena, struct schema_structure, structures + 1);
	rows->objects =
		ARENA_ARRAY(rows->arena, struct schema_object, structures + rows->views.count + 1);
	rows->enums = ARENA_ARRAY(rows->arena, struct schema_enum, enums + 1);
	rows->required = (struct required){rows->structures,
					   ARENA_ARRAY(rows->arena, uint8_t, structures + 1)};
	if (rows->arena->failed)
		return false;
	for (size_t i = 0; i < structures; i++)
		rows->structures[i].name = rows_text(rows, rows->structure_rows[i].key);
	rows->schema.structures = rows->structures;
	rows->schema.structure_count = (uint16_t)structures;
	for (size_t i = 0; i < enums; i++)
		rows->enums[i].name = rows_text(rows, rows->enum_rows[i].key);
	rows->schema.enums = rows->enums;
	rows->schema.enum_count = (uint16_t)enums;
	name_objects(rows);
	return true;
}

/* The members of a group and of the one it extends. */
static void link_group(struct rows *rows, struct schema_group *group, const struct map *nodes,
		       const struct node *row, unsigned depth, const char **members)
{
	const char *with = NULL;
	const char *const *own = NULL;
	size_t count = 0;

	if (attribute_string(rows, row, "with", &with)) {
		const struct node *base = NULL;

		for (size_t i = 0; i < nodes->count; i++)
			if (str_eq_c(nodes->entries[i].key, with))
				base = row_of(&nodes->entries[i]);
		if (base && depth < 8)
			link_group(rows, group, nodes, base, depth + 1, members);
		else
			rows_error(rows, row->span, "there is no group %s", with);
	}
	if (!attribute_strings(rows, row, "members", &own, &count))
		rows_error(rows, row->span, "a group needs members");
	for (size_t i = 0; i < count && group->count < 256; i++)
		members[group->count++] = own[i];
}

static const struct schema_group *link_groups(struct rows *rows, struct map *nodes,
					      const char *enum_name, uint16_t *count)
{
	static const char *const names[] = {"with", "members", NULL};
	struct schema_group *groups =
		ARENA_ARRAY(rows->arena, struct schema_group, nodes->count + 1);
	const struct schema_enum *e = schema_enum_find(&rows->schema, str_c(enum_name));
	const struct map_entry *entries = sorted(rows, nodes);

	for (size_t i = 0; groups && entries && i < nodes->count; i++) {
		const char **members = ARENA_ARRAY(rows->arena, const char *, 256 + 1);

		if (!members)
			break;
		attributes_only(rows, row_of(&entries[i]), names, false);
		groups[i].name = rows_text(rows, entries[i].key);
		groups[i].members = members;
		link_group(rows, &groups[i], nodes, row_of(&entries[i]), 0, members);
		for (size_t m = 0; m < groups[i].count; m++)
			if (!e || !schema_enum_member_find(e, str_c(members[m])))
				rows_error(rows, span_of(&entries[i]), "%s has no member %s",
					   enum_name, members[m]);
		(*count)++;
	}
	return groups;
}

static void link_types(struct rows *rows)
{
	for (size_t i = 0; i < rows->nodes.count; i++)
		link_structure(rows, &rows->structures[i], &rows->structure_rows[i]);
}

/* Mirrors of unions need the variants and what history says of them. */
static void link_enums(struct rows *rows, bool mirrors)
{
	for (size_t i = 0; i < rows->enum_nodes.count; i++) {
		const struct map_entry *entry = &rows->enum_rows[i];

		if ((node_map_get(row_of(entry), STR("of")) != NULL) == mirrors)
			link_enum(rows, &rows->enums[i], entry);
	}
}

static void finish_structures(struct rows *rows)
{
	for (size_t i = 0; i < rows->nodes.count; i++) {
		const struct map_entry *entry = &rows->structure_rows[i];
		struct schema_structure *s = &rows->structures[i];

		for (size_t f = 0; f < s->field_count; f++) {
			struct str name = str_c(s->fields[f].name);

			finish_field(rows, (struct schema_field *)&s->fields[f],
				     node_map_find(row_of(entry), name));
		}
		if (s->object)
			link_object(rows, (struct schema_object *)s->object, row_of(entry),
				    span_of(entry));
		else if (is_object(row_of(entry)))
			rows_error(rows, span_of(entry), "out of memory");
	}
}

/* Variants are not known yet when views are named. */
static void check_views(struct rows *rows)
{
	for (size_t i = 0; i < rows->views.count; i++) {
		const struct schema_object *o =
			schema_object_find(&rows->schema, rows->view_rows[i].key);

		if (o && o->structure && o->variant &&
		    !schema_variant_find(o->structure, str_c(o->variant)))
			rows_error(rows, span_of(&rows->view_rows[i]), "%s has no variant %s",
				   o->structure->name, o->variant);
	}
}

static void link_reference(struct rows *rows)
{
	rows->schema.version = "0";
	if (!rows->reference ||
	    !attribute_string(rows, rows->reference->value, "version", &rows->schema.version))
		rows_error(rows, SPAN_NONE, "no file has [reference] version");
}

void rows_link(struct rows *rows)
{
	struct schema *s = &rows->schema;

	link_reference(rows);
	if (!name_everything(rows)) {
		rows_error(rows, SPAN_NONE, "out of memory");
		return;
	}
	/* a view of nothing has no structure that later steps could look at */
	if (rows->errors)
		return;
	link_enums(rows, false);
	link_types(rows);
	s->variables = link_groups(rows, &rows->variable_nodes, "ExpressionVariable",
				   &s->variable_group_count);
	s->constants = link_groups(rows, &rows->constant_nodes, "ExpressionConstant",
				   &s->constant_group_count);
	history_apply(rows);
	link_enums(rows, true);
	finish_structures(rows);
	check_views(rows);
	derive(rows);
	if (rows->arena->failed)
		rows_error(rows, SPAN_NONE, "out of memory");
}
