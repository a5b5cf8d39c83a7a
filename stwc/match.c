/*
 * What an upsert or an overlay finds its object by, and what a filter or a scope selects: some
 * fields of a body, compared as the server would store them. What a body leaves out has its
 * default there. An index per type and set of fields is made when it is first asked for, and
 * brought up to date when it is asked again; a draft whose fields an update has changed since is
 * looked at once more before it counts as found.
 */
#include <stdlib.h>

#include "engine/netaddr.h"
#include "grammar/scalar.h"
#include "stwc/defaults.h"
#include "stwc/names.h"
#include "stwc/state.h"

/* An object that shares its fields with an earlier one: finding it is finding two. */
#define MANY ((uintptr_t)1 << (8 * sizeof(uintptr_t) - 1))

struct put {
	struct compilation *c;
	struct buf *out;
};

static void put_typed(struct put *put, const struct schema_type *type, enum validator validator,
		      const struct node *node);

static void put_address(struct put *put, const struct schema_type *type, struct str s)
{
	char text[NET_TEXT_SIZE];
	struct net_network network;
	struct net_socket socket;
	size_t n = 0;

	if (type->kind == TYPE_SOCKET_ADDRESS && net_socket_parse(s, &socket) == NET_OK)
		n = net_socket_format(&socket, text);
	else if (type->kind != TYPE_SOCKET_ADDRESS &&
		 net_network_parse(name_trimmed(s), &network) == NET_OK)
		n = net_network_format(&network, text);
	buf_puts(put->out, n ? (struct str){text, n} : s);
}

/* A name is its object, whatever it is called. */
static void put_reference(struct put *put, const struct schema_type *type, struct str s,
			  uint32_t source)
{
	const struct schema_object *target = type->target;
	const struct draft *draft = NULL;

	if (target && target->kind == OBJECT_VIEW)
		target = target->structure->object;
	if (target && str_starts(s, STR("#")))
		draft = draft_named(put->c, target, str_from(s, 1), source);
	if (draft)
		buf_printf(put->out, "\x02%zu", (size_t)(draft - put->c->state->drafts));
	else
		buf_puts(put->out, s);
}

static void put_text(struct put *put, const struct schema_type *type, enum validator validator,
		     struct str s, uint32_t source)
{
	uint64_t number;
	int64_t seconds;
	struct str normal;

	if (type->kind == TYPE_IP_NETWORK || type->kind == TYPE_IP_ADDRESS ||
	    type->kind == TYPE_SOCKET_ADDRESS) {
		put_address(put, type, s);
	} else if (type->kind == TYPE_REFERENCE) {
		put_reference(put, type, s, source);
	} else if ((type->kind == TYPE_DURATION && scalar_duration(s, &number) == SCALAR_OK) ||
		   (type->kind == TYPE_SIZE && scalar_size(s, &number) == SCALAR_OK)) {
		buf_printf(put->out, "%llu", (unsigned long long)number);
	} else if (type->kind == TYPE_DATE_TIME && scalar_date_time(s, &seconds) == SCALAR_OK) {
		buf_printf(put->out, "%lld", (long long)seconds);
	} else {
		normal = name_normal(&put->c->arena, validator, s);
		buf_puts(put->out, normal.p ? normal : s);
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The members of a set in an order of their own: {"a": true}, ["a"], "a". */
static void put_set(struct put *put, const struct schema_type *type, const struct node *node)
{
	size_t room = node->kind == NODE_MAP    ? node->map.count
		      : node->kind == NODE_LIST ? node->list.count
						: 1;
	struct str *texts = ARENA_ARRAY(&put->c->arena, struct str, room + 1);
	const struct node *member = node->kind == NODE_LIST ? node->list.first : node;
	const struct node_entry *e = node->kind == NODE_MAP ? node->map.first : NULL;
	size_t n = 0, i;

	for (; texts && e; e = e->next) {
		if (e->value->kind == NODE_BOOL && e->value->boolean)
			texts[n++] = e->key;
	}
	for (; texts && node->kind != NODE_MAP && member;
	     member = node->kind == NODE_LIST ? member->next : NULL) {
		if (member->kind == NODE_STRING)
			texts[n++] = member->string;
	}
	if (n)
		qsort(texts, n, sizeof(*texts), by_text);
	for (i = 0; i < n; i++) {
		put_text(put, type->element, VALIDATE_TRIM, texts[i], node->span.source);
		buf_putc(put->out, '\x1e');
	}
}

static int by_key(const void *a, const void *b)
{
	const struct node_entry *const *x = a, *const *y = b;

	return str_cmp((*x)->key, (*y)->key);
}

/* The entries by their keys; types by the structure, where there is one. */
static void put_map(struct put *put, const struct schema_type *type, const struct node *map)
{
	static const struct schema_type text = {.kind = TYPE_STRING};
	const struct schema_structure *fields =
		type->kind == TYPE_OBJECT ? fold_fields(type->structure, map) : NULL;
	const struct node_entry **order =
		ARENA_ARRAY(&put->c->arena, const struct node_entry *, map->map.count + 1);
	const struct node_entry *e;
	size_t n = 0, i;

	for (e = map->map.first; order && e; e = e->next)
		order[n++] = e;
	if (n)
		qsort(order, n, sizeof(*order), by_key);
	for (i = 0; i < n; i++) {
		const struct schema_field *field =
			fields ? schema_field_find(fields, order[i]->key) : NULL;

		buf_puts(put->out, order[i]->key);
		buf_putc(put->out, '=');
		put_typed(put,
			  field                     ? field->type
			  : type->kind == TYPE_LIST ? type->element
			  : type->kind == TYPE_MAP  ? type->element
						    : &text,
			  field ? (enum validator)field->validator : VALIDATE_NONE,
			  order[i]->value);
	}
}

static void put_typed(struct put *put, const struct schema_type *type, enum validator validator,
		      const struct node *node)
{
	const struct node *member;

	if (type->kind == TYPE_SET) {
		put_set(put, type, node);
		buf_putc(put->out, '\x1f');
		return;
	}
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: break;
	case NODE_BOOL: buf_puts(put->out, node->boolean ? STR("true") : STR("false")); break;
	case NODE_INT:
		buf_printf(put->out, "%s%llu", node->negative ? "-" : "",
			   (unsigned long long)node->magnitude);
		break;
	case NODE_FLOAT: buf_printf(put->out, "%.17g", node->number); break;
	case NODE_STRING: put_text(put, type, validator, node->string, node->span.source); break;
	case NODE_LIST:
		for (member = node->list.first; member; member = member->next)
			put_typed(put, type->element ? type->element : type, VALIDATE_NONE, member);
		break;
	case NODE_MAP: put_map(put, type, node); break;
	}
	buf_putc(put->out, '\x1f');
}

/* What an absent field is to a server (validation.md 1.8): nothing, where that is null. */
static void put_absent(struct put *put, const struct schema_field *field)
{
	const struct node *node =
		field->default_json && !field->required ? defaults_node(put->c, field) : NULL;

	if (node)
		put_typed(put, field->type, (enum validator)field->validator, node);
	else if (field->type->kind == TYPE_BOOLEAN)
		buf_puts(put->out, STR("false\x1f"));
	else if (field->type->kind == TYPE_ENUM && !field->type->nullable)
		buf_printf(put->out, "%s\x1f", field->type->members->members[0].name);
	else
		buf_putc(put->out, '\x1f');
}

static void put_variant(struct put *put, const struct schema_object *type, const struct node *body)
{
	const struct node *variant = node_map_get(body, STR("@type"));

	if (type->structure->kind == STRUCTURE_UNION && variant && variant->kind == NODE_STRING)
		buf_puts(put->out, variant->string);
	buf_putc(put->out, '\x1f');
}

/* The fields of a body, joined; what is absent has its default. .p NULL: out of memory. */
static struct str joined_values(struct compilation *c, const struct schema_object *type,
				const struct match *match, const struct node *body)
{
	struct buf text = BUF_INIT;
	struct put put = {c, &text};
	struct str kept;
	size_t i;

	put_variant(&put, type, body);
	for (i = 0; i < match->count; i++) {
		const struct schema_field *field =
			draft_field(type->structure, body, match->fields[i]);
		const struct node *value = node_map_get(body, match->fields[i]);

		if (!field)
			buf_putc(&text, '\x1f');
		else if (value)
			put_typed(&put, field->type, (enum validator)field->validator, value);
		else
			put_absent(&put, field);
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

		if (draft->type != type || draft->check_only || draft->dropped ||
		    draft->body->kind != NODE_MAP)
			continue;
		key = joined_values(c, type, &index->match, draft->body);
		place = key.p ? map_at(&index->drafts, key) : NULL;
		if (!place)
			return false;
		*place = (void *)(*place ? (uintptr_t)*place | MANY : index->seen + 1);
	}
	return true;
}

void match_forget(const struct compilation *c, const struct schema_object *type)
{
	struct type_state *state = type_state(c, type);
	size_t i;

	for (i = 0; i < state->matches.count; i++) {
		struct match_index *index = state->matches.entries[i].value;

		map_free(&index->drafts);
		map_init(&index->drafts, &c->hash_key, NULL);
		index->seen = 0;
	}
}

/* Under its values of now, and whatever it was before. */
bool match_changed(struct compilation *c, const struct draft *draft)
{
	struct type_state *state = type_state(c, draft->type);
	uintptr_t number = (uintptr_t)(draft - c->state->drafts) + 1;
	size_t i;

	for (i = 0; i < state->matches.count; i++) {
		struct match_index *index = state->matches.entries[i].value;
		struct str key;
		void **place;

		if (index->seen < number || draft->body->kind != NODE_MAP)
			continue;
		key = joined_values(c, draft->type, &index->match, draft->body);
		place = key.p ? map_at(&index->drafts, key) : NULL;
		if (!place)
			return false;
		if (!*place)
			*place = (void *)number;
		else if (((uintptr_t)*place & ~MANY) != number)
			*place = (void *)((uintptr_t)*place | MANY);
	}
	return true;
}

/* The index says more than one, or one that has changed: each is looked at. */
static bool find_slowly(struct compilation *c, const struct schema_object *type,
			const struct match *match, struct str key, struct draft **out, bool *many)
{
	size_t i;

	for (i = 0; i < c->state->draft_count; i++) {
		struct draft *draft = &c->state->drafts[i];
		struct str now;

		if (draft->type != type || draft->check_only || draft->dropped ||
		    draft->body->kind != NODE_MAP)
			continue;
		now = joined_values(c, type, match, draft->body);
		if (!now.p)
			return false;
		if (!str_eq(now, key))
			continue;
		*many = *out != NULL;
		if (!*out)
			*out = draft;
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
	if (number & MANY)
		return find_slowly(c, type, match, key, out, many);
	found = &c->state->drafts[number - 1];
	if (found->body->kind != NODE_MAP)
		return true; /* a mistake has taken its place since it was noted */
	now = joined_values(c, type, match, found->body);
	if (str_eq(now, key))
		*out = found;
	return now.p != NULL;
}

/* Has the set this member? A filter on a set asks for one (management-api.md 2.3). */
static bool has_member(struct compilation *c, const struct schema_type *type,
		       const struct node *set, const struct node *wanted)
{
	struct buf have = BUF_INIT, want = BUF_INIT;
	struct put put_have = {c, &have}, put_want = {c, &want};
	bool found;

	buf_putc(&have, '\x1e');
	put_set(&put_have, type, set);
	buf_putc(&want, '\x1e');
	if (wanted->kind == NODE_STRING)
		put_set(&put_want, type, wanted);
	found = wanted->kind == NODE_STRING && !have.failed && !want.failed &&
		memmem(have.p, have.n, want.p, want.n);
	buf_free(&have);
	buf_free(&want);
	return found;
}

bool match_selects(struct compilation *c, const struct schema_object *type,
		   const struct node *filter, const struct node *body, bool members)
{
	const struct node_entry *e;
	bool same = true;

	for (e = filter ? filter->map.first : NULL; same && e; e = e->next) {
		struct match one = {&e->key, 1};
		const struct schema_field *field = draft_field(type->structure, body, e->key);
		const struct node *mine = node_map_get(body, e->key);
		struct node probe = {.kind = NODE_MAP};
		struct node_entry variant = {.key = STR("@type"),
					     .value = node_map_get(body, STR("@type"))};
		struct node_entry entry = {.key = e->key, .value = e->value};

		if (str_eq_c(e->key, "@type")) {
			same = mine && mine->kind == NODE_STRING && e->value->kind == NODE_STRING &&
			       str_eq(mine->string, e->value->string);
			continue;
		}
		if (members && field && field->type->kind == TYPE_SET) {
			same = mine && has_member(c, field->type, mine, e->value);
			continue;
		}
		probe.map.first = &entry;
		probe.map.last = &entry;
		probe.map.count = 1;
		if (variant.value) {
			variant.next = &entry;
			probe.map.first = &variant;
			probe.map.count = 2;
		}
		same = field && str_eq(joined_values(c, type, &one, &probe),
				       joined_values(c, type, &one, body));
	}
	return same;
}
