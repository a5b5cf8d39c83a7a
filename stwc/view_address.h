/* The daemon's address decision over a configuration at hand: who is let in, and which line says
 * so. */
#ifndef STW_STWC_VIEW_ADDRESS_H
#define STW_STWC_VIEW_ADDRESS_H

#include "engine/decide.h"
#include "stwc/view.h"

/* What decides, and where it was read. */
struct view_decider {
	struct view *view;
	struct net_network *proxies;
	const struct object *settings;     /* SystemSettings; NULL: not set */
	const struct value_field *trusted; /* its proxyTrustedNetworks */
	struct decider decider;
};

/* What stands behind a decision, as far as the configuration says it. */
struct view_reason {
	struct view_place place;
	struct str word; /* BlockedIp.reason, or the note of AllowedIp; may be empty */
};

/* Loads what decide() of the engine asks; the view must outlive it. False: out of memory, or the
 * image is damaged, as view->fault says where it is not empty. view_decider_free in every case. */
bool view_decider_init(struct view_decider *d, struct view *view) WARN_UNUSED;
void view_decider_free(struct view_decider *d);
/* Where the rule of a decision of this decider stands. */
struct view_reason view_decision_reason(struct view_decider *d, const struct decision *decision);
/* "BlockedIp 192.0.2.0/24", or why no entry was needed. */
void view_decision_rule(struct buf *out, const struct decision *decision);

#endif
