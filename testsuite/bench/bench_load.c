/*
 * A steady number of new connections per second to 127.0.0.1:PORT, every one accounted for:
 * each connects, gets its greeting (or asks over HTTP and gets its answer), and leaves. It goes
 * on for SECONDS or until SIGTERM, lets what is open come to its end, and prints one line of JSON.
 *
 * Sources rotate over 127.0.0.0/8, so that ports in TIME_WAIT never run out and no peer is
 * 127.0.0.1, which a server may always let in. `lag` is how far the schedule fell behind at
 * worst: a generator that cannot keep its pace would make a server look good.
 *
 *     bench_load PORT RATE SECONDS http|smtp
 */
#include "base/num.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 8192u
#define DEADLINE_MICROS 10000000
#define EVENTS 256

enum outcome { ANSWERED, REFUSED, RESET, CLOSED, LATE, WRONG, NOT_STARTED, OUTCOMES };

static const char *const outcome_word[OUTCOMES] = {"answered", "refused", "reset",     "closed",
						   "late",     "wrong",   "notStarted"};

struct conn {
	int fd; /* -1: free */
	bool asked;
	int64_t begun;
};

struct load {
	int epoll;
	bool http;
	struct sockaddr_in to;
	struct conn conns[SLOTS];
	uint32_t free_slots[SLOTS], free_count;
	uint64_t started, outcomes[OUTCOMES];
	uint32_t *latency; /* microseconds, of those answered */
	size_t latency_cap;
	int64_t lag;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = number;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum outcome outcome_of(int error)
{
	return error == ECONNREFUSED                   ? REFUSED
	       : error == ECONNRESET || error == EPIPE ? RESET
						       : WRONG;
}

static void finish(struct load *load, struct conn *conn, enum outcome outcome)
{
	uint64_t n = load->outcomes[outcome]++;

	if (outcome == ANSWERED && n < load->latency_cap)
		load->latency[n] = (uint32_t)(now() - conn->begun);
	close(conn->fd);
	conn->fd = -1;
	load->free_slots[load->free_count++] = (uint32_t)(conn - load->conns);
}

/* A socket bound to the next source address, on its way to the server. False: errno says why. */
static bool begin(struct load *load, struct conn *conn)
{
	uint32_t source = 0x7f010000u + (uint32_t)(load->started % 60000);
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(source)}};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data = {.ptr = conn}};
	int one = 1;

	conn->asked = false;
	conn->begun = now();
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return false;
	return setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) == 0 &&
	       bind(conn->fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	       (connect(conn->fd, (struct sockaddr *)&load->to, sizeof(load->to)) == 0 ||
		errno == EINPROGRESS) &&
	       epoll_ctl(load->epoll, EPOLL_CTL_ADD, conn->fd, &event) == 0;
}

static void start(struct load *load)
{
	struct conn *conn;

	load->started++;
	if (load->free_count == 0) {
		load->outcomes[NOT_STARTED]++;
		return;
	}
	conn = &load->conns[load->free_slots[--load->free_count]];
	if (!begin(load, conn))
		finish(load, conn, outcome_of(errno));
}

static bool ask(struct load *load, struct conn *conn)
{
	static const char request[] = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n"
				      "Connection: close\r\n\r\n";
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = conn}};

	conn->asked = true;
	return epoll_ctl(load->epoll, EPOLL_CTL_MOD, conn->fd, &event) == 0 &&
	       (!load->http || send(conn->fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
				       (ssize_t)sizeof(request) - 1);
}

static void answer(struct load *load, struct conn *conn)
{
	const char *expected = load->http ? "HTTP/1.1 200" : "220 ";
	char bytes[4096];
	ssize_t n = recv(conn->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		finish(load, conn, n == 0 ? CLOSED : outcome_of(errno));
	else if ((size_t)n < strlen(expected) || memcmp(bytes, expected, strlen(expected)) != 0)
		finish(load, conn, WRONG);
	else
		finish(load, conn, ANSWERED);
}

static void handle(struct load *load, struct conn *conn, uint32_t events)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
		finish(load, conn, outcome_of(error));
	else if (!conn->asked && !ask(load, conn))
		finish(load, conn, outcome_of(errno));
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		answer(load, conn);
}

static void expire(struct load *load, int64_t at)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (load->conns[i].fd >= 0 && at - load->conns[i].begun > DEADLINE_MICROS)
			finish(load, &load->conns[i], LATE);
}

/* Waits a millisecond at most for what the open connections do. */
static void turn(struct load *load)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(load->epoll, events, EVENTS, 1);

	for (int i = 0; i < n; i++)
		handle(load, events[i].data.ptr, events[i].events);
}

static void run(struct load *load, int64_t rate, int64_t seconds)
{
	int64_t begin = now(), end = begin + seconds * 1000000, next = begin, swept = begin, at;

	while ((at = now()) < end && !stopped) {
		if (at - next > load->lag)
			load->lag = at - next;
		for (; next <= at; next = begin + (int64_t)load->started * 1000000 / rate)
			start(load);
		if (at - swept > 1000000) {
			expire(load, at);
			swept = at;
		}
		turn(load);
	}
	while (load->free_count < SLOTS) {
		turn(load);
		expire(load, now());
	}
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static void print(struct load *load, double seconds)
{
	size_t n = load->outcomes[ANSWERED];

	if (n > load->latency_cap)
		n = load->latency_cap;
	qsort(load->latency, n, sizeof(*load->latency), by_value);
	printf("{\"started\":%" PRIu64 ",\"seconds\":%.3f", load->started, seconds);
	for (int i = 0; i < OUTCOMES; i++)
		printf(",\"%s\":%" PRIu64, outcome_word[i], load->outcomes[i]);
	printf(",\"lag\":%" PRId64 ",\"median\":%u,\"p99\":%u,\"max\":%u}\n", load->lag,
	       n ? load->latency[n / 2] : 0, n ? load->latency[n * 99 / 100] : 0,
	       n ? load->latency[n - 1] : 0);
}

static bool parse(int argc, char **argv, uint64_t numbers[3], bool *http)
{
	if (argc != 5 || (strcmp(argv[4], "http") != 0 && strcmp(argv[4], "smtp") != 0))
		return false;
	for (int i = 0; i < 3; i++)
		if (num_u64(str_c(argv[i + 1]), &numbers[i]) != NUM_OK || numbers[i] == 0)
			return false;
	*http = strcmp(argv[4], "http") == 0;
	return numbers[0] <= 65535 && numbers[1] <= 100000 && numbers[2] <= 3600;
}

int main(int argc, char **argv)
{
	static struct load load;
	uint64_t numbers[3];
	int64_t begin;

	if (!parse(argc, argv, numbers, &load.http)) {
		fprintf(stderr, "usage: bench_load PORT RATE SECONDS http|smtp\n");
		return 2;
	}
	load.to = (struct sockaddr_in){.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)numbers[0]),
				       .sin_addr = {htonl(INADDR_LOOPBACK)}};
	load.latency_cap = (size_t)(numbers[1] * numbers[2] + 1);
	load.latency = calloc(load.latency_cap, sizeof(*load.latency));
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!load.latency || load.epoll < 0) {
		perror("bench_load");
		return 2;
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		load.conns[i].fd = -1;
		load.free_slots[load.free_count++] = i;
	}
	signal(SIGTERM, stop);
	begin = now();
	run(&load, (int64_t)numbers[1], (int64_t)numbers[2]);
	print(&load, (double)(now() - begin) / 1e6);
	free(load.latency);
	close(load.epoll);
	return 0;
}
