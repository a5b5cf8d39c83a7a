/*
 * Folding: a later body laid over an earlier one by the rules of the server's updates
 * (validation.md 3.2). Objects merge property by property; nested unions, sets, lists and
 * maps are replaced; a key with a slash is a JSON pointer (RFC 6901) to one member; null is
 * a value. It works on nodes, before binding, so that every mistake is found by the one
 * binder and every place stays the one where the value was written last.
 */
#include "grammar/scalar.h"
#include "stwc/defaults.h"
#include "stwc/names.h"
#include "stwc/pointer.h"
#include "stwc/state.h"

struct fold {
	struct compilation *c;
	struct span span;   /* of the patch entry at work */
	struct node *value; /* what it says */
	enum fold_immutable immutable;
};

const struct schema_structure *fold_fields(const struct schema_structure *structure,
					   const struct node *body)
{
	const struct schema_variant *variant;
	const struct node *type;

	if (structure->kind == STRUCTURE_SINGLE)
		return structure;
	type = body->kind == NODE_MAP ? node_map_get(body, STR("@type")) : NULL;
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

static struct node *bad_pointer(struct fold *fold, struct node *node, const char *why)
{
	diag_add(&fold->c->diags, DIAG_UNKNOWN_FIELD, fold->span, "the path leads nowhere: %s",
		 why);
	return node;
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

/* `holder`: the field whose value the node is; NULL for members. */
static struct node *fold_pointer(struct fold *fold, const struct schema_type *type,
				 const struct schema_field *holder, struct node *node,
				 struct str pointer);

static struct node *remove_member(struct fold *fold, const struct schema_type *type,
				  struct node *map, struct str member)
{
	if (type->kind == TYPE_LIST && !node_map_find(map, member))
		return bad_pointer(fold, map, "the list has no such member");
	return node_map_without(&fold->c->arena, &fold->c->hash_key, map, member);
}

static struct node *pointer_into_members(struct fold *fold, const struct schema_type *type,
					 struct node *node, struct str pointer)
{
	bool set = type->kind == TYPE_SET, more;
	struct str step;
	struct node *map = as_map(fold, node, set), *member;

	if (!map || !pointer_next(&fold->c->arena, &pointer, &step, &more))
		return NULL;
	if (!more && (fold->value->kind == NODE_NULL || (set && removes(fold->value))))
		return remove_member(fold, type, map, step);
	if (!more) {
		member = fold->value;
	} else {
		member = node_map_get(map, step);
		if (!member)
			member = node_new(&fold->c->arena, NODE_MAP, fold->span);
		if (member)
			member = fold_pointer(fold, type->element, NULL, member, pointer);
	}
	return member && set_entry(fold, map, step, member) ? map : NULL;
}

/* What a pointer goes into where the body says nothing: the default, else an empty value. */
static struct node *start_of(struct fold *fold, const struct schema_field *holder,
			     const struct schema_field *field)
{
	struct node *usual = defaults_within(fold->c, holder, field);

	return usual || fold->c->arena.failed ? usual
					      : node_new(&fold->c->arena, NODE_MAP, fold->span);
}

static struct node *with_number(struct compilation *c, struct node *map, struct str name,
				uint64_t number)
{
	struct node *value = node_new(&c->arena, NODE_INT, map->span);

	if (!value)
		return NULL;
	value->magnitude = number;
	return node_map_append(&c->arena, &c->hash_key, map, name, map->span, value) ? map : NULL;
}

/* What stw's own form writes as a text, as the map that it stands for, so that a part of it can
 * change: an expression that is its else and has no cases, and a rate. */
static struct node *spelled_out(struct compilation *c, const struct schema_structure *structure,
				struct node *node)
{
	bool expression = strcmp(structure->name, "Expression") == 0;
	bool rate = strcmp(structure->name, "Rate") == 0;
	uint64_t count, period;
	struct node *map, *cases;

	if (node->kind != NODE_STRING || (!expression && !rate) ||
	    (rate && scalar_rate(node->string, &count, &period) != SCALAR_OK))
		return node;
	map = node_new(&c->arena, NODE_MAP, node->span);
	if (map && rate) {
		map = with_number(c, map, STR("count"), count);
		return map ? with_number(c, map, STR("period"), period) : NULL;
	}
	cases = node_new(&c->arena, NODE_LIST, node->span);
	if (!map || !cases ||
	    !node_map_append(&c->arena, &c->hash_key, map, STR("else"), node->span, node) ||
	    !node_map_append(&c->arena, &c->hash_key, map, STR("match"), node->span, cases))
		return NULL;
	return map;
}

static struct node *pointer_into_object(struct fold *fold, const struct schema_structure *structure,
					const struct schema_field *holder, struct node *node,
					struct str pointer)
{
	const struct schema_structure *body;
	const struct schema_field *field;
	struct str step;
	struct node *member;
	bool more;

	node = spelled_out(fold->c, structure, node);
	if (!node)
		return NULL;
	body = node->kind == NODE_MAP ? fold_fields(structure, node) : NULL;
	if (!body)
		return bad_pointer(fold, node, "there is no object to go into");
	if (!pointer_next(&fold->c->arena, &pointer, &step, &more))
		return NULL;
	field = schema_field_find(body, step);
	if (!field || !more)
		return set_entry(fold, node, step, fold->value) ? node : NULL;
	member = node_map_get(node, step);
	if (!member || member->kind == NODE_NULL)
		member = start_of(fold, holder, field);
	if (member)
		member = fold_pointer(fold, field->type, field, member, pointer);
	return member && set_entry(fold, node, step, member) ? node : NULL;
}

static struct node *fold_pointer(struct fold *fold, const struct schema_type *type,
				 const struct schema_field *holder, struct node *node,
				 struct str pointer)
{
	if (node->kind == NODE_POISON)
		return node;
	if (type->kind == TYPE_OBJECT)
		return pointer_into_object(fold, type->structure, holder, node, pointer);
	if (type->kind == TYPE_LIST || type->kind == TYPE_SET || type->kind == TYPE_MAP)
		return pointer_into_members(fold, type, node, pointer);
	return bad_pointer(fold, node, "it goes deeper than the value");
}

static struct node *fold_body(struct compilation *c, const struct schema_structure *structure,
			      const struct schema_field *holder, struct node *body,
			      struct node *patch, enum fold_immutable immutable);

/* Nested objects of a single structure merge, everything else is replaced. */
static bool merges(const struct schema_type *type, const struct node *value)
{
	return type->kind == TYPE_OBJECT && type->structure->kind == STRUCTURE_SINGLE &&
	       value->kind == NODE_MAP;
}

/* As the server would store them: two spellings of one name are no change. */
static bool same_scalar(struct arena *arena, const struct schema_field *field,
			const struct node *old, const struct node *value)
{
	enum validator validator = (enum validator)field->validator;
	struct str a, b;

	if (!old || old->kind != value->kind)
		return false;
	if (old->kind == NODE_BOOL)
		return old->boolean == value->boolean;
	if (old->kind == NODE_INT)
		return old->magnitude == value->magnitude && old->negative == value->negative;
	if (old->kind != NODE_STRING)
		return old->kind == NODE_NULL;
	a = name_normal(arena, validator, old->string);
	b = name_normal(arena, validator, value->string);
	return str_eq(old->string, value->string) || (a.p && b.p && str_eq(a, b));
}

static bool refuse_immutable(struct fold *fold, const struct schema_field *field, bool same)
{
	struct diag *diag;

	if (same && fold->immutable == FOLD_SAME)
		return false;
	diag = diag_add(&fold->c->diags, DIAG_IMMUTABLE_FIELD, fold->span,
			same ? "an update cannot give '%s' again, not even as it is"
			     : "'%s' cannot change once the object is made",
			field->name);
	if (same)
		diag_hint(&fold->c->diags, diag, "leave it out");
	return true;
}

static struct node *fold_property(struct fold *fold, const struct schema_structure *structure,
				  struct node *body, struct str key)
{
	const struct schema_field *field = schema_field_find(structure, key);
	struct node *old = node_map_get(body, key);
	struct node *value = fold->value;

	if (field && fold->immutable != FOLD_MUTABLE && field->update == UPDATE_IMMUTABLE &&
	    refuse_immutable(fold, field, same_scalar(&fold->c->arena, field, old, value)))
		return body;
	if (field && old && merges(field->type, value)) {
		old = spelled_out(fold->c, field->type->structure, old);
		if (!old)
			return NULL;
		if (old->kind == NODE_MAP)
			value = fold_body(fold->c, field->type->structure, field, old, value,
					  FOLD_MUTABLE);
	}
	return value && set_entry(fold, body, key, value) ? body : NULL;
}

static struct node *fold_body(struct compilation *c, const struct schema_structure *structure,
			      const struct schema_field *holder, struct node *body,
			      struct node *patch, enum fold_immutable immutable)
{
	struct node_entry *e;

	for (e = patch->map.first; e && body; e = e->next) {
		struct fold fold = {c, e->key_span, e->value, immutable};
		struct str pointer = pointer_of(e->key);

		if (e->value->kind == NODE_POISON)
			continue;
		if (pointer_is_deep(pointer))
			body = pointer_into_object(&fold, structure, holder, body, pointer);
		else
			body = fold_property(&fold, structure, body, pointer);
	}
	return body;
}

struct node *fold_merge(struct compilation *c, const struct schema_structure *structure,
			struct node *body, struct node *patch, enum fold_immutable immutable)
{
	const struct schema_structure *fields;
	const struct node *old, *new;

	if (body->kind == NODE_POISON || patch->kind == NODE_POISON)
		return body;
	if (body->kind != NODE_MAP || patch->kind != NODE_MAP)
		return patch;
	if (structure->kind == STRUCTURE_UNION) {
		old = node_map_get(body, STR("@type"));
		new = node_map_get(patch, STR("@type"));
		if (new && !(old && old->kind == NODE_STRING &&
			     new->kind == NODE_STRING &&str_eq(old->string, new->string)))
			return patch;
	}
	fields = fold_fields(structure, body);
	return fields ? fold_body(c, fields, NULL, body, patch, immutable) : patch;
}
