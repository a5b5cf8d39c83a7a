/* The control thread of a role: what main says, and what it is answered. */
#ifndef STW_RUNTIME_ROLE_CONTROL_H
#define STW_RUNTIME_ROLE_CONTROL_H

#include "runtime/edge.h"

/* Where the role is with the generation that main last spoke of. */
enum control_phase {
	CONTROL_IDLE,
	CONTROL_COLLECTING, /* PREPARE came, PREPARE_END has not */
	CONTROL_ARMING,     /* the acceptor opens the listeners */
	CONTROL_READY,      /* READY was sent */
	CONTROL_COMMITTING
};

struct role_control {
	struct server server; /* first: the callbacks of the server find the control by it */
	int fd;
	struct io_watch *watch;
	struct io_timer *drain;
	struct ipc_message *message; /* what is being read */
	enum control_phase phase;
	bool abort_due; /* ABORT came while arming; the next generation may come before its end */
	bool build_due; /* and all of it: it is built when the one before is gone */
	struct edge_input *input;
	const char *warning; /* about this process, for status; NULL: none */
	int status;          /* of the process */
};

bool role_control_open(struct role_control *control) WARN_UNUSED;
/* Stops every thread and frees what the control holds. */
void role_control_close(struct role_control *control);

#endif
