/* The file that zone-check compares with the DNS. The one place that knows jansson. */
#include "runtime/zone_check.h"

#include <jansson.h>
#include <stdio.h>

#include "base/fs.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)

static const struct {
	const char *word;
	enum zone_rr type;
} types[] = {
	{"A", RR_A},     {"AAAA", RR_AAAA}, {"MX", RR_MX},   {"CNAME", RR_CNAME},
	{"TXT", RR_TXT}, {"SRV", RR_SRV},   {"CAA", RR_CAA}, {"TLSA", RR_TLSA},
};

bool zone_rr_find(struct str word, enum zone_rr *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		if (str_eq_c(word, types[i].word)) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

const char *zone_rr_word(enum zone_rr type)
{
	size_t i;

	for (i = 0; i + 1 < ARRAY_LEN(types) && types[i].type != type; i++)
		;
	return types[i].word;
}

static struct str text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value)
		       ? (struct str){json_string_value(value), json_string_length(value)}
		       : STR_NONE;
}

static uint32_t number_of(const json_t *object, const char *name, uint32_t otherwise)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : otherwise;

	return number >= 0 && number <= INT32_MAX ? (uint32_t)number : otherwise;
}

/* ---- the resolver ---- */

/* Public resolvers by their variant of DnsResolver. */
static const struct {
	const char *variant, *addresses[2];
} known[] = {
	{"Cloudflare", {"1.1.1.1", "1.0.0.1"}},
	{"Quad9", {"9.9.9.9", "149.112.112.112"}},
	{"Google", {"8.8.8.8", "8.8.4.4"}},
};

static void add_server(struct zone_resolver *resolver, struct str address, uint32_t port,
		       enum zone_transport transport)
{
	struct zone_server *server = &resolver->servers[resolver->count];

	if (resolver->count == RESOLVER_SERVERS_MAX || !address.n ||
	    address.n >= sizeof(server->address) || !port || port > UINT16_MAX)
		return;
	memcpy(server->address, address.p, address.n);
	server->address[address.n] = '\0';
	server->port = (uint16_t)port;
	server->transport = transport;
	resolver->count++;
}

static void read_servers(const json_t *resolver, struct zone_resolver *out)
{
	const json_t *servers = json_object_get(resolver, "servers");
	size_t i;

	for (i = 0; i < json_array_size(servers); i++) {
		const json_t *server = json_array_get(servers, i);
		struct str protocol = text_of(server, "protocol");

		add_server(out, text_of(server, "address"), number_of(server, "port", 53),
			   str_eq(protocol, STR("tls"))   ? ZONE_TLS
			   : str_eq(protocol, STR("tcp")) ? ZONE_TCP
							  : ZONE_UDP);
	}
	if (!out->count)
		out->refused = "the DnsResolver has no server; name one with --server";
}

static void read_resolver(const json_t *resolver, struct zone_resolver *out)
{
	bool tls = json_is_true(json_object_get(resolver, "useTls"));
	enum zone_transport transport = tls ? ZONE_TLS : ZONE_UDP;
	struct str variant = text_of(resolver, "@type");
	uint32_t port = tls ? 853 : 53; /* RFC 7858 section 3.1 */
	size_t i;

	out->attempts = number_of(resolver, "attempts", 2);
	out->timeout = number_of(resolver, "timeout", 5000);
	out->edns = !json_is_false(json_object_get(resolver, "enableEdns"));
	out->tcp_on_error = !json_is_false(json_object_get(resolver, "tcpOnError"));
	if (str_eq(variant, STR("Custom")))
		read_servers(resolver, out);
	for (i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_eq_c(variant, known[i].variant))
			continue;
		add_server(out, str_c(known[i].addresses[0]), port, transport);
		add_server(out, str_c(known[i].addresses[1]), port, transport);
	}
}

/* ---- the records ---- */

/* Data of TXT records is compared as one text, however it is cut. */
static bool read_record(struct arena *arena, const json_t *record, struct zone_file *out)
{
	struct zone_entry entry;
	struct str type = text_of(record, "type");
	struct str data = text_of(record, str_eq(type, STR("TXT")) ? "text" : "data");

	if (!zone_rr_find(type, &entry.type))
		return str_eq(type, STR("SOA")) || str_eq(type, STR("NS"));
	entry.name = arena_str(arena, text_of(record, "name"));
	entry.data = arena_str(arena, data);
	if (!entry.name.n || !entry.data.n)
		return false;
	out->entries[out->count++] = entry;
	return true;
}

static bool read_document(struct arena *arena, const json_t *document, struct zone_file *out)
{
	const json_t *records = json_object_get(document, "records");
	size_t i;

	if (!json_is_array(records))
		return false;
	out->domain = arena_str(arena, text_of(document, "domain"));
	out->entries = ARENA_ARRAY(arena, struct zone_entry, json_array_size(records) + 1);
	for (i = 0; out->entries && i < json_array_size(records); i++) {
		if (!read_record(arena, json_array_get(records, i), out))
			return false;
	}
	read_resolver(json_object_get(document, "resolver"), &out->resolver);
	return out->entries && out->domain.n && out->count;
}

bool zone_file_read(struct arena *arena, const char *path, struct zone_file *out, char *why,
		    size_t size)
{
	struct zone_file file = {.count = 0};
	struct buf text = BUF_INIT;
	struct fs_error error;
	json_error_t fault;
	json_t *document;
	bool ok;

	if (!fs_read_file(path, FILE_MAX, &text, &error)) {
		fs_error_text(&error, why, size);
		buf_free(&text);
		return false;
	}
	document = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &fault);
	ok = document && read_document(arena, document, &file);
	if (!document)
		(void)snprintf(why, size, "%s:%d: %s", path, fault.line, fault.text);
	else if (!ok)
		(void)snprintf(why, size, "%s: it is not what stwc zone --to json writes", path);
	json_decref(document);
	buf_free(&text);
	if (ok)
		*out = file;
	return ok;
}
