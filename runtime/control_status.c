/* status: what serves, since when, how well; as text for people and as JSON for programs. */
#include "runtime/control_peer.h"

#include "runtime/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define CERTIFICATES_SHOWN 8

static const char *phase_word(const struct role_process *r)
{
	switch (r->phase) {
	case ROLE_DOWN: return r->pid > 0 ? "starting" : "down";
	case ROLE_PREPARING: return "preparing";
	case ROLE_READY: return "ready";
	case ROLE_COMMITTING: return "committing";
	case ROLE_SERVING: return r->drained ? "drained" : "serving";
	}
	return "unknown";
}

/* Why the daemon is degraded; NULL: it is healthy. */
static const char *trouble(const struct daemon *d)
{
	if (!d->active || d->start_up.running)
		return "starting";
	if (d->degraded[0])
		return d->degraded;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (!d->roles[role].serves && d->reload.phase == RELOAD_IDLE)
			return "a role is down";
	return d->draining ? "draining: no new connections" : NULL;
}

static const char *tls_word(const struct listener_setting *l)
{
	if (!l->use_tls)
		return "none";
	if (l->tls_implicit)
		return "implicit";
	return protocol_role(l->protocol) == ROLE_WEB ? "none" : "starttls";
}

/* ---- text ---- */

static void put_digest(struct buf *out, const char *label, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	if (!digest) {
		buf_printf(out, "  %-9s none\n", label);
		return;
	}
	digest_hex(digest, hex);
	buf_printf(out, "  %-9s %s\n", label, hex);
}

/* A file that is there and is no image is not the same as none. */
static void text_on_disk(const struct daemon *d, struct buf *out)
{
	struct digest disk;
	char why[600];
	bool missing;
	int fd;

	if (operator_file_claims(d, &disk)) {
		put_digest(out, "on disk", &disk);
		return;
	}
	fd = operator_file_open(d, &missing, why, sizeof(why));
	buf_printf(out, "  %-9s %s\n", "on disk",
		   fd >= 0   ? "a file that is no image"
		   : missing ? "none"
			     : why);
	if (fd >= 0)
		close(fd);
}

static void text_images(const struct daemon *d, struct buf *out)
{
	buf_puts(out, STR("image\n"));
	text_on_disk(d, out);
	put_digest(out, "verified", d->verified_valid ? &d->verified : NULL);
	put_digest(out, "active", d->active ? &d->active->copy.digest : NULL);
	put_digest(out, "content", d->active ? &d->active->manifest->content : NULL);
}

static void text_roles(const struct daemon *d, struct buf *out)
{
	buf_puts(out, STR("roles\n"));
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		const struct role_process *r = &d->roles[role];

		buf_printf(out,
			   "  %-5s pid %-8d %-10s restarts %" PRIu64 "  connections %" PRIu64 "\n",
			   role_word(role), r->pid > 0 ? (int)r->pid : 0, phase_word(r),
			   r->restarts, atomic_load(&d->shared->slot[role].open));
	}
}

static void text_certificates(const struct generation *g, struct buf *out)
{
	char until[32];

	for (size_t i = 0; i < g->certificate_count && i < CERTIFICATES_SHOWN; i++) {
		const struct certificate_info *c = &g->certificates[i];

		format_time(c->not_after, until);
		buf_printf(out, "    certificate %.*s: %s, until %s\n", STR_ARG(c->identity),
			   c->names ? c->names : "?", until);
	}
	if (g->certificate_count > CERTIFICATES_SHOWN)
		buf_printf(out, "    and %zu more\n", g->certificate_count - CERTIFICATES_SHOWN);
}

static void text_listeners(const struct generation *g, struct buf *out)
{
	char at[NET_TEXT_SIZE];

	buf_puts(out, STR("listeners\n"));
	for (size_t i = 0; i < g->socket_count; i++) {
		const struct generation_socket *s = &g->sockets[i];

		net_socket_format(&s->entry->bound, at);
		if (!s->listener) {
			buf_printf(out, "  %-24s http        --health\n", at);
			continue;
		}
		buf_printf(out, "  %-24s %-11s '%.*s', TLS %s%s\n", at,
			   protocol_word(s->listener->protocol), STR_ARG(s->listener->name),
			   tls_word(s->listener), s->entry->inherited ? ", socket activation" : "");
		if (strcmp(tls_word(s->listener), "none") != 0)
			text_certificates(g, out);
	}
}

static void text_notes(const char *label, const struct notes *notes, struct buf *out)
{
	for (size_t i = 0; i < notes->count; i++)
		buf_printf(out, "%s: %s\n", label, notes->items[i]);
	if (notes->dropped)
		buf_printf(out, "%s: and %zu more\n", label, notes->dropped);
}

static void text_last(const struct daemon *d, struct buf *out)
{
	const struct reload_result *r = &d->last;
	char time[32];

	if (!r->time)
		return;
	format_time(r->time, time);
	buf_printf(out, "last reload: %s at %s by %s%s%s%s, %.1f ms: %s\n",
		   reload_outcome_word(r->outcome), time, reload_cause_word(r->cause),
		   r->reason[0] ? " (" : "", r->reason, r->reason[0] ? ")" : "",
		   (double)r->micros / 1000, r->text);
}

static void text_confirm(const struct daemon *d, struct buf *out)
{
	char time[32];

	if (!d->confirm.pending)
		return;
	format_time(d->confirm.until, time);
	buf_printf(out, "confirm pending: until %s, then the generation before comes back\n", time);
}

static void text_carried(void *ctx, struct str name, uint64_t count)
{
	buf_printf(ctx, "  %.*s %" PRIu64 "\n", STR_ARG(name), count);
}

static void text_not_enacted(const struct generation *g, struct buf *out)
{
	size_t before, after;

	buf_puts(out, STR("carried, not enacted\n"));
	before = out->n;
	plan_not_enacted(g->copy.image, text_carried, out);
	after = out->n;
	if (before == after)
		buf_puts(out, STR("  nothing\n"));
}

static void text_history(const struct daemon *d, struct buf *out)
{
	char hex[DIGEST_HEX_SIZE], time[32];

	buf_puts(out, STR("generations, newest last\n"));
	for (size_t i = 0; i < d->store.good_count; i++) {
		digest_hex(&d->store.good[i].digest, hex);
		format_time(d->store.good[i].time, time);
		buf_printf(out, "  %.16s served from %s\n", hex, time);
	}
}

static void text_warnings(const struct daemon *d, struct buf *out)
{
	text_notes("warning", &d->warnings, out);
	if (d->active)
		text_notes("warning", &d->active->warnings, out);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		text_notes("warning", &d->roles[role].warnings, out);
	if (d->store.dir_fd < 0 && d->store.trouble[0])
		buf_printf(out, "warning: %s\n", d->store.trouble);
	if (state_trouble(d->state)[0])
		buf_printf(out, "warning: %s\n", state_trouble(d->state));
}

static void text_status(const struct daemon *d, struct buf *out)
{
	const struct generation *g = d->active;
	const char *why = trouble(d);
	char time[32];

	buf_printf(out, "stwd %s: %s%s\n", PACKAGE_VERSION, why ? "degraded: " : "healthy",
		   why ? why : "");
	if (g) {
		format_time((int64_t)atomic_load(&d->shared->state.generation_time), time);
		buf_printf(out, "generation %" PRIu64 ", active since %s\n", g->number, time);
		buf_printf(out, "host name %s, %u threads, %zu bans, %zu temporary allows\n",
			   g->hostname, g->threads, state_count(d->state, LIVE_BAN),
			   state_count(d->state, LIVE_ALLOW));
	}
	text_images(d, out);
	text_roles(d, out);
	if (g) {
		text_listeners(g, out);
		text_not_enacted(g, out);
	}
	text_history(d, out);
	text_last(d, out);
	text_confirm(d, out);
	if (g)
		text_notes("restart pending", &g->pending, out);
	text_warnings(d, out);
}

/* ---- JSON ---- */

static void key(struct buf *out, const char *name)
{
	char last = out->n ? out->p[out->n - 1] : '{';

	if (last != '{' && last != '[' && last != ':')
		buf_putc(out, ',');
	if (name) {
		buf_put_json(out, str_c(name));
		buf_putc(out, ':');
	}
}

static void json_text(struct buf *out, const char *name, struct str text)
{
	key(out, name);
	buf_put_json(out, text);
}

static void json_number(struct buf *out, const char *name, uint64_t n)
{
	key(out, name);
	buf_printf(out, "%" PRIu64, n);
}

static void json_bool(struct buf *out, const char *name, bool b)
{
	key(out, name);
	buf_puts(out, b ? STR("true") : STR("false"));
}

static void json_open(struct buf *out, const char *name, char bracket)
{
	key(out, name);
	buf_putc(out, bracket);
}

static void json_digest(struct buf *out, const char *name, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	key(out, name);
	if (!digest) {
		buf_puts(out, STR("null"));
		return;
	}
	digest_hex(digest, hex);
	buf_put_json(out, str_c(hex));
}

static void json_images(const struct daemon *d, struct buf *out)
{
	struct digest disk;

	json_open(out, "image", '{');
	json_digest(out, "onDisk", operator_file_claims(d, &disk) ? &disk : NULL);
	json_digest(out, "verified", d->verified_valid ? &d->verified : NULL);
	json_digest(out, "active", d->active ? &d->active->copy.digest : NULL);
	json_digest(out, "content", d->active ? &d->active->manifest->content : NULL);
	buf_putc(out, '}');
}

static void json_roles(const struct daemon *d, struct buf *out)
{
	json_open(out, "roles", '[');
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		const struct role_process *r = &d->roles[role];

		json_open(out, NULL, '{');
		json_text(out, "name", str_c(role_word(role)));
		json_number(out, "pid", r->pid > 0 ? (uint64_t)r->pid : 0);
		json_text(out, "phase", str_c(phase_word(r)));
		json_number(out, "generation", r->serves);
		json_number(out, "restarts", r->restarts);
		json_number(out, "connections", atomic_load(&d->shared->slot[role].open));
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_certificates(const struct generation *g, struct buf *out)
{
	json_open(out, "certificates", '[');
	for (size_t i = 0; i < g->certificate_count; i++) {
		const struct certificate_info *c = &g->certificates[i];

		json_open(out, NULL, '{');
		json_text(out, "certificate", c->identity);
		json_text(out, "names", str_c(c->names));
		json_number(out, "notAfter", (uint64_t)c->not_after);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_listeners(const struct generation *g, struct buf *out)
{
	char at[NET_TEXT_SIZE];

	json_open(out, "listeners", '[');
	for (size_t i = 0; g && i < g->socket_count; i++) {
		const struct generation_socket *s = &g->sockets[i];
		const char *tls = s->listener ? tls_word(s->listener) : "none";

		net_socket_format(&s->entry->bound, at);
		json_open(out, NULL, '{');
		json_text(out, "name", s->listener ? s->listener->name : STR("--health"));
		json_text(out, "address", str_c(at));
		json_number(out, "port", s->entry->bound.port);
		json_text(out, "protocol",
			  str_c(s->listener ? protocol_word(s->listener->protocol) : "http"));
		json_text(out, "role", str_c(role_word(s->role)));
		json_text(out, "tls", str_c(tls));
		json_bool(out, "socketActivation", s->entry->inherited);
		if (strcmp(tls, "none") != 0)
			json_certificates(g, out);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_items(const struct notes *notes, struct buf *out)
{
	for (size_t i = 0; i < notes->count; i++)
		json_text(out, NULL, str_c(notes->items[i]));
}

static void json_warnings(const struct daemon *d, struct buf *out)
{
	json_open(out, "warnings", '[');
	json_items(&d->warnings, out);
	if (d->active)
		json_items(&d->active->warnings, out);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		json_items(&d->roles[role].warnings, out);
	if (d->store.dir_fd < 0 && d->store.trouble[0])
		json_text(out, NULL, str_c(d->store.trouble));
	if (state_trouble(d->state)[0])
		json_text(out, NULL, str_c(state_trouble(d->state)));
	buf_putc(out, ']');
	json_open(out, "restartPending", '[');
	if (d->active)
		json_items(&d->active->pending, out);
	buf_putc(out, ']');
}

static void json_carried(void *ctx, struct str name, uint64_t count)
{
	struct buf *out = ctx;

	key(out, NULL);
	buf_put_json(out, name);
	buf_printf(out, ":%" PRIu64, count);
}

static void json_last(const struct daemon *d, struct buf *out)
{
	const struct reload_result *r = &d->last;

	if (!r->time)
		return;
	json_open(out, "lastReload", '{');
	json_text(out, "result", str_c(reload_outcome_word(r->outcome)));
	json_text(out, "cause", str_c(reload_cause_word(r->cause)));
	json_text(out, "reason", str_c(r->reason));
	json_text(out, "text", str_c(r->text));
	json_number(out, "time", (uint64_t)r->time);
	json_number(out, "micros", r->micros);
	json_digest(out, "digest", &r->digest);
	buf_putc(out, '}');
}

static void json_history(const struct daemon *d, struct buf *out)
{
	json_open(out, "generations", '[');
	for (size_t i = 0; i < d->store.good_count; i++) {
		json_open(out, NULL, '{');
		json_digest(out, "digest", &d->store.good[i].digest);
		json_number(out, "time", (uint64_t)d->store.good[i].time);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
	json_open(out, "refused", '[');
	for (size_t i = 0; i < d->store.refused_count; i++) {
		json_open(out, NULL, '{');
		json_digest(out, "digest", &d->store.refused[i].digest);
		json_bool(out, "reverted", d->store.refused[i].reverted);
		json_text(out, "why", str_c(d->store.refused[i].why));
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_general(const struct daemon *d, struct buf *out)
{
	const struct generation *g = d->active;
	const char *why = trouble(d);

	json_text(out, "version", STR(PACKAGE_VERSION));
	json_number(out, "pid", (uint64_t)getpid());
	json_text(out, "health", str_c(why ? "degraded" : "healthy"));
	if (why)
		json_text(out, "degraded", str_c(why));
	json_bool(out, "draining", d->draining);
	json_bool(out, "reloading", d->reload.phase != RELOAD_IDLE);
	json_number(out, "started", (uint64_t)d->started);
	if (!g)
		return;
	json_number(out, "generation", g->number);
	json_number(out, "activeSince", atomic_load(&d->shared->state.generation_time));
	json_text(out, "hostname", str_c(g->hostname));
	json_number(out, "threads", g->threads);
	json_number(out, "bans", state_count(d->state, LIVE_BAN));
	json_number(out, "temporaryAllows", state_count(d->state, LIVE_ALLOW));
	if (d->confirm.pending)
		json_number(out, "confirmUntil", (uint64_t)d->confirm.until);
}

static void json_status(const struct daemon *d, struct buf *out)
{
	buf_putc(out, '{');
	json_general(d, out);
	json_images(d, out);
	json_roles(d, out);
	json_listeners(d->active, out);
	json_open(out, "notEnacted", '{');
	if (d->active)
		plan_not_enacted(d->active->copy.image, json_carried, out);
	buf_putc(out, '}');
	json_history(d, out);
	json_last(d, out);
	json_warnings(d, out);
	buf_puts(out, STR("}\n"));
}

void command_status(struct peer *p, char **words, size_t count)
{
	struct daemon *d = p->daemon;
	bool json = count == 2 && strcmp(words[1], "--json") == 0;

	if (count > 1 && !json)
		return peer_fail(p, CONTROL_CANNOT, "status: unexpected '%s'", words[1]);
	if (json)
		json_status(d, &p->out);
	else
		text_status(d, &p->out);
	peer_finish(p, trouble(d) ? CONTROL_REFUSED : CONTROL_OK);
}
