/*
 * The schema table: what an image says about its own structures, so that it can be dumped and
 * verified without the schema it was built from. Numbers and names only.
 */
#ifndef STW_LIBSTW_SHAPE_H
#define STW_LIBSTW_SHAPE_H

#include "libstw/format.h"
#include "libstw/stw.h"

/* A structure: its fields, or the variants of a union. */
struct stw_shape {
	uint16_t structure;
	uint8_t kind; /* enum stw_shape_kind */
	struct str name;
	uint16_t count;
	struct stw_bytes members;
};

struct stw_type {
	uint8_t kind; /* enum stw_kind */
	bool nullable;
	uint16_t structure;       /* REFERENCE, OBJECT */
	struct str enumeration;   /* ENUM: its name */
	struct stw_bytes key;     /* MAP: a type, for stw_type_read */
	struct stw_bytes element; /* LIST, SET, MAP */
};

struct stw_shape_member {
	uint16_t number;
	struct str name;
	struct stw_type type; /* of a field */
	uint16_t body;        /* of a variant: structure of its fields, 0: none */
};

/* False: not in the image, or damaged (stw_reader_damaged tells). */
bool stw_shape_get(struct stw_reader *reader, uint16_t structure, struct stw_shape *out);
/* Member by member from the first; `at` is 0 at the beginning and moved by the call. False at
 * the end, or when the bytes are damaged: then *at is not the length of shape->members. */
bool stw_shape_next(const struct stw_shape *shape, size_t *at, struct stw_shape_member *out);
bool stw_shape_member(const struct stw_shape *shape, uint16_t number, struct stw_shape_member *out);
/* The whole bytes as one type. */
bool stw_type_read(struct stw_bytes bytes, struct stw_type *out) WARN_UNUSED;
/* The name of a member of an enumeration. */
bool stw_enum_member(struct stw_reader *reader, struct str enumeration, uint16_t number,
		     struct str *name);

#endif
