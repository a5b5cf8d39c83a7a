/* A folder of its own for a test, and everything in it gone at the end. */
#ifndef STW_TESTSUITE_FOLDER_H
#define STW_TESTSUITE_FOLDER_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define FOLDER_PATH_SIZE 128

struct folder {
	char path[32];
};

static inline void folder_make(struct folder *folder)
{
	strcpy(folder->path, "/tmp/stw-unit-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

static inline int folder_remove_one(const char *path, const struct stat *st, int kind,
				    struct FTW *at)
{
	(void)st;
	(void)at;
	return kind == FTW_DP ? rmdir(path) : unlink(path);
}

/* A tree that is not there is as good as removed. */
static inline void folder_remove_tree(const char *path)
{
	assert_true(nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT);
}

static inline void folder_remove(const struct folder *folder)
{
	folder_remove_tree(folder->path);
}

static inline void folder_path(const struct folder *folder, const char *name,
			       char out[FOLDER_PATH_SIZE])
{
	int n = snprintf(out, FOLDER_PATH_SIZE, "%s/%s", folder->path, name);

	assert_true(n > 0 && n < FOLDER_PATH_SIZE);
}

static inline void folder_add(const struct folder *folder, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	folder_path(folder, name, path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static inline void folder_write_bytes(const struct folder *folder, const char *name,
				      const void *bytes, size_t n)
{
	char path[FOLDER_PATH_SIZE];
	int fd;

	folder_path(folder, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_true(fs_write_all(fd, bytes, n));
	assert_int_equal(close(fd), 0);
}

static inline void folder_write(const struct folder *folder, const char *name, const char *text)
{
	folder_write_bytes(folder, name, text, strlen(text));
}

#endif
