#include "engine/live_table.h"

#include <stdlib.h>

#include "libstw/scan.h"

#define MAGIC "stwlive1"
#define MAGIC_SIZE 8u
#define KEY_SIZE 19u /* kind, family, prefix, address */
#define LEAST_SLOTS 16u
#define SLOT_FREE 0u
#define SLOT_GONE UINT32_MAX

/*
 * Entries lie in the order of insertion; a removed one leaves a hole until the table is made
 * anew. Slots hold the number of an entry + 1, SLOT_FREE, or SLOT_GONE where one was removed
 * and a search has to go on. in_use counts the entries per kind, family and prefix length, so
 * that a look-up tries only lengths that occur.
 */
struct live_table {
	struct hash_key key;
	struct live_entry *entries; /* kind 0: a hole */
	size_t used, cap;           /* entries with holes */
	size_t count;               /* without */
	uint32_t *slots;
	size_t slot_count;  /* a power of two */
	size_t slots_taken; /* SLOT_GONE included */
	uint32_t in_use[2][2][129];
};

struct live_table *live_table_new(const struct hash_key *key)
{
	struct live_table *table = calloc(1, sizeof(*table));

	if (table)
		table->key = *key;
	return table;
}

void live_table_free(struct live_table *table)
{
	if (!table)
		return;
	free(table->entries);
	free(table->slots);
	free(table);
}

static struct str entry_key(enum live_kind kind, const struct net_network *network,
			    char out[KEY_SIZE])
{
	out[0] = (char)kind;
	out[1] = (char)network->addr.family;
	out[2] = (char)network->prefix;
	memcpy(out + 3, network->addr.b, 16);
	return (struct str){out, KEY_SIZE};
}

static bool entry_is(const struct live_entry *entry, enum live_kind kind,
		     const struct net_network *network)
{
	return entry->kind == kind && net_network_eq(&entry->network, network);
}

static size_t slot_home(const struct live_table *table, enum live_kind kind,
			const struct net_network *network)
{
	char key[KEY_SIZE];

	return (size_t)hash_str(&table->key, entry_key(kind, network, key)) &
	       (table->slot_count - 1);
}

/* The slot of an entry; false: it is not there. */
static bool slot_find(const struct live_table *table, enum live_kind kind,
		      const struct net_network *network, size_t *out)
{
	size_t mask = table->slot_count - 1;

	if (table->slot_count == 0)
		return false;
	for (size_t i = slot_home(table, kind, network);; i = (i + 1) & mask) {
		uint32_t slot = table->slots[i];

		if (slot == SLOT_FREE)
			return false;
		if (slot != SLOT_GONE && entry_is(&table->entries[slot - 1], kind, network)) {
			*out = i;
			return true;
		}
	}
}

static void slot_fill(struct live_table *table, size_t number)
{
	const struct live_entry *entry = &table->entries[number];
	size_t mask = table->slot_count - 1;
	size_t i = slot_home(table, (enum live_kind)entry->kind, &entry->network);

	while (table->slots[i] != SLOT_FREE)
		i = (i + 1) & mask;
	table->slots[i] = (uint32_t)(number + 1);
	table->slots_taken++;
}

/* Makes the table anew without holes, with room for as many entries again. */
static bool table_remake(struct live_table *table)
{
	size_t cap = table->count * 2 + LEAST_SLOTS / 2;
	struct live_entry *entries = calloc(cap, sizeof(*entries));
	size_t slot_count = LEAST_SLOTS;
	uint32_t *slots;
	size_t n = 0;

	while (slot_count < cap * 2)
		slot_count *= 2;
	slots = calloc(slot_count, sizeof(*slots));
	if (!entries || !slots) {
		free(entries);
		free(slots);
		return false;
	}
	for (size_t i = 0; i < table->used; i++)
		if (table->entries[i].kind)
			entries[n++] = table->entries[i];
	free(table->entries);
	free(table->slots);
	table->entries = entries;
	table->cap = cap;
	table->used = n;
	table->slots = slots;
	table->slot_count = slot_count;
	table->slots_taken = 0;
	for (size_t i = 0; i < n; i++)
		slot_fill(table, i);
	return true;
}

/* Host bits cleared, v4-mapped networks as IPv4. */
static struct net_network canonical(const struct net_network *network)
{
	struct net_network out = *network;
	struct net_addr plain = net_addr_unmap(&network->addr);

	if (network->addr.family == 6 && plain.family == 4 && network->prefix >= 96) {
		out.addr = plain;
		out.prefix = (uint8_t)(network->prefix - 96);
	}
	out.addr = net_network_base(&out);
	if (out.addr.family == 4)
		memset(out.addr.b + 4, 0, sizeof(out.addr.b) - 4);
	return out;
}

static uint32_t *in_use(struct live_table *table, const struct live_entry *entry)
{
	return &table->in_use[entry->kind == LIVE_BAN][entry->network.addr.family == 6]
			     [entry->network.prefix];
}

bool live_table_put(struct live_table *table, const struct live_entry *entry)
{
	struct live_entry put = *entry;
	size_t slot;

	put.network = canonical(&entry->network);
	if (slot_find(table, (enum live_kind)put.kind, &put.network, &slot)) {
		table->entries[table->slots[slot] - 1] = put;
		return true;
	}
	if (table->count >= LIVE_TABLE_LIMIT - (put.kind == LIVE_BAN ? LIVE_ALLOW_ROOM : 0))
		return false;
	if ((table->used == table->cap || (table->slots_taken + 1) * 4 > table->slot_count * 3) &&
	    !table_remake(table))
		return false;
	table->entries[table->used] = put;
	slot_fill(table, table->used++);
	table->count++;
	++*in_use(table, &put);
	return true;
}

static void slot_remove(struct live_table *table, size_t slot)
{
	struct live_entry *entry = &table->entries[table->slots[slot] - 1];

	--*in_use(table, entry);
	entry->kind = 0;
	table->slots[slot] = SLOT_GONE;
	table->count--;
}

bool live_table_remove(struct live_table *table, enum live_kind kind,
		       const struct net_network *network)
{
	struct net_network at = canonical(network);
	size_t slot;

	if (!slot_find(table, kind, &at, &slot))
		return false;
	slot_remove(table, slot);
	return true;
}

static bool entry_ended(const struct live_entry *entry, int64_t now)
{
	return entry->until != 0 && entry->until <= now;
}

size_t live_table_expire(struct live_table *table, int64_t now)
{
	size_t before = table->count;

	for (size_t i = 0; i < table->slot_count; i++) {
		uint32_t slot = table->slots[i];

		if (slot != SLOT_FREE && slot != SLOT_GONE &&
		    entry_ended(&table->entries[slot - 1], now))
			slot_remove(table, i);
	}
	return before - table->count;
}

/* The narrowest entry of one family, from prefix length `from` down. */
static bool match_family(const struct live_table *table, enum live_kind kind,
			 const struct net_addr *peer, unsigned from, int64_t now,
			 struct live_entry *out)
{
	const uint32_t *lengths = table->in_use[kind == LIVE_BAN][peer->family == 6];
	struct net_network network;
	size_t slot;

	for (unsigned n = from + 1; n-- > 0;) {
		if (lengths[n] == 0)
			continue;
		network = (struct net_network){*peer, (uint8_t)n};
		network.addr = net_network_base(&network);
		if (slot_find(table, kind, &network, &slot) &&
		    !entry_ended(&table->entries[table->slots[slot] - 1], now)) {
			*out = table->entries[table->slots[slot] - 1];
			return true;
		}
	}
	return false;
}

bool live_table_match(const struct live_table *table, enum live_kind kind,
		      const struct net_addr *peer, int64_t now, struct live_entry *out)
{
	struct net_addr plain, mapped;

	/* nearly always: every accepted connection asks twice */
	if (table->count == 0)
		return false;
	plain = net_addr_unmap(peer);
	mapped = net_addr_map(peer);
	if (plain.family == 6)
		return match_family(table, kind, &plain, 128, now, out);
	/* IPv6 networks that are wider than ::ffff:0:0/96 hold IPv4 peers too */
	return match_family(table, kind, &plain, 32, now, out) ||
	       match_family(table, kind, &mapped, 95, now, out);
}

size_t live_table_count(const struct live_table *table)
{
	return table->count;
}

void live_table_each(const struct live_table *table,
		     bool (*each)(void *ctx, const struct live_entry *entry), void *ctx)
{
	for (size_t i = 0; i < table->used; i++)
		if (table->entries[i].kind && !each(ctx, &table->entries[i]))
			return;
}

static bool write_entry(void *ctx, const struct live_entry *entry)
{
	struct buf *out = ctx;

	buf_put_u8(out, entry->kind);
	buf_put_u8(out, entry->reason);
	buf_put_u8(out, entry->network.addr.family);
	buf_put_u8(out, entry->network.prefix);
	buf_put_u64(out, (uint64_t)entry->until);
	buf_put(out, entry->network.addr.b, entry->network.addr.family == 4 ? 4 : 16);
	return true;
}

bool live_table_write(const struct live_table *table, struct buf *out)
{
	buf_put(out, MAGIC, MAGIC_SIZE);
	buf_put_u64(out, table->count);
	live_table_each(table, write_entry, out);
	return !out->failed;
}

static bool read_entry(struct stw_scan *scan, struct live_entry *out)
{
	struct live_entry entry = {.kind = stw_scan_u8(scan)};
	const uint8_t *p;
	uint64_t until;
	bool v4;

	entry.reason = stw_scan_u8(scan);
	entry.network.addr.family = stw_scan_u8(scan);
	entry.network.prefix = stw_scan_u8(scan);
	until = stw_scan_u64(scan);
	memcpy(&entry.until, &until, sizeof(until));
	v4 = entry.network.addr.family == 4;
	p = stw_scan_take(scan, v4 ? 4 : 16);
	if (!p || (!v4 && entry.network.addr.family != 6) ||
	    entry.network.prefix > (v4 ? 32 : 128) ||
	    (entry.kind != LIVE_ALLOW && entry.kind != LIVE_BAN))
		return false;
	memcpy(entry.network.addr.b, p, v4 ? 4 : 16);
	*out = entry;
	return true;
}

static void table_empty(struct live_table *table)
{
	struct hash_key key = table->key;

	free(table->entries);
	free(table->slots);
	*table = (struct live_table){.key = key};
}

bool live_table_read(struct live_table *table, struct stw_bytes bytes)
{
	struct stw_scan scan = stw_scan_of(bytes);
	const uint8_t *magic = stw_scan_take(&scan, MAGIC_SIZE);
	uint64_t count = stw_scan_u64(&scan);
	struct live_entry entry;
	bool ok = magic && memcmp(magic, MAGIC, MAGIC_SIZE) == 0 && !scan.damaged;

	for (uint64_t i = 0; ok && i < count; i++)
		ok = read_entry(&scan, &entry) && live_table_put(table, &entry);
	if (ok && stw_scan_left(&scan) == 0)
		return true;
	table_empty(table);
	return false;
}
