/*
 * Several new files, all of them or none. Each is written and synchronised under another name
 * first; then all get theirs, which fails where there is a file of that name, however late it came.
 * Whatever fails, and whoever interrupts, what was made is taken away again.
 */
#ifndef STW_STWC_INIT_FILES_H
#define STW_STWC_INIT_FILES_H

#include "base/fs.h"

struct init_file {
	const char *path;
	struct str text;
	unsigned mode;
};

struct init_files {
	const struct init_file *files; /* the last one makes the others count: it comes last */
	size_t count;
	const char *const *directories; /* made where they are not there, in this order … */
	const unsigned *modes;          /* … with these modes */
	size_t directory_count;
	bool (*interrupted)(void *ctx); /* asked before each step */
	void *ctx;
};

/* Can files be made in the first directory, or can it be made? Asked before anybody has answered
 * anything; what becomes of it later, init_files_write says. */
bool init_files_possible(const struct init_files *all, struct fs_error *error) WARN_UNUSED;
/* Is a file of these there already? `out` is which. */
bool init_files_exist(const struct init_files *all, const char **out);
/* False: nothing is left of it; error->code is EINTR where it was interrupted. */
bool init_files_write(const struct init_files *all, struct fs_error *error) WARN_UNUSED;

#endif
