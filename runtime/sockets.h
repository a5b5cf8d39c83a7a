/*
 * Listening sockets. Main binds them and keeps one per address for as long as any generation
 * names it, so that neither a reload nor the crash of a role loses a queued connection.
 */
#ifndef STW_RUNTIME_SOCKETS_H
#define STW_RUNTIME_SOCKETS_H

#include "engine/netaddr.h"
#include "runtime/notes.h"

/* Options set before bind(2) or listen(2); a change needs a new socket and so a restart. */
struct socket_options {
	bool reuse_address;
	bool reuse_port;
	uint32_t send_buffer;    /* bytes; 0: the system's */
	uint32_t receive_buffer; /* bytes; 0: the system's */
	uint32_t tos;            /* 1 to 255; 0: the system's */
	uint32_t backlog;
};

/* What a listener asks for. Two wishes mean the same socket when address, port and family are
 * the same; with port 0 the owner has to be the same too. */
struct socket_wish {
	struct net_socket at;
	uint64_t owner; /* object id of the listener */
	struct socket_options options;
};

struct socket_entry {
	struct socket_wish wish; /* as of the first generation that wished for it */
	struct net_socket bound; /* after the IPv4 fallback, with the real port */
	int fd;
	unsigned references; /* generations that hold it */
	bool inherited;      /* from socket activation */
};

struct socket_pool {
	struct socket_entry **entries;
	size_t count, cap;
	/* for so many milliseconds, all told, an address in use is tried again: the roles of a stwd
	 * that was killed just now hold its sockets until they are gone too */
	unsigned patience_ms;
};

void socket_pool_init(struct socket_pool *pool);
void socket_pool_free(struct socket_pool *pool);

/* Takes over sockets of socket activation: `count` descriptors from `first` on. One that is no
 * listening TCP socket is closed, with a warning. */
void socket_pool_inherit(struct socket_pool *pool, int first, size_t count, struct notes *warnings);

/*
 * The socket for a wish: one that is kept, or a new one, bound and listening. Adds a reference.
 * An IPv6 wildcard takes IPv4 too; where the kernel has no IPv6 it becomes 0.0.0.0, with a
 * warning. False: error names address, port and what is wrong.
 */
bool socket_acquire(struct socket_pool *pool, const struct socket_wish *wish,
		    struct socket_entry **out, struct notes *warnings, char *error,
		    size_t error_size) WARN_UNUSED;
/* Drops a reference; the last one closes the socket. */
void socket_release(struct socket_pool *pool, struct socket_entry *entry);
/* Options in which a kept socket differs from the wish, as "socketTosV4, socketBacklog";
 * false: none. */
bool socket_pending(const struct socket_entry *entry, const struct socket_wish *wish, char *out,
		    size_t size);
/* Sockets that were inherited and that nothing names: a warning each. */
void socket_pool_unused(const struct socket_pool *pool, struct notes *warnings);

#endif
