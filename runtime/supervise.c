/*
 * The roles as main sees them: started, asked, listened to, and started again when they die.
 * A role that dies comes back on the active generation, later each time; reload.c decides
 * whether the generation is to blame.
 */
#include "runtime/main.h"

#include "runtime/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS 5000
/* A restarted role gets as long as one in a reload. */
#define ANSWER_MS 10000
/* A role that lived this long starts with a short backoff again. */
#define LIVED_MS 60000
/* A role whose socket stays full for this long is as good as dead. */
#define PATIENCE_MS 2000

static void message_ready(void *ctx, int fd, unsigned events);
static void backoff_over(void *ctx);
static void patience_over(void *ctx);

bool roles_init(struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];

		*r = (struct role_process){.daemon = d, .role = role, .pid = -1, .fd = -1};
		r->message = malloc(sizeof(*r->message));
		r->backoff = io_timer_new(d->loop, backoff_over, r);
		r->patience = io_timer_new(d->loop, patience_over, r);
		if (!r->message || !r->backoff || !r->patience)
			return false;
	}
	return true;
}

void roles_free(struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];

		io_watch_free(r->watch);
		io_timer_free(r->backoff);
		io_timer_free(r->patience);
		if (r->fd >= 0)
			close(r->fd);
		notes_clear(&r->warnings);
		free(r->message);
	}
}

static struct shared_slot *slot_of(const struct role_process *r)
{
	return &r->daemon->shared->slot[r->role];
}

static void log_role(const struct role_process *r, enum log_level level, const char *event,
		     const char *details)
{
	LOG_EVENT(r->daemon->log, level, event, LOG_T("role", str_c(role_word(r->role))),
		  LOG_N("pid", (uint64_t)(r->pid > 0 ? r->pid : 0)),
		  LOG_T("details", str_c(details)));
}

/* ---- start and end ---- */

static void send_log_level(struct role_process *r)
{
	uint32_t level = (uint32_t)r->daemon->log_level;

	if (r->daemon->log_level >= 0 &&
	    !ipc_send(r->fd, IPC_LOG_LEVEL, 0, &level, sizeof(level), NULL, 0))
		role_kill(r);
}

bool role_start(struct role_process *r)
{
	struct daemon *d = r->daemon;

	io_timer_stop(r->backoff);
	if (!spawn_role(r->role, d->shared_fd, &r->pid, &r->fd)) {
		r->pid = r->fd = -1;
		return false;
	}
	r->watch = io_watch_new(d->loop, r->fd, IO_READABLE, message_ready, r);
	r->phase = ROLE_DOWN;
	r->serves = r->answering = 0;
	r->started_ms = io_clock_ms();
	/* while draining a new role gets no sockets, and has no sessions to wait for */
	r->drained = d->draining;
	atomic_store(&slot_of(r)->pid, (uint64_t)r->pid);
	if (!r->watch) {
		role_kill(r);
		errno = ENOMEM;
		return false;
	}
	log_role(r, LOG_LEVEL_DEBUG, "stw.role-started", "");
	roles_send_snapshot(d, r);
	send_log_level(r);
	return true;
}

void role_kill(struct role_process *r)
{
	/* SIGCHLD does the rest */
	if (r->pid > 0)
		(void)kill(r->pid, SIGKILL);
}

bool role_prepare(struct role_process *r, const struct generation *g)
{
	int secrets = generation_secrets(r->daemon, g, r->role);

	if (secrets < 0)
		return false;
	r->phase = ROLE_PREPARING;
	r->answering = g->number;
	r->asked_ms = io_clock_ms();
	if (!generation_send(g, r, secrets)) {
		log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
		role_kill(r);
	}
	close(secrets);
	return true;
}

/* The same for a role that serves nothing: without it, it is of no use, and is started anew. */
void role_prepare_or_kill(struct role_process *r, const struct generation *g)
{
	if (role_prepare(r, g))
		return;
	log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
	role_kill(r);
}

void role_commit(struct role_process *r, uint64_t generation)
{
	r->phase = ROLE_COMMITTING;
	r->answering = generation;
	r->asked_ms = io_clock_ms();
	if (!ipc_send(r->fd, IPC_COMMIT, generation, NULL, 0, NULL, 0)) {
		log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
		role_kill(r);
	}
}

static uint64_t next_backoff(const struct role_process *r)
{
	uint64_t ms = BACKOFF_FIRST_MS;

	for (unsigned i = 1; i < r->deaths && ms < BACKOFF_LAST_MS; i++)
		ms *= 2;
	return ms < BACKOFF_LAST_MS ? ms : BACKOFF_LAST_MS;
}

static void start_on_active(struct role_process *r)
{
	struct daemon *d = r->daemon;

	if (d->stopping || !d->active || r->pid > 0)
		return;
	if (role_start(r)) {
		role_prepare_or_kill(r, d->active);
		return;
	}
	log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
	(void)!io_timer_start(r->backoff, BACKOFF_LAST_MS);
}

static void backoff_over(void *ctx)
{
	start_on_active(ctx);
}

static void describe_end(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		(void)snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	else
		(void)snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

/* The process is gone: what it held is nobody's, and main's view of it starts anew. */
static void clear_role(struct role_process *r)
{
	io_watch_free(r->watch);
	r->watch = NULL;
	io_timer_stop(r->patience);
	r->behind = false;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = r->pid = -1;
	r->phase = ROLE_DOWN;
	r->serves = 0;
	notes_clear(&r->warnings);
	atomic_store(&slot_of(r)->open, 0);
	atomic_store(&slot_of(r)->pid, 0);
}

static void role_gone(struct role_process *r, int status)
{
	struct daemon *d = r->daemon;
	char how[128];

	describe_end(status, how, sizeof(how));
	if (!d->stopping) {
		log_role(r, LOG_LEVEL_ERROR, "stw.role-ended", how);
		if (io_clock_ms() - r->started_ms > LIVED_MS)
			r->deaths = 0;
		r->deaths++;
		r->restarts++;
		atomic_store(&slot_of(r)->restarts, r->restarts);
	}
	clear_role(r);
	control_role_gone(d, r->role);
	control_drained(d);
	if (d->stopping) {
		if (roles_all_gone(d))
			io_loop_stop(d->loop);
		return;
	}
	atomic_store(&d->shared->state.ready, 0);
	(void)!io_timer_start(r->backoff, next_backoff(r));
	reload_lost(d, r);
}

void roles_reap(struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];
		int status;

		if (r->pid > 0 && waitpid(r->pid, &status, WNOHANG) == r->pid)
			role_gone(r, status);
	}
}

void roles_check(struct daemon *d)
{
	if (d->reload.phase != RELOAD_IDLE)
		return;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];

		if (r->pid <= 0 || r->phase == ROLE_SERVING ||
		    io_clock_ms() - r->asked_ms < ANSWER_MS)
			continue;
		log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", "no answer");
		role_kill(r);
	}
}

bool roles_all_gone(const struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].pid > 0)
			return false;
	return true;
}

void roles_dismiss(struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];

		io_timer_stop(r->backoff);
		if (r->fd >= 0)
			(void)shutdown(r->fd, SHUT_WR);
	}
}

/* ---- messages ---- */

void role_tell(struct role_process *r, enum ipc_type type, const void *payload, size_t n)
{
	if (r->fd >= 0 && !ipc_send(r->fd, type, 0, payload, n, NULL, 0)) {
		log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
		role_kill(r);
	}
}

void roles_tell(struct daemon *d, enum ipc_type type, const void *payload, size_t n)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		role_tell(&d->roles[role], type, payload, n);
}

void roles_send_snapshot(struct daemon *d, struct role_process *r)
{
	int fd = state_snapshot(d->state);

	if (fd < 0 || !ipc_send(r->fd, IPC_LIVE_SNAPSHOT, 0, NULL, 0, &fd, 1))
		role_kill(r);
	if (fd >= 0)
		close(fd);
}

static void patience_over(void *ctx)
{
	struct role_process *r = ctx;

	log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", "it does not read its messages");
	role_kill(r);
}

static void role_tell_live(struct role_process *r, enum ipc_type type,
			   const struct live_entry *entry)
{
	if (r->fd < 0 || r->behind || ipc_offer(r->fd, type, entry, sizeof(*entry)))
		return;
	if (errno == EAGAIN && r->watch && io_watch_set(r->watch, IO_READABLE | IO_WRITABLE) &&
	    io_timer_start(r->patience, PATIENCE_MS)) {
		r->behind = true;
		return;
	}
	log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", strerror(errno));
	role_kill(r);
}

void roles_tell_live(struct daemon *d, enum ipc_type type, const struct live_entry *entry)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		role_tell_live(&d->roles[role], type, entry);
}

/* A role that was behind reads again. */
static void catch_up(struct role_process *r)
{
	r->behind = false;
	io_timer_stop(r->patience);
	if (!io_watch_set(r->watch, IO_READABLE))
		role_kill(r);
	if (!r->daemon->stopping)
		roles_send_snapshot(r->daemon, r);
}

static void take_ready(struct role_process *r, uint64_t generation)
{
	struct daemon *d = r->daemon;

	if (r->phase != ROLE_PREPARING || r->answering != generation)
		return;
	r->phase = ROLE_READY;
	if (d->active && d->active->number == generation)
		role_commit(r, generation);
	else
		reload_ready(d, r);
}

static void take_failed(struct role_process *r, const struct ipc_message *m)
{
	struct daemon *d = r->daemon;
	char why[500];

	if (r->phase != ROLE_PREPARING || r->answering != m->header.generation)
		return;
	(void)snprintf(why, sizeof(why), "%.*s", (int)m->header.length, (const char *)m->payload);
	log_role(r, LOG_LEVEL_ERROR, "stw.role-refused", why);
	if (d->active && d->active->number == m->header.generation)
		role_kill(r); /* restarted, and cannot do what it did before: try again later */
	else
		reload_failed(d, r, why);
}

static void take_committed(struct role_process *r, uint64_t generation)
{
	if (r->phase != ROLE_COMMITTING || r->answering != generation)
		return;
	r->phase = ROLE_SERVING;
	r->serves = generation;
	notes_clear(&r->warnings);
	reload_committed(r->daemon, r);
}

static void take_ban(struct role_process *r, const struct ipc_message *m)
{
	struct live_entry entry;

	if (m->header.length != sizeof(entry))
		return;
	memcpy(&entry, m->payload, sizeof(entry));
	/* roles talk to strangers: what they send is looked at before it is believed */
	if (entry.kind != LIVE_BAN || !live_entry_valid(&entry))
		return;
	if (!live_put(r->daemon, &entry))
		log_role(r, LOG_LEVEL_WARN, "stw.state-full", "the table of bans is full");
}

static void take_drained(struct role_process *r)
{
	r->drained = true;
	control_drained(r->daemon);
}

static void take(struct role_process *r, const struct ipc_message *m)
{
	switch ((enum ipc_type)m->header.type) {
	case IPC_READY: take_ready(r, m->header.generation); break;
	case IPC_FAILED: take_failed(r, m); break;
	case IPC_COMMITTED: take_committed(r, m->header.generation); break;
	case IPC_WARNING:
		notes_add(&r->warnings, "%s: %.*s", role_word(r->role), (int)m->header.length,
			  (const char *)m->payload);
		break;
	case IPC_SESSIONS:
	case IPC_SESSIONS_END: control_sessions(r->daemon, r->role, m); break;
	case IPC_DRAINED: take_drained(r); break;
	case IPC_BAN: take_ban(r, m); break;
	case IPC_PREPARE:
	case IPC_LISTENER:
	case IPC_PREPARE_END:
	case IPC_COMMIT:
	case IPC_ABORT:
	case IPC_LIVE_SNAPSHOT:
	case IPC_LIVE_PUT:
	case IPC_LIVE_REMOVE:
	case IPC_CONNECTIONS:
	case IPC_DRAIN:
	case IPC_LOG_LEVEL:
	case IPC_TICKET_KEYS:
		/* these go the other way: whoever sends them is not our binary any more */
		log_role(r, LOG_LEVEL_ERROR, "stw.role-failed", "wrong message");
		role_kill(r);
		break;
	}
}

static void close_fds(struct ipc_message *m)
{
	for (size_t i = 0; i < m->fd_count; i++)
		close(m->fds[i]);
}

static void message_ready(void *ctx, int fd, unsigned events)
{
	struct role_process *r = ctx;

	if ((events & IO_WRITABLE) && r->behind)
		catch_up(r);
	/* take() may lead to the end of this role, and then r->fd is no longer fd */
	while (r->fd == fd) {
		switch (ipc_receive(fd, r->message)) {
		case IPC_OK:
			/* once stwd ends, nothing that a role has to say leads anywhere */
			if (!r->daemon->stopping)
				take(r, r->message);
			close_fds(r->message);
			continue;
		case IPC_AGAIN: return;
		case IPC_CLOSED:
		case IPC_BROKEN:
			/* nothing more to hear; a role that did this and lives is of no use */
			io_watch_free(r->watch);
			r->watch = NULL;
			if (!r->daemon->stopping)
				role_kill(r);
			return;
		}
	}
}
