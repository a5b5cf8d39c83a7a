/*
 * The address table: a packed type (BlockedIp, AllowedIp) as one block of bytes, sorted, used in
 * place by the compiler (get, ip, dump) and by every role of the daemon. It is the object store
 * of its type: address as written, prefix length, flags, covering entry, origin; rare fields in
 * side tables. v4 and v6 lie apart. Byte layout: doc/format.md; all little-endian, bounds-checked.
 */
#ifndef STW_ENGINE_ADDRESS_TABLE_H
#define STW_ENGINE_ADDRESS_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/netaddr.h"
#include "libstw/packed.h"

/* One entry as the sources gave it. */
struct address_entry {
	struct net_network network; /* as written */
	bool has_expires, has_created, has_reason, has_note;
	int64_t expires; /* seconds since the epoch */
	int64_t created;
	uint16_t reason;              /* BlockedIp.reason: enum member number */
	struct str note;              /* AllowedIp.reason: text */
	bool null_expires, null_note; /* written as null */
	uint32_t source;              /* index of the source in the manifest */
	uint32_t line;                /* from 1 */
};

struct address_table {
	struct stw_bytes bytes;
	struct stw_packed packed; /* private to address_table*.c */
};

/* Where entries come from: the compiler keeps them in a smaller form than this header's. */
struct address_source {
	void (*network)(const void *ctx, uint32_t index, struct net_network *out);
	/* all but the network, which need not be filled in */
	void (*entry)(const void *ctx, uint32_t index, struct address_entry *out);
	/* the entry's source alone */
	uint32_t (*origin)(const void *ctx, uint32_t index);
	/* entries are taken in the order of addresses, which memory knows nothing of: says which
	 * one comes a little later; may be NULL */
	void (*prefetch)(const void *ctx, uint32_t index);
	const void *ctx;
	uint32_t count;
	uint32_t six_count; /* so many of them are IPv6, or fewer */
};

/* The entries in the order of a table: by network address, prefix length, address as written; v4
 * first. Equal ones stand side by side, in the order of the source. NULL: out of memory. */
struct address_order;
struct address_order *address_order_new(const struct address_source *source) WARN_UNUSED;
void address_order_free(struct address_order *order);
/* Calls back for each entry that has the network (bytes and prefix) of one before it. */
void address_order_repeats(const struct address_order *order,
			   void (*repeat)(void *ctx, uint32_t first, uint32_t again), void *ctx);
/* The most specific entry whose prefix is at most `at_most` bits long and that holds the whole
 * network; entries of the other family are not looked at. A few steps for each prefix length that
 * occurs, however many entries there are. False: none. */
bool address_order_cover(const struct address_order *order, const struct net_network *network,
			 unsigned at_most, uint32_t *out_index);

/* The first entry in address order that lies in the network and is more than one address, among the
 * first `at_most` that lie in it. False: none. */
bool address_order_within(const struct address_order *order, const struct net_network *network,
			  uint32_t at_most, uint32_t *out_index);

/* Builds the block behind what `out` holds. `order` is of the same source, without repeats; it may
 * be NULL and is then made here. False: out of memory, or over a limit of libstw/format.h. */
bool address_table_build(const struct address_source *source, const struct address_order *order,
			 struct buf *out) WARN_UNUSED;
/* The source of entries that stand in an array, which must outlive it. */
struct address_source address_source_of(const struct address_entry *entries, size_t count);

/* Checks the block's own structure, not every entry (that is stw_packed_check). False: damaged.
 * Empty bytes give an empty table. */
bool address_table_open(struct stw_bytes bytes, struct address_table *out) WARN_UNUSED;

static inline uint32_t address_table_count(const struct address_table *table)
{
	return table->packed.part[0].count + table->packed.part[1].count;
}
/* The entry of that index, v4 first, in address order. The note points into the table. False:
 * there is no such index. */
bool address_table_at(const struct address_table *table, uint32_t index, struct address_entry *out);
/* What a decision needs of that entry, without its origin and notes: every accepted connection
 * asks. *expires counts where *has_expires says so. */
bool address_table_network(const struct address_table *table, uint32_t index,
			   struct net_network *network, bool *has_expires, int64_t *expires);
/* The entry with exactly that network (bytes as written and prefix). */
bool address_table_find(const struct address_table *table, const struct net_network *network,
			uint32_t *out_index);
/* The most specific entry that covers the peer and has not expired at `now`: an expired entry
 * falls to the one that covers it; it has expired when its time is `now` or before. v4-mapped peers
 * count as IPv4; IPv6 entries inside
 * ::ffff:0:0/96, or wider than it, match IPv4 peers too (validation.md 2.1). */
bool address_table_match(const struct address_table *table, const struct net_addr *peer,
			 int64_t now, uint32_t *out_index);

#endif
