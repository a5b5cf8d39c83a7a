/*
 * Repeats in the log: the first event of a kind and address is a line at once, those that follow
 * within a window are counted and become one line with `repeats` when it ends. The memory is
 * fixed; where two addresses share a place, the older one's count is told early. One thread.
 */
#ifndef STW_RUNTIME_LOG_REPEAT_H
#define STW_RUNTIME_LOG_REPEAT_H

#include "base/map.h"
#include "engine/netaddr.h"
#include "runtime/log.h"

#define LOG_REPEAT_PLACES 1024
#define LOG_REPEAT_WINDOW 60000 /* milliseconds */

struct log_repeat_entry {
	const char *event; /* a constant; NULL: free */
	enum log_level level;
	struct net_addr peer;
	char listener[128];
	uint16_t port;    /* local */
	uint64_t since;   /* milliseconds */
	uint64_t repeats; /* after the first */
};

struct log_repeat {
	struct hash_key key;
	struct log_repeat_entry entries[LOG_REPEAT_PLACES];
	void (*tell)(void *ctx,
		     const struct log_repeat_entry *entry); /* a window ended with repeats */
	void *ctx;
};

/* True: say it now; false: counted. */
bool log_repeat_note(struct log_repeat *repeat, const char *event, enum log_level level,
		     const struct net_addr *peer, struct str listener, uint16_t port,
		     uint64_t now) WARN_UNUSED;
/* Ends the windows that are over; `all`: every one. */
void log_repeat_sweep(struct log_repeat *repeat, uint64_t now, bool all);

#endif
