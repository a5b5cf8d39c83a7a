#include "core/source.h"

#include "base/utf8.h"

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

/* Makes the line map; false when out of memory. There is always a line 1, and text that
 * ends in a line end has an empty last line, where "unexpected end" points to. */
static bool map_lines(struct source *source)
{
	size_t count = 1;
	uint32_t *lines;

	if (source->lines)
		return true;
	for (size_t at = next_line(source->text, 0); at != SIZE_MAX;
	     at = next_line(source->text, at))
		count++;
	lines = ARENA_ARRAY(source->arena, uint32_t, count);
	if (!lines)
		return false;
	for (size_t i = 1; i < count; i++)
		lines[i] = (uint32_t)next_line(source->text, lines[i - 1]);
	source->lines = lines;
	source->line_count = count;
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

	if (!map_lines(source))
		return (struct position){1, 1};
	if (offset > source->text.n)
		offset = (uint32_t)source->text.n;
	line = line_of(source, offset);
	start = source->lines[line];
	return (struct position){
		(uint32_t)(line + 1),
		(uint32_t)utf8_count((struct str){source->text.p + start, offset - start}) + 1,
	};
}

uint32_t source_line_number(struct source *source, uint32_t offset)
{
	return map_lines(source) ? (uint32_t)(line_of(source, offset) + 1) : 1;
}

struct str source_line(struct source *source, uint32_t line)
{
	size_t begin, end;

	if (!map_lines(source) || line == 0 || line > source->line_count)
		return STR_NONE;
	begin = source->lines[line - 1];
	end = line < source->line_count ? source->lines[line] : source->text.n;
	if (line < source->line_count) {
		end--;
		if (end > begin && source->text.p[end - 1] == '\r')
			end--;
	}
	return (struct str){source->text.p + begin, end - begin};
}

uint32_t source_line_start(struct source *source, uint32_t line)
{
	if (!map_lines(source) || line == 0)
		return 0;
	if (line > source->line_count)
		return (uint32_t)source->text.n;
	return source->lines[line - 1];
}

void source_mask(struct sources *sources, struct span span)
{
	struct source *source = sources_get(sources, span.source);
	struct span *masks;

	if (!source || source->mask_cap == SIZE_MAX)
		return;
	if (source->mask_count == source->mask_cap) {
		size_t cap = source->mask_cap ? source->mask_cap * 2 : 8;

		masks = ARENA_ARRAY(source->arena, struct span, cap);
		if (!masks) {
			source->mask_cap = SIZE_MAX;
			return;
		}
		if (source->mask_count)
			memcpy(masks, source->masks, source->mask_count * sizeof(*masks));
		source->masks = masks;
		source->mask_cap = cap;
	}
	source->masks[source->mask_count++] = span;
}

struct str source_shown_line(struct source *source, uint32_t line)
{
	struct str text = source_line(source, line);
	uint32_t start = source_line_start(source, line);
	struct str copy = STR_NONE;

	if (source->mask_cap == SIZE_MAX)
		return STR_NONE;
	for (size_t i = 0; i < source->mask_count; i++) {
		size_t begin = source->masks[i].begin, end = source->masks[i].end;

		if (end <= start || begin >= start + text.n)
			continue;
		begin = begin > start ? begin - start : 0;
		end = end - start < text.n ? end - start : text.n;
		if (!copy.p)
			copy = arena_str(source->arena, text);
		if (!copy.p)
			return STR_NONE;
		memset((char *)(uintptr_t)copy.p + begin, '*', end - begin);
	}
	return copy.p ? copy : text;
}
