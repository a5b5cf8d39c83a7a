#include "libstw/shape.h"

#include "libstw/image.h"
#include "libstw/scan.h"

#define KEY_MAX 256u

static bool type_take(struct stw_scan *scan, unsigned depth, struct stw_type *out);

/* The bytes of one type, not looked into further. */
static bool type_skip(struct stw_scan *scan, unsigned depth, struct stw_bytes *out)
{
	const uint8_t *from = scan->p;
	struct stw_type inner;

	if (!type_take(scan, depth + 1, &inner))
		return false;
	*out = (struct stw_bytes){from, (size_t)(scan->p - from)};
	return true;
}

static bool type_take(struct stw_scan *scan, unsigned depth, struct stw_type *out)
{
	struct stw_type type = {.kind = stw_scan_u8(scan)};
	bool ok = true;

	type.nullable = (stw_scan_u8(scan) & STW_TYPE_NULLABLE) != 0;
	if (scan->damaged || depth > STW_LIMIT_DEPTH || type.kind == 0 || type.kind > STW_KIND_MAP)
		return false;
	if (type.kind == STW_KIND_REFERENCE || type.kind == STW_KIND_OBJECT)
		type.structure = stw_scan_u16(scan);
	else if (type.kind == STW_KIND_ENUM)
		type.enumeration = stw_scan_str(scan);
	if (type.kind == STW_KIND_MAP)
		ok = type_skip(scan, depth, &type.key);
	if (type.kind == STW_KIND_LIST || type.kind == STW_KIND_SET || type.kind == STW_KIND_MAP)
		ok = ok && type_skip(scan, depth, &type.element);
	if (!ok || scan->damaged)
		return false;
	*out = type;
	return true;
}

bool stw_type_read(struct stw_bytes bytes, struct stw_type *out)
{
	struct stw_scan scan = stw_scan_of(bytes);
	struct stw_type type;

	if (!type_take(&scan, 0, &type) || stw_scan_left(&scan) != 0)
		return false;
	*out = type;
	return true;
}

static bool schema_get(struct stw_reader *reader, uint8_t what, struct str rest,
		       struct stw_bytes *out)
{
	uint8_t key[KEY_MAX];

	if (rest.n >= sizeof(key))
		return false;
	key[0] = what;
	if (rest.n)
		memcpy(key + 1, rest.p, rest.n);
	return stw_view_get(reader->view, STW_SCHEMA, (struct stw_bytes){key, 1 + rest.n}, out);
}

bool stw_shape_get(struct stw_reader *reader, uint16_t structure, struct stw_shape *out)
{
	struct stw_shape shape = {.structure = structure};
	struct stw_bytes value;
	struct stw_scan scan;
	uint8_t number[2];

	stw_put_be16(number, structure);
	if (!schema_get(reader, STW_SCHEMA_STRUCTURE, (struct str){(const char *)number, 2},
			&value))
		return false;
	scan = stw_scan_of(value);
	shape.name = stw_scan_str(&scan);
	shape.kind = stw_scan_u8(&scan);
	shape.count = stw_scan_u16(&scan);
	shape.members = stw_scan_rest(&scan);
	if (scan.damaged || shape.kind > STW_SHAPE_UNION) {
		reader->damaged = true;
		return false;
	}
	*out = shape;
	return true;
}

bool stw_shape_next(const struct stw_shape *shape, size_t *at, struct stw_shape_member *out)
{
	struct stw_scan scan = stw_scan_of(shape->members);
	struct stw_shape_member member = {.number = 0};

	if (*at >= shape->members.n)
		return false;
	scan.p += *at;
	member.number = stw_scan_u16(&scan);
	member.name = stw_scan_str(&scan);
	if (shape->kind == STW_SHAPE_UNION)
		member.body = stw_scan_u16(&scan);
	else if (!type_take(&scan, 0, &member.type))
		return false;
	if (scan.damaged)
		return false;
	*at = (size_t)(scan.p - shape->members.p);
	*out = member;
	return true;
}

bool stw_shape_member(const struct stw_shape *shape, uint16_t number, struct stw_shape_member *out)
{
	struct stw_shape_member member;
	size_t at = 0;

	while (stw_shape_next(shape, &at, &member)) {
		if (member.number == number) {
			*out = member;
			return true;
		}
	}
	return false;
}

bool stw_enum_member(struct stw_reader *reader, struct str enumeration, uint16_t number,
		     struct str *name)
{
	struct stw_bytes value;
	struct stw_scan scan;
	uint16_t count;

	if (!schema_get(reader, STW_SCHEMA_ENUM, enumeration, &value))
		return false;
	scan = stw_scan_of(value);
	count = stw_scan_u16(&scan);
	for (uint16_t i = 0; i < count && !scan.damaged; i++) {
		uint16_t found = stw_scan_u16(&scan);
		struct str text = stw_scan_str(&scan);

		if (found == number && !scan.damaged) {
			*name = text;
			return true;
		}
	}
	reader->damaged = reader->damaged || scan.damaged;
	return false;
}
