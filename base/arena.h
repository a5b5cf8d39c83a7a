/*
 * Bump allocation with one owner and one end. Everything of a compilation, a file or
 * an element lives in an arena and is freed with it; nothing is freed alone.
 */
#ifndef STW_BASE_ARENA_H
#define STW_BASE_ARENA_H

#include "base/attr.h"
#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t chunk_size;	    /* bytes asked from malloc at a time */
	size_t total;		    /* bytes held in chunks */
	bool failed;		    /* an allocation has failed; sticky */
};

/* Prepares an empty arena; no memory is taken before the first allocation. */
void arena_init(struct arena *arena, size_t chunk_size);
/* Forgets every allocation, keeps the memory for reuse (at most a few chunks). */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

/* Memory of `size` bytes aligned to `align` (a power of two), not cleared.
 * NULL when there is no memory; the arena then says failed. */
void *arena_alloc(struct arena *arena, size_t size, size_t align) WARN_UNUSED;
/* The same for `count` members of `size` bytes, cleared. */
void *arena_zalloc(struct arena *arena, size_t count, size_t size, size_t align) WARN_UNUSED;
#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), 1, sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, type, count)                                                            \
	((type *)arena_zalloc((arena), (count), sizeof(type), _Alignof(type)))

/* A copy with a terminating NUL that n does not count; .p is NULL when out of memory. */
struct str arena_str(struct arena *arena, struct str s) WARN_UNUSED;
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) WARN_UNUSED;

#endif
