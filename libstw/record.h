/*
 * The record form (doc/format.md): a structure is fields in ascending order of their
 * number, explicit values only.
 *
 *   field  := number u16, item          item := wire u8, length u32, value bytes
 *   SEQUENCE := item*                   MAP := (key item, value item)*
 *   OBJECT := variant u16 (0: no union), field*
 *
 * All little-endian, read byte by byte with bounds checks; nothing is ever cast. A cursor
 * never reads outside its bytes, whatever they hold.
 */
#ifndef STW_LIBSTW_RECORD_H
#define STW_LIBSTW_RECORD_H

#include "base/attr.h"
#include "base/str.h"

struct stw_bytes {
	const uint8_t *p;
	size_t n;
};

enum stw_wire {
	STW_WIRE_NULL = 0,      /* no bytes: set to null on purpose */
	STW_WIRE_BOOL = 1,      /* u8: 0 or 1 */
	STW_WIRE_UNSIGNED = 2,  /* u64: numbers, sizes, durations in ms */
	STW_WIRE_SIGNED = 3,    /* i64 */
	STW_WIRE_FLOAT = 4,     /* IEEE 754 binary64 */
	STW_WIRE_STRING = 5,    /* UTF-8 */
	STW_WIRE_ENUM = 6,      /* u16 member number */
	STW_WIRE_REFERENCE = 7, /* u16 structure number, u64 object id; a reference to an object
				 * outside the image is a STRING, as written */
	STW_WIRE_DATE = 8,      /* i64 seconds since 1970-01-01T00:00:00Z */
	STW_WIRE_ADDRESS = 9,   /* 4 or 16 bytes, network order */
	STW_WIRE_NETWORK = 10,  /* u8 prefix length, then as ADDRESS, host bits kept */
	STW_WIRE_SOCKET = 11,   /* u16 port, then as ADDRESS */
	STW_WIRE_OBJECT = 12,
	STW_WIRE_SEQUENCE = 13, /* lists and sets, in order */
	STW_WIRE_MAP = 14,
	STW_WIRE_SECRET = 15 /* u32 offset, u32 length into the secrets block */
};

/* A value still in its bytes. */
struct stw_item {
	uint8_t wire; /* enum stw_wire */
	struct stw_bytes bytes;
};

struct stw_cursor {
	const uint8_t *p, *end;
	uint16_t last; /* number of the field before; 0: none yet, numbers start at 1 */
	bool damaged;  /* bytes did not follow the form; the cursor stands at its end */
};

struct stw_cursor stw_cursor_of(struct stw_bytes bytes);
/* The next field of a structure. False at the end or when damaged (numbers must ascend). */
bool stw_next_field(struct stw_cursor *cursor, uint16_t *number, struct stw_item *item);
/* The next item of a SEQUENCE, or the next half of a pair of a MAP. */
bool stw_next_item(struct stw_cursor *cursor, struct stw_item *item);

/* Values; false when the item is of another wire type or has the wrong length. */
bool stw_item_bool(struct stw_item item, bool *out) WARN_UNUSED;
bool stw_item_unsigned(struct stw_item item, uint64_t *out) WARN_UNUSED;
bool stw_item_signed(struct stw_item item, int64_t *out) WARN_UNUSED; /* SIGNED or DATE */
bool stw_item_float(struct stw_item item, double *out) WARN_UNUSED;
bool stw_item_string(struct stw_item item, struct str *out) WARN_UNUSED;
bool stw_item_enum(struct stw_item item, uint16_t *out) WARN_UNUSED;
bool stw_item_reference(struct stw_item item, uint16_t *structure, uint64_t *id) WARN_UNUSED;
/* The text of a reference to an object outside the image ("#name", or a server's id, which is
 * then also the id above); false: the object is in the image. */
bool stw_item_outside(struct stw_item item, struct str *written);
bool stw_item_secret(struct stw_item item, uint32_t *offset, uint32_t *length) WARN_UNUSED;
/* address: 4 or 16 bytes into out[16], *family 4 or 6; prefix and port where the wire has them. */
bool stw_item_address(struct stw_item item, uint8_t *family, uint8_t out[16]) WARN_UNUSED;
bool stw_item_network(struct stw_item item, uint8_t *family, uint8_t out[16],
		      uint8_t *prefix) WARN_UNUSED;
bool stw_item_socket(struct stw_item item, uint8_t *family, uint8_t out[16],
		     uint16_t *port) WARN_UNUSED;
/* OBJECT: its variant number and a cursor over its fields. */
bool stw_item_object(struct stw_item item, uint16_t *variant, struct stw_bytes *fields) WARN_UNUSED;

#endif
