/*
 * Identities, references and unique keys: everything that needs to see all objects. The order
 * matters: names first, then references, then keys, since a key may contain a reference.
 */
#include "base/digest.h"
#include "core/suggest.h"
#include "stwc/bind.h"
#include "stwc/walk.h"

static struct value *identity_value(const struct object *object)
{
	size_t i;

	for (i = 0; i < object->type->key_count; i++) {
		if (object->type->keys[i].identity)
			return value_field_get(&object->body, object->type->keys[i].fields[0]);
	}
	return NULL;
}

static bool has_identity_key(const struct schema_object *type)
{
	size_t i;

	for (i = 0; i < type->key_count; i++) {
		if (type->keys[i].identity)
			return true;
	}
	return false;
}

/* 63 bits of SHA-256 over type and identity: the same between builds, never negative. */
static bool object_id(const struct object *object, struct arena *arena, uint64_t *out)
{
	struct str text =
		arena_printf(arena, "%s/%.*s", object->type->name, STR_ARG(object->identity));
	struct digest digest;
	uint64_t id = 0;
	size_t i;

	if (!text.p || !digest_of(text.p, text.n, &digest))
		return false;
	for (i = 0; i < 8; i++)
		id = id << 8 | digest.b[i];
	*out = id & (UINT64_MAX >> 1);
	return true;
}

static struct str type_key(struct arena *arena, const struct schema_object *type, struct str name)
{
	return arena_printf(arena, "%s/%.*s", type->name, STR_ARG(name));
}

/* Gives the object a name to be found by; an earlier holder of the name keeps it. */
static bool offer_name(struct compilation *c, struct object *object, struct str name)
{
	struct str key = type_key(&c->arena, object->type, name);

	if (!key.p)
		return false;
	if (map_has(&c->state->object_names, key))
		return true;
	return map_put(&c->state->object_names, key, object);
}

/* Its place among the nameless objects of the type; the list's own place is for the message. */
static bool identity_by_ordinal(struct compilation *c, struct object *object, struct map *counters)
{
	struct str type = str_c(object->type->name);
	uintptr_t count = (uintptr_t)map_get(counters, type);

	object->by_ordinal = true;
	object->identity = arena_printf(&c->arena, "[%zu]", (size_t)count);
	if (!object->identity.p || !map_put(counters, type, (void *)(count + 1)))
		return false;
	if (!object->poisoned)
		diag_hint(&c->diags,
			  diag_add(&c->diags, DIAG_NO_IDENTITY, object->span,
				   "this %s is known by its place in the list alone",
				   object->type->name),
			  "write the list as a map from names to bodies");
	return true;
}

static bool give_identity(struct compilation *c, struct object *object, struct map *counters)
{
	struct value *key = identity_value(object);

	if (object->type->kind == OBJECT_SINGLETON)
		object->identity = STR("");
	else if (key && key->kind != VALUE_NULL)
		object->identity = value_text(&c->arena, key);
	else if (object->client_id.n)
		object->identity = object->client_id;
	else if (has_identity_key(object->type))
		object->identity = STR(""); /* its absence was reported */
	else if (!identity_by_ordinal(c, object, counters))
		return false;
	return object_id(object, &c->arena, &object->id);
}

static bool give_identities(struct compilation *c)
{
	struct map counters;
	size_t i;

	map_init(&counters, &c->hash_key, &c->arena);
	for (i = 0; i < c->object_count; i++) {
		struct object *object = c->objects[i];

		if (!give_identity(c, object, &counters))
			return false;
		if (object->client_id.n && !offer_name(c, object, object->client_id))
			return false;
	}
	for (i = 0; i < c->object_count; i++) {
		struct object *object = c->objects[i];

		if (!offer_name(c, object, object->identity))
			return false;
		/* a second word for the same name would make two spellings two contents */
		if (str_eq(object->client_id, object->identity))
			object->client_id = STR_NONE;
	}
	return true;
}

/* Two objects with one id would be one record: by the same identity, or by a collision. */
static bool refuse_same_ids(struct compilation *c)
{
	struct map seen;
	size_t i;

	map_init(&seen, &c->hash_key, &c->arena);
	for (i = 0; i < c->object_count; i++) {
		struct object *object = c->objects[i], *first;
		struct str key = arena_printf(&c->arena, "%s/%llx", object->type->name,
					      (unsigned long long)object->id);

		first = key.p ? map_get(&seen, key) : NULL;
		if (!first) {
			if (!key.p || !map_put(&seen, key, object))
				return false;
		} else if (!has_identity_key(object->type) && !object->poisoned) {
			diag_relate(&c->diags,
				    diag_add(&c->diags, DIAG_DUPLICATE_OBJECT, object->span,
					     "%s '%.*s' has the id of another object",
					     object->type->name, STR_ARG(object->identity)),
				    first->span, "the other one");
		}
	}
	return true;
}

/* ---- references ---- */

struct resolver {
	struct compilation *c;
	struct object *object; /* that refers */
};

static void place(struct resolver *r, struct diag *diag, struct str path)
{
	struct diags *diags = &r->c->diags;
	const char *type = r->object->type->name;

	if (r->object->type->kind == OBJECT_SINGLETON) {
		diag_path(diags, diag, "%s/%.*s", type, STR_ARG(path));
		diag_context(diags, diag, "in %s", type);
	} else {
		diag_path(diags, diag, "%s/%.*s/%.*s", type, STR_ARG(r->object->identity),
			  STR_ARG(path));
		diag_context(diags, diag, "in %s '%.*s'", type, STR_ARG(r->object->identity));
	}
}

static struct diag *reference_error(struct resolver *r, enum diag_code code,
				    const struct value *value, struct str path, const char *text)
{
	struct diags *diags = &r->c->diags;
	struct diag *diag = diag_add(diags, code, value->span, "'%.*s' %s",
				     STR_ARG(value->reference.written), text);

	place(r, diag, path);
	return diag;
}

static bool any_object(const struct compilation *c, const struct schema_structure *structure)
{
	size_t i;

	for (i = 0; i < c->object_count; i++) {
		if (c->objects[i]->type->structure == structure)
			return true;
	}
	return false;
}

static const struct schema_object *target_type(const struct schema_type *type)
{
	return type->target->kind == OBJECT_VIEW ? type->target->structure->object : type->target;
}

static bool is_safe_default(const struct compilation *c, const struct schema_object *target,
			    struct str name)
{
	const char *const *each;

	if (!target->safe_defaults || any_object(c, target->structure))
		return false;
	for (each = target->safe_defaults; *each; each++) {
		if (str_eq_c(name, *each))
			return true;
	}
	return false;
}

static void suggest_target(struct resolver *r, struct diag *diag,
			   const struct schema_object *target, struct str name)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < r->c->object_count; i++) {
		struct object *object = r->c->objects[i];

		if (object->type == target)
			suggest_offer(&best,
				      object->client_id.n ? object->client_id : object->identity);
	}
	if (best.best.n)
		diag_hint(&r->c->diags, diag, "did you mean '#%.*s'?", STR_ARG(best.best));
}

static void resolve_by_name(struct resolver *r, struct value *value, struct str path)
{
	const struct schema_object *target = target_type(value->type);
	struct str name = str_from(value->reference.written, 1);
	struct object *found = compile_find(r->c, target, name);
	const char *variant = value->type->target->variant;
	struct diag *diag;

	if (found && variant && found->body.variant &&
	    strcmp(found->body.variant->name, variant) != 0) {
		diag = reference_error(r, DIAG_DANGLING_REFERENCE, value, path,
				       "is of another variant");
		diag_hint(&r->c->diags, diag, "a %s is needed", variant);
		diag_relate(&r->c->diags, diag, found->span, "it is a %s",
			    found->body.variant->name);
	} else if (found) {
		value->reference.target = found;
		value->reference.id = found->id;
	} else if (!r->c->options.partial && !r->c->incomplete &&
		   !is_safe_default(r->c, target, name)) {
		diag = diag_add(&r->c->diags, DIAG_DANGLING_REFERENCE, value->span,
				"there is no %s '%.*s'", target->name, STR_ARG(name));
		place(r, diag, path);
		suggest_target(r, diag, target, name);
	}
}

/* A text without # is an id of a server, unless it names an object of this configuration. */
static void resolve_literal(struct resolver *r, struct value *value, struct str path)
{
	const struct schema_object *target = target_type(value->type);
	struct diag *diag;

	if (compile_find(r->c, target, value->reference.written)) {
		diag = reference_error(r, DIAG_ID, value, path,
				       "is no id but a name of this configuration");
		diag_hint(&r->c->diags, diag, "write '#%.*s'", STR_ARG(value->reference.written));
	} else if (!value->reference.literal) {
		diag = reference_error(r, DIAG_ID, value, path, "is no id");
		diag_hint(&r->c->diags, diag, "an object of this configuration is written '#name'");
	} else if (!r->c->options.partial) {
		reference_error(
			r, DIAG_OUTSIDE_REFERENCE, value, path,
			"is an id of a server; its object is not part of this configuration");
	}
}

/* Files and variables that the configuration names and only the daemon opens. */
static bool is_deferred(const struct value_object *object)
{
	const struct schema_structure *body = object->variant ? object->variant->body : NULL;

	return body && (strcmp(body->name, "SecretKeyFile") == 0 ||
			strcmp(body->name, "SecretKeyEnvironmentVariable") == 0);
}

static void resolve_value(void *ctx, struct value *value, struct str path)
{
	struct resolver *r = ctx;

	if (value->kind == VALUE_OBJECT && is_deferred(&value->object))
		r->c->deferred++;
	if (value->kind != VALUE_REFERENCE || !value->type->target)
		return;
	if (*value->reference.written.p == '#')
		resolve_by_name(r, value, path);
	else
		resolve_literal(r, value, path);
}

/* ---- unique keys ---- */

struct keys {
	struct compilation *c;
	struct object *object;
	const struct schema_key *key;
	struct map *seen; /* scope and value to struct holder */
};

struct holder {
	struct object *object;
	struct span span;
};

static struct str key_text(struct arena *arena, const struct value *value)
{
	if (value->kind == VALUE_REFERENCE && value->reference.target)
		return arena_printf(arena, "%llx", (unsigned long long)value->reference.id);
	return value_text(arena, value);
}

static bool claim(struct keys *k, struct str text, struct span span)
{
	struct compilation *c = k->c;
	const char *scope = k->key->scope ? k->key->scope : k->object->type->name;
	const char *field = k->key->scope ? "" : k->key->fields[0];
	struct str key = arena_printf(&c->arena, "%s/%s/%.*s", scope, field, STR_ARG(text));
	struct holder *holder = key.p ? map_get(k->seen, key) : NULL;
	struct diag *diag;

	if (!key.p)
		return false;
	if (!holder) {
		holder = ARENA_NEW(&c->arena, struct holder);
		if (!holder)
			return false;
		*holder = (struct holder){k->object, span};
		return map_put(k->seen, key, holder);
	}
	if (holder->object == k->object)
		return true;
	diag = diag_add(&c->diags, DIAG_DUPLICATE_VALUE, span, "the %s of this %s is taken: '%.*s'",
			k->key->fields[0], k->object->type->name, STR_ARG(text));
	diag_path(&c->diags, diag, "%s/%.*s/%s", k->object->type->name,
		  STR_ARG(k->object->identity), k->key->fields[0]);
	diag_relate(&c->diags, diag, holder->span, "%s '%.*s' has it", holder->object->type->name,
		    STR_ARG(holder->object->identity));
	return true;
}

/* The fields of one key, all in the same structure. A field that is absent makes no key. */
static bool claim_fields(struct keys *k, const struct value_object *object, size_t skip)
{
	struct arena *arena = &k->c->arena;
	/* the server joins the parts of this scope without a mark between them (validation.md 4.1)
	 */
	const char *mark = k->key->scope && strcmp(k->key->scope, "namespace") == 0 ? "" : "\x1f";
	struct str text = STR("");
	struct span span = SPAN_NONE;
	const char *const *field;

	for (field = k->key->fields; *field; field++) {
		struct value *value = value_field_get(object, *field + skip);
		size_t i;

		if (!value || value->kind == VALUE_NULL)
			return true;
		if (value->kind == VALUE_SEQUENCE) {
			for (i = 0; i < value->sequence.count; i++) {
				struct value *item = value->sequence.items[i];

				if (!claim(k, key_text(arena, item), item->span))
					return false;
			}
			return true;
		}
		if (!span.source)
			span = value->span;
		text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), text.n ? mark : "",
				    STR_ARG(key_text(arena, value)));
	}
	return claim(k, text, span);
}

/* "aliases/name": the same fields of each member of a list. */
static bool claim_members(struct keys *k, size_t slash)
{
	struct str name = {k->key->fields[0], slash};
	struct str copy = arena_str(&k->c->arena, name);
	struct value *list = copy.p ? value_field_get(&k->object->body, copy.p) : NULL;
	size_t i;

	if (!copy.p)
		return false;
	for (i = 0; list && list->kind == VALUE_SEQUENCE && i < list->sequence.count; i++) {
		if (!claim_fields(k, &list->sequence.items[i]->object, slash + 1))
			return false;
	}
	return true;
}

static bool claim_keys(struct compilation *c, struct object *object, struct map *seen)
{
	size_t i;

	for (i = 0; i < object->type->key_count; i++) {
		struct keys k = {c, object, &object->type->keys[i], seen};
		const char *slash = strchr(k.key->fields[0], '/');

		if (!(slash ? claim_members(&k, (size_t)(slash - k.key->fields[0]))
			    : claim_fields(&k, &object->body, 0)))
			return false;
	}
	return true;
}

bool resolve_objects(struct compilation *c)
{
	struct map seen;
	size_t i;

	map_init(&seen, &c->hash_key, &c->arena);
	if (!give_identities(c) || !refuse_same_ids(c))
		return false;
	for (i = 0; i < c->object_count; i++) {
		struct resolver r = {c, c->objects[i]};
		struct walk walk = {resolve_value, &r};

		walk_object(&walk, &c->objects[i]->body);
	}
	for (i = 0; i < c->object_count; i++) {
		if (!claim_keys(c, c->objects[i], &seen))
			return false;
	}
	return !c->arena.failed;
}
