/* Binding of scalars: numbers, texts, addresses, dates, words, references. */
#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"
#include "core/suggest.h"
#include "grammar/scalar.h"
#include "stwc/bind.h"
#include "stwc/names.h"

/* ---- numbers ---- */

static void print_bound(char *out, size_t size, double bound)
{
	(void)snprintf(out, size, "%.17g", bound); /* bounds are short */
}

static bool in_bounds(struct binder *b, const struct schema_type *type, double number,
		      const struct node *node, const struct path *path)
{
	char min[32], max[32];

	if ((!type->has_min || number >= type->min) && (!type->has_max || number <= type->max))
		return true;
	print_bound(min, sizeof(min), type->min);
	print_bound(max, sizeof(max), type->max);
	if (type->has_min && type->has_max)
		bind_error(b, DIAG_OUT_OF_RANGE, node->span, path, NULL,
			   "'%.*s' must lie between %s and %s", STR_ARG(path_name(path)), min, max);
	else
		bind_error(b, DIAG_OUT_OF_RANGE, node->span, path, NULL, "'%.*s' must be at %s %s",
			   STR_ARG(path_name(path)), type->has_min ? "least" : "most",
			   type->has_min ? min : max);
	return false;
}

static struct value *unsigned_value(struct binder *b, const struct schema_type *type,
				    struct node *node, uint64_t number, const struct path *path)
{
	struct value *value;

	if (type->kind == TYPE_DURATION && number == 0) {
		bind_error(b, DIAG_OUT_OF_RANGE, node->span, path, NULL,
			   "the duration '%.*s' cannot be 0", STR_ARG(path_name(path)));
		return NULL;
	}
	if (!in_bounds(b, type, (double)number, node, path))
		return NULL;
	value = bind_new(b, VALUE_UNSIGNED, type, node->span);
	if (value)
		value->number = number;
	return value;
}

/* "30s", "50mb": stw's own form only; a server wants the number, and the hint shows it. */
static struct value *unit_text(struct binder *b, const struct schema_type *type, struct node *node,
			       const struct path *path)
{
	bool size = type->kind == TYPE_SIZE;
	uint64_t number = 0;
	struct value *value;
	enum scalar_status status =
		size ? scalar_size(node->string, &number) : scalar_duration(node->string, &number);
	struct diag *diag;

	if (status != SCALAR_OK) {
		diag = bind_error(b, DIAG_UNIT, node->span, path, type, "'%.*s' is %s %s",
				  STR_ARG(node->string),
				  status == SCALAR_RANGE ? "too large for a" : "no",
				  size ? "size" : "duration");
		if (status != SCALAR_RANGE)
			bind_hint_unit(b, diag, node->string, size);
		return NULL;
	}
	value = unsigned_value(b, type, node, number, path);
	if (value && b->shapes == SHAPES_SERVER) {
		diag = bind_error(b, DIAG_WRONG_SHAPE, node->span, path, type,
				  "a server does not take the %s '%.*s' as a text",
				  size ? "size" : "duration", STR_ARG(path_name(path)));
		diag_hint(&b->c->diags, diag, "write %llu", (unsigned long long)number);
		return NULL;
	}
	return value;
}

static struct value *lossy(struct binder *b, const struct schema_type *type, struct node *node,
			   const struct path *path)
{
	bind_error(b, DIAG_LOSSY_NUMBER, node->span, path, type, "'%.*s' takes a whole number",
		   STR_ARG(path_name(path)));
	return NULL;
}

static struct value *bind_unsigned(struct binder *b, const struct schema_type *type,
				   struct node *node, const struct path *path)
{
	uint64_t number;

	if (node->kind == NODE_STRING && (type->kind == TYPE_SIZE || type->kind == TYPE_DURATION))
		return unit_text(b, type, node, path);
	if (node->kind == NODE_FLOAT)
		return lossy(b, type, node, path);
	if (node->kind != NODE_INT)
		return bind_wrong_type(b, type, node, path);
	if (!node_as_u64(node, &number)) {
		bind_error(b, DIAG_OUT_OF_RANGE, node->span, path, NULL,
			   "'%.*s' cannot be negative", STR_ARG(path_name(path)));
		return NULL;
	}
	return unsigned_value(b, type, node, number, path);
}

static struct value *bind_integer(struct binder *b, const struct schema_type *type,
				  struct node *node, const struct path *path)
{
	struct value *value;
	int64_t number;

	if (node->kind == NODE_FLOAT)
		return lossy(b, type, node, path);
	if (node->kind != NODE_INT)
		return bind_wrong_type(b, type, node, path);
	if (!node_as_i64(node, &number)) {
		bind_error(b, DIAG_OUT_OF_RANGE, node->span, path, NULL,
			   "'%.*s' must lie between -2^63 and 2^63 - 1", STR_ARG(path_name(path)));
		return NULL;
	}
	if (!in_bounds(b, type, (double)number, node, path))
		return NULL;
	value = bind_new(b, VALUE_SIGNED, type, node->span);
	if (value)
		value->integer = number;
	return value;
}

/* Whole numbers of up to 53 bits, and larger ones that end in enough zero bits. */
static bool fits_double(uint64_t magnitude)
{
	while (magnitude && !(magnitude & 1))
		magnitude >>= 1;
	return magnitude <= UINT64_C(1) << 53;
}

static struct value *bind_float(struct binder *b, const struct schema_type *type, struct node *node,
				const struct path *path)
{
	struct value *value;
	double number;

	if (node->kind == NODE_INT && !fits_double(node->magnitude)) {
		bind_error(b, DIAG_LOSSY_NUMBER, node->span, path, type,
			   "'%.*s' cannot hold this number exactly", STR_ARG(path_name(path)));
		return NULL;
	}
	if (node->kind == NODE_INT)
		number = node->negative ? -(double)node->magnitude : (double)node->magnitude;
	else if (node->kind == NODE_FLOAT && isfinite(node->number))
		number = node->number;
	else
		return bind_wrong_type(b, type, node, path);
	if (!in_bounds(b, type, number, node, path))
		return NULL;
	value = bind_new(b, VALUE_FLOAT, type, node->span);
	if (value)
		value->real = number;
	return value;
}

static struct node *int_node(struct binder *b, uint64_t number, struct span span)
{
	struct node *node = node_new(&b->c->arena, NODE_INT, span);

	if (node)
		node->magnitude = number;
	return node;
}

struct node *bind_rate_text(struct binder *b, const struct schema_type *type, struct node *node,
			    const struct path *path)
{
	struct arena *arena = &b->c->arena;
	struct node *map, *count_node, *period_node;
	uint64_t count, period;

	if (scalar_rate(node->string, &count, &period) != SCALAR_OK) {
		struct diag *diag = bind_error(b, DIAG_UNIT, node->span, path, type,
					       "'%.*s' is no rate", STR_ARG(node->string));

		diag_hint(&b->c->diags, diag,
			  "such as \"100/1d\" or {count = 100, period = \"1d\"}");
		return NULL;
	}
	map = node_new(arena, NODE_MAP, node->span);
	count_node = int_node(b, count, node->span);
	period_node = int_node(b, period, node->span);
	if (!map || !count_node || !period_node ||
	    !node_map_append(arena, &b->c->hash_key, map, STR("count"), node->span, count_node) ||
	    !node_map_append(arena, &b->c->hash_key, map, STR("period"), node->span, period_node))
		return NULL;
	return map;
}

/* ---- texts ---- */

static struct str invalid(struct binder *b, enum diag_code code, const struct node *node,
			  const struct path *path, const char *what, const char *example)
{
	diag_hint(&b->c->diags,
		  bind_error(b, code, node->span, path, NULL, "'%.*s' is no %s",
			     STR_ARG(node->string), what),
		  str_starts(node->string, STR("%{")) ? "0.16 has no such macros; such as %s"
						      : "such as %s",
		  example);
	return STR_NONE;
}

static struct str no_local_part(struct binder *b, const struct node *node, const struct path *path)
{
	struct diag *diag =
		bind_error(b, DIAG_EMAIL_ADDRESS, node->span, path, NULL,
			   "'%.*s' is no local part of an address", STR_ARG(node->string));

	bind_hint_local_part(b, diag, node->string);
	return STR_NONE;
}

static struct str validate(struct binder *b, enum validator validator, const struct node *node,
			   const struct path *path)
{
	struct str s = name_normal(&b->c->arena, validator, node->string);

	if (s.p || b->c->arena.failed)
		return s;
	switch (validator) {
	case VALIDATE_EMAIL:
		return invalid(b, DIAG_EMAIL_ADDRESS, node, path, "e-mail address",
			       "postmaster@example.org");
	case VALIDATE_EMAIL_LOCAL_PART: return no_local_part(b, node, path);
	case VALIDATE_DOMAIN:
		return invalid(b, DIAG_DOMAIN_NAME, node, path, "domain name", "example.org");
	case VALIDATE_HOSTNAME:
		return invalid(b, DIAG_DOMAIN_NAME, node, path, "host name or address",
			       "mail.example.org");
	case VALIDATE_NONE:
	case VALIDATE_TRIM:
	case VALIDATE_UPPERCASE:
	case VALIDATE_LOWERCASE: break; /* these fail for lack of memory alone */
	}
	return STR_NONE;
}

static bool is_hex(char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'f');
}

/* What is escaped is "%" and two hexadecimal digits, and "%" stands for nothing else (2.1). */
static bool escapes_fit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2])))
			return false;
	}
	return true;
}

/* A port behind the host of "scheme://user@host:port/…" is a number below 65536, or empty. */
static bool port_fits(struct str s)
{
	const char *start = memmem(s.p, s.n, "://", 3), *at;
	struct str rest = start ? str_from(s, (size_t)(start - s.p) + 3) : STR_NONE;
	uint64_t port;

	for (size_t i = 0; i < rest.n; i++) {
		if (strchr("/?#", rest.p[i]))
			rest.n = i;
	}
	at = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
	rest = at ? str_from(rest, (size_t)(at - rest.p) + 1) : rest;
	at = rest.n && *rest.p == '[' ? memchr(rest.p, ']', rest.n) : rest.p;
	at = at && rest.n ? memchr(at, ':', rest.n - (size_t)(at - rest.p)) : NULL;
	if (!at || at + 1 == rest.p + rest.n)
		return true;
	rest = str_from(rest, (size_t)(at - rest.p) + 1);
	return num_u64(rest, &port) == NUM_OK && port <= 65535;
}

/* scheme ":", no blanks or controls, whole escapes (RFC 3986 2.1, 3.1), a port; the rest is the
 * business of who uses it */
static bool uri_fits(struct str s)
{
	size_t i, colon = 0;

	while (colon < s.n && s.p[colon] != ':')
		colon++;
	if (colon == 0 || colon == s.n || !escapes_fit(s) || !port_fits(s))
		return false;
	for (i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		bool letter = (ch | 32) >= 'a' && (ch | 32) <= 'z';

		if (ch <= ' ' || ch == 0x7f)
			return false;
		if (i < colon && !letter &&
		    (i == 0 || !((ch >= '0' && ch <= '9') || ch == '+' || ch == '-' || ch == '.')))
			return false;
	}
	return true;
}

static bool is_secret(const struct schema_type *type)
{
	return type->kind == TYPE_SECRET || type->kind == TYPE_SECRET_TEXT;
}

static bool secret_fits(struct binder *b, const struct schema_type *type, const struct node *node,
			const struct path *path)
{
	size_t stars = 0;

	source_mask(&b->c->sources, node->span);
	while (stars < node->string.n && node->string.p[stars] == '*')
		stars++;
	if (stars == node->string.n && stars >= 4) {
		diag_hint(&b->c->diags,
			  bind_error(b, DIAG_MASKED_SECRET, node->span, path, type,
				     "'%.*s' holds the mask of a secret", STR_ARG(path_name(path))),
			  "a File or an EnvironmentVariable can stand in its place");
		return false;
	}
	b->c->inline_secrets++;
	bind_error(b, DIAG_INLINE_SECRET, node->span, path, type,
		   "the secret '%.*s' stands in the source", STR_ARG(path_name(path)));
	return true;
}

/* A date that TOML types is no text; the 0.15 settings have no types, and their words are texts. */
static bool is_toml_date(const struct node *node)
{
	return node->style != NODE_STYLE_PLAIN && node->style != NODE_STYLE_BARE;
}

/* What checks want to know of texts is noted while they are at hand (check/texts.c). */
static struct value *new_text(struct binder *b, const struct schema_type *type, struct str s,
			      struct span span)
{
	struct value *value = bind_new(b, VALUE_STRING, type, span);

	if (!value)
		return NULL;
	value->string = s;
	b->text_size += s.n;
	b->percent = b->percent || (s.n && memchr(s.p, '%', s.n));
	return value;
}

static struct value *bind_text(struct binder *b, const struct schema_type *type,
			       const struct schema_field *field, struct node *node,
			       const struct path *path)
{
	enum validator validator = field ? (enum validator)field->validator : VALIDATE_TRIM;
	struct value *value;
	struct str s, empty;

	if (node->kind != NODE_STRING || is_toml_date(node))
		return bind_wrong_type(b, type, node, path);
	if (is_secret(type) && node->string.n && !secret_fits(b, type, node, path))
		return NULL;
	empty = validator == VALIDATE_NONE ? node->string : name_trimmed(node->string);
	if (!empty.n) {
		bind_error(b, DIAG_EMPTY_VALUE, node->span, path, type, "'%.*s' cannot be empty",
			   STR_ARG(path_name(path)));
		return NULL;
	}
	s = validate(b, validator, node, path);
	if (!s.p)
		return NULL;
	if (type->max_length && s.n > type->max_length) {
		bind_error(b, DIAG_TOO_LONG, node->span, path, type,
			   "'%.*s' takes at most %u bytes, not %zu", STR_ARG(path_name(path)),
			   type->max_length, s.n);
		return NULL;
	}
	if (type->kind == TYPE_URI && !uri_fits(s)) {
		diag_hint(&b->c->diags,
			  bind_error(b, DIAG_INVALID_URI, node->span, path, type,
				     "'%.*s' is no URI", STR_ARG(s)),
			  "such as https://example.org/path");
		return NULL;
	}
	value = new_text(b, type, s, node->span);
	if (!value)
		return NULL;
	if (validator == VALIDATE_TRIM && s.p - node->string.p <= UINT16_MAX)
		value->lead = (uint16_t)(s.p - node->string.p);
	return value;
}

/* ---- addresses, dates ---- */

static struct value *address_error(struct binder *b, const struct schema_type *type,
				   struct node *node, const struct path *path, const char *why)
{
	struct diag *diag = bind_error(b, DIAG_ADDRESS, node->span, path, type, "'%.*s' %s",
				       STR_ARG(node->string), why);

	if (bind_hint_several(b, diag, node->string))
		return NULL;
	if (type->kind == TYPE_SOCKET_ADDRESS)
		bind_hint_socket(b, diag, node->string);
	else if (type->kind == TYPE_IP_NETWORK)
		diag_hint(&b->c->diags, diag, "such as \"192.0.2.1\" or \"2001:db8::/32\"");
	return NULL;
}

static bool is_unspecified_v4(const struct net_addr *address)
{
	return address->family == 4 &&
	       !(address->b[0] | address->b[1] | address->b[2] | address->b[3]);
}

/* Blanks around a network are cut, as the server cuts them; nowhere else (validation.md 2.1). */
/* What a server keeps where it has none (validation.md 1.8). */
static bool is_no_socket(const struct net_socket *socket)
{
	static const uint8_t ones[4] = {255, 255, 255, 255};

	return socket->addr.family == 4 && socket->port == 65535 &&
	       memcmp(socket->addr.b, ones, sizeof(ones)) == 0;
}

static struct value *bind_address(struct binder *b, const struct schema_type *type,
				  struct node *node, const struct path *path)
{
	struct value *value;
	enum net_status status;

	if (node->kind != NODE_STRING)
		return bind_wrong_type(b, type, node, path);
	value = bind_new(b, VALUE_ADDRESS, type, node->span);
	if (!value)
		return NULL;
	if (type->kind == TYPE_SOCKET_ADDRESS) {
		value->kind = VALUE_SOCKET;
		status = net_socket_parse(node->string, &value->socket);
	} else if (type->kind == TYPE_IP_NETWORK) {
		value->kind = VALUE_NETWORK;
		status = net_network_parse(name_trimmed(node->string), &value->network);
	} else {
		status = net_addr_parse(node->string, &value->address);
	}
	if (status != NET_OK)
		return address_error(b, type, node, path, net_status_text(status));
	if (value->kind == VALUE_NETWORK && value->network.prefix < NET_PREFIX_LEAST)
		return address_error(b, type, node, path, "is wider than a prefix length of 8");
	if ((value->kind == VALUE_NETWORK && is_unspecified_v4(&value->network.addr)) ||
	    (value->kind == VALUE_ADDRESS && is_unspecified_v4(&value->address)) ||
	    (value->kind == VALUE_SOCKET && is_no_socket(&value->socket)))
		return address_error(b, type, node, path, "stands for no address");
	return value;
}

static struct value *bind_date(struct binder *b, const struct schema_type *type, struct node *node,
			       const struct path *path)
{
	struct value *value;
	int64_t seconds;

	if (node->kind != NODE_STRING)
		return bind_wrong_type(b, type, node, path);
	if (scalar_date_time(node->string, &seconds) != SCALAR_OK) {
		struct diag *diag = bind_error(b, DIAG_DATE, node->span, path, type,
					       "'%.*s' is no date and time", STR_ARG(node->string));

		diag_hint(&b->c->diags, diag, "such as \"2026-03-01T12:00:00Z\"");
		return NULL;
	}
	value = bind_new(b, VALUE_DATE, type, node->span);
	if (value)
		value->seconds = seconds;
	return value;
}

/* ---- words and references ---- */

/* A list of more members than this is for `stwc explain`, not for a hint. */
#define MEMBERS_SHOWN 12

/* The nearest member, and all of them where they are few. */
static void hint_members(struct binder *b, struct diag *diag, const struct schema_enum *members,
			 struct str word)
{
	struct suggestion best;
	struct buf text = BUF_INIT;
	size_t i;

	if (!diag_kept(&b->c->diags, diag))
		return;
	if (bind_hint_several(b, diag, word))
		return;
	suggest_start(&best, word);
	for (i = 0; i < members->count; i++)
		suggest_offer(&best, str_c(members->members[i].name));
	if (best.best.n)
		buf_printf(&text, "did you mean '%.*s'?", STR_ARG(best.best));
	if (members->count <= MEMBERS_SHOWN) {
		buf_puts(&text, best.best.n ? STR(" It is one of") : STR("one of"));
		for (i = 0; i < members->count; i++)
			buf_printf(&text, "%s %s", i ? "," : "", members->members[i].name);
	} else if (!best.best.n) {
		buf_printf(&text, "stwc explain %s lists the %u members", members->name,
			   members->count);
	}
	if (text.n && !text.failed)
		diag_hint(&b->c->diags, diag, "%.*s", STR_ARG(buf_str(&text)));
	buf_free(&text);
}

static struct value *bind_enum(struct binder *b, const struct schema_type *type, struct node *node,
			       const struct path *path)
{
	const struct schema_enum_member *member;
	struct value *value;

	if (node->kind != NODE_STRING)
		return bind_wrong_type(b, type, node, path);
	member = schema_enum_member_find(type->members, node->string);
	if (member) {
		if (!target_allows(b->c, b->target_strict, "the member", node->string,
				   &(struct lifetime){member->since, member->until, NULL},
				   node->span))
			return NULL;
		value = bind_new(b, VALUE_ENUM, type, node->span);
		if (value)
			value->member = member;
		return value;
	}
	hint_members(b,
		     bind_error(b, DIAG_UNKNOWN_MEMBER, node->span, path, type,
				"%s has no member '%.*s'", type->members->name,
				STR_ARG(node->string)),
		     type->members, node->string);
	return NULL;
}

bool bind_id(struct str s, uint64_t *out)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz792013";
	uint64_t id = 0;
	size_t i;

	if (!s.n)
		return false;
	if (str_eq_c(s, "singleton")) {
		*out = UINT64_C(20080258862541);
		return true;
	}
	for (i = 0; i < s.n; i++) {
		char ch = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
		const char *at = ch ? strchr(alphabet, ch) : NULL;

		if (!at)
			return false;
		id = id << 5 | (uint64_t)(at - alphabet);
	}
	*out = id;
	return true;
}

static struct value *bind_reference(struct binder *b, const struct schema_type *type,
				    struct node *node, const struct path *path)
{
	struct value *value;

	if (node->kind != NODE_STRING)
		return bind_wrong_type(b, type, node, path);
	if (!node->string.n || str_eq_c(node->string, "#")) {
		bind_error(b, DIAG_EMPTY_VALUE, node->span, path, type, "'%.*s' cannot be empty",
			   STR_ARG(path_name(path)));
		return NULL;
	}
	value = bind_new(b, VALUE_REFERENCE, type, node->span);
	if (!value)
		return NULL;
	value->reference.written = node->string;
	value->reference.literal =
		*node->string.p != '#' && bind_id(node->string, &value->reference.id);
	return value;
}

static struct value *bind_blob(struct binder *b, const struct schema_type *type, struct node *node,
			       const struct path *path)
{
	uint64_t unused;

	if (node->kind != NODE_STRING)
		return bind_wrong_type(b, type, node, path);
	if (!bind_id(node->string, &unused)) {
		bind_error(b, DIAG_ID, node->span, path, type, "'%.*s' is no id",
			   STR_ARG(node->string));
		return NULL;
	}
	return new_text(b, type, node->string, node->span);
}

static struct value *bind_boolean(struct binder *b, const struct schema_type *type,
				  struct node *node, const struct path *path)
{
	struct value *value;

	if (node->kind != NODE_BOOL)
		return bind_wrong_type(b, type, node, path);
	value = bind_new(b, VALUE_BOOL, type, node->span);
	if (value)
		value->boolean = node->boolean;
	return value;
}

struct value *bind_scalar(struct binder *b, const struct schema_type *type,
			  const struct schema_field *field, struct node *node,
			  const struct path *path)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return bind_boolean(b, type, node, path);
	case TYPE_UNSIGNED:
	case TYPE_SIZE:
	case TYPE_DURATION: return bind_unsigned(b, type, node, path);
	case TYPE_INTEGER: return bind_integer(b, type, node, path);
	case TYPE_FLOAT: return bind_float(b, type, node, path);
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT: return bind_text(b, type, field, node, path);
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS: return bind_address(b, type, node, path);
	case TYPE_DATE_TIME: return bind_date(b, type, node, path);
	case TYPE_BLOB_ID: return bind_blob(b, type, node, path);
	case TYPE_REFERENCE: return bind_reference(b, type, node, path);
	case TYPE_ENUM: return bind_enum(b, type, node, path);
	case TYPE_OBJECT:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: break;
	}
	return NULL;
}
