/*
 * The interpreter of compiled expressions (libstw/program.h), bounded in steps and memory. Where a
 * function needs a look-up it stops, says which, and goes on with the answer. It trusts no byte of
 * a program: what is not well-formed ends the run, whether stw_program_check has seen it or not.
 *
 *     struct interp run;
 *
 *     interp_start(&run, program, &source, cache);
 *     while (interp_run(&run) == INTERP_WAIT)
 *             interp_answer(&run, &value_of_the_look_up);
 *     ... run.status, run.result, run.branch ...
 *     interp_end(&run);
 *
 * What the values are is in interp_value.h, what the functions do in interp_library.h; && and ||
 * give what stands left of them where that decides (validation.md 2.4).
 */
#ifndef STW_ENGINE_INTERP_H
#define STW_ENGINE_INTERP_H

#include "engine/interp_library.h"
#include "engine/regex.h"
#include "libstw/program.h"

/* Where values come from. A function leaves *out alone, the empty text, where there is none; what
 * it gives must live until interp_end. Any function may be NULL. */
struct interp_source {
	void (*variable)(void *ctx, uint16_t number, struct interp_value *out);
	void (*global)(void *ctx, struct str name, struct interp_value *out);
	void (*system)(void *ctx, enum stw_system number, struct interp_value *out);
	void (*metric)(void *ctx, struct str name, struct interp_value *out);
	void *ctx;
};

enum interp_status {
	INTERP_DONE,    /* .result and .branch */
	INTERP_WAIT,    /* .call: interp_answer, then interp_run again */
	INTERP_DAMAGED, /* the program is not well-formed */
	INTERP_LIMIT,   /* STW_LIMIT_EXPR_MEMORY, _WORK or _DEPTH, or a match took too long */
	INTERP_REGEX,   /* a pattern that stw cannot run */
	INTERP_NO_MEMORY
};

struct interp_call {
	const struct stw_function_info *function;
	struct interp_value arguments[INTERP_ARGUMENTS];
};

struct interp {
	enum interp_status status;
	struct interp_value result;
	unsigned branch; /* of the match table, from 0; the last is its else */
	struct interp_call call;
	/* private */
	struct interp_budget budget;
	struct stw_program program;
	const struct interp_source *source;
	struct regex_cache *cache;
	struct stw_constant *constants;
	struct interp_value *stack;
	size_t depth, pc;
	struct interp_value *captures;
	size_t capture_count;
};

/* `program` and `source` must outlive the run; `cache` belongs to the thread. interp_end is due. */
void interp_start(struct interp *run, struct stw_bytes program, const struct interp_source *source,
		  struct regex_cache *cache);
/* Goes on until the status is another than before: .status, which stays so. */
enum interp_status interp_run(struct interp *run);
/* The value of the call that interp_run waits for; it is copied. */
void interp_answer(struct interp *run, const struct interp_value *value);
void interp_end(struct interp *run);

#endif
