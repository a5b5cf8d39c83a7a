/* history.stws: which release brought what, as since and until of the rows. */
#include "schemas/schemac/schemac.h"

struct release {
	struct rows *rows;
	const char *version;
	const char *previous;
	bool removed;
};

static void mark(const struct release *r, const char **since, const char **until, bool *deprecated)
{
	if (r->removed) {
		*until = r->previous;
		*deprecated = true;
	} else if (!*since) {
		*since = r->version;
	}
}

static void mark_field(const struct release *r, const struct schema_field *field)
{
	/* The rows are ours until they are emitted. */
	struct schema_field *f = (struct schema_field *)field;

	mark(r, &f->since, &f->until, &f->deprecated);
}

static void mark_variant(const struct release *r, const struct schema_variant *variant)
{
	struct schema_variant *v = (struct schema_variant *)variant;

	mark(r, &v->since, &v->until, &v->deprecated);
}

/* A type stands for all its fields and variants. */
static void mark_structure(const struct release *r, const struct schema_structure *structure)
{
	struct schema_structure *s = (struct schema_structure *)structure;
	bool deprecated = false;

	mark(r, &s->since, &s->until, &deprecated);
	for (size_t i = 0; i < s->field_count; i++)
		mark_field(r, &s->fields[i]);
	for (size_t i = 0; i < s->variant_count; i++)
		mark_variant(r, &s->variants[i]);
}

static void mark_member(const struct release *r, const struct schema_enum_member *member)
{
	struct schema_enum_member *m = (struct schema_enum_member *)member;
	bool deprecated = false;

	mark(r, &m->since, &m->until, &deprecated);
}

/* A member alone: an enum that is new as a whole came with the fields that have it. */
static bool mark_enum(const struct release *r, struct str name)
{
	const char *dot = memchr(name.p, '.', name.n);
	size_t n = dot ? (size_t)(dot - name.p) : name.n;
	const struct schema_enum *e = schema_enum_find(&r->rows->schema, (struct str){name.p, n});
	const struct schema_enum_member *member =
		e && dot ? schema_enum_member_find(e, str_from(name, n + 1)) : NULL;

	if (member)
		mark_member(r, member);
	return e && (!dot || member);
}

static bool mark_part(const struct release *r, struct str name, size_t at)
{
	const struct schema_structure *s =
		schema_structure_find(&r->rows->schema, (struct str){name.p, at});
	const struct schema_field *field;
	const struct schema_variant *variant;

	if (!s)
		return false;
	if (at == name.n) {
		mark_structure(r, s);
		return true;
	}
	field = name.p[at] == '.' ? schema_field_find(s, str_from(name, at + 1)) : NULL;
	variant = name.p[at] == '@' ? schema_variant_find(s, str_from(name, at + 1)) : NULL;
	if (field)
		mark_field(r, field);
	if (variant)
		mark_variant(r, variant);
	return field || variant;
}

/* "Type", "Type.field", "Union@Variant", "enum X" or "enum X.member". */
static bool mark_name(const struct release *r, struct str name)
{
	size_t at = 0;

	if (str_starts(name, STR("enum ")))
		return mark_enum(r, str_from(name, 5));
	while (at < name.n && name.p[at] != '.' && name.p[at] != '@')
		at++;
	return mark_part(r, name, at);
}

static void mark_list(struct release *r, const struct node *row, const char *list)
{
	const struct node *names = node_map_get(row, str_c(list));

	if (!names || names->kind != NODE_LIST)
		return;
	for (const struct node *n = names->list.first; n; n = n->next)
		if (n->kind != NODE_STRING || !mark_name(r, n->string))
			rows_error(r->rows, n->span, "no row has this name");
}

static bool field_exists(const struct schema *schema, struct str name)
{
	const char *dot = memchr(name.p, '.', name.n);
	size_t n = dot ? (size_t)(dot - name.p) : name.n;
	const struct schema_structure *s = schema_structure_find(schema, (struct str){name.p, n});

	return s && schema_field_find(s, str_from(name, n + 1));
}

/* What a field was before is for people; its name must exist. */
static void check_changes(struct release *r, const struct node *row)
{
	static const char *const names[] = {"name", "was", "now", NULL};
	const struct node *changes = node_map_get(row, STR("changed"));

	if (!changes || changes->kind != NODE_LIST)
		return;
	for (const struct node *n = changes->list.first; n; n = n->next) {
		const char *name = "";

		if (n->kind == NODE_MAP) {
			attributes_only(r->rows, n, names, false);
			attribute_string(r->rows, n, "name", &name);
		}
		if (!field_exists(&r->rows->schema, str_c(name)))
			rows_error(r->rows, n->span, "no row has this name");
	}
}

void history_apply(struct rows *rows)
{
	static const char *const names[] = {"version", "added", "removed", "changed", NULL};
	struct release r = {.rows = rows, .previous = "0.16.0"};

	if (!rows->releases)
		return;
	for (const struct node *n = rows->releases->value->list.first; n; n = n->next) {
		if (n->kind != NODE_MAP || !attribute_string(rows, n, "version", &r.version)) {
			rows_error(rows, n->span, "a release needs a version");
			continue;
		}
		if (schema_version_cmp(r.version, r.previous) <= 0)
			rows_error(rows, n->span, "releases stand in order");
		attributes_only(rows, n, names, false);
		r.removed = false;
		mark_list(&r, n, "added");
		r.removed = true;
		mark_list(&r, n, "removed");
		check_changes(&r, n);
		r.previous = r.version;
	}
}
