/* Records in the making: values as bytes (libstw/record.h). */
#ifndef STW_STWC_EMIT_RECORD_H
#define STW_STWC_EMIT_RECORD_H

#include "base/buf.h"
#include "stwc/value.h"

/* Where the parts of a record go. */
struct record_sink {
	struct buf *out;
	struct buf *secrets; /* the secrets block; NULL: secrets stay in the record, as strings */
	/* told of each reference to an object of the configuration; may be NULL */
	void (*refer)(void *ctx, const struct object *target);
	void *ctx;
};

/* The fields of a structure, ascending, appended to sink->out. */
void record_put(const struct record_sink *sink, const struct value_object *object);
/* Its variant number; 0: no union. */
uint16_t record_variant(const struct value_object *object);

#endif
