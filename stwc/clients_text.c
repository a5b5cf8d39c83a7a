/* What people type into a mail client, and the JSON of PACC. */
#include <stdio.h>

#include "stwc/clients.h"

/* ---- PACC (draft-ietf-mailmaint-pacc-02) ---- */

/* ,"key": or the same without its comma. */
static void member(struct client_pieces *out, bool *first, const char *key)
{
	client_put(out, *first ? "" : ",");
	client_put_json(out, str_c(key));
	client_put(out, ":");
	*first = false;
}

static void text_member(struct client_pieces *out, bool *first, const char *key, struct str text)
{
	if (!text.n)
		return;
	member(out, first, key);
	client_put_json(out, text);
}

/* Where a client begins: the session of JMAP, the well-known addresses of RFC 6764 section 5. */
static const char *http_path(enum service_protocol protocol)
{
	switch (protocol) {
	case SERVICE_JMAP: return "/jmap/session";
	case SERVICE_CALDAV: return "/.well-known/caldav";
	case SERVICE_CARDDAV: return "/.well-known/carddav";
	case SERVICE_MX:
	case SERVICE_SUBMISSION:
	case SERVICE_IMAP:
	case SERVICE_POP3:
	case SERVICE_SIEVE:
	case SERVICE_WEBDAV:
	case SERVICE_WEB:
	case SERVICE_PROTOCOL_COUNT: break;
	}
	return NULL;
}

static void pacc_service(const struct service *service, struct client_pieces *out)
{
	const char *path = http_path(service->protocol);

	client_put(out, path ? "{\"url\":\"https://" : "{\"host\":\"");
	client_put_host(out, service);
	client_put(out, path ? path : "");
	client_put(out, "\"}");
}

static void pacc_provider(const struct clients *clients, struct client_pieces *out)
{
	bool first = true;

	client_put(out, "\"provider\":{");
	member(out, &first, "name");
	if (clients->provider[PROVIDER_NAME].n) {
		client_put_json(out, clients->provider[PROVIDER_NAME]);
	} else {
		client_put(out, "\"");
		client_put_piece(out, STW_PIECE_DOMAIN);
		client_put(out, "\"");
	}
	text_member(out, &first, "shortName", clients->provider[PROVIDER_SHORT_NAME]);
	if (clients->provider[PROVIDER_LOGO].n) {
		member(out, &first, "logo");
		client_put(out, "[{\"url\":");
		client_put_json(out, clients->provider[PROVIDER_LOGO]);
		client_put(out, "}]");
	}
	client_put(out, "}");
}

static void pacc_help(const struct clients *clients, struct client_pieces *out)
{
	struct str contact = clients->provider[PROVIDER_CONTACT];
	bool first = true;

	client_put(out, ",\"help\":{");
	text_member(out, &first, "documentation", clients->provider[PROVIDER_USER_DOCUMENTATION]);
	text_member(out, &first, "developer", clients->provider[PROVIDER_DEVELOPER_DOCUMENTATION]);
	if (contact.n) {
		member(out, &first, "contact");
		client_put(out, "[");
		client_put_json(out, contact);
		client_put(out, "]");
	}
	client_put(out, "}");
}

void client_pacc(const struct clients *clients, struct client_pieces *out)
{
	enum service_protocol last = SERVICE_PROTOCOL_COUNT;
	bool first = true;
	size_t i;

	client_put(out, "{\"protocols\":{");
	for (i = 0; i < clients->services.count; i++) {
		const struct service *service = &clients->services.items[i];

		if (!client_names(service, STW_DOCUMENT_PACC) || service->protocol == last)
			continue;
		member(out, &first, service_protocol_word(service->protocol));
		pacc_service(service, out);
		last = service->protocol;
	}
	client_put(out, "},\"authentication\":{\"password\":true},\"info\":{");
	pacc_provider(clients, out);
	if (clients->provider[PROVIDER_USER_DOCUMENTATION].n ||
	    clients->provider[PROVIDER_DEVELOPER_DOCUMENTATION].n ||
	    clients->provider[PROVIDER_CONTACT].n)
		pacc_help(clients, out);
	client_put(out, "}}\n");
}

/* ---- for people ---- */

static const char *security_words(enum service_security security)
{
	switch (security) {
	case SERVICE_IMPLICIT: return "SSL/TLS";
	case SERVICE_STARTTLS: return "STARTTLS";
	case SERVICE_PLAIN: break;
	}
	return "none: passwords cross the network readable";
}

static void put_mail_service(const struct service *service, struct buf *out)
{
	static const char *const titles[SERVICE_PROTOCOL_COUNT] = {
		[SERVICE_IMAP] = "Incoming mail (IMAP)",
		[SERVICE_POP3] = "Incoming mail (POP3)",
		[SERVICE_SUBMISSION] = "Outgoing mail (SMTP)",
		[SERVICE_SIEVE] = "Filters (ManageSieve)",
	};

	if (!titles[service->protocol])
		return;
	buf_printf(out, "\n%s\n  Server:    %.*s\n  Port:      %u\n  Security:  %s\n",
		   titles[service->protocol], STR_ARG(service->host), service->port,
		   security_words(service->security));
}

static void put_http_service(const struct service *service, struct buf *out)
{
	static const char *const titles[SERVICE_PROTOCOL_COUNT] = {
		[SERVICE_JMAP] = "JMAP",
		[SERVICE_CALDAV] = "Calendars (CalDAV)",
		[SERVICE_CARDDAV] = "Contacts (CardDAV)",
	};
	bool tls = service->security == SERVICE_IMPLICIT;

	if (!titles[service->protocol])
		return;
	buf_printf(out, "\n%s\n  Address:   %s://%.*s", titles[service->protocol],
		   tls ? "https" : "http", STR_ARG(service->host));
	if (service->port != (tls ? 443 : 80))
		buf_printf(out, ":%u", service->port);
	buf_printf(out, "%s\n", http_path(service->protocol));
}

void client_text(const struct clients *clients, struct str domain, enum client_login login,
		 struct buf *out)
{
	static const enum service_protocol order[] = {
		SERVICE_IMAP, SERVICE_POP3,   SERVICE_SUBMISSION, SERVICE_SIEVE,
		SERVICE_JMAP, SERVICE_CALDAV, SERVICE_CARDDAV,
	};
	size_t i, p;

	buf_printf(out, "Mail of %.*s\n  User name: %s\n", STR_ARG(domain),
		   login == CLIENT_LOGIN_LOCAL ? "what stands before the @ of the address"
					       : "the whole address");
	for (p = 0; p < ARRAY_LEN(order); p++) {
		for (i = 0; i < clients->services.count; i++) {
			const struct service *service = &clients->services.items[i];

			if (service->protocol != order[p] || !service->announced)
				continue;
			put_mail_service(service, out);
			put_http_service(service, out);
		}
	}
}
