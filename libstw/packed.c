#include "libstw/packed.h"

#include "libstw/bytes.h"
#include "libstw/scan.h"

enum layout { LAYOUT_FULL, LAYOUT_SAMPLES, LAYOUT_INDEX, LAYOUT_SPARSE, LAYOUT_BYTES };

static enum layout column_layout(enum stw_column column)
{
	switch (column) {
	case STW_COLUMN_BASE:
	case STW_COLUMN_PREFIX: return LAYOUT_FULL;
	case STW_COLUMN_SAMPLE: return LAYOUT_SAMPLES;
	case STW_COLUMN_INDEX: return LAYOUT_INDEX;
	case STW_COLUMN_PARENT:
	case STW_COLUMN_WRITTEN:
	case STW_COLUMN_REASON:
	case STW_COLUMN_EXPIRES:
	case STW_COLUMN_CREATED:
	case STW_COLUMN_NOTE:
	case STW_COLUMN_NULL_EXPIRES:
	case STW_COLUMN_NULL_NOTE: return LAYOUT_SPARSE;
	case STW_COLUMN_TEXT:
	case STW_COLUMN_COUNT: break;
	}
	return LAYOUT_BYTES;
}

size_t stw_column_width(enum stw_column column, uint8_t width)
{
	switch (column) {
	case STW_COLUMN_BASE:
	case STW_COLUMN_SAMPLE:
	case STW_COLUMN_WRITTEN: return width;
	case STW_COLUMN_PREFIX:
	case STW_COLUMN_TEXT: return 1;
	case STW_COLUMN_REASON: return 2;
	case STW_COLUMN_INDEX:
	case STW_COLUMN_PARENT: return 4;
	case STW_COLUMN_EXPIRES:
	case STW_COLUMN_CREATED:
	case STW_COLUMN_NOTE: return 8;
	case STW_COLUMN_NULL_EXPIRES:
	case STW_COLUMN_NULL_NOTE:
	case STW_COLUMN_COUNT: break;
	}
	return 0;
}

/* The bits of an index with that many members; 0: there is no such index. */
static uint8_t index_bits(uint32_t values)
{
	for (uint8_t bits = 1; bits <= STW_INDEX_BITS_MAX; bits++)
		if (values == (1u << bits) + 1)
			return bits;
	return 0;
}

/* How many values a column must or may have. */
static bool count_fits(enum layout layout, const struct stw_packed_part *part, uint32_t values)
{
	uint32_t samples = (part->count + STW_SAMPLE_STEP - 1) / STW_SAMPLE_STEP;

	switch (layout) {
	case LAYOUT_FULL: return values == part->count;
	case LAYOUT_SAMPLES: return values == (part->width == 16 ? samples : 0);
	case LAYOUT_INDEX: return values == 0 || (part->width == 4 && index_bits(values));
	case LAYOUT_SPARSE: return values <= part->count;
	case LAYOUT_BYTES: return true;
	}
	return false;
}

static size_t column_size(enum layout layout, uint32_t entries, uint32_t values, size_t width)
{
	size_t blocks = layout == LAYOUT_SPARSE ? stw_column_blocks(entries) : 0;

	/* counts are at most 2^32 and widths at most 16, so this fits 64 bits */
	return values ? blocks * STW_BLOCK_SIZE + (size_t)values * width : 0;
}

/* A piece of the table that must lie between two offsets. */
static bool take_place(struct stw_scan *places, struct stw_bytes table, size_t from, size_t to,
		       uint32_t *values, struct stw_bytes *out, enum layout layout,
		       const struct stw_packed_part *part, size_t width)
{
	size_t at = stw_scan_u32(places);
	size_t size;

	*values = stw_scan_u32(places);
	size = column_size(layout, part->count, *values, width);
	if (places->damaged || !count_fits(layout, part, *values))
		return false;
	if (size == 0) {
		*out = (struct stw_bytes){NULL, 0};
		return true;
	}
	if (at < from || at > to || size > to - at)
		return false;
	*out = (struct stw_bytes){table.p + at, size};
	return true;
}

static bool take_columns(struct stw_scan *places, struct stw_bytes table, size_t content,
			 struct stw_packed_part *part)
{
	for (unsigned i = 0; i < STW_COLUMN_COUNT; i++) {
		enum stw_column column = (enum stw_column)i;

		if (!take_place(places, table, STW_PACKED_HEADER_SIZE, content, &part->values[i],
				&part->column[i], column_layout(column), part,
				stw_column_width(column, part->width)))
			return false;
	}
	part->index_bits = index_bits(part->values[STW_COLUMN_INDEX]);
	return true;
}

static bool take_origins(struct stw_scan *places, struct stw_bytes table, size_t content,
			 struct stw_packed_part *part)
{
	static const enum layout layouts[STW_ORIGIN_COLUMN_COUNT] = {
		[STW_ORIGIN_LINE] = LAYOUT_FULL,
		[STW_ORIGIN_SOURCE] = LAYOUT_SPARSE,
		[STW_ORIGIN_USUAL] = LAYOUT_BYTES,
	};
	size_t from = content + STW_ORIGINS_HEADER_SIZE;

	for (unsigned i = 0; i < STW_ORIGIN_COLUMN_COUNT; i++)
		if (!take_place(places, table, from, table.n, &part->origin_values[i],
				&part->origin[i], layouts[i], part, 4))
			return false;
	return part->count == 0 || part->origin_values[STW_ORIGIN_USUAL] == 1;
}

bool stw_packed_open(struct stw_bytes bytes, struct stw_packed *out)
{
	struct stw_packed packed = {.part = {{.width = 4, .full = 32}, {.width = 16, .full = 128}}};
	struct stw_scan scan = stw_scan_of(bytes), origins;
	size_t content;

	if (bytes.n == 0) {
		*out = packed;
		return true;
	}
	if (stw_scan_u32(&scan) != STW_PACKED_MAGIC)
		return false;
	content = stw_scan_u32(&scan);
	packed.part[0].count = stw_scan_u32(&scan);
	packed.part[1].count = stw_scan_u32(&scan);
	if (scan.damaged || content < STW_PACKED_HEADER_SIZE || content > bytes.n ||
	    packed.part[0].count > STW_LIMIT_PACKED || packed.part[1].count > STW_LIMIT_PACKED)
		return false;
	packed.content = (struct stw_bytes){bytes.p, content};
	origins = stw_scan_of((struct stw_bytes){bytes.p + content, bytes.n - content});
	for (unsigned i = 0; i < 2; i++)
		if (!take_columns(&scan, bytes, content, &packed.part[i]) ||
		    !take_origins(&origins, bytes, content, &packed.part[i]))
			return false;
	*out = packed;
	return true;
}

/* Bits set in `word`; the portable way, since the compiler's builtin may be a library call. */
static unsigned bits(uint64_t word)
{
	return (unsigned)__builtin_popcountll(word);
}

/* Presence of one entry in a sparse column that is not empty, and its rank among the values. */
static bool sparse_rank(const uint8_t *column, uint32_t index, uint32_t *rank)
{
	const uint8_t *block = column + index / STW_BLOCK_ENTRIES * (size_t)STW_BLOCK_SIZE;
	uint32_t bit = index % STW_BLOCK_ENTRIES;
	uint64_t word = stw_le64(block + 4 + bit / 64 * 8);
	uint32_t n = stw_le32(block);

	if ((word >> bit % 64 & 1) == 0)
		return false;
	for (uint32_t i = 0; i < bit / 64; i++)
		n += bits(stw_le64(block + 4 + (size_t)i * 8));
	*rank = n + bits(word & ((UINT64_C(1) << bit % 64) - 1));
	return true;
}

static const uint8_t *sparse_value(struct stw_bytes column, uint32_t values, uint32_t entries,
				   uint32_t index, size_t width)
{
	uint32_t rank;

	if (values == 0 || !sparse_rank(column.p, index, &rank) || rank >= values)
		return NULL;
	return column.p + stw_column_blocks(entries) * STW_BLOCK_SIZE + rank * width;
}

const uint8_t *stw_packed_sparse(const struct stw_packed_part *part, enum stw_column column,
				 uint32_t index)
{
	return sparse_value(part->column[column], part->values[column], part->count, index,
			    stw_column_width(column, part->width));
}

bool stw_packed_parent(const struct stw_packed_part *part, uint32_t index, uint32_t *out)
{
	const uint8_t *p = stw_packed_sparse(part, STW_COLUMN_PARENT, index);
	uint32_t parent = p ? stw_le32(p) : index;

	/* below the own index, so that following parents always ends */
	if (parent >= index)
		return false;
	*out = parent;
	return true;
}

void stw_packed_origin(const struct stw_packed_part *part, uint32_t index, uint32_t *source,
		       uint32_t *line)
{
	const uint8_t *p =
		sparse_value(part->origin[STW_ORIGIN_SOURCE],
			     part->origin_values[STW_ORIGIN_SOURCE], part->count, index, 4);

	*source = stw_le32(p ? p : part->origin[STW_ORIGIN_USUAL].p);
	*line = stw_le32(part->origin[STW_ORIGIN_LINE].p + (size_t)index * 4);
}

bool stw_packed_note(const struct stw_packed_part *part, uint32_t index, struct str *out)
{
	const uint8_t *p = stw_packed_sparse(part, STW_COLUMN_NOTE, index);
	struct stw_bytes text = part->column[STW_COLUMN_TEXT];
	size_t at = p ? stw_le32(p) : 0, n = p ? stw_le32(p + 4) : 0;

	if (!p || at > text.n || n > text.n - at)
		return false;
	*out = (struct str){text.p ? (const char *)text.p + at : "", n};
	return true;
}
