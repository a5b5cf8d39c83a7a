/* HTTP as a machine: requests in, responses out; and the answers of the web role. */
#include "unit.h"

#include "runtime/limits.h"
#include "runtime/web_respond.h"

/* What the callback saw last, and a fixed answer. */
struct seen {
	unsigned count;
	char method[16], path[64], query[32], authorization[64], host[64];
	char body[LIMIT_HTTP_KEPT + 1];
	bool cut;
};

static void echo(void *ctx, const struct http_request *request, struct http_response *out)
{
	struct seen *seen = ctx;

	seen->count++;
	snprintf(seen->method, sizeof(seen->method), "%.*s", STR_ARG(request->method));
	snprintf(seen->path, sizeof(seen->path), "%.*s", STR_ARG(request->path));
	snprintf(seen->query, sizeof(seen->query), "%.*s", STR_ARG(request->query));
	snprintf(seen->authorization, sizeof(seen->authorization), "%.*s",
		 STR_ARG(request->authorization));
	snprintf(seen->host, sizeof(seen->host), "%.*s", STR_ARG(request->host));
	snprintf(seen->body, sizeof(seen->body), "%.*s", STR_ARG(request->body));
	seen->cut = request->cut;
	out->status = 200;
	buf_puts(&out->body, STR("body\n"));
}

struct exchange {
	struct seen seen;
	struct buf out;
	enum proto_action action;
};

static void run(const char *in, size_t n, size_t at_a_time, struct exchange *exchange)
{
	const struct proto_settings settings = {.protocol = PROTOCOL_HTTP,
						.hostname = "mx.example.org",
						.respond = echo,
						.ctx = &exchange->seen};
	struct proto proto;
	size_t used, part;

	*exchange = (struct exchange){.out = BUF_INIT};
	assert_true(proto_open(&proto, &settings));
	while (n && exchange->action == PROTO_CONTINUE) {
		part = n < at_a_time ? n : at_a_time;
		used = proto_input(&proto, in, part, &exchange->out, &exchange->action);
		assert_true(used > 0 && used <= part);
		in += used;
		n -= used;
	}
	proto_close(&proto);
	buf_putc(&exchange->out, '\0');
}

#define H "Host: h\r\n"

static const struct script {
	const char *in;
	const char *status; /* of the first response; "": none */
	unsigned count;     /* requests that reached the callback */
	enum proto_action action;
} scripts[] = {
	{"GET / HTTP/1.1\r\n" H "\r\n", "200", 1, PROTO_CONTINUE},
	{"GET / HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n", "200", 2, PROTO_CONTINUE},
	{"\r\nGET / HTTP/1.1\r\n" H "\r\n", "200", 1, PROTO_CONTINUE},
	{"\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H "Connection: foo, Close\r\n\r\nGET / HTTP/1.1\r\n", "200", 1,
	 PROTO_CLOSE},
	{"GET / HTTP/1.0\r\n\r\n", "200", 1, PROTO_CLOSE},
	{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200", 1, PROTO_CLOSE},
	{"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "200", 1,
	 PROTO_CLOSE},
	{"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nab", "", 0,
	 PROTO_CONTINUE},
	{"GET / HTTP/1.0\r\n" H H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET http://h/a HTTP/1.1\r\n" H "\r\n", "200", 1, PROTO_CONTINUE},
	{"OPTIONS * HTTP/1.1\r\n" H "\r\n", "200", 1, PROTO_CONTINUE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n" H "\r\n", "200",
	 2, PROTO_CONTINUE},
	{"POST / HTTP/1.1\r\n" H
	 "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n"
	 "GET / HTTP/1.1\r\n" H "\r\n",
	 "200", 2, PROTO_CONTINUE},
	/* without a Host, or with two */
	{"GET / HTTP/1.1\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H H "\r\n", "400", 0, PROTO_CLOSE},
	/* or with one that is no host, or no asterisk's request */
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "200", 1, PROTO_CONTINUE},
	{"GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n", "200", 1, PROTO_CONTINUE},
	{"GET / HTTP/1.1\r\nHost: h:80\r\n\r\n", "200", 1, PROTO_CONTINUE},
	{"GET / HTTP/1.1\r\nHost: h:80x\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: a[::1]\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET http:///a HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET http://u@h/a HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET /a#b HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET * HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"CONNECT h:443 HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	/* two readers could disagree */
	{"GET / HTTP/1.1\r\n" H "X: a\x01z\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H "X: \ta\tz\r\n\r\n", "200", 1, PROTO_CONTINUE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0 x\r\n\r\n", "400", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0 ;x\r\n\r\n", "200", 1,
	 PROTO_CONTINUE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n;x\r\n\r\n", "400", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", "400", 0, PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	 "400", 0, PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", "501", 0, PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n", "400", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "400", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H " folded\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H "novalue\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\nHost: h\rx\r\n\r\n", "400", 0, PROTO_CLOSE},
	{"GET  / HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET /\r\n", "400", 0, PROTO_CLOSE},
	{"G(T / HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET relative HTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET / HTTP/2.0\r\n" H "\r\n", "505", 0, PROTO_CLOSE},
	{"GET / HTTP/1.2\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	{"GET / FTTP/1.1\r\n" H "\r\n", "400", 0, PROTO_CLOSE},
	/* sizes, and what may come or not */
	{"POST / HTTP/1.1\r\n" H "Content-Length: 1048577\r\n\r\n", "413", 0, PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n100001\r\n", "413", 0,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", "200", 1,
	 PROTO_CLOSE},
	{"POST / HTTP/1.1\r\n" H "Expect: wonders\r\n\r\n", "417", 0, PROTO_CLOSE},
	{"GET / HTTP/1.1\r\n" H, "", 0, PROTO_CONTINUE},
};

static void requests(void **state)
{
	static const size_t steps[] = {SIZE_MAX, 1, 11};
	struct exchange exchange;
	char begin[32];
	size_t i, step;

	(void)state;
	for (i = 0; i < ARRAY_LEN(scripts); i++) {
		for (step = 0; step < ARRAY_LEN(steps); step++) {
			run(scripts[i].in, strlen(scripts[i].in), steps[step], &exchange);
			snprintf(begin, sizeof(begin), "HTTP/1.1 %s ", scripts[i].status);
			if (*scripts[i].status)
				assert_true(str_starts(str_c(exchange.out.p), str_c(begin)));
			else
				assert_string_equal(exchange.out.p, "");
			assert_int_equal(exchange.seen.count, scripts[i].count);
			assert_int_equal(exchange.action, scripts[i].action);
			if (exchange.action == PROTO_CLOSE)
				assert_non_null(
					strstr(exchange.out.p, "\r\nConnection: close\r\n"));
			buf_free(&exchange.out);
		}
	}
}

static void parts(void **state)
{
	static const char in[] = "DELETE http://host:1/a/b?c=d HTTP/1.1\r\nhOST: h\r\n"
				 "authorization:  Basic eA== \r\n\r\n";
	struct exchange exchange;

	(void)state;
	run(in, sizeof(in) - 1, SIZE_MAX, &exchange);
	assert_string_equal(exchange.seen.method, "DELETE");
	assert_string_equal(exchange.seen.path, "/a/b");
	assert_string_equal(exchange.seen.query, "c=d");
	assert_string_equal(exchange.seen.authorization, "Basic eA==");
	assert_string_equal(exchange.seen.host, "host:1");
	assert_true(str_ends(str_c(exchange.out.p), STR("\r\n\r\nbody\n")));
	assert_non_null(strstr(exchange.out.p, "\r\nContent-Length: 5\r\n"));
	assert_non_null(strstr(exchange.out.p, "\r\nDate: "));
	buf_free(&exchange.out);
}

/* A path ends where the authority or the query says, whatever follows looks like. */
static void targets(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} cases[] = {
		{"/a?b?c", "/a", "b?c"},
		{"/?/metrics", "/", "/metrics"},
		{"http://h", "/", ""},
		{"HTTPS://h:1/a", "/a", ""},
		{"http://h?x=/metrics", "/", "x=/metrics"},
		{"//h/a", "//h/a", ""},
	};
	struct exchange exchange;
	char in[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(in, sizeof(in), "GET %s HTTP/1.1\r\n" H "\r\n", cases[i].target);
		run(in, strlen(in), SIZE_MAX, &exchange);
		assert_string_equal(exchange.seen.path, cases[i].path);
		assert_string_equal(exchange.seen.query, cases[i].query);
		buf_free(&exchange.out);
	}
}

/* A body is kept for who asks, whole or not at all, and belongs to its own request. */
static void bodies(void **state)
{
	static const char two[] =
		"POST / HTTP/1.1\r\nHost: one\r\nContent-Length: 5\r\n\r\nabcde"
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: two:2\r\n\r\n"
		"2\r\nfg\r\n1\r\nh\r\n0\r\n\r\n";
	struct exchange exchange;
	struct buf in = BUF_INIT;
	size_t part, n;

	(void)state;
	for (part = 1; part <= sizeof(two); part++) {
		run(two, sizeof(two) - 1, part, &exchange);
		assert_int_equal(exchange.seen.count, 2);
		assert_string_equal(exchange.seen.host, "two:2");
		assert_string_equal(exchange.seen.body, "fgh");
		assert_false(exchange.seen.cut);
		buf_free(&exchange.out);
	}
	for (n = LIMIT_HTTP_KEPT; n <= LIMIT_HTTP_KEPT + 1; n++) {
		buf_clear(&in);
		buf_printf(&in, "POST / HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", n);
		while (in.n <
		       n + strlen("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16384\r\n\r\n"))
			buf_putc(&in, 'x');
		run(in.p, in.n, 1000, &exchange);
		assert_int_equal(exchange.seen.count, 1);
		assert_int_equal(strlen(exchange.seen.body), n == LIMIT_HTTP_KEPT ? n : 0);
		assert_int_equal(exchange.seen.cut, n > LIMIT_HTTP_KEPT);
		buf_free(&exchange.out);
	}
	buf_free(&in);
}

/* HEAD tells the length and sends no body. */
static void head(void **state)
{
	static const char in[] = "HEAD / HTTP/1.1\r\n" H "\r\n";
	struct exchange exchange;

	(void)state;
	run(in, sizeof(in) - 1, SIZE_MAX, &exchange);
	assert_non_null(strstr(exchange.out.p, "\r\nContent-Length: 5\r\n"));
	assert_true(str_ends(str_c(exchange.out.p), STR("\r\n\r\n")));
	buf_free(&exchange.out);
}

/* Too long a target, field or list of fields is refused before it is all here. */
static void too_large(void **state)
{
	struct exchange exchange;
	struct buf in = BUF_INIT;
	int i;

	(void)state;
	buf_puts(&in, STR("GET /"));
	for (i = 0; i < LIMIT_LINE_HTTP; i++)
		buf_putc(&in, 'a');
	run(in.p, in.n, SIZE_MAX, &exchange);
	assert_true(str_starts(str_c(exchange.out.p), STR("HTTP/1.1 414 ")));
	buf_free(&exchange.out);

	buf_clear(&in);
	buf_puts(&in, STR("GET / HTTP/1.1\r\nX: "));
	for (i = 0; i < LIMIT_LINE_HTTP; i++)
		buf_putc(&in, 'a');
	run(in.p, in.n, SIZE_MAX, &exchange);
	assert_true(str_starts(str_c(exchange.out.p), STR("HTTP/1.1 431 ")));
	buf_free(&exchange.out);

	buf_clear(&in);
	buf_puts(&in, STR("GET / HTTP/1.1\r\n"));
	for (i = 0; i <= LIMIT_HTTP_FIELDS; i++)
		buf_puts(&in, STR("X: y\r\n"));
	run(in.p, in.n, SIZE_MAX, &exchange);
	assert_true(str_starts(str_c(exchange.out.p), STR("HTTP/1.1 431 ")));
	buf_free(&exchange.out);
	buf_free(&in);
}

/* ---- the web role's answers ---- */

static char login[] = "scraper:s3cret";

struct web_case {
	const char *method, *path, *authorization;
	struct web_metrics metrics;
	bool loopback, ready;
	unsigned status;
	const char *body;
};

static void answers(void **state)
{
	static const struct web_case cases[] = {
		{"GET", "/healthz/live", "", {0}, false, false, 200, "live\n"},
		{"GET", "/healthz/ready", "", {0}, false, false, 503, "not ready\n"},
		{"GET", "/healthz/ready", "", {0}, false, true, 200, "ready\n"},
		{"HEAD", "/healthz/ready", "", {0}, false, true, 200, "ready\n"},
		{"POST", "/healthz/ready", "", {0}, false, true, 405, "only GET and HEAD\n"},
		{"GET", "/healthz", "", {0}, false, true, 404, "not found\n"},
		{"GET", "/", "", {0}, true, true, 404, "not found\n"},
		{"GET", "/metrics", "", {0}, true, true, 200, NULL},
		{"GET", "/metrics", "", {0}, false, true, 403, NULL},
		{"GET", "/metrics", "", {.open = true}, false, true, 200, NULL},
		{"GET", "/metrics", "", {true, true, login, 14}, true, true, 401, "log in\n"},
		{"GET",
		 "/metrics",
		 "Basic c2NyYXBlcjpzM2NyZXQ=",
		 {true, true, login, 14},
		 false,
		 true,
		 200,
		 NULL},
		{"GET",
		 "/metrics",
		 "basic c2NyYXBlcjpzM2NyZXQ=",
		 {true, true, login, 14},
		 false,
		 true,
		 200,
		 NULL},
		{"GET",
		 "/metrics",
		 "Basic c2NyYXBlcjpzM2NyZXR4",
		 {true, true, login, 14},
		 false,
		 true,
		 401,
		 NULL},
		{"GET",
		 "/metrics",
		 "Basic c2NyYXBlcjpzM2NyZX",
		 {true, true, login, 14},
		 false,
		 true,
		 401,
		 NULL},
		{"GET",
		 "/metrics",
		 "Bearer c2NyYXBlcjpzM2NyZXQ=",
		 {true, true, login, 14},
		 false,
		 true,
		 401,
		 NULL},
	};
	static struct shared_page shared;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct web_view view = {.shared = &shared,
					      .metrics = &cases[i].metrics,
					      .loopback = cases[i].loopback};
		const struct http_request request = {.method = str_c(cases[i].method),
						     .path = str_c(cases[i].path),
						     .authorization = str_c(cases[i].authorization),
						     .head = cases[i].method[0] == 'H'};
		struct http_response response = {0};

		shared.state.ready = cases[i].ready;
		web_respond(&view, &request, &response);
		assert_int_equal(response.status, cases[i].status);
		if (cases[i].body)
			assert_str(buf_str(&response.body), cases[i].body);
		buf_free(&response.body);
	}
}

/* Every sample's family was described before, and the numbers are those of the page. */
static void metrics(void **state)
{
	static struct shared_page shared;
	struct buf out = BUF_INIT;
	char *line, *rest, name[64] = "", type[80];

	(void)state;
	shared.slot[ROLE_EDGE].open = 3;
	shared.slot[ROLE_WEB].open = 1;
	shared.slot[ROLE_EDGE].accepted[PROTOCOL_IMAP] = 7;
	shared.slot[ROLE_EDGE].refused_blocked = 2;
	shared.slot[ROLE_WEB].refused_blocked = 3;
	shared.state.reload_micros = 1002003;
	metrics_write(&shared, &out);
	buf_putc(&out, '\0');
	assert_non_null(strstr(out.p, "\nstw_connections_open{role=\"edge\"} 3\n"));
	assert_non_null(strstr(out.p, "\nstw_connections_open{role=\"web\"} 1\n"));
	assert_non_null(strstr(out.p, "\nstw_connections_accepted_total{protocol=\"imap\"} 7\n"));
	assert_non_null(strstr(out.p, "\nstw_connections_refused_total{reason=\"blocked\"} 5\n"));
	assert_non_null(strstr(out.p, "\nstw_reload_duration_seconds 1.002003\n"));
	for (line = strtok_r(out.p, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "# TYPE %63s %79s", name, type) == 2 || line[0] == '#')
			continue;
		assert_true(strncmp(line, name, strlen(name)) == 0);
		assert_true(line[strlen(name)] == ' ' || line[strlen(name)] == '{');
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),  cmocka_unit_test(parts),   cmocka_unit_test(head),
		cmocka_unit_test(too_large), cmocka_unit_test(answers), cmocka_unit_test(metrics),
		cmocka_unit_test(targets),   cmocka_unit_test(bodies),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
