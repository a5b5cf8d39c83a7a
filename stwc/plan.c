/*
 * CLI plans (validation.md 3.5): operations in the order of the file, folded to the state
 * that they leave. create, upsert and update; the passes that destroy speak about objects
 * of a running server and are refused by name. A plan is lines, a list, or one operation alone.
 */
#include "core/suggest.h"
#include "stwc/dialect.h"

enum verb { VERB_CREATE, VERB_UPSERT, VERB_UPDATE };

struct operation {
	struct node *node;
	struct node *verb_node, *object, *value, *id, *match_on, *scope; /* NULL: not there */
	struct span id_key, match_on_key, scope_key;
	enum verb verb;
	const struct schema_object *type;
};

static struct diag *plan_error(struct file *file, struct span span, const char *text)
{
	return diag_add(&file->c->diags, DIAG_PLAN_LINE, span, "%s", text);
}

/* The reference's name, with or without x:, in any case (3.5). */
static const struct schema_object *plan_type(struct file *file, const struct node *name)
{
	const struct schema *schema = file->c->schema;
	struct str word = name->string;
	size_t i;

	if (schema_object_find(schema, word))
		return file_type(file, word, name->span);
	if (str_starts(word, STR("x:")) || str_starts(word, STR("X:")))
		word = str_from(word, 2);
	for (i = 0; i < schema->object_count; i++) {
		struct str candidate = str_c(schema->objects[i].name);

		if (str_eq_ascii_case(candidate, word))
			return file_type(file, candidate, name->span);
	}
	return file_type(file, name->string, name->span);
}

static const char *const member_names[] = {"@type", "object", "value", "id", "matchOn", "scope"};

bool dialect_is_operation(struct str key)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(member_names); i++) {
		if (str_eq_c(key, member_names[i]))
			return true;
	}
	/* a JMAP request body is folded as a plan */
	return str_eq_c(key, "using") || str_eq_c(key, "methodCalls") ||
	       str_eq_c(key, "createdIds");
}

static void unknown_member(struct file *file, const struct node_entry *e)
{
	struct diags *diags = &file->c->diags;
	struct diag *diag = diag_add(diags, DIAG_PLAN_LINE, e->key_span,
				     "an operation has no member '%.*s'", STR_ARG(e->key));
	struct suggestion best;
	size_t i;

	if (!diag_kept(diags, diag))
		return;
	suggest_start(&best, e->key);
	for (i = 0; i < ARRAY_LEN(member_names); i++)
		suggest_offer(&best, str_c(member_names[i]));
	if (best.best.n)
		diag_hint(diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

static bool is_word(const struct node *node)
{
	return node && node->kind == NODE_STRING;
}

static void split_members(struct file *file, struct operation *op)
{
	struct node_entry *e;

	for (e = op->node->map.first; e; e = e->next) {
		if (str_eq_c(e->key, "@type")) {
			op->verb_node = e->value;
		} else if (str_eq_c(e->key, "object")) {
			op->object = e->value;
		} else if (str_eq_c(e->key, "value")) {
			op->value = e->value;
		} else if (str_eq_c(e->key, "id")) {
			op->id = e->value;
			op->id_key = e->key_span;
		} else if (str_eq_c(e->key, "matchOn")) {
			op->match_on = e->value;
			op->match_on_key = e->key_span;
		} else if (str_eq_c(e->key, "scope")) {
			op->scope = e->value;
			op->scope_key = e->key_span;
		} else {
			unknown_member(file, e);
		}
	}
}

/* False after a diagnostic. */
static bool parse_verb(struct file *file, struct operation *op)
{
	static const char *const verbs[] = {"create", "upsert", "update"};
	struct str word = op->verb_node->string;
	size_t i;

	for (i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq_c(word, verbs[i])) {
			op->verb = (enum verb)i;
			return true;
		}
	}
	if (str_eq_c(word, "destroy") || str_eq_c(word, "reconcile"))
		diag_add(&file->c->diags, DIAG_PLAN_OPERATION, op->verb_node->span,
			 "'%.*s' cannot be folded without the server's objects", STR_ARG(word));
	else
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE, op->verb_node->span,
				   "'%.*s' is no operation", STR_ARG(word)),
			  "create, update or upsert");
	return false;
}

/* What stands beside the verb must be what it asks for. */
static void refuse_strangers(struct file *file, const struct operation *op)
{
	if (op->id && op->verb != VERB_UPDATE)
		plan_error(file, op->id_key, "only an update has an id");
	if (op->match_on && op->verb != VERB_UPSERT)
		plan_error(file, op->match_on_key, "only an upsert has matchOn");
	if (op->scope)
		plan_error(file, op->scope_key, "only a reconcile has a scope");
}

/* Splits an operation into its members; false after a diagnostic. */
static bool parse_operation(struct file *file, struct node *node, struct operation *op)
{
	*op = (struct operation){.node = node};
	split_members(file, op);
	if (!is_word(op->verb_node) || !is_word(op->object)) {
		plan_error(file, node->span, "an operation needs @type and object, both texts");
		return false;
	}
	if (!parse_verb(file, op))
		return false;
	op->type = plan_type(file, op->object);
	if (!op->type)
		return false;
	refuse_strangers(file, op);
	if (!op->value || op->value->kind != NODE_MAP) {
		if (!op->value || op->value->kind != NODE_POISON)
			plan_error(file, op->value ? op->value->span : node->span,
				   "an operation needs a value that is a map");
		return false;
	}
	return true;
}

/* ---- what an upsert finds its object by ---- */

static bool is_match_scalar(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_OBJECT:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: return false;
	case TYPE_BOOLEAN:
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE:
	case TYPE_ENUM: return true;
	}
	return false;
}

/* "*", or a type without a label: every scalar of the body that is no secret. */
static bool match_all(struct file *file, const struct operation *op, const struct node *body,
		      struct match *out)
{
	struct str *fields = ARENA_ARRAY(&file->c->scratch, struct str, body->map.count + 1);
	const struct node_entry *e;

	*out = (struct match){fields, 0};
	for (e = body->map.first; fields && e; e = e->next) {
		const struct schema_field *field = draft_field(op->type->structure, body, e->key);

		if (field && is_match_scalar(field->type))
			fields[out->count++] = e->key;
	}
	return fields != NULL;
}

/* The body must have the field; false after a diagnostic, or where the binder will have one. */
static bool match_field(struct file *file, const struct operation *op, const struct node *body,
			struct str name, struct span span)
{
	const struct schema_structure *fields = fold_fields(op->type->structure, body);
	const struct schema_field *field = fields ? schema_field_find(fields, name) : NULL;
	bool lacks = !node_map_find(body, name);

	if (lacks && !(field && field->required))
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE, body->span,
				   "an upsert finds its %s by '%.*s', which this body lacks",
				   op->type->name, STR_ARG(name)),
			  "give the field, or name others in matchOn");
	else if (!lacks && fields && !field)
		diag_add(&file->c->diags, DIAG_PLAN_LINE, span,
			 "%s has no field '%.*s' to match on", op->type->name, STR_ARG(name));
	return !lacks && (field || !fields);
}

/* The list of names in matchOn; false after a diagnostic. */
static bool match_named(struct file *file, const struct operation *op, const struct node *body,
			struct match *out)
{
	size_t count = op->match_on->list.count;
	struct str *fields = ARENA_ARRAY(&file->c->scratch, struct str, count + 1);
	const struct node *name;
	bool ok = fields != NULL;

	*out = (struct match){fields, 0};
	for (name = op->match_on->list.first; ok && name; name = name->next) {
		fields[out->count++] = name->string;
		ok = match_field(file, op, body, name->string, name->span);
	}
	return ok;
}

/* Is matchOn absent, "*", or a list of names? Said once per operation. */
static bool match_on_fits(struct file *file, const struct operation *op)
{
	const struct node *on = op->match_on, *name;
	bool fits = !on || (on->kind == NODE_STRING && str_eq_c(on->string, "*")) ||
		    (on->kind == NODE_LIST && on->list.count);

	for (name = fits && on && on->kind == NODE_LIST ? on->list.first : NULL; name;
	     name = name->next)
		fits = fits && name->kind == NODE_STRING;
	if (!fits && on->kind != NODE_POISON)
		diag_hint(&file->c->diags,
			  plan_error(file, on->span,
				     "matchOn is a list of fields, not empty, or \"*\""),
			  "such as [\"name\"]");
	return fits;
}

/* What this body is found by; false after a diagnostic. */
static bool match_of(struct file *file, const struct operation *op, const struct node *body,
		     struct match *out)
{
	struct str *label;

	if (op->match_on && op->match_on->kind == NODE_LIST)
		return match_named(file, op, body, out);
	if (op->match_on || !op->type->label)
		return match_all(file, op, body, out);
	label = ARENA_NEW(&file->c->scratch, struct str);
	if (!label)
		return false;
	*label = str_c(op->type->label);
	*out = (struct match){label, 1};
	return match_field(file, op, body, *label, body->span);
}

/* ---- the operations ---- */

static bool make_one(struct file *file, const struct operation *op, const struct node_entry *e,
		     size_t ordinal)
{
	bool upsert = op->verb == VERB_UPSERT;
	struct draft offer = {.type = op->type,
			      .has_client_id = op->type->kind != OBJECT_SINGLETON,
			      .span = e->key_span,
			      .ordinal = ordinal,
			      .body = e->value,
			      .kind = upsert ? DRAFT_UPSERT : DRAFT_CREATE};
	struct match match;

	if (offer.has_client_id)
		offer.client_id = str_starts(e->key, STR("#")) ? str_from(e->key, 1) : e->key;
	if (!upsert || e->value->kind != NODE_MAP)
		return file_object(file, &offer, NULL);
	if (!match_of(file, op, e->value, &match))
		return !file->c->scratch.failed && file_object(file, &offer, NULL);
	return file_object(file, &offer, &match);
}

/* The value of create and upsert: client keys to bodies; a leading # on a key is stripped. */
static bool plan_make(struct file *file, const struct operation *op)
{
	struct node_entry *e;
	size_t ordinal = 0;

	if (op->verb == VERB_UPSERT && op->type->kind == OBJECT_SINGLETON) {
		plan_error(file, op->node->span, "a singleton cannot be upserted: use update");
		return true;
	}
	if (!op->value->map.first)
		plan_error(file, op->value->span, "the operation has no object in it");
	if (op->verb == VERB_UPSERT && !match_on_fits(file, op))
		return true;
	for (e = op->value->map.first; e; e = e->next) {
		if (!make_one(file, op, e, ordinal++))
			return false;
	}
	return true;
}

/* A patch of an object that the plan does not show: checked for what can be known. */
static bool patch_unseen(struct file *file, const struct operation *op, struct str id)
{
	struct draft offer = {.type = op->type,
			      .has_client_id = id.n != 0,
			      .client_id = id,
			      .span = op->id ? op->id->span : op->node->span,
			      .body = op->value,
			      .kind = DRAFT_PATCH};

	return file_object(file, &offer, NULL);
}

static bool patch_draft(struct file *file, const struct operation *op, struct draft *target)
{
	struct node *patch = op->value;

	if (file->volatile_nodes)
		patch = draft_keep(file->c, patch, file->source);
	if (!patch)
		return false;
	target->body = fold_merge(file->c, op->type->structure, target->body, patch,
				  op->type->kind != OBJECT_SINGLETON);
	return target->body != NULL;
}

static bool is_singleton_id(const struct node *id)
{
	return !id || id->kind == NODE_NULL || id->kind == NODE_POISON ||
	       (id->kind == NODE_STRING && str_eq_c(id->string, "singleton"));
}

/* A singleton that the plan has not made yet starts from its defaults. */
static bool update_singleton(struct file *file, const struct operation *op)
{
	struct compilation *c = file->c;
	struct draft *target = draft_find(c, op->type, STR(""));
	struct draft fresh = {.type = op->type,
			      .span = op->node->span,
			      .kind = DRAFT_CREATE,
			      .shapes = source_shapes(c, file->source->number, SHAPES_SERVER),
			      .target_strict = true,
			      .rest_elsewhere = op->type->structure->kind == STRUCTURE_SINGLE,
			      .check_only = op->type->data};

	if (!is_singleton_id(op->id))
		plan_error(file, op->id->span,
			   "the id of a singleton is 'singleton', and need not be given");
	if (!target && (c->options.partial || op->type->data))
		return patch_unseen(file, op, STR_NONE);
	if (!target) {
		/* unions name their variant in the patch itself */
		if (op->type->structure->kind == STRUCTURE_UNION)
			fresh.body = file->volatile_nodes ? draft_keep(c, op->value, file->source)
							  : op->value;
		else
			fresh.body = node_new(&c->arena, NODE_MAP, op->value->span);
		target = fresh.body ? draft_add(c, &fresh) : NULL;
		if (!target || op->type->structure->kind == STRUCTURE_UNION)
			return target != NULL;
	}
	return patch_draft(file, op, target);
}

/* update: a patch of a singleton, or of the object that id names. */
static bool plan_update(struct file *file, const struct operation *op)
{
	struct compilation *c = file->c;
	struct draft *target;
	struct str id;

	if (op->type->kind == OBJECT_SINGLETON)
		return update_singleton(file, op);
	if (!is_word(op->id)) {
		plan_error(file, op->id ? op->id->span : op->node->span,
			   "update needs the id of the object");
		return true;
	}
	id = op->id->string;
	if (!str_starts(id, STR("#")))
		return patch_unseen(file, op, id);
	id = str_from(id, 1);
	target = draft_find(c, op->type, id);
	if (target)
		return patch_draft(file, op, target);
	/* an entry of the address table has no draft to change; what can be known is checked */
	if (op->type->packed)
		return patch_unseen(file, op, id);
	diag_add(&c->diags, DIAG_DANGLING_REFERENCE, op->id->span,
		 "no %s with the client id '%.*s' was made before this line", op->type->name,
		 STR_ARG(id));
	return true;
}

static bool take_operation(struct file *file, struct node *operation)
{
	struct operation op;

	if (operation->kind == NODE_POISON)
		return true;
	if (operation->kind != NODE_MAP) {
		plan_error(file, operation->span, "an operation is an object");
		return true;
	}
	if (!parse_operation(file, operation, &op))
		return true;
	return op.verb == VERB_UPDATE ? plan_update(file, &op) : plan_make(file, &op);
}

bool dialect_plan(struct file *file, const struct reader_element *element)
{
	return element->has_key ? file_collect(file, element)
				: take_operation(file, element->value);
}

bool dialect_operation(struct file *file, struct node *operation)
{
	return take_operation(file, operation);
}

bool dialect_plan_end(struct file *file)
{
	struct node *calls;

	if (!file->whole)
		return true;
	file->volatile_nodes = false; /* kept already */
	calls = node_map_get(file->whole, STR("methodCalls"));
	return calls ? dialect_request(file, calls) : take_operation(file, file->whole);
}
