/*
 * What differs between two images, by content digest first: only types that differ are walked.
 * And what that means for each component of stwd.
 */
#ifndef STW_RUNTIME_PLAN_H
#define STW_RUNTIME_PLAN_H

#include "runtime/main.h"

struct plan_type {
	uint16_t structure;
	uint64_t added, removed, changed;
};

/* Counts the objects of one type that differ. False: out of memory. */
bool plan_count(struct stw_image *from, struct stw_image *to, uint16_t structure,
		struct plan_type *out) WARN_UNUSED;
/* Calls back for each type whose content digest differs, in order of its number. */
void plan_types(const struct stw_manifest *from, const struct stw_manifest *to,
		void (*each)(void *ctx, uint16_t structure), void *ctx);

/* preview: types with their counts, components with their actions, listeners one by one.
 * `next` was made without sockets. */
void plan_print(struct daemon *daemon, const struct generation *next, struct buf *out);

/* Calls back for what an image carries and stwd does not enact: types as a whole ("Domain"), and
 * of those that it enacts in part, variants ("Tracer/Journal") and fields ("TracerLog.lossy"), each
 * with the number of objects that have it. */
void plan_not_enacted(struct stw_image *image,
		      void (*each)(void *ctx, struct str name, uint64_t count), void *ctx);
/* The type's name from the image's schema table; "?" where it has none. */
struct str plan_type_name(struct stw_image *image, uint16_t structure);

#endif
