/* Small languages: scalars, addresses, names, and what peers say. What is written is read again
 * as the same. */
#include "fuzz.h"

#include <string.h>

#include "engine/netaddr.h"
#include "grammar/scalar.h"
#include "runtime/proto.h"
#include "stwc/names.h"

static void want_durations(struct str text)
{
	uint64_t ms, again, count;
	char out[64];

	if (scalar_duration(text, &ms) == SCALAR_OK) {
		scalar_format_duration(ms, out);
		FUZZ_WANT(scalar_duration(str_c(out), &again) == SCALAR_OK && again == ms);
	}
	if (scalar_rate(text, &count, &ms) == SCALAR_OK)
		FUZZ_WANT(memchr(text.p, '/', text.n));
}

static void want_size(struct str text)
{
	uint64_t bytes, again;
	char out[32];

	if (scalar_size(text, &bytes) != SCALAR_OK)
		return;
	scalar_format_size(bytes, out);
	/* without a unit it is an integer's business */
	if (strpbrk(out, "bB"))
		FUZZ_WANT(scalar_size(str_c(out), &again) == SCALAR_OK && again == bytes);
}

static void want_date(struct str text)
{
	int64_t seconds, again;
	char out[32];

	if (scalar_date_time(text, &seconds) != SCALAR_OK)
		return;
	scalar_format_date_time(seconds, out);
	/* an offset may lead out of the years that can be written */
	if (seconds >= 0 && seconds < INT64_C(32503680000))
		FUZZ_WANT(scalar_date_time(str_c(out), &again) == SCALAR_OK && again == seconds);
}

void fuzz_scalar(const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data, n};

	want_durations(text);
	want_size(text);
	want_date(text);
}

static void want_network(struct str text)
{
	struct net_network network, again;
	char out[NET_TEXT_SIZE];
	struct net_addr base, mapped;

	if (net_network_parse(text, &network) != NET_OK)
		return;
	net_network_format(&network, out);
	FUZZ_WANT(net_network_parse(str_c(out), &again) == NET_OK);
	FUZZ_WANT(net_network_eq(&network, &again));
	base = net_network_base(&network);
	FUZZ_WANT(net_network_has(&network, &base));
	mapped = net_addr_map(&base);
	FUZZ_WANT(net_network_has(&network, &mapped));
}

void fuzz_address(const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data, n};
	struct net_addr addr, again;
	struct net_socket socket, same;
	char out[NET_TEXT_SIZE];

	if (net_addr_parse(text, &addr) == NET_OK) {
		net_addr_format(&addr, out);
		FUZZ_WANT(net_addr_parse(str_c(out), &again) == NET_OK);
		FUZZ_WANT(net_addr_eq(&addr, &again));
	}
	if (net_socket_parse(text, &socket) == NET_OK) {
		net_socket_format(&socket, out);
		FUZZ_WANT(net_socket_parse(str_c(out), &same) == NET_OK);
		FUZZ_WANT(net_addr_eq(&socket.addr, &same.addr) && socket.port == same.port);
	}
	want_network(text);
}

void fuzz_name(const uint8_t *data, size_t n)
{
	static struct str (*const validators[])(struct arena *, struct str) = {
		name_domain, name_host, name_email, name_email_local};
	struct str text = {(const char *)data, n};
	struct arena arena;

	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_LEN(validators); i++) {
		struct str first = validators[i](&arena, text), second;

		if (!first.p)
			continue;
		FUZZ_WANT(!first.n || !memchr(first.p, '\0', first.n));
		second = validators[i](&arena, first);
		/* what is normal stays; but a dot that only IDNA makes (U+3002) may stand last */
		FUZZ_WANT(!second.p || str_eq(first, second));
	}
	FUZZ_WANT(name_trimmed(text).n <= n && !arena.failed);
	arena_free(&arena);
}

static void respond(void *ctx, const struct http_request *request, struct http_response *out)
{
	(void)ctx;
	FUZZ_WANT(request->path.n > 0);
	out->status = request->query.n % 2 ? 404 : 200;
	buf_puts(&out->body, request->method);
}

/* The first byte: protocol, and how many octets come at once. */
void fuzz_protocol(const uint8_t *data, size_t n)
{
	uint8_t first = n ? data[0] : 0;
	size_t at_once = first / PROTOCOL_COUNT ? first / PROTOCOL_COUNT : 4096, at = 1;
	const struct proto_settings settings = {
		.protocol = (enum protocol)(first % PROTOCOL_COUNT),
		.hostname = "mx.example.org",
		.tls_offered = first % 4 != 0,
		.secure = first % 8 == 1,
		.respond = respond,
	};
	enum proto_action action = PROTO_CONTINUE;
	struct buf out = BUF_INIT;
	struct proto proto;

	FUZZ_WANT(proto_open(&proto, &settings));
	if (settings.protocol != PROTOCOL_HTTP)
		proto_greet(&proto, &out);
	while (at < n && action != PROTO_CLOSE) {
		size_t part = n - at < at_once ? n - at : at_once;
		size_t used = proto_input(&proto, (const char *)data + at, part, &out, &action);

		FUZZ_WANT(used > 0 && used <= part);
		at += used;
		if (action == PROTO_START_TLS) {
			proto_secured(&proto, &out);
			action = PROTO_CONTINUE;
		}
	}
	FUZZ_WANT(!out.failed);
	proto_close(&proto);
	buf_free(&out);
}
