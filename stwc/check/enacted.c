/* What the configuration says and stwd does not act on: named for --for stwd, by type. */
#include "base/buf.h"
#include "libstw/format.h"
#include "stwc/check/check.h"

#include <inttypes.h>

struct group {
	const struct schema_object *type;
	struct span span; /* of the first object */
	size_t objects;
	const struct schema_field *fields[64];
	size_t field_count;
	bool whole; /* the type, or the variant, is not enacted at all */
};

static void note_field(struct group *group, const struct schema_field *field)
{
	size_t i;

	for (i = 0; i < group->field_count; i++) {
		if (group->fields[i] == field)
			return;
	}
	if (group->field_count < ARRAY_LEN(group->fields))
		group->fields[group->field_count++] = field;
}

static void gather(struct group *group, const struct object *object)
{
	bool variant_off = object->body.variant && !object->body.variant->runtime;
	size_t before = group->field_count, i;

	if (!object->type->runtime || variant_off)
		group->whole = true;
	for (i = 0; !group->whole && i < object->body.count; i++) {
		if (!object->body.fields[i].field->runtime)
			note_field(group, object->body.fields[i].field);
	}
	if (!group->whole && group->field_count == before && group->objects == 0)
		return;
	if (!group->objects++)
		group->span = object->span;
}

static void report(struct compilation *c, const struct group *group)
{
	struct buf names = BUF_INIT;
	size_t i;

	for (i = 0; i < group->field_count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", group->fields[i]->name);
	if (group->whole)
		diag_add(&c->diags, DIAG_NOT_ENACTED, group->span,
			 "stwd does not enact %s (%zu object%s)", group->type->name, group->objects,
			 group->objects == 1 ? "" : "s");
	else
		diag_add(&c->diags, DIAG_NOT_ENACTED, group->span,
			 "stwd does not enact these fields of %s: %.*s", group->type->name,
			 STR_ARG(buf_str(&names)));
	buf_free(&names);
}

/* The server sets no bound; where stwd has one, what is above it is not acted on either. */
static void report_threads(struct compilation *c, const struct object *settings)
{
	const struct value *threads = value_field_get(&settings->body, "threadPoolSize");

	if (threads && threads->number > STW_LIMIT_THREADS)
		diag_add(&c->diags, DIAG_NOT_ENACTED, threads->span,
			 "stwd runs at most %u threads in a role, not the %" PRIu64
			 " of threadPoolSize",
			 STW_LIMIT_THREADS, threads->number);
}

void check_enacted(struct compilation *c)
{
	const struct object *settings = compile_first(c, "SystemSettings");
	size_t i, j;

	if (c->options.audience != FOR_STWD)
		return;
	if (settings)
		report_threads(c, settings);
	for (i = 0; i < c->schema->object_count; i++) {
		struct group group = {.type = &c->schema->objects[i]};

		for (j = 0; j < c->object_count; j++) {
			if (c->objects[j]->type == group.type)
				gather(&group, c->objects[j]);
		}
		if (group.objects)
			report(c, &group);
	}
}
