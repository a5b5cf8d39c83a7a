/*
 * The 0.15 settings as objects (validation.md 6.3 and 6.4): the host name, the thread pool,
 * blocked and allowed addresses, listeners. A key that is not carried is named, never lost
 * in silence. Keys arrive one by one; the objects are handed over when the file ends.
 */
#include "stwc/dialect.h"

#include "base/num.h"

enum conversion {
	AS_TEXT,
	AS_BOOL,
	AS_NUMBER,
	AS_LIST, /* KEY, or KEY.0000, KEY.0001 … */
	AS_PROTOCOL,
	AS_TLS_VERSIONS
};

struct mapping {
	const char *key; /* behind server.listener.ID. */
	const char *field;
	enum conversion as;
};

static const struct mapping listener_keys[] = {
	{"bind", "bind", AS_LIST},
	{"protocol", "protocol", AS_PROTOCOL},
	{"max-connections", "maxConnections", AS_NUMBER},
	{"proxy.trusted-networks", "overrideProxyTrustedNetworks", AS_LIST},
	{"socket.backlog", "socketBacklog", AS_NUMBER},
	{"socket.nodelay", "socketNoDelay", AS_BOOL},
	{"socket.recv-buffer-size", "socketReceiveBufferSize", AS_NUMBER},
	{"socket.reuse-addr", "socketReuseAddress", AS_BOOL},
	{"socket.reuse-port", "socketReusePort", AS_BOOL},
	{"socket.send-buffer-size", "socketSendBufferSize", AS_NUMBER},
	{"socket.tos", "socketTosV4", AS_NUMBER},
	{"socket.ttl", "socketTtl", AS_NUMBER},
	{"tls.disable-ciphers", "tlsDisableCipherSuites", AS_LIST},
	{"tls.disable-protocols", "tlsDisableProtocols", AS_TLS_VERSIONS},
	{"tls.enable", "useTls", AS_BOOL},
	{"tls.ignore-client-order", "tlsIgnoreClientOrder", AS_BOOL},
	{"tls.implicit", "tlsImplicit", AS_BOOL},
	{"tls.timeout", "tlsTimeout", AS_TEXT},
};

struct listener {
	struct str id;
	struct span span;
	struct node *body;
};

struct settings {
	struct node *system;  /* NULL: nothing of SystemSettings was there */
	struct map listeners; /* id to struct listener * */
};

static struct node *new_map(struct file *file, struct span span)
{
	return node_new(&file->c->arena, NODE_MAP, span);
}

static bool put(struct file *file, struct node *map, const char *field,
		const struct reader_element *element, struct node *value)
{
	return value && node_map_append(&file->c->arena, &file->c->hash_key, map, str_c(field),
					element->key_span, value);
}

static void not_carried(struct file *file, const struct reader_element *element, const char *why)
{
	struct diag *diag = diag_add(&file->c->diags, DIAG_SETTING_NOT_CARRIED, element->key_span,
				     "'%.*s' %s", STR_ARG(element->key), why);

	diag_path(&file->c->diags, diag, "%.*s", STR_ARG(element->key));
}

static bool has_macro(const struct node *value)
{
	return value->kind == NODE_STRING && value->string.n >= 4 &&
	       memmem(value->string.p, value->string.n, "%{", 2) != NULL;
}

/* Words that mean "none" for an optional value (6.2). */
static bool is_none(struct str s)
{
	static const char *const words[] = {"", "false", "disable", "disabled", "never", "0"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(s, words[i]))
			return true;
	}
	return false;
}

/* Text becomes the type that the field takes; what does not fit stays text, for the binder to say.
 */
static struct node *convert(struct file *file, struct node *value, enum conversion as)
{
	struct arena *arena = &file->c->arena;
	struct str s = value->string;
	uint64_t number;
	struct node *node = value;

	if (as == AS_BOOL && (str_eq_c(s, "true") || str_eq_c(s, "false"))) {
		node = node_new(arena, NODE_BOOL, value->span);
		if (node)
			node->boolean = str_eq_c(s, "true");
	} else if (as == AS_NUMBER && is_none(s)) {
		node = node_new(arena, NODE_NULL, value->span);
	} else if ((as == AS_NUMBER || as == AS_TEXT) && num_u64(s, &number) == NUM_OK) {
		node = node_new(arena, NODE_INT, value->span);
		if (node)
			node->magnitude = number;
	}
	return node;
}

static struct node *convert_word(struct file *file, struct node *value, enum conversion as)
{
	static const char *const versions[][2] = {{"TLSv1.2", "tls12"},
						  {"0x0303", "tls12"},
						  {"TLSv1.3", "tls13"},
						  {"0x0304", "tls13"}};
	static const char *const protocols[] = {"smtp", "lmtp", "http", "imap", "pop3"};
	char lower[16] = "";
	size_t i;

	for (i = 0; i < value->string.n && i < sizeof(lower) - 1; i++)
		lower[i] = (char)(value->string.p[i] >= 'A' && value->string.p[i] <= 'Z'
					  ? value->string.p[i] + 32
					  : value->string.p[i]);
	for (i = 0; as == AS_TLS_VERSIONS && i < ARRAY_LEN(versions); i++) {
		if (str_eq_c(value->string, versions[i][0]))
			return node_string(&file->c->arena, str_c(versions[i][1]), value->span);
	}
	for (i = 0; as == AS_PROTOCOL && i < ARRAY_LEN(protocols); i++) {
		if (strcmp(lower, protocols[i]) == 0)
			return node_string(&file->c->arena, str_c(protocols[i]), value->span);
	}
	if (as == AS_PROTOCOL && strcmp(lower, "https") == 0)
		return node_string(&file->c->arena, STR("http"), value->span);
	if (as == AS_PROTOCOL && strcmp(lower, "managesieve") == 0)
		return node_string(&file->c->arena, STR("manageSieve"), value->span);
	return value;
}

static bool append(struct file *file, struct node *body, const struct mapping *mapping,
		   const struct reader_element *element)
{
	struct node *list = node_map_get(body, str_c(mapping->field)), *member;

	member = node_string(&file->c->arena, element->value->string, element->value->span);
	if (member)
		member = convert_word(file, member, mapping->as);
	if (!list) {
		list = node_new(&file->c->arena, NODE_LIST, element->value->span);
		if (!put(file, body, mapping->field, element, list))
			return false;
	}
	if (!member)
		return false;
	node_list_append(list, member);
	return true;
}

static struct listener *listener_of(struct file *file, struct str id, struct span span)
{
	struct listener *listener = map_get(&file->settings->listeners, id);

	if (listener)
		return listener;
	listener = ARENA_NEW(&file->c->arena, struct listener);
	if (!listener)
		return NULL;
	*listener = (struct listener){id, span, new_map(file, span)};
	return listener->body && map_put(&file->settings->listeners, id, listener) ? listener
										   : NULL;
}

static bool listener_key(struct file *file, struct str rest, const struct reader_element *element)
{
	const char *dot = rest.n ? memchr(rest.p, '.', rest.n) : NULL;
	struct str id = {rest.p, dot ? (size_t)(dot - rest.p) : 0};
	struct str key = str_from(rest, id.n + 1);
	struct listener *listener;
	size_t i;

	for (i = 0; i < ARRAY_LEN(listener_keys); i++) {
		const struct mapping *m = &listener_keys[i];
		struct str name = str_c(m->key);
		bool list = m->as == AS_LIST || m->as == AS_TLS_VERSIONS;
		bool member = list && str_starts(key, name) && key.n == name.n + 5 &&
			      key.p[name.n] == '.';

		if (!id.n || (!str_eq(key, name) && !member))
			continue;
		listener = listener_of(file, id, element->key_span);
		if (!listener)
			return false;
		if (list)
			return append(file, listener->body, m, element);
		return put(file, listener->body, m->field, element,
			   m->as == AS_PROTOCOL ? convert_word(file, element->value, m->as)
						: convert(file, element->value, m->as));
	}
	not_carried(file, element, "has no place in a NetworkListener that stwc carries");
	return true;
}

static bool address_key(struct file *file, const char *type, struct str address,
			const struct reader_element *element)
{
	struct node *body = new_map(file, element->key_span);
	struct node *text = node_string(&file->c->arena, address, element->key_span);
	struct draft offer = {.span = element->key_span};

	if (!body || !put(file, body, "address", element, text))
		return false;
	offer.type = schema_object_find(file->c->schema, str_c(type));
	offer.body = body;
	return file_object(file, &offer, NULL);
}

static bool system_key(struct file *file, const char *field, const struct reader_element *element,
		       enum conversion as)
{
	struct settings *settings = file->settings;

	if (!settings->system)
		settings->system = new_map(file, element->key_span);
	return settings->system &&
	       put(file, settings->system, field, element, convert(file, element->value, as));
}

static bool settings_start(struct file *file)
{
	if (file->settings)
		return true;
	file->settings = ARENA_NEW(&file->c->arena, struct settings);
	if (file->settings)
		map_init(&file->settings->listeners, &file->c->hash_key, &file->c->arena);
	return file->settings != NULL;
}

bool dialect_settings(struct file *file, const struct reader_element *element)
{
	struct str key = element->key;
	struct str listener = STR("server.listener."), blocked = STR("server.blocked-ip."),
		   allowed = STR("server.allowed-ip.");

	if (!settings_start(file))
		return false;
	if (element->value->kind != NODE_STRING)
		return true;
	if (has_macro(element->value)) {
		not_carried(file, element, "holds a macro that only the server resolves");
		return true;
	}
	if (str_eq_c(key, "server.hostname"))
		return system_key(file, "defaultHostname", element, AS_BOOL);
	if (str_eq_c(key, "global.thread-pool"))
		return system_key(file, "threadPoolSize", element, AS_NUMBER);
	if (str_starts(key, blocked))
		return address_key(file, "BlockedIp", str_from(key, blocked.n), element);
	if (str_starts(key, allowed))
		return address_key(file, "AllowedIp", str_from(key, allowed.n), element);
	if (str_starts(key, listener))
		return listener_key(file, str_from(key, listener.n), element);
	if (dialect_is_own_key(file->c->schema, key))
		diag_add(&file->c->diags, DIAG_WRONG_ROOT, element->key_span,
			 "'%.*s' is stw's own form, but the file begins as 0.15 settings",
			 STR_ARG(key));
	else
		not_carried(file, element, "is not carried over");
	return true;
}

static bool give_system(struct file *file)
{
	struct draft offer = {.type = schema_object_find(file->c->schema, STR("SystemSettings")),
			      .span = file->settings->system->span,
			      .body = file->settings->system};

	return file_object(file, &offer, NULL);
}

static bool give_listener(struct file *file, const struct listener *listener, size_t ordinal)
{
	struct draft offer = {.type = schema_object_find(file->c->schema, STR("NetworkListener")),
			      .has_client_id = true,
			      .client_id = listener->id,
			      .span = listener->span,
			      .ordinal = ordinal,
			      .body = listener->body};

	return file_object(file, &offer, NULL);
}

bool dialect_settings_end(struct file *file)
{
	struct settings *settings = file->settings;
	size_t i;

	if (!settings)
		return true;
	if (settings->system && !give_system(file))
		return false;
	for (i = 0; i < settings->listeners.count; i++) {
		if (!give_listener(file, settings->listeners.entries[i].value, i))
			return false;
	}
	return true;
}
