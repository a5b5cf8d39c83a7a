#include "runtime/edge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/limits.h"

/*
 * A session joins a connection, a protocol machine and a deadline. It lives in one worker's
 * thread and keeps its listener (and with it the TLS context) alive, so that reloads pass it by.
 */
enum session_state {
	SESSION_HANDSHAKE, /* deadline: NetworkListener.tlsTimeout */
	SESSION_ACTIVE,    /* deadline: the protocol's idle time, anew with every command */
	SESSION_ENDING     /* last words are on their way */
};

struct session {
	struct worker *worker;
	struct session *next, *before;
	struct io_conn *conn;
	struct io_timer *deadline;
	struct proto proto;
	struct listener *listener;
	struct net_addr peer;
	uint16_t peer_port;
	bool refused;
	enum session_state state;
	uint64_t began; /* io_clock_ms */
	uint64_t commands;
	struct buf held; /* input that waits until the peer has read our output */
};

/* ---- the log ---- */

static const char *connection_event(enum protocol protocol, bool start)
{
	switch (protocol) {
	case PROTOCOL_SMTP:
	case PROTOCOL_LMTP: return start ? "smtp.connection-start" : "smtp.connection-end";
	case PROTOCOL_HTTP: return start ? "http.connection-start" : "http.connection-end";
	case PROTOCOL_IMAP: return start ? "imap.connection-start" : "imap.connection-end";
	case PROTOCOL_POP3: return start ? "pop3.connection-start" : "pop3.connection-end";
	case PROTOCOL_SIEVE:
		return start ? "manage-sieve.connection-start" : "manage-sieve.connection-end";
	case PROTOCOL_COUNT: break;
	}
	return "";
}

static void tell(const struct session *session, enum log_level level, const char *event,
		 const char *name, struct str value)
{
	char peer[NET_TEXT_SIZE];
	size_t n = net_addr_format(&session->peer, peer);

	LOG_EVENT(session->worker->server->log, level, event,
		  LOG_T("listenerId", str_c(session->listener->name)),
		  LOG_N("localPort", session->listener->port),
		  LOG_T("remoteIp", ((struct str){peer, n})),
		  LOG_N("remotePort", session->peer_port), LOG_T(name, value));
}

/* ---- places and the list ---- */

static void give_place(struct server *server, const struct listener *listener, bool refused)
{
	if (refused)
		atomic_fetch_sub(&server->refusing, 1);
	else
		caps_give(listener->object ? server->shared : NULL, server->role, listener->count);
}

void arrival_drop(struct server *server, const struct arrival *arrival)
{
	close(arrival->fd);
	give_place(server, arrival->listener, arrival->refused);
}

static void session_link(struct session *session)
{
	struct worker *worker = session->worker;

	session->next = worker->sessions;
	if (session->next)
		session->next->before = session;
	worker->sessions = session;
	atomic_fetch_add(&worker->server->sessions, 1);
}

static void session_unlink(struct session *session)
{
	if (session->next)
		session->next->before = session->before;
	if (session->before)
		session->before->next = session->next;
	else
		session->worker->sessions = session->next;
	atomic_fetch_sub(&session->worker->server->sessions, 1);
}

static void session_free(struct session *session)
{
	struct worker *worker = session->worker;

	session_unlink(session);
	io_conn_free(session->conn);
	io_timer_free(session->deadline);
	proto_close(&session->proto);
	buf_free(&session->held);
	give_place(worker->server, session->listener, session->refused);
	listener_free(session->listener);
	atomic_fetch_sub(&worker->load, 1);
	free(session);
}

struct session *session_next(const struct session *session)
{
	return session->next;
}

/* ---- states ---- */

static void set_deadline(struct session *session, uint64_t ms)
{
	if (!io_timer_start(session->deadline, ms))
		io_conn_abort(session->conn); /* without a deadline it could stay for ever */
}

static void set_idle_deadline(struct session *session)
{
	set_deadline(session, session->worker->server->idle[session->listener->protocol]);
}

static void enter(struct session *session, enum session_state state)
{
	session->state = state;
	switch (state) {
	case SESSION_HANDSHAKE: set_deadline(session, session->listener->tls_timeout); return;
	case SESSION_ACTIVE: set_idle_deadline(session); return;
	case SESSION_ENDING:
		/* time for the peer to read what we say, then for its FIN */
		set_deadline(session, 5 * LIMIT_LINGER);
		io_conn_finish(session->conn);
		return;
	}
}

static void end_with(struct session *session, enum proto_end why)
{
	proto_end(session->listener->protocol, session->listener->hostname, why,
		  io_conn_output(session->conn));
	enter(session, SESSION_ENDING);
}

/* The session speaks first: its greeting, or that there is no room. */
static void begin(struct session *session)
{
	if (session->refused) {
		end_with(session, PROTO_END_CAPPED);
		return;
	}
	enter(session, SESSION_ACTIVE);
	proto_greet(&session->proto, io_conn_output(session->conn));
}

static void hold(struct session *session, const char *bytes, size_t n)
{
	buf_put(&session->held, bytes, n);
	if (session->held.failed)
		io_conn_abort(session->conn);
	else
		io_conn_pause(session->conn, true);
}

static void start_tls(struct session *session)
{
	buf_free(&session->held);
	enter(session, SESSION_HANDSHAKE);
	io_conn_start_tls(session->conn, session->listener->context, true);
}

/* Hands octets to the machine, as long as the peer reads our answers. */
static void feed(struct session *session, const char *bytes, size_t n)
{
	enum proto_action action = PROTO_CONTINUE;
	size_t used;

	while (n && action == PROTO_CONTINUE) {
		if (io_conn_waiting(session->conn) >= LIMIT_OUTPUT) {
			hold(session, bytes, n);
			return;
		}
		used = proto_input(&session->proto, bytes, n, io_conn_output(session->conn),
				   &action);
		bytes += used;
		n -= used;
	}
	if (session->commands != session->proto.commands && session->state == SESSION_ACTIVE) {
		session->commands = session->proto.commands;
		set_idle_deadline(session);
	}
	switch (action) {
	case PROTO_CONTINUE: return;
	case PROTO_START_TLS: start_tls(session); return; /* the rest came in the clear: dropped */
	case PROTO_CLOSE: enter(session, SESSION_ENDING); return;
	}
}

/* ---- handlers ---- */

static void on_input(void *ctx, const char *bytes, size_t n)
{
	struct session *session = ctx;

	if (session->state == SESSION_ACTIVE)
		feed(session, bytes, n);
}

static void on_drained(void *ctx)
{
	struct session *session = ctx;
	struct buf held = session->held;

	if (!held.n)
		return;
	session->held = BUF_INIT;
	io_conn_pause(session->conn, false);
	if (session->state == SESSION_ACTIVE)
		feed(session, held.p, held.n);
	buf_free(&held);
}

static void on_secured(void *ctx)
{
	struct session *session = ctx;
	const struct tls_stream *tls = io_conn_tls(session->conn);

	atomic_fetch_add(&session->worker->server->slot->tls_handshakes, 1);
	tell(session, LOG_LEVEL_DEBUG, "tls.handshake", "version", str_c(tls_stream_version(tls)));
	if (session->proto.secure) {
		begin(session);
	} else {
		enter(session, SESSION_ACTIVE);
		proto_secured(&session->proto, io_conn_output(session->conn));
	}
	io_conn_flush(session->conn);
}

static void on_closed(void *ctx, enum io_conn_end why, const char *text)
{
	struct session *session = ctx;

	if (why == IO_CONN_HANDSHAKE) {
		atomic_fetch_add(&session->worker->server->slot->tls_failures, 1);
		tell(session, LOG_LEVEL_DEBUG, "tls.handshake-error", "reason", str_c(text));
	}
	if (!session->refused)
		tell(session, LOG_LEVEL_DEBUG, connection_event(session->listener->protocol, false),
		     "reason", why == IO_CONN_DONE ? STR("closed by us") : str_c(text));
	session_free(session);
}

static const struct io_conn_handler handler = {
	.input = on_input,
	.secured = on_secured,
	.drained = on_drained,
	.closed = on_closed,
};

static void on_deadline(void *ctx)
{
	struct session *session = ctx;
	struct shared_slot *slot = session->worker->server->slot;

	switch (session->state) {
	case SESSION_HANDSHAKE:
		atomic_fetch_add(&slot->timeouts, 1);
		atomic_fetch_add(&slot->tls_failures, 1);
		tell(session, LOG_LEVEL_DEBUG, "tls.handshake-error", "reason", STR("timeout"));
		io_conn_abort(session->conn);
		return;
	case SESSION_ACTIVE:
		atomic_fetch_add(&slot->timeouts, 1);
		tell(session, LOG_LEVEL_DEBUG, "network.timeout", "protocol",
		     str_c(proto_word(session->listener->protocol)));
		end_with(session, PROTO_END_IDLE);
		io_conn_flush(session->conn);
		return;
	case SESSION_ENDING: io_conn_abort(session->conn); return;
	}
}

/* ---- begin and end ---- */

static bool loopback(const struct net_addr *peer)
{
	static const uint8_t v6[16] = {[15] = 1};

	return peer->family == 4 ? peer->b[0] == 127 : memcmp(peer->b, v6, sizeof(v6)) == 0;
}

static void on_request(void *ctx, const struct http_request *request, struct http_response *out)
{
	const struct session *session = ctx;
	const struct worker *worker = session->worker;
	const struct web_view view = {
		.shared = worker->server->shared,
		.metrics = &worker->generation->metrics,
		.discovery = session->listener->object
				     ? stw_image_discovery(worker->generation->image)
				     : NULL, /* --health */
		.hostname = session->listener->hostname,
		.loopback = loopback(&session->peer)};

	web_respond(&view, request, out);
}

static void set_options(const struct session *session, int fd)
{
	const char *option = "";

	if (!edge_socket_options(fd, session->listener, &option))
		tell(session, LOG_LEVEL_WARN, "network.set-opt-error", "field", str_c(option));
}

static bool session_open(struct session *session, const struct arrival *arrival)
{
	struct listener *listener = session->listener;
	struct io_loop *loop = session->worker->loop;
	struct proto_settings settings = {.protocol = listener->protocol,
					  .hostname = listener->hostname,
					  .tls_offered = listener->use_tls && !listener->implicit,
					  .secure = listener->implicit,
					  .respond = on_request,
					  .ctx = session};

	session->conn = io_conn_new(loop, arrival->fd, &handler, session, session->worker->scratch);
	session->deadline = io_timer_new(loop, on_deadline, session);
	return proto_open(&session->proto, &settings) && session->conn && session->deadline;
}

static struct session *session_new(struct arrival *arrival)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		arrival_drop(arrival->worker->server, arrival);
		listener_free(arrival->listener);
		atomic_fetch_sub(&arrival->worker->load, 1);
		return NULL;
	}
	session->worker = arrival->worker;
	session->listener = arrival->listener;
	session->peer = arrival->peer;
	session->peer_port = arrival->peer_port;
	session->refused = arrival->refused;
	session->began = io_clock_ms();
	session_link(session);
	set_options(session, arrival->fd);
	if (session_open(session, arrival))
		return session;
	session_free(session);
	return NULL;
}

void session_start(struct arrival *arrival)
{
	struct session *session = session_new(arrival);

	free(arrival);
	if (!session)
		return;
	if (!session->refused)
		tell(session, LOG_LEVEL_DEBUG, connection_event(session->listener->protocol, true),
		     "protocol", str_c(proto_word(session->listener->protocol)));
	if (session->listener->implicit) {
		enter(session, SESSION_HANDSHAKE);
		io_conn_start_tls(session->conn, session->listener->context, false);
	} else {
		begin(session);
	}
	io_conn_flush(session->conn);
}

void session_stop(struct session *session)
{
	if (session->state == SESSION_ACTIVE) {
		end_with(session, PROTO_END_SHUTDOWN);
		io_conn_flush(session->conn);
	}
	session_free(session);
}

void session_describe(const struct session *session, struct buf *out)
{
	const struct tls_stream *tls = io_conn_tls(session->conn);
	char peer[NET_TEXT_SIZE];
	size_t n = net_addr_format(&session->peer, peer);
	const struct log_field fields[] = {
		LOG_T("listenerId", str_c(session->listener->name)),
		LOG_T("protocol", str_c(proto_word(session->listener->protocol))),
		LOG_N("localPort", session->listener->port),
		LOG_T("remoteIp", ((struct str){peer, n})),
		LOG_N("remotePort", session->peer_port),
		LOG_T("tls", str_c(tls ? tls_stream_version(tls) : "none")),
		LOG_T("cipher", str_c(tls ? tls_stream_cipher(tls) : "none")),
		LOG_N("seconds", (io_clock_ms() - session->began) / 1000),
	};

	log_put_fields(out, fields, ARRAY_LEN(fields));
}
