/* The record form: what is written is read, and no bytes lead a cursor outside. */
#include "unit.h"

#include "base/buf.h"
#include "libstw/record.h"

static struct stw_bytes bytes_of(const struct buf *buf)
{
	return (struct stw_bytes){(const uint8_t *)buf->p, buf->n};
}

static void put_item(struct buf *out, enum stw_wire wire, const void *bytes, size_t n)
{
	buf_put_u8(out, (uint8_t)wire);
	buf_put_u32(out, (uint32_t)n);
	buf_put(out, bytes, n);
}

static struct stw_item item_of(enum stw_wire wire, const void *bytes, size_t n)
{
	return (struct stw_item){(uint8_t)wire, {bytes, n}};
}

static void scalars(void **state)
{
	static const uint8_t minus[8] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t half[8] = {0, 0, 0, 0, 0, 0, 0xe0, 0x3f};
	static const uint8_t reference[12] = {0x34, 0x12, 1, 0, 0, 0, 0, 0, 0, 0, '#', 'a'};
	uint16_t u16;
	uint32_t a, b;
	uint64_t u64;
	int64_t i64;
	double real;
	struct str text;
	bool flag;

	(void)state;
	assert_true(stw_item_bool(item_of(STW_WIRE_BOOL, "\1", 1), &flag) && flag);
	assert_false(stw_item_bool(item_of(STW_WIRE_BOOL, "\2", 1), &flag));
	assert_false(stw_item_bool(item_of(STW_WIRE_BOOL, "\1\1", 2), &flag));
	assert_true(stw_item_unsigned(item_of(STW_WIRE_UNSIGNED, minus, 8), &u64));
	assert_true(u64 == UINT64_MAX - 1);
	assert_false(stw_item_unsigned(item_of(STW_WIRE_SIGNED, minus, 8), &u64));
	assert_false(stw_item_unsigned(item_of(STW_WIRE_UNSIGNED, minus, 7), &u64));
	assert_true(stw_item_signed(item_of(STW_WIRE_SIGNED, minus, 8), &i64) && i64 == -2);
	assert_true(stw_item_signed(item_of(STW_WIRE_DATE, minus, 8), &i64) && i64 == -2);
	assert_true(stw_item_float(item_of(STW_WIRE_FLOAT, half, 8), &real));
	assert_true(real > 0.4999 && real < 0.5001);
	assert_true(stw_item_string(item_of(STW_WIRE_STRING, "abc", 3), &text));
	assert_str(text, "abc");
	assert_false(stw_item_string(item_of(STW_WIRE_SECRET, "abcdefgh", 8), &text));
	assert_true(stw_item_enum(item_of(STW_WIRE_ENUM, "\1\2", 2), &u16) && u16 == 0x201);
	assert_true(stw_item_reference(item_of(STW_WIRE_REFERENCE, reference, 10), &u16, &u64));
	assert_true(u16 == 0x1234 && u64 == 1);
	assert_false(stw_item_outside(item_of(STW_WIRE_REFERENCE, reference, 10), &text));
	assert_true(stw_item_outside(item_of(STW_WIRE_REFERENCE, reference, 12), &text));
	assert_str(text, "#a");
	assert_false(stw_item_reference(item_of(STW_WIRE_REFERENCE, reference, 9), &u16, &u64));
	assert_true(stw_item_secret(item_of(STW_WIRE_SECRET, "\1\0\0\0\2\0\0\0", 8), &a, &b));
	assert_true(a == 1 && b == 2);
}

static void addresses(void **state)
{
	uint8_t family = 0, address[16], prefix;
	uint16_t port;

	(void)state;
	assert_true(stw_item_address(item_of(STW_WIRE_ADDRESS, "\12\0\0\1", 4), &family, address));
	assert_int_equal(family, 4);
	assert_int_equal(address[0], 10);
	assert_true(stw_item_address(item_of(STW_WIRE_ADDRESS, "0123456789abcdef", 16), &family,
				     address));
	assert_int_equal(family, 6);
	assert_false(stw_item_address(item_of(STW_WIRE_ADDRESS, "01234", 5), &family, address));
	assert_true(stw_item_network(item_of(STW_WIRE_NETWORK, "\10\12\0\0\1", 5), &family, address,
				     &prefix));
	assert_true(family == 4 && prefix == 8);
	assert_false(stw_item_network(item_of(STW_WIRE_NETWORK, "\41\12\0\0\1", 5), &family,
				      address, &prefix));
	assert_false(stw_item_network(item_of(STW_WIRE_NETWORK, "", 0), &family, address, &prefix));
	assert_true(stw_item_socket(item_of(STW_WIRE_SOCKET, "\31\0\12\0\0\1", 6), &family, address,
				    &port));
	assert_int_equal(port, 25);
	assert_false(stw_item_socket(item_of(STW_WIRE_SOCKET, "\31\0\12\0\0", 5), &family, address,
				     &port));
}

static void fields_in_order(void **state)
{
	struct buf record = BUF_INIT;
	struct stw_cursor cursor;
	struct stw_item item;
	uint16_t number = 0;

	(void)state;
	buf_put_u16(&record, 3);
	put_item(&record, STW_WIRE_BOOL, "\1", 1);
	buf_put_u16(&record, 4);
	put_item(&record, STW_WIRE_STRING, "", 0);
	cursor = stw_cursor_of(bytes_of(&record));
	assert_true(stw_next_field(&cursor, &number, &item));
	assert_int_equal(number, 3);
	assert_true(stw_next_field(&cursor, &number, &item));
	assert_int_equal(number, 4);
	assert_int_equal(item.bytes.n, 0);
	assert_false(stw_next_field(&cursor, &number, &item));
	assert_false(cursor.damaged);
	/* the same number again */
	buf_put_u16(&record, 4);
	put_item(&record, STW_WIRE_NULL, "", 0);
	cursor = stw_cursor_of(bytes_of(&record));
	while (stw_next_field(&cursor, &number, &item))
		;
	assert_true(cursor.damaged);
	assert_false(stw_next_field(&cursor, &number, &item));
	buf_free(&record);
	cursor = stw_cursor_of((struct stw_bytes){NULL, 0});
	assert_false(stw_next_field(&cursor, &number, &item));
	assert_false(cursor.damaged);
}

static void field_zero(void **state)
{
	struct buf record = BUF_INIT;
	struct stw_cursor cursor;
	struct stw_item item;
	uint16_t number = 7;

	(void)state;
	buf_put_u16(&record, 0);
	put_item(&record, STW_WIRE_NULL, "", 0);
	cursor = stw_cursor_of(bytes_of(&record));
	assert_false(stw_next_field(&cursor, &number, &item));
	assert_true(cursor.damaged);
	assert_int_equal(number, 7); /* untouched */
	buf_free(&record);
}

static void objects(void **state)
{
	struct stw_bytes fields;
	uint16_t variant;

	(void)state;
	assert_true(stw_item_object(item_of(STW_WIRE_OBJECT, "\5\0xyz", 5), &variant, &fields));
	assert_int_equal(variant, 5);
	assert_int_equal(fields.n, 3);
	assert_false(stw_item_object(item_of(STW_WIRE_OBJECT, "\5", 1), &variant, &fields));
	assert_false(stw_item_object(item_of(STW_WIRE_MAP, "\5\0", 2), &variant, &fields));
}

/* Follows whatever structure the bytes pretend to have; returns how many items it saw. */
static size_t follow(struct stw_bytes bytes, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(bytes);
	struct stw_bytes fields;
	struct stw_item item;
	uint16_t number;
	size_t n = 0;

	while (depth < 8 && stw_next_field(&cursor, &number, &item)) {
		struct stw_cursor members = stw_cursor_of(item.bytes);
		struct stw_item member;

		n++;
		if (stw_item_object(item, &number, &fields))
			n += follow(fields, depth + 1);
		while (item.wire == STW_WIRE_SEQUENCE && stw_next_item(&members, &member))
			n++;
	}
	return n;
}

/* Random bytes and random damage to a good record, in memory of the exact size. */
static void any_bytes(void **state)
{
	struct buf inner = BUF_INIT, outer = BUF_INIT;
	uint64_t seed = 1234567;
	size_t seen = 0;

	(void)state;
	buf_put_u16(&inner, 2);
	put_item(&inner, STW_WIRE_STRING, "hello", 5);
	buf_put_u16(&outer, 1);
	buf_put_u8(&outer, STW_WIRE_OBJECT);
	buf_put_u32(&outer, (uint32_t)(2 + inner.n));
	buf_put_u16(&outer, 0);
	buf_puts(&outer, buf_str(&inner));
	buf_put_u16(&outer, 9);
	buf_put_u8(&outer, STW_WIRE_SEQUENCE);
	buf_put_u32(&outer, 14);
	put_item(&outer, STW_WIRE_ENUM, "\1\0", 2);
	put_item(&outer, STW_WIRE_ENUM, "\2\0", 2);
	assert_int_equal(follow(bytes_of(&outer), 0), 5);
	for (int i = 0; i < 200000; i++) {
		size_t n, at;
		uint8_t *p;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		n = (seed >> 33) % (outer.n + 1);
		at = (seed >> 41) % outer.n;
		p = malloc(n ? n : 1);
		memcpy(p, outer.p, n);
		if (at < n)
			p[at] = (uint8_t)(seed >> 50);
		seen += follow((struct stw_bytes){p, n}, 0);
		free(p);
	}
	assert_true(seen > 0);
	buf_free(&inner);
	buf_free(&outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars),         cmocka_unit_test(addresses),
		cmocka_unit_test(fields_in_order), cmocka_unit_test(field_zero),
		cmocka_unit_test(objects),         cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
