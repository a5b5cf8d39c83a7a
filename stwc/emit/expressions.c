/* The compiled table of expressions: programs by their places (libstw/program.h). */
#include <errno.h>
#include <stdlib.h>

#include "libstw/program.h"
#include "stwc/emit/plan.h"
#include "stwc/state.h"

struct row {
	struct stw_place place;
	struct str program;
};

static int row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return stw_place_cmp(&x->place, &y->place);
}

static void gather(struct row *rows, const struct compilation *c, const struct plan *plan)
{
	const struct compile_state *state = c->state;

	for (size_t i = 0; i < state->expression_count; i++) {
		const struct compiled_expression *e = &state->expressions[i];

		*rows++ = (struct row){{e->object->type->structure->number, e->object->id,
					e->structure, e->field, 0},
				       e->program};
	}
	for (size_t i = 0; i < plan->default_count; i++) {
		const struct plan_default *d = &plan->defaults[i];

		*rows++ = (struct row){{d->structure, 0, d->structure, d->field, 0}, d->program};
	}
}

/* Each distinct program once, in the order in which rows first need them; rows learn where. */
static bool put_programs(struct plan *plan, struct row *rows, size_t count, size_t start,
			 const struct hash_key *key)
{
	struct map seen; /* program to its offset */
	bool ok = true;

	map_init(&seen, key, NULL);
	for (size_t i = 0; ok && i < count; i++) {
		size_t row = start + 4 + i * STW_PLACE_SIZE;
		void **offset = map_at(&seen, rows[i].program);

		ok = offset && !plan->bytes.failed;
		if (!ok)
			break;
		if (!*offset) {
			*offset = (void *)(uintptr_t)(plan->bytes.n - start);
			buf_put_u32(&plan->bytes, (uint32_t)rows[i].program.n);
			buf_puts(&plan->bytes, rows[i].program);
		}
		if (!plan->bytes.failed)
			buf_patch_u32(&plan->bytes, row + STW_PLACE_SIZE - 4,
				      (uint32_t)(uintptr_t)*offset);
	}
	map_free(&seen);
	return ok;
}

static bool put_table(struct plan *plan, struct row *rows, size_t count, const struct hash_key *key)
{
	size_t start = plan->bytes.n;

	buf_put_u32(&plan->bytes, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		buf_put_u16(&plan->bytes, rows[i].place.type);
		buf_put_u64(&plan->bytes, rows[i].place.id);
		buf_put_u16(&plan->bytes, rows[i].place.structure);
		buf_put_u16(&plan->bytes, rows[i].place.field);
		buf_put_u32(&plan->bytes, 0);
	}
	if (!put_programs(plan, rows, count, start, key))
		return plan_refuse(plan, ENOMEM, "lay out the content of");
	if (plan->bytes.n - start > UINT32_MAX)
		return plan_refuse(plan, EFBIG, "put that many expressions into");
	plan_add(plan, STW_TABLES, start, STW_TABLE_EXPRESSIONS, sizeof(STW_TABLE_EXPRESSIONS) - 1);
	return true;
}

bool plan_expressions(struct plan *plan, struct compilation *c)
{
	size_t count = c->state->expression_count + plan->default_count;
	struct row *rows = count ? calloc(count, sizeof(*rows)) : NULL;
	bool ok = true;

	if (!count)
		return true;
	if (!rows)
		return plan_refuse(plan, ENOMEM, "lay out the content of");
	gather(rows, c, plan);
	qsort(rows, count, sizeof(*rows), row_order);
	for (size_t i = 1; ok && i < count; i++)
		ok = stw_place_cmp(&rows[i - 1].place, &rows[i].place) != 0;
	ok = ok ? put_table(plan, rows, count, &c->hash_key)
		: plan_refuse(plan, EEXIST, "give every expression a place of its own in");
	free(rows);
	return ok;
}
