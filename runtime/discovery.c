/*
 * What mail clients look for at well-known addresses. The documents lie in the image, made by the
 * compiler (libstw/discovery.h): here a request finds its host and its document, and what a
 * document leaves open is copied between its pieces. The host of a request is one of a domain
 * (autoconfig.D, autodiscover.D, ua-auto-config.D, mta-sts.D, or D itself), or a host of the
 * server, to which records of the DNS may lead; there the address that is asked about says which
 * domain.
 *
 * Everything in a request is a stranger's: it is bounded, compared and escaped, never parsed beyond
 * what is searched for.
 */
#include "base/utf8.h"
#include "runtime/limits.h"
#include "runtime/web_respond.h"

#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3, without the brackets */
#define LOCAL_MAX 64    /* 4.5.3.1.1 */
#define KEPT_SECONDS 600

static const struct route {
	const char *path;
	enum stw_document document;
	const char *type;
	const char *prefix; /* of the host, before the domain */
	bool bare;          /* at the domain itself and at hosts of the server too */
	bool post;
	bool any_case; /* of the path: Outlook writes it in several ways */
} routes[] = {
	{"/mail/config-v1.1.xml", STW_DOCUMENT_AUTOCONFIG, "text/xml; charset=utf-8", "autoconfig.",
	 false, false, false},
	{"/.well-known/autoconfig/mail/config-v1.1.xml", STW_DOCUMENT_AUTOCONFIG,
	 "text/xml; charset=utf-8", "autoconfig.", true, false, false},
	{"/autodiscover/autodiscover.xml", STW_DOCUMENT_AUTODISCOVER, "text/xml; charset=utf-8",
	 "autodiscover.", true, true, true},
	{"/autodiscover/autodiscover.json", STW_DOCUMENT_AUTODISCOVER_JSON, "application/json",
	 "autodiscover.", true, false, true},
	{"/.well-known/user-agent-configuration.json", STW_DOCUMENT_PACC, "application/json",
	 "ua-auto-config.", false, false, false},
	{"/.well-known/mta-sts.txt", STW_DOCUMENT_MTA_STS, "text/plain; charset=utf-8", "mta-sts.",
	 false, false, false},
};

/* A name or an address of a request. */
struct text {
	char p[ADDRESS_MAX + 1];
	size_t n;
};

static struct str text_str(const struct text *text)
{
	return (struct str){text->p, text->n};
}

static bool text_add(struct text *text, char c)
{
	if (text->n >= ADDRESS_MAX)
		return false;
	text->p[text->n++] = c;
	return true;
}

/* In the form of the table: no port, no dot at the end, lower case. False: it cannot be in it. */
static bool host_name(struct str host, struct text *out)
{
	const char *colon = host.n && host.p[0] != '[' ? memchr(host.p, ':', host.n) : NULL;
	size_t i;

	out->n = 0;
	if (colon)
		host.n = (size_t)(colon - host.p);
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	for (i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!text_add(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c))
			return false;
	}
	return out->n > 0;
}

/* ---- addresses ---- */

/* An address that can be shown, with a domain: "local@domain", and nothing that only quotes or
 * comments would make legal. *out_domain is a part of it. */
static bool address_ok(struct str address, struct str *out_domain)
{
	const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;
	size_t local = at ? (size_t)(at - address.p) : 0, i;

	if (!local || local > LOCAL_MAX || utf8_valid_prefix(address) != address.n)
		return false;
	for (i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];

		if (c <= ' ' || c == 0x7f || strchr("\"(),:;<>[\\]", c) || (c == '@' && i < local))
			return false;
	}
	*out_domain = str_from(address, local + 1);
	return out_domain->n > 0;
}

/* Two characters of character data stand in addresses and may be written otherwise. */
static bool decode_entity(struct str *rest, struct text *out)
{
	if (str_starts(*rest, STR("&amp;"))) {
		*rest = str_from(*rest, 5);
		return text_add(out, '&');
	}
	if (str_starts(*rest, STR("&apos;"))) {
		*rest = str_from(*rest, 6);
		return text_add(out, '\'');
	}
	return false;
}

static bool decode_data(struct str data, struct text *out)
{
	out->n = 0;
	while (data.n && strchr(" \t\r\n", data.p[0]))
		data = str_from(data, 1);
	while (data.n && strchr(" \t\r\n", data.p[data.n - 1]))
		data.n--;
	while (data.n) {
		if (data.p[0] == '&') {
			if (!decode_entity(&data, out))
				return false;
			continue;
		}
		if (!text_add(out, data.p[0]))
			return false;
		data = str_from(data, 1);
	}
	return true;
}

static struct str find(struct str s, struct str what)
{
	const char *found = s.n ? memmem(s.p, s.n, what.p, what.n) : NULL;

	return found ? str_from(s, (size_t)(found - s.p)) : STR_NONE;
}

/* The address in a request of Outlook ([MS-OXDSCLI] 2.2.3): the one element that holds it, in a
 * body without comments, sections or declarations of types, in which it could be something else. */
static bool body_address(struct str body, struct text *out)
{
	static const struct str open = {"<EMailAddress>", 14}, close = {"</EMailAddress>", 15};
	struct str data = str_from(find(body, open), open.n), rest;

	if (!data.n || find(body, STR("<!")).p || find(data, open).p)
		return false;
	rest = find(data, STR("<"));
	if (!str_starts(rest, close))
		return false;
	data.n -= rest.n;
	return decode_data(data, out);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.1. A plus is itself: addresses have one more often than blanks. */
static bool decode_percent(struct str s, struct text *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (!text_add(out, c))
			return false;
	}
	return true;
}

/* The first of that name, without regard to case. False: there is none, or it is too long. */
static bool query_get(struct str query, const char *name, struct text *out)
{
	while (query.n) {
		const char *end = memchr(query.p, '&', query.n);
		struct str one = {query.p, end ? (size_t)(end - query.p) : query.n};
		const char *equals = one.n ? memchr(one.p, '=', one.n) : NULL;
		struct str key = {one.p, equals ? (size_t)(equals - one.p) : one.n};

		query = str_from(query, one.n + 1);
		if (equals && str_eq_ascii_case(key, str_c(name)))
			return decode_percent(str_from(one, key.n + 1), out);
	}
	return false;
}

/* The address that a request asks about, for hosts that do not say the domain by themselves. */
static bool request_address(const struct http_request *request, const struct route *route,
			    struct text *out, struct str *out_domain)
{
	const char *slash = memrchr(request->path.p, '/', request->path.n);
	bool found;

	if (route->post) {
		found = body_address(request->body, out);
	} else {
		found = query_get(request->query, "emailaddress", out) ||
			query_get(request->query, "Email", out);
		/* /autodiscover/autodiscover.json/v1.0/ADDRESS */
		if (!found && slash && route->document == STW_DOCUMENT_AUTODISCOVER_JSON)
			found = decode_percent(
				str_from(request->path, (size_t)(slash - request->path.p) + 1),
				out);
	}
	return found && address_ok(text_str(out), out_domain);
}

/* ---- hosts ---- */

/* The domain of an address among ours. */
static bool find_domain(const struct web_view *view, struct str domain,
			struct stw_discovery_host *out)
{
	struct text name;

	return host_name(domain, &name) &&
	       stw_discovery_find(view->discovery, text_str(&name), out) && !out->server;
}

enum host_kind {
	HOST_NONE,
	HOST_DOMAIN, /* *out is the domain */
	HOST_SERVER  /* of the server: the address says which domain */
};

static enum host_kind find_host(const struct web_view *view, const struct route *route,
				struct str host, struct stw_discovery_host *out)
{
	struct str prefix = str_c(route->prefix), name;
	struct text text;

	if (!host_name(host, &text))
		return HOST_NONE;
	name = text_str(&text);
	if (str_starts(name, prefix) &&
	    stw_discovery_find(view->discovery, str_from(name, prefix.n), out) && !out->server)
		return HOST_DOMAIN;
	if (!route->bare)
		return HOST_NONE;
	if (stw_discovery_find(view->discovery, name, out))
		return out->server ? HOST_SERVER : HOST_DOMAIN;
	return str_eq_ascii_case(name, str_c(view->hostname)) ? HOST_SERVER : HOST_NONE;
}

/* ---- responses ---- */

static void say(struct http_response *out, unsigned status, const char *text)
{
	out->status = status;
	out->type = "text/plain; charset=utf-8";
	buf_printf(&out->body, "%s\n", text);
}

static void refuse_method(const struct route *route, struct http_response *out)
{
	say(out, 405, route->post ? "only POST" : "only GET and HEAD");
	out->header = route->post ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
}

static bool method_ok(const struct http_request *request, const struct route *route)
{
	if (route->post)
		return str_eq_c(request->method, "POST");
	return request->head || str_eq_c(request->method, "GET");
}

/* Version 2 of Autodiscover asks for one of many protocols; this is the only one here. */
static bool is_autodiscover_v1(const struct http_request *request)
{
	struct text protocol;

	return query_get(request->query, "Protocol", &protocol) &&
	       str_eq_ascii_case(text_str(&protocol), STR("AutodiscoverV1"));
}

static void refuse_protocol(struct http_response *out)
{
	out->status = 400;
	out->type = "application/json";
	buf_puts(&out->body, STR("{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":"
				 "\"The only protocol is AutodiscoverV1.\"}\n"));
}

static void put_document(const struct web_view *view, const struct route *route,
			 const struct stw_discovery_host *host, struct str address,
			 struct http_response *out)
{
	const struct stw_document_values values = {
		.domain = host->name, .address = address, .hostname = str_c(view->hostname)};
	struct stw_scan document;

	if (!stw_discovery_document(view->discovery, host, route->document, &document)) {
		say(out, 404, "not found");
		return;
	}
	out->status = 200;
	out->type = route->type;
	out->max_age = route->post ? 0 : KEPT_SECONDS;
	stw_document_put(document, &values, &out->body);
}

/* Outlook's request. Its address is of the domain whose host is asked. */
static void on_post(const struct web_view *view, const struct http_request *request,
		    const struct route *route, struct http_response *out)
{
	struct stw_discovery_host host, asked;
	enum host_kind kind = find_host(view, route, request->host, &host);
	struct str domain;
	struct text address;

	if (kind == HOST_NONE)
		say(out, 404, "not found");
	else if (!method_ok(request, route))
		refuse_method(route, out);
	else if (request->unsent)
		say(out, 417, "send the body at once");
	else if (request->cut)
		say(out, 413, "too long");
	else if (!request_address(request, route, &address, &domain))
		say(out, 400, "no e-mail address");
	else if (!find_domain(view, domain, &asked) ||
		 (kind == HOST_DOMAIN && !str_eq(asked.name, host.name)))
		say(out, 404, "no such domain here");
	else
		put_document(view, route, &asked, text_str(&address), out);
}

static void on_get(const struct web_view *view, const struct http_request *request,
		   const struct route *route, struct http_response *out)
{
	struct stw_discovery_host host;
	enum host_kind kind = find_host(view, route, request->host, &host);
	struct str domain;
	struct text address;

	if (kind == HOST_NONE)
		say(out, 404, "not found");
	else if (!method_ok(request, route))
		refuse_method(route, out);
	else if (route->document == STW_DOCUMENT_AUTODISCOVER_JSON && !is_autodiscover_v1(request))
		refuse_protocol(out);
	else if (kind == HOST_SERVER && (!request_address(request, route, &address, &domain) ||
					 !find_domain(view, domain, &host)))
		say(out, 404, "no such domain here");
	else
		put_document(view, route, &host, STR_NONE, out);
}

static bool path_is(const struct route *route, struct str path)
{
	struct str wanted = str_c(route->path), start = path;

	if (!route->any_case)
		return str_eq(path, wanted);
	start.n = wanted.n < path.n ? wanted.n : path.n;
	/* behind the JSON's comes /v1.0/ADDRESS, or nothing */
	return str_eq_ascii_case(start, wanted) &&
	       (path.n == wanted.n ||
		(route->document == STW_DOCUMENT_AUTODISCOVER_JSON && path.p[wanted.n] == '/'));
}

bool discovery_respond(const struct web_view *view, const struct http_request *request,
		       struct http_response *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(routes); i++) {
		if (!path_is(&routes[i], request->path))
			continue;
		if (routes[i].post)
			on_post(view, request, &routes[i], out);
		else
			on_get(view, request, &routes[i], out);
		return true;
	}
	return false;
}
