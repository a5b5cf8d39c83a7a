/*
 * One connection to a name server over TLS (RFC 7858), which c-ares of Debian 12 does not know:
 * bytes of a message go out, bytes of a message come back. What they mean is for zone_dns.c.
 */
#ifndef STW_RUNTIME_TLS_DNS_H
#define STW_RUNTIME_TLS_DNS_H

#include "base/buf.h"

struct tls_dns;

/* Connects and shakes hands until `end`, in ms of the monotonic clock. The certificate has to be of
 * an authority that the system knows (or SSL_CERT_FILE), for the address: the reference has no
 * other name for a server. NULL: *why, which holds `size` bytes, says why not. */
struct tls_dns *tls_dns_open(const char *address, uint16_t port, int64_t end, char *why,
			     size_t size) WARN_UNUSED;
void tls_dns_close(struct tls_dns *connection);
/* Sends a message and puts the next one that comes into `answer`, which is emptied first. False:
 * the connection is of no more use. */
bool tls_dns_ask(struct tls_dns *connection, const unsigned char *message, size_t n, int64_t end,
		 struct buf *answer) WARN_UNUSED;

#endif
