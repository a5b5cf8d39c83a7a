/* What differs between two configurations, by meaning. */
#ifndef STW_STWC_VIEW_DIFF_H
#define STW_STWC_VIEW_DIFF_H

#include "stwc/view.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/* One object that came or went, or one value that changed. */
struct diff_change {
	enum diff_kind kind;
	const struct schema_object *type;
	struct str name;               /* of the object; empty: a singleton */
	struct str path;               /* of the value inside it, "rate/count"; empty: the object */
	const struct value *old, *new; /* NULL: there is none */
	enum reload_class reload;
};

/* An object that both have and that differs, or that one of them has. */
struct diff_object {
	struct object *old, *new; /* NULL: not there; a singleton then has its defaults */
	size_t first, count;      /* its changes */
	bool anew;                /* the change is one that only a new object can make */
};

struct diff_entry {
	enum diff_kind kind;
	const struct schema_object *type;
	struct address_entry old, new;
	struct net_network network;
};

struct diff {
	struct view *old, *new; /* both loaded whole */
	struct arena arena;
	struct diff_change *changes;
	size_t count, cap;
	struct diff_object *objects;
	size_t object_count, object_cap;
	struct diff_entry *entries; /* of address tables */
	size_t entry_count, entry_cap;
	bool failed;
};

/* Compares. What one side leaves to its default is the same as the default written out; sets and
 * maps have no order; references are the same when their objects are. False: out of memory, or an
 * image is damaged, as the view says. diff_free in every case. */
bool diff_make(struct diff *diff, struct view *old, struct view *new) WARN_UNUSED;
void diff_free(struct diff *diff);
/* A name, or a path, for people: on one line, whatever is in it. */
void diff_put_name(struct buf *out, struct str name);
const char *diff_reload_word(enum reload_class reload);
/* The value of a field, explicit or by default; NULL: it has none. `fallback`: the default of the
 * field that holds the object, or NULL. */
const struct value *diff_value(struct view *view, const struct value_object *object,
			       const struct value_object *fallback, const char *name);
/* The object behind a value where its fields merge with it, else NULL. */
const struct value_object *diff_single(const struct value *value);
/* Are they the same to a server? */
bool diff_same(struct diff *diff, const struct value *old, const struct value *new);

/* One plan, or the two that it takes where objects that go refer to each other. */
enum diff_part { DIFF_WHOLE, DIFF_FIRST, DIFF_SECOND };

/* view_patch.c: a plan that makes the old one the new one. False: it cannot be said, as
 * new->fault says. */
bool diff_plan(struct diff *diff, enum diff_part part, bool reveal, struct buf *out) WARN_UNUSED;

#endif
