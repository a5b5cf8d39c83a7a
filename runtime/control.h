/*
 * The control socket: SOCK_SEQPACKET, mode 0660, one request per connection.
 *
 *   request   "stw1" NUL word NUL word NUL …, at most CONTROL_REQUEST_MAX bytes, at most one
 *             descriptor (the image of preview and apply)
 *   reply     packets, each with a letter first: 'O' text for standard output, 'E' text for
 *             standard error, 'X' the exit status of stwctl in decimal; X is the last one
 *
 * stwctl prints and exits as it is told, so that meaning is in one place: here.
 */
#ifndef STW_RUNTIME_CONTROL_H
#define STW_RUNTIME_CONTROL_H

#include "base/buf.h"

#define CONTROL_VERSION "stw1"
#define CONTROL_REQUEST_MAX 8192
#define CONTROL_WORDS_MAX 16
#define CONTROL_PACKET_MAX 32768

/* Exit statuses of stwctl (DESIGN.md section 5). */
enum control_exit {
	CONTROL_OK = 0,
	CONTROL_REFUSED = 1, /* status: degraded */
	CONTROL_CANNOT = 2,  /* could not ask; status: not running */
	CONTROL_PENDING = 3, /* active, but a restart is pending */
	CONTROL_TIMEOUT = 4
};

#endif
