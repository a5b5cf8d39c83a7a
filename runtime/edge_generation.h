/*
 * What a role makes of an image: listeners with their TLS contexts, the tables of the address
 * decision, log sinks, ticket keys. It is built whole beside the one in use, and either swapped
 * in or dropped. Sessions keep their listener alive, never the generation.
 */
#ifndef STW_RUNTIME_EDGE_GENERATION_H
#define STW_RUNTIME_EDGE_GENERATION_H

#include "base/arena.h"
#include "engine/decide.h"
#include "libstw/stw.h"
#include "runtime/caps.h"
#include "runtime/io.h"
#include "runtime/ipc.h"
#include "runtime/log.h"
#include "runtime/proto.h"
#include "runtime/tls.h"
#include "runtime/web_respond.h"

struct acceptor;
struct server;
struct step;

/* One bound address of a NetworkListener, or the address of --health. Never changes once built,
 * except for what is marked. */
struct listener {
	_Atomic unsigned references;
	uint64_t object; /* 0: --health */
	uint32_t bind;
	enum protocol protocol;
	struct net_addr address;
	uint16_t port;
	char name[128];
	char hostname[256];
	bool use_tls, implicit;
	struct tls_context *context; /* NULL: no TLS */
	uint64_t tls_timeout;        /* milliseconds */
	uint64_t max_connections;    /* 0: no cap of its own */
	uint8_t ttl, tos;            /* 0: the system's */
	bool no_delay;
	struct caps_count *count;

	/* the acceptor thread's */
	int fd; /* listening socket */
	struct io_watch *watch;
	struct io_task again; /* goes on after a full turn */
	bool active, again_due;
	struct acceptor *acceptor;
};

void listener_free(struct listener *listener); /* drops a reference */

/* What arrived between PREPARE and PREPARE_END. Owns its descriptors. */
struct edge_input {
	uint64_t number;
	struct ipc_prepare prepare;
	int image_fd, secrets_fd; /* -1: none */
	struct ipc_listener *listeners;
	int *fds; /* of the listeners */
	size_t listener_count;
};

void edge_input_free(struct edge_input *input);

struct edge_generation {
	uint64_t number;
	uint64_t max_connections;
	uint32_t threads;
	struct stw_image *image;
	struct arena arena;
	struct decider decider; /* .live is the acceptor's */
	struct listener **listeners;
	size_t listener_count;
	struct log_sinks *sinks; /* until the commit */
	uint8_t ticket_keys[TLS_TICKET_KEYS_MAX * TLS_TICKET_KEY_SIZE];
	size_t ticket_key_count;
	struct web_metrics metrics;

	/* how the threads of the role take it up or let it go; server.c's */
	struct step *steps; /* one per thread, made beforehand so that a commit cannot fail */
	unsigned steps_due;
	bool step_failed;
	void (*steps_done)(struct server *server, struct edge_generation *generation);
};

/* Builds everything of the input; *counts is the role's list of caps_count, to which new objects
 * are added. Descriptors of the listeners move into the result. NULL: error names object and
 * field. */
struct edge_generation *edge_generation_build(struct edge_input *input, struct tls_tickets *tickets,
					      struct caps_count **counts, char *error,
					      size_t error_size) WARN_UNUSED;
void edge_generation_free(struct edge_generation *generation);

/* An entry of the secrets memfd (runtime/ipc.h); false: not there. */
bool edge_secret(struct stw_bytes secrets, uint16_t structure, uint16_t field, uint64_t object,
		 struct str *out) WARN_UNUSED;

#endif
