/*
 * Updates of objects that the configuration does not show: their keys may be JSON pointers
 * (validation.md 3.2), and a union need not say which variant it is. What can be known from the
 * reference alone is checked.
 */
#include "stwc/bind.h"
#include "stwc/pointer.h"

static const struct schema_field *find_field(const struct schema_structure *structure,
					     struct str name)
{
	size_t i;

	if (structure->kind == STRUCTURE_SINGLE)
		return schema_field_find(structure, name);
	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;
		const struct schema_field *field = body ? schema_field_find(body, name) : NULL;

		if (field)
			return field;
	}
	return NULL;
}

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

/* The type behind one step; NULL: the step leads nowhere. *field is NULL for a member. */
static const struct schema_type *step_into(const struct schema_structure *top,
					   const struct schema_type *type, struct str step,
					   const struct schema_field **field)
{
	if (type && (type->kind == TYPE_LIST || type->kind == TYPE_MAP)) {
		*field = NULL;
		return step.n ? type->element : NULL;
	}
	if (type && type->kind != TYPE_OBJECT)
		return NULL;
	*field = find_field(type ? type->structure : top, step);
	return *field ? (*field)->type : NULL;
}

bool bind_pointer(struct binder *b, const struct schema_structure *structure,
		  const struct node_entry *e, const struct path *path)
{
	struct str rest = pointer_of(e->key), step;
	struct path here = {.up = path, .name = e->key};
	const struct schema_field *field = NULL;
	const struct schema_type *type = NULL;
	bool more = true;

	if (!pointer_is_deep(rest))
		return false;
	while (more) {
		if (!pointer_next(&b->c->arena, &rest, &step, &more))
			return true; /* the arena remembers */
		if (type && type->kind == TYPE_SET && !more) {
			bind_set_member(b, type, step, e, &here);
			return true;
		}
		type = step_into(structure, type, step, &field);
		if (!type) {
			no_such_path(b, e, &here);
			return true;
		}
	}
	/* null at a member of a list or map removes it */
	if (e->value->kind != NODE_NULL || field)
		(void)bind_value(b, type, field, e->value, &here);
	return true;
}

const struct schema_variant *bind_guess_variant(const struct schema_structure *structure,
						const struct node *node)
{
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		const struct schema_structure *body = structure->variants[i].body;
		const struct node_entry *e;

		for (e = node->map.first; body && e; e = e->next) {
			if (!memchr(e->key.p, '/', e->key.n) && !schema_field_find(body, e->key))
				break;
		}
		if (body && !e)
			return &structure->variants[i];
	}
	return &structure->variants[0];
}
