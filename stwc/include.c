/* What `include` and `include-list` ask for. */
#include "stwc/include.h"

#include "core/suggest.h"

bool include_is_key(struct str key)
{
	return str_eq(key, STR("include")) || str_eq(key, STR("include-list"));
}

bool include_is_list(struct str sub_key)
{
	return str_eq(sub_key, STR("include-list"));
}

/* One include in the making. */
struct offer {
	struct file *file;
	struct include include;
	struct str key; /* "include" or "include-list" */
	bool wrong;     /* reported: it is left out */
};

static void wrong_type(struct offer *offer, const struct node *node, struct str member,
		       const char *takes)
{
	offer->wrong = true;
	if (node->kind == NODE_POISON)
		return;
	if (member.n)
		diag_add(&offer->file->c->diags, DIAG_WRONG_TYPE, node->span,
			 "'%.*s' of %.*s takes %s, not %s", STR_ARG(member), STR_ARG(offer->key),
			 takes, node_kind_name(node));
	else
		diag_add(&offer->file->c->diags, DIAG_WRONG_TYPE, node->span,
			 "'%.*s' takes %s, not %s", STR_ARG(offer->key), takes,
			 node_kind_name(node));
}

static void take_path(struct offer *offer, const struct node *node, struct str member)
{
	if (node->kind != NODE_STRING) {
		wrong_type(offer, node, member, "the name of a file");
		return;
	}
	if (!node->string.n || memchr(node->string.p, '\0', node->string.n)) {
		offer->wrong = true;
		diag_add(&offer->file->c->diags, DIAG_EMPTY_VALUE, node->span,
			 "'%.*s' needs the name of a file", STR_ARG(offer->key));
		return;
	}
	offer->include.path = node->string;
	offer->include.span = node->span;
}

static bool take_flag(struct offer *offer, const struct node_entry *e)
{
	if (e->value->kind == NODE_BOOL)
		return e->value->boolean;
	wrong_type(offer, e->value, e->key, "true or false");
	return false;
}

static void unknown_word(struct offer *offer, const struct node_entry *e, const char *const *words,
			 size_t count)
{
	struct diags *diags = &offer->file->c->diags;
	struct diag *diag =
		diag_add(diags, DIAG_UNKNOWN_MEMBER, e->value->span, "'%.*s' is no %.*s of a list",
			 STR_ARG(e->value->string), STR_ARG(e->key));
	struct suggestion best;
	size_t i;

	offer->wrong = true;
	suggest_start(&best, e->value->string);
	for (i = 0; i < count; i++)
		suggest_offer(&best, str_c(words[i]));
	diag_hint(diags, diag, "did you mean '%.*s'?",
		  STR_ARG(best.best.n ? best.best : str_c(words[0])));
}

/* The number of the word; 0 after a diagnostic. */
static size_t take_word(struct offer *offer, const struct node_entry *e, const char *const *words,
			size_t count)
{
	size_t i;

	if (e->value->kind != NODE_STRING) {
		wrong_type(offer, e->value, e->key, "a text");
		return 0;
	}
	for (i = 0; i < count; i++) {
		if (str_eq_c(e->value->string, words[i]))
			return i;
	}
	unknown_word(offer, e, words, count);
	return 0;
}

static void take_kind(struct offer *offer, const struct node_entry *e)
{
	static const char *const words[] = {
		[LIST_PLAIN] = "plain",
		[LIST_CIDR] = "cidr",
		[LIST_RANGE] = "range",
		[LIST_CSV] = "csv",
	};

	offer->include.form.kind = (enum list_kind)take_word(offer, e, words, ARRAY_LEN(words));
}

static void take_list_type(struct offer *offer, const struct node_entry *e)
{
	static const char *const words[] = {"BlockedIp", "AllowedIp"};
	size_t word = take_word(offer, e, words, ARRAY_LEN(words));

	offer->include.type = schema_object_find(offer->file->c->schema, str_c(words[word]));
}

static void take_column(struct offer *offer, const struct node_entry *e)
{
	struct list_form *form = &offer->include.form;
	uint64_t number;

	if (e->value->kind == NODE_STRING && e->value->string.n) {
		form->column = 0;
		form->name = e->value->string;
		form->header = true;
	} else if (node_as_u64(e->value, &number) && number && number <= UINT16_MAX) {
		form->column = (size_t)number;
	} else {
		wrong_type(offer, e->value, e->key, "a number from 1, or a name in the first line");
	}
}

static void take_delimiter(struct offer *offer, const struct node_entry *e)
{
	const struct node *node = e->value;

	if (node->kind == NODE_STRING && node->string.n == 1 && node->string.p[0] != '"' &&
	    node->string.p[0] != '\n')
		offer->include.form.delimiter = node->string.p[0];
	else
		wrong_type(offer, node, e->key, "one character");
}

static const char *const list_members[] = {"file",   "format",    "type", "column",
					   "header", "delimiter", NULL};
static const char *const source_members[] = {"file", "overlay", NULL};

static void unknown_member(struct offer *offer, const struct node_entry *e,
			   const char *const *members)
{
	struct diags *diags = &offer->file->c->diags;
	struct diag *diag =
		diag_add(diags, DIAG_UNKNOWN_FIELD, e->key_span, "'%.*s' has no member '%.*s'",
			 STR_ARG(offer->key), STR_ARG(e->key));
	struct suggestion best;

	offer->wrong = true;
	suggest_start(&best, e->key);
	for (; *members; members++)
		suggest_offer(&best, str_c(*members));
	if (best.best.n)
		diag_hint(diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

/* What says nothing about the list is a field of its entries: kept for when the type is known. */
static bool keep_field(struct offer *offer, const struct node_entry *e)
{
	struct compilation *c = offer->file->c;

	return node_map_append(&c->arena, &c->hash_key, offer->include.form.body, e->key,
			       e->key_span, e->value);
}

static bool take_list_member(struct offer *offer, const struct node_entry *e)
{
	if (str_eq_c(e->key, "file"))
		take_path(offer, e->value, e->key);
	else if (str_eq_c(e->key, "format"))
		take_kind(offer, e);
	else if (str_eq_c(e->key, "type"))
		take_list_type(offer, e);
	else if (str_eq_c(e->key, "column"))
		take_column(offer, e);
	else if (str_eq_c(e->key, "header"))
		offer->include.form.header = take_flag(offer, e);
	else if (str_eq_c(e->key, "delimiter"))
		take_delimiter(offer, e);
	else
		return keep_field(offer, e);
	return true;
}

static void check_fields(struct offer *offer)
{
	const struct schema_structure *structure = offer->include.type->structure;
	const struct node_entry *e;

	for (e = offer->include.form.body->map.first; e; e = e->next) {
		if (!schema_field_find(structure, e->key) || str_eq_c(e->key, "address"))
			unknown_member(offer, e, list_members);
	}
}

static bool keep_include(struct offer *offer)
{
	struct compilation *c = offer->file->c;
	struct include *kept = ARENA_NEW(&c->arena, struct include),
		       **link = &offer->file->includes;

	if (!kept)
		return false;
	*kept = offer->include;
	while (*link)
		link = &(*link)->next;
	*link = kept;
	return true;
}

static bool finish(struct offer *offer, const struct node *node)
{
	if (!offer->include.path.n && !offer->wrong) {
		offer->wrong = true;
		diag_add(&offer->file->c->diags, DIAG_MISSING_FIELD, node->span,
			 "'%.*s' needs 'file'", STR_ARG(offer->key));
	}
	return offer->wrong || keep_include(offer);
}

static bool offer_list(struct file *file, const struct schema_object *type, struct str key,
		       const struct node *node)
{
	struct compilation *c = file->c;
	struct offer offer = {.file = file, .key = key, .include = {.type = type}};
	const struct node_entry *e;

	offer.include.form = (struct list_form){.column = 1, .delimiter = ','};
	offer.include.form.body = node_new(&c->arena, NODE_MAP, node->span);
	if (!offer.include.form.body)
		return false;
	if (node->kind != NODE_MAP) {
		wrong_type(&offer, node, STR_NONE, "{file, format}");
		return true;
	}
	for (e = node->map.first; e; e = e->next) {
		if (type && str_eq_c(e->key, "type"))
			unknown_member(&offer, e, list_members);
		else if (!take_list_member(&offer, e))
			return false;
	}
	if (!offer.include.type)
		offer.include.type = schema_object_find(c->schema, STR("BlockedIp"));
	if (!offer.include.type)
		return false;
	check_fields(&offer);
	return finish(&offer, node);
}

static bool offer_source(struct file *file, struct str key, const struct node *node)
{
	struct offer offer = {.file = file, .key = key, .include = {.overlay = file->overlay}};
	const struct node_entry *e;

	if (node->kind != NODE_MAP) {
		take_path(&offer, node, STR_NONE);
		return finish(&offer, node);
	}
	for (e = node->map.first; e; e = e->next) {
		if (str_eq_c(e->key, "file"))
			take_path(&offer, e->value, e->key);
		else if (str_eq_c(e->key, "overlay"))
			offer.include.overlay = take_flag(&offer, e) || file->overlay;
		else
			unknown_member(&offer, e, source_members);
	}
	return finish(&offer, node);
}

bool include_offer(struct file *file, const struct schema_object *type,
		   const struct reader_element *element)
{
	bool list = type || include_is_list(element->key);
	struct str key = list ? STR("include-list") : STR("include");
	struct node *node = element->value;
	bool ok = true;

	if (node->kind == NODE_POISON)
		return true;
	if (file->volatile_nodes)
		node = draft_keep(file->c, node, file->source);
	if (!node)
		return false;
	if (node->kind != NODE_LIST)
		return list ? offer_list(file, type, key, node) : offer_source(file, key, node);
	for (node = node->list.first; node && ok; node = node->next)
		ok = list ? offer_list(file, type, key, node) : offer_source(file, key, node);
	return ok;
}
