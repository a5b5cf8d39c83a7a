/* XML for mail clients: Mozilla's autoconfig, Outlook's Autodiscover, Apple's profiles. */
#include <stdio.h>

#include "base/digest.h"
#include "stwc/clients.h"

/* <name>text</name> */
static void element(struct client_pieces *out, const char *name, struct str text)
{
	client_put(out, "<");
	client_put(out, name);
	client_put(out, ">");
	client_put_xml(out, text);
	client_put(out, "</");
	client_put(out, name);
	client_put(out, ">");
}

static void put_number(struct client_pieces *out, unsigned number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", number);
	client_put(out, text);
}

/* ---- autoconfig ---- */

static const char *socket_type(enum service_security security)
{
	switch (security) {
	case SERVICE_IMPLICIT: return "SSL";
	case SERVICE_STARTTLS: return "STARTTLS";
	case SERVICE_PLAIN: break;
	}
	return "plain";
}

/* The client fills the address in by itself. */
static void autoconfig_server(const struct service *service, enum client_login login,
			      struct client_pieces *out)
{
	bool sends = service->protocol == SERVICE_SUBMISSION;
	const char *name = sends ? "outgoingServer" : "incomingServer";

	client_put(out, "    <");
	client_put(out, name);
	client_put(out, " type=\"");
	client_put(out, service_protocol_word(service->protocol));
	client_put(out, "\">\n      <hostname>");
	client_put_host(out, service);
	client_put(out, "</hostname>\n      <port>");
	put_number(out, service->port);
	client_put(out, "</port>\n      ");
	element(out, "socketType", str_c(socket_type(service->security)));
	client_put(out, "\n      <authentication>password-cleartext</authentication>\n      ");
	element(out, "username",
		login == CLIENT_LOGIN_LOCAL ? STR("%EMAILLOCALPART%") : STR("%EMAILADDRESS%"));
	client_put(out, "\n    </");
	client_put(out, name);
	client_put(out, ">\n");
}

static void autoconfig_name(const struct clients *clients, const char *element_name,
			    enum client_provider which, struct client_pieces *out)
{
	client_put(out, "    <");
	client_put(out, element_name);
	client_put(out, ">");
	if (clients->provider[which].n)
		client_put_xml(out, clients->provider[which]);
	else
		client_put_piece(out, STW_PIECE_DOMAIN);
	client_put(out, "</");
	client_put(out, element_name);
	client_put(out, ">\n");
}

/* No client goes through more, and a document has to end somewhere. */
#define SERVERS_MAX 8

/* In the order of the list, which clients take as the order of preference: what begins with TLS
 * comes first. */
static void autoconfig_servers(const struct clients *clients, enum service_protocol protocol,
			       enum client_login login, struct client_pieces *out)
{
	size_t i, n = 0;

	for (i = 0; i < clients->services.count && n < SERVERS_MAX; i++) {
		const struct service *service = &clients->services.items[i];

		if (service->protocol != protocol ||
		    !client_names(service, STW_DOCUMENT_AUTOCONFIG))
			continue;
		autoconfig_server(service, login, out);
		n++;
	}
}

void client_autoconfig(const struct clients *clients, enum client_login login,
		       struct client_pieces *out)
{
	struct str help = clients->provider[PROVIDER_USER_DOCUMENTATION];

	client_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<clientConfig version=\"1.1\">\n  <emailProvider id=\"");
	client_put_piece(out, STW_PIECE_DOMAIN);
	client_put(out, "\">\n    <domain>");
	client_put_piece(out, STW_PIECE_DOMAIN);
	client_put(out, "</domain>\n");
	autoconfig_name(clients, "displayName", PROVIDER_NAME, out);
	autoconfig_name(clients, "displayShortName", PROVIDER_SHORT_NAME, out);
	autoconfig_servers(clients, SERVICE_IMAP, login, out);
	autoconfig_servers(clients, SERVICE_POP3, login, out);
	autoconfig_servers(clients, SERVICE_SUBMISSION, login, out);
	if (help.n) {
		client_put(out, "    <documentation url=\"");
		client_put_xml(out, help);
		client_put(out, "\"/>\n");
	}
	client_put(out, "  </emailProvider>\n</clientConfig>\n");
}

/* ---- Autodiscover ---- */

static const char *outlook_type(enum service_protocol protocol)
{
	return protocol == SERVICE_IMAP ? "IMAP" : protocol == SERVICE_POP3 ? "POP3" : "SMTP";
}

static const char *outlook_encryption(enum service_security security)
{
	switch (security) {
	case SERVICE_IMPLICIT: return "SSL";
	case SERVICE_STARTTLS: return "TLS";
	case SERVICE_PLAIN: break;
	}
	return "None";
}

static void outlook_server(const struct service *service, enum client_login login,
			   struct client_pieces *out)
{
	client_put(out, "      <Protocol>\n        ");
	element(out, "Type", str_c(outlook_type(service->protocol)));
	client_put(out, "\n        <Server>");
	client_put_host(out, service);
	client_put(out, "</Server>\n        <Port>");
	put_number(out, service->port);
	client_put(out,
		   "</Port>\n        <DomainRequired>off</DomainRequired>\n        <LoginName>");
	client_put_piece(out, login == CLIENT_LOGIN_LOCAL ? STW_PIECE_LOCAL : STW_PIECE_ADDRESS);
	client_put(out, "</LoginName>\n        <SPA>off</SPA>\n        ");
	element(out, "SSL", service->security == SERVICE_IMPLICIT ? STR("on") : STR("off"));
	client_put(out, "\n        ");
	element(out, "Encryption", str_c(outlook_encryption(service->security)));
	client_put(out, "\n        <AuthRequired>on</AuthRequired>\n");
	if (service->protocol == SERVICE_SUBMISSION)
		client_put(out, "        <UsePOPAuth>off</UsePOPAuth>\n"
				"        <SMTPLast>off</SMTPLast>\n");
	client_put(out, "      </Protocol>\n");
}

/* [MS-OXDSCLI] 2.2.4: Outlook takes one server of each kind, the first. */
void client_autodiscover(const struct clients *clients, enum client_login login,
			 struct client_pieces *out)
{
	static const enum service_protocol order[] = {SERVICE_IMAP, SERVICE_POP3,
						      SERVICE_SUBMISSION};
	size_t i;

	client_put(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover xmlns=\""
			"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
			"\">\n  <Response xmlns=\"http://schemas.microsoft.com/exchange/"
			"autodiscover/outlook/responseschema/2006a\">\n    <Account>\n"
			"      <AccountType>email</AccountType>\n"
			"      <Action>settings</Action>\n");
	for (i = 0; i < ARRAY_LEN(order); i++) {
		const struct service *service = services_find(&clients->services, order[i], true);

		if (service)
			outlook_server(service, login, out);
	}
	client_put(out, "    </Account>\n  </Response>\n</Autodiscover>\n");
}

/* ---- Apple ---- */

/* The same for the same domain, so that a newer profile replaces an older one: version 8 of RFC
 * 9562 section 5.8, of a digest. */
static void put_uuid(struct buf *out, struct str domain, const char *part)
{
	struct buf name = BUF_INIT;
	struct digest d = {{0}};

	buf_printf(&name, "stw mobileconfig %s %.*s", part, STR_ARG(domain));
	if (name.failed || !digest_of(name.p, name.n, &d))
		out->failed = true;
	buf_free(&name);
	d.b[6] = (uint8_t)((d.b[6] & 0x0F) | 0x80);
	d.b[8] = (uint8_t)((d.b[8] & 0x3F) | 0x80);
	for (size_t i = 0; i < 16; i++)
		buf_printf(out, "%s%02X", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", d.b[i]);
}

static void put_key(struct buf *out, const char *indent, const char *key)
{
	buf_printf(out, "%s<key>%s</key>", indent, key);
}

static void put_text(struct buf *out, const char *indent, const char *key, struct str text)
{
	put_key(out, indent, key);
	buf_puts(out, STR("<string>"));
	buf_put_xml(out, text);
	buf_puts(out, STR("</string>\n"));
}

static void put_integer(struct buf *out, const char *indent, const char *key, unsigned n)
{
	put_key(out, indent, key);
	buf_printf(out, "<integer>%u</integer>\n", n);
}

static void put_flag(struct buf *out, const char *indent, const char *key, bool on)
{
	put_key(out, indent, key);
	buf_printf(out, "<%s/>\n", on ? "true" : "false");
}

/* What every payload has; `kind` is the last part of its identifier. */
static void put_payload(struct buf *out, const char *indent, struct str domain, const char *type,
			const char *kind)
{
	put_text(out, indent, "PayloadType", str_c(type));
	put_integer(out, indent, "PayloadVersion", 1);
	put_key(out, indent, "PayloadIdentifier");
	buf_printf(out, "<string>%.*s.%s</string>\n", STR_ARG(domain), kind);
	put_key(out, indent, "PayloadUUID");
	buf_puts(out, STR("<string>"));
	put_uuid(out, domain, kind);
	buf_puts(out, STR("</string>\n"));
}

static void put_mail_server(struct buf *out, const char *which, const struct service *service)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "%sMailServerAuthentication", which);
	put_text(out, "\t\t\t", key, STR("EmailAuthPassword"));
	(void)snprintf(key, sizeof(key), "%sMailServerHostName", which);
	put_text(out, "\t\t\t", key, service->host);
	(void)snprintf(key, sizeof(key), "%sMailServerPortNumber", which);
	put_integer(out, "\t\t\t", key, service->port);
	(void)snprintf(key, sizeof(key), "%sMailServerUseSSL", which);
	put_flag(out, "\t\t\t", key, service->security != SERVICE_PLAIN);
}

/* The device asks for address, name and password when the profile is installed. */
static void put_mail(const struct clients *clients, struct str domain, struct buf *out)
{
	const struct service *in = services_find(&clients->services, SERVICE_IMAP, true);
	const struct service *send = services_find(&clients->services, SERVICE_SUBMISSION, true);
	bool imap = in != NULL;

	if (!in)
		in = services_find(&clients->services, SERVICE_POP3, true);
	if (!in || !send)
		return;
	buf_puts(out, STR("\t\t<dict>\n"));
	put_payload(out, "\t\t\t", domain, "com.apple.mail.managed", "mail");
	put_text(out, "\t\t\t", "PayloadDisplayName", STR("Mail"));
	put_text(out, "\t\t\t", "EmailAccountType",
		 imap ? STR("EmailTypeIMAP") : STR("EmailTypePOP"));
	put_text(out, "\t\t\t", "EmailAccountDescription", domain);
	put_mail_server(out, "Incoming", in);
	put_mail_server(out, "Outgoing", send);
	put_flag(out, "\t\t\t", "OutgoingPasswordSameAsIncomingPassword", true);
	buf_puts(out, STR("\t\t</dict>\n"));
}

static void put_dav(const struct clients *clients, struct str domain, enum service_protocol which,
		    struct buf *out)
{
	const struct service *service = services_find(&clients->services, which, true);
	const char *name = which == SERVICE_CALDAV ? "CalDAV" : "CardDAV";
	const char *kind = service_protocol_word(which);
	char text[64];

	if (!service)
		return;
	buf_puts(out, STR("\t\t<dict>\n"));
	(void)snprintf(text, sizeof(text), "com.apple.%s.account", kind);
	put_payload(out, "\t\t\t", domain, text, kind);
	put_text(out, "\t\t\t", "PayloadDisplayName",
		 which == SERVICE_CALDAV ? STR("Calendars") : STR("Contacts"));
	(void)snprintf(text, sizeof(text), "%sAccountDescription", name);
	put_text(out, "\t\t\t", text, domain);
	(void)snprintf(text, sizeof(text), "%sHostName", name);
	put_text(out, "\t\t\t", text, service->host);
	(void)snprintf(text, sizeof(text), "%sPort", name);
	put_integer(out, "\t\t\t", text, service->port);
	(void)snprintf(text, sizeof(text), "%sUseSSL", name);
	put_flag(out, "\t\t\t", text, service->security == SERVICE_IMPLICIT);
	buf_puts(out, STR("\t\t</dict>\n"));
}

void client_mobileconfig(const struct clients *clients, struct str domain, struct buf *out)
{
	struct str name = clients->provider[PROVIDER_NAME];

	buf_puts(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
			  "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
			  "<plist version=\"1.0\">\n<dict>\n"));
	put_payload(out, "\t", domain, "Configuration", "profile");
	put_key(out, "\t", "PayloadDisplayName");
	buf_puts(out, STR("<string>Mail of "));
	buf_put_xml(out, domain);
	buf_puts(out, STR("</string>\n"));
	if (name.n)
		put_text(out, "\t", "PayloadOrganization", name);
	put_flag(out, "\t", "PayloadRemovalDisallowed", false);
	put_key(out, "\t", "PayloadContent");
	buf_puts(out, STR("\n\t<array>\n"));
	put_mail(clients, domain, out);
	put_dav(clients, domain, SERVICE_CALDAV, out);
	put_dav(clients, domain, SERVICE_CARDDAV, out);
	buf_puts(out, STR("\t</array>\n</dict>\n</plist>\n"));
}
