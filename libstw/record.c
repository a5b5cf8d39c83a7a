#include "libstw/record.h"

#include "libstw/bytes.h"

#define ITEM_HEAD 5u /* wire, length */

struct stw_cursor stw_cursor_of(struct stw_bytes bytes)
{
	const uint8_t *p = bytes.n ? bytes.p : NULL;

	return (struct stw_cursor){p, p ? p + bytes.n : NULL, 0, false};
}

static bool cursor_damaged(struct stw_cursor *cursor)
{
	cursor->p = cursor->end;
	cursor->damaged = true;
	return false;
}

static size_t cursor_left(const struct stw_cursor *cursor)
{
	return cursor->p ? (size_t)(cursor->end - cursor->p) : 0;
}

bool stw_next_item(struct stw_cursor *cursor, struct stw_item *item)
{
	size_t left = cursor_left(cursor);
	size_t n;

	if (left == 0)
		return false;
	if (left < ITEM_HEAD || cursor->p[0] > STW_WIRE_SECRET)
		return cursor_damaged(cursor);
	n = stw_le32(cursor->p + 1);
	if (n > left - ITEM_HEAD)
		return cursor_damaged(cursor);
	*item = (struct stw_item){cursor->p[0], {cursor->p + ITEM_HEAD, n}};
	cursor->p += ITEM_HEAD + n;
	return true;
}

bool stw_next_field(struct stw_cursor *cursor, uint16_t *number, struct stw_item *item)
{
	size_t left = cursor_left(cursor);
	struct stw_item found;
	uint16_t n;

	if (left == 0)
		return false;
	if (left < 2 + ITEM_HEAD)
		return cursor_damaged(cursor);
	n = stw_le16(cursor->p);
	/* field numbers start at 1, so `last` needs no flag for "none yet" */
	if (n <= cursor->last)
		return cursor_damaged(cursor);
	cursor->p += 2;
	if (!stw_next_item(cursor, &found))
		return cursor_damaged(cursor);
	cursor->last = n;
	*number = n;
	*item = found;
	return true;
}

static bool item_is(struct stw_item item, enum stw_wire wire, size_t size)
{
	return item.wire == wire && item.bytes.n == size;
}

bool stw_item_bool(struct stw_item item, bool *out)
{
	if (!item_is(item, STW_WIRE_BOOL, 1) || item.bytes.p[0] > 1)
		return false;
	*out = item.bytes.p[0] == 1;
	return true;
}

bool stw_item_unsigned(struct stw_item item, uint64_t *out)
{
	if (!item_is(item, STW_WIRE_UNSIGNED, 8))
		return false;
	*out = stw_le64(item.bytes.p);
	return true;
}

bool stw_item_signed(struct stw_item item, int64_t *out)
{
	uint64_t bits;

	if (!item_is(item, STW_WIRE_SIGNED, 8) && !item_is(item, STW_WIRE_DATE, 8))
		return false;
	bits = stw_le64(item.bytes.p);
	memcpy(out, &bits, sizeof(bits));
	return true;
}

bool stw_item_float(struct stw_item item, double *out)
{
	uint64_t bits;

	if (!item_is(item, STW_WIRE_FLOAT, 8))
		return false;
	bits = stw_le64(item.bytes.p);
	memcpy(out, &bits, sizeof(bits));
	return true;
}

bool stw_item_string(struct stw_item item, struct str *out)
{
	if (item.wire != STW_WIRE_STRING)
		return false;
	*out = (struct str){(const char *)item.bytes.p, item.bytes.n};
	return true;
}

bool stw_item_enum(struct stw_item item, uint16_t *out)
{
	if (!item_is(item, STW_WIRE_ENUM, 2))
		return false;
	*out = stw_le16(item.bytes.p);
	return true;
}

bool stw_item_reference(struct stw_item item, uint16_t *structure, uint64_t *id)
{
	if (item.wire != STW_WIRE_REFERENCE || item.bytes.n < 10)
		return false;
	*structure = stw_le16(item.bytes.p);
	*id = stw_le64(item.bytes.p + 2);
	return true;
}

bool stw_item_outside(struct stw_item item, struct str *written)
{
	if (item.wire != STW_WIRE_REFERENCE || item.bytes.n <= 10)
		return false;
	*written = (struct str){(const char *)item.bytes.p + 10, item.bytes.n - 10};
	return true;
}

bool stw_item_secret(struct stw_item item, uint32_t *offset, uint32_t *length)
{
	if (!item_is(item, STW_WIRE_SECRET, 8))
		return false;
	*offset = stw_le32(item.bytes.p);
	*length = stw_le32(item.bytes.p + 4);
	return true;
}

/* The address at the end of an item, behind `before` other bytes. */
static bool item_address_at(struct stw_bytes bytes, size_t before, uint8_t *family, uint8_t out[16])
{
	if (bytes.n != before + 4 && bytes.n != before + 16)
		return false;
	*family = bytes.n == before + 4 ? 4 : 6;
	memset(out, 0, 16);
	memcpy(out, bytes.p + before, bytes.n - before);
	return true;
}

bool stw_item_address(struct stw_item item, uint8_t *family, uint8_t out[16])
{
	return item.wire == STW_WIRE_ADDRESS && item_address_at(item.bytes, 0, family, out);
}

bool stw_item_network(struct stw_item item, uint8_t *family, uint8_t out[16], uint8_t *prefix)
{
	size_t n = item.bytes.n;

	if (item.wire != STW_WIRE_NETWORK || n < 1 || item.bytes.p[0] > (n == 5 ? 32 : 128))
		return false;
	if (!item_address_at(item.bytes, 1, family, out))
		return false;
	*prefix = item.bytes.p[0];
	return true;
}

bool stw_item_socket(struct stw_item item, uint8_t *family, uint8_t out[16], uint16_t *port)
{
	if (item.wire != STW_WIRE_SOCKET || !item_address_at(item.bytes, 2, family, out))
		return false;
	*port = stw_le16(item.bytes.p);
	return true;
}

bool stw_item_object(struct stw_item item, uint16_t *variant, struct stw_bytes *fields)
{
	if (item.wire != STW_WIRE_OBJECT || item.bytes.n < 2)
		return false;
	*variant = stw_le16(item.bytes.p);
	*fields = (struct stw_bytes){item.bytes.p + 2, item.bytes.n - 2};
	return true;
}
