/* Drafts: objects on their way from nodes to values. */
#include "stwc/state.h"

struct draft *draft_find(const struct compilation *c, const struct schema_object *type,
			 struct str client_id)
{
	uintptr_t number = (uintptr_t)map_get(&type_state(c, type)->drafts, client_id);

	return number ? &c->state->drafts[number - 1] : NULL;
}

struct draft *draft_named(const struct compilation *c, const struct schema_object *type,
			  struct str name, uint32_t source)
{
	const struct plan_name *said;

	if (source && source <= c->state->text_count && c->state->texts[source - 1].plan) {
		said = plan_name_at(c, name, source, UINT32_MAX);
		if (said)
			return said->type == type ? &c->state->drafts[said->draft] : NULL;
	}
	return draft_find(c, type, name);
}

/* A draft of the type that a plan has called so and that is still there, or NULL. */
static void *heir_of(const struct compilation *c, const struct schema_object *type, struct str name)
{
	const struct plan_name *said;

	for (said = map_get(&c->state->plan_names, name); said; said = said->earlier) {
		if (said->type == type && !c->state->drafts[said->draft].dropped)
			return (void *)(uintptr_t)(said->draft + 1);
	}
	return NULL;
}

void drafts_dropped(const struct compilation *c, const struct schema_object *type)
{
	struct map *drafts = &type_state(c, type)->drafts;
	size_t i;

	for (i = 0; i < drafts->count; i++) {
		struct map_entry *e = &drafts->entries[i];

		if (e->value && c->state->drafts[(uintptr_t)e->value - 1].dropped)
			e->value = heir_of(c, type, e->key);
	}
	match_forget(c, type);
}

bool draft_alias(struct compilation *c, const struct draft *draft, struct str client_id)
{
	struct map *drafts = &type_state(c, draft->type)->drafts;
	uintptr_t number = (uintptr_t)(draft - c->state->drafts) + 1;

	return map_put(drafts, client_id, (void *)number);
}

const struct schema_field *draft_field(const struct schema_structure *structure,
				       const struct node *body, struct str name)
{
	const struct schema_structure *fields = fold_fields(structure, body);

	return fields ? schema_field_find(fields, name) : NULL;
}

bool draft_fill_key(struct compilation *c, const struct draft *draft)
{
	const char *name;
	struct str field;
	struct node *key;

	if (!draft->has_client_id || draft->shapes != SHAPES_OWN || draft->kind != DRAFT_OWN ||
	    draft->body->kind != NODE_MAP)
		return true;
	name = identity_field(draft->type);
	field = str_c(name);
	if (!name || node_map_find(draft->body, field))
		return true;
	key = node_string(&c->arena, draft->client_id, draft->span);
	return key &&
	       node_map_append(&c->arena, &c->hash_key, draft->body, field, draft->span, key);
}

struct draft *draft_add(struct compilation *c, const struct draft *draft)
{
	struct compile_state *state = c->state;
	bool named = draft->has_client_id || draft->type->kind == OBJECT_SINGLETON;
	struct draft *added;

	if (!state_grow((void **)&state->drafts, &state->draft_cap, state->draft_count,
			sizeof(struct draft)))
		return NULL;
	added = &state->drafts[state->draft_count++];
	*added = *draft;
	if (!draft_fill_key(c, added))
		return NULL;
	if (named && !draft->check_only) {
		void **number = map_at(&type_state(c, draft->type)->drafts, draft->client_id);

		if (!number)
			return NULL;
		/* the name of an object of an earlier plan stays its own */
		if (!*number)
			*number = (void *)(uintptr_t)state->draft_count;
	}
	return added;
}

/* Strings without escapes point into the source, which stays; decoded ones are in scratch. */
struct str draft_keep_str(struct compilation *c, struct str s, const struct source *source)
{
	if (s.p >= source->text.p && s.p < source->text.p + source->text.n) {
		c->state->texts[source->number - 1].keeps = true;
		return s;
	}
	return arena_str(&c->arena, s);
}

static struct node *copy_node(struct compilation *c, struct arena *nodes, const struct node *node,
			      const struct source *source);

static bool copy_map(struct compilation *c, struct arena *nodes, const struct node *map,
		     const struct source *source, struct node *copy)
{
	const struct node_entry *e;

	for (e = map->map.first; e; e = e->next) {
		struct node *value = copy_node(c, nodes, e->value, source);

		if (!value ||
		    !node_map_append(nodes, &c->hash_key, copy, draft_keep_str(c, e->key, source),
				     e->key_span, value))
			return false;
	}
	return true;
}

static struct node *copy_node(struct compilation *c, struct arena *nodes, const struct node *node,
			      const struct source *source)
{
	struct node *copy = node_new(nodes, node->kind, node->span);
	const struct node *member;

	if (!copy)
		return NULL;
	copy->style = node->style;
	copy->negative = node->negative;
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: break;
	case NODE_BOOL: copy->boolean = node->boolean; break;
	case NODE_INT: copy->magnitude = node->magnitude; break;
	case NODE_FLOAT: copy->number = node->number; break;
	case NODE_STRING: copy->string = draft_keep_str(c, node->string, source); break;
	case NODE_LIST:
		for (member = node->list.first; member; member = member->next) {
			struct node *kept = copy_node(c, nodes, member, source);

			if (!kept)
				return NULL;
			node_list_append(copy, kept);
		}
		break;
	case NODE_MAP:
		if (!copy_map(c, nodes, node, source, copy))
			return NULL;
		break;
	}
	return copy;
}

struct node *draft_keep(struct compilation *c, const struct node *node, const struct source *source)
{
	return copy_node(c, &c->nodes, node, source);
}

struct node *draft_copy(struct compilation *c, const struct node *node, const struct source *source)
{
	return copy_node(c, &c->arena, node, source);
}
