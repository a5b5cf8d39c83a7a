/*
 * What goes at the end of a plan. The client destroys what reconciles leave out after everything
 * else, the last reconcile of the file first, and a server keeps what another object refers to; so
 * what is referred to stands in front of what refers to it. Where objects that go refer to each
 * other in a circle, no plan can take them away: the client destroys before it updates, and spares
 * at the end whatever the plan has updated. Then it takes two plans, of which the first lets go.
 */
#include <stdlib.h>

#include "stwc/view_dump.h"
#include "stwc/view_patch.h"
#include "stwc/view_write.h"
#include "stwc/walk.h"

struct leaving {
	struct patcher *p;
	struct object **order;
	size_t count;
	struct map places; /* the 8 bytes of an id to the entry of `order` */
};

/* Everything in the scope goes at the end; NULL: everything of the type. */
static void put_reconcile(struct patcher *p, const struct schema_object *type,
			  const struct node *scope)
{
	buf_printf(p->out, "{\"@type\": \"reconcile\", \"object\": \"%s\", \"matchOn\": \"*\", ",
		   type->wire_name);
	if (scope) {
		buf_puts(p->out, STR("\"scope\": "));
		view_json_inline(p->out, scope);
		buf_puts(p->out, STR(", "));
	}
	buf_puts(p->out, STR("\"value\": {}}\n"));
}

static bool put_scoped(struct patcher *p, const struct view_item *item)
{
	const char **names = ARENA_ARRAY(&p->scratch, const char *, item->object->body.count + 1);
	size_t count = names ? patcher_match_leaving(p, item, names) : 0;
	const struct node *scope;

	if (!count)
		return patcher_refuse(
			p, item->object,
			"goes, and nothing tells it from others of its type that stay or come");
	scope = patcher_fields(p, &p->before, item->object, names, count);
	if (scope)
		put_reconcile(p, item->object->type, scope);
	return scope != NULL;
}

/* An object that no update can make what it shall be: what takes its place has been made, and what
 * referred to it refers to that; it goes. */
static bool put_replaced(struct patcher *p, const struct diff_object *object,
			 const struct view_item *item)
{
	const struct node *scope;

	if (p->needed[item->place])
		return patcher_refuse(
			p, item->object,
			"changes in a field that only a new object can have, and another is "
			"known by its reference to it alone");
	if (!item->match)
		return patcher_refuse(p, item->object, "cannot be told from others of its type");
	scope = patcher_old_alone(p, object, item);
	if (!scope)
		return patcher_refuse(
			p, item->object,
			"changes in a field that only a new object can have, and nothing "
			"else tells the old one from the new one");
	put_reconcile(p, item->object->type, scope);
	return true;
}

/* ---- the order ---- */

static bool is_leaving(const struct patcher *p, const struct object *old)
{
	const struct diff_object *entry = patcher_entry(p, old);

	return entry && !patcher_is_singleton(old) && !patcher_remakes(p, old) &&
	       (!entry->new || entry->anew);
}

static bool put_in_order(struct leaving *l, enum view_order_by by)
{
	struct patcher *p = l->p;
	struct object **all = calloc(p->old.count + 1, sizeof(struct object *));
	size_t i;

	free(l->order);
	l->order = NULL;
	l->count = 0;
	for (i = 0; all && i < p->old.count; i++) {
		if (is_leaving(p, p->old.all[i].object))
			all[l->count++] = p->old.all[i].object;
	}
	if (all)
		l->order = view_order(all, l->count, by);
	free(all);
	map_init(&l->places, &p->diff->old->hash_key, &p->old.arena);
	for (i = 0; l->order && i < l->count; i++) {
		struct str id = {(const char *)&l->order[i]->id, sizeof(l->order[i]->id)};

		if (!map_put(&l->places, id, &l->order[i]))
			return false;
	}
	return l->order != NULL;
}

struct look {
	const struct leaving *l;
	size_t place;
	const struct schema_object *type; /* only objects of it; NULL: of all types */
	bool later, any;
};

static void look_for_leaving(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct look *look = ctx;
	struct object **target = NULL;

	if (value->kind == VALUE_REFERENCE && !value->reference.literal)
		target = map_get(&look->l->places, (struct str){(const char *)&value->reference.id,
								sizeof(value->reference.id)});
	if (!target || (look->type && (*target)->type != look->type))
		return;
	look->any = look->any || target != &look->l->order[look->place];
	look->later = look->later || target > &look->l->order[look->place];
}

static struct look look_at(const struct leaving *l, size_t place, const struct value_field *field,
			   const struct schema_object *type)
{
	const struct object *object = l->order[place];
	struct look look = {l, place, type, false, false};
	struct walk walk = {look_for_leaving, &look, 0};
	struct value_field copy = *field;
	struct value_object part = object->body;

	part.fields = &copy;
	part.count = 1;
	if (view_reference_holds(object, field->field))
		walk_object(&walk, &part, NULL);
	return look;
}

/* The field by which the object is part of a circle; NULL: none. */
static const struct value_field *waiting_field(const struct leaving *l, size_t place)
{
	const struct value_object *body = &l->order[place]->body;
	size_t i;

	for (i = 0; i < body->count; i++) {
		if (look_at(l, place, &body->fields[i], NULL).later)
			return &body->fields[i];
	}
	return NULL;
}

/* *circle is the first object that is part of one, l->count where there is none. With a circle the
 * order is such that what closes it can be taken away: by itself, or as in the making. */
static bool find_order(struct leaving *l, size_t *circle)
{
	const struct value_field *field = NULL;
	bool hard = false;
	size_t i;

	if (!put_in_order(l, VIEW_ORDER_HOLDING))
		return false;
	*circle = l->count;
	for (i = l->count; i-- > 0;) {
		field = waiting_field(l, i);
		if (field)
			*circle = i;
		hard = hard || (field && view_reference_is_hard(field->field));
	}
	if (!hard)
		return true;
	if (!put_in_order(l, VIEW_ORDER_HARD))
		return false;
	for (*circle = 0; *circle < l->count && !waiting_field(l, *circle);)
		++*circle;
	return true;
}

/* ---- circles ---- */

static bool refuse_circle(const struct leaving *l, size_t place)
{
	const char *field = waiting_field(l, place)->field->name;
	struct str why = arena_printf(
		&l->p->scratch,
		"goes, as does an object to which its '%s' refers and which refers to it, and a "
		"server destroys neither first: it takes the plan of --part 1, which takes '%s' "
		"away, and after that the plan of --part 2",
		field, field);

	return patcher_refuse(l->p, l->order[place], why.p ? why.p : "");
}

/* The first of two plans: what closes a circle lets go. */
static bool let_go(struct leaving *l, size_t place)
{
	struct patcher *p = l->p;
	const struct object *object = l->order[place];
	const struct view_item *item = patcher_item(&p->old, object);
	struct value_object rest = object->body;
	struct str name = patcher_name_before(p, item);
	size_t i;

	rest.fields = ARENA_ARRAY(&p->scratch, struct value_field, object->body.count + 1);
	rest.count = 0;
	for (i = 0; rest.fields && i < object->body.count; i++) {
		if (!look_at(l, place, &object->body.fields[i], NULL).later)
			rest.fields[rest.count++] = object->body.fields[i];
	}
	return rest.fields && patcher_put_name(p, item, name) &&
	       patcher_put_update(p, object->type, name, patcher_without(p, object, &rest));
}

/* ---- the operations ---- */

/* Nothing of the type is left, all of it stands here, and none of it holds another: the client
 * destroys them in an order that nobody knows before. */
static bool goes_whole(const struct leaving *l, size_t place)
{
	const struct schema_object *type = l->order[place]->type;
	size_t run = place, total = 0, i, k;

	if (!patcher_all_go(l->p, l->order[place]))
		return false;
	while (run < l->count && l->order[run]->type == type)
		run++;
	for (i = 0; i < l->count; i++)
		total += l->order[i]->type == type;
	for (i = place; i < run; i++) {
		const struct value_object *body = &l->order[i]->body;

		for (k = 0; k < body->count; k++) {
			if (look_at(l, i, &body->fields[k], type).any)
				return false;
		}
	}
	return total == run - place;
}

static bool put_one(struct leaving *l, size_t place, const struct schema_object **done)
{
	struct patcher *p = l->p;
	const struct object *object = l->order[place];
	const struct diff_object *entry = patcher_entry(p, object);
	const struct view_item *item = patcher_item(&p->old, object);

	if (entry->new)
		return put_replaced(p, entry, item);
	if (object->type == *done)
		return true;
	if (!goes_whole(l, place))
		return put_scoped(p, item);
	*done = object->type;
	put_reconcile(p, object->type, NULL);
	return true;
}

bool patcher_put_leaving(struct patcher *p, enum diff_part part)
{
	struct leaving l = {.p = p};
	const struct schema_object *done = NULL;
	size_t circle, i;
	bool ok = find_order(&l, &circle);

	if (ok && circle < l.count && part == DIFF_WHOLE)
		ok = refuse_circle(&l, circle);
	for (i = 0; ok && i < l.count; i++) {
		if (part != DIFF_FIRST)
			ok = put_one(&l, i, &done);
		else if (waiting_field(&l, i))
			ok = let_go(&l, i);
		arena_reset(&p->scratch);
	}
	free(l.order);
	return ok;
}
