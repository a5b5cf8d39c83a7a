/*
 * The one address decision, the same for `stwc ip`, `stwctl ip` and every accept:
 * temporary allow > AllowedIp, loopback, trusted proxies > BlockedIp > automatic ban > accept.
 */
#ifndef STW_ENGINE_DECIDE_H
#define STW_ENGINE_DECIDE_H

#include "engine/address_table.h"
#include "engine/live_table.h"

enum decide_rule {
	DECIDE_NO_RULE,         /* accept */
	DECIDE_TEMPORARY_ALLOW, /* stwctl allow */
	DECIDE_ALLOWED_IP,
	DECIDE_LOOPBACK, /* 127.0.0.1 and ::1 */
	DECIDE_TRUSTED_PROXY,
	DECIDE_BLOCKED_IP,
	DECIDE_BAN /* automatic or by stwctl bans add */
};

struct decider {
	struct address_table allowed, blocked;
	const struct net_network *proxies; /* SystemSettings.proxyTrustedNetworks */
	size_t proxy_count;
	const struct live_table *live; /* NULL in the compiler */
};

struct decision {
	bool accept;
	enum decide_rule rule;
	struct net_network network; /* that decided; for NO_RULE the peer itself */
	uint32_t index;             /* entry of the AllowedIp or BlockedIp table */
	bool expires;               /* at .until */
	int64_t until;
};

void decide(const struct decider *decider, const struct net_addr *peer, int64_t now,
	    struct decision *out);
/* "allowed-ip", "blocked-ip", … for logs, status and JSON. */
const char *decide_rule_word(enum decide_rule rule);

#endif
