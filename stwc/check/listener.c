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
				"%s and %zu more addresses need the right to bind ports below 1024",
				text, found->count - 1);
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
