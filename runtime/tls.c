#include "runtime/tls_internal.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

bool tls_load(void)
{
	SSL_CTX *trial = NULL;

	/* a context asks every provider for what it has; the generator is seeded */
	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1 && RAND_status() == 1)
		trial = SSL_CTX_new(TLS_server_method());
	SSL_CTX_free(trial);
	ERR_clear_error();
	return trial != NULL;
}

/* ---- suites ---- */

static const struct suite {
	const char *member, *openssl;
	bool v13;
} suites[TLS_SUITE_COUNT] = {
	{"tls13-aes-256-gcm-sha384", "TLS_AES_256_GCM_SHA384", true},
	{"tls13-aes-128-gcm-sha256", "TLS_AES_128_GCM_SHA256", true},
	{"tls13-chacha20-poly1305-sha256", "TLS_CHACHA20_POLY1305_SHA256", true},
	{"tls-ecdhe-ecdsa-with-aes-256-gcm-sha384", "ECDHE-ECDSA-AES256-GCM-SHA384", false},
	{"tls-ecdhe-ecdsa-with-aes-128-gcm-sha256", "ECDHE-ECDSA-AES128-GCM-SHA256", false},
	{"tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256", "ECDHE-ECDSA-CHACHA20-POLY1305", false},
	{"tls-ecdhe-rsa-with-aes-256-gcm-sha384", "ECDHE-RSA-AES256-GCM-SHA384", false},
	{"tls-ecdhe-rsa-with-aes-128-gcm-sha256", "ECDHE-RSA-AES128-GCM-SHA256", false},
	{"tls-ecdhe-rsa-with-chacha20-poly1305-sha256", "ECDHE-RSA-CHACHA20-POLY1305", false},
};

const char *tls_suite_member(enum tls_suite suite)
{
	return suites[suite].member;
}

const char *tls_suite_openssl(enum tls_suite suite)
{
	return suites[suite].openssl;
}

bool tls_suite_named(struct str member, enum tls_suite *out)
{
	unsigned i;

	for (i = 0; i < TLS_SUITE_COUNT; i++) {
		if (str_eq_c(member, suites[i].member)) {
			*out = (enum tls_suite)i;
			return true;
		}
	}
	return false;
}

bool tls_suites_choose(const struct tls_settings *settings, struct buf *out_13, struct buf *out_12)
{
	unsigned i;

	for (i = 0; i < TLS_SUITE_COUNT; i++) {
		struct buf *out = suites[i].v13 ? out_13 : out_12;

		if (settings->disabled_suites & (1u << i) ||
		    (suites[i].v13 ? settings->disable_13 : settings->disable_12))
			continue;
		if (out->n)
			buf_putc(out, ':');
		buf_puts(out, str_c(suites[i].openssl));
	}
	return (out_13->n || out_12->n) && !out_13->failed && !out_12->failed;
}

/* ---- ticket keys ---- */

struct tls_tickets {
	pthread_mutex_t lock;
	uint8_t keys[TLS_TICKET_KEYS_MAX][TLS_TICKET_KEY_SIZE];
	size_t count;
};

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *tickets = calloc(1, sizeof(*tickets));

	if (tickets && pthread_mutex_init(&tickets->lock, NULL) != 0) {
		free(tickets);
		return NULL;
	}
	return tickets;
}

static void keys_take(struct tls_tickets *tickets, const uint8_t *keys, size_t count)
{
	if (count > TLS_TICKET_KEYS_MAX)
		count = TLS_TICKET_KEYS_MAX;
	OPENSSL_cleanse(tickets->keys, sizeof(tickets->keys));
	if (count)
		memcpy(tickets->keys, keys, count * TLS_TICKET_KEY_SIZE);
	tickets->count = count;
}

void tls_tickets_set(struct tls_tickets *tickets, const uint8_t *keys, size_t count)
{
	pthread_mutex_lock(&tickets->lock);
	keys_take(tickets, keys, count);
	pthread_mutex_unlock(&tickets->lock);
}

void tls_tickets_begin(struct tls_tickets *tickets, const uint8_t *keys, size_t count)
{
	pthread_mutex_lock(&tickets->lock);
	if (tickets->count == 0)
		keys_take(tickets, keys, count);
	pthread_mutex_unlock(&tickets->lock);
}

void tls_tickets_free(struct tls_tickets *tickets)
{
	if (!tickets)
		return;
	OPENSSL_cleanse(tickets->keys, sizeof(tickets->keys));
	pthread_mutex_destroy(&tickets->lock);
	free(tickets);
}

/* The key to seal with, or the one of that name; its place, or -1. */
static int ticket_key_find(struct tls_tickets *tickets, const unsigned char *name,
			   uint8_t out[TLS_TICKET_KEY_SIZE])
{
	int found = -1;
	size_t i;

	pthread_mutex_lock(&tickets->lock);
	for (i = 0; i < tickets->count && found < 0; i++) {
		if (!name || memcmp(tickets->keys[i], name, 16) == 0)
			found = (int)i;
	}
	if (found >= 0)
		memcpy(out, tickets->keys[found], TLS_TICKET_KEY_SIZE);
	pthread_mutex_unlock(&tickets->lock);
	return found;
}

static bool ticket_crypto_set(const uint8_t key[TLS_TICKET_KEY_SIZE], const unsigned char *iv,
			      EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + 16, iv, enc) == 1 &&
	       EVP_MAC_init(mac, key + 48, 32, params) == 1;
}

/* ---- contexts ---- */

struct tls_context {
	_Atomic unsigned references;
	SSL_CTX *ssl;
	struct tls_names *names;
	struct tls_tickets *tickets;
	unsigned char alpn[32]; /* length byte and name; [0] is 0 when ALPN is ignored */
};

/* Seals or opens a ticket: 1 done, 2 done and due for renewal, 0 no key, -1 failed. */
static int ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
			   EVP_MAC_CTX *mac, int enc)
{
	struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	uint8_t key[TLS_TICKET_KEY_SIZE];
	int place = ticket_key_find(context->tickets, enc ? NULL : name, key);
	int result = 0;

	if (place >= 0) {
		result = place == 0 ? 1 : 2;
		if (enc) {
			memcpy(name, key, 16);
			if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
				result = -1;
		}
		if (result > 0 && !ticket_crypto_set(key, iv, cipher, mac, enc))
			result = -1;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return result;
}

struct named {
	char name[TLS_NAME_SIZE];
	struct tls_identity *identity;
};

struct tls_names {
	_Atomic unsigned references;
	struct named *named;
	size_t count, cap;
	struct tls_identity **identities;
	size_t identity_count;
	struct tls_identity *fallback; /* one of identities */
};

static bool use_identity(SSL *ssl, const struct tls_identity *identity)
{
	return SSL_use_cert_and_key(ssl, identity->leaf, identity->key, identity->chain, 1) == 1;
}

static int named_order(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->identity->key_type != y->identity->key_type)
		return x->identity->key_type < y->identity->key_type ? -1 : 1;
	if (x->identity->facts.not_after != y->identity->facts.not_after)
		return x->identity->facts.not_after > y->identity->facts.not_after ? -1 : 1;
	return 0;
}

/* The first entry with that name, or names->count. */
static size_t named_first(const struct tls_names *names, const char *name)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(names->named[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Gives the stream one identity of each key type that has the name; how many. */
static int use_named(SSL *ssl, const struct tls_names *names, const char *name)
{
	size_t i;
	int used = 0;

	for (i = named_first(names, name); i < names->count; i++) {
		if (strcmp(names->named[i].name, name) != 0)
			break;
		if (!use_identity(ssl, names->named[i].identity))
			return -1;
		used++;
	}
	return used;
}

/* The name that the client asked for, in lower case without a dot at the end; false: none. */
static bool asked_name(SSL *ssl, char out[256])
{
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	size_t n = asked ? strlen(asked) : 0, i;

	if (n && asked[n - 1] == '.')
		n--;
	if (n == 0 || n > 255)
		return false;
	for (i = 0; i < n; i++)
		out[i] = asked[i] >= 'A' && asked[i] <= 'Z' ? (char)(asked[i] + ('a' - 'A'))
							    : asked[i];
	out[n] = '\0';
	return true;
}

static int certificate_callback(SSL *ssl, void *arg)
{
	const struct tls_context *context = arg;
	char name[256], wildcard[258];
	const char *dot;
	int used = 0;

	if (asked_name(ssl, name)) {
		used = use_named(ssl, context->names, name);
		dot = strchr(name, '.');
		if (used == 0 && dot) {
			snprintf(wildcard, sizeof(wildcard), "*%s", dot);
			used = use_named(ssl, context->names, wildcard);
		}
	}
	if (used == 0 && context->names->fallback)
		used = use_identity(ssl, context->names->fallback) ? 1 : -1;
	return used > 0 ? 1 : 0;
}

/* Present so that the library keeps the name with the session (RFC 6066 section 3). */
static int server_name_callback(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)alert;
	(void)arg;
	return SSL_TLSEXT_ERR_OK;
}

/* A client that offers protocols but not ours is at the wrong door: the handshake ends, so that
 * what it meant for another protocol is never read as ours (RFC 7301 3.2). */
static int alpn_callback(SSL *ssl, const unsigned char **out, unsigned char *out_n,
			 const unsigned char *in, unsigned in_n, void *arg)
{
	const struct tls_context *context = arg;
	unsigned at;

	(void)ssl;
	for (at = 0; at < in_n && in_n - at > in[at]; at += in[at] + 1u) {
		if (in[at] == context->alpn[0] &&
		    memcmp(in + at + 1, context->alpn + 1, in[at]) == 0) {
			*out = in + at + 1;
			*out_n = in[at];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool set_suites(SSL_CTX *ssl, const struct tls_settings *settings, char *error, size_t size)
{
	struct buf v13 = BUF_INIT, v12 = BUF_INIT;
	bool ok = false;

	if (!tls_suites_choose(settings, &v13, &v12)) {
		snprintf(error, size,
			 "tlsDisableProtocols and tlsDisableCipherSuites leave no cipher "
			 "suite");
		goto out;
	}
	buf_putc(&v13, '\0');
	buf_putc(&v12, '\0');
	ok = !v13.failed && !v12.failed && SSL_CTX_set_ciphersuites(ssl, v13.p) == 1 &&
	     (v12.n == 1 || SSL_CTX_set_cipher_list(ssl, v12.p) == 1) &&
	     SSL_CTX_set_min_proto_version(ssl, v12.n > 1 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
	     SSL_CTX_set_max_proto_version(ssl, v13.n > 1 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1;
	if (!ok)
		tls_error_take("cannot set the cipher suites", error, size);
out:
	buf_free(&v13);
	buf_free(&v12);
	return ok;
}

/* A session resumes only on the same listener with the same suites and versions: the id context
 * is a digest of them, so that a ticket never brings back what was disabled since. */
static bool set_session_scope(SSL_CTX *ssl, const struct tls_settings *settings)
{
	unsigned char scope[SHA256_DIGEST_LENGTH];
	char text[80];
	int n = snprintf(text, sizeof(text), "stw %016llx %u %u %x",
			 (unsigned long long)settings->listener, settings->disable_12,
			 settings->disable_13, settings->disabled_suites);

	SHA256((const unsigned char *)text, (size_t)n, scope);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_session_id_context(ssl, scope, sizeof(scope)) == 1;
}

static bool set_tickets(struct tls_context *context, struct tls_tickets *tickets)
{
	context->tickets = tickets;
	if (tickets)
		return SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ssl, ticket_callback) == 1;
	SSL_CTX_set_options(context->ssl, SSL_OP_NO_TICKET);
	return SSL_CTX_set_num_tickets(context->ssl, 0) == 1;
}

static void set_callbacks(struct tls_context *context, const char *alpn)
{
	SSL_CTX *ssl = context->ssl;
	size_t n = alpn ? strlen(alpn) : 0;

	SSL_CTX_set_app_data(ssl, context);
	SSL_CTX_set_cert_cb(ssl, certificate_callback, context);
	SSL_CTX_set_tlsext_servername_callback(ssl, server_name_callback);
	if (n && n < sizeof(context->alpn)) {
		context->alpn[0] = (unsigned char)n;
		memcpy(context->alpn + 1, alpn, n);
		SSL_CTX_set_alpn_select_cb(ssl, alpn_callback, context);
	}
}

static bool context_set_up(struct tls_context *context, const struct tls_settings *settings,
			   char *error, size_t size)
{
	uint64_t options =
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF;

	context->ssl = SSL_CTX_new(TLS_server_method());
	if (!context->ssl) {
		tls_error_take("cannot make a TLS context", error, size);
		return false;
	}
	if (settings->server_order)
		options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
	SSL_CTX_set_options(context->ssl, options);
	SSL_CTX_set_mode(context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
					       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					       SSL_MODE_RELEASE_BUFFERS);
	if (!set_suites(context->ssl, settings, error, size))
		return false;
	set_callbacks(context, settings->alpn);
	if (set_session_scope(context->ssl, settings) && set_tickets(context, settings->tickets))
		return true;
	tls_error_take("cannot set up session tickets", error, size);
	return false;
}

struct tls_context *tls_context_new(const struct tls_settings *settings, struct tls_names *names,
				    char *error, size_t error_size)
{
	struct tls_context *context = calloc(1, sizeof(*context));

	if (!context) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	context->references = 1;
	atomic_fetch_add(&names->references, 1);
	context->names = names;
	ERR_clear_error();
	if (!context_set_up(context, settings, error, error_size)) {
		tls_context_free(context);
		return NULL;
	}
	return context;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
	atomic_fetch_add(&context->references, 1);
	return context;
}

void tls_context_free(struct tls_context *context)
{
	if (!context || atomic_fetch_sub(&context->references, 1) != 1)
		return;
	SSL_CTX_free(context->ssl);
	tls_names_free(context->names);
	free(context);
}

/* ---- names ---- */

struct tls_names *tls_names_new(void)
{
	struct tls_names *names = calloc(1, sizeof(*names));

	if (names)
		names->references = 1;
	return names;
}

static bool names_hold(struct tls_names *names, struct tls_identity *identity)
{
	size_t n = names->identity_count;
	struct tls_identity **grown =
		realloc(names->identities, (n + 1) * sizeof(struct tls_identity *));

	if (!grown)
		return false;
	grown[n] = identity;
	names->identities = grown;
	names->identity_count++;
	atomic_fetch_add(&identity->references, 1);
	return true;
}

static bool name_put(struct tls_names *names, const char *name, struct tls_identity *identity)
{
	size_t cap = names->cap ? names->cap * 2 : 16;
	struct named *grown;

	if (names->count == names->cap) {
		grown = realloc(names->named, cap * sizeof(*grown));
		if (!grown)
			return false;
		names->named = grown;
		names->cap = cap;
	}
	snprintf(names->named[names->count].name, sizeof(names->named->name), "%s", name);
	names->named[names->count++].identity = identity;
	return true;
}

bool tls_names_add(struct tls_names *names, struct tls_identity *identity, bool is_default)
{
	const char *name = identity->names.p, *end = name + identity->names.n;

	if (!names_hold(names, identity))
		return false;
	if (is_default)
		names->fallback = identity;
	for (; name < end; name += strlen(name) + 1) {
		if (!name_put(names, name, identity))
			return false;
	}
	return true;
}

void tls_names_finish(struct tls_names *names)
{
	size_t i, kept = 0;

	if (names->count)
		qsort(names->named, names->count, sizeof(*names->named), named_order);
	for (i = 0; i < names->count; i++) {
		const struct named *last = kept ? &names->named[kept - 1] : NULL;

		if (last && strcmp(last->name, names->named[i].name) == 0 &&
		    last->identity->key_type == names->named[i].identity->key_type)
			continue;
		names->named[kept++] = names->named[i];
	}
	names->count = kept;
	if (names->fallback)
		return;
	for (i = 0; i < names->identity_count; i++) {
		struct tls_identity *one = names->identities[i];

		if (!names->fallback || one->facts.not_after > names->fallback->facts.not_after)
			names->fallback = one;
	}
}

void tls_names_free(struct tls_names *names)
{
	size_t i;

	if (!names || atomic_fetch_sub(&names->references, 1) != 1)
		return;
	for (i = 0; i < names->identity_count; i++)
		tls_identity_free(names->identities[i]);
	free(names->identities);
	free(names->named);
	free(names);
}

size_t tls_names_count(const struct tls_names *names)
{
	return names->identity_count;
}

/* ---- streams ---- */

struct tls_stream {
	SSL *ssl;
	struct tls_context *context;
	char error[128];
};

struct tls_stream *tls_stream_new(struct tls_context *context, int fd)
{
	struct tls_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	ERR_clear_error();
	stream->context = tls_context_ref(context);
	stream->ssl = SSL_new(context->ssl);
	if (!stream->ssl || SSL_set_fd(stream->ssl, fd) != 1) {
		ERR_clear_error();
		tls_stream_free(stream);
		return NULL;
	}
	SSL_set_accept_state(stream->ssl);
	return stream;
}

static enum tls_status status_of(struct tls_stream *stream, int result)
{
	int saved = errno;
	const char *reason;

	switch (SSL_get_error(stream->ssl, result)) {
	case SSL_ERROR_WANT_READ: return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE: return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		snprintf(stream->error, sizeof(stream->error), "%s",
			 saved ? strerror(saved) : "connection closed");
		return TLS_FAILED;
	default:
		reason = ERR_reason_error_string(ERR_peek_last_error());
		snprintf(stream->error, sizeof(stream->error), "%s",
			 reason ? reason : "protocol error");
		ERR_clear_error();
		return TLS_FAILED;
	}
}

enum tls_status tls_stream_handshake(struct tls_stream *stream)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(stream->ssl);
	return result == 1 ? TLS_OK : status_of(stream, result);
}

enum tls_status tls_stream_read(struct tls_stream *stream, void *out, size_t size, size_t *out_n)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_read_ex(stream->ssl, out, size, out_n);
	return result == 1 ? TLS_OK : status_of(stream, result);
}

enum tls_status tls_stream_write(struct tls_stream *stream, const void *bytes, size_t n,
				 size_t *out_n)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write_ex(stream->ssl, bytes, n, out_n);
	return result == 1 ? TLS_OK : status_of(stream, result);
}

void tls_stream_shutdown(struct tls_stream *stream)
{
	/* best effort: the connection is closed whatever the answer */
	if (SSL_is_init_finished(stream->ssl))
		(void)SSL_shutdown(stream->ssl);
	ERR_clear_error();
}

void tls_stream_free(struct tls_stream *stream)
{
	if (!stream)
		return;
	SSL_free(stream->ssl);
	tls_context_free(stream->context);
	free(stream);
}

const char *tls_stream_error(const struct tls_stream *stream)
{
	return stream->error[0] ? stream->error : "closed";
}

const char *tls_stream_version(const struct tls_stream *stream)
{
	return SSL_get_version(stream->ssl);
}

const char *tls_stream_cipher(const struct tls_stream *stream)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(stream->ssl);

	return cipher ? SSL_CIPHER_standard_name(cipher) : "";
}

const char *tls_stream_server_name(const struct tls_stream *stream)
{
	const char *name = SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name);

	return name ? name : "";
}
