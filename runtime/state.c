#include "runtime/state.h"

#include "base/fs.h"
#include "runtime/state_check.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_MAP_SIZE ((size_t)1 << 30)
#define STATE_MODE 0600

/* Key and value on disk; fixed sizes, written by this machine for itself. */
struct state_key {
	uint8_t kind, family, prefix;
	uint8_t address[16];
};

struct state_value {
	int64_t until;
	uint8_t reason;
	uint8_t sum[7]; /* over the key and the members above */
};

struct change {
	struct live_entry entry;
	bool removed;
};

struct state {
	struct live_table *table;
	MDB_env *env; /* NULL: in memory only */
	MDB_dbi dbi;
	struct change *changes; /* not yet on disk */
	size_t change_count, change_cap;
	size_t counts[LIVE_BAN + 1];
	size_t lost; /* entries whose sum did not fit */
	char trouble[300];
	char damage[400];
};

bool live_entry_valid(const struct live_entry *entry)
{
	const struct net_network *n = &entry->network;

	return (entry->kind == LIVE_ALLOW || entry->kind == LIVE_BAN) &&
	       (n->addr.family == 4 || n->addr.family == 6) &&
	       n->prefix <= (n->addr.family == 4 ? 32 : 128);
}

static void key_of(const struct live_entry *entry, struct state_key *out)
{
	*out = (struct state_key){.kind = entry->kind,
				  .family = entry->network.addr.family,
				  .prefix = entry->network.prefix};
	memcpy(out->address, entry->network.addr.b, entry->network.addr.family == 4 ? 4 : 16);
}

/* Against damage alone, so its key is no secret. */
static void sum_of(const struct state_key *k, const struct state_value *v, uint8_t out[7])
{
	static const struct hash_key key = {0x7374776c69766531, 0x6d64622073756d73};
	char bytes[sizeof(*k) + sizeof(v->until) + sizeof(v->reason)];
	uint64_t sum;

	memcpy(bytes, k, sizeof(*k));
	memcpy(bytes + sizeof(*k), &v->until, sizeof(v->until));
	bytes[sizeof(bytes) - 1] = (char)v->reason;
	sum = hash_str(&key, (struct str){bytes, sizeof(bytes)});
	memcpy(out, &sum, 7);
}

/* False for bytes that this program did not write. */
static bool entry_of(const MDB_val *key, const MDB_val *value, struct live_entry *out)
{
	struct state_key k;
	struct state_value v;
	struct live_entry entry;
	uint8_t sum[7];

	if (key->mv_size != sizeof(k) || value->mv_size != sizeof(v))
		return false;
	memcpy(&k, key->mv_data, sizeof(k));
	memcpy(&v, value->mv_data, sizeof(v));
	sum_of(&k, &v, sum);
	if (memcmp(sum, v.sum, sizeof(sum)) != 0)
		return false;
	entry = (struct live_entry){.kind = k.kind, .reason = v.reason, .until = v.until};
	entry.network.addr.family = k.family;
	entry.network.prefix = k.prefix;
	memcpy(entry.network.addr.b, k.address, sizeof(k.address));
	if (!live_entry_valid(&entry))
		return false;
	*out = entry;
	return true;
}

static bool ended(const struct live_entry *entry, int64_t now)
{
	return entry->until != 0 && entry->until <= now;
}

static void set_trouble(struct state *state, const char *doing, int code)
{
	(void)snprintf(state->trouble, sizeof(state->trouble),
		       "cannot %s live.mdb: %s; bans and temporary allows are in memory only",
		       doing, mdb_strerror(code));
}

static bool remember(struct state *state, const struct live_entry *entry, bool removed)
{
	if (!state->env)
		return true;
	if (state->change_count == state->change_cap) {
		size_t cap = state->change_cap ? state->change_cap * 2 : 64;
		struct change *grown = realloc(state->changes, cap * sizeof(*grown));

		if (!grown)
			return false;
		state->changes = grown;
		state->change_cap = cap;
	}
	state->changes[state->change_count++] = (struct change){*entry, removed};
	return true;
}

static bool put_in_memory(struct state *state, const struct live_entry *entry)
{
	size_t before = live_table_count(state->table);

	if (!live_table_put(state->table, entry))
		return false;
	state->counts[entry->kind] += live_table_count(state->table) - before;
	return true;
}

/* Entries that have ended are left on disk here and removed by the first flush; what is no entry is
 * removed at once. */
static int read_entries(struct state *state, MDB_txn *txn, int64_t now)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(txn, state->dbi, &cursor);

	if (code)
		return code;
	while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		struct live_entry entry;

		if (!entry_of(&key, &value, &entry)) {
			state->lost++;
			code = mdb_cursor_del(cursor, 0);
			if (code)
				break;
			continue;
		}
		if (ended(&entry, now) ? !remember(state, &entry, true)
				       : !put_in_memory(state, &entry)) {
			code = ENOMEM;
			break;
		}
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? 0 : code;
}

static int read_environment(struct state *state, const char *file, int64_t now)
{
	MDB_txn *txn;
	int code = mdb_env_create(&state->env);

	if (code) {
		state->env = NULL;
		return code;
	}
	code = mdb_env_set_mapsize(state->env, STATE_MAP_SIZE);
	/* one process opens it, under the lock of the state directory: no lock file of its own */
	if (!code)
		code = mdb_env_open(state->env, file, MDB_NOSUBDIR | MDB_NOLOCK, STATE_MODE);
	if (!code)
		code = mdb_txn_begin(state->env, NULL, 0, &txn);
	if (code)
		return code;
	code = mdb_dbi_open(txn, NULL, 0, &state->dbi);
	if (!code)
		code = read_entries(state, txn, now);
	if (code) {
		mdb_txn_abort(txn);
		return code;
	}
	return mdb_txn_commit(txn);
}

/* NULL: whole, or not there. LMDB says itself what it cannot open. */
static const char *look_at(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = NULL;
	struct stat st;
	void *p;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			why = "it cannot be looked at";
		} else {
			why = state_check((struct stw_bytes){p, (size_t)st.st_size},
					  sizeof(struct state_key), sizeof(struct state_value),
					  STATE_MAP_SIZE);
			(void)munmap(p, (size_t)st.st_size);
		}
	}
	close(fd);
	return why;
}

/* A damaged file is kept beside a new one. False: it could not be moved, and must not be opened. */
static bool set_aside(struct state *state, const char *file, const char *why)
{
	char *aside = NULL;
	bool moved = asprintf(&aside, "%s.damaged", file) > 0 && rename(file, aside) == 0;

	(void)snprintf(state->damage, sizeof(state->damage),
		       "live.mdb is damaged: %s; %s; bans and temporary allows begin anew", why,
		       moved ? "it is now live.mdb.damaged" : "it cannot be renamed");
	if (!moved)
		set_trouble(state, "replace", errno);
	free(aside);
	return moved;
}

static void leave_disk(struct state *state)
{
	if (state->env)
		mdb_env_close(state->env);
	state->env = NULL;
	free(state->changes);
	state->changes = NULL;
	state->change_count = state->change_cap = 0;
}

static void read_file(struct state *state, const char *file, int64_t now)
{
	const char *why = look_at(file);
	int code;

	if (why && !set_aside(state, file, why))
		return;
	code = read_environment(state, file, now);
	if (code) {
		leave_disk(state);
		set_trouble(state, "open", code);
	}
	if (state->lost)
		(void)snprintf(state->damage, sizeof(state->damage),
			       "live.mdb is damaged: %zu of its entries are dropped", state->lost);
}

struct state *state_open(const char *path, const struct hash_key *key, int64_t now)
{
	struct state *state = calloc(1, sizeof(*state));
	char *file = NULL;

	if (!state)
		return NULL;
	state->table = live_table_new(key);
	if (!state->table || (path && asprintf(&file, "%s/live.mdb", path) < 0)) {
		state_close(state);
		return NULL;
	}
	if (path)
		read_file(state, file, now);
	free(file);
	return state;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	leave_disk(state);
	live_table_free(state->table);
	free(state);
}

const char *state_trouble(const struct state *state)
{
	return state->trouble;
}

const char *state_damage(const struct state *state)
{
	return state->damage;
}

const struct live_table *state_table(const struct state *state)
{
	return state->table;
}

bool state_put(struct state *state, const struct live_entry *entry)
{
	return put_in_memory(state, entry) && remember(state, entry, false);
}

bool state_remove(struct state *state, enum live_kind kind, const struct net_network *network)
{
	struct live_entry entry = {.kind = (uint8_t)kind, .network = *network};

	if (!live_table_remove(state->table, kind, network))
		return false;
	state->counts[kind]--;
	if (!remember(state, &entry, true))
		(void)snprintf(state->trouble, sizeof(state->trouble), "out of memory");
	return true;
}

static int write_change(struct state *state, MDB_txn *txn, const struct change *change)
{
	struct state_value value = {.until = change->entry.until, .reason = change->entry.reason};
	struct state_key key;
	MDB_val k = {sizeof(key), &key}, v = {sizeof(value), &value};
	int code;

	key_of(&change->entry, &key);
	sum_of(&key, &value, value.sum);
	if (!change->removed)
		return mdb_put(txn, state->dbi, &k, &v, 0);
	code = mdb_del(txn, state->dbi, &k, NULL);
	return code == MDB_NOTFOUND ? 0 : code;
}

bool state_flush(struct state *state)
{
	MDB_txn *txn;
	int code;

	if (!state->env || state->change_count == 0)
		return true;
	code = mdb_txn_begin(state->env, NULL, 0, &txn);
	if (code) {
		set_trouble(state, "write to", code);
		return false;
	}
	for (size_t i = 0; !code && i < state->change_count; i++)
		code = write_change(state, txn, &state->changes[i]);
	if (code)
		mdb_txn_abort(txn);
	else
		code = mdb_txn_commit(txn);
	if (code) {
		set_trouble(state, "write to", code);
		return false;
	}
	state->change_count = 0;
	state->trouble[0] = '\0';
	return true;
}

struct expiry {
	int64_t now;
	struct live_entry *entries;
	size_t count, cap;
};

/* Without memory the rest is found the next time. */
static bool gather_ended(void *ctx, const struct live_entry *entry)
{
	struct expiry *expiry = ctx;

	if (!ended(entry, expiry->now))
		return true;
	if (expiry->count == expiry->cap) {
		size_t cap = expiry->cap ? expiry->cap * 2 : 64;
		struct live_entry *grown = realloc(expiry->entries, cap * sizeof(*grown));

		if (!grown)
			return false;
		expiry->entries = grown;
		expiry->cap = cap;
	}
	expiry->entries[expiry->count++] = *entry;
	return true;
}

void state_expire(struct state *state, int64_t now,
		  void (*each)(void *ctx, const struct live_entry *entry), void *ctx)
{
	struct expiry expiry = {.now = now};

	/* a table must not change while it is walked */
	live_table_each(state->table, gather_ended, &expiry);
	for (size_t i = 0; i < expiry.count; i++) {
		const struct live_entry *entry = &expiry.entries[i];

		if (state_remove(state, (enum live_kind)entry->kind, &entry->network))
			each(ctx, entry);
	}
	free(expiry.entries);
}

int state_snapshot(const struct state *state)
{
	struct buf bytes = BUF_INIT;
	int fd = -1;

	if (live_table_write(state->table, &bytes) && !bytes.failed)
		fd = memfd_create("stw-live", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	else
		errno = ENOMEM;
	if (fd >= 0 && (!fs_write_all(fd, bytes.p, bytes.n) ||
			fcntl(fd, F_ADD_SEALS,
			      F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)) {
		close(fd);
		fd = -1;
	}
	buf_free(&bytes);
	return fd;
}

size_t state_count(const struct state *state, enum live_kind kind)
{
	return state->counts[kind];
}
