#include "runtime/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "runtime/limits.h"

/*
 * HTTP/1.1 (RFC 9112): requests are read line by line, the beginning of a body is kept, and one
 * callback gives the response. Whatever two readers could understand differently (two lengths, a
 * length beside a transfer coding, folded or unnamed fields, bare line ends) is refused and the
 * connection ends.
 */
enum http_state {
	HTTP_REQUEST_LINE,
	HTTP_FIELDS,
	HTTP_BODY,
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK,
	HTTP_CHUNK_END,
	HTTP_TRAILERS
};

struct http_parser {
	enum http_state state;
	/* method, target, host and credentials of the request, one after another in their order */
	struct buf text;
	struct buf body; /* what is kept of it */
	size_t method_n, target_n, host_at, host_n, authorization_at, authorization_n;
	bool cut; /* the body is longer than what is kept */
	bool v10, close, chunked, expect, has_length, has_authorization;
	unsigned hosts, fields;
	size_t header_size;
	uint64_t left;      /* octets of the body or chunk still to come */
	uint64_t body_size; /* of the chunks so far */
};

struct http_parser *http_parser_new(void)
{
	struct http_parser *parser = calloc(1, sizeof(*parser));

	if (parser)
		parser->text.secret = parser->body.secret = true; /* credentials */
	return parser;
}

void http_parser_free(struct http_parser *parser)
{
	if (!parser)
		return;
	buf_free(&parser->text);
	buf_free(&parser->body);
	free(parser);
}

static void parser_reset(struct http_parser *parser)
{
	struct buf text = parser->text, body = parser->body;

	buf_wipe(&text);
	buf_wipe(&body);
	*parser = (struct http_parser){.text = text, .body = body};
}

static const char *status_phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{417, "Expectation Failed"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Status";
}

/* IMF-fixdate (RFC 9110 5.6.7), without the locale's names. */
static void put_date(struct buf *out)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm))
		return;
	buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * tm.tm_wday,
		   tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		   tm.tm_sec);
}

static void put_response(struct buf *out, const struct http_response *response, bool head,
			 bool last)
{
	buf_printf(out, "HTTP/1.1 %u %s\r\n", response->status, status_phrase(response->status));
	put_date(out);
	buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", response->type,
		   response->body.n);
	if (response->max_age)
		buf_printf(out, "Cache-Control: max-age=%u\r\n", response->max_age);
	else
		buf_puts(out, STR("Cache-Control: no-store\r\n"));
	buf_puts(out, STR("X-Content-Type-Options: nosniff\r\n"));
	if (response->header)
		buf_puts(out, str_c(response->header));
	buf_puts(out, last ? STR("Connection: close\r\n\r\n") : STR("\r\n"));
	if (!head)
		buf_puts(out, buf_str(&response->body));
}

/* An error without a resource: the phrase is the body, and the connection ends. */
static void put_error(struct buf *out, unsigned status)
{
	struct http_response response = {.status = status, .type = "text/plain; charset=utf-8"};

	buf_printf(&response.body, "%s\n", status_phrase(status));
	put_response(out, &response, false, true);
	buf_free(&response.body);
}

static enum proto_action fail(struct buf *out, unsigned status)
{
	put_error(out, status);
	return PROTO_CLOSE;
}

static bool token_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			continue;
		if (!c || !strchr("!#$%&'*+-.^_`|~", c))
			return false;
	}
	return s.n > 0;
}

static bool target_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '#')
			return false;
	}
	return s.n > 0;
}

/* The part of the line up to a single blank, which goes too; empty when there is none. */
static struct str take_part(struct str *line)
{
	const char *blank = line->n ? memchr(line->p, ' ', line->n) : NULL;
	struct str part = {line->p, blank ? (size_t)(blank - line->p) : 0};

	if (blank)
		*line = str_from(*line, part.n + 1);
	return part;
}

static enum proto_action request_line(struct http_parser *parser, struct str line, struct buf *out)
{
	struct str method, target;

	if (!line.n && parser->header_size == 0) {
		parser->header_size = 1; /* one empty line before a request is tolerated (2.2) */
		return PROTO_CONTINUE;
	}
	method = take_part(&line);
	target = take_part(&line);
	if (!token_ok(method) || !target_ok(target) || line.n != 8 ||
	    memcmp(line.p, "HTTP/", 5) != 0)
		return fail(out, 400);
	if (!str_eq_c(line, "HTTP/1.1") && !str_eq_c(line, "HTTP/1.0"))
		return fail(out, line.p[5] == '1' ? 400 : 505);
	parser->v10 = line.p[7] == '0';
	parser->method_n = method.n;
	parser->target_n = target.n;
	buf_puts(&parser->text, method);
	buf_puts(&parser->text, target);
	parser->state = HTTP_FIELDS;
	return PROTO_CONTINUE;
}

static bool list_has(struct str list, const char *word)
{
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		struct str one = {list.p, comma ? (size_t)(comma - list.p) : list.n};
		struct str rest = one;

		list = str_from(list, one.n + 1);
		if (line_is(line_word(&rest), word) && !rest.n)
			return true;
	}
	return false;
}

/* uri-host [":" port] (RFC 9110 7.2); empty where the target has no authority. No user, no path:
 * the part behind could be read as another host. */
static bool host_ok(struct str s)
{
	bool literal = s.n && s.p[0] == '[', port = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (port && (c < '0' || c > '9'))
			return false;
		if (c == ':' && !literal)
			port = true;
		else if (c == ']' && literal)
			literal = false;
		else if (c <= ' ' || c >= 0x7f || strchr("\"#/<>?@\\^`{|}", c) ||
			 (c == '[' && i > 0) || c == ']')
			return false;
	}
	return !literal;
}

static unsigned on_length(struct http_parser *parser, struct str value)
{
	if (parser->has_length || num_u64(value, &parser->left) != NUM_OK)
		return 400;
	parser->has_length = true;
	return parser->left > LIMIT_HTTP_BODY ? 413 : 0;
}

/* A field that the connection needs to know; 0, or the status of the refusal. */
static unsigned field(struct http_parser *parser, struct str name, struct str value)
{
	if (line_is(name, "host")) {
		parser->hosts++;
		parser->host_at = parser->text.n;
		parser->host_n = value.n;
		buf_puts(&parser->text, value);
		return host_ok(value) ? 0 : 400;
	}
	if (line_is(name, "connection")) {
		parser->close = parser->close || list_has(value, "close");
	} else if (line_is(name, "content-length")) {
		return on_length(parser, value);
	} else if (line_is(name, "transfer-encoding")) {
		if (parser->chunked || parser->v10)
			return 400;
		parser->chunked = true;
		return line_is(value, "chunked") ? 0 : 501;
	} else if (line_is(name, "expect") && !parser->v10) { /* RFC 9110 10.1.1 */
		parser->expect = true;
		return line_is(value, "100-continue") ? 0 : 417;
	} else if (line_is(name, "authorization")) {
		if (parser->has_authorization)
			return 400;
		parser->has_authorization = true;
		parser->authorization_at = parser->text.n;
		parser->authorization_n = value.n;
		buf_puts(&parser->text, value);
	}
	return 0;
}

static struct str trimmed(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* No control characters but tabs (RFC 9110 5.5). */
static bool value_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static enum proto_action field_line(struct http_parser *parser, struct str line, struct buf *out)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct str name = {line.p, colon ? (size_t)(colon - line.p) : 0}, value;
	unsigned status;

	parser->header_size += line.n + 2;
	if (++parser->fields > LIMIT_HTTP_FIELDS || parser->header_size > LIMIT_HTTP_HEADERS)
		return fail(out, 431);
	value = trimmed(str_from(line, name.n + 1));
	if (!token_ok(name) || !value_ok(value)) /* no colon, a blank before it, or a folded line */
		return fail(out, 400);
	status = field(parser, name, value);
	return status ? fail(out, status) : PROTO_CONTINUE;
}

/* Takes scheme and authority of an absolute target off; it is the host then, whatever the field
 * says (RFC 9112 3.2.2). False: there is no host in it. */
static bool authority_skip(struct str *target, size_t scheme, struct str *out_host)
{
	struct str rest = str_from(*target, scheme), host = {rest.p, 0};

	while (host.n < rest.n && rest.p[host.n] != '/' && rest.p[host.n] != '?')
		host.n++;
	*target = str_from(rest, host.n);
	*out_host = host;
	return host.n && host_ok(host);
}

/* Path and query of the target: origin form; absolute form, which every server has to take (RFC
 * 9112 3.2.2); or the asterisk, for OPTIONS alone. False: none of them. */
static bool target_split(struct str target, struct http_request *request)
{
	struct str seven = {target.p, target.n < 7 ? target.n : 7};
	struct str eight = {target.p, target.n < 8 ? target.n : 8};
	size_t scheme = line_is(seven, "http://") ? 7 : line_is(eight, "https://") ? 8 : 0;
	const char *mark;

	if (scheme && !authority_skip(&target, scheme, &request->host))
		return false;
	if (!scheme && target.p[0] != '/' &&
	    !(str_eq_c(target, "*") && str_eq_c(request->method, "OPTIONS")))
		return false;
	mark = target.n ? memchr(target.p, '?', target.n) : NULL;
	request->path = (struct str){target.p, mark ? (size_t)(mark - target.p) : target.n};
	request->query = mark ? str_from(target, request->path.n + 1) : STR_NONE;
	if (!request->path.n)
		request->path = STR("/");
	return true;
}

static struct str str_part(struct str s, size_t at, size_t n)
{
	struct str part = str_from(s, at);

	part.n = n < part.n ? n : part.n;
	return part;
}

/* The request is complete: responds, and makes ready for the next one. */
static enum proto_action respond(struct proto *proto, struct buf *out)
{
	struct http_parser *parser = proto->http;
	struct http_response response = {.status = 500, .type = "text/plain; charset=utf-8"};
	struct http_request request = {.method = {parser->text.p, parser->method_n}};
	struct str target = {parser->text.p + parser->method_n, parser->target_n};
	struct str all = buf_str(&parser->text);
	bool last = parser->close || parser->v10; /* 1.1 persists, 1.0 need not (9.3) */

	proto->commands++;
	if (parser->text.failed || parser->body.failed)
		return fail(out, 500);
	request.host = str_part(all, parser->host_at, parser->host_n);
	if (!target_split(target, &request))
		return fail(out, 400);
	request.authorization = str_part(all, parser->authorization_at, parser->authorization_n);
	request.body = buf_str(&parser->body);
	request.cut = parser->cut;
	request.unsent = parser->expect;
	request.head = str_eq_c(request.method, "HEAD");
	proto->settings.respond(proto->settings.ctx, &request, &response);
	/* with Expect the body may still come or not: nobody can tell, so the connection ends */
	last = last || parser->expect;
	put_response(out, &response, request.head, last);
	buf_free(&response.body);
	parser_reset(parser);
	return last ? PROTO_CLOSE : PROTO_CONTINUE;
}

static enum proto_action fields_done(struct proto *proto, struct buf *out)
{
	struct http_parser *parser = proto->http;

	if (parser->hosts != 1 && !(parser->v10 && parser->hosts == 0))
		return fail(out, 400);
	if (parser->chunked && parser->has_length)
		return fail(out, 400);
	if (parser->expect)
		return respond(proto, out);
	if (parser->chunked)
		parser->state = HTTP_CHUNK_SIZE;
	else if (parser->left)
		parser->state = HTTP_BODY;
	else
		return respond(proto, out);
	return PROTO_CONTINUE;
}

static enum proto_action chunk_size(struct http_parser *parser, struct str line, struct buf *out)
{
	uint64_t size = 0;
	struct str rest;
	size_t i;

	for (i = 0; i < line.n; i++) {
		char c = line.p[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			break;
		size = size * 16 + digit;
		if (size > LIMIT_HTTP_BODY)
			return fail(out, 413);
	}
	rest = trimmed(str_from(line, i)); /* an extension, or nothing (7.1) */
	if (i == 0 || (i < line.n && (!rest.n || rest.p[0] != ';')))
		return fail(out, 400);
	parser->body_size += size;
	if (parser->body_size > LIMIT_HTTP_BODY)
		return fail(out, 413);
	parser->left = size;
	parser->state = size ? HTTP_CHUNK : HTTP_TRAILERS;
	return PROTO_CONTINUE;
}

static enum proto_action flawed(const struct proto *proto, struct buf *out)
{
	if (proto->line.flaw == LINE_LONG)
		return fail(out, proto->http->state == HTTP_REQUEST_LINE ? 414 : 431);
	return fail(out, 400);
}

static enum proto_action http_command(struct proto *proto, struct buf *out)
{
	struct http_parser *parser = proto->http;
	struct str line = buf_str(&proto->line.text);

	if (proto->line.flaw != LINE_GOOD)
		return flawed(proto, out);
	switch (parser->state) {
	case HTTP_REQUEST_LINE: return request_line(parser, line, out);
	case HTTP_FIELDS: return line.n ? field_line(parser, line, out) : fields_done(proto, out);
	case HTTP_CHUNK_SIZE: return chunk_size(parser, line, out);
	case HTTP_CHUNK_END:
		parser->state = HTTP_CHUNK_SIZE;
		return line.n ? fail(out, 400) : PROTO_CONTINUE;
	case HTTP_TRAILERS:
		parser->header_size += line.n + 2;
		if (parser->header_size > LIMIT_HTTP_HEADERS)
			return fail(out, 431);
		return line.n ? PROTO_CONTINUE : respond(proto, out);
	case HTTP_BODY:
	case HTTP_CHUNK: break;
	}
	return PROTO_CLOSE; /* octets of bodies are never lines */
}

/* Octets of a body or a chunk: kept up to a limit, and as a whole or not at all. */
static size_t take_body(struct proto *proto, struct str bytes, struct buf *out,
			enum proto_action *action)
{
	struct http_parser *parser = proto->http;
	size_t take = bytes.n < parser->left ? bytes.n : (size_t)parser->left;

	parser->cut = parser->cut || take > LIMIT_HTTP_KEPT - parser->body.n;
	if (parser->cut)
		buf_clear(&parser->body);
	else
		buf_put(&parser->body, bytes.p, take);
	parser->left -= take;
	if (parser->left)
		return take;
	if (parser->state == HTTP_CHUNK)
		parser->state = HTTP_CHUNK_END;
	else
		*action = respond(proto, out);
	return take;
}

size_t http_input(struct proto *proto, const char *bytes, size_t n, struct buf *out,
		  enum proto_action *action)
{
	bool complete;
	size_t used;

	*action = PROTO_CONTINUE;
	if (proto->http->state == HTTP_BODY || proto->http->state == HTTP_CHUNK)
		return take_body(proto, (struct str){bytes, n}, out, action);
	used = line_feed(&proto->line, bytes, n, &complete);
	if (complete) {
		*action = proto->machine->command(proto, out);
		line_next(&proto->line);
	} else if (proto->line.flaw == LINE_LONG) {
		*action = flawed(proto, out); /* no need to wait for its end */
	}
	return used;
}

static void http_greet(struct proto *proto, struct buf *out)
{
	(void)proto; /* the client speaks first */
	(void)out;
}

static void http_end(const char *hostname, enum proto_end why, struct buf *out)
{
	(void)hostname;
	switch (why) {
	case PROTO_END_IDLE:
	case PROTO_END_SHUTDOWN: return; /* nothing was asked: simply closed (RFC 9112 9.5) */
	case PROTO_END_CAPPED: put_error(out, 503); return;
	}
}

const struct proto_machine proto_http = {
	.line_limit = LIMIT_LINE_HTTP,
	.idle = LIMIT_IDLE_HTTP,
	.greet = http_greet,
	.command = http_command,
	.end = http_end,
};
