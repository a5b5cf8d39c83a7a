/* Listeners: what binding their addresses will ask of the host. */
#include "stwc/check/check.h"

static void check_bind(struct compilation *c, const struct object *object,
		       const struct value *address)
{
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	if (address->socket.port == 0 || address->socket.port >= 1024)
		return;
	net_socket_format(&address->socket, text);
	diag = diag_add(&c->diags, DIAG_PRIVILEGED_PORT, address->span,
			"%s needs the right to bind port %u", text, address->socket.port);
	diag_path(&c->diags, diag, "NetworkListener/%.*s/bind/%s", STR_ARG(object->identity), text);
	diag_context(&c->diags, diag, "in NetworkListener '%.*s'", STR_ARG(object->identity));
}

void check_privileged_ports(struct compilation *c)
{
	size_t i, j;

	for (i = 0; i < c->object_count; i++) {
		struct value *bind;

		if (strcmp(c->objects[i]->type->name, "NetworkListener") != 0)
			continue;
		bind = value_field_get(&c->objects[i]->body, "bind");
		for (j = 0; bind && j < bind->sequence.count; j++)
			check_bind(c, c->objects[i], bind->sequence.items[j]);
	}
}
