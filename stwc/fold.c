/*
 * Folding: a later body laid over an earlier one by the rules of the server's updates
 * (validation.md 3.2). Objects merge property by property; nested unions, sets, lists and
 * maps are replaced; a key with a slash is a JSON pointer (RFC 6901) to one member; null is
 * a value. It works on nodes, before binding, so that every mistake is found by the one
 * binder and every place stays the one where the value was written last.
 */
#include "core/suggest.h"
#include "stwc/state.h"

struct fold {
	struct compilation *c;
	struct span span;   /* of the patch entry at work */
	struct node *value; /* what it says */
	bool immutable_matters;
};

static const struct schema_structure *variant_body(const struct schema_structure *structure,
						   const struct node *body)
{
	const struct node *type = node_map_get(body, STR("@type"));
	const struct schema_variant *variant;

	if (structure->kind == STRUCTURE_SINGLE)
		return structure;
	if (!type || type->kind != NODE_STRING)
		return NULL;
	variant = schema_variant_find(structure, type->string);
	return variant ? variant->body : NULL;
}

static bool set_entry(struct fold *fold, struct node *map, struct str key, struct node *value)
{
	struct node_entry *e = node_map_find(map, key);

	if (e) {
		e->value = value;
		e->key_span = fold->span;
		return true;
	}
	return node_map_append(&fold->c->arena, &fold->c->hash_key, map, key, fold->span, value);
}

/* The entries but one: a map has no removal, since only folding needs it. */
static struct node *without_entry(struct fold *fold, const struct node *map, struct str key)
{
	struct node *copy = node_new(&fold->c->arena, NODE_MAP, map->span);
	const struct node_entry *e;

	for (e = map->map.first; copy && e; e = e->next) {
		if (!str_eq(e->key, key) && !node_map_append(&fold->c->arena, &fold->c->hash_key,
							     copy, e->key, e->key_span, e->value))
			return NULL;
	}
	return copy;
}

static struct node *bad_pointer(struct fold *fold, struct node *node, const char *why)
{
	diag_add(&fold->c->diags, DIAG_UNKNOWN_FIELD, fold->span, "the path leads nowhere: %s",
		 why);
	return node;
}

/* One step of a pointer: "~1" is a slash, "~0" a tilde. */
static bool next_segment(struct fold *fold, struct str *pointer, struct str *out)
{
	size_t n = 0, i;
	char *text;
	struct str copy;

	while (n < pointer->n && pointer->p[n] != '/')
		n++;
	copy = arena_str(&fold->c->arena, (struct str){pointer->p, n});
	*pointer = str_from(*pointer, n + 1);
	if (!copy.p)
		return false;
	text = (char *)(uintptr_t)copy.p;
	for (i = 0, n = 0; i < copy.n; i++) {
		char ch = copy.p[i];

		if (ch == '~' && i + 1 < copy.n && (copy.p[i + 1] == '0' || copy.p[i + 1] == '1'))
			ch = copy.p[++i] == '0' ? '~' : '/';
		text[n++] = ch;
	}
	*out = (struct str){text, n};
	return true;
}

/* A set or list in any of its spellings as a map from member or index to value. */
static struct node *as_map(struct fold *fold, struct node *node, bool set)
{
	struct node *map = node_new(&fold->c->arena, NODE_MAP, node->span);
	struct node *member = node->kind == NODE_LIST ? node->list.first : node;
	size_t index = 0;

	if (node->kind == NODE_MAP || !map)
		return node->kind == NODE_MAP ? node : NULL;
	for (; member && member->kind != NODE_NULL;
	     member = node->kind == NODE_LIST ? member->next : NULL) {
		struct node *yes = node_new(&fold->c->arena, NODE_BOOL, member->span);
		struct str key = set && member->kind == NODE_STRING
					 ? member->string
					 : arena_printf(&fold->c->arena, "%zu", index);

		if (!yes || !key.p)
			return NULL;
		yes->boolean = true;
		if (!node_map_append(&fold->c->arena, &fold->c->hash_key, map, key, member->span,
				     set ? yes : member))
			return NULL;
		index++;
	}
	return map;
}

static bool removes(const struct node *value)
{
	return value->kind == NODE_NULL || (value->kind == NODE_BOOL && !value->boolean);
}

static struct node *fold_pointer(struct fold *fold, const struct schema_type *type,
				 struct node *node, struct str pointer);

static struct node *pointer_into_members(struct fold *fold, const struct schema_type *type,
					 struct node *node, struct str pointer)
{
	struct str segment;
	struct node *map, *member;
	bool set = type->kind == TYPE_SET;

	map = as_map(fold, node, set);
	if (!map || !next_segment(fold, &pointer, &segment))
		return NULL;
	if (!pointer.n && (fold->value->kind == NODE_NULL || (set && removes(fold->value))))
		return without_entry(fold, map, segment);
	if (!pointer.n) {
		member = fold->value;
	} else {
		member = node_map_get(map, segment);
		if (!member)
			member = node_new(&fold->c->arena, NODE_MAP, fold->span);
		if (member)
			member = fold_pointer(fold, type->element, member, pointer);
	}
	return member && set_entry(fold, map, segment, member) ? map : NULL;
}

static struct node *pointer_into_object(struct fold *fold, const struct schema_structure *structure,
					struct node *node, struct str pointer)
{
	const struct schema_structure *body =
		node->kind == NODE_MAP ? variant_body(structure, node) : NULL;
	const struct schema_field *field;
	struct str segment;
	struct node *member;

	if (!body)
		return bad_pointer(fold, node, "there is no object to go into");
	if (!next_segment(fold, &pointer, &segment))
		return NULL;
	field = schema_field_find(body, segment);
	if (!field || !pointer.n)
		return set_entry(fold, node, segment, fold->value) ? node : NULL;
	member = node_map_get(node, segment);
	if (!member)
		member = node_new(&fold->c->arena, NODE_MAP, fold->span);
	if (member)
		member = fold_pointer(fold, field->type, member, pointer);
	return member && set_entry(fold, node, segment, member) ? node : NULL;
}

static struct node *fold_pointer(struct fold *fold, const struct schema_type *type,
				 struct node *node, struct str pointer)
{
	if (!pointer.n)
		return fold->value;
	if (type->kind == TYPE_OBJECT)
		return pointer_into_object(fold, type->structure, node, pointer);
	if (type->kind == TYPE_LIST || type->kind == TYPE_SET || type->kind == TYPE_MAP)
		return pointer_into_members(fold, type, node, pointer);
	return bad_pointer(fold, node, "it goes deeper than the value");
}

static bool has_slash(struct str key)
{
	return key.n && memchr(key.p, '/', key.n) != NULL;
}

static struct node *fold_body(struct compilation *c, const struct schema_structure *structure,
			      struct node *body, struct node *patch, bool immutable_matters);

static struct node *fold_property(struct fold *fold, const struct schema_structure *structure,
				  struct node *body, struct str key)
{
	const struct schema_field *field = schema_field_find(structure, key);
	struct node *old = node_map_get(body, key);
	struct node *value = fold->value;

	if (field && fold->immutable_matters && field->update == UPDATE_IMMUTABLE &&
	    !(old && old->kind == NODE_STRING && value->kind == NODE_STRING &&
	      str_eq(old->string, value->string))) {
		diag_add(&fold->c->diags, DIAG_IMMUTABLE_FIELD, fold->span,
			 "'%s' cannot change once the object is made", field->name);
		return body;
	}
	if (field && field->type->kind == TYPE_OBJECT && old && old->kind == NODE_MAP &&
	    value->kind == NODE_MAP && field->type->structure->kind == STRUCTURE_SINGLE)
		value = fold_body(fold->c, field->type->structure, old, value, false);
	return value && set_entry(fold, body, key, value) ? body : NULL;
}

static struct node *fold_body(struct compilation *c, const struct schema_structure *structure,
			      struct node *body, struct node *patch, bool immutable_matters)
{
	struct node_entry *e;

	for (e = patch->map.first; e && body; e = e->next) {
		struct fold fold = {c, e->key_span, e->value, immutable_matters};
		struct str pointer = str_starts(e->key, STR("/")) ? str_from(e->key, 1) : e->key;

		if (e->value->kind == NODE_POISON)
			continue;
		if (has_slash(pointer))
			body = pointer_into_object(&fold, structure, body, pointer);
		else
			body = fold_property(&fold, structure, body, pointer);
	}
	return body;
}

struct node *fold_merge(struct compilation *c, const struct schema_structure *structure,
			struct node *body, struct node *patch, bool immutable_matters)
{
	const struct schema_structure *fields;
	const struct node *old, *new;

	if (body->kind != NODE_MAP || patch->kind != NODE_MAP)
		return patch;
	if (structure->kind == STRUCTURE_UNION) {
		old = node_map_get(body, STR("@type"));
		new = node_map_get(patch, STR("@type"));
		if (new && !(old && old->kind == NODE_STRING &&
			     new->kind == NODE_STRING &&str_eq(old->string, new->string)))
			return patch;
	}
	fields = variant_body(structure, body);
	return fields ? fold_body(c, fields, body, patch, immutable_matters) : patch;
}
