/* The system call filter of the roles: what it lets through, and what it does not. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/seccomp.h"

/* What a child of the test ends with: 0 as wanted, else the line of the check; 77 no filter. */
static int confined(int (*check)(void))
{
	const char *why;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(seccomp_enter(&why) ? check() : 77);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define WANT(condition)                            \
	do {                                       \
		if (!(condition))                  \
			return __LINE__ % 250 + 1; \
	} while (0)
#define REFUSED(call) WANT((call) == -1 && errno == ENOSYS)

static void *nothing(void *arg)
{
	return arg;
}

static int check_needed(void)
{
	pthread_t thread;
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit limit;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	WANT(p != MAP_FAILED && munmap(p, 1 << 20) == 0);
	WANT(pthread_create(&thread, NULL, nothing, &limit) == 0);
	WANT(pthread_join(thread, &p) == 0 && p == &limit);
	WANT(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	WANT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	WANT(raise(SIGURG) == 0); /* to itself, as abort does; ignored */
	return 0;
}

static int check_refused(void)
{
	char name[] = "/bin/true";
	char *const words[] = {name, NULL};
	char page[4096];

	REFUSED(execve(name, words, NULL));
	REFUSED(fork());
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0}));
	REFUSED(connect(0, NULL, 0));
	REFUSED(kill(getppid(), 0));
	REFUSED(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	REFUSED(unlink("/nowhere/at/all"));
	REFUSED(rename("/nowhere/at/all", "/nowhere/else"));
	WANT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	     MAP_FAILED);
	REFUSED(mprotect((void *)((uintptr_t)page & ~(uintptr_t)4095), 4096,
			 PROT_READ | PROT_WRITE | PROT_EXEC));
	return 0;
}

static void needed(void **state)
{
	(void)state;
	assert_int_equal(confined(check_needed), 0);
}

static void refused(void **state)
{
	(void)state;
	assert_int_equal(confined(check_refused), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needed),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
