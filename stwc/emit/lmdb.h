/* The store of an image, written. The one file of stwc that knows LMDB is lmdb.c. */
#ifndef STW_STWC_EMIT_LMDB_H
#define STW_STWC_EMIT_LMDB_H

#include "stwc/emit/plan.h"

/* Makes the plan's tables an LMDB environment at the beginning of the empty file behind fd (open
 * for reading and writing); *size is its length, a whole number of pages. False: an errno, or
 * EIO for what LMDB alone can say. */
bool lmdb_write(int fd, const struct plan *plan, uint64_t *size, int *code) WARN_UNUSED;

#endif
