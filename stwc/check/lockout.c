/*
 * Lock-outs: settings by which the server shuts out its own proxies, its own network, or whoever
 * manages it. Blocked addresses come by the million, so each question is a look-up of one network
 * among them, and never a pass over all.
 */
#include "stwc/check/lint.h"

/* A network among the blocked ones, and what for. */
struct question {
	const struct net_network *network;
	enum diag_code code;
	const char *what; /* "the trusted proxy", … */
	struct span span; /* where it stands; SPAN_NONE: nowhere */
	bool repeats;     /* the entry that was named last is named again */
	uint32_t last;    /* that entry */
};

static bool has_expired(const struct packed *packed, uint32_t index, int64_t now)
{
	const struct packed_entry *entry = packed_at(packed, index);
	const struct packed_rare *rare =
		entry->rare == PACKED_NOT_RARE ? NULL : &packed->rare[entry->rare];

	return rare && rare->has_expires && rare->expires <= now;
}

static bool find_in_family(const struct compilation *c, const struct packed *packed,
			   const struct net_network *network, uint32_t *out)
{
	unsigned at_most = 128;
	uint32_t index;

	while (address_order_cover(packed->order, network, at_most, &index)) {
		if (!has_expired(packed, index, c->options.now)) {
			*out = index;
			return true;
		}
		at_most = packed_at(packed, index)->prefix;
		if (!at_most--)
			break;
	}
	return false;
}

/* The most specific entry that holds the whole network and still counts. IPv4 and its mapped form
 * are the same peers (validation.md 2.1). */
static bool find_cover(const struct compilation *c, const struct packed *packed,
		       const struct net_network *network, uint32_t *out)
{
	struct net_network other = {net_addr_unmap(&network->addr), network->prefix};

	if (!packed->order)
		return false; /* over the limit, which is an error of its own */
	if (find_in_family(c, packed, network, out))
		return true;
	if (network->addr.family == 4) {
		other.addr = net_addr_map(&network->addr);
		other.prefix = (uint8_t)(network->prefix + 96);
	} else if (other.addr.family == 6 || network->prefix < 96) {
		return false;
	} else {
		other.prefix = (uint8_t)(network->prefix - 96);
	}
	return find_in_family(c, packed, &other, out);
}

static void ask(struct compilation *c, const struct packed *blocked, struct question *q)
{
	char entry[NET_TEXT_SIZE], covered[NET_TEXT_SIZE];
	struct net_network network;
	struct diag *diag;
	uint32_t index;

	if (!find_cover(c, blocked, q->network, &index) || (!q->repeats && index == q->last))
		return;
	q->last = index;
	packed_network(blocked, index, &network);
	(void)net_network_format(&network, entry);
	(void)net_network_format(q->network, covered);
	diag = diag_add(&c->diags, q->code, packed_span(blocked, index),
			"the blocked network %s covers %s %s", entry, q->what, covered);
	diag_path(&c->diags, diag, "BlockedIp/%s/address", entry);
	diag_context(&c->diags, diag, "in BlockedIp '%s'", entry);
	if (q->span.source)
		diag_relate(&c->diags, diag, q->span, "%s", q->what);
}

/* Listeners often trust the same proxies, and one of them is enough to tell. True: not told yet. */
static bool is_new(struct compilation *c, struct map *told, const struct net_network *network)
{
	char text[NET_TEXT_SIZE];
	struct str key = {text, net_network_format(network, text)};

	if (map_get(told, key))
		return false;
	key = arena_str(&c->arena, key);
	return key.p && map_put(told, key, told);
}

static void ask_proxies(struct compilation *c, const struct packed *blocked, struct map *told,
			const struct object *object, const char *field)
{
	size_t count, i;
	struct value *const *networks = lint_members(c, &object->body, field, &count);

	for (i = 0; i < count; i++) {
		struct question q = {&networks[i]->network,
				     DIAG_BLOCKED_PROXY,
				     "the trusted proxy",
				     networks[i]->span,
				     true,
				     0};

		if (is_new(c, told, q.network))
			ask(c, blocked, &q);
	}
}

static bool is_let_in(const struct compilation *c, const struct net_network *network)
{
	const struct packed *allowed = compile_packed(c, "AllowedIp");
	uint32_t index;

	return allowed && find_cover(c, allowed, network, &index);
}

/* A network within a private range is a part of somebody's own network too; a single address may
 * well be a machine that nobody wants. So many entries of the range are looked at. */
#define WITHIN_AT_MOST 4096

/* IPv4 may be written in its mapped form as well (validation.md 2.1). */
static bool find_within(const struct packed *blocked, const struct net_network *network,
			uint32_t *out)
{
	struct net_network mapped;

	if (!blocked->order)
		return false;
	if (address_order_within(blocked->order, network, WITHIN_AT_MOST, out))
		return true;
	if (network->addr.family != 4)
		return false;
	mapped =
		(struct net_network){net_addr_map(&network->addr), (uint8_t)(network->prefix + 96)};
	return address_order_within(blocked->order, &mapped, WITHIN_AT_MOST, out);
}

static void ask_within(struct compilation *c, const struct packed *blocked,
		       const struct question *q)
{
	char entry[NET_TEXT_SIZE], whole[NET_TEXT_SIZE];
	struct net_network network;
	struct diag *diag;
	uint32_t index;

	if (!find_within(blocked, q->network, &index) || index == q->last ||
	    has_expired(blocked, index, c->options.now))
		return;
	packed_network(blocked, index, &network);
	if (is_let_in(c, &network))
		return;
	(void)net_network_format(&network, entry);
	(void)net_network_format(q->network, whole);
	diag = diag_add(&c->diags, DIAG_BLOCKED_PRIVATE, packed_span(blocked, index),
			"the blocked network %s lies in %s %s", entry, q->what, whole);
	diag_path(&c->diags, diag, "BlockedIp/%s/address", entry);
	diag_context(&c->diags, diag, "in BlockedIp '%s'", entry);
}

static void ask_private(struct compilation *c, const struct packed *blocked)
{
	static const struct {
		uint8_t family, bytes[2], prefix;
		bool within; /* a part of it matters as well */
		const char *what;
	} ranges[] = {
		{4, {10, 0}, 8, true, "the private range"},
		{4, {172, 17}, 16, false, "the range that Docker begins with,"},
		{4, {172, 16}, 12, true, "the private range"},
		{4, {192, 168}, 16, true, "the private range"},
		{4, {100, 64}, 10, false, "the shared range"},
		{4, {169, 254}, 16, false, "the link-local range"},
		{6, {0xfc, 0}, 8, true, "the private range"},
		{6, {0xfd, 0}, 8, true, "the private range"},
		{6, {0xfe, 0x80}, 10, true, "the link-local range"},
	};
	struct net_network one4 = {{4, {127, 0, 0, 1}}, 32}, one6 = {{6, {[15] = 1}}, 128};
	struct question q = {
		&one4, DIAG_BLOCKED_PRIVATE, "the loopback address", SPAN_NONE, false, UINT32_MAX};
	size_t i;

	ask(c, blocked, &q);
	q.network = &one6;
	ask(c, blocked, &q);
	for (i = 0; i < ARRAY_LEN(ranges); i++) {
		struct net_network range = {.addr.family = ranges[i].family,
					    .prefix = ranges[i].prefix};
		uint32_t index;

		range.addr.b[0] = ranges[i].bytes[0];
		range.addr.b[1] = ranges[i].bytes[1];
		q.network = &range;
		q.what = ranges[i].what;
		if (is_let_in(c, &range))
			continue;
		ask(c, blocked, &q);
		if (ranges[i].within && !find_cover(c, blocked, &range, &index))
			ask_within(c, blocked, &q);
	}
}

static void ask_allowed(struct compilation *c, const struct packed *blocked)
{
	const struct packed *allowed = compile_packed(c, "AllowedIp");
	uint32_t i;

	for (i = 0; allowed && i < allowed->count; i++) {
		struct net_network network;
		struct question q = {&network, DIAG_BLOCKED_ALLOWED, "the allowed", SPAN_NONE, true,
				     0};

		if (has_expired(allowed, i, c->options.now))
			continue;
		packed_network(allowed, i, &network);
		q.span = packed_span(allowed, i);
		ask(c, blocked, &q);
	}
}

void check_blocked(struct compilation *c)
{
	const struct packed *blocked = compile_packed(c, "BlockedIp");
	const struct object *settings = compile_first(c, "SystemSettings"), *listener;
	struct map told;

	if (!blocked || !blocked->count)
		return;
	map_init(&told, &c->hash_key, &c->arena);
	ask_private(c, blocked);
	if (settings)
		ask_proxies(c, blocked, &told, settings, "proxyTrustedNetworks");
	for (listener = compile_first(c, "NetworkListener"); listener; listener = listener->next)
		ask_proxies(c, blocked, &told, listener, "overrideProxyTrustedNetworks");
	ask_allowed(c, blocked);
}

/* Always allowed: loopback and the proxies of the whole server (validation.md 5.4). */
struct never_banned {
	struct value *const *proxies;
	size_t proxy_count;
	const struct packed *allowed;
};

static bool is_allowed(struct compilation *c, const struct never_banned *never,
		       const struct net_network *network)
{
	uint32_t index;
	size_t i;

	for (i = 0; i < never->proxy_count; i++) {
		if (lint_covers(&never->proxies[i]->network, network))
			return true;
	}
	return lint_is_loopback(&network->addr) ||
	       (never->allowed && find_cover(c, never->allowed, network, &index));
}

/* A ban that is on, by default too; its field, or NULL. */
static const char *ban_rate(struct compilation *c, const struct object *security)
{
	static const char *const rates[] = {"authBanRate", "abuseBanRate", "loiterBanRate",
					    "scanBanRate"};
	const struct value *value;
	size_t i;

	for (i = 0; security && i < ARRAY_LEN(rates); i++) {
		value = lint_value(c, &security->body, rates[i]);
		if (value && value->kind != VALUE_NULL)
			return rates[i];
	}
	return security ? NULL : rates[0];
}

static bool lies_in_another(struct value *const *networks, size_t count, size_t at)
{
	size_t i;

	for (i = 0; i < count; i++) {
		/* of two that are alike, the first is the other's */
		if (i != at && lint_covers(&networks[i]->network, &networks[at]->network) &&
		    (i < at || !lint_covers(&networks[at]->network, &networks[i]->network)))
			return true;
	}
	return false;
}

/* The networks of a listener, unlike those of the whole server, may be banned. */
static void bannable(struct compilation *c, struct map *told, const struct object *listener,
		     const struct never_banned *never, const struct object *security,
		     const char *rate)
{
	size_t count, i;
	struct value *const *own =
		lint_members(c, &listener->body, "overrideProxyTrustedNetworks", &count);
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	for (i = 0; i < count; i++) {
		if (is_allowed(c, never, &own[i]->network) || !is_new(c, told, &own[i]->network) ||
		    lies_in_another(own, count, i))
			continue;
		(void)net_network_format(&own[i]->network, text);
		diag = diag_add(&c->diags, DIAG_BANNABLE_PROXY, own[i]->span,
				"the proxy %s is trusted here but not allowed: a ban (%s) would "
				"shut it out, and everybody behind it",
				text, rate);
		lint_place(c, diag, listener, "overrideProxyTrustedNetworks");
		diag_hint(&c->diags, diag, "add an AllowedIp %s", text);
		if (security && value_field_get(&security->body, rate))
			diag_relate(&c->diags, diag, lint_span(security, rate), "the rate");
	}
}

void check_bannable(struct compilation *c)
{
	const struct object *security = compile_first(c, "Security"), *listener;
	struct never_banned never = {.allowed = compile_packed(c, "AllowedIp")};
	const char *rate;
	struct map told;

	if (!lint_whole(c) || !lint_shows_all(c, "AllowedIp"))
		return;
	map_init(&told, &c->hash_key, &c->arena);
	rate = ban_rate(c, security);
	never.proxies = lint_proxies(c, NULL, &never.proxy_count);
	for (listener = compile_first(c, "NetworkListener"); rate && listener;
	     listener = listener->next)
		bannable(c, &told, listener, &never, security, rate);
}

/* Does a client on this host, at least, get to this address without the PROXY header? One comes
 * from loopback where every address is bound, else from the very address. */
static bool has_way(struct compilation *c, const struct object *listener,
		    const struct net_addr *bind)
{
	static const struct net_addr loop4 = {4, {127, 0, 0, 1}}, loop6 = {6, {[15] = 1}};
	size_t count;
	struct value *const *proxies = lint_proxies(c, listener, &count);

	if (!lint_is_any(bind))
		return !lint_in_networks(proxies, count, bind);
	return !lint_in_networks(proxies, count, &loop4) ||
	       (bind->family == 6 && !lint_in_networks(proxies, count, &loop6));
}

static bool listener_has_way(struct compilation *c, const struct object *listener)
{
	size_t count, i;
	struct value *const *bind = lint_members(c, &listener->body, "bind", &count);

	for (i = 0; i < count; i++) {
		if (has_way(c, listener, &bind[i]->socket.addr))
			return true;
	}
	return false;
}

/* The PROXY header is mandatory from trusted networks (validation.md 5.3). */
void check_management_paths(struct compilation *c)
{
	static const struct net_addr any = {.family = 6};
	const struct object *listener = compile_first(c, "NetworkListener"), *first = NULL;
	const struct object *settings = compile_first(c, "SystemSettings");
	size_t count;
	struct diag *diag;

	if (!lint_whole(c) || !lint_shows_all(c, "NetworkListener"))
		return;
	if (!listener) { /* a server makes listeners on every address */
		if (!settings || has_way(c, NULL, &any))
			return;
		first = settings;
	}
	for (; listener; listener = listener->next) {
		if (!lint_is_protocol(c, listener, "http"))
			continue;
		if (listener_has_way(c, listener))
			return;
		first = first ? first : listener;
	}
	if (!first)
		return;
	diag = diag_add(
		&c->diags, DIAG_PROXY_LOCKOUT,
		first == settings ? lint_span(first, "proxyTrustedNetworks") : first->span,
		"every way to the management API asks for the PROXY header: without a proxy "
		"that sends it, nobody gets in");
	lint_place(c, diag, first, first == settings ? "proxyTrustedNetworks" : NULL);
	diag_hint(&c->diags, diag,
		  "add an http listener on 127.0.0.1 whose overrideProxyTrustedNetworks leaves "
		  "127.0.0.1 out");
	if (first != settings)
		diag_relate(&c->diags, diag, lint_proxies(c, first, &count)[0]->span,
			    "trusted, and so asked for the header");
}
