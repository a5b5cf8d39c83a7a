/* An image becomes a generation: everything that can fail is done here, before any role knows. */
#include "runtime/main.h"

#include "libstw/ids.h"
#include "runtime/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF_SIGNED_FILE "self-signed.pem"
#define SELF_SIGNED_KEY_FILE "self-signed.key"
#define SELF_SIGNED_DAYS 398
#define SELF_SIGNED_RENEW (30 * 86400)
#define HEALTH_BACKLOG 128

/* ---- certificates ---- */

static char *joined_names(const struct tls_facts *facts)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < facts->name_count; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", facts->names[i]);
	if (facts->name_count == 0)
		buf_puts(&text, str_c(facts->subject));
	buf_putc(&text, '\0');
	if (text.failed) {
		buf_free(&text);
		return NULL;
	}
	return text.p;
}

/* Takes down what status shows; a certificate out of its time is a warning, not a refusal:
 * clients will say so, and a server that is down helps nobody. */
static bool note_certificate(struct generation *g, struct str identity, struct str chain,
			     char *error, size_t size)
{
	struct tls_facts *facts = malloc(sizeof(*facts));
	struct certificate_info *info = &g->certificates[g->certificate_count];
	char why[256];
	bool ok = false;

	if (!facts) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	if (!tls_certificate_facts(chain, facts, why, sizeof(why))) {
		(void)snprintf(error, size, "Certificate '%.*s' certificate: %s", STR_ARG(identity),
			       why);
		goto out;
	}
	*info = (struct certificate_info){.identity = identity, .not_after = facts->not_after};
	info->names = joined_names(facts);
	g->certificate_count++;
	if (facts->not_after <= now_seconds())
		notes_add(&g->warnings, "Certificate '%.*s' has expired", STR_ARG(identity));
	else if (facts->not_before > now_seconds())
		notes_add(&g->warnings, "Certificate '%.*s' is not valid yet", STR_ARG(identity));
	ok = true;
out:
	free(facts);
	return ok;
}

/* Resolved secrets of one generation, before they are dealt out to the roles. */
struct resolved {
	struct buf *values; /* one per wish, each secret */
	size_t count;
};

static void resolved_free(struct resolved *r)
{
	for (size_t i = 0; i < r->count; i++)
		buf_free(&r->values[i]);
	free(r->values);
}

static bool resolve_all(struct daemon *d, const struct settings *s, struct resolved *out,
			char *error, size_t size)
{
	struct secret_places places = {.credentials = getenv("CREDENTIALS_DIRECTORY"),
				       .directory = d->options.secrets};

	out->count = 0;
	out->values = calloc(s->secret_count + 1, sizeof(*out->values));
	if (!out->values) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	for (size_t i = 0; i < s->secret_count; i++) {
		out->values[i] = BUF_INIT;
		out->values[i].secret = true;
		out->count++;
		if (!secret_resolve(&s->secrets[i], &places, &out->values[i], error, size))
			return false;
	}
	return true;
}

static bool check_certificates(struct generation *g, const struct resolved *r, char *error,
			       size_t size)
{
	const struct settings *s = &g->settings;
	char why[256];

	for (size_t i = 0; i < s->certificate_count; i++) {
		const struct certificate_setting *c = &s->certificates[i];
		struct str chain = buf_str(&r->values[c->chain]);

		if (!note_certificate(g, c->identity, chain, error, size))
			return false;
		if (!tls_pair_check(chain, buf_str(&r->values[c->key]), why, sizeof(why))) {
			(void)snprintf(error, size, "Certificate '%.*s': %s", STR_ARG(c->identity),
				       why);
			return false;
		}
	}
	return true;
}

static void deal_out(struct generation *g, const struct resolved *r)
{
	const struct settings *s = &g->settings;

	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		for (size_t i = 0; i < s->secret_count; i++)
			if (settings_role_gets(s, &s->secrets[i], role))
				secrets_put(&g->secrets[role], s->secrets[i].structure,
					    s->secrets[i].field, s->secrets[i].object,
					    buf_str(&r->values[i]));
}

/* ---- the certificate of last resort ---- */

/* True when the kept pair is for this host name and good for a while. */
static bool self_signed_fits(struct str chain, struct str key, const char *hostname)
{
	struct tls_facts *facts = malloc(sizeof(*facts));
	char why[256];
	bool ok;

	ok = facts && tls_certificate_facts(chain, facts, why, sizeof(why)) &&
	     tls_pair_check(chain, key, why, sizeof(why)) && facts->name_count == 1 &&
	     strcmp(facts->names[0], hostname) == 0 &&
	     facts->not_after > now_seconds() + SELF_SIGNED_RENEW;
	free(facts);
	return ok;
}

static bool make_self_signed(struct daemon *d, struct generation *g, struct buf *chain,
			     struct buf *key, char *error, size_t size)
{
	char why[400];

	buf_clear(chain);
	buf_wipe(key);
	if (!tls_self_signed_make(str_c(g->hostname), SELF_SIGNED_DAYS, chain, key, why,
				  sizeof(why))) {
		(void)snprintf(error, size, "cannot make a self-signed certificate: %s", why);
		return false;
	}
	/* --check changes nothing; without a place the pair lasts until the next start */
	if (!d->options.check && d->store.dir_fd >= 0 &&
	    (!store_write_text(&d->store, SELF_SIGNED_KEY_FILE, buf_str(key), why, sizeof(why)) ||
	     !store_write_text(&d->store, SELF_SIGNED_FILE, buf_str(chain), why, sizeof(why))))
		notes_add(&g->warnings, "the self-signed certificate is not kept: %s", why);
	return true;
}

static bool add_self_signed(struct daemon *d, struct generation *g, char *error, size_t size)
{
	struct buf chain = BUF_INIT, key = BUF_INIT;
	bool ok;

	key.secret = true;
	ok = store_read_text(&d->store, SELF_SIGNED_FILE, &chain) &&
	     store_read_text(&d->store, SELF_SIGNED_KEY_FILE, &key) &&
	     self_signed_fits(buf_str(&chain), buf_str(&key), g->hostname);
	if (!ok)
		ok = make_self_signed(d, g, &chain, &key, error, size);
	for (enum role role = ROLE_EDGE; ok && role < ROLE_COUNT; role++) {
		if (!settings_role_uses_tls(&g->settings, role))
			continue;
		secrets_put(&g->secrets[role], 0, IPC_SECRET_SELF_SIGNED, 0, buf_str(&chain));
		secrets_put(&g->secrets[role], 0, IPC_SECRET_SELF_SIGNED_KEY, 0, buf_str(&key));
	}
	ok = ok && note_certificate(g, STR("self-signed"), buf_str(&chain), error, size);
	if (ok) {
		g->self_signed = true;
		notes_add(&g->warnings,
			  "there is no Certificate: TLS uses a self-signed one for %s",
			  g->hostname);
	}
	buf_free(&chain);
	buf_free(&key);
	return ok;
}

static bool digest_secrets(struct generation *g, char *error, size_t size)
{
	struct buf all = BUF_INIT;
	bool ok;

	all.secret = true;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		buf_puts(&all, buf_str(&g->secrets[role]));
	ok = !all.failed && digest_of(all.p, all.n, &g->secrets_digest);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		ok = ok && !g->secrets[role].failed;
	buf_free(&all);
	if (!ok)
		(void)snprintf(error, size, "out of memory");
	return ok;
}

static bool make_secrets(struct daemon *d, struct generation *g, char *error, size_t size)
{
	const struct settings *s = &g->settings;
	struct resolved resolved;
	bool ok;

	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		g->secrets[role].secret = true;
	g->certificates = calloc(s->certificate_count + 1, sizeof(*g->certificates));
	if (!g->certificates) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	ok = resolve_all(d, s, &resolved, error, size) &&
	     check_certificates(g, &resolved, error, size);
	if (ok)
		deal_out(g, &resolved);
	if (resolved.values)
		resolved_free(&resolved);
	if (ok && s->certificate_count == 0 &&
	    (settings_role_uses_tls(s, ROLE_EDGE) || settings_role_uses_tls(s, ROLE_WEB)))
		ok = add_self_signed(d, g, error, size);
	return ok && digest_secrets(g, error, size);
}

/* ---- sockets ---- */

static struct str owner_name(const struct listener_setting *l)
{
	return l ? l->name : STR("--health");
}

static bool add_socket(struct daemon *d, struct generation *g, const struct listener_setting *l,
		       uint32_t bind, const struct socket_wish *wish, char *error, size_t size)
{
	struct generation_socket *s = &g->sockets[g->socket_count];
	char at[NET_TEXT_SIZE], differs[200], why[400];

	*s = (struct generation_socket){.listener = l, .bind = bind};
	s->role = l ? protocol_role(l->protocol) : ROLE_WEB;
	if (!socket_acquire(&d->sockets, wish, &s->entry, &g->warnings, why, sizeof(why))) {
		(void)snprintf(error, size, "NetworkListener '%.*s': %s", STR_ARG(owner_name(l)),
			       why);
		return false;
	}
	g->socket_count++;
	if (socket_pending(s->entry, wish, differs, sizeof(differs))) {
		net_socket_format(&s->entry->bound, at);
		notes_add(&g->pending, "NetworkListener '%.*s' at %s: %s", STR_ARG(owner_name(l)),
			  at, differs);
	}
	return true;
}

static bool same_address(const struct net_socket *a, const struct net_socket *b)
{
	return a->port != 0 && a->port == b->port && net_addr_eq(&a->addr, &b->addr);
}

/* Two listeners at one address would take each other's connections. */
static bool check_alone(const struct settings *s, const struct net_socket *at, size_t listener_end,
			struct str name, char *error, size_t size)
{
	char text[NET_TEXT_SIZE];

	for (size_t i = 0; i < listener_end; i++) {
		const struct listener_setting *other = &s->listeners[i];

		for (size_t k = 0; k < other->bind_count; k++) {
			if (!same_address(&other->binds[k], at))
				continue;
			net_socket_format(at, text);
			(void)snprintf(error, size,
				       "NetworkListener '%.*s': %s is the address of '%.*s' too",
				       STR_ARG(name), text, STR_ARG(other->name));
			return false;
		}
	}
	return true;
}

static bool add_health(struct daemon *d, struct generation *g, char *error, size_t size)
{
	struct socket_wish wish = {.options = {.reuse_address = true, .backlog = HEALTH_BACKLOG}};

	if (!d->options.health)
		return true;
	/* main_run has parsed it before */
	if (net_socket_parse(str_c(d->options.health), &wish.at) != NET_OK) {
		(void)snprintf(error, size, "--health %s is no address", d->options.health);
		return false;
	}
	if (!check_alone(&g->settings, &wish.at, g->settings.listener_count, STR("--health"), error,
			 size))
		return false;
	return d->skip_sockets || add_socket(d, g, NULL, 0, &wish, error, size);
}

static bool make_sockets(struct daemon *d, struct generation *g, char *error, size_t size)
{
	const struct settings *s = &g->settings;
	size_t count = 1;

	for (size_t i = 0; i < s->listener_count; i++)
		count += s->listeners[i].bind_count;
	g->sockets = calloc(count, sizeof(*g->sockets));
	if (!g->sockets) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	for (size_t i = 0; i < s->listener_count; i++) {
		const struct listener_setting *l = &s->listeners[i];

		for (size_t k = 0; k < l->bind_count; k++) {
			struct socket_wish wish = {l->binds[k], l->id, l->options};

			if (!check_alone(s, &l->binds[k], i, l->name, error, size))
				return false;
			if (!d->skip_sockets &&
			    !add_socket(d, g, l, (uint32_t)k, &wish, error, size))
				return false;
		}
	}
	if (!add_health(d, g, error, size))
		return false;
	if (!d->skip_sockets)
		socket_pool_unused(&d->sockets, &g->warnings);
	return true;
}

/* ---- the whole ---- */

/* What is passed over is not quoted: it may hold anything. */
static void make_hostname(struct generation *g)
{
	enum hostname_trouble trouble = hostname_decide(g->settings.hostname, g->hostname);

	if (trouble & HOSTNAME_BAD_ENVIRONMENT)
		notes_add(&g->warnings, "STALWART_HOSTNAME is no host name and is passed over");
	if (trouble & HOSTNAME_BAD_SYSTEM)
		notes_add(&g->warnings, "the name of this machine is no host name and is passed "
					"over; set SystemSettings defaultHostname");
}

static void make_threads(struct daemon *d, struct generation *g)
{
	uint32_t wanted = threads_decide(g->settings.threads);

	if (!d->threads)
		d->threads = wanted;
	g->threads = d->threads;
	if (g->settings.threads > STW_LIMIT_THREADS)
		notes_add(&g->warnings,
			  "SystemSettings threadPoolSize: stwd runs at most %u threads in a role, "
			  "not %llu",
			  STW_LIMIT_THREADS, (unsigned long long)g->settings.threads);
	if (wanted != d->threads)
		notes_add(&g->pending,
			  "SystemSettings threadPoolSize: %u threads run, %u are wanted",
			  d->threads, wanted);
}

/* --check and preview change nothing: a log file that is not there yet will not be there after
 * them. Left behind by root, it would keep the next start from writing to it. */
static void note_new_logs(struct generation *g, const struct log_sink *sinks, size_t count)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < count; i++)
		if (sinks[i].kind == LOG_SINK_FILE &&
		    log_file_name(&sinks[i], now_seconds(), path, sizeof(path)) &&
		    faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) != 0 && errno == ENOENT)
			notes_add(&g->new_logs, "%s", path);
}

static void drop_new_logs(struct generation *g)
{
	struct stat st;

	for (size_t i = 0; i < g->new_logs.count; i++)
		if (stat(g->new_logs.items[i], &st) == 0 && S_ISREG(st.st_mode) && !st.st_size)
			(void)unlink(g->new_logs.items[i]); /* an empty file is left, then */
	notes_clear(&g->new_logs);
}

/* The sinks are opened here, so that a log that cannot be written refuses the generation. */
static bool make_log(const struct daemon *d, struct generation *g, char *error, size_t size)
{
	const struct log_sink *sinks;
	struct arena arena;
	size_t count;
	char why[500];
	bool ok;

	arena_init(&arena, 4096);
	ok = tracer_sinks(stw_reader_main(g->copy.image), &arena, &sinks, &count, why, sizeof(why));
	if (ok && (d->options.check || d->skip_sockets))
		note_new_logs(g, sinks, count);
	if (ok) {
		g->sinks = log_prepare(sinks, count, why, sizeof(why));
		ok = g->sinks != NULL;
	}
	if (!ok)
		(void)snprintf(error, size, "%s", why);
	arena_free(&arena);
	return ok;
}

static void free_certificates(struct generation *g)
{
	for (size_t i = 0; i < g->certificate_count; i++)
		free(g->certificates[i].names);
	free(g->certificates);
}

void generation_close_sockets(struct daemon *d, struct generation *g)
{
	for (size_t i = 0; i < g->socket_count; i++)
		socket_release(&d->sockets, g->sockets[i].entry);
	g->socket_count = 0;
}

void generation_free(struct daemon *d, struct generation *g)
{
	if (!g)
		return;
	generation_close_sockets(d, g);
	free(g->sockets);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		buf_free(&g->secrets[role]);
	free_certificates(g);
	if (g->sinks)
		log_discard(g->sinks);
	drop_new_logs(g);
	notes_clear(&g->warnings);
	notes_clear(&g->pending);
	settings_free(&g->settings);
	image_copy_close(&g->copy);
	free(g);
}

bool generation_is(const struct generation *g, const struct digest *digest)
{
	return g && digest_eq(&g->copy.digest, digest);
}

void generation_discard_copy(struct daemon *d, const struct digest *digest)
{
	if (!generation_is(d->active, digest) && !generation_is(d->reload.next, digest) &&
	    !generation_is(d->reload.retiring, digest))
		store_discard(&d->store, digest);
}

struct generation *generation_new(struct daemon *d, struct image_copy *copy, char *error,
				  size_t error_size)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (!g) {
		(void)snprintf(error, error_size, "out of memory");
		image_copy_close(copy);
		return NULL;
	}
	g->copy = *copy;
	*copy = (struct image_copy){.fd = -1};
	g->manifest = stw_image_manifest(g->copy.image);
	if (!settings_read(g->copy.image, &g->settings, error, error_size))
		goto fail;
	make_hostname(g);
	make_threads(d, g);
	if (!make_log(d, g, error, error_size) || !make_secrets(d, g, error, error_size) ||
	    !make_sockets(d, g, error, error_size))
		goto fail;
	return g;
fail:
	generation_free(d, g);
	return NULL;
}

/* ---- what a role is sent ---- */

int generation_secrets(const struct daemon *d, const struct generation *g, enum role role)
{
	struct buf all = BUF_INIT;
	int fd = -1;

	all.secret = true;
	buf_puts(&all, buf_str(&g->secrets[role]));
	if (settings_role_uses_tls(&g->settings, role))
		secrets_put(&all, 0, IPC_SECRET_TICKET_KEYS, 0,
			    (struct str){(const char *)d->ticket_keys,
					 d->ticket_key_count * TLS_TICKET_KEY_SIZE});
	if (all.failed)
		errno = ENOMEM;
	else
		fd = secrets_seal(buf_str(&all));
	buf_free(&all);
	return fd;
}

static bool send_listener(const struct role_process *role, const struct generation *g,
			  const struct generation_socket *s)
{
	struct ipc_listener listener = {.object = s->listener ? s->listener->id : 0,
					.bind = s->bind,
					.family = s->entry->bound.addr.family,
					.port = s->entry->bound.port};

	memcpy(listener.address, s->entry->bound.addr.b, sizeof(listener.address));
	return ipc_send(role->fd, IPC_LISTENER, g->number, &listener, sizeof(listener),
			&s->entry->fd, 1);
}

bool generation_send(const struct generation *g, const struct role_process *role, int secrets)
{
	struct ipc_prepare prepare = {.threads = role->role == ROLE_EDGE ? g->threads : 1,
				      .max_connections = g->settings.max_connections};
	int fds[2] = {g->copy.fd, secrets};
	bool ok;

	for (size_t i = 0; i < g->socket_count; i++)
		prepare.listeners += g->sockets[i].role == role->role;
	memcpy(prepare.hostname, g->hostname, sizeof(prepare.hostname));
	ok = ipc_send(role->fd, IPC_PREPARE, g->number, &prepare, sizeof(prepare), fds, 2);
	for (size_t i = 0; ok && i < g->socket_count; i++)
		if (g->sockets[i].role == role->role)
			ok = send_listener(role, g, &g->sockets[i]);
	return ok && ipc_send(role->fd, IPC_PREPARE_END, g->number, NULL, 0, NULL, 0);
}

bool ticket_keys_rotate(struct daemon *d)
{
	uint8_t fresh[TLS_TICKET_KEY_SIZE];

	if (getrandom(fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		return false;
	memmove(d->ticket_keys + sizeof(fresh), d->ticket_keys,
		sizeof(d->ticket_keys) - sizeof(fresh));
	memcpy(d->ticket_keys, fresh, sizeof(fresh));
	explicit_bzero(fresh, sizeof(fresh));
	if (d->ticket_key_count < TLS_TICKET_KEYS_MAX)
		d->ticket_key_count++;
	return true;
}

static bool speaks_tls(const struct generation *g, enum role role)
{
	return g && settings_role_uses_tls(&g->settings, role);
}

void ticket_keys_tell(struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (speaks_tls(d->active, role) || speaks_tls(d->reload.next, role))
			role_tell(&d->roles[role], IPC_TICKET_KEYS, d->ticket_keys,
				  d->ticket_key_count * TLS_TICKET_KEY_SIZE);
}
