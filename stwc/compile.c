/*
 * The compiler, from sources to checked objects.
 *
 * One compilation owns an arena in which everything that matters lives until the end: the bound
 * values, the diagnostics, the texts that are no slices of a source. A second one holds the
 * trees that were read; binding hands it over to the first piece by piece, so that a value often
 * lies where a node was a moment ago. A third is scratch space for one top-level element at a
 * time, so that a plan of a million addresses never stands in memory as a tree.
 *
 *     load     opens each input, chooses its format and dialect, and turns elements into
 *              drafts (an object before binding) or, for packed types, straight into entries
 *     fold     merges what later plan lines and overlays say into earlier drafts: an update names
 *              one by its client id, an overlay also by its key, an upsert by fields alone
 *     bind     holds each draft against the reference and makes values
 *     identify gives every object its identity and id
 *     resolve  finds the targets of references
 *     unique   refuses what must be unique and is not
 *     check    runs the named semantic checks over the finished objects
 *
 * Objects are found by indexes, one set per type, and never by a walk over all of them; what is
 * lenient and what is strict goes by the source in which a value stands.
 *
 * Invariants. A pass never stops at the first mistake: what is wrong becomes a diagnostic and
 * is left out of the value, and no later pass complains about its absence. Nothing depends on
 * the clock, the host, the environment or the order of a directory. Memory that runs out is
 * remembered by the arenas and ends the compilation with `false`, never with a guess.
 */
#include "stwc/compile.h"

#include <stdlib.h>

#include "base/num.h"
#include "stwc/check/check.h"
#include "engine/regex.h"
#include "stwc/state.h"
#include "stwc/stream.h"

bool state_grow(void **array, size_t *cap, size_t count, size_t size)
{
	size_t want, bytes;
	void *grown;

	if (count < *cap)
		return true;
	want = *cap ? *cap + *cap / 2 : 64;
	if (mul_overflows(want, size, &bytes))
		return false;
	grown = realloc(*array, bytes);
	if (!grown)
		return false;
	*array = grown;
	*cap = want;
	return true;
}

bool compile_target(const char *version, const char **out)
{
	uint64_t patch;

	if (strcmp(version, "0.16") == 0) {
		*out = NULL;
		return true;
	}
	if (strncmp(version, "0.16.", 5) != 0 || num_u64(str_c(version + 5), &patch) != NUM_OK ||
	    (version[5] == '0' && version[6]) ||
	    schema_version_cmp(version, schema_builtin.version) > 0)
		return false;
	*out = version;
	return true;
}

bool compile_init(struct compilation *c, const struct compile_options *options)
{
	struct compile_state *state;
	size_t i;

	*c = (struct compilation){.schema = options->schema ? options->schema : &schema_builtin,
				  .options = *options};
	arena_init(&c->arena, 256 * 1024);
	/* small pieces where a sanitizer looks on: what is used after it was handed over is found
	 */
	arena_init(&c->nodes, ARENA_POISONS ? 512 : 256 * 1024);
	arena_init(&c->scratch, 256 * 1024);
	sources_init(&c->sources, &c->arena);
	diags_init(&c->diags, &c->arena);
	if (!hash_key_random(&c->hash_key))
		return false;
	state = ARENA_NEW(&c->arena, struct compile_state);
	if (!state)
		return false;
	state->types = ARENA_ARRAY(&c->arena, struct type_state, c->schema->object_count);
	state->hints = ARENA_ARRAY(&c->arena, struct field_hint, c->schema->structure_count);
	if (!state->types || !state->hints)
		return false;
	c->state = state;
	for (i = 0; i < c->schema->object_count; i++) {
		struct type_state *type = &state->types[i];

		/* these grow large, and an arena would keep every size they had */
		map_init(&type->drafts, &c->hash_key, NULL);
		map_init(&type->names, &c->hash_key, NULL);
		map_init(&type->matches, &c->hash_key, &c->arena);
	}
	map_init(&state->defaults_memo, &c->hash_key, &c->arena);
	map_init(&state->plan_names, &c->hash_key, NULL);
	map_init(&state->expression_memo, &c->hash_key, NULL);
	return true;
}

static bool keep_aside(struct compile_state *state, struct object *object)
{
	if (!state_grow((void **)&state->asides, &state->aside_cap, state->aside_count,
			sizeof(struct object *)))
		return false;
	state->asides[state->aside_count++] = object;
	return true;
}

static bool keep_object(struct compilation *c, struct object *object)
{
	struct type_state *type = type_state(c, object->type);

	if (!state_grow((void **)&c->objects, &c->object_cap, c->object_count,
			sizeof(struct object *)))
		return false;
	c->objects[c->object_count++] = object;
	type->objects++;
	if (type->last)
		type->last->next = object;
	else
		type->first = object;
	type->last = object;
	return true;
}

static bool bind_one(struct compilation *c, struct draft *draft)
{
	if (draft->dropped)
		return true;
	draft->object = bind_draft(c, draft);
	draft->body = NULL;
	return draft->object && (draft->check_only ? keep_aside(c->state, draft->object)
						   : keep_object(c, draft->object));
}

/* The oldest chunk of nodes that a draft or one behind it needs. A body is made before what is in
 * it, and folding adds what is younger; where the body is none of these nodes, all may be. */
static size_t *oldest_needed(const struct compile_state *state, const struct arena_relay *relay)
{
	size_t *needed = calloc(state->draft_count + 1, sizeof(size_t)), i;

	if (!needed)
		return NULL;
	needed[state->draft_count] = SIZE_MAX;
	for (i = state->draft_count; i-- > 0;) {
		size_t number = state->drafts[i].dropped
					? SIZE_MAX
					: arena_relay_number(relay, state->drafts[i].body);

		needed[i] = number < needed[i + 1] ? number : needed[i + 1];
	}
	return needed;
}

/* Nodes and values need as much memory as each other, and are never looked at together. */
static bool bind_drafts(struct compilation *c)
{
	struct compile_state *state = c->state;
	struct arena_relay relay;
	size_t *needed, i;
	bool ok;

	if (!arena_relay_start(&relay, &c->nodes, &c->arena))
		return false;
	needed = oldest_needed(state, &relay);
	ok = needed;
	for (i = 0; ok && i < state->draft_count; i++) {
		arena_relay_pass(&relay, needed[i]);
		ok = bind_one(c, &state->drafts[i]);
	}
	free(needed);
	arena_relay_end(&relay);
	return ok && !c->arena.failed;
}

bool compile_run(struct compilation *c, const struct input *inputs, size_t count)
{
	bool ok = load_inputs(c, inputs, count) && bootstrap_expand(c) && bind_drafts(c) &&
		  packed_finish(c) && identify_objects(c) && resolve_objects(c) &&
		  plan_circles(c) && unique_check(c) && check_run(c);

	allow_finish(c);
	mask_suspects(c);
	load_report_lost(c);
	diags_sort(&c->diags);
	return ok && !c->unreadable && !c->arena.failed && !c->diags.failed;
}

bool compile_source_digest(const struct compilation *c, size_t index, struct digest *out)
{
	const struct stream *stream =
		index < c->state->text_count ? c->state->texts[index].stream : NULL;
	const struct digest *known = stream ? stream_digest(stream) : NULL;
	struct str text;

	if (known) {
		*out = *known;
		return true;
	}
	text = source_text(c->sources.all[index]);
	return digest_of(text.p, text.n, out);
}

static void free_indexes(struct type_state *type)
{
	size_t i;

	map_free(&type->drafts);
	map_free(&type->names);
	for (i = 0; i < type->matches.count; i++)
		map_free(&((struct match_index *)type->matches.entries[i].value)->drafts);
}

static void free_state(const struct compilation *c, struct compile_state *state)
{
	size_t i;

	for (i = 0; i < state->text_count; i++) {
		if (state->texts[i].reader)
			reader_close(state->texts[i].reader);
		/* a source may hold an inline secret, known or only suspected */
		if (c->inline_secrets || c->diags.count)
			buf_wipe(&state->texts[i].bytes);
		buf_free(&state->texts[i].bytes);
		stream_close(state->texts[i].stream, c->inline_secrets || c->diags.count);
	}
	for (i = 0; i < c->schema->object_count; i++)
		free_indexes(&state->types[i]);
	map_free(&state->plan_names);
	map_free(&state->expression_memo);
	free(state->texts);
	free(state->drafts);
	free(state->siblings);
	free(state->asides);
	free(state->expressions);
	regex_cache_free(state->regexes);
}

void compile_free(struct compilation *c)
{
	size_t i;

	if (c->state)
		free_state(c, c->state);
	for (i = 0; i < c->packed_count; i++)
		packed_free(&c->packed[i]);
	free(c->packed);
	free(c->objects);
	arena_free(&c->scratch);
	arena_free(&c->nodes);
	arena_free(&c->arena);
}

struct object *compile_find(const struct compilation *c, const struct schema_object *type,
			    struct str name)
{
	return map_get(&type_state(c, type)->names, name);
}

struct object *compile_first(const struct compilation *c, const char *type)
{
	const struct schema_object *found = schema_object_find(c->schema, str_c(type));

	return found ? type_state(c, found)->first : NULL;
}

struct object *compile_singleton(const struct compilation *c, const char *type)
{
	size_t i;

	for (i = 0; i < c->object_count; i++) {
		if (c->objects[i]->type->kind == OBJECT_SINGLETON &&
		    strcmp(c->objects[i]->type->name, type) == 0)
			return c->objects[i];
	}
	return NULL;
}

const struct object *compile_referred(const struct compilation *c, const struct value *reference)
{
	size_t i;

	if (!reference || reference->kind != VALUE_REFERENCE)
		return NULL;
	if (reference->reference.target)
		return reference->reference.target;
	for (i = 0; reference->reference.id && i < c->object_count; i++) {
		if (c->objects[i]->id == reference->reference.id &&
		    c->objects[i]->type->kind == OBJECT_COLLECTION)
			return c->objects[i];
	}
	return NULL;
}

struct packed *compile_packed(const struct compilation *c, const char *type)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		if (strcmp(c->packed[i].type->name, type) == 0)
			return &c->packed[i];
	}
	return NULL;
}
