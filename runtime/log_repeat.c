#include "runtime/log_repeat.h"

#include <stdio.h>

static void end_window(struct log_repeat *repeat, struct log_repeat_entry *entry)
{
	if (entry->event && entry->repeats)
		repeat->tell(repeat->ctx, entry);
	entry->event = NULL;
}

static struct log_repeat_entry *place_of(struct log_repeat *repeat, const char *event,
					 const struct net_addr *peer)
{
	struct str address = {(const char *)peer->b, peer->family == 4 ? 4 : 16};
	uint64_t hash = hash_str(&repeat->key, address) ^ hash_str(&repeat->key, str_c(event));

	return &repeat->entries[hash % LOG_REPEAT_PLACES];
}

bool log_repeat_note(struct log_repeat *repeat, const char *event, enum log_level level,
		     const struct net_addr *peer, struct str listener, uint16_t port, uint64_t now)
{
	struct log_repeat_entry *entry = place_of(repeat, event, peer);

	if (entry->event && strcmp(entry->event, event) == 0 && net_addr_eq(&entry->peer, peer) &&
	    now - entry->since < LOG_REPEAT_WINDOW) {
		entry->repeats++;
		return false;
	}
	end_window(repeat, entry);
	*entry = (struct log_repeat_entry){
		.event = event, .level = level, .peer = *peer, .port = port, .since = now};
	snprintf(entry->listener, sizeof(entry->listener), "%.*s", STR_ARG(listener));
	return true;
}

void log_repeat_sweep(struct log_repeat *repeat, uint64_t now, bool all)
{
	size_t i;

	for (i = 0; i < LOG_REPEAT_PLACES; i++) {
		struct log_repeat_entry *entry = &repeat->entries[i];

		if (entry->event && (all || now - entry->since >= LOG_REPEAT_WINDOW))
			end_window(repeat, entry);
	}
}
