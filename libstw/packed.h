/*
 * The columns of an address table (libstw/format.h): where they lie and what they hold. What
 * the entries mean, and finding one, is engine/address_table.h.
 */
#ifndef STW_LIBSTW_PACKED_H
#define STW_LIBSTW_PACKED_H

#include "libstw/format.h"
#include "libstw/record.h"

/* One family of a table. A column that the table does not have is empty. */
struct stw_packed_part {
	uint32_t count;     /* entries */
	uint8_t width;      /* bytes of an address: 4 or 16 */
	uint8_t full;       /* longest prefix: 32 or 128 */
	uint8_t index_bits; /* 0: no index */
	struct stw_bytes column[STW_COLUMN_COUNT];
	uint32_t values[STW_COLUMN_COUNT]; /* of sparse columns */
	struct stw_bytes origin[STW_ORIGIN_COLUMN_COUNT];
	uint32_t origin_values[STW_ORIGIN_COLUMN_COUNT];
};

struct stw_packed {
	struct stw_bytes content;       /* what the content digest covers */
	struct stw_packed_part part[2]; /* IPv4, IPv6 */
};

/* Finds the columns and checks that each lies in its place with the size its count asks for.
 * Empty bytes are an empty table. False: damaged. */
bool stw_packed_open(struct stw_bytes bytes, struct stw_packed *out) WARN_UNUSED;

/* Bytes of one value of a column in a part whose addresses have `width` bytes. */
size_t stw_column_width(enum stw_column column, uint8_t width);
/* Blocks of presence bits that a sparse column of a part with `count` entries begins with. */
static inline size_t stw_column_blocks(uint32_t count)
{
	return ((size_t)count + STW_BLOCK_ENTRIES - 1) / STW_BLOCK_ENTRIES;
}

/* Full columns; index below count. */
static inline const uint8_t *stw_packed_base(const struct stw_packed_part *part, uint32_t index)
{
	return part->column[STW_COLUMN_BASE].p + (size_t)index * part->width;
}

/* Never above part->full, whatever the byte says: lengths of addresses are computed from it. */
static inline uint8_t stw_packed_prefix(const struct stw_packed_part *part, uint32_t index)
{
	uint8_t prefix = part->column[STW_COLUMN_PREFIX].p[index];

	return prefix < part->full ? prefix : part->full;
}

/* The value of an entry in a sparse column, or NULL when it has none; for a column without
 * values a pointer that is not NULL and not to be read. index below count. */
const uint8_t *stw_packed_sparse(const struct stw_packed_part *part, enum stw_column column,
				 uint32_t index);
/* The nearest strictly wider entry that covers this one; false: none. */
bool stw_packed_parent(const struct stw_packed_part *part, uint32_t index, uint32_t *out);
/* Where the sources had the entry. */
void stw_packed_origin(const struct stw_packed_part *part, uint32_t index, uint32_t *source,
		       uint32_t *line);
/* The note of an entry; false: it has none. */
bool stw_packed_note(const struct stw_packed_part *part, uint32_t index, struct str *out);

/* Every entry against every rule of the form: order, host bits, samples, parents, presence
 * bits, notes, sources below `sources`. NULL, or a sentence about the first that is broken. */
const char *stw_packed_check(const struct stw_packed *packed, size_t sources) WARN_UNUSED;

#endif
