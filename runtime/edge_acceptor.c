#include "runtime/edge.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/limits.h"

/* Connections that are taken from one listener before the others get their turn. */
#define ACCEPTS_PER_TURN 64
#define SWEEP_MS 5000
#define RETRY_MS 100

/* ---- the log ---- */

static void tell_repeats(void *ctx, const struct log_repeat_entry *entry)
{
	struct acceptor *acceptor = ctx;
	char peer[NET_TEXT_SIZE];
	size_t n = net_addr_format(&entry->peer, peer);

	LOG_EVENT(acceptor->server->log, entry->level, entry->event,
		  LOG_T("listenerId", str_c(entry->listener)), LOG_N("localPort", entry->port),
		  LOG_T("remoteIp", ((struct str){peer, n})), LOG_N("repeats", entry->repeats));
}

static void tell(struct acceptor *acceptor, enum log_level level, const char *event,
		 const struct arrival *arrival, const char *reason)
{
	const struct listener *listener = arrival->listener;
	struct str name = str_c(listener->name);
	char peer[NET_TEXT_SIZE];
	size_t n;

	if (!log_repeat_note(acceptor->repeats, event, level, &arrival->peer, name, listener->port,
			     io_clock_ms()))
		return;
	n = net_addr_format(&arrival->peer, peer);
	LOG_EVENT(acceptor->server->log, level, event, LOG_T("listenerId", name),
		  LOG_N("localPort", listener->port), LOG_T("remoteIp", ((struct str){peer, n})),
		  LOG_N("remotePort", arrival->peer_port), LOG_T("reason", str_c(reason)));
}

/* ---- one connection ---- */

static bool peer_of(const struct sockaddr_storage *from, struct arrival *out)
{
	struct net_addr addr = {0};

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;

		addr.family = 4;
		memcpy(addr.b, &v4->sin_addr, 4);
		out->peer_port = ntohs(v4->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

		addr.family = 6;
		memcpy(addr.b, &v6->sin6_addr, 16);
		out->peer_port = ntohs(v6->sin6_port);
	} else {
		return false;
	}
	out->peer = net_addr_unmap(&addr);
	return true;
}

/* The worker with the fewest sessions, looking from another one first each time. */
static struct worker *choose_worker(struct acceptor *acceptor)
{
	struct server *server = acceptor->server;
	struct worker *best = NULL;
	unsigned i;

	acceptor->next = (acceptor->next + 1) % server->worker_count;
	for (i = 0; i < server->worker_count; i++) {
		struct worker *one = &server->workers[(acceptor->next + i) % server->worker_count];

		if (!best || atomic_load(&one->load) < atomic_load(&best->load))
			best = one;
	}
	return best;
}

static void run_arrival(void *ctx)
{
	session_start(ctx);
}

static void send_on(struct acceptor *acceptor, const struct arrival *arrival)
{
	struct arrival *sent = malloc(sizeof(*sent));

	if (!sent) {
		arrival_drop(acceptor->server, arrival);
		return;
	}
	*sent = *arrival;
	sent->worker = choose_worker(acceptor);
	sent->task = (struct io_task){.fn = run_arrival, .ctx = sent};
	atomic_fetch_add(&sent->listener->references, 1);
	atomic_fetch_add(&sent->worker->load, 1);
	io_post_task(sent->worker->loop, &sent->task);
}

/* The places that the connection takes; false: it is over a cap. Addresses of --health are not
 * counted in the total: health must answer when everything is full. */
static bool take_place(struct acceptor *acceptor, const struct arrival *arrival,
		       const char **reason)
{
	struct server *server = acceptor->server;
	struct listener *listener = arrival->listener;
	struct shared_page *page = listener->object ? server->shared : NULL;

	switch (caps_take(page, server->role, listener->count, listener->max_connections,
			  acceptor->generation->max_connections)) {
	case CAPS_OK: return true;
	case CAPS_LISTENER: *reason = "NetworkListener.maxConnections"; return false;
	case CAPS_TOTAL: *reason = "SystemSettings.maxConnections"; return false;
	}
	return false;
}

/* Address, caps, then on to a worker. No table of the image is opened here: they were all before.
 */
static void admit(struct acceptor *acceptor, struct arrival *arrival)
{
	struct server *server = acceptor->server;
	struct decision decision;
	const char *reason = "";

	decide(&acceptor->generation->decider, &arrival->peer, (int64_t)time(NULL), &decision);
	if (!decision.accept) {
		atomic_fetch_add(&server->slot->refused_blocked, 1);
		tell(acceptor, LOG_LEVEL_INFO, "security.ip-blocked", arrival,
		     decide_rule_word(decision.rule));
		close(arrival->fd);
		return;
	}
	if (take_place(acceptor, arrival, &reason)) {
		atomic_fetch_add(&server->slot->accepted[arrival->listener->protocol], 1);
		send_on(acceptor, arrival);
		return;
	}
	atomic_fetch_add(&server->slot->refused_capped, 1);
	tell(acceptor, LOG_LEVEL_WARN, "limit.concurrent-connection", arrival, reason);
	arrival->refused = true;
	if (atomic_fetch_add(&server->refusing, 1) >= LIMIT_REFUSALS)
		arrival_drop(server, arrival);
	else
		send_on(acceptor, arrival);
}

/* ---- accepting ---- */

/* Errors of the one connection, which is gone; see accept(2). */
static bool only_this_one(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM ||
	       error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
	       error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

static void accept_failed(struct acceptor *acceptor, struct listener *listener, int error)
{
	struct arrival none = {.listener = listener, .peer = listener->address};

	tell(acceptor, LOG_LEVEL_ERROR, "network.accept-error", &none, strerror(error));
	/* without descriptors or memory: later it may work; a timer that is there already is
	 * re-armed without memory */
	if (!io_timer_start(acceptor->retry, RETRY_MS))
		tell(acceptor, LOG_LEVEL_ERROR, "server.thread-error", &none, "no timer");
}

static void accept_some(struct listener *listener)
{
	struct acceptor *acceptor = listener->acceptor;
	struct sockaddr_storage from;
	int turn;

	for (turn = 0; turn < ACCEPTS_PER_TURN && listener->active; turn++) {
		struct arrival arrival = {.listener = listener};
		socklen_t n = sizeof(from);

		arrival.fd = accept4(listener->fd, (struct sockaddr *)&from, &n,
				     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (arrival.fd >= 0) {
			if (peer_of(&from, &arrival))
				admit(acceptor, &arrival);
			else
				close(arrival.fd);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (!only_this_one(errno)) {
			accept_failed(acceptor, listener, errno);
			return;
		}
	}
	if (listener->active && !listener->again_due) {
		listener->again_due = true;
		io_post_task(acceptor->loop, &listener->again);
	}
}

static void listener_again(void *ctx)
{
	struct listener *listener = ctx;

	listener->again_due = false;
	accept_some(listener);
}

/* Reports are edges, so that a listener that is prepared but not active costs nothing: its queue
 * is looked at when it becomes active. */
static void listener_ready(void *ctx, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	accept_some(ctx);
}

static void accept_from_all(struct acceptor *acceptor)
{
	struct edge_generation *generation = acceptor->generation;
	size_t i;

	for (i = 0; generation && i < generation->listener_count; i++)
		accept_some(generation->listeners[i]);
}

/* ---- reload ---- */

static void listener_close(struct acceptor *acceptor, struct listener *listener)
{
	listener->active = false;
	io_watch_free(listener->watch);
	listener->watch = NULL;
	if (listener->again_due)
		io_unpost_task(acceptor->loop, &listener->again);
	listener->again_due = false;
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

void acceptor_disarm(struct edge_generation *generation)
{
	size_t i;

	for (i = 0; i < generation->listener_count; i++) {
		if (generation->listeners[i]->acceptor)
			listener_close(generation->listeners[i]->acceptor,
				       generation->listeners[i]);
	}
}

bool acceptor_arm(struct acceptor *acceptor, struct edge_generation *generation)
{
	size_t i;

	for (i = 0; i < generation->listener_count; i++) {
		struct listener *listener = generation->listeners[i];

		listener->acceptor = acceptor;
		listener->again = (struct io_task){.fn = listener_again, .ctx = listener};
		listener->watch = io_watch_new(acceptor->loop, listener->fd, IO_READABLE | IO_EDGE,
					       listener_ready, listener);
		if (!listener->watch) {
			acceptor_disarm(generation);
			return false;
		}
	}
	return true;
}

void acceptor_commit(struct acceptor *acceptor, struct edge_generation *generation)
{
	struct edge_generation *old = acceptor->generation;
	size_t i;

	acceptor->generation = generation;
	generation->decider.live = acceptor->live;
	if (old)
		acceptor_disarm(old);
	for (i = 0; i < generation->listener_count; i++)
		generation->listeners[i]->active = !acceptor->draining;
	accept_from_all(acceptor);
}

static void retry(void *ctx)
{
	accept_from_all(ctx);
}

static void sweep(void *ctx)
{
	struct acceptor *acceptor = ctx;

	log_repeat_sweep(acceptor->repeats, io_clock_ms(), false);
	if (!io_timer_start(acceptor->sweep, SWEEP_MS))
		LOG_EVENT(acceptor->server->log, LOG_LEVEL_ERROR, "server.thread-error",
			  LOG_T("reason", STR("no timer")));
}

/* ---- messages of the control thread ---- */

struct live_message {
	struct acceptor *acceptor;
	struct live_table *table; /* replaces */
	struct live_entry entry;
	bool put;
};

static void run_live(void *ctx)
{
	struct live_message *message = ctx;
	struct acceptor *acceptor = message->acceptor;
	bool ok = true;

	if (message->table) {
		live_table_free(acceptor->live);
		acceptor->live = message->table;
		if (acceptor->generation)
			acceptor->generation->decider.live = acceptor->live;
	} else if (message->put) {
		ok = acceptor->live && live_table_put(acceptor->live, &message->entry);
	} else if (acceptor->live) {
		/* gone already when it ended by itself */
		(void)live_table_remove(acceptor->live, message->entry.kind,
					&message->entry.network);
	}
	if (!ok)
		LOG_EVENT(acceptor->server->log, LOG_LEVEL_ERROR, "server.thread-error",
			  LOG_T("reason", STR("the table of live decisions is full")));
	free(message);
}

static void drop_live(void *ctx)
{
	struct live_message *message = ctx;

	live_table_free(message->table);
	free(message);
}

static bool live_post(struct acceptor *acceptor, const struct live_message *message)
{
	struct live_message *sent = malloc(sizeof(*sent));

	if (!sent)
		return false;
	*sent = *message;
	sent->acceptor = acceptor;
	if (io_post_owned(acceptor->loop, run_live, drop_live, sent))
		return true;
	free(sent);
	return false;
}

bool acceptor_live_replace(struct acceptor *acceptor, struct live_table *table)
{
	return live_post(acceptor, &(struct live_message){.table = table});
}

bool acceptor_live_change(struct acceptor *acceptor, const struct live_entry *entry, bool put)
{
	return live_post(acceptor, &(struct live_message){.entry = *entry, .put = put});
}

static void run_drain(void *ctx)
{
	struct acceptor *acceptor = ctx;

	acceptor->draining = true;
	if (acceptor->generation)
		acceptor_disarm(acceptor->generation);
}

bool acceptor_drain(struct acceptor *acceptor)
{
	return io_post(acceptor->loop, run_drain, acceptor);
}

/* ---- begin and end ---- */

bool acceptor_init(struct acceptor *acceptor, struct server *server)
{
	acceptor->server = server;
	acceptor->loop = io_loop_new();
	acceptor->repeats = calloc(1, sizeof(*acceptor->repeats));
	if (!acceptor->loop || !acceptor->repeats || !hash_key_random(&acceptor->hash_key))
		return false;
	acceptor->repeats->key = acceptor->hash_key;
	acceptor->repeats->tell = tell_repeats;
	acceptor->repeats->ctx = acceptor;
	acceptor->live = live_table_new(&acceptor->hash_key);
	acceptor->sweep = io_timer_new(acceptor->loop, sweep, acceptor);
	acceptor->retry = io_timer_new(acceptor->loop, retry, acceptor);
	return acceptor->live && acceptor->sweep && acceptor->retry &&
	       io_timer_start(acceptor->sweep, SWEEP_MS);
}

void acceptor_free(struct acceptor *acceptor)
{
	io_timer_free(acceptor->sweep);
	io_timer_free(acceptor->retry);
	io_loop_free(acceptor->loop);
	live_table_free(acceptor->live);
	free(acceptor->repeats);
}
