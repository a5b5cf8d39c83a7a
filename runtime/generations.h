/*
 * The state directory: copies of the images that served, which of them were good and which were
 * refused. A generation is served from such a copy (or, without a directory, from a sealed
 * memfd), so nothing that happens to the operator's file can reach it.
 *
 *   STATE/lock                        held by the one stwd of this directory
 *   STATE/generations/<digest>.stwi   the last GENERATIONS_KEPT that served
 *   STATE/history                     "<digest> <seconds>" a line, newest last
 *   STATE/refused                     "<digest> failed|reverted <seconds> <why>" a line
 */
#ifndef STW_RUNTIME_GENERATIONS_H
#define STW_RUNTIME_GENERATIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "libstw/stw.h"

#include <pthread.h>
#include <stdatomic.h>

#define GENERATIONS_KEPT 5
#define REFUSALS_KEPT 32

struct image_copy {
	int fd; /* read only */
	struct stw_image *image;
	struct digest digest; /* of the file */
	bool in_memory;
};

struct good_mark {
	struct digest digest;
	int64_t time; /* seconds since the epoch, of the commit */
	int fd;       /* the memfd, where nothing is kept on disk; else -1 */
};

struct refusal {
	struct digest digest;
	int64_t time;
	bool reverted; /* it served and was taken back; else it never came up */
	char why[400];
};

struct settle_job;

struct generation_store {
	char *path;
	int dir_fd;    /* -1: nothing can be kept */
	int images_fd; /* the same */
	int lock_fd;
	bool locked;       /* store_look: a stwd runs with this directory */
	char trouble[300]; /* why nothing can be kept; empty: all is well */
	struct good_mark good[GENERATIONS_KEPT];
	size_t good_count; /* the last one is the newest */
	struct refusal refused[REFUSALS_KEPT];
	size_t refused_count;
	struct settle_job *job;  /* what a thread brings to the disk now */
	struct settle_job *next; /* what comes after it */
};

enum store_status {
	STORE_OK,     /* also when nothing can be kept: .trouble says why */
	STORE_LOCKED, /* another stwd has the directory */
	STORE_NO_MEMORY
};

/* Opens (and makes) the directory, takes the lock, reads history and refusals. */
enum store_status store_open(struct generation_store *store, const char *path) WARN_UNUSED;
/* The same without making, locking or writing anything; for --check. STORE_LOCKED: a stwd runs. */
enum store_status store_look(struct generation_store *store, const char *path) WARN_UNUSED;
/* Waits for the disk, then lets go of everything. */
void store_close(struct generation_store *store);

/* Copies the file behind fd and verifies the copy. False: nothing is left behind, fault says
 * why. The copy is an orphan until store_commit; store_discard removes it, and so does the next
 * start. */
bool store_take(struct generation_store *store, int fd, struct image_copy *out,
		struct stw_fault *fault) WARN_UNUSED;
/* Opens and verifies a generation that served. */
bool store_fetch(struct generation_store *store, const struct digest *digest,
		 struct image_copy *out, struct stw_fault *fault) WARN_UNUSED;
void image_copy_close(struct image_copy *copy);
/* Removes the file of a copy that never served. */
void store_discard(struct generation_store *store, const struct digest *digest);

/* Notes that a copy serves. History and data reach the disk in a thread: a power cut before that
 * costs the fallback, never the running generation. */
void store_commit(struct generation_store *store, const struct image_copy *copy, int64_t now);
/* True once after the disk refused something; error says what. */
bool store_trouble(struct generation_store *store, char *error, size_t error_size);

/* Notes that a digest must not be tried again; it is no longer good. */
void store_refuse(struct generation_store *store, const struct digest *digest, bool reverted,
		  int64_t now, const char *why);
const struct refusal *store_refusal(const struct generation_store *store,
				    const struct digest *digest);
void store_forgive(struct generation_store *store, const struct digest *digest);

/* The newest good generation other than `active` (NULL: any); NULL: there is none. */
const struct good_mark *store_previous(const struct generation_store *store,
				       const struct digest *active);
/* The good generation whose digest begins with these hexadecimal digits; NULL: none, or several. */
const struct good_mark *store_named(const struct generation_store *store, struct str prefix);

/* Copies the first `size` bytes of a file to another descriptor (all of it where the file system
 * shares blocks): reflink, copy_file_range, or read and write. One that is shorter ends sooner. */
bool copy_file(int from, int to, uint64_t size) WARN_UNUSED;
/* A small text file of the state directory, replaced as a whole. False: errno-like in error. */
bool store_write_text(struct generation_store *store, const char *name, struct str text,
		      char *error, size_t error_size) WARN_UNUSED;
/* Its content, appended; false when it is not there. */
bool store_read_text(const struct generation_store *store, const char *name,
		     struct buf *out) WARN_UNUSED;
bool store_remove_text(struct generation_store *store, const char *name) WARN_UNUSED;

#endif
