/* Listeners: what binding their addresses will ask of the host. */
#include <stdio.h>

#include "stwc/check/lint.h"

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
	const struct object *listener;

	for (listener = compile_first(c, "NetworkListener"); listener; listener = listener->next)
		collect(&found, listener);
	if (found.count)
		report(c, &found);
}

struct holder {
	const struct object *listener;
	const struct value *address;
	struct holder *next; /* another that never meets those before, by the roles of nodes */
};

struct bind_key {
	uint8_t bytes[16 + 1 + 2]; /* address, family, port */
};

struct binds {
	struct compilation *c;
	struct map seen;         /* struct bind_key to struct holder */
	struct map wildcards[2]; /* of [::] and 0.0.0.0: port to struct holder */
	struct object *roles;    /* the first ClusterRole */
};

static bool names_listener(struct compilation *c, const struct value_object *group,
			   const struct object *listener)
{
	size_t count, i;
	struct value *const *ids = lint_members(c, group, "listenerIds", &count);

	for (i = 0; i < count; i++) {
		if (ids[i]->kind == VALUE_REFERENCE && ids[i]->reference.target == listener)
			return true;
	}
	return false;
}

static bool role_opens(struct compilation *c, const struct object *role,
		       const struct object *listener)
{
	const struct value_object *group = lint_object(c, &role->body, "listeners");

	if (lint_is_variant(group, "EnableSome"))
		return names_listener(c, group, listener);
	if (lint_is_variant(group, "DisableSome"))
		return !names_listener(c, group, listener);
	return !lint_is_variant(group, "DisableAll");
}

/* Where nodes have roles and none of them opens both, the two never meet. stwd knows no roles. */
static bool never_meet(const struct binds *binds, const struct object *a, const struct object *b)
{
	struct object *role;

	if (!binds->roles || binds->c->options.audience == FOR_STWD)
		return false;
	for (role = binds->roles; role; role = role->next) {
		if (role_opens(binds->c, role, a) && role_opens(binds->c, role, b))
			return false;
	}
	return true;
}

/* One place for IPv4 and its mapped form. */
static struct net_socket plain_socket(const struct value *address)
{
	return (struct net_socket){net_addr_unmap(&address->socket.addr), address->socket.port};
}

/* The first of the holders that meets the one that asks, or NULL. */
static struct holder *meets(const struct binds *binds, struct holder *holder,
			    const struct holder *asking)
{
	for (; holder; holder = holder->next) {
		/* two of one name have been told apart from this already */
		if (!str_eq(holder->listener->identity, asking->listener->identity) &&
		    !never_meet(binds, holder->listener, asking->listener))
			return holder;
	}
	return NULL;
}

/* Is another listener there under the key? One that meets no other gets a place. False: out of
 * memory. */
static bool claim(struct binds *binds, struct map *map, struct str place,
		  const struct holder *asking, struct holder **out)
{
	struct holder *first = map_get(map, place), *holder;
	struct str key;

	*out = meets(binds, first, asking);
	if (*out || (first && !binds->roles))
		return true;
	holder = ARENA_NEW(&binds->c->arena, struct holder);
	if (!holder)
		return false;
	*holder = *asking;
	if (first) {
		holder->next = first->next;
		first->next = holder;
		return true;
	}
	key = arena_str(&binds->c->arena, place);
	return key.p && map_put(map, key, holder);
}

static void report_bind(struct binds *binds, enum diag_code code, const struct holder *asking,
			const struct holder *holder)
{
	struct diags *diags = &binds->c->diags;
	const struct object *listener = asking->listener;
	char text[NET_TEXT_SIZE], other[NET_TEXT_SIZE];
	struct diag *diag;

	(void)net_socket_format(&asking->address->socket, text);
	(void)net_socket_format(&holder->address->socket, other);
	diag = diag_add(diags, code, asking->address->span,
			code == DIAG_DUPLICATE_BIND
				? "%s is the address of the listener '%.*s' too"
				: "%s is an address that the listener '%.*s' has with %s already",
			text, STR_ARG(holder->listener->identity), other);
	diag_path(diags, diag, "NetworkListener/%.*s/bind/%s", STR_ARG(listener->identity), text);
	diag_context(diags, diag, "in NetworkListener '%.*s'", STR_ARG(listener->identity));
	diag_relate(diags, diag, holder->address->span,
		    code == DIAG_DUPLICATE_BIND ? "bound here first" : "the wider address");
}

static struct str key_of(const struct net_socket *socket, struct bind_key *out)
{
	*out = (struct bind_key){{0}};
	memcpy(out->bytes, socket->addr.b, socket->addr.family == 4 ? 4 : 16);
	out->bytes[16] = socket->addr.family;
	memcpy(out->bytes + 17, &socket->port, sizeof(socket->port));
	return (struct str){(const char *)out->bytes, sizeof(out->bytes)};
}

static struct str key_of_port(const struct net_socket *socket)
{
	return (struct str){(const char *)&socket->port, sizeof(socket->port)};
}

static bool claim_bind(struct binds *binds, const struct holder *asking)
{
	struct net_socket plain = plain_socket(asking->address);
	struct bind_key key;
	struct holder *holder;

	/* port 0 is another port each time */
	if (plain.port == 0)
		return true;
	if (!claim(binds, &binds->seen, key_of(&plain, &key), asking, &holder))
		return false;
	if (holder)
		report_bind(binds, DIAG_DUPLICATE_BIND, asking, holder);
	if (!lint_is_any(&plain.addr))
		return true;
	return claim(binds, &binds->wildcards[plain.addr.family == 4], key_of_port(&plain), asking,
		     &holder);
}

/* [::] takes IPv4 as well, since it is bound dual-stack (validation.md 5.3). */
static void meet_wildcards(struct binds *binds, const struct holder *asking)
{
	struct net_socket plain = plain_socket(asking->address);
	bool any = lint_is_any(&plain.addr);
	size_t kind;

	if (plain.port == 0 || (any && plain.addr.family == 6))
		return;
	for (kind = 0; kind <= (plain.addr.family == 4 && !any); kind++) {
		struct holder *holder =
			meets(binds, map_get(&binds->wildcards[kind], key_of_port(&plain)), asking);

		if (!holder)
			continue;
		report_bind(binds, DIAG_OVERLAPPING_BIND, asking, holder);
		return;
	}
}

void check_binds(struct compilation *c)
{
	struct binds binds = {.c = c, .roles = compile_first(c, "ClusterRole")};
	struct object *listener;
	size_t pass, count, i;

	map_init(&binds.seen, &c->hash_key, &c->arena);
	map_init(&binds.wildcards[0], &c->hash_key, &c->arena);
	map_init(&binds.wildcards[1], &c->hash_key, &c->arena);
	for (pass = 0; pass < 2; pass++) {
		for (listener = compile_first(c, "NetworkListener"); listener;
		     listener = listener->next) {
			struct value *const *bind =
				lint_members(c, &listener->body, "bind", &count);

			for (i = 0; i < count; i++) {
				struct holder asking = {listener, bind[i], NULL};

				if (pass)
					meet_wildcards(&binds, &asking);
				else if (!claim_bind(&binds, &asking))
					return; /* the arena remembers */
			}
		}
	}
}
