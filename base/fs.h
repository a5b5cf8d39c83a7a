/* Files: reading whole ones safely, and replacing one so that no reader sees half of it. */
#ifndef STW_BASE_FS_H
#define STW_BASE_FS_H

#include "base/attr.h"
#include "base/buf.h"

#include <sys/types.h>

struct fs_error {
	int code;          /* errno */
	const char *doing; /* "open", "read", "rename" … a static string */
	char path[512];    /* the path it was about; the front is cut off a longer one */
};

/* `doing` must be a static string; the path is copied. */
void fs_error_set(struct fs_error *error, int code, const char *doing, const char *path);
/* "cannot open mail.toml: No such file or directory", with NUL, shortened to `size`. */
void fs_error_text(const struct fs_error *error, char *out, size_t size);

struct stat;
/* The file that was there before, and nobody has written to it. */
bool fs_same_file(const struct stat *a, const struct stat *b);
/* Appends the whole of a regular file (or a pipe) to out. Refuses directories (EISDIR), files
 * above `limit` bytes (EFBIG), devices that give more than 1 MiB (EFBIG), and files that change
 * size or time while they are read (EAGAIN). On failure out has the content it had before. */
bool fs_read_file(const char *path, size_t limit, struct buf *out,
		  struct fs_error *error) WARN_UNUSED;
/* The same from an open descriptor, from where it stands to its end; `name` is for errors. */
bool fs_read_fd(int fd, const char *name, size_t limit, struct buf *out,
		struct fs_error *error) WARN_UNUSED;

/*
 * Atomic replacement: fs_replace_begin makes a temporary file beside `path` with `mode`,
 * the caller writes to .fd, fs_replace_commit syncs file, renames, syncs the directory.
 * After any failure the old file is whole; fs_replace_abort removes the temporary one.
 *
 * Where `path` is a symbolic link, the chain is followed: the file at its end is replaced,
 * in its own directory, and the links stay. The end need not exist. A directory (EISDIR)
 * and anything else that is no regular file (EINVAL), such as /dev/null, is refused.
 *
 * The one failure after the rename is that of syncing the directory: then the new file is
 * in place, whole, but may not outlive a power cut; the error says "sync the directory of".
 */
struct fs_replace {
	int fd;
	int dir_fd;
	char *temporary; /* name inside the directory */
	char *name;
	char *path;    /* as given, for errors */
	bool replaces; /* there is a file, with these: */
	mode_t old_mode;
	uid_t old_owner;
	gid_t old_group;
};

/* On failure nothing is left behind; r may be given to fs_replace_abort, without effect. */
bool fs_replace_begin(struct fs_replace *r, const char *path, unsigned mode,
		      struct fs_error *error) WARN_UNUSED;
/* Gives the new file the permissions of the one that it replaces, and its owner and group as far
 * as this process may; without one, nothing changes. */
bool fs_replace_keep_mode(struct fs_replace *r, struct fs_error *error) WARN_UNUSED;
/* Closes everything in either case; on failure the temporary file is removed. */
bool fs_replace_commit(struct fs_replace *r, struct fs_error *error) WARN_UNUSED;
/* The same where there must not be a file of that name yet, however late it came (EEXIST). A name
 * that cannot be made to last is given back: after a failure nothing is left. */
bool fs_replace_commit_new(struct fs_replace *r, struct fs_error *error) WARN_UNUSED;
/* Does nothing after a commit or another abort. */
void fs_replace_abort(struct fs_replace *r);

/* write(2) until all is written; errno says why not. */
bool fs_write_all(int fd, const void *bytes, size_t n) WARN_UNUSED;

#endif
