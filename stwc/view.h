/*
 * A configuration to look at, from an image or from sources, in one form: objects with values,
 * address tables, and where each came from. Nothing here prints.
 */
#ifndef STW_STWC_VIEW_H
#define STW_STWC_VIEW_H

#include "libstw/stw.h"
#include "stwc/compile.h"

/* The packed types of the reference. */
#define VIEW_TABLES 4

struct view {
	struct compilation c;    /* of the sources; for an image, the objects read from it */
	struct stw_image *image; /* NULL: sources */
	struct stw_reader *reader;
	int fd;
	bool failed_open;     /* the file could not be read at all */
	bool no_memory;       /* there was none: no failure says anything of what is viewed */
	bool origins;         /* written out, each object has a comment that says where it was */
	enum stw_error error; /* why an image was refused */
	char fault[320];      /* a sentence about the last failure */
	size_t calls;         /* of the request that was written, if one was */
	struct view_made {
		const struct schema_object *type;
		struct buf bytes;
	} tables[VIEW_TABLES]; /* address tables made of sources */
	size_t table_count;
	struct hash_key hash_key;
};

struct view_place {
	struct str file; /* empty: not known */
	uint32_t line;
};

/* True when the file is an image, whole or not: it ends in our magic or is called *.stwi. */
bool view_is_image(const char *path);

/* Opens an image and verifies its digest. On failure view->fault says why; view_close in every
 * case. */
bool view_open(struct view *view, const char *path) WARN_UNUSED;
/* Takes a view of sources into use: view->c was compiled without errors. */
void view_of_sources(struct view *view);
void view_close(struct view *view);

/* Reads the objects of a type of an image (NULL: of all types, packed ones excepted) into
 * view->c; does nothing for sources. False: damaged, or out of memory. */
bool view_load(struct view *view, const struct schema_object *type) WARN_UNUSED;
/* The address table of a packed type; an empty one where it has no entry. */
bool view_table(struct view *view, const struct schema_object *type,
		struct address_table *out) WARN_UNUSED;

/* Where an object, its field, or a value inside it was written. An image knows fields only. */
struct view_place view_place_of(struct view *view, const struct object *object,
				const struct value_field *field, const struct value *value);
/* The place of an entry of an address table. */
struct view_place view_entry_place(struct view *view, const struct address_entry *entry);
/* The value that an absent field has; NULL: none. */
struct value *view_default(struct view *view, const struct schema_structure *structure,
			   const struct schema_field *field);

/* view_decode.c: the value objects of records. NULL: damaged, view->fault says so. */
struct object *view_decode_object(struct view *view, const struct schema_object *type,
				  const struct stw_object *record) WARN_UNUSED;
bool view_decode_fields(struct view *view, const struct schema_structure *structure,
			struct stw_bytes fields, struct value_object *out) WARN_UNUSED;

/* view_schema.c: the schema that an image carries, in the form of the built-in one; names and
 * numbers alone. False: damaged, or out of memory. */
bool view_schema_of_image(struct stw_reader *reader, const struct stw_manifest *manifest,
			  struct arena *arena, struct schema *out) WARN_UNUSED;

#endif
