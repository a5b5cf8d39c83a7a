/* The event loop and connections over socket pairs: tasks, timers, order of output, back pressure,
 * a TLS upgrade with plaintext behind it, and ends. Also the socket options of a listener. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/edge.h"
#include "runtime/limits.h"

/* ---- the loop ---- */

struct counter {
	struct io_loop *loop;
	unsigned count, stop_at;
	struct io_task task;
};

static void count_up(void *ctx)
{
	struct counter *counter = ctx;

	if (++counter->count == counter->stop_at)
		io_loop_stop(counter->loop);
}

static void *post_many(void *ctx)
{
	struct counter *counter = ctx;
	int i;

	for (i = 0; i < 1000; i++) {
		if (!io_post(counter->loop, count_up, counter))
			return ctx;
	}
	return NULL;
}

static void posts(void **state)
{
	struct counter counter = {.loop = io_loop_new(), .stop_at = 4000};
	pthread_t threads[4];
	void *failed;
	size_t i;

	(void)state;
	assert_non_null(counter.loop);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, &counter), 0);
	assert_true(io_loop_run(counter.loop));
	assert_int_equal(counter.count, 4000);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	io_loop_free(counter.loop);
}

static void post_again(void *ctx)
{
	struct counter *counter = ctx;

	if (++counter->count == 3)
		io_loop_stop(counter->loop);
	else
		io_post_task(counter->loop, &counter->task);
}

/* A task may post itself; one that was taken back never runs; one that never ran is no leak. */
static void tasks(void **state)
{
	struct counter counter = {.loop = io_loop_new()}, never = {.loop = counter.loop};

	(void)state;
	counter.task = (struct io_task){.fn = post_again, .ctx = &counter};
	never.task = (struct io_task){.fn = count_up, .ctx = &never};
	io_post_task(counter.loop, &never.task);
	io_post_task(counter.loop, &counter.task);
	io_unpost_task(counter.loop, &never.task);
	assert_true(io_loop_run(counter.loop));
	assert_int_equal(counter.count, 3);
	assert_int_equal(never.count, 0);
	assert_true(io_post(counter.loop, count_up, &never));
	io_loop_free(counter.loop);
	assert_int_equal(never.count, 0);
}

static void timers(void **state)
{
	struct counter counter = {.loop = io_loop_new(), .stop_at = 1},
		       never = {.loop = counter.loop};
	struct io_timer *timer = io_timer_new(counter.loop, count_up, &counter);
	struct io_timer *stopped = io_timer_new(counter.loop, count_up, &never);
	uint64_t began = io_clock_ms();

	(void)state;
	assert_true(io_timer_start(stopped, 10));
	assert_true(io_timer_start(timer, 5));
	assert_true(io_timer_start(timer, 50)); /* starts anew */
	io_timer_stop(stopped);
	assert_true(io_loop_run(counter.loop));
	assert_true(io_clock_ms() - began >= 49);
	assert_int_equal(never.count, 0);
	io_timer_free(timer);
	io_timer_free(stopped);
	io_loop_free(counter.loop);
}

/* ---- connections ---- */

/* One end is ours, the other the test's. */
struct side {
	struct io_loop *loop;
	struct io_conn *conn;
	struct io_timer *guard;
	char scratch[LIMIT_READ];
	int peer;
	struct buf in;
	unsigned drained;
	bool secured, closed, overdue;
	enum io_conn_end end;
	size_t stop_after; /* octets of input */
};

static void on_input(void *ctx, const char *bytes, size_t n)
{
	struct side *side = ctx;

	buf_put(&side->in, bytes, n);
	if (side->stop_after && side->in.n >= side->stop_after)
		io_loop_stop(side->loop);
}

static void on_secured(void *ctx)
{
	struct side *side = ctx;

	side->secured = true;
	io_loop_stop(side->loop);
}

static void on_drained(void *ctx)
{
	struct side *side = ctx;

	side->drained++;
	io_loop_stop(side->loop);
}

static void on_closed(void *ctx, enum io_conn_end why, const char *text)
{
	struct side *side = ctx;

	assert_non_null(text);
	side->closed = true;
	side->end = why;
	io_conn_free(side->conn);
	side->conn = NULL;
	io_loop_stop(side->loop);
}

static const struct io_conn_handler handler = {on_input, on_secured, on_drained, on_closed};

static void on_guard(void *ctx)
{
	struct side *side = ctx;

	side->overdue = true;
	io_loop_stop(side->loop);
}

static void side_open(struct side *side)
{
	int fds[2];

	*side = (struct side){.loop = io_loop_new()};
	assert_non_null(side->loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	side->peer = fds[1];
	side->conn = io_conn_new(side->loop, fds[0], &handler, side,
				 (struct io_conn_scratch){sizeof(side->scratch), side->scratch});
	side->guard = io_timer_new(side->loop, on_guard, side);
	assert_non_null(side->conn);
	assert_non_null(side->guard);
}

/* Runs until a handler stops the loop; fails when none does. */
static void side_run(struct side *side)
{
	assert_true(io_timer_start(side->guard, 5000));
	assert_true(io_loop_run(side->loop));
	assert_false(side->overdue);
}

static void side_close(struct side *side)
{
	io_conn_free(side->conn);
	io_timer_free(side->guard);
	io_loop_free(side->loop);
	if (side->peer >= 0)
		close(side->peer);
	buf_free(&side->in);
}

static void both_ways(void **state)
{
	struct side side;
	char octets[8];

	(void)state;
	side_open(&side);
	side.stop_after = 5;
	assert_int_equal(write(side.peer, "hello", 5), 5);
	side_run(&side);
	assert_str(buf_str(&side.in), "hello");
	buf_puts(io_conn_output(side.conn), STR("answer"));
	io_conn_flush(side.conn);
	assert_int_equal(io_conn_waiting(side.conn), 0);
	assert_int_equal(read(side.peer, octets, sizeof(octets)), 6);
	side_close(&side);
}

/* What the peer does not read waits, and is told when it went out. */
static void back_pressure(void **state)
{
	enum { SIZE = 4 * 1024 * 1024 };
	struct side side;
	char *octets = malloc(SIZE);
	size_t got = 0;
	ssize_t n;

	(void)state;
	assert_non_null(octets);
	memset(octets, 'x', SIZE);
	side_open(&side);
	buf_put(io_conn_output(side.conn), octets, SIZE);
	io_conn_flush(side.conn);
	assert_true(io_conn_waiting(side.conn) > 0);
	while (got < SIZE) {
		n = read(side.peer, octets, SIZE);
		if (n > 0)
			got += (size_t)n;
		else if (!side.drained) /* nothing here now: the loop may send more */
			io_conn_flush(side.conn);
	}
	assert_int_equal(io_conn_waiting(side.conn), 0);
	side_close(&side);
	free(octets);
}

static void *read_slowly(void *ctx)
{
	struct side *side = ctx;
	char octets[65536];
	size_t got = 0;
	ssize_t n;

	while (got < 1024 * 1024) {
		n = read(side->peer, octets, sizeof(octets));
		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			break;
	}
	return NULL;
}

static void drained(void **state)
{
	struct side side;
	char octets[1024] = {0};
	pthread_t reader;
	int i;

	(void)state;
	side_open(&side);
	for (i = 0; i < 1024; i++)
		buf_put(io_conn_output(side.conn), octets, sizeof(octets));
	io_conn_flush(side.conn);
	assert_true(io_conn_waiting(side.conn) > 0);
	assert_int_equal(pthread_create(&reader, NULL, read_slowly, &side), 0);
	side_run(&side);
	assert_int_equal(side.drained, 1);
	pthread_join(reader, NULL);
	side_close(&side);
}

/* A paused connection leaves its input in the socket. */
static void paused(void **state)
{
	struct side side;

	(void)state;
	side_open(&side);
	side.stop_after = 1;
	io_conn_pause(side.conn, true);
	assert_int_equal(write(side.peer, "x", 1), 1);
	assert_true(io_timer_start(side.guard, 30));
	assert_true(io_loop_run(side.loop));
	assert_true(side.overdue);
	assert_int_equal(side.in.n, 0);
	side.overdue = false;
	io_conn_pause(side.conn, false);
	side_run(&side);
	assert_int_equal(side.in.n, 1);
	side_close(&side);
}

static void ends(void **state)
{
	struct side side;
	char octets[8];

	(void)state;
	side_open(&side); /* by the peer */
	close(side.peer);
	side.peer = -1;
	side_run(&side);
	assert_true(side.closed);
	assert_int_equal(side.end, IO_CONN_PEER);
	side_close(&side);

	side_open(&side); /* by us: output, FIN, then the peer's FIN */
	buf_puts(io_conn_output(side.conn), STR("bye"));
	io_conn_finish(side.conn);
	io_conn_flush(side.conn);
	assert_int_equal(read(side.peer, octets, sizeof(octets)), 3);
	assert_int_equal(read(side.peer, octets, sizeof(octets)), 0);
	assert_int_equal(write(side.peer, "late", 4), 4); /* no reset for what crosses our FIN */
	shutdown(side.peer, SHUT_WR);
	side_run(&side);
	assert_int_equal(side.end, IO_CONN_DONE);
	assert_int_equal(side.in.n, 0);
	side_close(&side);

	side_open(&side); /* by us, and the peer does not answer */
	io_conn_finish(side.conn);
	io_conn_flush(side.conn);
	side_run(&side);
	assert_int_equal(side.end, IO_CONN_DONE);
	side_close(&side);

	side_open(&side); /* at once; `closed` comes from the loop and not from the call */
	io_conn_abort(side.conn);
	assert_false(side.closed);
	side_run(&side);
	assert_true(side.closed);
	side_close(&side);
}

/* ---- TLS on a connection ---- */

static struct tls_context *make_context(void)
{
	struct buf certificate = BUF_INIT, key = BUF_INIT;
	struct tls_names *names = tls_names_new();
	struct tls_identity *identity;
	struct tls_context *context;
	char error[256];

	assert_true(tls_self_signed_make(STR("mx.example.org"), 1, &certificate, &key, error,
					 sizeof(error)));
	identity = tls_identity_new(buf_str(&certificate), buf_str(&key), error, sizeof(error));
	assert_non_null(identity);
	assert_true(tls_names_add(names, identity, true));
	tls_names_finish(names);
	context = tls_context_new(&(struct tls_settings){0}, names, error, sizeof(error));
	assert_non_null(context);
	tls_identity_free(identity);
	tls_names_free(names);
	buf_free(&certificate);
	buf_free(&key);
	return context;
}

static void *shake_hands(void *ctx)
{
	struct side *side = ctx;
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(client);
	char octets[64];
	int n = 0;

	fcntl(side->peer, F_SETFL, fcntl(side->peer, F_GETFL) & ~O_NONBLOCK);
	SSL_set_fd(ssl, side->peer);
	if (SSL_connect(ssl) == 1 && SSL_write(ssl, "secret", 6) == 6)
		n = SSL_read(ssl, octets, sizeof(octets));
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(client);
	return n == 6 && memcmp(octets, "answer", 6) == 0 ? NULL : ctx;
}

/* Octets in the clear that are here when the upgrade begins are never handed over. */
static void upgrade(void **state)
{
	struct tls_context *context = make_context();
	struct side side;
	pthread_t client;
	char octets[16];
	void *failed;

	(void)state;
	side_open(&side);
	side.stop_after = 5;
	assert_int_equal(write(side.peer, "start", 5), 5);
	side_run(&side);
	buf_clear(&side.in);
	assert_int_equal(write(side.peer, "injected", 8), 8);
	buf_puts(io_conn_output(side.conn), STR("ready"));
	io_conn_start_tls(side.conn, context, true);
	io_conn_flush(side.conn);
	tls_context_free(context);
	assert_int_equal(read(side.peer, octets, sizeof(octets)), 5);
	assert_int_equal(pthread_create(&client, NULL, shake_hands, &side), 0);
	side_run(&side);
	assert_true(side.secured);
	assert_int_equal(side.in.n, 0);
	side.stop_after = 6;
	side_run(&side);
	assert_str(buf_str(&side.in), "secret");
	buf_puts(io_conn_output(side.conn), STR("answer"));
	io_conn_flush(side.conn);
	side_run(&side); /* until the client closes */
	pthread_join(client, &failed);
	assert_null(failed);
	side_close(&side);
}

static void no_handshake(void **state)
{
	struct tls_context *context = make_context();
	struct side side;

	(void)state;
	side_open(&side);
	io_conn_start_tls(side.conn, context, false);
	io_conn_flush(side.conn);
	tls_context_free(context);
	assert_int_equal(write(side.peer, "EHLO x\r\n", 8), 8);
	shutdown(side.peer, SHUT_WR);
	side_run(&side);
	assert_true(side.closed);
	assert_int_equal(side.end, IO_CONN_HANDSHAKE);
	assert_int_equal(side.in.n, 0);
	side_close(&side);
}

/* ---- socket options ---- */

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &n), 0);
	return value;
}

static void options_v4(void **state)
{
	struct listener listener = {.address.family = 4, .ttl = 37, .tos = 16, .no_delay = true};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const char *field;

	(void)state;
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_true(edge_socket_options(fd, &listener, &field));
	assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 37);
	assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 16);
	assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
	close(fd);
}

static void options_v6(void **state)
{
	struct listener listener = {.address.family = 6, .ttl = 255, .tos = 16};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), system_ttl;
	const char *field;

	(void)state;
	if (fd < 0)
		skip(); /* no IPv6 here */
	assert_true(edge_socket_options(fd, &listener, &field));
	assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 255);
	assert_int_equal(option(fd, IPPROTO_IP, IP_TTL),
			 255); /* IPv4 peers of a dual-stack socket */
	assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_TCLASS), 16);
	assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 16);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	close(fd);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	system_ttl = option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	listener.ttl = listener.tos = 0; /* not configured: the system's */
	assert_true(edge_socket_options(fd, &listener, &field));
	assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), system_ttl);
	close(fd);
}

static void options_fail(void **state)
{
	struct listener listener = {.address.family = 4, .no_delay = true};
	const char *field = "";
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_false(edge_socket_options(fds[0], &listener, &field));
	assert_string_equal(field, "socketNoDelay");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts),         cmocka_unit_test(tasks),
		cmocka_unit_test(timers),        cmocka_unit_test(both_ways),
		cmocka_unit_test(back_pressure), cmocka_unit_test(drained),
		cmocka_unit_test(paused),        cmocka_unit_test(ends),
		cmocka_unit_test(upgrade),       cmocka_unit_test(no_handshake),
		cmocka_unit_test(options_v4),    cmocka_unit_test(options_v6),
		cmocka_unit_test(options_fail),
	};

	return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
