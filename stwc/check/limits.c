/* The limits that compiler and daemon share (libstw/format.h): said at 80 %, before they are met.
 */
#include "libstw/format.h"
#include "stwc/check/check.h"

void check_near(struct compilation *c, struct span span, const char *what, uint64_t count,
		uint64_t limit)
{
	if (count < limit / 10 * 8 || count > limit)
		return;
	diag_add(&c->diags, DIAG_NEAR_LIMIT, span, "%llu %s are near the limit of %llu",
		 (unsigned long long)count, what, (unsigned long long)limit);
}

static void check_threads(struct compilation *c)
{
	const struct object *settings = compile_singleton(c, "SystemSettings");
	const struct value *threads =
		settings ? value_field_get(&settings->body, "threadPoolSize") : NULL;

	if (c->options.audience == FOR_STWD && threads && threads->kind == VALUE_UNSIGNED)
		check_near(c, threads->span, "threads of a role", threads->number,
			   STW_LIMIT_THREADS);
}

void check_limits(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++)
		check_near(c, SPAN_NONE, c->packed[i].type->name, c->packed[i].count,
			   STW_LIMIT_PACKED);
	check_near(c, SPAN_NONE, "objects", c->object_count, STW_LIMIT_OBJECTS);
	check_threads(c);
}
