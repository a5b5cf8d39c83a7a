#include "stwc/stream.h"
#include "base/advise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST ((off_t)4 << 20) /* a shorter file is read in one go */
/* What is read at a time: it is still in the cache when it is parsed. */
#define STEP ((size_t)256 << 10)
/* What is let go at a time. */
#define LARGE ADVISE_HUGE_PAGE

struct stream {
	int fd;
	char *path; /* for errors */
	struct stat status;
	void *mapping;
	/* behind the mapping's first boundary of a huge page; it has as many addresses as the file
	 * has bytes, and one more */
	char *text;
	size_t mapped, size, read, gone;
	struct digest_ctx *sha256; /* NULL: no digest is wanted */
	struct digest digest;
	bool at_end, lost;
	struct fs_error why;
};

static bool fail(const struct stream *s, int code, struct fs_error *error)
{
	fs_error_set(error, code, "read", s->path);
	return false;
}

static bool stream_fits(int fd, size_t limit, struct stat *status)
{
	return fstat(fd, status) == 0 && S_ISREG(status->st_mode) && status->st_size >= LEAST &&
	       (uintmax_t)status->st_size <= limit;
}

static struct stream *stream_new(int fd, const char *path, const struct stat *status, bool digest)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = -1;
	s->status = *status;
	s->size = (size_t)status->st_size;
	s->mapped = s->size + 2 * LARGE; /* to begin and to end with a whole page of that size */
	s->path = strdup(path);
	s->sha256 = digest ? digest_new() : NULL;
	s->mapping = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!s->path || s->mapping == MAP_FAILED || (digest && !s->sha256)) {
		stream_close(s, false);
		return NULL;
	}
	s->text = (char *)(((uintptr_t)s->mapping + LARGE - 1) & ~(uintptr_t)(LARGE - 1));
	advise_huge(s->text, s->size + LARGE);
	s->fd = fd;
	return s;
}

bool stream_open(const char *path, size_t limit, bool digest, struct stream **out,
		 struct fs_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0) {
		fs_error_set(error, errno, "open", path);
		return false;
	}
	if (!stream_fits(fd, limit, &status)) {
		close(fd);
		*out = NULL;
		return true;
	}
	*out = stream_new(fd, path, &status, digest);
	if (*out)
		return true;
	close(fd);
	fs_error_set(error, ENOMEM, "read", path);
	return false;
}

void stream_close(struct stream *stream, bool wipe)
{
	if (!stream)
		return;
	if (wipe && stream->read > stream->gone)
		explicit_bzero(stream->text + stream->gone, stream->read - stream->gone);
	if (stream->mapping != MAP_FAILED)
		munmap(stream->mapping, stream->mapped);
	if (stream->fd >= 0)
		close(stream->fd);
	digest_free(stream->sha256);
	free(stream->path);
	free(stream);
}

/* Fills [from, to) of the text; 0 or an errno. A file that ends early has been changed. */
static int read_range(struct stream *s, size_t from, size_t to)
{
	while (from < to) {
		ssize_t n = pread(s->fd, s->text + from, to - from, (off_t)from);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0)
			return EAGAIN;
		if (n > 0)
			from += (size_t)n;
	}
	return 0;
}

static int still_the_same(const struct stream *s)
{
	struct stat now;

	if (fstat(s->fd, &now) < 0)
		return errno;
	return fs_same_file(&s->status, &now) ? 0 : EAGAIN;
}

/* One step; 0 or an errno. */
static int read_step(struct stream *s)
{
	size_t to = s->size - s->read > STEP ? s->read + STEP : s->size;
	int code = read_range(s, s->read, to);

	if (code)
		return code;
	if (s->sha256 && !digest_update(s->sha256, s->text + s->read, to - s->read))
		return ENOMEM;
	s->read = to;
	if (to < s->size)
		return 0;
	s->at_end = true;
	if (s->sha256 && !digest_final(s->sha256, &s->digest))
		return ENOMEM;
	return still_the_same(s);
}

bool stream_more(struct stream *stream, struct str *text, struct fs_error *error)
{
	const char *newline = NULL;
	size_t before = stream->read;

	while (!stream->at_end && !newline) {
		int code = read_step(stream);

		if (code)
			return fail(stream, code, error);
		newline = memrchr(stream->text + before, '\n', stream->read - before);
		before = stream->read;
	}
	text->p = stream->text;
	text->n = stream->at_end ? stream->size : (size_t)(newline - stream->text) + 1;
	return true;
}

bool stream_at_end(const struct stream *stream)
{
	return stream->at_end;
}

void stream_let_go(struct stream *stream, size_t n)
{
	size_t to = n - n % LARGE;

	if (to > stream->gone &&
	    madvise(stream->text + stream->gone, to - stream->gone, MADV_DONTNEED) == 0)
		stream->gone = to;
}

bool stream_recall(struct stream *stream)
{
	size_t gone = stream->gone;
	int code;

	if (!gone || stream->lost)
		return !stream->lost;
	code = read_range(stream, 0, gone);
	if (!code)
		code = still_the_same(stream);
	stream->gone = 0;
	if (!code)
		return true;
	/* half of one file and half of another would be worse than nothing */
	memset(stream->text, 0, gone);
	stream->lost = true;
	return fail(stream, code, &stream->why);
}

bool stream_lost(const struct stream *stream, struct fs_error *error)
{
	if (stream->lost)
		*error = stream->why;
	return stream->lost;
}

const struct digest *stream_digest(const struct stream *stream)
{
	return stream->sha256 && stream->at_end ? &stream->digest : NULL;
}
