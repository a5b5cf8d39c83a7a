/*
 * JMAP request bodies (RFC 8620 section 3.3) of the management interface: each x:Type/set call
 * is the operations of a plan under other names, and is folded by the same rules. Calls that only
 * read, and destroys, leave nothing to fold.
 */
#include "stwc/dialect.h"

static struct node *word(struct file *file, struct str text, struct span span)
{
	return node_string(&file->c->arena, text, span);
}

static bool put(struct file *file, struct node *map, const char *key, struct node *value)
{
	return value && node_map_append(&file->c->arena, &file->c->hash_key, map, str_c(key),
					value->span, value);
}

/* One operation as a plan would write it; `id` NULL: none. */
static bool operation(struct file *file, const char *verb, struct node *object, struct node *id,
		      struct node *value)
{
	struct node *op = node_new(&file->c->arena, NODE_MAP, value->span);

	return op && put(file, op, "@type", word(file, str_c(verb), value->span)) &&
	       put(file, op, "object", object) && (!id || put(file, op, "id", id)) &&
	       put(file, op, "value", value) && dialect_operation(file, op);
}

static bool updates(struct file *file, struct node *object, struct node *patches)
{
	const struct node_entry *e;

	for (e = patches->map.first; e; e = e->next) {
		if (!operation(file, "update", object, word(file, e->key, e->key_span), e->value))
			return false;
	}
	return true;
}

static void refuse(struct file *file, struct span span, struct str what, const char *why)
{
	diag_add(&file->c->diags, DIAG_PLAN_OPERATION, span, "'%.*s' %s", STR_ARG(what), why);
}

static bool is_null(const struct node *node)
{
	return node->kind == NODE_NULL || node->kind == NODE_POISON;
}

static bool set_arguments(struct file *file, struct node *object, struct node *arguments)
{
	const struct node_entry *e;

	for (e = arguments->map.first; e; e = e->next) {
		bool create = str_eq_c(e->key, "create"), update = str_eq_c(e->key, "update");

		if (is_null(e->value) || str_eq_c(e->key, "accountId") ||
		    str_eq_c(e->key, "ifInState"))
			continue;
		if (!create && !update)
			refuse(file, e->key_span, e->key,
			       "cannot be folded without the server's objects");
		else if (e->value->kind != NODE_MAP)
			diag_add(&file->c->diags, DIAG_PLAN_LINE, e->value->span,
				 "'%.*s' takes a map from ids to bodies, not %s", STR_ARG(e->key),
				 node_kind_name(e->value));
		else if (!(create ? operation(file, "create", object, NULL, e->value)
				  : updates(file, object, e->value)))
			return false;
	}
	return true;
}

/* ["x:Domain/set", {…}, "c1"] */
static bool call(struct file *file, struct node *node)
{
	struct node *name = node->kind == NODE_LIST ? node->list.first : NULL;
	struct node *arguments = name ? name->next : NULL;
	struct str text, method = STR("/set");

	if (node->kind == NODE_POISON)
		return true;
	if (!arguments || name->kind != NODE_STRING || arguments->kind != NODE_MAP) {
		diag_add(&file->c->diags, DIAG_PLAN_LINE, node->span,
			 "a method call is a list of its name, its arguments and its id");
		return true;
	}
	text = name->string;
	if (!str_ends(text, method)) {
		refuse(file, name->span, text, "changes nothing that could be checked");
		return true;
	}
	text.n -= method.n;
	name = word(file, text, name->span);
	return name && set_arguments(file, name, arguments);
}

bool dialect_request(struct file *file, struct node *calls)
{
	struct node *node;

	if (calls->kind != NODE_LIST) {
		if (calls->kind != NODE_POISON)
			diag_add(&file->c->diags, DIAG_PLAN_LINE, calls->span,
				 "methodCalls is a list of calls, not %s", node_kind_name(calls));
		return true;
	}
	for (node = calls->list.first; node; node = node->next) {
		if (!call(file, node))
			return false;
	}
	return true;
}
