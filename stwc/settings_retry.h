/* What `migrate` does about values that 0.16 refuses. */
#ifndef STW_STWC_SETTINGS_RETRY_H
#define STW_STWC_SETTINGS_RETRY_H

#include "stwc/compile.h"

struct settings_retry {
	struct arena arena; /* of the texts */
	struct compile_refusal *refusals;
	size_t count, cap;
	struct hash_key hash_key; /* of the first compilation */
	struct map known;         /* "source:key" of each refusal */
};

/* The object must stay where it is until settings_retry_free. */
void settings_retry_init(struct settings_retry *retry);
void settings_retry_free(struct settings_retry *retry);
/* Adds the settings that the errors of a compilation with a report (compile_options.report) stand
 * at, for another compilation of the same inputs. False: none is new, an error stands elsewhere,
 * or memory is short; another compilation would say the same. */
bool settings_retry_add(struct settings_retry *retry, const struct compilation *c) WARN_UNUSED;

#endif
