/* What reload.c, reload_file.c and start.c share; everybody else uses runtime/main.h. */
#ifndef STW_RUNTIME_RELOAD_H
#define STW_RUNTIME_RELOAD_H

#include "runtime/main.h"

/* Notes cause and reason; the clock of this reload runs. */
void reload_begin(struct daemon *daemon, const struct reload_request *request);
/* The result for a request that cannot be taken; one from outside is remembered. */
enum reload_outcome reload_too_busy(struct daemon *daemon, const struct reload_request *request,
				    const char *why, struct reload_result *out);
/* Step 3 and on, for a verified copy, which it takes over. */
enum reload_outcome reload_continue(struct daemon *daemon, struct image_copy *copy, bool force,
				    struct reload_result *out);
/* The end of a reload that got no verified copy. */
enum reload_outcome reload_refuse_unread(struct daemon *daemon, const char *why,
					 struct reload_result *out);
/* The same for a generation that cannot be fetched any more. */
enum reload_outcome reload_refuse_unfetched(struct daemon *daemon, const struct stw_fault *fault,
					    struct reload_result *out);
void reload_deadline(void *daemon);

/* Starts with the operator's file; also the body of reload_file. */
enum reload_outcome reload_begin_file(struct daemon *daemon, const struct reload_request *request,
				      struct reload_result *out);
/* A candidate of the start failed: tries the next, or gives up. */
void start_up_next(struct daemon *daemon, const char *failure);

#endif
