/*
 * References: every one must lead to an object of this configuration, to one that a server makes by
 * itself, or be the id of a server's object. It needs the names of all objects.
 */
#include "core/suggest.h"
#include "stwc/bind.h"
#include "stwc/walk.h"

struct resolver {
	struct compilation *c;
	struct object *object; /* that refers */
};

static struct diag *reference_error(struct resolver *r, enum diag_code code,
				    const struct value *value, const struct path *path,
				    const char *text)
{
	struct diags *diags = &r->c->diags;
	struct diag *diag = diag_add(diags, code, value->span, "'%.*s' %s",
				     STR_ARG(value->reference.written), text);

	path_place(r->c, diag, r->object, path);
	return diag;
}

static const struct schema_object *target_type(const struct schema_type *type)
{
	return type->target->kind == OBJECT_VIEW ? type->target->structure->object : type->target;
}

static bool is_safe_default(const struct compilation *c, const struct schema_object *target,
			    struct str name)
{
	const char *const *each;

	if (!target->safe_defaults || type_state(c, target)->objects)
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

	if (!diag_kept(&r->c->diags, diag))
		return; /* a look at every object, for nobody to read */
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

static void resolve_by_name(struct resolver *r, struct value *value, const struct path *path)
{
	const struct schema_object *target = target_type(value->type);
	struct str name = str_from(value->reference.written, 1);
	struct object *found = compile_find(r->c, target, name);
	const char *variant = value->type->target->variant;
	struct object *planned;
	struct diag *diag;

	if (!plan_reference(r->c, r->object, value, target, path, !path->field && path->member,
			    &planned))
		return;
	if (planned)
		found = planned;
	if (found && variant && found->body.variant &&
	    strcmp(found->body.variant->name, variant) != 0) {
		diag = reference_error(r, DIAG_DANGLING_REFERENCE, value, path,
				       "is of another variant");
		diag_hint(&r->c->diags, diag, "%s is needed", variant);
		diag_relate(&r->c->diags, diag, found->span, "it is %s", found->body.variant->name);
	} else if (found) {
		value->reference.target = found;
		value->reference.id = found->id;
	} else if (!r->c->options.partial && !r->c->incomplete &&
		   !is_safe_default(r->c, target, name)) {
		diag = diag_add(&r->c->diags, DIAG_DANGLING_REFERENCE, value->span,
				"there is no %s '%.*s'", target->name, STR_ARG(name));
		path_place(r->c, diag, r->object, path);
		suggest_target(r, diag, target, name);
	}
}

/* A text without # is an id of a server, unless it names an object of this configuration. */
static void resolve_literal(struct resolver *r, struct value *value, const struct path *path)
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

static void resolve_value(void *ctx, struct value *value, const struct path *path)
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

static void resolve_object(struct compilation *c, struct object *object)
{
	struct resolver r = {c, object};
	struct walk walk = {resolve_value, &r, HOLDS_REFERENCES};
	struct path_root root;

	walk_object(&walk, &object->body,
		    path_of(&root, object->type, object->shown, object->ordinal));
}

bool resolve_objects(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->object_count; i++)
		resolve_object(c, c->objects[i]);
	for (i = 0; i < c->state->aside_count; i++)
		resolve_object(c, c->state->asides[i]);
	return !c->arena.failed;
}
