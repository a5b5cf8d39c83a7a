/*
 * apply --confirm: the operator's file is written by stwd, so stwd takes it back when nobody
 * says that the new configuration is good. What is pending is on disk too: a stwd that was
 * restarted meanwhile goes on counting.
 */
#include "runtime/main.h"

#include "base/fs.h"
#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define CONFIRM_FILE "confirm"
/* Until the next try of a revert: something was in its way, or it was refused. */
#define RETRY_BUSY_MS 2000
#define RETRY_REFUSED_MS 30000
#define MODE_DEFAULT 0644
#define MODE_SECRETS 0600

static unsigned file_mode(const struct daemon *d, int from)
{
	struct stw_manifest manifest;
	struct stw_fault fault;
	struct arena arena;
	struct stat st;
	unsigned mode = MODE_DEFAULT;

	if (stat(d->options.image, &st) == 0)
		mode = st.st_mode & 07777;
	arena_init(&arena, 4096);
	if (!stw_manifest_read(from, false, &arena, &manifest, &fault) || manifest.has_secrets)
		mode = MODE_SECRETS;
	arena_free(&arena);
	return mode;
}

bool operator_file_write(struct daemon *d, int from, char *error, size_t error_size)
{
	struct fs_replace r;
	struct fs_error why;

	if (!fs_replace_begin(&r, d->options.image, file_mode(d, from), &why)) {
		fs_error_text(&why, error, error_size);
		return false;
	}
	if (!copy_file(from, r.fd, UINT64_MAX)) {
		(void)snprintf(error, error_size, "cannot write %s: %s", d->options.image,
			       strerror(errno));
		fs_replace_abort(&r);
		return false;
	}
	if (fs_replace_commit(&r, &why)) {
		d->broken = (struct digest){{0}};
		return true;
	}
	fs_error_text(&why, error, error_size);
	return false;
}

/* The file becomes what serves; a failure shows in status, because the digests differ then. */
static void write_back(struct daemon *d)
{
	char why[600];

	if (!d->active)
		return;
	if (operator_file_write(d, d->active->copy.fd, why, sizeof(why)))
		d->seen = d->active->copy.digest;
	else
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.image-not-restored",
			  LOG_T("details", str_c(why)));
}

void confirm_apply_refused(struct daemon *d)
{
	write_back(d);
	confirm_clear(d);
}

void confirm_reverted(struct daemon *d)
{
	if (!d->confirm.pending)
		return;
	confirm_clear(d);
	write_back(d);
}

void confirm_clear(struct daemon *d)
{
	d->confirm.pending = false;
	if (d->confirm.timer)
		io_timer_stop(d->confirm.timer);
	if (!store_remove_text(&d->store, CONFIRM_FILE))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", str_c(strerror(errno))));
}

static void time_is_over(void *ctx)
{
	struct daemon *d = ctx;
	struct reload_request request = {.cause = CAUSE_UNCONFIRMED,
					 .reason = "the apply was not confirmed"};
	struct reload_result result;
	bool busy;

	if (!d->confirm.pending)
		return;
	busy = reload_revert(d, &request, &d->confirm.before, &result) != RELOAD_REFUSED;
	/* until a revert is through, the next try comes by itself */
	(void)!io_timer_start(d->confirm.timer, busy ? RETRY_BUSY_MS : RETRY_REFUSED_MS);
}

static void start_timer(struct daemon *d, uint64_t seconds)
{
	d->confirm.pending = true;
	if (!d->confirm.timer)
		d->confirm.timer = io_timer_new(d->loop, time_is_over, d);
	if (!d->confirm.timer || !io_timer_start(d->confirm.timer, seconds * 1000))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", STR("out of memory: an apply will not be taken back")));
}

void confirm_arm(struct daemon *d)
{
	/* the whole time from now on; that on disk is the same but for the reload itself */
	d->confirm.until = now_seconds() + (int64_t)d->confirm.seconds;
	start_timer(d, d->confirm.seconds);
}

bool confirm_promise(struct daemon *d, const struct digest *next, uint64_t seconds, char *error,
		     size_t error_size)
{
	struct confirmation *c = &d->confirm;
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE], text[2 * DIGEST_HEX_SIZE + 64];

	c->next = *next;
	c->before = d->active->copy.digest;
	c->seconds = seconds;
	c->until = now_seconds() + (int64_t)seconds;
	digest_hex(&c->next, a);
	digest_hex(&c->before, b);
	(void)snprintf(text, sizeof(text), "%s %s %" PRId64 " %" PRIu64 "\n", a, b, c->until,
		       c->seconds);
	/* without a directory nothing outlives stwd, as its status says */
	return d->store.dir_fd < 0 ||
	       store_write_text(&d->store, CONFIRM_FILE, str_c(text), error, error_size);
}

/* "<next> <before> <until> <seconds>" and a line end. */
static bool parse(struct str text, struct confirmation *out)
{
	size_t hex = DIGEST_HEX_SIZE - 1;
	struct str until = str_from(text, 2 * (hex + 1)), seconds;
	const char *blank = until.n ? memchr(until.p, ' ', until.n) : NULL;
	uint64_t end;

	if (!blank || until.p[until.n - 1] != '\n')
		return false;
	until.n--;
	seconds = str_from(until, (size_t)(blank - until.p) + 1);
	until.n = (size_t)(blank - until.p);
	if (!digest_from_hex((struct str){text.p, hex}, &out->next) ||
	    !digest_from_hex((struct str){text.p + hex + 1, hex}, &out->before) ||
	    num_u64(until, &end) != NUM_OK || num_u64(seconds, &out->seconds) != NUM_OK ||
	    out->seconds > CONFIRM_MAX_SECONDS)
		return false;
	out->until = (int64_t)end;
	return true;
}

/* A restart has to go by the clock, which may have been set meanwhile: never longer than what was
 * asked for. */
static uint64_t seconds_left(const struct confirmation *c)
{
	int64_t left = c->until - now_seconds();

	if (left <= 0)
		return 0;
	return (uint64_t)left < c->seconds ? (uint64_t)left : c->seconds;
}

void confirm_resume(struct daemon *d)
{
	struct confirmation kept = d->confirm;
	struct buf text = BUF_INIT;

	if (!store_read_text(&d->store, CONFIRM_FILE, &text))
		return;
	/* another image serves now: what was pending is over */
	if (parse(buf_str(&text), &kept) && d->active &&
	    digest_eq(&kept.next, &d->active->copy.digest)) {
		d->confirm = kept;
		start_timer(d, seconds_left(&kept));
	} else {
		confirm_clear(d);
	}
	buf_free(&text);
}
