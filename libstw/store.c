#include "libstw/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <lmdb.h>

#include "libstw/fault.h"
#include "libstw/format.h"

struct stw_store {
	MDB_env *env;
	MDB_dbi tables[STW_TABLE_COUNT];
};

struct stw_view {
	struct stw_store *store;
	MDB_txn *txn;
	bool damaged;
};

struct stw_range {
	struct stw_view *view;
	MDB_cursor *cursor;
	bool started;
	size_t prefix_length;
	uint8_t prefix[STW_PREFIX_MAX];
};

const char *stw_store_table_name(enum stw_store_table table)
{
	switch (table) {
	case STW_RECORDS: return STW_TABLE_RECORDS;
	case STW_NAMES: return STW_TABLE_NAMES;
	case STW_REFERRERS: return STW_TABLE_REFERRERS;
	case STW_ORIGINS: return STW_TABLE_ORIGINS;
	case STW_SCHEMA: return STW_TABLE_SCHEMA;
	case STW_DEFAULTS: return STW_TABLE_DEFAULTS;
	case STW_PACKED: return STW_TABLE_PACKED;
	case STW_TABLES: return STW_TABLE_TABLES;
	}
	return "";
}

/* LMDB's codes in our terms: positive ones are errno, negative ones its own. */
static bool store_fault(struct stw_fault *fault, int rc)
{
	if (rc == ENOENT)
		return stw_fault_set(
			fault, STW_SYSTEM,
			"cannot map the image: /proc/self/fd is needed, is /proc mounted?");
	if (rc > 0)
		return stw_fault_system(fault, rc, "cannot map the image");
	return stw_fault_set(fault, STW_DAMAGED,
			     "the store of the image cannot be used (%s); "
			     "run stwc build again",
			     mdb_strerror(rc));
}

/* The environment ends where the store ends, neither before nor behind. */
static bool store_extent(MDB_env *env, uint64_t size, struct stw_fault *fault)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(env, &info);

	if (rc == 0)
		rc = mdb_env_stat(env, &stat);
	if (rc)
		return store_fault(fault, rc);
	if ((uint64_t)info.me_last_pgno >= size / stat.ms_psize || size % stat.ms_psize != 0)
		return stw_fault_set(fault, STW_DAMAGED,
				     "the store of the image ends behind its place; "
				     "run stwc build again");
	return true;
}

/* All tables are opened once, in one transaction, whose commit makes the handles last. */
static int store_tables(struct stw_store *store)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	for (unsigned i = 0; rc == 0 && i < STW_TABLE_COUNT; i++)
		rc = mdb_dbi_open(txn, stw_store_table_name((enum stw_store_table)i), 0,
				  &store->tables[i]);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static int store_env(struct stw_store *store, int fd, uint64_t size)
{
	char path[64];
	int rc = mdb_env_create(&store->env);

	if (rc)
		return rc;
	/* through /proc, so that what is mapped is what was verified, whatever its name says now */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = mdb_env_set_maxdbs(store->env, STW_TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_mapsize(store->env, (size_t)size);
	if (rc == 0)
		rc = mdb_env_open(store->env, path,
				  MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NOTLS, 0);
	return rc;
}

struct stw_store *stw_store_open(int fd, uint64_t size, struct stw_fault *fault)
{
	struct stw_store *store = calloc(1, sizeof(*store));
	int rc;

	if (!store) {
		stw_fault_system(fault, ENOMEM, "cannot map the image");
		return NULL;
	}
	rc = store_env(store, fd, size);
	if (rc) {
		store_fault(fault, rc);
		goto out;
	}
	if (!store_extent(store->env, size, fault))
		goto out;
	rc = store_tables(store);
	if (rc == 0)
		return store;
	store_fault(fault, rc);
out:
	stw_store_close(store);
	return NULL;
}

void stw_store_close(struct stw_store *store)
{
	if (!store)
		return;
	if (store->env)
		mdb_env_close(store->env);
	free(store);
}

struct stw_view *stw_view_new(struct stw_store *store, struct stw_fault *fault)
{
	struct stw_view *view = calloc(1, sizeof(*view));
	int rc;

	if (!view) {
		stw_fault_system(fault, ENOMEM, "cannot read the image");
		return NULL;
	}
	view->store = store;
	rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view->txn);
	if (rc == 0)
		return view;
	store_fault(fault, rc);
	free(view);
	return NULL;
}

void stw_view_free(struct stw_view *view)
{
	if (!view)
		return;
	mdb_txn_abort(view->txn);
	free(view);
}

bool stw_view_damaged(const struct stw_view *view)
{
	return view->damaged;
}

static MDB_val val_of(struct stw_bytes bytes)
{
	/* LMDB takes keys as void *, and does not write through it */
	return (MDB_val){bytes.n, (void *)(uintptr_t)bytes.p};
}

static struct stw_bytes bytes_of(MDB_val val)
{
	return (struct stw_bytes){val.mv_data, val.mv_size};
}

/* True for a hit; anything but a miss is remembered. */
static bool view_hit(struct stw_view *view, int rc)
{
	if (rc != 0 && rc != MDB_NOTFOUND)
		view->damaged = true;
	return rc == 0;
}

bool stw_view_get(struct stw_view *view, enum stw_store_table table, struct stw_bytes key,
		  struct stw_bytes *out)
{
	MDB_val k = val_of(key), v;

	if (!view_hit(view, mdb_get(view->txn, view->store->tables[table], &k, &v)))
		return false;
	*out = bytes_of(v);
	return true;
}

uint64_t stw_view_count(struct stw_view *view, enum stw_store_table table)
{
	MDB_stat stat;

	if (!view_hit(view, mdb_stat(view->txn, view->store->tables[table], &stat)))
		return 0;
	return stat.ms_entries;
}

struct stw_range *stw_range_new(struct stw_view *view, enum stw_store_table table,
				struct stw_bytes prefix)
{
	struct stw_range *range = calloc(1, sizeof(*range));

	if (!range || prefix.n > sizeof(range->prefix))
		goto out;
	range->view = view;
	range->prefix_length = prefix.n;
	if (prefix.n)
		memcpy(range->prefix, prefix.p, prefix.n);
	if (mdb_cursor_open(view->txn, view->store->tables[table], &range->cursor) == 0)
		return range;
out:
	free(range);
	return NULL;
}

bool stw_range_next(struct stw_range *range, struct stw_bytes *key, struct stw_bytes *value)
{
	MDB_val k = {range->prefix_length, range->prefix}, v;
	MDB_cursor_op op = range->started ? MDB_NEXT : MDB_SET_RANGE;

	if (!range->started && range->prefix_length == 0)
		op = MDB_FIRST;
	range->started = true;
	if (!view_hit(range->view, mdb_cursor_get(range->cursor, &k, &v, op)))
		return false;
	if (k.mv_size < range->prefix_length ||
	    memcmp(k.mv_data, range->prefix, range->prefix_length) != 0)
		return false;
	*key = bytes_of(k);
	*value = bytes_of(v);
	return true;
}

void stw_range_free(struct stw_range *range)
{
	if (!range)
		return;
	mdb_cursor_close(range->cursor);
	free(range);
}
