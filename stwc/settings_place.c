/* Bodies of objects in the making, and how a value finds its place in one. */
#include "stwc/settings.h"

struct str settings_name(struct settings *s, const char *type, struct str id)
{
	return arena_printf(&s->c->arena, "%s%s%.*s", type, id.n ? "/" : "", STR_ARG(id));
}

struct node *settings_text(struct settings *s, struct str text, struct span span)
{
	return node_string(&s->c->arena, text, span);
}

/* A value that memory was short for is left out; the arena remembers. */
void settings_put(struct settings *s, struct node *map, const char *field, struct span span,
		  struct node *value)
{
	if (map && value &&
	    !node_map_append(&s->c->arena, &s->c->hash_key, map, str_c(field), span, value))
		s->c->arena.failed = true;
}

struct node *settings_map(struct settings *s, const char *variant, struct span span)
{
	struct node *map = node_new(&s->c->arena, NODE_MAP, span);

	if (variant && *variant)
		settings_put(s, map, "@type", span, settings_text(s, str_c(variant), span));
	return map;
}

struct settings_body *settings_body_find(const struct settings *s, const char *type, struct str id)
{
	struct str name = settings_name((struct settings *)s, type, id);

	return name.p ? map_get(&s->bodies, name) : NULL;
}

struct settings_body *settings_body(struct settings *s, const char *type, struct str id,
				    struct span span)
{
	struct settings_body *body = settings_body_find(s, type, id);
	struct str name;

	if (body)
		return body;
	name = settings_name(s, type, id);
	body = ARENA_NEW(&s->c->arena, struct settings_body);
	if (!body || !name.p)
		return NULL;
	*body = (struct settings_body){.type_name = type,
				       .type = schema_object_find(s->c->schema, str_c(type)),
				       .id = id,
				       .span = span,
				       .node = settings_map(s, NULL, span)};
	return body->node && map_put(&s->bodies, name, body) ? body : NULL;
}

/* A store of 0.15 may become any of these. */
static const char *const store_unions[] = {"DataStore",   "BlobStore",   "SearchStore",
					   "LookupStore", "Coordinator", "InMemoryStore"};

static const struct schema_structure *store_fields(const struct settings *s, struct str variant)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(store_unions); i++) {
		const struct schema_structure *u =
			schema_structure_find(s->c->schema, str_c(store_unions[i]));
		const struct schema_variant *v = u ? schema_variant_find(u, variant) : NULL;

		if (v && v->body)
			return v->body;
	}
	return NULL;
}

const struct schema_structure *settings_fields(const struct settings *s,
					       const struct settings_body *body)
{
	const struct node *type;

	if (body->type)
		return fold_fields(body->type->structure, body->node);
	type = node_map_get(body->node, STR("@type"));
	return type ? store_fields(s, type->string) : NULL;
}

/* A step of a path: "field", or "field@Variant". */
struct step {
	struct str field, variant;
};

static struct step next_step(struct str *path)
{
	const char *dot = memchr(path->p, '.', path->n), *at;
	struct str word = {path->p, dot ? (size_t)(dot - path->p) : path->n};
	struct step step = {word, STR_NONE};

	*path = str_from(*path, word.n + 1);
	at = memchr(word.p, '@', word.n);
	if (at && at > word.p) {
		step.field.n = (size_t)(at - word.p);
		step.variant = str_from(word, step.field.n + 1);
	}
	return step;
}

/* What a place is made of: the map it is in, its name and its type. */
struct place {
	struct node *map;
	struct str name;
	const struct schema_type *type; /* NULL: @type */
	bool nullable;
};

/* The fields of the nested structure; `assumed` is its variant where it has none yet. */
static const struct schema_structure *nested(const struct schema_structure *structure,
					     const struct node *map, struct str assumed)
{
	const struct schema_variant *v;

	if (structure->kind == STRUCTURE_SINGLE)
		return structure;
	if (map && node_map_find(map, STR("@type")))
		return fold_fields(structure, map);
	v = assumed.n ? schema_variant_find(structure, assumed) : NULL;
	return v ? v->body : NULL;
}

/* Follows the path as far as there are maps; makes the others when `make` says so. */
static bool follow(struct settings *s, struct setting *setting, struct settings_body *body,
		   struct str path, bool make, struct place *out)
{
	const struct schema_structure *fields = settings_fields(s, body);
	struct node *map = body->node;

	for (;;) {
		struct step step = next_step(&path);
		const struct schema_field *field;
		struct node *child;

		*out = (struct place){.map = map, .name = step.field};
		if (str_eq_c(step.field, "@type"))
			return true;
		field = fields ? schema_field_find(fields, step.field) : NULL;
		if (!field)
			return false;
		out->type = field->type;
		if (!path.n)
			return true;
		child = map ? node_map_get(map, step.field) : NULL;
		if (child && child->kind != NODE_MAP)
			return false;
		if (!child && make) {
			child = settings_map(s, NULL, setting->key_span);
			settings_put(s, map, field->name, setting->key_span, child);
		}
		if (field->type->kind == TYPE_MAP) {
			struct step key = next_step(&path);
			struct node *value = child ? node_map_get(child, key.field) : NULL;

			if (!value && make) {
				value = settings_map(s, NULL, setting->key_span);
				settings_put(s, child, arena_str(&s->c->arena, key.field).p,
					     setting->key_span, value);
			}
			child = value;
			fields = field->type->element->structure;
		} else if (field->type->kind == TYPE_OBJECT) {
			fields = nested(field->type->structure, child, step.variant);
			if (make && step.variant.n && !node_map_find(child, STR("@type")))
				settings_put(s, child, "@type", setting->key_span,
					     settings_text(s, step.variant, setting->key_span));
		} else {
			return false;
		}
		map = child;
	}
}

/* Some variant of the structure has the path. */
static bool some_variant_has(const struct schema_structure *structure, struct str path)
{
	struct str rest = path;
	struct step step = next_step(&rest);
	const struct schema_field *field;
	size_t i;

	for (i = 0; structure->kind == STRUCTURE_UNION && i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;

		if (body && some_variant_has(body, path))
			return true;
	}
	if (structure->kind == STRUCTURE_UNION)
		return false;
	field = schema_field_find(structure, step.field);
	if (!field || !rest.n)
		return field != NULL;
	return field->type->kind == TYPE_OBJECT && some_variant_has(field->type->structure, rest);
}

static bool some_store_has(const struct settings *s, struct str path)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(store_unions); i++) {
		const struct schema_structure *u =
			schema_structure_find(s->c->schema, str_c(store_unions[i]));

		if (u && some_variant_has(u, path))
			return true;
	}
	return false;
}

/* A field of another kind of object: 0.15 did not read it for this kind either. */
bool settings_no_place(struct settings *s, struct setting *setting, struct settings_body *body,
		       const char *path)
{
	const struct node *variant = node_map_get(body->node, STR("@type"));
	const char *type = body->type_name;
	bool single = body->type && body->type->structure->kind == STRUCTURE_SINGLE;
	bool other = body->type ? some_variant_has(body->type->structure, str_c(path))
				: some_store_has(s, str_c(path));

	if (other && (variant || single)) {
		setting->outcome = SETTING_NEEDLESS;
		setting->why = arena_printf(
			&s->c->arena, "not used where the kind is %.*s, in 0.15 neither",
			STR_ARG(variant ? variant->string : STR("another one")));
	} else if (variant) {
		setting->why =
			arena_printf(&s->c->arena, "0.16 has no such field in %s of the kind %.*s",
				     type, STR_ARG(variant->string));
	} else {
		setting->why = arena_printf(&s->c->arena,
					    "the kind of the %s is not known or not in 0.16", type);
	}
	return false;
}

/* A field may have been given as one text before, or as a part of a list or map. */
static bool set_already(struct setting *setting)
{
	setting->why = STR("another key has set the field already");
	return false;
}

static bool add_member(struct settings *s, struct setting *setting, const struct place *place,
		       struct node *member)
{
	struct node *list = node_map_get(place->map, place->name);

	if (!list) {
		list = node_new(&s->c->arena, NODE_LIST, setting->span);
		settings_put(s, place->map, arena_str(&s->c->arena, place->name).p,
			     setting->key_span, list);
	}
	if (list && list->kind != NODE_LIST)
		return set_already(setting);
	if (list && member)
		node_list_append(list, member);
	return true;
}

static bool taken(struct setting *setting, const struct node *there, const struct node *value)
{
	if (there->kind == NODE_STRING && value->kind == NODE_STRING &&
	    str_eq(there->string, value->string)) {
		settings_end(setting, SETTING_NEEDLESS, "another key says the same");
		return false;
	}
	return set_already(setting);
}

static bool put_value(struct settings *s, struct setting *setting, const struct place *place,
		      struct node *value)
{
	struct node_entry *there = node_map_find(place->map, place->name);

	if (there && place->type)
		return taken(setting, there->value, value);
	if (there)
		there->value = value; /* @type: the last row knows best */
	else
		settings_put(s, place->map, arena_str(&s->c->arena, place->name).p,
			     setting->key_span, value);
	return true;
}

/* "X-Header: value" */
static bool put_header(struct settings *s, struct setting *setting, const struct place *place)
{
	const char *colon =
		setting->value.n ? memchr(setting->value.p, ':', setting->value.n) : NULL;
	struct node *map = node_map_get(place->map, place->name);
	struct str name, value;

	if (!colon) {
		setting->why = STR("a header is written \"Name: value\"");
		return false;
	}
	name = (struct str){setting->value.p, (size_t)(colon - setting->value.p)};
	value = str_from(setting->value, name.n + 1);
	while (value.n && *value.p == ' ')
		value = str_from(value, 1);
	name = arena_str(&s->c->arena, name);
	if (!map) {
		map = settings_map(s, NULL, setting->key_span);
		settings_put(s, place->map, arena_str(&s->c->arena, place->name).p,
			     setting->key_span, map);
	}
	if (map && map->kind != NODE_MAP)
		return set_already(setting);
	if (map && name.p && node_map_find(map, name)) {
		setting->why = STR("the header is given twice");
		return false;
	}
	settings_put(s, map, name.p, setting->span, settings_text(s, value, setting->span));
	return true;
}

/* key.0000.if, key.0000.then, key.0001.else */
static bool put_condition(struct settings *s, struct setting *setting, const struct place *place)
{
	struct str tail = str_from(setting->tail, 1), number, text;
	const char *dot = tail.n ? memchr(tail.p, '.', tail.n) : NULL;
	struct node *map = node_map_get(place->map, place->name), *match, *pair;
	bool otherwise = str_ends(tail, STR(".else"));

	if (!dot) {
		setting->why = STR("an expression is one text, or a list of {if, then} and {else}");
		return false;
	}
	text = settings_expression(s, setting, setting->value);
	if (!text.p)
		return false;
	number = (struct str){tail.p, (size_t)(dot - tail.p)};
	while (number.n > 1 && *number.p == '0')
		number = str_from(number, 1);
	if (!map) {
		map = settings_map(s, NULL, setting->key_span);
		settings_put(s, place->map, arena_str(&s->c->arena, place->name).p,
			     setting->key_span, map);
		settings_put(s, map, "match", setting->key_span,
			     settings_map(s, NULL, setting->key_span));
	}
	if (!map)
		return false;
	match = node_map_get(map, STR("match"));
	if (!match) /* "a" was one text, before "a.0000.if" */
		return set_already(setting);
	pair = otherwise ? map : node_map_get(match, number);
	if (!pair) {
		pair = settings_map(s, NULL, setting->key_span);
		settings_put(s, match, arena_str(&s->c->arena, number).p, setting->key_span, pair);
	}
	settings_put(s, pair,
		     otherwise                    ? "else"
		     : str_ends(tail, STR(".if")) ? "if"
						  : "then",
		     setting->key_span, settings_text(s, text, setting->span));
	return true;
}

static bool is_expression(const struct schema_type *type)
{
	return type && type->kind == TYPE_OBJECT &&
	       strcmp(type->structure->name, "Expression") == 0;
}

/* A reference from a field of the body; its type says to what. */
static bool put_reference(struct settings *s, struct setting *setting, struct settings_body *body,
			  const struct place *place)
{
	if (node_map_find(place->map, place->name))
		return set_already(setting);
	if (!settings_literal(s, setting))
		return false;
	settings_link(s, setting, body, place->map, arena_str(&s->c->arena, place->name).p,
		      place->type->target->name, setting->value);
	return true;
}

static bool put_at(struct settings *s, struct setting *setting, struct settings_body *body,
		   const struct place *place)
{
	const struct schema_type *type = place->type;
	struct node *value;

	if (is_expression(type) && setting->tail.n)
		return settings_literal(s, setting) && put_condition(s, setting, place);
	if (type && type->kind == TYPE_MAP)
		return settings_literal(s, setting) && put_header(s, setting, place);
	if (type && type->kind == TYPE_REFERENCE && type->target)
		return put_reference(s, setting, body, place);
	if (type && (type->kind == TYPE_SET || type->kind == TYPE_LIST)) {
		struct str member = setting->value.n || !setting->tail.n
					    ? setting->value
					    : str_from(setting->tail, 1);

		value = settings_value(s, setting, type->element, member);
		return value && add_member(s, setting, place, value);
	}
	if (setting->tail.n) {
		setting->why = STR("the key takes one value, not a list");
		return false;
	}
	value = settings_value(s, setting, type, setting->value);
	return value && put_value(s, setting, place, value);
}

bool settings_place(struct settings *s, struct setting *setting, struct settings_body *body,
		    const char *path)
{
	struct place place;

	if (!follow(s, setting, body, str_c(path), false, &place))
		return settings_no_place(s, setting, body, path);
	settings_target(s, setting, body, path);
	setting->body = body;
	/* a value that does not fit must leave no empty maps behind: try it on one of its own */
	if (!place.map || !node_map_find(place.map, place.name)) {
		struct place trial = place;

		trial.map = settings_map(s, NULL, setting->key_span);
		if (!trial.map || (place.type && place.type->kind == TYPE_REFERENCE
					   ? !settings_literal(s, setting)
					   : !put_at(s, setting, body, &trial)))
			return false;
	}
	return follow(s, setting, body, str_c(path), true, &place) && place.map &&
	       put_at(s, setting, body, &place);
}

void settings_link(struct settings *s, struct setting *setting, struct settings_body *from,
		   struct node *map, const char *field, const char *type, struct str id)
{
	struct settings_link *link = ARENA_NEW(&s->c->arena, struct settings_link);
	struct str written = arena_printf(&s->c->arena, "#%.*s", STR_ARG(id));

	settings_put(s, map, field, setting->key_span, settings_text(s, written, setting->span));
	if (!link)
		return;
	*link = (struct settings_link){s->links, setting, from, map, str_c(field), type, id};
	s->links = link;
}
