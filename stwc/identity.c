/*
 * What each object is known by (DESIGN.md 4): its key, else its client id, else its place; and the
 * id that follows from it. A reference may use either word, the client id first.
 */
#include "base/digest.h"
#include "stwc/bind.h"
#include "stwc/defaults.h"

const char *identity_field(const struct schema_object *type)
{
	size_t i;

	for (i = 0; i < type->key_count; i++) {
		if (type->keys[i].identity)
			return type->keys[i].fields[0];
	}
	return NULL;
}

/* The key's value, explicit or by default (the event of an EventTracingLevel has one). */
static const struct value *identity_value(struct compilation *c, const struct object *object)
{
	const char *name = identity_field(object->type);
	const struct value_object *body = &object->body;
	const struct schema_structure *fields =
		body->variant ? body->variant->body : body->structure;
	const struct schema_field *field;
	const struct value *value = name ? value_field_get(body, name) : NULL;

	if (value || !name || object->poisoned || !fields)
		return value;
	field = schema_field_find(fields, str_c(name));
	return field ? defaults_field(c, fields, field) : NULL;
}

/* 63 bits of SHA-256 over type and identity: the same between builds, never negative. */
static bool object_id(const struct object *object, struct digest_ctx *sha256, uint64_t *out)
{
	struct str type = str_c(object->type->name);
	struct digest digest;
	uint64_t id = 0;
	size_t i;

	if (!digest_update(sha256, type.p, type.n) || !digest_update(sha256, "/", 1) ||
	    !digest_update(sha256, object->identity.p, object->identity.n) ||
	    !digest_final(sha256, &digest))
		return false;
	for (i = 0; i < 8; i++)
		id = id << 8 | digest.b[i];
	*out = id & (UINT64_MAX >> 1);
	return true;
}

/* Its place among the nameless objects of the type; the list's own place is for the message. */
static bool identity_by_place(struct compilation *c, struct object *object)
{
	struct type_state *type = type_state(c, object->type);

	object->by_ordinal = true;
	object->identity = arena_printf(&c->arena, "[%zu]", type->nameless++);
	if (!object->poisoned)
		diag_hint(&c->diags,
			  diag_add(&c->diags, DIAG_NO_IDENTITY, object->span,
				   "this %s is known by its place in the list alone",
				   object->type->name),
			  "write the list as a map from names to bodies");
	return object->identity.p != NULL;
}

static bool give_identity(struct compilation *c, struct object *object)
{
	const struct value *key = identity_value(c, object);

	if (object->type->kind == OBJECT_SINGLETON)
		object->identity = STR("");
	else if (key && key->kind != VALUE_NULL)
		object->identity = value_text(&c->arena, key);
	else if (object->client_id.n)
		object->identity = object->client_id;
	else if (identity_field(object->type))
		object->identity = STR(""); /* its absence was reported */
	else if (!identity_by_place(c, object))
		return false;
	return true;
}

/* Gives the object a name to be found by; an earlier holder of the name keeps it. *holder is the
 * one that has it then. */
static bool offer_name(struct compilation *c, struct object *object, struct str name,
		       struct object **holder)
{
	void **place = map_at(&type_state(c, object->type)->names, name);

	if (!place)
		return false;
	if (!*place)
		*place = object;
	*holder = *place;
	return true;
}

/* Every client id of the type's drafts; an upsert may have given a second one. */
static bool offer_client_ids(struct compilation *c, const struct type_state *type)
{
	size_t i;

	for (i = 0; i < type->drafts.count; i++) {
		const struct map_entry *e = &type->drafts.entries[i];
		struct object *holder,
			*object =
				e->value ? c->state->drafts[(uintptr_t)e->value - 1].object : NULL;

		if (object && e->key.n && !offer_name(c, object, e->key, &holder))
			return false;
	}
	return true;
}

/* Was the identity written? Then a repeat is told with the unique keys. */
static bool has_written_key(const struct object *object)
{
	const char *name = identity_field(object->type);

	return name && value_field_get(&object->body, name);
}

/* Two objects with one id would be one record. */
static bool refuse_same_ids(struct compilation *c)
{
	struct map seen;
	bool ok = true;
	size_t i;

	map_init(&seen, &c->hash_key, NULL);
	for (i = 0; ok && i < c->object_count; i++) {
		struct object *object = c->objects[i], *first;
		struct str key = {(const char *)&object->id, sizeof(object->id)};
		void **place = map_at(&seen, key);

		ok = place != NULL;
		first = ok ? *place : NULL;
		if (ok && !first) {
			*place = object;
		} else if (ok && !object->poisoned && !first->poisoned &&
			   !(has_written_key(object) && has_written_key(first) &&
			     object->type == first->type &&
			     str_eq(object->identity, first->identity))) {
			diag_relate(&c->diags,
				    diag_add(&c->diags, DIAG_DUPLICATE_OBJECT, object->span,
					     "%s '%.*s' has the id of another object",
					     object->type->name, STR_ARG(object->identity)),
				    first->span, "the other one");
		}
	}
	map_free(&seen);
	return ok;
}

/* Every object by its identity too. *shared: a name is not one object's alone, so that two may have
 * the same identity. */
static bool offer_identities(struct compilation *c, bool *shared)
{
	size_t i;

	for (i = 0; i < c->object_count; i++) {
		struct object *holder, *object = c->objects[i];

		if (!offer_name(c, object, object->identity, &holder))
			return false;
		*shared = *shared || holder != object;
		/* a second word for the same name would make two spellings two contents */
		if (str_eq(object->client_id, object->identity))
			object->client_id = STR_NONE;
	}
	return true;
}

static bool give_ids(struct compilation *c)
{
	struct digest_ctx *sha256 = digest_new();
	bool ok = sha256 != NULL;
	size_t i;

	for (i = 0; ok && i < c->object_count; i++)
		ok = object_id(c->objects[i], sha256, &c->objects[i]->id);
	digest_free(sha256);
	return ok;
}

bool identify_objects(struct compilation *c)
{
	bool ok = true, shared = false;
	size_t i;

	for (i = 0; ok && i < c->object_count; i++) {
		ok = give_identity(c, c->objects[i]);
		/* what tells objects apart until they have an id; no id of a server is as high */
		c->objects[i]->id = UINT64_MAX - i;
	}
	for (i = 0; ok && i < c->schema->object_count; i++)
		ok = offer_client_ids(c, &c->state->types[i]);
	if (!ok || !offer_identities(c, &shared))
		return false;
	/* different identities have different ids, but for a collision that only an image suffers
	 * from */
	if (c->options.verdict && !shared)
		return true;
	return give_ids(c) && refuse_same_ids(c);
}
