/*
 * stwctl: asks stwd over its control socket and says what it says. What a command means is in
 * stwd (runtime/control*.c); here are its form, the image that goes along, and the waiting.
 */
#include "runtime/control.h"

#include "base/fs.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT 60
#define TIMEOUT_MAX 86400
#define DEFAULT_SOCKET "/run/stw/control.sock"

static const char help[] =
	"usage: stwctl [--control SOCKET] [--timeout SECS] COMMAND\n"
	"       stwctl --help | --version\n"
	"\n"
	"  status [--json]               what serves, since when, how well\n"
	"  ip ADDR                       the decision about an address, and which rule makes it\n"
	"  reload [--wait] [--force] [--reason TEXT]\n"
	"                                read the image again; --force tries a refused one\n"
	"  preview FILE                  what an image would change\n"
	"  apply FILE|- [--confirm SECS] put an image in place; without `confirm` it is taken "
	"back\n"
	"  confirm                       keep what was applied\n"
	"  revert [DIGEST]               back to a generation that served\n"
	"  allow ADDR DURATION           let an address in for a while (90s, 30m, 12h, 7d)\n"
	"  bans [list]                   bans and temporary allows\n"
	"  bans add ADDR [DURATION]      ban an address or network\n"
	"  bans remove ADDR              end a ban or an allow\n"
	"  connections                   open sessions\n"
	"  drain [--wait]                take no new connections\n"
	"  log LEVEL                     error, warn, info, debug, trace, or default\n"
	"\n"
	"Exit status: 0 active or unchanged, 1 refused and the old generation serves, 2 could not\n"
	"ask, 3 active but a restart is pending, 4 timed out; status: 0 healthy, 1 degraded, 2 "
	"not\n"
	"running.\n";

struct options {
	const char *control;
	uint64_t timeout; /* seconds */
};

/* A command's form: words after its name, and which of them is a file to pass. */
struct form {
	const char *name;
	int least, most; /* words after the name */
	bool file;       /* the first of them is an image */
};

static const struct form forms[] = {
	{"status", 0, 1, false},      {"ip", 1, 1, false},    {"reload", 0, 4, false},
	{"preview", 1, 1, true},      {"apply", 1, 3, true},  {"confirm", 0, 0, false},
	{"revert", 0, 1, false},      {"allow", 2, 2, false}, {"bans", 0, 3, false},
	{"connections", 0, 0, false}, {"drain", 0, 1, false}, {"log", 1, 1, false},
};

static int fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "stwctl: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return CONTROL_CANNOT;
}

static int usage(const char *problem)
{
	(void)fprintf(stderr, "stwctl: %s\nTry 'stwctl --help'.\n", problem);
	return CONTROL_CANNOT;
}

/* ---- the image that goes along ---- */

/* Standard input as a file that stwd can map and copy; -1: errno. */
static int spool_input(void)
{
	int fd = memfd_create("stwctl-image", MFD_CLOEXEC);
	char block[65536];
	ssize_t n = 0;

	while (fd >= 0 && (n = read(STDIN_FILENO, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !fs_write_all(fd, block, (size_t)n)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static int open_image(const char *path)
{
	return strcmp(path, "-") == 0 ? spool_input() : open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- asking ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path), fd;

	if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int code = errno;

		close(fd);
		errno = code;
		return -1;
	}
	return fd;
}

static bool send_request(int fd, const struct buf *request, int file)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec part = {request->p, request->n};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (file >= 0) {
		memset(&room, 0, sizeof(room));
		message.msg_control = room.bytes;
		message.msg_controllen = sizeof(room.bytes);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &file, sizeof(file));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: the time is over. */
static bool await_packet(int fd, int64_t end)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do {
		int64_t left = end - clock_ms();

		if (left <= 0)
			return false;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static int exit_status(const char *text, size_t n)
{
	uint64_t status;

	if (num_u64((struct str){text, n}, &status) != NUM_OK || status > CONTROL_TIMEOUT)
		return fail("stwd sent no exit status", NULL);
	return (int)status;
}

/* Prints what comes until the status does. */
static int print_reply(int fd, const struct options *options)
{
	int64_t end = clock_ms() + (int64_t)options->timeout * 1000;
	static char packet[CONTROL_PACKET_MAX + 1];

	for (;;) {
		ssize_t n;

		if (!await_packet(fd, end)) {
			(void)fail("stwd did not answer in time", NULL);
			return CONTROL_TIMEOUT;
		}
		n = recv(fd, packet, sizeof(packet), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail("stwd ended the connection", n < 0 ? strerror(errno) : NULL);
		if (packet[0] == 'X' && fflush(stdout) != 0)
			return fail("cannot write", strerror(errno));
		if (packet[0] == 'X')
			return exit_status(packet + 1, (size_t)n - 1);
		if (fwrite(packet + 1, 1, (size_t)n - 1, packet[0] == 'E' ? stderr : stdout) !=
		    (size_t)n - 1)
			return fail("cannot write", strerror(errno));
	}
}

static int ask(const struct options *options, const struct buf *request, int file)
{
	int fd = connect_to(options->control), status;

	if (fd < 0) {
		(void)fprintf(stderr, "stwctl: cannot reach stwd at %s: %s\n", options->control,
			      strerror(errno));
		return CONTROL_CANNOT;
	}
	if (send_request(fd, request, file))
		status = print_reply(fd, options);
	else
		status = fail("cannot send the request", strerror(errno));
	close(fd);
	return status;
}

static int run(const struct options *options, const struct form *form, char **words, int count)
{
	struct buf request = BUF_INIT;
	int file = -1, status;

	if (form->file) {
		file = open_image(words[1]);
		if (file < 0)
			return fail(words[1], strerror(errno));
	}
	buf_put(&request, CONTROL_VERSION, sizeof(CONTROL_VERSION));
	for (int i = 0; i < count; i++)
		if (!(form->file && i == 1))
			buf_put(&request, words[i], strlen(words[i]) + 1);
	if (request.failed || request.n > CONTROL_REQUEST_MAX)
		status = fail("the request is too long", NULL);
	else
		status = ask(options, &request, file);
	if (file >= 0)
		close(file);
	buf_free(&request);
	return status;
}

static const struct form *find_form(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"control", required_argument, NULL, 'c'},
					      {"timeout", required_argument, NULL, 't'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'v'},
					      {NULL, 0, NULL, 0}};
	struct options options = {DEFAULT_SOCKET, TIMEOUT_DEFAULT};
	const struct form *form;
	int code, words;

	/* options of a command are stwd's business: stop at the first word */
	while ((code = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (code) {
		case 'c': options.control = optarg; break;
		case 't':
			if (num_u64(str_c(optarg), &options.timeout) != NUM_OK ||
			    options.timeout > TIMEOUT_MAX)
				return usage("--timeout wants seconds");
			break;
		case 'h': return fputs(help, stdout) < 0 ? CONTROL_CANNOT : CONTROL_OK;
		case 'v': return puts("stwctl " PACKAGE_VERSION) < 0 ? CONTROL_CANNOT : CONTROL_OK;
		default: return usage("wrong usage");
		}
	}
	words = argc - optind;
	form = words ? find_form(argv[optind]) : NULL;
	if (!form)
		return usage(words ? "no such command" : "which command?");
	if (words - 1 < form->least || words - 1 > form->most)
		return usage("wrong number of words for this command");
	return run(&options, form, argv + optind, words);
}
