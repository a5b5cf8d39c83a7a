/* Records in the forms that name servers, tools and people take: one small writer each. */
#include "stwc/zone.h"

/* ---- BIND ---- */

/* An owner as it is written under $ORIGIN. */
static struct str relative(const struct zone *zone, struct str name)
{
	if (str_eq(name, zone->origin))
		return STR("@");
	return (struct str){name.p, name.n - zone->origin.n - 1};
}

static int owner_width(const struct zone *zone)
{
	size_t width = 0, i;

	for (i = 0; i < zone->count; i++) {
		size_t n = relative(zone, zone->records[i].owner).n;

		width = n > width && n <= 40 ? n : width;
	}
	return (int)width;
}

/* Each line of a text behind the mark of a comment. */
static void put_comment(struct buf *out, const char *mark, struct str text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		size_t shown = n && text.p[n - 1] == '\r' ? n - 1 : n;

		buf_printf(out, "%s%.*s\n", mark, (int)shown, text.p);
		text = str_from(text, n + 1);
	}
}

static void put_remarks(const struct zone *zone, const char *mark, struct buf *out)
{
	size_t i;

	for (i = 0; i < zone->remark_count; i++)
		buf_printf(out, "%snote: %.*s\n", mark, STR_ARG(zone->remarks[i].text));
}

static void put_policy(const struct zone *zone, const char *mark, struct buf *out)
{
	if (!zone->policy.n)
		return;
	buf_printf(out, "\n%sthe policy, at https://mta-sts.%.*s/.well-known/mta-sts.txt:\n", mark,
		   STR_ARG(zone->domain));
	put_comment(out, mark, zone->policy);
}

static void write_bind(const struct zone *zone, const struct zone_old *old UNUSED, struct buf *out)
{
	int width = owner_width(zone);
	size_t i;

	buf_printf(out, "; what the configuration implies for %.*s, by stwc zone\n",
		   STR_ARG(zone->domain));
	put_remarks(zone, "; ", out);
	buf_printf(out, "$ORIGIN %.*s.\n$TTL %u\n", STR_ARG(zone->origin), zone->ttl);
	for (i = 0; i < zone->count; i++) {
		const struct zone_record *record = &zone->records[i];
		struct str owner = relative(zone, record->owner);

		if (!i || record->kind != zone->records[i - 1].kind)
			buf_printf(out, "\n; %s\n", zone_kind_title(record->kind));
		buf_printf(out, "%-*.*s IN %-5s %.*s\n", width, STR_ARG(owner),
			   zone_type_word(record->type), STR_ARG(record->rdata));
	}
	put_policy(zone, "; ", out);
}

/* ---- nsupdate ---- */

/* What the older zone had is taken away record by record: others may have records of their own
 * under the same names. The server counts its serial itself (RFC 2136 section 3.6). */
static void write_nsupdate(const struct zone *zone, const struct zone_old *old, struct buf *out)
{
	size_t i;

	put_remarks(zone, "; ", out);
	buf_printf(out, "zone %.*s.\n", STR_ARG(zone->origin));
	for (i = 0; old && i < old->count; i++) {
		const struct zone_record *record = &old->records[i];

		if (zone_drops(zone, old, record, false))
			buf_printf(out, "update delete %.*s. %s %.*s\n", STR_ARG(record->owner),
				   zone_type_word(record->type), STR_ARG(record->rdata));
	}
	for (i = 0; i < zone->count; i++) {
		const struct zone_record *record = &zone->records[i];

		if (record->kind != ZONE_AUTHORITY)
			buf_printf(out, "update add %.*s. %u %s %.*s\n", STR_ARG(record->owner),
				   record->ttl, zone_type_word(record->type),
				   STR_ARG(record->rdata));
	}
	buf_puts(out, STR("send\n"));
}

/* ---- JSON ---- */

static void put_member(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "\"%s\": ", name);
	buf_put_json(out, value);
}

static uint64_t number_of(const struct zone *zone, const struct value_object *body,
			  const char *field)
{
	const struct value *value = zone_value(zone, body, field);

	return value && value->kind == VALUE_UNSIGNED ? value->number : 0;
}

static void put_server(const struct zone *zone, const struct value_object *server, struct buf *out)
{
	const struct value *address = zone_value(zone, server, "address");
	const struct value *protocol = zone_value(zone, server, "protocol");
	char text[NET_TEXT_SIZE] = "127.0.0.1";

	if (address && address->kind == VALUE_ADDRESS)
		net_addr_format(&address->address, text);
	buf_printf(out, "{\"address\": \"%s\", \"port\": %u, \"protocol\": \"%s\"}", text,
		   (unsigned)number_of(zone, server, "port"),
		   protocol && protocol->kind == VALUE_ENUM ? protocol->member->name : "udp");
}

/* The DnsResolver with its defaults written out: stwctl zone-check asks what it says. */
static void put_resolver(const struct zone *zone, struct buf *out)
{
	static const char *const flags[] = {"enableEdns", "tcpOnError", "useTls"};
	struct compilation *c = &zone->view->c;
	const struct object *object = compile_singleton(c, "DnsResolver");
	const struct schema_object *row = schema_object_find(c->schema, STR("DnsResolver"));
	struct value_object body = {.structure = row ? row->structure : NULL};
	const struct value *servers;
	size_t i;

	if (object)
		body = object->body;
	else if (row)
		body.variant = schema_variant_find(row->structure, STR("System"));
	if (!body.variant)
		return;
	buf_printf(out, "  \"resolver\": {\"@type\": \"%s\"", body.variant->name);
	buf_printf(out, ", \"attempts\": %u, \"timeout\": %llu",
		   (unsigned)number_of(zone, &body, "attempts"),
		   (unsigned long long)number_of(zone, &body, "timeout"));
	for (i = 0; i < ARRAY_LEN(flags); i++)
		buf_printf(out, ", \"%s\": %s", flags[i],
			   zone_flag(zone, &body, flags[i]) ? "true" : "false");
	buf_puts(out, STR(", \"servers\": ["));
	servers = zone_value(zone, &body, "servers");
	for (i = 0; servers && servers->kind == VALUE_SEQUENCE && i < servers->sequence.count;
	     i++) {
		buf_puts(out, i ? STR(", ") : STR(""));
		put_server(zone, &servers->sequence.items[i]->object, out);
	}
	buf_puts(out, STR("]},\n"));
}

static void put_json_record(const struct zone_record *record, struct buf *out)
{
	buf_puts(out, STR("    {"));
	put_member(out, "name", record->owner);
	buf_printf(out, ", \"type\": \"%s\", \"ttl\": %u, ", zone_type_word(record->type),
		   record->ttl);
	if (zone_kind_word(record->kind))
		buf_printf(out, "\"kind\": \"%s\", ", zone_kind_word(record->kind));
	put_member(out, "data", record->rdata);
	if (record->type == ZONE_TXT) {
		buf_puts(out, STR(", "));
		put_member(out, "text", record->text);
	}
	buf_puts(out, STR("}"));
}

static void put_json_lists(const struct zone *zone, struct buf *out)
{
	size_t i;

	buf_puts(out, STR("  \"records\": [\n"));
	for (i = 0; i < zone->count; i++) {
		put_json_record(&zone->records[i], out);
		buf_puts(out, i + 1 < zone->count ? STR(",\n") : STR("\n"));
	}
	buf_puts(out, STR("  ],\n  \"documents\": ["));
	if (zone->policy.n) {
		buf_printf(out,
			   "{\"url\": \"https://mta-sts.%.*s/.well-known/mta-sts.txt\", "
			   "\"type\": \"text/plain\", ",
			   STR_ARG(zone->domain));
		put_member(out, "text", zone->policy);
		buf_puts(out, STR("}"));
	}
	buf_puts(out, STR("],\n  \"notes\": ["));
	for (i = 0; i < zone->remark_count; i++) {
		buf_puts(out, i ? STR(", ") : STR(""));
		buf_put_json(out, zone->remarks[i].text);
	}
	buf_puts(out, STR("]\n"));
}

static void write_json(const struct zone *zone, const struct zone_old *old UNUSED, struct buf *out)
{
	buf_puts(out, STR("{\n  "));
	put_member(out, "domain", zone->domain);
	buf_puts(out, STR(",\n  "));
	put_member(out, "origin", zone->origin);
	buf_puts(out, STR(",\n"));
	put_resolver(zone, out);
	put_json_lists(zone, out);
	buf_puts(out, STR("}\n"));
}

/* ---- Terraform ---- */

/* A quoted template of HCL: what JSON escapes, and the two that open an interpolation. */
static void put_hcl(struct buf *out, struct str text)
{
	struct buf escaped = BUF_INIT;
	size_t i;

	for (i = 0; i < text.n; i++) {
		if ((text.p[i] == '$' || text.p[i] == '%') && i + 1 < text.n &&
		    text.p[i + 1] == '{')
			buf_putc(&escaped, text.p[i]);
		buf_putc(&escaped, text.p[i]);
	}
	buf_put_json(out, buf_str(&escaped));
	out->failed = out->failed || escaped.failed;
	buf_free(&escaped);
}

static bool same_set(const struct zone_record *a, const struct zone_record *b)
{
	return a->type == b->type && str_eq(a->owner, b->owner);
}

/* Sets of records, as every provider wants them, under keys that stay: for for_each. */
static void put_set(const struct zone *zone, size_t first, struct buf *out)
{
	const struct zone_record *record = &zone->records[first];
	const char *separator = "";
	size_t i;

	buf_printf(out, "    \"%s %.*s\" = {\n", zone_type_word(record->type),
		   STR_ARG(record->owner));
	buf_printf(out, "      name = \"%.*s\"\n", STR_ARG(record->owner));
	buf_printf(out, "      type = \"%s\"\n", zone_type_word(record->type));
	buf_printf(out, "      ttl  = %u\n", record->ttl);
	buf_puts(out, STR("      data = ["));
	for (i = first; i < zone->count; i++) {
		if (!same_set(record, &zone->records[i]))
			continue;
		buf_puts(out, str_c(separator));
		put_hcl(out, zone->records[i].rdata);
		separator = ", ";
	}
	buf_puts(out, STR("]\n    }\n"));
}

/* A name of HCL, with the domain in it: several domains may be of one module. */
static void put_local(const struct zone *zone, const char *what, struct buf *out)
{
	size_t i;

	buf_printf(out, "  stw_%s_", what);
	for (i = 0; i < zone->domain.n; i++)
		buf_putc(out, zone->domain.p[i] == '.' ? '_' : zone->domain.p[i]);
	buf_puts(out, STR(" = "));
}

static void write_terraform(const struct zone *zone, const struct zone_old *old UNUSED,
			    struct buf *out)
{
	size_t i, j;

	put_remarks(zone, "# ", out);
	buf_puts(out, STR("locals {\n"));
	put_local(zone, "records", out);
	buf_puts(out, STR("{\n"));
	for (i = 0; i < zone->count; i++) {
		for (j = 0; j < i && !same_set(&zone->records[j], &zone->records[i]); j++)
			;
		if (j == i && zone->records[i].kind != ZONE_AUTHORITY)
			put_set(zone, i, out);
	}
	buf_puts(out, STR("  }\n"));
	if (zone->policy.n) {
		put_local(zone, "mta_sts_policy", out);
		put_hcl(out, zone->policy);
		buf_puts(out, STR("\n"));
	}
	buf_puts(out, STR("}\n"));
}

static void write_policy(const struct zone *zone, const struct zone_old *old UNUSED,
			 struct buf *out)
{
	buf_puts(out, zone->policy);
}

static const struct {
	const char *word;
	bool whole; /* a zone of its own */
	void (*write)(const struct zone *zone, const struct zone_old *old, struct buf *out);
} writers[] = {
	{"bind", true, write_bind},      {"nsupdate", false, write_nsupdate},
	{"json", true, write_json},      {"terraform", false, write_terraform},
	{"policy", false, write_policy},
};

bool zone_format_find(struct str word, size_t *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(writers); i++) {
		if (str_eq_c(word, writers[i].word)) {
			*out = i;
			return true;
		}
	}
	return false;
}

bool zone_format_whole(size_t format)
{
	return writers[format].whole;
}

void zone_write(const struct zone *zone, const struct zone_old *old, size_t format, struct buf *out)
{
	writers[format].write(zone, old, out);
}
