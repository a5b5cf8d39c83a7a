#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/advise.h"

/* from so many bytes on huge pages are worth it */
#define LARGE_FILE ((size_t)4 << 20)
#define READ_STEP ((size_t)64 * 1024)
#define LINKS_FOLLOWED 40
#define NAME_TRIES 16

void fs_error_set(struct fs_error *error, int code, const char *doing, const char *path)
{
	size_t n = strlen(path);

	error->code = code;
	error->doing = doing;
	if (n < sizeof(error->path))
		memcpy(error->path, path, n + 1);
	else
		snprintf(error->path, sizeof(error->path), "...%s",
			 path + n - (sizeof(error->path) - 4));
}

static bool fail(struct fs_error *error, int code, const char *doing, const char *path)
{
	fs_error_set(error, code, doing, path);
	return false;
}

void fs_error_text(const struct fs_error *error, char *out, size_t size)
{
	const char *why = strerror(error->code);

	if (error->code == EAGAIN)
		why = "it was changed meanwhile";
	else if (error->code == ENOENT && strcmp(error->doing, "replace") == 0)
		why = "there is no such directory";
	snprintf(out, size, "cannot %s %s: %s", error->doing, error->path, why);
}

static int close_fd(int *fd)
{
	int rc = *fd >= 0 ? close(*fd) : 0;

	*fd = -1;
	return rc;
}

bool fs_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads to the end of fd, or to one byte more than `limit`; 0 or an errno. */
#define DEVICE_LIMIT ((size_t)1 << 20)

static int read_to_end(int fd, size_t limit, struct buf *out)
{
	size_t start = out->n;

	while (out->n - start <= limit) {
		ssize_t n;

		if (out->cap - out->n == 0)
			buf_reserve(out, READ_STEP);
		if (out->failed)
			return ENOMEM;
		n = read(fd, out->p + out->n, out->cap - out->n);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0)
			return 0;
		if (n > 0)
			out->n += (size_t)n;
	}
	return EFBIG;
}

static int read_checked(int fd, size_t limit, struct buf *out)
{
	struct stat before, after;
	int code;

	if (fstat(fd, &before) < 0)
		return errno;
	if (S_ISDIR(before.st_mode))
		return EISDIR;
	if (S_ISREG(before.st_mode)) {
		if ((uintmax_t)before.st_size > limit)
			return EFBIG;
		/* one byte more, so that the end is seen without growing */
		buf_reserve(out, (size_t)before.st_size + 1);
		if (!out->failed && out->cap < LARGE_FILE)
			advise_filled(out->p, out->cap);
		else if (!out->failed)
			advise_huge(out->p, out->cap);
	}
	/* what a device gives may have no end */
	if ((S_ISCHR(before.st_mode) || S_ISBLK(before.st_mode)) && limit > DEVICE_LIMIT)
		limit = DEVICE_LIMIT;
	code = read_to_end(fd, limit, out);
	if (code)
		return code;
	if (fstat(fd, &after) < 0)
		return errno;
	if (S_ISREG(before.st_mode) && !fs_same_file(&before, &after))
		return EAGAIN;
	return 0;
}

bool fs_read_fd(int fd, const char *name, size_t limit, struct buf *out, struct fs_error *error)
{
	size_t start = out->n;
	bool failed = out->failed;
	int code = failed ? ENOMEM : read_checked(fd, limit, out);

	if (code == 0)
		return true;
	if (out->secret && out->cap > start)
		explicit_bzero(out->p + start, out->cap - start);
	out->n = start;
	out->failed = failed;
	return fail(error, code, "read", name);
}

bool fs_read_file(const char *path, size_t limit, struct buf *out, struct fs_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return fail(error, errno, "open", path);
	ok = fs_read_fd(fd, path, limit, out, error);
	close(fd);
	return ok;
}

bool fs_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Moves r to the directory and the last name of `path`, which is relative to the directory
 * r stands in (AT_FDCWD at first); 0 or an errno. */
static int step_into(struct fs_replace *r, const char *path)
{
	int from = r->dir_fd >= 0 ? r->dir_fd : AT_FDCWD;
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int code = 0;
	int fd = -1;

	if (!name || !dir)
		code = ENOMEM;
	else if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		code = *path ? EISDIR : ENOENT;
	else
		fd = openat(from, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!code && fd < 0)
		code = errno;
	free(dir);
	if (code) {
		free(name);
		return code;
	}
	close_fd(&r->dir_fd);
	r->dir_fd = fd;
	free(r->name);
	r->name = name;
	return 0;
}

/* Follows links until r names something that is none; 0 or an errno. */
static int resolve(struct fs_replace *r, const char *path)
{
	char target[PATH_MAX];
	int code = step_into(r, path);

	for (int i = 0; code == 0 && i < LINKS_FOLLOWED; i++) {
		ssize_t n = readlinkat(r->dir_fd, r->name, target, sizeof(target));

		if (n < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : errno;
		if ((size_t)n >= sizeof(target))
			return ENAMETOOLONG;
		target[n] = '\0';
		code = step_into(r, target);
	}
	return code ? code : ELOOP;
}

static int check_target(struct fs_replace *r)
{
	struct stat st;

	if (fstatat(r->dir_fd, r->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	r->replaces = true;
	r->old_mode = st.st_mode & 0777;
	r->old_owner = st.st_uid;
	r->old_group = st.st_gid;
	return 0;
}

/* Makes the temporary file; 0 or an errno. A name that exists is nobody's to reuse. */
static int make_temporary(struct fs_replace *r)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		char name[NAME_MAX + 1];
		uint64_t random;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return errno;
		snprintf(name, sizeof(name), ".%.200s.%016" PRIx64 ".tmp", r->name, random);
		r->fd = openat(r->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       0600);
		if (r->fd < 0 && errno == EEXIST)
			continue;
		if (r->fd < 0)
			return errno;
		r->temporary = strdup(name);
		if (r->temporary)
			return 0;
		unlinkat(r->dir_fd, name, 0);
		return ENOMEM;
	}
	return EEXIST;
}

static void replace_close(struct fs_replace *r)
{
	close_fd(&r->fd);
	close_fd(&r->dir_fd);
	free(r->temporary);
	free(r->name);
	free(r->path);
	r->temporary = r->name = r->path = NULL;
}

void fs_replace_abort(struct fs_replace *r)
{
	if (r->temporary)
		unlinkat(r->dir_fd, r->temporary, 0);
	replace_close(r);
}

bool fs_replace_begin(struct fs_replace *r, const char *path, unsigned mode, struct fs_error *error)
{
	const char *doing = "replace";
	int code;

	*r = (struct fs_replace){.fd = -1, .dir_fd = -1};
	r->path = strdup(path);
	code = r->path ? resolve(r, path) : ENOMEM;
	if (!code)
		code = check_target(r);
	if (!code) {
		doing = "create a temporary file for";
		code = make_temporary(r);
	}
	if (!code && fchmod(r->fd, (mode_t)mode) < 0) {
		doing = "set the mode of a temporary file for";
		code = errno;
	}
	if (!code)
		return true;
	fs_replace_abort(r);
	return fail(error, code, doing, path);
}

bool fs_replace_keep_mode(struct fs_replace *r, struct fs_error *error)
{
	if (!r->replaces)
		return true;
	/* only root gives files away, but the group may be one of ours */
	if (fchown(r->fd, r->old_owner, r->old_group) < 0 &&
	    fchown(r->fd, (uid_t)-1, r->old_group) < 0 && errno != EPERM)
		return fail(error, errno, "keep the group of", r->path);
	if (fchmod(r->fd, r->old_mode) < 0)
		return fail(error, errno, "keep the mode of", r->path);
	return true;
}

/* Gives the new content its name, in place of a file that has it, or only where none has. */
static int take_name(struct fs_replace *r, bool free_only)
{
	if (!free_only)
		return renameat(r->dir_fd, r->temporary, r->dir_fd, r->name);
	if (renameat2(r->dir_fd, r->temporary, r->dir_fd, r->name, RENAME_NOREPLACE) == 0)
		return 0;
	/* where a file system knows no such rename, a link does the same in two steps */
	if (errno != EINVAL || linkat(r->dir_fd, r->temporary, r->dir_fd, r->name, 0) < 0)
		return -1;
	(void)unlinkat(r->dir_fd, r->temporary, 0);
	return 0;
}

static bool commit(struct fs_replace *r, bool free_only, struct fs_error *error)
{
	const char *doing = "sync the new content of";
	int code;

	if (fsync(r->fd) < 0)
		goto out;
	doing = "close the new content of";
	if (close_fd(&r->fd) < 0)
		goto out;
	doing = free_only ? "make" : "rename the new content to";
	if (take_name(r, free_only) < 0)
		goto out;
	free(r->temporary);
	r->temporary = NULL;
	doing = "sync the directory of";
	if (fsync(r->dir_fd) < 0) {
		code = errno;
		if (free_only)
			(void)unlinkat(r->dir_fd, r->name, 0);
		errno = code;
		goto out;
	}
	replace_close(r);
	return true;
out:
	fail(error, errno, doing, r->path);
	fs_replace_abort(r);
	return false;
}

bool fs_replace_commit(struct fs_replace *r, struct fs_error *error)
{
	return commit(r, false, error);
}

bool fs_replace_commit_new(struct fs_replace *r, struct fs_error *error)
{
	return commit(r, true, error);
}
