/* A role as a process: this binary again, with nothing but two descriptors. */
#ifndef STW_RUNTIME_SPAWN_H
#define STW_RUNTIME_SPAWN_H

#include "base/attr.h"
#include "runtime/shared.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Starts a role with a cleared environment, its end of a SOCK_SEQPACKET pair at ROLE_IPC_FD, the
 * page behind shared_fd at ROLE_SHARED_FD, standard streams as ours, and every other descriptor
 * closed; without capabilities, and killed when this process dies. out_ipc is our end (close on
 * exec, not blocking). False: errno.
 */
bool spawn_role(enum role role, int shared_fd, pid_t *out_pid, int *out_ipc) WARN_UNUSED;

#endif
