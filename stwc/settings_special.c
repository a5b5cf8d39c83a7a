/* Transformations of single keys that the table names; larger ones have files of their own. */
#include "stwc/settings.h"

#include "base/num.h"
#include "engine/netaddr.h"
#include "grammar/scalar.h"

bool settings_place_row(struct settings *s, struct setting *setting)
{
	const char *path = setting->row->path, *field = strchr(path, '.');
	struct str type = {path, field ? (size_t)(field - path) : 0};
	struct settings_body *body =
		settings_body(s, arena_str(&s->c->arena, type).p, setting->id, setting->key_span);

	setting->outcome = SETTING_CARRIED;
	if (body && field && settings_place(s, setting, body, field + 1))
		return true;
	if (setting->outcome == SETTING_CARRIED)
		setting->outcome = SETTING_DROPPED;
	return false;
}

/* server.socket.* and server.tls.* held for every listener that did not say so itself. */
void settings_each_listener(struct settings *s, struct setting *setting)
{
	const char *field = setting->row->path;
	struct settings_row row = *setting->row;
	const struct settings_row *kept = setting->row;
	struct setting copy;
	size_t i, count = 0;

	row.words = strcmp(field, "tlsDisableProtocols") == 0
			    ? "TLSv1.2=tls12 0x0303=tls12 TLSv1.3=tls13 0x0304=tls13"
			    : NULL;
	settings_end(setting, SETTING_DROPPED, "there is no listener in the file to say it of");
	for (i = 0; i < s->bodies.count; i++) {
		struct settings_body *body = s->bodies.entries[i].value;
		const struct node *there;

		if (strcmp(body->type_name, "NetworkListener") != 0)
			continue;
		count++;
		there = node_map_get(body->node, str_c(field));
		if (there && !(there->kind == NODE_LIST && setting->tail.n &&
			       there->span.begin != setting->span.begin))
			continue;
		copy = *setting;
		copy.row = &row;
		if (!settings_place(s, &copy, body, field)) {
			setting->why = copy.why;
			return;
		}
	}
	setting->row = kept;
	if (!count)
		return;
	settings_end(setting, SETTING_CARRIED, NULL);
	setting->target = arena_printf(&s->c->arena, "NetworkListener/*/%s", field);
}

/* socket.* and tls.* at the top, where 0.15 does not look: what was meant is plain all the same. */
void settings_listener_alone(struct settings *s, struct setting *setting)
{
	settings_each_listener(s, setting);
	if (setting->outcome == SETTING_CARRIED)
		settings_end(setting, SETTING_CHANGED,
			     "0.15 reads it only below server. or a listener");
}

/* The address is the key, whatever stands behind it; with a list it is the value. */
void settings_address(struct settings *s, struct setting *setting)
{
	struct net_network network;
	bool in_key = net_network_parse(setting->id, &network) == NET_OK || !setting->value.n;
	struct settings_body *body = settings_body(
		s, setting->row->path, in_key ? setting->id : setting->value, setting->key_span);

	settings_end(setting, SETTING_CARRIED, NULL);
	if (!body)
		return;
	if (!body->node->map.count)
		settings_put(s, body->node, "address", setting->key_span,
			     settings_text(s, body->id, setting->span));
	setting->body = body;
	settings_target(s, setting, body, "");
}

void settings_main_directory(struct settings *s, struct setting *setting)
{
	struct settings_body *directory = settings_body_find(s, "Directory", setting->value);

	if (directory && directory->needless) {
		settings_end(setting, SETTING_NEEDLESS,
			     "0.16 uses its internal directory unless told otherwise");
		return;
	}
	if (!directory) {
		settings_end(setting, SETTING_DROPPED, "there is no such directory in the file");
		return;
	}
	setting->id = STR_NONE;
	(void)settings_place_row(s, setting);
}

void settings_default_certificate(struct settings *s, struct setting *setting)
{
	struct str id = setting->id;

	if (!str_eq_c(setting->value, "true")) {
		settings_end(setting, SETTING_NEEDLESS,
			     "0.16 has no default certificate unless told");
		return;
	}
	setting->value = id;
	setting->id = STR_NONE;
	if (!settings_place_row(s, setting) && settings_body_find(s, "SystemSettings", STR_NONE) &&
	    map_has(&s->keys, STR("server.tls.certificate")))
		settings_end(setting, SETTING_NEEDLESS, "server.tls.certificate names one already");
}

/* 0.16 puts mailto: before the address itself. */
void settings_contact(struct settings *s, struct setting *setting)
{
	struct str mailto = STR("mailto:");

	if (settings_literal(s, setting) && str_starts(setting->value, mailto))
		setting->value = str_from(setting->value, mailto.n);
	(void)settings_place_row(s, setting);
}

/* Of 90 days, as most certificates have; 0.16 says which part of the lifetime goes by first. */
void settings_renew_before(struct settings *s, struct setting *setting)
{
	static const struct {
		uint64_t days; /* and more */
		const char *member;
	} parts[] = {{38, "R12"}, {27, "R23"}, {21, "R34"}, {0, "R45"}};
	static const struct schema_type duration = {.kind = TYPE_DURATION};
	const struct node *time = settings_value(s, setting, &duration, setting->value);
	size_t i = 0;

	if (!time) {
		setting->outcome = SETTING_DROPPED;
		return;
	}
	while (time->magnitude < parts[i].days * 24 * 60 * 60 * 1000)
		i++;
	setting->value = str_c(parts[i].member);
	if (settings_place_row(s, setting))
		settings_end(setting, SETTING_CHANGED,
			     "0.16 renews after a part of the lifetime: R12, R23, R34 and R45 are "
			     "45, 30, 22 and 18 days before the end of 90");
}

/* Cloudflare and Quad9 were asked without TLS unless the word said so; 0.16 asks with it. */
void settings_resolver_type(struct settings *s, struct setting *setting)
{
	static const char *const kinds[][3] = {
		{"system", "System", ""},
		{"custom", "Custom", ""},
		{"google", "Google", ""},
		{"cloudflare", "Cloudflare", "false"},
		{"cloudflare-tls", "Cloudflare", "true"},
		{"quad9", "Quad9", "false"},
		{"quad9-tls", "Quad9", "true"},
	};
	struct settings_body *body = settings_body(s, "DnsResolver", STR_NONE, setting->key_span);
	struct setting tls = *setting;
	size_t i;

	setting->outcome = SETTING_DROPPED;
	setting->why = STR("0.15 knows no such resolver");
	for (i = 0; i < ARRAY_LEN(kinds) && settings_literal(s, setting); i++) {
		if (!body || !str_eq_c(setting->value, kinds[i][0]))
			continue;
		settings_put(s, body->node, "@type", setting->span,
			     settings_text(s, str_c(kinds[i][1]), setting->span));
		setting->body = body;
		settings_end(setting, SETTING_CARRIED, NULL);
		tls.value = str_c(kinds[i][2]);
		tls.row = NULL;
		if (tls.value.n && !settings_place(s, &tls, body, "useTls"))
			setting->outcome = SETTING_DROPPED;
		settings_target(s, setting, body, "@type");
	}
}

/* "udp://192.0.2.1:53", "tcp://[2001:db8::1]:53" */
void settings_resolver_server(struct settings *s, struct setting *setting)
{
	static const char *const protocols[] = {"udp", "tcp", "tls"};
	struct str text, protocol = STR("udp"), address, port = STR("53");
	const char *slashes;
	size_t i, colon;
	struct node *map;
	uint64_t number;

	setting->outcome = SETTING_DROPPED;
	if (!settings_literal(s, setting))
		return;
	text = setting->value;
	slashes = text.n ? memmem(text.p, text.n, "://", 3) : NULL;
	if (slashes) {
		protocol = (struct str){text.p, (size_t)(slashes - text.p)};
		text = str_from(text, protocol.n + 3);
	}
	address = text;
	for (colon = text.n; colon > 0 && text.p[colon - 1] != ':' && text.p[colon - 1] != ']';)
		colon--;
	if (colon > 0 && text.p[colon - 1] == ':' &&
	    (text.p[0] == '[' || !memchr(text.p, ':', colon - 1))) {
		address.n = colon - 1;
		port = str_from(text, colon);
	}
	if (address.n > 2 && address.p[0] == '[')
		address = (struct str){address.p + 1, address.n - 2};
	for (i = 0; i < ARRAY_LEN(protocols) && !str_eq_c(protocol, protocols[i]); i++)
		;
	if (i == ARRAY_LEN(protocols) || num_u64(port, &number) != NUM_OK) {
		settings_end(setting, SETTING_DROPPED, "it is not PROTOCOL://ADDRESS:PORT");
		return;
	}
	map = settings_map(s, NULL, setting->span);
	settings_put(s, map, "protocol", setting->span,
		     settings_text(s, arena_str(&s->c->arena, protocol), setting->span));
	settings_put(s, map, "address", setting->span,
		     settings_text(s, arena_str(&s->c->arena, address), setting->span));
	settings_put(s, map, "port", setting->span, settings_number(s, setting, number));
	settings_add_member(s, setting, "DnsResolver", "servers", map);
}

/* Adds a map to the list in the object of the setting's id. */
void settings_add_member(struct settings *s, struct setting *setting, const char *type,
			 const char *field, struct node *member)
{
	struct settings_body *body = settings_body(s, type, setting->id, setting->key_span);
	const struct schema_structure *fields = body ? settings_fields(s, body) : NULL;
	struct node *list;

	if (!body || !member)
		return;
	if (!fields || !schema_field_find(fields, str_c(field))) {
		setting->outcome = SETTING_DROPPED;
		(void)settings_no_place(s, setting, body, field); /* says the rest */
		return;
	}
	setting->body = body;
	list = node_map_get(body->node, str_c(field));
	if (!list) {
		list = node_new(&s->c->arena, NODE_LIST, setting->key_span);
		settings_put(s, body->node, field, setting->key_span, list);
	}
	if (list)
		node_list_append(list, member);
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, field);
}

void settings_source_ips(struct settings *s, struct setting *setting)
{
	struct node *map = settings_map(s, NULL, setting->span);

	if (!settings_literal(s, setting)) {
		setting->outcome = SETTING_DROPPED;
		return;
	}
	settings_put(s, map, "sourceIp", setting->span,
		     settings_text(s, setting->value, setting->span));
	settings_add_member(s, setting, "MtaConnectionStrategy", "sourceIps", map);
}

/* ["1m", "5m"] are Custom intervals. */
void settings_intervals(struct settings *s, struct setting *setting)
{
	static const struct schema_type duration = {.kind = TYPE_DURATION};
	const char *field = strchr(setting->row->path, '.') + 1;
	struct settings_body *body =
		settings_body(s, "MtaDeliverySchedule", setting->id, setting->key_span);
	struct node *holder, *list, *map, *value;

	if (!body)
		return;
	value = settings_value(s, setting, &duration, setting->value);
	if (!value) {
		setting->outcome = SETTING_DROPPED;
		return;
	}
	setting->body = body;
	holder = node_map_get(body->node, str_c(field));
	if (!holder) {
		holder = settings_map(s, "Custom", setting->key_span);
		settings_put(s, body->node, field, setting->key_span, holder);
		settings_put(s, holder, "intervals", setting->key_span,
			     node_new(&s->c->arena, NODE_LIST, setting->key_span));
	}
	list = holder ? node_map_get(holder, STR("intervals")) : NULL;
	map = settings_map(s, NULL, setting->span);
	settings_put(s, map, "duration", setting->span, value);
	if (list && map)
		node_list_append(list, map);
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, field);
}

/* Every script of 0.15 was active. */
void settings_script(struct settings *s, struct setting *setting)
{
	struct node *active;

	if (!settings_place_row(s, setting) || node_map_find(setting->body->node, STR("isActive")))
		return;
	active = node_new(&s->c->arena, NODE_BOOL, setting->key_span);
	if (active)
		active->boolean = true;
	settings_put(s, setting->body->node, "isActive", setting->key_span, active);
}

static bool is_glob(struct str s)
{
	return s.n && (memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n));
}

/* lookup.NAMESPACE.KEY = VALUE; the member of a set has no value. */
void settings_lookup_entry(struct settings *s, struct setting *setting)
{
	struct str name = setting->id;
	const char *dot = memchr(name.p, '.', name.n);
	struct str space = {name.p, dot ? (size_t)(dot - name.p) : 0};
	struct str key = str_from(name, space.n + 1);
	const char *type = setting->value.n ? "MemoryLookupKeyValue" : "MemoryLookupKey";
	struct settings_body *body;
	struct node *glob = node_new(&s->c->arena, NODE_BOOL, setting->key_span);

	setting->outcome = SETTING_DROPPED;
	if (!space.n || !key.n) {
		setting->why = STR("a lookup is lookup.NAMESPACE.KEY");
		return;
	}
	if (!settings_literal(s, setting))
		return;
	body = settings_body(s, type, name, setting->key_span);
	if (!body || !glob)
		return;
	setting->body = body;
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, "");
	settings_put(s, body->node, "namespace", setting->key_span,
		     settings_text(s, space, setting->key_span));
	settings_put(s, body->node, "key", setting->key_span,
		     settings_text(s, key, setting->key_span));
	if (setting->value.n)
		settings_put(s, body->node, "value", setting->span,
			     settings_text(s, setting->value, setting->span));
	glob->boolean = is_glob(key);
	settings_put(s, body->node, "isGlobPattern", setting->key_span, glob);
}

/* Which directory checks senders and recipients is no expression any more. */
void settings_session_directory(struct settings *s, struct setting *setting)
{
	const struct setting *main = map_get(&s->keys, STR("storage.directory"));
	struct str text = setting->value;

	if (text.n > 2 && text.p[0] == '\'')
		text = (struct str){text.p + 1, text.n - 2};
	if (str_ends(setting->tail, STR(".if")) || str_eq_c(text, "false"))
		settings_end(setting, SETTING_CHANGED,
			     strcmp(setting->row->path, "saslMechanisms") == 0
				     ? "0.16 asks the directory whoever logs in; where nobody may, "
				       "MtaStageAuth.saslMechanisms says false"
				     : "0.16 asks the directory for recipients of every Domain, "
				       "and for no others");
	else if (str_eq_c(text, "*") || (main && str_eq(main->value, text)))
		settings_end(setting, SETTING_NEEDLESS,
			     "0.16 asks Authentication.directoryId, or that of the Domain");
	else
		settings_end(setting, SETTING_DROPPED,
			     "0.16 chooses the directory by Authentication.directoryId, or that of "
			     "the Domain");
}

/* What 0.16 never does is no loss where it was turned off. The row has the reason for its path. */
void settings_turned_off(struct settings *s, struct setting *setting)
{
	if (settings_literal(s, setting) && str_eq_c(setting->value, "false"))
		settings_end(setting, SETTING_NEEDLESS, setting->row->path);
	else
		settings_end(setting, SETTING_DROPPED, setting->row->path);
}

/* The end of the scheme and the host of a URL; 0: it has none. */
static size_t origin_length(struct str url)
{
	struct str slashes = STR("://");
	const char *host = url.n ? memmem(url.p, url.n, slashes.p, slashes.n) : NULL, *path;

	if (!host)
		return 0;
	host += slashes.n;
	path = memchr(host, '/', url.n - (size_t)(host - url.p));
	return path ? (size_t)(path - url.p) : url.n;
}

/*
 * 0.15 was told an end point, 0.16 the issuer, from which it discovers them all. Where providers
 * have their end points below the issuer, that is what stands in front; else it is the host.
 */
void settings_oidc_issuer(struct settings *s, struct setting *setting)
{
	static const char *const below[] = {"/protocol/openid-connect/", "/userinfo", "/introspect",
					    "/.well-known/"};
	static const char *const apart[] = {"/oauth2/v",      "/oidc/v",  "/api/oidc",
					    "/application/o", "/oauth/v", "/oauth2",
					    "/oidc",          "/oauth",   "/connect"};
	struct str url;
	size_t i, n;

	setting->outcome = SETTING_DROPPED;
	if (!settings_literal(s, setting))
		return;
	url = setting->value;
	n = origin_length(url);
	for (i = 0; n && i < ARRAY_LEN(below); i++) {
		const char *at = memmem(url.p + n, url.n - n, below[i], strlen(below[i]));

		if (at)
			url.n = (size_t)(at - url.p);
	}
	for (i = 0; n && i < ARRAY_LEN(apart) && url.n > n; i++) {
		struct str path = str_from(url, n), mark = str_c(apart[i]);

		if (str_starts(path, mark) &&
		    (path.n == mark.n || str_starts(str_from(path, mark.n), STR("/v"))))
			url.n = n;
	}
	setting->value = url;
	if (settings_place_row(s, setting))
		settings_end(setting, SETTING_CHANGED,
			     "0.16 discovers the end points from the issuer, which this is a guess "
			     "at: hold it against what the provider says of itself");
}

/* An address is the name of an account; 0.15 had another name beside it. */
void settings_oidc_username(struct settings *s, struct setting *setting)
{
	struct str key =
		arena_printf(&s->c->scratch, "directory.%.*s.fields.email", STR_ARG(setting->id));

	if (!map_has(&s->keys, key)) {
		(void)settings_place_row(s, setting);
		return;
	}
	settings_end(setting, SETTING_NEEDLESS,
		     "0.16 names accounts by their address, which fields.email says");
}

/* 0.15 signs by a key of the moment where it has none, whatever the algorithm. */
void settings_signature_algorithm(struct settings *s, struct setting *setting)
{
	if (map_has(&s->keys, STR("oauth.oidc.signature-key")))
		(void)settings_place_row(s, setting);
	else
		settings_end(setting, SETTING_NEEDLESS,
			     "it goes with a key, and there is no oauth.oidc.signature-key");
}

/* One text in which commas stand between the members of a set. */
void settings_comma_list(struct settings *s, struct setting *setting)
{
	struct str rest;

	setting->outcome = SETTING_DROPPED;
	if (!settings_literal(s, setting))
		return;
	settings_end(setting, SETTING_NEEDLESS, "it names nothing");
	for (rest = setting->value; rest.n;) {
		const char *comma = memchr(rest.p, ',', rest.n);
		struct str word = {rest.p, comma ? (size_t)(comma - rest.p) : rest.n};

		rest = str_from(rest, word.n + (comma != NULL));
		while (word.n && *word.p == ' ')
			word = str_from(word, 1);
		while (word.n && word.p[word.n - 1] == ' ')
			word.n--;
		setting->value = word;
		if (word.n && !settings_place_row(s, setting))
			return;
	}
}

/* What divides a kind of 0.15 into two of 0.16, and says nothing of the other kinds. */
void settings_second_kind(struct settings *s, struct setting *setting)
{
	static const struct {
		const char *first, *word, *variant;
	} kinds[] = {
		{"open-telemetry", "http", "OtelHttp"}, {"open-telemetry", "grpc", "OtelGrpc"},
		{"otel", "http", "OtelHttp"},           {"otel", "grpc", "OtelGrpc"},
		{"redis", "single", "Redis"},           {"redis", "cluster", "RedisCluster"},
	};
	bool tracer = str_starts(setting->key, STR("tracer."));
	const struct setting *first =
		map_get(&s->keys, arena_printf(&s->c->scratch, "%s.%.*s.type",
					       tracer ? "tracer" : "store", STR_ARG(setting->id)));
	struct settings_body *body =
		settings_body(s, tracer ? "Tracer" : "Store", setting->id, setting->key_span);
	struct setting kind = *setting;
	bool used = false;
	size_t i;

	settings_end(setting, SETTING_NEEDLESS,
		     "not used where the type is another one, in 0.15 neither");
	for (i = 0; i < ARRAY_LEN(kinds) && body && first; i++) {
		if (!str_eq_c(first->value, kinds[i].first))
			continue;
		used = true;
		if (!settings_literal(s, setting) || !str_eq_c(setting->value, kinds[i].word))
			continue;
		kind.value = str_c(kinds[i].variant);
		kind.row = NULL;
		settings_end(setting, SETTING_CARRIED, NULL);
		if (!settings_place(s, &kind, body, "@type"))
			setting->outcome = SETTING_DROPPED;
		setting->body = body;
		settings_target(s, setting, body, "@type");
		return;
	}
	if (used)
		settings_end(setting, SETTING_DROPPED, "it is not a kind that 0.16 has");
}
