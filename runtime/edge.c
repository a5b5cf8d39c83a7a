/*
 * The roles edge and web: the processes that talk to the network. Both are this code; edge has
 * the listeners of the mail protocols, web those of HTTP, because main gives each its own.
 *
 * A role knows three descriptors: standard error, the socket to main, and the shared page. It
 * opens no socket and reads no configuration; whatever it serves arrives as messages (runtime/
 * ipc.h): an image that main has verified, listening sockets, secrets.
 *
 * Threads. Control (role.c, role_control.c) talks to main and builds generations. The acceptor
 * (edge_acceptor.c) takes connections: address decision first, then both caps, then on to the
 * worker with the fewest sessions. Workers run the sessions (session.c). Every thread has one
 * event loop (io.c) and owns what hangs on it; threads reach each other by tasks only.
 *
 *     socket ─▶ acceptor ─▶ worker: io_conn (socket, TLS, output) ─▶ proto_* (pure machine)
 *                  │ blocked: closed        └─ session joins both, with a deadline
 *                  └ over a cap: a session that only says so
 *
 * Generations (edge_generation.c). Everything that can fail happens while one is built beside the
 * other: records are decoded, keys loaded, TLS contexts made, log files opened, listeners put into
 * the acceptor's loop. They are watched by edge and not yet active, so what arrives stays in the
 * kernel's queue. A commit runs one prepared task in each thread, between two turns of its loop,
 * that sets a pointer and, in the acceptor, closes the old descriptors and empties the new queues.
 * It takes no memory and opens nothing. When the last thread has answered, nobody looks into the
 * old generation and it is freed, image and tables with it.
 *
 * Sessions hold a reference to their listener: its name, limits and TLS context. Nothing of a
 * generation beyond that, so that no reload ends a session and no session keeps an image.
 *
 * Counters and gauges lie in the shared page, atomic, one slot for each role. A place under a cap
 * is taken by the acceptor and given back by whoever ends the session.
 *
 * After the start a role may neither make a socket nor run a program (seccomp.c).
 */
#include "runtime/edge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/limits.h"

/* ---- steps of a reload ---- */

/* Back in the control thread. */
static void step_back(void *ctx)
{
	struct step *step = ctx;
	struct edge_generation *generation = step->generation;

	if (!step->ok)
		generation->step_failed = true;
	if (--generation->steps_due == 0)
		generation->steps_done(step->server, generation);
}

static void step_run(void *ctx)
{
	struct step *step = ctx;

	step->ok = step->run(step);
	step->task.fn = step_back;
	io_post_task(step->server->control, &step->task);
}

static struct io_loop *step_loop(const struct step *step)
{
	return step->thread == 0 ? step->server->acceptor.loop
				 : step->server->workers[step->thread - 1].loop;
}

/* Runs the step in the first `threads` threads, then `done` in control. */
static void steps_post(struct edge_generation *generation, unsigned threads,
		       bool (*run)(struct step *step),
		       void (*done)(struct server *server, struct edge_generation *generation))
{
	unsigned i;

	generation->steps_due = threads;
	generation->step_failed = false;
	generation->steps_done = done;
	/* the acceptor last: what it sends to a worker arrives behind that worker's step */
	for (i = threads; i-- > 0;) {
		struct step *step = &generation->steps[i];

		step->run = run;
		step->task.fn = step_run;
		io_post_task(step_loop(step), &step->task);
	}
}

static bool steps_make(struct server *server, struct edge_generation *generation)
{
	unsigned count = server->worker_count + 1, i;

	generation->steps = calloc(count, sizeof(*generation->steps));
	if (!generation->steps)
		return false;
	for (i = 0; i < count; i++) {
		struct step *step = &generation->steps[i];

		*step = (struct step){.server = server, .generation = generation, .thread = i};
		step->task.ctx = step;
	}
	return true;
}

static bool run_arm(struct step *step)
{
	return acceptor_arm(&step->server->acceptor, step->generation);
}

static void arm_done(struct server *server, struct edge_generation *generation)
{
	server->prepared(server, generation, !generation->step_failed);
}

bool server_arm(struct server *server, struct edge_generation *generation)
{
	if (!steps_make(server, generation))
		return false;
	server->pending = generation;
	steps_post(generation, 1, run_arm, arm_done);
	return true;
}

static bool run_commit(struct step *step)
{
	if (step->thread == 0)
		acceptor_commit(&step->server->acceptor, step->generation);
	else
		step->server->workers[step->thread - 1].generation = step->generation;
	return true;
}

static bool listens(const struct edge_generation *generation, const struct listener *wanted)
{
	size_t i;

	for (i = 0; generation && i < generation->listener_count; i++) {
		const struct listener *one = generation->listeners[i];

		if (one->object == wanted->object && one->port == wanted->port &&
		    net_addr_eq(&one->address, &wanted->address))
			return true;
	}
	return false;
}

/* Logs the listeners of one generation that the other does not have. */
static void tell_listeners(struct log *log, const char *event, const struct edge_generation *has,
			   const struct edge_generation *has_not)
{
	char address[NET_TEXT_SIZE];
	size_t i, n;

	for (i = 0; has && i < has->listener_count; i++) {
		const struct listener *one = has->listeners[i];

		if (listens(has_not, one))
			continue;
		n = net_addr_format(&one->address, address);
		LOG_EVENT(log, LOG_LEVEL_INFO, event, LOG_T("listenerId", str_c(one->name)),
			  LOG_T("localIp", ((struct str){address, n})),
			  LOG_N("localPort", one->port),
			  LOG_T("protocol", str_c(proto_word(one->protocol))));
	}
}

/* Every thread uses the new one: nobody looks into the old one any more. */
static void commit_done(struct server *server, struct edge_generation *generation)
{
	struct edge_generation *old = server->current;

	server->current = generation;
	server->committing = NULL;
	tell_listeners(server->log, "network.listen-start", generation, old);
	tell_listeners(server->log, "network.listen-stop", old, generation);
	edge_generation_free(old);
	server->committed(server, generation->number);
}

void server_commit(struct server *server)
{
	struct edge_generation *generation = server->pending;

	server->pending = NULL;
	server->committing = generation;
	log_commit(server->log, generation->sinks);
	generation->sinks = NULL;
	tls_tickets_begin(server->tickets, generation->ticket_keys, generation->ticket_key_count);
	steps_post(generation, server->worker_count + 1, run_commit, commit_done);
}

static bool run_disarm(struct step *step)
{
	acceptor_disarm(step->generation);
	return true;
}

static void disarm_done(struct server *server, struct edge_generation *generation)
{
	(void)server;
	edge_generation_free(generation);
}

void server_abort(struct server *server)
{
	struct edge_generation *generation = server->pending;

	server->pending = NULL;
	if (generation)
		steps_post(generation, 1, run_disarm, disarm_done);
}

/* ---- threads ---- */

static void *acceptor_main(void *arg)
{
	struct acceptor *acceptor = arg;

	if (!io_loop_run(acceptor->loop))
		LOG_EVENT(acceptor->server->log, LOG_LEVEL_ERROR, "server.thread-error",
			  LOG_T("thread", STR("acceptor")));
	return NULL;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	if (!io_loop_run(worker->loop))
		LOG_EVENT(worker->server->log, LOG_LEVEL_ERROR, "server.thread-error",
			  LOG_T("thread", STR("worker")));
	return NULL;
}

static bool worker_init(struct worker *worker, struct server *server)
{
	worker->server = server;
	worker->loop = io_loop_new();
	worker->scratch.size = LIMIT_READ;
	worker->scratch.bytes = malloc(LIMIT_READ);
	if (!worker->loop || !worker->scratch.bytes)
		return false;
	worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
	return worker->started;
}

bool server_start(struct server *server, unsigned workers, char *error, size_t error_size)
{
	unsigned i;

	server->workers = calloc(workers, sizeof(*server->workers));
	if (!server->workers)
		goto failed;
	for (i = 0; i < workers; i++) {
		server->worker_count = i + 1;
		if (!worker_init(&server->workers[i], server))
			goto failed;
	}
	server->acceptor.started = pthread_create(&server->acceptor.thread, NULL, acceptor_main,
						  &server->acceptor) == 0;
	if (!server->acceptor.started)
		goto failed;
	server->threads_up = true;
	return true;
failed:
	snprintf(error, error_size, "cannot start the threads: %s", strerror(errno));
	return false;
}

static void acceptor_stop(void *ctx)
{
	struct acceptor *acceptor = ctx;

	if (acceptor->generation)
		acceptor_disarm(acceptor->generation);
	if (acceptor->server->pending)
		acceptor_disarm(acceptor->server->pending);
	log_repeat_sweep(acceptor->repeats, io_clock_ms(), true);
	io_loop_stop(acceptor->loop);
}

static void worker_stop(void *ctx)
{
	struct worker *worker = ctx;
	struct session *one = worker->sessions;

	worker->stopping = true;
	while (one) {
		struct session *next = session_next(one);

		session_stop(one);
		one = next;
	}
	io_loop_stop(worker->loop);
}

/* Posts without memory of the heap: a stop has to arrive. */
static void stop_thread(struct io_loop *loop, pthread_t thread, bool started, struct io_task *task)
{
	if (!started)
		return;
	io_post_task(loop, task);
	pthread_join(thread, NULL);
}

void server_stop(struct server *server)
{
	struct io_task task = {.fn = acceptor_stop, .ctx = &server->acceptor};
	unsigned i;

	/* the acceptor first: nothing arrives at a worker that has stopped */
	stop_thread(server->acceptor.loop, server->acceptor.thread, server->acceptor.started,
		    &task);
	for (i = 0; i < server->worker_count; i++) {
		struct worker *worker = &server->workers[i];

		task = (struct io_task){.fn = worker_stop, .ctx = worker};
		stop_thread(worker->loop, worker->thread, worker->started, &task);
		io_loop_free(worker->loop);
		free(worker->scratch.bytes);
	}
	free(server->workers);
	server->workers = NULL;
	/* steps of a generation may still wait where no thread takes them any more */
	io_loop_forget(server->acceptor.loop);
	io_loop_forget(server->control);
	edge_generation_free(server->current);
	edge_generation_free(server->pending);
	edge_generation_free(server->committing);
	server->current = server->pending = server->committing = NULL;
	acceptor_free(&server->acceptor);
	while (server->counts) {
		struct caps_count *next = server->counts->next;

		free(server->counts);
		server->counts = next;
	}
}
