/* Listening sockets: options, sharing between generations, occupied ports, kernels without IPv6. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "runtime/sockets.h"

/* Linked with --wrap=socket: a kernel as the case wants it. */
static bool without_ipv6;

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);

int __wrap_socket(int domain, int type, int protocol)
{
	if (domain == AF_INET6 && without_ipv6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return __real_socket(domain, type, protocol);
}

static struct socket_wish wish_for(const char *at)
{
	struct socket_wish wish = {
		.owner = 1,
		.options = {.reuse_address = true, .reuse_port = true, .backlog = 16},
	};

	assert_int_equal(net_socket_parse(str_c(at), &wish.at), NET_OK);
	return wish;
}

static struct socket_entry *acquire(struct socket_pool *pool, const struct socket_wish *wish,
				    struct notes *warnings)
{
	struct socket_entry *entry = NULL;
	char error[400] = "";

	if (!socket_acquire(pool, wish, &entry, warnings, error, sizeof(error)))
		fail_msg("%s", error);
	return entry;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &n), 0);
	return value;
}

static void options(void **state)
{
	struct socket_wish wish = wish_for("127.0.0.1:0");
	struct socket_pool pool;
	struct notes warnings = {0};
	struct socket_entry *e;

	(void)state;
	socket_pool_init(&pool);
	wish.options.tos = 0x10;
	wish.options.send_buffer = 100000;
	wish.options.receive_buffer = 50000;
	e = acquire(&pool, &wish, &warnings);
	assert_int_equal(option(e->fd, IPPROTO_IP, IP_TOS), 0x10);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_REUSEADDR), 1);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_REUSEPORT), 1);
	/* the kernel doubles both */
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_SNDBUF), 200000);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_RCVBUF), 100000);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_true(fcntl(e->fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(e->fd, F_GETFD) & FD_CLOEXEC);
	assert_int_not_equal(e->bound.port, 0);
	socket_release(&pool, e);
	assert_int_equal(pool.count, 0);
	wish.options.reuse_address = wish.options.reuse_port = false;
	e = acquire(&pool, &wish, &warnings);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_REUSEADDR), 0);
	assert_int_equal(option(e->fd, SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(warnings.count, 0);
	socket_pool_free(&pool);
}

static void dual_stack(void **state)
{
	struct socket_wish wish = wish_for("[::]:0"), loopback = wish_for("[::1]:0");
	struct socket_pool pool;
	struct notes warnings = {0};
	struct socket_entry *e;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)state;
	if (fd < 0)
		skip();
	close(fd);
	socket_pool_init(&pool);
	wish.options.tos = 0x28;
	e = acquire(&pool, &wish, &warnings);
	assert_int_equal(option(e->fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	assert_int_equal(option(e->fd, IPPROTO_IPV6, IPV6_TCLASS), 0x28);
	assert_int_equal(option(e->fd, IPPROTO_IP, IP_TOS), 0x28);
	e = acquire(&pool, &loopback, &warnings);
	assert_int_equal(option(e->fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	socket_pool_free(&pool);
}

static void no_ipv6(void **state)
{
	struct socket_wish wish = wish_for("[::]:0"), other = wish_for("[::1]:0");
	struct socket_pool pool;
	struct notes warnings = {0};
	struct socket_entry *e;
	char error[400] = "";

	(void)state;
	socket_pool_init(&pool);
	without_ipv6 = true;
	e = acquire(&pool, &wish, &warnings);
	assert_int_equal(e->bound.addr.family, 4);
	assert_int_equal(warnings.count, 1);
	assert_non_null(strstr(warnings.items[0], "no IPv6"));
	/* the only substitution ever made: another address of IPv6 is refused */
	assert_false(socket_acquire(&pool, &other, &e, &warnings, error, sizeof(error)));
	assert_non_null(strstr(error, "::1"));
	without_ipv6 = false;
	notes_clear(&warnings);
	socket_pool_free(&pool);
}

static void shared(void **state)
{
	struct socket_wish wish = wish_for("127.0.0.1:0"), same, other;
	struct socket_pool pool;
	struct notes warnings = {0};
	struct socket_entry *a, *b, *c;
	char differs[200];

	(void)state;
	socket_pool_init(&pool);
	a = acquire(&pool, &wish, &warnings);
	b = acquire(&pool, &wish, &warnings);
	assert_ptr_equal(a, b);
	other = wish;
	other.owner = 2; /* port 0 of another listener is another port */
	c = acquire(&pool, &other, &warnings);
	assert_ptr_not_equal(a, c);
	assert_int_equal(pool.count, 2);
	same = wish;
	assert_false(socket_pending(a, &same, differs, sizeof(differs)));
	same.options.backlog = 99;
	same.options.tos = 4;
	same.options.reuse_port = false;
	assert_true(socket_pending(a, &same, differs, sizeof(differs)));
	assert_string_equal(differs, "socketReusePort, socketTosV4, socketBacklog");
	socket_release(&pool, a);
	assert_int_equal(pool.count, 2);
	socket_release(&pool, b);
	assert_int_equal(pool.count, 1);
	socket_pool_free(&pool);
}

/* SO_REUSEPORT on both sides would let a bind through: only a probe without it sees the other. */
static void occupied(void **state)
{
	struct socket_wish any = wish_for("127.0.0.1:0"), taken;
	struct socket_pool mine, theirs;
	struct notes warnings = {0};
	struct socket_entry *e, *held;
	char error[400] = "";

	(void)state;
	socket_pool_init(&mine);
	socket_pool_init(&theirs);
	held = acquire(&theirs, &any, &warnings);
	taken = any;
	taken.at.port = held->bound.port;
	assert_false(socket_acquire(&mine, &taken, &e, &warnings, error, sizeof(error)));
	assert_non_null(strstr(error, "another program uses this port"));
	assert_int_equal(mine.count, 0);
	socket_pool_free(&theirs);
	e = acquire(&mine, &taken, &warnings);
	assert_int_equal(e->bound.port, taken.at.port);
	socket_pool_free(&mine);
}

static void *let_go(void *argument)
{
	const struct timespec while_ = {.tv_nsec = 50 * 1000000L};

	(void)nanosleep(&while_, NULL);
	socket_pool_free(argument);
	return NULL;
}

/* At a start the address may still be held by what is left of a stwd that was killed. */
static void patience(void **state)
{
	struct socket_wish any = wish_for("127.0.0.1:0"), taken = any;
	struct socket_pool mine, theirs;
	struct notes warnings = {0};
	struct socket_entry *e;
	char error[400] = "";
	pthread_t thread;

	(void)state;
	socket_pool_init(&mine);
	socket_pool_init(&theirs);
	taken.at.port = acquire(&theirs, &any, &warnings)->bound.port;
	mine.patience_ms = 60; /* used up, and then there is none */
	assert_false(socket_acquire(&mine, &taken, &e, &warnings, error, sizeof(error)));
	assert_non_null(strstr(error, "another program uses this port"));
	assert_int_equal(mine.patience_ms, 0);
	mine.patience_ms = 60000;
	assert_int_equal(pthread_create(&thread, NULL, let_go, &theirs), 0);
	e = acquire(&mine, &taken, &warnings);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(e->bound.port, taken.at.port);
	assert_true(mine.patience_ms < 60000);
	socket_pool_free(&mine);
}

/* Our own socket is no obstacle where both share the port, and an explained one where not. */
static void overlapping(void **state)
{
	struct socket_wish any = wish_for("127.0.0.1:0"), wide = wish_for("0.0.0.0:0");
	struct socket_pool pool;
	struct notes warnings = {0};
	struct socket_entry *e, *first;
	char error[400] = "";

	(void)state;
	socket_pool_init(&pool);
	/* a port that is free on one address may be somebody's on another: a client's, for one */
	for (int attempt = 1;; attempt++) {
		first = acquire(&pool, &any, &warnings);
		wide.at.port = first->bound.port;
		if (socket_acquire(&pool, &wide, &e, &warnings, error, sizeof(error)))
			break;
		assert_true(attempt < 20);
		socket_release(&pool, first);
	}
	assert_ptr_not_equal(e, first);
	socket_release(&pool, e);
	wide.options.reuse_port = false;
	assert_false(socket_acquire(&pool, &wide, &e, &warnings, error, sizeof(error)));
	assert_non_null(strstr(error, "socketReusePort"));
	socket_pool_free(&pool);
}

static void inherited(void **state)
{
	struct socket_wish wish = wish_for("127.0.0.1:0");
	struct socket_pool pool;
	struct notes warnings = {0};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);
	struct socket_entry *e;
	int fd = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	socket_pool_init(&pool);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	socket_pool_inherit(&pool, fd, 1, &warnings);
	socket_pool_inherit(&pool, udp, 1, &warnings);
	assert_int_equal(warnings.count, 1);
	assert_int_equal(fcntl(udp, F_GETFD), -1);
	socket_pool_unused(&pool, &warnings);
	assert_int_equal(warnings.count, 2);
	wish.at.port = ntohs(at.sin_port);
	e = acquire(&pool, &wish, &warnings);
	assert_int_equal(e->fd, fd);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	socket_release(&pool, e);
	assert_true(fcntl(fd, F_GETFD) >= 0); /* it is the manager's, and stays */
	notes_clear(&warnings);
	socket_pool_free(&pool);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),     cmocka_unit_test(dual_stack),
		cmocka_unit_test(no_ipv6),     cmocka_unit_test(shared),
		cmocka_unit_test(occupied),    cmocka_unit_test(patience),
		cmocka_unit_test(overlapping), cmocka_unit_test(inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
