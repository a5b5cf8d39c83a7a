#include "runtime/web_respond.h"

/* The shared page as Prometheus text: a family is HELP, TYPE and its samples. */
static void family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void sample(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void labelled(struct buf *out, const char *name, const char *label, const char *word,
		     uint64_t value)
{
	buf_printf(out, "%s{%s=\"%s\"} %llu\n", name, label, word, (unsigned long long)value);
}

static void connections(struct shared_page *shared, struct buf *out)
{
	uint64_t accepted[SHARED_PROTOCOLS] = {0}, blocked = 0, capped = 0;
	unsigned role, i;

	family(out, "stw_connections_open", "gauge", "Connections open now.");
	for (role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct shared_slot *slot = &shared->slot[role];

		labelled(out, "stw_connections_open", "role", role_word((enum role)role),
			 slot->open);
		for (i = 0; i < SHARED_PROTOCOLS; i++)
			accepted[i] += slot->accepted[i];
		blocked += slot->refused_blocked;
		capped += slot->refused_capped;
	}
	family(out, "stw_connections_accepted_total", "counter", "Connections taken, by protocol.");
	for (i = 0; i < SHARED_PROTOCOLS; i++)
		labelled(out, "stw_connections_accepted_total", "protocol",
			 proto_word((enum protocol)i), accepted[i]);
	family(out, "stw_connections_refused_total", "counter", "Connections refused, by reason.");
	labelled(out, "stw_connections_refused_total", "reason", "blocked", blocked);
	labelled(out, "stw_connections_refused_total", "reason", "capped", capped);
}

static void sessions(struct shared_page *shared, struct buf *out)
{
	uint64_t handshakes = 0, failures = 0, timeouts = 0;
	unsigned role;

	for (role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		handshakes += shared->slot[role].tls_handshakes;
		failures += shared->slot[role].tls_failures;
		timeouts += shared->slot[role].timeouts;
	}
	family(out, "stw_tls_handshakes_total", "counter", "TLS handshakes that succeeded.");
	sample(out, "stw_tls_handshakes_total", handshakes);
	family(out, "stw_tls_failures_total", "counter", "TLS handshakes that failed.");
	sample(out, "stw_tls_failures_total", failures);
	family(out, "stw_timeouts_total", "counter", "Sessions ended for a deadline.");
	sample(out, "stw_timeouts_total", timeouts);
}

static void roles(struct shared_page *shared, struct buf *out)
{
	unsigned role;

	family(out, "stw_role_up", "gauge", "1 while the role's process runs.");
	for (role = ROLE_MAIN; role < ROLE_COUNT; role++)
		labelled(out, "stw_role_up", "role", role_word((enum role)role),
			 shared->slot[role].pid != 0);
	family(out, "stw_role_restarts_total", "counter", "Restarts of the role's process.");
	for (role = ROLE_EDGE; role < ROLE_COUNT; role++)
		labelled(out, "stw_role_restarts_total", "role", role_word((enum role)role),
			 shared->slot[role].restarts);
}

static void reloads(struct shared_state *state, struct buf *out)
{
	uint64_t micros = state->reload_micros;

	family(out, "stw_reloads_total", "counter", "Reloads since the start, by result.");
	labelled(out, "stw_reloads_total", "result", "ok", state->reloads_ok);
	labelled(out, "stw_reloads_total", "result", "refused", state->reloads_refused);
	labelled(out, "stw_reloads_total", "result", "unchanged", state->reloads_unchanged);
	family(out, "stw_reload_duration_seconds", "gauge",
	       "Time of the last reload, to its commit.");
	buf_printf(out, "stw_reload_duration_seconds %llu.%06llu\n",
		   (unsigned long long)(micros / 1000000), (unsigned long long)(micros % 1000000));
	family(out, "stw_generation", "gauge", "Number of the generation that serves.");
	sample(out, "stw_generation", state->generation);
	family(out, "stw_generation_timestamp_seconds", "gauge", "When it began to serve.");
	sample(out, "stw_generation_timestamp_seconds", state->generation_time);
}

static void image(struct shared_state *state, struct buf *out)
{
	unsigned i;

	family(out, "stw_image_bytes", "gauge", "Size of the image that serves.");
	sample(out, "stw_image_bytes", state->image_bytes);
	family(out, "stw_image_info", "gauge", "Content digest of the image that serves.");
	buf_puts(out, STR("stw_image_info{digest=\""));
	for (i = 0; i < 32; i++)
		buf_printf(out, "%02x", state->image_digest[i]);
	buf_puts(out, STR("\"} 1\n"));
}

static void condition(struct shared_state *state, struct buf *out)
{
	family(out, "stw_ready", "gauge", "1 while every role serves a generation.");
	sample(out, "stw_ready", state->ready);
	family(out, "stw_degraded", "gauge", "1 while an older image than the one on disk serves.");
	sample(out, "stw_degraded", state->degraded);
	family(out, "stw_live_bans", "gauge", "Automatic bans in force.");
	sample(out, "stw_live_bans", state->live_bans);
	family(out, "stw_live_allows", "gauge", "Temporary allows in force.");
	sample(out, "stw_live_allows", state->live_allows);
}

void metrics_write(struct shared_page *shared, struct buf *out)
{
	condition(&shared->state, out);
	connections(shared, out);
	sessions(shared, out);
	roles(shared, out);
	reloads(&shared->state, out);
	image(&shared->state, out);
}
