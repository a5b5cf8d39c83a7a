/*
 * stwctl: asks stwd over its control socket and says what it says. What a command means is in
 * stwd (runtime/control*.c); here are its form, the image that goes along, and the waiting.
 */
#include "runtime/control.h"
#include "runtime/zone_check.h"

#include "base/fs.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT 60
#define TIMEOUT_MAX 86400
#define SPOOL_MAX (UINT64_C(1) << 30) /* bytes of an image on standard input */
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
	"  apply [--confirm SECS] FILE|- put an image in place; without `confirm` it is taken "
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
	"  zone-check [--server ADDR[:PORT]] [--tcp] FILE\n"
	"                                does the DNS answer what `stwc zone` wrote as JSON\n"
	"\n"
	"Exit status: 0 active or unchanged, 1 refused and the old generation serves, 2 could not\n"
	"ask, 3 active but a restart is pending, 4 timed out; status: 0 healthy, 1 degraded, 2 "
	"not\n"
	"running; zone-check: 0 the same, 1 different, 2 could not ask.\n";

struct options {
	const char *control;
	uint64_t timeout; /* seconds */
};

#define OPTIONS_MAX 3
#define WORDS_MAX CONTROL_WORDS_MAX

struct word_option {
	const char *name;  /* NULL: there is none */
	const char *value; /* what follows it; NULL: nothing */
};

/* A command's form: its operands, which of them is a file to pass, and its options, which may
 * stand before and after them. */
struct form {
	const char *name, *operands;
	int least, most; /* operands */
	bool file;       /* the first of them is an image */
	struct word_option options[OPTIONS_MAX];
};

static const struct form forms[] = {
	{"status", "", 0, 0, false, {{"--json", NULL}}},
	{"ip", " ADDR", 1, 1, false, {{NULL, NULL}}},
	{"reload", "", 0, 0, false, {{"--wait", NULL}, {"--force", NULL}, {"--reason", "TEXT"}}},
	{"preview", " FILE|-", 1, 1, true, {{NULL, NULL}}},
	{"apply", " FILE|-", 1, 1, true, {{"--confirm", "SECS"}}},
	{"confirm", "", 0, 0, false, {{NULL, NULL}}},
	{"revert", " [DIGEST]", 0, 1, false, {{NULL, NULL}}},
	{"allow", " ADDR DURATION", 2, 2, false, {{NULL, NULL}}},
	{"bans", " [list | add ADDR [DURATION] | remove ADDR]", 0, 3, false, {{NULL, NULL}}},
	{"connections", "", 0, 0, false, {{NULL, NULL}}},
	{"drain", "", 0, 0, false, {{"--wait", NULL}}},
	{"log", " LEVEL", 1, 1, false, {{NULL, NULL}}},
	{"zone-check", " FILE", 1, 1, false, {{"--server", "ADDR[:PORT]"}, {"--tcp", NULL}}},
};

/* The words of a command, taken apart. */
struct request {
	const struct form *form;
	const char *operands[WORDS_MAX], *options[WORDS_MAX];
	int operand_count, option_count;
	bool help;
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

/* ---- the words of a command ---- */

static void print_form(FILE *to, const struct form *form)
{
	(void)fprintf(to, "usage: stwctl [--control SOCKET] [--timeout SECS] %s", form->name);
	for (size_t i = 0; i < OPTIONS_MAX && form->options[i].name; i++)
		(void)fprintf(to, " [%s%s%s]", form->options[i].name,
			      form->options[i].value ? " " : "",
			      form->options[i].value ? form->options[i].value : "");
	(void)fprintf(to, "%s\n", form->operands);
}

static bool wrong(const struct form *form, const char *problem, const char *word)
{
	(void)fprintf(stderr, "stwctl: %s: %s%s%s%s\n", form->name, problem, word ? " '" : "",
		      word ? word : "", word ? "'" : "");
	print_form(stderr, form);
	return false;
}

static const struct word_option *find_option(const struct form *form, const char *word)
{
	for (size_t i = 0; i < OPTIONS_MAX && form->options[i].name; i++)
		if (strcmp(form->options[i].name, word) == 0)
			return &form->options[i];
	return NULL;
}

/* Takes the option at words[*at], and its value after it. */
static bool take_option(struct request *r, char **words, int count, int *at)
{
	const struct word_option *option = find_option(r->form, words[*at]);

	if (strcmp(words[*at], "--help") == 0) {
		r->help = true;
		return true;
	}
	if (!option)
		return wrong(r->form, "there is no option", words[*at]);
	r->options[r->option_count++] = option->name;
	if (!option->value)
		return true;
	if (++*at == count)
		return wrong(r->form, "a value is missing after", option->name);
	r->options[r->option_count++] = words[*at];
	return true;
}

/* Options stand anywhere; `--` ends them, and `-` alone is none. False: it was said what is wrong.
 */
static bool take_words(const struct form *form, char **words, int count, struct request *out)
{
	struct request r = {.form = form};
	bool all = false;

	if (count > WORDS_MAX - 1)
		return wrong(form, "too many words", NULL);
	for (int i = 1; i < count; i++) {
		if (!all && strcmp(words[i], "--") == 0)
			all = true;
		else if (all || words[i][0] != '-' || words[i][1] == '\0')
			r.operands[r.operand_count++] = words[i];
		else if (!take_option(&r, words, count, &i))
			return false;
	}
	if (!r.help && r.operand_count > form->most)
		return wrong(form, "unexpected", r.operands[form->most]);
	if (!r.help && r.operand_count < form->least)
		return wrong(form, "something is missing", NULL);
	*out = r;
	return true;
}

/* ---- the image that goes along ---- */

/* Standard input as a file that stwd can map and copy; -1: errno. */
static int spool_input(void)
{
	int fd = memfd_create("stwctl-image", MFD_CLOEXEC);
	char block[65536];
	uint64_t total = 0;
	ssize_t n = 0;

	while (fd >= 0 && (n = read(STDIN_FILENO, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		/* memory has an end, and nothing that is longer is an image */
		total += n > 0 ? (uint64_t)n : 0;
		if (total > SPOOL_MAX)
			errno = EFBIG;
		if (n < 0 || total > SPOOL_MAX || !fs_write_all(fd, block, (size_t)n)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

/* A pipe nobody writes to must not keep us waiting; what a file is, stwd looks at. */
static int open_image(const char *path)
{
	return strcmp(path, "-") == 0 ? spool_input()
				      : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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

/* The first piece of what is said on standard error gets our name. */
static bool print_piece(const char *packet, size_t n, bool *complained)
{
	FILE *to = packet[0] == 'E' ? stderr : stdout;

	if (packet[0] == 'E' && !*complained)
		(void)fputs("stwctl: ", stderr);
	*complained = *complained || packet[0] == 'E';
	return fwrite(packet + 1, 1, n - 1, to) == n - 1;
}

/* Prints what comes until the status does. */
static int print_reply(int fd, const struct options *options)
{
	int64_t end = clock_ms() + (int64_t)options->timeout * 1000;
	static char packet[CONTROL_PACKET_MAX + 1];
	bool complained = false;

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
		if (!print_piece(packet, (size_t)n, &complained))
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

static void put_word(struct buf *out, const char *word)
{
	buf_put(out, word, strlen(word) + 1);
}

static int run(const struct options *options, const struct request *r)
{
	struct buf request = BUF_INIT;
	int file = -1, status;

	if (r->form->file) {
		file = open_image(r->operands[0]);
		if (file < 0)
			return fail(r->operands[0], strerror(errno));
	}
	put_word(&request, CONTROL_VERSION);
	put_word(&request, r->form->name);
	for (int i = r->form->file; i < r->operand_count; i++)
		put_word(&request, r->operands[i]);
	for (int i = 0; i < r->option_count; i++)
		put_word(&request, r->options[i]);
	if (request.failed || request.n > CONTROL_REQUEST_MAX)
		status = fail("the request is too long", NULL);
	else
		status = ask(options, &request, file);
	if (file >= 0)
		close(file);
	buf_free(&request);
	return status;
}

/* It asks the DNS, not stwd. */
static int run_zone_check(const struct options *options, const struct request *r)
{
	struct zone_said said = {BUF_INIT, BUF_INIT};
	const char *server = NULL;
	bool tcp = false;
	int status;

	for (int i = 0; i < r->option_count; i++) {
		if (strcmp(r->options[i], "--tcp") == 0)
			tcp = true;
		else
			server = r->options[++i];
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a name server may close its connection at any time */
	status = zone_check(r->operands[0], server, tcp, options->timeout, &said);
	if (said.out.failed || said.err.failed)
		status = fail("out of memory", NULL);
	if (said.err.n)
		(void)fwrite(said.err.p, 1, said.err.n, stderr);
	if ((said.out.n && fwrite(said.out.p, 1, said.out.n, stdout) != said.out.n) ||
	    fflush(stdout) != 0)
		status = fail("cannot write", strerror(errno));
	buf_free(&said.out);
	buf_free(&said.err);
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
	struct request request = {.form = NULL};
	int code;

	/* options of a command are told from its form: stop at the first word */
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
	form = optind < argc ? find_form(argv[optind]) : NULL;
	if (!form)
		return usage(optind < argc ? "no such command" : "which command?");
	if (!take_words(form, argv + optind, argc - optind, &request))
		return CONTROL_CANNOT;
	if (!request.help)
		return strcmp(form->name, "zone-check") == 0 ? run_zone_check(&options, &request)
							     : run(&options, &request);
	print_form(stdout, form);
	return fflush(stdout) == 0 ? CONTROL_OK : CONTROL_CANNOT;
}
