/*
 * CLI plans (validation.md 3.5): operations in the order in which the client runs them, folded to
 * the state that they leave: destroys before everything else (plan_destroy.c), then create, update,
 * upsert and reconcile as they stand (plan_update.c has the updates), then what the reconciles
 * leave out. A plan is lines, a list, or one operation alone; its names are its own (plan_names.c).
 */
#include "core/suggest.h"
#include "stwc/dialect.h"

struct diag *plan_error(struct file *file, struct span span, const char *text)
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
			op->match_on = e->value->kind == NODE_NULL ? NULL : e->value;
			op->match_on_given = true;
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
	static const char *const verbs[] = {"create", "upsert", "update", "reconcile", "destroy"};
	struct str word = op->verb_node->string;
	size_t i;

	for (i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq_c(word, verbs[i])) {
			op->verb = (enum verb)i;
			return true;
		}
	}
	diag_hint(&file->c->diags,
		  diag_add(&file->c->diags, DIAG_PLAN_LINE, op->verb_node->span,
			   "'%.*s' is no operation", STR_ARG(word)),
		  "create, update, upsert, reconcile or destroy");
	return false;
}

static bool matches(const struct operation *op)
{
	return op->verb == VERB_UPSERT || op->verb == VERB_RECONCILE;
}

/* What stands beside the verb must be what it asks for. */
static void refuse_strangers(struct file *file, const struct operation *op)
{
	if (op->id && op->verb != VERB_UPDATE)
		plan_error(file, op->id_key, "only an update has an id");
	if (op->match_on_given && !matches(op))
		plan_error(file, op->match_on_key, "only an upsert or a reconcile has matchOn");
	if (op->scope && op->scope->kind != NODE_NULL && !matches(op))
		plan_error(file, op->scope_key, "only an upsert or a reconcile has a scope");
}

/* The whole file may be the body of one object, such as the DataStore that is a server's
 * config.json. */
static void hint_body(struct file *file, const struct operation *op, struct diag *diag)
{
	const struct schema_structure *store =
		schema_structure_find(file->c->schema, STR("DataStore"));

	if (store && is_word(op->verb_node) && schema_variant_find(store, op->verb_node->string))
		diag_hint(&file->c->diags, diag,
			  "a server's config.json is checked with --object DataStore");
}

/* Splits an operation into its members; false after a diagnostic. */
static bool parse_operation(struct file *file, struct node *node, struct operation *op)
{
	*op = (struct operation){.node = node};
	split_members(file, op);
	if (!is_word(op->verb_node) || !is_word(op->object)) {
		if (!is_word(op->verb_node))
			plan_error(file, node->span,
				   "an operation needs an @type, such as create or update");
		if (!is_word(op->object))
			hint_body(file, op,
				  plan_error(file, node->span,
					     "an operation needs an object, which is the name of "
					     "a type"));
		return false;
	}
	if (!parse_verb(file, op))
		return false;
	op->type = plan_type(file, op->object);
	if (!op->type)
		return false;
	refuse_strangers(file, op);
	file->c->state->operations = true;
	if (!plan_allows_verb(file, op->type, op->verb, op->object->span))
		return false;
	if (op->verb == VERB_DESTROY) /* its value is a filter, and may be missing */
		return true;
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
	case TYPE_REFERENCE:
	case TYPE_BLOB_ID:
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
	case TYPE_ENUM: return true;
	}
	return false;
}

/* "*", or a type without a label: every scalar of the type that is no secret, whether the body
 * says it or not. */
static bool match_all(struct file *file, const struct operation *op, const struct node *body,
		      struct match *out)
{
	const struct schema_structure *fields = fold_fields(op->type->structure, body);
	size_t count = fields ? fields->field_count : 0, i;
	struct str *names = ARENA_ARRAY(&file->c->scratch, struct str, count + 1);

	*out = (struct match){names, 0};
	for (i = 0; names && i < count; i++) {
		const struct schema_field *field = &fields->fields[i];

		if (is_match_scalar(field->type) && field->update != UPDATE_SERVER_SET)
			names[out->count++] = str_c(field->name);
	}
	return names != NULL;
}

static void hint_field(struct file *file, const struct schema_structure *fields, struct str name,
		       struct diag *diag)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < fields->field_count; i++)
		suggest_offer(&best, str_c(fields->fields[i].name));
	if (best.best.n)
		diag_hint(&file->c->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

/* The body must have the field; false after a diagnostic, or where the binder will have one. */
static bool match_field(struct file *file, const struct operation *op, const struct node *body,
			struct str name, struct span span)
{
	const struct schema_structure *fields = fold_fields(op->type->structure, body);
	const struct schema_field *field = fields ? schema_field_find(fields, name) : NULL;
	bool lacks = !node_map_find(body, name);

	if (str_eq_c(name, "@type") && op->type->structure->kind == STRUCTURE_UNION)
		return true; /* it is matched in any case */
	if (fields && !field)
		hint_field(file, fields, name,
			   diag_add(&file->c->diags, DIAG_PLAN_LINE, span,
				    "%s has no field '%.*s' to match on", op->type->name,
				    STR_ARG(name)));
	else if (lacks && !(field && field->required))
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE, body->span,
				   "an upsert finds its %s by '%.*s', which this body lacks",
				   op->type->name, STR_ARG(name)),
			  "give the field, or name others in matchOn");
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
		if (!str_eq_c(name->string, "@type"))
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

/* The label, by which objects go that are not said to go by anything else. */
static bool match_label(struct file *file, const struct operation *op, const struct node *body,
			struct match *out)
{
	struct str *label = ARENA_NEW(&file->c->scratch, struct str);

	if (!label)
		return false;
	*label = str_c(op->type->label);
	*out = (struct match){label, 1};
	return match_field(file, op, body, *label, body->span);
}

/* Only what is in the scope can be found. */
static bool add_scope(struct file *file, const struct operation *op, struct match *match)
{
	size_t more = op->scope && op->scope->kind == NODE_MAP ? op->scope->map.count : 0;
	struct str *fields = ARENA_ARRAY(&file->c->scratch, struct str, match->count + more + 1);
	const struct node_entry *e = more ? op->scope->map.first : NULL;

	if (!fields)
		return false;
	if (match->count)
		memcpy(fields, match->fields, match->count * sizeof(*fields));
	for (; e; e = e->next) {
		if (!str_eq_c(e->key, "@type"))
			fields[match->count++] = e->key;
	}
	match->fields = fields;
	return true;
}

/* What this body is found by; false after a diagnostic. */
static bool match_of(struct file *file, const struct operation *op, const struct node *body,
		     struct match *out)
{
	bool ok;

	if (op->match_on && op->match_on->kind == NODE_LIST)
		ok = match_named(file, op, body, out);
	else if (op->match_on || !op->type->label)
		ok = match_all(file, op, body, out);
	else
		ok = match_label(file, op, body, out);
	return ok && add_scope(file, op, out);
}

/* A body lies in its operation's scope, and takes from it what it does not say. */
static bool put_in_scope(struct file *file, const struct operation *op, struct node *body)
{
	struct compilation *c = file->c;
	struct arena *arena = file->volatile_nodes ? &c->scratch : &c->arena;
	const struct node_entry *e;

	if (!op->scope || op->scope->kind != NODE_MAP || body->kind != NODE_MAP)
		return true;
	for (e = op->scope->map.first; e; e = e->next) {
		struct node one = {.kind = NODE_MAP};
		struct node_entry entry = {.key = e->key, .value = e->value};
		struct node_entry *said = node_map_find(body, e->key);

		one.map.first = one.map.last = &entry;
		one.map.count = 1;
		if (!said) {
			/* a body holds nothing that is older than itself: binding counts on it */
			struct node *value = file->volatile_nodes
						     ? e->value
						     : draft_keep(c, e->value, file->source);

			if (!value ||
			    !node_map_append(arena, &c->hash_key, body, e->key, e->key_span, value))
				return false;
		} else if (!match_selects(c, op->type, &one, body, false)) {
			diag_relate(&c->diags,
				    diag_add(&c->diags, DIAG_PLAN_LINE, said->value->span,
					     "'%.*s' lies outside the scope of the operation",
					     STR_ARG(e->key)),
				    e->value->span, "the scope");
		}
	}
	return true;
}

/* ---- the operations ---- */

/* The offer has what the objects of the operation share. */
static bool make_one(struct file *file, const struct operation *op, const struct node_entry *e,
		     struct draft *offer)
{
	struct match match;

	if (op->type->data && !plan_allows_body(file, op->type, e->value))
		return true;
	if (offer->has_client_id)
		offer->client_id = str_starts(e->key, STR("#")) ? str_from(e->key, 1) : e->key;
	offer->span = e->key_span;
	offer->body = e->value;
	if (offer->kind != DRAFT_UPSERT || e->value->kind != NODE_MAP)
		return file_object(file, offer, NULL);
	if (!put_in_scope(file, op, e->value))
		return false;
	if (!match_of(file, op, e->value, &match))
		return !file->c->scratch.failed && file_object(file, offer, NULL);
	/* a type may have no scalar that "*" could stand for: its objects are all made anew */
	return file_object(file, offer, match.count ? &match : NULL);
}

/* What is wrong with an upsert or a reconcile as a whole has been said: false. */
static bool matching_fits(struct file *file, const struct operation *op)
{
	if (op->type->kind == OBJECT_SINGLETON) {
		plan_error(file, op->node->span,
			   op->verb == VERB_UPSERT
				   ? "a singleton cannot be upserted: use update"
				   : "a singleton cannot be reconciled: use update");
		return false;
	}
	if (op->verb == VERB_RECONCILE && !op->match_on && !op->type->label) {
		diag_hint(&file->c->diags,
			  plan_error(file, op->node->span,
				     "a reconcile of this type needs matchOn, since its objects "
				     "have no name"),
			  "such as \"matchOn\": \"*\", by which what has changed is made anew");
		return false;
	}
	return match_on_fits(file, op) && plan_scope_fits(file, op->type, op->scope);
}

/* {"name": "x"} where {"a": {"name": "x"}} was meant: a field, and no object behind it. */
static bool is_bare_body(const struct operation *op)
{
	const struct schema_structure *fields = fold_fields(op->type->structure, op->value);
	const struct node_entry *e = op->value->map.first;

	for (; e; e = e->next) {
		if (e->value->kind != NODE_MAP && e->value->kind != NODE_POISON &&
		    (str_eq_c(e->key, "@type") || (fields && schema_field_find(fields, e->key))))
			return true;
	}
	return false;
}

/* The value of create, upsert and reconcile: client keys to bodies. */
static bool plan_make(struct file *file, const struct operation *op)
{
	struct draft offer = {.type = op->type,
			      .has_client_id = op->type->kind != OBJECT_SINGLETON,
			      .kind = matches(op) ? DRAFT_UPSERT : DRAFT_CREATE};
	struct node_entry *e;

	if (matches(op) && !matching_fits(file, op))
		return true;
	if (is_bare_body(op)) {
		diag_hint(&file->c->diags,
			  plan_error(file, op->value->span,
				     "the value is a map from client ids to objects, and this is "
				     "an object itself"),
			  "such as {\"a\": {…}}");
		return true;
	}
	if (!op->value->map.first && op->verb != VERB_RECONCILE)
		plan_error(file, op->value->span, "the operation has no object in it");
	for (e = op->value->map.first; e; e = e->next, offer.ordinal++) {
		if (!make_one(file, op, e, &offer))
			return false;
	}
	return op->verb != VERB_RECONCILE || op->type->data ||
	       plan_sweep_later(file, op->type, op->scope, op->node->span);
}

bool dialect_destroy(struct file *file, struct node *operation)
{
	struct operation op;

	if (!parse_operation(file, operation, &op))
		return true;
	return plan_destroy(file, op.type, op.value, op.node->span);
}

/* A destroy in a row of operations was done before the first of them. */
static bool run_operation(struct file *file, const struct operation *op)
{
	switch (op->verb) {
	case VERB_UPDATE: return plan_update(file, op);
	case VERB_CREATE:
	case VERB_UPSERT:
	case VERB_RECONCILE: return plan_make(file, op);
	case VERB_DESTROY:
		return file->whole != op->node ||
		       plan_destroy(file, op->type, op->value, op->node->span);
	}
	return true;
}

static bool is_destroy(const struct node *operation)
{
	const struct node *verb = node_map_get(operation, STR("@type"));

	return verb && verb->kind == NODE_STRING && str_eq_c(verb->string, "destroy");
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
	if (is_destroy(operation) && operation != file->whole)
		return plan_destroy_later(file, operation);
	file->operation = operation->span;
	if (!parse_operation(file, operation, &op))
		return true;
	return run_operation(file, &op);
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

/* The last operations, or the only one. */
static bool run_rest(struct file *file)
{
	struct node *calls;

	if (!file->whole)
		return plan_destroy_rest(file);
	file->volatile_nodes = false; /* kept already */
	calls = node_map_get(file->whole, STR("methodCalls"));
	return calls ? dialect_request(file, calls) : take_operation(file, file->whole);
}

bool dialect_plan_end(struct file *file)
{
	bool ok = run_rest(file) && plan_sweep(file);

	plan_late_report(file);
	return ok;
}
