/*
 * Which table a header or a dotted key means, and whether it may still be defined there.
 *
 * TOML's rule is "once, and by one means": [a.b] defines b; a dotted key defines its tables
 * for the header (or inline table) it stands under, the scope; [[a]] adds an element; what
 * stands in braces or in a static array is finished where it closes (node.frozen).
 */
#include "grammar/toml.h"

struct toml_table *toml_table_new(struct reader *r, enum toml_how how, uint32_t depth,
				  struct span span)
{
	struct toml_table *table = ARENA_NEW(r->nodes, struct toml_table);

	if (!table) {
		r->failed = true;
		return NULL;
	}
	table->node.kind = NODE_MAP;
	table->node.span = span;
	table->how = how;
	table->depth = depth;
	table->defined = span;
	return table;
}

static struct toml_table *as_table(struct node *node)
{
	return (struct toml_table *)node;
}

static bool add(struct reader *r, struct toml_table *table, const struct toml_part *part,
		struct node *value)
{
	if (node_map_append(r->nodes, r->key, &table->node, part->name, part->span, value))
		return true;
	r->failed = true;
	return false;
}

static bool too_deep(struct reader *r, uint32_t depth, struct span span)
{
	if (depth <= READER_DEPTH_LIMIT)
		return false;
	reader_error(r, DIAG_NESTING, span.begin, span.end,
		     "tables are nested more than %d levels deep", READER_DEPTH_LIMIT);
	return true;
}

static struct toml_table *add_table(struct reader *r, struct toml_table *parent,
				    const struct toml_part *part, enum toml_how how)
{
	struct toml_table *table;

	if (too_deep(r, parent->depth + 1, part->span))
		return NULL;
	table = toml_table_new(r, how, parent->depth + 1, part->span);
	return table && add(r, parent, part, &table->node) ? table : NULL;
}

/* "'a' is already a string": the key stands for something that cannot be entered or redone. */
static struct toml_table *conflict(struct reader *r, const struct toml_part *part,
				   const struct node_entry *entry, const char *is)
{
	struct span first = entry->key_span;
	struct diag *d;

	if (entry->value->kind == NODE_MAP && !entry->value->frozen)
		first = as_table(entry->value)->defined;
	d = reader_error(r, DIAG_DUPLICATE_KEY, part->span.begin, part->span.end, "'%.*s' %s",
			 STR_ARG(part->name), is);
	diag_relate(r->diags, d, first, "first given here");
	r->incomplete = true;
	return NULL;
}

static struct toml_table *conflict_kind(struct reader *r, const struct toml_part *part,
					const struct node_entry *entry)
{
	switch ((enum node_kind)entry->value->kind) {
	case NODE_POISON: r->incomplete = true; return NULL;
	case NODE_MAP: return conflict(r, part, entry, "is an inline table, which is closed");
	case NODE_LIST:
		return conflict(r, part, entry,
				entry->value->frozen ? "is already a list"
						     : "is already a list of tables");
	case NODE_STRING: return conflict(r, part, entry, "is already a string");
	case NODE_NULL:
	case NODE_BOOL:
	case NODE_INT:
	case NODE_FLOAT: break;
	}
	return conflict(r, part, entry, "is already a value");
}

/* One step on the way of a header: through any open table, or the newest of a list of them. */
static struct toml_table *pass(struct reader *r, struct toml_table *table,
			       const struct toml_part *part)
{
	struct node_entry *entry = node_map_find(&table->node, part->name);

	if (!entry)
		return add_table(r, table, part, TOML_IMPLICIT);
	if (!entry->value->frozen && entry->value->kind == NODE_MAP)
		return as_table(entry->value);
	if (!entry->value->frozen && entry->value->kind == NODE_LIST)
		return as_table(entry->value->list.last);
	return conflict_kind(r, part, entry);
}

static struct toml_table *open_table(struct reader *r, struct toml_table *parent,
				     const struct toml_part *part)
{
	struct node_entry *entry = node_map_find(&parent->node, part->name);
	struct toml_table *table;

	if (!entry)
		return add_table(r, parent, part, TOML_HEADER);
	if (entry->value->kind != NODE_MAP || entry->value->frozen)
		return conflict_kind(r, part, entry);
	table = as_table(entry->value);
	switch (table->how) {
	case TOML_IMPLICIT:
		table->how = TOML_HEADER;
		table->defined = part->span;
		table->node.span = part->span;
		return table;
	case TOML_HEADER:
		/* reported, and read on as if there were one: more is found in one run */
		conflict(r, part, entry, "is defined a second time");
		table->again = part->span.begin;
		return table;
	case TOML_DOTTED: break;
	}
	return conflict(r, part, entry, "is already defined by a dotted key");
}

static struct toml_table *open_element(struct reader *r, struct toml_table *parent,
				       const struct toml_part *part)
{
	struct node_entry *entry = node_map_find(&parent->node, part->name);
	struct toml_table *table;
	struct node *list;

	if (too_deep(r, parent->depth + 2, part->span))
		return NULL;
	if (entry && entry->value->kind == NODE_MAP && !entry->value->frozen)
		return conflict(r, part, entry, "is already a table");
	if (entry && (entry->value->kind != NODE_LIST || entry->value->frozen))
		return conflict_kind(r, part, entry);
	list = entry ? entry->value : node_new(r->nodes, NODE_LIST, part->span);
	table = toml_table_new(r, TOML_HEADER, parent->depth + 2, part->span);
	if (!table || !list) {
		r->failed = true;
		return NULL;
	}
	node_list_append(list, &table->node);
	return entry || add(r, parent, part, list) ? table : NULL;
}

struct toml_table *toml_open(struct reader *r, struct toml_table *root,
			     const struct toml_path *path, bool element)
{
	const struct toml_part *last = &path->parts[path->count - 1];
	struct toml_table *table = root;

	for (const struct toml_part *part = path->parts; part < last && table; part++)
		table = pass(r, table, part);
	if (!table)
		return NULL;
	return element ? open_element(r, table, last) : open_table(r, table, last);
}

/* One step of a dotted key: through tables that this scope itself has made. */
static struct toml_table *step(struct reader *r, struct toml_table *table,
			       const struct toml_part *part, uint32_t scope)
{
	struct node_entry *entry = node_map_find(&table->node, part->name);
	struct toml_table *next;

	if (!entry) {
		next = add_table(r, table, part, TOML_DOTTED);
		if (next)
			next->scope = scope;
		return next;
	}
	if (entry->value->kind != NODE_MAP || entry->value->frozen)
		return conflict_kind(r, part, entry);
	next = as_table(entry->value);
	switch (next->how) {
	case TOML_IMPLICIT:
		next->how = TOML_DOTTED;
		next->scope = scope;
		next->defined = part->span;
		return next;
	case TOML_DOTTED:
		if (next->scope == scope)
			return next;
		break;
	case TOML_HEADER: break;
	}
	return conflict(r, part, entry, "is defined elsewhere; a dotted key cannot add to it");
}

struct toml_table *toml_descend(struct reader *r, struct toml_table *table,
				const struct toml_path *path, uint32_t scope)
{
	for (size_t i = 0; i + 1 < path->count && table; i++)
		table = step(r, table, &path->parts[i], scope);
	return table;
}

void toml_assign(struct reader *r, struct toml_table *table, const struct toml_part *part,
		 struct node *value)
{
	struct node_entry *entry = node_map_find(&table->node, part->name);

	if (entry && entry->key_span.begin < table->again)
		return; /* that is what the second header was reported for */
	if (entry)
		reader_duplicate(r, part->name, part->span,
				 entry->value->kind == NODE_MAP && !entry->value->frozen
					 ? as_table(entry->value)->defined
					 : entry->key_span);
	else if (!add(r, table, part, value))
		r->failed = true;
}
