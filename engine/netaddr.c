#include "engine/netaddr.h"

#include <string.h>

/* A place in the text; parsers move it forward and leave it where they stopped. */
struct text {
	const char *p, *end;
};

static bool text_done(const struct text *t)
{
	return t->p == t->end;
}

static bool text_take(struct text *t, char c)
{
	if (text_done(t) || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to three digits up to 255, no zero before another digit. */
static inline enum net_status parse_octet(struct text *t, uint8_t *out)
{
	unsigned value = 0, digits = 0, next;
	const char *p = t->p;

	while (p < t->end && digits < 3 && (next = (unsigned char)*p - (unsigned)'0') < 10) {
		value = value * 10 + next;
		digits++;
		p++;
	}
	if (!digits || value > 255 || (digits == 3 && p < t->end && is_digit(*p)))
		return NET_SYNTAX;
	if (digits > 1 && *t->p == '0')
		return NET_LEADING_ZERO;
	t->p = p;
	*out = (uint8_t)value;
	return NET_OK;
}

/* The four bytes as they stand in memory (hosts are little-endian: configure refuses others). */
static enum net_status parse_v4(struct text *t, uint32_t *out)
{
	struct text at = *t;
	enum net_status worst = NET_OK;
	uint32_t four = 0;

	for (int i = 0; i < 4; i++) {
		enum net_status status;
		uint8_t octet = 0;

		if (i > 0 && !text_take(&at, '.'))
			return NET_SYNTAX;
		status = parse_octet(&at, &octet);
		four |= (uint32_t)octet << (8 * i);
		if (status == NET_SYNTAX)
			return status;
		if (status == NET_LEADING_ZERO) {
			worst = status;
			while (!text_done(&at) && is_digit(*at.p))
				at.p++;
		}
	}
	*t = at;
	*out = four;
	return worst;
}

/* One group of up to four hexadecimal digits. */
static bool parse_group(struct text *t, uint8_t out[2])
{
	unsigned value = 0;
	const char *start = t->p;

	while (!text_done(t) && hex_digit(*t->p) >= 0 && t->p - start < 4)
		value = value << 4 | (unsigned)hex_digit(*t->p++);
	if (t->p == start)
		return false;
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return true;
}

/* Groups between colons, at most `limit`, an IPv4 address for the last two allowed.
 * Returns how many; the text stays before the colon that no group follows. */
static size_t parse_groups(struct text *t, uint8_t *out, size_t limit, bool *ended_v4)
{
	*ended_v4 = false;
	for (size_t i = 0; i < limit; i++) {
		struct text at = *t;
		struct text v4;
		uint32_t four;

		if (i > 0 && !text_take(&at, ':'))
			return i;
		v4 = at;
		if (i + 2 <= limit && parse_v4(&v4, &four) == NET_OK) {
			memcpy(out + 2 * i, &four, sizeof(four));
			*t = v4;
			*ended_v4 = true;
			return i + 2;
		}
		if (!parse_group(&at, out + 2 * i))
			return i;
		*t = at;
	}
	return limit;
}

static bool parse_v6(struct text *t, uint8_t out[16])
{
	uint8_t head[16] = {0}, tail[16] = {0};
	bool ended_v4;
	size_t first = parse_groups(t, head, 8, &ended_v4);
	size_t second;

	if (first < 8) {
		/* "::" stands for at least one group and may not follow an IPv4 part */
		if (ended_v4 || !text_take(t, ':') || !text_take(t, ':'))
			return false;
		second = parse_groups(t, tail, 7 - first, &ended_v4);
		memset(head + 2 * first, 0, 16 - 2 * first);
		memcpy(head + 16 - 2 * second, tail, 2 * second);
	}
	memcpy(out, head, 16);
	return true;
}

/* An address in the making. A million of them are read in a row, and a struct that was written in
 * parts is only read as a whole after a wait: so the result is put together once, where it goes. */
struct parsed {
	uint8_t family;
	uint32_t four;
	uint8_t six[16];
};

static void put_addr(const struct parsed *parsed, struct net_addr *out)
{
	if (parsed->family == 4) {
		memset(out->b, 0, sizeof(out->b));
		memcpy(out->b, &parsed->four, sizeof(parsed->four));
	} else {
		memcpy(out->b, parsed->six, sizeof(parsed->six));
	}
	out->family = parsed->family;
}

static enum net_status parse_addr(struct text *t, struct parsed *out)
{
	const char *begin = t->p;
	enum net_status status = parse_v4(t, &out->four);

	out->family = 4;
	if (status != NET_SYNTAX)
		return status;
	out->family = 6;
	if (parse_v6(t, out->six))
		return NET_OK;
	t->p = begin;
	return NET_SYNTAX;
}

static struct text text_of(struct str s)
{
	return s.n ? (struct text){s.p, s.p + s.n} : (struct text){"", ""};
}

enum net_status net_addr_parse(struct str s, struct net_addr *out)
{
	struct text t = text_of(s);
	struct parsed parsed;
	enum net_status status = parse_addr(&t, &parsed);

	if (status == NET_SYNTAX)
		return status;
	if (!text_done(&t))
		return *t.p == '%' ? NET_ZONE : NET_SYNTAX;
	if (status == NET_OK)
		put_addr(&parsed, out);
	return status;
}

/* The rest of the text as a number up to `max`; leading zeros are taken, as the server does. */
static bool parse_rest(struct text *t, unsigned max, unsigned *out)
{
	unsigned value = 0;

	if (text_done(t))
		return false;
	for (; !text_done(t); t->p++) {
		if (!is_digit(*t->p))
			return false;
		value = value * 10 + (unsigned)(*t->p - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

enum net_status net_network_parse(struct str s, struct net_network *out)
{
	struct text t = text_of(s);
	struct parsed parsed;
	unsigned prefix, full;
	enum net_status status = parse_addr(&t, &parsed);

	if (status == NET_SYNTAX)
		return status;
	if (!text_done(&t) && *t.p != '/')
		return *t.p == '%' ? NET_ZONE : NET_SYNTAX;
	if (status != NET_OK)
		return status;
	full = parsed.family == 4 ? 32 : 128;
	prefix = full;
	if (text_take(&t, '/') && !parse_rest(&t, full, &prefix))
		return NET_PREFIX;
	put_addr(&parsed, &out->addr);
	out->prefix = (uint8_t)prefix;
	return NET_OK;
}

/* Why a text that does not begin with an address and a colon is no socket address. */
static enum net_status socket_fault(struct str s)
{
	struct net_addr addr;
	size_t colons = 0;
	enum net_status status = net_addr_parse(s, &addr);

	for (size_t i = 0; i < s.n; i++)
		colons += s.p[i] == ':';
	if (status == NET_LEADING_ZERO || status == NET_ZONE)
		return status;
	if (status == NET_OK)
		return addr.family == 4 ? NET_NO_PORT : NET_BRACKETS;
	/* an IPv6 address whose last group is too large for one, so that it must be a port */
	while (colons > 2 && s.n && is_digit(s.p[s.n - 1]))
		s.n--;
	if (colons > 2 && s.n > 1 && s.p[s.n - 1] == ':') {
		s.n--;
		if (net_addr_parse(s, &addr) == NET_OK)
			return NET_BRACKETS;
	}
	return NET_SYNTAX;
}

static enum net_status parse_port(struct text *t, uint16_t *out)
{
	unsigned port;

	if (text_done(t))
		return NET_NO_PORT;
	if (!text_take(t, ':'))
		return NET_SYNTAX;
	if (text_done(t))
		return NET_NO_PORT;
	if (!parse_rest(t, 65535, &port))
		return NET_PORT;
	*out = (uint16_t)port;
	return NET_OK;
}

static enum net_status parse_bracketed(struct text *t, struct parsed *out)
{
	out->family = 6;
	if (!parse_v6(t, out->six))
		return NET_SYNTAX;
	if (!text_take(t, ']'))
		return !text_done(t) && *t->p == '%' ? NET_ZONE : NET_SYNTAX;
	return NET_OK;
}

enum net_status net_socket_parse(struct str s, struct net_socket *out)
{
	struct text t = text_of(s);
	struct parsed parsed = {.family = 4};
	enum net_status status;
	uint16_t port;

	if (text_take(&t, '[')) {
		status = parse_bracketed(&t, &parsed);
	} else {
		status = parse_v4(&t, &parsed.four);
		if (status == NET_SYNTAX || (!text_done(&t) && *t.p != ':'))
			return socket_fault(s);
	}
	if (status != NET_OK)
		return status;
	status = parse_port(&t, &port);
	if (status != NET_OK)
		return status;
	put_addr(&parsed, &out->addr);
	out->port = port;
	return NET_OK;
}

const char *net_status_text(enum net_status status)
{
	switch (status) {
	case NET_OK: return "is well formed";
	case NET_SYNTAX: return "is not an IP address";
	case NET_LEADING_ZERO: return "has a leading zero in an IPv4 number";
	case NET_ZONE: return "has a zone id";
	case NET_PREFIX: return "has a prefix length that does not fit the address";
	case NET_NO_PORT: return "has no port";
	case NET_PORT: return "has a port that is not a number up to 65535";
	case NET_BRACKETS: return "needs brackets around the IPv6 address";
	}
	return "is not an IP address";
}

/* What stands before an IPv4 address that is written as IPv6 (RFC 4291 section 2.5.5.2). */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const uint8_t b[16])
{
	return memcmp(b, mapped, sizeof(mapped)) == 0;
}

/* The run of zero groups that "::" stands for: the longest, the first of equals, two or more
 * (RFC 5952 section 4.2). */
static void longest_zeros(const unsigned groups[8], int *begin, int *length)
{
	*begin = -1;
	*length = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && groups[i + n] == 0)
			n++;
		if (n > *length) {
			*begin = i;
			*length = n;
		}
	}
}

/* Puts `text` and a NUL; the longest address fits (NET_TEXT_SIZE). */
static size_t put_text(char out[NET_TEXT_SIZE], size_t at, const char *text)
{
	size_t n = strlen(text);

	memcpy(out + at, text, n + 1);
	return at + n;
}

/* Puts `before`, and the number without leading zeros. */
static size_t put_number(char out[NET_TEXT_SIZE], size_t at, const char *before, unsigned base,
			 unsigned value)
{
	char digits[8];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value && n > 0);
	return put_text(out, put_text(out, at, before), digits + n);
}

static size_t format_v4(const uint8_t *b, char out[NET_TEXT_SIZE], size_t at)
{
	for (int i = 0; i < 4; i++)
		at = put_number(out, at, i ? "." : "", 10, b[i]);
	return at;
}

static size_t format_v6(const uint8_t *b, char out[NET_TEXT_SIZE])
{
	unsigned groups[8];
	int begin, length;
	size_t at = 0;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)(b[2 * i] << 8 | b[2 * i + 1]);
	longest_zeros(groups, &begin, &length);
	for (int i = 0; i < 8; i++) {
		if (i == begin) {
			at = put_text(out, at, "::");
			i += length - 1;
		} else {
			at = put_number(out, at, i && i != begin + length ? ":" : "", 16,
					groups[i]);
		}
	}
	return at;
}

size_t net_addr_format(const struct net_addr *addr, char out[NET_TEXT_SIZE])
{
	if (addr->family == 4)
		return format_v4(addr->b, out, 0);
	if (is_mapped(addr->b))
		return format_v4(addr->b + 12, out, put_text(out, 0, "::ffff:"));
	return format_v6(addr->b, out);
}

size_t net_network_format(const struct net_network *network, char out[NET_TEXT_SIZE])
{
	size_t at = net_addr_format(&network->addr, out);

	if (network->prefix == (network->addr.family == 4 ? 32 : 128))
		return at;
	return put_number(out, at, "/", 10, network->prefix);
}

size_t net_socket_format(const struct net_socket *socket, char out[NET_TEXT_SIZE])
{
	size_t at;

	if (socket->addr.family == 4)
		return put_number(out, net_addr_format(&socket->addr, out), ":", 10, socket->port);
	at = net_addr_format(&socket->addr, out);
	memmove(out + 1, out, at);
	out[0] = '[';
	return put_number(out, at + 1, "]:", 10, socket->port);
}

struct net_addr net_addr_unmap(const struct net_addr *addr)
{
	struct net_addr v4 = {.family = 4};

	if (addr->family != 6 || !is_mapped(addr->b))
		return *addr;
	memcpy(v4.b, addr->b + 12, 4);
	return v4;
}

struct net_addr net_addr_map(const struct net_addr *addr)
{
	struct net_addr v6 = {.family = 6, .b = {[10] = 0xff, [11] = 0xff}};

	if (addr->family != 4)
		return *addr;
	memcpy(v6.b + 12, addr->b, 4);
	return v6;
}

static size_t addr_size(const struct net_addr *addr)
{
	return addr->family == 4 ? 4 : 16;
}

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, addr_size(a)) == 0;
}

bool net_network_eq(const struct net_network *a, const struct net_network *b)
{
	return a->prefix == b->prefix && net_addr_eq(&a->addr, &b->addr);
}

struct net_addr net_network_base(const struct net_network *network)
{
	struct net_addr base = {.family = network->addr.family};
	size_t whole = network->prefix / 8u;

	memcpy(base.b, network->addr.b, whole);
	if (whole < addr_size(&base))
		base.b[whole] = network->addr.b[whole] & (uint8_t)(0xff00u >> network->prefix % 8u);
	return base;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;

	return memcmp(a, b, whole) == 0 &&
	       (bits % 8 == 0 || ((a[whole] ^ b[whole]) & (0xff00u >> bits % 8) & 0xff) == 0);
}

bool net_network_has(const struct net_network *network, const struct net_addr *peer)
{
	const uint8_t *own = network->addr.b;

	if (network->addr.family == peer->family)
		return same_bits(own, peer->b, network->prefix);
	if (peer->family == 6)
		return is_mapped(peer->b) && same_bits(own, peer->b + 12, network->prefix);
	if (network->prefix <= 96)
		return same_bits(own, mapped, network->prefix);
	return is_mapped(own) && same_bits(own + 12, peer->b, network->prefix - 96u);
}
