#include "runtime/sockets.h"

#include "runtime/privileges.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOW_PORTS_END 1024
#define BACKLOG_DEFAULT 1024
#define PATIENCE_STEP_MS 20

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static socklen_t to_kernel(const struct net_socket *at, union any_address *out)
{
	memset(out, 0, sizeof(*out));
	if (at->addr.family == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(at->port);
		memcpy(&out->v4.sin_addr, at->addr.b, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(at->port);
	memcpy(&out->v6.sin6_addr, at->addr.b, 16);
	return sizeof(out->v6);
}

/* False for another family than the two of the internet. */
static bool from_kernel(const union any_address *from, struct net_socket *out)
{
	struct net_socket at = {0};

	if (from->any.sa_family == AF_INET) {
		at.addr.family = 4;
		memcpy(at.addr.b, &from->v4.sin_addr, 4);
		at.port = ntohs(from->v4.sin_port);
	} else if (from->any.sa_family == AF_INET6) {
		at.addr.family = 6;
		memcpy(at.addr.b, &from->v6.sin6_addr, 16);
		at.port = ntohs(from->v6.sin6_port);
	} else {
		return false;
	}
	*out = at;
	return true;
}

static bool bound_address(int fd, struct net_socket *out)
{
	union any_address address;
	socklen_t n = sizeof(address);

	return getsockname(fd, &address.any, &n) == 0 && from_kernel(&address, out);
}

static bool is_wildcard(const struct net_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, a->family == 4 ? 4 : 16) == 0;
}

static bool same_place(const struct net_socket *a, const struct net_socket *b)
{
	return a->port == b->port && net_addr_eq(&a->addr, &b->addr);
}

/* Would two sockets at these addresses see the same connections? */
static bool overlap(const struct net_socket *a, const struct net_socket *b)
{
	if (a->port != b->port)
		return false;
	if (net_addr_eq(&a->addr, &b->addr))
		return true;
	if (a->addr.family == b->addr.family)
		return is_wildcard(&a->addr) || is_wildcard(&b->addr);
	/* an IPv6 wildcard of ours takes IPv4 as well */
	return (a->addr.family == 6 && is_wildcard(&a->addr)) ||
	       (b->addr.family == 6 && is_wildcard(&b->addr));
}

void socket_pool_init(struct socket_pool *pool)
{
	*pool = (struct socket_pool){0};
}

static void entry_free(struct socket_entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
	free(entry);
}

void socket_pool_free(struct socket_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		entry_free(pool->entries[i]);
	free(pool->entries);
	socket_pool_init(pool);
}

static bool pool_add(struct socket_pool *pool, struct socket_entry *entry)
{
	if (pool->count == pool->cap) {
		size_t cap = pool->cap ? pool->cap * 2 : 16;
		struct socket_entry **grown = realloc(pool->entries, cap * sizeof(*grown));

		if (!grown)
			return false;
		pool->entries = grown;
		pool->cap = cap;
	}
	pool->entries[pool->count++] = entry;
	return true;
}

static int int_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t n = sizeof(value);

	return getsockopt(fd, level, name, &value, &n) == 0 ? value : 0;
}

static bool inherit(struct socket_pool *pool, int fd, struct notes *warnings)
{
	struct socket_entry *entry;
	struct net_socket at;
	int flags;

	if (int_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
	    int_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1 || !bound_address(fd, &at)) {
		notes_add(warnings,
			  "socket activation: descriptor %d is no listening TCP socket; closed",
			  fd);
		return false;
	}
	/* the manager's sockets block; those who accept from them must not */
	flags = fcntl(fd, F_GETFL);
	entry = calloc(1, sizeof(*entry));
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || !entry ||
	    !pool_add(pool, entry)) {
		notes_add(warnings, "socket activation: descriptor %d cannot be used", fd);
		free(entry);
		return false;
	}
	entry->wish.at = entry->bound = at;
	entry->fd = fd;
	entry->inherited = true;
	return true;
}

void socket_pool_inherit(struct socket_pool *pool, int first, size_t count, struct notes *warnings)
{
	for (size_t i = 0; i < count; i++)
		if (!inherit(pool, first + (int)i, warnings))
			close(first + (int)i);
}

static struct socket_entry *find_kept(const struct socket_pool *pool,
				      const struct socket_wish *wish)
{
	for (size_t i = 0; i < pool->count; i++) {
		struct socket_entry *e = pool->entries[i];

		if (same_place(&e->wish.at, &wish->at) &&
		    (wish->at.port != 0 || e->wish.owner == wish->owner))
			return e;
	}
	return NULL;
}

static bool have_overlap(const struct socket_pool *pool, const struct net_socket *at)
{
	if (at->port == 0)
		return false;
	for (size_t i = 0; i < pool->count; i++)
		if (overlap(&pool->entries[i]->bound, at))
			return true;
	return false;
}

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* What went wrong, for the sentence that the operator reads. */
struct trouble {
	const char *doing;
	int code;
};

static bool trouble_at(struct trouble *t, const char *doing)
{
	*t = (struct trouble){doing, errno};
	return false;
}

static bool set_options(int fd, const struct socket_wish *wish, bool reuse_port, struct trouble *t)
{
	const struct socket_options *o = &wish->options;
	bool v6 = wish->at.addr.family == 6;

	if (v6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_wildcard(&wish->at.addr) ? 0 : 1))
		return trouble_at(t, "set IPV6_V6ONLY for");
	if (o->reuse_address && !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1))
		return trouble_at(t, "set socketReuseAddress for");
	if (reuse_port && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return trouble_at(t, "set socketReusePort for");
	if (o->send_buffer && !set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)o->send_buffer))
		return trouble_at(t, "set socketSendBufferSize for");
	if (o->receive_buffer && !set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)o->receive_buffer))
		return trouble_at(t, "set socketReceiveBufferSize for");
	/* a dual-stack socket answers IPv4 peers as well, so it gets both */
	if (o->tos && !set_option(fd, IPPROTO_IP, IP_TOS, (int)o->tos))
		return trouble_at(t, "set socketTosV4 for");
	if (o->tos && v6 && !set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, (int)o->tos))
		return trouble_at(t, "set socketTosV4 as the traffic class for");
	return true;
}

static int open_bound(const struct socket_wish *wish, bool reuse_port, struct trouble *t)
{
	union any_address address;
	socklen_t n = to_kernel(&wish->at, &address);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok;

	if (fd < 0) {
		(void)trouble_at(t, "open a socket for");
		return -1;
	}
	ok = set_options(fd, wish, reuse_port, t);
	if (ok && bind(fd, &address.any, n) != 0)
		ok = trouble_at(t, "bind");
	if (ok)
		return fd;
	close(fd);
	return -1;
}

static int open_listening(const struct socket_pool *pool, const struct socket_wish *wish,
			  struct trouble *t)
{
	uint32_t backlog = wish->options.backlog ? wish->options.backlog : BACKLOG_DEFAULT;
	bool reuse_port = wish->options.reuse_port;
	int fd;

	/*
	 * With SO_REUSEPORT an occupied port looks free when its owner set it too. A bind without
	 * it sees the other; where the other is a socket of ours that this generation replaces
	 * (from 127.0.0.1:25 to [::]:25), there is nothing to see.
	 */
	if (reuse_port && !have_overlap(pool, &wish->at)) {
		fd = open_bound(wish, false, t);
		if (fd < 0)
			return -1;
		close(fd);
	}
	fd = open_bound(wish, reuse_port, t);
	if (fd >= 0 && listen(fd, backlog > INT32_MAX ? INT32_MAX : (int)backlog) != 0) {
		(void)trouble_at(t, "listen on");
		close(fd);
		fd = -1;
	}
	return fd;
}

static void explain(const struct socket_pool *pool, const struct socket_wish *wish,
		    const struct trouble *t, char *error, size_t size)
{
	char at[NET_TEXT_SIZE];

	net_socket_format(&wish->at, at);
	if (t->code == EACCES && wish->at.port < LOW_PORTS_END)
		(void)snprintf(error, size,
			       "cannot bind %s: port %u is privileged and this process lacks "
			       "CAP_NET_BIND_SERVICE; in the unit file: "
			       "AmbientCapabilities=CAP_NET_BIND_SERVICE",
			       at, wish->at.port);
	else if (t->code == EADDRINUSE && have_overlap(pool, &wish->at))
		(void)snprintf(
			error, size,
			"cannot bind %s: it overlaps an address that stwd serves now, which "
			"works without a restart only where socketReusePort is true for both",
			at);
	else if (t->code == EADDRINUSE)
		(void)snprintf(error, size, "cannot bind %s: another program uses this port", at);
	else
		(void)snprintf(error, size, "cannot %s %s: %s", t->doing, at, strerror(t->code));
}

static bool no_ipv6(const struct trouble *t)
{
	return t->code == EAFNOSUPPORT;
}

static int open_with_fallback(const struct socket_pool *pool, const struct socket_wish *wish,
			      struct notes *warnings, struct trouble *t)
{
	struct socket_wish v4 = *wish;
	int fd = open_listening(pool, wish, t);

	if (fd >= 0 || wish->at.addr.family != 6 || !is_wildcard(&wish->at.addr) || !no_ipv6(t))
		return fd;
	v4.at.addr = (struct net_addr){.family = 4};
	fd = open_listening(pool, &v4, t);
	if (fd >= 0)
		notes_add(warnings, "this kernel has no IPv6: [::]:%u listens on 0.0.0.0:%u",
			  wish->at.port, wish->at.port);
	return fd;
}

/* Blocks, so there is patience only where nothing serves yet. */
static int open_with_patience(struct socket_pool *pool, const struct socket_wish *wish,
			      struct notes *warnings, struct trouble *t)
{
	static const struct timespec step = {.tv_nsec = PATIENCE_STEP_MS * 1000000L};
	int fd = open_with_fallback(pool, wish, warnings, t);

	while (fd < 0 && t->code == EADDRINUSE && pool->patience_ms >= PATIENCE_STEP_MS &&
	       !have_overlap(pool, &wish->at)) {
		pool->patience_ms -= PATIENCE_STEP_MS;
		(void)nanosleep(&step, NULL);
		fd = open_with_fallback(pool, wish, warnings, t);
	}
	return fd;
}

bool socket_acquire(struct socket_pool *pool, const struct socket_wish *wish,
		    struct socket_entry **out, struct notes *warnings, char *error,
		    size_t error_size)
{
	struct socket_entry *entry = find_kept(pool, wish);
	struct trouble t = {0};

	if (entry) {
		/* one of socket activation takes over the options of the first who names it */
		if (entry->inherited && entry->references == 0)
			entry->wish = *wish;
		entry->references++;
		*out = entry;
		return true;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		(void)snprintf(error, error_size, "out of memory");
		return false;
	}
	entry->wish = *wish;
	entry->fd = open_with_patience(pool, wish, warnings, &t);
	if (entry->fd < 0) {
		explain(pool, wish, &t, error, error_size);
		free(entry);
		return false;
	}
	if (!bound_address(entry->fd, &entry->bound) || !pool_add(pool, entry)) {
		(void)snprintf(error, error_size, "cannot keep a socket: %s", strerror(errno));
		entry_free(entry);
		return false;
	}
	entry->references = 1;
	*out = entry;
	return true;
}

void socket_release(struct socket_pool *pool, struct socket_entry *entry)
{
	/* systemd's sockets stay: a later generation may name them again */
	if (--entry->references > 0 || entry->inherited)
		return;
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->entries[i] == entry) {
			pool->entries[i] = pool->entries[--pool->count];
			break;
		}
	}
	entry_free(entry);
}

static void append(char *out, size_t size, const char *name)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, size - n, "%s%s", n ? ", " : "", name);
}

bool socket_pending(const struct socket_entry *entry, const struct socket_wish *wish, char *out,
		    size_t size)
{
	const struct socket_options *have = &entry->wish.options, *want = &wish->options;

	out[0] = '\0';
	if (have->reuse_address != want->reuse_address)
		append(out, size, "socketReuseAddress");
	if (have->reuse_port != want->reuse_port)
		append(out, size, "socketReusePort");
	if (have->send_buffer != want->send_buffer)
		append(out, size, "socketSendBufferSize");
	if (have->receive_buffer != want->receive_buffer)
		append(out, size, "socketReceiveBufferSize");
	if (have->tos != want->tos)
		append(out, size, "socketTosV4");
	if (have->backlog != want->backlog)
		append(out, size, "socketBacklog");
	return out[0] != '\0';
}

void socket_pool_unused(const struct socket_pool *pool, struct notes *warnings)
{
	char at[NET_TEXT_SIZE];

	for (size_t i = 0; i < pool->count; i++) {
		const struct socket_entry *e = pool->entries[i];

		if (!e->inherited || e->references)
			continue;
		net_socket_format(&e->bound, at);
		notes_add(warnings, "socket activation: no listener has the address %s", at);
	}
}
