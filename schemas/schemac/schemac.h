/* What the parts of schemac share: the rows being read, and the writers of generated files. */
#ifndef STW_SCHEMAS_SCHEMAC_SCHEMAC_H
#define STW_SCHEMAS_SCHEMAC_SCHEMAC_H

#include "base/buf.h"
#include "core/node.h"
#include "schemas/required.h"
#include "schemas/schema.h"

/* Structures of the schema while they grow; the finished `struct schema` points at the same
 * memory as const. */
struct rows {
	struct arena *arena;
	const struct hash_key *key;
	struct sources *sources;
	struct buf messages; /* "file:line:column: what is wrong", one a line */
	size_t errors;

	struct map nodes;      /* structure name -> its node_entry */
	struct map views;      /* view name -> its node_entry */
	struct map enum_nodes; /* enum name -> its node_entry */
	struct map variable_nodes, constant_nodes;
	/* the same in the order of names, beside .structures and .enums */
	const struct map_entry *structure_rows, *view_rows, *enum_rows;
	const struct node_entry *reference; /* [reference] */
	const struct node_entry *releases;  /* [[release]] */

	struct schema schema;
	struct schema_structure *structures;
	struct schema_object *objects;
	struct schema_enum *enums;
	struct required required; /* which structures have a default that is refused */
};

/* Reports at a place; counts an error. */
void rows_error(struct rows *rows, struct span span, const char *format, ...) PRINTF_LIKE(3, 4);

void rows_init(struct rows *rows, struct arena *arena, const struct hash_key *key,
	       struct sources *sources);
/* Takes the tables of one .stws document; reports a name that another file has. */
void rows_add(struct rows *rows, const struct node *document);
/* When every file was added: links everything into rows->schema. Errors are in ->errors. */
void rows_link(struct rows *rows);
void rows_free(struct rows *rows);

/* Attributes of a row, in attributes.c. Each reports a value of the wrong kind and says false;
 * where the attribute is missing, false without a report and *out untouched. */
bool attribute_string(struct rows *rows, const struct node *row, const char *name,
		      const char **out);
bool attribute_bool(struct rows *rows, const struct node *row, const char *name, bool *out);
bool attribute_unsigned(struct rows *rows, const struct node *row, const char *name, uint64_t *out);
/* A word of a list that ends with NULL; *out is its position. */
bool attribute_word(struct rows *rows, const struct node *row, const char *name,
		    const char *const *words, uint8_t *out);
/* A list of strings, as a NULL-terminated array. */
void attribute_checks(struct rows *rows, const struct node *row, uint64_t *out);
bool attribute_strings(struct rows *rows, const struct node *row, const char *name,
		       const char *const **out, size_t *count);
/* Reports keys that are not in the list; tables are left alone where `tables` is true. */
void attributes_only(struct rows *rows, const struct node *row, const char *const *names,
		     bool tables);
/* A copy that ends with NUL. */
const char *rows_text(struct rows *rows, struct str s);

/* "set of enum X?" to a type; NULL after a report. In type.c. */
struct schema_type *type_parse(struct rows *rows, struct span span, struct str text);
/* Bounds and default of a number in its own unit: 5, 1.5, "1h 30m", "50mb". */
bool number_of_node(struct rows *rows, const struct node *node, const struct schema_type *type,
		    double *out);
/* The canonical JSON of a default; NULL after a report. In default.c. */
const char *default_json(struct rows *rows, const struct node *node,
			 const struct schema_type *type);

/* Releases of history.stws: fills since, until and deprecated. In history.c. */
void history_apply(struct rows *rows);
/* Derives `required` of fields and `runtime` of objects. In derive.c. */
void derive(struct rows *rows);

/* ids.lock. In lock.c. */
struct lock {
	struct arena *arena;
	struct map numbers; /* "field NetworkListener bind" -> struct lock_entry */
	struct map scopes;  /* "field NetworkListener" -> struct lock_scope */
	struct buf added;   /* new lines, to append */
};

void lock_init(struct lock *lock, struct arena *arena, const struct hash_key *key);
/* Reads the file's text; reports what breaks its rules. */
void lock_read(struct rows *rows, struct lock *lock, uint32_t source);
/* Numbers everything. What lacks a number gets one when `update`, else is an error; so is a line
 * without a row. */
void lock_apply(struct rows *rows, struct lock *lock, bool update);

/* The generated files. `out` fails when memory runs out. */
void emit_tables(struct buf *out, const struct schema *schema);
void emit_ids(struct rows *rows, struct buf *out, const struct schema *schema);
void emit_records_h(struct rows *rows, struct buf *out, const struct schema *schema);
void emit_records_c(struct rows *rows, struct buf *out, const struct schema *schema);
void emit_manual(struct buf *out, const struct schema *schema);
void emit_codes(struct buf *out);
/* A name as part of a C identifier: '+' gives "_plus_", everything odd '_'. */
void emit_identifier(struct buf *out, const char *name);
/* The text whose digest names the tables: all that has a meaning, without documentation. */
void canonical_text(struct buf *out, const struct schema *schema);

#endif
