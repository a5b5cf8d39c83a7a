/* Files: reading whole ones safely, and replacing one so that no reader sees half of it. */
#ifndef STW_BASE_FS_H
#define STW_BASE_FS_H

#include "base/attr.h"
#include "base/buf.h"

struct fs_error {
	int code;	     /* errno */
	const char *doing;   /* "open", "read", "rename" … a static string */
	char path[512];	     /* the path it was about, shortened when longer */
};

/* "cannot open mail.toml: No such file or directory", with NUL, shortened to `size`. */
void fs_error_text(const struct fs_error *error, char *out, size_t size);

/* Appends the whole of a regular file (or a pipe) to out. Refuses directories, files above
 * `limit` bytes (EFBIG), and files that change size or time while they are read (EAGAIN). */
bool fs_read_file(const char *path, size_t limit, struct buf *out, struct fs_error *error) WARN_UNUSED;
bool fs_read_fd(int fd, const char *name, size_t limit, struct buf *out, struct fs_error *error)
	WARN_UNUSED;

/*
 * Atomic replacement: fs_replace_begin makes a temporary file beside `path` with `mode`,
 * the caller writes to .fd, fs_replace_commit syncs file, renames, syncs the directory.
 * After any failure the old file is whole; fs_replace_abort removes the temporary one.
 */
struct fs_replace {
	int fd;
	int dir_fd;
	char *temporary; /* name inside the directory */
	char *name;
};

bool fs_replace_begin(struct fs_replace *r, const char *path, unsigned mode, struct fs_error *error)
	WARN_UNUSED;
bool fs_replace_commit(struct fs_replace *r, struct fs_error *error) WARN_UNUSED;
void fs_replace_abort(struct fs_replace *r);

/* write(2) until all is written. */
bool fs_write_all(int fd, const void *bytes, size_t n) WARN_UNUSED;

#endif
