#include "runtime/generations.h"

#include "base/fs.h"
#include "base/num.h"
#include "libstw/footer.h"
#include "runtime/notes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INCOMING ".incoming"
#define NAME_SIZE (DIGEST_HEX_SIZE + 8)
/* Commits that may pile up behind one slow fsync before main waits for the disk. */
#define SETTLE_MAX 16
#define TEXT_MAX ((size_t)256 * 1024)

/* Everything a thread needs to bring a commit to the disk; it shares nothing with main. */
struct settle_job {
	pthread_t thread;
	int fds[SETTLE_MAX]; /* copies to sync */
	size_t fd_count;
	int images_fd; /* not owned: the store joins before it closes */
	char *history_path;
	struct buf history;
	char old[SETTLE_MAX][NAME_SIZE]; /* to remove, once the history is there */
	size_t old_count;
	char error[400];
	atomic_bool done;
};

static void image_name(const struct digest *digest, char out[NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	(void)snprintf(out, NAME_SIZE, "%s.stwi", hex);
}

/* ---- text files ---- */

static char *text_path(const struct generation_store *store, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", store->path, name) < 0 ? NULL : path;
}

static bool write_text(const char *path, struct str text, char *error, size_t error_size)
{
	struct fs_replace r;
	struct fs_error why;
	bool ok = fs_replace_begin(&r, path, 0600, &why);

	if (ok && !fs_write_all(r.fd, text.p, text.n)) {
		(void)snprintf(error, error_size, "cannot write %s: %s", path, strerror(errno));
		fs_replace_abort(&r);
		return false;
	}
	ok = ok && fs_replace_commit(&r, &why);
	if (!ok)
		fs_error_text(&why, error, error_size);
	return ok;
}

bool store_write_text(struct generation_store *store, const char *name, struct str text,
		      char *error, size_t error_size)
{
	char *path;
	bool ok;

	if (store->dir_fd < 0) {
		(void)snprintf(error, error_size, "%s", store->trouble);
		return false;
	}
	path = text_path(store, name);
	ok = path && write_text(path, text, error, error_size);
	if (!path)
		(void)snprintf(error, error_size, "out of memory");
	free(path);
	return ok;
}

bool store_read_text(const struct generation_store *store, const char *name, struct buf *out)
{
	struct fs_error error;
	int fd = store->dir_fd < 0 ? -1 : openat(store->dir_fd, name, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fs_read_fd(fd, name, TEXT_MAX, out, &error);

	if (fd >= 0)
		close(fd);
	return ok;
}

bool store_remove_text(struct generation_store *store, const char *name)
{
	return store->dir_fd < 0 || unlinkat(store->dir_fd, name, 0) == 0 || errno == ENOENT;
}

static struct str next_word(struct str *line)
{
	const char *blank = line->n ? memchr(line->p, ' ', line->n) : NULL;
	struct str word = {line->p, blank ? (size_t)(blank - line->p) : line->n};

	*line = str_from(*line, word.n + 1);
	return word;
}

/* A line that does not parse was not written by us: it is passed over. */
static void read_good(struct generation_store *store, struct str line)
{
	struct good_mark mark = {.fd = -1};
	uint64_t seconds;

	if (!digest_from_hex(next_word(&line), &mark.digest) ||
	    num_u64(next_word(&line), &seconds) != NUM_OK || store->good_count == GENERATIONS_KEPT)
		return;
	mark.time = (int64_t)seconds;
	store->good[store->good_count++] = mark;
}

static void read_refusal(struct generation_store *store, struct str line)
{
	struct refusal r = {0};
	uint64_t seconds;
	struct str how;

	if (!digest_from_hex(next_word(&line), &r.digest))
		return;
	how = next_word(&line);
	if (num_u64(next_word(&line), &seconds) != NUM_OK || store->refused_count == REFUSALS_KEPT)
		return;
	r.reverted = str_eq(how, STR("reverted"));
	r.time = (int64_t)seconds;
	(void)snprintf(r.why, sizeof(r.why), "%.*s", STR_ARG(line));
	store->refused[store->refused_count++] = r;
}

static void read_lines(struct generation_store *store, const char *name,
		       void (*take)(struct generation_store *store, struct str line))
{
	struct buf text = BUF_INIT;
	struct str rest;

	if (store_read_text(store, name, &text)) {
		for (rest = buf_str(&text); rest.n;) {
			const char *end = memchr(rest.p, '\n', rest.n);
			size_t n = end ? (size_t)(end - rest.p) : rest.n;

			take(store, (struct str){rest.p, n});
			rest = str_from(rest, n + 1);
		}
	}
	buf_free(&text);
}

static void write_refused(struct generation_store *store)
{
	struct buf text = BUF_INIT;
	char hex[DIGEST_HEX_SIZE], error[400];

	if (store->dir_fd < 0)
		return;
	for (size_t i = 0; i < store->refused_count; i++) {
		const struct refusal *r = &store->refused[i];

		digest_hex(&r->digest, hex);
		buf_printf(&text, "%s %s %" PRId64 " %s\n", hex,
			   r->reverted ? "reverted" : "failed", r->time, r->why);
	}
	/* the list in memory holds in any case; what the disk lacks is known from .trouble */
	if (text.failed ||
	    !store_write_text(store, "refused", buf_str(&text), error, sizeof(error)))
		(void)snprintf(store->trouble, sizeof(store->trouble), "%.299s",
			       text.failed ? "out of memory" : error);
	buf_free(&text);
}

/* ---- opening ---- */

static void no_directory(struct generation_store *store, const char *doing)
{
	(void)snprintf(store->trouble, sizeof(store->trouble),
		       "cannot %s %.200s: %s; generations, bans and refusals are not kept", doing,
		       store->path, strerror(errno));
	if (store->dir_fd >= 0)
		close(store->dir_fd);
	if (store->images_fd >= 0)
		close(store->images_fd);
	store->dir_fd = store->images_fd = -1;
}

static int open_directory(int at, const char *name, bool make)
{
	if (make && mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* False: somebody else has it. */
static bool take_lock(struct generation_store *store)
{
	store->lock_fd = openat(store->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock_fd < 0) {
		no_directory(store, "write to");
		return true;
	}
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return errno != EWOULDBLOCK;
}

/* The directory is known, but nothing is kept until somebody opens it. */
static bool start_store(struct generation_store *store, const char *path)
{
	*store = (struct generation_store){.dir_fd = -1, .images_fd = -1, .lock_fd = -1};
	store->path = strdup(path);
	return store->path != NULL;
}

static const struct good_mark *find_good(const struct generation_store *store,
					 const struct digest *digest)
{
	for (size_t i = 0; i < store->good_count; i++)
		if (digest_eq(&store->good[i].digest, digest))
			return &store->good[i];
	return NULL;
}

/* A temporary file of ours, or a copy that never came to serve. */
static bool is_leftover(const struct generation_store *store, const char *name)
{
	struct str s = str_c(name);
	struct digest digest;

	if (name[0] == '.')
		return str_eq(s, STR(INCOMING)) || str_ends(s, STR(".tmp"));
	return str_ends(s, STR(".stwi")) &&
	       digest_from_hex((struct str){s.p, s.n - STR(".stwi").n}, &digest) &&
	       !find_good(store, &digest);
}

/* What a stwd left behind that was killed or lost its power; nobody else writes here. */
static void sweep(const struct generation_store *store, int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	/* what cannot be removed is only space, and stwd says when that runs out */
	while ((entry = readdir(dir)) != NULL)
		if (is_leftover(store, entry->d_name))
			(void)unlinkat(dir_fd, entry->d_name, 0);
	closedir(dir);
}

static void read_all(struct generation_store *store)
{
	read_lines(store, "history", read_good);
	read_lines(store, "refused", read_refusal);
}

enum store_status store_open(struct generation_store *store, const char *path)
{
	if (!start_store(store, path))
		return STORE_NO_MEMORY;
	store->dir_fd = open_directory(AT_FDCWD, path, true);
	if (store->dir_fd < 0) {
		no_directory(store, "open");
		return STORE_OK;
	}
	if (!take_lock(store)) {
		store_close(store);
		return STORE_LOCKED;
	}
	if (store->dir_fd < 0)
		return STORE_OK;
	store->images_fd = open_directory(store->dir_fd, "generations", true);
	if (store->images_fd < 0 || faccessat(store->images_fd, ".", W_OK, AT_EACCESS) != 0) {
		no_directory(store, "keep generations in");
		return STORE_OK;
	}
	read_all(store);
	sweep(store, store->dir_fd);
	sweep(store, store->images_fd);
	return STORE_OK;
}

enum store_status store_look(struct generation_store *store, const char *path)
{
	int lock;

	if (!start_store(store, path))
		return STORE_NO_MEMORY;
	store->dir_fd = open_directory(AT_FDCWD, path, false);
	lock = store->dir_fd < 0 ? -1 : openat(store->dir_fd, "lock", O_RDONLY | O_CLOEXEC);
	store->locked = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	if (lock >= 0)
		close(lock);
	read_all(store);
	return store->locked ? STORE_LOCKED : STORE_OK;
}

/* ---- copies ---- */

static bool copy_by_hand(int from, int to, uint64_t size)
{
	char block[64 * 1024];
	uint64_t at = 0;

	while (at < size) {
		uint64_t left = size - at;
		ssize_t n = pread(from, block, left < sizeof(block) ? (size_t)left : sizeof(block),
				  (off_t)at);

		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !fs_write_all(to, block, (size_t)n))
			return false;
		at += (uint64_t)n;
	}
	return true;
}

bool copy_file(int from, int to, uint64_t size)
{
	off_t at = 0; /* the offset of `from` is shared with others */

	if (ioctl(to, FICLONE, from) == 0)
		return true;
	while ((uint64_t)at < size) {
		uint64_t left = size - (uint64_t)at;
		ssize_t n = copy_file_range(from, &at, to, NULL,
					    left < SSIZE_MAX / 2 ? (size_t)left : SSIZE_MAX / 2, 0);

		if (n > 0)
			continue;
		/* nothing on the first call: a file system that cannot (EXDEV, EINVAL, some say 0)
		 */
		if (at == 0)
			return copy_by_hand(from, to, size);
		return n == 0;
	}
	return true;
}

static bool system_fault(struct stw_fault *fault, const char *doing)
{
	fault->error = STW_SYSTEM;
	(void)snprintf(fault->text, sizeof(fault->text), "cannot %s: %s", doing, strerror(errno));
	return false;
}

static int reopen_read_only(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Looks before anything is copied, as a copy takes time and space: a pipe would block, a device
 * might have no end, and what does not end as an image does is none, however large it is. */
static bool look_at(int fd, uint64_t *size, struct stw_fault *fault)
{
	struct stw_footer footer;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return system_fault(fault, "look at the image");
	if (!S_ISREG(st.st_mode)) {
		*fault = (struct stw_fault){STW_NOT_AN_IMAGE, "it is no regular file"};
		return false;
	}
	return stw_footer_read(fd, &footer, size, fault);
}

/* A copy in memory that nobody can change any more; the descriptor to read it, or -1. */
static int copy_to_memory(int from, uint64_t size, struct stw_fault *fault)
{
	int fd = memfd_create("stw-image", MFD_CLOEXEC | MFD_ALLOW_SEALING), out = -1;

	if (fd < 0 || !copy_file(from, fd, size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		(void)system_fault(fault, "copy the image to memory");
	else if ((out = reopen_read_only(fd)) < 0)
		(void)system_fault(fault, "open the copy of the image");
	if (fd >= 0)
		close(fd);
	return out;
}

static int copy_to_disk(struct generation_store *store, int from, uint64_t size,
			struct stw_fault *fault)
{
	int to, out = -1;

	if (unlinkat(store->images_fd, INCOMING, 0) != 0 && errno != ENOENT) {
		(void)system_fault(fault, "clear the state directory");
		return -1;
	}
	to = openat(store->images_fd, INCOMING, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (to < 0 || !copy_file(from, to, size))
		(void)system_fault(fault, "copy the image to the state directory");
	else if ((out = openat(store->images_fd, INCOMING, O_RDONLY | O_CLOEXEC)) < 0)
		(void)system_fault(fault, "open the copy of the image");
	if (to >= 0)
		close(to);
	if (out < 0)
		(void)unlinkat(store->images_fd, INCOMING, 0);
	return out;
}

bool store_fetch(struct generation_store *store, const struct digest *digest,
		 struct image_copy *out, struct stw_fault *fault)
{
	const struct good_mark *mark = find_good(store, digest);
	struct image_copy copy = {.fd = -1};
	char name[NAME_SIZE];

	image_name(digest, name);
	if (mark && mark->fd >= 0) {
		copy.in_memory = true;
		copy.fd = fcntl(mark->fd, F_DUPFD_CLOEXEC, 0);
	} else if (store->images_fd >= 0) {
		copy.fd = openat(store->images_fd, name, O_RDONLY | O_CLOEXEC);
	} else {
		errno = ENOENT;
	}
	if (copy.fd < 0)
		return system_fault(fault, "open the copy of that generation");
	copy.image = stw_image_open(copy.fd, 0, fault);
	if (!copy.image) {
		close(copy.fd);
		return false;
	}
	copy.digest = stw_image_manifest(copy.image)->file;
	if (!digest_eq(&copy.digest, digest)) {
		image_copy_close(&copy);
		*fault = (struct stw_fault){STW_DAMAGED,
					    "the copy of that generation is another image"};
		return false;
	}
	*out = copy;
	return true;
}

void image_copy_close(struct image_copy *copy)
{
	if (copy->image)
		stw_image_close(copy->image);
	if (copy->fd >= 0)
		close(copy->fd);
	copy->image = NULL;
	copy->fd = -1;
}

void store_discard(struct generation_store *store, const struct digest *digest)
{
	char name[NAME_SIZE];

	if (store->images_fd < 0 || find_good(store, digest))
		return;
	image_name(digest, name);
	/* one that stays behind is only space, and goes with the next start */
	(void)unlinkat(store->images_fd, name, 0);
}

/* ---- what served ---- */

static void drop_mark(struct generation_store *store, size_t i)
{
	if (store->good[i].fd >= 0)
		close(store->good[i].fd);
	store->good_count--;
	memmove(&store->good[i], &store->good[i + 1],
		(store->good_count - i) * sizeof(store->good[0]));
}

static void forget_good(struct generation_store *store, const struct digest *digest)
{
	for (size_t i = 0; i < store->good_count; i++) {
		if (digest_eq(&store->good[i].digest, digest)) {
			drop_mark(store, i);
			return;
		}
	}
}

static bool sync_copies(struct settle_job *job)
{
	for (size_t i = 0; i < job->fd_count; i++)
		if (fsync(job->fds[i]) != 0)
			return false;
	return job->fd_count == 0 || fsync(job->images_fd) == 0;
}

static void *settle_thread(void *argument)
{
	struct settle_job *job = argument;

	if (job->history.failed)
		(void)snprintf(job->error, sizeof(job->error), "out of memory");
	else if (!sync_copies(job))
		(void)snprintf(job->error, sizeof(job->error),
			       "cannot sync the copy of the image: %s", strerror(errno));
	else if (write_text(job->history_path, buf_str(&job->history), job->error,
			    sizeof(job->error)))
		for (size_t i = 0; i < job->old_count; i++)
			if (unlinkat(job->images_fd, job->old[i], 0) != 0 && errno != ENOENT)
				(void)snprintf(job->error, sizeof(job->error),
					       "cannot remove an old generation: %s",
					       strerror(errno));
	atomic_store(&job->done, true);
	return NULL;
}

static void job_free(struct settle_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->fd_count; i++)
		close(job->fds[i]);
	free(job->history_path);
	buf_free(&job->history);
	free(job);
}

static void start_next(struct generation_store *store)
{
	struct settle_job *job = store->next;

	store->next = NULL;
	if (!job)
		return;
	if (pthread_create(&job->thread, NULL, settle_thread, job) == 0) {
		store->job = job;
		return;
	}
	(void)snprintf(store->trouble, sizeof(store->trouble),
		       "cannot start the thread that writes the history");
	job_free(job);
}

/* Ends the job that runs and starts the next; an error stays in .trouble. */
static void finish_job(struct generation_store *store)
{
	struct settle_job *job = store->job;

	if (!job)
		return;
	(void)pthread_join(job->thread, NULL);
	if (job->error[0])
		(void)snprintf(store->trouble, sizeof(store->trouble), "%.299s", job->error);
	store->job = NULL;
	job_free(job);
	start_next(store);
}

static void history_text(const struct generation_store *store, struct buf *out)
{
	char hex[DIGEST_HEX_SIZE];

	for (size_t i = 0; i < store->good_count; i++) {
		digest_hex(&store->good[i].digest, hex);
		buf_printf(out, "%s %" PRId64 "\n", hex, store->good[i].time);
	}
}

static struct settle_job *job_new(struct generation_store *store)
{
	struct settle_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->images_fd = store->images_fd;
	job->history_path = text_path(store, "history");
	if (job->history_path)
		return job;
	job_free(job);
	return NULL;
}

/*
 * Brings the history, and the copy behind image_fd (-1: none), to the disk, and removes the file
 * of `old` (NULL: none). While an earlier job waits for the disk, what is new is gathered in the
 * next one: a commit does not wait for an fsync.
 */
static void settle(struct generation_store *store, int image_fd, const struct digest *old)
{
	struct settle_job *job;
	int fd = image_fd < 0 ? -1 : fcntl(image_fd, F_DUPFD_CLOEXEC, 0);

	if (store->job && (atomic_load(&store->job->done) ||
			   (store->next && (store->next->fd_count == SETTLE_MAX ||
					    store->next->old_count == SETTLE_MAX))))
		finish_job(store);
	if (!store->next)
		store->next = job_new(store);
	job = store->next;
	if (!job) {
		(void)snprintf(store->trouble, sizeof(store->trouble), "out of memory");
		if (fd >= 0)
			close(fd);
		return;
	}
	buf_clear(&job->history);
	history_text(store, &job->history);
	if (fd >= 0)
		job->fds[job->fd_count++] = fd;
	if (old)
		image_name(old, job->old[job->old_count++]);
	if (!store->job)
		start_next(store);
}

static bool removes(const struct settle_job *job, const char *name)
{
	for (size_t i = 0; job && i < job->old_count; i++)
		if (strcmp(job->old[i], name) == 0)
			return true;
	return false;
}

/* The name is about to be used again: no job may remove it any more. */
static void keep_name(struct generation_store *store, const char *name)
{
	struct settle_job *next = store->next;
	size_t kept = 0;

	/* before the job that runs: when that one ends, the next begins */
	for (size_t i = 0; next && i < next->old_count; i++)
		if (strcmp(next->old[i], name) != 0)
			memmove(next->old[kept++], next->old[i], NAME_SIZE);
	if (next)
		next->old_count = kept;
	if (removes(store->job, name))
		finish_job(store);
}

bool store_take(struct generation_store *store, int fd, struct image_copy *out,
		struct stw_fault *fault)
{
	struct image_copy copy = {.in_memory = store->images_fd < 0};
	char name[NAME_SIZE];
	uint64_t size;

	if (!look_at(fd, &size, fault))
		return false;
	copy.fd = copy.in_memory ? copy_to_memory(fd, size, fault)
				 : copy_to_disk(store, fd, size, fault);
	if (copy.fd < 0)
		return false;
	copy.image = stw_image_open(copy.fd, 0, fault);
	if (!copy.image)
		goto fail;
	copy.digest = stw_image_manifest(copy.image)->file;
	image_name(&copy.digest, name);
	keep_name(store, name);
	if (!copy.in_memory && renameat(store->images_fd, INCOMING, store->images_fd, name) != 0) {
		(void)system_fault(fault, "name the copy of the image");
		goto fail;
	}
	*out = copy;
	return true;
fail:
	image_copy_close(&copy);
	if (!copy.in_memory)
		(void)unlinkat(store->images_fd, INCOMING, 0);
	return false;
}

void store_commit(struct generation_store *store, const struct image_copy *copy, int64_t now)
{
	struct good_mark mark = {.digest = copy->digest, .time = now, .fd = -1};
	struct digest old;
	bool has_old = false;

	forget_good(store, &copy->digest);
	/* in memory only the one before is worth its space */
	if (store->good_count == (copy->in_memory ? 2 : GENERATIONS_KEPT)) {
		old = store->good[0].digest;
		has_old = true;
		drop_mark(store, 0);
	}
	if (copy->in_memory)
		mark.fd = fcntl(copy->fd, F_DUPFD_CLOEXEC, 0);
	store->good[store->good_count++] = mark;
	if (store->images_fd >= 0)
		settle(store, copy->fd, has_old ? &old : NULL);
}

bool store_trouble(struct generation_store *store, char *error, size_t error_size)
{
	if (store->job && atomic_load(&store->job->done))
		finish_job(store);
	if (!store->trouble[0] || store->dir_fd < 0)
		return false;
	(void)snprintf(error, error_size, "%s", store->trouble);
	store->trouble[0] = '\0';
	return true;
}

void store_refuse(struct generation_store *store, const struct digest *digest, bool reverted,
		  int64_t now, const char *why)
{
	struct refusal *r;

	if (reverted) {
		forget_good(store, digest);
		if (store->images_fd >= 0)
			settle(store, -1, digest);
	}
	store_forgive(store, digest);
	if (store->refused_count == REFUSALS_KEPT) {
		store->refused_count--;
		memmove(store->refused, store->refused + 1,
			store->refused_count * sizeof(store->refused[0]));
	}
	r = &store->refused[store->refused_count++];
	*r = (struct refusal){.digest = *digest, .time = now, .reverted = reverted};
	(void)snprintf(r->why, sizeof(r->why), "%s", why);
	one_line(r->why);
	write_refused(store);
}

const struct refusal *store_refusal(const struct generation_store *store,
				    const struct digest *digest)
{
	for (size_t i = 0; i < store->refused_count; i++)
		if (digest_eq(&store->refused[i].digest, digest))
			return &store->refused[i];
	return NULL;
}

void store_forgive(struct generation_store *store, const struct digest *digest)
{
	const struct refusal *found = store_refusal(store, digest);
	size_t i;

	if (!found)
		return;
	i = (size_t)(found - store->refused);
	store->refused_count--;
	memmove(&store->refused[i], &store->refused[i + 1],
		(store->refused_count - i) * sizeof(store->refused[0]));
	write_refused(store);
}

const struct good_mark *store_previous(const struct generation_store *store,
				       const struct digest *active)
{
	for (size_t i = store->good_count; i-- > 0;)
		if (!active || !digest_eq(&store->good[i].digest, active))
			return &store->good[i];
	return NULL;
}

const struct good_mark *store_named(const struct generation_store *store, struct str prefix)
{
	const struct good_mark *found = NULL;
	char hex[DIGEST_HEX_SIZE];

	for (size_t i = 0; i < store->good_count; i++) {
		digest_hex(&store->good[i].digest, hex);
		if (prefix.n == 0 || !str_starts(str_c(hex), prefix))
			continue;
		if (found)
			return NULL;
		found = &store->good[i];
	}
	return found;
}

void store_close(struct generation_store *store)
{
	while (store->job)
		finish_job(store);
	while (store->good_count)
		drop_mark(store, store->good_count - 1);
	if (store->images_fd >= 0)
		close(store->images_fd);
	if (store->dir_fd >= 0)
		close(store->dir_fd);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store->path);
	*store = (struct generation_store){.dir_fd = -1, .images_fd = -1, .lock_fd = -1};
}
