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

/* The setting at whose key or value the place is. */
static const struct setting *setting_at(const struct compilation *c, struct span place)
{
	const struct settings *s;
	size_t i;

	for (s = c->state->settings; s; s = s->next) {
		for (i = 0; i < s->keys.count; i++) {
			const struct setting *setting = s->keys.entries[i].value;

			if (has(setting->key_span, place) || has(setting->span, place))
				return setting;
		}
	}
	return NULL;
}

static bool is_known(const struct settings_retry *retry, const struct setting *setting)
{
	size_t i;

	for (i = 0; i < retry->count; i++) {
		if (retry->refusals[i].source == setting->key_span.source &&
		    str_eq(retry->refusals[i].key, setting->key))
			return true;
	}
	return false;
}

static bool add(struct settings_retry *retry, const struct setting *setting,
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
	if (!refusal->key.p || !refusal->why.p)
		return false;
	retry->count++;
	return true;
}

bool settings_retry_add(struct settings_retry *retry, const struct compilation *c)
{
	size_t before = retry->count, i;

	if (!c->state)
		return false;
	for (i = 0; i < c->diags.count; i++) {
		const struct diag *diag = &c->diags.all[i];
		const struct setting *setting;

		if (diag->severity != SEVERITY_ERROR)
			continue;
		setting = setting_at(c, diag->span);
		if (!setting)
			return false;
		if (!is_known(retry, setting) && !add(retry, setting, diag))
			return false;
	}
	return retry->count > before;
}
