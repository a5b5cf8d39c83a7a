/*
 * Whether the bytes of live.mdb are what LMDB wrote: LMDB trusts its file, and a damaged one would
 * end stwd or make it do something else. Every page that LMDB could read or write is looked at.
 */
#ifndef STW_RUNTIME_STATE_CHECK_H
#define STW_RUNTIME_STATE_CHECK_H

#include "libstw/record.h"

/* NULL, or what is wrong: a static string. `key` and `value` are the sizes of every key and value
 * of the one table, `map_size` the bytes that the file may grow to. No bytes at all are a new file.
 */
const char *state_check(struct stw_bytes file, size_t key, size_t value,
			size_t map_size) WARN_UNUSED;

#endif
