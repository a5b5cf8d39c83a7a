#include "runtime/plan.h"

#include "libstw/ids.h"
#include "libstw/shape.h"

#include <inttypes.h>

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

bool plan_enacts(uint16_t structure)
{
	for (size_t i = 0; i < ARRAY_LEN(components); i++)
		for (size_t k = 0; k < ARRAY_LEN(components[i].types); k++)
			if (components[i].types[k] == structure)
				return true;
	return false;
}

static bool enacts_tracer(uint16_t variant)
{
	return variant == STW_VARIANT_Tracer_Log || variant == STW_VARIANT_Tracer_Stdout;
}

/* Tracers of other variants are configuration that stwd carries for others. */
static void each_tracer(struct stw_image *image,
			void (*each)(void *ctx, struct str name, uint64_t count), void *ctx)
{
	struct stw_reader *reader = stw_reader_main(image);
	struct stw_shape shape;
	struct stw_shape_member variant;
	size_t at = 0;

	if (!stw_shape_get(reader, STW_TYPE_Tracer, &shape))
		return;
	while (stw_shape_next(&shape, &at, &variant)) {
		struct stw_iterator *iterator;
		struct stw_object object;
		uint64_t count = 0;

		if (enacts_tracer(variant.number))
			continue;
		iterator = stw_iterate(reader, STW_TYPE_Tracer);
		while (iterator && stw_iterator_next(iterator, &object))
			count += object.variant == variant.number;
		stw_iterator_free(iterator);
		if (count)
			each(ctx, variant.name, count);
	}
}

struct tracer_name {
	void (*each)(void *ctx, struct str name, uint64_t count);
	void *ctx;
};

static void name_tracer(void *ctx, struct str variant, uint64_t count)
{
	struct tracer_name *t = ctx;
	struct buf name = BUF_INIT;

	buf_printf(&name, "Tracer/%.*s", STR_ARG(variant));
	t->each(t->ctx, buf_str(&name), count);
	buf_free(&name);
}

void plan_not_enacted(struct stw_image *image,
		      void (*each)(void *ctx, struct str name, uint64_t count), void *ctx)
{
	const struct stw_manifest *m = stw_image_manifest(image);
	struct tracer_name tracers = {each, ctx};

	for (size_t i = 0; i < m->type_count; i++)
		if (m->types[i].objects && !plan_enacts(m->types[i].structure))
			each(ctx, plan_type_name(image, m->types[i].structure),
			     m->types[i].objects);
	each_tracer(image, name_tracer, &tracers);
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

	if (structure == STW_TYPE_BlockedIp || structure == STW_TYPE_AllowedIp) {
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

	if (digest_eq(&d->active->manifest->content, &next->manifest->content)) {
		buf_puts(out, STR("unchanged: the content is that of the active generation\n"));
		return;
	}
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
