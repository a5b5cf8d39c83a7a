/*
 * The event log: one logfmt line an event, under the reference's own event names
 * ("security.ip-blocked") and field names (listenerId, localPort, remoteIp, remotePort).
 * Sinks are the enabled Tracer objects of variant Log (path, prefix, rotation by the day)
 * and Stdout; before a generation is there, standard error. Every role writes its own lines
 * with O_APPEND; a line is one write.
 */
#ifndef STW_RUNTIME_LOG_H
#define STW_RUNTIME_LOG_H

#include "base/attr.h"
#include "base/str.h"

enum log_level { /* numbers of the reference's TracingLevel do not matter here */
		 LOG_LEVEL_ERROR,
		 LOG_LEVEL_WARN,
		 LOG_LEVEL_INFO,
		 LOG_LEVEL_DEBUG,
		 LOG_LEVEL_TRACE
};

struct log;

enum log_kind { LOG_SINK_FILE, LOG_SINK_STDOUT };

enum log_rotate { LOG_ROTATE_NEVER, LOG_ROTATE_DAILY, LOG_ROTATE_HOURLY, LOG_ROTATE_MINUTELY };

struct log_sink {
	enum log_kind kind;
	enum log_level level;
	char path[512];   /* LOG_SINK_FILE: folder */
	char prefix[128]; /* file name is PREFIX.YYYY-MM-DD, or PREFIX without rotation */
	enum log_rotate rotate;
	bool exclude; /* eventsPolicy: events below are left out; false: only they are kept */
	const char **events; /* names, NULL-terminated; NULL: none named */
};

/* Member names of LogRotateFrequency and TracingLevel; false: not one of them. */
bool log_rotate_named(struct str name, enum log_rotate *out) WARN_UNUSED;
bool log_level_named(struct str name, enum log_level *out) WARN_UNUSED;
const char *log_level_word(enum log_level level);

struct log *log_new(const char *role) WARN_UNUSED;
void log_free(struct log *log);
/*
 * A reload has two steps: log_prepare opens every sink beside the ones in use (NULL: error says
 * which path failed; no sinks: standard error), log_commit swaps them in, which cannot fail, and
 * closes the old ones. log_discard drops what was prepared. The sinks' strings are copied.
 */
struct log_sinks;
struct log_sinks *log_prepare(const struct log_sink *sinks, size_t count, char *error,
			      size_t error_size) WARN_UNUSED;
void log_commit(struct log *log, struct log_sinks *sinks);
void log_discard(struct log_sinks *sinks);
/* Both steps at once. On false the old sinks stay. Callable while other threads log. */
bool log_configure(struct log *log, const struct log_sink *sinks, size_t count, char *error,
		   size_t error_size) WARN_UNUSED;
/* Overrides the level of every sink until called with override false. */
void log_override(struct log *log, bool override, enum log_level level);

struct log_field {
	const char *name;
	enum { LOG_TEXT, LOG_NUMBER } kind;
	struct str text; /* quoted and escaped as logfmt needs it */
	uint64_t number;
};
#define LOG_T(field, value) ((struct log_field){.name = (field), .kind = LOG_TEXT, .text = (value)})
#define LOG_N(field, value) \
	((struct log_field){.name = (field), .kind = LOG_NUMBER, .number = (value)})

/* Formats the line "time=… level=… event=… role=… field=value …" with its newline; `seconds`
 * since the epoch. For log_event and its tests. */
struct buf;
void log_format(struct buf *out, int64_t seconds, const char *role, enum log_level level,
		const char *event, const struct log_field *fields, size_t count);
/* Fields alone, "name=value name=value" with a newline. */
void log_put_fields(struct buf *out, const struct log_field *fields, size_t count);
/* The file name of a sink at that time: PREFIX, PREFIX.2026-01-31, … */
bool log_file_name(const struct log_sink *sink, int64_t seconds, char *out,
		   size_t size) WARN_UNUSED;

void log_event(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count);
#define LOG_EVENT(log, level, event, ...)                                           \
	log_event((log), (level), (event), (const struct log_field[]){__VA_ARGS__}, \
		  sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
