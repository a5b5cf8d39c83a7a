/* Bans and temporary allows: here, in every role, and soon on disk. */
#include "runtime/main.h"

bool live_put(struct daemon *d, const struct live_entry *entry)
{
	if (!state_put(d->state, entry))
		return false;
	roles_tell_live(d, IPC_LIVE_PUT, entry);
	live_count(d);
	return true;
}

static void tell_removed(struct daemon *d, const struct live_entry *entry)
{
	roles_tell_live(d, IPC_LIVE_REMOVE, entry);
	live_count(d);
}

bool live_remove(struct daemon *d, enum live_kind kind, const struct net_network *network)
{
	struct live_entry entry;

	/* the entry crosses to another process: its padding is cleared too */
	memset(&entry, 0, sizeof(entry));
	entry.kind = (uint8_t)kind;
	entry.network = *network;
	if (!state_remove(d->state, kind, network))
		return false;
	tell_removed(d, &entry);
	return true;
}

static void each_expired(void *ctx, const struct live_entry *entry)
{
	struct daemon *d = ctx;
	char text[NET_TEXT_SIZE];

	net_network_format(&entry->network, text);
	LOG_EVENT(d->log, LOG_LEVEL_INFO,
		  entry->kind == LIVE_BAN ? "security.ip-block-expired"
					  : "security.ip-allow-expired",
		  LOG_T("remoteIp", str_c(text)));
	tell_removed(d, entry);
}

void live_expire(struct daemon *d)
{
	state_expire(d->state, now_seconds(), each_expired, d);
}

void live_count(struct daemon *d)
{
	atomic_store(&d->shared->state.live_bans, state_count(d->state, LIVE_BAN));
	atomic_store(&d->shared->state.live_allows, state_count(d->state, LIVE_ALLOW));
}
