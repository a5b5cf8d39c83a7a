/*
 * A connection: a socket that never blocks, TLS on it from the start or later, output that waits
 * for the peer, and an end in good order (flush, close_notify, FIN, the peer's FIN). It belongs to
 * the thread of its loop. Handlers are called from the loop only, never from within a call of the
 * owner, and `closed` is the last of them.
 */
#ifndef STW_RUNTIME_IO_CONN_H
#define STW_RUNTIME_IO_CONN_H

#include "base/buf.h"
#include "runtime/io.h"
#include "runtime/tls.h"

struct io_conn;

enum io_conn_end {
	IO_CONN_DONE,     /* io_conn_finish or io_conn_abort, by us */
	IO_CONN_PEER,     /* the peer closed */
	IO_CONN_ERROR,    /* the socket or the TLS stream failed */
	IO_CONN_HANDSHAKE /* the TLS handshake failed */
};

struct io_conn_handler {
	/* Octets came in. They are the loop's: what is not used now has to be copied. */
	void (*input)(void *ctx, const char *bytes, size_t n);
	void (*secured)(void *ctx); /* the handshake is done */
	void (*drained)(void *ctx); /* all output went out */
	void (*closed)(void *ctx, enum io_conn_end why, const char *text);
};

/* What a loop's connections share: memory to read into. */
struct io_conn_scratch {
	size_t size;
	char *bytes;
};

/* Takes over fd, in success and failure. NULL: out of memory or a system error. */
struct io_conn *io_conn_new(struct io_loop *loop, int fd, const struct io_conn_handler *handler,
			    void *ctx, struct io_conn_scratch scratch) WARN_UNUSED;
/* Closes the socket at once; from `closed`, or when the loop no longer runs. */
void io_conn_free(struct io_conn *conn);
/* Where to append output; io_conn_flush sends it. After `input` it is sent anyway. */
struct buf *io_conn_output(struct io_conn *conn);
void io_conn_flush(struct io_conn *conn);
size_t io_conn_waiting(const struct io_conn *conn); /* octets of output not sent yet */
/* Stops or starts reading. */
void io_conn_pause(struct io_conn *conn, bool pause);
/* A handshake as server, once the output is sent. `upgrade`: in the middle of a session; octets
 * that are already here came in the clear and are thrown away. */
void io_conn_start_tls(struct io_conn *conn, struct tls_context *context, bool upgrade);
/* Sends the output, then ends the connection; no more input is handed over. */
void io_conn_finish(struct io_conn *conn);
/* Ends it without waiting; `closed` follows in the next turn. */
void io_conn_abort(struct io_conn *conn);
/* NULL: in the clear. */
const struct tls_stream *io_conn_tls(const struct io_conn *conn);

#endif
