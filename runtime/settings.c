#include "runtime/settings.h"

#include "libstw/ids.h"

#include <stdio.h>

#define SETTINGS_CHUNK ((size_t)16 * 1024)

/* A reading of one image; failures stick. */
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

/* Calls field() for the defaults of a structure and then for what the record says. */
static bool read_fields(struct reading *r, uint16_t structure, struct stw_bytes record,
			bool (*field)(struct reading *r, uint16_t number, struct stw_item item,
				      void *to),
			void *to)
{
	struct stw_bytes layers[2] = {{NULL, 0}, record};

	if (!stw_defaults(r->reader, structure, &layers[0]))
		layers[0] = (struct stw_bytes){NULL, 0};
	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		struct stw_cursor cursor = stw_cursor_of(layers[i]);
		struct stw_item item;
		uint16_t number;

		while (stw_next_field(&cursor, &number, &item))
			if (!field(r, number, item, to))
				return false;
		if (cursor.damaged)
			return false;
	}
	return true;
}

/* null means "not set": 0. */
static bool take_u64(struct stw_item item, uint64_t *out)
{
	if (item.wire == STW_WIRE_NULL) {
		*out = 0;
		return true;
	}
	return stw_item_unsigned(item, out);
}

static bool take_u32(struct stw_item item, uint32_t *out)
{
	uint64_t n;

	if (!take_u64(item, &n))
		return false;
	*out = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return true;
}

static bool take_string(struct stw_item item, struct str *out)
{
	if (item.wire == STW_WIRE_NULL) {
		*out = STR_NONE;
		return true;
	}
	return stw_item_string(item, out);
}

static size_t count_items(struct stw_item sequence)
{
	struct stw_cursor cursor = stw_cursor_of(sequence.bytes);
	struct stw_item item;
	size_t n = 0;

	while (stw_next_item(&cursor, &item))
		n++;
	return n;
}

/* ---- SystemSettings ---- */

static bool take_networks(struct reading *r, struct stw_item sequence)
{
	struct settings *s = r->out;
	struct stw_cursor cursor = stw_cursor_of(sequence.bytes);
	struct stw_item item;
	size_t n = count_items(sequence);

	if (sequence.wire == STW_WIRE_NULL)
		n = 0;
	s->proxy_count = 0;
	s->proxies = ARENA_ARRAY(&s->arena, struct net_network, n + 1);
	if (!s->proxies)
		return false;
	while (s->proxy_count < n && stw_next_item(&cursor, &item)) {
		struct net_network *network = &s->proxies[s->proxy_count++];

		if (!stw_item_network(item, &network->addr.family, network->addr.b,
				      &network->prefix))
			return false;
	}
	return true;
}

static bool system_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	struct settings *s = to;

	switch (number) {
	case STW_FIELD_SystemSettings_defaultHostname: return take_string(item, &s->hostname);
	case STW_FIELD_SystemSettings_threadPoolSize: return take_u64(item, &s->threads);
	case STW_FIELD_SystemSettings_maxConnections: return take_u64(item, &s->max_connections);
	case STW_FIELD_SystemSettings_proxyTrustedNetworks: return take_networks(r, item);
	}
	return true;
}

static bool read_system(struct reading *r)
{
	struct stw_object object = {.fields = {NULL, 0}};

	if (!stw_singleton(r->reader, STW_TYPE_SystemSettings, &object))
		object.fields = (struct stw_bytes){NULL, 0};
	if (!read_fields(r, STW_TYPE_SystemSettings, object.fields, system_field, r->out))
		return bad_record(r, "SystemSettings", STR("singleton"));
	return true;
}

/* ---- NetworkListener ---- */

static bool take_binds(struct reading *r, struct stw_item sequence, struct listener_setting *l)
{
	struct stw_cursor cursor = stw_cursor_of(sequence.bytes);
	struct stw_item item;
	size_t n = count_items(sequence);

	l->binds = ARENA_ARRAY(&r->out->arena, struct net_socket, n + 1);
	l->bind_count = 0;
	if (!l->binds)
		return false;
	while (l->bind_count < n && stw_next_item(&cursor, &item)) {
		struct net_socket *at = &l->binds[l->bind_count++];

		if (!stw_item_socket(item, &at->addr.family, at->addr.b, &at->port))
			return false;
	}
	return true;
}

static bool listener_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	struct listener_setting *l = to;

	switch (number) {
	case STW_FIELD_NetworkListener_name: return take_string(item, &l->name);
	case STW_FIELD_NetworkListener_bind: return take_binds(r, item, l);
	case STW_FIELD_NetworkListener_protocol: return stw_item_enum(item, &l->protocol);
	case STW_FIELD_NetworkListener_useTls: return stw_item_bool(item, &l->use_tls);
	case STW_FIELD_NetworkListener_tlsImplicit: return stw_item_bool(item, &l->tls_implicit);
	case STW_FIELD_NetworkListener_socketBacklog: return take_u32(item, &l->options.backlog);
	case STW_FIELD_NetworkListener_socketReuseAddress:
		return stw_item_bool(item, &l->options.reuse_address);
	case STW_FIELD_NetworkListener_socketReusePort:
		return stw_item_bool(item, &l->options.reuse_port);
	case STW_FIELD_NetworkListener_socketSendBufferSize:
		return take_u32(item, &l->options.send_buffer);
	case STW_FIELD_NetworkListener_socketReceiveBufferSize:
		return take_u32(item, &l->options.receive_buffer);
	case STW_FIELD_NetworkListener_socketTosV4: return take_u32(item, &l->options.tos);
	}
	return true;
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
	struct listener_setting *l;

	l = grown(r, s->listeners, s->listener_count, sizeof(*l), &r->listener_cap);
	if (!l)
		return no_memory(r);
	s->listeners = l;
	l = &s->listeners[s->listener_count++];
	l->id = object->id;
	l->name = object->identity;
	l->options.reuse_address = l->options.reuse_port = true;
	l->use_tls = true;
	if (!read_fields(r, STW_TYPE_NetworkListener, object->fields, listener_field, l))
		return bad_record(r, "NetworkListener", object->identity);
	return true;
}

/* ---- secrets ---- */

static bool text_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	uint32_t offset, length;
	struct stw_bytes bytes;
	struct str *text = to;

	/* each of these bodies has one field */
	(void)number;
	if (item.wire == STW_WIRE_STRING)
		return stw_item_string(item, text);
	if (!stw_item_secret(item, &offset, &length) ||
	    !stw_secret(r->image, offset, length, &bytes))
		return false;
	*text = (struct str){(const char *)bytes.p, bytes.n};
	return true;
}

static bool take_wish(struct reading *r, uint16_t body, struct stw_bytes fields,
		      enum secret_kind kind, struct secret_wish *wish)
{
	wish->kind = kind;
	return read_fields(r, body, fields, text_field, &wish->text);
}

/* PublicText and SecretText number their variants alike; the bodies differ in the inline one. */
static bool take_text(struct reading *r, struct stw_item item, uint16_t inline_body,
		      struct secret_wish *wish)
{
	struct stw_bytes fields;
	uint16_t variant;

	if (!stw_item_object(item, &variant, &fields))
		return false;
	switch (variant) {
	case STW_VARIANT_PublicText_Text:
		return take_wish(r, inline_body, fields, SECRET_INLINE, wish);
	case STW_VARIANT_PublicText_EnvironmentVariable:
		return take_wish(r, STW_TYPE_SecretKeyEnvironmentVariable, fields, SECRET_VARIABLE,
				 wish);
	case STW_VARIANT_PublicText_File:
		return take_wish(r, STW_TYPE_SecretKeyFile, fields, SECRET_FILE, wish);
	}
	return false;
}

_Static_assert((int)STW_VARIANT_PublicText_Text == (int)STW_VARIANT_SecretText_Text &&
		       (int)STW_VARIANT_PublicText_EnvironmentVariable ==
			       (int)STW_VARIANT_SecretText_EnvironmentVariable &&
		       (int)STW_VARIANT_PublicText_File == (int)STW_VARIANT_SecretText_File,
	       "take_text reads both unions");

static struct secret_wish *add_wish(struct reading *r)
{
	struct settings *s = r->out;
	struct secret_wish *w;

	w = grown(r, s->secrets, s->secret_count, sizeof(*w), &r->secret_cap);
	if (!w)
		return NULL;
	s->secrets = w;
	return &s->secrets[s->secret_count++];
}

struct pair {
	struct secret_wish chain, key;
};

static bool certificate_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	struct pair *pair = to;

	switch (number) {
	case STW_FIELD_Certificate_certificate:
		return take_text(r, item, STW_TYPE_PublicTextValue, &pair->chain);
	case STW_FIELD_Certificate_privateKey:
		return take_text(r, item, STW_TYPE_SecretTextValue, &pair->key);
	}
	return true;
}

static void name_wish(struct secret_wish *wish, uint16_t structure, uint16_t field,
		      const struct stw_object *object, struct str type, struct str property)
{
	wish->structure = structure;
	wish->field = field;
	wish->object = object->id;
	wish->type = type;
	wish->identity = object->identity;
	wish->property = property;
}

static bool add_certificate(struct reading *r, const struct stw_object *object)
{
	struct settings *s = r->out;
	struct certificate_setting *c;
	struct secret_wish *chain, *key;
	struct pair pair = {0};

	if (!read_fields(r, STW_TYPE_Certificate, object->fields, certificate_field, &pair))
		return bad_record(r, "Certificate", object->identity);
	c = grown(r, s->certificates, s->certificate_count, sizeof(*c), &r->certificate_cap);
	if (!c)
		return no_memory(r);
	s->certificates = c;
	name_wish(&pair.chain, STW_TYPE_Certificate, STW_FIELD_Certificate_certificate, object,
		  STR("Certificate"), STR("certificate"));
	name_wish(&pair.key, STW_TYPE_Certificate, STW_FIELD_Certificate_privateKey, object,
		  STR("Certificate"), STR("privateKey"));
	chain = add_wish(r);
	if (chain)
		*chain = pair.chain;
	key = chain ? add_wish(r) : NULL;
	if (!key)
		return no_memory(r);
	*key = pair.key;
	s->certificates[s->certificate_count++] =
		(struct certificate_setting){.id = object->id,
					     .identity = object->identity,
					     .chain = s->secret_count - 2,
					     .key = s->secret_count - 1};
	return true;
}

/* ---- Metrics ---- */

struct optional_wish {
	bool wanted;
	struct secret_wish wish;
};

static bool prometheus_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	struct optional_wish *optional = to;
	struct stw_bytes fields;
	uint16_t variant;

	if (number != STW_FIELD_MetricsPrometheusProperties_authSecret)
		return true;
	if (item.wire == STW_WIRE_NULL || !stw_item_object(item, &variant, &fields))
		return item.wire == STW_WIRE_NULL;
	optional->wanted = variant != STW_VARIANT_SecretKeyOptional_None;
	switch (variant) {
	case STW_VARIANT_SecretKeyOptional_None: return true;
	case STW_VARIANT_SecretKeyOptional_Value:
		return take_wish(r, STW_TYPE_SecretKeyValue, fields, SECRET_INLINE,
				 &optional->wish);
	case STW_VARIANT_SecretKeyOptional_EnvironmentVariable:
		return take_wish(r, STW_TYPE_SecretKeyEnvironmentVariable, fields, SECRET_VARIABLE,
				 &optional->wish);
	case STW_VARIANT_SecretKeyOptional_File:
		return take_wish(r, STW_TYPE_SecretKeyFile, fields, SECRET_FILE, &optional->wish);
	}
	return false;
}

static bool metrics_field(struct reading *r, uint16_t number, struct stw_item item, void *to)
{
	struct stw_bytes fields;
	uint16_t variant;

	if (number != STW_FIELD_Metrics_prometheus)
		return true;
	if (!stw_item_object(item, &variant, &fields))
		return false;
	if (variant != STW_VARIANT_MetricsPrometheus_Enabled)
		return true;
	return read_fields(r, STW_TYPE_MetricsPrometheusProperties, fields, prometheus_field, to);
}

static bool read_metrics(struct reading *r)
{
	struct optional_wish optional = {0};
	struct stw_object object;
	struct secret_wish *wish;

	if (!stw_singleton(r->reader, STW_TYPE_Metrics, &object))
		return true;
	if (!read_fields(r, STW_TYPE_Metrics, object.fields, metrics_field, &optional))
		return bad_record(r, "Metrics", STR("singleton"));
	if (!optional.wanted)
		return true;
	wish = add_wish(r);
	if (!wish)
		return no_memory(r);
	*wish = optional.wish;
	name_wish(wish, STW_TYPE_MetricsPrometheusProperties,
		  STW_FIELD_MetricsPrometheusProperties_authSecret, &object, STR("Metrics"),
		  STR("prometheus/authSecret"));
	return true;
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
