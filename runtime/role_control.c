#include "runtime/role_control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAIN_MS 200
#define LISTENERS_MAX 4096

static struct role_control *control_of(struct server *server)
{
	return (struct role_control *)server;
}

/* Main does not hear any more: the role ends. */
static void lost_main(struct role_control *control, int status)
{
	control->status = status;
	io_loop_stop(control->server.control);
}

static void answer(struct role_control *control, enum ipc_type type, uint64_t generation,
		   const void *payload, size_t n)
{
	if (!ipc_send(control->fd, type, generation, payload, n, NULL, 0))
		lost_main(control, EXIT_FAILURE);
}

static void answer_text(struct role_control *control, enum ipc_type type, uint64_t generation,
			const char *text)
{
	answer(control, type, generation, text, strlen(text));
}

/* ---- prepare, commit, abort ---- */

static void build(struct role_control *control);

static void on_prepared(struct server *server, struct edge_generation *generation, bool ok)
{
	struct role_control *control = control_of(server);

	if (control->abort_due || !ok) {
		control->phase = control->input ? CONTROL_COLLECTING : CONTROL_IDLE;
		if (!control->abort_due)
			answer_text(control, IPC_FAILED, generation->number,
				    "the listeners cannot be watched: out of memory");
		control->abort_due = false;
		server_abort(server);
		if (control->build_due)
			build(control);
		return;
	}
	control->phase = CONTROL_READY;
	answer(control, IPC_READY, generation->number, NULL, 0);
}

static void on_committed(struct server *server, uint64_t generation)
{
	struct role_control *control = control_of(server);

	control->phase = CONTROL_IDLE;
	answer(control, IPC_COMMITTED, generation, NULL, 0);
	if (control->warning)
		answer_text(control, IPC_WARNING, generation, control->warning);
}

static void on_abort(struct role_control *control)
{
	edge_input_free(control->input);
	control->input = NULL;
	control->build_due = false;
	switch (control->phase) {
	case CONTROL_IDLE:
	case CONTROL_COMMITTING: return; /* nothing to drop, or main has decided already */
	case CONTROL_COLLECTING: break;
	case CONTROL_ARMING: control->abort_due = true; return;
	case CONTROL_READY: server_abort(&control->server); break;
	}
	control->phase = CONTROL_IDLE;
}

static int take_fd(struct ipc_message *message, size_t index)
{
	int fd = index < message->fd_count ? message->fds[index] : -1;

	if (fd >= 0)
		message->fds[index] = -1;
	return fd;
}

static struct edge_input *input_new(struct ipc_message *message)
{
	struct edge_input *input = calloc(1, sizeof(*input));

	if (!input)
		return NULL;
	input->number = message->header.generation;
	input->image_fd = take_fd(message, 0);
	input->secrets_fd = take_fd(message, 1);
	memcpy(&input->prepare, message->payload, sizeof(input->prepare));
	input->prepare.hostname[sizeof(input->prepare.hostname) - 1] = '\0';
	if (input->prepare.listeners > LISTENERS_MAX)
		input->prepare.listeners = LISTENERS_MAX;
	input->listeners = calloc(input->prepare.listeners + 1u, sizeof(*input->listeners));
	input->fds = calloc(input->prepare.listeners + 1u, sizeof(*input->fds));
	if (input->listeners && input->fds)
		return input;
	edge_input_free(input);
	return NULL;
}

static void on_prepare(struct role_control *control, struct ipc_message *message)
{
	uint64_t number = message->header.generation;

	if ((control->phase == CONTROL_ARMING && !control->abort_due) ||
	    control->phase == CONTROL_COMMITTING) {
		answer_text(control, IPC_FAILED, number, "another generation is being prepared");
		return;
	}
	on_abort(control); /* one that was never decided */
	if (message->header.length == sizeof(struct ipc_prepare))
		control->input = input_new(message);
	if (!control->input) {
		answer_text(control, IPC_FAILED, number,
			    "cannot take up the generation: out of memory");
		return;
	}
	if (control->phase != CONTROL_ARMING)
		control->phase = CONTROL_COLLECTING;
}

static void on_listener(struct role_control *control, struct ipc_message *message)
{
	struct edge_input *input = control->input;

	if (!input || message->header.generation != input->number ||
	    message->header.length != sizeof(struct ipc_listener) || message->fd_count < 1 ||
	    input->listener_count == input->prepare.listeners)
		return; /* the count will not be right at PREPARE_END */
	memcpy(&input->listeners[input->listener_count], message->payload,
	       sizeof(struct ipc_listener));
	input->fds[input->listener_count++] = take_fd(message, 0);
}

static bool threads_start(struct role_control *control, const struct edge_generation *generation,
			  char *error, size_t error_size)
{
	uint32_t threads = generation->threads;

	if (control->server.threads_up)
		return true;
	if (threads < 1)
		threads = 1;
	if (threads > STW_LIMIT_THREADS)
		threads = STW_LIMIT_THREADS;
	return server_start(&control->server, threads, error, error_size);
}

/* The generation of control->input, which is complete. */
static void build(struct role_control *control)
{
	struct edge_input *input = control->input;
	struct server *server = &control->server;
	struct edge_generation *generation = NULL;
	uint64_t number = input->number;
	char error[512] = "listeners are missing";

	control->input = NULL;
	control->build_due = false;
	control->phase = CONTROL_IDLE;
	if (input->listener_count == input->prepare.listeners)
		generation = edge_generation_build(input, server->tickets, &server->counts, error,
						   sizeof(error));
	edge_input_free(input);
	if (generation && threads_start(control, generation, error, sizeof(error))) {
		if (server_arm(server, generation)) {
			control->phase = CONTROL_ARMING;
			return;
		}
		snprintf(error, sizeof(error), "out of memory");
	}
	edge_generation_free(generation);
	answer_text(control, IPC_FAILED, number, error);
}

static void on_prepare_end(struct role_control *control, uint64_t number)
{
	if (!control->input || control->input->number != number)
		return;
	if (control->phase == CONTROL_ARMING)
		control->build_due = true; /* the one before is not gone yet */
	else
		build(control);
}

static void on_commit(struct role_control *control, uint64_t number)
{
	if (control->phase != CONTROL_READY || control->server.pending->number != number)
		return; /* about one that was aborted since */
	control->phase = CONTROL_COMMITTING;
	server_commit(&control->server);
}

/* ---- live decisions ---- */

static bool snapshot_read(struct live_table *table, int fd)
{
	struct stat st;
	struct stw_bytes bytes = {0};
	void *p = NULL;
	bool ok;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 0)
		return false;
	if (st.st_size) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED)
			return false;
		bytes = (struct stw_bytes){p, (size_t)st.st_size};
	}
	ok = live_table_read(table, bytes);
	if (p)
		munmap(p, bytes.n);
	return ok;
}

static void live_lost(struct role_control *control)
{
	LOG_EVENT(control->server.log, LOG_LEVEL_ERROR, "server.thread-error",
		  LOG_T("reason", STR("bans and temporary allows could not be taken over")));
	answer_text(control, IPC_WARNING,
		    control->server.current ? control->server.current->number : 0,
		    "bans and temporary allows could not be taken over");
}

static void on_snapshot(struct role_control *control, struct ipc_message *message)
{
	struct live_table *table = live_table_new(&control->server.acceptor.hash_key);

	if (table && snapshot_read(table, message->fd_count ? message->fds[0] : -1) &&
	    acceptor_live_replace(&control->server.acceptor, table))
		return;
	live_table_free(table);
	live_lost(control);
}

static void on_live(struct role_control *control, const struct ipc_message *message, bool put)
{
	struct live_entry entry;

	if (message->header.length != sizeof(entry))
		return;
	memcpy(&entry, message->payload, sizeof(entry));
	if (!acceptor_live_change(&control->server.acceptor, &entry, put))
		live_lost(control);
}

/* ---- the open sessions ---- */

struct listing;

struct listing_part {
	struct io_task task; /* to the worker and back */
	struct listing *listing;
	struct worker *worker;
	struct buf text;
};

struct listing {
	struct role_control *control;
	uint64_t request;
	unsigned due, count;
	struct listing_part parts[];
};

/* Whole lines, as many as one message takes. */
static void send_lines(struct role_control *control, uint64_t request, struct str text)
{
	struct buf payload = BUF_INIT;
	size_t room = IPC_PAYLOAD_MAX - sizeof(request);

	while (text.n) {
		size_t n = text.n < room ? text.n : room;

		while (n && text.p[n - 1] != '\n')
			n--;
		if (!n)
			break; /* no line is as long as a message */
		buf_clear(&payload);
		buf_put(&payload, &request, sizeof(request));
		buf_put(&payload, text.p, n);
		if (payload.failed)
			break;
		answer(control, IPC_SESSIONS, 0, payload.p, payload.n);
		text = str_from(text, n);
	}
	buf_free(&payload);
}

static void listing_back(void *ctx)
{
	struct listing_part *part = ctx;
	struct listing *listing = part->listing;

	if (!part->text.failed)
		send_lines(listing->control, listing->request, buf_str(&part->text));
	buf_free(&part->text);
	if (--listing->due)
		return;
	answer(listing->control, IPC_SESSIONS_END, 0, &listing->request, sizeof(listing->request));
	free(listing);
}

static void listing_run(void *ctx)
{
	struct listing_part *part = ctx;
	const struct session *one;

	for (one = part->worker->sessions; one; one = session_next(one))
		session_describe(one, &part->text);
	part->task.fn = listing_back;
	io_post_task(part->listing->control->server.control, &part->task);
}

static void on_connections(struct role_control *control, const struct ipc_message *message)
{
	struct server *server = &control->server;
	unsigned count = server->threads_up ? server->worker_count : 0, i;
	struct listing *listing;
	uint64_t request;

	if (message->header.length != sizeof(request))
		return;
	memcpy(&request, message->payload, sizeof(request));
	listing = count ? calloc(1, sizeof(*listing) + count * sizeof(listing->parts[0])) : NULL;
	if (!listing) {
		answer(control, IPC_SESSIONS_END, 0, &request, sizeof(request));
		return;
	}
	*listing = (struct listing){
		.control = control, .request = request, .due = count, .count = count};
	for (i = 0; i < count; i++) {
		struct listing_part *part = &listing->parts[i];

		*part = (struct listing_part){.listing = listing, .worker = &server->workers[i]};
		part->task = (struct io_task){.fn = listing_run, .ctx = part};
		io_post_task(server->workers[i].loop, &part->task);
	}
}

/* ---- drain, log level, ticket keys ---- */

static void drain_look(void *ctx)
{
	struct role_control *control = ctx;
	struct server *server = &control->server;

	if (atomic_load(&server->slot->open) == 0 && atomic_load(&server->refusing) == 0)
		answer(control, IPC_DRAINED, 0, NULL, 0);
	else if (!io_timer_start(control->drain, DRAIN_MS))
		lost_main(control, EXIT_FAILURE);
}

static void on_drain(struct role_control *control)
{
	if (!acceptor_drain(&control->server.acceptor) || !io_timer_start(control->drain, DRAIN_MS))
		lost_main(control, EXIT_FAILURE); /* a drain that does not begin would never end */
}

static void on_log_level(struct role_control *control, const struct ipc_message *message)
{
	uint32_t level;

	if (message->header.length != sizeof(level))
		return;
	memcpy(&level, message->payload, sizeof(level));
	log_override(control->server.log, level <= LOG_LEVEL_TRACE,
		     level <= LOG_LEVEL_TRACE ? (enum log_level)level : LOG_LEVEL_INFO);
}

static void on_ticket_keys(struct role_control *control, struct ipc_message *message)
{
	tls_tickets_set(control->server.tickets, message->payload,
			message->header.length / TLS_TICKET_KEY_SIZE);
	explicit_bzero(message->payload, message->header.length);
}

/* ---- messages ---- */

static void on_message(struct role_control *control, struct ipc_message *message)
{
	uint64_t number = message->header.generation;

	switch ((enum ipc_type)message->header.type) {
	case IPC_PREPARE: on_prepare(control, message); break;
	case IPC_LISTENER: on_listener(control, message); break;
	case IPC_PREPARE_END: on_prepare_end(control, number); break;
	case IPC_COMMIT: on_commit(control, number); break;
	case IPC_ABORT: on_abort(control); break;
	case IPC_LIVE_SNAPSHOT: on_snapshot(control, message); break;
	case IPC_LIVE_PUT: on_live(control, message, true); break;
	case IPC_LIVE_REMOVE: on_live(control, message, false); break;
	case IPC_CONNECTIONS: on_connections(control, message); break;
	case IPC_DRAIN: on_drain(control); break;
	case IPC_LOG_LEVEL: on_log_level(control, message); break;
	case IPC_TICKET_KEYS: on_ticket_keys(control, message); break;
	case IPC_READY:
	case IPC_FAILED:
	case IPC_COMMITTED:
	case IPC_WARNING:
	case IPC_SESSIONS:
	case IPC_SESSIONS_END:
	case IPC_DRAINED:
	case IPC_BAN: break; /* these go the other way */
	}
}

static void close_fds(struct ipc_message *message)
{
	size_t i;

	for (i = 0; i < message->fd_count; i++) {
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	}
}

static void on_readable(void *ctx, int fd, unsigned events)
{
	struct role_control *control = ctx;

	(void)events;
	for (;;) {
		switch (ipc_receive(fd, control->message)) {
		case IPC_OK:
			on_message(control, control->message);
			close_fds(control->message);
			break;
		case IPC_AGAIN: return;
		case IPC_CLOSED: lost_main(control, EXIT_SUCCESS); return;
		case IPC_BROKEN:
			LOG_EVENT(control->server.log, LOG_LEVEL_ERROR, "server.thread-error",
				  LOG_T("reason", str_c(strerror(errno))));
			lost_main(control, EXIT_FAILURE);
			return;
		}
	}
}

bool role_control_open(struct role_control *control)
{
	struct io_loop *loop = control->server.control;

	control->server.prepared = on_prepared;
	control->server.committed = on_committed;
	control->message = calloc(1, sizeof(*control->message));
	control->drain = io_timer_new(loop, drain_look, control);
	control->watch = io_watch_new(loop, control->fd, IO_READABLE, on_readable, control);
	return control->message && control->drain && control->watch;
}

void role_control_close(struct role_control *control)
{
	struct server *server = &control->server;

	server_stop(server);
	edge_input_free(control->input);
	io_watch_free(control->watch);
	io_timer_free(control->drain);
	io_loop_free(server->control);
	tls_tickets_free(server->tickets);
	log_free(server->log);
	free(control->message);
}
