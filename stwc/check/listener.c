/* Listeners: what binding their addresses will ask of the host. */
#include "stwc/check/check.h"

struct privileged {
	const struct object *object; /* of the first; NULL: none */
	const struct value *first;
	size_t count;
};

static void collect(struct privileged *found, const struct object *object)
{
	const struct value *bind = value_field_get(&object->body, "bind");
	size_t i;

	for (i = 0; bind && i < bind->sequence.count; i++) {
		const struct value *address = bind->sequence.items[i];

		if (address->socket.port == 0 || address->socket.port >= 1024)
			continue;
		if (found->count++)
			continue;
		found->object = object;
		found->first = address;
	}
}

/* One note for all of them: every mail server has a dozen. */
static void report(struct compilation *c, const struct privileged *found)
{
	const struct value *first = found->first;
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	net_socket_format(&first->socket, text);
	if (found->count == 1)
		diag = diag_add(&c->diags, DIAG_PRIVILEGED_PORT, first->span,
				"%s needs the right to bind port %u", text, first->socket.port);
	else
		diag = diag_add(&c->diags, DIAG_PRIVILEGED_PORT, first->span,
				"%s and %zu more address%s need the right to bind ports below 1024",
				text, found->count - 1, found->count == 2 ? "" : "es");
	diag_path(&c->diags, diag, "NetworkListener/%.*s/bind/%s", STR_ARG(found->object->identity),
		  text);
	diag_context(&c->diags, diag, "in NetworkListener '%.*s'",
		     STR_ARG(found->object->identity));
}

void check_privileged_ports(struct compilation *c)
{
	struct privileged found = {NULL, NULL, 0};
	size_t i;

	for (i = 0; i < c->object_count; i++) {
		if (strcmp(c->objects[i]->type->name, "NetworkListener") == 0)
			collect(&found, c->objects[i]);
	}
	if (found.count)
		report(c, &found);
}

struct binds {
	struct compilation *c;
	struct map seen; /* address text to struct holder */
};

struct holder {
	const struct object *listener;
	const struct value *address;
};

static bool claim_bind(struct binds *binds, const struct object *listener,
		       const struct value *address)
{
	struct diags *diags = &binds->c->diags;
	struct holder *holder;
	struct diag *diag;
	char text[NET_TEXT_SIZE];
	struct str key;

	(void)net_socket_format(&address->socket, text);
	/* port 0 is another port each time */
	if (address->socket.port == 0)
		return true;
	holder = map_get(&binds->seen, str_c(text));
	/* two of one name have been told apart from this already */
	if (holder && !str_eq(holder->listener->identity, listener->identity)) {
		diag = diag_add(diags, DIAG_DUPLICATE_BIND, address->span,
				"%s is the address of the listener '%.*s' too", text,
				STR_ARG(holder->listener->identity));
		diag_path(diags, diag, "NetworkListener/%.*s/bind/%s", STR_ARG(listener->identity),
			  text);
		diag_context(diags, diag, "in NetworkListener '%.*s'", STR_ARG(listener->identity));
		diag_relate(diags, diag, holder->address->span, "bound here first");
	}
	if (holder)
		return true;
	holder = ARENA_NEW(&binds->c->arena, struct holder);
	key = arena_str(&binds->c->arena, str_c(text));
	if (!holder || !key.p)
		return false;
	*holder = (struct holder){listener, address};
	return map_put(&binds->seen, key, holder);
}

void check_binds(struct compilation *c)
{
	struct binds binds = {.c = c};
	size_t i, j;

	map_init(&binds.seen, &c->hash_key, &c->arena);
	for (i = 0; i < c->object_count; i++) {
		struct value *bind;

		if (strcmp(c->objects[i]->type->name, "NetworkListener") != 0)
			continue;
		bind = value_field_get(&c->objects[i]->body, "bind");
		for (j = 0; bind && j < bind->sequence.count; j++) {
			if (!claim_bind(&binds, c->objects[i], bind->sequence.items[j]))
				return; /* the arena remembers */
		}
	}
}
