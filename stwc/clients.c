#include "stwc/clients.h"

#include <stdio.h>

#include "base/digest.h"
#include "stwc/check/lint.h"
#include "stwc/view_diff.h"

static void read_provider(struct clients *clients, const struct object *settings)
{
	const struct value *map =
		settings ? value_field_get(&settings->body, "providerInfo") : NULL;
	size_t i;

	for (i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++) {
		const struct value_pair *pair = &map->map.pairs[i];
		size_t place = pair->key->member->number - 1u;

		if (place < ARRAY_LEN(clients->provider) && pair->value->kind == VALUE_STRING)
			clients->provider[place] = pair->value->string;
	}
}

bool clients_init(struct clients *clients, struct compilation *c)
{
	*clients = (struct clients){.c = c};
	if (!services_of_sources(c, &clients->services))
		return false;
	read_provider(clients, compile_singleton(c, "SystemSettings"));
	return true;
}

bool clients_of(struct clients *clients, struct view *view)
{
	/* services_of reads what it needs itself */
	static const char *const types[] = {"Domain", "Authentication", "Directory"};
	size_t i;

	*clients = (struct clients){.c = &view->c, .view = view};
	if (!services_of(view, &clients->services))
		return false;
	for (i = 0; i < ARRAY_LEN(types); i++) {
		const struct schema_object *type =
			schema_object_find(view->c.schema, str_c(types[i]));

		if (type && !view_load(view, type))
			return false;
	}
	read_provider(clients, compile_singleton(&view->c, "SystemSettings"));
	return true;
}

/* The directory that knows the users of a domain; NULL: the server's own. */
static const struct object *directory_of(struct compilation *c, const struct object *domain)
{
	const struct object *authentication = compile_singleton(c, "Authentication");
	const struct value *value = domain ? value_field_get(&domain->body, "directoryId") : NULL;

	if ((!value || value->kind != VALUE_REFERENCE) && authentication)
		value = value_field_get(&authentication->body, "directoryId");
	return compile_referred(c, value);
}

static bool has_text(struct str text, struct str part)
{
	return text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL;
}

/* An image has the defaults that it was built with. */
static struct str filter_of(const struct clients *clients, const struct object *directory)
{
	const struct value *value =
		clients->view ? diff_value(clients->view, &directory->body, NULL, "filterLogin")
			      : lint_value(clients->c, &directory->body, "filterLogin");

	return value && value->kind == VALUE_STRING ? value->string : STR_NONE;
}

enum client_login client_login(const struct clients *clients, const struct object *domain)
{
	static const char *const whole[] = {"?", "{user}", "{username}", "{email}", "{domain}"};
	const struct object *directory = directory_of(clients->c, domain);
	struct str filter;
	size_t i;

	if (!directory || !lint_is_variant(&directory->body, "Ldap"))
		return CLIENT_LOGIN_ADDRESS;
	filter = filter_of(clients, directory);
	for (i = 0; i < ARRAY_LEN(whole); i++) {
		if (has_text(filter, str_c(whole[i])))
			return CLIENT_LOGIN_ADDRESS;
	}
	return has_text(filter, STR("{local}")) ? CLIENT_LOGIN_LOCAL : CLIENT_LOGIN_ADDRESS;
}

/* The port of a protocol that begins with TLS (RFC 8314 section 3, RFC 2818). */
static uint16_t tls_port(enum service_protocol protocol)
{
	switch (protocol) {
	case SERVICE_SUBMISSION: return 465;
	case SERVICE_IMAP: return 993;
	case SERVICE_POP3: return 995;
	case SERVICE_JMAP:
	case SERVICE_CALDAV:
	case SERVICE_CARDDAV: return 443;
	case SERVICE_MX:
	case SERVICE_SIEVE:
	case SERVICE_WEBDAV:
	case SERVICE_WEB:
	case SERVICE_PROTOCOL_COUNT: break;
	}
	return 0; /* none that a client would know by itself */
}

bool client_names(const struct service *service, enum stw_document document)
{
	bool mail = service->protocol == SERVICE_IMAP || service->protocol == SERVICE_POP3 ||
		    service->protocol == SERVICE_SUBMISSION;

	switch (document) {
	case STW_DOCUMENT_AUTOCONFIG:
	case STW_DOCUMENT_AUTODISCOVER: return mail && service->announced;
	case STW_DOCUMENT_AUTODISCOVER_JSON:
		return service->protocol == SERVICE_WEB && service->security == SERVICE_IMPLICIT;
	case STW_DOCUMENT_PACC:
		return service->announced && service->security == SERVICE_IMPLICIT &&
		       service->port == tls_port(service->protocol);
	case STW_DOCUMENT_MTA_STS: return service->protocol == SERVICE_MX;
	case STW_DOCUMENT_COUNT: break;
	}
	return false;
}

/* ---- pieces ---- */

static void open_run(struct client_pieces *pieces)
{
	if (pieces->run)
		return;
	buf_put_u8(&pieces->out, STW_PIECE_TEXT);
	pieces->run = pieces->out.n + 1;
	buf_put_u32(&pieces->out, 0);
}

static void close_run(struct client_pieces *pieces)
{
	size_t at = pieces->run - 1;

	if (!pieces->out.failed)
		buf_patch_u32(&pieces->out, at, (uint32_t)(pieces->out.n - at - 4));
}

void client_put(struct client_pieces *pieces, const char *text)
{
	open_run(pieces);
	buf_puts(&pieces->out, str_c(text));
	close_run(pieces);
}

void client_put_xml(struct client_pieces *pieces, struct str text)
{
	open_run(pieces);
	buf_put_xml(&pieces->out, text);
	close_run(pieces);
}

void client_put_json(struct client_pieces *pieces, struct str text)
{
	open_run(pieces);
	buf_put_json(&pieces->out, text);
	close_run(pieces);
}

void client_put_piece(struct client_pieces *pieces, enum stw_piece_kind kind)
{
	pieces->run = 0;
	buf_put_u8(&pieces->out, (uint8_t)kind);
}

void client_put_host(struct client_pieces *pieces, const struct service *service)
{
	if (service->host.n)
		client_put_xml(pieces, service->host); /* a host name: nothing to escape in JSON */
	else
		client_put_piece(pieces, STW_PIECE_HOSTNAME);
}

/* ---- documents without a form of their own ---- */

/* The second version of Autodiscover knows no mail protocols: it leads to the first. */
static void autodiscover_json(struct client_pieces *out)
{
	client_put(out, "{\"Protocol\":\"AutodiscoverV1\",\"Url\":\"https://autodiscover.");
	client_put_piece(out, STW_PIECE_DOMAIN);
	client_put(out, "/autodiscover/autodiscover.xml\"}\n");
}

static void put_mx(struct client_pieces *out, struct str host)
{
	client_put(out, "mx: ");
	if (host.n)
		client_put_xml(out, host);
	else
		client_put_piece(out, STW_PIECE_HOSTNAME);
	client_put(out, "\r\n");
}

static void mta_sts_hosts(struct clients *clients, const struct value_object *policy,
			  struct client_pieces *out)
{
	const struct object *settings = compile_singleton(clients->c, "SystemSettings");
	size_t count, i;
	struct value *const *hosts = lint_members(clients->c, policy, "mxHosts", &count);

	for (i = 0; i < count; i++)
		put_mx(out, hosts[i]->string);
	if (count)
		return;
	hosts = settings ? lint_members(clients->c, &settings->body, "mailExchangers", &count)
			 : NULL;
	for (i = 0; hosts && i < count; i++) {
		struct str host = lint_text(clients->c, &hosts[i]->object, "hostname");

		put_mx(out, host.n ? host : clients->services.hostname);
	}
	if (!hosts || !count)
		put_mx(out, clients->services.hostname);
}

void client_mta_sts(struct clients *clients, struct client_pieces *out)
{
	const struct schema_object *type = schema_object_find(clients->c->schema, STR("MtaSts"));
	const struct object *object = compile_singleton(clients->c, "MtaSts");
	const struct value *mode, *age;
	struct value_object body;
	char line[64];

	if (!object && !type)
		return;
	body = object ? object->body : (struct value_object){.structure = type->structure};
	mode = lint_value(clients->c, &body, "mode");
	age = lint_value(clients->c, &body, "maxAge");
	if (!mode || !age || strcmp(mode->member->name, "disable") == 0)
		return;
	client_put(out, "version: STSv1\r\nmode: ");
	client_put(out, mode->member->name);
	client_put(out, "\r\n");
	mta_sts_hosts(clients, &body, out);
	(void)snprintf(line, sizeof(line), "max_age: %llu\r\n",
		       (unsigned long long)(age->number / 1000));
	client_put(out, line);
}

void client_document(struct clients *clients, enum stw_document document, enum client_login login,
		     struct client_pieces *out)
{
	/* one leads to the other, so that both are there or none */
	enum stw_document named =
		document == STW_DOCUMENT_AUTODISCOVER_JSON ? STW_DOCUMENT_AUTODISCOVER : document;
	bool any = document == STW_DOCUMENT_MTA_STS;
	size_t i;

	for (i = 0; i < clients->services.count && !any; i++)
		any = client_names(&clients->services.items[i], named);
	if (!any)
		return;
	switch (document) {
	case STW_DOCUMENT_AUTOCONFIG: client_autoconfig(clients, login, out); return;
	case STW_DOCUMENT_AUTODISCOVER: client_autodiscover(clients, login, out); return;
	case STW_DOCUMENT_AUTODISCOVER_JSON: autodiscover_json(out); return;
	case STW_DOCUMENT_PACC: client_pacc(clients, out); return;
	case STW_DOCUMENT_MTA_STS: client_mta_sts(clients, out); return;
	case STW_DOCUMENT_COUNT: return;
	}
}

/* ---- the digest of PACC ---- */

static void put_of_image(const struct view *view, enum stw_document which,
			 const struct stw_document_values *values, struct buf *out)
{
	const struct stw_discovery *discovery = stw_image_discovery(view->image);
	struct stw_discovery_host host;
	struct stw_scan document;

	if (stw_discovery_find(discovery, values->domain, &host) &&
	    stw_discovery_document(discovery, &host, which, &document))
		stw_document_put(document, values, out);
}

static bool put_of_sources(struct view *view, enum stw_document which,
			   const struct stw_document_values *values, struct buf *out)
{
	struct client_pieces pieces = {.out = BUF_INIT};
	struct clients clients;
	bool ok = clients_init(&clients, &view->c), alias;
	const struct object *domain = services_domain(&view->c, values->domain, &alias);

	/* a domain that is off has no row in an image */
	if (ok && domain && lint_flag(&view->c, &domain->body, "isEnabled") &&
	    clients.services.hostname.n)
		client_document(&clients, which, CLIENT_LOGIN_ADDRESS, &pieces);
	stw_document_put(
		stw_scan_of((struct stw_bytes){(const uint8_t *)pieces.out.p, pieces.out.n}),
		values, out);
	ok = ok && !pieces.out.failed;
	buf_free(&pieces.out);
	return ok;
}

bool client_served(struct view *view, enum stw_document which, struct str domain, struct buf *out)
{
	const struct stw_document_values values = {.domain = domain};
	bool ok = true;

	if (view->image)
		put_of_image(view, which, &values, out);
	else
		ok = put_of_sources(view, which, &values, out);
	return ok && !out->failed;
}

bool client_pacc_record(struct view *view, struct str domain, struct buf *out)
{
	struct buf document = BUF_INIT;
	struct digest digest;
	bool ok = client_served(view, STW_DOCUMENT_PACC, domain, &document) &&
		  digest_of(document.p, document.n, &digest);

	if (ok && document.n) {
		buf_puts(out, STR("v=UAAC1; a=sha256; d="));
		buf_put_base64(out, (const char *)digest.b, sizeof(digest.b));
	}
	buf_free(&document);
	return ok;
}
