/*
 * The threads of a role and what they share; runtime/edge.c tells how they work together. Only
 * what is atomic, locked or constant after the start is touched by more than one thread.
 */
#ifndef STW_RUNTIME_EDGE_H
#define STW_RUNTIME_EDGE_H

#include <pthread.h>

#include "runtime/edge_generation.h"
#include "runtime/io_conn.h"
#include "runtime/log_repeat.h"
#include "runtime/role.h"

struct session;

/* A step of a reload in one thread. Its task goes to the thread's loop and comes back to control,
 * in the same memory, so that nothing on the way can fail. */
struct step {
	struct io_task task;
	struct server *server;
	struct edge_generation *generation;
	unsigned thread; /* 0: acceptor; then the workers */
	bool (*run)(struct step *step);
	bool ok;
};

struct acceptor {
	struct server *server;
	struct io_loop *loop;
	pthread_t thread;
	bool started;
	struct edge_generation
		*generation; /* whose listeners are open; NULL before the first commit */
	struct live_table *live;
	struct hash_key hash_key;
	struct log_repeat *repeats;
	struct io_timer *sweep; /* ends windows of repeats */
	struct io_timer *retry; /* after accept failed for want of descriptors or memory */
	bool draining;
	unsigned next; /* worker that is looked at first */
};

struct worker {
	struct server *server;
	struct io_loop *loop;
	pthread_t thread;
	bool started;
	struct edge_generation *generation;
	struct session *sessions; /* a list, newest first */
	_Atomic unsigned load;    /* sessions, those on their way included */
	struct io_conn_scratch scratch;
	bool stopping;
};

struct server {
	enum role role;
	struct log *log;
	struct shared_page *shared;
	struct shared_slot *slot;
	struct tls_tickets *tickets;
	struct io_loop *control;
	struct acceptor acceptor;
	struct worker *workers;
	unsigned worker_count;
	unsigned idle[PROTOCOL_COUNT]; /* milliseconds that a session waits for its next command */
	_Atomic unsigned refusing;     /* sessions that only say no */
	_Atomic unsigned sessions;     /* all that exist */

	/* the control thread's */
	struct caps_count *counts;
	struct edge_generation *current, *pending, *committing;
	void (*prepared)(struct server *server, struct edge_generation *generation, bool ok);
	void (*committed)(struct server *server, uint64_t generation);
	bool threads_up;
};

/* Starts the acceptor thread (after acceptor_init) and `workers` worker threads. False: error. */
bool server_start(struct server *server, unsigned workers, char *error,
		  size_t error_size) WARN_UNUSED;
/* Ends every session with its last words, joins all threads, frees everything but the server. */
void server_stop(struct server *server);
/* Opens the listeners of a generation, without accepting; server->prepared is called when done.
 * False: out of memory. */
bool server_arm(struct server *server, struct edge_generation *generation) WARN_UNUSED;
/* Swaps it in; server->committed is called when every thread did. Cannot fail. */
void server_commit(struct server *server);
/* Drops what was prepared. */
void server_abort(struct server *server);

/* edge_acceptor.c */
bool acceptor_init(struct acceptor *acceptor, struct server *server) WARN_UNUSED;
void acceptor_free(struct acceptor *acceptor);
bool acceptor_arm(struct acceptor *acceptor, struct edge_generation *generation) WARN_UNUSED;
void acceptor_disarm(struct edge_generation *generation);
void acceptor_commit(struct acceptor *acceptor, struct edge_generation *generation);
/* From the control thread: takes the table over; changes one entry; stops to accept. */
bool acceptor_live_replace(struct acceptor *acceptor, struct live_table *table) WARN_UNUSED;
bool acceptor_live_change(struct acceptor *acceptor, const struct live_entry *entry,
			  bool put) WARN_UNUSED;
bool acceptor_drain(struct acceptor *acceptor) WARN_UNUSED;

/* A connection on its way from the acceptor to a worker. */
struct arrival {
	struct io_task task;
	struct worker *worker;
	struct listener *listener; /* a reference */
	int fd;
	struct net_addr peer;
	uint16_t peer_port;
	bool refused; /* over a cap: only told so, not counted */
};

/* session.c: in the worker's thread. Takes over the arrival with all it holds. */
void session_start(struct arrival *arrival);
/* Last words and the end, at once. */
void session_stop(struct session *session);
void session_describe(const struct session *session, struct buf *out);
struct session *session_next(const struct session *session);
/* Closes the socket of a connection that never became a session, and gives its place back. */
void arrival_drop(struct server *server, const struct arrival *arrival);

/* edge_sockets.c: the per-connection options of a listener. False: errno, and which. */
bool edge_socket_options(int fd, const struct listener *listener,
			 const char **out_option) WARN_UNUSED;

#endif
