/* What mail clients look for: the table that stwd maps, and strangers' requests for what lies in
 * it. */
#include "fuzz.h"

#include "runtime/web_respond.h"

/* Whatever opens can be asked for everything that it says it has. */
static void read_all(const struct stw_discovery *discovery)
{
	const struct stw_document_values values = {STR("d"), STR("a<@d"), STR("h")};
	struct stw_discovery_host host;
	struct stw_scan scan;
	struct buf out = BUF_INIT;

	for (uint32_t i = 0; i < discovery->hosts; i++) {
		const uint8_t *row = discovery->table.p + STW_DISCOVERY_HEADER_SIZE +
				     (size_t)i * STW_DISCOVERY_HOST_SIZE;
		struct str name = {(const char *)discovery->table.p + stw_le32(row),
				   stw_le16(row + 4)};

		FUZZ_WANT(stw_discovery_find(discovery, name, &host) && str_eq(host.name, name));
		for (unsigned k = 0; k < STW_DOCUMENT_COUNT; k++) {
			buf_clear(&out);
			if (stw_discovery_document(discovery, &host, (enum stw_document)k, &scan))
				stw_document_put(scan, &values, &out);
			FUZZ_WANT(!out.failed);
		}
	}
	FUZZ_WANT(!stw_discovery_find(discovery, STR("-"), &host));
	buf_free(&out);
}

void fuzz_discovery(const uint8_t *data, size_t n)
{
	struct stw_discovery discovery = {.hosts = 7};
	const char *what = stw_discovery_open((struct stw_bytes){data, n}, &discovery);

	if (what)
		FUZZ_WANT(*what && discovery.hosts == 7);
	else
		read_all(&discovery);
}

/* A domain, and a host of the server; each document says which it is, and has all kinds of pieces.
 */
static void make_table(struct buf *out)
{
	static const struct str names[] = {{"example.org", 11}, {"mx.example.org", 14}};
	const uint32_t rows =
		STW_DISCOVERY_HEADER_SIZE + 2 * STW_DISCOVERY_HOST_SIZE + STW_DISCOVERY_PLACE_SIZE;

	buf_put_u32(out, 2);
	buf_put_u32(out, 1);
	for (uint32_t i = 0; i < 2; i++) {
		buf_put_u32(out, rows + (i ? 11 : 0));
		buf_put_u16(out, (uint16_t)names[i].n);
		buf_put_u16(out, i ? STW_DISCOVERY_SERVER : 0);
		for (unsigned k = 0; k < STW_DOCUMENT_COUNT; k++)
			buf_put_u32(out, i ? 0 : 1);
	}
	buf_put_u32(out, rows + 25);
	buf_put_u32(out, 3 * 6 + 4);
	buf_puts(out, names[0]);
	buf_puts(out, names[1]);
	for (unsigned kind = STW_PIECE_DOMAIN; kind < STW_PIECE_KINDS; kind++) {
		if (kind > STW_PIECE_DOMAIN) {
			buf_put_u8(out, STW_PIECE_TEXT);
			stw_put_str(out, STR("|"));
		}
		buf_put_u8(out, (uint8_t)kind);
	}
}

static size_t count(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static bool is_discovery(const struct web_view *view, const struct http_request *request)
{
	struct http_response again = {.body = BUF_INIT};
	bool is = discovery_respond(view, request, &again);

	buf_free(&again.body);
	return is;
}

/* Nothing of a request gets into a document but a plausible address, and that escaped. */
static void respond(void *ctx, const struct http_request *request, struct http_response *out)
{
	static const struct web_metrics metrics;
	static struct shared_page shared;
	const struct web_view view = {.shared = &shared,
				      .metrics = &metrics,
				      .discovery = ctx,
				      .hostname = "h.example.org"};
	struct str body;

	web_respond(&view, request, out);
	body = buf_str(&out->body);
	FUZZ_WANT(out->status >= 200 && out->status < 600 && out->type);
	if (!is_discovery(&view, request))
		return;
	FUZZ_WANT(fuzz_utf8(body) && count(body, '<') == 0);
	if (out->status == 200)
		FUZZ_WANT(str_starts(body, STR("example.org|")) && count(body, '"') == 0);
}

/* The first byte: how many octets come at once. */
void fuzz_web(const uint8_t *data, size_t n)
{
	struct stw_discovery discovery;
	struct proto_settings settings = {.protocol = PROTOCOL_HTTP,
					  .hostname = "h.example.org",
					  .respond = respond,
					  .ctx = &discovery};
	size_t at_once = n && data[0] ? data[0] : 4096, at = 1;
	enum proto_action action = PROTO_CONTINUE;
	struct buf table = BUF_INIT, out = BUF_INIT;
	struct proto proto;

	make_table(&table);
	FUZZ_WANT(!stw_discovery_open((struct stw_bytes){(uint8_t *)table.p, table.n}, &discovery));
	FUZZ_WANT(proto_open(&proto, &settings));
	while (at < n && action == PROTO_CONTINUE) {
		size_t part = n - at < at_once ? n - at : at_once;

		at += proto_input(&proto, (const char *)data + at, part, &out, &action);
	}
	FUZZ_WANT(!out.failed);
	proto_close(&proto);
	buf_free(&table);
	buf_free(&out);
}
