/*
 * Event loops, timers, signals and connections. libevent lives in io.c, OpenSSL in tls.c; no
 * other file of the runtime knows either. A loop and all that hangs on it belong to one
 * thread; io_post is the only call that another thread may make.
 */
#ifndef STW_RUNTIME_IO_H
#define STW_RUNTIME_IO_H

#include "base/attr.h"
#include "base/str.h"

struct io_loop;
struct io_watch;
struct io_timer;
struct io_signal;

struct io_loop *io_loop_new(void) WARN_UNUSED;
void io_loop_free(struct io_loop *loop);
/* Runs until io_loop_stop; false when the loop failed. */
bool io_loop_run(struct io_loop *loop) WARN_UNUSED;
void io_loop_stop(struct io_loop *loop);
/* Forgets the tasks of a loop that does not run any more; before their owners are freed. */
void io_loop_forget(struct io_loop *loop);
/* Runs fn(ctx) in the loop's thread between two turns; callable from any thread. False: out of
 * memory. What the loop did not run before it is freed never runs. */
bool io_post(struct io_loop *loop, void (*fn)(void *ctx), void *ctx) WARN_UNUSED;
/* The same for a ctx that belongs to the task: drop(ctx) where fn never runs. */
bool io_post_owned(struct io_loop *loop, void (*fn)(void *ctx), void (*drop)(void *ctx),
		   void *ctx) WARN_UNUSED;

/* The same with memory of the caller, so that it cannot fail: the commit of a reload uses it.
 * A task may be posted again only after its fn was called; fn may free it. */
struct io_task {
	void (*fn)(void *ctx);
	void *ctx;
	struct io_task *next; /* io.c's */
	bool posted;          /* io.c's: made by io_post */
};
void io_post_task(struct io_loop *loop, struct io_task *task);
/* Takes a task back that may still wait; from the loop's thread, or when it does not run. */
void io_unpost_task(struct io_loop *loop, struct io_task *task);

/* Milliseconds of a clock that only moves forward. */
uint64_t io_clock_ms(void);

enum io_events {
	IO_READABLE = 1,
	IO_WRITABLE = 2,
	IO_EDGE = 4 /* only changes are reported; for io_watch_new */
};

/* Persistent interest in a descriptor; the descriptor stays the caller's. */
struct io_watch *io_watch_new(struct io_loop *loop, int fd, unsigned events,
			      void (*ready)(void *ctx, int fd, unsigned events),
			      void *ctx) WARN_UNUSED;
/* Changes the interest; 0 pauses the watch. False: out of memory or a system error. */
bool io_watch_set(struct io_watch *watch, unsigned events) WARN_UNUSED;
void io_watch_free(struct io_watch *watch);

/* One shot; io_timer_start again to repeat. Milliseconds. */
struct io_timer *io_timer_new(struct io_loop *loop, void (*fire)(void *ctx), void *ctx) WARN_UNUSED;
bool io_timer_start(struct io_timer *timer, uint64_t ms) WARN_UNUSED;
void io_timer_stop(struct io_timer *timer);
void io_timer_free(struct io_timer *timer);

struct io_signal *io_signal_new(struct io_loop *loop, int number,
				void (*fire)(void *ctx, int number), void *ctx) WARN_UNUSED;
void io_signal_free(struct io_signal *watch);

#endif
