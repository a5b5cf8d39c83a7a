/* The deep check of an address table: every rule of the form, entry by entry. */
#include "libstw/packed.h"

#include "libstw/bytes.h"

#define DEEPEST 129 /* prefixes 0 to 128 nested in one another */

static const uint8_t *written_of(const struct stw_packed_part *part, uint32_t index)
{
	const uint8_t *p = stw_packed_sparse(part, STW_COLUMN_WRITTEN, index);

	return p ? p : stw_packed_base(part, index);
}

/* The first `prefix` bits are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || ((a[whole] ^ b[whole]) & (uint8_t)(0xff00u >> rest)) == 0);
}

static bool host_bits_clear(const uint8_t *base, unsigned prefix, unsigned width)
{
	static const uint8_t zero[16] = {0};
	unsigned whole = prefix / 8;

	return whole == width || ((base[whole] & (0xffu >> prefix % 8)) == 0 &&
				  memcmp(base + whole + 1, zero, width - whole - 1) == 0);
}

/* Order of two neighbours: by base, prefix, address as written. */
static int entry_cmp(const struct stw_packed_part *part, uint32_t a, uint32_t b)
{
	int order = memcmp(stw_packed_base(part, a), stw_packed_base(part, b), part->width);

	if (order == 0)
		order = (int)stw_packed_prefix(part, a) - (int)stw_packed_prefix(part, b);
	if (order == 0)
		order = memcmp(written_of(part, a), written_of(part, b), part->width);
	return order;
}

static const char *check_entry(const struct stw_packed_part *part, uint32_t i)
{
	const uint8_t *base = stw_packed_base(part, i);
	const uint8_t *written = stw_packed_sparse(part, STW_COLUMN_WRITTEN, i);
	unsigned prefix = part->column[STW_COLUMN_PREFIX].p[i];

	if (prefix > part->full)
		return "a prefix length is too large";
	if (!host_bits_clear(base, prefix, part->width))
		return "a network has host bits";
	if (written &&
	    (!same_bits(written, base, prefix) || memcmp(written, base, part->width) == 0))
		return "an address as written lies outside its network";
	if (i > 0 && entry_cmp(part, i - 1, i) >= 0)
		return "the entries are not in order";
	if (part->width == 16 && i % STW_SAMPLE_STEP == 0 &&
	    memcmp(part->column[STW_COLUMN_SAMPLE].p + (size_t)(i / STW_SAMPLE_STEP) * part->width,
		   base, part->width) != 0)
		return "a sample is not the base of its entry";
	return NULL;
}

/* Parents as a stack of the entries that are still open at the place we are at. */
struct open_entries {
	uint32_t index[DEEPEST];
	unsigned depth;
};

static bool covers(const struct stw_packed_part *part, uint32_t wide, uint32_t narrow)
{
	return stw_packed_prefix(part, wide) < stw_packed_prefix(part, narrow) &&
	       same_bits(stw_packed_base(part, wide), stw_packed_base(part, narrow),
			 stw_packed_prefix(part, wide));
}

static const char *check_parent(const struct stw_packed_part *part, uint32_t i,
				struct open_entries *open)
{
	uint32_t found;
	bool has = stw_packed_parent(part, i, &found);

	if (!has && stw_packed_sparse(part, STW_COLUMN_PARENT, i))
		return "a covering entry does not lie before its own";
	while (open->depth > 0 && !covers(part, open->index[open->depth - 1], i))
		open->depth--;
	if (has != (open->depth > 0) || (has && found != open->index[open->depth - 1]))
		return "a covering entry is not the nearest one";
	/* each is strictly narrower than the one below, so the stack cannot overflow */
	open->index[open->depth++] = i;
	return NULL;
}

static const char *check_notes(const struct stw_packed_part *part, uint32_t i)
{
	struct str note;

	if (stw_packed_sparse(part, STW_COLUMN_NOTE, i) && !stw_packed_note(part, i, &note))
		return "a note lies outside the text";
	return NULL;
}

/* Presence bits: none behind the last entry, and each block counts those before it. */
static const char *check_sparse(struct stw_bytes column, uint32_t entries, uint32_t values)
{
	uint32_t seen = 0;

	for (size_t b = 0; values && b < stw_column_blocks(entries); b++) {
		const uint8_t *block = column.p + b * STW_BLOCK_SIZE;

		if (stw_le32(block) != seen)
			return "a block does not count the values before it";
		for (uint32_t i = 0; i < STW_BLOCK_ENTRIES; i++) {
			bool set = (block[4 + i / 8] >> i % 8 & 1) != 0;

			if (set && b * STW_BLOCK_ENTRIES + i >= entries)
				return "a presence bit lies behind the last entry";
			seen += set;
		}
	}
	return seen == values ? NULL : "a column does not have as many values as it says";
}

static const char *check_origins(const struct stw_packed_part *part, size_t sources)
{
	const char *problem = check_sparse(part->origin[STW_ORIGIN_SOURCE], part->count,
					   part->origin_values[STW_ORIGIN_SOURCE]);

	for (uint32_t i = 0; !problem && i < part->count; i++) {
		uint32_t source, line;

		stw_packed_origin(part, i, &source, &line);
		if (source >= sources)
			problem = "an entry comes from a source that is not listed";
	}
	return problem;
}

/* Each member counts the entries of all lower buckets. */
static const char *check_index(const struct stw_packed_part *part)
{
	uint32_t at = 0;

	for (uint32_t b = 0; b < part->values[STW_COLUMN_INDEX]; b++) {
		while (at < part->count &&
		       stw_be32(stw_packed_base(part, at)) >> (32 - part->index_bits) < b)
			at++;
		if (stw_le32(part->column[STW_COLUMN_INDEX].p + (size_t)b * 4) != at)
			return "the index does not count the entries before a bucket";
	}
	return NULL;
}

static const char *check_part(const struct stw_packed_part *part, size_t sources)
{
	struct open_entries open = {.depth = 0};
	const char *problem = check_index(part);

	for (unsigned c = STW_COLUMN_PARENT; !problem && c < STW_COLUMN_TEXT; c++)
		problem = check_sparse(part->column[c], part->count, part->values[c]);
	for (uint32_t i = 0; !problem && i < part->count; i++) {
		problem = check_entry(part, i);
		if (!problem)
			problem = check_parent(part, i, &open);
		if (!problem)
			problem = check_notes(part, i);
	}
	return problem ? problem : check_origins(part, sources);
}

const char *stw_packed_check(const struct stw_packed *packed, size_t sources)
{
	const char *problem = check_part(&packed->part[0], sources);

	return problem ? problem : check_part(&packed->part[1], sources);
}
