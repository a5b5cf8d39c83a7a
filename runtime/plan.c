#include "runtime/plan.h"

#include "libstw/records.h"
#include "libstw/shape.h"

#include <inttypes.h>

/* Different parts of one type that status names. */
#define CARRIED_MAX 64

/* ---- names and what is enacted ---- */

struct str plan_type_name(struct stw_image *image, uint16_t structure)
{
	struct stw_shape shape;

	return stw_shape_get(stw_reader_main(image), structure, &shape) ? shape.name : STR("?");
}

/* Components of stwd, with the types they live on. */
static const struct component {
	const char *name;
	uint16_t types[4];
} components[] = {
	{"settings", {STW_TYPE_SystemSettings}},
	{"listeners", {STW_TYPE_NetworkListener}},
	{"tls", {STW_TYPE_Certificate}},
	{"addresses", {STW_TYPE_BlockedIp, STW_TYPE_AllowedIp}},
	{"log", {STW_TYPE_Tracer}},
	{"metrics", {STW_TYPE_Metrics}},
};

/* What one type carries that is not enacted: variants and fields, by number. */
struct carried {
	struct stw_reader *reader;
	uint16_t structure;
	struct {
		uint16_t body;   /* structure of the field; 0: a variant */
		uint16_t number; /* of field or variant */
		uint64_t count;
	} parts[CARRIED_MAX];
	size_t count;
};

static void count_part(struct carried *carried, uint16_t body, uint16_t number)
{
	size_t i = 0;

	while (i < carried->count &&
	       (carried->parts[i].body != body || carried->parts[i].number != number))
		i++;
	if (i == CARRIED_MAX)
		return;
	if (i == carried->count) {
		carried->parts[i].body = body;
		carried->parts[i].number = number;
		carried->parts[i].count = 0;
		carried->count++;
	}
	carried->parts[i].count++;
}

/* Structure of a variant's fields; 0: none. */
static uint16_t body_of(struct carried *carried, uint16_t variant)
{
	struct stw_shape shape;
	struct stw_shape_member member;

	return stw_shape_get(carried->reader, carried->structure, &shape) &&
			       stw_shape_member(&shape, variant, &member)
		       ? member.body
		       : 0;
}

static void count_object(struct carried *carried, const struct stw_object *object)
{
	struct stw_cursor cursor = stw_cursor_of(object->fields);
	uint16_t body = carried->structure, number;
	struct stw_item item;

	if (object->variant) {
		if (!rec_enacts(carried->structure, object->variant)) {
			count_part(carried, 0, object->variant);
			return;
		}
		body = body_of(carried, object->variant);
	}
	while (stw_next_field(&cursor, &number, &item))
		if (!rec_enacts(body, number))
			count_part(carried, body, number);
}

/* "Tracer/Journal", "SystemSettings.services", "TracerLog.lossy" */
static void name_part(struct carried *carried, size_t i, struct buf *out)
{
	uint16_t body = carried->parts[i].body;
	struct stw_shape shape;
	struct stw_shape_member member;

	if (!stw_shape_get(carried->reader, body ? body : carried->structure, &shape) ||
	    !stw_shape_member(&shape, carried->parts[i].number, &member))
		return;
	buf_printf(out, "%.*s%c%.*s", STR_ARG(shape.name), body ? '.' : '/', STR_ARG(member.name));
}

/* Objects of a type that is enacted in part are looked into, field by field. */
static void each_part(struct stw_image *image, uint16_t structure,
		      void (*each)(void *ctx, struct str name, uint64_t count), void *ctx)
{
	struct carried carried = {.reader = stw_reader_main(image), .structure = structure};
	struct stw_iterator *iterator = stw_iterate(carried.reader, structure);
	struct stw_object object;

	while (iterator && stw_iterator_next(iterator, &object))
		count_object(&carried, &object);
	stw_iterator_free(iterator);
	for (size_t i = 0; i < carried.count; i++) {
		struct buf name = BUF_INIT;

		name_part(&carried, i, &name);
		each(ctx, buf_str(&name), carried.parts[i].count);
		buf_free(&name);
	}
}

static bool is_packed(uint16_t structure)
{
	return structure == STW_TYPE_BlockedIp || structure == STW_TYPE_AllowedIp;
}

void plan_not_enacted(struct stw_image *image,
		      void (*each)(void *ctx, struct str name, uint64_t count), void *ctx)
{
	const struct stw_manifest *m = stw_image_manifest(image);

	for (size_t i = 0; i < m->type_count; i++) {
		uint16_t structure = m->types[i].structure;

		if (m->types[i].objects == 0 || is_packed(structure))
			continue;
		if (rec_enacts(structure, 0))
			each_part(image, structure, each, ctx);
		else
			each(ctx, plan_type_name(image, structure), m->types[i].objects);
	}
}

/* ---- what differs ---- */

void plan_types(const struct stw_manifest *from, const struct stw_manifest *to,
		void (*each)(void *ctx, uint16_t structure), void *ctx)
{
	size_t i = 0, k = 0;

	while (i < from->type_count || k < to->type_count) {
		const struct stw_type_summary *a = i < from->type_count ? &from->types[i] : NULL;
		const struct stw_type_summary *b = k < to->type_count ? &to->types[k] : NULL;

		if (a && b && a->structure == b->structure) {
			if (!digest_eq(&a->content, &b->content))
				each(ctx, a->structure);
			i++;
			k++;
		} else if (!b || (a && a->structure < b->structure)) {
			each(ctx, a->structure);
			i++;
		} else {
			each(ctx, b->structure);
			k++;
		}
	}
}

static bool same_object(const struct stw_object *a, const struct stw_object *b)
{
	return a->variant == b->variant && str_eq(a->identity, b->identity) &&
	       str_eq((struct str){(const char *)a->fields.p, a->fields.n},
		      (struct str){(const char *)b->fields.p, b->fields.n});
}

/* Both iterators go by id: a merge finds what only one of them has. */
static void merge(struct stw_iterator *from, struct stw_iterator *to, struct plan_type *out)
{
	struct stw_object a, b;
	bool have_a = stw_iterator_next(from, &a), have_b = stw_iterator_next(to, &b);

	while (have_a || have_b) {
		if (have_a && have_b && a.id == b.id) {
			out->changed += !same_object(&a, &b);
			have_a = stw_iterator_next(from, &a);
			have_b = stw_iterator_next(to, &b);
		} else if (!have_b || (have_a && a.id < b.id)) {
			out->removed++;
			have_a = stw_iterator_next(from, &a);
		} else {
			out->added++;
			have_b = stw_iterator_next(to, &b);
		}
	}
}

static bool same_entry(const struct address_entry *a, const struct address_entry *b)
{
	return a->has_expires == b->has_expires && a->has_created == b->has_created &&
	       a->has_reason == b->has_reason && a->has_note == b->has_note &&
	       (!a->has_expires || a->expires == b->expires) &&
	       (!a->has_created || a->created == b->created) &&
	       (!a->has_reason || a->reason == b->reason) &&
	       (!a->has_note || str_eq(a->note, b->note)) && a->null_expires == b->null_expires &&
	       a->null_note == b->null_note;
}

/* Entries of `a` that `b` has not (*missing) or has otherwise (*differing). */
static void compare_tables(const struct address_table *a, const struct address_table *b,
			   uint64_t *missing, uint64_t *differing)
{
	struct address_entry mine, other;
	uint32_t index;

	for (uint32_t i = 0; address_table_at(a, i, &mine); i++) {
		if (!address_table_find(b, &mine.network, &index))
			++*missing;
		else if (address_table_at(b, index, &other))
			*differing += !same_entry(&mine, &other);
	}
}

static bool count_packed(struct stw_reader *from, struct stw_reader *to, struct plan_type *out)
{
	struct address_table a, b;
	uint64_t twice = 0;

	if (!address_table_open(stw_address_table(from, out->structure), &a) ||
	    !address_table_open(stw_address_table(to, out->structure), &b))
		return false;
	compare_tables(&a, &b, &out->removed, &out->changed);
	compare_tables(&b, &a, &out->added, &twice);
	return true;
}

bool plan_count(struct stw_image *from, struct stw_image *to, uint16_t structure,
		struct plan_type *out)
{
	struct stw_reader *a = stw_reader_main(from), *b = stw_reader_main(to);
	struct stw_iterator *left, *right;
	struct plan_type plan = {.structure = structure};
	bool ok;

	if (is_packed(structure)) {
		ok = count_packed(a, b, &plan);
	} else {
		left = stw_iterate(a, structure);
		right = stw_iterate(b, structure);
		ok = left && right;
		if (ok)
			merge(left, right, &plan);
		stw_iterator_free(left);
		stw_iterator_free(right);
	}
	if (ok)
		*out = plan;
	return ok;
}

/* ---- preview ---- */

struct preview {
	struct daemon *daemon;
	const struct generation *next;
	struct buf *out;
	uint16_t differing[1024];
	size_t count;
};

static void print_type(void *ctx, uint16_t structure)
{
	struct preview *p = ctx;
	struct stw_image *from = p->daemon->active->copy.image, *to = p->next->copy.image;
	struct plan_type plan;
	struct str name = plan_type_name(to, structure);

	if (p->count < ARRAY_LEN(p->differing))
		p->differing[p->count++] = structure;
	if (!plan_count(from, to, structure, &plan))
		buf_printf(p->out, "  %.*s: changed\n", STR_ARG(name));
	else
		buf_printf(p->out,
			   "  %.*s: %" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " changed\n",
			   STR_ARG(name), plan.added, plan.removed, plan.changed);
}

static bool component_differs(const struct preview *p, const struct component *c)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < ARRAY_LEN(c->types); k++)
			if (c->types[k] == p->differing[i])
				return true;
	return false;
}

static void print_components(struct preview *p)
{
	for (size_t i = 0; i < ARRAY_LEN(components); i++)
		buf_printf(p->out, "  %s: %s\n", components[i].name,
			   component_differs(p, &components[i]) ? "update" : "keep");
}

static bool serves(const struct generation *g, const struct socket_wish *wish,
		   const struct generation_socket **out)
{
	for (size_t i = 0; i < g->socket_count; i++) {
		const struct socket_wish *have = &g->sockets[i].entry->wish;

		if (have->at.port == wish->at.port && net_addr_eq(&have->at.addr, &wish->at.addr) &&
		    (wish->at.port || have->owner == wish->owner)) {
			*out = &g->sockets[i];
			return true;
		}
	}
	return false;
}

static bool wants(const struct settings *s, const struct socket_wish *have)
{
	for (size_t i = 0; i < s->listener_count; i++)
		for (size_t k = 0; k < s->listeners[i].bind_count; k++)
			if (s->listeners[i].binds[k].port == have->at.port &&
			    net_addr_eq(&s->listeners[i].binds[k].addr, &have->at.addr) &&
			    (have->at.port || s->listeners[i].id == have->owner))
				return true;
	return false;
}

static bool same_listener(const struct preview *p, uint64_t id)
{
	struct stw_object a, b;

	return stw_get(stw_reader_main(p->daemon->active->copy.image), STW_TYPE_NetworkListener, id,
		       &a) &&
	       stw_get(stw_reader_main(p->next->copy.image), STW_TYPE_NetworkListener, id, &b) &&
	       same_object(&a, &b);
}

static void print_wish(struct preview *p, const struct listener_setting *l, size_t bind)
{
	struct socket_wish wish = {l->binds[bind], l->id, l->options};
	const struct generation_socket *have;
	char at[NET_TEXT_SIZE], differs[200];

	net_socket_format(&wish.at, at);
	if (!serves(p->daemon->active, &wish, &have))
		buf_printf(p->out, "  %s '%.*s': add\n", at, STR_ARG(l->name));
	else if (socket_pending(have->entry, &wish, differs, sizeof(differs)))
		buf_printf(p->out, "  %s '%.*s': restart (%s)\n", at, STR_ARG(l->name), differs);
	else
		buf_printf(p->out, "  %s '%.*s': %s\n", at, STR_ARG(l->name),
			   same_listener(p, l->id) ? "keep" : "update");
}

static void print_listeners(struct preview *p)
{
	const struct settings *s = &p->next->settings;
	const struct generation *active = p->daemon->active;
	char at[NET_TEXT_SIZE];

	for (size_t i = 0; i < s->listener_count; i++)
		for (size_t k = 0; k < s->listeners[i].bind_count; k++)
			print_wish(p, &s->listeners[i], k);
	for (size_t i = 0; i < active->socket_count; i++) {
		const struct generation_socket *g = &active->sockets[i];

		if (!g->listener || wants(s, &g->entry->wish))
			continue;
		net_socket_format(&g->entry->wish.at, at);
		buf_printf(p->out, "  %s '%.*s': remove\n", at, STR_ARG(g->listener->name));
	}
}

void plan_print(struct daemon *d, const struct generation *next, struct buf *out)
{
	struct preview p = {.daemon = d, .next = next, .out = out};

	if (stw_same_image(stw_reader_main(d->active->copy.image),
			   stw_reader_main(next->copy.image))) {
		buf_puts(out, STR("unchanged: the content is that of the active generation\n"));
		return;
	}
	if (digest_eq(&d->active->manifest->content, &next->manifest->content))
		buf_puts(out, STR("the same objects, compiled to other tables\n"));
	buf_puts(out, STR("types\n"));
	plan_types(d->active->manifest, next->manifest, print_type, &p);
	buf_puts(out, STR("components\n"));
	print_components(&p);
	buf_puts(out, STR("listeners\n"));
	print_listeners(&p);
	for (size_t i = 0; i < next->pending.count; i++)
		buf_printf(out, "restart pending: %s\n", next->pending.items[i]);
	for (size_t i = 0; i < next->warnings.count; i++)
		buf_printf(out, "warning: %s\n", next->warnings.items[i]);
}
