/*
 * ids.lock: the permanent numbers, one a line, in the order in which they were given:
 *
 *     type N Name          field Type N name
 *     enum Enum N member   variant Union N Name
 *
 * The lines of one scope (all types; the fields of one type; …) count 1, 2, 3 without a gap, so
 * that a number that was changed, used again or taken out shows. Rows are never removed from
 * the files: what a release removed keeps its row, with an until, and its line here.
 */
#include "schemas/schemac/schemac.h"

#include "base/num.h"

/* Numbers from 0x8000 on belong to what `stwc --schema` brings. */
#define NUMBER_LIMIT 0x8000u

struct lock_entry {
	uint16_t number;
	bool used; /* a row has this name */
	struct span span;
};

struct lock_scope {
	uint32_t last;
};

void lock_init(struct lock *lock, struct arena *arena, const struct hash_key *key)
{
	*lock = (struct lock){.arena = arena, .added = BUF_INIT};
	map_init(&lock->numbers, key, arena);
	map_init(&lock->scopes, key, arena);
}

static struct lock_scope *scope_of(struct lock *lock, struct str name)
{
	struct lock_scope *scope = map_get(&lock->scopes, name);

	if (scope)
		return scope;
	scope = ARENA_NEW(lock->arena, struct lock_scope);
	return scope && map_put(&lock->scopes, name, scope) ? scope : NULL;
}

static bool put(struct lock *lock, struct str name, uint16_t number, bool used, struct span span)
{
	struct lock_entry *entry = ARENA_NEW(lock->arena, struct lock_entry);

	if (!entry)
		return false;
	*entry = (struct lock_entry){number, used, span};
	return map_put(&lock->numbers, name, entry);
}

/* The word before the next blank; the rest stays in *line. */
static struct str word_of(struct str *line)
{
	const char *blank = line->n ? memchr(line->p, ' ', line->n) : NULL;
	struct str word = {line->p, blank ? (size_t)(blank - line->p) : line->n};

	*line = str_from(*line, word.n + (blank ? 1 : 0));
	return word;
}

struct line {
	struct str scope; /* "type", "field NetworkListener" */
	uint64_t number;
	struct str name; /* the scope, a blank, the name: unique in the file */
};

static bool known_kind(struct str kind)
{
	return str_eq_c(kind, "type") || str_eq_c(kind, "field") || str_eq_c(kind, "variant") ||
	       str_eq_c(kind, "enum");
}

static bool split(struct lock *lock, struct str text, struct line *out)
{
	struct str rest = text, kind = word_of(&rest);

	if (!known_kind(kind))
		return false;
	out->scope = kind;
	if (!str_eq_c(kind, "type"))
		out->scope.n += 1 + word_of(&rest).n;
	if (num_u64(word_of(&rest), &out->number) != NUM_OK || !rest.n)
		return false;
	out->name = arena_printf(lock->arena, "%.*s %.*s", STR_ARG(out->scope), STR_ARG(rest));
	return out->name.p != NULL;
}

static void read_line(struct rows *rows, struct lock *lock, struct str text, struct span span)
{
	struct lock_scope *scope;
	struct line line;

	if (!text.n || text.p[0] == '#')
		return;
	if (!split(lock, text, &line)) {
		rows_error(rows, span,
			   "a line is \"type N Name\", \"field Type N name\", "
			   "\"variant Union N Name\" or \"enum Enum N member\"");
		return;
	}
	scope = scope_of(lock, line.scope);
	if (!scope)
		return;
	if (line.number != scope->last + 1)
		rows_error(rows, span,
			   "the next number of \"%.*s\" is %u: lines are only ever appended",
			   STR_ARG(line.scope), scope->last + 1);
	if (map_has(&lock->numbers, line.name))
		rows_error(rows, span, "\"%.*s\" has a number already", STR_ARG(line.name));
	else if (line.number < NUMBER_LIMIT &&
		 !put(lock, line.name, (uint16_t)line.number, false, span))
		rows_error(rows, span, "out of memory");
	scope->last = line.number < NUMBER_LIMIT ? (uint32_t)line.number : scope->last;
}

void lock_read(struct rows *rows, struct lock *lock, uint32_t source)
{
	struct str rest = sources_get(rows->sources, source)->text;
	uint32_t at = 0;

	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		struct span span = {source, at, at + (uint32_t)n};

		read_line(rows, lock, (struct str){rest.p, n}, span);
		at += (uint32_t)n + 1;
		rest = str_from(rest, n + 1);
	}
}

/* The number of "scope name"; a new one, appended, when updating; else an error. */
static uint16_t number_of(struct rows *rows, struct lock *lock, bool update, struct str scope_name,
			  const char *name)
{
	struct str full = arena_printf(lock->arena, "%.*s %s", STR_ARG(scope_name), name);
	struct lock_entry *entry = full.p ? map_get(&lock->numbers, full) : NULL;
	struct lock_scope *scope = scope_of(lock, scope_name);

	if (entry) {
		entry->used = true;
		return entry->number;
	}
	if (!update || !scope || scope->last + 1 >= NUMBER_LIMIT) {
		rows_error(rows, SPAN_NONE, "\"%.*s\" has no number in ids.lock", STR_ARG(full));
		return 0;
	}
	scope->last++;
	buf_printf(&lock->added, "%.*s %u %s\n", STR_ARG(scope_name), scope->last, name);
	if (!put(lock, full, (uint16_t)scope->last, true, SPAN_NONE))
		rows_error(rows, SPAN_NONE, "out of memory");
	return (uint16_t)scope->last;
}

static void apply_structure(struct rows *rows, struct lock *lock, bool update,
			    struct schema_structure *s)
{
	struct str fields = arena_printf(lock->arena, "field %s", s->name);
	struct str variants = arena_printf(lock->arena, "variant %s", s->name);

	s->number = number_of(rows, lock, update, STR("type"), s->name);
	for (size_t i = 0; i < s->field_count; i++)
		((struct schema_field *)&s->fields[i])->number =
			number_of(rows, lock, update, fields, s->fields[i].name);
	for (size_t i = 0; i < s->variant_count; i++)
		((struct schema_variant *)&s->variants[i])->number =
			number_of(rows, lock, update, variants, s->variants[i].name);
}

static void apply_enum(struct rows *rows, struct lock *lock, bool update, struct schema_enum *e)
{
	struct str members = arena_printf(lock->arena, "enum %s", e->name);

	for (size_t i = 0; i < e->count; i++)
		((struct schema_enum_member *)&e->members[i])->number =
			number_of(rows, lock, update, members, e->members[i].name);
}

static void refuse_unused(struct rows *rows, const struct lock *lock)
{
	for (size_t i = 0; i < lock->numbers.count; i++) {
		const struct lock_entry *entry = lock->numbers.entries[i].value;

		if (!entry->used)
			rows_error(
				rows, entry->span,
				"\"%.*s\" has no row any more; a removed row keeps its place, with "
				"the release that removed it in history.stws",
				STR_ARG(lock->numbers.entries[i].key));
	}
}

void lock_apply(struct rows *rows, struct lock *lock, bool update)
{
	for (size_t i = 0; i < rows->schema.structure_count; i++)
		apply_structure(rows, lock, update, &rows->structures[i]);
	for (size_t i = 0; i < rows->schema.enum_count; i++)
		apply_enum(rows, lock, update, &rows->enums[i]);
	refuse_unused(rows, lock);
}
