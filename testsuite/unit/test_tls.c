/* TLS: which suites are left, certificates and keys, the identity that answers a name, handshakes
 * with an OpenSSL client over a socket pair, tickets. */
#include "unit.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/tls.h"

/* ---- suites ---- */

#define ALL_12                                                                              \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-" \
	"POLY1305:"                                                                         \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"
#define ALL_13 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"

static void suites(void **state)
{
	static const struct {
		struct tls_settings settings;
		bool left;
		const char *v13, *v12;
	} cases[] = {
		{{0}, true, ALL_13, ALL_12},
		{{.disable_12 = true}, true, ALL_13, ""},
		{{.disable_13 = true}, true, "", ALL_12},
		{{.disable_12 = true, .disable_13 = true}, false, "", ""},
		{{.disabled_suites = 0x1ff}, false, "", ""},
		{{.disabled_suites = 0x1f8}, true, ALL_13, ""},
		{{.disabled_suites = 0x1f8, .disable_13 = true}, false, "", ""},
		{{.disabled_suites = 0x1fd}, true, "TLS_AES_128_GCM_SHA256", ""},
		{{.disabled_suites = 0x0ff}, true, "", "ECDHE-RSA-CHACHA20-POLY1305"},
	};
	struct buf v13 = BUF_INIT, v12 = BUF_INIT;
	enum tls_suite suite;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&v13);
		buf_clear(&v12);
		assert_int_equal(tls_suites_choose(&cases[i].settings, &v13, &v12), cases[i].left);
		assert_str(buf_str(&v13), cases[i].v13);
		assert_str(buf_str(&v12), cases[i].v12);
	}
	for (i = 0; i < TLS_SUITE_COUNT; i++) {
		assert_true(tls_suite_named(str_c(tls_suite_member((enum tls_suite)i)), &suite));
		assert_int_equal(suite, i);
	}
	assert_false(tls_suite_named(STR("tls13-aes-256-ccm"), &suite));
	buf_free(&v13);
	buf_free(&v12);
}

/* ---- certificates ---- */

struct pair {
	struct buf certificate, key;
};

static struct pair make(const char *host, unsigned days)
{
	struct pair pair = {BUF_INIT, BUF_INIT};
	char error[256] = "";

	if (!tls_self_signed_make(str_c(host), days, &pair.certificate, &pair.key, error,
				  sizeof(error)))
		fail_msg("%s", error);
	return pair;
}

static void pair_free(struct pair *pair)
{
	buf_free(&pair->certificate);
	buf_free(&pair->key);
}

static void self_signed(void **state)
{
	static const char *const hosts[] = {
		"mx.example.org", "192.0.2.1", "2001:db8::1", "localhost",
		"a-label-of-thirty-characters-xx.a-label-of-thirty-characters-xx.a.example.org"};
	struct tls_facts facts;
	char error[256];
	int64_t now = (int64_t)time(NULL);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		struct pair pair = make(hosts[i], 90);

		assert_true(tls_pair_check(buf_str(&pair.certificate), buf_str(&pair.key), error,
					   sizeof(error)));
		assert_true(tls_certificate_facts(buf_str(&pair.certificate), &facts, error,
						  sizeof(error)));
		assert_int_equal(facts.name_count, 1);
		assert_string_equal(facts.names[0], hosts[i]);
		assert_string_equal(facts.subject, strlen(hosts[i]) <= 64 ? hosts[i] : "");
		assert_true(facts.not_before >= now - 86400 &&
			    facts.not_before <= (int64_t)time(NULL) - 86400);
		assert_true(facts.not_after >= now + 89 * 86400 &&
			    facts.not_after <= now + 91 * 86400);
		pair_free(&pair);
	}
}

static void refusals(void **state)
{
	struct pair one = make("one.example.org", 1), two = make("two.example.org", 1);
	struct buf broken = BUF_INIT;
	struct tls_facts facts;
	char error[256];

	(void)state;
	assert_false(
		tls_pair_check(buf_str(&one.certificate), buf_str(&two.key), error, sizeof(error)));
	assert_string_equal(error, "the private key does not belong to the certificate");
	assert_false(tls_pair_check(STR("nonsense"), buf_str(&one.key), error, sizeof(error)));
	assert_true(str_starts(str_c(error), STR("the certificate cannot be read")));
	assert_false(tls_pair_check(buf_str(&one.certificate), STR(""), error, sizeof(error)));
	assert_true(str_starts(str_c(error), STR("the private key cannot be read")));
	assert_false(tls_certificate_facts(buf_str(&one.key), &facts, error, sizeof(error)));
	/* a second certificate that is damaged is not silently left out */
	buf_puts(&broken, buf_str(&one.certificate));
	buf_puts(&broken, STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
	assert_false(tls_pair_check(buf_str(&broken), buf_str(&one.key), error, sizeof(error)));
	assert_true(str_starts(str_c(error), STR("the certificate chain cannot be read")));
	assert_false(tls_self_signed_make(STR(""), 1, &broken, &broken, error, sizeof(error)));
	buf_free(&broken);
	pair_free(&one);
	pair_free(&two);
}

/* ---- handshakes ---- */

struct duel {
	int fds[2];
	struct tls_stream *server;
	SSL_CTX *client_context;
	SSL *client;
	char common_name[64]; /* of the certificate that the client saw */
	bool resumed;
};

struct client {
	const char *server_name, *alpn; /* alpn in wire form */
	int version;                    /* 0: any */
	const char *suites_12, *suites_13;
	SSL_SESSION *session; /* to resume */
	SSL_SESSION **out_session;
};

static void client_set_up(struct duel *duel, const struct client *client)
{
	duel->client_context = SSL_CTX_new(TLS_client_method());
	assert_non_null(duel->client_context);
	if (client->version) {
		SSL_CTX_set_min_proto_version(duel->client_context, client->version);
		SSL_CTX_set_max_proto_version(duel->client_context, client->version);
	}
	if (client->suites_12)
		assert_int_equal(SSL_CTX_set_cipher_list(duel->client_context, client->suites_12),
				 1);
	if (client->suites_13)
		assert_int_equal(SSL_CTX_set_ciphersuites(duel->client_context, client->suites_13),
				 1);
	duel->client = SSL_new(duel->client_context);
	SSL_set_fd(duel->client, duel->fds[1]);
	SSL_set_connect_state(duel->client);
	if (client->server_name)
		SSL_set_tlsext_host_name(duel->client, client->server_name);
	if (client->alpn)
		SSL_set_alpn_protos(duel->client, (const unsigned char *)client->alpn,
				    (unsigned)strlen(client->alpn));
	if (client->session)
		SSL_set_session(duel->client, client->session);
}

static bool would_wait(const struct duel *duel, int result)
{
	int error = SSL_get_error(duel->client, result);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Turns until both sides are done; false: the handshake failed. */
static bool shake(struct duel *duel)
{
	enum tls_status server = TLS_WANT_READ;
	int client = 0, turn;

	for (turn = 0; turn < 20 && (server != TLS_OK || client != 1); turn++) {
		if (client != 1) {
			client = SSL_do_handshake(duel->client);
			if (client != 1 && !would_wait(duel, client))
				return false;
		}
		if (server != TLS_OK) {
			server = tls_stream_handshake(duel->server);
			if (server == TLS_FAILED || server == TLS_CLOSED)
				return false;
		}
	}
	return server == TLS_OK && client == 1;
}

/* One octet each way: with it come the tickets of TLS 1.3. */
static void exchange_octets(struct duel *duel)
{
	char octet = 0;
	size_t n;

	assert_int_equal(SSL_write(duel->client, "x", 1), 1);
	assert_int_equal(tls_stream_read(duel->server, &octet, 1, &n), TLS_OK);
	assert_int_equal(octet, 'x');
	assert_int_equal(tls_stream_read(duel->server, &octet, 1, &n), TLS_WANT_READ);
	assert_int_equal(tls_stream_write(duel->server, "y", 1, &n), TLS_OK);
	assert_int_equal(SSL_read(duel->client, &octet, 1), 1);
	assert_int_equal(octet, 'y');
}

static void note_peer(struct duel *duel)
{
	X509 *peer = SSL_get1_peer_certificate(duel->client);

	if (peer)
		X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName,
					  duel->common_name, sizeof(duel->common_name));
	X509_free(peer);
	duel->resumed = SSL_session_reused(duel->client) == 1;
}

/* A whole connection; false: the handshake failed. What was agreed on is in *out. */
static bool connect_pair(struct tls_context *context, const struct client *client, struct duel *out,
			 char version[16], char cipher[64])
{
	bool ok;

	memset(out, 0, sizeof(*out));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, out->fds), 0);
	out->server = tls_stream_new(context, out->fds[0]);
	assert_non_null(out->server);
	client_set_up(out, client);
	ok = shake(out);
	if (ok) {
		exchange_octets(out);
		note_peer(out);
		snprintf(version, 16, "%s", tls_stream_version(out->server));
		snprintf(cipher, 64, "%s", tls_stream_cipher(out->server));
		if (client->out_session)
			*client->out_session = SSL_get1_session(out->client);
		tls_stream_shutdown(out->server);
		SSL_shutdown(out->client); /* else the library forgets the session */
	}
	SSL_free(out->client);
	SSL_CTX_free(out->client_context);
	tls_stream_free(out->server);
	close(out->fds[0]);
	close(out->fds[1]);
	return ok;
}

/* ---- names ---- */

/* Identities for these hosts, the given one as default (or -1). */
static struct tls_names *names_of(const char *const *hosts, const unsigned *days, size_t count,
				  int is_default)
{
	struct tls_names *names = tls_names_new();
	char error[256];
	size_t i;

	assert_non_null(names);
	for (i = 0; i < count; i++) {
		struct pair pair = make(hosts[i], days[i]);
		struct tls_identity *identity = tls_identity_new(
			buf_str(&pair.certificate), buf_str(&pair.key), error, sizeof(error));

		assert_non_null(identity);
		assert_true(tls_names_add(names, identity, (int)i == is_default));
		tls_identity_free(identity);
		pair_free(&pair);
	}
	tls_names_finish(names);
	return names;
}

static struct tls_context *context_of(const struct tls_settings *settings, struct tls_names *names)
{
	char error[256] = "";
	struct tls_context *context = tls_context_new(settings, names, error, sizeof(error));

	if (!context)
		fail_msg("%s", error);
	return context;
}

static void server_names(void **state)
{
	static const char *const hosts[] = {"mx.example.org", "*.example.net", "imap.example.com",
					    "imap.example.com"};
	static const unsigned days[] = {10, 20, 30, 5};
	static const struct {
		int is_default;
		const char *asked, *answered;
	} cases[] = {
		{0, "mx.example.org", "mx.example.org"},
		{0, "MX.Example.ORG", "mx.example.org"},
		{0, "a.example.net", "*.example.net"},
		{0, "a.b.example.net", "mx.example.org"}, /* a wildcard is one label */
		{0, "example.net", "mx.example.org"},
		{0, "unknown.invalid", "mx.example.org"},
		{0, NULL, "mx.example.org"},
		{1, NULL, "*.example.net"},
		{-1, NULL, "imap.example.com"}, /* the latest expiry */
	};
	struct duel duel;
	char version[16], cipher[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct tls_names *names = names_of(hosts, days, 4, cases[i].is_default);
		struct tls_context *context = context_of(&(struct tls_settings){0}, names);

		tls_names_free(names);
		assert_true(connect_pair(context, &(struct client){.server_name = cases[i].asked},
					 &duel, version, cipher));
		assert_string_equal(duel.common_name, cases[i].answered);
		tls_context_free(context);
	}
}

/* ---- versions, suites, order ---- */

#define AES_256 "TLS_AES_256_GCM_SHA384"
#define AES_128 "TLS_AES_128_GCM_SHA256"
#define CHACHA "TLS_CHACHA20_POLY1305_SHA256"
#define EC_128 "ECDHE-ECDSA-AES128-GCM-SHA256"
#define EC_256 "ECDHE-ECDSA-AES256-GCM-SHA384"

static void versions_and_suites(void **state)
{
	static const struct {
		struct tls_settings settings;
		struct client client;
		bool ok;
		const char *version, *cipher;
	} cases[] = {
		{{0}, {0}, true, "TLSv1.3", NULL},
		{{0}, {.version = TLS1_2_VERSION}, true, "TLSv1.2", NULL},
		{{.disable_13 = true}, {0}, true, "TLSv1.2", NULL},
		{{.disable_12 = true}, {.version = TLS1_2_VERSION}, false, NULL, NULL},
		{{.disable_13 = true}, {.version = TLS1_3_VERSION}, false, NULL, NULL},
		{{0}, {.version = TLS1_1_VERSION}, false, NULL, NULL},
		/* the only suite that the client knows is disabled */
		{{.disabled_suites = 1u << TLS_SUITE_13_AES_128_GCM_SHA256},
		 {.version = TLS1_3_VERSION, .suites_13 = AES_128},
		 false,
		 NULL,
		 NULL},
		{{.disabled_suites = 1u << TLS_SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256},
		 {.version = TLS1_2_VERSION, .suites_12 = EC_128},
		 false,
		 NULL,
		 NULL},
		{{.disabled_suites = 1u << TLS_SUITE_13_AES_256_GCM_SHA384},
		 {.version = TLS1_3_VERSION, .suites_13 = AES_256 ":" CHACHA},
		 true,
		 "TLSv1.3",
		 CHACHA},
		/* whose order counts */
		{{.server_order = true},
		 {.version = TLS1_3_VERSION, .suites_13 = CHACHA ":" AES_128 ":" AES_256},
		 true,
		 "TLSv1.3",
		 AES_256},
		{{0},
		 {.version = TLS1_3_VERSION, .suites_13 = CHACHA ":" AES_128 ":" AES_256},
		 true,
		 "TLSv1.3",
		 CHACHA},
		{{.server_order = true},
		 {.version = TLS1_2_VERSION, .suites_12 = EC_128 ":" EC_256},
		 true,
		 "TLSv1.2",
		 "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
		{{0},
		 {.version = TLS1_2_VERSION, .suites_12 = EC_128 ":" EC_256},
		 true,
		 "TLSv1.2",
		 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
	};
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct duel duel;
	char version[16], cipher[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct tls_context *context = context_of(&cases[i].settings, names);

		assert_int_equal(connect_pair(context, &cases[i].client, &duel, version, cipher),
				 cases[i].ok);
		if (cases[i].ok)
			assert_string_equal(version, cases[i].version);
		if (cases[i].ok && cases[i].cipher)
			assert_string_equal(cipher, cases[i].cipher);
		tls_context_free(context);
	}
	tls_names_free(names);
}

static void nothing_left(void **state)
{
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	char error[256] = "";

	(void)state;
	assert_null(tls_context_new(&(struct tls_settings){.disabled_suites = 0x1ff}, names, error,
				    sizeof(error)));
	assert_string_equal(error,
			    "tlsDisableProtocols and tlsDisableCipherSuites leave no cipher suite");
	tls_names_free(names);
}

/* A client that asks for another protocol was led here by somebody. */
static void alpn(void **state)
{
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct tls_context *context = context_of(&(struct tls_settings){.alpn = "imap"}, names);
	struct duel duel;
	char version[16], cipher[64];

	(void)state;
	assert_true(connect_pair(context, &(struct client){0}, &duel, version, cipher));
	assert_true(connect_pair(context, &(struct client){.alpn = "\4pop3\4imap"}, &duel, version,
				 cipher));
	assert_false(connect_pair(context, &(struct client){.alpn = "\10http/1.1"}, &duel, version,
				  cipher));
	tls_context_free(context);
	tls_names_free(names);
}

/* ---- tickets ---- */

/* One connection that gets a ticket, another that uses it on the second context. */
static bool resumes(struct tls_context *first, struct tls_context *second, int version)
{
	SSL_SESSION *session = NULL;
	struct duel duel;
	char agreed[16], cipher[64];

	assert_true(connect_pair(first,
				 &(struct client){.version = version, .out_session = &session},
				 &duel, agreed, cipher));
	assert_non_null(session);
	assert_false(duel.resumed);
	assert_true(connect_pair(second, &(struct client){.version = version, .session = session},
				 &duel, agreed, cipher));
	SSL_SESSION_free(session);
	return duel.resumed;
}

static void tickets(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct tls_tickets *keys = tls_tickets_new();
	struct tls_settings settings = {.listener = 7, .tickets = keys}, other = settings,
			    stricter = settings;
	struct tls_context *context, *again, *elsewhere, *narrow;
	uint8_t bytes[2 * TLS_TICKET_KEY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	tls_tickets_set(keys, bytes + TLS_TICKET_KEY_SIZE, 1);
	other.listener = 8;
	stricter.disabled_suites = 1u << TLS_SUITE_13_AES_128_GCM_SHA256;
	context = context_of(&settings, names);
	again = context_of(&settings, names);
	elsewhere = context_of(&other, names);
	narrow = context_of(&stricter, names);
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		assert_true(resumes(context, again,
				    versions[i])); /* a reload keeps sessions resumable */
		assert_false(resumes(context, elsewhere, versions[i]));
		assert_false(resumes(context, narrow, versions[i]));
	}
	tls_context_free(context);
	tls_context_free(again);
	tls_context_free(elsewhere);
	tls_context_free(narrow);
	tls_names_free(names);
	tls_tickets_free(keys);
}

/* After a rotation an old ticket is still taken; once its key is gone, it is not. */
/* Who comes with a ticket under an older key leaves with one under the newest, in 1.2 as well. */
static void renewal(void **state)
{
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct tls_tickets *keys = tls_tickets_new();
	struct tls_settings settings = {.listener = 7, .tickets = keys};
	struct tls_context *context = context_of(&settings, names);
	uint8_t bytes[2 * TLS_TICKET_KEY_SIZE] = {[0] = 1, [TLS_TICKET_KEY_SIZE] = 2};
	SSL_SESSION *old = NULL, *renewed = NULL;
	struct client client = {.version = TLS1_2_VERSION, .out_session = &old};
	struct duel duel;
	char version[16], cipher[64];

	(void)state;
	tls_tickets_set(keys, bytes + TLS_TICKET_KEY_SIZE, 1);
	assert_true(connect_pair(context, &client, &duel, version, cipher));
	tls_tickets_set(keys, bytes, 2);
	client.session = old;
	client.out_session = &renewed;
	assert_true(connect_pair(context, &client, &duel, version, cipher));
	assert_true(duel.resumed);
	tls_tickets_set(keys, bytes, 1);
	client.session = renewed;
	client.out_session = NULL;
	assert_true(connect_pair(context, &client, &duel, version, cipher));
	assert_true(duel.resumed);
	SSL_SESSION_free(old);
	SSL_SESSION_free(renewed);
	tls_context_free(context);
	tls_names_free(names);
	tls_tickets_free(keys);
}

static void rotation(void **state)
{
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct tls_tickets *keys = tls_tickets_new();
	struct tls_settings settings = {.listener = 7, .tickets = keys};
	struct tls_context *context;
	uint8_t bytes[2 * TLS_TICKET_KEY_SIZE];
	SSL_SESSION *session = NULL;
	struct duel duel;
	char version[16], cipher[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 5 + 3);
	tls_tickets_begin(keys, bytes + TLS_TICKET_KEY_SIZE, 1);
	context = context_of(&settings, names);
	assert_true(connect_pair(context, &(struct client){.out_session = &session}, &duel, version,
				 cipher));
	tls_tickets_set(keys, bytes, 2); /* a new one before it */
	assert_true(connect_pair(context, &(struct client){.session = session}, &duel, version,
				 cipher));
	assert_true(duel.resumed);
	tls_tickets_set(keys, bytes, 1);
	/* a generation that was prepared before the rotation brings nothing back */
	tls_tickets_begin(keys, bytes + TLS_TICKET_KEY_SIZE, 1);
	assert_true(connect_pair(context, &(struct client){.session = session}, &duel, version,
				 cipher));
	assert_false(duel.resumed);
	SSL_SESSION_free(session);
	tls_context_free(context);
	tls_names_free(names);
	tls_tickets_free(keys);
}

/* What is no TLS at all fails, and says what it was. */
static void garbage(void **state)
{
	static const char *const hosts[] = {"mx.example.org"};
	static const unsigned days[] = {10};
	struct tls_names *names = names_of(hosts, days, 1, 0);
	struct tls_context *context = context_of(&(struct tls_settings){0}, names);
	struct tls_stream *stream;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	stream = tls_stream_new(context, fds[0]);
	tls_context_free(context); /* the stream holds it */
	tls_names_free(names);
	assert_int_equal(tls_stream_handshake(stream), TLS_WANT_READ);
	assert_int_equal(write(fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(tls_stream_handshake(stream), TLS_FAILED);
	assert_string_equal(tls_stream_error(stream), "http request");
	tls_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites),   cmocka_unit_test(self_signed),
		cmocka_unit_test(refusals), cmocka_unit_test(server_names),
		cmocka_unit_test(alpn),     cmocka_unit_test(versions_and_suites),
		cmocka_unit_test(tickets),  cmocka_unit_test(nothing_left),
		cmocka_unit_test(rotation), cmocka_unit_test(renewal),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
