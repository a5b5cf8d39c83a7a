/* Databases and directories: queries, pools and binds that cannot do what is asked of them. */
#include "stwc/check/lint.h"
#include "stwc/walk.h"

enum placeholder { PLACEHOLDER_NONE = 0, PLACEHOLDER_DOLLAR = 1, PLACEHOLDER_QUESTION = 2 };

/* How much of a query that begins with a quoted text or a comment belongs to it; 0: it begins with
 * neither. In MySQL a backslash takes the next character along (SQL itself knows none). */
static size_t passed_over(struct str query, bool backslash)
{
	bool comment = str_starts(query, STR("/*"));
	size_t n = 1;

	if (str_starts(query, STR("--"))) {
		while (n < query.n && query.p[n] != '\n')
			n++;
		return n;
	}
	if (!comment && !strchr("'\"`", *query.p))
		return 0;
	for (n = comment ? 2 : 1; n < query.n; n++) {
		if (comment && str_starts(str_from(query, n), STR("*/")))
			return n + 2;
		if (!comment && query.p[n] == *query.p)
			return n + 1;
		if (!comment && backslash && query.p[n] == '\\')
			n++;
	}
	return query.n;
}

/* Which placeholders a query has outside of quoted texts and comments: a set of enum placeholder.
 */
static unsigned placeholders(struct str query, bool backslash)
{
	unsigned found = PLACEHOLDER_NONE;
	size_t n;

	for (; query.n; query = str_from(query, n ? n : 1)) {
		n = *query.p ? passed_over(query, backslash) : 0;
		if (n)
			continue;
		if (*query.p == '$' && query.n > 1 && query.p[1] >= '0' && query.p[1] <= '9')
			found |= PLACEHOLDER_DOLLAR;
		if (*query.p == '?')
			found |= PLACEHOLDER_QUESTION;
	}
	return found;
}

/* The database that a directory asks: its own store's, or that of the data. NULL: not known. */
static const char *database(struct compilation *c, const struct object *directory)
{
	const struct value_object *store = lint_object(c, &directory->body, "store");
	const struct object *data = compile_first(c, "DataStore");

	if (!store || !store->variant)
		return NULL;
	if (strcmp(store->variant->name, "Default") != 0)
		return store->variant->name;
	return data && data->body.variant ? data->body.variant->name : NULL;
}

static void check_query(struct compilation *c, const struct object *directory, const char *field,
			const char *name)
{
	struct str query = lint_text(c, &directory->body, field);
	unsigned found =
		query.p ? placeholders(query, strcmp(name, "MySql") == 0) : PLACEHOLDER_NONE;
	/* PostgreSQL has operators with a question mark; SQLite takes either */
	bool wrong = strcmp(name, "PostgreSql") == 0 ? found == PLACEHOLDER_QUESTION
		     : strcmp(name, "MySql") == 0    ? (found & PLACEHOLDER_DOLLAR) != 0
						     : false;
	struct diag *diag;

	if (!wrong)
		return;
	diag = diag_add(&c->diags, DIAG_SQL_PLACEHOLDER, lint_span(directory, field),
			value_field_get(&directory->body, field)
				? "%s has %s, and %s takes %s"
				: "%s is left at its default, which has %s, and %s takes %s",
			field, found & PLACEHOLDER_DOLLAR ? "$1" : "?", name,
			found & PLACEHOLDER_DOLLAR ? "?" : "$1");
	lint_place(c, diag, directory, field);
}

static void check_sql(struct compilation *c, const struct object *directory)
{
	static const char *const queries[] = {"queryLogin", "queryRecipient", "queryMemberOf",
					      "queryEmailAliases"};
	const char *name = database(c, directory);
	size_t i;

	for (i = 0; name && i < ARRAY_LEN(queries); i++)
		check_query(c, directory, queries[i], name);
}

static void report_bind(struct compilation *c, const struct object *directory, const char *field,
			const char *text, const char *hint)
{
	struct diag *diag =
		diag_add(&c->diags, DIAG_LDAP_BIND, lint_span(directory, field), "%s", text);

	lint_place(c, diag, directory, field);
	diag_hint(&c->diags, diag, "%s", hint);
}

/* Passwords are checked by a bind as the user, or by reading them: then the server must be told
 * where they are, and be somebody who may read them. */
static void check_ldap(struct compilation *c, const struct object *directory)
{
	const struct value *dn = value_field_get(&directory->body, "bindDn");
	bool binds = lint_flag(c, &directory->body, "bindAuthentication");
	bool has_dn = dn && dn->kind == VALUE_STRING;
	bool has_secret = !lint_is_variant(lint_object(c, &directory->body, "bindSecret"), "None");
	size_t secrets;

	(void)lint_members(c, &directory->body, "attrSecret", &secrets);
	if (!binds && !secrets)
		report_bind(c, directory, "attrSecret",
			    "without bindAuthentication, passwords are read from attrSecret, which "
			    "names nothing",
			    "name the attribute, or leave bindAuthentication at true");
	if (!binds && !has_dn)
		report_bind(c, directory, "bindAuthentication",
			    "without bindAuthentication, passwords are read, and without a bindDn "
			    "anonymously: a directory shows them to nobody like that",
			    "set bindDn and bindSecret, or leave bindAuthentication at true");
	if (has_secret && !has_dn)
		report_bind(c, directory, "bindSecret",
			    "a bindSecret without a bindDn is not used: searches are anonymous",
			    "set bindDn");
}

void check_directories(struct compilation *c)
{
	const struct object *directory;

	for (directory = compile_first(c, "Directory"); directory; directory = directory->next) {
		if (directory->poisoned)
			continue;
		if (lint_is_variant(&directory->body, "Sql"))
			check_sql(c, directory);
		else if (lint_is_variant(&directory->body, "Ldap"))
			check_ldap(c, directory);
	}
}

struct bounds {
	struct compilation *c;
	const struct object *object;
};

static void check_pair(struct bounds *b, const struct value_object *body, struct span span,
		       const struct path *path)
{
	static const char *const pairs[][2] = {
		{"poolMinConnections", "poolMaxConnections"},
		{"minRetryWait", "maxRetryWait"},
		{"passwordMinLength", "passwordMaxLength"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++) {
		const struct value *least = lint_value(b->c, body, pairs[i][0]);
		const struct value *most = lint_value(b->c, body, pairs[i][1]);
		struct diag *diag;

		if (!least || !most || least->kind != VALUE_UNSIGNED ||
		    most->kind != VALUE_UNSIGNED || least->number <= most->number)
			continue;
		span = least->span.source ? least->span : most->span.source ? most->span : span;
		diag = diag_add(&b->c->diags, DIAG_MIN_ABOVE_MAX, span,
				"%s is %llu%s, more than %s, which is %llu%s", pairs[i][0],
				(unsigned long long)least->number,
				least->span.source ? "" : " by default", pairs[i][1],
				(unsigned long long)most->number,
				most->span.source ? "" : " by default");
		path_place(b->c, diag, b->object, path);
		if (least->span.source && most->span.source)
			diag_relate(&b->c->diags, diag, most->span, "the maximum");
	}
}

static void check_nested(void *ctx, struct value *value, const struct path *path)
{
	if (value->kind == VALUE_OBJECT)
		check_pair(ctx, &value->object, value->span, path);
}

/* Stores stand at the top and inside of directories, look-ups and other stores. */
void check_pools(struct compilation *c)
{
	static const char *const types[] = {
		"DataStore",    "BlobStore",   "SearchStore", "InMemoryStore", "MetricsStore",
		"TracingStore", "Coordinator", "StoreLookup", "Directory",     "Authentication"};
	struct bounds bounds = {.c = c};
	struct walk walk = {check_nested, &bounds, 0};
	struct path_root root;
	const struct object *object;
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		for (object = compile_first(c, types[i]); object; object = object->next) {
			const struct path *top =
				path_of(&root, object->type, object->shown, object->ordinal);

			if (object->poisoned)
				continue;
			bounds.object = object;
			check_pair(&bounds, &object->body, object->span, top);
			walk_object(&walk, &object->body, top);
		}
	}
}
