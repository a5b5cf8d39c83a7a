/* stwd --check: what a start would look at, in the same order, without changing anything. */
#include "runtime/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
	/* nothing there may keep us waiting; what is no regular file is refused below */
	int fd = open(d->options.image, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stw_fault fault;
	char text[900];
	bool ok;

	if (fd < 0) {
		(void)snprintf(text, sizeof(text), "cannot open %s: %s; make it with stwc build",
			       d->options.image, strerror(errno));
		daemon_complain(d, text);
		*status = STWD_USAGE;
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

int check_run(struct daemon *d)
{
	struct image_copy copy;
	int status = STWD_REFUSED;

	if (!take_image(d, &copy, &status))
		return status;
	if (!walk(d, &copy)) {
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
