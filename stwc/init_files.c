/* All or none: see the header. */
#include "stwc/init_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has been done, and is undone where the rest fails. */
struct progress {
	const struct init_files *all;
	struct fs_error *error;
	char **temporary; /* of each file; NULL: it has none */
	bool *placed;     /* it has its own name */
	bool *made;       /* directories */
};

static bool fail(const struct progress *p, const char *doing, const char *path)
{
	fs_error_set(p->error, errno, doing, path);
	return false;
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

static bool goes_on(const struct progress *p)
{
	if (!p->all->interrupted(p->all->ctx))
		return true;
	errno = EINTR;
	return fail(p, "finish", p->all->files[p->all->count - 1].path);
}

static bool make_directories(const struct progress *p)
{
	size_t i;

	for (i = 0; i < p->all->directory_count; i++) {
		const char *path = p->all->directories[i];

		p->made[i] = mkdir(path, p->all->modes[i]) == 0;
		if (!p->made[i] && errno != EEXIST)
			return fail(p, "make the directory", path);
	}
	return true;
}

static bool fill(int fd, const struct init_file *file)
{
	/* the mode is that which was asked for, whatever the umask; nothing was written before */
	return fchmod(fd, file->mode) == 0 && fs_write_all(fd, file->text.p, file->text.n) &&
	       fsync(fd) == 0;
}

static bool write_temporary(const struct progress *p, size_t i)
{
	const struct init_file *file = &p->all->files[i];
	const char *slash = strrchr(file->path, '/');
	int directory = slash ? (int)(slash - file->path) + 1 : 0;
	char *name;
	int fd, code;

	if (asprintf(&name, "%.*s.%s.XXXXXX", directory, file->path,
		     slash ? slash + 1 : file->path) < 0)
		return fail(p, "name", file->path);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		free(name);
		return fail(p, "make", file->path);
	}
	p->temporary[i] = name;
	code = fill(fd, file) ? 0 : errno;
	if (close(fd) < 0 && !code)
		code = errno;
	errno = code;
	return !code || fail(p, "write", file->path);
}

/* The name is taken only if it is free, which no look beforehand could promise. */
static bool place(const struct progress *p, size_t i)
{
	const char *path = p->all->files[i].path;

	if (link(p->temporary[i], path) < 0)
		return fail(p, "make", path);
	p->placed[i] = true;
	return true;
}

static bool sync_directory(const struct progress *p, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		(void)fail(p, "synchronise", path);
	if (fd >= 0)
		(void)close(fd); /* nothing was written through it */
	return ok;
}

static bool place_all(const struct progress *p)
{
	size_t i;

	for (i = 0; i < p->all->count; i++) {
		if (!goes_on(p) || !place(p, i))
			return false;
	}
	for (i = 0; i < p->all->directory_count; i++) {
		if (!sync_directory(p, p->all->directories[i]))
			return false;
	}
	return goes_on(p);
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
	return place_all(p);
}

/* Nothing more can be done about what cannot be taken away. */
static void clean(const struct progress *p, bool keep)
{
	size_t i;

	for (i = 0; i < p->all->count; i++) {
		if (p->temporary[i])
			(void)unlink(p->temporary[i]);
		if (p->placed[i] && !keep)
			(void)unlink(p->all->files[i].path);
		free(p->temporary[i]);
	}
	for (i = p->all->directory_count; i-- > 0 && !keep;) {
		if (p->made[i])
			(void)rmdir(p->all->directories[i]);
	}
}

bool init_files_write(const struct init_files *all, struct fs_error *error)
{
	struct progress p = {.all = all, .error = error};
	bool ok;

	p.temporary = calloc(all->count, sizeof(*p.temporary));
	p.placed = calloc(all->count, sizeof(*p.placed));
	p.made = calloc(all->directory_count + 1, sizeof(*p.made));
	ok = p.temporary && p.placed && p.made;
	if (!ok) {
		(void)fail(&p, "write", all->files[0].path);
	} else {
		ok = write_all(&p);
		clean(&p, ok);
	}
	free(p.temporary);
	free(p.placed);
	free(p.made);
	return ok;
}
