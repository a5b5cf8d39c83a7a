/* Running dot: the graph comes to it from a file without a name, so that neither side can wait for
 * the other; what it says on standard error is nobody's business. */
#include "stwc/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PICTURE_SECONDS 20
#define PICTURE_LIMIT ((size_t)64 * 1024 * 1024)

extern char **environ;

static bool spawn_dot(int from, int to, pid_t *out)
{
	char *const words[] = {(char[]){"dot"}, (char[]){"-Tsvg"}, NULL};
	posix_spawn_file_actions_t actions;
	bool ok;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	ok = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO) == 0 &&
	     posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO) == 0 &&
	     posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) ==
		     0 &&
	     posix_spawnp(out, "dot", &actions, NULL, words, environ) == 0;
	(void)posix_spawn_file_actions_destroy(&actions); /* it only gives memory back */
	return ok;
}

static int left_ms(const struct timespec *end)
{
	struct timespec now;
	int64_t left;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	left = (int64_t)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* All that comes until the other side closes. False: too much, or too late. */
static bool read_all(int fd, struct buf *out)
{
	struct timespec end;
	char part[16384];

	if (clock_gettime(CLOCK_MONOTONIC, &end) != 0)
		return false;
	end.tv_sec += PICTURE_SECONDS;
	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int left = left_ms(&end);
		ssize_t n;

		if (left == 0 || (poll(&ready, 1, left) < 0 && errno != EINTR))
			return false;
		if (!(ready.revents & (POLLIN | POLLHUP)))
			continue;
		n = read(fd, part, sizeof(part));
		if (n == 0)
			return !out->failed;
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			buf_put(out, part, (size_t)n);
		if (out->n > PICTURE_LIMIT)
			return false;
	}
}

static bool run_dot(int graph, struct buf *out)
{
	int ends[2], status = -1;
	bool ok = false;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	if (spawn_dot(graph, ends[1], &child)) {
		(void)close(ends[1]);
		ends[1] = -1;
		ok = read_all(ends[0], out);
		if (!ok)
			(void)kill(child, SIGKILL); /* it may have ended by itself */
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		ok = ok && status == 0;
	}
	if (ends[1] >= 0)
		(void)close(ends[1]);
	(void)close(ends[0]);
	return ok;
}

bool picture_draw(struct buf *out, struct str graph)
{
	/* nobody has said where programs are: none is looked for */
	FILE *file = getenv("PATH") ? tmpfile() : NULL;
	struct buf drawn = BUF_INIT;
	const char *begin;
	bool ok = file && fwrite(graph.p, 1, graph.n, file) == graph.n && fflush(file) == 0 &&
		  fseek(file, 0, SEEK_SET) == 0 && run_dot(fileno(file), &drawn);

	begin = ok && drawn.n ? memmem(drawn.p, drawn.n, "<svg", 4) : NULL;
	if (begin)
		buf_put(out, begin, drawn.n - (size_t)(begin - drawn.p));
	if (file)
		(void)fclose(file); /* nothing of it is kept */
	buf_free(&drawn);
	return begin && !out->failed;
}
