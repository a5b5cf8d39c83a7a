/*
 * What a mail client is told about a domain: the documents that clients look for by themselves, and
 * the same for people. A document is made once for all domains that have the same kind of user
 * names, as pieces (libstw/discovery.h), so that an image holds it once too; expanding the pieces
 * gives it for one domain.
 *
 * Everything is made of the list of services (stwc/services.h), of which clients are told those
 * that are announced. What the configuration does not offer is left out; `stwc clients` says of it
 * where it is missing, and a build leaves a document without any service out of the image.
 */
#ifndef STW_STWC_CLIENTS_H
#define STW_STWC_CLIENTS_H

#include "libstw/discovery.h"
#include "stwc/services.h"

/* What users type as their name: the whole address, or, where a directory is asked for what stands
 * before the @ and for nothing else, that part of it. */
enum client_login { CLIENT_LOGIN_ADDRESS, CLIENT_LOGIN_LOCAL, CLIENT_LOGIN_COUNT };

struct clients {
	struct compilation *c;
	struct view *view; /* NULL: of sources alone */
	struct services services;
	/* SystemSettings.providerInfo, by enum client_provider; .p NULL: not given */
	struct str provider[8];
};

/* In the order of the reference's ProviderInfo. */
enum client_provider {
	PROVIDER_NAME,
	PROVIDER_SHORT_NAME,
	PROVIDER_USER_DOCUMENTATION,
	PROVIDER_DEVELOPER_DOCUMENTATION,
	PROVIDER_CONTACT,
	PROVIDER_LOGO,
	PROVIDER_LOGO_WIDTH,
	PROVIDER_LOGO_HEIGHT
};

/* A document in the making: pieces, the last text of which is still open. */
struct client_pieces {
	struct buf out;
	size_t run; /* where the length of the open text stands, + 1; 0: none is open */
};

/* Of sources. False: out of memory. */
bool clients_init(struct clients *clients, struct compilation *c) WARN_UNUSED;
/* Of sources or an image. False: damaged (view->fault), or out of memory. */
bool clients_of(struct clients *clients, struct view *view) WARN_UNUSED;
/* How the users of a domain (NULL: of any) are called. */
enum client_login client_login(const struct clients *clients, const struct object *domain);
/* Is the service one that the document names? Only those that are announced; PACC knows no ports,
 * so that it has those on the port of their protocol alone, with TLS from the start. */
bool client_names(const struct service *service, enum stw_document document);

/* Writing pieces. Text comes as it is, or escaped. */
void client_put(struct client_pieces *pieces, const char *text);
void client_put_xml(struct client_pieces *pieces, struct str text);
void client_put_json(struct client_pieces *pieces, struct str text);
void client_put_piece(struct client_pieces *pieces, enum stw_piece_kind kind);
/* The host of a service, which may be one that the daemon fills in. */
void client_put_host(struct client_pieces *pieces, const struct service *service);

/* The documents. Each appends to `out`; nothing where there is no service to name, or for MTA-STS
 * where the mode is `disable`. */
void client_document(struct clients *clients, enum stw_document document, enum client_login login,
		     struct client_pieces *out);
void client_autoconfig(const struct clients *clients, enum client_login login,
		       struct client_pieces *out);
void client_autodiscover(const struct clients *clients, enum client_login login,
			 struct client_pieces *out);
void client_pacc(const struct clients *clients, struct client_pieces *out);
/* The policy of RFC 8461 section 3.2, with the hosts of MtaSts.mxHosts, else those of
 * SystemSettings.mailExchangers. */
void client_mta_sts(struct clients *clients, struct client_pieces *out);

/* The bytes of a document as stwd serves it for a domain, of sources or an image. Nothing where
 * there is none, or its host is only known to the daemon. False: out of memory. */
bool client_served(struct view *view, enum stw_document which, struct str domain,
		   struct buf *out) WARN_UNUSED;
/* What clients that know PACC hold the document of a domain against: the text of the TXT record at
 * _ua-auto-config (draft-ietf-mailmaint-pacc-02), with the digest of the bytes that are served. Of
 * sources or an image. Nothing where there is no document, or its host is only known to the daemon.
 * False: out of memory. */
bool client_pacc_record(struct view *view, struct str domain, struct buf *out) WARN_UNUSED;

/* For one domain alone: an Apple configuration profile, and what people type in. */
void client_mobileconfig(const struct clients *clients, struct str domain, struct buf *out);
void client_text(const struct clients *clients, struct str domain, enum client_login login,
		 struct buf *out);

#endif
