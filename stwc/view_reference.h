/*
 * The reference in words: what `schema` and `explain` print about types and fields. Everything
 * is taken from the tables that schemac made, so a row that changes changes what is printed.
 */
#ifndef STW_STWC_VIEW_REFERENCE_H
#define STW_STWC_VIEW_REFERENCE_H

#include "base/buf.h"
#include "schemas/schema.h"

/* Text in lines of at most 80 columns, set in by `indent` blanks; ends with a newline. A newline
 * in the text begins a new line. */
void view_wrap(struct buf *out, size_t indent, struct str text);

/* "collection", "singleton", "view", "data" (of a running server), "structure" or "union". */
const char *view_kind_word(const struct schema_object *object);
const char *view_structure_word(const struct schema_structure *structure);
const char *view_update_word(const struct schema_field *field);
const char *view_reload_word(uint8_t reload);

/* What a text field must be (validation.md 2.3): "a domain name"; NULL: any text. */
const char *view_form_sentence(const struct schema_field *field);

/* The value that an absent field has, as JSON in the server's form (validation.md 1.8). False: it
 * has none, and nothing is written. */
bool view_default_json(struct buf *out, const struct schema_field *field);
/* The bounds of a type: of numbers, of the count of members, of the length of a text. Empty where
 * there is none. */
void view_bounds(const struct schema_type *type, struct buf *min, struct buf *max);

/* "Type.field", type, nullable, default, min, max, update, enterprise; tabs between, a newline
 * behind. Words: true or false, JSON, numbers; nothing where there is nothing. */
void view_field_line(struct buf *out, const struct schema_structure *structure,
		     const struct schema_field *field);
/* All that is known about a field, with the members of its enum. */
void view_field_text(struct buf *out, const struct schema_structure *structure,
		     const struct schema_field *field);
/* A type with its sentence and that of each field or variant. `object` may be NULL. */
void view_type_text(struct buf *out, const struct schema_structure *structure,
		    const struct schema_object *object);
void view_enum_text(struct buf *out, const struct schema_enum *e);

#endif
