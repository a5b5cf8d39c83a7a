/*
 * A plan from one configuration to another. Objects that a server has are found by values that
 * they had: an upsert that changes nothing gives each its name, then updates change it. What is
 * new is created, in an order in which what is needed comes first. What goes is destroyed at the
 * end, by reconciles without a value (view_patch_leave.c), because a destroy would come before the
 * updates that free it, and knows few fields (management-api.md 2.3). A change in a field that only
 * a new object can have makes a new one, to which the references move before the old one goes.
 * Where no values tell an object from others of its type, all of the type are made anew, if nothing
 * refers to them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stwc/bind.h"
#include "stwc/view_dump.h"
#include "stwc/view_patch.h"
#include "stwc/view_write.h"
#include "stwc/walk.h"

bool patcher_refuse(struct patcher *p, const struct object *object, const char *why)
{
	struct str name = view_object_name(object);
	struct buf text = BUF_INIT;

	diff_put_name(&text, name);
	(void)snprintf(p->diff->new->fault, sizeof(p->diff->new->fault), "no plan: %s%s%.*s %s",
		       object->type->name, name.n ? "/" : "", STR_ARG(buf_str(&text)), why);
	buf_free(&text);
	return false;
}

/* ---- bodies ---- */

static struct node *body_node(struct patcher *p, const struct view_item *item, bool waiting)
{
	const struct value_object *body = &item->object->body;
	struct value_object part = *body;
	size_t i;

	part.fields = ARENA_ARRAY(&p->scratch, struct value_field, body->count + 1);
	part.count = 0;
	for (i = 0; part.fields && i < body->count; i++) {
		if ((item->early && view_item_waits(&p->new, item, &body->fields[i])) == waiting)
			part.fields[part.count++] = body->fields[i];
	}
	if (waiting)
		part.variant = NULL;
	return part.fields ? view_node_body(&p->nodes, &part, NULL) : NULL;
}

struct node *patcher_fields(struct patcher *p, const struct view_nodes *nodes,
			    const struct object *object, const char *const *names, size_t count)
{
	struct value_object part = object->body;
	size_t i, k;

	part.fields = ARENA_ARRAY(&p->scratch, struct value_field, object->body.count + 1);
	part.count = 0;
	for (i = 0; part.fields && i < object->body.count; i++) {
		for (k = 0; k < count; k++) {
			if (strcmp(object->body.fields[i].field->name, names[k]) == 0)
				part.fields[part.count++] = object->body.fields[i];
		}
	}
	return part.fields ? view_node_body(nodes, &part, NULL) : NULL;
}

static const struct value_object *default_of(struct view *view, const struct value_object *object,
					     const char *name)
{
	const struct schema_structure *fields =
		object->variant ? object->variant->body : object->structure;
	const struct schema_field *field = schema_field_find(fields, str_c(name));

	return field ? diff_single(view_default(view, fields, field)) : NULL;
}

static struct node *patch_fields(struct patcher *p, const struct value_object *old,
				 const struct value_object *old_fallback,
				 const struct value_object *new,
				 const struct value_object *new_fallback);

/* Does the value refer to an object that is made anew? */
static bool moves(struct patcher *p, const struct schema_field *field, const struct value *value)
{
	struct value_field one = {field, SPAN_NONE, (struct value *)(uintptr_t)value};
	struct value_object part = {.fields = &one, .count = 1};

	return value && patcher_moves(p, &part);
}

/* What the patch says of one field: false where that cannot be said; *out NULL: nothing. */
static bool patch_field(struct patcher *p, const struct schema_field *field,
			const struct value_object *old, const struct value_object *old_fallback,
			const struct value_object *new, const struct value_object *new_fallback,
			struct node **out)
{
	struct diff *diff = p->diff;
	const struct value *a = diff_value(diff->old, old, old_fallback, field->name);
	const struct value *b = diff_value(diff->new, new, new_fallback, field->name);

	*out = NULL;
	if (diff_single(a) && diff_single(b)) {
		*out = patch_fields(p, &a->object, default_of(diff->old, old, field->name),
				    &b->object, default_of(diff->new, new, field->name));
		if (*out && !(*out)->map.first)
			*out = NULL;
		return !diff->new->fault[0];
	}
	if (diff_same(diff, a, b) && !moves(p, field, b))
		return true;
	if (b)
		*out = view_node(&p->nodes, b);
	return *out != NULL;
}

static struct node *patch_fields(struct patcher *p, const struct value_object *old,
				 const struct value_object *old_fallback,
				 const struct value_object *new,
				 const struct value_object *new_fallback)
{
	const struct schema_structure *fields = new->variant ? new->variant->body : new->structure;
	struct node *map = node_new(&p->scratch, NODE_MAP, SPAN_NONE);
	size_t i;

	for (i = 0; map && fields && i < fields->field_count; i++) {
		const struct schema_field *field = &fields->fields[i];
		struct node *value;

		if (field->update == UPDATE_SERVER_SET)
			continue;
		if (!patch_field(p, field, old, old_fallback, new, new_fallback, &value)) {
			if (!p->diff->new->fault[0])
				(void)snprintf(p->diff->new->fault, sizeof(p->diff->new->fault),
					       "no plan: a server cannot take back %s.%s, which "
					       "has no default",
					       fields->name, field->name);
			return NULL;
		}
		if (value && !node_map_append(&p->scratch, p->nodes.key, map, str_c(field->name),
					      SPAN_NONE, value))
			return NULL;
	}
	return map;
}

/* What an update must say; another variant is the whole body. */
static struct node *patch_node(struct patcher *p, const struct diff_object *object)
{
	struct value_object none = {.structure = NULL};
	const struct value_object *old = object->old ? &object->old->body : &none;
	const struct value_object *new = object->new ? &object->new->body : &none;
	const struct schema_structure *structure;

	structure = (object->new ? object->new : object->old)->type->structure;
	none.structure = structure;
	if (structure->kind == STRUCTURE_UNION)
		none.variant = &structure->variants[0];
	if (old->variant != new->variant &&
	    !(old->variant && new->variant &&strcmp(old->variant->name, new->variant->name) == 0)) {
		if (object->old && object->new &&strcmp(object->new->type->name, "Account") == 0) {
			(void)patcher_refuse(p, object->new,
					     "changes its variant, which no account can; take the "
					     "one away in a plan before");
			return NULL;
		}
		return view_node_body(&p->nodes, new, NULL);
	}
	return patch_fields(p, old, NULL, new, NULL);
}

struct node *patcher_without(struct patcher *p, const struct object *old,
			     const struct value_object *rest)
{
	return patch_fields(p, &old->body, NULL, rest, NULL);
}

/* ---- operations ---- */

struct str patcher_name_before(const struct patcher *p, const struct view_item *old)
{
	return arena_printf(p->before.arena, "before/%s/%.*s", old->object->type->name,
			    STR_ARG(old->key));
}

static bool put_keyed(struct patcher *p, struct str key, const struct node *body)
{
	if (!body)
		return false;
	buf_puts(p->out, STR("\"value\": {"));
	view_operation_key(p->out, key);
	buf_puts(p->out, STR(": "));
	view_json_inline(p->out, body);
	buf_puts(p->out, STR("}}\n"));
	return true;
}

bool patcher_put_update(struct patcher *p, const struct schema_object *type, struct str name,
			const struct node *patch)
{
	if (!patch)
		return false;
	if (!patch->map.first)
		return true;
	view_operation_begin(p->out, "update", type, NULL, 0);
	if (name.n) {
		buf_puts(p->out, STR("\"id\": "));
		buf_put_json(p->out, arena_printf(&p->scratch, "#%.*s", STR_ARG(name)));
		buf_puts(p->out, STR(", "));
	}
	buf_puts(p->out, STR("\"value\": "));
	view_json_inline(p->out, patch);
	buf_puts(p->out, STR("}\n"));
	return true;
}

bool patcher_put_name(struct patcher *p, const struct view_item *old, struct str name)
{
	const char **names = ARENA_ARRAY(&p->scratch, const char *, old->object->body.count + 1);
	size_t count = names ? patcher_match_old(p, old, names) : 0;

	if (!count)
		return patcher_refuse(
			p, old->object,
			"cannot be told from others of its type by anything that a server shows");
	view_operation_begin(p->out, "upsert", old->object->type, names, count);
	return put_keyed(p, name, patcher_fields(p, &p->before, old->object, names, count));
}

/* Names for what a server has, by values that it has now. What finds one object may be another
 * that is to be found, so the order is that of the old side. */
static bool put_found(struct patcher *p)
{
	size_t i;

	for (i = 0; i < p->old.count; i++) {
		const struct view_item *old = &p->old.all[i];
		const struct view_item *new = patcher_item(&p->new, old->object);

		if (patcher_is_singleton(old->object) || patcher_remakes(p, old->object) ||
		    !(p->needed[i] || (new && p->roles[new->place] == ROLE_FOUND)))
			continue;
		if (!patcher_put_name(p, old, new ? new->name : patcher_name_before(p, old)))
			return false;
		arena_reset(&p->scratch);
	}
	return true;
}

/* Where references cannot go by the client id, which another type has, too, a second name follows,
 * or the object is made under that name. */
static bool put_new(struct patcher *p, const struct view_item *item)
{
	bool named = (item->referred || item->early) && !str_eq(item->name, item->key);
	const char **match = ARENA_ARRAY(&p->scratch, const char *, item->object->body.count + 1);
	size_t count = named && match ? patcher_match_new(p, item, match) : 0;

	if (!match)
		return false;
	view_operation_begin(p->out, "create", item->object->type, NULL, 0);
	if (!put_keyed(p, named && !count ? item->name : item->key, body_node(p, item, false)))
		return false;
	if (!count)
		return true;
	view_operation_begin(p->out, "upsert", item->object->type, match, count);
	return put_keyed(p, item->name, patcher_fields(p, &p->nodes, item->object, match, count));
}

static bool put_created(struct patcher *p)
{
	size_t i;

	for (i = 0; i < p->new.count; i++) {
		if (p->roles[i] == ROLE_NEW && !put_new(p, &p->new.all[i]))
			return false;
		arena_reset(&p->scratch);
	}
	for (i = 0; i < p->new.count; i++) {
		const struct view_item *item = &p->new.all[i];

		if (p->roles[i] == ROLE_NEW && item->early &&
		    !patcher_put_update(p, item->object->type, item->name,
					body_node(p, item, true)))
			return false;
		arena_reset(&p->scratch);
	}
	return true;
}

struct look {
	const struct patcher *p;
	bool found;
};

static void look_for_new(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct look *look = ctx;
	const struct view_item *item;

	if (value->kind != VALUE_REFERENCE || value->reference.literal)
		return;
	item = view_items_find(&look->p->new, value->reference.id);
	look->found = look->found || (item && look->p->roles[item->place] == ROLE_NEW);
}

/* Does the object need something that is only now made? Then its update comes after that. */
static bool needs_new(const struct patcher *p, const struct object *object)
{
	struct look look = {p, false};
	struct walk walk = {look_for_new, &look, 0};

	if (object)
		walk_object(&walk, &object->body, NULL);
	return look.found;
}

static bool put_changed(struct patcher *p, bool after)
{
	size_t i;

	for (i = 0; i < p->diff->object_count; i++) {
		const struct diff_object *object = &p->diff->objects[i];
		const struct object *one = object->new ? object->new : object->old;
		const struct view_item *item = patcher_item(&p->new, object->new);

		if (!patcher_is_singleton(one) &&
		    (!object->old || !object->new || object->anew || patcher_remakes(p, one)))
			continue;
		if (needs_new(p, object->new) != after)
			continue;
		if (!patcher_put_update(p, one->type,
					patcher_is_singleton(one) ? STR_NONE : item->name,
					patch_node(p, object)))
			return false;
		arena_reset(&p->scratch);
	}
	return true;
}

/* What is as it was but refers to an object that is made anew. */
static bool put_moved(struct patcher *p)
{
	size_t i;

	for (i = 0; i < p->new.count; i++) {
		const struct view_item *item = &p->new.all[i];
		const struct view_item *old = patcher_item(&p->old, item->object);
		struct diff_object same = {.new = item->object};

		if (p->roles[i] == ROLE_NEW || !old || patcher_entry(p, item->object) ||
		    !patcher_moves(p, &item->object->body))
			continue;
		same.old = old->object;
		if (!patcher_put_update(p, item->object->type,
					patcher_is_singleton(item->object) ? STR_NONE : item->name,
					patch_node(p, &same)))
			return false;
		arena_reset(&p->scratch);
	}
	return true;
}

/* What is made anew as a whole type goes before anything is made. */
static void put_remade(struct patcher *p)
{
	const char *done = NULL;
	size_t i;

	for (i = 0; i < p->old.count; i++) {
		const struct schema_object *type = p->old.all[i].object->type;

		if (!patcher_remakes(p, p->old.all[i].object) ||
		    (done && strcmp(done, type->name) == 0))
			continue;
		done = type->name;
		buf_printf(p->out, "{\"@type\": \"destroy\", \"object\": \"%s\"}\n",
			   type->wire_name);
	}
}

/* ---- addresses ---- */

static struct node *entry_node(struct patcher *p, const struct diff_entry *entry, struct str name)
{
	struct node *body = view_node_entry(&p->nodes, entry->type, &entry->new);
	const struct address_entry *old = &entry->old, *new = &entry->new;
	struct node *null = node_new(&p->scratch, NODE_NULL, SPAN_NONE);
	bool ok = body && null;

	if (ok && old->has_expires && !new->has_expires && !new->null_expires)
		ok = node_map_append(&p->scratch, p->nodes.key, body, STR("expiresAt"), SPAN_NONE,
				     null);
	if (ok && old->has_note && !new->has_note && !new->null_note)
		ok = node_map_append(&p->scratch, p->nodes.key, body, STR("reason"), SPAN_NONE,
				     null);
	return ok ? view_node_addressed(&p->nodes, body, name) : NULL;
}

static bool same_creation(const struct diff_entry *entry)
{
	return entry->old.has_created == entry->new.has_created &&
	       (!entry->old.has_created || entry->old.created == entry->new.created);
}

static bool put_entries(struct patcher *p)
{
	static const char *const address[] = {"address"};
	size_t i;

	for (i = 0; i < p->diff->entry_count; i++) {
		const struct diff_entry *entry = &p->diff->entries[i];
		char text[NET_TEXT_SIZE];
		struct str name = {text, net_network_format(&entry->network, text)};

		/* only a new entry can have another time of creation */
		if (entry->kind == DIFF_REMOVED ||
		    (entry->kind == DIFF_CHANGED && !same_creation(entry)))
			buf_printf(p->out,
				   "{\"@type\": \"destroy\", \"object\": \"%s\", \"value\": "
				   "{\"address\": \"%s\"}}\n",
				   entry->type->wire_name, text);
		if (entry->kind == DIFF_REMOVED)
			continue;
		view_operation_begin(p->out, "upsert", entry->type, address, 1);
		if (!put_keyed(p, name, entry_node(p, entry, name)))
			return false;
		arena_reset(&p->scratch);
	}
	return true;
}

static bool put_operations(struct patcher *p, enum diff_part part)
{
	if (part != DIFF_FIRST) {
		put_remade(p);
		if (!put_entries(p) || !put_found(p) || !put_changed(p, false) || !put_created(p) ||
		    !put_changed(p, true) || !put_moved(p))
			return false;
	}
	if (!patcher_put_leaving(p, part))
		return false;
	if (!p->masked)
		return true;
	(void)snprintf(p->diff->new->fault, sizeof(p->diff->new->fault),
		       "the plan holds secrets; say --reveal-secrets to print them");
	return false;
}

/* What the plan calls an object that a server has: as the new side does, where it has it. */
static struct str refer_before(const void *ctx, const struct value_reference *reference)
{
	const struct patcher *p = ctx;
	const struct view_item *new = view_items_find(&p->new, reference->id);
	const struct view_item *old = view_items_find(&p->old, reference->id);
	struct str name;

	if ((!new && !old) || reference->literal)
		return reference->written;
	name = new ? new->name : patcher_name_before(p, old);
	return arena_printf(p->before.arena, "#%.*s", STR_ARG(name));
}

bool diff_plan(struct diff *diff, enum diff_part part, bool reveal, struct buf *out)
{
	struct patcher p = {.diff = diff, .out = out};
	bool ok;

	arena_init(&p.scratch, 64 * 1024);
	ok = view_items_make(&p.old, diff->old) && view_items_make(&p.new, diff->new);
	p.roles = calloc(diff->new->c.object_count + 1, 1);
	p.needed = calloc(diff->old->c.object_count + 1, 1);
	p.remade = calloc(diff->object_count + 1, sizeof(*p.remade));
	if (ok && p.roles && p.needed && p.remade) {
		p.nodes = view_items_nodes(&p.new, &p.scratch, reveal);
		p.nodes.masked = &p.masked;
		p.before = p.nodes;
		p.before.refer = refer_before;
		p.before.ctx = &p;
		patcher_roles(&p);
	}
	ok = ok && p.roles && p.needed && p.remade && put_operations(&p, part) &&
	     !p.scratch.failed && !out->failed;
	if (!ok && !diff->new->fault[0])
		(void)snprintf(diff->new->fault, sizeof(diff->new->fault), "%s",
			       diff->old->fault[0] ? diff->old->fault : "out of memory");
	view_items_free(&p.old);
	view_items_free(&p.new);
	free(p.roles);
	free(p.needed);
	free(p.remade);
	arena_free(&p.scratch);
	return ok;
}
