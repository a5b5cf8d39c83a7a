/*
 * The schema of an image as tables: names and numbers from its shapes, in the form that the
 * rest of the compiler knows. It has no documentation, bounds or defaults, and none are needed
 * to say what the image holds. Whether a type is a singleton the shapes do not tell: our own
 * reference does, and for a type that we do not know, the identity of its object.
 */
#include <stdlib.h>

#include "libstw/image.h"
#include "libstw/scan.h"
#include "libstw/shape.h"
#include "stwc/view.h"

struct maker {
	struct stw_reader *reader;
	struct arena *arena;
	struct schema_structure *structures;
	size_t structure_count;
	struct schema_enum *enums;
	size_t enum_count;
};

/* With the NUL that names of the tables have. */
static const char *keep_name(struct maker *m, struct str name)
{
	return arena_str(m->arena, name).p;
}

/* ---- enums ---- */

static bool read_members(struct maker *m, struct stw_bytes bytes, struct schema_enum *out)
{
	struct stw_scan scan = stw_scan_of(bytes);
	uint16_t count = stw_scan_u16(&scan);
	struct schema_enum_member *members =
		ARENA_ARRAY(m->arena, struct schema_enum_member, (size_t)count + 1);
	uint16_t i;

	if (!members)
		return false;
	for (i = 0; i < count; i++) {
		members[i].number = stw_scan_u16(&scan);
		members[i].name = keep_name(m, stw_scan_str(&scan));
		if (scan.damaged || !members[i].name)
			return false;
	}
	out->members = members;
	out->count = count;
	return true;
}

/* Positions in the order of names, for look-ups. */
static bool sort_members(struct maker *m, struct schema_enum *e)
{
	uint16_t *order = ARENA_ARRAY(m->arena, uint16_t, (size_t)e->count + 1);
	uint16_t i, at;

	if (!order)
		return false;
	for (i = 0; i < e->count; i++) {
		for (at = i;
		     at > 0 && strcmp(e->members[order[at - 1]].name, e->members[i].name) > 0; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	e->by_name = order;
	return true;
}

static bool read_enums(struct maker *m)
{
	static const uint8_t prefix[] = {STW_SCHEMA_ENUM};
	struct stw_bytes key, value;
	struct stw_range *range = stw_range_new(m->reader->view, STW_SCHEMA,
						(struct stw_bytes){prefix, sizeof(prefix)});
	bool ok = range != NULL;

	while (ok && stw_range_next(range, &key, &value)) {
		struct schema_enum *e = &m->enums[m->enum_count++];

		e->name = keep_name(m, (struct str){(const char *)key.p + 1, key.n - 1});
		ok = e->name && read_members(m, value, e) && sort_members(m, e);
	}
	stw_range_free(range);
	return ok;
}

/* ---- structures ---- */

static int by_name(const void *a, const void *b)
{
	/* every row of the tables begins with its name */
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool read_structures(struct maker *m)
{
	static const uint8_t prefix[] = {STW_SCHEMA_STRUCTURE};
	struct stw_bytes key, value;
	struct stw_range *range = stw_range_new(m->reader->view, STW_SCHEMA,
						(struct stw_bytes){prefix, sizeof(prefix)});
	struct stw_shape shape;
	bool ok = range != NULL;

	while (ok && stw_range_next(range, &key, &value)) {
		struct schema_structure *s = &m->structures[m->structure_count++];

		ok = key.n == 3 && stw_shape_get(m->reader, stw_be16(key.p + 1), &shape);
		if (!ok)
			break;
		s->name = keep_name(m, shape.name);
		s->number = shape.structure;
		s->kind = shape.kind == STW_SHAPE_UNION ? STRUCTURE_UNION : STRUCTURE_SINGLE;
		ok = s->name != NULL;
	}
	stw_range_free(range);
	if (ok && m->structure_count)
		qsort(m->structures, m->structure_count, sizeof(*m->structures), by_name);
	return ok;
}

static struct schema_structure *structure_numbered(const struct maker *m, uint16_t number)
{
	size_t i;

	for (i = 0; i < m->structure_count; i++) {
		if (m->structures[i].number == number)
			return &m->structures[i];
	}
	return NULL;
}

static enum type_kind kind_of(enum stw_kind kind)
{
	switch (kind) {
	case STW_KIND_BOOLEAN: return TYPE_BOOLEAN;
	case STW_KIND_UNSIGNED: return TYPE_UNSIGNED;
	case STW_KIND_INTEGER: return TYPE_INTEGER;
	case STW_KIND_FLOAT: return TYPE_FLOAT;
	case STW_KIND_SIZE: return TYPE_SIZE;
	case STW_KIND_DURATION: return TYPE_DURATION;
	case STW_KIND_STRING: return TYPE_STRING;
	case STW_KIND_SECRET: return TYPE_SECRET;
	case STW_KIND_ADDRESS: return TYPE_IP_ADDRESS;
	case STW_KIND_NETWORK: return TYPE_IP_NETWORK;
	case STW_KIND_SOCKET: return TYPE_SOCKET_ADDRESS;
	case STW_KIND_DATE: return TYPE_DATE_TIME;
	case STW_KIND_REFERENCE: return TYPE_REFERENCE;
	case STW_KIND_ENUM: return TYPE_ENUM;
	case STW_KIND_OBJECT: return TYPE_OBJECT;
	case STW_KIND_LIST: return TYPE_LIST;
	case STW_KIND_SET: return TYPE_SET;
	case STW_KIND_MAP: return TYPE_MAP;
	}
	return TYPE_STRING;
}

static const struct schema_enum *enum_named(const struct maker *m, struct str name)
{
	size_t i;

	for (i = 0; i < m->enum_count; i++) {
		if (str_eq_c(name, m->enums[i].name))
			return &m->enums[i];
	}
	return NULL;
}

/* The image need not hold the shape of what a reference leads to; the number is permanent, so
 * ours has the name, unless the type is newer than we are. */
static const struct schema_object *target_numbered(uint16_t number)
{
	static const struct schema_object unknown = {.name = "?", .wire_name = "?"};
	const struct schema_structure *ours = schema_structure_numbered(&schema_builtin, number);

	return ours && ours->object ? ours->object : &unknown;
}

/* stw_type_read has cut types that are nested too deep. */
static const struct schema_type *make_type(struct maker *m, const struct stw_type *from)
{
	struct schema_type *type = ARENA_NEW(m->arena, struct schema_type);
	struct stw_type inner;

	if (!type)
		return NULL;
	type->kind = (uint8_t)kind_of((enum stw_kind)from->kind);
	type->nullable = from->nullable;
	if (type->kind == TYPE_OBJECT) {
		type->structure = structure_numbered(m, from->structure);
		if (!type->structure)
			return NULL;
	} else if (type->kind == TYPE_REFERENCE) {
		type->target = target_numbered(from->structure);
	} else if (type->kind == TYPE_ENUM) {
		type->members = enum_named(m, from->enumeration);
		if (!type->members)
			return NULL;
	}
	if (type->kind == TYPE_MAP) {
		if (!stw_type_read(from->key, &inner))
			return NULL;
		type->key = make_type(m, &inner);
		if (!type->key)
			return NULL;
	}
	if (type->kind == TYPE_LIST || type->kind == TYPE_SET || type->kind == TYPE_MAP) {
		if (!stw_type_read(from->element, &inner))
			return NULL;
		type->element = make_type(m, &inner);
		if (!type->element)
			return NULL;
	}
	return type;
}

static bool make_fields(struct maker *m, const struct stw_shape *shape, struct schema_structure *s)
{
	struct schema_field *fields =
		ARENA_ARRAY(m->arena, struct schema_field, (size_t)shape->count + 1);
	struct stw_shape_member member;
	size_t at = 0, n = 0;

	while (fields && n < shape->count && stw_shape_next(shape, &at, &member)) {
		fields[n].name = keep_name(m, member.name);
		fields[n].number = member.number;
		fields[n].type = make_type(m, &member.type);
		if (!fields[n].name || !fields[n].type)
			return false;
		n++;
	}
	if (!fields || n != shape->count)
		return false;
	if (n)
		qsort(fields, n, sizeof(*fields), by_name);
	s->fields = fields;
	s->field_count = shape->count;
	return true;
}

static bool make_variants(struct maker *m, const struct stw_shape *shape,
			  struct schema_structure *s)
{
	struct schema_variant *variants =
		ARENA_ARRAY(m->arena, struct schema_variant, (size_t)shape->count + 1);
	struct stw_shape_member member;
	size_t at = 0, n = 0;

	while (variants && n < shape->count && stw_shape_next(shape, &at, &member)) {
		variants[n].name = keep_name(m, member.name);
		variants[n].number = member.number;
		variants[n].body = member.body ? structure_numbered(m, member.body) : NULL;
		if (!variants[n].name || (member.body && !variants[n].body))
			return false;
		n++;
	}
	if (!variants || n != shape->count)
		return false;
	s->variants = variants;
	s->variant_count = shape->count;
	return true;
}

static bool fill_structures(struct maker *m)
{
	struct stw_shape shape;
	size_t i;

	for (i = 0; i < m->structure_count; i++) {
		struct schema_structure *s = &m->structures[i];

		if (!stw_shape_get(m->reader, s->number, &shape))
			return false;
		if (!(s->kind == STRUCTURE_UNION ? make_variants(m, &shape, s)
						 : make_fields(m, &shape, s)))
			return false;
	}
	return true;
}

/* ---- objects ---- */

/* A type of which the image holds objects: as our reference knows it, or as the image shows it. */
static bool make_object(struct maker *m, struct schema_structure *s, struct schema_object *out)
{
	const struct schema_object *ours = schema_object_find(&schema_builtin, str_c(s->name));
	struct stw_object record;

	if (ours && ours->kind != OBJECT_VIEW) {
		*out = *ours;
	} else {
		out->name = s->name;
		out->wire_name = arena_printf(m->arena, "x:%s", s->name).p;
		out->packed = stw_address_table(m->reader, s->number).n > 0;
		out->kind = stw_find(m->reader, s->number, STR(""), &record) ? OBJECT_SINGLETON
									     : OBJECT_COLLECTION;
		if (!out->wire_name)
			return false;
	}
	out->structure = s;
	s->object = out;
	return true;
}

static bool make_objects(struct maker *m, const struct stw_manifest *manifest, struct schema *out)
{
	struct schema_object *objects =
		ARENA_ARRAY(m->arena, struct schema_object, manifest->type_count + 1);
	size_t i, n = 0;

	if (!objects || manifest->type_count > UINT16_MAX)
		return false;
	/* structures are sorted by name, so that the objects are */
	for (i = 0; i < m->structure_count; i++) {
		size_t j;

		for (j = 0; j < manifest->type_count; j++) {
			if (manifest->types[j].structure == m->structures[i].number)
				break;
		}
		if (j < manifest->type_count && !make_object(m, &m->structures[i], &objects[n++]))
			return false;
	}
	out->objects = objects;
	out->object_count = (uint16_t)n;
	return n == manifest->type_count;
}

bool view_schema_of_image(struct stw_reader *reader, const struct stw_manifest *manifest,
			  struct arena *arena, struct schema *out)
{
	size_t rows = (size_t)stw_view_count(reader->view, STW_SCHEMA);
	struct maker m = {.reader = reader, .arena = arena};
	struct schema schema = {.digest = ""};

	if (rows > 2 * (size_t)UINT16_MAX)
		return false;
	m.structures = ARENA_ARRAY(arena, struct schema_structure, rows + 1);
	m.enums = ARENA_ARRAY(arena, struct schema_enum, rows + 1);
	schema.version = keep_name(&m, manifest->schema_version);
	if (!m.structures || !m.enums || !schema.version || !read_enums(&m) ||
	    !read_structures(&m) || !fill_structures(&m) || !make_objects(&m, manifest, &schema))
		return false;
	schema.structures = m.structures;
	schema.structure_count = (uint16_t)m.structure_count;
	schema.enums = m.enums;
	schema.enum_count = (uint16_t)m.enum_count;
	*out = schema;
	return true;
}
