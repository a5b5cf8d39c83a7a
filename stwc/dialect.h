/*
 * Dialects: what the elements of a file mean. load.c opens files and feeds elements; a dialect
 * turns each into drafts. Where the last object was packed, an element's nodes vanish after the
 * call and a draft keeps a copy; else they are made where they stay.
 */
#ifndef STW_STWC_DIALECT_H
#define STW_STWC_DIALECT_H

#include "stwc/state.h"

enum dialect {
	DIALECT_OWN,     /* map from object types to objects */
	DIALECT_BODIES,  /* bodies of one type, from --object or the file's name */
	DIALECT_PLAN,    /* operations, one a line or in an array */
	DIALECT_SETTINGS /* the 0.15 settings */
};

struct include;

struct file {
	struct compilation *c;
	struct source *source;
	enum format format;
	enum dialect dialect;
	const struct schema_object *implied; /* DIALECT_BODIES */
	struct node *whole;        /* a root map that is one body or one operation, growing */
	bool empty_body;           /* DIALECT_BODIES: the root map has no entry */
	bool settled;              /* the dialect is known for good */
	bool wrong_root;           /* said once */
	struct settings *settings; /* DIALECT_SETTINGS */
	bool overlay;
	struct include *includes; /* what it asks for, in its order */
	bool passing;             /* the reader leaves it to us where nodes live */
	bool last_packed;         /* the object before was packed, so the next one is likely too */
	bool volatile_nodes;      /* nodes live in scratch: drafts must copy */
};

/* Makes a draft of an object, folds it where it belongs to an earlier one, or packs it. Of the
 * offer, type, client_id (with has_client_id), span, ordinal, body and kind are read. `match`: what
 * an upsert finds its object by, else NULL. */
bool file_object(struct file *file, const struct draft *offer,
		 const struct match *match) WARN_UNUSED;
/* The object type of that name, or NULL after a diagnostic that suggests one. */
const struct schema_object *file_type(struct file *file, struct str name, struct span span);

bool dialect_own(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_bodies(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_bodies_end(struct file *file) WARN_UNUSED;
/* One operation as a map; it must outlive the file's reading. */
bool dialect_operation(struct file *file, struct node *operation) WARN_UNUSED;
/* jmap.c: the method calls of a JMAP request body. */
bool dialect_request(struct file *file, struct node *calls) WARN_UNUSED;
bool dialect_plan(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_plan_end(struct file *file) WARN_UNUSED;
/* Is the key a member of an operation? No object type is called so. */
bool dialect_is_operation(struct str key);
/* Adds an entry of the root map to file->whole. */
bool file_collect(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_settings(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_settings_end(struct file *file) WARN_UNUSED;
/* True where the text's first key or table header looks like the 0.15 settings, not stw's form. */
bool dialect_is_settings(const struct schema *schema, struct str text);
/* True where a key of the 0.15 settings begins with an object type: two dialects in one file. */
bool dialect_is_own_key(const struct schema *schema, struct str key);

#endif
