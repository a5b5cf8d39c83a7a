/* All or none: see the header. */
#include "stwc/init_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has been done, and is undone where the rest fails. */
struct progress {
	const struct init_files *all;
	struct fs_error *error;
	struct fs_replace *parts; /* of each file: its content under another name */
	bool *placed;             /* it has its own name */
	bool *made;               /* directories */
};

static bool fail(struct fs_error *error, const char *doing, const char *path)
{
	fs_error_set(error, errno, doing, path);
	return false;
}

/* The directory that something lies in; the caller frees it. NULL: no memory. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

/* ---- beforehand ---- */

static bool is_writable(const char *path, struct fs_error *error)
{
	struct stat status;
	bool ok = stat(path, &status) == 0;

	if (ok && !S_ISDIR(status.st_mode)) {
		errno = ENOTDIR;
		ok = false;
	}
	ok = ok && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
	return ok || fail(error, "write to", path);
}

bool init_files_possible(const struct init_files *all, struct fs_error *error)
{
	struct stat status;
	char *parent;
	bool ok;

	if (stat(all->directories[0], &status) == 0)
		return is_writable(all->directories[0], error);
	if (errno != ENOENT)
		return fail(error, "write to", all->directories[0]);
	parent = parent_of(all->directories[0]);
	ok = parent ? is_writable(parent, error) : fail(error, "write to", all->directories[0]);
	free(parent);
	return ok;
}

bool init_files_exist(const struct init_files *all, const char **out)
{
	struct stat status;
	size_t i;

	for (i = 0; i < all->count; i++) {
		/* a link that leads nowhere is a file, too */
		if (lstat(all->files[i].path, &status) == 0) {
			*out = all->files[i].path;
			return true;
		}
	}
	return false;
}

/* ---- writing ---- */

static bool goes_on(const struct progress *p)
{
	if (!p->all->interrupted(p->all->ctx))
		return true;
	errno = EINTR;
	return fail(p->error, "finish", p->all->files[p->all->count - 1].path);
}

/* What is in a directory lasts as long as the directory does. */
static bool sync_parent(const char *path)
{
	char *parent = parent_of(path);
	int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	free(parent);
	if (fd >= 0)
		(void)close(fd); /* nothing was written through it */
	return ok;
}

static bool make_directories(const struct progress *p)
{
	size_t i;

	for (i = 0; i < p->all->directory_count; i++) {
		const char *path = p->all->directories[i];

		p->made[i] = mkdir(path, p->all->modes[i]) == 0;
		if (!p->made[i] && errno != EEXIST)
			return fail(p->error, "make the directory", path);
		if (p->made[i] && !sync_parent(path))
			return fail(p->error, "sync the directory of", path);
	}
	return true;
}

static bool write_temporary(const struct progress *p, size_t i)
{
	const struct init_file *file = &p->all->files[i];
	struct fs_replace *part = &p->parts[i];

	return fs_replace_begin(part, file->path, file->mode, p->error) &&
	       (fs_write_all(part->fd, file->text.p, file->text.n) ||
		fail(p->error, "write", file->path));
}

static bool write_all(const struct progress *p)
{
	size_t i;

	if (!goes_on(p) || !make_directories(p))
		return false;
	for (i = 0; i < p->all->count; i++) {
		if (!goes_on(p) || !write_temporary(p, i))
			return false;
	}
	for (i = 0; i < p->all->count; i++) {
		if (!goes_on(p))
			return false;
		p->placed[i] = fs_replace_commit_new(&p->parts[i], p->error);
		if (!p->placed[i])
			return false;
	}
	return goes_on(p);
}

/* Nothing more can be done about what cannot be taken away. */
static void clean(const struct progress *p, bool keep)
{
	size_t i;

	for (i = 0; i < p->all->count; i++) {
		fs_replace_abort(&p->parts[i]);
		if (p->placed[i] && !keep)
			(void)unlink(p->all->files[i].path);
	}
	for (i = p->all->directory_count; i-- > 0 && !keep;) {
		if (p->made[i])
			(void)rmdir(p->all->directories[i]);
	}
}

bool init_files_write(const struct init_files *all, struct fs_error *error)
{
	struct progress p = {.all = all, .error = error};
	bool ok = false;
	size_t i;

	p.parts = calloc(all->count, sizeof(*p.parts));
	p.placed = calloc(all->count, sizeof(*p.placed));
	p.made = calloc(all->directory_count, sizeof(*p.made));
	for (i = 0; p.parts && i < all->count; i++)
		p.parts[i].fd = p.parts[i].dir_fd = -1;
	if (!p.parts || !p.placed || !p.made) {
		(void)fail(error, "write", all->files[0].path);
	} else {
		ok = write_all(&p);
		clean(&p, ok);
	}
	free(p.parts);
	free(p.placed);
	free(p.made);
	return ok;
}
