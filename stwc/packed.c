/*
 * Packed types: BlockedIp and AllowedIp come in millions, so a body goes straight from its
 * nodes to one entry. The common spelling takes the short way; whatever is unusual or wrong is
 * bound like any other object, which makes the diagnostics.
 */
#include <stdlib.h>

#include "grammar/scalar.h"
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
	free(packed->entries);
	free(packed->rare);
	address_order_free(packed->order);
}

/* An entry in the making. */
struct making {
	struct packed_entry entry;
	struct packed_rare rare;
	bool is_rare;
};

static bool network_fits(struct str s, struct net_network *out)
{
	static const uint8_t none[4] = {0};

	return net_network_parse(s, out) == NET_OK && out->prefix >= 8 &&
	       !(out->addr.family == 4 && memcmp(out->addr.b, none, sizeof(none)) == 0);
}

static bool quick_reason(const struct schema_object *type, struct str word, struct making *making)
{
	const struct schema_field *field = schema_field_find(type->structure, STR("reason"));
	const struct schema_enum_member *member;

	if (!field || field->type->kind != TYPE_ENUM)
		return false;
	member = schema_enum_member_find(field->type->members, word);
	if (!member)
		return false;
	making->entry.reason = (uint16_t)(member->number + 1);
	return true;
}

/* The short way for one member of a body; false: not for it. */
static bool quick_field(const struct schema_object *type, const struct node_entry *e,
			struct making *making)
{
	if (e->value->kind != NODE_STRING || !e->value->string.n)
		return false;
	if (str_eq_c(e->key, "address")) {
		making->entry.place = e->value->span.begin;
		return network_fits(e->value->string, &making->entry.network);
	}
	if (str_eq_c(e->key, "reason"))
		return quick_reason(type, e->value->string, making);
	if (!str_eq_c(e->key, "expiresAt"))
		return false;
	making->is_rare = making->rare.has_expires = true;
	return scalar_date_time(e->value->string, &making->rare.expires) == SCALAR_OK;
}

static bool quick(const struct draft *draft, struct making *making)
{
	const struct node_entry *e;

	if (draft->body->kind != NODE_MAP)
		return false;
	for (e = draft->body->map.first; e; e = e->next) {
		if (!quick_field(draft->type, e, making))
			return false;
	}
	return making->entry.network.addr.family != 0;
}

static void take_value(struct compilation *c, const struct value_field *f, struct making *making)
{
	const struct value *value = f->value;
	struct packed_rare *rare = &making->rare;
	bool null = value->kind == VALUE_NULL;

	if (strcmp(f->field->name, "address") == 0) {
		making->entry.network = value->network;
		making->entry.place = value->span.begin;
		return;
	}
	if (value->kind == VALUE_ENUM) {
		making->entry.reason = (uint16_t)(value->member->number + 1);
		return;
	}
	making->is_rare = true;
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
}

/* The long way: false when the body was wrong or memory ran out (the arena knows). */
static bool careful(struct compilation *c, const struct draft *draft, struct making *making)
{
	struct object *object = bind_draft(c, draft);
	size_t i;

	if (!object || object->poisoned)
		return false;
	for (i = 0; i < object->body.count; i++)
		take_value(c, &object->body.fields[i], making);
	return true;
}

bool packed_append(struct compilation *c, const struct draft *draft)
{
	const struct making empty = {
		.entry = {.source = draft->span.source - 1, .rare = PACKED_NOT_RARE}};
	struct packed *packed = packed_of(c, draft->type);
	struct making making = empty;

	if (!packed)
		return false;
	if (!quick(draft, &making)) {
		making = empty;
		if (!careful(c, draft, &making))
			return !c->arena.failed;
	}
	if (making.is_rare) {
		if (!state_grow((void **)&packed->rare, &packed->rare_cap, packed->rare_count,
				sizeof(struct packed_rare)))
			return false;
		making.entry.rare = (uint32_t)packed->rare_count;
		packed->rare[packed->rare_count++] = making.rare;
	}
	if (packed->count >= UINT32_MAX - 1 ||
	    !state_grow((void **)&packed->entries, &packed->cap, packed->count,
			sizeof(struct packed_entry)))
		return false;
	packed->entries[packed->count++] = making.entry;
	return true;
}

static void source_network(const void *ctx, uint32_t index, struct net_network *out)
{
	*out = ((const struct packed *)ctx)->entries[index].network;
}

static void source_entry(const void *ctx, uint32_t index, struct address_entry *out)
{
	const struct packed *packed = ctx;
	const struct packed_entry *entry = &packed->entries[index];

	*out = (struct address_entry){
		.network = entry->network, .source = entry->source, .line = entry->line};
	out->has_reason = entry->reason != 0;
	out->reason = (uint16_t)(entry->reason ? entry->reason - 1 : 0);
	if (entry->rare != PACKED_NOT_RARE) {
		const struct packed_rare *rare = &packed->rare[entry->rare];

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

struct address_source packed_source(const struct packed *packed)
{
	return (struct address_source){source_network, source_entry, packed,
				       (uint32_t)packed->count};
}

/* Place and width of the address as it was written: quoted, or a bare key. */
static struct span entry_span(const struct packed *packed, uint32_t index)
{
	const struct packed_entry *entry = &packed->entries[index];
	struct str text = sources_get(packed->sources, entry->source + 1)->text;
	uint32_t end = entry->place;
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
	return (struct span){entry->source + 1, entry->place, end};
}

struct repeats {
	struct compilation *c;
	const struct packed *packed;
};

static void report_repeat(void *ctx, uint32_t first, uint32_t again)
{
	struct repeats *r = ctx;
	struct diags *diags = &r->c->diags;
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	net_network_format(&r->packed->entries[again].network, text);
	diag = diag_add(diags, DIAG_DUPLICATE_VALUE, entry_span(r->packed, again),
			"%s %s is given twice", r->packed->type->name, text);
	diag_path(diags, diag, "%s/%s/address", r->packed->type->name, text);
	diag_relate(diags, diag, entry_span(r->packed, first), "first given here");
}

/* Places of one source come in ascending order, so the line moves along with them. */
static void find_lines(struct packed *packed)
{
	struct source *source = NULL;
	uint32_t line = 0, next = 0;
	size_t i;

	for (i = 0; i < packed->count; i++) {
		struct packed_entry *entry = &packed->entries[i];
		bool same = source && source->number == entry->source + 1;

		if (!same || entry->place >= next || entry->place < source_line_start(source, line)) {
			source = sources_get(packed->sources, entry->source + 1);
			line = source_line_number(source, entry->place);
			next = source_line_start(source, line + 1);
		}
		entry->line = line;
	}
}

bool packed_finish(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		struct packed *packed = &c->packed[i];
		struct address_source source = packed_source(packed);
		struct repeats repeats = {c, packed};

		find_lines(packed);
		packed->order = address_order_new(&source);
		if (!packed->order)
			return false;
		address_order_repeats(packed->order, report_repeat, &repeats);
	}
	return !c->arena.failed;
}
