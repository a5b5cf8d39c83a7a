#include "runtime/tls_dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/netaddr.h"

#define MESSAGE_MAX 65535 /* what the length before it can say (RFC 1035 section 4.2.2) */

struct tls_dns {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
	int64_t end;
	bool late; /* it is over */
};

/* ---- time ---- */

static bool wait_for(struct tls_dns *c, short events)
{
	struct pollfd fd = {c->fd, events, 0};
	struct timespec now;
	int64_t left;
	int ready;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = c->end - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
		c->late = left <= 0;
		if (c->late)
			return false;
		ready = poll(&fd, 1, left < INT32_MAX ? (int)left : INT32_MAX);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	return ready > 0;
}

/* Can a call that gave `result` be tried again? */
static bool again(struct tls_dns *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ: return wait_for(c, POLLIN);
	case SSL_ERROR_WANT_WRITE: return wait_for(c, POLLOUT);
	default: return false; /* not our enumeration: every other number is an end */
	}
}

/* ---- opening ---- */

static bool connect_to(struct tls_dns *c, const struct net_addr *address, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v4 = address->family == 4;
	socklen_t size = sizeof(int);
	int error = 0;

	memcpy(is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, address->b, is_v4 ? 4 : 16);
	c->fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return false;
	if (connect(c->fd, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
		    is_v4 ? sizeof(v4) : sizeof(v6)) == 0)
		return true;
	if (errno != EINPROGRESS)
		return false;
	if (!wait_for(c, POLLOUT))
		error = ETIMEDOUT;
	else if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	errno = error;
	return error == 0;
}

/* Everything that can be set before a byte is sent. */
static bool prepare(struct tls_dns *c, const struct net_addr *address)
{
	c->context = SSL_CTX_new(TLS_client_method());
	if (!c->context || SSL_CTX_set_min_proto_version(c->context, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_default_verify_paths(c->context) != 1)
		return false;
	SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL);
	c->ssl = SSL_new(c->context);
	return c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 &&
	       X509_VERIFY_PARAM_set1_ip(SSL_get0_param(c->ssl), address->b,
					 address->family == 4 ? 4 : 16) == 1;
}

static bool shake_hands(struct tls_dns *c)
{
	int result;

	do {
		ERR_clear_error();
		result = SSL_connect(c->ssl);
	} while (result != 1 && again(c, result));
	return result == 1;
}

struct tls_dns *tls_dns_open(const char *address, uint16_t port, int64_t end, char *why,
			     size_t size)
{
	struct tls_dns *c = calloc(1, sizeof(*c));
	struct net_addr parsed;
	const char *reason = "out of memory";
	long verdict;

	if (c)
		*c = (struct tls_dns){.fd = -1, .end = end};
	if (c && net_addr_parse(str_c(address), &parsed) != NET_OK)
		reason = "it is no address";
	else if (c && !connect_to(c, &parsed, port))
		reason = strerror(errno);
	else if (c && !prepare(c, &parsed))
		reason = "TLS cannot be set up";
	else if (c && shake_hands(c))
		return c;
	else if (c) {
		verdict = SSL_get_verify_result(c->ssl);
		reason = c->late                ? "no answer in time"
			 : verdict == X509_V_OK ? "no TLS begins there"
						: X509_verify_cert_error_string(verdict);
	}
	(void)snprintf(why, size, "%s port %u over TLS: %s", address, port, reason);
	tls_dns_close(c);
	return NULL;
}

void tls_dns_close(struct tls_dns *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	if (c->fd >= 0)
		(void)close(c->fd); /* nothing of value can be lost */
	ERR_clear_error();
	free(c);
}

/* ---- messages ---- */

static bool write_all(struct tls_dns *c, const struct buf *message)
{
	int result;

	do {
		ERR_clear_error();
		result = SSL_write(c->ssl, message->p, (int)message->n);
	} while (result <= 0 && again(c, result));
	return result > 0; /* all of it: partial writes are not enabled */
}

static bool read_all(struct tls_dns *c, unsigned char *bytes, size_t n)
{
	size_t have = 0;
	int result;

	while (have < n) {
		ERR_clear_error();
		result = SSL_read(c->ssl, bytes + have, (int)(n - have));
		if (result > 0)
			have += (size_t)result;
		else if (!again(c, result))
			return false;
	}
	return true;
}

bool tls_dns_ask(struct tls_dns *c, const unsigned char *message, size_t n, int64_t end,
		 struct buf *answer)
{
	unsigned char length[2], bytes[MESSAGE_MAX];
	struct buf out = BUF_INIT;
	size_t size;
	bool ok;

	if (n > MESSAGE_MAX)
		return false;
	c->end = end;
	/* length and message in one piece (RFC 7858 section 3.3) */
	buf_put_u8(&out, (uint8_t)(n >> 8));
	buf_put_u8(&out, (uint8_t)n);
	buf_put(&out, message, n);
	ok = !out.failed && write_all(c, &out) && read_all(c, length, sizeof(length));
	buf_free(&out);
	size = ok ? (size_t)length[0] << 8 | length[1] : 0;
	if (!ok || !read_all(c, bytes, size))
		return false;
	buf_clear(answer);
	buf_put(answer, bytes, size);
	return !answer->failed;
}
