/*
 * What an image will hold, before LMDB sees it: every table as sorted pairs in memory. Pure: the
 * same compilation gives the same plan.
 */
#ifndef STW_STWC_EMIT_PLAN_H
#define STW_STWC_EMIT_PLAN_H

#include "libstw/content.h"
#include "libstw/store.h"
#include "stwc/compile.h"

/* Places in plan->bytes. */
struct plan_pair {
	size_t key, value;
	uint32_t key_size, value_size;
};

struct plan_table {
	struct plan_pair *pairs;
	size_t count, cap;
};

/* The program of a default that is an expression. */
struct plan_default {
	uint16_t structure, field;
	struct str program;
};

struct plan {
	struct buf bytes;   /* keys and values of all tables */
	struct buf secrets; /* the secrets block; wiped by plan_free */
	struct plan_table tables[STW_TABLE_COUNT];
	struct stw_type_summary *types; /* ascending by structure */
	size_t type_count, type_cap;
	struct plan_default *defaults;
	size_t default_count, default_cap;
	uint64_t objects;
	struct digest content;
	/* why plan_make said false */
	int code; /* errno */
	const char *doing;
};

/* False: plan->code and plan->doing say why. plan_free is due in either case. */
bool plan_make(struct plan *plan, struct compilation *c) WARN_UNUSED;
void plan_free(struct plan *plan);

struct stw_bytes plan_key(const struct plan *plan, const struct plan_pair *pair);
struct stw_bytes plan_value(const struct plan *plan, const struct plan_pair *pair);

/* For the files that fill a plan. A value is written to plan->bytes first; this adds the key
 * behind it and the pair. A failure is remembered in plan->bytes.failed. */
void plan_add(struct plan *plan, enum stw_store_table table, size_t value_at, const void *key,
	      size_t key_size);
/* Sets the reason of a failure and returns false. */
bool plan_refuse(struct plan *plan, int code, const char *doing);

/* tables.c: shapes, members and defaults of every structure that the image needs. */
bool plan_schema(struct plan *plan, struct compilation *c) WARN_UNUSED;
/* expressions.c: the compiled table of expressions, behind plan_schema, which finds the defaults */
bool plan_expressions(struct plan *plan, struct compilation *c) WARN_UNUSED;
/* discovery.c: the compiled table of what mail clients are told */
bool plan_discovery(struct plan *plan, struct compilation *c) WARN_UNUSED;

#endif
