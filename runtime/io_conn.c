#include "runtime/io_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/limits.h"

/* Reads of one turn, so that one busy peer does not hold up the others of its loop. */
#define READS_PER_TURN 4
/* Of octets that are thrown away before a handshake. */
#define DRAINS 64

enum conn_state {
	CONN_OPEN,
	CONN_BEFORE_TLS, /* output goes out, then the handshake begins */
	CONN_HANDSHAKE,
	CONN_FINISHING, /* output goes out, then our FIN */
	CONN_LINGER,    /* until the peer's FIN */
	CONN_ENDED      /* `closed` follows */
};

struct io_conn {
	int fd;
	struct io_loop *loop;
	struct io_watch *watch;
	struct io_timer *timer; /* linger */
	const struct io_conn_handler *handler;
	void *ctx;
	struct io_conn_scratch scratch;
	struct tls_context *context; /* for the handshake to come */
	struct tls_stream *tls;
	struct buf out;
	size_t sent;
	enum conn_state state;
	bool paused, wants_write;
	struct io_task closing;
	enum io_conn_end end;
	const char *text;
};

enum step {
	STEP_DONE,  /* octets moved */
	STEP_LATER, /* the socket has to become ready */
	STEP_CLOSED,
	STEP_FAILED
};

/* `closed` is called from a task, so that it never runs inside a call of the owner; a task of the
 * connection's own memory cannot fail. */
static void conn_end(struct io_conn *conn, enum io_conn_end end, const char *text)
{
	if (conn->state == CONN_ENDED)
		return;
	if (conn->state != CONN_LINGER) {
		conn->end = end;
		conn->text = text;
	}
	conn->state = CONN_ENDED;
	io_watch_free(conn->watch);
	conn->watch = NULL;
	io_timer_stop(conn->timer);
	io_post_task(conn->loop, &conn->closing);
}

static enum step step_of(struct io_conn *conn, enum tls_status status)
{
	switch (status) {
	case TLS_OK: return STEP_DONE;
	case TLS_WANT_WRITE: conn->wants_write = true; return STEP_LATER;
	case TLS_WANT_READ: return STEP_LATER;
	case TLS_CLOSED: return STEP_CLOSED;
	case TLS_FAILED: return STEP_FAILED;
	}
	return STEP_FAILED;
}

static enum step socket_step(struct io_conn *conn, ssize_t n, size_t *out_n)
{
	if (n > 0) {
		*out_n = (size_t)n;
		return STEP_DONE;
	}
	if (n == 0)
		return STEP_CLOSED;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return STEP_LATER;
	conn->text = strerror(errno);
	return STEP_FAILED;
}

static enum step conn_read(struct io_conn *conn, size_t *out_n)
{
	struct io_conn_scratch scratch = conn->scratch;

	conn->wants_write = false;
	if (conn->tls)
		return step_of(conn,
			       tls_stream_read(conn->tls, scratch.bytes, scratch.size, out_n));
	return socket_step(conn, recv(conn->fd, scratch.bytes, scratch.size, 0), out_n);
}

static enum step conn_write(struct io_conn *conn, const char *bytes, size_t n, size_t *out_n)
{
	if (conn->tls)
		return step_of(conn, tls_stream_write(conn->tls, bytes, n, out_n));
	return socket_step(conn, send(conn->fd, bytes, n, MSG_NOSIGNAL), out_n);
}

static const char *error_text(const struct io_conn *conn)
{
	if (conn->tls)
		return tls_stream_error(conn->tls);
	return conn->text ? conn->text : "connection failed";
}

/* Sets the interest that the state asks for. */
static void conn_update(struct io_conn *conn)
{
	bool waiting = conn->out.n > conn->sent || conn->wants_write;
	unsigned events = 0;

	switch (conn->state) {
	case CONN_OPEN:
		events = (conn->paused ? 0u : IO_READABLE) | (waiting ? IO_WRITABLE : 0u);
		break;
	case CONN_BEFORE_TLS:
	case CONN_FINISHING: events = waiting ? IO_WRITABLE : 0u; break;
	case CONN_HANDSHAKE: events = conn->wants_write ? IO_WRITABLE : IO_READABLE; break;
	case CONN_LINGER: events = IO_READABLE; break;
	case CONN_ENDED: return;
	}
	if (!io_watch_set(conn->watch, events))
		conn_end(conn, IO_CONN_ERROR, "out of memory");
}

/* Our FIN, then the peer's. */
static void begin_linger(struct io_conn *conn)
{
	if (conn->tls)
		tls_stream_shutdown(conn->tls);
	if (shutdown(conn->fd, SHUT_WR) != 0 || !io_timer_start(conn->timer, LIMIT_LINGER)) {
		conn_end(conn, conn->end, conn->text);
		return;
	}
	conn->state = CONN_LINGER;
}

static void handshake(struct io_conn *conn)
{
	enum step step;

	conn->wants_write = false;
	step = step_of(conn, tls_stream_handshake(conn->tls));
	switch (step) {
	case STEP_LATER: return;
	case STEP_DONE:
		conn->state = CONN_OPEN;
		conn->handler->secured(conn->ctx);
		return;
	case STEP_CLOSED:
	case STEP_FAILED:
		conn->end = IO_CONN_HANDSHAKE;
		conn->text = tls_stream_error(conn->tls);
		begin_linger(conn); /* so that the alert arrives */
		return;
	}
}

static void begin_handshake(struct io_conn *conn)
{
	conn->tls = tls_stream_new(conn->context, conn->fd);
	tls_context_free(conn->context);
	conn->context = NULL;
	if (!conn->tls) {
		conn_end(conn, IO_CONN_HANDSHAKE, "out of memory");
		return;
	}
	conn->state = CONN_HANDSHAKE; /* the peer speaks first */
}

/* What follows once all output went out. */
static void output_done(struct io_conn *conn)
{
	buf_free(&conn->out);
	conn->sent = 0;
	switch (conn->state) {
	case CONN_BEFORE_TLS: begin_handshake(conn); return;
	case CONN_FINISHING: begin_linger(conn); return;
	case CONN_OPEN:
	case CONN_HANDSHAKE:
	case CONN_LINGER:
	case CONN_ENDED: return;
	}
}

static void write_out(struct io_conn *conn)
{
	size_t n = 0;

	if (conn->out.failed) {
		conn_end(conn, IO_CONN_ERROR, "out of memory");
		return;
	}
	while (conn->sent < conn->out.n) {
		switch (conn_write(conn, conn->out.p + conn->sent, conn->out.n - conn->sent, &n)) {
		case STEP_DONE: conn->sent += n; break;
		case STEP_LATER: return;
		case STEP_CLOSED:
		case STEP_FAILED: conn_end(conn, IO_CONN_ERROR, error_text(conn)); return;
		}
	}
	output_done(conn);
}

static void read_in(struct io_conn *conn)
{
	size_t n = 0;
	int turn;

	for (turn = 0; turn < READS_PER_TURN && conn->state == CONN_OPEN && !conn->paused; turn++) {
		switch (conn_read(conn, &n)) {
		case STEP_DONE: conn->handler->input(conn->ctx, conn->scratch.bytes, n); break;
		case STEP_LATER: return;
		case STEP_CLOSED:
			/* it may still read: what we have to say goes out first */
			conn->state = CONN_FINISHING;
			conn->end = IO_CONN_PEER;
			conn->text = "closed by the peer";
			return;
		case STEP_FAILED: conn_end(conn, IO_CONN_ERROR, error_text(conn)); return;
		}
	}
}

/* Reads and forgets; true at the end of the stream. */
static bool drop_input(struct io_conn *conn)
{
	ssize_t n;
	int turn;

	for (turn = 0; turn < DRAINS; turn++) {
		n = recv(conn->fd, conn->scratch.bytes, conn->scratch.size, 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
	}
	return false;
}

/* Sends what waits, and lets the owner add to it when all went out. */
static void send_out(struct io_conn *conn)
{
	bool had = true;
	int turn;

	for (turn = 0; turn < READS_PER_TURN && had; turn++) {
		if (conn->state == CONN_HANDSHAKE || conn->state == CONN_LINGER ||
		    conn->state == CONN_ENDED)
			return;
		had = conn->out.n > 0;
		write_out(conn);
		if (had && conn->state == CONN_OPEN && conn->out.n == 0)
			conn->handler->drained(conn->ctx);
	}
}

static void conn_ready(void *ctx, int fd, unsigned events)
{
	struct io_conn *conn = ctx;

	(void)fd;
	if (conn->state == CONN_LINGER) {
		if (drop_input(conn))
			conn_end(conn, conn->end, conn->text);
		return;
	}
	if (conn->state == CONN_HANDSHAKE)
		handshake(conn);
	else if (conn->state == CONN_OPEN && (events & IO_READABLE || conn->wants_write))
		read_in(conn);
	send_out(conn);
	conn_update(conn);
}

static void conn_timer(void *ctx)
{
	struct io_conn *conn = ctx;

	conn_end(conn, conn->end, conn->text);
}

static void conn_closed(void *ctx)
{
	struct io_conn *conn = ctx;

	conn->handler->closed(conn->ctx, conn->end, conn->text);
}

struct io_conn *io_conn_new(struct io_loop *loop, int fd, const struct io_conn_handler *handler,
			    void *ctx, struct io_conn_scratch scratch)
{
	struct io_conn *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		close(fd);
		return NULL;
	}
	*conn = (struct io_conn){.fd = fd,
				 .loop = loop,
				 .handler = handler,
				 .ctx = ctx,
				 .scratch = scratch,
				 .out = BUF_INIT,
				 .end = IO_CONN_DONE,
				 .text = "",
				 .closing = {.fn = conn_closed, .ctx = conn}};
	conn->timer = io_timer_new(loop, conn_timer, conn);
	conn->watch = io_watch_new(loop, fd, IO_READABLE, conn_ready, conn);
	if (!conn->timer || !conn->watch) {
		io_conn_free(conn);
		return NULL;
	}
	return conn;
}

void io_conn_free(struct io_conn *conn)
{
	if (!conn)
		return;
	if (conn->state == CONN_ENDED)
		io_unpost_task(conn->loop, &conn->closing);
	io_watch_free(conn->watch);
	io_timer_free(conn->timer);
	tls_stream_free(conn->tls);
	tls_context_free(conn->context);
	buf_free(&conn->out);
	close(conn->fd);
	free(conn);
}

struct buf *io_conn_output(struct io_conn *conn)
{
	return &conn->out;
}

void io_conn_flush(struct io_conn *conn)
{
	if (conn->state != CONN_OPEN && conn->state != CONN_BEFORE_TLS &&
	    conn->state != CONN_FINISHING)
		return;
	write_out(conn);
	conn_update(conn);
}

size_t io_conn_waiting(const struct io_conn *conn)
{
	return conn->out.n - conn->sent;
}

void io_conn_pause(struct io_conn *conn, bool pause)
{
	conn->paused = pause;
	conn_update(conn);
}

void io_conn_start_tls(struct io_conn *conn, struct tls_context *context, bool upgrade)
{
	if (conn->state != CONN_OPEN)
		return;
	if (upgrade && drop_input(conn)) {
		conn_end(conn, IO_CONN_PEER, "closed by the peer");
		return;
	}
	conn->context = tls_context_ref(context);
	conn->state = CONN_BEFORE_TLS;
}

void io_conn_finish(struct io_conn *conn)
{
	if (conn->state == CONN_OPEN)
		conn->state = CONN_FINISHING;
}

void io_conn_abort(struct io_conn *conn)
{
	conn_end(conn, IO_CONN_DONE, "");
}

const struct tls_stream *io_conn_tls(const struct io_conn *conn)
{
	return conn->tls;
}
