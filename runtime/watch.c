#include "runtime/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40
#define POINTS_MAX 256

#define CHAIN_EVENTS \
	(IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_MASK_ADD)
#define FILE_EVENTS (CHAIN_EVENTS | IN_CLOSE_WRITE)

struct point {
	int wd;
	char *name;
	bool last;
};

struct watch {
	struct io_loop *loop;
	char *path;
	void (*seen)(void *ctx, enum watch_sight sight);
	void *ctx;
	int fd;
	struct io_watch *io;
	struct io_timer *poll;
	struct point points[POINTS_MAX];
	size_t point_count;
};

/* ---- the chain ---- */

struct walk {
	char dir[PATH_MAX];  /* no link in it; "/" or without a slash at its end */
	char rest[PATH_MAX]; /* still to be walked */
	unsigned links;
};

/* Cuts the first name off rest; false at its end. */
static bool next_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t from = strspn(walk->rest, "/"), n = strcspn(walk->rest + from, "/");

	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(name, walk->rest + from, n);
	name[n] = '\0';
	memmove(walk->rest, walk->rest + from + n, strlen(walk->rest + from + n) + 1);
	return true;
}

static bool at_end(const struct walk *walk)
{
	return walk->rest[strspn(walk->rest, "/")] == '\0';
}

static bool join(const char *dir, const char *name, char out[PATH_MAX])
{
	bool root = strcmp(dir, "/") == 0;
	int n = snprintf(out, PATH_MAX, "%s/%s", root ? "" : dir, name);

	return n > 0 && n < PATH_MAX;
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->dir, '/');

	if (slash == walk->dir)
		slash++;
	*slash = '\0';
}

/* Puts the target of a link before what is left to walk. */
static bool follow(struct walk *walk, const char *link)
{
	char target[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	int length;

	if (n <= 0 || ++walk->links > LINKS_MAX)
		return false;
	target[n] = '\0';
	length = snprintf(joined, sizeof(joined), "%s/%s", target, walk->rest);
	if (length < 0 || length >= PATH_MAX)
		return false;
	memcpy(walk->rest, joined, (size_t)length + 1);
	if (target[0] == '/')
		memcpy(walk->dir, "/", 2);
	return true;
}

static bool start_walk(struct walk *walk, const char *path)
{
	int n = snprintf(walk->rest, sizeof(walk->rest), "%s", path);

	walk->links = 0;
	if (n < 0 || (size_t)n >= sizeof(walk->rest))
		return false;
	if (path[0] == '/')
		memcpy(walk->dir, "/", 2);
	else if (!getcwd(walk->dir, sizeof(walk->dir)))
		return false;
	return true;
}

void watch_chain(const char *path,
		 void (*each)(void *ctx, const char *dir, const char *name, bool last), void *ctx)
{
	struct walk walk;
	char name[NAME_MAX + 1], full[PATH_MAX];
	struct stat st;

	if (!start_walk(&walk, path))
		return;
	while (next_name(&walk, name)) {
		bool link;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			go_up(&walk);
			continue;
		}
		if (!join(walk.dir, name, full))
			return;
		link = lstat(full, &st) == 0 && S_ISLNK(st.st_mode);
		each(ctx, walk.dir, name, at_end(&walk) && !link);
		if (link ? !follow(&walk, full) : at_end(&walk))
			return;
		if (!link)
			memcpy(walk.dir, full, strlen(full) + 1);
	}
}

/* ---- inotify ---- */

static void add_point(void *ctx, const char *dir, const char *name, bool last)
{
	struct watch *watch = ctx;
	struct point *point;
	int wd;

	if (watch->point_count == POINTS_MAX)
		return;
	/* a directory that is not there (yet) is seen by the one before it; one that may not be
	 * read, by the poll */
	wd = inotify_add_watch(watch->fd, dir, last ? FILE_EVENTS : CHAIN_EVENTS);
	if (wd < 0)
		return;
	point = &watch->points[watch->point_count];
	*point = (struct point){.wd = wd, .name = strdup(name), .last = last};
	if (point->name)
		watch->point_count++;
}

static void close_points(struct watch *watch)
{
	io_watch_free(watch->io);
	watch->io = NULL;
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	for (size_t i = 0; i < watch->point_count; i++)
		free(watch->points[i].name);
	watch->point_count = 0;
}

static void readable(void *ctx, int fd, unsigned events);

static void open_points(struct watch *watch)
{
	close_points(watch);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return;
	watch_chain(watch->path, add_point, watch);
	watch->io = io_watch_new(watch->loop, watch->fd, IO_READABLE, readable, watch);
}

/* What one event means: nothing, a look at leisure, or a complete file. */
struct verdict {
	bool chain_moved;
	bool complete;
};

static void judge(const struct watch *watch, const struct inotify_event *event, struct verdict *out)
{
	for (size_t i = 0; i < watch->point_count; i++) {
		const struct point *p = &watch->points[i];

		if (p->wd != event->wd || !event->len || strcmp(p->name, event->name) != 0)
			continue;
		/* a new plain file is empty at first; its CLOSE_WRITE, or the poll, will tell */
		if (!p->last || (event->mask & (IN_MOVED_TO | IN_CREATE | IN_DELETE)))
			out->chain_moved = true;
		if (event->mask & (IN_MOVED_TO | IN_CLOSE_WRITE) ||
		    (!p->last && (event->mask & IN_CREATE)))
			out->complete = true;
	}
	if (event->mask & (IN_IGNORED | IN_Q_OVERFLOW | IN_UNMOUNT))
		out->chain_moved = out->complete = true;
}

static bool ends_in_link(const struct watch *watch)
{
	struct stat st;

	return lstat(watch->path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void readable(void *ctx, int fd, unsigned events)
{
	struct watch *watch = ctx;
	union {
		char bytes[16 * 1024];
		struct inotify_event align;
	} room;
	struct verdict verdict = {false, false};
	ssize_t n;

	(void)events;
	while ((n = read(fd, room.bytes, sizeof(room.bytes))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(void *)(room.bytes + at);

			judge(watch, event, &verdict);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	/* watch first, then look: what changes in between is seen by the new watch */
	if (verdict.chain_moved)
		open_points(watch);
	if (verdict.complete || (verdict.chain_moved && ends_in_link(watch)))
		watch->seen(watch->ctx, WATCH_RENAMED);
}

static void poll_now(void *ctx)
{
	struct watch *watch = ctx;

	if (watch->fd < 0 || !watch->io)
		open_points(watch);
	/* a timer that cannot be set again was out of memory; inotify still works */
	(void)!io_timer_start(watch->poll, WATCH_POLL_MS);
	watch->seen(watch->ctx, WATCH_POLLED);
}

struct watch *watch_new(struct io_loop *loop, const char *path,
			void (*seen)(void *ctx, enum watch_sight sight), void *ctx)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = (struct watch){.loop = loop, .seen = seen, .ctx = ctx, .fd = -1};
	watch->path = strdup(path);
	watch->poll = io_timer_new(loop, poll_now, watch);
	if (!watch->path || !watch->poll || !io_timer_start(watch->poll, WATCH_POLL_MS)) {
		watch_free(watch);
		return NULL;
	}
	open_points(watch);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	close_points(watch);
	if (watch->poll)
		io_timer_free(watch->poll);
	free(watch->path);
	free(watch);
}
