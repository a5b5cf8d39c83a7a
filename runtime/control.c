#include "runtime/control_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX 64
#define BACKLOG 16
#define SOCKET_MODE 0660
/* A peer that says nothing, or takes nothing of its reply, for this long makes room for another. */
#define IDLE_MS 5000

struct control {
	int fd;
	char *path;
	struct io_watch *watch;
	struct peer *peers;
	size_t peer_count;
	uint64_t last_request;
};

struct command {
	const char *name;
	void (*run)(struct peer *peer, char **words, size_t count);
};

static const struct command commands[] = {
	{"status", command_status}, {"ip", command_ip},
	{"reload", command_reload}, {"preview", command_preview},
	{"apply", command_apply},   {"confirm", command_confirm},
	{"revert", command_revert}, {"allow", command_allow},
	{"bans", command_bans},     {"connections", command_connections},
	{"drain", command_drain},   {"log", command_log},
};

void format_time(int64_t seconds, char out[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		(void)snprintf(out, 32, "%lld", (long long)seconds);
}

/* ---- a peer ---- */

static void peer_free(struct peer *p)
{
	struct control *c = p->daemon->control;

	for (struct peer **at = &c->peers; *at; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			c->peer_count--;
			break;
		}
	}
	io_watch_free(p->watch);
	io_timer_free(p->idle);
	close(p->fd);
	if (p->file >= 0)
		close(p->file);
	buf_free(&p->out);
	buf_free(&p->err);
	free(p);
}

/* Sends one packet: a letter and a piece of text. False: the peer is gone, or its buffer full. */
static bool send_packet(int fd, char letter, const char *p, size_t n)
{
	struct iovec parts[2] = {{&letter, 1}, {(void *)(uintptr_t)p, n}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent;

	do {
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* What is still to be sent of err and out: a piece of one of them. */
static struct str next_piece(const struct peer *p, char *letter)
{
	struct str complaint = p->lost ? STR("out of memory\n") : buf_str(&p->err);
	bool err = p->sent < complaint.n;
	struct str rest = err ? str_from(complaint, p->sent)
			      : str_from(buf_str(&p->out), p->sent - complaint.n);

	*letter = err ? 'E' : 'O';
	if (rest.n > CONTROL_PACKET_MAX)
		rest.n = CONTROL_PACKET_MAX;
	return rest;
}

/* Sends as much as goes; frees the peer at the end of it. */
static void peer_flush(struct peer *p)
{
	char status[8], letter;
	struct str piece;
	int n;

	while ((piece = next_piece(p, &letter)).n) {
		if (!send_packet(p->fd, letter, piece.p, piece.n))
			goto full;
		p->sent += piece.n;
	}
	n = snprintf(status, sizeof(status), "%d", p->status);
	if (!send_packet(p->fd, 'X', status, (size_t)n))
		goto full;
	peer_free(p);
	return;
full:
	if (errno != EAGAIN || !io_watch_set(p->watch, IO_WRITABLE))
		peer_free(p);
}

void peer_finish(struct peer *p, enum control_exit status)
{
	p->finished = true;
	p->wait = WAIT_NOTHING;
	p->status = (int)status;
	if (p->out.failed || p->err.failed) {
		buf_clear(&p->out);
		buf_clear(&p->err);
		p->lost = true;
		p->status = CONTROL_CANNOT;
	}
}

void peer_fail(struct peer *p, enum control_exit status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(&p->err, format, args);
	va_end(args);
	buf_putc(&p->err, '\n');
	peer_finish(p, status);
}

/* ---- requests ---- */

static void log_command(const struct peer *p, char **words, size_t count)
{
	struct buf line = BUF_INIT;
	struct ucred who = {0};
	socklen_t n = sizeof(who);

	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
		who = (struct ucred){0};
	for (size_t i = 0; i < count; i++)
		buf_printf(&line, "%s%s", i ? " " : "", words[i]);
	LOG_EVENT(p->daemon->log, LOG_LEVEL_DEBUG, "stw.control", LOG_N("uid", (uint64_t)who.uid),
		  LOG_N("pid", (uint64_t)who.pid), LOG_T("details", buf_str(&line)));
	buf_free(&line);
}

static void run_command(struct peer *p, char **words, size_t count)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, words[0]) == 0) {
			log_command(p, words, count);
			commands[i].run(p, words, count);
			return;
		}
	}
	peer_fail(p, CONTROL_CANNOT, "stwd does not know the command '%s'", words[0]);
}

/* Cuts a request into its words, in place. False: it does not follow the form. */
static bool cut_words(char *text, size_t n, char **words, size_t *count)
{
	size_t found = 0;

	if (n == 0 || text[n - 1] != '\0')
		return false;
	for (char *at = text; at < text + n; at += strlen(at) + 1) {
		if (found == CONTROL_WORDS_MAX + 1)
			return false;
		words[found++] = at;
	}
	*count = found;
	return found >= 2;
}

static void take_request(struct peer *p, char *text, size_t n)
{
	char *words[CONTROL_WORDS_MAX + 1];
	size_t count;

	if (!cut_words(text, n, words, &count) || strcmp(words[0], CONTROL_VERSION) != 0)
		peer_fail(p, CONTROL_CANNOT, "stwctl and stwd are of different releases");
	else
		run_command(p, words + 1, count - 1);
}

/* Keeps the first descriptor of a peer and closes the others: the room for one takes two, because
 * it is padded, and a peer may send more messages than it should. */
static void take_files(struct peer *p, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, (const char *)c + at, sizeof(fd));
			if (p->file < 0)
				p->file = fd;
			else
				close(fd);
		}
	}
}

static ssize_t receive(struct peer *p, char *text, size_t size)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec part = {text, size};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room.bytes,
				 .msg_controllen = sizeof(room.bytes)};
	ssize_t n = recvmsg(p->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n >= 0)
		take_files(p, &message);
	if (n >= 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

static void peer_event(void *ctx, int fd, unsigned events)
{
	struct peer *p = ctx;
	char text[CONTROL_REQUEST_MAX];
	ssize_t n;

	(void)fd;
	(void)events;
	if (p->finished) {
		peer_flush(p);
		return;
	}
	n = receive(p, text, sizeof(text));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* gone, or more than one request: a reload that runs goes on without a listener */
	if (n <= 0 || p->wait != WAIT_NOTHING) {
		peer_free(p);
		return;
	}
	p->served = true;
	take_request(p, text, (size_t)n);
	p->served = false;
	if (p->finished)
		peer_flush(p);
}

static void idle_over(void *ctx)
{
	struct peer *p = ctx;

	/* one that waits for something of ours may wait */
	if ((p->wait == WAIT_NOTHING && p->sent == p->sent_before) ||
	    !io_timer_start(p->idle, IDLE_MS)) {
		peer_free(p);
		return;
	}
	p->sent_before = p->sent;
}

static void accept_peer(struct daemon *d, int fd)
{
	struct control *c = d->control;
	struct peer *p = c->peer_count < PEERS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (!p) {
		close(fd);
		return;
	}
	*p = (struct peer){.daemon = d, .fd = fd, .file = -1, .next = c->peers};
	p->watch = io_watch_new(d->loop, fd, IO_READABLE, peer_event, p);
	p->idle = io_timer_new(d->loop, idle_over, p);
	c->peers = p;
	c->peer_count++;
	if (!p->watch || !p->idle || !io_timer_start(p->idle, IDLE_MS))
		peer_free(p);
}

static void control_event(void *ctx, int fd, unsigned events)
{
	struct daemon *d = ctx;
	int peer;

	(void)events;
	while ((peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		accept_peer(d, peer);
}

/* ---- the socket ---- */

/* True when nobody answers at a socket that is there. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static void make_parent(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = '\0';
		/* when it is not there afterwards, bind says so */
		(void)mkdir(dir, 0755);
	}
}

static bool parse_path(const struct daemon *d, struct sockaddr_un *out, char *error,
		       size_t error_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = strlen(d->options.control);

	if (n < sizeof(address.sun_path)) {
		memcpy(address.sun_path, d->options.control, n + 1);
		*out = address;
		return true;
	}
	(void)snprintf(error, error_size, "--control %s: the path is longer than %zu bytes",
		       d->options.control, sizeof(address.sun_path) - 1);
	return false;
}

static bool cannot_open(const struct daemon *d, int code, char *error, size_t error_size)
{
	(void)snprintf(error, error_size, "cannot open the control socket %s: %s",
		       d->options.control, strerror(code));
	return false;
}

/* May this process make a file there? A missing directory is made, when the one above allows. */
static int try_directory(const struct sockaddr_un *address)
{
	char dir[sizeof(address->sun_path)];
	int code = 0;

	(void)snprintf(dir, sizeof(dir), "%s", address->sun_path);
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(dir, '/');

		if (!slash)
			memcpy(dir, ".", 2);
		else
			slash[slash == dir] = '\0';
		code = faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
		if (code != ENOENT || !slash)
			break;
	}
	return code;
}

bool control_check(const struct daemon *d, char *error, size_t error_size)
{
	struct sockaddr_un address;
	struct stat st;
	int code;

	if (!parse_path(d, &address, error, error_size))
		return false;
	code = try_directory(&address);
	if (!code && lstat(address.sun_path, &st) == 0 &&
	    !(S_ISSOCK(st.st_mode) && is_stale(&address)))
		code = EADDRINUSE;
	return !code || cannot_open(d, code, error, error_size);
}

static bool bind_socket(int fd, const struct sockaddr_un *address)
{
	struct stat st;
	mode_t before;
	bool ok;

	if (lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && is_stale(address))
		(void)unlink(address->sun_path);
	before = umask(0777 & ~SOCKET_MODE);
	ok = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	umask(before);
	return ok && listen(fd, BACKLOG) == 0;
}

bool control_open(struct daemon *d, char *error, size_t error_size)
{
	struct sockaddr_un address;
	struct control *c;

	if (!parse_path(d, &address, error, error_size))
		return false;
	c = calloc(1, sizeof(*c));
	if (!c) {
		(void)snprintf(error, error_size, "out of memory");
		return false;
	}
	make_parent(address.sun_path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd >= 0 && bind_socket(c->fd, &address)) {
		c->path = strdup(address.sun_path);
		c->watch = io_watch_new(d->loop, c->fd, IO_READABLE, control_event, d);
		if (c->path && c->watch) {
			d->control = c;
			return true;
		}
	}
	(void)cannot_open(d, errno, error, error_size);
	d->control = c;
	control_close(d);
	return false;
}

void control_close(struct daemon *d)
{
	struct control *c = d->control;

	if (!c)
		return;
	while (c->peers)
		peer_free(c->peers);
	io_watch_free(c->watch);
	if (c->path)
		(void)unlink(c->path);
	free(c->path);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	d->control = NULL;
}

/* ---- those who wait ---- */

/* Calls fn for every peer that waits for something; fn may finish it. */
static void each_waiting(struct daemon *d, enum peer_wait wait,
			 void (*fn)(struct peer *p, const void *what), const void *what)
{
	struct peer *next;

	for (struct peer *p = d->control ? d->control->peers : NULL; p; p = next) {
		next = p->next;
		if (p->wait != wait)
			continue;
		fn(p, what);
		if (p->finished && !p->served)
			peer_flush(p);
	}
}

static void finish_reload(struct peer *p, const void *what)
{
	peer_finish_reload(p, what);
}

static struct peer *next_in_turn(const struct daemon *d)
{
	struct peer *p = d->control ? d->control->peers : NULL;

	while (p && p->wait != WAIT_TURN)
		p = p->next;
	return p;
}

/* A turn may end in another reload, or in this very function again: the list is read anew. */
static void give_turns(struct daemon *d)
{
	struct peer *p;

	while (d->reload.phase == RELOAD_IDLE && (p = next_in_turn(d)) != NULL) {
		p->served = true;
		peer_take_turn(p);
		p->served = false;
		if (p->finished)
			peer_flush(p);
	}
}

void control_reload_done(struct daemon *d, const struct reload_result *result)
{
	each_waiting(d, WAIT_RELOAD, finish_reload, result);
	give_turns(d);
}

/* What a role said about its sessions; NULL: it will say no more. */
struct sessions_reply {
	enum role from;
	const struct ipc_message *message;
};

static void end_reply(struct peer *p, enum role from)
{
	unsigned left = p->due & ~(1u << from);

	if (left == p->due)
		return;
	p->due = left;
	if (!left)
		peer_finish(p, CONTROL_OK);
}

static void take_sessions(struct peer *p, const void *what)
{
	const struct sessions_reply *reply = what;
	const struct ipc_message *m = reply->message;
	uint64_t request;

	if (!m) {
		end_reply(p, reply->from);
		return;
	}
	if (m->header.length < sizeof(request))
		return;
	memcpy(&request, m->payload, sizeof(request));
	if (request != p->request)
		return;
	if (m->header.type == IPC_SESSIONS_END)
		end_reply(p, reply->from);
	else
		buf_put(&p->out, m->payload + sizeof(request), m->header.length - sizeof(request));
}

void control_sessions(struct daemon *d, enum role from, const struct ipc_message *m)
{
	struct sessions_reply reply = {from, m};

	each_waiting(d, WAIT_SESSIONS, take_sessions, &reply);
}

void control_role_gone(struct daemon *d, enum role role)
{
	control_sessions(d, role, NULL);
}

static void finish_drained(struct peer *p, const void *what)
{
	(void)what;
	buf_puts(&p->out, STR("drained\n"));
	peer_finish(p, CONTROL_OK);
}

void control_drained(struct daemon *d)
{
	if (!d->draining)
		return;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].pid > 0 && !d->roles[role].drained)
			return;
	each_waiting(d, WAIT_DRAINED, finish_drained, NULL);
}

uint64_t control_next_request(struct daemon *d)
{
	return ++d->control->last_request;
}
