/*
 * What the passes share with each other and nobody else. A draft is an object between
 * reading and binding: its nodes, folded as later files and plan lines add to it.
 */
#ifndef STW_STWC_STATE_H
#define STW_STWC_STATE_H

#include "base/buf.h"
#include "stwc/compile.h"

enum draft_kind {
	DRAFT_OWN,    /* stw's own form, bare bodies, the 0.15 settings */
	DRAFT_CREATE, /* plan */
	DRAFT_UPSERT, /* plan; serverSet fields are notes */
	DRAFT_PATCH   /* update of an object that the configuration does not show */
};

struct draft {
	const struct schema_object *type;
	bool has_client_id;
	struct str client_id;
	struct span span;  /* the client id, the key of a singleton, or the body */
	size_t ordinal;    /* in its list, where it has no client id */
	struct node *body; /* in the compilation arena, or in a reader that stays open */
	enum draft_kind kind;
	enum shapes shapes;
	bool target_strict; /* plans and API bodies: what the target version lacks is an error */
	bool check_only;    /* not part of the configuration: bound for its mistakes alone */
	bool dropped;       /* folded into another draft, or expanded */
};

struct compile_text {
	struct buf bytes;
	struct reader *reader; /* TOML, YAML, settings: nodes live in it; else NULL */
};

struct compile_state {
	struct compile_text *texts;
	size_t text_count, text_cap;
	struct draft *drafts;
	size_t draft_count, draft_cap;
	struct map draft_index;   /* "Type\0client id" to draft number + 1 */
	struct map object_names;  /* "Type\0name" to struct object *: client ids and identities */
	struct map defaults_memo; /* by name of structure: bound defaults */
	size_t elements;          /* top-level things that were read */
};

/* A growing array in malloc memory: makes room for one more. False: out of memory. */
bool state_grow(void **array, size_t *cap, size_t count, size_t size) WARN_UNUSED;

/* load.c: reads every input and hands its elements to the dialects. */
bool load_inputs(struct compilation *c, const struct input *inputs, size_t count) WARN_UNUSED;

/* draft.c */
struct draft *draft_add(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* The live draft of that client id (empty: the singleton), or NULL. */
struct draft *draft_find(struct compilation *c, const struct schema_object *type,
			 struct str client_id);
/* A node tree copied into the compilation arena; NULL: out of memory. */
struct node *draft_keep(struct compilation *c, const struct node *node,
			const struct source *source) WARN_UNUSED;

/* fold.c: merges patch into body by the server's update rules (validation.md 3.2). Keys may be JSON
 * pointers. Reports what cannot be applied. The result shares nodes with both. */
struct node *fold_merge(struct compilation *c, const struct schema_structure *structure,
			struct node *body, struct node *patch, bool immutable_matters);

/* bind.c: the draft's values into a new object; NULL: out of memory. */
struct object *bind_draft(struct compilation *c, const struct draft *draft);
/* Binds a body that is no object of its own, such as a default; diagnostics go to c->diags. */
bool bind_structure(struct compilation *c, const struct schema_structure *structure,
		    struct node *node, struct value_object *out) WARN_UNUSED;

/* packed.c: an entry of a packed type straight to its columns. */
bool packed_append(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* Orders the entries and refuses repeats once everything is read. */
bool packed_finish(struct compilation *c) WARN_UNUSED;

/* mask.c: marks what may be a secret in the sources that have diagnostics. */
void mask_suspects(struct compilation *c);

/* resolve.c: identities, ids, unique keys, references. */
bool resolve_objects(struct compilation *c) WARN_UNUSED;

/* bootstrap.c: the objects that a lone Bootstrap stands for. */
bool bootstrap_expand(struct compilation *c) WARN_UNUSED;

/* True when the structure or variant exists in the target version; else reports (error where
 * strict or an explicit target says so, else a deprecation warning). */
bool target_allows(struct compilation *c, bool strict, const char *what, struct str name,
		   const char *since, const char *until, struct span span);

#endif
