/* The compiled table of discovery: hosts of the domains and what clients are told there. */
#include <errno.h>
#include <stdlib.h>

#include "stwc/check/lint.h"
#include "stwc/clients.h"
#include "stwc/emit/plan.h"
#include "stwc/names.h"
#include "stwc/state.h"

struct host {
	struct str name;
	bool server; /* of the server itself */
	enum client_login login;
};

struct discovery {
	struct compilation *c;
	struct clients clients;
	struct host *hosts;
	size_t count, cap;
	/* numbers + 1; 0: there is no such document */
	uint32_t documents[CLIENT_LOGIN_COUNT][STW_DOCUMENT_COUNT];
	struct client_pieces pieces[CLIENT_LOGIN_COUNT][STW_DOCUMENT_COUNT];
	uint32_t document_count;
};

/* The name in the form of the table: lower case, no dot at the end. Names that the DNS could not
 * hold, which only literals of addresses are, get no row. */
static bool add_host(struct discovery *d, struct str name, bool server, enum client_login login)
{
	char *copy;
	size_t i;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (!name.n || name.n > STW_LIMIT_DISCOVERY_NAME)
		return true;
	copy = arena_alloc(&d->c->arena, name.n, 1);
	if (!copy || !state_grow((void **)&d->hosts, &d->cap, d->count, sizeof(*d->hosts)))
		return false;
	for (i = 0; i < name.n; i++) {
		bool upper = name.p[i] >= 'A' && name.p[i] <= 'Z';

		copy[i] = (char)(upper ? name.p[i] + 32 : name.p[i]);
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-._", copy[i]))
			return true;
	}
	d->hosts[d->count++] = (struct host){{copy, name.n}, server, login};
	return true;
}

static bool add_domain(struct discovery *d, const struct object *domain)
{
	enum client_login login = client_login(&d->clients, domain);
	size_t count, i;
	struct value *const *aliases = lint_members(d->c, &domain->body, "aliases", &count);
	bool ok = add_host(d, lint_text(d->c, &domain->body, "name"), false, login);

	for (i = 0; ok && i < count; i++) {
		struct str name = name_domain(&d->c->arena, aliases[i]->string);

		/* requests have A-labels; the reference takes an alias as it was typed */
		ok = add_host(d, name.p ? name : aliases[i]->string, false, login) &&
		     !d->c->arena.failed;
	}
	return ok;
}

static bool add_hosts(struct discovery *d)
{
	struct object *domain;
	bool ok = add_host(d, d->clients.services.hostname, true, CLIENT_LOGIN_ADDRESS);
	size_t i;

	for (i = 0; ok && i < d->clients.services.count; i++)
		ok = add_host(d, d->clients.services.items[i].host, true, CLIENT_LOGIN_ADDRESS);
	for (domain = compile_first(d->c, "Domain"); ok && domain; domain = domain->next) {
		const struct value *enabled = value_field_get(&domain->body, "isEnabled");

		if (!enabled || enabled->boolean)
			ok = add_domain(d, domain);
	}
	return ok;
}

/* A domain comes before a host of the server with the same name. */
static int host_cmp(const void *a, const void *b)
{
	const struct host *x = a, *y = b;
	int order = str_cmp(x->name, y->name);

	return order ? order : (int)x->server - (int)y->server;
}

static void sort_hosts(struct discovery *d)
{
	size_t kept = 0, i;

	if (d->count)
		qsort(d->hosts, d->count, sizeof(*d->hosts), host_cmp);
	for (i = 0; i < d->count; i++) {
		if (kept && str_eq(d->hosts[kept - 1].name, d->hosts[i].name))
			continue;
		d->hosts[kept++] = d->hosts[i];
	}
	d->count = kept;
}

static bool make_documents(struct discovery *d)
{
	size_t l, k;

	for (l = 0; l < CLIENT_LOGIN_COUNT; l++) {
		for (k = 0; k < STW_DOCUMENT_COUNT; k++) {
			struct client_pieces *pieces = &d->pieces[l][k];

			client_document(&d->clients, (enum stw_document)k, (enum client_login)l,
					pieces);
			if (pieces->out.failed)
				return false;
			if (pieces->out.n)
				d->documents[l][k] = ++d->document_count;
		}
	}
	return true;
}

static void put_hosts(const struct discovery *d, size_t names, struct buf *out)
{
	size_t at = names, i, k;

	for (i = 0; i < d->count; i++) {
		const struct host *host = &d->hosts[i];

		buf_put_u32(out, (uint32_t)at);
		buf_put_u16(out, (uint16_t)host->name.n);
		buf_put_u16(out, host->server ? STW_DISCOVERY_SERVER : 0);
		for (k = 0; k < STW_DOCUMENT_COUNT; k++)
			buf_put_u32(out, host->server ? 0 : d->documents[host->login][k]);
		at += host->name.n;
	}
}

static size_t names_size(const struct discovery *d)
{
	size_t n = 0, i;

	for (i = 0; i < d->count; i++)
		n += d->hosts[i].name.n;
	return n;
}

/* Header, hosts and places, then names, then documents. */
static void put_table(const struct discovery *d, struct buf *out)
{
	size_t names = STW_DISCOVERY_HEADER_SIZE + d->count * STW_DISCOVERY_HOST_SIZE +
		       d->document_count * STW_DISCOVERY_PLACE_SIZE;
	size_t at = names + names_size(d), i;
	const struct client_pieces *all = &d->pieces[0][0];

	buf_put_u32(out, (uint32_t)d->count);
	buf_put_u32(out, d->document_count);
	put_hosts(d, names, out);
	for (i = 0; i < CLIENT_LOGIN_COUNT * STW_DOCUMENT_COUNT; i++) {
		if (!all[i].out.n)
			continue;
		buf_put_u32(out, (uint32_t)at);
		buf_put_u32(out, (uint32_t)all[i].out.n);
		at += all[i].out.n;
	}
	for (i = 0; i < d->count; i++)
		buf_puts(out, d->hosts[i].name);
	for (i = 0; i < CLIENT_LOGIN_COUNT * STW_DOCUMENT_COUNT; i++)
		buf_puts(out, buf_str(&all[i].out));
}

static bool too_large(const struct discovery *d)
{
	const struct client_pieces *all = &d->pieces[0][0];
	uint64_t rows = (uint64_t)d->count * (STW_DISCOVERY_HOST_SIZE + STW_LIMIT_DISCOVERY_NAME);

	for (size_t i = 0; i < CLIENT_LOGIN_COUNT * STW_DOCUMENT_COUNT; i++) {
		if (all[i].out.n > STW_LIMIT_DISCOVERY_DOCUMENT)
			return true;
	}
	return rows > UINT32_MAX / 2;
}

bool plan_discovery(struct plan *plan, struct compilation *c)
{
	struct discovery d = {.c = c};
	size_t start = plan->bytes.n;
	bool ok = clients_init(&d.clients, c) && add_hosts(&d) && make_documents(&d);

	sort_hosts(&d);
	if (!ok)
		ok = plan_refuse(plan, ENOMEM, "lay out the content of");
	else if (too_large(&d))
		ok = plan_refuse(plan, EFBIG, "put documents for mail clients of that size into");
	else if (d.count && d.document_count) {
		put_table(&d, &plan->bytes);
		plan_add(plan, STW_TABLES, start, STW_TABLE_DISCOVERY,
			 sizeof(STW_TABLE_DISCOVERY) - 1);
	}
	for (size_t i = 0; i < CLIENT_LOGIN_COUNT * STW_DOCUMENT_COUNT; i++)
		buf_free(&(&d.pieces[0][0])[i].out);
	free(d.hosts);
	return ok;
}
