/*
 * Packed types: BlockedIp and AllowedIp come in millions, so a body goes straight from its
 * nodes to one entry. The common spelling takes the short way; whatever is unusual or wrong is
 * bound like any other object, which makes the diagnostics.
 */
#include <stdlib.h>

#include "base/advise.h"
#include "grammar/scalar.h"
#include "libstw/format.h"
#include "stwc/bind.h"

static struct packed *packed_of(struct compilation *c, const struct schema_object *type)
{
	struct packed *grown;
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		if (c->packed[i].type == type)
			return &c->packed[i];
	}
	grown = realloc(c->packed, (c->packed_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	c->packed = grown;
	c->packed[c->packed_count] = (struct packed){.type = type, .sources = &c->sources};
	return &c->packed[c->packed_count++];
}

void packed_free(struct packed *packed)
{
	for (size_t i = 0; i < packed->block_count; i++)
		free(packed->blocks[i]);
	free(packed->blocks);
	free(packed->runs);
	free(packed->sixes);
	free(packed->rare);
	address_order_free(packed->order);
}

/* An entry in the making. */
struct making {
	struct packed_entry entry;
	struct net_network network; /* family 0: no address yet */
};

/* The rare fields of an entry, made on first use; NULL: out of memory. */
static struct packed_rare *rare_of(struct packed *packed, struct packed_entry *entry)
{
	if (entry->rare == PACKED_NOT_RARE) {
		if (!state_grow((void **)&packed->rare, &packed->rare_cap, packed->rare_count,
				sizeof(struct packed_rare)))
			return NULL;
		entry->rare = (uint32_t)packed->rare_count++;
		packed->rare[entry->rare] = (struct packed_rare){.has_note = false};
	}
	return &packed->rare[entry->rare];
}

static bool network_fits(struct str s, struct net_network *out)
{
	static const uint8_t none[4] = {0};

	return net_network_parse(s, out) == NET_OK && out->prefix >= 8 &&
	       !(out->addr.family == 4 && memcmp(out->addr.b, none, sizeof(none)) == 0);
}

static bool quick_reason(struct packed *packed, struct str word, struct packed_entry *entry)
{
	const struct schema_field *field;
	const struct schema_enum_member *member;

	if (packed->last_number && str_eq(word, packed->last_reason)) {
		entry->reason = packed->last_number;
		return true;
	}
	field = schema_field_find(packed->type->structure, STR("reason"));
	if (!field || field->type->kind != TYPE_ENUM)
		return false;
	member = schema_enum_member_find(field->type->members, word);
	if (!member)
		return false;
	/* the member's name outlives the word, which may be scratch */
	packed->last_reason = str_c(member->name);
	packed->last_number = (uint16_t)(member->number + 1);
	entry->reason = packed->last_number;
	return true;
}

/* The short way for one member of a body; false: not for it. */
static bool quick_field(struct packed *packed, const struct node_entry *e, struct making *making)
{
	struct packed_entry *entry = &making->entry;
	struct packed_rare *rare;

	if (e->value->kind != NODE_STRING || !e->value->string.n)
		return false;
	if (str_eq(e->key, STR("address"))) {
		entry->place = e->value->span.begin;
		return network_fits(e->value->string, &making->network);
	}
	if (str_eq(e->key, STR("reason")))
		return quick_reason(packed, e->value->string, entry);
	if (!str_eq(e->key, STR("expiresAt")))
		return false;
	rare = rare_of(packed, entry);
	if (!rare)
		return false;
	rare->has_expires = true;
	return scalar_date_time(e->value->string, &rare->expires) == SCALAR_OK;
}

static bool quick(struct packed *packed, const struct draft *draft, struct making *making)
{
	const struct node_entry *e;

	if (draft->body->kind != NODE_MAP)
		return false;
	for (e = draft->body->map.first; e; e = e->next) {
		if (!quick_field(packed, e, making))
			return false;
	}
	return making->network.addr.family != 0;
}

static bool take_rare(struct compilation *c, const struct value_field *f, struct packed_rare *rare)
{
	const struct value *value = f->value;
	bool null = value->kind == VALUE_NULL;

	if (!rare)
		return false;
	if (strcmp(f->field->name, "expiresAt") == 0) {
		rare->has_expires = !null;
		rare->null_expires = null;
		rare->expires = null ? 0 : value->seconds;
	} else if (strcmp(f->field->name, "createdAt") == 0) {
		rare->has_created = true;
		rare->created = value->seconds;
	} else {
		rare->has_note = !null;
		rare->null_note = null;
		/* the node may be scratch */
		rare->note = null ? STR_NONE : arena_str(&c->arena, value->string);
	}
	return true;
}

static bool take_value(struct compilation *c, struct packed *packed, const struct value_field *f,
		       struct making *making)
{
	struct packed_entry *entry = &making->entry;

	if (strcmp(f->field->name, "address") == 0) {
		making->network = f->value->network;
		entry->place = f->value->span.begin;
		return true;
	}
	if (f->value->kind == VALUE_ENUM) {
		entry->reason = (uint16_t)(f->value->member->number + 1);
		return true;
	}
	return take_rare(c, f, rare_of(packed, entry));
}

/* The long way. *wrong when the body was, which has been reported; false: out of memory. */
static bool careful(struct compilation *c, struct packed *packed, const struct draft *draft,
		    struct making *making, bool *wrong)
{
	struct object *object = bind_draft(c, draft);
	size_t i;

	if (!object)
		return false;
	*wrong = object->poisoned;
	for (i = 0; !*wrong && i < object->body.count; i++) {
		if (!take_value(c, packed, &object->body.fields[i], making))
			return false;
	}
	return true;
}

/* A new run where the source changes. */
static bool note_source(struct packed *packed, uint32_t source)
{
	if (packed->run_count && packed->runs[packed->run_count - 1].source == source)
		return true;
	if (!state_grow((void **)&packed->runs, &packed->run_cap, packed->run_count,
			sizeof(struct packed_run)))
		return false;
	packed->runs[packed->run_count++] = (struct packed_run){(uint32_t)packed->count, source};
	return true;
}

static bool has_room(struct packed *packed)
{
	struct packed_entry *block;

	if (packed->count < packed->block_count << PACKED_BLOCK_BITS) {
		/* a block that is so far filled will be filled */
		if (packed->count % PACKED_BLOCK == PACKED_EARLY)
			advise_filled(packed_at(packed, packed->count),
				      (PACKED_BLOCK - PACKED_EARLY) * sizeof(*block));
		return true;
	}
	if (!state_grow((void **)&packed->blocks, &packed->block_cap, packed->block_count,
			sizeof(struct packed_entry *)))
		return false;
	block = malloc(PACKED_BLOCK * sizeof(*block));
	if (!block)
		return false;
	packed->blocks[packed->block_count++] = block;
	return true;
}

/* The finished entry goes behind the others. */
static bool put_entry(struct packed *packed, const struct making *making, uint32_t source)
{
	const struct packed_entry *made = &making->entry;
	bool six = making->network.addr.family == 6;
	struct packed_entry *entry;

	if (packed->count >= UINT32_MAX - 1 || !has_room(packed) || !note_source(packed, source))
		return false;
	entry = packed_at(packed, packed->count);
	/* field by field: as a whole it could only be read after a wait, being just written */
	*entry = (struct packed_entry){.place = made->place,
				       .rare = made->rare,
				       .reason = made->reason,
				       .prefix = making->network.prefix,
				       .six = six,
				       .upsert = made->upsert,
				       .listed = made->listed,
				       .destroys = made->destroys};
	if (six) {
		if (!state_grow((void **)&packed->sixes, &packed->six_cap, packed->six_count,
				sizeof(struct net_addr)))
			return false;
		entry->address = (uint32_t)packed->six_count;
		packed->sixes[packed->six_count++] = making->network.addr;
	} else {
		memcpy(&entry->address, making->network.addr.b, sizeof(entry->address));
	}
	packed->count++;
	return true;
}

bool packed_append(struct compilation *c, const struct draft *draft)
{
	static const struct making fresh = {.entry.rare = PACKED_NOT_RARE};
	struct packed *packed = packed_of(c, draft->type);
	struct making making = fresh;
	bool wrong = false;

	if (!packed)
		return false;
	if (!quick(packed, draft, &making)) {
		making = fresh;
		if (!careful(c, packed, draft, &making, &wrong))
			return false;
	}
	making.entry.upsert = draft->kind == DRAFT_UPSERT || draft->adds;
	return wrong || put_entry(packed, &making, draft->span.source - 1);
}

bool packed_list_begin(struct compilation *c, const struct schema_object *type, struct node *fields,
		       struct packed_list *out)
{
	struct packed *packed = packed_of(c, type);
	struct draft draft = {.type = type, .span = fields->span, .body = fields};
	struct making making = {.entry.rare = PACKED_NOT_RARE};
	struct node *address = node_string(&c->arena, STR("192.0.2.1"), fields->span);

	out->type = type;
	out->wrong = false;
	if (!packed || !address ||
	    !node_map_append(&c->arena, &c->hash_key, fields, STR("address"), fields->span,
			     address))
		return false;
	if (!careful(c, packed, &draft, &making, &out->wrong))
		return false;
	out->entry = making.entry;
	out->entry.listed = true;
	return true;
}

bool packed_list_put(struct compilation *c, const struct packed_list *list,
		     const struct net_network *network, struct span place)
{
	struct packed *packed = packed_of(c, list->type);
	struct making making = {list->entry, *network};

	making.entry.place = place.begin;
	return packed && put_entry(packed, &making, place.source - 1);
}

bool packed_clear(struct compilation *c, const struct schema_object *type, uint32_t source)
{
	struct packed *packed = packed_of(c, type);
	uint32_t i;

	if (!packed)
		return false;
	for (i = 0; i < packed->count; i++) {
		if (packed_source(packed, i) + 1 != source)
			packed_at(packed, i)->dropped = packed->sweep = true;
	}
	return true;
}

bool packed_destroy(struct compilation *c, const struct schema_object *type, struct str address,
		    struct span span)
{
	struct packed *packed = packed_of(c, type);
	struct making making = {.entry = {.rare = PACKED_NOT_RARE, .destroys = true}};

	if (net_network_parse(address, &making.network) != NET_OK)
		return true; /* it selects nothing */
	making.entry.place = span.begin;
	if (!packed)
		return false;
	packed->sweep = true;
	return put_entry(packed, &making, span.source - 1);
}

/* Family, bytes and prefix: a key of a map. */
static struct str network_key(const struct packed *packed, uint32_t index, char out[18])
{
	struct net_network network;

	packed_network(packed, index, &network);
	memset(out, 0, 18);
	out[0] = (char)network.addr.family;
	memcpy(out + 1, network.addr.b, network.addr.family == 4 ? 4 : 16);
	out[17] = (char)network.prefix;
	return (struct str){out, 18};
}

bool packed_sweep(struct compilation *c, const struct schema_object *type, uint32_t source)
{
	struct packed *packed = packed_of(c, type);
	struct arena keys;
	struct map kept;
	char key[18];
	bool ok = packed != NULL;
	uint32_t i;

	arena_init(&keys, 64 * 1024);
	map_init(&kept, &c->hash_key, NULL);
	for (i = 0; ok && i < packed->count; i++) {
		struct str name;

		if (packed_source(packed, i) + 1 != source || packed_at(packed, i)->destroys)
			continue;
		name = arena_str(&keys, network_key(packed, i, key));
		ok = name.p && map_put(&kept, name, packed);
	}
	for (i = 0; ok && i < packed->count; i++) {
		if (packed_source(packed, i) + 1 != source &&
		    !map_has(&kept, network_key(packed, i, key)))
			packed_at(packed, i)->dropped = packed->sweep = true;
	}
	map_free(&kept);
	arena_free(&keys);
	return ok;
}

struct span packed_span(const struct packed *packed, uint32_t index)
{
	uint32_t number = packed_source(packed, index) + 1, place = packed_at(packed, index)->place;
	struct str text = source_text(sources_get(packed->sources, number));
	uint32_t end = place;
	char quote = '\0';

	if (end < text.n)
		quote = text.p[end];
	if (quote == '"' || quote == '\'') {
		for (end++; end < text.n && text.p[end] != quote; end++)
			;
		end++;
	} else {
		while (end < text.n && text.p[end] &&
		       strchr("0123456789abcdefABCDEF:./", text.p[end]))
			end++;
	}
	return (struct span){number, place, end};
}

struct repeats {
	struct compilation *c;
	struct packed *packed;
	uint32_t swept; /* the entry that was dropped last for an earlier one … */
	uint32_t stays; /* … which this is; what repeats the one repeats the other */
};

static void fold_rare(struct packed *packed, const struct packed_rare *from,
		      struct packed_entry *entry)
{
	struct packed_rare *to = &packed->rare[entry->rare];

	if (from->has_created && !to->has_created) {
		to->has_created = true;
		to->created = from->created;
	}
	if (!to->has_expires && !to->null_expires) {
		to->has_expires = from->has_expires;
		to->null_expires = from->null_expires;
		to->expires = from->expires;
	}
	if (!to->has_note && !to->null_note) {
		to->has_note = from->has_note;
		to->null_note = from->null_note;
		to->note = from->note;
	}
}

/* An upsert keeps what it does not say (validation.md 3.5); the earlier entry goes. */
static void fold_entry(struct packed *packed, struct packed_entry *first,
		       struct packed_entry *again)
{
	if (!again->reason)
		again->reason = first->reason;
	if (again->rare == PACKED_NOT_RARE)
		again->rare = first->rare;
	else if (first->rare != PACKED_NOT_RARE)
		fold_rare(packed, &packed->rare[first->rare], again);
	first->dropped = true;
}

/* Of two entries of which a list has at least one, an object of a source stays, else the first. */
static void drop_listed(struct repeats *r, uint32_t first, uint32_t again)
{
	bool first_goes =
		packed_at(r->packed, first)->listed && !packed_at(r->packed, again)->listed;
	uint32_t gone = first_goes ? first : again, stays = first_goes ? again : first;
	struct net_network network;
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	packed_at(r->packed, gone)->dropped = true;
	r->packed->sweep = true;
	if (gone == again) {
		r->swept = again;
		r->stays = first;
	}
	packed_network(r->packed, gone, &network);
	net_network_format(&network, text);
	diag = diag_add(&r->c->diags, DIAG_LIST_REPEAT, packed_span(r->packed, gone),
			"%s %s is there already", r->packed->type->name, text);
	diag_relate(&r->c->diags, diag, packed_span(r->packed, stays), "and this one counts");
}

/* What the later of two entries of one address does to the earlier one. */
static void settle_repeat(void *ctx, uint32_t first, uint32_t again)
{
	struct repeats *r = ctx;
	struct diags *diags = &r->c->diags;
	struct net_network network;
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	if (r->swept == first)
		first = r->stays;
	if (packed_at(r->packed, first)->dropped || packed_at(r->packed, first)->destroys ||
	    packed_at(r->packed, again)->dropped)
		return;
	if (packed_at(r->packed, again)->destroys) {
		packed_at(r->packed, first)->dropped = true;
		return;
	}
	if ((packed_at(r->packed, first)->listed && !packed_at(r->packed, again)->upsert) ||
	    packed_at(r->packed, again)->listed) {
		drop_listed(r, first, again);
		return;
	}
	if (packed_at(r->packed, again)->upsert) {
		fold_entry(r->packed, packed_at(r->packed, first), packed_at(r->packed, again));
		r->packed->sweep = true;
		return;
	}
	packed_network(r->packed, again, &network);
	net_network_format(&network, text);
	diag = diag_add(diags, DIAG_DUPLICATE_VALUE, packed_span(r->packed, again),
			"%s %s is given twice", r->packed->type->name, text);
	diag_path(diags, diag, "%s/%s/address", r->packed->type->name, text);
	diag_relate(diags, diag, packed_span(r->packed, first), "first given here");
	if (packed_span(r->packed, first).source != packed_span(r->packed, again).source &&
	    source_shapes(r->c, packed_span(r->packed, again).source, SHAPES_OWN) == SHAPES_OWN)
		diag_hint(diags, diag, "with --overlay the later file may change the earlier");
}

/* Without those that were folded into later ones, and in order again. */
static bool sweep(struct packed *packed)
{
	size_t kept = 0, run = 0, i;

	for (i = 0; i < packed->count; i++) {
		/* a run that is swept away altogether starts where the next one does */
		while (run < packed->run_count && packed->runs[run].first == i)
			packed->runs[run++].first = (uint32_t)kept;
		if (!packed_at(packed, i)->dropped && !packed_at(packed, i)->destroys)
			*packed_at(packed, kept++) = *packed_at(packed, i);
	}
	packed->count = kept;
	return packed_order(packed);
}

bool packed_finish(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		struct packed *packed = &c->packed[i];
		struct repeats repeats = {c, packed, UINT32_MAX, UINT32_MAX};

		if (!packed_order(packed))
			return false;
		if (!packed->order)
			continue;
		address_order_repeats(packed->order, settle_repeat, &repeats);
		if (packed->sweep && !sweep(packed))
			return false;
	}
	return !c->arena.failed;
}
