#include "libstw/content.h"

#include "libstw/bytes.h"
#include "libstw/format.h"
#include "libstw/scan.h"

void stw_content_begin(struct stw_content *content)
{
	content->type = digest_new();
	content->image = digest_new();
	content->failed = !content->type || !content->image;
}

void stw_content_end(struct stw_content *content)
{
	digest_free(content->type);
	digest_free(content->image);
	*content = (struct stw_content){NULL, NULL, true};
}

static void feed(struct stw_content *content, struct digest_ctx *ctx, const void *p, size_t n)
{
	if (!content->failed && !digest_update(ctx, p, n))
		content->failed = true;
}

static void feed_u32(struct stw_content *content, struct digest_ctx *ctx, size_t v)
{
	uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	feed(content, ctx, bytes, sizeof(bytes));
}

/* A pass over the secrets of a record, in order of their bytes. */
struct pass {
	struct stw_content *content;
	struct stw_bytes secrets;
	const uint8_t *fed; /* up to here the value went into the digest */
	bool values;        /* second pass: feed what the secrets say */
};

static void pass_secret(struct pass *pass, struct stw_item item)
{
	static const uint8_t zero[4];
	struct stw_content *content = pass->content;
	uint32_t offset, length;

	if (!stw_item_secret(item, &offset, &length) || offset > pass->secrets.n ||
	    length > pass->secrets.n - offset) {
		content->failed = true;
	} else if (pass->values) {
		feed(content, content->type, pass->secrets.p + offset, length);
	} else {
		feed(content, content->type, pass->fed, (size_t)(item.bytes.p - pass->fed));
		feed(content, content->type, zero, sizeof(zero));
		pass->fed = item.bytes.p + sizeof(zero);
	}
}

static void pass_fields(struct pass *pass, struct stw_bytes fields, unsigned depth);

static void pass_item(struct pass *pass, struct stw_item item, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_bytes fields;
	struct stw_item inner;
	uint16_t variant;

	if (depth > STW_LIMIT_DEPTH)
		pass->content->failed = true;
	else if (item.wire == STW_WIRE_SECRET)
		pass_secret(pass, item);
	else if (item.wire == STW_WIRE_OBJECT && stw_item_object(item, &variant, &fields))
		pass_fields(pass, fields, depth + 1);
	else if (item.wire == STW_WIRE_SEQUENCE || item.wire == STW_WIRE_MAP)
		while (stw_next_item(&cursor, &inner))
			pass_item(pass, inner, depth + 1);
	pass->content->failed = pass->content->failed || cursor.damaged;
}

static void pass_fields(struct pass *pass, struct stw_bytes fields, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(fields);
	struct stw_item item;
	uint16_t number;

	while (stw_next_field(&cursor, &number, &item))
		pass_item(pass, item, depth);
	pass->content->failed = pass->content->failed || cursor.damaged;
}

/* The fields behind the head of an object. */
static struct stw_bytes value_fields(struct stw_bytes value)
{
	struct stw_scan scan = stw_scan_of(value);

	(void)stw_scan_u16(&scan);
	(void)stw_scan_str(&scan);
	(void)stw_scan_str(&scan);
	return stw_scan_rest(&scan);
}

void stw_content_record(struct stw_content *content, struct stw_bytes key, struct stw_bytes value,
			struct stw_bytes secrets)
{
	struct pass pass = {content, secrets, value.p, false};
	struct stw_bytes fields = value_fields(value);

	feed(content, content->type, key.p, key.n);
	feed_u32(content, content->type, value.n);
	/* without a secrets block no record has one, and most images have none */
	if (secrets.n)
		pass_fields(&pass, fields, 0);
	feed(content, content->type, pass.fed, (size_t)(value.p + value.n - pass.fed));
	pass.values = true;
	if (secrets.n)
		pass_fields(&pass, fields, 0);
}

void stw_content_packed(struct stw_content *content, struct stw_bytes table)
{
	size_t n = table.n >= 8 ? stw_le32(table.p + 4) : 0;

	if (n > table.n)
		content->failed = true;
	else
		feed(content, content->type, table.p, n);
}

void stw_content_type(struct stw_content *content, uint16_t structure, uint64_t objects,
		      struct digest *out)
{
	uint8_t head[10] = {(uint8_t)structure, (uint8_t)(structure >> 8)};
	struct digest digest;

	for (int i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(objects >> 8 * i);
	if (content->failed || !digest_final(content->type, &digest)) {
		content->failed = true;
		return;
	}
	feed(content, content->image, head, sizeof(head));
	feed(content, content->image, digest.b, sizeof(digest.b));
	*out = digest;
}

void stw_content_pair(struct stw_content *content, struct stw_bytes key, struct stw_bytes value)
{
	feed_u32(content, content->image, key.n);
	feed(content, content->image, key.p, key.n);
	feed_u32(content, content->image, value.n);
	feed(content, content->image, value.p, value.n);
}

bool stw_content_image(struct stw_content *content, struct digest *out)
{
	return !content->failed && digest_final(content->image, out);
}
