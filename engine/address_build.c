/*
 * Building an address table: entries are sorted, every entry learns which one covers it, and
 * the members go to their columns. libstw/format.h has the layout.
 */
#include <stdlib.h>

#include "base/advise.h"
#include "engine/address_table.h"
#include "libstw/bytes.h"

/* What sorting needs of an IPv4 entry is one word: address as written, prefix length, index. */
#define KEY4_INDEX_BITS 26
_Static_assert(STW_LIMIT_PACKED <= 1u << KEY4_INDEX_BITS, "an index fits beside the prefix");

/* The same of an entry of either family; IPv6 is sorted as this. */
struct key {
	uint32_t index; /* in the caller's array */
	uint8_t prefix;
	uint8_t written[16];
};

/* A sparse column in the making. */
struct sparse {
	struct buf blocks, values;
	uint32_t count;
};

/* The sorted keys of one family, in one of the two arrays. */
struct family {
	uint64_t *keys4, *spare4;
	struct key *keys6, *spare6;
	uint32_t count;
	uint8_t width;
	bool has_hosts;    /* some address has host bits */
	bool lengths[129]; /* prefix lengths that occur */
};

struct address_order {
	struct family families[2];
};

/* One family's columns in the making. */
struct part {
	const struct family *family;
	uint32_t count;
	uint8_t width;
	uint32_t usual;                /* source of most entries */
	uint32_t at;                   /* entry being written */
	uint8_t *base, *prefix, *line; /* full columns, parts of one block */
	struct buf sample, index, text;
	struct sparse sparse[STW_COLUMN_COUNT];
	struct sparse source;
	struct str last_note;
	uint32_t last_note_at;
};

/* Room for n elements, of which so many, none or all of them, will be filled for sure; NULL: out of
 * memory. */
static void *array_new(size_t n, size_t filled, size_t width)
{
	void *array = malloc((n ? n : 1) * width);

	if (array)
		advise_filled(array, filled * width);
	return array;
}

static uint32_t key4_written(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static unsigned key4_prefix(uint64_t key)
{
	return (uint32_t)key >> KEY4_INDEX_BITS;
}

static uint32_t key4_index(uint64_t key)
{
	return (uint32_t)key & ((1u << KEY4_INDEX_BITS) - 1);
}

static uint32_t key4_base(uint64_t key)
{
	unsigned prefix = key4_prefix(key);

	return prefix ? key4_written(key) & (uint32_t)(UINT64_MAX << (32 - prefix)) : 0;
}

static uint32_t index_at(const struct family *family, uint32_t i)
{
	return family->width == 4 ? key4_index(family->keys4[i]) : family->keys6[i].index;
}

/* The byte of the network address: host bits cleared. */
static uint8_t base_byte(const struct key *key, unsigned i)
{
	unsigned bits = key->prefix > 8 * i ? key->prefix - 8 * i : 0;

	return (uint8_t)(key->written[i] & (bits >= 8 ? 0xffu : 0xff00u >> bits));
}

enum pass { PASS_WRITTEN, PASS_PREFIX, PASS_BASE };

/* Bits of an address that one pass over IPv4 keys sorts by; the last pass takes what is left. */
#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

__attribute__((always_inline)) static inline uint32_t pass_digit(enum pass pass, uint64_t key,
								 unsigned shift)
{
	switch (pass) {
	case PASS_WRITTEN: return key4_written(key) >> shift & (DIGITS - 1);
	case PASS_PREFIX: return key4_prefix(key);
	case PASS_BASE: return key4_base(key) >> shift & (DIGITS - 1);
	}
	return 0;
}

/* From counts to where each digit starts; false when all keys share one. */
static bool pass_places(uint32_t *at, unsigned digits, uint32_t count)
{
	uint32_t sum = 0;

	for (unsigned d = 0; d < digits; d++) {
		uint32_t n = at[d];

		if (n == count)
			return false;
		at[d] = sum;
		sum += n;
	}
	return true;
}

/* One stable counting pass by one digit; a digit that all keys share costs one look. */
__attribute__((always_inline)) static inline void sort4_pass(struct family *family, enum pass pass,
							     unsigned shift)
{
	uint32_t at[DIGITS] = {0};
	uint64_t *keys = family->keys4;

	for (uint32_t k = 0; k < family->count; k++)
		at[pass_digit(pass, keys[k], shift)]++;
	if (!pass_places(at, DIGITS, family->count))
		return;
	for (uint32_t k = 0; k < family->count; k++)
		family->spare4[at[pass_digit(pass, keys[k], shift)]++] = keys[k];
	family->keys4 = family->spare4;
	family->spare4 = keys;
}

/* By base, prefix, address as written: the last of these goes first. Without host bits the base is
 * the address as written. */
static void sort4(struct family *family)
{
	for (unsigned shift = 0; family->has_hosts && shift < 32; shift += DIGIT_BITS)
		sort4_pass(family, PASS_WRITTEN, shift);
	sort4_pass(family, PASS_PREFIX, 0);
	for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
		if (family->has_hosts)
			sort4_pass(family, PASS_BASE, shift);
		else
			sort4_pass(family, PASS_WRITTEN, shift);
	}
}

static uint8_t pass_byte(enum pass pass, const struct key *key, unsigned i)
{
	switch (pass) {
	case PASS_WRITTEN: return key->written[i];
	case PASS_PREFIX: return key->prefix;
	case PASS_BASE: return base_byte(key, i);
	}
	return 0;
}

static void sort6_pass(struct family *family, enum pass pass, unsigned i)
{
	uint32_t at[256] = {0};
	struct key *keys = family->keys6;

	for (uint32_t k = 0; k < family->count; k++)
		at[pass_byte(pass, &keys[k], i)]++;
	if (!pass_places(at, 256, family->count))
		return;
	for (uint32_t k = 0; k < family->count; k++)
		family->spare6[at[pass_byte(pass, &keys[k], i)]++] = keys[k];
	family->keys6 = family->spare6;
	family->spare6 = keys;
}

static void sort6(struct family *family)
{
	for (unsigned i = 16; family->has_hosts && i-- > 0;)
		sort6_pass(family, PASS_WRITTEN, i);
	sort6_pass(family, PASS_PREFIX, 0);
	for (unsigned i = 16; i-- > 0;)
		sort6_pass(family, PASS_BASE, i);
}

/* The bit of an entry that has a value; false: out of memory. */
static inline bool sparse_mark(struct sparse *sparse, uint32_t index)
{
	uint32_t bit = index % STW_BLOCK_ENTRIES;
	size_t block = index / STW_BLOCK_ENTRIES;

	/* blocks up to this one; those that were skipped have no bits */
	while (sparse->blocks.n < (block + 1) * STW_BLOCK_SIZE && !sparse->blocks.failed) {
		static const uint8_t none[STW_BLOCK_ENTRIES / 8];

		buf_put_u32(&sparse->blocks, sparse->count);
		buf_put(&sparse->blocks, none, sizeof(none));
	}
	if (sparse->blocks.failed)
		return false;
	sparse->blocks.p[block * STW_BLOCK_SIZE + 4 + bit / 8] |= (char)(1u << bit % 8);
	sparse->count++;
	return true;
}

static void sparse_put(struct sparse *sparse, uint32_t index, const void *value, size_t width)
{
	if (sparse_mark(sparse, index))
		buf_put(&sparse->values, value, width);
}

/* Of the value, so many bytes; a million go through here. */
static inline void sparse_put_u64(struct sparse *sparse, uint32_t index, uint64_t value,
				  size_t width)
{
	struct buf *values = &sparse->values;

	if (!sparse_mark(sparse, index))
		return;
	if (values->cap - values->n < sizeof(value))
		buf_reserve(values, sizeof(value));
	if (values->failed)
		return;
	stw_put_le64((uint8_t *)values->p + values->n, value);
	values->n += width;
}

/* Blocks for the entries behind the last one that has a value. */
static void sparse_finish(struct sparse *sparse, uint32_t count)
{
	size_t size = stw_column_blocks(count) * STW_BLOCK_SIZE;

	while (sparse->count && sparse->blocks.n < size && !sparse->blocks.failed) {
		static const uint8_t none[STW_BLOCK_ENTRIES / 8];

		buf_put_u32(&sparse->blocks, sparse->count);
		buf_put(&sparse->blocks, none, sizeof(none));
	}
}

static void put_note(struct part *part, struct str note)
{
	uint64_t at = part->last_note_at;

	/* lists tend to repeat one note, so the text of the entry before is used again */
	if (!str_eq(note, part->last_note)) {
		at = part->text.n;
		buf_puts(&part->text, note);
		part->last_note = note;
		part->last_note_at = (uint32_t)at;
	}
	sparse_put_u64(&part->sparse[STW_COLUMN_NOTE], part->at, at | (uint64_t)note.n << 32, 8);
}

static void put_rare(struct part *part, const struct address_entry *e)
{
	struct sparse *columns = part->sparse;

	if (e->has_reason)
		sparse_put_u64(&columns[STW_COLUMN_REASON], part->at, e->reason, 2);
	if (e->has_expires)
		sparse_put_u64(&columns[STW_COLUMN_EXPIRES], part->at, (uint64_t)e->expires, 8);
	if (e->has_created)
		sparse_put_u64(&columns[STW_COLUMN_CREATED], part->at, (uint64_t)e->created, 8);
	if (e->has_note)
		put_note(part, e->note);
	if (e->null_expires)
		sparse_put(&columns[STW_COLUMN_NULL_EXPIRES], part->at, "", 0);
	if (e->null_note)
		sparse_put(&columns[STW_COLUMN_NULL_NOTE], part->at, "", 0);
	if (e->source != part->usual)
		sparse_put_u64(&part->source, part->at, e->source, 4);
}

static void put_network4(struct part *part, uint64_t key)
{
	uint32_t base = key4_base(key), written = key4_written(key);
	uint8_t bytes[4];

	stw_put_be32(part->base + (size_t)part->at * 4, base);
	part->prefix[part->at] = (uint8_t)key4_prefix(key);
	if (base != written) {
		stw_put_be32(bytes, written);
		sparse_put(&part->sparse[STW_COLUMN_WRITTEN], part->at, bytes, sizeof(bytes));
	}
}

static void put_network6(struct part *part, const struct key *key)
{
	uint8_t *base = part->base + (size_t)part->at * 16;

	for (unsigned i = 0; i < 16; i++)
		base[i] = base_byte(key, i);
	if (part->at % STW_SAMPLE_STEP == 0)
		buf_put(&part->sample, base, 16);
	part->prefix[part->at] = key->prefix;
	if (memcmp(base, key->written, 16) != 0)
		sparse_put(&part->sparse[STW_COLUMN_WRITTEN], part->at, key->written, 16);
}

static void put_entry(struct part *part, const struct address_entry *e)
{
	if (part->width == 4)
		put_network4(part, part->family->keys4[part->at]);
	else
		put_network6(part, &part->family->keys6[part->at]);
	stw_put_le32(part->line + (size_t)part->at * 4, e->line);
	put_rare(part, e);
}

/* Key `wide` is of a strictly wider network than `narrow` and has it inside. */
static bool covers4(uint64_t wide, uint64_t narrow)
{
	unsigned prefix = key4_prefix(wide);

	return prefix < key4_prefix(narrow) &&
	       (prefix == 0 || (key4_written(wide) ^ key4_written(narrow)) >> (32 - prefix) == 0);
}

static bool covers6(const struct key *wide, const struct key *narrow)
{
	unsigned whole = wide->prefix / 8, rest = wide->prefix % 8;

	if (wide->prefix >= narrow->prefix || memcmp(wide->written, narrow->written, whole) != 0)
		return false;
	return rest == 0 || (wide->written[whole] ^ narrow->written[whole]) >> (8 - rest) == 0;
}

static bool covers(const struct family *family, uint32_t wide, uint32_t narrow)
{
	return family->width == 4 ? covers4(family->keys4[wide], family->keys4[narrow])
				  : covers6(&family->keys6[wide], &family->keys6[narrow]);
}

/* In sorted order the entries that are still open form a stack, each inside the one below. */
static void put_parents(struct part *part)
{
	uint32_t open[129];
	unsigned depth = 0;

	for (uint32_t i = 0; i < part->count; i++) {
		while (depth > 0 && !covers(part->family, open[depth - 1], i))
			depth--;
		if (depth > 0)
			sparse_put_u64(&part->sparse[STW_COLUMN_PARENT], i, open[depth - 1], 4);
		open[depth++] = i;
	}
}

/* Entries below each bucket, where there are enough to be worth it. */
static void put_index(struct part *part)
{
	unsigned bits = 0;
	uint32_t at = 0;

	while (bits < STW_INDEX_BITS_MAX && part->count >> bits > STW_INDEX_BUCKET)
		bits++;
	for (uint32_t bucket = 0; bits && bucket <= 1u << bits; bucket++) {
		while (at < part->count &&
		       stw_be32(part->base + (size_t)at * 4) >> (32 - bits) < bucket)
			at++;
		buf_put_u32(&part->index, at);
	}
}

/* The source that most entries have, if one has more than half (Boyer and Moore's vote). Asked of
 * both families together, in the source's own order, which is also the order of memory. */
static uint32_t usual_source(const struct address_source *source)
{
	uint32_t candidate = 0, votes = 0;

	for (uint32_t i = 0; i < source->count; i++) {
		uint32_t origin = source->origin(source->ctx, i);

		if (votes == 0)
			candidate = origin;
		if (candidate == origin)
			votes++;
		else
			votes--;
	}
	return candidate;
}

#define PREFETCH_AHEAD 24

static bool part_reserve(struct part *part)
{
	part->base = array_new(part->count, part->count, part->width + 5u);
	if (!part->base)
		return false;
	part->line = part->base + (size_t)part->count * part->width;
	part->prefix = part->line + (size_t)part->count * 4;
	return true;
}

static bool part_fill(struct part *part, const struct family *family,
		      const struct address_source *source, uint32_t usual)
{
	*part = (struct part){
		.family = family, .count = family->count, .width = family->width, .usual = usual};
	if (!part_reserve(part))
		return false;
	put_parents(part);
	for (part->at = 0; part->at < part->count; part->at++) {
		struct address_entry entry;

		if (source->prefetch && part->at + PREFETCH_AHEAD < part->count)
			source->prefetch(source->ctx, index_at(family, part->at + PREFETCH_AHEAD));
		source->entry(source->ctx, index_at(family, part->at), &entry);
		put_entry(part, &entry);
	}
	if (part->width == 4)
		put_index(part);
	for (unsigned c = 0; c < STW_COLUMN_COUNT; c++)
		sparse_finish(&part->sparse[c], part->count);
	sparse_finish(&part->source, part->count);
	return true;
}

static bool family_reserve(struct family *family, size_t n, size_t filled)
{
	if (family->width == 4) {
		family->keys4 = array_new(n, filled, sizeof(*family->keys4));
		family->spare4 = array_new(n, filled, sizeof(*family->spare4));
		return family->keys4 && family->spare4;
	}
	family->keys6 = array_new(n, filled, sizeof(*family->keys6));
	family->spare6 = array_new(n, filled, sizeof(*family->spare6));
	return family->keys6 && family->spare6;
}

static void add4(struct family *family, const struct net_network *network, uint32_t index)
{
	uint64_t key = (uint64_t)stw_be32(network->addr.b) << 32 |
		       (uint64_t)network->prefix << KEY4_INDEX_BITS | index;

	family->lengths[network->prefix] = true;
	family->has_hosts |= key4_base(key) != key4_written(key);
	family->keys4[family->count++] = key;
}

static void add6(struct family *family, const struct net_network *network, uint32_t index)
{
	struct key key = {index, network->prefix, {0}};

	family->lengths[network->prefix] = true;
	memcpy(key.written, network->addr.b, sizeof(key.written));
	for (unsigned b = 0; !family->has_hosts && b < sizeof(key.written); b++)
		family->has_hosts = base_byte(&key, b) != key.written[b];
	family->keys6[family->count++] = key;
}

static void family_sort(struct family *family)
{
	if (family->count > 1) {
		if (family->width == 4)
			sort4(family);
		else
			sort6(family);
	}
	free(family->spare4);
	free(family->spare6);
	family->spare4 = NULL;
	family->spare6 = NULL;
}

static void family_free(struct family *family)
{
	free(family->keys4);
	free(family->spare4);
	free(family->keys6);
	free(family->spare6);
}

static bool order_fill(struct address_order *order, const struct address_source *source)
{
	struct net_network network;
	uint32_t four = source->count > source->six_count ? source->count - source->six_count : 0;

	/* room for IPv4 that IPv6 does not need is never touched */
	if (!family_reserve(&order->families[0], source->count, four) ||
	    !family_reserve(&order->families[1], source->six_count, 0))
		return false;
	for (uint32_t i = 0; i < source->count; i++) {
		source->network(source->ctx, i, &network);
		if (network.addr.family == 4)
			add4(&order->families[0], &network, i);
		else
			add6(&order->families[1], &network, i);
	}
	for (unsigned i = 0; i < 2; i++)
		family_sort(&order->families[i]);
	return true;
}

struct address_order *address_order_new(const struct address_source *source)
{
	struct address_order *order =
		source->count > STW_LIMIT_PACKED ? NULL : calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->families[0] = (struct family){.width = 4};
	order->families[1] = (struct family){.width = 16};
	if (order_fill(order, source))
		return order;
	address_order_free(order);
	return NULL;
}

void address_order_free(struct address_order *order)
{
	if (!order)
		return;
	for (unsigned i = 0; i < 2; i++)
		family_free(&order->families[i]);
	free(order);
}

/* The key has the network of the one before it. */
static bool key_repeats(const struct family *family, uint32_t i)
{
	const struct key *six = family->keys6;

	if (family->width == 4)
		return (family->keys4[i] ^ family->keys4[i - 1]) >> KEY4_INDEX_BITS == 0;
	return six[i].prefix == six[i - 1].prefix &&
	       memcmp(six[i].written, six[i - 1].written, 16) == 0;
}

void address_order_repeats(const struct address_order *order,
			   void (*repeat)(void *ctx, uint32_t first, uint32_t again), void *ctx)
{
	for (unsigned f = 0; f < 2; f++) {
		const struct family *family = &order->families[f];

		for (uint32_t i = 1; i < family->count; i++) {
			if (!key_repeats(family, i))
				continue;
			repeat(ctx, index_at(family, i - 1), index_at(family, i));
		}
	}
}

/* The network of the key at `i` against the first `want->prefix` bits of an address. */
static int key_compare(const struct family *family, uint32_t i, const struct key *want)
{
	const struct key *six;
	uint64_t have4, want4;

	if (family->width == 4) {
		want4 = (uint64_t)stw_be32(want->written) << 32 | (uint64_t)want->prefix
									  << KEY4_INDEX_BITS;
		want4 = (uint64_t)key4_base(want4) << 8 | want->prefix;
		have4 = (uint64_t)key4_base(family->keys4[i]) << 8 | key4_prefix(family->keys4[i]);
		return have4 < want4 ? -1 : have4 > want4;
	}
	six = &family->keys6[i];
	for (unsigned b = 0; b < family->width; b++) {
		if (base_byte(six, b) != base_byte(want, b))
			return base_byte(six, b) < base_byte(want, b) ? -1 : 1;
	}
	return six->prefix < want->prefix ? -1 : six->prefix > want->prefix;
}

/* The first key that is not before `want`. */
static uint32_t lower_bound(const struct family *family, const struct key *want)
{
	uint32_t low = 0, high = family->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (key_compare(family, middle, want) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool address_order_cover(const struct address_order *order, const struct net_network *network,
			 unsigned at_most, uint32_t *out_index)
{
	const struct family *family = &order->families[network->addr.family == 4 ? 0 : 1];
	unsigned prefix = at_most < network->prefix ? at_most : network->prefix;
	struct key want = {.index = 0};

	memcpy(want.written, network->addr.b, family->width);
	for (prefix++; prefix-- > 0;) {
		uint32_t found;

		want.prefix = (uint8_t)prefix;
		if (!family->lengths[prefix])
			continue;
		found = lower_bound(family, &want);
		if (found < family->count && key_compare(family, found, &want) == 0) {
			*out_index = index_at(family, found);
			return true;
		}
	}
	return false;
}

bool address_order_within(const struct address_order *order, const struct net_network *network,
			  uint32_t at_most, uint32_t *out_index)
{
	const struct family *family = &order->families[network->addr.family == 4 ? 0 : 1];
	struct key want = {.index = 0, .prefix = network->prefix};
	struct net_network entry = {.addr.family = network->addr.family};
	uint32_t i;

	memcpy(want.written, network->addr.b, family->width);
	i = lower_bound(family, &want);
	for (; i < family->count && at_most; i++, at_most--) {
		if (family->width == 4) {
			stw_put_be32(entry.addr.b, key4_written(family->keys4[i]));
			entry.prefix = (uint8_t)key4_prefix(family->keys4[i]);
		} else {
			memcpy(entry.addr.b, family->keys6[i].written, 16);
			entry.prefix = family->keys6[i].prefix;
		}
		if (!net_network_has(network, &entry.addr))
			return false;
		if (entry.prefix < family->width * 8) {
			*out_index = index_at(family, i);
			return true;
		}
	}
	return false;
}

static void part_free(struct part *part)
{
	free(part->base);
	buf_free(&part->sample);
	buf_free(&part->index);
	buf_free(&part->text);
	for (unsigned c = 0; c < STW_COLUMN_COUNT; c++) {
		buf_free(&part->sparse[c].blocks);
		buf_free(&part->sparse[c].values);
	}
	buf_free(&part->source.blocks);
	buf_free(&part->source.values);
}

/* A place is written at `*place`, the bytes at the end. */
struct writer {
	struct buf *out;
	size_t start; /* of the table in out */
	size_t place;
	bool failed;
};

static void write_place(struct writer *w, size_t count)
{
	size_t at = w->out->n - w->start;

	if (at > UINT32_MAX || count > UINT32_MAX)
		w->failed = true;
	buf_patch_u32(w->out, w->place, count ? (uint32_t)at : 0);
	buf_patch_u32(w->out, w->place + 4, (uint32_t)count);
	w->place += 8;
}

static void write_full(struct writer *w, struct buf *column, size_t width)
{
	w->failed = w->failed || column->failed;
	write_place(w, column->n / width);
	buf_puts(w->out, buf_str(column));
}

static void write_array(struct writer *w, const uint8_t *column, size_t count, size_t width)
{
	write_place(w, count);
	buf_put(w->out, column, count * width);
}

static void write_sparse(struct writer *w, struct sparse *column)
{
	w->failed = w->failed || column->blocks.failed || column->values.failed;
	write_place(w, column->count);
	if (column->count == 0)
		return;
	buf_puts(w->out, buf_str(&column->blocks));
	buf_puts(w->out, buf_str(&column->values));
}

static void write_zeros(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_put_u8(out, 0);
}

static void write_columns(struct writer *w, struct part *part)
{
	for (unsigned c = 0; c < STW_COLUMN_COUNT; c++) {
		switch ((enum stw_column)c) {
		case STW_COLUMN_BASE: write_array(w, part->base, part->count, part->width); break;
		case STW_COLUMN_SAMPLE: write_full(w, &part->sample, part->width); break;
		case STW_COLUMN_INDEX: write_full(w, &part->index, 4); break;
		case STW_COLUMN_PREFIX: write_array(w, part->prefix, part->count, 1); break;
		case STW_COLUMN_TEXT: write_full(w, &part->text, 1); break;
		case STW_COLUMN_PARENT:
		case STW_COLUMN_WRITTEN:
		case STW_COLUMN_REASON:
		case STW_COLUMN_EXPIRES:
		case STW_COLUMN_CREATED:
		case STW_COLUMN_NOTE:
		case STW_COLUMN_NULL_EXPIRES:
		case STW_COLUMN_NULL_NOTE: write_sparse(w, &part->sparse[c]); break;
		case STW_COLUMN_COUNT: break;
		}
	}
}

static void write_origins(struct writer *w, struct part *part)
{
	write_array(w, part->line, part->count, 4);
	write_sparse(w, &part->source);
	write_place(w, part->count ? 1 : 0);
	if (part->count)
		buf_put_u32(w->out, part->usual);
}

static size_t sparse_size(const struct sparse *column)
{
	return column->blocks.n + column->values.n;
}

static size_t part_size(const struct part *part)
{
	size_t size = (size_t)part->count * (part->width + 5u) + part->sample.n + part->index.n +
		      part->text.n + sparse_size(&part->source) + sizeof(part->usual);

	for (unsigned c = 0; c < STW_COLUMN_COUNT; c++)
		size += sparse_size(&part->sparse[c]);
	return size;
}

/* Room for the whole table at once. */
static void write_reserve(const struct part parts[2], struct buf *out)
{
	size_t size = STW_PACKED_HEADER_SIZE + part_size(&parts[0]) + part_size(&parts[1]) +
		      STW_ORIGINS_HEADER_SIZE;

	buf_reserve(out, size);
	if (!out->failed)
		advise_filled(out->p + out->n, size);
}

static bool write_table(struct part parts[2], struct buf *out)
{
	struct writer w = {out, out->n, out->n + 16, false};

	write_reserve(parts, out);
	buf_put_u32(out, STW_PACKED_MAGIC);
	buf_put_u32(out, 0); /* the content length, when it is known */
	buf_put_u32(out, parts[0].count);
	buf_put_u32(out, parts[1].count);
	write_zeros(out, STW_PACKED_HEADER_SIZE - 16);
	write_columns(&w, &parts[0]);
	write_columns(&w, &parts[1]);
	if (out->n - w.start > UINT32_MAX)
		return false;
	buf_patch_u32(out, w.start + 4, (uint32_t)(out->n - w.start));
	w.place = out->n;
	write_zeros(out, STW_ORIGINS_HEADER_SIZE);
	write_origins(&w, &parts[0]);
	write_origins(&w, &parts[1]);
	return !w.failed && !out->failed;
}

bool address_table_build(const struct address_source *source, const struct address_order *order,
			 struct buf *out)
{
	struct part parts[2] = {{0}, {0}};
	struct address_order *own = NULL;
	uint32_t usual;
	bool ok = true;

	if (source->count > STW_LIMIT_PACKED)
		return false;
	if (!order)
		order = own = address_order_new(source);
	if (!order)
		return false;
	usual = usual_source(source);
	for (unsigned i = 0; i < 2; i++)
		ok = ok && part_fill(&parts[i], &order->families[i], source, usual);
	ok = ok && write_table(parts, out);
	part_free(&parts[0]);
	part_free(&parts[1]);
	address_order_free(own);
	return ok;
}

static void array_network(const void *ctx, uint32_t index, struct net_network *out)
{
	*out = ((const struct address_entry *)ctx)[index].network;
}

static uint32_t array_origin(const void *ctx, uint32_t index)
{
	return ((const struct address_entry *)ctx)[index].source;
}

static void array_entry(const void *ctx, uint32_t index, struct address_entry *out)
{
	*out = ((const struct address_entry *)ctx)[index];
}

struct address_source address_source_of(const struct address_entry *entries, size_t count)
{
	struct address_source source = {
		.network = array_network, .entry = array_entry, .origin = array_origin};

	source.ctx = entries;
	source.count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	for (uint32_t i = 0; i < source.count; i++)
		source.six_count += entries[i].network.addr.family != 4;
	return source;
}
