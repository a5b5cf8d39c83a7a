/*
 * The room engine: what the compiler and the daemon must answer alike.
 *
 * `stwc ip` tells an operator, before anything is swapped in, what the daemon will do with an
 * address; `stwctl ip` tells it of the running daemon; every accept does it. One piece of code
 * decides for all three, and here it lives, on top of libstw and beside nothing else: no
 * sockets, no clock, no log. Time is an argument.
 *
 *   netaddr.c        addresses, networks and socket addresses as text and bytes
 *   address_table.c  the packed types of an image: finding the entry that decides
 *   address_build.c  making such a table; the compiler's half, here so that the two halves
 *                    of one layout are reviewed and tested together
 *   live_table.c     what no image holds: bans and temporary allows with an end
 *   decide.c         the order in which they are asked
 *
 * The order is the meaning (DESIGN.md section 7). Temporary allows come first, because they are
 * what an operator types when locked out. Then whatever is always allowed: AllowedIp, the two
 * loopback addresses, trusted proxies (a proxy that is banned bans everybody behind it). Then
 * BlockedIp, then bans. An allowed address is neither counted nor banned later; the caller sees
 * that from the rule.
 *
 * Invariants:
 *   - a decision reads and never writes: any number of threads may share the tables;
 *   - IPv4 in its v4-mapped IPv6 form is IPv4 here, in every table (validation.md 2.1);
 *   - an entry that has expired is as if it were not there, so a wider one may still decide;
 *   - a rule names exactly one network, so that "why" has an answer with a source line.
 */
#include "engine/decide.h"

const char *decide_rule_word(enum decide_rule rule)
{
	switch (rule) {
	case DECIDE_NO_RULE: return "no-rule";
	case DECIDE_TEMPORARY_ALLOW: return "temporary-allow";
	case DECIDE_ALLOWED_IP: return "allowed-ip";
	case DECIDE_LOOPBACK: return "loopback";
	case DECIDE_TRUSTED_PROXY: return "trusted-proxy";
	case DECIDE_BLOCKED_IP: return "blocked-ip";
	case DECIDE_BAN: return "ban";
	}
	return "no-rule";
}

/* A decision about the peer alone, without a network that made it. */
static struct decision decision_of(bool accept, enum decide_rule rule, const struct net_addr *peer)
{
	return (struct decision){
		.accept = accept,
		.rule = rule,
		.network = {*peer, peer->family == 4 ? 32 : 128},
	};
}

static bool decide_live(const struct decider *decider, enum live_kind kind,
			const struct net_addr *peer, int64_t now, struct decision *out)
{
	struct live_entry entry;

	if (!decider->live || !live_table_match(decider->live, kind, peer, now, &entry))
		return false;
	*out = (struct decision){
		.accept = kind == LIVE_ALLOW,
		.rule = kind == LIVE_ALLOW ? DECIDE_TEMPORARY_ALLOW : DECIDE_BAN,
		.network = entry.network,
		.expires = entry.until != 0,
		.until = entry.until,
	};
	return true;
}

static bool decide_table(const struct address_table *table, enum decide_rule rule,
			 const struct net_addr *peer, int64_t now, struct decision *out)
{
	struct decision decision = {.accept = rule == DECIDE_ALLOWED_IP, .rule = rule};

	if (!address_table_match(table, peer, now, &decision.index) ||
	    !address_table_network(table, decision.index, &decision.network, &decision.expires,
				   &decision.until))
		return false;
	*out = decision;
	return true;
}

static bool decide_loopback(const struct net_addr *peer, struct decision *out)
{
	static const struct net_addr v4 = {4, {127, 0, 0, 1}};
	static const struct net_addr v6 = {6, {[15] = 1}};

	if (!net_addr_eq(peer, &v4) && !net_addr_eq(peer, &v6))
		return false;
	*out = decision_of(true, DECIDE_LOOPBACK, peer);
	return true;
}

/* The narrowest proxy network that has the peer. */
static bool decide_proxy(const struct decider *decider, const struct net_addr *peer,
			 struct decision *out)
{
	const struct net_network *best = NULL;

	for (size_t i = 0; i < decider->proxy_count; i++) {
		const struct net_network *network = &decider->proxies[i];

		if (net_network_has(network, peer) && (!best || network->prefix > best->prefix))
			best = network;
	}
	if (!best)
		return false;
	*out = decision_of(true, DECIDE_TRUSTED_PROXY, peer);
	out->network = *best;
	return true;
}

void decide(const struct decider *decider, const struct net_addr *peer, int64_t now,
	    struct decision *out)
{
	struct net_addr at = net_addr_unmap(peer);

	if (decide_live(decider, LIVE_ALLOW, &at, now, out) ||
	    decide_table(&decider->allowed, DECIDE_ALLOWED_IP, &at, now, out) ||
	    decide_loopback(&at, out) || decide_proxy(decider, &at, out) ||
	    decide_table(&decider->blocked, DECIDE_BLOCKED_IP, &at, now, out) ||
	    decide_live(decider, LIVE_BAN, &at, now, out))
		return;
	*out = decision_of(true, DECIDE_NO_RULE, &at);
}
