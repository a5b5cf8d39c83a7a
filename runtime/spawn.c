#include "runtime/spawn.h"

#include "runtime/privileges.h"
#include "runtime/role.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127
#define ROLE_FDS_END 5
#define IPC_BUFFER (1024 * 1024)

/* Moves a descriptor out of the way of the numbers that a role expects. */
static int above_role_fds(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, ROLE_FDS_END);
}

static bool place_fds(int ipc_fd, int shared_fd)
{
	int ipc = above_role_fds(ipc_fd), shared = above_role_fds(shared_fd);

	return ipc >= 0 && shared >= 0 && dup2(ipc, ROLE_IPC_FD) >= 0 &&
	       dup2(shared, ROLE_SHARED_FD) >= 0 &&
	       syscall(SYS_close_range, (unsigned)ROLE_FDS_END, ~0U, 0) == 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become_role(enum role role, int ipc_fd, int shared_fd, pid_t parent)
{
	char name[] = "stwd", option[] = "--role", word[16] = "";
	char *const argv[] = {name, option, word, NULL};
	char *const environment[] = {NULL};

	strncpy(word, role_word(role), sizeof(word) - 1);
	reset_signals();
	if (place_fds(ipc_fd, shared_fd) && privileges_drop_all() &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent)
		(void)execve("/proc/self/exe", argv, environment);
	_exit(EXIT_NOT_STARTED);
}

bool spawn_role(enum role role, int shared_fd, pid_t *out_pid, int *out_ipc)
{
	int pair[2], size = IPC_BUFFER;
	pid_t parent = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	/* a smaller buffer only makes main wait a little more often */
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pid = fork();
	if (pid == 0)
		become_role(role, pair[1], shared_fd, parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	*out_pid = pid;
	*out_ipc = pair[0];
	return true;
}
