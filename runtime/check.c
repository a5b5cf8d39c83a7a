/* stwd --check: what a start would look at, in the same order, without changing anything. */
#include "runtime/reload.h"

#include <stdio.h>
#include <unistd.h>

static void print_problem(void *ctx, const char *text)
{
	daemon_complain(ctx, text);
}

/* The deep walk that a start leaves out. */
static bool walk(struct daemon *d, const struct image_copy *copy)
{
	return stw_image_walk(stw_reader_main(copy->image), print_problem, d);
}

static bool take_image(struct daemon *d, struct image_copy *out, int *status)
{
	struct stw_fault fault;
	char text[800], why[600];
	bool missing, ok;
	int fd = operator_file_open(d, &missing, why, sizeof(why));

	if (fd < 0) {
		(void)snprintf(text, sizeof(text), "%s%s", why,
			       missing ? "; make it with stwc build" : "");
		daemon_complain(d, text);
		*status = missing ? STWD_USAGE : STWD_REFUSED;
		return false;
	}
	ok = store_take(&d->store, fd, out, &fault);
	close(fd);
	if (!ok) {
		(void)snprintf(text, sizeof(text), "%.500s: %s", d->options.image, fault.text);
		daemon_complain(d, text);
		*status = STWD_REFUSED;
	}
	return ok;
}

/* Where a stwd serves, its ports are taken, by it: everything else is still looked at. */
static int check_beside(struct daemon *d, struct image_copy *copy)
{
	struct generation *g;
	char why[700];

	d->skip_sockets = true;
	g = generation_new(d, copy, why, sizeof(why));
	if (!g) {
		daemon_complain(d, why);
		return STWD_REFUSED;
	}
	generation_free(d, g);
	daemon_note(d, "a stwd runs with this state directory, so its ports were not tried");
	return STWD_OK;
}

/* What a start would not even try. */
static bool was_reverted(struct daemon *d, const struct image_copy *copy)
{
	const struct refusal *r = store_refusal(&d->store, &copy->digest);
	char text[600];

	if (!r || !r->reverted)
		return false;
	(void)snprintf(text, sizeof(text),
		       "this image was reverted before (%s), and a start would not try it; stwctl "
		       "reload --force does",
		       r->why);
	daemon_complain(d, text);
	return true;
}

/* The place of the control socket; where a stwd serves, it is in use, and rightly. */
static bool place_is_good(struct daemon *d)
{
	char why[400];

	if (d->store.locked || control_check(d, why, sizeof(why)))
		return true;
	daemon_complain(d, why);
	return false;
}

int check_run(struct daemon *d)
{
	struct image_copy copy;
	int status = STWD_REFUSED;

	if (!take_image(d, &copy, &status))
		return status;
	if (!walk(d, &copy) || was_reverted(d, &copy) || !place_is_good(d)) {
		image_copy_close(&copy);
		return STWD_REFUSED;
	}
	if (d->store.locked)
		return check_beside(d, &copy);
	start_up_check(d, &copy);
	if (d->stopping && roles_all_gone(d))
		return d->status;
	return io_loop_run(d->loop) ? d->status : STWD_REFUSED;
}
