/*
 * The one form that every reader gives and every later pass takes: a tree of values,
 * each with the bytes it came from. Children are linked lists, so that a reader can
 * append while it reads; a map of many entries gets an index on first look-up.
 */
#ifndef STW_CORE_NODE_H
#define STW_CORE_NODE_H

#include "base/map.h"
#include "core/source.h"

enum node_kind {
	NODE_POISON, /* an error was reported here; later passes stay silent about it */
	NODE_NULL,
	NODE_BOOL,
	NODE_INT,
	NODE_FLOAT,
	NODE_STRING,
	NODE_LIST,
	NODE_MAP
};

/* How a value was written, where that matters to a later pass. */
enum node_style {
	NODE_STYLE_PLAIN,
	NODE_STYLE_DATE_TIME,       /* TOML offset date-time, RFC 3339 text in .string */
	NODE_STYLE_LOCAL_DATE_TIME, /* TOML date-time without offset */
	NODE_STYLE_LOCAL_DATE,
	NODE_STYLE_LOCAL_TIME,
	NODE_STYLE_BARE /* an unquoted word (0.15 settings), typed by the consumer */
};

struct node_entry {
	struct node_entry *next;
	struct str key;
	struct span key_span;
	struct node *value;
};

/* A scalar's memory ends behind .string: no node is copied as a struct (node_shallow). */
struct node {
	uint8_t kind;  /* enum node_kind */
	uint8_t style; /* enum node_style */
	bool negative; /* NODE_INT: the number is -magnitude */
	bool frozen;   /* TOML inline table or static array: no later header may extend it */
	struct span span;
	struct node *next; /* next member of the list that holds this node */
	union {
		bool boolean;
		uint64_t magnitude; /* NODE_INT: absolute value; -2^63 .. 2^64-1 */
		double number;      /* NODE_FLOAT */
		struct str string;  /* NODE_STRING, decoded */
		struct {
			struct node *first, *last;
			size_t count;
		} list;
		struct {
			struct node_entry *first, *last;
			size_t count;
			struct map *index; /* NULL until the map is large */
		} map;
	};
};

/* Nine nodes of ten are scalars, and the nodes are most of what a large file takes. */
static inline size_t node_size(enum node_kind kind)
{
	return kind == NODE_LIST || kind == NODE_MAP
		       ? sizeof(struct node)
		       : offsetof(struct node, string) + sizeof(struct str);
}

/* All constructors: NULL when out of memory. Strings are kept, not copied. */
static inline WARN_UNUSED struct node *node_new(struct arena *arena, enum node_kind kind,
						struct span span)
{
	struct node *node = arena_alloc(arena, node_size(kind), _Alignof(struct node));

	if (!node)
		return NULL;
	memset(node, 0, node_size(kind));
	node->kind = (uint8_t)kind;
	node->span = span;
	return node;
}
struct node *node_string(struct arena *arena, struct str s, struct span span) WARN_UNUSED;
/* The same value and place, in no list; what it holds is shared. NULL: out of memory. */
struct node *node_shallow(struct arena *arena, const struct node *node) WARN_UNUSED;
void node_list_append(struct node *list, struct node *member);
/* Appends without looking for a duplicate. False: out of memory. */
bool node_map_append(struct arena *arena, const struct hash_key *key, struct node *map,
		     struct str name, struct span name_span, struct node *value) WARN_UNUSED;
/* A copy without the entry of that name, which shares the values; NULL: out of memory. */
struct node *node_map_without(struct arena *arena, const struct hash_key *key,
			      const struct node *map, struct str name) WARN_UNUSED;
/* The entry of that name, or NULL; of a node that is no map, too. */
struct node_entry *node_map_find(const struct node *map, struct str name);
static inline struct node *node_map_get(const struct node *map, struct str name)
{
	struct node_entry *e = node_map_find(map, name);

	return e ? e->value : NULL;
}
/* The same value, whatever its place; the entries of a map in the same order. */
bool node_same(const struct node *a, const struct node *b);
/* "a string", "a list" … with article, for messages. */
const char *node_kind_name(const struct node *node);
/* Integer views; false when the node is no integer or does not fit. */
bool node_as_i64(const struct node *node, int64_t *out);
bool node_as_u64(const struct node *node, uint64_t *out);

#endif
