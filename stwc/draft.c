/* Drafts: objects on their way from nodes to values. */
#include "stwc/state.h"

static struct str index_key(struct arena *arena, const struct schema_object *type,
			    struct str client_id)
{
	return arena_printf(arena, "%s/%.*s", type->name, STR_ARG(client_id));
}

struct draft *draft_find(struct compilation *c, const struct schema_object *type,
			 struct str client_id)
{
	struct str key = index_key(&c->arena, type, client_id);
	uintptr_t number = key.p ? (uintptr_t)map_get(&c->state->draft_index, key) : 0;

	return number ? &c->state->drafts[number - 1] : NULL;
}

struct draft *draft_add(struct compilation *c, const struct draft *draft)
{
	struct compile_state *state = c->state;
	bool named = draft->has_client_id || draft->type->kind == OBJECT_SINGLETON;

	if (!state_grow((void **)&state->drafts, &state->draft_cap, state->draft_count,
			sizeof(struct draft)))
		return NULL;
	state->drafts[state->draft_count++] = *draft;
	if (named && !draft->check_only) {
		struct str key = index_key(&c->arena, draft->type, draft->client_id);

		if (!key.p ||
		    !map_put(&state->draft_index, key, (void *)(uintptr_t)state->draft_count))
			return NULL;
	}
	return &state->drafts[state->draft_count - 1];
}

/* Strings without escapes point into the source, which stays; decoded ones are in scratch. */
static struct str keep_str(struct compilation *c, struct str s, const struct source *source)
{
	if (s.p >= source->text.p && s.p < source->text.p + source->text.n)
		return s;
	return arena_str(&c->arena, s);
}

static bool keep_map(struct compilation *c, const struct node *map, const struct source *source,
		     struct node *copy)
{
	const struct node_entry *e;

	for (e = map->map.first; e; e = e->next) {
		struct node *value = draft_keep(c, e->value, source);

		if (!value || !node_map_append(&c->arena, &c->hash_key, copy,
					       keep_str(c, e->key, source), e->key_span, value))
			return false;
	}
	return true;
}

struct node *draft_keep(struct compilation *c, const struct node *node, const struct source *source)
{
	struct node *copy = node_new(&c->arena, node->kind, node->span);
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
	case NODE_STRING: copy->string = keep_str(c, node->string, source); break;
	case NODE_LIST:
		for (member = node->list.first; member; member = member->next) {
			struct node *kept = draft_keep(c, member, source);

			if (!kept)
				return NULL;
			node_list_append(copy, kept);
		}
		break;
	case NODE_MAP:
		if (!keep_map(c, node, source, copy))
			return NULL;
		break;
	}
	return copy;
}
