/* ids.h: the permanent numbers as enum constants, for what reads images. */
#include "schemas/schemac/schemac.h"

/* One enum; two names that make the same identifier are an error. */
struct scope {
	struct rows *rows;
	struct buf *out;
	struct map seen;
	const char *prefix; /* "STW_FIELD_" */
	const char *owner;  /* "NetworkListener", or NULL */
};

static void open_scope(struct scope *scope, struct rows *rows, struct buf *out, const char *prefix,
		       const char *owner)
{
	*scope = (struct scope){.rows = rows, .out = out, .prefix = prefix, .owner = owner};
	map_init(&scope->seen, rows->key, rows->arena);
	buf_puts(out, STR("enum {\n"));
}

static void put_id(struct scope *scope, const char *name, unsigned number)
{
	struct buf id = BUF_INIT;
	struct str text;

	buf_puts(&id, str_c(scope->prefix));
	if (scope->owner) {
		emit_identifier(&id, scope->owner);
		buf_putc(&id, '_');
	}
	emit_identifier(&id, name);
	text = arena_str(scope->rows->arena, buf_str(&id));
	buf_free(&id);
	if (map_has(&scope->seen, text) || !map_put(&scope->seen, text, scope))
		rows_error(scope->rows, SPAN_NONE, "two names give the identifier %.*s",
			   STR_ARG(text));
	buf_printf(scope->out, "\t%.*s = %u,\n", STR_ARG(text), number);
}

static void close_scope(struct scope *scope)
{
	buf_puts(scope->out, STR("};\n\n"));
}

static void put_structure(struct rows *rows, struct buf *out, const struct schema_structure *s)
{
	struct scope scope;

	if (s->field_count) {
		open_scope(&scope, rows, out, "STW_FIELD_", s->name);
		for (size_t i = 0; i < s->field_count; i++)
			put_id(&scope, s->fields[i].name, s->fields[i].number);
		close_scope(&scope);
	}
	if (s->variant_count) {
		open_scope(&scope, rows, out, "STW_VARIANT_", s->name);
		for (size_t i = 0; i < s->variant_count; i++)
			put_id(&scope, s->variants[i].name, s->variants[i].number);
		close_scope(&scope);
	}
}

static void put_enum(struct rows *rows, struct buf *out, const struct schema_enum *e)
{
	struct scope scope;

	open_scope(&scope, rows, out, "STW_ENUM_", e->name);
	for (size_t i = 0; i < e->count; i++)
		put_id(&scope, e->members[i].name, e->members[i].number);
	close_scope(&scope);
}

void emit_ids(struct rows *rows, struct buf *out, const struct schema *schema)
{
	struct scope scope;

	buf_puts(out, STR("/* Made by schemac from schemas/ids.lock; not to be edited. */\n"
			  "#ifndef STW_LIBSTW_IDS_H\n#define STW_LIBSTW_IDS_H\n\n"));
	buf_printf(out, "#define STW_SCHEMA_VERSION \"%s\"\n", schema->version);
	buf_printf(out, "#define STW_SCHEMA_DIGEST \"%s\"\n\n", schema->digest);
	open_scope(&scope, rows, out, "STW_TYPE_", NULL);
	for (size_t i = 0; i < schema->structure_count; i++)
		put_id(&scope, schema->structures[i].name, schema->structures[i].number);
	close_scope(&scope);
	for (size_t i = 0; i < schema->structure_count; i++)
		put_structure(rows, out, &schema->structures[i]);
	for (size_t i = 0; i < schema->enum_count; i++)
		put_enum(rows, out, &schema->enums[i]);
	buf_puts(out, STR("#endif\n"));
}
