/* stw's own form and bare bodies, and what every dialect needs to make objects. */
#include "stwc/dialect.h"

#include "core/suggest.h"

static bool ascii_same(struct str a, struct str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		char x = a.p[i] >= 'A' && a.p[i] <= 'Z' ? (char)(a.p[i] + 32) : a.p[i];
		char y = b.p[i] >= 'A' && b.p[i] <= 'Z' ? (char)(b.p[i] + 32) : b.p[i];

		if (x != y)
			return false;
	}
	return true;
}

static void unknown_type(struct file *file, struct str name, struct span span)
{
	struct diags *diags = &file->c->diags;
	struct diag *diag = diag_add(diags, DIAG_UNKNOWN_TYPE, span,
				     "no object type is called '%.*s'", STR_ARG(name));
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < file->c->schema->object_count; i++) {
		const struct schema_object *type = &file->c->schema->objects[i];

		if (type->kind != OBJECT_VIEW && !type->data)
			suggest_offer(&best, str_c(type->name));
	}
	if (best.best.n)
		diag_hint(diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	else if (name.n && name.p[0] >= 'a' && name.p[0] <= 'z')
		diag_hint(diags, diag, "for the 0.15 settings say --from settings");
}

/* The standard JMAP types carry a prefix in our rows, since two of their names are taken. */
static const struct schema_object *jmap_type(struct compilation *c, struct str name)
{
	struct str full = arena_printf(&c->arena, "jmap:%.*s", STR_ARG(name));

	return full.p ? schema_object_find(c->schema, full) : NULL;
}

const struct schema_object *file_type(struct file *file, struct str name, struct span span)
{
	struct compilation *c = file->c;
	const struct schema_object *type = schema_object_find(c->schema, name);

	if (!type)
		type = jmap_type(c, name);
	if (!type) {
		unknown_type(file, name, span);
		return NULL;
	}
	if (type->data && file->dialect == DIALECT_PLAN) {
		diag_add(&c->diags, DIAG_NOT_CARRIED, span,
			 "%s belongs to a running server; it is checked and not carried",
			 type->name);
		return type;
	}
	if (type->kind == OBJECT_VIEW || type->data) {
		struct diag *diag =
			diag_add(&c->diags, DIAG_NOT_CONFIGURATION, span,
				 type->kind == OBJECT_VIEW
					 ? "'%s' is a view, not a type of its own"
					 : "'%s' is data of a running server, not configuration",
				 type->name);

		if (type->kind == OBJECT_VIEW)
			diag_hint(&c->diags, diag, "it shows objects of %s", type->structure->name);
		return NULL;
	}
	return type;
}

static enum shapes file_shapes(const struct file *file)
{
	if (file->c->options.has_shapes)
		return file->c->options.shapes;
	return file->dialect == DIALECT_PLAN ? SHAPES_SERVER : SHAPES_OWN;
}

static void report_duplicate(struct file *file, const struct draft *draft,
			     const struct draft *first)
{
	struct diags *diags = &file->c->diags;
	struct diag *diag;

	if (draft->has_client_id)
		diag = diag_add(diags, DIAG_DUPLICATE_OBJECT, draft->span,
				"%s '%.*s' is given twice", draft->type->name,
				STR_ARG(draft->client_id));
	else
		diag = diag_add(diags, DIAG_DUPLICATE_OBJECT, draft->span, "%s is given twice",
				draft->type->name);
	diag_relate(diags, diag, first->span, "first given here");
}

/* The earlier draft of the same name takes the new one in, or the repeat is an error. */
static bool join_draft(struct file *file, struct draft *first, const struct draft *draft)
{
	struct compilation *c = file->c;
	bool update = draft->kind == DRAFT_UPSERT ||
		      (draft->kind == DRAFT_CREATE && draft->type->kind == OBJECT_SINGLETON);

	if (!file->overlay && !update) {
		report_duplicate(file, draft, first);
		return true;
	}
	first->body = fold_merge(c, draft->type->structure, first->body, draft->body, false);
	return first->body != NULL;
}

bool file_object(struct file *file, const struct schema_object *type, const struct str *client_id,
		 struct span span, size_t ordinal, struct node *body, enum draft_kind kind)
{
	struct compilation *c = file->c;
	struct draft draft = {.type = type,
			      .has_client_id = client_id != NULL,
			      .span = span,
			      .ordinal = ordinal,
			      .body = body,
			      .kind = kind,
			      .shapes = file_shapes(file),
			      .target_strict = file->dialect == DIALECT_PLAN,
			      .check_only = kind == DRAFT_PATCH || type->data};
	struct draft *first;

	if (body->kind == NODE_POISON)
		return true;
	if (client_id)
		draft.client_id = *client_id;
	if (type->packed && !draft.check_only)
		return packed_append(c, &draft);
	if (file->volatile_nodes) {
		draft.body = draft_keep(c, body, file->source);
		draft.client_id = arena_str(&c->arena, draft.client_id);
		if (!draft.body || (client_id && !draft.client_id.p))
			return false;
	}
	first = !draft.check_only && (client_id || type->kind == OBJECT_SINGLETON)
			? draft_find(c, type, draft.client_id)
			: NULL;
	if (first)
		return join_draft(file, first, &draft);
	return draft_add(c, &draft) != NULL;
}

static bool own_container(struct file *file, const struct schema_object *type,
			  const struct reader_element *element)
{
	struct node *value = element->value;

	if (value->kind == NODE_POISON || element->container_only)
		return true;
	diag_add(&file->c->diags, DIAG_WRONG_TYPE, value->span,
		 "%s takes a map from names to objects, or a list of objects, not %s", type->name,
		 node_kind_name(value));
	return true;
}

bool dialect_own(struct file *file, const struct reader_element *element)
{
	const struct schema_object *type;

	/* a split type is asked for again with each entry: only the first complains */
	if (element->has_sub_key || element->is_member)
		type = schema_object_find(file->c->schema, element->key);
	else
		type = file_type(file, element->key, element->key_span);
	if (!type || type->data || type->kind == OBJECT_VIEW) {
		if (type && element->ordinal == 0)
			(void)file_type(file, element->key, element->key_span);
		return true;
	}
	if (type->kind == OBJECT_SINGLETON)
		return file_object(file, type, NULL, element->key_span, 0, element->value,
				   DRAFT_OWN);
	if (element->has_sub_key)
		return file_object(file, type, &element->sub_key, element->sub_key_span,
				   element->ordinal, element->value, DRAFT_OWN);
	if (element->is_member)
		return file_object(file, type, NULL, element->value->span, element->ordinal,
				   element->value, DRAFT_OWN);
	return own_container(file, type, element);
}

/* Over a map the entries are the fields of one body; else each element is a body. */
bool dialect_bodies(struct file *file, const struct reader_element *element)
{
	struct compilation *c = file->c;
	struct node *value = element->value;

	if (!element->has_key)
		return file_object(file, file->implied, NULL, value->span, element->ordinal, value,
				   DRAFT_OWN);
	if (!file->whole)
		file->whole = node_new(&c->arena, NODE_MAP, element->key_span);
	if (!file->whole)
		return false;
	if (file->volatile_nodes)
		value = draft_keep(c, value, file->source);
	return value && node_map_append(&c->arena, &c->hash_key, file->whole, element->key,
					element->key_span, value);
}

bool dialect_bodies_end(struct file *file)
{
	struct node *whole = file->whole;
	struct span start;

	if (!whole)
		return true;
	start = (struct span){file->source->number, whole->span.begin, whole->span.end};
	file->volatile_nodes = false; /* kept already */
	return file_object(file, file->implied, NULL, start, 0, whole, DRAFT_OWN);
}

/* Skips blanks and comments; the offset of what follows. */
static size_t skip_blank(struct str text)
{
	size_t at = 0;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < text.n) {
		char ch = text.p[at];

		if (ch == '#') {
			while (at < text.n && text.p[at] != '\n')
				at++;
		} else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n') {
			at++;
		} else {
			break;
		}
	}
	return at;
}

/* Object types start with an upper-case letter, or with x:; settings are lower case. A lower-case
 * spelling of a type is a mistake in stw's form, and is told so there. */
bool dialect_is_settings(const struct schema *schema, struct str text)
{
	struct str rest = str_from(text, skip_blank(text));
	struct str word;
	size_t i;

	while (rest.n && (*rest.p == '[' || *rest.p == '"' || *rest.p == ' '))
		rest = str_from(rest, 1);
	word = (struct str){rest.p, 0};
	while (word.n < rest.n &&
	       (rest.p[word.n] == '-' || rest.p[word.n] == '_' || rest.p[word.n] == ':' ||
		(rest.p[word.n] >= '0' && rest.p[word.n] <= '9') ||
		(rest.p[word.n] >= 'A' && rest.p[word.n] <= 'Z') ||
		(rest.p[word.n] >= 'a' && rest.p[word.n] <= 'z')))
		word.n++;
	if (!word.n || word.p[0] < 'a' || word.p[0] > 'z' || str_starts(word, STR("x:")))
		return false;
	for (i = 0; i < schema->object_count; i++) {
		if (ascii_same(word, str_c(schema->objects[i].name)))
			return false;
	}
	return true;
}
