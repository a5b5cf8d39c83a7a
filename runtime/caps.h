/*
 * The two connection caps: a listener's own (all its addresses together), and the total of every
 * role, summed over the shared page. A place is taken before it is looked whether it was free, so
 * that two roles can never both take the last one.
 */
#ifndef STW_RUNTIME_CAPS_H
#define STW_RUNTIME_CAPS_H

#include "base/attr.h"
#include "runtime/shared.h"

/* Open sessions of a NetworkListener; one per object for as long as any generation knows it. */
struct caps_count {
	_Atomic uint64_t open;
	_Atomic uint64_t references;
	uint64_t object;
	struct caps_count *next;
};

enum caps_result { CAPS_OK, CAPS_LISTENER, CAPS_TOTAL };

/* Takes a place in the role's slot and in the count. `listener_max` 0: no cap of its own. `page`
 * NULL: outside the total. */
enum caps_result caps_take(struct shared_page *page, enum role role, struct caps_count *count,
			   uint64_t listener_max, uint64_t total_max) WARN_UNUSED;
/* Gives it back; `page` as it was taken. */
void caps_give(struct shared_page *page, enum role role, struct caps_count *count);

#endif
