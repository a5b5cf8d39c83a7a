#include "runtime/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/role_control.h"
#include "runtime/seccomp.h"

/* ---- the process ---- */

static void ignore_signals(void)
{
	static const int numbers[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	size_t i;

	/* main is told to stop, and it tells the roles by closing the socket */
	for (i = 0; i < ARRAY_LEN(numbers); i++)
		(void)signal(numbers[i], SIG_IGN); /* fails for unknown numbers only */
}

/* There are keys in memory: no core file, no ptrace, no new privileges. */
static bool harden(void)
{
	const struct rlimit none = {0, 0};

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static struct shared_page *map_shared(void)
{
	struct stat st;
	void *p;

	if (fstat(ROLE_SHARED_FD, &st) != 0 || (size_t)st.st_size < sizeof(struct shared_page))
		return NULL;
	p = mmap(NULL, sizeof(struct shared_page), PROT_READ | PROT_WRITE, MAP_SHARED,
		 ROLE_SHARED_FD, 0);
	return p == MAP_FAILED ? NULL : p;
}

static bool no_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool set_up(struct role_control *control, enum role role)
{
	struct server *server = &control->server;
	unsigned i;

	for (i = 0; i < PROTOCOL_COUNT; i++)
		server->idle[i] = proto_idle((enum protocol)i);
	server->role = role;
	server->shared = map_shared();
	if (!server->shared)
		return false;
	server->slot = &server->shared->slot[role];
	atomic_store(&server->slot->pid, (uint64_t)getpid());
	server->tickets = tls_tickets_new();
	server->control = io_loop_new();
	return server->tickets && server->control && tls_load() &&
	       acceptor_init(&server->acceptor, server) && role_control_open(control);
}

int role_run(enum role role)
{
	struct role_control *control = calloc(1, sizeof(*control));
	int status = EXIT_FAILURE;

	if (!control)
		return EXIT_FAILURE;
	control->fd = ROLE_IPC_FD;
	control->server.log = log_new(role_word(role));
	if (!control->server.log)
		goto out;
	ignore_signals();
	if (!harden() || !no_blocking(ROLE_IPC_FD) || !set_up(control, role)) {
		LOG_EVENT(control->server.log, LOG_LEVEL_ERROR, "server.startup-error",
			  LOG_T("reason", str_c(strerror(errno))));
		goto out;
	}
	if (!seccomp_enter(&control->warning))
		LOG_EVENT(control->server.log, LOG_LEVEL_WARN, "server.startup",
			  LOG_T("warning", str_c(control->warning)));
	else
		control->warning = NULL;
	if (io_loop_run(control->server.control))
		status = control->status;
out:
	role_control_close(control);
	free(control);
	return status;
}
