/*
 * What the web role answers: health, metrics, and what mail clients look for. Pure: a request, the
 * shared page and the settings in, a response out.
 */
#ifndef STW_RUNTIME_WEB_RESPOND_H
#define STW_RUNTIME_WEB_RESPOND_H

#include "libstw/discovery.h"
#include "runtime/proto.h"
#include "runtime/shared.h"

/* Metrics.prometheus. */
struct web_metrics {
	bool open; /* Enabled: for every peer; else for loopback peers */
	bool needs_login;
	char *login; /* "user:secret", owned */
	size_t login_n;
};

struct web_view {
	struct shared_page *shared;
	const struct web_metrics *metrics;
	const struct stw_discovery *discovery; /* NULL: none is served here */
	const char *hostname;                  /* what this host calls itself */
	bool loopback;                         /* the peer */
};

void web_respond(const struct web_view *view, const struct http_request *request,
		 struct http_response *out);
/* discovery.c: the documents that mail clients look for. False: the path is none of theirs. */
bool discovery_respond(const struct web_view *view, const struct http_request *request,
		       struct http_response *out) WARN_UNUSED;
/* The Prometheus text format 0.0.4. */
void metrics_write(struct shared_page *shared, struct buf *out);

#endif
