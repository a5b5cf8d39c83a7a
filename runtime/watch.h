/*
 * Seeing that a file was replaced: inotify on every directory along the chain of symbolic links
 * that leads to it, and a poll for what inotify cannot see (network file systems, mounts).
 */
#ifndef STW_RUNTIME_WATCH_H
#define STW_RUNTIME_WATCH_H

#include "runtime/io.h"

#define WATCH_POLL_MS 2000

enum watch_sight {
	WATCH_RENAMED, /* something was renamed, closed after writing, or linked: complete now */
	WATCH_POLLED   /* time to look; the file may be in the middle of being written */
};

struct watch;

/* Calls seen() in the loop's thread. NULL: out of memory. Without inotify only the poll works. */
struct watch *watch_new(struct io_loop *loop, const char *path,
			void (*seen)(void *ctx, enum watch_sight sight), void *ctx) WARN_UNUSED;
void watch_free(struct watch *watch);

/* The directories and names that a change of `path` can be seen by, in the order of the walk:
 * each() gets a directory as text and a name inside it. The last one is the file's own. */
void watch_chain(const char *path,
		 void (*each)(void *ctx, const char *dir, const char *name, bool last), void *ctx);

#endif
