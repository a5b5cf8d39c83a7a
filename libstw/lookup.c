#include <stdlib.h>

#include "libstw/image.h"
#include "libstw/scan.h"

struct stw_bytes stw_object_key(uint8_t out[STW_OBJECT_KEY_SIZE], uint16_t structure, uint64_t id)
{
	stw_put_be16(out, structure);
	stw_put_be64(out + 2, id);
	return (struct stw_bytes){out, STW_OBJECT_KEY_SIZE};
}

bool stw_name_key(uint8_t out[STW_NAME_KEY_SIZE], uint16_t structure, struct str identity,
		  struct stw_bytes *key)
{
	struct digest digest;
	size_t n = identity.n;

	if (n > STW_NAME_WHOLE) {
		if (!digest_of(identity.p, identity.n, &digest))
			return false;
		memcpy(out + 2 + STW_NAME_PREFIX, digest.b, STW_DIGEST_SIZE);
		n = STW_NAME_PREFIX;
	}
	stw_put_be16(out, structure);
	if (n)
		memcpy(out + 2, identity.p, n);
	*key = (struct stw_bytes){out, 2 + (identity.n > STW_NAME_WHOLE ? STW_NAME_WHOLE : n)};
	return true;
}

bool stw_object_decode(struct stw_bytes key, struct stw_bytes value, struct stw_object *out)
{
	struct stw_scan scan = stw_scan_of(value);
	struct stw_object object;

	if (key.n != STW_OBJECT_KEY_SIZE)
		return false;
	object.structure = stw_be16(key.p);
	object.id = stw_be64(key.p + 2);
	object.variant = stw_scan_u16(&scan);
	object.identity = stw_scan_str(&scan);
	object.client_id = stw_scan_str(&scan);
	object.fields = stw_scan_rest(&scan);
	if (scan.damaged)
		return false;
	*out = object;
	return true;
}

static bool reader_decode(struct stw_reader *reader, struct stw_bytes key, struct stw_bytes value,
			  struct stw_object *out)
{
	if (stw_object_decode(key, value, out))
		return true;
	reader->damaged = true;
	return false;
}

bool stw_get(struct stw_reader *reader, uint16_t structure, uint64_t id, struct stw_object *out)
{
	uint8_t bytes[STW_OBJECT_KEY_SIZE];
	struct stw_bytes key = stw_object_key(bytes, structure, id);
	struct stw_bytes value;

	return stw_view_get(reader->view, STW_RECORDS, key, &value) &&
	       reader_decode(reader, key, value, out);
}

bool stw_find(struct stw_reader *reader, uint16_t structure, struct str identity,
	      struct stw_object *out)
{
	uint8_t bytes[STW_NAME_KEY_SIZE];
	struct stw_bytes key, value;

	if (!stw_name_key(bytes, structure, identity, &key) ||
	    !stw_view_get(reader->view, STW_NAMES, key, &value))
		return false;
	if (value.n != 8) {
		reader->damaged = true;
		return false;
	}
	return stw_get(reader, structure, stw_le64(value.p), out);
}

struct stw_iterator {
	struct stw_reader *reader;
	struct stw_range *range;
};

struct stw_iterator *stw_iterate(struct stw_reader *reader, uint16_t structure)
{
	struct stw_iterator *iterator = calloc(1, sizeof(*iterator));
	uint8_t prefix[2];

	if (!iterator)
		return NULL;
	stw_put_be16(prefix, structure);
	iterator->reader = reader;
	iterator->range = stw_range_new(reader->view, STW_RECORDS,
					(struct stw_bytes){prefix, structure ? sizeof(prefix) : 0});
	if (iterator->range)
		return iterator;
	free(iterator);
	return NULL;
}

bool stw_iterator_next(struct stw_iterator *iterator, struct stw_object *out)
{
	struct stw_bytes key, value;

	return stw_range_next(iterator->range, &key, &value) &&
	       reader_decode(iterator->reader, key, value, out);
}

void stw_iterator_free(struct stw_iterator *iterator)
{
	if (!iterator)
		return;
	stw_range_free(iterator->range);
	free(iterator);
}

bool stw_singleton(struct stw_reader *reader, uint16_t structure, struct stw_object *out)
{
	struct stw_iterator *iterator = stw_iterate(reader, structure);
	bool found = iterator && stw_iterator_next(iterator, out);

	if (!iterator)
		reader->damaged = true; /* out of memory: "none" would be a lie */
	stw_iterator_free(iterator);
	return found;
}

static bool get_numbered(struct stw_reader *reader, enum stw_store_table table, uint16_t structure,
			 struct stw_bytes *out)
{
	uint8_t key[2];

	stw_put_be16(key, structure);
	return stw_view_get(reader->view, table, (struct stw_bytes){key, sizeof(key)}, out);
}

bool stw_defaults(struct stw_reader *reader, uint16_t structure, struct stw_bytes *out)
{
	return get_numbered(reader, STW_DEFAULTS, structure, out);
}

struct stw_bytes stw_address_table(struct stw_reader *reader, uint16_t structure)
{
	struct stw_bytes out = {NULL, 0};

	(void)get_numbered(reader, STW_PACKED, structure, &out); /* none: empty */
	return out;
}

struct stw_bytes stw_table(struct stw_reader *reader, const char *name)
{
	struct stw_bytes out = {NULL, 0};

	(void)stw_view_get(reader->view, STW_TABLES,
			   (struct stw_bytes){(const uint8_t *)name, strlen(name)}, &out);
	return out;
}

static bool same_bytes(struct stw_bytes a, struct stw_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_tables(struct stw_reader *a, struct stw_reader *b)
{
	struct stw_range *range = stw_range_new(a->view, STW_TABLES, (struct stw_bytes){NULL, 0});
	bool same =
		range && stw_view_count(a->view, STW_TABLES) == stw_view_count(b->view, STW_TABLES);
	struct stw_bytes key, value, other;

	while (same && stw_range_next(range, &key, &value))
		same = stw_view_get(b->view, STW_TABLES, key, &other) && same_bytes(value, other);
	stw_range_free(range);
	return same;
}

bool stw_same_image(struct stw_reader *a, struct stw_reader *b)
{
	return digest_eq(&a->image->manifest.content, &b->image->manifest.content) &&
	       same_tables(a, b);
}

size_t stw_bind_count(struct stw_reader *reader)
{
	struct stw_bytes table = stw_table(reader, STW_TABLE_LISTENERS);

	return table.n < 2 ? 0 : (table.n - 2) / STW_BIND_SIZE;
}

bool stw_bind_at(struct stw_reader *reader, size_t index, struct stw_bind *out)
{
	struct stw_bytes table = stw_table(reader, STW_TABLE_LISTENERS);
	const uint8_t *p;

	if (table.n < 2 || index >= (table.n - 2) / STW_BIND_SIZE)
		return false;
	p = table.p + 2 + index * STW_BIND_SIZE;
	out->structure = stw_le16(table.p);
	out->family = p[0];
	memcpy(out->address, p + 1, 16);
	out->port = stw_be16(p + 17);
	out->listener = stw_le64(p + 19);
	return true;
}

bool stw_origin(struct stw_reader *reader, uint16_t structure, uint64_t id, uint16_t field,
		uint32_t *source, uint32_t *line)
{
	uint8_t bytes[STW_OBJECT_KEY_SIZE];
	struct stw_bytes key = stw_object_key(bytes, structure, id);
	struct stw_bytes value;
	const uint8_t *p;

	if (!stw_view_get(reader->view, STW_ORIGINS, key, &value) || value.n < STW_ORIGIN_SIZE)
		return false;
	p = value.p;
	if (field != 0) {
		const uint8_t *end = value.p + value.n;

		p += STW_ORIGIN_SIZE;
		while (end - p >= (ptrdiff_t)STW_FIELD_ORIGIN_SIZE && stw_le16(p) < field)
			p += STW_FIELD_ORIGIN_SIZE;
		if (end - p < (ptrdiff_t)STW_FIELD_ORIGIN_SIZE || stw_le16(p) != field)
			return false;
		p += 2;
	}
	*source = stw_le32(p);
	*line = stw_le32(p + 4);
	return true;
}

void stw_referrers(struct stw_reader *reader, uint16_t structure, uint64_t id,
		   bool (*each)(void *ctx, uint16_t from_structure, uint64_t from_id), void *ctx)
{
	uint8_t bytes[STW_OBJECT_KEY_SIZE];
	struct stw_bytes prefix = stw_object_key(bytes, structure, id);
	struct stw_range *range = stw_range_new(reader->view, STW_REFERRERS, prefix);
	struct stw_bytes key, value;

	if (!range)
		reader->damaged = true;
	while (range && stw_range_next(range, &key, &value)) {
		if (key.n != STW_REFERRER_KEY_SIZE) {
			reader->damaged = true;
			break;
		}
		if (!each(ctx, stw_be16(key.p + 10), stw_be64(key.p + 12)))
			break;
	}
	stw_range_free(range);
}
