/*
 * What the passes share with each other and nobody else. A draft is an object between
 * reading and binding: its nodes, folded as later files and plan lines add to it.
 */
#ifndef STW_STWC_STATE_H
#define STW_STWC_STATE_H

#include <sys/types.h>

#include "base/buf.h"
#include "stwc/compile.h"
#include "stwc/expression.h"

struct path;

enum draft_kind {
	DRAFT_OWN,    /* stw's own form, bare bodies, the 0.15 settings */
	DRAFT_CREATE, /* plan */
	DRAFT_UPSERT, /* plan; serverSet fields are notes */
	DRAFT_PATCH   /* update of an object that the configuration does not show */
};

/* What an upsert finds its object by: fields that are alike (validation.md 3.5). */
struct match {
	const struct str *fields;
	size_t count;
};

struct draft {
	const struct schema_object *type;
	bool has_client_id;
	enum draft_kind kind;
	struct str client_id;
	struct span span; /* the client id, the key of a singleton, or the body */
	enum shapes shapes;
	size_t ordinal;        /* in its list, where it has no client id */
	struct node *body;     /* poison where it was hidden by an error: the object exists all the
				* same; NULL once it is bound */
	struct object *object; /* once bound */
	bool target_strict;    /* plans and API bodies: what the target version lacks is an error */
	bool rest_elsewhere; /* a plan updates what a server has: it may say less than all of it */
	bool adds;           /* packed types: to an entry of the same address */
	bool check_only;     /* not part of the configuration: bound for its mistakes alone */
	bool dropped;        /* folded into another draft, expanded, or destroyed */
	uint32_t touched;    /* the last plan, by source, that made or changed it; 0: none … */
	uint32_t touched_at; /* … and where its operation begins */
};

/* A client key of a plan, at the operation that gives it. A server knows names without types,
 * those of one plan alone, and the latest of two that are the same. */
struct plan_name {
	struct plan_name *earlier; /* of the same name, in this plan or another */
	const struct schema_object *type;
	struct span operation;
	struct span key;
	size_t draft; /* number */
};

/* A reference from one object of an operation to another of the same. */
struct sibling {
	size_t from, to; /* numbers of drafts */
	const struct value *value;
};

/* One per source: texts[i] is source i + 1. */
struct compile_text {
	struct buf bytes;      /* the whole text, or … */
	struct stream *stream; /* … what it passes through; NULL: bytes has it */
	struct reader *reader; /* keys may live in it */
	enum shapes shapes;    /* what its nodes are held against */
	bool keeps;            /* something points into the text */
	enum format format;    /* of its string literals */
	bool incomplete;       /* a syntax error hid a part of it */
	bool plan;             /* a plan or a request: its names are its own */
	dev_t device;          /* of the file, to know it again; 0 and 0: unknown */
	ino_t inode;
	bool included; /* by another source, at this place: */
	struct span asked_for;
};

/* The drafts of one type by the values of some fields; brought up to date when it is asked. */
struct match_index {
	struct match match;
	struct map drafts; /* joined values to draft number + 1 */
	size_t seen;       /* drafts below this number are in it */
};

/* What is known of one object type. */
struct type_state {
	struct map drafts;           /* client id (empty: the singleton) to draft number + 1 */
	struct map matches;          /* joined field names to struct match_index * */
	struct map names;            /* client ids and identities to struct object * */
	size_t objects;              /* bound ones … */
	struct object *first, *last; /* … in a chain */
	size_t nameless;             /* of these, known by their place alone */
	bool taken; /* a plan takes away all that it does not make, a server's own too */
};

struct settings;

/* Where the fields of a structure were found the last time: bodies of one type tend to give them in
 * one order. */
struct field_hint {
	uint16_t places[12]; /* in the structure's fields, by position in the body */
};

/* check/expression.c makes them */
struct compiled_expression {
	const struct object *object; /* NULL: a default */
	uint16_t structure, field;
	struct str program;
};

struct compile_state {
	struct compile_text *texts;
	size_t text_count, text_cap;
	struct draft *drafts;
	size_t draft_count, draft_cap;
	struct type_state *types; /* by place of the type in the schema */
	struct object **asides;   /* bound for their mistakes alone; not part of the result */
	size_t aside_count, aside_cap;
	struct field_hint *hints;  /* by place of the structure in the schema */
	struct settings *settings; /* 0.15 files, the last one first */
	struct map defaults_memo;  /* by name of structure: bound defaults */
	struct map plan_names;     /* name to the latest struct plan_name * */
	struct sibling *siblings;  /* references between objects of one operation */
	size_t sibling_count, sibling_cap;
	bool operations; /* a plan has said something, if only to destroy */
	struct compiled_expression
		*expressions; /* programs of explicit values, as emit wants them */
	size_t expression_count, expression_cap;
	struct expression_names names; /* of expressions; with the first of them */
	struct regex_cache *regexes;   /* of the patterns in them; NULL: none yet */
	struct map expression_memo;    /* what they say to struct str *, the program of it */
};

/* Compiles the expression of a default or of a value that has been checked; .p NULL: there is none
 * (no else), or no memory, which the arena says. */
struct str expression_program(struct compilation *c, const struct value_object *expression);

static inline struct type_state *type_state(const struct compilation *c,
					    const struct schema_object *type)
{
	return &c->state->types[type - c->schema->objects];
}

/* What a node of that source is held against; `otherwise` where it has no source. */
static inline enum shapes source_shapes(const struct compilation *c, uint32_t source,
					enum shapes otherwise)
{
	return source && source <= c->state->text_count ? c->state->texts[source - 1].shapes
							: otherwise;
}

/* A growing array in malloc memory: makes room for one more. False: out of memory. */
bool state_grow(void **array, size_t *cap, size_t count, size_t size) WARN_UNUSED;

/* load.c: reads every input and hands its elements to the dialects. */
bool load_inputs(struct compilation *c, const struct input *inputs, size_t count) WARN_UNUSED;
/* Reports the inputs that were changed after they were read, when a diagnostic wanted to show them.
 */
void load_report_lost(struct compilation *c);

/* draft.c */
struct draft *draft_add(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* The live draft of that client id (empty: the singleton), or NULL. */
struct draft *draft_find(const struct compilation *c, const struct schema_object *type,
			 struct str client_id);
/* A client id stands for the key that the body leaves out, in stw's own form (DESIGN.md 4). */
bool draft_fill_key(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* Another client id of a draft. False: out of memory. */
bool draft_alias(struct compilation *c, const struct draft *draft,
		 struct str client_id) WARN_UNUSED;
/* A field of a body that may be a union's; NULL: there is none of that name. */
const struct schema_field *draft_field(const struct schema_structure *structure,
				       const struct node *body, struct str name);

/* The draft that the name stands for in that source: in a plan its own, else as draft_find. */
struct draft *draft_named(const struct compilation *c, const struct schema_object *type,
			  struct str name, uint32_t source);
/* Drafts of the type were dropped: no name leads to them any more. */
void drafts_dropped(const struct compilation *c, const struct schema_object *type);

/* plan_names.c: names of plans */
bool plan_name_add(struct compilation *c, struct str name,
		   const struct plan_name *what) WARN_UNUSED;
/* The latest of that name in the source, at or before an offset; NULL: none. */
const struct plan_name *plan_name_at(const struct compilation *c, struct str name, uint32_t source,
				     uint32_t offset);
/* Is a reference in a plan one that a server resolves? Reports where not. `key`: it is the member
 * of a set or the key of a map. *out: the object, or NULL where the plan does not make one of that
 * name. False: reported. */
bool plan_reference(struct compilation *c, const struct object *object, const struct value *value,
		    const struct schema_object *target, const struct path *path, bool key,
		    struct object **out);
/* Objects of one operation that refer to each other in a circle, which no server can sort. */
bool plan_circles(struct compilation *c) WARN_UNUSED;

/* match.c: the drafts of the type whose fields are those of the body (null is absence). Sets *out
 * to the first, or NULL, and *many where there are more. False: out of memory. */
bool match_find(struct compilation *c, const struct schema_object *type, const struct match *match,
		const struct node *body, struct draft **out, bool *many) WARN_UNUSED;
/* A draft has other values now. False: out of memory. */
bool match_changed(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* Drafts of the type were dropped. */
void match_forget(const struct compilation *c, const struct schema_object *type);
/* Has the body all of these values? `members`: a set has one where it holds it. NULL: any body. */
bool match_selects(struct compilation *c, const struct schema_object *type,
		   const struct node *filter, const struct node *body, bool members);
/* A text that outlives the element it came with; .p NULL: out of memory. */
struct str draft_keep_str(struct compilation *c, struct str s, const struct source *source);
/* A node tree copied among the nodes that last until they are bound; NULL: out of memory. */
struct node *draft_keep(struct compilation *c, const struct node *node,
			const struct source *source) WARN_UNUSED;
/* The same, for as long as the compilation. */
struct node *draft_copy(struct compilation *c, const struct node *node,
			const struct source *source) WARN_UNUSED;

/* The structure whose fields a body has: itself, or that of the union's variant; NULL: unknown. */
const struct schema_structure *fold_fields(const struct schema_structure *structure,
					   const struct node *body);

/* What of an immutable field: it may change; it may be given again as it was, which the client of a
 * server leaves out; or it must not be given. */
enum fold_immutable { FOLD_MUTABLE, FOLD_SAME, FOLD_ABSENT };

/* fold.c: merges patch into body by the server's update rules (validation.md 3.2). Keys may be JSON
 * pointers. Reports what cannot be applied. The result shares nodes with both. */
struct node *fold_merge(struct compilation *c, const struct schema_structure *structure,
			struct node *body, struct node *patch, enum fold_immutable immutable);

/* bind.c: the draft's values into a new object; NULL: out of memory. */
struct object *bind_draft(struct compilation *c, const struct draft *draft);
/* Binds a body that is no object of its own, such as a default; diagnostics go to c->diags. */
bool bind_structure(struct compilation *c, const struct schema_structure *structure,
		    struct node *node, struct value_object *out) WARN_UNUSED;

/* packed.c: an entry of a packed type straight to its columns. */
bool packed_append(struct compilation *c, const struct draft *draft) WARN_UNUSED;
/* What every entry of a plain list has beside its address. */
struct packed_list {
	const struct schema_object *type;
	struct packed_entry entry;
	bool wrong; /* the fields have a mistake, which was reported */
};
/* Binds the fields, a map, which gets an address of its own. */
bool packed_list_begin(struct compilation *c, const struct schema_object *type, struct node *fields,
		       struct packed_list *out) WARN_UNUSED;
/* One entry behind the others; the network is one that an entry may have. */
bool packed_list_put(struct compilation *c, const struct packed_list *list,
		     const struct net_network *network, struct span place) WARN_UNUSED;
/* What a destroy does: every entry of other sources goes, or that of an address. */
bool packed_clear(struct compilation *c, const struct schema_object *type,
		  uint32_t source) WARN_UNUSED;
bool packed_destroy(struct compilation *c, const struct schema_object *type, struct str address,
		    struct span span) WARN_UNUSED;
/* What a reconcile does: entries of other sources that this one does not have go. */
bool packed_sweep(struct compilation *c, const struct schema_object *type,
		  uint32_t source) WARN_UNUSED;
/* Orders the entries and refuses repeats once everything is read. */
bool packed_finish(struct compilation *c) WARN_UNUSED;

/* allow.c: takes the allowances of a source; before its reader, so that all passes heed them. */
bool allow_read(struct compilation *c, enum format format, const struct source *source) WARN_UNUSED;
/* Reports those that nothing needed. */
void allow_finish(struct compilation *c);

/* mask.c: marks what may be a secret in the sources that have diagnostics. */
void mask_suspects(struct compilation *c);

/* identity.c: what each object is known by, and its id. */
bool identify_objects(struct compilation *c) WARN_UNUSED;
/* The field that names objects of the type, or NULL. */
const char *identity_field(const struct schema_object *type);

/* resolve.c: finds the targets of references. */
bool resolve_objects(struct compilation *c) WARN_UNUSED;

/* unique.c: refuses what must be unique and is not. */
bool unique_check(struct compilation *c) WARN_UNUSED;

/* bootstrap.c: the objects that a lone Bootstrap stands for. */
bool bootstrap_expand(struct compilation *c) WARN_UNUSED;

/* In which versions something exists, as its row says. */
struct lifetime {
	const char *since, *until;
	const char *replaced_by; /* what took over, or NULL */
};

/* True when the structure or variant exists in the target version; else reports (error where
 * strict or an explicit target says so, else a deprecation warning). */
bool target_allows(struct compilation *c, bool strict, const char *what, struct str name,
		   const struct lifetime *lifetime, struct span span);

#endif
