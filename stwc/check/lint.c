/* Effective values, places, kinds of addresses: the common ground of the checks. */
#include "stwc/check/lint.h"
#include "stwc/state.h"
#include "stwc/defaults.h"
#include "stwc/path.h"

bool lint_whole(const struct compilation *c)
{
	return !c->options.partial && !c->options.object && !c->incomplete && !c->diags.faults;
}

bool lint_shows_all(const struct compilation *c, const char *type)
{
	const struct schema_object *row = schema_object_find(c->schema, str_c(type));

	return !c->state->operations || (row && type_state(c, row)->taken);
}

bool lint_shows_field(const struct compilation *c, const struct object *singleton,
		      const char *field)
{
	return !c->state->operations ||
	       (singleton && value_field_get(&singleton->body, field) != NULL);
}

const struct value *lint_value(struct compilation *c, const struct value_object *body,
			       const char *field)
{
	const struct schema_structure *structure =
		body->variant ? body->variant->body : body->structure;
	const struct value *value = value_field_get(body, field);
	const struct schema_field *row;

	if (value || !structure)
		return value;
	row = schema_field_find(structure, str_c(field));
	/* false and the empty set are what no value means to the callers, and need no memory */
	if (!row ||
	    (!row->default_json && row->type->kind != TYPE_ENUM && row->type->kind != TYPE_OBJECT))
		return NULL;
	return defaults_field(c, structure, row);
}

bool lint_flag(struct compilation *c, const struct value_object *body, const char *field)
{
	const struct value *value = lint_value(c, body, field);

	return value && value->kind == VALUE_BOOL && value->boolean;
}

struct str lint_text(struct compilation *c, const struct value_object *body, const char *field)
{
	const struct value *value = lint_value(c, body, field);

	return value && value->kind == VALUE_STRING ? value->string : STR_NONE;
}

struct value *const *lint_members(struct compilation *c, const struct value_object *body,
				  const char *field, size_t *count)
{
	const struct value *value = lint_value(c, body, field);

	*count = value && value->kind == VALUE_SEQUENCE ? value->sequence.count : 0;
	return *count ? value->sequence.items : NULL;
}

const struct value_object *lint_object(struct compilation *c, const struct value_object *body,
				       const char *field)
{
	const struct value *value = lint_value(c, body, field);

	return value && value->kind == VALUE_OBJECT ? &value->object : NULL;
}

bool lint_is_variant(const struct value_object *body, const char *variant)
{
	return body && body->variant && strcmp(body->variant->name, variant) == 0;
}

struct span lint_span(const struct object *object, const char *field)
{
	const struct value *value = value_field_get(&object->body, field);

	return value && value->span.source ? value->span : object->span;
}

void lint_place(struct compilation *c, struct diag *diag, const struct object *object,
		const char *field)
{
	struct path_root root;
	const struct path *top = path_of(&root, object->type, object->shown, object->ordinal);
	struct path path = {.up = top, .field = field};

	if (diag_kept(&c->diags, diag))
		path_place(c, diag, object, field ? &path : top);
}

struct range {
	uint8_t family, bytes[4], prefix;
};

static bool in_ranges(const struct range *ranges, size_t count, const struct net_addr *addr)
{
	struct net_addr plain = net_addr_unmap(addr);
	size_t i;

	for (i = 0; i < count; i++) {
		struct net_network network = {.addr.family = ranges[i].family,
					      .prefix = ranges[i].prefix};

		memcpy(network.addr.b, ranges[i].bytes, sizeof(ranges[i].bytes));
		if (network.addr.family == plain.family && net_network_has(&network, &plain))
			return true;
	}
	return false;
}

bool lint_is_any(const struct net_addr *addr)
{
	static const uint8_t zeros[16];
	struct net_addr plain = net_addr_unmap(addr);

	return memcmp(plain.b, zeros, plain.family == 4 ? 4 : 16) == 0;
}

bool lint_is_loopback(const struct net_addr *addr)
{
	static const uint8_t one[16] = {[15] = 1};
	static const struct range ranges[] = {{4, {127}, 8}};

	if (addr->family == 6 && memcmp(addr->b, one, sizeof(one)) == 0)
		return true;
	return in_ranges(ranges, ARRAY_LEN(ranges), addr);
}

bool lint_is_private(const struct net_addr *addr)
{
	static const struct range ranges[] = {
		{4, {10}, 8},       {4, {172, 16}, 12},    {4, {192, 168}, 16}, {4, {169, 254}, 16},
		{4, {100, 64}, 10}, {6, {0xfe, 0x80}, 10}, {6, {0xfc}, 7},
	};

	return lint_is_loopback(addr) || in_ranges(ranges, ARRAY_LEN(ranges), addr);
}

/* IPv4 as the mapped form, so that one comparison serves both. */
static struct net_network mapped(const struct net_network *network)
{
	struct net_network wide = {net_addr_map(&network->addr), network->prefix};

	if (network->addr.family == 4)
		wide.prefix = (uint8_t)(network->prefix + 96);
	return wide;
}

bool lint_covers(const struct net_network *outer, const struct net_network *inner)
{
	struct net_network a = mapped(outer), b = mapped(inner);

	return a.prefix <= b.prefix && net_network_has(&a, &b.addr);
}

bool lint_in_networks(struct value *const *networks, size_t count, const struct net_addr *addr)
{
	struct net_network host = {*addr, addr->family == 4 ? 32 : 128};
	size_t i;

	for (i = 0; i < count; i++) {
		if (lint_covers(&networks[i]->network, &host))
			return true;
	}
	return false;
}

struct value *const *lint_proxies(struct compilation *c, const struct object *listener,
				  size_t *count)
{
	struct object *settings = compile_first(c, "SystemSettings");
	struct value *const *own = NULL;

	*count = 0;
	if (listener)
		own = lint_members(c, &listener->body, "overrideProxyTrustedNetworks", count);
	if (!*count && settings)
		own = lint_members(c, &settings->body, "proxyTrustedNetworks", count);
	return own;
}

bool lint_is_open(struct compilation *c, const struct object *listener)
{
	size_t count, i;
	struct value *const *bind;

	(void)lint_members(c, &listener->body, "overrideProxyTrustedNetworks", &count);
	if (count)
		return false;
	bind = lint_members(c, &listener->body, "bind", &count);
	for (i = 0; i < count; i++) {
		if (!lint_is_loopback(&bind[i]->socket.addr))
			return true;
	}
	return false;
}

bool lint_is_protocol(struct compilation *c, const struct object *listener, const char *protocol)
{
	const struct value *value = lint_value(c, &listener->body, "protocol");

	return value && value->kind == VALUE_ENUM && strcmp(value->member->name, protocol) == 0;
}

static bool is_name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == '$' || ch == '.';
}

static size_t quoted_length(struct str s)
{
	size_t end = 1;

	while (end < s.n && s.p[end] != *s.p)
		end += s.p[end] == '\\' ? 2 : 1;
	return end < s.n ? end : s.n;
}

enum lint_token lint_next_token(struct str *rest, struct str *out)
{
	size_t n = 0;

	while (rest->n && strchr(" \t\r\n", *rest->p))
		*rest = str_from(*rest, 1);
	if (!rest->n)
		return LINT_END;
	if (*rest->p == '\'' || *rest->p == '"') {
		n = quoted_length(*rest);
		*out = (struct str){rest->p + 1, n - 1};
		*rest = str_from(*rest, n < rest->n ? n + 1 : n);
		return LINT_QUOTED;
	}
	while (n < rest->n && is_name_char(rest->p[n]))
		n++;
	*out = (struct str){rest->p, n ? n : 1};
	*rest = str_from(*rest, out->n);
	return n ? LINT_NAME : LINT_MARK;
}

bool lint_mentions(struct str expression, const char *name)
{
	size_t length = strlen(name);
	enum lint_token token;
	struct str word;

	while ((token = lint_next_token(&expression, &word)) != LINT_END) {
		if (token == LINT_NAME && word.n >= length && memcmp(word.p, name, length) == 0 &&
		    (word.n == length || word.p[length] == '.'))
			return true;
	}
	return false;
}
