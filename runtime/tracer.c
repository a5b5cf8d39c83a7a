#include "runtime/tracer.h"

#include <stdio.h>

#include "libstw/records.h"

/* What the variants have in common, out of either record. */
struct common {
	bool enable;
	uint16_t level, policy;
	const uint16_t *events;
	size_t event_count;
};

static const struct {
	uint16_t number;
	const char *name;
} known_events[] = {
#define EVENT(member, text) {STW_ENUM_EventType_##member, text},
#include "runtime/events.def"
#undef EVENT
};

static const char *event_name(uint16_t number)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(known_events); i++) {
		if (known_events[i].number == number)
			return known_events[i].name;
	}
	return NULL;
}

/* Only what stwd logs can be kept or left out; the rest of the set has nothing to act on. */
static bool set_events(struct arena *arena, const struct common *common, struct log_sink *sink)
{
	const char **names = ARENA_ARRAY(arena, const char *, common->event_count + 1);
	size_t i, count = 0;

	if (!names)
		return false;
	for (i = 0; i < common->event_count; i++) {
		const char *name = event_name(common->events[i]);

		if (name)
			names[count++] = name;
	}
	sink->events = names;
	sink->exclude = common->policy == STW_ENUM_EventPolicy_exclude;
	return true;
}

static enum log_level level_of(uint16_t number)
{
	switch (number) {
	case STW_ENUM_TracingLevel_error: return LOG_LEVEL_ERROR;
	case STW_ENUM_TracingLevel_warn: return LOG_LEVEL_WARN;
	case STW_ENUM_TracingLevel_debug: return LOG_LEVEL_DEBUG;
	case STW_ENUM_TracingLevel_trace: return LOG_LEVEL_TRACE;
	default: return LOG_LEVEL_INFO;
	}
}

static enum log_rotate rotate_of(uint16_t number)
{
	switch (number) {
	case STW_ENUM_LogRotateFrequency_hourly: return LOG_ROTATE_HOURLY;
	case STW_ENUM_LogRotateFrequency_minutely: return LOG_ROTATE_MINUTELY;
	case STW_ENUM_LogRotateFrequency_never: return LOG_ROTATE_NEVER;
	default: return LOG_ROTATE_DAILY;
	}
}

static bool put_text(char *out, size_t size, struct str text)
{
	if (text.n >= size || (text.n && memchr(text.p, '\0', text.n)))
		return false;
	snprintf(out, size, "%.*s", STR_ARG(text));
	return true;
}

static bool log_sink_of(const struct rec_TracerLog *record, struct log_sink *sink,
			const char **field)
{
	sink->kind = LOG_SINK_FILE;
	sink->rotate = rotate_of(record->rotate);
	*field = "path";
	if (!record->path.n || !put_text(sink->path, sizeof(sink->path), record->path))
		return false;
	*field = "prefix";
	return put_text(sink->prefix, sizeof(sink->prefix), record->prefix) &&
	       !strchr(sink->prefix, '/');
}

static struct common common_of(const struct rec_Tracer *record)
{
	if (record->variant == STW_VARIANT_Tracer_Log)
		return (struct common){record->Log.enable, record->Log.level,
				       record->Log.eventsPolicy, record->Log.events,
				       record->Log.events_count};
	return (struct common){record->Stdout.enable, record->Stdout.level,
			       record->Stdout.eventsPolicy, record->Stdout.events,
			       record->Stdout.events_count};
}

static bool decode(struct stw_reader *reader, struct arena *arena, const struct stw_object *object,
		   struct rec_Tracer *out)
{
	uint16_t body = object->variant == STW_VARIANT_Tracer_Log ? STW_TYPE_TracerLog
								  : STW_TYPE_TracerStdout;
	struct stw_bytes defaults;

	*out = (struct rec_Tracer){0};
	if (stw_defaults(reader, body, &defaults) &&
	    !rec_Tracer_decode(arena, object->variant, defaults, out))
		return false;
	return rec_Tracer_decode(arena, object->variant, object->fields, out);
}

/* One object: false with *field, the one at fault or NULL. *out_used: it became a sink. */
static bool sink_of(struct stw_reader *reader, struct arena *arena, const struct stw_object *object,
		    struct log_sink *out, bool *out_used, const char **field)
{
	struct rec_Tracer record;
	struct common common;

	*field = NULL;
	*out_used = false;
	if (object->variant != STW_VARIANT_Tracer_Log &&
	    object->variant != STW_VARIANT_Tracer_Stdout)
		return true;
	if (!decode(reader, arena, object, &record))
		return false;
	common = common_of(&record);
	if (!common.enable)
		return true;
	*out = (struct log_sink){.kind = LOG_SINK_STDOUT, .level = level_of(common.level)};
	if (record.variant == STW_VARIANT_Tracer_Log && !log_sink_of(&record.Log, out, field))
		return false;
	*out_used = true;
	return set_events(arena, &common, out);
}

static size_t tracer_count(struct stw_reader *reader)
{
	struct stw_iterator *each = stw_iterate(reader, STW_TYPE_Tracer);
	struct stw_object object;
	size_t count = 0;

	while (each && stw_iterator_next(each, &object))
		count++;
	stw_iterator_free(each);
	return count;
}

bool tracer_sinks(struct stw_reader *reader, struct arena *arena, const struct log_sink **out_sinks,
		  size_t *out_count, char *error, size_t error_size)
{
	size_t count = tracer_count(reader), used = 0;
	struct log_sink *sinks = ARENA_ARRAY(arena, struct log_sink, count + 1);
	struct stw_iterator *each = stw_iterate(reader, STW_TYPE_Tracer);
	struct stw_object object;
	const char *field;
	bool is_used, ok = sinks && each;

	if (!ok)
		snprintf(error, error_size, "out of memory");
	while (ok && used < count && stw_iterator_next(each, &object)) {
		ok = sink_of(reader, arena, &object, &sinks[used], &is_used, &field);
		if (ok && is_used)
			used++;
		if (!ok)
			snprintf(error, error_size, "Tracer '%.*s'%s%s: cannot be used",
				 STR_ARG(object.identity), field ? ", field " : "",
				 field ? field : "");
	}
	stw_iterator_free(each);
	if (!ok)
		return false;
	*out_sinks = sinks;
	*out_count = used;
	return true;
}
