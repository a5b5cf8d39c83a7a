#include "runtime/settings.h"

#include "libstw/records.h"

#include <stdio.h>

#define SETTINGS_CHUNK ((size_t)16 * 1024)

/* A reading of one image. */
struct reading {
	struct stw_image *image;
	struct stw_reader *reader;
	struct settings *out;
	char *error;
	size_t error_size;
	size_t secret_cap, listener_cap, certificate_cap;
};

static bool no_memory(struct reading *r)
{
	(void)snprintf(r->error, r->error_size, "out of memory");
	return false;
}

static bool bad_record(struct reading *r, const char *type, struct str identity)
{
	(void)snprintf(r->error, r->error_size,
		       "%s '%.*s': the record is not one that this stwd can read; build the image "
		       "again with the stwc of the same release",
		       type, STR_ARG(identity));
	return false;
}

/* Empty where the type has no defaults: then decoding changes nothing. */
static struct stw_bytes defaults_of(struct reading *r, uint16_t structure)
{
	struct stw_bytes defaults;

	return stw_defaults(r->reader, structure, &defaults) ? defaults
							     : (struct stw_bytes){NULL, 0};
}

static uint32_t clamped(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static struct net_addr address_of(uint8_t family, const uint8_t bytes[16])
{
	struct net_addr address = {.family = family};

	memcpy(address.b, bytes, sizeof(address.b));
	return address;
}

/* ---- SystemSettings ---- */

static bool take_proxies(struct settings *s, const struct rec_SystemSettings *record)
{
	size_t n = record->proxyTrustedNetworks_count;

	s->proxies = ARENA_ARRAY(&s->arena, struct net_network, n + 1);
	if (!s->proxies)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct rec_network *from = &record->proxyTrustedNetworks[i];

		s->proxies[i].addr = address_of(from->family, from->bytes);
		s->proxies[i].prefix = from->prefix;
	}
	s->proxy_count = n;
	return true;
}

static bool read_system(struct reading *r)
{
	struct settings *s = r->out;
	struct rec_SystemSettings record = {.maxConnections = 0};
	struct stw_object object;

	if (!rec_SystemSettings_decode(&s->arena, defaults_of(r, STW_TYPE_SystemSettings),
				       &record) ||
	    (stw_singleton(r->reader, STW_TYPE_SystemSettings, &object) &&
	     !rec_SystemSettings_decode(&s->arena, object.fields, &record)))
		return bad_record(r, "SystemSettings", STR("singleton"));
	s->hostname = record.defaultHostname;
	s->threads = record.has_threadPoolSize ? record.threadPoolSize : 0;
	s->max_connections = record.maxConnections;
	return take_proxies(s, &record) || no_memory(r);
}

/* ---- NetworkListener ---- */

static bool take_binds(struct settings *s, const struct rec_NetworkListener *record,
		       struct listener_setting *l)
{
	size_t n = record->bind_count;

	l->binds = ARENA_ARRAY(&s->arena, struct net_socket, n + 1);
	if (!l->binds)
		return false;
	for (size_t i = 0; i < n; i++) {
		l->binds[i].addr = address_of(record->bind[i].family, record->bind[i].bytes);
		l->binds[i].port = record->bind[i].port;
	}
	l->bind_count = n;
	return true;
}

/* null means "not set": the system's, or our own default. */
static void take_options(const struct rec_NetworkListener *record, struct socket_options *out)
{
	*out = (struct socket_options){.reuse_address = record->socketReuseAddress,
				       .reuse_port = record->socketReusePort};
	if (record->has_socketSendBufferSize)
		out->send_buffer = clamped(record->socketSendBufferSize);
	if (record->has_socketReceiveBufferSize)
		out->receive_buffer = clamped(record->socketReceiveBufferSize);
	if (record->has_socketTosV4)
		out->tos = clamped(record->socketTosV4);
	if (record->has_socketBacklog)
		out->backlog = clamped(record->socketBacklog);
}

/* Doubles an array in the arena; the old one is left behind. */
static void *grown(struct reading *r, void *items, size_t count, size_t size, size_t *cap)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *more;

	if (count < *cap)
		return items;
	more = arena_zalloc(&r->out->arena, want, size, _Alignof(max_align_t));
	if (!more)
		return NULL;
	if (count)
		memcpy(more, items, count * size);
	*cap = want;
	return more;
}

static bool add_listener(struct reading *r, const struct stw_object *object)
{
	struct settings *s = r->out;
	struct rec_NetworkListener record = {.bind_count = 0};
	struct listener_setting *l;

	if (!rec_NetworkListener_decode(&s->arena, defaults_of(r, STW_TYPE_NetworkListener),
					&record) ||
	    !rec_NetworkListener_decode(&s->arena, object->fields, &record))
		return bad_record(r, "NetworkListener", object->identity);
	l = grown(r, s->listeners, s->listener_count, sizeof(*l), &r->listener_cap);
	if (!l)
		return no_memory(r);
	s->listeners = l;
	l = &s->listeners[s->listener_count++];
	*l = (struct listener_setting){.id = object->id,
				       .name = object->identity,
				       .protocol = record.protocol,
				       .use_tls = record.useTls,
				       .tls_implicit = record.tlsImplicit};
	take_options(&record, &l->options);
	return take_binds(s, &record, l) || no_memory(r);
}

/* ---- secrets ---- */

static bool inline_secret(struct reading *r, struct rec_secret at, struct str *out)
{
	struct stw_bytes bytes;

	if (!stw_secret(r->image, at.offset, at.length, &bytes))
		return false;
	*out = (struct str){(const char *)bytes.p, bytes.n};
	return true;
}

static bool take_public_text(const struct rec_PublicText *text, struct secret_wish *wish)
{
	switch (text->variant) {
	case 0:
	case STW_VARIANT_PublicText_Text:
		wish->kind = SECRET_INLINE;
		wish->text = text->Text.value;
		return true;
	case STW_VARIANT_PublicText_EnvironmentVariable:
		wish->kind = SECRET_VARIABLE;
		wish->text = text->EnvironmentVariable.variableName;
		return true;
	case STW_VARIANT_PublicText_File:
		wish->kind = SECRET_FILE;
		wish->text = text->File.filePath;
		return true;
	}
	return false;
}

static bool take_secret_text(struct reading *r, const struct rec_SecretText *text,
			     struct secret_wish *wish)
{
	switch (text->variant) {
	case 0:
	case STW_VARIANT_SecretText_Text:
		wish->kind = SECRET_INLINE;
		return inline_secret(r, text->Text.secret, &wish->text);
	case STW_VARIANT_SecretText_EnvironmentVariable:
		wish->kind = SECRET_VARIABLE;
		wish->text = text->EnvironmentVariable.variableName;
		return true;
	case STW_VARIANT_SecretText_File:
		wish->kind = SECRET_FILE;
		wish->text = text->File.filePath;
		return true;
	}
	return false;
}

/* The kind is only known for a variant that asks for a secret. */
static bool take_secret_key(struct reading *r, const struct rec_SecretKeyOptional *secret,
			    struct secret_wish *wish)
{
	switch (secret->variant) {
	case STW_VARIANT_SecretKeyOptional_Value:
		wish->kind = SECRET_INLINE;
		return inline_secret(r, secret->Value.secret, &wish->text);
	case STW_VARIANT_SecretKeyOptional_EnvironmentVariable:
		wish->kind = SECRET_VARIABLE;
		wish->text = secret->EnvironmentVariable.variableName;
		return true;
	case STW_VARIANT_SecretKeyOptional_File:
		wish->kind = SECRET_FILE;
		wish->text = secret->File.filePath;
		return true;
	}
	return false;
}

static bool add_wish(struct reading *r, const struct secret_wish *wish)
{
	struct settings *s = r->out;
	struct secret_wish *w;

	w = grown(r, s->secrets, s->secret_count, sizeof(*w), &r->secret_cap);
	if (!w)
		return no_memory(r);
	s->secrets = w;
	s->secrets[s->secret_count++] = *wish;
	return true;
}

static struct secret_wish wish_of(uint16_t structure, uint16_t field,
				  const struct stw_object *object, struct str type,
				  struct str property)
{
	return (struct secret_wish){.structure = structure,
				    .field = field,
				    .object = object->id,
				    .type = type,
				    .identity = object->identity,
				    .property = property};
}

/* ---- Certificate ---- */

static bool add_certificate(struct reading *r, const struct stw_object *object)
{
	struct settings *s = r->out;
	struct rec_Certificate record = {.certificate = {.variant = 0}};
	struct certificate_setting *c;
	struct secret_wish chain, key;

	chain = wish_of(STW_TYPE_Certificate, STW_FIELD_Certificate_certificate, object,
			STR("Certificate"), STR("certificate"));
	key = wish_of(STW_TYPE_Certificate, STW_FIELD_Certificate_privateKey, object,
		      STR("Certificate"), STR("privateKey"));
	if (!rec_Certificate_decode(&s->arena, object->fields, &record) ||
	    !take_public_text(&record.certificate, &chain) ||
	    !take_secret_text(r, &record.privateKey, &key))
		return bad_record(r, "Certificate", object->identity);
	c = grown(r, s->certificates, s->certificate_count, sizeof(*c), &r->certificate_cap);
	if (!c)
		return no_memory(r);
	s->certificates = c;
	if (!add_wish(r, &chain) || !add_wish(r, &key))
		return false;
	s->certificates[s->certificate_count++] =
		(struct certificate_setting){.id = object->id,
					     .identity = object->identity,
					     .chain = s->secret_count - 2,
					     .key = s->secret_count - 1};
	return true;
}

/* ---- Metrics ---- */

static bool read_metrics(struct reading *r)
{
	struct rec_Metrics record = {.prometheus = {.variant = 0}};
	const struct rec_SecretKeyOptional *secret = &record.prometheus.Enabled.authSecret;
	struct stw_object object;
	struct secret_wish wish;

	if (!stw_singleton(r->reader, STW_TYPE_Metrics, &object))
		return true;
	if (!rec_Metrics_decode(&r->out->arena, object.fields, &record))
		return bad_record(r, "Metrics", STR("singleton"));
	if (record.prometheus.variant != STW_VARIANT_MetricsPrometheus_Enabled ||
	    secret->variant == 0 || secret->variant == STW_VARIANT_SecretKeyOptional_None)
		return true;
	wish = wish_of(STW_TYPE_MetricsPrometheusProperties,
		       STW_FIELD_MetricsPrometheusProperties_authSecret, &object, STR("Metrics"),
		       STR("prometheus/authSecret"));
	if (!take_secret_key(r, secret, &wish))
		return bad_record(r, "Metrics", STR("singleton"));
	return add_wish(r, &wish);
}

/* ---- all of it ---- */

static bool each_object(struct reading *r, uint16_t structure,
			bool (*add)(struct reading *r, const struct stw_object *object))
{
	struct stw_iterator *iterator = stw_iterate(r->reader, structure);
	struct stw_object object;
	bool ok = true;

	if (!iterator)
		return no_memory(r);
	while (ok && stw_iterator_next(iterator, &object))
		ok = add(r, &object);
	stw_iterator_free(iterator);
	return ok;
}

bool settings_read(struct stw_image *image, struct settings *out, char *error, size_t error_size)
{
	struct settings settings = {0};
	struct reading r = {.image = image,
			    .reader = stw_reader_main(image),
			    .out = &settings,
			    .error = error,
			    .error_size = error_size};

	arena_init(&settings.arena, SETTINGS_CHUNK);
	if (!read_system(&r) || !each_object(&r, STW_TYPE_NetworkListener, add_listener) ||
	    !each_object(&r, STW_TYPE_Certificate, add_certificate) || !read_metrics(&r)) {
		arena_free(&settings.arena);
		return false;
	}
	*out = settings;
	return true;
}

void settings_free(struct settings *settings)
{
	arena_free(&settings->arena);
	*settings = (struct settings){0};
}

enum role protocol_role(uint16_t protocol)
{
	return protocol == STW_ENUM_NetworkListenerProtocol_http ? ROLE_WEB : ROLE_EDGE;
}

bool settings_role_uses_tls(const struct settings *s, enum role role)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (s->listeners[i].use_tls && protocol_role(s->listeners[i].protocol) == role)
			return true;
	return false;
}

bool settings_role_gets(const struct settings *s, const struct secret_wish *wish, enum role role)
{
	if (wish->structure == STW_TYPE_Certificate)
		return settings_role_uses_tls(s, role);
	return role == ROLE_WEB;
}

const char *protocol_word(uint16_t protocol)
{
	switch (protocol) {
	case STW_ENUM_NetworkListenerProtocol_smtp: return "smtp";
	case STW_ENUM_NetworkListenerProtocol_lmtp: return "lmtp";
	case STW_ENUM_NetworkListenerProtocol_http: return "http";
	case STW_ENUM_NetworkListenerProtocol_imap: return "imap";
	case STW_ENUM_NetworkListenerProtocol_pop3: return "pop3";
	case STW_ENUM_NetworkListenerProtocol_manageSieve: return "manageSieve";
	}
	return "unknown";
}

void settings_decider(const struct settings *settings, struct stw_image *image,
		      const struct live_table *live, struct decider *out)
{
	struct stw_reader *reader = stw_reader_main(image);

	*out = (struct decider){
		.proxies = settings->proxies, .proxy_count = settings->proxy_count, .live = live};
	/* a table that is damaged fails the digest long before; opened empty it decides nothing */
	if (!address_table_open(stw_address_table(reader, STW_TYPE_AllowedIp), &out->allowed))
		out->allowed = (struct address_table){0};
	if (!address_table_open(stw_address_table(reader, STW_TYPE_BlockedIp), &out->blocked))
		out->blocked = (struct address_table){0};
}
