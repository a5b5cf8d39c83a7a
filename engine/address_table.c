#include "engine/address_table.h"

#include "libstw/bytes.h"

bool address_table_open(struct stw_bytes bytes, struct address_table *out)
{
	struct stw_packed packed;

	if (!stw_packed_open(bytes, &packed))
		return false;
	*out = (struct address_table){bytes, packed};
	return true;
}

static bool part_number(const struct stw_packed_part *part, uint32_t index, enum stw_column column,
			int64_t *out)
{
	const uint8_t *p = stw_packed_sparse(part, column, index);
	uint64_t bits;

	if (!p)
		return false;
	bits = stw_le64(p);
	memcpy(out, &bits, sizeof(bits));
	return true;
}

/* The part that holds an index of the whole table, and the index inside it. */
static const struct stw_packed_part *part_of(const struct address_table *table, uint32_t *index)
{
	const struct stw_packed_part *v4 = &table->packed.part[0];

	if (*index < v4->count)
		return v4;
	*index -= v4->count;
	return &table->packed.part[1];
}

bool address_table_network(const struct address_table *table, uint32_t index,
			   struct net_network *network, bool *has_expires, int64_t *expires)
{
	const struct stw_packed_part *part;
	const uint8_t *p;

	if (index >= address_table_count(table))
		return false;
	part = part_of(table, &index);
	p = stw_packed_sparse(part, STW_COLUMN_WRITTEN, index);
	*network = (struct net_network){.addr.family = part->width == 4 ? 4 : 6};
	network->prefix = stw_packed_prefix(part, index);
	memcpy(network->addr.b, p ? p : stw_packed_base(part, index), part->width);
	*has_expires = part_number(part, index, STW_COLUMN_EXPIRES, expires);
	return true;
}

bool address_table_at(const struct address_table *table, uint32_t index, struct address_entry *out)
{
	struct address_entry entry = {0};
	const struct stw_packed_part *part;
	const uint8_t *p;

	if (!address_table_network(table, index, &entry.network, &entry.has_expires,
				   &entry.expires))
		return false;
	part = part_of(table, &index);
	entry.has_created = part_number(part, index, STW_COLUMN_CREATED, &entry.created);
	p = stw_packed_sparse(part, STW_COLUMN_REASON, index);
	entry.has_reason = p != NULL;
	entry.reason = p ? stw_le16(p) : 0;
	entry.has_note = stw_packed_note(part, index, &entry.note);
	entry.null_expires = stw_packed_sparse(part, STW_COLUMN_NULL_EXPIRES, index) != NULL;
	entry.null_note = stw_packed_sparse(part, STW_COLUMN_NULL_NOTE, index) != NULL;
	stw_packed_origin(part, index, &entry.source, &entry.line);
	*out = entry;
	return true;
}

/* An address as one number of 128 bits; IPv4 in the low half. */
struct wide {
	uint64_t high, low;
};

static struct wide wide_of(const uint8_t *p, uint8_t width)
{
	if (width == 4)
		return (struct wide){0, stw_be32(p)};
	return (struct wide){stw_be64(p), stw_be64(p + 8)};
}

/* 1 when a <= b, without a branch. */
static uint32_t wide_le(struct wide a, struct wide b)
{
	return (uint32_t)(a.high < b.high) | ((a.high == b.high) & (a.low <= b.low));
}

/* How many of n ascending addresses are at most `key`. The loops have no branch that depends
 * on the data: mispredicted ones would cost more than the reads. */
static uint32_t count_le_v4(const uint8_t *column, uint32_t n, uint32_t key)
{
	uint32_t at = 0;

	if (n == 0)
		return 0;
	while (n > 1) {
		uint32_t half = n / 2;

		at += stw_be32(column + (size_t)(at + half - 1) * 4) <= key ? half : 0;
		n -= half;
	}
	return at + (stw_be32(column + (size_t)at * 4) <= key);
}

static uint32_t count_le_v6(const uint8_t *column, uint32_t n, struct wide key)
{
	uint32_t at = 0;

	if (n == 0)
		return 0;
	while (n > 1) {
		uint32_t half = n / 2;

		at += half & -wide_le(wide_of(column + (size_t)(at + half - 1) * 16, 16), key);
		n -= half;
	}
	return at + wide_le(wide_of(column + (size_t)at * 16, 16), key);
}

/* IPv4: the index says which entries share the key's first bits. */
static uint32_t entries_le_v4(const struct stw_packed_part *part, uint32_t key)
{
	uint32_t from = 0, to = part->count;

	if (part->index_bits) {
		const uint8_t *bucket = part->column[STW_COLUMN_INDEX].p +
					(size_t)(key >> (32 - part->index_bits)) * 4;

		to = stw_le32(bucket + 4) < to ? stw_le32(bucket + 4) : to;
		from = stw_le32(bucket) < to ? stw_le32(bucket) : to;
	}
	/* needed right after the search, from another place of memory */
	__builtin_prefetch(part->column[STW_COLUMN_PREFIX].p + from);
	return from + count_le_v4(stw_packed_base(part, from), to - from, key);
}

/* IPv6: first among the samples, which are few and stay in cache, then in the run behind one. */
static uint32_t entries_le_v6(const struct stw_packed_part *part, struct wide key)
{
	uint32_t at = count_le_v6(part->column[STW_COLUMN_SAMPLE].p,
				  part->values[STW_COLUMN_SAMPLE], key);
	uint32_t n;

	if (at == 0)
		return 0;
	at = (at - 1) * STW_SAMPLE_STEP;
	__builtin_prefetch(part->column[STW_COLUMN_PREFIX].p + at);
	n = part->count - at < STW_SAMPLE_STEP ? part->count - at : STW_SAMPLE_STEP;
	return at + count_le_v6(stw_packed_base(part, at), n, key);
}

/* The last entry whose base is at most `key`. False: all are above. */
static bool part_predecessor(const struct stw_packed_part *part, struct wide key, uint32_t *out)
{
	uint32_t n = part->width == 4 ? entries_le_v4(part, (uint32_t)key.low)
				      : entries_le_v6(part, key);

	if (n == 0)
		return false;
	*out = n - 1;
	return true;
}

static bool part_covers(const struct stw_packed_part *part, uint32_t index, struct wide key)
{
	struct wide base = wide_of(stw_packed_base(part, index), part->width);
	unsigned host = (unsigned)part->full - stw_packed_prefix(part, index);

	/* host bits of the difference do not count; shifting by the whole width is undefined */
	base.high ^= key.high;
	base.low ^= key.low;
	if (host >= 64)
		return host >= 128 || base.high >> (host - 64) == 0;
	return base.high == 0 && base.low >> host == 0;
}

static bool part_expired(const struct stw_packed_part *part, uint32_t index, int64_t now)
{
	int64_t expires;

	return part_number(part, index, STW_COLUMN_EXPIRES, &expires) && expires <= now;
}

static bool same_network(const struct stw_packed_part *part, uint32_t a, uint32_t b)
{
	return stw_packed_prefix(part, a) == stw_packed_prefix(part, b) &&
	       memcmp(stw_packed_base(part, a), stw_packed_base(part, b), part->width) == 0;
}

/* An entry of the same network as `index` that has not expired: entries that differ only in
 * host bits lie side by side, `index` is the last of them. */
static bool part_alive(const struct stw_packed_part *part, uint32_t index, int64_t now,
		       uint32_t *out)
{
	for (uint32_t i = index;; i--) {
		if (!part_expired(part, i, now)) {
			*out = i;
			return true;
		}
		if (i == 0 || !same_network(part, i - 1, index))
			return false;
	}
}

/*
 * Networks nest or are disjoint. So whatever covers the key is the last entry that begins at or
 * before it, or one of those that cover that entry, and the way up meets the narrowest first.
 */
static bool part_match(const struct stw_packed_part *part, struct wide key, int64_t now,
		       uint32_t *out)
{
	uint32_t i;

	if (!part_predecessor(part, key, &i))
		return false;
	do {
		if (part_covers(part, i, key) && part_alive(part, i, now, out))
			return true;
	} while (stw_packed_parent(part, i, &i));
	return false;
}

/* The peer among the IPv6 entries; an IPv4 peer in its v4-mapped form. */
static bool match_v6(const struct address_table *table, const struct net_addr *peer, int64_t now,
		     uint32_t *out)
{
	struct wide key = {0, UINT64_C(0xffff00000000) | stw_be32(peer->b)};

	if (table->packed.part[1].count == 0)
		return false;
	if (peer->family == 6)
		key = wide_of(peer->b, 16);
	return part_match(&table->packed.part[1], key, now, out);
}

/* The peer among the IPv4 entries; false for an IPv6 peer that is not v4-mapped. */
static bool match_v4(const struct address_table *table, const struct net_addr *peer, int64_t now,
		     uint32_t *out)
{
	struct net_addr plain = net_addr_unmap(peer);

	return table->packed.part[0].count > 0 && plain.family == 4 &&
	       part_match(&table->packed.part[0], wide_of(plain.b, 4), now, out);
}

bool address_table_match(const struct address_table *table, const struct net_addr *peer,
			 int64_t now, uint32_t *out_index)
{
	const struct stw_packed_part *v4 = &table->packed.part[0], *v6 = &table->packed.part[1];
	uint32_t i4 = 0, i6 = 0;
	bool in4 = match_v4(table, peer, now, &i4), in6 = match_v6(table, peer, now, &i6);

	if (!in4 && !in6)
		return false;
	/* the narrower one, where IPv4 is ::ffff:0:0/96; of two equal ones the IPv4 entry */
	if (in4 && in6)
		in4 = stw_packed_prefix(v4, i4) + 96 >= stw_packed_prefix(v6, i6);
	*out_index = in4 ? i4 : v4->count + i6;
	return true;
}

/* Order of an entry against a network: by base, prefix, address as written. */
static int part_cmp(const struct stw_packed_part *part, uint32_t index, const struct net_addr *base,
		    const struct net_network *network)
{
	const uint8_t *written;
	int order = memcmp(stw_packed_base(part, index), base->b, part->width);

	if (order == 0)
		order = (int)stw_packed_prefix(part, index) - (int)network->prefix;
	if (order != 0)
		return order;
	written = stw_packed_sparse(part, STW_COLUMN_WRITTEN, index);
	return memcmp(written ? written : base->b, network->addr.b, part->width);
}

bool address_table_find(const struct address_table *table, const struct net_network *network,
			uint32_t *out_index)
{
	unsigned family = network->addr.family == 4 ? 0 : 1;
	const struct stw_packed_part *part = &table->packed.part[family];
	struct net_addr base = net_network_base(network);
	uint32_t low = 0, high = part->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = part_cmp(part, middle, &base, network);

		if (order == 0) {
			*out_index = middle + (family ? table->packed.part[0].count : 0);
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
