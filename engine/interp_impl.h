/* What the machine (interp.c) and the functions (interp_functions.c) share. */
#ifndef STW_ENGINE_INTERP_IMPL_H
#define STW_ENGINE_INTERP_IMPL_H

#include "engine/interp.h"

/* Memory of the run, bounded; NULL ends the run. */
void *interp_alloc(struct interp *run, size_t count, size_t size);
/* Counts bytes or members that are about to be looked at; false ends the run. */
bool interp_charge(struct interp *run, size_t work);
/* Ends the run. */
void interp_stop(struct interp *run, enum interp_status status);

/* The value as text (the members of a list in lines), never without a place; empty where the run
 * has ended. */
struct str interp_text(struct interp *run, const struct interp_value *value);
/* Formatted: numbers that expressions join to text. */
bool interp_equal(struct interp *run, const struct interp_value *a, const struct interp_value *b);
/* -1, 0, 1, or 2 where the two have no order (a NaN). */
int interp_compare(struct interp *run, const struct interp_value *a, const struct interp_value *b);
/* False: no whole number. */
bool interp_integer(const struct interp_value *value, int64_t *out);
/* As a place or a count: what is none is 0, what is negative is beyond everything. */
size_t interp_size(const struct interp_value *value);

static inline struct interp_value interp_of_text(struct str text)
{
	return (struct interp_value){.kind = INTERP_TEXT, .text = text};
}

static inline struct interp_value interp_of_integer(int64_t integer)
{
	return (struct interp_value){.kind = INTERP_INTEGER, .integer = integer};
}

/* A list of the items, which it does not copy; ends the run where lists are nested too deep. */
struct interp_value interp_of_list(struct interp *run, const struct interp_value *items,
				   size_t count);
/* A text as one member, nothing as none. */
struct interp_value interp_as_list(struct interp *run, const struct interp_value *value);

/* interp_functions.c: a function that waits for nothing, by its number. */
struct interp_value interp_function(struct interp *run, unsigned function,
				    const struct interp_value *arguments);

#endif
