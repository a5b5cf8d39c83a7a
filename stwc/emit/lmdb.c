#include "stwc/emit/lmdb.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <lmdb.h>

/* Pages beside those of pairs: two meta pages, the tables' own roots, the list of free pages. */
#define SPARE_PAGES 64u

/* A pair in a leaf page costs a header and a pointer; what exceeds half a page gets its own. */
static uint64_t pair_bytes(const struct plan_pair *pair, uint64_t page)
{
	uint64_t n = (uint64_t)pair->key_size + pair->value_size + 16;

	return n > page / 2 ? (n + 16 + page - 1) / page * page : n;
}

/* A first guess at the map size, tight but rarely too small. */
static uint64_t map_size(const struct plan *plan, uint64_t page)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < STW_TABLE_COUNT; t++)
		for (size_t i = 0; i < plan->tables[t].count; i++)
			n += pair_bytes(&plan->tables[t].pairs[i], page);
	n += n / 16;
	return (n / page + SPARE_PAGES) * page;
}

static MDB_val val_of(struct stw_bytes bytes)
{
	/* LMDB takes pointers that are not const, and does not write through them */
	return (MDB_val){bytes.n, (void *)(uintptr_t)bytes.p};
}

static int put_table(MDB_txn *txn, const struct plan *plan, enum stw_store_table table)
{
	const struct plan_table *t = &plan->tables[table];
	MDB_dbi dbi;
	int rc = mdb_dbi_open(txn, stw_store_table_name(table), MDB_CREATE, &dbi);

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		MDB_val key = val_of(plan_key(plan, &t->pairs[i]));
		MDB_val value = val_of(plan_value(plan, &t->pairs[i]));

		rc = mdb_put(txn, dbi, &key, &value, MDB_APPEND);
	}
	return rc;
}

/* One transaction for everything: the file has one history, however large it is. */
static int put_tables(MDB_env *env, const struct plan *plan)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc)
		return rc;
	for (unsigned t = 0; rc == 0 && t < STW_TABLE_COUNT; t++)
		rc = put_table(txn, plan, (enum stw_store_table)t);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static int env_extent(MDB_env *env, uint64_t *size)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(env, &info);

	if (rc == 0)
		rc = mdb_env_stat(env, &stat);
	if (rc == 0)
		*size = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	return rc;
}

static int write_once(int fd, const struct plan *plan, uint64_t map, uint64_t *size)
{
	MDB_env *env = NULL;
	char path[64];
	int rc = ftruncate(fd, 0) < 0 ? errno : mdb_env_create(&env);

	if (rc)
		return rc;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = mdb_env_set_maxdbs(env, STW_TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env, (size_t)map);
	/* no lock file, and no sync: nobody else has the file, and it is synced before its rename.
	 * MDB_NOMEMINIT stays off, or pages would carry what the heap held before. */
	if (rc == 0)
		rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
	if (rc == 0)
		rc = put_tables(env, plan);
	if (rc == 0)
		rc = env_extent(env, size);
	mdb_env_close(env);
	return rc;
}

bool lmdb_write(int fd, const struct plan *plan, uint64_t *size, int *code)
{
	uint64_t map = map_size(plan, (uint64_t)sysconf(_SC_PAGESIZE));
	uint64_t end = 0;
	int rc;

	/* too small a guess begins anew: the bytes must not depend on how often it was tried */
	while ((rc = write_once(fd, plan, map, &end)) == MDB_MAP_FULL)
		map *= 2;
	/* the last pages may be free ones that were never written */
	if (rc == 0 && ftruncate(fd, (off_t)end) < 0)
		rc = errno;
	if (rc) {
		*code = rc > 0 ? rc : EIO;
		return false;
	}
	*size = end;
	return true;
}
