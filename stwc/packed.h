/*
 * Packed types in the compiler: 16 bytes an IPv4 address, and side arrays for what few of them
 * have. Entries lie in blocks that never move, so that a million of them cost their own size and no
 * more.
 */
#ifndef STW_STWC_PACKED_H
#define STW_STWC_PACKED_H

#include "core/source.h"
#include "engine/address_table.h"
#include "schemas/schema.h"

#define PACKED_NOT_RARE UINT32_MAX

struct packed_entry {
	uint32_t address; /* IPv4: its four bytes as they stand; IPv6: index in sixes */
	uint32_t place;   /* byte offset of the address in its source */
	uint32_t rare;    /* index of its rare fields, or PACKED_NOT_RARE */
	uint16_t reason;  /* number of the enum member + 1; 0: not given */
	uint8_t prefix;
	bool six : 1;      /* IPv6 */
	bool upsert : 1;   /* an upsert, update or overlay: adds to an entry of the same address */
	bool listed : 1;   /* from a plain list: repeats are no mistake */
	bool dropped : 1;  /* folded into another one, or destroyed */
	bool destroys : 1; /* no entry: what other sources have of the address goes */
};

/* Entries of one source that stand in a row. */
struct packed_run {
	uint32_t first;  /* index of the entry */
	uint32_t source; /* number of the source - 1 */
};

struct packed_rare {
	bool has_expires, null_expires, has_created, has_note, null_note;
	int64_t expires, created;
	struct str note; /* in the compilation's arena */
};

#define PACKED_BLOCK_BITS 17
#define PACKED_BLOCK (1u << PACKED_BLOCK_BITS) /* entries of one block */
#define PACKED_EARLY (PACKED_BLOCK / 8)

/* The entries of a packed type, in the order of the sources. */
struct packed {
	const struct schema_object *type;
	const struct sources *sources;
	struct packed_entry **blocks;
	struct packed_run *runs;
	struct net_addr *sixes;
	struct packed_rare *rare;
	size_t count, block_count, block_cap, run_count, run_cap, six_count, six_cap;
	size_t rare_count, rare_cap;
	bool sweep;                  /* some entries are dropped, or destroy others */
	struct address_order *order; /* once everything is read; NULL over the limit */
	struct str last_reason;      /* lists repeat one reason: the word looked up last … */
	uint16_t last_number;        /* … and its member's number + 1 */
};

static inline struct packed_entry *packed_at(const struct packed *packed, size_t index)
{
	return &packed->blocks[index >> PACKED_BLOCK_BITS][index & (PACKED_BLOCK - 1)];
}

/* The network of an entry, as written. */
static inline void packed_network(const struct packed *packed, uint32_t index,
				  struct net_network *out)
{
	const struct packed_entry *entry = packed_at(packed, index);

	if (entry->six) {
		out->addr = packed->sixes[entry->address];
	} else {
		memset(out->addr.b, 0, sizeof(out->addr.b));
		memcpy(out->addr.b, &entry->address, sizeof(entry->address));
		out->addr.family = 4;
	}
	out->prefix = entry->prefix;
}

/* Number of the entry's source - 1. */
static inline uint32_t packed_source(const struct packed *packed, uint32_t index)
{
	size_t low = 0, high = packed->run_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (packed->runs[middle].first <= index)
			low = middle;
		else
			high = middle;
	}
	return packed->runs[low].source;
}
/* Place and width of the address as it was written: quoted, or a bare key. */
struct span packed_span(const struct packed *packed, uint32_t index);
/* Sorts the entries, unless they are more than an image takes. False: out of memory. */
bool packed_order(struct packed *packed) WARN_UNUSED;
/* Appends the address table of the entries, which have been ordered. False: out of memory. */
bool packed_table(const struct packed *packed, struct buf *out) WARN_UNUSED;
void packed_free(struct packed *packed);

#endif
