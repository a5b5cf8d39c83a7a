/*
 * Runs a command and writes what it used: one line of five numbers to FILE, which are elapsed
 * nanoseconds, microseconds of user and of system time, KiB at the peak, and the exit status.
 * A small program of its own, because a child inherits the peak of the process that forks it:
 * below a script it would be the interpreter's. After SECONDS of CPU time the command is killed,
 * and when bench_run is.
 *
 *     bench_run FILE SECONDS COMMAND [ARGUMENT]...
 */
#include "base/num.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t micros(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static bool report(const char *path, int64_t elapsed, const struct rusage *used, int status)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return false;
	fprintf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n", elapsed,
		micros(&used->ru_utime), micros(&used->ru_stime), used->ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) == 0;
}

static void run(uint64_t seconds, char **command)
{
	struct rlimit limit = {(rlim_t)seconds, (rlim_t)seconds};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && setrlimit(RLIMIT_CPU, &limit) == 0)
		execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	uint64_t seconds;
	int64_t begin;
	int status;
	pid_t pid;

	if (argc < 4 || num_u64(str_c(argv[2]), &seconds) != NUM_OK || seconds == 0) {
		fprintf(stderr, "usage: bench_run FILE SECONDS COMMAND [ARGUMENT]...\n");
		return 2;
	}
	begin = now();
	pid = fork();
	if (pid == 0)
		run(seconds, argv + 3);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
		perror("bench_run");
		return 2;
	}
	return report(argv[1], now() - begin, &used, status) ? 0 : 2;
}
