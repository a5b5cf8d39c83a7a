/*
 * Expressions that were found right before. Large configurations say the same in many objects, and
 * nothing that is asked of an expression depends on the object that holds it: only on the field, on
 * the source (a plan is held to other rules than stw's own form), and on the texts.
 */
#include "stwc/check/expression.h"

/* So many different ones are remembered; more are no repetition. */
#define MEMO_LIMIT 4096

static void put_text(struct buf *out, const struct value *value)
{
	uint64_t n = value->string.n;

	buf_put(out, (const char *)&n, sizeof(n));
	buf_puts(out, value->string);
}

static bool put_cases(struct buf *out, const struct value *match)
{
	for (size_t i = 0; match && i < match->sequence.count; i++) {
		const struct value_object *at = &match->sequence.items[i]->object;
		const struct value *when = value_field_get(at, "if");
		const struct value *then = value_field_get(at, "then");

		if (!expression_is_text(when) || !expression_is_text(then))
			return false;
		put_text(out, when);
		put_text(out, then);
	}
	return true;
}

bool expression_memo_key(const struct rule *rule, const struct value *value, struct buf *key)
{
	const struct value *otherwise = value_field_get(&value->object, "else");

	/* one without else takes that of a default; an update in part is in no image */
	if (!rule->whole || !expression_is_text(otherwise))
		return false;
	buf_put(key, (const char *)&rule->field, sizeof(rule->field));
	buf_put(key, (const char *)&value->span.source, sizeof(value->span.source));
	if (!put_cases(key, value_field_get(&value->object, "match")))
		return false;
	put_text(key, otherwise);
	return !key->failed;
}

const struct str *expression_memo_get(const struct compilation *c, const struct buf *key)
{
	return map_get(&c->state->expression_memo, buf_str(key));
}

bool expression_memo_put(struct compilation *c, const struct buf *key, struct str program)
{
	struct map *memo = &c->state->expression_memo;
	struct str kept;
	struct str *value;

	if (memo->count >= MEMO_LIMIT)
		return true;
	kept = arena_str(&c->arena, buf_str(key));
	value = ARENA_NEW(&c->arena, struct str);
	if (!kept.p || !value)
		return false;
	*value = program;
	return map_put(memo, kept, value);
}
