/*
 * What a command reads from whoever called it, a line at a time: a person at a terminal, or a
 * script through a pipe. Signals that end a program are held back meanwhile, so that what was
 * begun (a terminal without echo, files half written) is put right before they have their way.
 */
#ifndef STW_STWC_CMD_TERMINAL_H
#define STW_STWC_CMD_TERMINAL_H

#include <signal.h>

#include "base/attr.h"
#include "base/buf.h"

struct terminal {
	int signals;  /* becomes readable when one of those held back has come; -1: none is held */
	sigset_t old; /* the mask to go back to */
};

enum terminal_line {
	TERMINAL_LINE,        /* one was read; the end of the input ends a last one, too */
	TERMINAL_END,         /* there is none left */
	TERMINAL_INTERRUPTED, /* a signal wants the program to end */
	TERMINAL_TOO_LONG,
	TERMINAL_FAILED /* errno says why */
};

/* Holds SIGINT, SIGTERM, SIGHUP and SIGQUIT back. False: errno says why; nothing is held. */
bool terminal_hold(struct terminal *t) WARN_UNUSED;
/* True once one of them has come. */
bool terminal_interrupted(const struct terminal *t);
/* Lets them have their way: where one has come, this does not return, unless it is ignored. Does
 * nothing where terminal_hold failed, or a second time. */
void terminal_release(struct terminal *t);

/* Reads a line of standard input, of `limit` bytes at most, without its end, behind what is in
 * `out`. Not a byte beyond its end is taken. */
enum terminal_line terminal_read(const struct terminal *t, size_t limit, struct buf *out);
/* The same from a terminal that shows nothing of it. */
enum terminal_line terminal_read_hidden(const struct terminal *t, size_t limit, struct buf *out);

#endif
