/*
 * What an upsert or an overlay finds its object by: some fields of the body, compared as the server
 * would store them. An index per type and set of fields is made when it is first asked for, and
 * brought up to date when it is asked again; a draft whose fields an update has changed since is
 * looked at once more before it counts as found.
 */
#include "stwc/names.h"
#include "stwc/state.h"

/* An object that shares its fields with an earlier one: finding it is finding two. */
#define MANY ((uintptr_t)1 << (8 * sizeof(uintptr_t) - 1))

static void put_node(struct buf *out, struct arena *arena, enum validator validator,
		     const struct node *node)
{
	const struct node_entry *e;
	const struct node *member;
	struct str normal;

	buf_putc(out, (char)('0' + node->kind));
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: break;
	case NODE_BOOL: buf_putc(out, node->boolean ? '1' : '0'); break;
	case NODE_INT:
		buf_printf(out, "%s%llu", node->negative ? "-" : "",
			   (unsigned long long)node->magnitude);
		break;
	case NODE_FLOAT: buf_printf(out, "%.17g", node->number); break;
	case NODE_STRING:
		normal = name_normal(arena, validator, node->string);
		buf_puts(out, normal.p ? normal : node->string);
		break;
	case NODE_LIST:
		for (member = node->list.first; member; member = member->next)
			put_node(out, arena, VALIDATE_TRIM, member);
		break;
	case NODE_MAP:
		for (e = node->map.first; e; e = e->next) {
			buf_puts(out, e->key);
			put_node(out, arena, VALIDATE_TRIM, e->value);
		}
		break;
	}
	buf_putc(out, '\x1f');
}

/* The fields of a body, joined; absence and null are the same. */
static struct str joined_values(struct compilation *c, const struct schema_object *type,
				const struct match *match, const struct node *body)
{
	struct buf text = BUF_INIT;
	struct str kept;
	size_t i;

	for (i = 0; i < match->count; i++) {
		const struct schema_field *field =
			draft_field(type->structure, body, match->fields[i]);
		const struct node *value = node_map_get(body, match->fields[i]);

		if (field && value && value->kind != NODE_NULL)
			put_node(&text, &c->arena, (enum validator)field->validator, value);
		else
			buf_putc(&text, '\x1f');
	}
	kept = text.failed ? STR_NONE : arena_str(&c->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

/* The names may stand in a line that vanishes. */
static bool keep_match(struct compilation *c, const struct match *match, struct match *out)
{
	struct str *fields = ARENA_ARRAY(&c->arena, struct str, match->count);
	size_t i;

	for (i = 0; fields && i < match->count; i++) {
		fields[i] = arena_str(&c->arena, match->fields[i]);
		if (!fields[i].p)
			return false;
	}
	*out = (struct match){fields, match->count};
	return fields != NULL;
}

static struct match_index *index_of(struct compilation *c, const struct schema_object *type,
				    const struct match *match)
{
	struct type_state *state = type_state(c, type);
	struct buf text = BUF_INIT;
	struct match_index *index = NULL;
	struct str name;
	size_t i;

	for (i = 0; i < match->count; i++) {
		buf_puts(&text, match->fields[i]);
		buf_putc(&text, '\x1f');
	}
	name = text.failed ? STR_NONE : buf_str(&text);
	if (name.p)
		index = map_get(&state->matches, name);
	if (name.p && !index) {
		name = arena_str(&c->arena, name);
		index = ARENA_NEW(&c->arena, struct match_index);
		if (!name.p || !index || !keep_match(c, match, &index->match) ||
		    !map_put(&state->matches, name, index))
			index = NULL;
		else
			map_init(&index->drafts, &c->hash_key, NULL);
	}
	buf_free(&text);
	return index;
}

static bool add_to_index(struct compilation *c, struct match_index *index,
			 const struct schema_object *type)
{
	for (; index->seen < c->state->draft_count; index->seen++) {
		const struct draft *draft = &c->state->drafts[index->seen];
		struct str key;
		void **place;

		if (draft->type != type || draft->check_only || draft->body->kind != NODE_MAP)
			continue;
		key = joined_values(c, type, &index->match, draft->body);
		place = key.p ? map_at(&index->drafts, key) : NULL;
		if (!place)
			return false;
		*place = (void *)(*place ? (uintptr_t)*place | MANY : index->seen + 1);
	}
	return true;
}

bool match_find(struct compilation *c, const struct schema_object *type, const struct match *match,
		const struct node *body, struct draft **out, bool *many)
{
	struct match_index *index = index_of(c, type, match);
	struct draft *found;
	struct str key, now;
	uintptr_t number;

	if (!index || !add_to_index(c, index, type))
		return false;
	key = joined_values(c, type, match, body);
	if (!key.p)
		return false;
	*out = NULL;
	*many = false;
	number = (uintptr_t)map_get(&index->drafts, key);
	if (!number)
		return true;
	found = &c->state->drafts[(number & ~MANY) - 1];
	now = joined_values(c, type, match, found->body);
	if (str_eq(now, key)) {
		*out = found;
		*many = (number & MANY) != 0;
	}
	return now.p != NULL;
}
