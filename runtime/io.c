#include "runtime/io.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * A loop is an event_base without locks: it belongs to one thread. Other threads reach it
 * through a list of tasks under a mutex and an eventfd that wakes the loop, so libevent
 * needs no threading support and posting a prepared task cannot fail.
 */
struct io_loop {
	struct event_base *base;
	struct event *wake;
	int wake_fd;
	bool failed;
	pthread_mutex_t lock; /* of first, last and count */
	struct io_task *first, *last;
	size_t count;
};

struct io_watch {
	struct event *event;
	int fd;
	void (*ready)(void *ctx, int fd, unsigned events);
	void *ctx;
};

struct io_timer {
	struct event *event;
	void (*fire)(void *ctx);
	void *ctx;
};

struct io_signal {
	struct event *event;
	void (*fire)(void *ctx, int number);
	void *ctx;
};

uint64_t io_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct io_task *task_take(struct io_loop *loop)
{
	struct io_task *task;

	pthread_mutex_lock(&loop->lock);
	task = loop->first;
	if (task) {
		loop->first = task->next;
		if (!loop->first)
			loop->last = NULL;
		loop->count--;
		task->next = NULL;
	}
	pthread_mutex_unlock(&loop->lock);
	return task;
}

static size_t task_count(struct io_loop *loop)
{
	size_t count;

	pthread_mutex_lock(&loop->lock);
	count = loop->count;
	pthread_mutex_unlock(&loop->lock);
	return count;
}

static void wake_up(const struct io_loop *loop)
{
	const uint64_t one = 1;

	/* EAGAIN means that the counter is full, so the loop wakes anyway */
	while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void run_tasks(evutil_socket_t fd, short events, void *arg)
{
	struct io_loop *loop = arg;
	struct io_task *task;
	uint64_t count;
	size_t waiting;

	(void)events;
	/* only resets the counter; an early wake-up finds it empty, which is harmless */
	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	/* those that are here now; what they post waits for the next turn */
	for (waiting = task_count(loop); waiting && (task = task_take(loop)) != NULL; waiting--)
		task->fn(task->ctx); /* may free the task, post it again, or take others back */
	if (task_count(loop))
		wake_up(loop);
}

static bool loop_set_up(struct io_loop *loop)
{
	struct event_config *config = event_config_new();

	if (!config)
		return false;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!loop->base)
		return false;
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->wake_fd < 0)
		return false;
	loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, run_tasks, loop);
	return loop->wake && event_add(loop->wake, NULL) == 0;
}

struct io_loop *io_loop_new(void)
{
	struct io_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->wake_fd = -1;
	if (pthread_mutex_init(&loop->lock, NULL) != 0) {
		free(loop);
		return NULL;
	}
	if (!loop_set_up(loop)) {
		io_loop_free(loop);
		return NULL;
	}
	return loop;
}

struct posted {
	struct io_task task;
	void (*fn)(void *ctx);
	void (*drop)(void *ctx); /* or NULL */
	void *ctx;
};

/* Tasks of io_post that nobody ran are freed; prepared tasks are their owner's. */
void io_loop_forget(struct io_loop *loop)
{
	struct io_task *task;

	while (loop && (task = task_take(loop)) != NULL) {
		struct posted *posted = task->posted ? task->ctx : NULL;

		if (posted && posted->drop)
			posted->drop(posted->ctx);
		free(posted);
	}
}

void io_loop_free(struct io_loop *loop)
{
	if (!loop)
		return;
	io_loop_forget(loop);
	if (loop->wake)
		event_free(loop->wake);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	if (loop->base)
		event_base_free(loop->base);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

bool io_loop_run(struct io_loop *loop)
{
	if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
		return false;
	return !loop->failed;
}

void io_loop_stop(struct io_loop *loop)
{
	if (event_base_loopbreak(loop->base) != 0)
		loop->failed = true;
}

void io_post_task(struct io_loop *loop, struct io_task *task)
{
	bool first;

	task->next = NULL;
	pthread_mutex_lock(&loop->lock);
	first = !loop->first;
	if (loop->last)
		loop->last->next = task;
	else
		loop->first = task;
	loop->last = task;
	loop->count++;
	pthread_mutex_unlock(&loop->lock);
	if (first)
		wake_up(loop);
}

void io_unpost_task(struct io_loop *loop, struct io_task *task)
{
	struct io_task *before = NULL, *one;

	pthread_mutex_lock(&loop->lock);
	for (one = loop->first; one && one != task; one = one->next)
		before = one;
	if (one && before)
		before->next = one->next;
	else if (one)
		loop->first = one->next;
	if (one && loop->last == one)
		loop->last = before;
	if (one)
		loop->count--;
	pthread_mutex_unlock(&loop->lock);
}

static void run_posted(void *ctx)
{
	struct posted posted = *(struct posted *)ctx;

	free(ctx);
	posted.fn(posted.ctx);
}

bool io_post_owned(struct io_loop *loop, void (*fn)(void *ctx), void (*drop)(void *ctx), void *ctx)
{
	struct posted *posted = malloc(sizeof(*posted));

	if (!posted)
		return false;
	*posted = (struct posted){.task = {.fn = run_posted, .ctx = posted, .posted = true},
				  .fn = fn,
				  .drop = drop,
				  .ctx = ctx};
	io_post_task(loop, &posted->task);
	return true;
}

bool io_post(struct io_loop *loop, void (*fn)(void *ctx), void *ctx)
{
	return io_post_owned(loop, fn, NULL, ctx);
}

static void watch_ready(evutil_socket_t fd, short events, void *arg)
{
	struct io_watch *watch = arg;
	unsigned ready = 0;

	if (events & EV_READ)
		ready |= IO_READABLE;
	if (events & EV_WRITE)
		ready |= IO_WRITABLE;
	watch->ready(watch->ctx, fd, ready);
}

static short event_bits(unsigned events)
{
	int bits = EV_PERSIST;

	if (events & IO_READABLE)
		bits |= EV_READ;
	if (events & IO_WRITABLE)
		bits |= EV_WRITE;
	if (events & IO_EDGE)
		bits |= EV_ET;
	return (short)bits;
}

struct io_watch *io_watch_new(struct io_loop *loop, int fd, unsigned events,
			      void (*ready)(void *ctx, int fd, unsigned events), void *ctx)
{
	struct io_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = (struct io_watch){.fd = fd, .ready = ready, .ctx = ctx};
	watch->event = event_new(loop->base, fd, event_bits(events), watch_ready, watch);
	if (!watch->event || (events && event_add(watch->event, NULL) != 0)) {
		io_watch_free(watch);
		return NULL;
	}
	return watch;
}

bool io_watch_set(struct io_watch *watch, unsigned events)
{
	struct event_base *base = event_get_base(watch->event);

	if (event_get_events(watch->event) == event_bits(events) &&
	    event_pending(watch->event, EV_READ | EV_WRITE, NULL))
		return true;
	if (event_del(watch->event) != 0)
		return false;
	if (!events)
		return true;
	if (event_assign(watch->event, base, watch->fd, event_bits(events), watch_ready, watch) !=
	    0)
		return false;
	return event_add(watch->event, NULL) == 0;
}

void io_watch_free(struct io_watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}

static void timer_fired(evutil_socket_t fd, short events, void *arg)
{
	struct io_timer *timer = arg;

	(void)fd;
	(void)events;
	timer->fire(timer->ctx);
}

struct io_timer *io_timer_new(struct io_loop *loop, void (*fire)(void *ctx), void *ctx)
{
	struct io_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->fire = fire;
	timer->ctx = ctx;
	timer->event = evtimer_new(loop->base, timer_fired, timer);
	if (!timer->event) {
		free(timer);
		return NULL;
	}
	return timer;
}

bool io_timer_start(struct io_timer *timer, uint64_t ms)
{
	struct timeval wait = {.tv_sec = (time_t)(ms / 1000),
			       .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	return evtimer_add(timer->event, &wait) == 0;
}

void io_timer_stop(struct io_timer *timer)
{
	/* deleting an event that is not pending does nothing, and of one that is cannot fail */
	if (timer)
		evtimer_del(timer->event);
}

void io_timer_free(struct io_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

static void signal_fired(evutil_socket_t number, short events, void *arg)
{
	struct io_signal *watch = arg;

	(void)events;
	watch->fire(watch->ctx, (int)number);
}

struct io_signal *io_signal_new(struct io_loop *loop, int number,
				void (*fire)(void *ctx, int number), void *ctx)
{
	struct io_signal *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->fire = fire;
	watch->ctx = ctx;
	watch->event = evsignal_new(loop->base, number, signal_fired, watch);
	if (!watch->event || event_add(watch->event, NULL) != 0) {
		io_signal_free(watch);
		return NULL;
	}
	return watch;
}

void io_signal_free(struct io_signal *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}
