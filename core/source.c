#include "core/source.h"

#include <stdlib.h>

#include "base/utf8.h"

#define BYTE_ORDER_MARK STR("\xef\xbb\xbf")

void sources_init(struct sources *sources, struct arena *arena)
{
	*sources = (struct sources){.arena = arena};
}

static bool sources_grow(struct sources *sources)
{
	size_t cap = sources->cap ? sources->cap * 2 : 8;
	struct source **all = ARENA_ARRAY(sources->arena, struct source *, cap);

	if (!all)
		return false;
	if (sources->count)
		memcpy(all, sources->all, sources->count * sizeof(*all));
	sources->all = all;
	sources->cap = cap;
	return true;
}

uint32_t sources_add(struct sources *sources, struct str name, struct str text)
{
	struct source *source;

	if (text.n >= UINT32_MAX || sources->count >= UINT32_MAX - 1)
		return 0;
	if (sources->count == sources->cap && !sources_grow(sources))
		return 0;
	source = ARENA_NEW(sources->arena, struct source);
	if (!source)
		return 0;
	source->name = arena_str(sources->arena, name);
	if (!source->name.p)
		return 0;
	source->arena = sources->arena;
	/* never NULL, so that offsets may be added without a look */
	source->text = text.p ? text : STR("");
	sources->all[sources->count++] = source;
	source->number = (uint32_t)sources->count;
	return source->number;
}

struct source *sources_get(const struct sources *sources, uint32_t number)
{
	if (number == 0 || number > sources->count)
		return NULL;
	return sources->all[number - 1];
}

static size_t next_line(struct str text, size_t at)
{
	const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

	return end ? (size_t)(end - text.p) + 1 : SIZE_MAX;
}

void source_grow(struct source *source, struct str text)
{
	source->text = text;
}

struct str source_text(const struct source *source)
{
	if (source->recall)
		source->recall(source->owner);
	return source->text;
}

/* Room for `more` lines. */
static bool lines_grow(struct source *source, size_t more)
{
	size_t cap = source->line_count + more;
	uint32_t *lines;

	if (cap <= source->line_cap)
		return true;
	if (source->line_count > 1 && cap < 2 * source->line_cap)
		cap = 2 * source->line_cap;
	lines = ARENA_ARRAY(source->arena, uint32_t, cap);
	if (!lines)
		return false;
	if (source->line_count)
		memcpy(lines, source->lines, source->line_count * sizeof(*lines));
	source->lines = lines;
	source->line_cap = cap;
	return true;
}

/* There is always a line 1, and text that ends in a line end has an empty last line, where
 * "unexpected end" points to. */
bool source_map_lines(struct source *source)
{
	struct str text = source->text;
	size_t count = source->lines ? 0 : 1;

	if (source->lines && source->mapped == text.n)
		return true;
	/* what has been mapped is not looked at again, and may be gone */
	if (!source->mapped)
		text = source_text(source);
	for (size_t at = next_line(text, source->mapped); at != SIZE_MAX; at = next_line(text, at))
		count++;
	if (!lines_grow(source, count))
		return false;
	/* a byte order mark is no part of line 1: no editor counts or shows it */
	if (source->line_count == 0)
		source->lines[source->line_count++] =
			str_starts(text, BYTE_ORDER_MARK) ? (uint32_t)BYTE_ORDER_MARK.n : 0;
	for (size_t at = next_line(text, source->mapped); at != SIZE_MAX; at = next_line(text, at))
		source->lines[source->line_count++] = (uint32_t)at;
	source->mapped = text.n;
	return true;
}

/* Number (from 0) of the line that `offset` lies in. */
static size_t line_of(const struct source *source, uint32_t offset)
{
	size_t low = 0;
	size_t high = source->line_count;

	/* lines[low] <= offset < lines[high], where lines[line_count] is infinite */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct position source_position(struct source *source, uint32_t offset)
{
	uint32_t start;
	size_t line;

	if (!source_map_lines(source))
		return (struct position){1, 1};
	if (offset > source->text.n)
		offset = (uint32_t)source->text.n;
	line = line_of(source, offset);
	start = source->lines[line];
	if (offset < start) /* inside the mark */
		offset = start;
	return (struct position){
		(uint32_t)(line + 1),
		(uint32_t)utf8_count((struct str){source_text(source).p + start, offset - start}) +
			1,
	};
}

uint32_t source_line_number(struct source *source, uint32_t offset)
{
	return source_map_lines(source) ? (uint32_t)(line_of(source, offset) + 1) : 1;
}

struct str source_line(struct source *source, uint32_t line)
{
	struct str text = source_text(source);
	size_t begin, end;

	if (!source_map_lines(source) || line == 0 || line > source->line_count)
		return STR_NONE;
	begin = source->lines[line - 1];
	end = line < source->line_count ? source->lines[line] : text.n;
	if (line < source->line_count) {
		end--;
		if (end > begin && text.p[end - 1] == '\r')
			end--;
	}
	return (struct str){text.p + begin, end - begin};
}

uint32_t source_line_start(struct source *source, uint32_t line)
{
	if (!source_map_lines(source) || line == 0)
		return 0;
	if (line > source->line_count)
		return (uint32_t)source->text.n;
	return source->lines[line - 1];
}

static bool masks_grow(struct source *source)
{
	size_t cap = source->mask_cap ? source->mask_cap * 2 : 8;
	struct span *masks = ARENA_ARRAY(source->arena, struct span, cap);

	if (!masks)
		return false;
	if (source->mask_count)
		memcpy(masks, source->masks, source->mask_count * sizeof(*masks));
	source->masks = masks;
	source->mask_cap = cap;
	return true;
}

void source_mask(struct sources *sources, struct span span)
{
	struct source *source = sources_get(sources, span.source);

	if (!source || span.begin >= span.end)
		return;
	if (source->mask_count == source->mask_cap && !masks_grow(source))
		source->mask_all = true;
	else
		source->masks[source->mask_count++] = span;
	source->masks_sorted = false;
}

static int compare_begin(const void *left, const void *right)
{
	const struct span *a = left;
	const struct span *b = right;

	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

const struct span *source_masks(struct source *source, size_t *count)
{
	size_t kept = 0;

	*count = source->mask_count;
	if (source->masks_sorted || source->mask_count == 0)
		return source->masks;
	qsort(source->masks, source->mask_count, sizeof(*source->masks), compare_begin);
	for (size_t i = 1; i < source->mask_count; i++) {
		struct span *last = &source->masks[kept];
		struct span next = source->masks[i];

		if (next.begin > last->end)
			source->masks[++kept] = next;
		else if (next.end > last->end)
			last->end = next.end;
	}
	source->mask_count = kept + 1;
	source->masks_sorted = true;
	*count = source->mask_count;
	return source->masks;
}
