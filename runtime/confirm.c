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
#define RETRY_MS 2000
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
	if (!copy_file(from, r.fd)) {
		(void)snprintf(error, error_size, "cannot write %s: %s", d->options.image,
			       strerror(errno));
		fs_replace_abort(&r);
		return false;
	}
	if (fs_replace_commit(&r, &why))
		return true;
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

	if (!d->confirm.pending)
		return;
	/* until a revert is through, the next try comes by itself */
	(void)!io_timer_start(d->confirm.timer, RETRY_MS);
	if (now_seconds() >= d->confirm.until)
		(void)reload_revert(d, &request, &d->confirm.before, &result);
}

static void arm(struct daemon *d)
{
	int64_t left = d->confirm.until - now_seconds();

	d->confirm.pending = true;
	if (!d->confirm.timer)
		d->confirm.timer = io_timer_new(d->loop, time_is_over, d);
	if (!d->confirm.timer ||
	    !io_timer_start(d->confirm.timer, left > 0 ? (uint64_t)left * 1000 : 0))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error",
			  LOG_T("details", STR("out of memory: an apply will not be taken back")));
}

void confirm_arm(struct daemon *d, const struct digest *next, const struct digest *before,
		 uint64_t seconds)
{
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE], text[2 * DIGEST_HEX_SIZE + 40], why[600];

	d->confirm.next = *next;
	d->confirm.before = *before;
	d->confirm.until = now_seconds() + (int64_t)seconds;
	digest_hex(next, a);
	digest_hex(before, b);
	(void)snprintf(text, sizeof(text), "%s %s %" PRId64 "\n", a, b, d->confirm.until);
	if (d->store.dir_fd >= 0 &&
	    !store_write_text(&d->store, CONFIRM_FILE, str_c(text), why, sizeof(why)))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.state-error", LOG_T("details", str_c(why)));
	arm(d);
}

static bool parse(struct str text, struct confirmation *out)
{
	size_t hex = DIGEST_HEX_SIZE - 1;
	struct str until = str_from(text, 2 * (hex + 1));
	uint64_t seconds;

	if (until.n == 0 || until.p[until.n - 1] != '\n')
		return false;
	until.n--;
	if (!digest_from_hex((struct str){text.p, hex}, &out->next) ||
	    !digest_from_hex((struct str){text.p + hex + 1, hex}, &out->before) ||
	    num_u64(until, &seconds) != NUM_OK)
		return false;
	out->until = (int64_t)seconds;
	return true;
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
		arm(d);
	} else {
		confirm_clear(d);
	}
	buf_free(&text);
}
