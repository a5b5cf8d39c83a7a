/*
 * A value of 0.15 that 0.16 refuses, an expression over a variable that is gone or a number out of
 * bounds, must not keep all others from being carried. Which values those are only the binder and
 * the checks know; so the settings at which errors stand are left out, and the inputs compiled
 * again, until there is no error, or one that no setting answers for.
 */
#include "stwc/settings_retry.h"

#include <stdlib.h>

#include "stwc/settings.h"

void settings_retry_init(struct settings_retry *retry)
{
	*retry = (struct settings_retry){.refusals = NULL};
	arena_init(&retry->arena, 4096);
	map_init(&retry->known, &retry->hash_key, &retry->arena);
}

void settings_retry_free(struct settings_retry *retry)
{
	arena_free(&retry->arena);
	free(retry->refusals);
}

static bool has(struct span outer, struct span inner)
{
	return outer.source == inner.source && outer.begin <= inner.begin && inner.end <= outer.end;
}

/* The values of a file follow each other as its keys do: the last one that begins no later. */
static const struct setting *near(const struct settings *s, struct span place)
{
	size_t low = 0, high = s->keys.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct setting *setting = s->keys.entries[middle].value;

		if (setting->span.begin <= place.begin)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? s->keys.entries[low - 1].value : NULL;
}

/* The setting at whose key or value the place is. Most stand where the order says; a key is looked
 * for among all. */
static const struct setting *setting_at(const struct compilation *c, struct span place)
{
	const struct settings *s;
	size_t i;

	for (s = c->state->settings; s; s = s->next) {
		const struct setting *likely = near(s, place);

		if (likely && has(likely->span, place))
			return likely;
		for (i = 0; i < s->keys.count; i++) {
			const struct setting *setting = s->keys.entries[i].value;

			if (has(setting->key_span, place) || has(setting->span, place))
				return setting;
		}
	}
	return NULL;
}

static struct str name_of(struct arena *arena, const struct setting *setting)
{
	return arena_printf(arena, "%u:%.*s", setting->key_span.source, STR_ARG(setting->key));
}

static bool add(struct settings_retry *retry, const struct setting *setting, struct str name,
		const struct diag *diag)
{
	struct compile_refusal *refusal;

	if (!state_grow((void **)&retry->refusals, &retry->cap, retry->count,
			sizeof(struct compile_refusal)))
		return false;
	refusal = &retry->refusals[retry->count];
	refusal->source = setting->key_span.source;
	refusal->key = arena_str(&retry->arena, setting->key);
	refusal->why = STR("0.16 refuses the value");
	if (!diag->secret)
		refusal->why = arena_printf(&retry->arena, "0.16 refuses it: %.*s%s%.*s",
					    STR_ARG(diag->message), diag->context.n ? ", " : "",
					    STR_ARG(diag->context));
	if (!refusal->key.p || !refusal->why.p || !map_put(&retry->known, name, (void *)setting))
		return false;
	retry->count++;
	return true;
}

bool settings_retry_add(struct settings_retry *retry, const struct compilation *c)
{
	size_t before = retry->count, i;

	if (!c->state)
		return false;
	if (!before)
		retry->hash_key = c->hash_key;
	for (i = 0; i < c->diags.count; i++) {
		const struct diag *diag = &c->diags.all[i];
		const struct setting *setting;
		struct str name;

		if (diag->severity != SEVERITY_ERROR)
			continue;
		if (diag->code == DIAG_SYNTAX)
			return false; /* no value is at fault, and nothing is written */
		setting = setting_at(c, diag->span);
		name = setting ? name_of(&retry->arena, setting) : STR_NONE;
		if (!name.n)
			return false;
		if (!map_has(&retry->known, name) && !add(retry, setting, name, diag))
			return false;
	}
	return retry->count > before;
}
