/*
 * The folder emit: from checked objects to the bytes of an image.
 *
 * The compiler hands over a compilation without errors: objects as value trees, packed types as
 * entries, sources with digests, the schema. Emitting is one way and has no opinions; whatever
 * could be wrong with a configuration was said before. It goes in three steps, each of which can
 * be looked at alone:
 *
 *   plan.c    what goes into each table, as pairs in memory, sorted (this file)
 *   tables.c  the schema table and the defaults, as part of the plan
 *   expressions.c  the programs of expressions, as part of the plan
 *   record.c  one value tree as a record (libstw/record.h)
 *   lmdb.c    the plan into an LMDB environment, by MDB_APPEND; the one file that knows LMDB
 *   image.c   secrets, manifest and footer behind it, the digest, the rename
 *
 * Sameness. The same compilation gives the same bytes, on every machine of a kind. So nothing
 * here asks for the time, the host, a locale or the environment; pointers and hash orders never
 * decide an order: objects are sorted by (structure, id), enumerations by name, pairs by key.
 * LMDB gives the same pages for the same sequence of sorted puts, which the tests compare.
 *
 * What is content. The content digest (libstw/content.h) covers records, address tables, the
 * schema table and defaults. Origins, sources and revision are left out, and so are the names,
 * referrers and compiled tables, which follow from the records. It is computed from the plan,
 * so `diff` has it without writing a file.
 *
 * The schema table holds the structures that the objects of this image can reach, and those of
 * the types that the runtime reads, not all of the reference; an image of an ordinary mail
 * server stays small that way.
 *
 * Secrets go to a block of their own, and to nowhere else: the buffer is wiped, LMDB never sees
 * one, records hold a place and a length.
 *
 * Invariants:
 *   - a pair of a table is added once; two with the same key are a collision and refused, except
 *     referrers, where one object may refer to another twice;
 *   - a plan that plan_make refused is never written.
 */
#include "stwc/emit/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "libstw/image.h"
#include "libstw/scan.h"
#include "stwc/emit/record.h"

bool plan_refuse(struct plan *plan, int code, const char *doing)
{
	plan->code = code;
	plan->doing = doing;
	return false;
}

static bool no_memory(struct plan *plan)
{
	return plan_refuse(plan, ENOMEM, "lay out the content of");
}

struct stw_bytes plan_key(const struct plan *plan, const struct plan_pair *pair)
{
	return (struct stw_bytes){(const uint8_t *)plan->bytes.p + pair->key, pair->key_size};
}

struct stw_bytes plan_value(const struct plan *plan, const struct plan_pair *pair)
{
	return (struct stw_bytes){(const uint8_t *)plan->bytes.p + pair->value, pair->value_size};
}

/* Room for one more member of a growing array. */
static bool grow(void **array, size_t count, size_t *cap, size_t size)
{
	size_t wanted = *cap ? *cap * 2 : 64, bytes;
	void *grown;

	if (count < *cap)
		return true;
	if (mul_overflows(wanted, size, &bytes))
		return false;
	grown = realloc(*array, bytes);
	if (!grown)
		return false;
	*array = grown;
	*cap = wanted;
	return true;
}

void plan_add(struct plan *plan, enum stw_store_table table, size_t value_at, const void *key,
	      size_t key_size)
{
	struct plan_table *t = &plan->tables[table];
	size_t value_size = plan->bytes.n - value_at;
	struct plan_pair pair = {.key = plan->bytes.n, .value = value_at};

	buf_put(&plan->bytes, key, key_size);
	if (value_size > UINT32_MAX || !grow((void **)&t->pairs, t->count, &t->cap, sizeof(pair)))
		plan->bytes.failed = true;
	if (plan->bytes.failed)
		return;
	pair.key_size = (uint32_t)key_size;
	pair.value_size = (uint32_t)value_size;
	t->pairs[t->count++] = pair;
}

/* ---- sorting ---- */

static int pair_cmp(const void *a, const void *b, void *ctx)
{
	const struct plan *plan = ctx;
	struct stw_bytes x = plan_key(plan, a), y = plan_key(plan, b);
	size_t n = x.n < y.n ? x.n : y.n;
	int order = memcmp(x.p, y.p, n);

	return order ? order : x.n < y.n ? -1 : x.n > y.n;
}

/* Sorted, and each key once. */
static bool sort_table(struct plan *plan, enum stw_store_table table)
{
	struct plan_table *t = &plan->tables[table];
	size_t kept = 0;

	if (t->count == 0)
		return true;
	qsort_r(t->pairs, t->count, sizeof(*t->pairs), pair_cmp, plan);
	for (size_t i = 1; i < t->count; i++) {
		if (pair_cmp(&t->pairs[kept], &t->pairs[i], plan) != 0)
			t->pairs[++kept] = t->pairs[i];
		else if (table != STW_REFERRERS)
			return plan_refuse(plan, EEXIST, "give every object a place of its own in");
	}
	t->count = kept + 1;
	return true;
}

static bool sort_tables(struct plan *plan)
{
	for (unsigned i = 0; i < STW_TABLE_COUNT; i++)
		if (!sort_table(plan, (enum stw_store_table)i))
			return false;
	return true;
}

/* ---- objects ---- */

/* The object whose record is being written. */
struct referring {
	const struct object *from;
	struct buf keys; /* of referrers, to be added when the record is whole */
};

static void refer(void *ctx, const struct object *target)
{
	struct referring *r = ctx;
	uint8_t key[STW_REFERRER_KEY_SIZE];

	(void)stw_object_key(key, target->type->structure->number, target->id);
	(void)stw_object_key(key + STW_OBJECT_KEY_SIZE, r->from->type->structure->number,
			     r->from->id);
	buf_put(&r->keys, key, sizeof(key));
}

static void add_referrers(struct plan *plan, struct referring *r)
{
	for (size_t at = 0; at < r->keys.n; at += STW_REFERRER_KEY_SIZE)
		plan_add(plan, STW_REFERRERS, plan->bytes.n, r->keys.p + at, STW_REFERRER_KEY_SIZE);
	plan->bytes.failed = plan->bytes.failed || r->keys.failed;
	buf_free(&r->keys);
}

static bool add_record(struct plan *plan, const struct object *object)
{
	struct referring r = {.from = object, .keys = BUF_INIT};
	struct record_sink sink = {&plan->bytes, &plan->secrets, refer, &r};
	uint8_t key[STW_OBJECT_KEY_SIZE];
	size_t at = plan->bytes.n;
	bool fits;

	buf_put_u16(&plan->bytes, record_variant(&object->body));
	stw_put_str(&plan->bytes, object->identity);
	stw_put_str(&plan->bytes, object->client_id);
	record_put(&sink, &object->body);
	fits = plan->bytes.n - at <= STW_LIMIT_RECORD;
	(void)stw_object_key(key, object->type->structure->number, object->id);
	plan_add(plan, STW_RECORDS, at, key, sizeof(key));
	add_referrers(plan, &r);
	return fits || plan_refuse(plan, EFBIG, "put an object that large into");
}

static bool add_name(struct plan *plan, const struct object *object)
{
	uint8_t bytes[STW_NAME_KEY_SIZE];
	struct stw_bytes key;
	size_t at = plan->bytes.n;

	if (!stw_name_key(bytes, object->type->structure->number, object->identity, &key))
		return no_memory(plan);
	buf_put_u64(&plan->bytes, object->id);
	plan_add(plan, STW_NAMES, at, key.p, key.n);
	return true;
}

/* Source index and line of a span; an object that no source shows counts to the first. */
static void put_origin(struct plan *plan, const struct compilation *c, struct span span)
{
	struct source *source = sources_get(&c->sources, span.source);

	buf_put_u32(&plan->bytes, source ? source->number - 1 : 0);
	buf_put_u32(&plan->bytes, source ? source_line_number(source, span.begin) : 0);
}

static void add_origin(struct plan *plan, const struct compilation *c, const struct object *object)
{
	uint8_t key[STW_OBJECT_KEY_SIZE];
	size_t at = plan->bytes.n;

	put_origin(plan, c, object->span);
	for (size_t i = 0; i < object->body.count; i++) {
		const struct value_field *field = &object->body.fields[i];

		buf_put_u16(&plan->bytes, field->field->number);
		put_origin(plan, c, field->key_span.source ? field->key_span : field->value->span);
	}
	(void)stw_object_key(key, object->type->structure->number, object->id);
	plan_add(plan, STW_ORIGINS, at, key, sizeof(key));
}

static int object_cmp(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	uint16_t s = x->type->structure->number, t = y->type->structure->number;

	if (s != t)
		return s < t ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* In the order of their keys, so that secrets lie in an order that the content decides. */
static bool add_objects(struct plan *plan, const struct compilation *c)
{
	size_t n = c->object_count;
	struct object **sorted = calloc(n ? n : 1, sizeof(*sorted));
	bool ok = sorted != NULL;

	if (!ok)
		return no_memory(plan);
	if (n)
		memcpy(sorted, c->objects, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), object_cmp);
	for (size_t i = 0; ok && i < n; i++) {
		ok = add_record(plan, sorted[i]) && add_name(plan, sorted[i]);
		add_origin(plan, c, sorted[i]);
	}
	free(sorted);
	return ok;
}

static bool add_packed(struct plan *plan, const struct compilation *c)
{
	for (size_t i = 0; i < c->packed_count; i++) {
		const struct packed *packed = &c->packed[i];
		size_t at = plan->bytes.n;
		uint8_t key[2];

		if (packed->count == 0)
			continue;
		if (packed->count > STW_LIMIT_PACKED)
			return plan_refuse(plan, EFBIG, "put that many addresses into");
		if (!packed_table(packed, &plan->bytes))
			return no_memory(plan);
		stw_put_be16(key, packed->type->structure->number);
		plan_add(plan, STW_PACKED, at, key, sizeof(key));
	}
	return true;
}

/* ---- listeners ---- */

static void put_bind(struct buf *out, const struct object *listener,
		     const struct net_socket *socket)
{
	uint8_t bytes[19] = {socket->addr.family};

	memcpy(bytes + 1, socket->addr.b, socket->addr.family == 4 ? 4 : 16);
	stw_put_be16(bytes + 17, socket->port);
	buf_put(out, bytes, sizeof(bytes));
	buf_put_u64(out, listener->id);
}

static int bind_cmp(const void *a, const void *b)
{
	return memcmp(a, b, STW_BIND_SIZE);
}

/* The listening addresses, so that the daemon matches sockets without decoding a record. */
static void add_listeners(struct plan *plan, const struct compilation *c)
{
	const struct schema_object *type = schema_object_find(c->schema, STR("NetworkListener"));
	size_t at = plan->bytes.n, rows;

	if (type)
		buf_put_u16(&plan->bytes, type->structure->number);
	rows = plan->bytes.n;
	for (size_t i = 0; type && i < c->object_count; i++) {
		const struct object *object = c->objects[i];
		const struct value *bind = value_field_get(&object->body, "bind");

		if (object->type != type || !bind || bind->kind != VALUE_SEQUENCE)
			continue;
		for (size_t k = 0; k < bind->sequence.count; k++)
			put_bind(&plan->bytes, object, &bind->sequence.items[k]->socket);
	}
	if (plan->bytes.failed || plan->bytes.n == rows) {
		plan->bytes.n = plan->bytes.failed ? plan->bytes.n : at;
		return;
	}
	qsort(plan->bytes.p + rows, (plan->bytes.n - rows) / STW_BIND_SIZE, STW_BIND_SIZE,
	      bind_cmp);
	plan_add(plan, STW_TABLES, at, STW_TABLE_LISTENERS, sizeof(STW_TABLE_LISTENERS) - 1);
}

/* ---- types and digests ---- */

static struct stw_bytes plan_secrets(const struct plan *plan)
{
	return (struct stw_bytes){(const uint8_t *)plan->secrets.p, plan->secrets.n};
}

static bool add_type(struct plan *plan, struct stw_content *content, uint16_t structure,
		     uint64_t objects)
{
	struct stw_type_summary type = {.structure = structure, .objects = objects};

	stw_content_type(content, structure, objects, &type.content);
	if (!grow((void **)&plan->types, plan->type_count, &plan->type_cap, sizeof(type)))
		return no_memory(plan);
	plan->types[plan->type_count++] = type;
	plan->objects += objects;
	return true;
}

/* The records of the type that begins at *at, which is moved behind it. */
static uint64_t digest_records(struct plan *plan, struct stw_content *content, size_t *at,
			       uint16_t structure)
{
	const struct plan_table *t = &plan->tables[STW_RECORDS];
	uint64_t n = 0;

	for (; *at < t->count; ++*at, n++) {
		struct stw_bytes key = plan_key(plan, &t->pairs[*at]);

		if (stw_be16(key.p) != structure)
			break;
		stw_content_record(content, key, plan_value(plan, &t->pairs[*at]),
				   plan_secrets(plan));
	}
	return n;
}

static uint64_t digest_packed(struct plan *plan, struct stw_content *content, size_t at)
{
	struct stw_bytes table = plan_value(plan, &plan->tables[STW_PACKED].pairs[at]);

	stw_content_packed(content, table);
	return (uint64_t)stw_le32(table.p + 8) + stw_le32(table.p + 12);
}

static uint16_t structure_at(const struct plan *plan, enum stw_store_table table, size_t at)
{
	const struct plan_table *t = &plan->tables[table];

	return at < t->count ? stw_be16(plan_key(plan, &t->pairs[at]).p) : UINT16_MAX;
}

/* Both tables are sorted by structure; the types of both are one ascending list. */
static bool digest_types(struct plan *plan, struct stw_content *content)
{
	size_t record = 0, packed = 0;

	while (record < plan->tables[STW_RECORDS].count ||
	       packed < plan->tables[STW_PACKED].count) {
		uint16_t r = structure_at(plan, STW_RECORDS, record);
		uint16_t p = structure_at(plan, STW_PACKED, packed);
		uint64_t n = r < p ? digest_records(plan, content, &record, r)
				   : digest_packed(plan, content, packed++);

		if (!add_type(plan, content, r < p ? r : p, n))
			return false;
	}
	return true;
}

static bool digest_plan(struct plan *plan)
{
	static const enum stw_store_table tables[] = {STW_SCHEMA, STW_DEFAULTS};
	struct stw_content content;
	bool ok;

	stw_content_begin(&content);
	ok = content.failed ? no_memory(plan) : digest_types(plan, &content);
	for (size_t t = 0; ok && t < ARRAY_LEN(tables); t++) {
		const struct plan_table *table = &plan->tables[tables[t]];

		for (size_t i = 0; i < table->count; i++)
			stw_content_pair(&content, plan_key(plan, &table->pairs[i]),
					 plan_value(plan, &table->pairs[i]));
	}
	if (ok && !stw_content_image(&content, &plan->content))
		ok = plan_refuse(plan, EIO, "compute the content digest of");
	stw_content_end(&content);
	return ok;
}

bool plan_make(struct plan *plan, struct compilation *c)
{
	*plan = (struct plan){.bytes = BUF_INIT, .secrets = {.secret = true}};
	if (c->object_count > STW_LIMIT_OBJECTS)
		return plan_refuse(plan, EFBIG, "put that many objects into");
	if (!add_objects(plan, c) || !add_packed(plan, c) || !plan_schema(plan, c) ||
	    !plan_expressions(plan, c) || !plan_discovery(plan, c))
		return false;
	add_listeners(plan, c);
	if (plan->bytes.failed || plan->secrets.failed)
		return no_memory(plan);
	if (plan->secrets.n > STW_LIMIT_SECRETS)
		return plan_refuse(plan, EFBIG, "put that many secrets into");
	return sort_tables(plan) && digest_plan(plan);
}

void plan_free(struct plan *plan)
{
	for (unsigned i = 0; i < STW_TABLE_COUNT; i++)
		free(plan->tables[i].pairs);
	free(plan->types);
	free(plan->defaults);
	buf_free(&plan->bytes);
	buf_wipe(&plan->secrets);
	buf_free(&plan->secrets);
	*plan = (struct plan){.bytes = BUF_INIT, .secrets = BUF_INIT};
}
