/* Listeners as services: what a client or another server finds where. */
#include "stwc/services.h"

#include <stdlib.h>

#include "stwc/check/lint.h"
#include "stwc/names.h"
#include "stwc/view_diff.h"

/* By enum service_protocol: its key in SystemSettings.services, and the listeners that speak it. */
static const struct {
	const char *word, *key, *listener;
} protocols[SERVICE_PROTOCOL_COUNT] = {
	[SERVICE_MX] = {"mx", NULL, "smtp"},
	[SERVICE_SUBMISSION] = {"smtp", "smtp", "smtp"},
	[SERVICE_IMAP] = {"imap", "imap", "imap"},
	[SERVICE_POP3] = {"pop3", "pop3", "pop3"},
	[SERVICE_SIEVE] = {"managesieve", "managesieve", "manageSieve"},
	[SERVICE_JMAP] = {"jmap", "jmap", "http"},
	[SERVICE_CALDAV] = {"caldav", "caldav", "http"},
	[SERVICE_CARDDAV] = {"carddav", "carddav", "http"},
	[SERVICE_WEBDAV] = {"webdav", "webdav", "http"},
	[SERVICE_WEB] = {"web", NULL, "http"},
};

struct finder {
	struct compilation *c;
	struct view *view; /* NULL: of sources alone */
	struct services services;
	const struct value *settings; /* SystemSettings.services */
};

const char *service_protocol_word(enum service_protocol protocol)
{
	return protocols[protocol].word;
}

/* The value of a field, written or by default. */
static const struct value *value_of(struct finder *f, const struct value_object *body,
				    const char *name)
{
	return f->view ? diff_value(f->view, body, NULL, name) : lint_value(f->c, body, name);
}

static bool flag(struct finder *f, const struct value_object *body, const char *name)
{
	const struct value *value = value_of(f, body, name);

	return value && value->kind == VALUE_BOOL && value->boolean;
}

static struct str text(struct finder *f, const struct value_object *body, const char *name)
{
	const struct value *value = value_of(f, body, name);

	return value && value->kind == VALUE_STRING ? value->string : STR_NONE;
}

static bool speaks_word(struct finder *f, const struct object *listener, const char *word)
{
	const struct value *value = value_of(f, &listener->body, "protocol");

	return value && value->kind == VALUE_ENUM && strcmp(value->member->name, word) == 0;
}

static enum service_security security_of(struct finder *f, const struct object *listener)
{
	if (!flag(f, &listener->body, "useTls"))
		return SERVICE_PLAIN;
	if (flag(f, &listener->body, "tlsImplicit"))
		return SERVICE_IMPLICIT;
	/* HTTP has no STARTTLS */
	return speaks_word(f, listener, "http") ? SERVICE_PLAIN : SERVICE_STARTTLS;
}

/* What SystemSettings says of a protocol; NULL: nothing, so that it is not announced. */
static const struct value_object *entry_of(const struct finder *f, enum service_protocol protocol)
{
	const struct value *map = f->settings;
	size_t i;

	for (i = 0; protocols[protocol].key && map && map->kind == VALUE_MAP && i < map->map.count;
	     i++) {
		const struct value_pair *pair = &map->map.pairs[i];

		if (pair->key->kind == VALUE_ENUM &&
		    strcmp(pair->key->member->name, protocols[protocol].key) == 0)
			return pair->value->kind == VALUE_OBJECT ? &pair->value->object : NULL;
	}
	return NULL;
}

/* One protocol, security and port is one service, however many addresses it is bound to. */
static bool has(const struct services *services, const struct service *service)
{
	size_t i;

	for (i = 0; i < services->count; i++) {
		if (services->items[i].protocol == service->protocol &&
		    services->items[i].security == service->security &&
		    services->items[i].port == service->port)
			return true;
	}
	return false;
}

static void add(struct finder *f, const struct service *found)
{
	const struct value_object *entry = entry_of(f, found->protocol);
	struct service service = *found;

	service.host = entry ? text(f, entry, "hostname") : STR_NONE;
	if (!service.host.n)
		service.host = f->services.hostname;
	service.announced =
		!protocols[found->protocol].key ||
		(entry && (found->security == SERVICE_IMPLICIT || flag(f, entry, "cleartext")));
	if (!has(&f->services, &service))
		f->services.items[f->services.count++] = service;
}

static bool speaks(struct finder *f, const struct object *listener, enum service_protocol protocol,
		   uint16_t port)
{
	if (!speaks_word(f, listener, protocols[protocol].listener))
		return false;
	if (protocol == SERVICE_MX)
		return port == 25;
	return protocol != SERVICE_SUBMISSION || port != 25;
}

static void add_listener(struct finder *f, const struct object *listener)
{
	const struct value *bind = value_field_get(&listener->body, "bind");
	struct service service = {.security = security_of(f, listener), .listener = listener};
	size_t i, p;

	for (i = 0; bind && bind->kind == VALUE_SEQUENCE && i < bind->sequence.count; i++) {
		service.address = bind->sequence.items[i];
		service.port = service.address->socket.port;
		if (!service.port || lint_is_loopback(&service.address->socket.addr))
			continue;
		for (p = 0; p < SERVICE_PROTOCOL_COUNT; p++) {
			service.protocol = (enum service_protocol)p;
			if (speaks(f, listener, service.protocol, service.port))
				add(f, &service);
		}
	}
}

static int by_order(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->security != y->security)
		return x->security < y->security ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port; /* no two are alike */
}

static bool is_listener(const struct object *object)
{
	return strcmp(object->type->name, "NetworkListener") == 0;
}

static size_t count_binds(const struct compilation *c)
{
	const struct value *bind;
	size_t n = 0, i;

	for (i = 0; i < c->object_count; i++) {
		if (!is_listener(c->objects[i]))
			continue;
		bind = value_field_get(&c->objects[i]->body, "bind");
		n += bind && bind->kind == VALUE_SEQUENCE ? bind->sequence.count : 0;
	}
	return n;
}

static bool load(struct view *view, const char *name)
{
	const struct schema_object *type = schema_object_find(view->c.schema, str_c(name));

	return !type || view_load(view, type);
}

/* The settings of the server, written or by default. */
static void find_settings(struct finder *f)
{
	const struct object *object = compile_singleton(f->c, "SystemSettings");
	const struct schema_object *type = schema_object_find(f->c->schema, STR("SystemSettings"));
	struct value_object body = {.structure = type ? type->structure : NULL};

	if (object)
		body = object->body;
	f->services.hostname = text(f, &body, "defaultHostname");
	f->settings = value_of(f, &body, "services");
}

static bool find(struct finder *f, struct services *out)
{
	struct compilation *c = f->c;
	size_t i;

	find_settings(f);
	f->services.items =
		ARENA_ARRAY(&c->arena, struct service, count_binds(c) * SERVICE_PROTOCOL_COUNT + 1);
	if (!f->services.items)
		return false;
	for (i = 0; i < c->object_count; i++) {
		if (is_listener(c->objects[i]))
			add_listener(f, c->objects[i]);
	}
	if (f->services.count)
		qsort(f->services.items, f->services.count, sizeof(*f->services.items), by_order);
	*out = f->services;
	return !c->arena.failed;
}

bool services_of_sources(struct compilation *c, struct services *out)
{
	struct finder f = {.c = c};

	return find(&f, out);
}

bool services_of(struct view *view, struct services *out)
{
	struct finder f = {.c = &view->c, .view = view};

	return load(view, "SystemSettings") && load(view, "NetworkListener") && find(&f, out);
}

const struct service *services_find(const struct services *services, enum service_protocol protocol,
				    bool announced)
{
	size_t i;

	for (i = 0; i < services->count; i++) {
		if (services->items[i].protocol == protocol &&
		    (services->items[i].announced || !announced))
			return &services->items[i];
	}
	return NULL;
}

static bool has_alias(struct compilation *c, const struct object *domain, struct str name)
{
	size_t count, i;
	struct value *const *aliases = lint_members(c, &domain->body, "aliases", &count);

	/* the reference takes them as they are typed */
	for (i = 0; i < count; i++) {
		if (str_eq(name_domain(&c->arena, aliases[i]->string), name))
			return true;
	}
	return false;
}

const struct object *services_domain(struct compilation *c, struct str name, bool *alias)
{
	const struct object *found = NULL;
	size_t i;

	for (i = 0; i < c->object_count; i++) {
		const struct object *object = c->objects[i];

		if (strcmp(object->type->name, "Domain") != 0)
			continue;
		*alias = !str_eq(lint_text(c, &object->body, "name"), name);
		if (!*alias)
			return object;
		if (!found && has_alias(c, object, name))
			found = object;
	}
	*alias = found != NULL;
	return found;
}
