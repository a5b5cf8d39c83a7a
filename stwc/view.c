/*
 * One view over images and sources. The commands that read ask the same questions of both; here
 * is the only place that knows which of the two it has.
 *
 * An image whose schema is ours is read with our tables, which have the documentation and the
 * order of fields. Any other is read with the shapes that it carries.
 */
#include "stwc/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stwc/defaults.h"
#include "stwc/state.h"

bool view_is_image(const char *path)
{
	char tail[STW_TAIL_SIZE];
	struct stat st;
	bool found = false;
	int fd;

	if (str_ends(str_c(path), STR(".stwi")))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(tail) &&
	    pread(fd, tail, sizeof(tail), st.st_size - (off_t)sizeof(tail)) ==
		    (ssize_t)sizeof(tail))
		found = memcmp(tail + 8, STW_MAGIC, STW_MAGIC_SIZE) == 0;
	(void)close(fd); /* it was only read */
	return found;
}

static bool fail(struct view *view, const char *text)
{
	(void)snprintf(view->fault, sizeof(view->fault), "%s", text);
	return false;
}

static bool no_memory(struct view *view)
{
	view->no_memory = true;
	return fail(view, "out of memory");
}

/* Ours when the digest of the tables is the same. */
static bool choose_schema(struct view *view)
{
	const struct stw_manifest *manifest = stw_image_manifest(view->image);
	struct digest ours;
	struct schema *schema;

	view->c.schema = &schema_builtin;
	if (digest_from_hex(str_c(schema_builtin.digest), &ours) &&
	    digest_eq(&ours, &manifest->schema_digest))
		return true;
	schema = ARENA_NEW(&view->c.arena, struct schema);
	if (!schema || !view_schema_of_image(view->reader, manifest, &view->c.arena, schema))
		return fail(view, "the schema that the image carries cannot be read");
	view->c.schema = schema;
	return true;
}

bool view_open(struct view *view, const char *path)
{
	struct compile_options options = {.from = FORMAT_NONE};
	struct stw_fault fault;

	*view = (struct view){.fd = -1};
	if (!compile_init(&view->c, &options))
		return no_memory(view);
	view->hash_key = view->c.hash_key;
	view->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (view->fd < 0) {
		view->failed_open = true;
		return fail(view, strerror(errno));
	}
	view->image = stw_image_open(view->fd, 0, &fault);
	if (!view->image) {
		view->error = fault.error;
		view->failed_open = fault.error == STW_SYSTEM;
		return fail(view, fault.text);
	}
	view->reader = stw_reader_main(view->image);
	return choose_schema(view);
}

void view_of_sources(struct view *view)
{
	view->fd = -1;
	view->hash_key = view->c.hash_key;
}

void view_close(struct view *view)
{
	size_t i;

	for (i = 0; i < view->table_count; i++)
		buf_free(&view->tables[i].bytes);
	compile_free(&view->c);
	stw_image_close(view->image);
	if (view->fd >= 0)
		(void)close(view->fd); /* it was only read */
}

static bool keep_object(struct view *view, const struct stw_object *record)
{
	struct compilation *c = &view->c;
	const struct schema_structure *structure =
		schema_structure_numbered(c->schema, record->structure);
	struct object *object;

	if (!structure || !structure->object)
		return fail(view, "the image holds an object of an unknown type");
	object = view_decode_object(view, structure->object, record);
	if (!object || !state_grow((void **)&c->objects, &c->object_cap, c->object_count,
				   sizeof(struct object *)))
		return false;
	c->objects[c->object_count++] = object;
	return true;
}

static bool is_loaded(const struct view *view, const struct schema_object *type)
{
	size_t i;

	for (i = 0; type && i < view->c.object_count; i++) {
		if (view->c.objects[i]->type == type)
			return true;
	}
	return false;
}

bool view_load(struct view *view, const struct schema_object *type)
{
	struct stw_iterator *iterator;
	struct stw_object record;
	bool ok = true;

	if (!view->image || is_loaded(view, type))
		return true;
	iterator = stw_iterate(view->reader, type ? type->structure->number : 0);
	if (!iterator)
		return no_memory(view);
	while (ok && stw_iterator_next(iterator, &record))
		ok = keep_object(view, &record);
	stw_iterator_free(iterator);
	if (ok && stw_reader_damaged(view->reader))
		return fail(view, "the image is damaged; stwc verify says more");
	if (!ok && !view->fault[0])
		return no_memory(view);
	return ok;
}

static bool open_made(struct view *view, const struct view_made *made, struct address_table *out)
{
	struct stw_bytes bytes = {(const uint8_t *)made->bytes.p, made->bytes.n};

	return address_table_open(bytes, out) || fail(view, "the address table is not well formed");
}

/* Sources keep entries; the table that is used in place is made of them once. */
static bool table_of_sources(struct view *view, const struct schema_object *type,
			     struct address_table *out)
{
	struct packed *packed = compile_packed(&view->c, type->name);
	struct view_made *made;
	size_t i;

	for (i = 0; i < view->table_count; i++) {
		if (view->tables[i].type == type)
			return open_made(view, &view->tables[i], out);
	}
	if (!packed || !packed->count)
		return address_table_open((struct stw_bytes){NULL, 0}, out);
	if (view->table_count == VIEW_TABLES)
		return fail(view, "too many address tables");
	made = &view->tables[view->table_count++];
	*made = (struct view_made){type, BUF_INIT};
	if (!packed_table(packed, &made->bytes))
		return no_memory(view);
	return open_made(view, made, out);
}

bool view_table(struct view *view, const struct schema_object *type, struct address_table *out)
{
	struct stw_bytes bytes;

	if (!view->image)
		return table_of_sources(view, type, out);
	bytes = stw_address_table(view->reader, type->structure->number);
	return address_table_open(bytes, out) ||
	       fail(view, "an address table of the image is damaged; stwc verify says more");
}

static struct view_place source_place(const struct view *view, uint32_t source, uint32_t line)
{
	const struct stw_manifest *manifest = stw_image_manifest(view->image);

	if (source >= manifest->source_count)
		return (struct view_place){STR_NONE, 0};
	return (struct view_place){manifest->sources[source].name, line};
}

static struct view_place span_place(const struct view *view, struct span span)
{
	struct source *source = sources_get(&view->c.sources, span.source);

	if (!source)
		return (struct view_place){STR_NONE, 0};
	return (struct view_place){source->name, source_position(source, span.begin).line};
}

struct view_place view_place_of(struct view *view, const struct object *object,
				const struct value_field *field, const struct value *value)
{
	uint32_t source, line;

	if (view->image) {
		if (stw_origin(view->reader, object->type->structure->number, object->id,
			       field ? field->field->number : 0, &source, &line))
			return source_place(view, source, line);
		return (struct view_place){STR_NONE, 0};
	}
	if (value && value->span.source)
		return span_place(view, value->span);
	return span_place(view, field ? field->key_span : object->span);
}

struct view_place view_entry_place(struct view *view, const struct address_entry *entry)
{
	const struct source *source;

	if (view->image)
		return source_place(view, entry->source, entry->line);
	source = sources_get(&view->c.sources, entry->source + 1);
	return (struct view_place){source ? source->name : STR_NONE, entry->line};
}

struct value *view_default(struct view *view, const struct schema_structure *structure,
			   const struct schema_field *field)
{
	struct value_object defaults;
	struct stw_bytes record;
	struct value *value;

	/* an image has the defaults of the schema that it was built with */
	if (view->image && stw_defaults(view->reader, structure->number, &record) &&
	    view_decode_fields(view, structure, record, &defaults)) {
		value = value_field_get(&defaults, field->name);
		if (value)
			return value;
	}
	return defaults_field(&view->c, structure, field);
}
