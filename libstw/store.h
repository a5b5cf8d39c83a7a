/*
 * The store of an image: LMDB, read-only, through a descriptor. The one file of libstw that
 * knows LMDB is store.c. Only bytes whose digest was checked come here: LMDB trusts its file.
 */
#ifndef STW_LIBSTW_STORE_H
#define STW_LIBSTW_STORE_H

#include "libstw/stw.h"

enum stw_store_table {
	STW_RECORDS,
	STW_NAMES,
	STW_REFERRERS,
	STW_ORIGINS,
	STW_SCHEMA,
	STW_DEFAULTS,
	STW_PACKED,
	STW_TABLES
};

/* The name of a table in the file. */
const char *stw_store_table_name(enum stw_store_table table);

struct stw_store;

/* Maps the first `size` bytes of the file behind fd, which must have been verified. */
struct stw_store *stw_store_open(int fd, uint64_t size, struct stw_fault *fault) WARN_UNUSED;
void stw_store_close(struct stw_store *store);

/* A read transaction: one per thread. */
struct stw_view;

struct stw_view *stw_view_new(struct stw_store *store, struct stw_fault *fault) WARN_UNUSED;
void stw_view_free(struct stw_view *view);
/* LMDB said something that an intact file does not give. */
bool stw_view_damaged(const struct stw_view *view);
bool stw_view_get(struct stw_view *view, enum stw_store_table table, struct stw_bytes key,
		  struct stw_bytes *out);
/* Pairs of a table; 0 when it cannot be asked. */
uint64_t stw_view_count(struct stw_view *view, enum stw_store_table table);

/* The pairs whose key begins with a prefix, in key order. */
#define STW_PREFIX_MAX 20

struct stw_range;

/* NULL: out of memory. */
struct stw_range *stw_range_new(struct stw_view *view, enum stw_store_table table,
				struct stw_bytes prefix) WARN_UNUSED;
bool stw_range_next(struct stw_range *range, struct stw_bytes *key, struct stw_bytes *value);
void stw_range_free(struct stw_range *range);

#endif
