/*
 * TLS, and with it everything of OpenSSL that the runtime knows: certificates and keys as PEM,
 * the context of a listener, and a stream over a descriptor that never blocks. What a generation
 * prepares (identities, contexts) is shared by threads and sessions through reference counts and
 * never changes once made.
 */
#ifndef STW_RUNTIME_TLS_H
#define STW_RUNTIME_TLS_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/* Loads what the library may load at run time (its configuration, providers), before the process
 * gives up the right to load code. False: it cannot be used. */
bool tls_load(void) WARN_UNUSED;

/* What status shows of a certificate: the leaf of a PEM chain. */
#define TLS_NAMES_MAX 64
#define TLS_NAME_SIZE 256

struct tls_facts {
	char subject[256]; /* common name, or empty */
	/* DNS names and addresses of subjectAltName, as text: the first ones */
	char names[TLS_NAMES_MAX][TLS_NAME_SIZE];
	size_t name_count;
	int64_t not_before, not_after; /* seconds since the epoch */
};

/* Facts of the first certificate of a PEM text. False: not a certificate; error says why. */
bool tls_certificate_facts(struct str pem, struct tls_facts *out, char *error,
			   size_t error_size) WARN_UNUSED;
/* True when chain and key are usable together: both parse, and the key belongs to the first
 * certificate. False: error says which of the two is wrong, without any of their content. */
bool tls_pair_check(struct str chain_pem, struct str key_pem, char *error,
		    size_t error_size) WARN_UNUSED;
/* A new P-256 key and a certificate for the host name or address (as CN and as the only
 * subjectAltName), signed by itself, valid from a day ago for `days`; both PEM, appended. */
bool tls_self_signed_make(struct str hostname, unsigned days, struct buf *certificate_pem,
			  struct buf *key_pem, char *error, size_t error_size) WARN_UNUSED;

/* A certificate chain with its key, loaded and matching. */
struct tls_identity;
struct tls_identity *tls_identity_new(struct str cert_pem, struct str key_pem, char *error,
				      size_t error_size) WARN_UNUSED;
void tls_identity_free(struct tls_identity *identity); /* drops the caller's reference */

/* Which identity answers which name: exact names, one-label wildcards (RFC 6125 6.4.3), then the
 * default. For one name and key type the later expiry wins. Holds references. */
struct tls_names;
struct tls_names *tls_names_new(void) WARN_UNUSED;
bool tls_names_add(struct tls_names *names, struct tls_identity *identity,
		   bool is_default) WARN_UNUSED;
/* To be called once, after the last add: sorts, and chooses a default where none was named (the
 * latest expiry). */
void tls_names_finish(struct tls_names *names);
void tls_names_free(struct tls_names *names); /* drops the caller's reference */
size_t tls_names_count(const struct tls_names *names);

#define TLS_TICKET_KEY_SIZE 80 /* name 16, AES-256 32, HMAC-SHA-256 32 */
#define TLS_TICKET_KEYS_MAX 4

/* The session ticket keys of a process: main rotates them, every context uses them. The first
 * seals new tickets; the others open older ones, which are then renewed. Safe between threads. */
struct tls_tickets;
struct tls_tickets *tls_tickets_new(void) WARN_UNUSED;
/* `keys` is `count` times TLS_TICKET_KEY_SIZE bytes, newest first; copied. More than
 * TLS_TICKET_KEYS_MAX: the oldest are left out. */
void tls_tickets_set(struct tls_tickets *tickets, const uint8_t *keys, size_t count);
/* The same, unless there are keys: those of a generation may be older than what main said since. */
void tls_tickets_begin(struct tls_tickets *tickets, const uint8_t *keys, size_t count);
void tls_tickets_free(struct tls_tickets *tickets); /* wipes; after the last context */

/* Bits of tls_settings.disabled_suites, in the order of the reference's TlsCipherSuite. */
enum tls_suite {
	TLS_SUITE_13_AES_256_GCM_SHA384,
	TLS_SUITE_13_AES_128_GCM_SHA256,
	TLS_SUITE_13_CHACHA20_POLY1305_SHA256,
	TLS_SUITE_ECDHE_ECDSA_AES_256_GCM_SHA384,
	TLS_SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256,
	TLS_SUITE_ECDHE_ECDSA_CHACHA20_POLY1305_SHA256,
	TLS_SUITE_ECDHE_RSA_AES_256_GCM_SHA384,
	TLS_SUITE_ECDHE_RSA_AES_128_GCM_SHA256,
	TLS_SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256,
	TLS_SUITE_COUNT
};

/* The member name of TlsCipherSuite, and OpenSSL's name of the suite. */
const char *tls_suite_member(enum tls_suite suite);
const char *tls_suite_openssl(enum tls_suite suite);
bool tls_suite_named(struct str member, enum tls_suite *out) WARN_UNUSED;

struct tls_settings {
	bool disable_12, disable_13;
	uint32_t disabled_suites; /* bits 1 << enum tls_suite */
	bool server_order;        /* tlsIgnoreClientOrder */
	const char *alpn;         /* the protocol's ALPN name, or NULL: the extension is ignored */
	uint64_t listener;        /* binds session tickets to the listener */
	struct tls_tickets *tickets; /* NULL: no tickets */
};

/* The suites that are left, as OpenSSL takes them: "A:B" for 1.3 and for 1.2, each empty when
 * its version is off or has no suite left. False: nothing is left at all. */
bool tls_suites_choose(const struct tls_settings *settings, struct buf *out_13,
		       struct buf *out_12) WARN_UNUSED;

/* The context of a listener; holds references to the names. */
struct tls_context;
struct tls_context *tls_context_new(const struct tls_settings *settings, struct tls_names *names,
				    char *error, size_t error_size) WARN_UNUSED;
struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_free(struct tls_context *context); /* drops a reference */

enum tls_status {
	TLS_OK,
	TLS_WANT_READ,
	TLS_WANT_WRITE,
	TLS_CLOSED, /* the peer ended the stream */
	TLS_FAILED  /* tls_stream_error says why */
};

/* One connection; the descriptor stays the caller's and must not block. */
struct tls_stream;
struct tls_stream *tls_stream_new(struct tls_context *context, int fd) WARN_UNUSED;
enum tls_status tls_stream_handshake(struct tls_stream *stream) WARN_UNUSED;
enum tls_status tls_stream_read(struct tls_stream *stream, void *out, size_t size,
				size_t *out_n) WARN_UNUSED;
enum tls_status tls_stream_write(struct tls_stream *stream, const void *bytes, size_t n,
				 size_t *out_n) WARN_UNUSED;
/* Sends close_notify as far as the socket takes it now. */
void tls_stream_shutdown(struct tls_stream *stream);
void tls_stream_free(struct tls_stream *stream);
const char *tls_stream_error(const struct tls_stream *stream);
/* After the handshake: "TLSv1.3", the suite's standard name, the name that the client asked for. */
const char *tls_stream_version(const struct tls_stream *stream);
const char *tls_stream_cipher(const struct tls_stream *stream);
const char *tls_stream_server_name(const struct tls_stream *stream);

#endif
