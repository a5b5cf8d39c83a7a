/*
 * The room core: what all passes of the compiler share, whatever format a source has and
 * whatever schema it is checked against. It includes base only.
 *
 * source   a registry of texts. A place is a span: source number and byte range, twelve
 *          bytes, cheap enough to sit on every node. Lines and columns exist only when
 *          somebody reads them: the line map of a source is made on first use.
 * node     the one tree that every reader gives: null, bool, int, float, string, list,
 *          map, each with its span. A reader that has reported an error puts a poison node
 *          in the place, and later passes stay silent about it: no cascades.
 * diag     what is wrong, collected. A pass reports and goes on; one run finds all.
 * render   (diag_text.c, diag_json.c) diagnostics as text with the source line, or as one
 *          JSON document. Other formats live in stwc and read struct diag.
 * suggest  "did you mean".
 *
 * Flow: reader -> nodes and diagnostics -> bind, checks: more diagnostics -> diags_sort ->
 * a renderer into a buffer -> a command prints it. Nothing in this room prints.
 *
 * Invariants:
 *  - Reporting never fails in the face of the reporter: a diagnostic that is off, over the limit,
 *    or lost for lack of memory becomes a scratch one. Counts go on; `failed` says that
 *    something was lost, and then the run is not valid.
 *  - Output depends on the sources alone: the order is that of places, then of reporting, and
 *    reporters walk lists or maps in insertion order, never in hash order.
 *  - Everything of a diagnostic lives in the arena of its collection, not in that of the
 *    reader, which is reset between elements: texts are formatted into copies at once.
 *  - What a secret looks like never enters a message; that is up to the reporter, which also
 *    sets `secret` where a place may lie in one. Whoever learns that a value is a secret says so
 *    with source_mask, and then no diagnostic about the rest of that line shows it either.
 */
#include "core/diag.h"

#include <stdlib.h>

#define KEEP_DEFAULT 50

static const struct diag_code_info code_infos[DIAG_CODE_COUNT] = {
#define DIAG_CODE(ident, word, severity, title, explanation) \
	[DIAG_##ident] = {word, severity, title, explanation},
#include "core/codes.def"
#undef DIAG_CODE
};

const struct diag_code_info *diag_code_info(enum diag_code code)
{
	return &code_infos[code];
}

bool diag_code_find(struct str word, enum diag_code *out)
{
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
		if (str_eq_c(word, code_infos[i].word)) {
			*out = (enum diag_code)i;
			return true;
		}
	}
	return false;
}

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR: return "error";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_NOTE: return "note";
	case SEVERITY_OFF: return "off";
	}
	return "error";
}

void diags_init(struct diags *diags, struct arena *arena)
{
	*diags = (struct diags){.arena = arena, .keep = KEEP_DEFAULT};
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++)
		diags->levels[i] = code_infos[i].severity;
}

/* The counter of a severity; NULL for one that is off. */
static size_t *counter(struct diags *diags, enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR: return &diags->errors;
	case SEVERITY_WARNING: return &diags->warnings;
	case SEVERITY_NOTE: return &diags->notes;
	case SEVERITY_OFF: return NULL;
	}
	return NULL;
}

static struct diag *scratch(struct diags *diags)
{
	diags->scratch = (struct diag){.severity = SEVERITY_OFF};
	return &diags->scratch;
}

static bool is_scratch(const struct diags *diags, const struct diag *diag)
{
	return diag == &diags->scratch;
}

static bool diags_grow(struct diags *diags)
{
	size_t cap = diags->cap ? diags->cap * 2 : 16;
	struct diag *all = ARENA_ARRAY(diags->arena, struct diag, cap);

	if (!all)
		return false;
	if (diags->count)
		memcpy(all, diags->all, diags->count * sizeof(*all));
	diags->all = all;
	diags->cap = cap;
	return true;
}

/* A new stored diagnostic, or NULL when there is no memory. */
static struct diag *store(struct diags *diags, enum diag_code code, struct span span,
			  struct str message)
{
	enum severity severity = diags->levels[code];
	struct diag *diag;

	if (!message.p || (diags->count == diags->cap && !diags_grow(diags))) {
		diags->failed = true;
		return NULL;
	}
	diag = &diags->all[diags->count++];
	*diag = (struct diag){.code = code, .severity = severity, .span = span, .message = message};
	diag->order = diags->reported;
	diags->stored[severity]++;
	return diag;
}

bool diags_allow(struct diags *diags, enum diag_code code, struct span scope, struct span place)
{
	struct diag_allowance *allowance = ARENA_NEW(diags->arena, struct diag_allowance);

	if (!allowance)
		return false;
	*allowance = (struct diag_allowance){diags->allowances, code, scope, place, false};
	diags->allowances = allowance;
	diags->allowed[code] = true;
	return true;
}

/* Every allowance that fits has its use, the narrow one inside the wide one too. */
static bool is_allowed(const struct diags *diags, enum diag_code code, struct span span)
{
	struct diag_allowance *each;
	bool found = false;

	for (each = diags->allowances; each; each = each->next) {
		if (each->code != code || each->scope.source != span.source ||
		    span.begin < each->scope.begin || span.begin >= each->scope.end)
			continue;
		each->used = true;
		found = true;
	}
	return found && diags->levels[code] != SEVERITY_ERROR;
}

struct diag *diag_add(struct diags *diags, enum diag_code code, struct span span,
		      const char *format, ...)
{
	enum severity severity = diags->levels[code];
	size_t *count = counter(diags, severity);
	struct diag *diag;
	struct str message;
	va_list args;

	if (diag_code_info(code)->severity == SEVERITY_ERROR)
		diags->faults++;
	if (!count || (diags->allowed[code] && is_allowed(diags, code, span)))
		return scratch(diags);
	++*count;
	diags->reported++;
	if (diags->keep && diags->stored[severity] >= diags->keep)
		return scratch(diags);
	va_start(args, format);
	message = arena_vprintf(diags->arena, format, args);
	va_end(args);
	diag = store(diags, code, span, message);
	return diag ? diag : scratch(diags);
}

/* Formats one of the optional texts; where memory is short the old one stays. */
static void PRINTF_LIKE(4, 0) set_text(struct diags *diags, const struct diag *diag,
				       struct str *text, const char *format, va_list args)
{
	struct str s;

	if (is_scratch(diags, diag))
		return;
	s = arena_vprintf(diags->arena, format, args);
	if (s.p)
		*text = s;
	else
		diags->failed = true;
}

void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(diags, diag, &diag->hint, format, args);
	va_end(args);
}

void diag_context(struct diags *diags, struct diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(diags, diag, &diag->context, format, args);
	va_end(args);
}

void diag_path(struct diags *diags, struct diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(diags, diag, &diag->path, format, args);
	va_end(args);
}

void diag_file(struct diags *diags, struct diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(diags, diag, &diag->file, format, args);
	va_end(args);
}

void diag_relate(struct diags *diags, struct diag *diag, struct span span, const char *format, ...)
{
	struct diag_related **link = &diag->related;
	struct diag_related *related;
	va_list args;

	if (is_scratch(diags, diag))
		return;
	related = ARENA_NEW(diags->arena, struct diag_related);
	if (!related) {
		diags->failed = true;
		return;
	}
	related->span = span;
	va_start(args, format);
	set_text(diags, diag, &related->message, format, args);
	va_end(args);
	while (*link)
		link = &(*link)->next;
	*link = related;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_span(struct span a, struct span b)
{
	int order = compare_u64(a.source, b.source);

	if (!order)
		order = compare_u64(a.begin, b.begin);
	return order ? order : compare_u64(a.end, b.end);
}

static int compare_place(const void *left, const void *right)
{
	const struct diag *a = left;
	const struct diag *b = right;
	int order = compare_span(a->span, b->span);

	return order ? order : compare_u64(a->order, b->order);
}

/* Zero for exact repeats. */
static int compare_content(const struct diag *a, const struct diag *b)
{
	int order = compare_span(a->span, b->span);

	if (!order)
		order = compare_u64(a->code, b->code);
	return order ? order : str_cmp(a->message, b->message);
}

static int compare_repeat(const void *left, const void *right)
{
	const struct diag *a = left;
	const struct diag *b = right;
	int order = compare_content(a, b);

	return order ? order : compare_u64(a->order, b->order);
}

static void forget(struct diags *diags, const struct diag *diag)
{
	size_t *count = counter(diags, diag->severity);

	if (count) {
		--*count;
		diags->stored[diag->severity]--;
	}
}

void diags_sort(struct diags *diags)
{
	size_t kept = 0;

	if (diags->count < 2)
		return;
	/* repeats side by side, the first reported in front; then the order for reading */
	qsort(diags->all, diags->count, sizeof(*diags->all), compare_repeat);
	for (size_t i = 0; i < diags->count; i++) {
		if (kept && compare_content(&diags->all[kept - 1], &diags->all[i]) == 0)
			forget(diags, &diags->all[i]);
		else
			diags->all[kept++] = diags->all[i];
	}
	diags->count = kept;
	qsort(diags->all, diags->count, sizeof(*diags->all), compare_place);
}
