/*
 * What a plan takes away (validation.md 3.5). Destroys come first, the last of the file before the
 * others, and see what was there before the plan; what a reconcile does not name goes at the end.
 * So the destroys of a file are read ahead of everything else in it. An object to which another
 * one refers stays, and so does a server's.
 */
#include <stdlib.h>

#include "stwc/dialect.h"

/* ---- who refers to whom ---- */

struct link {
	size_t from;
	struct span span;
	struct link *next; /* to the same object */
	const struct schema_field *field;
};

struct links {
	struct compilation *c;
	struct link **to; /* by draft: those that refer to it */
	const struct schema_field *field;
	size_t from;
};

static void note_link(struct links *links, const struct schema_type *type, struct str written,
		      struct span span)
{
	const struct schema_object *target = type->target;
	const struct draft *draft;
	struct link *link;

	if (target && target->kind == OBJECT_VIEW)
		target = target->structure->object;
	if (!target || !str_starts(written, STR("#")))
		return;
	draft = draft_named(links->c, target, str_from(written, 1), span.source);
	link = draft ? ARENA_NEW(&links->c->arena, struct link) : NULL;
	if (!link)
		return; /* the arena remembers */
	*link = (struct link){links->from, span, links->to[draft - links->c->state->drafts],
			      links->field};
	links->to[draft - links->c->state->drafts] = link;
}

static void find_links(struct links *links, const struct schema_type *type,
		       const struct node *node);

static void find_in_map(struct links *links, const struct schema_type *type, const struct node *map)
{
	const struct schema_structure *fields =
		type->kind == TYPE_OBJECT ? fold_fields(type->structure, map) : NULL;
	const struct node_entry *e;

	for (e = map->map.first; e; e = e->next) {
		const struct schema_field *field =
			fields ? schema_field_find(fields, e->key) : NULL;

		if (field)
			find_links(links, field->type, e->value);
		else if (type->kind == TYPE_LIST || type->kind == TYPE_MAP)
			find_links(links, type->element, e->value);
		else if (type->kind == TYPE_SET && type->element->kind == TYPE_REFERENCE &&
			 e->value->kind == NODE_BOOL && e->value->boolean)
			note_link(links, type->element, e->key, e->key_span);
	}
}

static void find_links(struct links *links, const struct schema_type *type, const struct node *node)
{
	const struct node *member;

	if (node->kind == NODE_MAP) {
		find_in_map(links, type, node);
	} else if (node->kind == NODE_LIST) {
		for (member = node->list.first; type->element && member; member = member->next)
			find_links(links, type->element, member);
	} else if (node->kind == NODE_STRING) {
		if (type->kind == TYPE_SET && type->element->kind == TYPE_REFERENCE)
			type = type->element;
		if (type->kind == TYPE_REFERENCE)
			note_link(links, type, node->string, node->span);
	}
}

static bool collect_links(struct compilation *c, struct links *links)
{
	size_t count = c->state->draft_count, i;

	*links = (struct links){.c = c};
	links->to = ARENA_ARRAY(&c->arena, struct link *, count + 1);
	for (i = 0; links->to && i < count; i++) {
		const struct draft *draft = &c->state->drafts[i];
		const struct schema_structure *fields;
		const struct node_entry *e;

		if (draft->dropped || draft->check_only || draft->body->kind != NODE_MAP)
			continue;
		links->from = i;
		fields = fold_fields(draft->type->structure, draft->body);
		for (e = draft->body->map.first; fields && e; e = e->next) {
			links->field = schema_field_find(fields, e->key);
			if (links->field)
				find_links(links, links->field->type, e->value);
		}
	}
	return links->to && !c->arena.failed;
}

/* What belongs to an account goes with it (validation.md 4.2). */
static bool goes_along(const struct draft *from, const struct schema_field *field)
{
	return strcmp(field->name, "accountId") == 0 &&
	       (strcmp(from->type->name, "PublicKey") == 0 ||
		strcmp(from->type->name, "MaskedEmail") == 0);
}

/* The first that keeps the draft, which is another one. */
static const struct link *keeper_of(const struct links *links, const struct draft *draft)
{
	const struct draft *drafts = links->c->state->drafts;
	const struct link *link;

	for (link = links->to[draft - drafts]; link; link = link->next) {
		const struct draft *from = &drafts[link->from];

		if (!from->dropped && from != draft && !goes_along(from, link->field))
			return link;
	}
	return NULL;
}

/* ---- objects that go ---- */

struct leaving {
	struct file *file;
	const struct schema_object *type;
	const struct node *filter; /* NULL: every object */
	struct span span;          /* of the operation, for what is refused */
	bool reconcile;            /* a scope, not a filter */
};

static bool leaves(const struct leaving *what, const struct draft *draft)
{
	struct compilation *c = what->file->c;

	if (draft->type != what->type || draft->dropped || draft->check_only ||
	    draft->body->kind != NODE_MAP)
		return false;
	if (draft->touched == what->file->source->number)
		return false; /* the plan has made or named it */
	return match_selects(c, what->type, what->filter, draft->body, !what->reconcile);
}

static void refuse_linked(struct compilation *c, const struct leaving *what,
			  const struct draft *draft, const struct link *link)
{
	const struct draft *from = &c->state->drafts[link->from];
	const struct node *whole = what->file->whole;
	struct diag *diag;

	if (from->type->kind == OBJECT_SINGLETON)
		diag = diag_add(&c->diags, DIAG_LINKED_OBJECT, what->span,
				"a server does not destroy %s '%.*s': %s still refers to it",
				draft->type->name, STR_ARG(draft->client_id), from->type->name);
	else
		diag = diag_add(&c->diags, DIAG_LINKED_OBJECT, what->span,
				"a server does not destroy %s '%.*s': %s '%.*s' still refers to it",
				draft->type->name, STR_ARG(draft->client_id), from->type->name,
				STR_ARG(from->client_id));
	diag_relate(&c->diags, diag, link->span, "it refers to it here");
	if (whole && whole->kind == NODE_MAP && node_map_get(whole, STR("methodCalls")))
		diag_hint(&c->diags, diag, "in a call before, change or destroy what refers to it");
	else if (!what->reconcile)
		diag_hint(&c->diags, diag,
			  "destroys come before everything else in a plan; a reconcile without a "
			  "value destroys at its end");
}

/* Those of the leaving that nothing keeps go; true where there were any. A server takes them one by
 * one, what was made last first, so that a chain of references goes and a circle does not. */
static bool drop_free(const struct links *links, const uint8_t *leaving)
{
	struct compile_state *state = links->c->state;
	bool any = false;
	size_t i;

	for (i = state->draft_count; i-- > 0;) {
		struct draft *draft = &state->drafts[i];

		if (!leaving[i] || draft->dropped || keeper_of(links, draft))
			continue;
		draft->dropped = any = true;
	}
	return any;
}

static bool take_away(const struct leaving *what, const struct links *links)
{
	struct compilation *c = what->file->c;
	size_t count = c->state->draft_count, i;
	uint8_t *leaving = ARENA_ARRAY(&c->arena, uint8_t, count + 1);

	for (i = 0; leaving && i < count; i++)
		leaving[i] = leaves(what, &c->state->drafts[i]);
	while (leaving && drop_free(links, leaving))
		;
	for (i = 0; leaving && i < count; i++) {
		const struct draft *draft = &c->state->drafts[i];

		if (leaving[i] && !draft->dropped)
			refuse_linked(c, what, draft, keeper_of(links, draft));
	}
	drafts_dropped(c, what->type);
	return leaving && !c->arena.failed;
}

bool plan_destroy_one(struct file *file, struct draft *draft, struct span span)
{
	struct leaving what = {file, draft->type, NULL, span, false};
	struct compilation *c = file->c;
	const struct link *link;
	struct links links;

	if (!collect_links(c, &links))
		return false;
	link = keeper_of(&links, draft);
	if (link)
		refuse_linked(c, &what, draft, link);
	else
		draft->dropped = true;
	drafts_dropped(c, draft->type);
	return true;
}

/* ---- filters and scopes ---- */

static bool has_field(const struct schema_structure *structure, struct str name,
		      const struct schema_field **out)
{
	size_t i;

	*out = NULL;
	if (structure->kind == STRUCTURE_SINGLE) {
		*out = schema_field_find(structure, name);
		return *out != NULL;
	}
	for (i = 0; i < structure->variant_count && !*out; i++) {
		if (structure->variants[i].body)
			*out = schema_field_find(structure->variants[i].body, name);
	}
	return *out != NULL;
}

static bool is_query_word(struct str key)
{
	return str_eq_c(key, "text") || str_eq_c(key, "operator") || str_eq_c(key, "conditions") ||
	       str_ends(key, STR("IsGreaterThan")) || str_ends(key, STR("IsLessThan")) ||
	       str_ends(key, STR("OrEqual"));
}

/* What a server's queries know of a type (management-api.md 2.3); of others it is not known. */
static const struct filterable {
	const char *type;
	const char *fields[6];
} filterables[] = {
	{"Account", {"text", "name", "@type", "domainId", "memberGroupIds", "memberTenantId"}},
	{"Certificate", {"subjectAlternativeNames"}},
	{"ClusterRole", {"name"}},
	{"DkimSignature", {"domainId", "memberTenantId"}},
	{"Domain", {"text", "name", "aliases", "memberTenantId"}},
	{"MemoryLookupKey", {"namespace"}},
	{"MemoryLookupKeyValue", {"namespace"}},
	{"MtaConnectionStrategy", {"name"}},
	{"MtaDeliverySchedule", {"name"}},
	{"MtaRoute", {"name"}},
	{"MtaTlsStrategy", {"name"}},
	{"MtaVirtualQueue", {"name"}},
	{"NetworkListener", {"name"}},
	{"OAuthClient", {"text", "clientId"}},
	{"Role", {"description"}},
	{"SieveSystemScript", {"name"}},
	{"SieveUserScript", {"name"}},
	{"SpamDnsblServer", {"name"}},
	{"SpamFileExtension", {"extension"}},
	{"SpamRule", {"name"}},
	{"SpamTag", {"tag"}},
};

static const struct filterable *filterable_of(const struct schema_object *type)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(filterables); i++) {
		if (strcmp(filterables[i].type, type->name) == 0)
			return &filterables[i];
	}
	return NULL;
}

/* Would a server refuse the filter by this field? False after a diagnostic. */
static bool filters_by(struct file *file, const struct schema_object *type,
		       const struct node_entry *e)
{
	const struct filterable *known = filterable_of(type);
	struct buf names = BUF_INIT;
	struct diag *diag;
	size_t i;

	if (!known && !str_eq_c(e->key, "@type"))
		return true;
	for (i = 0; known && i < ARRAY_LEN(known->fields) && known->fields[i]; i++) {
		if (str_eq_c(e->key, known->fields[i]))
			return true;
	}
	for (i = 0; known && i < ARRAY_LEN(known->fields) && known->fields[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", known->fields[i]);
	diag = diag_add(&file->c->diags, DIAG_PLAN_OPERATION, e->key_span,
			"a server does not filter %s by '%.*s'", type->name, STR_ARG(e->key));
	if (names.n && !names.failed)
		diag_hint(&file->c->diags, diag,
			  "by %.*s; a reconcile with a scope can go by any field",
			  STR_ARG(buf_str(&names)));
	else
		diag_hint(&file->c->diags, diag, "a reconcile with a scope can go by any field");
	buf_free(&names);
	return false;
}

/* A filter that can be applied here; *fits says so. */
static void check_filter(struct file *file, const struct schema_object *type,
			 const struct node *filter, bool *fits)
{
	const struct schema_field *field;
	const struct node_entry *e;

	*fits = true;
	for (e = filter ? filter->map.first : NULL; e; e = e->next) {
		bool known =
			str_eq_c(e->key, "@type") || has_field(type->structure, e->key, &field);

		if (!known && is_query_word(e->key))
			diag_add(&file->c->diags, DIAG_PLAN_OPERATION, e->key_span,
				 "what the filter '%.*s' selects only a server can tell",
				 STR_ARG(e->key));
		else if (!known)
			diag_add(&file->c->diags, DIAG_UNKNOWN_FIELD, e->key_span,
				 "%s has no field '%.*s' to filter by", type->name,
				 STR_ARG(e->key));
		else if (type->packed && !str_eq_c(e->key, "address"))
			diag_add(&file->c->diags, DIAG_PLAN_OPERATION, e->key_span,
				 "a server filters %s by address alone", type->name);
		else if (type->packed || filters_by(file, type, e))
			continue;
		*fits = false;
	}
}

static bool scope_entry_fits(struct file *file, const struct schema_object *type,
			     const struct node_entry *e)
{
	const struct schema_structure *structure = type->structure;
	const struct schema_field *field = NULL;
	bool is_type = str_eq_c(e->key, "@type");
	const char *wrong = NULL;

	if (e->value->kind == NODE_POISON)
		return false;
	if (e->value->kind == NODE_NULL)
		wrong = "cannot be null in a scope, which would widen it";
	else if (is_type && (structure->kind != STRUCTURE_UNION || e->value->kind != NODE_STRING ||
			     !schema_variant_find(structure, e->value->string)))
		wrong = "in a scope is a variant of the type";
	else if (!is_type && !has_field(structure, e->key, &field))
		wrong = "is no field of the type, and a scope has no others";
	else if (field && field->update == UPDATE_SERVER_SET)
		wrong = "is set by the server, so no scope can go by it";
	if (wrong)
		diag_add(&file->c->diags, DIAG_PLAN_LINE, e->key_span, "'%.*s' %s", STR_ARG(e->key),
			 wrong);
	return !wrong;
}

bool plan_scope_fits(struct file *file, const struct schema_object *type, const struct node *scope)
{
	const struct node_entry *e;
	bool fits = true;

	if (!scope || scope->kind == NODE_NULL)
		return true;
	if (scope->kind != NODE_MAP) {
		if (scope->kind != NODE_POISON)
			diag_add(&file->c->diags, DIAG_PLAN_LINE, scope->span,
				 "a scope is a map of fields, not %s", node_kind_name(scope));
		return false;
	}
	for (e = scope->map.first; e; e = e->next)
		fits = scope_entry_fits(file, type, e) && fits;
	return fits;
}

/* ---- destroys ---- */

static bool destroy_packed(struct file *file, const struct schema_object *type,
			   const struct node *filter)
{
	const struct node *address = filter ? node_map_get(filter, STR("address")) : NULL;

	if (!address)
		return packed_clear(file->c, type, file->source->number);
	if (address->kind != NODE_STRING)
		return true;
	return packed_destroy(file->c, type, address->string, address->span);
}

bool plan_destroy(struct file *file, const struct schema_object *type, const struct node *filter,
		  struct span span)
{
	struct leaving what = {file, type, filter, span, false};
	struct links links;
	bool fits;

	if (type->data)
		return true;
	if (type->kind == OBJECT_SINGLETON) {
		diag_add(&file->c->diags, DIAG_PLAN_LINE, span,
			 "%s is a singleton, which cannot "
			 "be destroyed",
			 type->name);
		return true;
	}
	if (filter && filter->kind != NODE_MAP && filter->kind != NODE_NULL) {
		if (filter->kind != NODE_POISON)
			diag_add(&file->c->diags, DIAG_PLAN_LINE, filter->span,
				 "the value of a destroy is a filter, not %s",
				 node_kind_name(filter));
		return true;
	}
	if (filter && filter->kind == NODE_NULL)
		what.filter = filter = NULL;
	if (!filter || !filter->map.first)
		type_state(file->c, type)->taken = true;
	check_filter(file, type, filter, &fits);
	if (!fits)
		return true;
	if (type->packed)
		return destroy_packed(file, type, filter);
	return collect_links(file->c, &links) && take_away(&what, &links);
}

/* The destroys of the file, the last one first. Mistakes of reading are reported by the reading
 * that follows. */
static bool read_ahead(struct file *file, struct arena *scratch, struct node *list)
{
	struct compilation *c = file->c;
	struct diags silent;
	struct reader_element element;
	struct reader *reader;
	enum reader_status status = READER_ELEMENT;

	diags_init(&silent, &c->arena);
	reader = reader_open(file->format, file->source, &silent, &c->hash_key, NULL);
	if (!reader)
		return false;
	while (status == READER_ELEMENT) {
		const struct node *verb;

		arena_reset(scratch);
		status = reader_next(reader, scratch, scratch, &element);
		if (status != READER_ELEMENT || element.value->kind != NODE_MAP)
			continue;
		verb = node_map_get(element.value, STR("@type"));
		if (!verb || verb->kind != NODE_STRING || !str_eq_c(verb->string, "destroy"))
			continue;
		element.value = draft_keep(c, element.value, file->source);
		if (!element.value)
			status = READER_FAILED;
		else
			node_list_append(list, element.value);
	}
	reader_close(reader);
	return status == READER_END;
}

static bool run_backwards(struct file *file, const struct node *list)
{
	struct node **order = ARENA_ARRAY(&file->c->arena, struct node *, list->list.count + 1);
	struct node *node;
	size_t n = 0;
	bool ok = order != NULL;

	for (node = list->list.first; order && node; node = node->next)
		order[n++] = node;
	while (ok && n > 0)
		ok = dialect_destroy(file, order[--n]);
	return ok;
}

static bool comes_in_parts(const struct file *file)
{
	return file->c->state->texts[file->source->number - 1].stream != NULL;
}

bool plan_destroys(struct file *file)
{
	struct str text = file->source->text;
	struct arena scratch; /* the element that is being read lives in the compilation's */
	struct node *list;
	bool ok;

	if (comes_in_parts(file) || !memmem(text.p, text.n, "destroy", 7))
		return true;
	list = node_new(&file->c->arena, NODE_LIST, SPAN_NONE);
	arena_init(&scratch, 64 * 1024);
	ok = list && read_ahead(file, &scratch, list);
	arena_free(&scratch);
	return ok && run_backwards(file, list);
}

bool plan_destroy_later(struct file *file, struct node *operation)
{
	struct compilation *c = file->c;

	if (!comes_in_parts(file))
		return true;
	if (!file->destroys)
		file->destroys = node_new(&c->arena, NODE_LIST, SPAN_NONE);
	operation = draft_keep(c, operation, file->source);
	if (!file->destroys || !operation)
		return false;
	node_list_append(file->destroys, operation);
	return true;
}

bool plan_destroy_rest(struct file *file)
{
	return !file->destroys || run_backwards(file, file->destroys);
}

/* ---- what a reconcile leaves out ---- */

struct plan_sweep {
	struct plan_sweep *before;
	const struct schema_object *type;
	const struct node *scope;
	struct span span;
};

bool plan_sweep_later(struct file *file, const struct schema_object *type, struct node *scope,
		      struct span span)
{
	struct plan_sweep *sweep = ARENA_NEW(&file->c->arena, struct plan_sweep);

	if (!sweep)
		return false;
	if (scope && scope->kind == NODE_NULL)
		scope = NULL;
	if (scope && file->volatile_nodes)
		scope = draft_keep(file->c, scope, file->source);
	if (!scope || (scope->kind == NODE_MAP && !scope->map.first))
		type_state(file->c, type)->taken = true;
	*sweep = (struct plan_sweep){file->sweeps, type, scope, span};
	file->sweeps = sweep;
	return !file->c->arena.failed;
}

bool plan_sweep(struct file *file)
{
	struct compilation *c = file->c;
	const struct plan_sweep *sweep;
	struct links links;

	for (sweep = file->sweeps; sweep; sweep = sweep->before) {
		struct leaving what = {file, sweep->type, sweep->scope, sweep->span, true};

		if (sweep->type->packed && sweep->scope && sweep->scope->map.first) {
			diag_add(&c->diags, DIAG_PLAN_OPERATION, sweep->scope->span,
				 "stwc folds no reconcile of a part of %s", sweep->type->name);
			continue;
		}
		if (sweep->type->packed) {
			if (!packed_sweep(c, sweep->type, file->source->number))
				return false;
			continue;
		}
		if (!collect_links(c, &links) || !take_away(&what, &links))
			return false;
	}
	return true;
}
