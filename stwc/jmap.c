/*
 * JMAP request bodies (RFC 8620 section 3.3) of the management interface: each x:Type/set call
 * is the operations of a plan under other names, and is folded by the same rules: within a call
 * creates, then updates, then destroys (validation.md 3.4). Calls that only read change nothing.
 */
#include "stwc/dialect.h"
#include "stwc/view_plan.h"

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

/* One id of a destroy: #name is an object that the request has made; any other is one of the
 * server's, which is not shown here. */
static bool destroy(struct file *file, const struct schema_object *type, const struct node *id)
{
	struct node filter = {.kind = NODE_MAP};
	const struct plan_name *said;
	struct str name;

	if (id->kind == NODE_POISON)
		return true;
	if (id->kind != NODE_STRING) {
		diag_add(&file->c->diags, DIAG_PLAN_LINE, id->span, "an id is a text, not %s",
			 node_kind_name(id));
		return true;
	}
	if (type->kind == OBJECT_SINGLETON)
		return plan_destroy(file, type, &filter, id->span);
	if (!str_starts(id->string, STR("#")))
		return true;
	name = str_from(id->string, 1);
	said = plan_name_at(file->c, name, file->source->number, id->span.begin);
	if (said && said->type == type)
		return plan_destroy_one(file, &file->c->state->drafts[said->draft], id->span);
	diag_add(&file->c->diags, DIAG_DANGLING_REFERENCE, id->span,
		 "no %s with the client id '%.*s' was made before this call", type->name,
		 STR_ARG(name));
	return true;
}

static bool destroys(struct file *file, const struct schema_object *type, const struct node *ids,
		     const struct node *updated)
{
	const struct node *id;

	for (id = ids->list.first; id; id = id->next) {
		if (id->kind == NODE_STRING && updated && updated->kind == NODE_MAP &&
		    node_map_find(updated, id->string))
			diag_add(&file->c->diags, DIAG_PLAN_LINE, id->span,
				 "'%.*s' is updated and destroyed by one call",
				 STR_ARG(id->string));
		if (!destroy(file, type, id))
			return false;
	}
	return true;
}

/* More than a server takes at once, unless its Jmap object says otherwise (validation.md 3.4). */
static void check_count(struct file *file, struct span span, size_t count, size_t limit,
			const char *what, const char *field)
{
	if (count > limit)
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_REQUEST_SIZE, span,
				   "%zu %s, and a server takes %zu", count, what, limit),
			  "Jmap.%s of the server may allow more; a plan has no such limit", field);
}

static bool known_argument(struct str key)
{
	static const char *const names[] = {"create",   "update",    "destroy",
					    "#destroy", "accountId", "ifInState"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(key, names[i]))
			return true;
	}
	return false;
}

static void check_arguments(struct file *file, const struct node *arguments)
{
	const struct node_entry *e;

	for (e = arguments->map.first; e; e = e->next) {
		bool list = str_eq_c(e->key, "destroy");
		bool map = str_eq_c(e->key, "create") || str_eq_c(e->key, "update");

		if (!known_argument(e->key))
			diag_hint(&file->c->diags,
				  diag_add(&file->c->diags, DIAG_PLAN_LINE, e->key_span,
					   "a set call has no argument '%.*s'", STR_ARG(e->key)),
				  "create, update or destroy");
		else if (str_eq_c(e->key, "#destroy"))
			refuse(file, e->key_span, e->key,
			       "cannot be folded without the server's objects");
		else if (!is_null(e->value) && ((list && e->value->kind != NODE_LIST) ||
						(map && e->value->kind != NODE_MAP)))
			diag_add(&file->c->diags, DIAG_PLAN_LINE, e->value->span,
				 list ? "'%.*s' takes a list of ids, not %s"
				      : "'%.*s' takes a map from ids to bodies, not %s",
				 STR_ARG(e->key), node_kind_name(e->value));
	}
}

static struct node *argument(const struct node *arguments, const char *name, enum node_kind kind)
{
	struct node *node = node_map_get(arguments, str_c(name));

	return node && node->kind == kind ? node : NULL;
}

static bool set_arguments(struct file *file, struct node *object, struct node *arguments)
{
	struct node *create = argument(arguments, "create", NODE_MAP);
	struct node *update = argument(arguments, "update", NODE_MAP);
	struct node *gone = argument(arguments, "destroy", NODE_LIST);
	const struct schema_object *type = NULL;

	check_arguments(file, arguments);
	check_count(file, arguments->span,
		    (create ? create->map.count : 0) + (update ? update->map.count : 0) +
			    (gone ? gone->list.count : 0),
		    VIEW_BATCH, "objects in one call", "setMaxObjects");
	if (create && create->map.first && !operation(file, "create", object, NULL, create))
		return false;
	if (update && !updates(file, object, update))
		return false;
	/* an empty call names a type, too */
	if ((gone && gone->list.first) ||
	    !((create && create->map.first) || (update && update->map.first)))
		type = file_type(file, object->string, object->span);
	file->c->state->operations = true;
	if (!type || !gone || !gone->list.first ||
	    !plan_allows_verb(file, type, VERB_DESTROY, gone->span))
		return true;
	return destroys(file, type, gone, update);
}

/* A server has the methods x:Type/get, set and query, and no query of a singleton; the data of JMAP
 * itself goes without x: and has more (management-api.md 2.1). */
static void check_method(struct file *file, const struct node *name, struct str type_name)
{
	const struct schema_object *type = schema_object_find(file->c->schema, type_name);
	struct str method = str_from(name->string, type_name.n);
	bool wrong = str_eq_c(method, "/changes") || str_eq_c(method, "/queryChanges") ||
		     (type && str_eq_c(method, "/query") && type->kind == OBJECT_SINGLETON);

	if (!type || !str_starts(str_c(type->wire_name), STR("x:")))
		return;
	if (!str_starts(type_name, STR("x:")))
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE, name->span,
				   "a server has no method '%.*s'", STR_ARG(name->string)),
			  "x:%.*s", STR_ARG(name->string));
	else if (wrong)
		diag_add(&file->c->diags, DIAG_PLAN_LINE, name->span,
			 "a server has no method '%.*s': %s can be %s", STR_ARG(name->string),
			 type->name,
			 type->kind == OBJECT_SINGLETON ? "got and set" : "got, set and queried");
}

/* The name of the type in a method's name: two types of JMAP itself are called as settings are. */
static struct str type_of_method(struct file *file, const struct node *name, size_t n)
{
	struct str text = {name->string.p, n};
	struct str native = arena_printf(&file->c->arena, "jmap:%.*s", STR_ARG(text));

	if (native.p && schema_object_find(file->c->schema, native))
		return native;
	check_method(file, name, text);
	return text;
}

/* Calls that change nothing here: they read, or act on a server's own data. */
static bool reads_only(struct file *file, const struct node *name)
{
	static const char *const methods[] = {"/get", "/query", "/changes", "/queryChanges"};
	size_t slash = 0, i;

	while (slash < name->string.n && name->string.p[slash] != '/')
		slash++;
	for (i = 0; i < ARRAY_LEN(methods); i++) {
		if (!str_eq_c(str_from(name->string, slash), methods[i]))
			continue;
		(void)file_type(file, type_of_method(file, name, slash), name->span);
		file->c->state->operations = true;
		return true;
	}
	refuse(file, name->span, name->string, "changes nothing that could be checked");
	return true;
}

/* ["x:Domain/set", {…}, "c1"] */
static bool call(struct file *file, struct node *node)
{
	struct node *name = node->kind == NODE_LIST ? node->list.first : NULL;
	struct node *arguments = name ? name->next : NULL;
	struct node *id = arguments ? arguments->next : NULL;
	struct str method = STR("/set");

	if (node->kind == NODE_POISON)
		return true;
	if (!id || id->next || name->kind != NODE_STRING || arguments->kind != NODE_MAP ||
	    id->kind != NODE_STRING) {
		diag_add(&file->c->diags, DIAG_PLAN_LINE, node->span,
			 "a method call is a list of its name, its arguments and its id, which is "
			 "a text");
		return true;
	}
	if (!str_ends(name->string, method))
		return reads_only(file, name);
	name = word(file, type_of_method(file, name, name->string.n - method.n), name->span);
	return name && set_arguments(file, name, arguments);
}

/* Names that the client brings along stand for objects of the server. */
static bool brought_names(struct file *file)
{
	const struct node *ids = node_map_get(file->whole, STR("createdIds"));
	const struct node_entry *e;

	for (e = ids && ids->kind == NODE_MAP ? ids->map.first : NULL; e; e = e->next) {
		struct plan_name name = {.operation = {file->source->number, 0, 0},
					 .key = e->key_span};

		if (!plan_name_add(file->c, e->key, &name))
			return false;
	}
	return true;
}

/* A request says what it uses, and a server refuses it whole for a word that it never heard of
 * (management-api.md 1.3). */
static void check_using(struct file *file)
{
	const struct node *using = node_map_get(file->whole, STR("using"));
	const struct node *urn;

	if (!using || using->kind != NODE_LIST)
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_PLAN_LINE,
				   using ? using->span : file->whole->span,
				   "a request needs 'using', a list of capabilities"),
			  "\"using\": [\"urn:ietf:params:jmap:core\", \"urn:stalwart:jmap\"]");
	for (urn = using && using->kind == NODE_LIST ? using->list.first : NULL; urn;
	     urn = urn->next) {
		if (urn->kind != NODE_STRING ||
		    (!str_starts(urn->string, STR("urn:ietf:params:jmap:")) &&
		     !str_starts(urn->string, STR("urn:stalwart:"))))
			diag_add(&file->c->diags, DIAG_PLAN_LINE, urn->span,
				 "a server knows no such capability, and refuses the request");
	}
}

bool dialect_request(struct file *file, struct node *calls)
{
	struct node *node;

	if (!brought_names(file))
		return false;
	check_using(file);
	if (calls->kind == NODE_LIST)
		check_count(file, calls->span, calls->list.count, VIEW_CALLS,
			    "calls in one request", "maxMethodCalls");
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
