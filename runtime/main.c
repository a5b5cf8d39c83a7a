/*
 * The main role of stwd: everything that needs authority, and nothing that talks to strangers.
 *
 * Main runs one thread with one event loop. It verifies images, binds sockets, reads secrets and
 * keys, owns the writable state and the control socket, and supervises two other processes of
 * the same binary: edge (the mail protocols) and web (health, metrics). They get an image, the
 * sockets and the secrets that they need, and nothing else: no environment, no files, no
 * capabilities. One socket pair per role carries the messages of runtime/ipc.h.
 *
 * What happens to an image:
 *
 *   watch.c, signals, control*.c      somebody wants a reload
 *   reload_file.c   look at the operator's file: what does it claim, was it refused before?
 *   generations.c   copy it, verify the copy: from here on the file may change as it likes
 *   prepare.c       settings, host name, secrets, certificates, log sinks, sockets: a generation
 *   reload.c        PREPARE to the roles, COMMIT when both are READY, or nothing at all
 *   supervise.c     processes and messages; a role that dies comes back on what serves
 *   start.c         the same at start-up, and what to try when the file is no good
 *   confirm.c       taking back an apply that nobody confirmed
 *
 * Invariants:
 *
 * - At most one reload is under way. reload.phase says how far it is: in RELOAD_PREPARE there is
 *   reload.next and nothing that serves has changed; in RELOAD_COMMIT daemon.active is the new
 *   generation and reload.retiring the old one, kept until every role has left it.
 * - daemon.active is NULL only before the first commit. A listening socket is open as long as a
 *   generation that is active, next or retiring names it, and no longer.
 * - The hot path, from a rename to the last COMMITTED, does not wait for a disk: the copy is
 *   synced by a thread after the commit. What a power cut can cost then is a fallback, because
 *   every copy is verified again before it is used.
 * - Digests decide, never times: the poll and inotify only say when to look.
 * - A role's answer counts only for the generation it was asked about last (role.answering), so
 *   a late READY of something aborted changes nothing.
 * - Secrets live in buffers that are wiped, go to roles in sealed memfds, and are in no message,
 *   log line or status.
 */
#include "runtime/main.h"

#include "runtime/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOUSEKEEPING_MS 1000
#define TICKET_ROTATION_MS ((uint64_t)12 * 3600 * 1000)
#define STOP_MS 5000
/* What a start waits, all told, for addresses that are in use. */
#define START_PATIENCE_MS 1000

int64_t now_seconds(void)
{
	return (int64_t)time(NULL);
}

uint64_t now_micros(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- what others are told ---- */

void daemon_complain(struct daemon *d, const char *text)
{
	/* nobody looks at the log yet: what it would say goes to the same place */
	if (d->complaint_fd >= 0)
		(void)dprintf(d->complaint_fd, "stwd: %s\n", text);
	else
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "server.startup-error",
			  LOG_T("details", str_c(text)));
}

void daemon_note(struct daemon *d, const char *text)
{
	if (d->complaint_fd >= 0)
		(void)dprintf(d->complaint_fd, "stwd: note: %s\n", text);
}

void daemon_degrade(struct daemon *d, const char *why)
{
	(void)snprintf(d->degraded, sizeof(d->degraded), "%s", why ? why : "");
	one_line(d->degraded);
	atomic_store(&d->shared->state.degraded, why ? 1 : 0);
}

static void release_parent(struct daemon *d, int status)
{
	unsigned char byte = (unsigned char)status;

	if (d->ready_fd < 0)
		return;
	/* the parent that is gone has no use for it */
	(void)!write(d->ready_fd, &byte, 1);
	close(d->ready_fd);
	d->ready_fd = -1;
	if (d->complaint_fd >= 0)
		close(d->complaint_fd);
	d->complaint_fd = -1;
}

void daemon_ready(struct daemon *d)
{
	char status[300];

	if (!d->active || d->start_up.running || d->stopping)
		return;
	(void)snprintf(status, sizeof(status), "generation %llu, %zu sockets%s%.150s",
		       (unsigned long long)d->active->number, d->active->socket_count,
		       d->degraded[0] ? "; degraded: " : "", d->degraded);
	notify_ready(status);
	release_parent(d, STWD_OK);
}

/* ---- timers and signals ---- */

/* A disk that goes on refusing is in the log once, and in status all the time. */
static void flush_state(struct daemon *d)
{
	bool told = state_trouble(d->state)[0] != '\0';

	if (!state_flush(d->state) && !told)
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", str_c(state_trouble(d->state))));
}

static void keep_house(void *ctx)
{
	struct daemon *d = ctx;
	char why[400];

	live_expire(d);
	flush_state(d);
	if (store_trouble(&d->store, why, sizeof(why))) {
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error", LOG_T("details", str_c(why)));
		notes_add(&d->warnings, "%s", why);
	}
	roles_check(d);
	(void)!io_timer_start(d->housekeeping, HOUSEKEEPING_MS);
}

static void rotate_tickets(void *ctx)
{
	struct daemon *d = ctx;

	/* without fresh randomness the keys in use stay */
	if (ticket_keys_rotate(d))
		ticket_keys_tell(d);
	(void)!io_timer_start(d->ticket_timer, TICKET_ROTATION_MS);
}

static void pat_watchdog(void *ctx)
{
	struct daemon *d = ctx;

	notify_watchdog();
	(void)!io_timer_start(d->watchdog, notify_watchdog_ms() / 2);
}

static void stop_by_force(void *ctx)
{
	struct daemon *d = ctx;

	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		role_kill(&d->roles[role]);
}

void daemon_stop(struct daemon *d, int status)
{
	if (d->stopping)
		return;
	d->stopping = true;
	d->status = status;
	notify_stopping();
	LOG_EVENT(d->log, LOG_LEVEL_INFO, "server.shutdown", LOG_N("status", (uint64_t)status));
	roles_dismiss(d);
	if (roles_all_gone(d))
		io_loop_stop(d->loop);
	else if (!io_timer_start(d->stop_timer, STOP_MS))
		stop_by_force(d);
}

void daemon_drain(struct daemon *d)
{
	d->draining = true;
	LOG_EVENT(d->log, LOG_LEVEL_INFO, "network.listen-stop", LOG_T("reason", STR("drain")));
	roles_tell(d, IPC_DRAIN, NULL, 0);
	/* as long as main holds them, the kernel would go on accepting for nobody */
	generation_close_sockets(d, d->active);
	atomic_store(&d->shared->state.ready, 0);
}

static void take_signal(void *ctx, int number)
{
	struct reload_request request = {.cause = CAUSE_SIGNAL, .reason = "SIGHUP"};
	struct daemon *d = ctx;
	struct reload_result result;

	if (number == SIGCHLD)
		roles_reap(d);
	else if (number == SIGHUP)
		(void)reload_file(d, &request, &result);
	else
		daemon_stop(d, STWD_OK);
}

static void file_seen(void *ctx, enum watch_sight sight)
{
	struct daemon *d = ctx;

	if (d->active && !d->stopping)
		reload_look(d, sight);
}

/* ---- building up ---- */

static bool open_shared(struct daemon *d)
{
	d->shared_fd = memfd_create("stw-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (d->shared_fd < 0 || ftruncate(d->shared_fd, (off_t)sizeof(struct shared_page)) != 0 ||
	    fcntl(d->shared_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
		return false;
	d->shared =
		mmap(NULL, sizeof(*d->shared), PROT_READ | PROT_WRITE, MAP_SHARED, d->shared_fd, 0);
	if (d->shared == MAP_FAILED)
		d->shared = NULL;
	if (!d->shared)
		return false;
	atomic_store(&d->shared->slot[ROLE_MAIN].pid, (uint64_t)getpid());
	return true;
}

static bool open_signals(struct daemon *d)
{
	static const int numbers[ARRAY_LEN(d->signals)] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

	(void)signal(SIGPIPE, SIG_IGN);
	/* a write beyond the limit of file sizes is an error like a full disk */
	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		d->signals[i] = io_signal_new(d->loop, numbers[i], take_signal, d);
		if (!d->signals[i])
			return false;
	}
	return true;
}

static bool open_timers(struct daemon *d)
{
	d->housekeeping = io_timer_new(d->loop, keep_house, d);
	d->ticket_timer = io_timer_new(d->loop, rotate_tickets, d);
	d->stop_timer = io_timer_new(d->loop, stop_by_force, d);
	d->watchdog = io_timer_new(d->loop, pat_watchdog, d);
	if (!d->housekeeping || !d->ticket_timer || !d->stop_timer || !d->watchdog)
		return false;
	if (notify_watchdog_ms() && !io_timer_start(d->watchdog, notify_watchdog_ms() / 2))
		return false;
	return io_timer_start(d->housekeeping, HOUSEKEEPING_MS) &&
	       io_timer_start(d->ticket_timer, TICKET_ROTATION_MS);
}

static bool open_store(struct daemon *d)
{
	enum store_status status = d->options.check ? store_look(&d->store, d->options.state)
						    : store_open(&d->store, d->options.state);
	char text[700];

	switch (status) {
	case STORE_OK: return true;
	case STORE_LOCKED:
		if (d->options.check)
			return true; /* check_run sees to it */
		(void)snprintf(text, sizeof(text), "another stwd runs with the state directory %s",
			       d->options.state);
		daemon_complain(d, text);
		return false;
	case STORE_NO_MEMORY: daemon_complain(d, "out of memory"); return false;
	}
	return false;
}

static bool open_state(struct daemon *d)
{
	/* a check changes nothing, and what it judges does not depend on bans */
	bool kept = d->store.dir_fd >= 0 && !d->options.check;

	d->state = state_open(kept ? d->options.state : NULL, &d->key, now_seconds());
	if (!d->state)
		return false;
	if (state_damage(d->state)[0]) {
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", str_c(state_damage(d->state))));
		notes_add(&d->warnings, "%s", state_damage(d->state));
	}
	live_count(d);
	return true;
}

static bool open_core(struct daemon *d)
{
	d->loop = io_loop_new();
	if (!d->loop || !hash_key_random(&d->key) || !open_shared(d) || !open_signals(d) ||
	    !open_timers(d) || !roles_init(d) || !ticket_keys_rotate(d)) {
		daemon_complain(d, strerror(errno));
		return false;
	}
	return true;
}

static bool open_outside(struct daemon *d)
{
	char why[700];
	int first;
	size_t count = notify_listen_fds(&first);

	socket_pool_inherit(&d->sockets, first, count, &d->warnings);
	if (!open_store(d) || !open_state(d))
		return false;
	if (d->options.check)
		return true;
	if (!control_open(d, why, sizeof(why))) {
		daemon_complain(d, why);
		return false;
	}
	return true;
}

/* ---- taking down ---- */

static void close_timers(struct daemon *d)
{
	io_timer_free(d->housekeeping);
	io_timer_free(d->ticket_timer);
	io_timer_free(d->stop_timer);
	io_timer_free(d->watchdog);
	io_timer_free(d->reload.deadline);
	io_timer_free(d->confirm.timer);
	for (size_t i = 0; i < ARRAY_LEN(d->signals); i++)
		io_signal_free(d->signals[i]);
}

static void close_all(struct daemon *d)
{
	watch_free(d->watch);
	control_close(d);
	roles_free(d);
	generation_free(d, d->reload.next);
	generation_free(d, d->reload.retiring);
	generation_free(d, d->active);
	socket_pool_free(&d->sockets);
	if (d->state && !state_flush(d->state))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", str_c(state_trouble(d->state))));
	state_close(d->state);
	store_close(&d->store);
	close_timers(d);
	if (d->loop)
		io_loop_free(d->loop);
	if (d->shared)
		(void)munmap(d->shared, sizeof(*d->shared));
	if (d->shared_fd >= 0)
		close(d->shared_fd);
	explicit_bzero(d->ticket_keys, sizeof(d->ticket_keys));
	notes_clear(&d->warnings);
	log_free(d->log);
}

/* ---- running ---- */

static bool start_serving(struct daemon *d)
{
	LOG_EVENT(d->log, LOG_LEVEL_INFO, "server.startup", LOG_T("version", STR(PACKAGE_VERSION)));
	d->sockets.patience_ms = START_PATIENCE_MS;
	reload_start_up(d);
	if (d->stopping)
		return true;
	d->watch = watch_new(d->loop, d->options.image, file_seen, d);
	return d->watch != NULL;
}

static int serve(struct daemon *d)
{
	if (!open_core(d) || !open_outside(d))
		return STWD_REFUSED;
	if (d->options.check)
		return check_run(d);
	if (!start_serving(d)) {
		daemon_complain(d, "out of memory");
		daemon_stop(d, STWD_REFUSED);
	}
	/* a start that failed at once has already stopped the loop that does not run yet */
	if (d->stopping && roles_all_gone(d))
		return d->status;
	if (!io_loop_run(d->loop))
		d->status = STWD_REFUSED;
	return d->status;
}

static bool become_user(struct daemon *d)
{
	const char *user = getenv("RUN_AS_USER"), *group = getenv("RUN_AS_GROUP");
	struct identity who;
	char own[32], why[400];

	if ((!user || !*user) && (!group || !*group))
		return true;
	if (!user || !*user) {
		(void)snprintf(own, sizeof(own), "%u", (unsigned)getuid());
		user = own;
	}
	if (identity_find(user, group, &who, why, sizeof(why)) &&
	    privileges_drop_to(&who, why, sizeof(why)))
		return true;
	daemon_complain(d, why);
	return false;
}

static int run(const struct daemon_options *options, int ready_fd, int complaint_fd)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int status = STWD_REFUSED;

	if (!d)
		return status;
	d->options = *options;
	d->ready_fd = ready_fd;
	d->complaint_fd = complaint_fd;
	d->shared_fd = -1;
	d->log_level = -1;
	d->store.dir_fd = d->store.images_fd = d->store.lock_fd = -1;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		d->roles[role].fd = d->roles[role].pid = -1;
	d->started = now_seconds();
	socket_pool_init(&d->sockets);
	d->log = log_new("main");
	if (d->log && become_user(d)) {
		privileges_raise_descriptors();
		if (!privileges_hide_memory())
			notes_add(&d->warnings, "core dumps cannot be forbidden: %s",
				  strerror(errno));
		status = serve(d);
	}
	release_parent(d, status);
	close_all(d);
	free(d);
	return status;
}

/* ---- into the background ---- */

/* The parent stays until the child serves, and ends with its status. */
static int await_child(pid_t child, int fd)
{
	unsigned char byte;
	int status;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		return byte;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return STWD_REFUSED;
}

static int run_detached(const struct daemon_options *options)
{
	int fds[2], null, complaints;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return STWD_REFUSED;
	child = fork();
	if (child != 0) {
		close(fds[1]);
		return child < 0 ? STWD_REFUSED : await_child(child, fds[0]);
	}
	close(fds[0]);
	(void)setsid();
	complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	return run(options, fds[1], complaints);
}

int main_run(const struct daemon_options *options)
{
	if (options->foreground || options->check)
		return run(options, -1, fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
	return run_detached(options);
}
