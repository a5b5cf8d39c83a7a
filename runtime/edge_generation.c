#include "runtime/edge_generation.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libstw/records.h"
#include "runtime/limits.h"
#include "runtime/tracer.h"

/* Everything that a build needs and the result does not keep. */
struct build {
	struct edge_generation *generation;
	struct edge_input *input;
	struct stw_reader *reader;
	struct arena *arena; /* the generation's */
	struct stw_bytes secrets;
	struct rec_SystemSettings settings;
	struct tls_names *names; /* made by the first listener that uses TLS */
	struct tls_tickets *tickets;
	struct caps_count **counts;
	char *error;
	size_t error_size;
};

#define FAIL(build, ...) (snprintf((build)->error, (build)->error_size, __VA_ARGS__), false)

/* ---- the secrets ---- */

static uint64_t take_host_order(const uint8_t *p, size_t n)
{
	uint64_t wide = 0;
	uint32_t middle = 0;
	uint16_t narrow = 0;

	if (n == 8) {
		memcpy(&wide, p, 8);
		return wide;
	}
	if (n == 4) {
		memcpy(&middle, p, 4);
		return middle;
	}
	memcpy(&narrow, p, 2);
	return narrow;
}

bool edge_secret(struct stw_bytes secrets, uint16_t structure, uint16_t field, uint64_t object,
		 struct str *out)
{
	const uint8_t *p = secrets.p, *end = secrets.p ? secrets.p + secrets.n : NULL;

	while ((size_t)(end - p) >= 16) {
		uint64_t length = take_host_order(p + 12, 4);
		bool found = take_host_order(p, 2) == structure &&
			     take_host_order(p + 2, 2) == field &&
			     take_host_order(p + 4, 8) == object;

		p += 16;
		if (length > (size_t)(end - p))
			return false;
		if (found) {
			*out = (struct str){(const char *)p, (size_t)length};
			return true;
		}
		p += length;
	}
	return false;
}

static bool secrets_map(struct build *build)
{
	struct stat st;
	void *p;

	if (build->input->secrets_fd < 0)
		return true;
	if (fstat(build->input->secrets_fd, &st) != 0 || st.st_size < 0)
		return FAIL(build, "the secrets cannot be read");
	if (st.st_size == 0)
		return true;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, build->input->secrets_fd, 0);
	if (p == MAP_FAILED)
		return FAIL(build, "the secrets cannot be mapped");
	build->secrets = (struct stw_bytes){p, (size_t)st.st_size};
	return true;
}

/* ---- settings ---- */

static bool read_settings(struct build *build)
{
	struct stw_bytes defaults;
	struct stw_object object;

	if (stw_defaults(build->reader, STW_TYPE_SystemSettings, &defaults) &&
	    !rec_SystemSettings_decode(build->arena, defaults, &build->settings))
		return FAIL(build, "SystemSettings: the defaults cannot be read");
	if (stw_singleton(build->reader, STW_TYPE_SystemSettings, &object) &&
	    !rec_SystemSettings_decode(build->arena, object.fields, &build->settings))
		return FAIL(build, "SystemSettings: the record cannot be read");
	return true;
}

static bool build_decider(struct build *build)
{
	struct decider *decider = &build->generation->decider;
	const struct rec_SystemSettings *settings = &build->settings;
	struct net_network *proxies;
	size_t i;

	if (!address_table_open(stw_address_table(build->reader, STW_TYPE_AllowedIp),
				&decider->allowed))
		return FAIL(build, "AllowedIp: the address table is damaged");
	if (!address_table_open(stw_address_table(build->reader, STW_TYPE_BlockedIp),
				&decider->blocked))
		return FAIL(build, "BlockedIp: the address table is damaged");
	proxies = ARENA_ARRAY(build->arena, struct net_network,
			      settings->proxyTrustedNetworks_count + 1);
	if (!proxies)
		return FAIL(build, "out of memory");
	for (i = 0; i < settings->proxyTrustedNetworks_count; i++) {
		const struct rec_network *one = &settings->proxyTrustedNetworks[i];

		proxies[i].addr.family = one->family;
		memcpy(proxies[i].addr.b, one->bytes, sizeof(proxies[i].addr.b));
		proxies[i].prefix = one->prefix;
	}
	decider->proxies = proxies;
	decider->proxy_count = settings->proxyTrustedNetworks_count;
	return true;
}

static bool build_log(struct build *build)
{
	const struct log_sink *sinks;
	size_t count;

	if (!tracer_sinks(build->reader, build->arena, &sinks, &count, build->error,
			  build->error_size))
		return false;
	build->generation->sinks = log_prepare(sinks, count, build->error, build->error_size);
	return build->generation->sinks != NULL;
}

/* ---- certificates ---- */

static bool add_certificate(struct build *build, const struct stw_object *object)
{
	const struct rec_SystemSettings *settings = &build->settings;
	struct str certificate, key;
	struct tls_identity *identity;
	char reason[192];
	bool is_default, ok;

	if (!edge_secret(build->secrets, STW_TYPE_Certificate, STW_FIELD_Certificate_certificate,
			 object->id, &certificate))
		return FAIL(build, "Certificate '%.*s', field certificate: no content",
			    STR_ARG(object->identity));
	if (!edge_secret(build->secrets, STW_TYPE_Certificate, STW_FIELD_Certificate_privateKey,
			 object->id, &key))
		return FAIL(build, "Certificate '%.*s', field privateKey: no content",
			    STR_ARG(object->identity));
	identity = tls_identity_new(certificate, key, reason, sizeof(reason));
	if (!identity)
		return FAIL(build, "Certificate '%.*s': %s", STR_ARG(object->identity), reason);
	is_default = settings->has_defaultCertificateId &&
		     settings->defaultCertificateId.id == object->id;
	ok = tls_names_add(build->names, identity, is_default);
	tls_identity_free(identity);
	return ok || FAIL(build, "out of memory");
}

static bool add_self_signed(struct build *build)
{
	struct str certificate, key;
	struct tls_identity *identity;
	char reason[192];
	bool ok;

	if (!edge_secret(build->secrets, 0, IPC_SECRET_SELF_SIGNED, 0, &certificate) ||
	    !edge_secret(build->secrets, 0, IPC_SECRET_SELF_SIGNED_KEY, 0, &key))
		return true; /* a listener that needs one will say so */
	identity = tls_identity_new(certificate, key, reason, sizeof(reason));
	if (!identity)
		return FAIL(build, "the self-signed certificate: %s", reason);
	ok = tls_names_add(build->names, identity, true);
	tls_identity_free(identity);
	return ok || FAIL(build, "out of memory");
}

static bool build_certificates(struct build *build)
{
	struct stw_iterator *each = stw_iterate(build->reader, STW_TYPE_Certificate);
	struct stw_object object;
	bool ok = true;

	build->names = tls_names_new();
	if (!each || !build->names) {
		stw_iterator_free(each);
		return FAIL(build, "out of memory");
	}
	while (ok && stw_iterator_next(each, &object))
		ok = add_certificate(build, &object);
	stw_iterator_free(each);
	if (ok && tls_names_count(build->names) == 0)
		ok = add_self_signed(build);
	tls_names_finish(build->names);
	return ok;
}

static void take_ticket_keys(struct build *build)
{
	struct edge_generation *generation = build->generation;
	struct str keys;
	size_t count;

	if (!edge_secret(build->secrets, 0, IPC_SECRET_TICKET_KEYS, 0, &keys))
		return;
	count = keys.n / TLS_TICKET_KEY_SIZE;
	if (count > TLS_TICKET_KEYS_MAX)
		count = TLS_TICKET_KEYS_MAX;
	memcpy(generation->ticket_keys, keys.p, count * TLS_TICKET_KEY_SIZE);
	generation->ticket_key_count = count;
}

/* ---- metrics ---- */

static bool serves_http(const struct edge_generation *generation)
{
	size_t i;

	for (i = 0; i < generation->listener_count; i++) {
		if (generation->listeners[i]->protocol == PROTOCOL_HTTP)
			return true;
	}
	return false;
}

static bool set_metrics_login(struct build *build,
			      const struct rec_MetricsPrometheusProperties *enabled,
			      uint64_t object)
{
	struct web_metrics *metrics = &build->generation->metrics;
	struct str user = enabled->has_authUsername ? enabled->authUsername : STR(""),
		   secret = STR("");
	struct buf login = BUF_INIT;
	bool has_secret = enabled->authSecret.variant != 0 &&
			  enabled->authSecret.variant != STW_VARIANT_SecretKeyOptional_None;

	if (has_secret &&
	    !edge_secret(build->secrets, STW_TYPE_MetricsPrometheusProperties,
			 STW_FIELD_MetricsPrometheusProperties_authSecret, object, &secret))
		return FAIL(build, "Metrics, field prometheus.authSecret: no content");
	metrics->needs_login = enabled->has_authUsername || has_secret;
	buf_printf(&login, "%.*s:", STR_ARG(user));
	buf_puts(&login, secret);
	if (login.failed) {
		buf_free(&login);
		return FAIL(build, "out of memory");
	}
	metrics->login = login.p;
	metrics->login_n = login.n;
	return true;
}

/* The login is a secret of the roles that serve metrics: main sends it to no other. */
static bool build_metrics(struct build *build)
{
	struct rec_Metrics record = {0};
	struct stw_bytes defaults;
	struct stw_object object;

	if (!serves_http(build->generation))
		return true;
	if (stw_defaults(build->reader, STW_TYPE_Metrics, &defaults) &&
	    !rec_Metrics_decode(build->arena, defaults, &record))
		return FAIL(build, "Metrics: the defaults cannot be read");
	if (!stw_singleton(build->reader, STW_TYPE_Metrics, &object))
		return true;
	if (!rec_Metrics_decode(build->arena, object.fields, &record))
		return FAIL(build, "Metrics: the record cannot be read");
	if (record.prometheus.variant != STW_VARIANT_MetricsPrometheus_Enabled)
		return true;
	build->generation->metrics.open = true;
	return set_metrics_login(build, &record.prometheus.Enabled, object.id);
}

/* ---- listeners ---- */

void listener_free(struct listener *listener)
{
	if (!listener || atomic_fetch_sub(&listener->references, 1) != 1)
		return;
	tls_context_free(listener->context);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->count)
		atomic_fetch_sub(&listener->count->references, 1);
	free(listener);
}

/* The counter of an object, old or new; entries that nobody knows any more are reused. */
static struct caps_count *count_of(struct caps_count **counts, uint64_t object)
{
	struct caps_count *one, *unused = NULL;

	for (one = *counts; one; one = one->next) {
		if (one->object == object)
			break;
		if (atomic_load(&one->references) == 0)
			unused = one;
	}
	if (!one && unused) {
		one = unused;
		one->object = object;
	}
	if (!one) {
		one = calloc(1, sizeof(*one));
		if (!one)
			return NULL;
		one->object = object;
		one->next = *counts;
		*counts = one;
	}
	atomic_fetch_add(&one->references, 1);
	return one;
}

static enum protocol protocol_of(uint16_t member)
{
	switch (member) {
	case STW_ENUM_NetworkListenerProtocol_lmtp: return PROTOCOL_LMTP;
	case STW_ENUM_NetworkListenerProtocol_http: return PROTOCOL_HTTP;
	case STW_ENUM_NetworkListenerProtocol_imap: return PROTOCOL_IMAP;
	case STW_ENUM_NetworkListenerProtocol_pop3: return PROTOCOL_POP3;
	case STW_ENUM_NetworkListenerProtocol_manageSieve: return PROTOCOL_SIEVE;
	default: return PROTOCOL_SMTP;
	}
}

static void tls_settings_of(const struct build *build, const struct listener *listener,
			    const struct rec_NetworkListener *record, struct tls_settings *out)
{
	size_t i;

	*out = (struct tls_settings){.server_order = record->tlsIgnoreClientOrder,
				     .alpn = proto_alpn(listener->protocol),
				     .listener = listener->object,
				     .tickets = build->generation->ticket_key_count ? build->tickets
										    : NULL};
	for (i = 0; i < record->tlsDisableProtocols_count; i++) {
		out->disable_12 |= record->tlsDisableProtocols[i] == STW_ENUM_TlsVersion_tls12;
		out->disable_13 |= record->tlsDisableProtocols[i] == STW_ENUM_TlsVersion_tls13;
	}
	/* members are numbered from 1 in the order of enum tls_suite */
	for (i = 0; i < record->tlsDisableCipherSuites_count; i++) {
		uint16_t member = record->tlsDisableCipherSuites[i];

		if (member >= 1 && member <= TLS_SUITE_COUNT)
			out->disabled_suites |= 1u << (member - 1);
	}
}
_Static_assert(STW_ENUM_TlsCipherSuite_tls13_aes_256_gcm_sha384 ==
			       TLS_SUITE_13_AES_256_GCM_SHA384 + 1 &&
		       STW_ENUM_TlsCipherSuite_tls_ecdhe_rsa_with_chacha20_poly1305_sha256 ==
			       TLS_SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256 + 1,
	       "tls_suite follows the numbers of TlsCipherSuite");

static bool listener_tls(struct build *build, struct listener *listener,
			 const struct rec_NetworkListener *record)
{
	struct tls_settings settings;
	char reason[192];

	if (!record->useTls)
		return true;
	if (!build->names && !build_certificates(build))
		return false;
	if (tls_names_count(build->names) == 0)
		return FAIL(build, "NetworkListener '%s', field useTls: there is no certificate",
			    listener->name);
	listener->use_tls = true;
	listener->implicit = record->tlsImplicit;
	tls_settings_of(build, listener, record, &settings);
	listener->context = tls_context_new(&settings, build->names, reason, sizeof(reason));
	return listener->context || FAIL(build, "NetworkListener '%s': %s", listener->name, reason);
}

static bool listener_options(struct build *build, struct listener *listener,
			     const struct rec_NetworkListener *record)
{
	if (record->has_socketTtl && (record->socketTtl < 1 || record->socketTtl > 255))
		return FAIL(build, "NetworkListener '%s', field socketTtl: not within 1 and 255",
			    listener->name);
	if (record->has_socketTosV4 && (record->socketTosV4 < 1 || record->socketTosV4 > 255))
		return FAIL(build, "NetworkListener '%s', field socketTosV4: not within 1 and 255",
			    listener->name);
	listener->ttl = record->has_socketTtl ? (uint8_t)record->socketTtl : 0;
	listener->tos = record->has_socketTosV4 ? (uint8_t)record->socketTosV4 : 0;
	listener->no_delay = record->socketNoDelay;
	listener->max_connections = record->has_maxConnections ? record->maxConnections : 0;
	listener->tls_timeout = record->has_tlsTimeout ? record->tlsTimeout : LIMIT_HANDSHAKE;
	return true;
}

static bool listener_read(struct build *build, struct listener *listener)
{
	struct rec_NetworkListener record = {0};
	struct stw_bytes defaults;
	struct stw_object object;

	if (!stw_get(build->reader, STW_TYPE_NetworkListener, listener->object, &object))
		return FAIL(build, "a NetworkListener that is not in the image");
	snprintf(listener->name, sizeof(listener->name), "%.*s", STR_ARG(object.identity));
	if ((stw_defaults(build->reader, STW_TYPE_NetworkListener, &defaults) &&
	     !rec_NetworkListener_decode(build->arena, defaults, &record)) ||
	    !rec_NetworkListener_decode(build->arena, object.fields, &record))
		return FAIL(build, "NetworkListener '%s': the record cannot be read",
			    listener->name);
	listener->protocol = protocol_of(record.protocol);
	return listener_options(build, listener, &record) && listener_tls(build, listener, &record);
}

static void listener_health(struct listener *listener)
{
	listener->protocol = PROTOCOL_HTTP;
	listener->no_delay = true;
	listener->max_connections = LIMIT_HEALTH;
	snprintf(listener->name, sizeof(listener->name), "health");
}

static bool add_listener(struct build *build, size_t index)
{
	const struct ipc_listener *wire = &build->input->listeners[index];
	struct edge_generation *generation = build->generation;
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return FAIL(build, "out of memory");
	generation->listeners[generation->listener_count++] = listener;
	*listener = (struct listener){.references = 1,
				      .object = wire->object,
				      .bind = wire->bind,
				      .port = wire->port,
				      .address.family = wire->family,
				      .fd = build->input->fds[index]};
	build->input->fds[index] = -1;
	memcpy(listener->address.b, wire->address, sizeof(listener->address.b));
	snprintf(listener->hostname, sizeof(listener->hostname), "%s",
		 build->input->prepare.hostname);
	listener->count = count_of(build->counts, wire->object);
	if (!listener->count)
		return FAIL(build, "out of memory");
	if (wire->object)
		return listener_read(build, listener);
	listener_health(listener);
	return true;
}

static bool build_listeners(struct build *build)
{
	struct edge_generation *generation = build->generation;
	size_t count = build->input->listener_count, i;

	generation->listeners = calloc(count + 1, sizeof(struct listener *));
	if (!generation->listeners)
		return FAIL(build, "out of memory");
	for (i = 0; i < count; i++) {
		if (!add_listener(build, i))
			return false;
	}
	return true;
}

/* ---- the whole ---- */

void edge_input_free(struct edge_input *input)
{
	size_t i;

	if (!input)
		return;
	for (i = 0; i < input->listener_count; i++) {
		if (input->fds[i] >= 0)
			close(input->fds[i]);
	}
	if (input->image_fd >= 0)
		close(input->image_fd);
	if (input->secrets_fd >= 0)
		close(input->secrets_fd);
	free(input->listeners);
	free(input->fds);
	free(input);
}

void edge_generation_free(struct edge_generation *generation)
{
	size_t i;

	if (!generation)
		return;
	for (i = 0; i < generation->listener_count; i++)
		listener_free(generation->listeners[i]);
	free(generation->listeners);
	log_discard(generation->sinks);
	if (generation->metrics.login) {
		explicit_bzero(generation->metrics.login, generation->metrics.login_n);
		free(generation->metrics.login);
	}
	explicit_bzero(generation->ticket_keys, sizeof(generation->ticket_keys));
	stw_image_close(generation->image);
	arena_free(&generation->arena);
	free(generation->steps);
	free(generation);
}

static bool open_image(struct build *build)
{
	struct stw_fault fault;

	build->generation->image = stw_image_open(build->input->image_fd, STW_OPEN_TRUSTED, &fault);
	if (!build->generation->image)
		return FAIL(build, "the image cannot be opened: %s", fault.text);
	build->reader = stw_reader_main(build->generation->image);
	return true;
}

static bool build_all(struct build *build)
{
	if (!open_image(build) || !secrets_map(build) || !read_settings(build))
		return false;
	take_ticket_keys(build);
	return build_decider(build) && build_listeners(build) && build_metrics(build) &&
	       build_log(build);
}

struct edge_generation *edge_generation_build(struct edge_input *input, struct tls_tickets *tickets,
					      struct caps_count **counts, char *error,
					      size_t error_size)
{
	struct edge_generation *generation = calloc(1, sizeof(*generation));
	struct build build = {.generation = generation,
			      .input = input,
			      .tickets = tickets,
			      .counts = counts,
			      .error = error,
			      .error_size = error_size};
	bool ok;

	if (!generation) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	arena_init(&generation->arena, 16384);
	build.arena = &generation->arena;
	generation->number = input->number;
	generation->threads = input->prepare.threads;
	generation->max_connections = input->prepare.max_connections;
	ok = build_all(&build);
	tls_names_free(build.names);
	if (build.secrets.p)
		munmap((void *)(uintptr_t)build.secrets.p, build.secrets.n);
	if (ok)
		return generation;
	edge_generation_free(generation);
	return NULL;
}
