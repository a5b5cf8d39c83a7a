/*
 * What a configuration offers to clients: which protocol on which host and port, with which TLS,
 * through which listener. Records of the DNS (stwc zone) and what is typed into a mail client
 * (stwc clients) are made of the same list, so that they never differ.
 */
#ifndef STW_STWC_SERVICES_H
#define STW_STWC_SERVICES_H

#include "stwc/view.h"

/* In the order of the list. The first is other servers' way in; the last stands for the documents
 * under well-known addresses; those between are ServiceProtocol of the reference. */
enum service_protocol {
	SERVICE_MX,         /* SMTP on port 25 */
	SERVICE_SUBMISSION, /* services.smtp: SMTP on any other port */
	SERVICE_IMAP,
	SERVICE_POP3,
	SERVICE_SIEVE, /* services.managesieve */
	SERVICE_JMAP,
	SERVICE_CALDAV,
	SERVICE_CARDDAV,
	SERVICE_WEBDAV,
	SERVICE_WEB, /* every http listener: MTA-STS, autoconfig, autodiscover */
	SERVICE_PROTOCOL_COUNT
};

enum service_security {
	SERVICE_IMPLICIT, /* TLS from the first byte */
	SERVICE_STARTTLS, /* begins without, and offers it */
	SERVICE_PLAIN     /* never any TLS */
};

struct service {
	enum service_protocol protocol;
	enum service_security security;
	struct str host; /* Service.hostname, else SystemSettings.defaultHostname; empty: neither is
			  * set, the host decides at run time */
	uint16_t port;
	bool announced; /* services has the protocol, and where TLS does not come first its
			 * cleartext says that it is announced too (validation.md 5.4) */
	const struct object *listener;
	const struct value *address; /* the member of its bind; view_place_of tells the line */
};

struct services {
	struct str hostname;   /* SystemSettings.defaultHostname; empty: not set */
	struct service *items; /* by protocol, then security, then port, then listener */
	size_t count;
};

/* The services of a view, in its arena. Addresses on loopback and port 0 are none: no client from
 * elsewhere finds them. LMTP is for other servers of the house. One protocol on several addresses
 * of one port is one service. The same for all domains. False: damaged (view->fault), or out of
 * memory. */
bool services_of(struct view *view, struct services *out) WARN_UNUSED;
/* The same of sources, for what has no view. False: out of memory. */
bool services_of_sources(struct compilation *c, struct services *out) WARN_UNUSED;
/* The first of that protocol, at the best security there is; NULL: none. `announced`: among those
 * that are. */
const struct service *services_find(const struct services *services, enum service_protocol protocol,
				    bool announced);
/* The Domain that is called so, in A-labels, or has it as an alias; NULL: there is none. Of
 * sources, or of an image whose Domains were read. */
const struct object *services_domain(struct compilation *c, struct str name, bool *alias);
/* "imap", as ServiceProtocol writes it; "mx" and "web" for the two that it lacks. */
const char *service_protocol_word(enum service_protocol protocol);

#endif
