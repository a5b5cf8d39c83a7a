/* One connection of the control socket, for the files that answer commands. */
#ifndef STW_RUNTIME_CONTROL_PEER_H
#define STW_RUNTIME_CONTROL_PEER_H

#include "runtime/control.h"
#include "runtime/main.h"

enum peer_wait {
	WAIT_NOTHING,
	WAIT_RELOAD,
	WAIT_TURN, /* for the reload that runs, to ask again: see peer_take_turn */
	WAIT_SESSIONS,
	WAIT_DRAINED
};

struct peer {
	struct daemon *daemon;
	int fd;
	struct io_watch *watch;
	struct io_timer *idle;
	struct buf out, err; /* of the reply */
	size_t sent;         /* bytes of err, then out, that are gone */
	size_t sent_before;  /* … when idle was started */
	int status;          /* enum control_exit, once finished */
	bool finished;
	bool lost;   /* there was no memory for the reply; that is said in its place */
	bool served; /* its command runs just now: whoever runs it flushes, nobody else */
	enum peer_wait wait;
	uint64_t request; /* WAIT_SESSIONS: its number */
	unsigned due;     /* WAIT_SESSIONS: 1 << role for each that still has to answer */
	bool json;
	bool force; /* WAIT_TURN: of the request to make again */
	char reason[120];
	int file; /* the descriptor that came along; -1 */
	struct peer *next;
};

/* Ends the reply: what out and err hold is sent, then the status. */
void peer_finish(struct peer *peer, enum control_exit status);
/* The same with a sentence for standard error. */
void peer_fail(struct peer *peer, enum control_exit status, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* Says how a reload ended, and finishes with the status that belongs to it. */
void peer_finish_reload(struct peer *peer, const struct reload_result *result);
/* Makes the request of a peer that waited its turn, now that no reload runs. */
void peer_take_turn(struct peer *peer);

/* Commands: words[0] is the name. Each finishes its peer, or leaves it waiting. */
void command_status(struct peer *peer, char **words, size_t count);
void command_ip(struct peer *peer, char **words, size_t count);
void command_reload(struct peer *peer, char **words, size_t count);
void command_preview(struct peer *peer, char **words, size_t count);
void command_apply(struct peer *peer, char **words, size_t count);
void command_confirm(struct peer *peer, char **words, size_t count);
void command_revert(struct peer *peer, char **words, size_t count);
void command_allow(struct peer *peer, char **words, size_t count);
void command_bans(struct peer *peer, char **words, size_t count);
void command_connections(struct peer *peer, char **words, size_t count);
void command_drain(struct peer *peer, char **words, size_t count);
void command_log(struct peer *peer, char **words, size_t count);

/* A number for IPC_CONNECTIONS. */
uint64_t control_next_request(struct daemon *daemon);
/* "2026-11-20 23:13:56 UTC" */
void format_time(int64_t seconds, char out[32]);

#endif
