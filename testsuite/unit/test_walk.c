/*
 * The deep walk: a plan is spoiled in one place before it is written, with digests that fit the
 * file, and the walk has to say what is wrong. A builder's mistake must be found here.
 */
#include "image_fixture.h"

#include <sys/mman.h>

#include "libstw/discovery.h"
#include "libstw/bytes.h"
#include "libstw/footer.h"
#include "libstw/image.h"
#include "libstw/manifest.h"
#include "libstw/program.h"
#include "stwc/emit/lmdb.h"

/* Writes the plan as an image into memory, as emit does. */
static int write_plan(const struct plan *plan)
{
	struct stw_source source = {.name = STR("mail.toml")};
	struct stw_manifest manifest = {
		.schema_version = STR("0.16.19"),
		.builder = STR("test"),
		.content = plan->content,
		.sources = &source,
		.source_count = 1,
		.types = plan->types,
		.type_count = plan->type_count,
	};
	struct stw_footer footer = stw_footer_here();
	struct buf bytes = BUF_INIT;
	uint8_t end[STW_FOOTER_SIZE];
	int fd = memfd_create("image", MFD_CLOEXEC), code;

	stw_manifest_encode(&manifest, &bytes);
	assert_true(lmdb_write(fd, plan, &footer.store, &code));
	footer.secrets = plan->secrets.n;
	footer.manifest = bytes.n;
	assert_true(lseek(fd, (off_t)footer.store, SEEK_SET) >= 0);
	assert_true(fs_write_all(fd, plan->secrets.p, plan->secrets.n));
	assert_true(fs_write_all(fd, bytes.p, bytes.n));
	assert_true(stw_file_digest(fd, &footer, (struct stw_bytes){(uint8_t *)bytes.p, bytes.n},
				    &footer.digest, NULL));
	stw_footer_encode(&footer, end);
	assert_true(fs_write_all(fd, end, sizeof(end)));
	buf_free(&bytes);
	return fd;
}

struct reports {
	const char *wanted;
	size_t count, matching;
};

static void take_report(void *ctx, const char *text)
{
	struct reports *reports = ctx;

	reports->count++;
	if (strstr(text, reports->wanted))
		reports->matching++;
	else
		print_message("# also: %s\n", text);
}

/* An image of a text whose plan was spoiled; the descriptor. */
static int spoiled_image(const char *text, void (*spoil)(struct plan *plan))
{
	struct compilation c;
	struct plan plan;
	struct fixture f;
	int fd;

	fixture_open(&f);
	fixture_compile(&f, text, &c);
	assert_true(plan_make(&plan, &c));
	compile_free(&c);
	if (spoil)
		spoil(&plan);
	fd = write_plan(&plan);
	plan_free(&plan);
	close(open(f.image, O_WRONLY | O_CREAT, 0600)); /* for fixture_close */
	fixture_close(&f);
	return fd;
}

/* Expects a report that has `wanted` in it. */
static void expect_of(const char *text, void (*spoil)(struct plan *plan), const char *wanted)
{
	struct reports reports = {.wanted = wanted};
	struct stw_fault fault = {.error = STW_OK};
	int fd = spoiled_image(text, spoil);
	struct stw_image *image = stw_image_open(fd, 0, &fault);
	bool clean;

	if (!image)
		fail_msg("%s", fault.text);
	clean = stw_image_walk(stw_reader_main(image), take_report, &reports);
	assert_int_equal(clean, reports.count == 0);
	if (spoil && reports.matching == 0)
		fail_msg("nothing about '%s' in %zu reports", wanted, reports.count);
	if (!spoil)
		assert_int_equal(reports.count, 0);
	stw_image_close(image);
	close(fd);
}

static void expect(void (*spoil)(struct plan *plan), const char *wanted)
{
	expect_of(fixture_text, spoil, wanted);
}

/* Expects that the image does not open at all. */
static void refused(const char *text, void (*spoil)(struct plan *plan), const char *wanted)
{
	struct stw_fault fault = {.error = STW_OK};
	int fd = spoiled_image(text, spoil);

	assert_null(stw_image_open(fd, 0, &fault));
	assert_int_equal(fault.error, STW_DAMAGED);
	if (!strstr(fault.text, wanted))
		fail_msg("%s, not %s", fault.text, wanted);
	close(fd);
}

static void nothing_spoiled(void **state)
{
	(void)state;
	expect(NULL, "");
}

static uint8_t *value_at(struct plan *plan, enum stw_store_table table, size_t i)
{
	return (uint8_t *)plan->bytes.p + plan->tables[table].pairs[i].value;
}

static uint8_t *key_at(struct plan *plan, enum stw_store_table table, size_t i)
{
	return (uint8_t *)plan->bytes.p + plan->tables[table].pairs[i].key;
}

static void drop_name(struct plan *plan)
{
	plan->tables[STW_NAMES].count--;
}

static void other_name(struct plan *plan)
{
	value_at(plan, STW_NAMES, 0)[0] ^= 1;
}

static void names(void **state)
{
	(void)state;
	expect(drop_name, "cannot be found by its name");
	expect(drop_name, "the table names has 4 entries for 5 records");
	expect(other_name, "cannot be found by its name");
}

static void drop_origin(struct plan *plan)
{
	plan->tables[STW_ORIGINS].count--;
}

static void other_source(struct plan *plan)
{
	value_at(plan, STW_ORIGINS, 0)[0] = 7;
}

static void origins(void **state)
{
	(void)state;
	expect(drop_origin, "has no place in the sources");
	expect(other_source, "has no place in the sources");
}

static void drop_referrer(struct plan *plan)
{
	plan->tables[STW_REFERRERS].count--;
}

static void other_referrer(struct plan *plan)
{
	key_at(plan, STW_REFERRERS, 0)[STW_REFERRER_KEY_SIZE - 1] ^= 1;
}

/* The target of the only reference goes; its record is the one with the same key. */
static void drop_target(struct plan *plan)
{
	struct plan_table *t = &plan->tables[STW_RECORDS];
	const uint8_t *target = key_at(plan, STW_REFERRERS, 0);
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++)
		if (memcmp(key_at(plan, STW_RECORDS, i), target, STW_OBJECT_KEY_SIZE) != 0)
			t->pairs[kept++] = t->pairs[i];
	assert_int_equal(kept + 1, t->count);
	t->count = kept;
}

static void referrers(void **state)
{
	(void)state;
	expect(drop_referrer, "is missing among the referrers of its target");
	expect(other_referrer, "lists a reference that is not there");
	expect(drop_target, "refers to an object that is not there");
}

/* The place of the first field behind the head of a record. */
static uint8_t *fields_at(struct plan *plan, size_t i)
{
	uint8_t *p = value_at(plan, STW_RECORDS, i) + 2;

	p += 4 + stw_le32(p);
	return p + 4 + stw_le32(p);
}

/* The record of the settings; it has a string and a reference. */
static size_t settings_at(struct plan *plan)
{
	const uint8_t *referrer = key_at(plan, STW_REFERRERS, 0) + STW_OBJECT_KEY_SIZE;

	for (size_t i = 0; i < plan->tables[STW_RECORDS].count; i++)
		if (memcmp(key_at(plan, STW_RECORDS, i), referrer, STW_OBJECT_KEY_SIZE) == 0)
			return i;
	fail_msg("no settings");
	return 0;
}

static void other_wire(struct plan *plan)
{
	fields_at(plan, settings_at(plan))[2] = STW_WIRE_MAP;
}

static void other_number(struct plan *plan)
{
	uint8_t *p = fields_at(plan, settings_at(plan));

	while (stw_le16(p + 7 + stw_le32(p + 3)) != 0 && p[2] != STW_WIRE_REFERENCE)
		p += 7 + stw_le32(p + 3);
	p[1] = 0x7f;
}

static void other_length(struct plan *plan)
{
	fields_at(plan, settings_at(plan))[3] ^= 0x80;
}

static void null_where_none_is_allowed(struct plan *plan)
{
	/* a listener's protocol or bind: neither is nullable */
	for (size_t i = 0; i < plan->tables[STW_RECORDS].count; i++)
		if (fields_at(plan, i)[2] == STW_WIRE_SEQUENCE)
			fields_at(plan, i)[2] = STW_WIRE_NULL;
}

static void records(void **state)
{
	(void)state;
	expect(other_wire, "has a value of another type");
	expect(other_number, "has a field that its structure does not have");
	expect(other_length, "does not follow the record form");
	expect(null_where_none_is_allowed, "may not be null");
	/* any change of a record changes the content */
	expect(other_wire, "the content digest of SystemSettings does not match");
}

static void drop_shape(struct plan *plan)
{
	struct plan_table *t = &plan->tables[STW_SCHEMA];

	memmove(t->pairs, t->pairs + 1, (t->count - 1) * sizeof(*t->pairs));
	t->count--;
}

static void drop_all_shapes(struct plan *plan)
{
	plan->tables[STW_SCHEMA].count = 0;
}

static void drop_members(struct plan *plan)
{
	struct plan_table *t = &plan->tables[STW_SCHEMA];

	while (t->count && key_at(plan, STW_SCHEMA, t->count - 1)[0] == STW_SCHEMA_ENUM)
		t->count--;
}

static void spoiled_default(struct plan *plan)
{
	value_at(plan, STW_DEFAULTS, 0)[2] = STW_WIRE_MAP;
}

static void schema(void **state)
{
	(void)state;
	expect(drop_shape, "the content digest of the image does not match");
	expect(drop_all_shapes, "has a structure that the schema table lacks");
	expect(drop_members, "is no member of its enumeration");
	expect(spoiled_default, "the defaults of a structure are damaged");
}

static void spoiled_order(struct plan *plan)
{
	struct plan_table *t = &plan->tables[STW_PACKED];

	for (size_t i = 0; i < t->count; i++) {
		uint8_t *table = value_at(plan, STW_PACKED, i);

		/* the base of the first IPv4 entry, at the first place of the header */
		table[stw_le32(table + 16) + 3] |= 1;
	}
}

static void spoiled_count(struct plan *plan)
{
	plan->types[0].objects++;
}

static void spoiled_magic(struct plan *plan)
{
	value_at(plan, STW_PACKED, 0)[0] ^= 1;
}

static void packed(void **state)
{
	(void)state;
	expect(spoiled_order, "a network has host bits");
	expect(spoiled_magic, "the address table of AllowedIp is damaged");
	expect(spoiled_count, "the manifest says");
}

static void spoiled_listener(struct plan *plan)
{
	value_at(plan, STW_TABLES, 1)[2 + 19] ^= 1; /* the id */
}

static void spoiled_bind_order(struct plan *plan)
{
	value_at(plan, STW_TABLES, 1)[2 + 1] = 0xff; /* first address above the second */
}

static void listeners(void **state)
{
	(void)state;
	expect(spoiled_listener, "has no listener");
	expect(spoiled_bind_order, "is not in order");
}

/* ---- discovery: the first compiled table by name, listeners the second ---- */

static uint8_t *discovery_host(struct plan *plan, size_t i)
{
	return value_at(plan, STW_TABLES, 0) + STW_DISCOVERY_HEADER_SIZE +
	       i * STW_DISCOVERY_HOST_SIZE;
}

static void many_hosts(struct plan *plan)
{
	value_at(plan, STW_TABLES, 0)[3] = 0xff;
}

static void name_outside(struct plan *plan)
{
	discovery_host(plan, 0)[3] = 0xff;
}

static void no_name(struct plan *plan)
{
	discovery_host(plan, 0)[4] = 0;
}

static void wide_name(struct plan *plan)
{
	uint8_t *host = discovery_host(plan, 0);

	value_at(plan, STW_TABLES, 0)[stw_le32(host)] = 'A';
}

static void host_order(struct plan *plan)
{
	memcpy(discovery_host(plan, 0), discovery_host(plan, 1), 6);
}

static void host_flag(struct plan *plan)
{
	discovery_host(plan, 0)[6] = 2;
}

static void no_document(struct plan *plan)
{
	discovery_host(plan, 0)[8] = 0xff;
}

static uint8_t *document_place(struct plan *plan)
{
	return discovery_host(plan, stw_le32(value_at(plan, STW_TABLES, 0)));
}

static void document_outside(struct plan *plan)
{
	document_place(plan)[3] = 0xff;
}

static void document_piece(struct plan *plan)
{
	value_at(plan, STW_TABLES, 0)[stw_le32(document_place(plan))] = STW_PIECE_KINDS;
}

static void discovery(void **state)
{
	(void)state;
	refused(fixture_text, many_hosts, "rows lie outside");
	refused(fixture_text, name_outside, "a host has no name");
	refused(fixture_text, no_name, "a host has no name");
	refused(fixture_text, wide_name, "a host has no name");
	refused(fixture_text, host_order, "not in order");
	refused(fixture_text, host_flag, "a flag that is not known");
	refused(fixture_text, no_document, "a document that is not there");
	refused(fixture_text, document_outside, "outside of the table");
	refused(fixture_text, document_piece, "does not follow its form");
}

/* ---- expressions: the first compiled table by name, where there is no domain ---- */

static const char expressions_text[] = "[MtaHook.a]\n"
				       "url = \"https://a.example.org/\"\n"
				       "enable = \"is_tls\"\n"
				       "[MtaHook.b]\n"
				       "url = \"https://b.example.org/\"\n"
				       "enable = \"is_tls\"\n";

static uint8_t *place_at(struct plan *plan, size_t i)
{
	return value_at(plan, STW_TABLES, 0) + 4 + i * STW_PLACE_SIZE;
}

static uint8_t *program_at(struct plan *plan, size_t i)
{
	return value_at(plan, STW_TABLES, 0) + stw_le32(place_at(plan, i) + 14) + 4;
}

/* Of the objects, whose expression has no constants; the first row is the default of the field. */
static size_t last_place(struct plan *plan)
{
	return stw_le32(value_at(plan, STW_TABLES, 0)) - 1;
}

static void other_object(struct plan *plan)
{
	place_at(plan, last_place(plan))[2 + 7] =
		0x7f; /* the highest byte of the id: still the last */
}

static void other_order(struct plan *plan)
{
	place_at(plan, 0)[1] = 0xff;
}

static void outside(struct plan *plan)
{
	place_at(plan, 0)[17] = 0xff;
}

static void many_places(struct plan *plan)
{
	value_at(plan, STW_TABLES, 0)[3] = 0x7f;
}

static void other_opcode(struct plan *plan)
{
	program_at(plan, last_place(plan))[STW_PROGRAM_HEADER_SIZE] = 0xee;
}

static void other_constant(struct plan *plan)
{
	program_at(plan, 0)[STW_PROGRAM_HEADER_SIZE] = 0xee;
}

static void other_version(struct plan *plan)
{
	program_at(plan, 0)[0]++;
}

static void no_stack(struct plan *plan)
{
	program_at(plan, 0)[2] = 0;
}

static void expressions(void **state)
{
	(void)state;
	expect_of(expressions_text, NULL, "");
	expect_of(expressions_text, other_object, "a row has no object");
	refused(expressions_text, other_order, "not in order");
	refused(expressions_text, outside, "leads outside");
	refused(expressions_text, many_places, "no rows");
	refused(expressions_text, other_opcode, "an instruction is unknown");
	refused(expressions_text, other_constant, "a constant is damaged");
	refused(expressions_text, other_version, "it is no program");
	refused(expressions_text, no_stack, "the stack is larger");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_spoiled), cmocka_unit_test(names),
		cmocka_unit_test(origins),         cmocka_unit_test(referrers),
		cmocka_unit_test(records),         cmocka_unit_test(schema),
		cmocka_unit_test(packed),          cmocka_unit_test(listeners),
		cmocka_unit_test(discovery),       cmocka_unit_test(expressions),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
