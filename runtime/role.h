/*
 * A role process: edge or web. It is the stwd binary again, started by main with a cleared
 * environment, knowing three descriptors: the socket to main, the shared page, and nothing else.
 */
#ifndef STW_RUNTIME_ROLE_H
#define STW_RUNTIME_ROLE_H

#include "runtime/shared.h"

#define ROLE_IPC_FD 3    /* main's socket pair */
#define ROLE_SHARED_FD 4 /* memfd with struct shared_page */

/* argv of a role: {"stwd", "--role", "edge", NULL}. Runs until main closes the socket or says so;
 * the process's exit status. main (runtime/stwd.c) calls it for --role. */
int role_run(enum role role);

#endif
