/*
 * The state of the main role, shared by main.c, reload*.c, supervise.c and control*.c. runtime/
 * main.c opens with how they work together. Everything here belongs to main's one thread.
 */
#ifndef STW_RUNTIME_MAIN_H
#define STW_RUNTIME_MAIN_H

#include "runtime/generations.h"
#include "runtime/hostname.h"
#include "runtime/io.h"
#include "runtime/ipc.h"
#include "runtime/log.h"
#include "runtime/notes.h"
#include "runtime/notify.h"
#include "runtime/settings.h"
#include "runtime/shared.h"
#include "runtime/state.h"
#include "runtime/tls.h"
#include "runtime/tracer.h"
#include "runtime/watch.h"

#include <sys/types.h>

/* Exit statuses of stwd. */
enum stwd_exit {
	STWD_OK = 0,
	STWD_REFUSED = 1, /* an image is there, but nothing can be served */
	STWD_USAGE = 2    /* wrong command line, or no image */
};

struct daemon_options {
	const char *image, *state, *control, *secrets, *health;
	bool foreground, check, strict;
};

/* One listening socket of a generation, and who serves it. */
struct generation_socket {
	struct socket_entry *entry;
	const struct listener_setting *listener; /* NULL: --health */
	uint32_t bind;
	enum role role;
};

/* What a listener's certificates look like, for status. */
struct certificate_info {
	struct str identity; /* of the Certificate; "self-signed" for our own */
	char *names;         /* "mail.example.org, *.example.org"; owned */
	int64_t not_after;   /* seconds since the epoch */
};

/* An image with everything that main has made for it. */
struct generation {
	uint64_t number;
	struct image_copy copy;
	const struct stw_manifest *manifest;
	struct settings settings;
	char hostname[HOSTNAME_SIZE];
	uint32_t threads;
	struct generation_socket *sockets;
	size_t socket_count;
	struct buf secrets[ROLE_COUNT]; /* in the memfd's form, secret; wiped at the end */
	struct digest secrets_digest;   /* of all of them but the ticket keys */
	struct certificate_info *certificates;
	size_t certificate_count;
	bool self_signed;
	struct log_sinks *sinks; /* of main's own log, until the commit */
	struct notes new_logs;   /* files that only a look made; they go again with it */
	struct notes warnings;   /* true as long as this generation serves */
	struct notes pending;    /* what waits for a restart */
};

enum role_phase {
	ROLE_DOWN,      /* no process; the backoff timer runs, or nobody wants it */
	ROLE_PREPARING, /* was sent PREPARE and has not answered */
	ROLE_READY,     /* READY, not yet told to commit */
	ROLE_COMMITTING,
	ROLE_SERVING
};

struct role_process {
	struct daemon *daemon;
	enum role role;
	pid_t pid;
	int fd;
	struct io_watch *watch;
	struct io_timer *backoff;
	struct ipc_message *message; /* room to receive */
	enum role_phase phase;
	uint64_t serves;    /* generation it committed last; 0: none yet */
	uint64_t answering; /* generation of .phase */
	uint64_t restarts;
	unsigned deaths;               /* since the last commit, while it was young */
	uint64_t started_ms, asked_ms; /* io_clock_ms: of the process, of .phase */
	bool drained;
	bool behind; /* its socket is full: bans go to it as a snapshot, once it reads */
	struct io_timer *patience; /* of a role that is behind */
	struct notes warnings;     /* as it said since the last commit */
};

enum reload_cause {
	CAUSE_START,
	CAUSE_FILE,
	CAUSE_SIGNAL,
	CAUSE_CONTROL,
	CAUSE_APPLY,
	CAUSE_REVERT,
	CAUSE_UNCONFIRMED,
	CAUSE_CRASHES
};

enum reload_outcome { RELOAD_ACTIVE, RELOAD_UNCHANGED, RELOAD_REFUSED, RELOAD_BUSY };

struct reload_result {
	enum reload_outcome outcome;
	enum reload_cause cause;
	struct digest digest; /* of the file that was tried; zero where there was none */
	int64_t time;         /* seconds since the epoch; 0: there was no reload yet */
	uint64_t micros;      /* from request to the last COMMITTED */
	char reason[200];     /* of the request */
	char text[600];       /* one sentence */
};

enum reload_phase { RELOAD_IDLE, RELOAD_PREPARE, RELOAD_COMMIT };

struct reload {
	enum reload_phase phase;
	enum reload_cause cause;
	char reason[200];
	struct generation *next;     /* RELOAD_PREPARE */
	struct generation *retiring; /* RELOAD_COMMIT: served until now */
	struct digest digest;
	struct digest revert_from; /* CAUSE_REVERT, _UNCONFIRMED, _CRASHES: refused at the end */
	bool reverts;
	uint64_t started_us;
	struct io_timer *deadline;
	/* requests of file and signal that came meanwhile */
	bool again, again_signal;
	bool confirm; /* CAUSE_APPLY: it is taken back unless confirmed */
};

/* Start-up: the image, then the good generations, newest first. */
struct start_up {
	bool running;
	size_t tried; /* candidates so far */
	bool missing; /* there is no image file */
	char first_failure[600];
};

/* Longer than a week nobody waits for a confirmation. */
#define CONFIRM_MAX_SECONDS 604800

/* An apply that waits for `confirm`. */
struct confirmation {
	bool pending;
	struct digest next, before;
	uint64_t seconds; /* of the promise */
	int64_t until;    /* seconds since the epoch */
	struct io_timer *timer;
};

struct control;

struct daemon {
	struct daemon_options options;
	struct io_loop *loop;
	struct log *log;
	struct hash_key key;
	struct generation_store store;
	struct socket_pool sockets;
	struct state *state;
	struct control *control;
	struct watch *watch;
	int shared_fd;
	struct shared_page *shared;
	struct role_process roles[ROLE_COUNT]; /* [ROLE_MAIN] is not used */
	struct generation *active;             /* NULL until the first commit */
	uint64_t last_number;
	struct reload reload;
	struct start_up start_up;
	struct reload_result last;
	struct confirmation confirm;
	struct digest seen;     /* what the file on disk claimed to be, see reload_look */
	struct digest broken;   /* a claim of it that proved wrong; zero: none */
	struct digest polled;   /* the same at the last poll */
	struct digest verified; /* the last image that passed verification */
	bool verified_valid;
	uint8_t ticket_keys[TLS_TICKET_KEYS_MAX * TLS_TICKET_KEY_SIZE]; /* newest first */
	size_t ticket_key_count;
	struct io_timer *ticket_timer, *housekeeping, *watchdog, *stop_timer;
	struct io_signal *signals[4];
	uint32_t threads;      /* of the roles that run; a change waits for a restart */
	struct notes warnings; /* of the process, not of a generation */
	char degraded[600];    /* why; empty: healthy */
	int64_t started;
	uint64_t commit_ms; /* of the last commit, io_clock_ms */
	bool draining, stopping;
	bool skip_sockets; /* generation_new looks, but binds nothing: --check, preview */
	int log_level;     /* enum log_level, or -1: as configured */
	int ready_fd;      /* of the process that waits for us to be ready; -1 */
	int complaint_fd;  /* standard error of whoever started us; -1 */
	int status;        /* exit status, when the loop ends */
};

/* ---- main.c ---- */

/* Runs stwd as options say; the exit status. */
int main_run(const struct daemon_options *options);
/* Ends the loop gracefully, with this exit status. */
void daemon_stop(struct daemon *daemon, int status);
/* No new connections from now on; sessions end when they are done. */
void daemon_drain(struct daemon *daemon);
int64_t now_seconds(void);
uint64_t now_micros(void);
/* Sets or clears (NULL) why the daemon is degraded. */
void daemon_degrade(struct daemon *daemon, const char *why);
/* A line on standard error and in the log: for what keeps stwd from starting. */
void daemon_complain(struct daemon *daemon, const char *text);
/* The same for what is worth knowing but stops nothing. */
void daemon_note(struct daemon *daemon, const char *text);
/* The service manager and the waiting parent learn that roles serve. */
void daemon_ready(struct daemon *daemon);

/* ---- prepare.c: an image becomes a generation ---- */

/* Makes settings, host name, secrets and sockets for a verified copy, which it takes over in any
 * case. NULL: error says what is missing; nothing is left open. */
struct generation *generation_new(struct daemon *daemon, struct image_copy *copy, char *error,
				  size_t error_size) WARN_UNUSED;
void generation_free(struct daemon *daemon, struct generation *generation);
void generation_close_sockets(struct daemon *daemon, struct generation *generation);
/* The secrets of a role in a sealed memfd, which the caller closes; -1: errno. */
int generation_secrets(const struct daemon *daemon, const struct generation *generation,
		       enum role role) WARN_UNUSED;
/* Lets go of a copy that will not serve, and of its file unless a generation is made of it. */
void generation_discard_copy(struct daemon *daemon, const struct digest *digest);
/* True when the generation (may be NULL) is that of this file digest. */
bool generation_is(const struct generation *generation, const struct digest *digest);
/* Sends PREPARE and all that belongs to it. False: errno. */
bool generation_send(const struct generation *generation, const struct role_process *role,
		     int secrets) WARN_UNUSED;
/* A new ticket key in front; called at start and by a timer. */
bool ticket_keys_rotate(struct daemon *daemon) WARN_UNUSED;
/* The keys, to the roles that speak TLS in what serves or is being prepared. */
void ticket_keys_tell(struct daemon *daemon);

/* ---- reload.c ---- */

/* Starts with the image, or with a generation that served before. */
void reload_start_up(struct daemon *daemon);
/* The same for --check and a verified copy, which it takes over; nothing is committed. */
void start_up_check(struct daemon *daemon, struct image_copy *copy);
struct reload_request {
	enum reload_cause cause;
	bool force;
	const char *reason; /* or NULL */
	bool confirm;       /* CAUSE_APPLY: what confirm_promise wrote down holds */
};
/* Reads the image file and reloads when there is reason to. RELOAD_ACTIVE here means: under way;
 * control_reload_done is called at its end. Everything else is final; *out says it. */
enum reload_outcome reload_file(struct daemon *daemon, const struct reload_request *request,
				struct reload_result *out);
/* The same for a copy, which it takes over in any case. */
enum reload_outcome reload_copy(struct daemon *daemon, const struct reload_request *request,
				struct image_copy *copy, struct reload_result *out);
/* Goes back to a generation that served; the active one is refused from now on. */
enum reload_outcome reload_revert(struct daemon *daemon, const struct reload_request *request,
				  const struct digest *to, struct reload_result *out);
/* Opens the operator's file. -1: why says what is wrong; *missing: there is none. */
int operator_file_open(const struct daemon *daemon, bool *missing, char *why,
		       size_t why_size) WARN_UNUSED;
/* The digest that the operator's file claims now; nothing is verified. False: it is no image. */
bool operator_file_claims(const struct daemon *daemon, struct digest *out) WARN_UNUSED;
/* Why a request of that cause cannot be taken now; NULL: it can. */
const char *reload_busy(const struct daemon *daemon, enum reload_cause cause);
/* What came from outside while no request could be taken has its turn now. */
void reload_run_again(struct daemon *daemon);
/* The file may have changed. */
void reload_look(struct daemon *daemon, enum watch_sight sight);
void reload_ready(struct daemon *daemon, struct role_process *role);
void reload_failed(struct daemon *daemon, const struct role_process *role, const char *why);
void reload_committed(struct daemon *daemon, struct role_process *role);
/* A role died while it prepared or committed. */
void reload_lost(struct daemon *daemon, struct role_process *role);
const char *reload_cause_word(enum reload_cause cause);
const char *reload_outcome_word(enum reload_outcome outcome);

/* ---- supervise.c ---- */

bool roles_init(struct daemon *daemon) WARN_UNUSED;
/* Starts a role that is down. False: errno. */
bool role_start(struct role_process *role) WARN_UNUSED;
/* Sends PREPARE of a generation; a role that does not take it is killed. False: main could not
 * make what is to be sent (errno), and the role knows nothing of it. */
bool role_prepare(struct role_process *role, const struct generation *generation) WARN_UNUSED;
void role_prepare_or_kill(struct role_process *role, const struct generation *generation);
void role_commit(struct role_process *role, uint64_t generation);
void role_kill(struct role_process *role);
void roles_reap(struct daemon *daemon);
/* Kills a role that was restarted and does not answer. */
void roles_check(struct daemon *daemon);
/* Sends a message to one role, or to every role that runs; one that does not take it is killed. */
void role_tell(struct role_process *role, enum ipc_type type, const void *payload, size_t n);
void roles_tell(struct daemon *daemon, enum ipc_type type, const void *payload, size_t n);
void roles_send_snapshot(struct daemon *daemon, struct role_process *role);
/* A change of bans and allows, to every role that runs. Never waits: changes come in bursts, and
 * strangers cause them. A role whose socket is full gets a snapshot as soon as it reads again, and
 * is killed when it does not. */
void roles_tell_live(struct daemon *daemon, enum ipc_type type, const struct live_entry *entry);
bool roles_all_gone(const struct daemon *daemon);
/* Closes the sockets to the roles, so that they end. */
void roles_dismiss(struct daemon *daemon);
void roles_free(struct daemon *daemon);

/* ---- confirm.c ---- */

/* Writes an image to the operator's file, as a whole. */
bool operator_file_write(struct daemon *daemon, int from, char *error,
			 size_t error_size) WARN_UNUSED;
/* Writes down, before anything is changed, that what serves now comes back unless `next` is
 * confirmed: this outlives stwd however it ends. False: error says why it cannot be promised. */
bool confirm_promise(struct daemon *daemon, const struct digest *next, uint64_t seconds,
		     char *error, size_t error_size) WARN_UNUSED;
/* What was promised serves: the time runs. */
void confirm_arm(struct daemon *daemon);
/* Takes up what was pending when stwd ended. */
void confirm_resume(struct daemon *daemon);
/* It is confirmed, or there is nothing to confirm any more. */
void confirm_clear(struct daemon *daemon);
/* An apply was refused: the operator's file is what serves again. */
void confirm_apply_refused(struct daemon *daemon);
/* A revert is committed: what an unconfirmed apply wrote is written back. */
void confirm_reverted(struct daemon *daemon);

/* ---- live.c ---- */

/* Adds or removes an entry here and in every role; both go to disk soon. */
bool live_put(struct daemon *daemon, const struct live_entry *entry) WARN_UNUSED;
bool live_remove(struct daemon *daemon, enum live_kind kind, const struct net_network *network);
void live_expire(struct daemon *daemon);
void live_count(struct daemon *daemon);

/* ---- control.c ---- */

bool control_open(struct daemon *daemon, char *error, size_t error_size) WARN_UNUSED;
void control_close(struct daemon *daemon);
void control_reload_done(struct daemon *daemon, const struct reload_result *result);
void control_sessions(struct daemon *daemon, enum role from, const struct ipc_message *message);
void control_role_gone(struct daemon *daemon, enum role role);
void control_drained(struct daemon *daemon);
/* What a start would find wrong with the place of the socket, without making it. */
bool control_check(const struct daemon *daemon, char *error, size_t error_size) WARN_UNUSED;

/* ---- check.c ---- */

/* --check: everything a start would look at; the exit status. */
int check_run(struct daemon *daemon);

#endif
