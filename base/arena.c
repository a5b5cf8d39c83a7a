/*
 * The room base: what every other room stands on, and nothing that knows mail, schemas
 * or diagnostics. It includes the C library only, and OpenSSL in digest.c.
 *
 * str    a string is a pointer and a length; literals, slices of a source and decoded
 *        text all look the same, and nothing is copied to be looked at.
 * arena  memory has one owner with one end. A file, an element, a compilation each get
 *        an arena; what belongs to them is bumped off it and never freed alone. That
 *        removes clean-up code from every error path, and makes a tree of a million
 *        nodes cheap: an allocation is an addition and a comparison (arena_alloc is
 *        inline, only a new chunk is a call).
 * buf    bytes on their way out. Errors stick, so a writer of a hundred lines checks
 *        once, at its end.
 * map    strings to pointers; keyed hash against chosen keys, insertion order for
 *        iteration, so that no output ever depends on the key.
 * num, utf8   strict readers: the whole string or nothing, without locale.
 * digest, fs  SHA-256, and files read and replaced as wholes.
 *
 * Invariants of the arena:
 *  - `at` and `end` lie in the first chunk of `chunks`, or both are NULL. A request that
 *    is large beside the chunk size gets a chunk of its own, put behind the first one,
 *    so that it does not waste what is left there.
 *  - chunks grow with the arena (an eighth of what it holds) up to half a megabyte, and the pages
 *    of one are made in one call: a fault each took a third of the time of a large compilation.
 *    Huge pages were tried and are faster still where the memory is at hand, but several times
 *    slower in a virtual machine that has given its free memory back to the host.
 *  - arena_reset keeps the newest chunks, which are the largest, as spare ones. Own chunks of
 *    large requests go back to malloc: one huge line must not stay allocated for ever.
 *  - a relay turns the list of its arena round, oldest first. A chunk of a large request was made
 *    while the chunk behind it in that order was in use, and goes with it.
 *  - under AddressSanitizer everything not handed out is poisoned, with a gap behind each
 *    allocation; the fast path is then compiled out.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/advise.h"

#if ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define arena_poison(p, n) __asan_poison_memory_region((p), (n))
#define arena_unpoison(p, n) __asan_unpoison_memory_region((p), (n))
#define ARENA_GAP ((size_t)16)
#define ARENA_LEAST_ALIGN ((size_t)8)
#else
#define arena_poison(p, n) ((void)(p), (void)(n))
#define arena_unpoison(p, n) ((void)(p), (void)(n))
#define ARENA_GAP ((size_t)0)
#define ARENA_LEAST_ALIGN ((size_t)1)
#endif

#define ARENA_DEFAULT_CHUNK ((size_t)64 * 1024)
#define ARENA_LARGEST_CHUNK ((size_t)512 * 1024)
#define ARENA_KEPT_CHUNKS 4

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;   /* of data */
	size_t number; /* in a relay: in the order in which they were begun */
	bool own;      /* made for one large request */
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *arena, size_t chunk_size)
{
	*arena = (struct arena){.chunk_size = chunk_size ? chunk_size : ARENA_DEFAULT_CHUNK};
}

static void chunk_free(struct arena *arena, struct arena_chunk *chunk)
{
	arena->total -= chunk->size;
	arena_unpoison(chunk->data, chunk->size);
	free(chunk);
}

static void chunks_free(struct arena *arena, struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *next = chunk->next;

		chunk_free(arena, chunk);
		chunk = next;
	}
}

void arena_free(struct arena *arena)
{
	chunks_free(arena, arena->chunks);
	chunks_free(arena, arena->spare);
	arena_init(arena, arena->chunk_size);
}

static void arena_use(struct arena *arena, struct arena_chunk *chunk)
{
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->at = chunk->data;
	arena->end = chunk->data + chunk->size;
}

static size_t chunk_count(const struct arena_chunk *chunk)
{
	size_t count = 0;

	for (; chunk; chunk = chunk->next)
		count++;
	return count;
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;
	struct arena_chunk **tail = &arena->spare;
	struct arena_chunk *old = arena->spare;
	size_t kept = 0;

	if (!chunk)
		return;
	if (!chunk->next && !chunk->own) {
		/* the usual case of a reader that resets after each element */
		arena_poison(chunk->data, chunk->size);
		arena->at = chunk->data;
		return;
	}
	while (chunk) {
		struct arena_chunk *next = chunk->next;

		if (chunk->own || kept == ARENA_KEPT_CHUNKS) {
			chunk_free(arena, chunk);
		} else {
			arena_poison(chunk->data, chunk->size);
			*tail = chunk;
			tail = &chunk->next;
			kept++;
		}
		chunk = next;
	}
	*tail = NULL;
	arena->chunks = NULL;
	arena->at = arena->end = NULL;
	if (kept + chunk_count(old) > ARENA_KEPT_CHUNKS)
		chunks_free(arena, old);
	else
		*tail = old;
	chunk = arena->spare;
	if (chunk) {
		arena->spare = chunk->next;
		arena_use(arena, chunk);
	}
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = NULL;
	size_t bytes;

	if (!add_overflows(size, sizeof(*chunk), &bytes) && bytes <= PTRDIFF_MAX)
		chunk = malloc(bytes);
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	advise_filled(chunk, bytes);
	chunk->next = NULL;
	chunk->size = size;
	chunk->own = false;
	arena->total += size;
	arena_poison(chunk->data, size);
	return chunk;
}

/* Bytes for the next ordinary chunk. */
static size_t grown_size(const struct arena *arena)
{
	size_t size = arena->total / 8;

	if (size > ARENA_LARGEST_CHUNK)
		size = ARENA_LARGEST_CHUNK;
	return size < arena->chunk_size ? arena->chunk_size : size;
}

static struct arena_chunk *spare_take(struct arena *arena, size_t need)
{
	struct arena_chunk **link = &arena->spare;

	while (*link) {
		struct arena_chunk *chunk = *link;

		if (chunk->size >= need) {
			*link = chunk->next;
			return chunk;
		}
		link = &chunk->next;
	}
	return NULL;
}

/* Bumps inside the chunk in use; NULL when it does not fit. */
static void *arena_bump(struct arena *arena, size_t size, size_t align)
{
	size_t pad = (size_t) - (uintptr_t)arena->at & (align - 1);
	size_t room = (size_t)(arena->end - arena->at);
	size_t taken;
	char *p;

	if (add_overflows(size, ARENA_GAP, &taken) || pad >= room || taken > room - pad)
		return NULL;
	p = arena->at + pad;
	arena->at = p + taken;
	arena_unpoison(p, size);
	return p;
}

/* A chunk that holds this one request and is never bumped into again. */
static void *alloc_own(struct arena *arena, size_t size, size_t align, size_t need)
{
	struct arena_chunk *chunk = chunk_new(arena, need);
	char *p;

	if (!chunk)
		return NULL;
	chunk->own = true;
	if (arena->chunks) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		arena->chunks = chunk;
	}
	p = chunk->data + ((size_t) - (uintptr_t)chunk->data & (align - 1));
	arena_unpoison(p, size);
	return p;
}

void *arena_alloc_slow(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk;
	size_t need;
	void *p;

	if (align < ARENA_LEAST_ALIGN)
		align = ARENA_LEAST_ALIGN;
	p = arena_bump(arena, size, align);
	if (p)
		return p;
	/* one byte more than asked for, so that nothing of size 0 sits at the end of a chunk */
	if (add_overflows(size, align + ARENA_GAP, &need)) {
		arena->failed = true;
		return NULL;
	}
	if (need > arena->chunk_size / 4)
		return alloc_own(arena, size, align, need);
	chunk = spare_take(arena, need);
	if (!chunk)
		chunk = chunk_new(arena, grown_size(arena));
	if (!chunk)
		return NULL;
	arena_use(arena, chunk);
	return arena_bump(arena, size, align);
}

void *arena_zalloc(struct arena *arena, size_t count, size_t size, size_t align)
{
	size_t bytes;
	void *p;

	if (mul_overflows(count, size, &bytes)) {
		arena->failed = true;
		return NULL;
	}
	p = arena_alloc(arena, bytes, align);
	if (p)
		memset(p, 0, bytes);
	return p;
}

struct str arena_str(struct arena *arena, struct str s)
{
	size_t bytes;
	char *p;

	if (add_overflows(s.n, (size_t)1, &bytes)) {
		arena->failed = true;
		return STR_NONE;
	}
	p = arena_alloc(arena, bytes, 1);
	if (!p)
		return STR_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){p, s.n};
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *p = NULL;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n >= 0)
		p = arena_alloc(arena, (size_t)n + 1, 1);
	else
		arena->failed = true;
	if (!p)
		return STR_NONE;
	vsnprintf(p, (size_t)n + 1, format, args);
	return (struct str){p, (size_t)n};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	struct str s;

	va_start(args, format);
	s = arena_vprintf(arena, format, args);
	va_end(args);
	return s;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (struct arena_chunk *const *)a;
	uintptr_t y = (uintptr_t) * (struct arena_chunk *const *)b;

	return x < y ? -1 : x > y;
}

bool arena_relay_start(struct arena_relay *relay, struct arena *from, struct arena *to)
{
	size_t count = chunk_count(from->chunks), number = 1, i = 0;
	struct arena_chunk **chunks = calloc(count + 1, sizeof(struct arena_chunk *));
	struct arena_chunk *chunk = from->chunks;

	if (!chunks)
		return false;
	from->chunks = NULL;
	from->at = from->end = NULL;
	while (chunk) {
		struct arena_chunk *older = chunk->next;

		chunks[i++] = chunk;
		chunk->next = from->chunks;
		from->chunks = chunk;
		chunk = older;
	}
	for (chunk = from->chunks; chunk; chunk = chunk->next) {
		chunk->number = number;
		number += !chunk->own;
	}
	qsort(chunks, count, sizeof(struct arena_chunk *), by_address);
	*relay = (struct arena_relay){from, to, chunks, count};
	return true;
}

size_t arena_relay_number(const struct arena_relay *relay, const void *p)
{
	size_t low = 0, high = relay->count;
	const struct arena_chunk *chunk;

	/* the last chunk that begins at or before p */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)relay->chunks[middle]->data <= (uintptr_t)p)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return 0;
	chunk = relay->chunks[low - 1];
	return (uintptr_t)p - (uintptr_t)chunk->data < chunk->size ? chunk->number : 0;
}

void arena_relay_pass(struct arena_relay *relay, size_t number)
{
	struct arena *from = relay->from, *to = relay->to;

	while (from->chunks && from->chunks->number < number) {
		struct arena_chunk *chunk = from->chunks;

		from->chunks = chunk->next;
		from->total -= chunk->size;
		to->total += chunk->size;
		chunk->own = false;
		arena_poison(chunk->data, chunk->size);
		chunk->next = to->spare;
		to->spare = chunk;
	}
}

void arena_relay_end(struct arena_relay *relay)
{
	arena_relay_pass(relay, SIZE_MAX);
	free(relay->chunks);
	arena_free(relay->from);
}
