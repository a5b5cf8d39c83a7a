/*
 * Deep verification: every record against the schema table of its image, every reference,
 * every table against the records, and the digests of content. For `stwc verify` and
 * `stwd --check`; a reload does not do this. Reports never hold values, which may be secret.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "libstw/content.h"
#include "libstw/image.h"
#include "libstw/packed.h"
#include "libstw/program.h"
#include "libstw/scan.h"
#include "libstw/shape.h"

struct walk {
	struct stw_reader *reader;
	const struct stw_manifest *manifest;
	void (*problem)(void *ctx, const char *text);
	void *ctx;
	uint64_t problems;
	struct stw_content content;
	/* the object at hand */
	struct stw_object object;
	const struct stw_shape *shape; /* of its structure, for names in reports */
};

static void report(struct walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);

static void report(struct walk *walk, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut is fine */
	va_end(args);
	walk->problems++;
	walk->problem(walk->ctx, text);
}

/* About the object at hand, and the field in it. */
static void report_field(struct walk *walk, struct str field, const char *what)
{
	struct str id = walk->object.identity;
	const char *space = field.n ? " " : "";

	if (id.n > 100)
		id.n = 100;
	if (id.n == 0) /* a singleton */
		report(walk, "%.*s: %.*s%s%s", STR_ARG(walk->shape->name), STR_ARG(field), space,
		       what);
	else
		report(walk, "%.*s '%.*s': %.*s%s%s", STR_ARG(walk->shape->name), STR_ARG(id),
		       STR_ARG(field), space, what);
}

static struct str type_name(struct walk *walk, uint16_t structure)
{
	struct stw_shape shape;

	return stw_shape_get(walk->reader, structure, &shape) ? shape.name : STR("an unknown type");
}

/* A reference into the image resolves, and is listed among the referrers of its target. What
 * is outside (a server's object, or its safe defaults, DESIGN.md section 4) stays outside. */
static const char *check_reference(struct walk *walk, struct stw_item item)
{
	uint8_t bytes[STW_REFERRER_KEY_SIZE];
	struct stw_bytes key, value;
	struct str written;
	uint16_t structure;
	uint64_t id;

	if (!stw_item_reference(item, &structure, &id))
		return "has a value of another type";
	if (stw_item_outside(item, &written))
		return NULL;
	key = stw_object_key(bytes, structure, id);
	if (!stw_view_get(walk->reader->view, STW_RECORDS, key, &value))
		return "refers to an object that is not there";
	(void)stw_object_key(bytes + STW_OBJECT_KEY_SIZE, walk->object.structure, walk->object.id);
	key.n = sizeof(bytes);
	if (!stw_view_get(walk->reader->view, STW_REFERRERS, key, &value))
		return "is missing among the referrers of its target";
	return NULL;
}

static const char *check_secret(struct walk *walk, struct stw_item item)
{
	struct stw_bytes secret;
	uint32_t offset, length;

	if (!stw_item_secret(item, &offset, &length) ||
	    !stw_secret(walk->reader->image, offset, length, &secret))
		return "lies outside the secrets block";
	return NULL;
}

static const char *check_enum(struct walk *walk, struct stw_item item, const struct stw_type *type)
{
	uint16_t number;
	struct str name;

	if (!stw_item_enum(item, &number) ||
	    !stw_enum_member(walk->reader, type->enumeration, number, &name))
		return "is no member of its enumeration";
	return NULL;
}

/* The kinds whose values have no parts. NULL: the item is a value of that type. */
static const char *check_scalar(struct walk *walk, struct stw_item item,
				const struct stw_type *type)
{
	static const char other[] = "has a value of another type";
	uint8_t family, address[16], prefix;
	uint16_t port;
	uint64_t number;
	int64_t integer;
	struct str text;
	double real;
	bool flag;

	switch ((enum stw_kind)type->kind) {
	case STW_KIND_BOOLEAN: return stw_item_bool(item, &flag) ? NULL : other;
	case STW_KIND_UNSIGNED:
	case STW_KIND_SIZE:
	case STW_KIND_DURATION: return stw_item_unsigned(item, &number) ? NULL : other;
	case STW_KIND_INTEGER:
		return item.wire == STW_WIRE_SIGNED && stw_item_signed(item, &integer) ? NULL
										       : other;
	case STW_KIND_DATE:
		return item.wire == STW_WIRE_DATE && stw_item_signed(item, &integer) ? NULL : other;
	case STW_KIND_FLOAT: return stw_item_float(item, &real) ? NULL : other;
	case STW_KIND_STRING: return stw_item_string(item, &text) ? NULL : other;
	case STW_KIND_SECRET: return check_secret(walk, item);
	case STW_KIND_ADDRESS: return stw_item_address(item, &family, address) ? NULL : other;
	case STW_KIND_NETWORK:
		return stw_item_network(item, &family, address, &prefix) ? NULL : other;
	case STW_KIND_SOCKET: return stw_item_socket(item, &family, address, &port) ? NULL : other;
	case STW_KIND_REFERENCE: return check_reference(walk, item);
	case STW_KIND_ENUM: return check_enum(walk, item, type);
	case STW_KIND_OBJECT:
	case STW_KIND_LIST:
	case STW_KIND_SET:
	case STW_KIND_MAP: break;
	}
	return other;
}

static const char *check_object(struct walk *walk, uint16_t structure, uint16_t variant,
				struct stw_bytes fields, unsigned depth);
static const char *check_item(struct walk *walk, struct stw_item item, const struct stw_type *type,
			      unsigned depth);

static const char *check_members(struct walk *walk, struct stw_item item,
				 const struct stw_type *type, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_type key, element;
	struct stw_item inner;
	bool map = type->kind == STW_KIND_MAP;
	bool at_key = map;

	if (!stw_type_read(type->element, &element) || (map && !stw_type_read(type->key, &key)))
		return "has a type that cannot be read";
	while (stw_next_item(&cursor, &inner)) {
		const char *what = check_item(walk, inner, at_key ? &key : &element, depth + 1);

		if (what)
			return what;
		at_key = map && !at_key;
	}
	return cursor.damaged || at_key != map ? "does not follow the record form" : NULL;
}

static const char *check_item(struct walk *walk, struct stw_item item, const struct stw_type *type,
			      unsigned depth)
{
	struct stw_bytes fields;
	uint16_t variant;

	if (depth > STW_LIMIT_DEPTH)
		return "is nested too deeply";
	if (item.wire == STW_WIRE_NULL)
		return type->nullable && item.bytes.n == 0 ? NULL : "may not be null";
	if (type->kind == STW_KIND_OBJECT)
		return stw_item_object(item, &variant, &fields)
			       ? check_object(walk, type->structure, variant, fields, depth + 1)
			       : "has a value of another type";
	if (type->kind == STW_KIND_LIST || type->kind == STW_KIND_SET)
		return item.wire == STW_WIRE_SEQUENCE ? check_members(walk, item, type, depth)
						      : "has a value of another type";
	if (type->kind == STW_KIND_MAP)
		return item.wire == STW_WIRE_MAP ? check_members(walk, item, type, depth)
						 : "has a value of another type";
	return check_scalar(walk, item, type);
}

/* Fields of a single structure; problems are reported with the field's name at depth 0 and
 * handed up with the outer field's name below. */
static const char *check_fields(struct walk *walk, const struct stw_shape *shape,
				struct stw_bytes fields, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(fields);
	struct stw_shape_member member;
	struct stw_item item;
	uint16_t number;

	while (stw_next_field(&cursor, &number, &item)) {
		const char *what = "has a field that its structure does not have";

		if (stw_shape_member(shape, number, &member))
			what = check_item(walk, item, &member.type, depth);
		else
			member.name = STR_NONE;
		if (what && depth > 0)
			return what;
		if (what)
			report_field(walk, member.name, what);
	}
	return cursor.damaged ? "does not follow the record form" : NULL;
}

static const char *check_object(struct walk *walk, uint16_t structure, uint16_t variant,
				struct stw_bytes fields, unsigned depth)
{
	struct stw_shape shape, body;
	struct stw_shape_member member;

	if (!stw_shape_get(walk->reader, structure, &shape))
		return "has a structure that the schema table lacks";
	if (shape.kind == STW_SHAPE_SINGLE)
		return variant == 0 ? check_fields(walk, &shape, fields, depth)
				    : "has a variant but its structure is no union";
	if (!stw_shape_member(&shape, variant, &member))
		return "has a variant that its union does not have";
	if (member.body == 0)
		return fields.n == 0 ? NULL : "has fields but its variant has none";
	if (!stw_shape_get(walk->reader, member.body, &body) || body.kind != STW_SHAPE_SINGLE)
		return "has a variant whose body the schema table lacks";
	return check_fields(walk, &body, fields, depth);
}

static void check_name(struct walk *walk)
{
	uint8_t bytes[STW_NAME_KEY_SIZE];
	struct stw_bytes key, value;

	if (!stw_name_key(bytes, walk->object.structure, walk->object.identity, &key) ||
	    !stw_view_get(walk->reader->view, STW_NAMES, key, &value) || value.n != 8 ||
	    stw_le64(value.p) != walk->object.id)
		report_field(walk, STR_NONE, "cannot be found by its name");
}

static void check_origin(struct walk *walk, struct stw_bytes key)
{
	size_t sources = walk->manifest->source_count;
	struct stw_bytes value;
	uint16_t last = 0;

	if (!stw_view_get(walk->reader->view, STW_ORIGINS, key, &value) ||
	    value.n < STW_ORIGIN_SIZE || (value.n - STW_ORIGIN_SIZE) % STW_FIELD_ORIGIN_SIZE != 0 ||
	    stw_le32(value.p) >= sources) {
		report_field(walk, STR_NONE, "has no place in the sources");
		return;
	}
	for (size_t at = STW_ORIGIN_SIZE; at < value.n; at += STW_FIELD_ORIGIN_SIZE) {
		uint16_t number = stw_le16(value.p + at);

		if (number <= last || stw_le32(value.p + at + 2) >= sources)
			report_field(walk, STR_NONE, "has a field without a place in the sources");
		last = number;
	}
}

static void walk_object(struct walk *walk, struct stw_bytes key, struct stw_bytes value)
{
	static const struct stw_shape unknown = {.name = {"object", 6}};
	struct stw_bytes secrets = {walk->reader->image->secrets,
				    walk->reader->image->secrets_size};
	struct stw_shape shape;
	const char *what;

	if (!stw_object_decode(key, value, &walk->object)) {
		report(walk, "a record does not follow its form");
		return;
	}
	walk->shape =
		stw_shape_get(walk->reader, walk->object.structure, &shape) ? &shape : &unknown;
	what = check_object(walk, walk->object.structure, walk->object.variant, walk->object.fields,
			    0);
	if (what)
		report_field(walk, STR_NONE, what);
	check_name(walk);
	check_origin(walk, key);
	stw_content_record(&walk->content, key, value, secrets);
}

static uint64_t walk_records(struct walk *walk, uint16_t structure)
{
	uint8_t prefix[2];
	struct stw_range *range;
	struct stw_bytes key, value;
	uint64_t n = 0;

	stw_put_be16(prefix, structure);
	range = stw_range_new(walk->reader->view, STW_RECORDS,
			      (struct stw_bytes){prefix, sizeof(prefix)});
	if (!range)
		report(walk, "out of memory");
	while (range && stw_range_next(range, &key, &value)) {
		walk_object(walk, key, value);
		n++;
	}
	stw_range_free(range);
	return n;
}

static uint64_t walk_packed(struct walk *walk, uint16_t structure)
{
	struct stw_bytes table = stw_address_table(walk->reader, structure);
	struct str name = type_name(walk, structure);
	struct stw_packed packed;
	const char *what;

	if (table.n == 0)
		return 0;
	if (!stw_packed_open(table, &packed)) {
		report(walk, "the address table of %.*s is damaged", STR_ARG(name));
		return 0;
	}
	what = stw_packed_check(&packed, walk->manifest->source_count);
	if (what)
		report(walk, "the address table of %.*s is damaged: %s", STR_ARG(name), what);
	stw_content_packed(&walk->content, table);
	return (uint64_t)packed.part[0].count + packed.part[1].count;
}

/* Every type of the manifest: its objects, their number, their digest. */
static uint64_t walk_types(struct walk *walk)
{
	uint64_t records = 0;

	for (size_t i = 0; i < walk->manifest->type_count; i++) {
		const struct stw_type_summary *type = &walk->manifest->types[i];
		uint64_t plain = walk_records(walk, type->structure);
		uint64_t n = plain + walk_packed(walk, type->structure);
		struct str name = type_name(walk, type->structure);
		struct digest found = {{0}};

		records += plain;
		if (n != type->objects)
			report(walk, "%.*s has %" PRIu64 " objects, the manifest says %" PRIu64,
			       STR_ARG(name), n, type->objects);
		stw_content_type(&walk->content, type->structure, n, &found);
		if (!digest_eq(&found, &type->content))
			report(walk, "the content digest of %.*s does not match", STR_ARG(name));
	}
	return records;
}

static void walk_pairs(struct walk *walk, enum stw_store_table table)
{
	struct stw_range *range =
		stw_range_new(walk->reader->view, table, (struct stw_bytes){NULL, 0});
	struct stw_bytes key, value;

	if (!range)
		report(walk, "out of memory");
	while (range && stw_range_next(range, &key, &value))
		stw_content_pair(&walk->content, key, value);
	stw_range_free(range);
}

static void walk_defaults(struct walk *walk)
{
	struct stw_range *range =
		stw_range_new(walk->reader->view, STW_DEFAULTS, (struct stw_bytes){NULL, 0});
	struct stw_bytes key, value;
	struct stw_shape shape;

	if (!range)
		report(walk, "out of memory");
	while (range && stw_range_next(range, &key, &value)) {
		const char *what = "the schema table lacks it";

		if (key.n == 2 && stw_shape_get(walk->reader, stw_be16(key.p), &shape))
			what = check_fields(walk, &shape, value, 1);
		if (what)
			report(walk, "the defaults of a structure are damaged: %s", what);
	}
	stw_range_free(range);
}

static void walk_content(struct walk *walk)
{
	struct digest found;

	walk_pairs(walk, STW_SCHEMA);
	walk_pairs(walk, STW_DEFAULTS);
	if (!stw_content_image(&walk->content, &found) ||
	    !digest_eq(&found, &walk->manifest->content))
		report(walk, "the content digest of the image does not match");
}

/* Somewhere in the bytes there is a reference to that object. */
static bool item_refers(struct stw_item item, struct stw_bytes target, unsigned depth);

static bool fields_refer(struct stw_bytes fields, struct stw_bytes target, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(fields);
	struct stw_item item;
	uint16_t number;

	while (stw_next_field(&cursor, &number, &item))
		if (item_refers(item, target, depth))
			return true;
	return false;
}

static bool item_refers(struct stw_item item, struct stw_bytes target, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_bytes fields;
	struct stw_item inner;
	struct str written;
	uint16_t number;
	uint64_t id;

	if (depth > STW_LIMIT_DEPTH)
		return false;
	if (stw_item_reference(item, &number, &id))
		return !stw_item_outside(item, &written) && number == stw_be16(target.p) &&
		       id == stw_be64(target.p + 2);
	if (stw_item_object(item, &number, &fields))
		return fields_refer(fields, target, depth + 1);
	if (item.wire != STW_WIRE_SEQUENCE && item.wire != STW_WIRE_MAP)
		return false;
	while (stw_next_item(&cursor, &inner))
		if (item_refers(inner, target, depth + 1))
			return true;
	return false;
}

/* Each referrer is a record that is there and does refer to the target. */
static void walk_referrers(struct walk *walk)
{
	struct stw_range *range =
		stw_range_new(walk->reader->view, STW_REFERRERS, (struct stw_bytes){NULL, 0});
	struct stw_bytes key, value;

	if (!range)
		report(walk, "out of memory");
	while (range && stw_range_next(range, &key, &value)) {
		struct stw_bytes target = {key.p, STW_OBJECT_KEY_SIZE};
		struct stw_bytes from = {key.p + STW_OBJECT_KEY_SIZE, STW_OBJECT_KEY_SIZE};
		struct stw_object object;

		if (key.n != STW_REFERRER_KEY_SIZE ||
		    !stw_view_get(walk->reader->view, STW_RECORDS, from, &value) ||
		    !stw_object_decode(from, value, &object) ||
		    !fields_refer(object.fields, target, 0))
			report(walk, "the table of referrers lists a reference that is not there");
	}
	stw_range_free(range);
}

static void walk_binds(struct walk *walk)
{
	struct stw_bytes table = stw_table(walk->reader, STW_TABLE_LISTENERS);
	struct stw_object object;
	struct stw_bind bind;

	if (table.n != 0 && (table.n < 2 || (table.n - 2) % STW_BIND_SIZE != 0))
		report(walk, "the table of listeners is damaged");
	for (size_t i = 0; i < stw_bind_count(walk->reader); i++) {
		const uint8_t *p = table.p + 2 + i * STW_BIND_SIZE;

		if (!stw_bind_at(walk->reader, i, &bind) ||
		    (bind.family != 4 && bind.family != 6) ||
		    !stw_get(walk->reader, bind.structure, bind.listener, &object))
			report(walk, "an entry of the table of listeners has no listener");
		if (i > 0 && memcmp(p - STW_BIND_SIZE, p, STW_BIND_SIZE) >= 0)
			report(walk, "the table of listeners is not in order");
	}
}

/* A place is a field of an object that is there, or of a structure with defaults. */
static bool is_place(void *ctx, const struct stw_place *place)
{
	struct walk *walk = ctx;
	struct stw_shape shape;
	struct stw_shape_member member;
	struct stw_object object;
	struct stw_bytes defaults;

	if (!stw_shape_get(walk->reader, place->structure, &shape) ||
	    shape.kind != STW_SHAPE_SINGLE || !stw_shape_member(&shape, place->field, &member))
		return false;
	if (place->id)
		return stw_get(walk->reader, place->type, place->id, &object);
	return place->type == place->structure &&
	       stw_defaults(walk->reader, place->structure, &defaults);
}

static void walk_expressions(struct walk *walk)
{
	const char *what = stw_expressions_check(stw_table(walk->reader, STW_TABLE_EXPRESSIONS),
						 is_place, walk);

	if (what)
		report(walk, "the table of expressions is damaged: %s", what);
}

/* Tables with one pair per record have as many pairs; nothing lies under unlisted types. */
static void walk_counts(struct walk *walk, uint64_t records)
{
	static const enum stw_store_table tables[] = {STW_RECORDS, STW_NAMES, STW_ORIGINS};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		uint64_t n = stw_view_count(walk->reader->view, tables[i]);

		if (n != records)
			report(walk, "the table %s has %" PRIu64 " entries for %" PRIu64 " records",
			       stw_store_table_name(tables[i]), n, records);
	}
}

bool stw_image_walk(struct stw_reader *reader, void (*problem)(void *ctx, const char *text),
		    void *ctx)
{
	struct walk walk = {
		.reader = reader,
		.manifest = &reader->image->manifest,
		.problem = problem,
		.ctx = ctx,
	};

	stw_content_begin(&walk.content);
	walk_counts(&walk, walk_types(&walk));
	walk_content(&walk);
	walk_defaults(&walk);
	walk_referrers(&walk);
	walk_binds(&walk);
	walk_expressions(&walk);
	stw_content_end(&walk.content);
	if (stw_reader_damaged(reader))
		report(&walk, "the store does not follow its form");
	return walk.problems == 0;
}
