/*
 * Bump allocation with one owner and one end. Everything of a compilation, a file or
 * an element lives in an arena and is freed with it; nothing is freed alone.
 */
#ifndef STW_BASE_ARENA_H
#define STW_BASE_ARENA_H

#include <stdarg.h>

#include "base/attr.h"
#include "base/str.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifndef ARENA_POISONS
#define ARENA_POISONS 0
#endif

struct arena_chunk;

struct arena {
	char *at;                   /* next free byte of the chunk in use */
	char *end;                  /* one past its last byte */
	struct arena_chunk *chunks; /* in use, newest first */
	struct arena_chunk *spare;  /* kept by arena_reset */
	size_t chunk_size; /* bytes asked from malloc at a time; large arenas ask for more */
	size_t total;      /* bytes held in chunks, spare ones included */
	bool failed;       /* an allocation has failed; sticky until arena_free */
};

/* One arena on its way into another: where what was made first is also done with first, its memory
 * serves again for what is made of it. */
struct arena_relay {
	struct arena *from, *to;
	struct arena_chunk **chunks; /* of `from`, by address */
	size_t count;
};

/* Prepares an empty arena; no memory is taken before the first allocation. A chunk_size of 0
 * means a sensible default. */
void arena_init(struct arena *arena, size_t chunk_size);
/* Forgets every allocation, keeps the memory for reuse (at most a few chunks). */
void arena_reset(struct arena *arena);
/* Gives all memory back; the arena is then as arena_init left it. */
void arena_free(struct arena *arena);

/* The part of arena_alloc that needs a new chunk; never called directly. */
void *arena_alloc_slow(struct arena *arena, size_t size, size_t align) WARN_UNUSED;

/* Memory of `size` bytes aligned to `align` (a power of two), not cleared; of size 0: a
 * pointer that is not NULL. NULL when there is no memory; the arena then says failed. */
static inline WARN_UNUSED void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
#if !ARENA_POISONS
	size_t pad = (size_t) - (uintptr_t)arena->at & (align - 1);
	size_t room = (size_t)(arena->end - arena->at);

	if (pad < room && size <= room - pad) {
		char *p = arena->at + pad;

		arena->at = p + size;
		return p;
	}
#endif
	return arena_alloc_slow(arena, size, align);
}

/* The same for `count` members of `size` bytes, cleared. */
void *arena_zalloc(struct arena *arena, size_t count, size_t size, size_t align) WARN_UNUSED;
/* The same for one of a size that the compiler knows, so that clearing it is a few moves. */
static inline WARN_UNUSED void *arena_znew(struct arena *arena, size_t size, size_t align)
{
	void *p = arena_alloc(arena, size, align);

	return p ? memset(p, 0, size) : NULL;
}
#define ARENA_NEW(arena, type) ((type *)arena_znew((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, type, count) \
	((type *)arena_zalloc((arena), (count), sizeof(type), _Alignof(type)))

/* A copy with a terminating NUL that n does not count; .p is NULL when out of memory. */
struct str arena_str(struct arena *arena, struct str s) WARN_UNUSED;
/* The formatted text, with NUL in the same way; .p is NULL when out of memory. */
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) WARN_UNUSED;
/* The same with a started argument list, which it leaves as vsnprintf(3) does. */
struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
	PRINTF_LIKE(2, 0) WARN_UNUSED;

/* From here on nothing is allocated in `from`, and its chunks go to `to`, oldest first, as
 * arena_relay_pass says. Both must outlive the relay. False: out of memory; nothing has changed. */
bool arena_relay_start(struct arena_relay *relay, struct arena *from, struct arena *to) WARN_UNUSED;
/* The number of the chunk that holds p, from 1 in the order in which they were begun; 0: p does not
 * lie in `from`. Not for what has been passed on. */
size_t arena_relay_number(const struct arena_relay *relay, const void *p);
/* Nothing in a chunk below that number is looked at any more. */
void arena_relay_pass(struct arena_relay *relay, size_t number);
/* Passes on the rest. `from` is empty then, and as arena_init left it. */
void arena_relay_end(struct arena_relay *relay);

#endif
