/* The enabled Tracer objects of an image as log sinks; main and every role use the same. */
#ifndef STW_RUNTIME_TRACER_H
#define STW_RUNTIME_TRACER_H

#include "base/arena.h"
#include "libstw/stw.h"
#include "runtime/log.h"

/* Decodes variants Log and Stdout; the others are not enacted. Everything lives in the arena.
 * False: error names the object. */
bool tracer_sinks(struct stw_reader *reader, struct arena *arena, const struct log_sink **out_sinks,
		  size_t *out_count, char *error, size_t error_size) WARN_UNUSED;

#endif
