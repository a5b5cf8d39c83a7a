/*
 * Unique keys (validation.md 4.1). A key is one field or several together, in the type or in a name
 * space that types share; the members of a set and the objects of a list make one key each. Every
 * scope has a map from joined values to the object that came first.
 */
#include "stwc/bind.h"

#define SCOPES_MAX 8

struct scope {
	const char *name;
	struct map holders;
};

struct holder {
	const struct object *object;
	struct span span;
};

struct unique {
	struct compilation *c;
	struct scope shared[SCOPES_MAX]; /* name spaces of several types */
	size_t shared_count;
	struct buf joined; /* room for the text of one key */
	/* at work */
	const struct object *object;
	const struct schema_key *key;
	struct map *holders;
};

static struct map *shared_scope(struct unique *u, const char *name)
{
	size_t i;

	for (i = 0; i < u->shared_count; i++) {
		if (strcmp(u->shared[i].name, name) == 0)
			return &u->shared[i].holders;
	}
	if (u->shared_count == SCOPES_MAX)
		return NULL;
	u->shared[i].name = name;
	map_init(&u->shared[i].holders, &u->c->hash_key, NULL);
	u->shared_count++;
	return &u->shared[i].holders;
}

/* "name 'jo', domainId '#one'": for people; the joined text is not. */
static void describe(struct buf *out, const struct unique *u, const struct value_object *fields,
		     const struct value *value, size_t skip)
{
	const char *const *field;
	struct arena *arena = &u->c->arena;

	for (field = u->key->fields; *field; field++) {
		const struct value *part = value ? value : value_field_get(fields, *field + skip);

		if (part)
			buf_printf(out, "%s%s '%.*s'", out->n ? ", " : "", *field + skip,
				   STR_ARG(value_text(arena, part)));
	}
}

static void report(struct unique *u, const struct holder *holder, struct span span,
		   const struct buf *what)
{
	struct diags *diags = &u->c->diags;
	struct path_root root;
	struct path path = {
		.up = path_of(&root, u->object->type, u->object->shown, u->object->ordinal),
		.field = u->key->fields[0]};
	struct diag *diag =
		diag_add(diags, DIAG_DUPLICATE_VALUE, span, "another object has the same key: %.*s",
			 STR_ARG(buf_str(what)));

	path_place(u->c, diag, u->object, &path);
	diag_relate(diags, diag, holder->span, "%s '%.*s' has it", holder->object->type->name,
		    STR_ARG(holder->object->identity));
	if (holder->span.source != span.source &&
	    source_shapes(u->c, span.source, SHAPES_OWN) == SHAPES_OWN)
		diag_hint(diags, diag, "with --overlay the later file may change the earlier");
}

/* Takes the key for the object. A repeat inside one object collapses in silence. `value` is the one
 * that makes the key, or NULL where `fields` make it together. */
static bool claim(struct unique *u, struct str key, struct span span,
		  const struct value_object *fields, const struct value *value, size_t skip)
{
	struct buf what = BUF_INIT;
	struct holder *holder;
	void **place = map_at(u->holders, key);

	if (!place)
		return false;
	holder = *place;
	if (!holder) {
		holder = ARENA_NEW(&u->c->arena, struct holder);
		if (!holder)
			return false;
		*holder = (struct holder){u->object, span};
		*place = holder;
	} else if (holder->object != u->object) {
		describe(&what, u, fields, value, skip);
		report(u, holder, span, &what);
		buf_free(&what);
	}
	return true;
}

/* A reference that resolves stands for its target, however it is written. */
static void join(struct unique *u, const struct value *value)
{
	struct str text;

	if (value->kind == VALUE_REFERENCE && value->reference.target)
		text = (struct str){(const char *)&value->reference.id, sizeof(uint64_t)};
	else
		text = value_text(&u->c->arena, value);
	/* the server joins the parts of this scope without a mark between them (validation.md 4.1)
	 */
	if (u->joined.n && !(u->key->scope && strcmp(u->key->scope, "namespace") == 0))
		buf_putc(&u->joined, '\x1f');
	buf_puts(&u->joined, text);
}

static bool claim_set(struct unique *u, const struct value *set)
{
	size_t i;

	for (i = 0; i < set->sequence.count; i++) {
		const struct value *item = set->sequence.items[i];
		struct str text = value_text(&u->c->arena, item);

		if (!text.p || !claim(u, text, item->span, NULL, item, 0))
			return false;
	}
	return true;
}

/* The fields of one key, all in the same structure. A field that is absent makes no key. */
static bool claim_fields(struct unique *u, const struct value_object *object, size_t skip)
{
	struct str key;
	struct span span = SPAN_NONE;
	const char *const *field;

	u->joined.n = 0;
	for (field = u->key->fields; *field; field++) {
		const struct value *value = value_field_get(object, *field + skip);

		if (!value || value->kind == VALUE_NULL)
			return true;
		if (value->kind == VALUE_SEQUENCE)
			return claim_set(u, value);
		if (!span.source)
			span = value->span;
		if (!u->key->fields[1] && value->kind != VALUE_REFERENCE) {
			key = value_text(&u->c->arena, value);
			return key.p && claim(u, key, span, object, NULL, skip);
		}
		join(u, value);
	}
	key = u->joined.failed ? STR_NONE : arena_str(&u->c->arena, buf_str(&u->joined));
	return key.p && claim(u, key, span, object, NULL, skip);
}

/* "aliases/name": the same fields of each member of a list. */
static bool claim_members(struct unique *u, size_t slash)
{
	const struct value_object *body = &u->object->body;
	struct str name = {u->key->fields[0], slash};
	const struct value *list = NULL;
	size_t i;

	for (i = 0; i < body->count && !list; i++) {
		if (str_eq_c(name, body->fields[i].field->name))
			list = body->fields[i].value;
	}
	for (i = 0; list && list->kind == VALUE_SEQUENCE && i < list->sequence.count; i++) {
		if (!claim_fields(u, &list->sequence.items[i]->object, slash + 1))
			return false;
	}
	return true;
}

static bool claim_keys(struct unique *u, struct map *own)
{
	const struct schema_object *type = u->object->type;
	size_t i;

	for (i = 0; i < type->key_count; i++) {
		const char *slash = strchr(type->keys[i].fields[0], '/');

		u->key = &type->keys[i];
		u->holders = u->key->scope ? shared_scope(u, u->key->scope) : &own[i];
		if (!u->holders || !(slash ? claim_members(u, (size_t)(slash - u->key->fields[0]))
					   : claim_fields(u, &u->object->body, 0)))
			return false;
	}
	return true;
}

/* Maps for the keys of every type, in one array; a type's begin at starts[its place]. */
static struct map *own_maps(struct compilation *c, size_t **starts, size_t *count)
{
	struct map *maps;
	size_t i;

	*count = 0;
	*starts = ARENA_ARRAY(&c->arena, size_t, c->schema->object_count);
	for (i = 0; *starts && i < c->schema->object_count; i++) {
		(*starts)[i] = *count;
		*count += c->schema->objects[i].key_count;
	}
	maps = *starts ? ARENA_ARRAY(&c->arena, struct map, *count) : NULL;
	for (i = 0; maps && i < *count; i++)
		map_init(&maps[i], &c->hash_key, NULL);
	return maps;
}

bool unique_check(struct compilation *c)
{
	struct unique u = {.c = c, .joined = BUF_INIT};
	size_t *starts, count, i;
	struct map *own = own_maps(c, &starts, &count);
	bool ok = own != NULL;

	for (i = 0; ok && i < c->object_count; i++) {
		u.object = c->objects[i];
		ok = claim_keys(&u, own + starts[u.object->type - c->schema->objects]);
	}
	for (i = 0; own && i < count; i++)
		map_free(&own[i]);
	for (i = 0; i < u.shared_count; i++)
		map_free(&u.shared[i].holders);
	buf_free(&u.joined);
	return ok && !c->arena.failed;
}
