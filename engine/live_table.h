/*
 * Live decisions that no image holds: automatic bans and temporary allows, with their end.
 * Main owns the truth on disk; every role holds a copy, made from a snapshot and kept by
 * messages. Single addresses and networks; a look-up tries each prefix length in use.
 */
#ifndef STW_ENGINE_LIVE_TABLE_H
#define STW_ENGINE_LIVE_TABLE_H

#include "base/buf.h"
#include "base/map.h"
#include "engine/netaddr.h"
#include "libstw/record.h"

enum live_kind { LIVE_ALLOW = 1, LIVE_BAN = 2 };

struct live_entry {
	struct net_network network; /* host bits cleared */
	uint8_t kind;               /* enum live_kind */
	uint8_t reason;             /* number of BlockReason, 0: none */
	int64_t until;              /* seconds since the epoch; 0: for ever */
};

/* Entries of one table; what comes beyond is refused, never dropped silently. */
#define LIVE_TABLE_LIMIT 1000000u
/* So many of them bans cannot take: who is locked out can always be let in. */
#define LIVE_ALLOW_ROOM 1000u

struct live_table;

/* `key` (a random one) is copied. NULL: out of memory. */
struct live_table *live_table_new(const struct hash_key *key) WARN_UNUSED;
void live_table_free(struct live_table *table);
/* Adds or replaces the entry of that kind and network; host bits are cleared, and a network of
 * v4-mapped addresses becomes the IPv4 network. A replaced entry keeps its place in the order.
 * False: out of memory or over the limit. */
bool live_table_put(struct live_table *table, const struct live_entry *entry) WARN_UNUSED;
/* False: was not there. */
bool live_table_remove(struct live_table *table, enum live_kind kind,
		       const struct net_network *network);
/* The most specific entry of that kind that covers the peer and ends after `now`. */
bool live_table_match(const struct live_table *table, enum live_kind kind,
		      const struct net_addr *peer, int64_t now, struct live_entry *out);
/* Removes every entry that ended at `now` or before; how many. */
size_t live_table_expire(struct live_table *table, int64_t now);
size_t live_table_count(const struct live_table *table);
/* Every entry, in the order of insertion; stops when the callback says false. The callback may
 * not change the table. */
void live_table_each(const struct live_table *table,
		     bool (*each)(void *ctx, const struct live_entry *entry), void *ctx);
/* The snapshot form, for a memfd: append to out, and read into an empty table. Reading says
 * false, and leaves the table empty, when the bytes are no snapshot or memory is short.
 *
 *   snapshot := "stwlive1", count u64, entry*      all little-endian
 *   entry := kind u8, reason u8, family u8, prefix u8, until i64, address (4 or 16 bytes) */
bool live_table_write(const struct live_table *table, struct buf *out) WARN_UNUSED;
bool live_table_read(struct live_table *table, struct stw_bytes bytes) WARN_UNUSED;

#endif
