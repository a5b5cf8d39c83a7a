/*
 * Which objects take part in a plan from one configuration to another, and by what a server finds
 * them. What it has is found by values that it has now: a key, a label, or all that it gives back
 * as it took it. None of them may name an object that goes, since a plan spares what it has named.
 */
#include "stwc/bind.h"
#include "stwc/view_dump.h"
#include "stwc/view_patch.h"
#include "stwc/walk.h"

/* ---- who takes part ---- */

const struct diff_object *patcher_entry(const struct patcher *p, const struct object *object)
{
	size_t low = 0, high = p->diff->object_count;

	while (low < high) { /* the differences are in the order of objects */
		size_t middle = low + (high - low) / 2;
		const struct diff_object *entry = &p->diff->objects[middle];
		int order = view_object_cmp(entry->old ? entry->old : entry->new, object);

		if (order == 0)
			return entry;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool patcher_goes(const struct patcher *p, const struct object *old)
{
	const struct diff_object *entry = patcher_entry(p, old);

	return entry && !patcher_is_singleton(old) && !entry->new;
}

static void visit_reference(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct patcher *p = ctx;
	const struct view_item *item;

	if (value->kind != VALUE_REFERENCE || value->reference.literal)
		return;
	item = view_items_find(&p->new, value->reference.id);
	if (item && p->roles[item->place] == ROLE_NONE)
		p->roles[item->place] = ROLE_FOUND;
}

bool patcher_remakes(const struct patcher *p, const struct object *object)
{
	size_t i;

	for (i = 0; i < p->remade_count; i++) {
		if (strcmp(p->remade[i], object->type->name) == 0)
			return true;
	}
	return false;
}

bool patcher_all_go(const struct patcher *p, const struct object *object)
{
	size_t i;

	for (i = 0; i < p->new.count; i++) {
		if (strcmp(p->new.all[i].object->type->name, object->type->name) == 0)
			return false;
	}
	return true;
}

static bool is_referred(const struct view_items *items, const char *type)
{
	size_t i;

	for (i = 0; i < items->count; i++) {
		if (items->all[i].referred && strcmp(items->all[i].object->type->name, type) == 0)
			return true;
	}
	return false;
}

struct look {
	struct patcher *p;
	bool found;
};

static void look_for_anew(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct look *look = ctx;
	const struct view_item *item = value->kind == VALUE_REFERENCE && !value->reference.literal
					       ? view_items_find(&look->p->new, value->reference.id)
					       : NULL;
	const struct diff_object *entry = item ? patcher_entry(look->p, item->object) : NULL;

	look->found = look->found || (entry && entry->anew);
}

bool patcher_moves(struct patcher *p, const struct value_object *part)
{
	struct look look = {p, false};
	struct walk walk = {look_for_anew, &look, 0};

	walk_object(&walk, part, NULL);
	return look.found;
}

/* ---- what tells an object from others ---- */

/* The field of the old body, with its default written out where that says more than null. */
static bool add_explicit(struct patcher *p, struct value_object *part, const struct object *object,
			 const struct schema_field *field)
{
	const struct value *value = diff_value(p->diff->old, &object->body, NULL, field->name);

	if (!value || value->kind == VALUE_NULL || value->kind == VALUE_REFERENCE ||
	    value->kind == VALUE_OBJECT || value->kind == VALUE_MAP ||
	    value->kind == VALUE_SEQUENCE || field->type->kind == TYPE_SECRET ||
	    field->type->kind == TYPE_SECRET_TEXT)
		return false;
	part->fields[part->count].field = field;
	part->fields[part->count++].value = (struct value *)(uintptr_t)value;
	return true;
}

struct node *patcher_old_alone(struct patcher *p, const struct diff_object *object,
			       const struct view_item *item)
{
	struct value_object part = object->old->body;
	const struct schema_structure *fields = part.variant ? part.variant->body : part.structure;
	bool differs = false;
	size_t i, k;

	part.fields = ARENA_ARRAY(&p->scratch, struct value_field, fields->field_count + 1);
	part.count = 0;
	for (i = 0; part.fields && i < fields->field_count; i++) {
		const struct schema_field *field = &fields->fields[i];
		const struct value *b =
			diff_value(p->diff->new, &object->new->body, NULL, field->name);
		const struct value *a =
			diff_value(p->diff->old, &object->old->body, NULL, field->name);

		if (field->update == UPDATE_IMMUTABLE && !diff_same(p->diff, a, b)) {
			differs = add_explicit(p, &part, object->old, field) || differs;
			continue;
		}
		for (k = 0; k < item->match_count; k++) {
			if (strcmp(field->name, item->match[k]) == 0)
				part.fields[part.count++] = (struct value_field){
					.field = field,
					.value = value_field_get(&object->old->body, field->name)};
		}
	}
	return differs ? view_node_body(&p->before, &part, NULL) : NULL;
}

static bool same_kind(const struct object *a, const struct object *b)
{
	const struct schema_variant *v = a->body.variant, *w = b->body.variant;

	return strcmp(a->type->name, b->type->name) == 0 && (v != NULL) == (w != NULL) &&
	       (!v || strcmp(v->name, w->name) == 0);
}

/* Has the other side, the new one or the old one, an object with these values of this one? */
static bool has_like(struct patcher *p, bool new_side, const struct object *object,
		     const char *const *names, size_t count)
{
	struct view *view = new_side ? p->diff->new : p->diff->old;
	const struct view_items *items = new_side ? &p->new : &p->old;
	size_t i, k;

	for (i = 0; i < items->count; i++) {
		const struct object *other = items->all[i].object;

		if (!same_kind(other, object) || patcher_remakes(p, other))
			continue;
		for (k = 0; k < count; k++) {
			const struct value *mine = value_field_get(&object->body, names[k]);
			const struct value *theirs = diff_value(view, &other->body, NULL, names[k]);

			if (new_side ? !diff_same(p->diff, mine, theirs)
				     : !diff_same(p->diff, theirs, mine))
				break;
		}
		if (k == count)
			return true;
	}
	return false;
}

/* Does one of the values lead to an object that goes? */
static bool leads_to_leaving(const struct patcher *p, const struct object *object,
			     const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct value *value = value_field_get(&object->body, names[i]);
		const struct view_item *target =
			value && value->kind == VALUE_REFERENCE
				? view_items_find(&p->old, value->reference.id)
				: NULL;

		if (target && patcher_goes(p, target->object))
			return true;
	}
	return false;
}

/* The values by which an old object is found; 0: there are none. None of them names an object that
 * goes, since a plan spares what it has named. */
size_t patcher_match_old(struct patcher *p, const struct view_item *item, const char **out)
{
	size_t n = item->match_count;

	if (n)
		memcpy(out, item->match, n * sizeof(*out));
	if (!n || leads_to_leaving(p, item->object, out, n))
		n = view_item_values(&p->old, item->object, out);
	return n;
}

/* The same for what goes, which nothing that stays or comes may share. */
size_t patcher_match_leaving(struct patcher *p, const struct view_item *item, const char **out)
{
	size_t n = patcher_match_old(p, item, out);

	if (n && has_like(p, true, item->object, out, n))
		n = view_item_values(&p->old, item->object, out);
	return n && !has_like(p, true, item->object, out, n) ? n : 0;
}

/* Can the old object be told from all others, and from the one that takes its place? */
static bool is_found(struct patcher *p, const struct diff_object *object,
		     const struct view_item *item)
{
	const char **names = ARENA_ARRAY(&p->scratch, const char *, item->object->body.count + 1);
	bool found = names && (object->new ? patcher_match_old(p, item, names)
					   : patcher_match_leaving(p, item, names));

	if (found && object->new && object->anew)
		found = patcher_old_alone(p, object, item) != NULL;
	arena_reset(&p->scratch);
	return found;
}

/* Types with an object that changes or goes and that nothing finds. */
static void find_remade(struct patcher *p)
{
	size_t i;

	for (i = 0; i < p->diff->object_count; i++) {
		const struct diff_object *object = &p->diff->objects[i];
		const struct view_item *item = patcher_item(&p->old, object->old);

		if (!item || patcher_is_singleton(item->object) || is_found(p, object, item) ||
		    patcher_remakes(p, item->object) || patcher_all_go(p, item->object) ||
		    is_referred(&p->old, item->object->type->name) ||
		    is_referred(&p->new, item->object->type->name))
			continue;
		p->remade[p->remade_count++] = item->object->type->name;
	}
}

/* What an object is found by may be another object, which is then found first. */
static void need_matched(struct patcher *p, const struct view_item *item)
{
	const char **names = ARENA_ARRAY(&p->scratch, const char *, item->object->body.count + 1);
	size_t count = names ? patcher_match_old(p, item, names) : 0, i;

	for (i = 0; i < count; i++) {
		const struct value *value = value_field_get(&item->object->body, names[i]);
		const struct view_item *target =
			value && value->kind == VALUE_REFERENCE && !value->reference.literal
				? view_items_find(&p->old, value->reference.id)
				: NULL;

		if (target && !p->needed[target->place]) {
			p->needed[target->place] = true;
			need_matched(p, target); /* a key leads to its domain, and no further */
		}
	}
}

static void role_of_change(struct patcher *p, const struct diff_object *object)
{
	const struct view_item *item = patcher_item(&p->new, object->new);

	if (item && !patcher_is_singleton(item->object))
		p->roles[item->place] = object->old && !object->anew ? ROLE_FOUND : ROLE_NEW;
}

void patcher_roles(struct patcher *p)
{
	struct walk walk = {visit_reference, p, 0};
	size_t i;

	find_remade(p);
	for (i = 0; i < p->diff->object_count; i++)
		role_of_change(p, &p->diff->objects[i]);
	for (i = 0; i < p->new.count; i++) {
		const struct object *object = p->new.all[i].object;

		if (patcher_remakes(p, object))
			p->roles[i] = ROLE_NEW;
		else if (p->roles[i] == ROLE_NONE && !patcher_is_singleton(object) &&
			 patcher_moves(p, &object->body))
			p->roles[i] = ROLE_FOUND;
	}
	for (i = 0; i < p->new.count; i++) {
		if (p->roles[i] == ROLE_NEW || patcher_moves(p, &p->new.all[i].object->body))
			walk_object(&walk, &p->new.all[i].object->body, NULL);
	}
	for (i = 0; i < p->diff->object_count; i++) {
		if (p->diff->objects[i].new)
			walk_object(&walk, &p->diff->objects[i].new->body, NULL);
	}
	for (i = 0; i < p->old.count; i++) {
		const struct view_item *old = &p->old.all[i];
		const struct view_item *new = patcher_item(&p->new, old->object);

		if (new && p->roles[new->place] != ROLE_NONE)
			need_matched(p, old);
	}
}

/* The values that nothing else has while both are there; 0: there are none. */
size_t patcher_match_new(struct patcher *p, const struct view_item *item, const char **out)
{
	size_t n = item->match_count;

	if (n)
		memcpy(out, item->match, n * sizeof(*out));
	if (!n || has_like(p, false, item->object, out, n))
		n = view_item_values(&p->new, item->object, out);
	return n && !has_like(p, false, item->object, out, n) ? n : 0;
}
