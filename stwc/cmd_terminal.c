/* Lines from standard input, and signals that wait until everything is put right. */
#include "stwc/cmd_terminal.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Those that nobody ignores: under nohup SIGHUP means nothing here, too. */
static void ending_signals(sigset_t *set)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action;
	size_t i;

	(void)sigemptyset(set);
	for (i = 0; i < ARRAY_LEN(signals); i++) {
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			(void)sigaddset(set, signals[i]);
	}
}

bool terminal_hold(struct terminal *t)
{
	sigset_t ending;

	t->signals = -1;
	ending_signals(&ending);
	if (sigprocmask(SIG_BLOCK, &ending, &t->old) < 0)
		return false;
	t->signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals >= 0)
		return true;
	(void)sigprocmask(SIG_SETMASK, &t->old, NULL);
	return false;
}

/* The signal is looked at and left: it comes through when it is held no longer. */
bool terminal_interrupted(const struct terminal *t)
{
	struct pollfd fd = {.fd = t->signals, .events = POLLIN};

	return t->signals >= 0 && poll(&fd, 1, 0) > 0;
}

void terminal_release(struct terminal *t)
{
	if (t->signals < 0)
		return;
	(void)close(t->signals);
	t->signals = -1;
	(void)sigprocmask(SIG_SETMASK, &t->old, NULL);
}

/* Waits for a byte. False: *out says what came instead. */
static bool next_byte(const struct terminal *t, char *byte, enum terminal_line *out)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = t->signals, .events = POLLIN}};
	ssize_t n;

	while (poll(fds, ARRAY_LEN(fds), -1) < 0) {
		if (errno != EINTR) {
			*out = TERMINAL_FAILED;
			return false;
		}
	}
	if (fds[1].revents) {
		*out = TERMINAL_INTERRUPTED;
		return false;
	}
	n = read(STDIN_FILENO, byte, 1);
	*out = n < 0 ? TERMINAL_FAILED : TERMINAL_END;
	return n > 0;
}

enum terminal_line terminal_read(const struct terminal *t, size_t limit, struct buf *out)
{
	enum terminal_line got = TERMINAL_END;
	size_t start = out->n;
	char byte = 0;

	while (next_byte(t, &byte, &got)) {
		if (byte == '\n')
			return TERMINAL_LINE;
		if (out->n - start == limit)
			return TERMINAL_TOO_LONG;
		buf_putc(out, byte);
	}
	return got == TERMINAL_END && out->n > start ? TERMINAL_LINE : got;
}

enum terminal_line terminal_read_hidden(const struct terminal *t, size_t limit, struct buf *out)
{
	struct termios shown, hidden;
	enum terminal_line got;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return TERMINAL_FAILED;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	/* what was typed before the question was shown on the screen: it is no answer to it */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0)
		return TERMINAL_FAILED;
	got = terminal_read(t, limit, out);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) < 0)
		return TERMINAL_FAILED;
	return got;
}
