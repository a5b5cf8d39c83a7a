/*
 * Building an address table: entries are sorted, every entry learns which one covers it, and
 * the members go to their columns. libstw/format.h has the layout.
 */
#include <stdlib.h>

#include "base/huge.h"
#include "engine/address_table.h"
#include "libstw/bytes.h"

/* What sorting needs of an entry, small enough to be moved around: 12 bytes for IPv4, 24 for
 * IPv6, since the address is as long as its family has it. */
struct key {
	uint32_t index; /* in the caller's array */
	uint8_t prefix;
	uint8_t written[];
};

#define KEY_SIZE_4 12
#define KEY_SIZE_6 24

/* A sparse column in the making. */
struct sparse {
	struct buf blocks, values;
	uint32_t count;
};

/* The sorted keys of one family. */
struct family {
	char *keys, *spare; /* of malloc, so aligned for any key */
	size_t key_size;
	uint32_t count;
	uint8_t width;
	bool has_hosts; /* some address has host bits */
};

struct address_order {
	struct family families[2];
};

/* One family's columns in the making. */
struct part {
	const struct family *family;
	uint32_t count;
	uint8_t width;
	uint32_t usual; /* source of most entries */
	uint32_t at;    /* entry being written */
	struct buf base, sample, index, prefix, text, line;
	struct sparse sparse[STW_COLUMN_COUNT];
	struct sparse source;
	struct str last_note;
	uint32_t last_note_at;
};

static struct key *key_at(const struct family *family, const char *keys, uint32_t i)
{
	return (struct key *)(uintptr_t)(keys + i * family->key_size);
}

static const struct key *part_key(const struct part *part, uint32_t i)
{
	return key_at(part->family, part->family->keys, i);
}

/* Two constant sizes, so that each is a few moves. */
static void key_copy(struct key *to, const struct key *from, size_t size)
{
	if (size == KEY_SIZE_4)
		memcpy(to, from, KEY_SIZE_4);
	else
		memcpy(to, from, KEY_SIZE_6);
}

/* The byte of the network address: host bits cleared. */
static uint8_t base_byte(const struct key *key, unsigned i)
{
	unsigned bits = key->prefix > 8 * i ? key->prefix - 8 * i : 0;

	return (uint8_t)(key->written[i] & (bits >= 8 ? 0xffu : 0xff00u >> bits));
}

enum pass { PASS_WRITTEN, PASS_PREFIX, PASS_BASE };

static uint8_t pass_byte(enum pass pass, const struct key *key, unsigned i)
{
	switch (pass) {
	case PASS_WRITTEN: return key->written[i];
	case PASS_PREFIX: return key->prefix;
	case PASS_BASE: return base_byte(key, i);
	}
	return 0;
}

/* One stable counting pass by one byte; a byte that all keys share costs one look. */
static void sort_pass(struct family *family, enum pass pass, unsigned i)
{
	size_t at[256] = {0}, sum = 0;
	char *keys = family->keys;

	for (uint32_t k = 0; k < family->count; k++)
		at[pass_byte(pass, key_at(family, keys, k), i)]++;
	if (at[pass_byte(pass, key_at(family, keys, 0), i)] == family->count)
		return;
	for (unsigned b = 0; b < 256; b++) {
		size_t n = at[b];

		at[b] = sum;
		sum += n;
	}
	for (uint32_t k = 0; k < family->count; k++) {
		const struct key *key = key_at(family, keys, k);
		uint32_t place = (uint32_t)at[pass_byte(pass, key, i)]++;

		key_copy(key_at(family, family->spare, place), key, family->key_size);
	}
	family->keys = family->spare;
	family->spare = keys;
}

/* By base, prefix, address as written: the last of these goes first. */
static void family_sort(struct family *family)
{
	if (family->count < 2)
		return;
	for (unsigned i = family->width; family->has_hosts && i-- > 0;)
		sort_pass(family, PASS_WRITTEN, i);
	sort_pass(family, PASS_PREFIX, 0);
	for (unsigned i = family->width; i-- > 0;)
		sort_pass(family, PASS_BASE, i);
}

static void sparse_put(struct sparse *sparse, uint32_t index, const void *value, size_t width)
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
		return;
	sparse->blocks.p[block * STW_BLOCK_SIZE + 4 + bit / 8] |= (char)(1u << bit % 8);
	buf_put(&sparse->values, value, width);
	sparse->count++;
}

static void sparse_put_u64(struct sparse *sparse, uint32_t index, uint64_t value, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	sparse_put(sparse, index, bytes, width);
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

static void put_entry(struct part *part, const struct key *key, const struct address_entry *e)
{
	uint8_t base[16];

	for (unsigned i = 0; i < part->width; i++)
		base[i] = base_byte(key, i);
	buf_put(&part->base, base, part->width);
	if (part->width == 16 && part->at % STW_SAMPLE_STEP == 0)
		buf_put(&part->sample, base, part->width);
	buf_put_u8(&part->prefix, key->prefix);
	if (memcmp(base, key->written, part->width) != 0)
		sparse_put(&part->sparse[STW_COLUMN_WRITTEN], part->at, key->written, part->width);
	put_rare(part, e);
	buf_put_u32(&part->line, e->line);
}

/* `wide` is strictly wider than `narrow` and has it inside. */
static bool key_covers(const struct part *part, const struct key *wide, const struct key *narrow)
{
	unsigned whole = wide->prefix / 8, rest = wide->prefix % 8;

	if (wide->prefix >= narrow->prefix || memcmp(wide->written, narrow->written, whole) != 0)
		return false;
	return whole == part->width || rest == 0 ||
	       (wide->written[whole] ^ narrow->written[whole]) >> (8 - rest) == 0;
}

/* In sorted order the entries that are still open form a stack, each inside the one below. */
static void put_parents(struct part *part)
{
	uint32_t open[129];
	unsigned depth = 0;

	for (uint32_t i = 0; i < part->count; i++) {
		while (depth > 0 &&
		       !key_covers(part, part_key(part, open[depth - 1]), part_key(part, i)))
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
		       stw_be32((const uint8_t *)part->base.p + (size_t)at * 4) >> (32 - bits) <
			       bucket)
			at++;
		buf_put_u32(&part->index, at);
	}
}

/* The source that most entries have, if one has more than half (Boyer and Moore's vote). */
static uint32_t usual_source(const struct part *part, const struct address_source *source)
{
	uint32_t candidate = 0, votes = 0;

	/* in the source's own order, which is also the order of memory */
	for (uint32_t i = 0; i < source->count; i++) {
		struct address_entry entry;

		source->entry(source->ctx, i, &entry);
		if ((entry.network.addr.family == 4) != (part->width == 4))
			continue;
		if (votes == 0)
			candidate = entry.source;
		if (candidate == entry.source)
			votes++;
		else
			votes--;
	}
	return candidate;
}

#define PREFETCH_AHEAD 24

static void part_fill(struct part *part, const struct family *family,
		      const struct address_source *source)
{
	*part = (struct part){.family = family, .count = family->count, .width = family->width};
	part->usual = usual_source(part, source);
	put_parents(part);
	for (part->at = 0; part->at < part->count; part->at++) {
		struct address_entry entry;

		if (source->prefetch && part->at + PREFETCH_AHEAD < part->count)
			source->prefetch(source->ctx,
					 part_key(part, part->at + PREFETCH_AHEAD)->index);
		source->entry(source->ctx, part_key(part, part->at)->index, &entry);
		put_entry(part, part_key(part, part->at), &entry);
	}
	if (part->width == 4 && !part->base.failed)
		put_index(part);
	for (unsigned c = 0; c < STW_COLUMN_COUNT; c++)
		sparse_finish(&part->sparse[c], part->count);
	sparse_finish(&part->source, part->count);
}

static bool family_reserve(struct family *family, uint32_t count)
{
	size_t n = count ? count : 1;

	family->keys = malloc(n * family->key_size);
	family->spare = malloc(n * family->key_size);
	if (!family->keys || !family->spare)
		return false;
	huge_advise(family->keys, n * family->key_size);
	huge_advise(family->spare, n * family->key_size);
	return true;
}

static void family_add(struct family *family, const struct net_network *network, uint32_t index)
{
	struct key *key = key_at(family, family->keys, family->count++);

	key->index = index;
	key->prefix = network->prefix;
	memcpy(key->written, network->addr.b, family->width);
	for (unsigned b = 0; !family->has_hosts && b < family->width; b++)
		family->has_hosts = base_byte(key, b) != key->written[b];
}

static bool order_fill(struct address_order *order, const struct address_source *source)
{
	struct net_network network;
	uint32_t v4 = 0;

	for (uint32_t i = 0; i < source->count; i++) {
		source->network(source->ctx, i, &network);
		v4 += network.addr.family == 4;
	}
	if (!family_reserve(&order->families[0], v4) ||
	    !family_reserve(&order->families[1], source->count - v4))
		return false;
	for (uint32_t i = 0; i < source->count; i++) {
		source->network(source->ctx, i, &network);
		family_add(&order->families[network.addr.family == 4 ? 0 : 1], &network, i);
	}
	for (unsigned i = 0; i < 2; i++) {
		family_sort(&order->families[i]);
		free(order->families[i].spare);
		order->families[i].spare = NULL;
	}
	return true;
}

struct address_order *address_order_new(const struct address_source *source)
{
	struct address_order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->families[0] = (struct family){.width = 4, .key_size = KEY_SIZE_4};
	order->families[1] = (struct family){.width = 16, .key_size = KEY_SIZE_6};
	if (order_fill(order, source))
		return order;
	address_order_free(order);
	return NULL;
}

void address_order_free(struct address_order *order)
{
	if (!order)
		return;
	for (unsigned i = 0; i < 2; i++) {
		free(order->families[i].keys);
		free(order->families[i].spare);
	}
	free(order);
}

void address_order_repeats(const struct address_order *order,
			   void (*repeat)(void *ctx, uint32_t first, uint32_t again), void *ctx)
{
	for (unsigned f = 0; f < 2; f++) {
		const struct family *family = &order->families[f];

		for (uint32_t i = 1; i < family->count; i++) {
			const struct key *a = key_at(family, family->keys, i - 1);
			const struct key *b = key_at(family, family->keys, i);

			if (a->prefix == b->prefix &&
			    memcmp(a->written, b->written, family->width) == 0)
				repeat(ctx, a->index, b->index);
		}
	}
}

static void part_free(struct part *part)
{
	buf_free(&part->base);
	buf_free(&part->sample);
	buf_free(&part->index);
	buf_free(&part->prefix);
	buf_free(&part->text);
	buf_free(&part->line);
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
		case STW_COLUMN_BASE: write_full(w, &part->base, part->width); break;
		case STW_COLUMN_SAMPLE: write_full(w, &part->sample, part->width); break;
		case STW_COLUMN_INDEX: write_full(w, &part->index, 4); break;
		case STW_COLUMN_PREFIX: write_full(w, &part->prefix, 1); break;
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
	write_full(w, &part->line, 4);
	write_sparse(w, &part->source);
	write_place(w, part->count ? 1 : 0);
	if (part->count)
		buf_put_u32(w->out, part->usual);
}

static bool write_table(struct part parts[2], struct buf *out)
{
	struct writer w = {out, out->n, out->n + 16, false};

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
	bool ok;

	if (source->count > STW_LIMIT_PACKED)
		return false;
	if (!order)
		order = own = address_order_new(source);
	if (!order)
		return false;
	for (unsigned i = 0; i < 2; i++)
		part_fill(&parts[i], &order->families[i], source);
	ok = write_table(parts, out);
	part_free(&parts[0]);
	part_free(&parts[1]);
	address_order_free(own);
	return ok;
}

static void array_network(const void *ctx, uint32_t index, struct net_network *out)
{
	*out = ((const struct address_entry *)ctx)[index].network;
}

static void array_entry(const void *ctx, uint32_t index, struct address_entry *out)
{
	*out = ((const struct address_entry *)ctx)[index];
}

struct address_source address_source_of(const struct address_entry *entries, size_t count)
{
	return (struct address_source){array_network, array_entry, NULL, entries,
				       count > UINT32_MAX ? UINT32_MAX : (uint32_t)count};
}
