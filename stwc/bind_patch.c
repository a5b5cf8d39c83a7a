/*
 * Updates of objects that the configuration does not show: their keys may be JSON pointers
 * (validation.md 3.2), and a union need not say which variant it is. What can be known from the
 * reference alone is checked.
 */
#include "core/suggest.h"
#include "stwc/bind.h"
#include "stwc/pointer.h"

static void no_such_path(struct binder *b, const struct node_entry *e, const struct path *path)
{
	bind_error(b, DIAG_UNKNOWN_FIELD, e->key_span, path, NULL, "the path '%.*s' leads nowhere",
		   STR_ARG(e->key));
}

/* The last step into a set: the member must be one, and is added or removed. */
static void bind_set_member(struct binder *b, const struct schema_type *type, struct str member,
			    const struct node_entry *e, const struct path *path)
{
	struct node *node = node_string(&b->c->arena, member, e->key_span);

	if (e->value->kind != NODE_BOOL && e->value->kind != NODE_NULL)
		bind_error(b, DIAG_WRONG_TYPE, e->value->span, path, NULL,
			   "a member of a set is true or false, not %s", node_kind_name(e->value));
	if (node)
		(void)bind_value(b, type->element, NULL, node, path);
}

/* Where a path ends: in a field, in a member of a list or map (no field), or in one of a set. */
struct path_end {
	const struct schema_type *type;
	const struct schema_field *field;
	struct str member; /* of a set, whose type it then is; else .p NULL */
};

static bool leads_from(struct arena *arena, const struct schema_structure *structure,
		       struct str pointer, struct path_end *end);

static bool leads_on(struct arena *arena, const struct schema_type *type,
		     const struct schema_field *field, struct str rest, bool more,
		     struct path_end *end)
{
	struct str step;

	if (!more) {
		*end = (struct path_end){type, field, STR_NONE};
		return true;
	}
	if (type->kind == TYPE_OBJECT)
		return leads_from(arena, type->structure, rest, end);
	if (type->kind != TYPE_SET && type->kind != TYPE_LIST && type->kind != TYPE_MAP)
		return false;
	if (!pointer_next(arena, &rest, &step, &more) || !step.n)
		return false;
	if (type->kind != TYPE_SET)
		return leads_on(arena, type->element, NULL, rest, more, end);
	*end = (struct path_end){type, NULL, step};
	return !more;
}

/* Any variant of a union will do: which one the object has only the server knows. */
static bool leads_from(struct arena *arena, const struct schema_structure *structure,
		       struct str pointer, struct path_end *end)
{
	const struct schema_field *field;
	struct str step;
	bool more;
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;

		if (body && leads_from(arena, body, pointer, end))
			return true;
	}
	if (structure->kind != STRUCTURE_SINGLE || !pointer_next(arena, &pointer, &step, &more))
		return false;
	field = schema_field_find(structure, step);
	return field && leads_on(arena, field->type, field, pointer, more, end);
}

/* The value as the path leads to it: {"match": {"0": {"then": …}}} for match/0/then. A union on the
 * way is the first variant that the path fits. *levels: maps made. NULL: out of memory. */
static struct node *nest(struct binder *b, const struct schema_type *type, struct str pointer,
			 bool more, const struct node_entry *e, unsigned *levels)
{
	struct arena *arena = &b->c->arena;
	const struct schema_structure *fields = type->structure;
	const struct schema_type *inner = type->element;
	struct node *map, *value;
	struct path_end end;
	struct str step;
	size_t i;

	if (!more)
		return e->value;
	map = node_new(arena, NODE_MAP, e->key_span);
	if (!map)
		return NULL;
	++*levels;
	for (i = 0; type->kind == TYPE_OBJECT && i < type->structure->variant_count; i++) {
		const struct schema_variant *variant = &type->structure->variants[i];

		if (!variant->body || !leads_from(arena, variant->body, pointer, &end))
			continue;
		fields = variant->body;
		value = node_string(arena, str_c(variant->name), e->key_span);
		if (!value ||
		    !node_map_append(arena, &b->c->hash_key, map, STR("@type"), e->key_span, value))
			return NULL;
		break;
	}
	if (!pointer_next(arena, &pointer, &step, &more))
		return NULL;
	if (type->kind == TYPE_OBJECT)
		inner = schema_field_find(fields, step)->type;
	value = nest(b, inner, pointer, more, e, levels);
	return value && node_map_append(arena, &b->c->hash_key, map, step, e->key_span, value)
		       ? map
		       : NULL;
}

/* The value that the path leads to, inside the field that it begins with. */
static void bind_end(struct binder *b, const struct schema_structure *structure, struct str pointer,
		     const struct node_entry *e, const struct path *path, struct value_field *out)
{
	struct path here = {.up = path};
	struct node *node;
	struct str step;
	bool more;

	if (!pointer_next(&b->c->arena, &pointer, &step, &more))
		return;
	here.name = step;
	out->field = schema_field_find(structure, step);
	node = nest(b, out->field->type, pointer, more, e, &b->led);
	if (node)
		out->value = bind_value(b, out->field->type, out->field, node, &here);
	b->led = 0;
}

bool bind_pointer(struct binder *b, const struct schema_structure *structure,
		  const struct node_entry *e, const struct path *path, struct value_field *out)
{
	struct str pointer = pointer_of(e->key);
	struct path here = {.up = path, .name = e->key};
	struct path_end end;

	if (!pointer_is_deep(pointer))
		return false;
	if (!leads_from(&b->c->arena, structure, pointer, &end))
		no_such_path(b, e, &here);
	else if (end.member.p)
		bind_set_member(b, end.type, end.member, e, &here);
	else if (e->value->kind != NODE_NULL || end.field)
		bind_end(b, structure, pointer, e, path, out);
	/* else null at a member of a list or map, which removes it */
	return true;
}

/* Does the body have what every key of the patch names? */
static bool fits_variant(struct arena *arena, const struct schema_structure *body,
			 const struct node *node)
{
	const struct node_entry *e;
	struct path_end end;

	for (e = node->map.first; e; e = e->next) {
		if (!leads_from(arena, body, pointer_of(e->key), &end))
			return false;
	}
	return true;
}

static const struct schema_variant *variant_with(const struct schema_structure *structure,
						 struct str name)
{
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;

		if (body && schema_field_find(body, name))
			return &structure->variants[i];
	}
	return NULL;
}

/* No variant has all: the one that has a field like the first key that is in none, or else the
 * first key that is in one. */
static const struct schema_variant *nearest_variant(const struct schema_structure *structure,
						    const struct node *node)
{
	const struct schema_variant *found = NULL;
	const struct node_entry *e = node->map.first;
	struct suggestion best;
	size_t i, j;

	while (e && variant_with(structure, e->key))
		e = e->next;
	suggest_start(&best, e ? e->key : STR_NONE);
	for (i = 0; e && i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;

		for (j = 0; body && j < body->field_count; j++)
			suggest_offer(&best, str_c(body->fields[j].name));
	}
	if (best.best.n)
		return variant_with(structure, best.best);
	for (e = node->map.first; e && !found; e = e->next)
		found = variant_with(structure, e->key);
	return found ? found : &structure->variants[0];
}

const struct schema_variant *bind_guess_variant(struct binder *b,
						const struct schema_structure *structure,
						const struct node *node)
{
	const struct schema_variant *found = NULL;
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;

		if (!body || !fits_variant(&b->c->arena, body, node))
			continue;
		b->guessed = found != NULL;
		if (b->guessed)
			return found;
		found = &structure->variants[i];
	}
	b->guessed = !found;
	return found ? found : nearest_variant(structure, node);
}
