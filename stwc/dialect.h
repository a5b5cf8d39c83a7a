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

struct plan_sweep;
struct packed_names;

/* An operation of a plan, taken apart. */
enum verb { VERB_CREATE, VERB_UPSERT, VERB_UPDATE, VERB_RECONCILE, VERB_DESTROY };

struct operation {
	struct node *node;
	struct node *verb_node, *object, *value, *id, *match_on, *scope; /* NULL: not there */
	struct span id_key, match_on_key, scope_key;
	bool match_on_given; /* though it may be null */
	enum verb verb;
	const struct schema_object *type;
};

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
	struct include *includes;               /* what it asks for, in its order */
	bool passing;                           /* the reader leaves it to us where nodes live */
	struct str split_key;                   /* of the type whose objects come one by one … */
	const struct schema_object *split_type; /* … and that type, or NULL */
	bool last_packed;      /* the object before was packed, so the next one is likely too */
	bool volatile_nodes;   /* nodes live in scratch: drafts must copy */
	struct span operation; /* plans: the one at work */
	struct node *destroys; /* plans: those of a text that comes in parts */
	struct packed_names
		*packed_names;     /* plans: client keys of addresses, once an update asks */
	struct plan_sweep *sweeps; /* plans: what reconciles take away at the end */
	struct plan_late *late;    /* plans: updates of what no operation before has made */
};

/* Makes a draft of an object, folds it where it belongs to an earlier one, or packs it. Of the
 * offer, type, client_id (with has_client_id), span, ordinal, body and kind are read; the rest of
 * it is filled in, and body and client_id may be replaced by copies. `match`: what an upsert finds
 * its object by, else NULL. */
bool file_object(struct file *file, struct draft *offer, const struct match *match) WARN_UNUSED;
/* The object type of that name, or NULL after a diagnostic that suggests one. */
const struct schema_object *file_type(struct file *file, struct str name, struct span span);

bool dialect_own(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_bodies(struct file *file, const struct reader_element *element) WARN_UNUSED;
bool dialect_bodies_end(struct file *file) WARN_UNUSED;
/* plan_destroy.c: the destroys of the whole file, before anything else of it. */
bool plan_destroys(struct file *file) WARN_UNUSED;
/* A destroy where it stands: done already, but in a text that comes in parts, of which only the
 * end shows all destroys. There an object that the plan has touched before is no longer new to it.
 */
bool plan_destroy_later(struct file *file, struct node *operation) WARN_UNUSED;
bool plan_destroy_rest(struct file *file) WARN_UNUSED;
/* plan.c: a diagnostic of the code plan-line. */
struct diag *plan_error(struct file *file, struct span span, const char *text);
/* plan_allowed.c: does the management interface take such an operation of the type at all
 * (validation.md 4.3 and section 7)? Says so where it does not, and where the type is a running
 * server's, at `span`. False after an error. */
bool plan_allows_verb(struct file *file, const struct schema_object *type, enum verb verb,
		      struct span span);
/* The same of one object that an operation makes, which may be a variant that no client makes. */
bool plan_allows_body(struct file *file, const struct schema_object *type, const struct node *body);
/* plan_names.c: an update of a name that nothing before it has given; the end of the plan tells
 * whether something after it does. False: out of memory. */
bool plan_late_add(struct file *file, const struct schema_object *type, struct str name,
		   struct span span) WARN_UNUSED;
void plan_late_report(struct file *file);

/* plan_update.c: lays the patch over what the plan shows of the object, and checks what it does not
 * show. False: out of memory. */
bool plan_update(struct file *file, const struct operation *op) WARN_UNUSED;
/* plan_packed.c: an update of an address by its client key. */
bool plan_update_packed(struct file *file, const struct operation *op, struct str id) WARN_UNUSED;
/* One destroy as an operation, from plan_destroys. */
bool dialect_destroy(struct file *file, struct node *operation) WARN_UNUSED;
/* Takes away what the filter (NULL: everything) selects of what is there. */
bool plan_destroy(struct file *file, const struct schema_object *type, const struct node *filter,
		  struct span span) WARN_UNUSED;
/* One object that the same request has made. */
bool plan_destroy_one(struct file *file, struct draft *draft, struct span span) WARN_UNUSED;
/* At the end of the file, what is in the scope and not in the plan goes. */
bool plan_sweep_later(struct file *file, const struct schema_object *type, struct node *scope,
		      struct span span) WARN_UNUSED;
bool plan_sweep(struct file *file) WARN_UNUSED;
/* False after a diagnostic. */
bool plan_scope_fits(struct file *file, const struct schema_object *type, const struct node *scope);
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
