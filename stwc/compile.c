/*
 * The compiler, from sources to checked objects.
 *
 * One compilation owns an arena in which everything that matters lives until the end: the
 * folded bodies, the bound values, the diagnostics. A second arena is scratch space for one
 * top-level element at a time, so that a plan of a million addresses never stands in memory
 * as a tree.
 *
 *     load     opens each input, chooses its format and dialect, and turns elements into
 *              drafts (an object before binding) or, for packed types, straight into entries
 *     fold     merges what later plan lines and overlays say into earlier drafts
 *     bind     holds each draft against the reference and makes values
 *     resolve  gives every object its identity and id, finds the targets of references, and
 *              refuses what must be unique and is not
 *     check    runs the named semantic checks over the finished objects
 *
 * Invariants. A pass never stops at the first mistake: what is wrong becomes a diagnostic and
 * is left out of the value, and no later pass complains about its absence. Nothing depends on
 * the clock, the host, the environment or the order of a directory. Memory that runs out is
 * remembered by the arenas and ends the compilation with `false`, never with a guess.
 */
#include "stwc/compile.h"

#include <stdlib.h>

#include "base/huge.h"
#include "stwc/check/check.h"
#include "stwc/state.h"

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
	huge_advise(grown, bytes);
	*array = grown;
	*cap = want;
	return true;
}

bool compile_init(struct compilation *c, const struct compile_options *options)
{
	struct compile_state *state;

	*c = (struct compilation){.schema = &schema_builtin, .options = *options};
	arena_init(&c->arena, 256 * 1024);
	arena_init(&c->scratch, 256 * 1024);
	sources_init(&c->sources, &c->arena);
	diags_init(&c->diags, &c->arena);
	if (!hash_key_random(&c->hash_key))
		return false;
	state = ARENA_NEW(&c->arena, struct compile_state);
	if (!state)
		return false;
	c->state = state;
	map_init(&state->draft_index, &c->hash_key, &c->arena);
	map_init(&state->object_names, &c->hash_key, &c->arena);
	map_init(&state->defaults_memo, &c->hash_key, &c->arena);
	return true;
}

static bool bind_drafts(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->state->draft_count; i++) {
		struct draft *draft = &c->state->drafts[i];
		struct object *object;

		if (draft->dropped)
			continue;
		object = bind_draft(c, draft);
		if (!object || !state_grow((void **)&c->objects, &c->object_cap, c->object_count,
					   sizeof(struct object *)))
			return false;
		if (!draft->check_only)
			c->objects[c->object_count++] = object;
	}
	return !c->arena.failed;
}

bool compile_run(struct compilation *c, const struct input *inputs, size_t count)
{
	bool ok = load_inputs(c, inputs, count) && bootstrap_expand(c) && bind_drafts(c) &&
		  packed_finish(c) && resolve_objects(c) && check_run(c);

	mask_suspects(c);
	diags_sort(&c->diags);
	return ok && !c->unreadable && !c->arena.failed && !c->diags.failed;
}

void compile_free(struct compilation *c)
{
	size_t i;

	if (c->state) {
		for (i = 0; i < c->state->text_count; i++) {
			if (c->state->texts[i].reader)
				reader_close(c->state->texts[i].reader);
			/* a source may hold an inline secret, known or only suspected */
			if (c->inline_secrets || c->diags.count)
				buf_wipe(&c->state->texts[i].bytes);
			buf_free(&c->state->texts[i].bytes);
		}
		free(c->state->texts);
		free(c->state->drafts);
	}
	for (i = 0; i < c->packed_count; i++)
		packed_free(&c->packed[i]);
	free(c->packed);
	free(c->objects);
	arena_free(&c->scratch);
	arena_free(&c->arena);
}

static struct str name_key(struct arena *arena, const struct schema_object *type, struct str name)
{
	return arena_printf(arena, "%s/%.*s", type->name, STR_ARG(name));
}

struct object *compile_find(const struct compilation *c, const struct schema_object *type,
			    struct str name)
{
	char text[512];
	size_t type_length = strlen(type->name);

	if (type_length + 1 + name.n > sizeof(text)) {
		struct str key = name_key(&((struct compilation *)(uintptr_t)c)->arena, type, name);

		return key.p ? map_get(&c->state->object_names, key) : NULL;
	}
	memcpy(text, type->name, type_length);
	text[type_length] = '/';
	if (name.n)
		memcpy(text + type_length + 1, name.p, name.n);
	return map_get(&c->state->object_names, (struct str){text, type_length + 1 + name.n});
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

struct packed *compile_packed(const struct compilation *c, const char *type)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		if (strcmp(c->packed[i].type->name, type) == 0)
			return &c->packed[i];
	}
	return NULL;
}
