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
	c->packed[c->packed_count] = (struct packed){.type = type};
	return &c->packed[c->packed_count++];
}

static bool network_fits(struct str s, struct net_network *out)
{
	static const uint8_t none[4] = {0};

	return net_network_parse(s, out) == NET_OK && out->prefix >= 8 &&
	       !(out->addr.family == 4 && memcmp(out->addr.b, none, sizeof(none)) == 0);
}

/* The short way for one member of a body; false: not for it. */
static bool quick_field(const struct schema_object *type, const struct node_entry *e,
			struct address_entry *entry)
{
	const struct schema_field *field;
	const struct schema_enum_member *member;

	if (e->value->kind != NODE_STRING || !e->value->string.n)
		return false;
	if (str_eq_c(e->key, "address"))
		return network_fits(e->value->string, &entry->network);
	if (str_eq_c(e->key, "expiresAt")) {
		entry->has_expires = true;
		return scalar_date_time(e->value->string, &entry->expires) == SCALAR_OK;
	}
	if (!str_eq_c(e->key, "reason"))
		return false;
	field = schema_field_find(type->structure, e->key);
	if (!field || field->type->kind != TYPE_ENUM)
		return false;
	member = schema_enum_member_find(field->type->members, e->value->string);
	if (!member)
		return false;
	entry->has_reason = true;
	entry->reason = member->number;
	return true;
}

static bool quick(const struct draft *draft, struct address_entry *entry)
{
	const struct node_entry *e;
	bool address = false;

	if (draft->body->kind != NODE_MAP)
		return false;
	for (e = draft->body->map.first; e; e = e->next) {
		if (!quick_field(draft->type, e, entry))
			return false;
		if (str_eq_c(e->key, "address")) {
			address = true;
			entry->place = e->value->span.begin;
		}
	}
	return address;
}

static void take_value(struct compilation *c, const struct value_field *f,
		       struct address_entry *entry)
{
	const struct value *value = f->value;
	bool null = value->kind == VALUE_NULL;

	if (strcmp(f->field->name, "address") == 0) {
		entry->network = value->network;
		entry->place = value->span.begin;
	} else if (strcmp(f->field->name, "expiresAt") == 0) {
		entry->has_expires = !null;
		entry->null_expires = null;
		entry->expires = null ? 0 : value->seconds;
	} else if (strcmp(f->field->name, "createdAt") == 0) {
		entry->has_created = true;
		entry->created = value->seconds;
	} else if (value->kind == VALUE_ENUM) {
		entry->has_reason = true;
		entry->reason = value->member->number;
	} else {
		entry->has_note = !null;
		entry->null_note = null;
		/* the node may be scratch */
		entry->note = null ? STR_NONE : arena_str(&c->arena, value->string);
	}
}

/* The long way: false when the body was wrong or memory ran out (the arena knows). */
static bool careful(struct compilation *c, const struct draft *draft, struct address_entry *entry)
{
	struct object *object = bind_draft(c, draft);
	size_t i;

	if (!object || object->poisoned)
		return false;
	for (i = 0; i < object->body.count; i++)
		take_value(c, &object->body.fields[i], entry);
	return true;
}

bool packed_append(struct compilation *c, const struct draft *draft)
{
	struct packed *packed = packed_of(c, draft->type);
	struct address_entry entry = {.source = draft->span.source - 1};

	if (!packed)
		return false;
	if (!quick(draft, &entry)) {
		entry = (struct address_entry){.source = draft->span.source - 1};
		if (!careful(c, draft, &entry))
			return !c->arena.failed;
	}
	if (!state_grow((void **)&packed->entries, &packed->cap, packed->count,
			sizeof(struct address_entry)))
		return false;
	packed->entries[packed->count++] = entry;
	return true;
}

/* Place and width of the address as it was written: quoted, or a bare key. */
static struct span entry_span(const struct compilation *c, const struct address_entry *entry)
{
	struct str text = sources_get(&c->sources, entry->source + 1)->text;
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

static void report_repeat(struct compilation *c, const struct packed *packed,
			  const struct address_entry *first, const struct address_entry *again)
{
	char text[NET_TEXT_SIZE];
	struct diag *diag;

	net_network_format(&again->network, text);
	diag = diag_add(&c->diags, DIAG_DUPLICATE_VALUE, entry_span(c, again),
			"%s %s is given twice", packed->type->name, text);
	diag_path(&c->diags, diag, "%s/%s/address", packed->type->name, text);
	diag_relate(&c->diags, diag, entry_span(c, first), "first given here");
}

static bool same_network(const struct address_entry *a, const struct address_entry *b)
{
	return a->network.prefix == b->network.prefix &&
	       net_addr_eq(&a->network.addr, &b->network.addr);
}

bool packed_finish(struct compilation *c)
{
	size_t i, j;

	for (i = 0; i < c->packed_count; i++) {
		struct packed *packed = &c->packed[i];

		for (j = 0; j < packed->count; j++) {
			struct address_entry *entry = &packed->entries[j];

			entry->line = source_line_number(
				sources_get(&c->sources, entry->source + 1), entry->place);
		}
		if (!packed_sort(packed->entries, packed->count))
			return false;
		for (j = 1; j < packed->count; j++) {
			if (same_network(&packed->entries[j - 1], &packed->entries[j]))
				report_repeat(c, packed, &packed->entries[j - 1],
					      &packed->entries[j]);
		}
	}
	return !c->arena.failed;
}
