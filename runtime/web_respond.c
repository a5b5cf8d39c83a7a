#include "runtime/web_respond.h"

#include <stdlib.h>

static void put_text(struct http_response *out, unsigned status, const char *text)
{
	out->status = status;
	out->type = "text/plain; charset=utf-8";
	buf_printf(&out->body, "%s\n", text);
}

static void on_live(const struct web_view *view, const struct http_request *request,
		    struct http_response *out)
{
	(void)view;
	(void)request;
	put_text(out, 200, "live");
}

static void on_ready(const struct web_view *view, const struct http_request *request,
		     struct http_response *out)
{
	(void)request;
	if (atomic_load(&view->shared->state.ready))
		put_text(out, 200, "ready");
	else
		put_text(out, 503, "not ready");
}

/* Takes as long wherever the first difference is. */
static bool equal_in_constant_time(struct str a, struct str b)
{
	unsigned char differ = 0;
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		differ |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differ == 0;
}

/* RFC 7617: "Basic" and the base64 of "user:secret". */
static bool logged_in(const struct web_metrics *metrics, struct str authorization)
{
	struct str scheme = line_word(&authorization);
	struct buf expected = {.secret = true};
	bool ok;

	if (!line_is(scheme, "Basic"))
		return false;
	buf_put_base64(&expected, metrics->login, metrics->login_n);
	ok = !expected.failed && equal_in_constant_time(buf_str(&expected), authorization);
	buf_free(&expected);
	return ok;
}

static void on_metrics(const struct web_view *view, const struct http_request *request,
		       struct http_response *out)
{
	if (!view->metrics->open && !view->loopback) {
		put_text(out, 403,
			 "metrics are for loopback peers unless Metrics.prometheus is Enabled");
		return;
	}
	if (view->metrics->needs_login && !logged_in(view->metrics, request->authorization)) {
		put_text(out, 401, "log in");
		out->header = "WWW-Authenticate: Basic realm=\"metrics\"\r\n";
		return;
	}
	out->status = 200;
	out->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(view->shared, &out->body);
}

static const struct resource {
	const char *path;
	void (*get)(const struct web_view *view, const struct http_request *request,
		    struct http_response *out);
} resources[] = {
	{"/healthz/live", on_live},
	{"/healthz/ready", on_ready},
	{"/metrics", on_metrics},
};

void web_respond(const struct web_view *view, const struct http_request *request,
		 struct http_response *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(resources); i++) {
		if (!str_eq_c(request->path, resources[i].path))
			continue;
		if (request->head || str_eq_c(request->method, "GET")) {
			resources[i].get(view, request, out);
		} else {
			put_text(out, 405, "only GET and HEAD");
			out->header = "Allow: GET, HEAD\r\n";
		}
		if (out->body.failed) {
			buf_clear(&out->body);
			put_text(out, 500, "out of memory");
		}
		return;
	}
	if (view->discovery && discovery_respond(view, request, out)) {
		if (out->body.failed) {
			buf_clear(&out->body);
			put_text(out, 500, "out of memory");
		}
		return;
	}
	put_text(out, 404, "not found");
}
