/*
 * Includes: further sources, and plain lists of addresses, that a source in stw's own form asks for
 * with `include` and `include-list` (DESIGN.md section 4). They are noted while the source is read,
 * and read behind it, each with what it includes itself, as if they were named next on the command
 * line.
 */
#ifndef STW_STWC_INCLUDE_H
#define STW_STWC_INCLUDE_H

#include "stwc/dialect.h"

enum list_kind {
	LIST_PLAIN, /* an address, network or range on each line */
	LIST_CIDR,  /* no ranges */
	LIST_RANGE, /* no networks */
	LIST_CSV    /* one column of a table (RFC 4180), in which all three may stand */
};

struct list_form {
	enum list_kind kind;
	size_t column;     /* LIST_CSV: from 1; 0: the one with this name: */
	struct str name;   /* in the first line; empty where column says it */
	bool header;       /* the first line holds names */
	char delimiter;    /* between cells */
	struct node *body; /* a map of the fields that every entry has beside its address */
};

/* One file that a source asks for. */
struct include {
	struct include *next;
	struct str path;  /* as written: relative to the folder of the source */
	struct span span; /* of the path */
	bool overlay;
	const struct schema_object *type; /* of a list's entries; NULL: it is a source */
	struct list_form form;
};

/* Is the top-level key one of the two? No object type is called so. */
bool include_is_key(struct str key);
/* Is it a list for a packed type, [BlockedIp.include-list]? No address is written so. */
bool include_is_list(struct str sub_key);
/* Notes what such an element asks for in file->includes, and reports what is wrong with it. `type`:
 * of the list's entries where the element stands among its objects, else NULL. */
bool include_offer(struct file *file, const struct schema_object *type,
		   const struct reader_element *element) WARN_UNUSED;

/* list.c: every line of a list to an entry; what is wrong with one is reported at its place, and
 * the line left out. False: out of memory. */
bool list_read(struct compilation *c, const struct include *include,
	       const struct source *source) WARN_UNUSED;

#endif
