/*
 * IP addresses, networks and socket addresses as text and bytes, exactly as the object model
 * takes them (validation.md 2.1): no leading zeros in IPv4, no zone ids, brackets around an
 * IPv6 address with a port.
 */
#ifndef STW_ENGINE_NETADDR_H
#define STW_ENGINE_NETADDR_H

#include "base/attr.h"
#include "base/str.h"

struct net_addr {
	uint8_t family; /* 4 or 6 */
	uint8_t b[16];  /* network order; IPv4 in the first four */
};

struct net_network {
	struct net_addr addr; /* host bits kept as written */
	uint8_t prefix;       /* 0..32 or 0..128 */
};

struct net_socket {
	struct net_addr addr;
	uint16_t port;
};

enum net_status {
	NET_OK,
	NET_SYNTAX,
	NET_LEADING_ZERO, /* 010.0.0.1 */
	NET_ZONE,         /* fe80::1%eth0 */
	NET_PREFIX,       /* prefix length above 32 or 128, or not a number */
	NET_NO_PORT,
	NET_PORT,    /* not a number up to 65535 */
	NET_BRACKETS /* IPv6 address with port but without brackets */
};

/* A server takes no wider network. */
#define NET_PREFIX_LEAST 8

enum net_status net_addr_parse(struct str s, struct net_addr *out) WARN_UNUSED;
/* "addr" or "addr/prefix"; without a prefix it is the full length. Range rules of the model
 * (8..32, 8..128, not 0.0.0.0) are the checker's, not the parser's. */
enum net_status net_network_parse(struct str s, struct net_network *out) WARN_UNUSED;
enum net_status net_socket_parse(struct str s, struct net_socket *out) WARN_UNUSED;
/* A sentence fragment: "has a zone id", … */
const char *net_status_text(enum net_status status);

#define NET_TEXT_SIZE 64
/* Canonical text (RFC 5952 for IPv6; a full-length prefix is left out), with NUL; its length. */
size_t net_addr_format(const struct net_addr *addr, char out[NET_TEXT_SIZE]);
size_t net_network_format(const struct net_network *network, char out[NET_TEXT_SIZE]);
size_t net_socket_format(const struct net_socket *socket, char out[NET_TEXT_SIZE]);

/* ::ffff:a.b.c.d becomes a.b.c.d; everything else stays. */
struct net_addr net_addr_unmap(const struct net_addr *addr);
/* a.b.c.d becomes ::ffff:a.b.c.d; an IPv6 address stays. */
struct net_addr net_addr_map(const struct net_addr *addr);
bool net_addr_eq(const struct net_addr *a, const struct net_addr *b);
/* Same family, same bytes as written, same prefix length. */
bool net_network_eq(const struct net_network *a, const struct net_network *b);
/* The first address of the network: host bits cleared. */
struct net_addr net_network_base(const struct net_network *network);
/* An IPv4 network also matches v4-mapped peers; an IPv6 network is compared with the mapped
 * form of IPv4 peers (validation.md 2.1). */
bool net_network_has(const struct net_network *network, const struct net_addr *peer);

#endif
