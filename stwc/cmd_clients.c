/* stwc clients: what is typed into a mail client, or what it finds by itself. */
#include "stwc/check/lint.h"
#include "stwc/clients.h"
#include "stwc/cmd_view.h"
#include "stwc/names.h"

enum form { FORM_DOCUMENT, FORM_TEXT, FORM_MOBILECONFIG };

static const struct target {
	const char *word;
	enum form form;
	enum stw_document document;
} targets[] = {
	{"text", FORM_TEXT, STW_DOCUMENT_AUTOCONFIG},
	{"autoconfig", FORM_DOCUMENT, STW_DOCUMENT_AUTOCONFIG},
	{"autodiscover", FORM_DOCUMENT, STW_DOCUMENT_AUTODISCOVER},
	{"autodiscover-json", FORM_DOCUMENT, STW_DOCUMENT_AUTODISCOVER_JSON},
	{"pacc", FORM_DOCUMENT, STW_DOCUMENT_PACC},
	{"mobileconfig", FORM_MOBILECONFIG, STW_DOCUMENT_AUTOCONFIG},
};

/* Where the reason lies that something has to be there. */
struct place {
	const struct object *object;
	const char *field;
	struct span span; /* none in an image */
};

struct question {
	struct view view;
	struct clients clients;
	const struct target *target;
	const struct object *domain;
	struct str name; /* of the domain, or of its alias that was asked for */
};

static const struct target *find_target(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(targets); i++) {
		if (!word || strcmp(targets[i].word, word) == 0)
			return &targets[i];
	}
	return NULL;
}

/* ---- the domain ---- */

/* The only Domain; NULL: there is none, or *many. */
static const struct object *only_domain(const struct compilation *c, bool *many)
{
	const struct object *found = NULL;
	size_t i;

	*many = false;
	for (i = 0; i < c->object_count; i++) {
		if (strcmp(c->objects[i]->type->name, "Domain") != 0)
			continue;
		*many = found != NULL;
		if (*many)
			return NULL;
		found = c->objects[i];
	}
	return found;
}

/* The only one, where none is named. */
static enum status find_domain(struct question *q, const char *wanted)
{
	struct compilation *c = q->clients.c;
	struct str word = str_c(wanted ? wanted : "");
	bool many = false, alias;

	if (!wanted) {
		q->domain = only_domain(c, &many);
		if (!q->domain)
			return cmd_fail(&cmd_clients, "there is %s Domain: name it with --domain",
					many ? "more than one" : "no");
		q->name = lint_text(c, &q->domain->body, "name");
		return STATUS_VALID;
	}
	word.n -= word.n && word.p[word.n - 1] == '.'; /* as zone files write it */
	q->name = name_domain(&c->arena, word);
	if (!q->name.p)
		return cmd_fail(&cmd_clients, "'%s' is no domain name", wanted);
	q->domain = services_domain(c, q->name, &alias);
	if (!q->domain)
		return cmd_fail(&cmd_clients, "no Domain is called '%s'", wanted);
	return STATUS_VALID;
}

/* ---- what is missing ---- */

/* Can the document of the question say where that is? */
static bool is_named(const struct question *q, enum service_protocol protocol)
{
	const struct services *services = &q->clients.services;
	enum stw_document document = q->target->document;
	size_t i;

	/* what it leads to is what names the mail protocols */
	if (document == STW_DOCUMENT_AUTODISCOVER_JSON && protocol != SERVICE_WEB)
		document = STW_DOCUMENT_AUTODISCOVER;
	for (i = 0; i < services->count; i++) {
		const struct service *service = &services->items[i];

		if (service->protocol != protocol)
			continue;
		if (q->target->form == FORM_DOCUMENT ? client_names(service, document)
						     : service->announced)
			return true;
	}
	return false;
}

static const char *words_of(enum service_protocol protocol)
{
	switch (protocol) {
	case SERVICE_SUBMISSION: return "outgoing mail (SMTP)";
	case SERVICE_IMAP: return "IMAP";
	case SERVICE_POP3: return "POP3";
	case SERVICE_SIEVE: return "ManageSieve";
	case SERVICE_JMAP: return "JMAP";
	case SERVICE_CALDAV: return "CalDAV";
	case SERVICE_CARDDAV: return "CardDAV";
	case SERVICE_WEBDAV: return "WebDAV";
	case SERVICE_WEB: return "HTTPS";
	case SERVICE_MX:
	case SERVICE_PROTOCOL_COUNT: break;
	}
	return "mail";
}

static const char *usual_listener(enum service_protocol protocol)
{
	switch (protocol) {
	case SERVICE_SUBMISSION: return "protocol \"smtp\", bind \"[::]:465\"";
	case SERVICE_IMAP: return "protocol \"imap\", bind \"[::]:993\"";
	case SERVICE_POP3: return "protocol \"pop3\", bind \"[::]:995\"";
	case SERVICE_SIEVE: return "protocol \"manageSieve\", bind \"[::]:4190\"";
	case SERVICE_MX:
	case SERVICE_JMAP:
	case SERVICE_CALDAV:
	case SERVICE_CARDDAV:
	case SERVICE_WEBDAV:
	case SERVICE_WEB:
	case SERVICE_PROTOCOL_COUNT: break;
	}
	return "protocol \"http\", bind \"[::]:443\"";
}

/* "mail.toml:3: " of an image, whose diagnostics have no span; else nothing. */
static struct str place_of(struct question *q, const struct object *object, const char *field)
{
	struct view_place place = {.file = STR_NONE};
	size_t i;

	if (!q->view.image || !object)
		return STR("");
	place = view_place_of(&q->view, object, NULL, NULL);
	for (i = 0; i < object->body.count; i++) {
		const struct value_field *written = &object->body.fields[i];

		if (strcmp(written->field->name, field) == 0)
			place = view_place_of(&q->view, object, written, written->value);
	}
	if (!place.file.n)
		return STR("");
	return arena_printf(&q->view.c.arena, "%.*s:%u: ", STR_ARG(place.file), place.line);
}

static void no_listener(struct question *q, enum service_protocol protocol,
			const struct place *place)
{
	struct diags *diags = &q->clients.c->diags;
	struct diag *diag =
		diag_add(diags, DIAG_CLIENT_LISTENER, place->span,
			 "%.*sclients of '%.*s' are to be told where %s is, and no listener that "
			 "they reach serves it",
			 STR_ARG(place_of(q, place->object, place->field)), STR_ARG(q->name),
			 words_of(protocol));

	diag_path(diags, diag, "Domain/%.*s", STR_ARG(q->domain->identity));
	diag_hint(diags, diag, "add a NetworkListener with %s and tlsImplicit = true",
		  usual_listener(protocol));
}

/* The listener is there, but the document cannot name it. */
static void no_tls(struct question *q, const struct service *service)
{
	struct diags *diags = &q->clients.c->diags;
	struct str prefix = place_of(q, service->listener, "bind");
	bool starts = service->security == SERVICE_STARTTLS;
	struct diag *diag;

	if (service->security == SERVICE_IMPLICIT) { /* PACC: no way to say which port */
		diag = diag_add(diags, DIAG_CLIENT_LISTENER, service->address->span,
				"%.*s%s is on port %u, and PACC can only name the usual port",
				STR_ARG(prefix), words_of(service->protocol), service->port);
		diag_hint(diags, diag, "%s", usual_listener(service->protocol));
	} else {
		diag = diag_add(diags, DIAG_CLIENT_TLS, service->address->span,
				"%.*s%s on port %u %s", STR_ARG(prefix),
				words_of(service->protocol), service->port,
				starts ? "begins without TLS, so that clients are not told of it"
				       : "has no TLS, so that clients are not told of it");
		diag_hint(diags, diag,
			  "set tlsImplicit = true and bind the port for it; or let "
			  "SystemSettings.services.%s.cleartext announce it as it is",
			  service_protocol_word(service->protocol));
	}
	lint_place(q->clients.c, diag, service->listener, "bind");
}

static void want(struct question *q, enum service_protocol protocol, const struct place *place)
{
	const struct service *any;

	if (is_named(q, protocol))
		return;
	any = services_find(&q->clients.services, protocol, false);
	if (any)
		no_tls(q, any);
	else
		no_listener(q, protocol, place);
}

static enum service_protocol protocol_of(struct str word)
{
	int p;

	for (p = 0; p < SERVICE_PROTOCOL_COUNT; p++) {
		if (str_eq_c(word, service_protocol_word((enum service_protocol)p)))
			return (enum service_protocol)p;
	}
	return SERVICE_PROTOCOL_COUNT;
}

/* Does the document of the question have a place for the protocol? */
static bool in_form(const struct question *q, enum service_protocol protocol)
{
	bool mail = protocol == SERVICE_IMAP || protocol == SERVICE_POP3 ||
		    protocol == SERVICE_SUBMISSION;
	bool dav = protocol == SERVICE_CALDAV || protocol == SERVICE_CARDDAV;

	switch (q->target->form) {
	case FORM_TEXT: return mail || dav || protocol == SERVICE_JMAP || protocol == SERVICE_SIEVE;
	case FORM_MOBILECONFIG: return mail || dav;
	case FORM_DOCUMENT: break;
	}
	return mail ||
	       (q->target->document == STW_DOCUMENT_PACC && (dav || protocol == SERVICE_JMAP));
}

/* The services that somebody wrote down are all meant. */
static void want_written(struct question *q)
{
	const struct object *settings = compile_singleton(q->clients.c, "SystemSettings");
	const struct value *map = settings ? value_field_get(&settings->body, "services") : NULL;
	size_t i;

	for (i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++) {
		const struct value *key = map->map.pairs[i].key;
		enum service_protocol protocol = protocol_of(str_c(key->member->name));

		struct place place = {settings, "services", key->span};

		if (protocol != SERVICE_PROTOCOL_COUNT && in_form(q, protocol))
			want(q, protocol, &place);
	}
}

/* Mail comes and goes, or a client has nothing to do. */
static void want_mail(struct question *q, const struct place *place)
{
	bool pop3 = is_named(q, SERVICE_POP3);
	bool jmap = in_form(q, SERVICE_JMAP) && is_named(q, SERVICE_JMAP);

	if (!pop3 && !jmap)
		want(q, SERVICE_IMAP, place);
	if (!jmap)
		want(q, SERVICE_SUBMISSION, place);
}

/* A name that only the daemon will know cannot be written down here. */
static enum status want_hostname(struct question *q)
{
	const struct services *services = &q->clients.services;
	size_t i;

	for (i = 0; i < services->count; i++) {
		if (!services->items[i].host.n)
			return cmd_fail(&cmd_clients, "SystemSettings.defaultHostname is not set: "
						      "there is no host name to tell clients");
	}
	return STATUS_VALID;
}

static enum status look(struct question *q, const struct options *options)
{
	struct place place;
	enum status status;

	if (!clients_of(&q->clients, &q->view))
		return cmd_fail(&cmd_clients, "%s",
				q->view.fault[0] ? q->view.fault : "out of memory");
	status = find_domain(q, options_word(options, "domain"));
	if (status == STATUS_VALID)
		status = want_hostname(q);
	if (status != STATUS_VALID)
		return status;
	place = (struct place){q->domain, "name", q->domain->span};
	want_written(q);
	if (diags_ok(&q->clients.c->diags))
		want_mail(q, &place);
	if (q->target->document == STW_DOCUMENT_AUTODISCOVER_JSON)
		want(q, SERVICE_WEB, &place);
	return STATUS_VALID;
}

static enum status tell(struct question *q, const struct options *options)
{
	enum client_login login = client_login(&q->clients, q->domain);
	struct client_pieces pieces = {.out = BUF_INIT};
	struct stw_document_values values = {.domain = q->name};
	struct buf address = BUF_INIT, out = BUF_INIT;

	switch (q->target->form) {
	case FORM_TEXT: client_text(&q->clients, q->name, login, &out); break;
	case FORM_MOBILECONFIG: client_mobileconfig(&q->clients, q->name, &out); break;
	case FORM_DOCUMENT:
		buf_printf(&address, "user@%.*s", STR_ARG(q->name));
		values.address = buf_str(&address);
		client_document(&q->clients, q->target->document, login, &pieces);
		stw_document_put(stw_scan_of((struct stw_bytes){(const uint8_t *)pieces.out.p,
								pieces.out.n}),
				 &values, &out);
		out.failed = out.failed || pieces.out.failed || address.failed;
		break;
	}
	buf_free(&address);
	buf_free(&pieces.out);
	return cmd_write(&cmd_clients, options, &out, false);
}

/* The diagnostics of sources, and of what is asked of them or of an image. */
static enum status judge(struct question *q, const struct options *options, bool image)
{
	struct options quiet = *options;
	struct compilation *c = &q->view.c;
	enum status found = STATUS_VALID;
	bool ran = true;

	if (options->output == OUTPUT_TEXT)
		cmd_silence(&quiet, SEVERITY_WARNING); /* stwc check is for them */
	if (!image) {
		ran = cmd_compile_run(&quiet, c);
		view_of_sources(&q->view);
	}
	if (ran && diags_ok(&c->diags))
		found = look(q, options);
	if (diags_ok(&c->diags))
		quiet.output = OUTPUT_TEXT; /* the answer has standard output */
	return found == STATUS_VALID ? cmd_compile_end(&quiet, c, ran, true) : found;
}

static enum status run(struct options *options)
{
	struct question q = {.target = find_target(options->to)};
	enum status status;
	bool image;

	if (!options->input_count)
		return cmd_fail(&cmd_clients, "name an image or sources");
	if (!q.target)
		return cmd_fail(&cmd_clients, "--to is %s, not '%s'", cmd_clients.to, options->to);
	status = cmd_view_image(&cmd_clients, options, &q.view, &image);
	if (status == STATUS_VALID)
		status = judge(&q, options, image);
	if (status == STATUS_VALID)
		status = tell(&q, options);
	view_close(&q.view);
	return status;
}

const struct command cmd_clients = {
	"clients",
	"IMAGE|SRC… [--domain NAME]",
	"what a mail client is told about a domain",
	CMD_SOURCE_OPTIONS "domain to out ",
	"text|autoconfig|autodiscover|autodiscover-json|pacc|mobileconfig",
	run};
