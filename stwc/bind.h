/*
 * Binding: a node held against its type. Split by what is bound: bind.c structures, objects and
 * unions; bind_members.c lists, sets and maps; bind_scalar.c everything else. A function gives the
 * value, or NULL after a diagnostic (or where the node is poisoned, or memory ran out, which the
 * arena remembers).
 */
#ifndef STW_STWC_BIND_H
#define STW_STWC_BIND_H

#include "stwc/path.h"
#include "stwc/state.h"

struct binder {
	struct compilation *c;
	const char *type; /* of the object, for messages */
	struct str name;  /* of the object; may be empty */
	enum draft_kind kind;
	enum shapes shapes;
	bool target_strict;
	bool inside;  /* a nested object is being bound */
	bool merges;  /* it is laid over what a server has, which may have what is missing here */
	bool part;    /* one member of a list or map is bound, not all of them */
	bool guessed; /* the variant of the whole object: another one would do as well */
	bool percent; /* some text has a % */
	size_t text_size; /* of all texts that were bound */
	unsigned led;     /* how many more levels down a path leads, each to one member or field */
	const struct schema_field *holder;    /* of the nested object being bound, or NULL */
	const struct schema_variant *variant; /* of the body whose fields come next, or NULL */
};

/* A diagnostic about a place in the object: with its path, and the object as context. `type` may be
 * NULL; where it is a secret, the source line is masked. */
struct diag *bind_error(struct binder *b, enum diag_code code, struct span span,
			const struct path *path, const struct schema_type *type, const char *format,
			...) PRINTF_LIKE(6, 7);

struct value *bind_value(struct binder *b, const struct schema_type *type,
			 const struct schema_field *field, struct node *node,
			 const struct path *path);
/* `holder` is the field whose value the object is; NULL for members of lists and maps. */
struct value *bind_object(struct binder *b, const struct schema_type *type,
			  const struct schema_field *holder, struct node *node,
			  const struct path *path);
struct value *bind_members(struct binder *b, const struct schema_type *type, struct node *node,
			   const struct path *path);
struct value *bind_scalar(struct binder *b, const struct schema_type *type,
			  const struct schema_field *field, struct node *node,
			  const struct path *path);
struct value *bind_new(struct binder *b, enum value_kind kind, const struct schema_type *type,
		       struct span span);
/* "expects a duration, not a list". */
struct value *bind_wrong_type(struct binder *b, const struct schema_type *type, struct node *node,
			      const struct path *path);
/* bind_hint.c: what was probably meant, as the hint of a diagnostic: by a value of another kind, by
 * a text that is no address with a port, by one that is no local part. */
void bind_hint_type(struct binder *b, struct diag *diag, const struct schema_type *type,
		    const struct node *node);
/* What a whole object was probably meant to be that is no map. */
void bind_hint_bare(struct binder *b, struct diag *diag, const struct draft *draft);
void bind_hint_socket(struct binder *b, struct diag *diag, struct str s);
/* … by a text that is no duration or size; by a field one level too deep, or of another type
 * (false: it is not, and nothing is said). */
void bind_hint_unit(struct binder *b, struct diag *diag, struct str s, bool size);
bool bind_hint_depth(struct binder *b, struct diag *diag, const struct schema_structure *structure,
		     const struct node_entry *e) WARN_UNUSED;
/* … by a password among an account's own fields. */
bool bind_hint_password(struct binder *b, struct diag *diag,
			const struct schema_structure *structure, struct str name) WARN_UNUSED;
/* … by several values in one text, parted by commas. */
bool bind_hint_several(struct binder *b, struct diag *diag, struct str s) WARN_UNUSED;
/* … by null where YAML took the name for a comment: the hint of `diag`, or a warning of its own
 * where that is NULL, since null is a value there. */
void bind_hint_comment(struct binder *b, const struct schema_type *type, const struct node *node,
		       const struct path *path, struct diag *diag);
bool bind_hint_owner(struct binder *b, struct diag *diag, struct str name) WARN_UNUSED;
/* "one of A, B, C" behind `before`. */
void bind_hint_variants(struct binder *b, struct diag *diag,
			const struct schema_structure *structure, const char *before);
void bind_hint_local_part(struct binder *b, struct diag *diag, struct str s);
/* bind_patch.c: an entry of an update whose key is a JSON pointer into the object; true when the
 * key is one (whether it fits or not). out->value: of the field, with nothing in it but what the
 * path leads to; NULL: none. */
bool bind_pointer(struct binder *b, const struct schema_structure *structure,
		  const struct node_entry *e, const struct path *path, struct value_field *out);
/* The first variant that has every field of an update that names no @type; b->guessed where others
 * have them, too, or none has. */
const struct schema_variant *bind_guess_variant(struct binder *b,
						const struct schema_structure *structure,
						const struct node *node);
/* "100/1d" as the node of a Rate: {count, period}; stw's own form only. */
struct node *bind_rate_text(struct binder *b, const struct schema_type *type, struct node *node,
			    const struct path *path);
/* The canonical text of a scalar, for keys, sets and people: its own where it is a text already,
 * else in the arena; .p NULL when out of memory. */
struct str value_text(struct arena *arena, const struct value *value) WARN_UNUSED;
/* The text of a scalar that is none by itself: numbers, dates, addresses; its length. */
size_t value_format(const struct value *value, char out[VALUE_TEXT_SIZE]);
/* Are two scalars the same value? */
bool value_same(const struct value *a, const struct value *b);
/* Are two values of one type the same, whatever they hold? Sets and maps have no order. What is
 * explicit is not the same as what is left to its default. */
bool value_equal(const struct value *a, const struct value *b);
/* Fields of a single structure, or of a variant's body. `complete`: required fields must be there.
 */
bool bind_fields(struct binder *b, const struct schema_structure *structure, struct node *node,
		 const struct path *path, bool complete, struct span whole,
		 struct value_object *out) WARN_UNUSED;

/* The number of an id as a server writes it: base 32 in an alphabet of its own, any case
 * (validation.md 2.1). False: it is none. */
bool bind_id(struct str s, uint64_t *out) WARN_UNUSED;

#endif
