/* Start-up: the operator's file, else the newest generation that served and still can. */
#include "runtime/reload.h"

#include <stdio.h>

static void cannot_start(struct daemon *d)
{
	char text[1500];

	if (d->start_up.missing && d->store.good_count == 0) {
		(void)snprintf(text, sizeof(text),
			       "there is no image at %s; make one from your configuration:\n"
			       "  stwc build /etc/stw/mail.toml -o %s",
			       d->options.image, d->options.image);
		daemon_complain(d, text);
		daemon_stop(d, STWD_USAGE);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%s", d->start_up.first_failure,
		       d->options.strict && d->store.good_count
			       ? "; --strict forbids to serve an older generation"
			       : "");
	daemon_complain(d, text);
	daemon_stop(d, d->start_up.missing ? STWD_USAGE : STWD_REFUSED);
}

/* The n-th good generation from the newest, without those that were taken back. */
static const struct good_mark *candidate(const struct daemon *d, size_t n)
{
	return n < d->store.good_count ? &d->store.good[d->store.good_count - 1 - n] : NULL;
}

static enum reload_outcome start_with(struct daemon *d, const struct reload_request *request,
				      const struct good_mark *mark, struct reload_result *out)
{
	struct stw_fault fault;
	struct image_copy copy;

	reload_begin(d, request);
	d->reload.digest = mark->digest;
	if (!store_fetch(&d->store, &mark->digest, &copy, &fault))
		return reload_refuse_unfetched(d, &fault, out);
	return reload_continue(d, &copy, false, out);
}

void start_up_next(struct daemon *d, const char *failure)
{
	struct reload_request request = {.cause = CAUSE_START};
	struct reload_result result;
	char why[600];

	(void)snprintf(why, sizeof(why), "%s", failure);
	for (;;) {
		const struct good_mark *mark;

		if (!d->start_up.first_failure[0])
			(void)snprintf(d->start_up.first_failure, sizeof(d->start_up.first_failure),
				       "%s", why);
		mark = candidate(d, d->start_up.tried - 1);
		if (!mark || d->options.strict || d->options.check) {
			cannot_start(d);
			return;
		}
		d->start_up.tried++;
		if (start_with(d, &request, mark, &result) == RELOAD_ACTIVE)
			return;
		(void)snprintf(why, sizeof(why), "%s", result.text);
	}
}

void reload_start_up(struct daemon *d)
{
	struct reload_request request = {.cause = CAUSE_START};
	struct reload_result result;

	d->reload.deadline = io_timer_new(d->loop, reload_deadline, d);
	if (!d->reload.deadline) {
		daemon_complain(d, "out of memory");
		daemon_stop(d, STWD_REFUSED);
		return;
	}
	d->start_up = (struct start_up){.running = true, .tried = 1};
	if (reload_begin_file(d, &request, &result) != RELOAD_ACTIVE)
		start_up_next(d, result.text);
}

void start_up_check(struct daemon *d, struct image_copy *copy)
{
	struct reload_request request = {.cause = CAUSE_START};
	struct reload_result result;

	d->reload.deadline = io_timer_new(d->loop, reload_deadline, d);
	d->start_up = (struct start_up){.running = true, .tried = 1};
	if (!d->reload.deadline) {
		image_copy_close(copy);
		start_up_next(d, "out of memory");
	} else if (reload_copy(d, &request, copy, &result) != RELOAD_ACTIVE) {
		start_up_next(d, result.text);
	}
}
