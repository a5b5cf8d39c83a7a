/* stwc zone: the DNS records that a configuration implies. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "stwc/cmd_view.h"
#include "stwc/names.h"
#include "stwc/zone.h"

#define WORDS_MAX ARRAY_LEN(((struct options *)0)->words)
#define OLD_ZONE_MAX ((size_t)16 * 1024 * 1024)
#define DROPPED_MAX 20

struct making {
	struct options *options;
	struct view view;
	const char *previous;
	struct str servers[WORDS_MAX];
	const char *issuers[WORDS_MAX];
	struct zone_address addresses[WORDS_MAX];
	struct zone_request request;
	struct zone zone;
	struct zone_old old;
	bool has_old;
	size_t format;
};

/* A name, with or without the dot that zone files have at its end. */
static struct str name_word(struct str word)
{
	word.n -= word.n > 1 && word.p[word.n - 1] == '.';
	return word;
}

/* [NAME=]IP */
static bool take_address(struct making *m, const char *word)
{
	const char *equals = strchr(word, '=');
	struct zone_address *out = &m->addresses[m->request.address_count++];
	struct str name = {word, equals ? (size_t)(equals - word) : 0};

	if (net_addr_parse(str_c(equals ? equals + 1 : word), &out->addr) != NET_OK)
		return false;
	if (equals)
		out->name = name_domain(&m->view.c.arena, name_word(name));
	return !equals || out->name.p;
}

static enum status take_kind(struct making *m, const char *word)
{
	enum zone_kind kind;

	if (!zone_kind_find(str_c(word), &kind))
		return cmd_fail(&cmd_zone,
				"--skip takes a kind of records as DnsRecordType names it, such as "
				"dkim or mtaSts, not '%s'",
				word);
	m->request.skip |= UINT32_C(1) << kind;
	return STATUS_VALID;
}

static enum status take_word(struct making *m, const char *option, const char *value)
{
	if (strcmp(option, "domain") == 0)
		m->request.domain = name_word(str_c(value));
	else if (strcmp(option, "origin") == 0)
		m->request.origin = name_word(str_c(value));
	else if (strcmp(option, "previous") == 0)
		m->previous = value;
	else if (strcmp(option, "tlsa") == 0)
		m->request.tlsa = true;
	else if (strcmp(option, "ns") == 0)
		m->servers[m->request.server_count++] = name_word(str_c(value));
	else if (strcmp(option, "caa") == 0)
		m->issuers[m->request.issuer_count++] = value;
	else if (strcmp(option, "skip") == 0)
		return take_kind(m, value);
	else if (!take_address(m, value))
		return cmd_fail(&cmd_zone, "--address takes IP or NAME=IP, not '%s'", value);
	return STATUS_VALID;
}

static enum status take_request(struct making *m)
{
	const struct options *o = m->options;
	enum status status = STATUS_VALID;
	size_t i;

	if (o->to && !zone_format_find(str_c(o->to), &m->format))
		return cmd_fail(&cmd_zone, "--to is %s, not '%s'", cmd_zone.to, o->to);
	m->request.authority = zone_format_whole(m->format);
	m->request.servers = m->servers;
	m->request.issuers = m->issuers;
	m->request.addresses = m->addresses;
	for (i = 0; status == STATUS_VALID && i < o->word_count; i++)
		status = take_word(m, o->words[i].option, o->words[i].value);
	return status;
}

static enum status read_previous(struct making *m)
{
	const char *path = m->previous;
	struct buf text = BUF_INIT;
	struct fs_error error;
	char why[400];
	bool ok;

	if (!path)
		return STATUS_VALID;
	if (!fs_read_file(path, OLD_ZONE_MAX, &text, &error)) {
		fs_error_text(&error, why, sizeof(why));
		buf_free(&text);
		return cmd_fail(&cmd_zone, "%s", why);
	}
	m->has_old = true;
	ok = zone_old_read(&m->view.c.arena, &m->view.hash_key, m->zone.origin, buf_str(&text),
			   &m->old);
	buf_free(&text);
	if (!ok)
		return cmd_fail(&cmd_zone, "%s: %s", path, m->old.fault);
	if (m->old.has_serial && !str_eq(m->old.origin, m->zone.origin))
		return cmd_fail(&cmd_zone, "%s: it is the zone of %.*s, not of %.*s", path,
				STR_ARG(m->old.origin), STR_ARG(m->zone.origin));
	return STATUS_VALID;
}

/* What the older zone had and this one has not, so that nobody's own records go unseen. */
static void print_dropped(const struct making *m)
{
	bool whole = zone_format_whole(m->format);
	size_t i, n = 0;

	for (i = 0; i < m->old.count; i++) {
		const struct zone_record *record = &m->old.records[i];

		if (!zone_drops(&m->zone, &m->old, record, whole) || ++n > DROPPED_MAX)
			continue;
		fprintf(stderr, "stwc zone: note: %s had %.*s %s %.*s, which is not in this zone\n",
			m->previous, STR_ARG(record->owner), zone_type_word(record->type),
			STR_ARG(record->rdata));
	}
	if (n > DROPPED_MAX)
		fprintf(stderr, "stwc zone: note: … and %zu more\n", n - DROPPED_MAX);
	if (whole && m->old.foreign.n)
		fprintf(stderr,
			"stwc zone: note: %s has records of other types, which are not in this "
			"zone: %.*s\n",
			m->previous, STR_ARG(m->old.foreign));
}

static void print_remarks(const struct making *m)
{
	const struct zone *zone = &m->zone;
	size_t i;

	for (i = 0; i < zone->remark_count; i++) {
		if (zone->remarks[i].fatal || !m->options->quiet)
			fprintf(stderr, "stwc zone: %s%.*s\n",
				zone->remarks[i].fatal ? "" : "note: ",
				STR_ARG(zone->remarks[i].text));
	}
}

static enum status make(struct making *m)
{
	const struct zone_old *old;
	struct buf out = BUF_INIT;
	enum status status;

	if (!zone_make(&m->view, &m->request, &m->zone))
		return cmd_fail(&cmd_zone, "%s",
				m->view.fault[0] ? m->view.fault : "out of memory");
	print_remarks(m);
	if (zone_has_fatal(&m->zone))
		return STATUS_INVALID;
	status = read_previous(m);
	if (status != STATUS_VALID)
		return status;
	old = m->has_old ? &m->old : NULL;
	if (!m->options->quiet)
		print_dropped(m);
	if (!zone_finish(&m->zone, zone_serial(&m->zone, old, options_now(m->options))))
		return cmd_fail(&cmd_zone, "out of memory");
	zone_write(&m->zone, old, m->format, &out);
	return cmd_write(&cmd_zone, m->options, &out, false);
}

static enum status run(struct options *options)
{
	struct making m = {.options = options};
	enum status status;

	if (!options->input_count)
		return cmd_fail(&cmd_zone, "name an image or sources");
	status = cmd_view(&cmd_zone, options, &m.view);
	m.view.c.options.host = options->compile.host;
	m.view.c.options.secrets = options->compile.secrets;
	if (status == STATUS_VALID)
		status = take_request(&m);
	if (status == STATUS_VALID)
		status = make(&m);
	zone_free(&m.zone);
	zone_old_free(&m.old);
	view_close(&m.view);
	return status;
}

const struct command cmd_zone = {
	"zone",
	"IMAGE|SRC…",
	"the DNS records that a domain of the configuration needs",
	" from as object overlay partial shapes target schema edition level env strict max-errors "
	"color quiet now project image out to host secrets domain origin address ns previous caa "
	"tlsa skip ",
	"bind|nsupdate|json|terraform|policy",
	run};
