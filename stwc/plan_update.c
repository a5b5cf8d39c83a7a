/*
 * Updates of a plan: a patch of a singleton, or of the object that the id names. What a server has
 * is more than a plan shows. An object that only it has is checked for what the reference alone can
 * tell (bind_patch.c). Of an object that the plan updates or upserts, the lists and maps that it
 * does not say may have members there, so that a path into one of those is no mistake. And a union
 * keeps what it has where it is of that variant already (validation.md 3.2).
 */
#include "base/buf.h"
#include "base/num.h"
#include "stwc/defaults.h"
#include "stwc/bind.h"
#include "stwc/dialect.h"
#include "stwc/pointer.h"

static bool is_word(const struct node *node)
{
	return node && node->kind == NODE_STRING;
}

/* A patch of what the plan does not show. */
static bool patch_unseen(struct file *file, const struct operation *op, struct str id,
			 struct node *patch)
{
	struct draft offer = {.type = op->type,
			      .has_client_id = id.n != 0,
			      .client_id = id,
			      .span = op->id ? op->id->span : op->node->span,
			      .body = patch,
			      .kind = DRAFT_PATCH};

	return file_object(file, &offer, NULL);
}

/* ---- paths into what only the server shows ---- */

struct look {
	struct compilation *c;
	const struct node *value; /* what the path sets */
};

/* Would an object that has no more than this one field, or these, be incomplete? */
static bool lacks_beside(const struct schema_structure *structure, struct str only,
			 const struct node *given)
{
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		const struct schema_field *field = &structure->fields[i];

		if (field->required && !str_eq_c(only, field->name) &&
		    !(given && node_map_find(given, str_c(field->name))))
			return true;
	}
	return structure->kind == STRUCTURE_UNION && !given;
}

static struct node *member_at(const struct node *node, struct str step)
{
	struct node *member;
	uint64_t index;

	if (!node || node->kind == NODE_MAP)
		return node ? node_map_get(node, step) : NULL;
	if (node->kind != NODE_LIST || num_u64(step, &index) != NUM_OK)
		return NULL;
	for (member = node->list.first; member && index; member = member->next)
		index--;
	return member;
}

/* `holder`: the field whose value the node is; NULL for members. */
static bool is_unseen(const struct look *look, const struct schema_type *type,
		      const struct schema_field *holder, struct node *node, struct str pointer);

/* A list or map that a source has written is known whole; one that is a default, or that nothing
 * is said of, may have other members. */
static bool is_unseen_member(const struct look *look, const struct schema_type *type,
			     const struct node *node, struct str pointer)
{
	const struct schema_type *element = type->element;
	struct arena *arena = &look->c->arena;
	struct node *member;
	struct str step;
	bool more;

	if ((node && node->span.source) || !pointer_next(arena, &pointer, &step, &more))
		return false;
	member = member_at(node, step);
	if (member)
		return more && is_unseen(look, element, NULL, member, pointer);
	if (!more && (look->value->kind == NODE_NULL || element->kind != TYPE_OBJECT))
		return look->value->kind == NODE_NULL;
	if (!more)
		return look->value->kind == NODE_MAP &&
		       lacks_beside(element->structure, STR_NONE, look->value);
	return element->kind == TYPE_OBJECT && pointer_next(arena, &pointer, &step, &more) &&
	       lacks_beside(element->structure, step, NULL);
}

static bool is_unseen_part(const struct look *look, const struct schema_structure *structure,
			   const struct schema_field *holder, const struct node *node,
			   struct str pointer)
{
	const struct schema_structure *fields = node ? fold_fields(structure, node) : structure;
	const struct schema_field *field;
	struct node *member;
	struct str step;
	bool more;

	if (!fields || !pointer_next(&look->c->arena, &pointer, &step, &more))
		return false;
	field = schema_field_find(fields, step);
	if (!field) /* a default is one variant, and the server may have another */
		return structure->kind == STRUCTURE_UNION && !(node && node->span.source);
	if (!more)
		return !node && lacks_beside(fields, step, NULL);
	member = node && node->kind == NODE_MAP ? node_map_get(node, step) : NULL;
	if (!member || member->kind == NODE_NULL)
		member = defaults_within(look->c, holder, field);
	return is_unseen(look, field->type, field, member, pointer);
}

static bool is_unseen(const struct look *look, const struct schema_type *type,
		      const struct schema_field *holder, struct node *node, struct str pointer)
{
	if (node && node->kind == NODE_NULL)
		node = NULL;
	if (type->kind == TYPE_OBJECT)
		return is_unseen_part(look, type->structure, holder, node, pointer);
	if (type->kind == TYPE_LIST || type->kind == TYPE_MAP)
		return is_unseen_member(look, type, node, pointer);
	return false;
}

/* Parts the entries of the patch that lead into what only the server shows from the others. False:
 * out of memory. */
static bool split_patch(struct compilation *c, const struct draft *target, struct node *patch,
			struct node **seen, struct node **unseen)
{
	struct node *here = node_new(&c->arena, NODE_MAP, patch->span);
	struct node *there = node_new(&c->arena, NODE_MAP, patch->span);
	const struct node_entry *e;

	for (e = patch->map.first; here && there && e; e = e->next) {
		struct look look = {c, e->value};
		struct str pointer = pointer_of(e->key);
		bool away =
			pointer_is_deep(pointer) &&
			is_unseen_part(&look, target->type->structure, NULL, target->body, pointer);

		if (away)
			diag_add(&c->diags, DIAG_NOT_CARRIED, e->key_span,
				 "what '%.*s' leads to only the server shows; it is checked and "
				 "not carried",
				 STR_ARG(e->key));
		if (!node_map_append(&c->arena, &c->hash_key, away ? there : here, e->key,
				     e->key_span, e->value))
			return false;
	}
	*seen = here;
	*unseen = there;
	return here && there;
}

/* ---- what the plan shows ---- */

static const struct node *variant_of(const struct node *body)
{
	const struct node *type = body->kind == NODE_MAP ? node_map_get(body, STR("@type")) : NULL;

	return is_word(type) ? type : NULL;
}

/* The @type of the patch where it makes another variant of the object; NULL: it does not. */
static const struct node *other_variant(const struct draft *target, const struct node *patch)
{
	const struct node *old = variant_of(target->body), *new = variant_of(patch);

	if (target->type->structure->kind != STRUCTURE_UNION || !old || !new)
		return NULL;
	return str_eq(old->string, new->string) ? NULL : new;
}

static bool patch_draft(struct file *file, const struct operation *op, struct draft *target)
{
	struct compilation *c = file->c;
	struct node *patch = op->value, *unseen = NULL;
	const struct node *rebuilt = other_variant(target, patch);

	if (rebuilt && strcmp(target->type->name, "Account") == 0) {
		diag_add(&c->diags, DIAG_IMMUTABLE_FIELD, rebuilt->span,
			 "the variant of Account cannot change: it is %.*s",
			 STR_ARG(variant_of(target->body)->string));
		return true;
	}
	if (file->volatile_nodes)
		patch = draft_keep(c, patch, file->source);
	if (!patch)
		return false;
	if (rebuilt)
		target->rest_elsewhere = false;
	else if ((target->rest_elsewhere || target->kind == DRAFT_UPSERT) &&
		 !split_patch(c, target, patch, &patch, &unseen))
		return false;
	target->body = fold_merge(c, op->type->structure, target->body, patch,
				  op->type->kind == OBJECT_SINGLETON ? FOLD_MUTABLE : FOLD_ABSENT);
	target->touched = file->source->number;
	if (!target->body || !match_changed(c, target))
		return false;
	/* the array of drafts may move now */
	return !unseen || !unseen->map.first ||
	       patch_unseen(file, op, target->has_client_id ? target->client_id : STR_NONE, unseen);
}

/* Only the server shows the object; but the name may be one of the plan's, without its #. */
static void note_unseen(struct file *file, const struct operation *op, struct str id)
{
	struct diags *diags = &file->c->diags;
	const struct plan_name *said =
		plan_name_at(file->c, id, file->source->number, op->id->span.begin);
	struct diag *diag = diag_add(
		diags, DIAG_NOT_CARRIED, op->id->span,
		"only the server shows the %s '%.*s'; its update is checked and not carried",
		op->type->name, STR_ARG(id));

	if (said && said->type == op->type)
		diag_hint(diags, diag, "'#%.*s' is the one that is made here", STR_ARG(id));
}

/* An update of an object that the server has and the plan does not make. */
static bool update_unseen(struct file *file, const struct operation *op, struct str id)
{
	uint64_t unused;

	if (id.p && !str_starts(op->id->string, STR("#")) && !bind_id(id, &unused))
		diag_hint(&file->c->diags,
			  diag_add(&file->c->diags, DIAG_ID, op->id->span, "'%.*s' is no id",
				   STR_ARG(id)),
			  "what the plan makes is written with a # before its client id");
	/* of data that was said already */
	else if (!op->type->data && id.p)
		note_unseen(file, op, id);
	else if (!op->type->data)
		diag_add(&file->c->diags, DIAG_NOT_CARRIED, op->node->span,
			 "only the server shows which %s it has; its update is checked and not "
			 "carried",
			 op->type->name);
	return patch_unseen(file, op, id, op->value);
}

/* ---- singletons ---- */

static bool is_singleton_id(const struct node *id)
{
	return !id || id->kind == NODE_NULL || id->kind == NODE_POISON ||
	       (id->kind == NODE_STRING && str_eq_c(id->string, "singleton"));
}

/* Does the update of a union leave its variant as it is, so that only the server knows which? */
static bool keeps_variant(const struct operation *op)
{
	return op->type->structure->kind == STRUCTURE_UNION && op->value->map.count &&
	       !node_map_find(op->value, STR("@type"));
}

/* A patch is laid over the variant that the server has, but another one is made anew from it. What
 * would be wrong then is said. */
static void warn_assumed(struct file *file, const struct operation *op,
			 const struct schema_variant *variant)
{
	struct compilation *c = file->c;
	const struct node *word = node_map_get(op->value, STR("@type"));
	const struct node_entry *e = op->value->map.first;
	struct buf missing = BUF_INIT;
	struct diag *diag;
	size_t i;

	for (i = 0; i < variant->body->field_count; i++) {
		const struct schema_field *field = &variant->body->fields[i];

		if (field->required && !node_map_find(op->value, str_c(field->name)))
			buf_printf(&missing, "%s'%s'", missing.n ? ", " : "", field->name);
	}
	while (e && !pointer_is_deep(pointer_of(e->key)))
		e = e->next;
	if (missing.n || e) {
		diag = diag_add(&c->diags, DIAG_VARIANT_ASSUMED, word->span,
				"a server takes this only where its %s is %s already",
				op->type->name, variant->name);
		if (missing.n)
			diag_hint(&c->diags, diag, "give %.*s as well, and it makes one of any",
				  STR_ARG(buf_str(&missing)));
		else
			diag_hint(&c->diags, diag,
				  "a new one is made of whole fields: '%.*s' is a path into one",
				  STR_ARG(e->key));
	}
	buf_free(&missing);
}

/* What an update of a singleton that the plan has not made yet starts from: its defaults, or the
 * variant that it names. NULL: out of memory. */
static struct draft *fresh_singleton(struct file *file, const struct operation *op)
{
	struct compilation *c = file->c;
	const struct schema_structure *structure = op->type->structure;
	struct node *type = node_map_get(op->value, STR("@type"));
	const struct schema_variant *variant = NULL;
	struct draft fresh = {.type = op->type,
			      .span = op->node->span,
			      .kind = DRAFT_CREATE,
			      .shapes = source_shapes(c, file->source->number, SHAPES_SERVER),
			      .target_strict = true,
			      .rest_elsewhere = true,
			      .check_only = op->type->data};

	fresh.body = node_new(&c->arena, NODE_MAP, op->value->span);
	if (!fresh.body)
		return NULL;
	if (structure->kind != STRUCTURE_UNION)
		return draft_add(c, &fresh);
	if (is_word(type))
		variant = schema_variant_find(structure, type->string);
	if (variant && variant->body)
		warn_assumed(file, op, variant);
	if (file->volatile_nodes && type)
		type = draft_keep(c, type, file->source);
	if (type &&
	    !node_map_append(&c->arena, &c->hash_key, fresh.body, STR("@type"), type->span, type))
		return NULL;
	return draft_add(c, &fresh);
}

/* A server takes whole fields of Bootstrap alone (validation.md section 7). */
static void refuse_paths(struct file *file, const struct operation *op)
{
	const struct node_entry *e;

	for (e = op->value->map.first; e; e = e->next) {
		if (pointer_is_deep(pointer_of(e->key)))
			diag_add(&file->c->diags, DIAG_FORBIDDEN_OPERATION, e->key_span,
				 "an update of Bootstrap takes whole fields, not a path into one");
	}
}

static bool update_singleton(struct file *file, const struct operation *op)
{
	struct compilation *c = file->c;
	struct draft *target = draft_find(c, op->type, STR(""));

	if (strcmp(op->type->name, "Bootstrap") == 0)
		refuse_paths(file, op);
	if (!is_singleton_id(op->id))
		plan_error(file, op->id->span,
			   "the id of a singleton is 'singleton', and need not be given");
	if (!target && (c->options.partial || op->type->data || keeps_variant(op)))
		return update_unseen(file, op, STR_NONE);
	if (!target)
		target = fresh_singleton(file, op);
	return target && patch_draft(file, op, target);
}

/* ---- objects of collections ---- */

/* The object that a client key of this plan stands for, or one of an earlier source; *out NULL
 * after a diagnostic, or before one. False: out of memory. */
static bool update_target(struct file *file, const struct operation *op, struct str name,
			  struct draft **out)
{
	struct compilation *c = file->c;
	const struct plan_name *said =
		plan_name_at(c, name, file->source->number, op->id->span.begin);
	struct diag *diag;

	*out = NULL;
	if (said && said->type != op->type) {
		diag = diag_add(&c->diags, DIAG_PLAN_REFERENCE, op->id->span,
				"'#%.*s' is of type %s here, not %s", STR_ARG(name),
				said->type->name, op->type->name);
		diag_relate(&c->diags, diag, said->key, "the latest of that name");
		return true;
	}
	*out = said ? &c->state->drafts[said->draft] : draft_find(c, op->type, name);
	return *out || plan_late_add(file, op->type, name, op->id->span);
}

/* Does the name stand for an object of the server, which the request brings along? */
static bool is_brought(const struct file *file, const struct operation *op, struct str name)
{
	const struct plan_name *said =
		plan_name_at(file->c, name, file->source->number, op->id->span.begin);

	return said && !said->type;
}

bool plan_update(struct file *file, const struct operation *op)
{
	struct draft *target;
	struct str id;

	if (op->type->kind == OBJECT_SINGLETON)
		return update_singleton(file, op);
	if (!is_word(op->id) || !op->id->string.n) {
		const struct node_entry *inside = node_map_find(op->value, STR("id"));
		const struct node_entry *first = op->value->map.first;
		struct diag *diag = plan_error(file,
					       op->id   ? op->id->span
					       : inside ? inside->key_span
							: op->node->span,
					       "update needs the id of the object");

		if (inside)
			diag_hint(&file->c->diags, diag, "it stands beside value, not inside it");
		else if (first && first->value->kind == NODE_MAP &&
			 str_starts(first->key, STR("#")))
			diag_hint(&file->c->diags, diag,
				  "\"id\": \"%.*s\" beside value, which is the patch itself",
				  STR_ARG(first->key));
		return true;
	}
	id = op->id->string;
	if (!str_starts(id, STR("#")))
		return update_unseen(file, op, id);
	id = str_from(id, 1);
	if (op->type->packed)
		return plan_update_packed(file, op, id);
	if (is_brought(file, op, id))
		return update_unseen(file, op, id);
	return update_target(file, op, id, &target) && (!target || patch_draft(file, op, target));
}
