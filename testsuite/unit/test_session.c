/* Sessions over socket pairs, in one worker without a role around it: deadlines, caps, ends. */
#include "unit.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/edge.h"

#define IDLE 120 /* milliseconds */

/* A server with one worker; the log goes nowhere. */
struct stage {
	struct server server;
	struct shared_page shared;
	struct worker worker;
	struct listener listener;
	struct caps_count count;
	char scratch[16384];
};

static void stage_open(struct stage *stage, enum protocol protocol)
{
	static const struct log_sink sink = {.kind = LOG_SINK_FILE,
					     .level = LOG_LEVEL_TRACE,
					     .exclude = true,
					     .path = "/dev",
					     .prefix = "null"};
	char error[256];
	unsigned i;

	memset(stage, 0, sizeof(*stage));
	stage->server.role = ROLE_EDGE;
	stage->server.log = log_new("edge");
	assert_non_null(stage->server.log);
	assert_true(log_configure(stage->server.log, &sink, 1, error, sizeof(error)));
	stage->server.shared = &stage->shared;
	stage->server.slot = &stage->shared.slot[ROLE_EDGE];
	for (i = 0; i < PROTOCOL_COUNT; i++)
		stage->server.idle[i] = IDLE;
	stage->worker.server = &stage->server;
	stage->worker.loop = io_loop_new();
	stage->worker.scratch = (struct io_conn_scratch){sizeof(stage->scratch), stage->scratch};
	stage->listener = (struct listener){.references = 1,
					    .object = 1,
					    .protocol = protocol,
					    .name = "test",
					    .hostname = "mx.example.org",
					    .tls_timeout = IDLE,
					    .fd = -1,
					    .count = &stage->count};
}

static void stage_close(struct stage *stage)
{
	assert_int_equal(stage->listener.references, 1);
	assert_int_equal(stage->count.open, 0);
	assert_int_equal(stage->server.slot->open, 0);
	assert_int_equal(stage->server.refusing, 0);
	assert_int_equal(stage->worker.load, 0);
	assert_null(stage->worker.sessions);
	io_loop_free(stage->worker.loop);
	log_free(stage->server.log);
}

/* What an acceptor does; the client's end of the connection. */
static int arrive(struct stage *stage, bool refused)
{
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	int fds[2];

	assert_non_null(arrival);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	if (refused)
		stage->server.refusing++;
	else
		assert_int_equal(caps_take(&stage->shared, ROLE_EDGE, &stage->count, 0, 100),
				 CAPS_OK);
	*arrival = (struct arrival){.worker = &stage->worker,
				    .listener = &stage->listener,
				    .fd = fds[0],
				    .peer = {4, {192, 0, 2, 1}},
				    .refused = refused};
	stage->listener.references++;
	stage->worker.load++;
	session_start(arrival);
	return fds[1];
}

static void stop(void *ctx)
{
	io_loop_stop(ctx);
}

/* Runs the worker for that long. */
static void run_for(struct stage *stage, uint64_t ms)
{
	struct io_timer *timer = io_timer_new(stage->worker.loop, stop, stage->worker.loop);

	assert_non_null(timer);
	assert_true(io_timer_start(timer, ms));
	assert_true(io_loop_run(stage->worker.loop));
	io_timer_free(timer);
}

static void expect(int fd, const char *text)
{
	char got[4096];
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, text);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* A whole command moves the deadline; octets without an end do not, however often they come. */
static void idle(void **state)
{
	struct stage stage;
	int fd, i;

	(void)state;
	stage_open(&stage, PROTOCOL_SMTP);
	fd = arrive(&stage, false);
	expect(fd, "220 mx.example.org ESMTP ready\r\n");
	for (i = 0; i < 3; i++) {
		say(fd, "NOOP\r\n");
		run_for(&stage, IDLE * 2 / 3);
		expect(fd, "250 2.0.0 OK\r\n");
	}
	assert_int_equal(stage.server.slot->timeouts, 0);
	for (i = 0; i < 4; i++) {
		say(fd, "x");
		run_for(&stage, IDLE / 3);
	}
	expect(fd, "421 4.4.2 mx.example.org Idle for too long\r\n");
	expect(fd, "");
	assert_int_equal(stage.server.slot->timeouts, 1);
	close(fd);
	run_for(&stage, 20);
	stage_close(&stage);
}

/* The words of every protocol; HTTP just closes. */
static void idle_words(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *last;
	} cases[] = {
		{PROTOCOL_LMTP, "421 4.4.2 mx.example.org Idle for too long\r\n"},
		{PROTOCOL_IMAP, "* BYE mx.example.org Idle for too long\r\n"},
		{PROTOCOL_POP3, "-ERR mx.example.org Idle for too long\r\n"},
		{PROTOCOL_SIEVE, "BYE \"mx.example.org Idle for too long\"\r\n"},
		{PROTOCOL_HTTP, ""},
	};
	struct stage stage;
	char greeting[512];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		stage_open(&stage, cases[i].protocol);
		fd = arrive(&stage, false);
		if (cases[i].protocol != PROTOCOL_HTTP)
			assert_true(read(fd, greeting, sizeof(greeting)) > 0);
		run_for(&stage, IDLE + 40);
		expect(fd, cases[i].last);
		expect(fd, "");
		close(fd);
		run_for(&stage, 20);
		stage_close(&stage);
	}
}

/* A client that does not read cannot hold its session past the deadline and the time to end it. */
static void never_reads(void **state)
{
	struct stage stage;
	char command[] = "HELP\r\n";
	int fd, i;

	(void)state;
	stage_open(&stage, PROTOCOL_SMTP);
	fd = arrive(&stage, false);
	for (i = 0; i < 200000; i++) {
		if (write(fd, command, 6) < 0) {
			run_for(&stage, 1);
			if (write(fd, command, 6) < 0)
				break; /* the server has stopped to read */
		}
	}
	assert_true(i < 200000);
	run_for(&stage, IDLE + 40);
	assert_int_equal(stage.server.slot->timeouts, 1);
	close(fd);
	run_for(&stage, 20);
	stage_close(&stage);
}

static void handshake_deadline(void **state)
{
	struct buf certificate = BUF_INIT, key = BUF_INIT;
	struct tls_names *names = tls_names_new();
	struct tls_identity *identity;
	struct stage stage;
	char error[256];
	int fd;

	(void)state;
	assert_true(tls_self_signed_make(STR("mx.example.org"), 1, &certificate, &key, error,
					 sizeof(error)));
	identity = tls_identity_new(buf_str(&certificate), buf_str(&key), error, sizeof(error));
	assert_non_null(identity);
	assert_true(tls_names_add(names, identity, true));
	tls_names_finish(names);
	stage_open(&stage, PROTOCOL_SMTP);
	stage.listener.use_tls = stage.listener.implicit = true;
	stage.listener.context =
		tls_context_new(&(struct tls_settings){0}, names, error, sizeof(error));
	assert_non_null(stage.listener.context);
	fd = arrive(&stage, false);
	run_for(&stage, IDLE + 40);
	expect(fd, "");
	assert_int_equal(stage.server.slot->timeouts, 1);
	assert_int_equal(stage.server.slot->tls_failures, 1);
	close(fd);
	stage_close(&stage);
	tls_context_free(stage.listener.context);
	tls_identity_free(identity);
	tls_names_free(names);
	buf_free(&certificate);
	buf_free(&key);
}

/* Over a cap: told so, not counted, and gone when the client is. */
static void refused(void **state)
{
	struct stage stage;
	int fd;

	(void)state;
	stage_open(&stage, PROTOCOL_IMAP);
	fd = arrive(&stage, true);
	assert_int_equal(stage.server.refusing, 1);
	say(fd, "a NOOP\r\n");
	run_for(&stage, 20);
	expect(fd, "* BYE [UNAVAILABLE] mx.example.org Too many connections, try again later\r\n");
	expect(fd, "");
	close(fd);
	run_for(&stage, 20);
	assert_int_equal(stage.server.refusing, 0);
	stage_close(&stage);
}

static void stopped(void **state)
{
	struct stage stage;
	int fd;

	(void)state;
	stage_open(&stage, PROTOCOL_POP3);
	fd = arrive(&stage, false);
	expect(fd, "+OK mx.example.org POP3 ready\r\n");
	session_stop(stage.worker.sessions);
	expect(fd, "-ERR [SYS/TEMP] mx.example.org Service is going down\r\n");
	expect(fd, "");
	close(fd);
	stage_close(&stage);
}

static void described(void **state)
{
	struct buf out = BUF_INIT;
	struct stage stage;
	int fd;

	(void)state;
	stage_open(&stage, PROTOCOL_SIEVE);
	fd = arrive(&stage, false);
	session_describe(stage.worker.sessions, &out);
	assert_str(buf_str(&out),
		   "listenerId=test protocol=manageSieve localPort=0 remoteIp=192.0.2.1 "
		   "remotePort=0 tls=none cipher=none seconds=0\n");
	assert_null(session_next(stage.worker.sessions));
	close(fd);
	run_for(&stage, 20);
	stage_close(&stage);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle),
		cmocka_unit_test(idle_words),
		cmocka_unit_test(never_reads),
		cmocka_unit_test(refused),
		cmocka_unit_test(handshake_deadline),
		cmocka_unit_test(stopped),
		cmocka_unit_test(described),
	};

	return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
