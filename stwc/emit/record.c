#include "stwc/emit/record.h"

#include "libstw/record.h"
#include "stwc/emit/emit.h"

static void put_item(const struct record_sink *sink, const struct value *value);

uint16_t record_variant(const struct value_object *object)
{
	return object->variant ? object->variant->number : 0;
}

static void put_address(struct buf *out, const struct net_addr *addr)
{
	buf_put(out, addr->b, addr->family == 4 ? 4 : 16);
}

static void put_double(struct buf *out, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	buf_put_u64(out, bits);
}

static bool is_secret(const struct value *value)
{
	return value->kind == VALUE_STRING &&
	       (value->type->kind == TYPE_SECRET || value->type->kind == TYPE_SECRET_TEXT);
}

static enum stw_wire wire_of(const struct record_sink *sink, const struct value *value)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_NULL: return STW_WIRE_NULL;
	case VALUE_BOOL: return STW_WIRE_BOOL;
	case VALUE_UNSIGNED: return STW_WIRE_UNSIGNED;
	case VALUE_SIGNED: return STW_WIRE_SIGNED;
	case VALUE_FLOAT: return STW_WIRE_FLOAT;
	case VALUE_STRING:
		return sink->secrets && is_secret(value) ? STW_WIRE_SECRET : STW_WIRE_STRING;
	case VALUE_ENUM: return STW_WIRE_ENUM;
	case VALUE_REFERENCE: return STW_WIRE_REFERENCE;
	case VALUE_DATE: return STW_WIRE_DATE;
	case VALUE_ADDRESS: return STW_WIRE_ADDRESS;
	case VALUE_NETWORK: return STW_WIRE_NETWORK;
	case VALUE_SOCKET: return STW_WIRE_SOCKET;
	case VALUE_OBJECT: return STW_WIRE_OBJECT;
	case VALUE_SEQUENCE: return STW_WIRE_SEQUENCE;
	case VALUE_MAP: return STW_WIRE_MAP;
	}
	return STW_WIRE_NULL;
}

static void put_secret(const struct record_sink *sink, struct str secret)
{
	/* the block has a limit far below 4 GiB, which the plan checks when all is in it */
	buf_put_u32(sink->out, (uint32_t)sink->secrets->n);
	buf_put_u32(sink->out, (uint32_t)secret.n);
	buf_puts(sink->secrets, secret);
}

static void put_reference(const struct record_sink *sink, const struct value *value)
{
	const struct object *target = value->reference.target;

	buf_put_u16(sink->out, value->type->structure->number);
	buf_put_u64(sink->out, target ? target->id : value->reference.id);
	if (!target)
		buf_puts(sink->out, value->reference.written);
	else if (sink->refer)
		sink->refer(sink->ctx, target);
}

static void put_bytes(const struct record_sink *sink, const struct value *value)
{
	struct buf *out = sink->out;

	switch ((enum value_kind)value->kind) {
	case VALUE_NULL: break;
	case VALUE_BOOL: buf_put_u8(out, value->boolean); break;
	case VALUE_UNSIGNED: buf_put_u64(out, value->number); break;
	case VALUE_SIGNED: buf_put_u64(out, (uint64_t)value->integer); break;
	case VALUE_FLOAT: put_double(out, value->real); break;
	case VALUE_STRING:
		if (wire_of(sink, value) == STW_WIRE_SECRET)
			put_secret(sink, value->string);
		else
			buf_puts(out, value->string);
		break;
	case VALUE_ENUM: buf_put_u16(out, value->member->number); break;
	case VALUE_REFERENCE: put_reference(sink, value); break;
	case VALUE_DATE: buf_put_u64(out, (uint64_t)value->seconds); break;
	case VALUE_ADDRESS: put_address(out, &value->address); break;
	case VALUE_NETWORK:
		buf_put_u8(out, value->network.prefix);
		put_address(out, &value->network.addr);
		break;
	case VALUE_SOCKET:
		buf_put_u16(out, value->socket.port);
		put_address(out, &value->socket.addr);
		break;
	case VALUE_OBJECT:
		buf_put_u16(out, record_variant(&value->object));
		record_put(sink, &value->object);
		break;
	case VALUE_SEQUENCE:
		for (size_t i = 0; i < value->sequence.count; i++)
			put_item(sink, value->sequence.items[i]);
		break;
	case VALUE_MAP:
		for (size_t i = 0; i < value->map.count; i++) {
			put_item(sink, value->map.pairs[i].key);
			put_item(sink, value->map.pairs[i].value);
		}
		break;
	}
}

/* The length is known when the bytes are there. */
static void put_item(const struct record_sink *sink, const struct value *value)
{
	struct buf *out = sink->out;
	size_t at;

	buf_put_u8(out, (uint8_t)wire_of(sink, value));
	at = out->n;
	buf_put_u32(out, 0);
	put_bytes(sink, value);
	/* longer than 4 GiB is refused by the limit on a record */
	buf_patch_u32(out, at, (uint32_t)(out->n - at - 4));
}

void record_put(const struct record_sink *sink, const struct value_object *object)
{
	for (size_t i = 0; i < object->count; i++) {
		buf_put_u16(sink->out, object->fields[i].field->number);
		put_item(sink, object->fields[i].value);
	}
}

void emit_record(struct buf *out, const struct value_object *object)
{
	struct record_sink sink = {.out = out};

	record_put(&sink, object);
}
