/* Questions to the DNS. The one place that knows c-ares. */
#include "runtime/zone_check.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/netaddr.h"
#include "runtime/tls_dns.h"

#define CLASS_IN 1
#define HEADER_SIZE 12
#define EDNS_SIZE 1232

/* One round of questions over one transport. */
struct asking {
	struct arena *arena;
	const struct zone_resolver *resolver;
	ares_channel channel;
	int64_t end; /* ms of the monotonic clock */
	size_t open; /* questions without an answer yet */
};

struct query {
	struct asking *asking;
	struct zone_question *question;
};

/* ---- answers (RFC 1035 section 4.1) ---- */

struct message {
	const unsigned char *bytes;
	int size, at;
	struct arena *arena;
};

struct resource {
	struct str owner;
	unsigned type;
	int data, end; /* where its data is */
};

static unsigned u16_at(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* In lower case, in the arena; *at moves behind it. .p NULL: it is not well formed. */
static struct str take_name(struct message *m, int *at)
{
	struct str name = STR_NONE;
	char *text, *p;
	long size;

	if (*at >= m->size ||
	    ares_expand_name(m->bytes + *at, m->bytes, m->size, &text, &size) != ARES_SUCCESS)
		return name;
	for (p = text; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	name = arena_str(m->arena, str_c(text));
	ares_free_string(text);
	*at += (int)size;
	return name;
}

static bool take_resource(struct message *m, struct resource *out)
{
	out->owner = take_name(m, &m->at);
	if (!out->owner.p || m->at + 10 > m->size)
		return false;
	out->type = u16_at(m->bytes + m->at);
	out->data = m->at + 10;
	out->end = out->data + (int)u16_at(m->bytes + m->at + 8);
	m->at = out->end;
	return out->end <= m->size;
}

static bool put_address(const struct message *m, const struct resource *r, struct buf *out)
{
	struct net_addr address = {.family = r->type == RR_A ? 4 : 6};
	int size = r->end - r->data;
	char text[NET_TEXT_SIZE];

	if (size != (r->type == RR_A ? 4 : 16))
		return false;
	memcpy(address.b, m->bytes + r->data, (size_t)size);
	net_addr_format(&address, text);
	buf_puts(out, str_c(text));
	return true;
}

/* Numbers of 16 bits, then a name: MX has one, SRV three, CNAME none. */
static bool put_named(struct message *m, const struct resource *r, int numbers, struct buf *out)
{
	int at = r->data;
	struct str name;

	for (; numbers--; at += 2) {
		if (at + 2 > r->end)
			return false;
		buf_printf(out, "%u ", u16_at(m->bytes + at));
	}
	name = take_name(m, &at);
	buf_printf(out, "%.*s.", STR_ARG(name));
	return name.p && at <= r->end;
}

static bool put_strings(const struct message *m, const struct resource *r, struct buf *out)
{
	int at = r->data;

	while (at < r->end) {
		int n = m->bytes[at++];

		if (at + n > r->end)
			return false;
		buf_put(out, m->bytes + at, (size_t)n);
		at += n;
	}
	return true;
}

/* RFC 8659 section 4.1: flags, a tag with its length, and the rest is the value. */
static bool put_caa(const struct message *m, const struct resource *r, struct buf *out)
{
	const unsigned char *p = m->bytes + r->data;
	int size = r->end - r->data, i;

	if (size < 2 || size < 2 + p[1])
		return false;
	buf_printf(out, "%u %.*s \"", p[0], (int)p[1], (const char *)p + 2);
	for (i = 2 + p[1]; i < size; i++) {
		if (p[i] < ' ' || p[i] > '~')
			buf_printf(out, "\\%03u", p[i]);
		else
			buf_printf(out, p[i] == '"' || p[i] == '\\' ? "\\%c" : "%c", p[i]);
	}
	buf_putc(out, '"');
	return true;
}

/* RFC 6698 section 2.1 */
static bool put_tlsa(const struct message *m, const struct resource *r, struct buf *out)
{
	const unsigned char *p = m->bytes + r->data;
	int i;

	if (r->end - r->data < 4)
		return false;
	buf_printf(out, "%u %u %u ", p[0], p[1], p[2]);
	for (i = 3; i < r->end - r->data; i++)
		buf_printf(out, "%02x", p[i]);
	return true;
}

static bool put_data(struct message *m, const struct resource *r, enum zone_rr type,
		     struct buf *out)
{
	switch (type) {
	case RR_A:
	case RR_AAAA: return put_address(m, r, out);
	case RR_CNAME: return put_named(m, r, 0, out);
	case RR_MX: return put_named(m, r, 1, out);
	case RR_SRV: return put_named(m, r, 3, out);
	case RR_TXT: return put_strings(m, r, out);
	case RR_CAA: return put_caa(m, r, out);
	case RR_TLSA: return put_tlsa(m, r, out);
	}
	return false;
}

static bool keep_answer(struct message *m, const struct resource *r, struct zone_question *question)
{
	struct zone_entry *entry = &question->answers[question->count];
	struct buf data = BUF_INIT;
	bool ok = put_data(m, r, question->type, &data);

	*entry = (struct zone_entry){question->name, question->type,
				     arena_str(m->arena, buf_str(&data))};
	ok = ok && !data.failed && entry->data.p;
	buf_free(&data);
	question->count += ok;
	return ok;
}

bool zone_answer_read(struct arena *arena, const unsigned char *bytes, int size,
		      struct zone_question *question)
{
	struct message m = {bytes, size, HEADER_SIZE, arena};
	unsigned questions, answers;
	struct resource r;

	if (size < HEADER_SIZE)
		return false;
	questions = u16_at(bytes + 4);
	answers = u16_at(bytes + 6);
	for (; questions--; m.at += 4) {
		if (!take_name(&m, &m.at).p)
			return false;
	}
	question->answers = ARENA_ARRAY(arena, struct zone_entry, (size_t)answers + 1);
	while (question->answers && answers--) {
		if (!take_resource(&m, &r))
			return false;
		if (r.type == RR_CNAME && str_eq(r.owner, question->name))
			question->alias = true;
		if (r.type == (unsigned)question->type && !keep_answer(&m, &r, question))
			return false;
	}
	return question->answers != NULL;
}

/* What a status of c-ares, and the message where there is one, mean for the question. */
static void take_answer(struct arena *arena, struct zone_question *question, int status,
			const unsigned char *bytes, int size)
{
	question->answer = ANSWER_NONE;
	question->failure = NULL;
	if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
		return;
	if (status == ARES_SUCCESS && zone_answer_read(arena, bytes, size, question)) {
		question->answer = question->count || question->alias ? ANSWER_GIVEN : ANSWER_NONE;
		return;
	}
	question->answer = ANSWER_FAILED;
	question->count = 0;
	question->failure = status == ARES_SUCCESS      ? "the answer is not well formed"
			    : status == ARES_ECANCELLED ? "no answer in time"
							: ares_strerror(status);
}

static void on_answer(void *arg, int status, int timeouts UNUSED, unsigned char *bytes, int size)
{
	struct query *query = arg;

	query->asking->open--;
	take_answer(query->asking->arena, query->question, status, bytes, size);
}

/* ---- the channel ---- */

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Those of the transport; all of them where TCP is the second try. */
static bool name_servers(struct asking *a, bool tcp, bool again)
{
	const struct zone_resolver *resolver = a->resolver;
	struct buf list = BUF_INIT;
	bool ok;
	size_t i;

	for (i = 0; i < resolver->count; i++) {
		const struct zone_server *server = &resolver->servers[i];

		if (server->transport == ZONE_TLS ||
		    ((server->transport == ZONE_TCP) != tcp && !again && !resolver->tcp))
			continue;
		buf_printf(&list, strchr(server->address, ':') ? "%s[%s]:%u" : "%s%s:%u",
			   list.n ? "," : "", server->address, server->port);
	}
	buf_putc(&list, '\0');
	ok = !list.failed &&
	     (list.n == 1 || ares_set_servers_ports_csv(a->channel, list.p) == ARES_SUCCESS);
	buf_free(&list);
	return ok;
}

static bool open_channel(struct asking *a, bool tcp, bool again, const char **why)
{
	const struct zone_resolver *resolver = a->resolver;
	struct ares_options options = {
		.flags = (tcp ? ARES_FLAG_USEVC : 0) | (resolver->edns ? ARES_FLAG_EDNS : 0) |
			 ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = (int)resolver->timeout,
		.tries = resolver->attempts < 100 ? (int)resolver->attempts + 1 : 100,
		.ednspsz = EDNS_SIZE};
	int status = ares_init_options(&a->channel, &options,
				       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					       ARES_OPT_EDNSPSZ);

	*why = ares_strerror(status);
	if (status != ARES_SUCCESS)
		return false;
	if (name_servers(a, tcp, again))
		return true;
	*why = "the servers of the DnsResolver are not ones that can be asked";
	ares_destroy(a->channel);
	return false;
}

static void handle_sockets(struct asking *a, const struct pollfd *fds, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		bool in = fds[i].revents & (POLLIN | POLLERR | POLLHUP);

		if (fds[i].revents)
			ares_process_fd(a->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
					fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what is overdue */
}

/* Until every question has an answer, or the time is over. */
static void wait_for_all(struct asking *a)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd fds[ARES_GETSOCK_MAXNUM];
	struct timeval next, *wait;
	unsigned mask;
	int count, i;

	while (a->open) {
		int64_t left = a->end - clock_ms();
		struct timeval most = {left / 1000, left % 1000 * 1000};

		if (left <= 0) {
			ares_cancel(a->channel);
			return;
		}
		count = 0;
		mask = (unsigned)ares_getsock(a->channel, sockets, ARES_GETSOCK_MAXNUM);
		for (i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
			/* the library's own marks shift a one out of an int */
			bool in = mask >> i & 1, to = mask >> (i + ARES_GETSOCK_MAXNUM) & 1;
			short events = (short)((in ? POLLIN : 0) | (to ? POLLOUT : 0));

			if (events)
				fds[count++] = (struct pollfd){sockets[i], events, 0};
		}
		wait = ares_timeout(a->channel, &most, &next);
		/* an interruption is a turn without events */
		if (poll(fds, (nfds_t)count,
			 (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1)) < 0)
			count = 0;
		handle_sockets(a, fds, count);
	}
}

/* Asks what has no answer yet. */
static bool ask_round(struct asking *a, struct zone_question *questions, size_t count, bool tcp,
		      bool again, const char **why)
{
	struct query *queries = ARENA_ARRAY(a->arena, struct query, count + 1);
	size_t i;

	if (!queries) {
		*why = "out of memory";
		return false;
	}
	if (!open_channel(a, tcp, again, why))
		return false;
	for (i = 0; i < count; i++)
		a->open += questions[i].answer == ANSWER_FAILED;
	for (i = 0; i < count; i++) {
		queries[i] = (struct query){a, &questions[i]};
		if (questions[i].answer == ANSWER_FAILED)
			ares_query(a->channel, questions[i].name.p, CLASS_IN,
				   (int)questions[i].type, on_answer, &queries[i]);
	}
	wait_for_all(a);
	ares_destroy(a->channel);
	return true;
}

static bool any_failed(const struct zone_question *questions, size_t count)
{
	size_t i;

	for (i = 0; i < count && questions[i].answer != ANSWER_FAILED; i++)
		;
	return i < count;
}

/* ---- over TLS ---- */

/* The end of one attempt. */
static int64_t attempt_end(const struct asking *a)
{
	int64_t end = clock_ms() + a->resolver->timeout;

	return end < a->end ? end : a->end;
}

/* A code of RFC 1035 section 4.1.1 as c-ares would tell it. */
static int status_of(unsigned code)
{
	static const int statuses[] = {ARES_SUCCESS,   ARES_EFORMERR, ARES_ESERVFAIL,
				       ARES_ENOTFOUND, ARES_ENOTIMP,  ARES_EREFUSED};

	return code < ARRAY_LEN(statuses) ? statuses[code] : ARES_ESERVFAIL;
}

/* False: nothing that could be an answer came back. */
static bool ask_one(struct asking *a, struct tls_dns *connection, struct zone_question *question,
		    unsigned short id)
{
	struct buf answer = BUF_INIT;
	const unsigned char *bytes;
	unsigned char *message;
	int size;
	bool ok;

	if (ares_create_query(question->name.p, CLASS_IN, (int)question->type, id, 1, &message,
			      &size, a->resolver->edns ? EDNS_SIZE : 0) != ARES_SUCCESS)
		return false;
	ok = tls_dns_ask(connection, message, (size_t)size, attempt_end(a), &answer);
	ares_free_string(message);
	bytes = (const unsigned char *)answer.p;
	ok = ok && answer.n >= HEADER_SIZE && u16_at(bytes) == id && (bytes[2] & 0x80);
	if (ok)
		take_answer(a->arena, question, status_of(bytes[3] & 0x0F), bytes, (int)answer.n);
	buf_free(&answer);
	return ok;
}

/* Asks one server what has no answer yet, as long as that gets on: a server may close a connection
 * behind any answer. */
static void ask_server(struct asking *a, const struct zone_server *server,
		       struct zone_question *questions, size_t count)
{
	const char *failure = "the connection over TLS ends without an answer";
	struct tls_dns *connection;
	size_t i = 0, start;
	char why[200];
	bool open;

	do {
		start = i;
		connection = tls_dns_open(server->address, server->port, attempt_end(a), why,
					  sizeof(why));
		open = connection != NULL;
		if (!open)
			failure = arena_str(a->arena, str_c(why)).p;
		for (; open && i < count; i++) {
			if (questions[i].answer == ANSWER_FAILED &&
			    !ask_one(a, connection, &questions[i], (unsigned short)(i + 1)))
				break;
		}
		tls_dns_close(connection);
	} while (open && i > start && i < count);
	for (; failure && i < count; i++) {
		if (questions[i].answer == ANSWER_FAILED)
			questions[i].failure = failure;
	}
}

static void ask_tls(struct asking *a, struct zone_question *questions, size_t count)
{
	const struct zone_resolver *resolver = a->resolver;
	uint32_t attempt;
	size_t i;

	for (attempt = 0; attempt <= resolver->attempts && clock_ms() < a->end; attempt++) {
		for (i = 0; i < resolver->count; i++) {
			if (resolver->servers[i].transport == ZONE_TLS &&
			    any_failed(questions, count))
				ask_server(a, &resolver->servers[i], questions, count);
		}
	}
}

/* ---- all of it ---- */

static bool has_transport(const struct zone_resolver *resolver, enum zone_transport transport)
{
	size_t i;

	for (i = 0; i < resolver->count && resolver->servers[i].transport != transport; i++)
		;
	return i < resolver->count;
}

/* Servers over TLS come first; what they leave open is asked of the others, where there are any. */
bool zone_ask(struct arena *arena, const struct zone_resolver *resolver,
	      struct zone_question *questions, size_t count, int64_t limit, const char **why)
{
	struct asking a = {.arena = arena, .resolver = resolver, .end = clock_ms() + limit};
	bool udp = !resolver->tcp && (!resolver->count || has_transport(resolver, ZONE_UDP));
	bool plain = !resolver->count || has_transport(resolver, ZONE_UDP) ||
		     has_transport(resolver, ZONE_TCP);
	bool ok = true;
	size_t i;

	for (i = 0; i < count; i++) {
		questions[i].answer = ANSWER_FAILED;
		questions[i].failure = "no answer in time";
	}
	*why = "the library cannot be set up";
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return false;
	if (has_transport(resolver, ZONE_TLS))
		ask_tls(&a, questions, count);
	if (plain && any_failed(questions, count))
		ok = ask_round(&a, questions, count, !udp, false, why);
	if (ok && plain && udp && resolver->tcp_on_error && any_failed(questions, count))
		ok = ask_round(&a, questions, count, true, true, why);
	ares_library_cleanup();
	return ok;
}
