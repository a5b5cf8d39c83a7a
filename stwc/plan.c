/*
 * CLI plans (validation.md 3.5): operations in the order of the file, folded to the state
 * that they leave. create, upsert and update; the passes that destroy speak about objects
 * of a running server and are refused by name.
 */
#include "core/suggest.h"
#include "stwc/dialect.h"

struct operation {
	struct str verb;
	const struct schema_object *type;
	struct node *node;
	struct node *value;
	struct node *id;
};

static struct diag *plan_error(struct file *file, struct span span, const char *text)
{
	return diag_add(&file->c->diags, DIAG_PLAN_LINE, span, "%s", text);
}

/* The reference's name, with or without x:, in any case (3.5). */
static const struct schema_object *plan_type(struct file *file, struct node *name)
{
	const struct schema *schema = file->c->schema;
	struct str word = name->string;
	char lower[128];
	size_t i, j;

	if (str_starts(word, STR("x:")))
		word = str_from(word, 2);
	for (i = 0; i < schema->object_count; i++) {
		struct str candidate = str_c(schema->objects[i].name);

		if (candidate.n != word.n || candidate.n > sizeof(lower))
			continue;
		for (j = 0; j < word.n; j++) {
			if ((candidate.p[j] | 32) != (word.p[j] | 32))
				break;
		}
		if (j == word.n)
			return file_type(file, candidate, name->span);
	}
	return file_type(file, name->string, name->span);
}

static void unknown_member(struct file *file, const struct node_entry *e)
{
	static const char *const known[] = {"@type", "object", "value", "id", "matchOn", "scope"};
	struct diags *diags = &file->c->diags;
	struct diag *diag = diag_add(diags, DIAG_PLAN_LINE, e->key_span,
				     "an operation has no member '%.*s'", STR_ARG(e->key));
	struct suggestion best;
	size_t i;

	suggest_start(&best, e->key);
	for (i = 0; i < ARRAY_LEN(known); i++)
		suggest_offer(&best, str_c(known[i]));
	if (best.best.n)
		diag_hint(diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

static bool is_word(const struct node *node)
{
	return node && node->kind == NODE_STRING;
}

/* Splits an operation into its members; false after a diagnostic. */
static bool parse_operation(struct file *file, struct node *node, struct operation *op)
{
	struct node *object = NULL, *verb = NULL;
	struct node_entry *e;

	*op = (struct operation){.node = node};
	for (e = node->map.first; e; e = e->next) {
		if (str_eq_c(e->key, "@type"))
			verb = e->value;
		else if (str_eq_c(e->key, "object"))
			object = e->value;
		else if (str_eq_c(e->key, "value"))
			op->value = e->value;
		else if (str_eq_c(e->key, "id"))
			op->id = e->value;
		else if (!str_eq_c(e->key, "matchOn") && !str_eq_c(e->key, "scope"))
			unknown_member(file, e);
	}
	if (!is_word(verb) || !is_word(object)) {
		plan_error(file, node->span, "an operation needs @type and object, both texts");
		return false;
	}
	op->verb = verb->string;
	if (str_eq_c(op->verb, "destroy") || str_eq_c(op->verb, "reconcile")) {
		diag_add(&file->c->diags, DIAG_PLAN_OPERATION, verb->span,
			 "'%.*s' cannot be folded without the server's objects", STR_ARG(op->verb));
		return false;
	}
	if (!str_eq_c(op->verb, "create") && !str_eq_c(op->verb, "upsert") &&
	    !str_eq_c(op->verb, "update")) {
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE, verb->span,
				   "'%.*s' is no operation", STR_ARG(op->verb)),
			  "create, update or upsert");
		return false;
	}
	op->type = plan_type(file, object);
	if (!op->type)
		return false;
	if (!op->value || op->value->kind != NODE_MAP) {
		if (!op->value || op->value->kind != NODE_POISON)
			plan_error(file, op->value ? op->value->span : node->span,
				   "an operation needs a value that is a map");
		return false;
	}
	return true;
}

/* The value of create and upsert: client keys to bodies; a leading # on a key is stripped. */
static bool plan_make(struct file *file, const struct operation *op, enum draft_kind kind)
{
	struct node_entry *e;
	size_t ordinal = 0;

	if (op->type->kind == OBJECT_SINGLETON) {
		if (kind == DRAFT_UPSERT) {
			plan_error(file, op->node->span,
				   "a singleton cannot be upserted: use update");
			return true;
		}
	}
	if (!op->value->map.first)
		plan_error(file, op->value->span, "the operation has no object in it");
	for (e = op->value->map.first; e; e = e->next) {
		struct str key = str_starts(e->key, STR("#")) ? str_from(e->key, 1) : e->key;
		const struct str *id = op->type->kind == OBJECT_SINGLETON ? NULL : &key;

		if (!file_object(file, op->type, id, e->key_span, ordinal++, e->value, kind))
			return false;
	}
	return true;
}

/* update: a patch of a singleton, or of the object that id names. */
static bool plan_update(struct file *file, const struct operation *op)
{
	struct compilation *c = file->c;
	bool singleton = op->type->kind == OBJECT_SINGLETON;
	struct str id = STR_NONE;
	struct draft *target;
	struct node *patch = op->value;

	if (!singleton) {
		if (!is_word(op->id)) {
			plan_error(file, op->id ? op->id->span : op->node->span,
				   "update needs the id of the object");
			return true;
		}
		id = op->id->string;
		if (str_starts(id, STR("#"))) {
			id = str_from(id, 1);
			target = draft_find(c, op->type, id);
			if (!target) {
				diag_add(
					&c->diags, DIAG_DANGLING_REFERENCE, op->id->span,
					"no %s with the client id '%.*s' was made before this line",
					op->type->name, STR_ARG(id));
				return true;
			}
		} else {
			target = NULL;
		}
	} else {
		target = draft_find(c, op->type, id);
	}
	if (file->volatile_nodes)
		patch = draft_keep(c, patch, file->source);
	if (!patch)
		return false;
	if (target) {
		target->body = fold_merge(c, op->type->structure, target->body, patch, !singleton);
		return target->body != NULL;
	}
	return file_object(file, op->type, singleton ? NULL : &id,
			   op->id ? op->id->span : op->node->span, 0, op->value,
			   singleton && !c->options.partial ? DRAFT_CREATE : DRAFT_PATCH);
}

bool dialect_plan(struct file *file, struct node *operation)
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
	if (str_eq_c(op.verb, "update"))
		return plan_update(file, &op);
	return plan_make(file, &op, str_eq_c(op.verb, "create") ? DRAFT_CREATE : DRAFT_UPSERT);
}
