/*
 * Packed types in the compiler: one small entry an address, and a side array for what few of them
 * have. 40 bytes each, so that a million of them is no burden.
 */
#ifndef STW_STWC_PACKED_H
#define STW_STWC_PACKED_H

#include "core/source.h"
#include "engine/address_table.h"
#include "schemas/schema.h"

#define PACKED_NOT_RARE UINT32_MAX

struct packed_entry {
	struct net_network network;
	uint16_t reason; /* number of the enum member + 1; 0: not given */
	uint32_t place;  /* byte offset of the address in its source */
	uint32_t line;   /* of that place; known once everything is read */
	uint32_t source; /* number of the source - 1 */
	uint32_t rare;   /* index of its rare fields, or PACKED_NOT_RARE */
	bool upsert;     /* a plan's upsert: adds to an entry of the same address */
	bool dropped;    /* folded into a later one */
};

struct packed_rare {
	bool has_expires, null_expires, has_created, has_note, null_note;
	int64_t expires, created;
	struct str note; /* in the compilation's arena */
};

/* The entries of a packed type, in the order of the sources. */
struct packed {
	const struct schema_object *type;
	const struct sources *sources;
	struct packed_entry *entries;
	struct packed_rare *rare;
	size_t count, cap, rare_count, rare_cap;
	struct address_order *order; /* once everything is read */
	struct str last_reason;      /* lists repeat one reason: the word looked up last … */
	uint16_t last_number;        /* … and its member's number + 1 */
};

/* For address_table_build; the packed type must outlive it. Lines are worked out on the way. */
struct address_source packed_source(const struct packed *packed);
void packed_free(struct packed *packed);

#endif
