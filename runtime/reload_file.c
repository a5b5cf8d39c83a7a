/* Looking at the operator's file: what it claims, whether it is worth a try, and trying it. */
#include "runtime/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_bytes(struct buf *out, const void *bytes, size_t n)
{
	buf_put(out, bytes, n);
}

/* A stand-in for the digest of a file that is no image, so that it is refused once, not forever. */
static void mark_of_other(int fd, struct digest *out)
{
	struct buf bytes = BUF_INIT;
	struct stat st;

	*out = (struct digest){{0}};
	if (fstat(fd, &st) == 0) {
		put_bytes(&bytes, &st.st_dev, sizeof(st.st_dev));
		put_bytes(&bytes, &st.st_ino, sizeof(st.st_ino));
		put_bytes(&bytes, &st.st_size, sizeof(st.st_size));
		put_bytes(&bytes, &st.st_mtim, sizeof(st.st_mtim));
		put_bytes(&bytes, &st.st_ctim, sizeof(st.st_ctim));
	}
	if (bytes.failed || !digest_of(bytes.p, bytes.n, out))
		*out = (struct digest){{0}};
	buf_free(&bytes);
}

/* The digest that the file claims; nothing is verified. False: it is no image. */
static bool claimed_digest(int fd, struct digest *out)
{
	struct stw_manifest manifest;
	struct stw_fault fault;
	struct arena arena;
	bool ok;

	arena_init(&arena, 4096);
	ok = stw_manifest_read(fd, false, &arena, &manifest, &fault);
	if (ok)
		*out = manifest.file;
	else
		mark_of_other(fd, out);
	arena_free(&arena);
	return ok;
}

int operator_file_open(const struct daemon *d, bool *missing, char *why, size_t why_size)
{
	/* a pipe must not keep us waiting, nor a terminal become ours */
	int fd = open(d->options.image, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	*missing = fd < 0 && errno == ENOENT;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)snprintf(why, why_size, "cannot read %.400s: %s", d->options.image,
		       fd < 0 ? strerror(errno) : "it is no regular file");
	if (fd >= 0)
		close(fd);
	return -1;
}

bool operator_file_claims(const struct daemon *d, struct digest *out)
{
	struct digest claim;
	char why[600];
	bool missing, ok;
	int fd = operator_file_open(d, &missing, why, sizeof(why));

	if (fd < 0)
		return false;
	ok = claimed_digest(fd, &claim);
	close(fd);
	if (ok)
		*out = claim;
	return ok;
}

/* What makes a file worth a look: its claim; or, where that claim proved wrong before, the file
 * itself, because the one that mends it claims the same. */
static void mark_of(const struct daemon *d, int fd, struct digest *out)
{
	if (claimed_digest(fd, out) && digest_eq(out, &d->broken))
		mark_of_other(fd, out);
}

/* A digest that was refused comes again: by itself only at a start, where the machine may have
 * changed, and only when it never served. */
static const struct refusal *refused_before(const struct daemon *d,
					    const struct reload_request *request,
					    const struct digest *digest)
{
	const struct refusal *r = request->force ? NULL : store_refusal(&d->store, digest);

	if (r && request->cause == CAUSE_START && !r->reverted)
		return NULL;
	return r && !generation_is(d->active, digest) ? r : NULL;
}

static enum reload_outcome read_file(struct daemon *d, const struct reload_request *request, int fd,
				     struct reload_result *out)
{
	const struct refusal *before;
	struct stw_fault fault;
	struct image_copy copy;
	char why[600];

	if (!claimed_digest(fd, &d->seen))
		d->reload.digest = (struct digest){{0}};
	else
		d->reload.digest = d->seen;
	before = refused_before(d, request, &d->seen);
	if (before) {
		(void)snprintf(
			why, sizeof(why),
			"this image was %s before (%s); stwctl reload --force tries it again",
			before->reverted ? "reverted" : "refused", before->why);
		return reload_refuse_unread(d, why, out);
	}
	if (!store_take(&d->store, fd, &copy, &fault)) {
		d->broken = d->reload.digest;
		mark_of(d, fd, &d->seen);
		(void)snprintf(why, sizeof(why), "%.300s: %.280s", d->options.image, fault.text);
		return reload_refuse_unread(d, why, out);
	}
	d->broken = (struct digest){{0}};
	return reload_continue(d, &copy, request->force, out);
}

enum reload_outcome reload_begin_file(struct daemon *d, const struct reload_request *request,
				      struct reload_result *out)
{
	enum reload_outcome outcome;
	char why[600];
	int fd;

	reload_begin(d, request);
	fd = operator_file_open(d, &d->start_up.missing, why, sizeof(why));
	if (fd < 0) {
		d->seen = (struct digest){{0}};
		return reload_refuse_unread(d, why, out);
	}
	outcome = read_file(d, request, fd, out);
	close(fd);
	return outcome;
}

enum reload_outcome reload_file(struct daemon *d, const struct reload_request *request,
				struct reload_result *out)
{
	const char *why = reload_busy(d, request->cause);

	return why ? reload_too_busy(d, request, why, out) : reload_begin_file(d, request, out);
}

void reload_look(struct daemon *d, enum watch_sight sight)
{
	struct reload_request request = {.cause = CAUSE_FILE, .reason = "the file changed"};
	struct digest mark = {{0}}, before = d->polled;
	struct reload_result result;
	char why[600];
	bool missing;
	int fd = operator_file_open(d, &missing, why, sizeof(why));

	if (fd >= 0) {
		mark_of(d, fd, &mark);
		close(fd);
	}
	d->polled = mark;
	if (digest_eq(&mark, &d->seen))
		return;
	/* a file that is just being written looks different each time; and between two renames
	 * there may be none for a moment */
	if ((sight == WATCH_POLLED || fd < 0) && !digest_eq(&mark, &before))
		return;
	(void)reload_file(d, &request, &result);
}
