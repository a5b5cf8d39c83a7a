/*
 * One page that main makes and every role maps: counters that only go up, gauges, and the
 * state that health and metrics show. A role writes its own slot; main writes its part and
 * clears a slot's gauges when that role dies. Everything is atomic and lock-free; readers sum.
 */
#ifndef STW_RUNTIME_SHARED_H
#define STW_RUNTIME_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

enum role { ROLE_MAIN, ROLE_EDGE, ROLE_WEB, ROLE_COUNT };

/* "main", "edge", "web" */
const char *role_word(enum role role);

#define SHARED_PROTOCOLS 6 /* members of NetworkListenerProtocol */

struct shared_slot {
	_Atomic uint64_t open; /* connections now; both caps look at the sum */
	_Atomic uint64_t accepted[SHARED_PROTOCOLS];
	_Atomic uint64_t refused_blocked;
	_Atomic uint64_t refused_capped;
	_Atomic uint64_t tls_handshakes;
	_Atomic uint64_t tls_failures;
	_Atomic uint64_t timeouts;
	_Atomic uint64_t pid;
	_Atomic uint64_t restarts; /* written by main */
};

struct shared_state {
	_Atomic uint32_t ready; /* every role serves a generation */
	_Atomic uint32_t degraded;
	_Atomic uint64_t generation;
	_Atomic uint64_t generation_time; /* seconds since the epoch of the last commit */
	_Atomic uint64_t reloads_ok, reloads_refused, reloads_unchanged;
	_Atomic uint64_t reload_micros; /* of the last one, from request to last COMMITTED */
	_Atomic uint64_t image_bytes;
	_Atomic uint8_t image_digest[32]; /* content digest of the active image */
	_Atomic uint64_t live_bans, live_allows;
};

struct shared_page {
	struct shared_state state;
	struct shared_slot slot[ROLE_COUNT];
};

#endif
