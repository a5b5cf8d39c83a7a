/*
 * Writable state: automatic bans and temporary allows, in memory for the decision and on disk for
 * the next start. Only main opens the LMDB environment; roles get a snapshot and then changes.
 */
#ifndef STW_RUNTIME_STATE_H
#define STW_RUNTIME_STATE_H

#include "engine/live_table.h"

struct state;

/* True when kind, family and prefix are ones that exist; for entries from outside this process. */
bool live_entry_valid(const struct live_entry *entry);

/* STATE/live.mdb inside the directory `path`; NULL: in memory only. Entries that have ended at
 * `now` are dropped. NULL: out of memory. A file that cannot be used is no reason to stay down:
 * state_trouble says what is wrong, and the state is in memory. A damaged one is renamed to
 * live.mdb.damaged before LMDB sees it (state_check.h), and an entry whose sum does not fit is
 * dropped; state_damage says so. */
struct state *state_open(const char *path, const struct hash_key *key, int64_t now) WARN_UNUSED;
void state_close(struct state *state);
/* Empty when all is well. */
const char *state_trouble(const struct state *state);
/* What state_open found damaged and did without; empty: nothing. */
const char *state_damage(const struct state *state);

const struct live_table *state_table(const struct state *state);
/* Adds or replaces, in memory at once; on disk with the next state_flush. False: out of memory or
 * over the limit of the table. */
bool state_put(struct state *state, const struct live_entry *entry) WARN_UNUSED;
/* False: was not there. */
bool state_remove(struct state *state, enum live_kind kind, const struct net_network *network);
/* Brings changes to the disk. False: state_trouble says why; they are tried again next time. */
bool state_flush(struct state *state) WARN_UNUSED;
/* Drops what has ended at `now`; calls back for each. */
void state_expire(struct state *state, int64_t now,
		  void (*each)(void *ctx, const struct live_entry *entry), void *ctx);
/* A sealed memfd with the snapshot; -1: errno. */
int state_snapshot(const struct state *state) WARN_UNUSED;
/* Entries of one kind. */
size_t state_count(const struct state *state, enum live_kind kind);

#endif
