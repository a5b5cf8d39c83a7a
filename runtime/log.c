#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

/* folder, slash, prefix, date, NUL */
#define PATH_SIZE \
	(sizeof(((struct log_sink *)0)->path) + sizeof(((struct log_sink *)0)->prefix) + 32)

/* A sink with its descriptor. period: what its file name stands for; a change means rotate. */
struct open_sink {
	struct log_sink sink;
	char **events; /* copies behind sink.events */
	int fd;
	int64_t period;
	_Atomic bool failing; /* the last write failed; said once on standard error */
};

struct log_sinks {
	struct open_sink *sinks;
	size_t count;
};

struct log {
	const char *role;
	pthread_rwlock_t lock;   /* sinks: readers write lines, the writer swaps or rotates */
	struct log_sinks *sinks; /* NULL: standard error */
	bool override;
	enum log_level level; /* when override */
};

static const char *const level_words[] = {"error", "warn", "info", "debug", "trace"};
static const char *const rotate_words[] = {"never", "daily", "hourly", "minutely"};

static bool word_find(const char *const *words, size_t count, struct str name, unsigned *out)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (str_eq_c(name, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

bool log_rotate_named(struct str name, enum log_rotate *out)
{
	unsigned i;

	if (!word_find(rotate_words, ARRAY_LEN(rotate_words), name, &i))
		return false;
	*out = (enum log_rotate)i;
	return true;
}

bool log_level_named(struct str name, enum log_level *out)
{
	unsigned i;

	if (!word_find(level_words, ARRAY_LEN(level_words), name, &i))
		return false;
	*out = (enum log_level)i;
	return true;
}

const char *log_level_word(enum log_level level)
{
	return level_words[level];
}

static int64_t rotate_seconds(enum log_rotate rotate)
{
	switch (rotate) {
	case LOG_ROTATE_NEVER: return 0;
	case LOG_ROTATE_DAILY: return 86400;
	case LOG_ROTATE_HOURLY: return 3600;
	case LOG_ROTATE_MINUTELY: return 60;
	}
	return 0;
}

static int64_t period_of(const struct log_sink *sink, int64_t seconds)
{
	int64_t length = rotate_seconds(sink->rotate);

	return length ? seconds / length : 0;
}

static const char *rotate_format(enum log_rotate rotate)
{
	switch (rotate) {
	case LOG_ROTATE_NEVER: return "";
	case LOG_ROTATE_DAILY: return ".%Y-%m-%d";
	case LOG_ROTATE_HOURLY: return ".%Y-%m-%d-%H";
	case LOG_ROTATE_MINUTELY: return ".%Y-%m-%d-%H-%M";
	}
	return "";
}

bool log_file_name(const struct log_sink *sink, int64_t seconds, char *out, size_t size)
{
	char suffix[32] = "";
	const char *format = rotate_format(sink->rotate);
	time_t when = (time_t)seconds;
	struct tm tm;
	int n;

	if (!gmtime_r(&when, &tm))
		return false;
	if (*format && strftime(suffix, sizeof(suffix), format, &tm) == 0)
		return false;
	n = snprintf(out, size, "%s/%s%s", sink->path, sink->prefix, suffix);
	return n >= 0 && (size_t)n < size;
}

/* The descriptor of a file sink for that time, or -1 with errno. */
static int sink_open(const struct log_sink *sink, int64_t seconds, char *path, size_t size)
{
	if (!log_file_name(sink, seconds, path, size)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

static bool events_copy(struct open_sink *open_sink, const char **events)
{
	size_t count = 0, i;

	if (!events)
		return true;
	while (events[count])
		count++;
	open_sink->events = calloc(count + 1, sizeof(char *));
	if (!open_sink->events)
		return false;
	open_sink->sink.events = (const char **)open_sink->events;
	for (i = 0; i < count; i++) {
		open_sink->events[i] = strdup(events[i]);
		if (!open_sink->events[i])
			return false;
	}
	return true;
}

static bool sink_prepare(struct open_sink *out, const struct log_sink *sink, int64_t now,
			 char *error, size_t error_size)
{
	char path[PATH_SIZE];

	out->sink = *sink;
	out->sink.events = NULL;
	out->fd = -1;
	if (!events_copy(out, sink->events)) {
		snprintf(error, error_size, "out of memory");
		return false;
	}
	if (sink->kind == LOG_SINK_STDOUT) {
		out->fd = STDOUT_FILENO;
		return true;
	}
	out->fd = sink_open(sink, now, path, sizeof(path));
	if (out->fd < 0) {
		snprintf(error, error_size, "cannot open log file %s/%s: %s", sink->path,
			 sink->prefix, strerror(errno));
		return false;
	}
	out->period = period_of(sink, now);
	return true;
}

struct log_sinks *log_prepare(const struct log_sink *sinks, size_t count, char *error,
			      size_t error_size)
{
	struct log_sinks *made = calloc(1, sizeof(*made));
	int64_t now = (int64_t)time(NULL);
	size_t i;

	if (made)
		made->sinks = calloc(count ? count : 1, sizeof(*made->sinks));
	if (!made || !made->sinks) {
		snprintf(error, error_size, "out of memory");
		free(made);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		made->count++;
		if (!sink_prepare(&made->sinks[i], &sinks[i], now, error, error_size)) {
			log_discard(made);
			return NULL;
		}
	}
	return made;
}

void log_discard(struct log_sinks *sinks)
{
	size_t i;
	char **event;

	if (!sinks)
		return;
	for (i = 0; i < sinks->count; i++) {
		struct open_sink *one = &sinks->sinks[i];

		for (event = one->events; event && *event; event++)
			free(*event);
		free(one->events);
		if (one->sink.kind == LOG_SINK_FILE && one->fd >= 0)
			close(one->fd);
	}
	free(sinks->sinks);
	free(sinks);
}

struct log *log_new(const char *role)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->role = role;
	if (pthread_rwlock_init(&log->lock, NULL) != 0) {
		free(log);
		return NULL;
	}
	return log;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	log_discard(log->sinks);
	pthread_rwlock_destroy(&log->lock);
	free(log);
}

void log_commit(struct log *log, struct log_sinks *sinks)
{
	struct log_sinks *old;

	pthread_rwlock_wrlock(&log->lock);
	old = log->sinks;
	log->sinks = sinks;
	pthread_rwlock_unlock(&log->lock);
	log_discard(old);
}

bool log_configure(struct log *log, const struct log_sink *sinks, size_t count, char *error,
		   size_t error_size)
{
	struct log_sinks *made = log_prepare(sinks, count, error, error_size);

	if (!made)
		return false;
	log_commit(log, made);
	return true;
}

void log_override(struct log *log, bool override, enum log_level level)
{
	pthread_rwlock_wrlock(&log->lock);
	log->override = override;
	log->level = level;
	pthread_rwlock_unlock(&log->lock);
}

static bool bare_word(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == '=' || c == '"' || c == '\\' || c >= 0x7f)
			return false;
	}
	return s.n > 0;
}

/* One character of a quoted value: what could break the line or a terminal is escaped. */
static size_t put_quoted_char(struct buf *out, struct str rest)
{
	unsigned char c = (unsigned char)rest.p[0];
	uint32_t code_point;
	size_t n;

	if (c == '"' || c == '\\') {
		buf_putc(out, '\\');
		buf_putc(out, (char)c);
		return 1;
	}
	if (c >= ' ' && c < 0x7f) {
		buf_putc(out, (char)c);
		return 1;
	}
	if (c == '\n' || c == '\r' || c == '\t') {
		buf_put(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t", 2);
		return 1;
	}
	n = utf8_decode(rest, &code_point);
	if (n > 1 && code_point >= 0xa0) { /* not C1 control characters */
		buf_put(out, rest.p, n);
		return n;
	}
	buf_printf(out, "\\x%02x", c);
	return 1;
}

static void put_value(struct buf *out, struct str s)
{
	size_t i = 0;

	if (bare_word(s)) {
		buf_puts(out, s);
		return;
	}
	buf_putc(out, '"');
	while (i < s.n)
		i += put_quoted_char(out, str_from(s, i));
	buf_putc(out, '"');
}

static void put_field(struct buf *out, const struct log_field *field)
{
	buf_printf(out, "%s=", field->name);
	if (field->kind == LOG_NUMBER)
		buf_printf(out, "%llu", (unsigned long long)field->number);
	else
		put_value(out, field->text);
}

void log_put_fields(struct buf *out, const struct log_field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (i)
			buf_putc(out, ' ');
		put_field(out, &fields[i]);
	}
	buf_putc(out, '\n');
}

void log_format(struct buf *out, int64_t seconds, const char *role, enum log_level level,
		const char *event, const struct log_field *fields, size_t count)
{
	time_t when = (time_t)seconds;
	char stamp[32];
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(stamp, sizeof(stamp), "-");
	buf_printf(out, "time=%s level=%s event=%s role=%s%s", stamp, level_words[level], event,
		   role, count ? " " : "");
	log_put_fields(out, fields, count);
}

static bool event_named(const struct log_sink *sink, const char *event)
{
	const char **one;

	for (one = sink->events; one && *one; one++) {
		if (strcmp(*one, event) == 0)
			return true;
	}
	return false;
}

static bool sink_wants(const struct log *log, const struct log_sink *sink, enum log_level level,
		       const char *event)
{
	enum log_level limit = log->override ? log->level : sink->level;

	return level <= limit && event_named(sink, event) != sink->exclude;
}

/* Says once per streak, on standard error, that a sink does not work. */
static void complain_once(struct open_sink *sink)
{
	static const char lost[] =
		"level=error event=telemetry.log-error details=\"a log file could "
		"not be opened or written\"\n";
	ssize_t n;

	if (sink->failing)
		return;
	sink->failing = true;
	/* the last resort: there is nowhere to tell that it failed */
	n = write(STDERR_FILENO, lost, sizeof(lost) - 1);
	(void)n;
}

/* A line is one write, so that lines of several processes never mix. */
static void write_line(struct open_sink *sink, const struct buf *line)
{
	ssize_t n;

	do
		n = write(sink->fd, line->p, line->n);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)line->n)
		sink->failing = false;
	else
		complain_once(sink);
}

static bool rotation_due(const struct log *log, int64_t now)
{
	size_t i;

	for (i = 0; log->sinks && i < log->sinks->count; i++) {
		const struct open_sink *sink = &log->sinks->sinks[i];

		if (sink->sink.kind == LOG_SINK_FILE && sink->period != period_of(&sink->sink, now))
			return true;
	}
	return false;
}

/* Opens the file of the new period; keeps the old one when that fails. Under the write lock. */
static void rotate_sinks(struct log *log, int64_t now)
{
	char path[PATH_SIZE];
	size_t i;

	for (i = 0; log->sinks && i < log->sinks->count; i++) {
		struct open_sink *sink = &log->sinks->sinks[i];
		int64_t period = period_of(&sink->sink, now);
		int fd;

		if (sink->sink.kind != LOG_SINK_FILE || sink->period == period)
			continue;
		sink->period = period;
		fd = sink_open(&sink->sink, now, path, sizeof(path));
		if (fd < 0) {
			complain_once(sink);
			continue;
		}
		close(sink->fd);
		sink->fd = fd;
	}
}

static void write_to_all(struct log *log, enum log_level level, const char *event,
			 const struct buf *line)
{
	struct open_sink fallback = {.sink = {.level = LOG_LEVEL_INFO, .exclude = true},
				     .fd = STDERR_FILENO};
	size_t i;

	if (!log->sinks || log->sinks->count == 0) {
		if (sink_wants(log, &fallback.sink, level, event))
			write_line(&fallback, line);
		return;
	}
	for (i = 0; i < log->sinks->count; i++) {
		if (sink_wants(log, &log->sinks->sinks[i].sink, level, event))
			write_line(&log->sinks->sinks[i], line);
	}
}

void log_event(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count)
{
	int64_t now = (int64_t)time(NULL);
	struct buf line = BUF_INIT;

	log_format(&line, now, log->role, level, event, fields, count);
	pthread_rwlock_rdlock(&log->lock);
	if (rotation_due(log, now)) {
		pthread_rwlock_unlock(&log->lock);
		pthread_rwlock_wrlock(&log->lock);
		rotate_sinks(log, now);
		pthread_rwlock_unlock(&log->lock);
		pthread_rwlock_rdlock(&log->lock);
	}
	if (!line.failed)
		write_to_all(log, level, event, &line);
	pthread_rwlock_unlock(&log->lock);
	buf_free(&line);
}
