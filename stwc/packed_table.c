#include <stdlib.h>

#include "base/advise.h"
#include "core/source.h"
#include "stwc/packed.h"

/* What a table takes of every entry. It asks in the order of addresses, so the less memory this is
 * spread over, the better. */
struct gist {
	uint32_t line; /* of the entry's place */
	uint16_t reason;
	bool rare; /* the rest is with the entry */
};

struct gathered {
	const struct packed *packed;
	struct gist *gists; /* NULL while the entries are only put in order */
};

static void source_network(const void *ctx, uint32_t index, struct net_network *out)
{
	packed_network(((const struct gathered *)ctx)->packed, index, out);
}

static void source_entry(const void *ctx, uint32_t index, struct address_entry *out)
{
	const struct gathered *gathered = ctx;
	const struct packed *packed = gathered->packed;
	const struct gist *gist = &gathered->gists[index];

	*out = (struct address_entry){.source = packed_source(packed, index), .line = gist->line};
	out->has_reason = gist->reason != 0;
	out->reason = (uint16_t)(gist->reason ? gist->reason - 1 : 0);
	if (gist->rare) {
		const struct packed_rare *rare = &packed->rare[packed_at(packed, index)->rare];

		out->has_expires = rare->has_expires;
		out->null_expires = rare->null_expires;
		out->expires = rare->expires;
		out->has_created = rare->has_created;
		out->created = rare->created;
		out->has_note = rare->has_note;
		out->null_note = rare->null_note;
		out->note = rare->note;
	}
}

static uint32_t source_origin(const void *ctx, uint32_t index)
{
	return packed_source(((const struct gathered *)ctx)->packed, index);
}

static void source_prefetch(const void *ctx, uint32_t index)
{
	__builtin_prefetch(&((const struct gathered *)ctx)->gists[index]);
}

static struct address_source address_source(const struct gathered *gathered)
{
	return (struct address_source){.network = source_network,
				       .entry = source_entry,
				       .origin = source_origin,
				       .prefetch = source_prefetch,
				       .ctx = gathered,
				       .count = (uint32_t)gathered->packed->count,
				       .six_count = (uint32_t)gathered->packed->six_count};
}

bool packed_order(struct packed *packed)
{
	struct gathered gathered = {packed, NULL};
	struct address_source source = address_source(&gathered);

	address_order_free(packed->order);
	packed->order = NULL;
	if (packed->count > STW_LIMIT_PACKED)
		return true; /* no image takes them: a build says so */
	packed->order = address_order_new(&source);
	return packed->order != NULL;
}

/* NULL: out of memory. */
static struct gist *gists_new(const struct packed *packed)
{
	struct gist *gists = malloc((packed->count + 1) * sizeof(*gists));
	struct source *source = NULL;
	uint32_t line = 0, begin = 0, next = 0, i;

	if (!gists)
		return NULL;
	advise_filled(gists, packed->count * sizeof(*gists));
	/* places of one source come in ascending order, so the line moves along with them */
	for (i = 0; i < packed->count; i++) {
		const struct packed_entry *entry = packed_at(packed, i);
		uint32_t place = entry->place;
		uint32_t number = packed_source(packed, i) + 1;
		bool same = source && source->number == number;

		if (!same || place >= next || place < begin) {
			source = sources_get(packed->sources, number);
			line = source_line_number(source, place);
			begin = source_line_start(source, line);
			next = source_line_start(source, line + 1);
		}
		gists[i] = (struct gist){line, entry->reason, entry->rare != PACKED_NOT_RARE};
	}
	return gists;
}

bool packed_table(const struct packed *packed, struct buf *out)
{
	struct gathered gathered = {packed, gists_new(packed)};
	struct address_source source = address_source(&gathered);
	bool ok = gathered.gists && address_table_build(&source, packed->order, out);

	free(gathered.gists);
	return ok;
}
