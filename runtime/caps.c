#include "runtime/caps.h"

static uint64_t open_in_all_roles(struct shared_page *page)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < ROLE_COUNT; i++)
		sum += atomic_load(&page->slot[i].open);
	return sum;
}

enum caps_result caps_take(struct shared_page *page, enum role role, struct caps_count *count,
			   uint64_t listener_max, uint64_t total_max)
{
	if (atomic_fetch_add(&count->open, 1) >= listener_max && listener_max) {
		atomic_fetch_sub(&count->open, 1);
		return CAPS_LISTENER;
	}
	if (!page)
		return CAPS_OK;
	atomic_fetch_add(&page->slot[role].open, 1);
	if (open_in_all_roles(page) > total_max) {
		atomic_fetch_sub(&page->slot[role].open, 1);
		atomic_fetch_sub(&count->open, 1);
		return CAPS_TOTAL;
	}
	return CAPS_OK;
}

void caps_give(struct shared_page *page, enum role role, struct caps_count *count)
{
	if (page)
		atomic_fetch_sub(&page->slot[role].open, 1);
	atomic_fetch_sub(&count->open, 1);
}
