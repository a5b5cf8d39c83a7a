#include "unit.h"

#include "base/buf.h"
#include "libstw/records.h"

static struct arena arena;
static struct buf record;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	record = BUF_INIT;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(&arena);
	buf_free(&record);
	return 0;
}

static struct stw_bytes bytes(void)
{
	return (struct stw_bytes){(const uint8_t *)record.p, record.n};
}

/* Appends an item's head; returns where its length stands. */
static size_t begin_item(uint8_t wire)
{
	size_t at;

	buf_put_u8(&record, wire);
	at = record.n;
	buf_put_u32(&record, 0);
	return at;
}

static void end_item(size_t at)
{
	buf_patch_u32(&record, at, (uint32_t)(record.n - at - 4));
}

static size_t begin_field(uint16_t number, uint8_t wire)
{
	buf_put_u16(&record, number);
	return begin_item(wire);
}

static void put_unsigned(uint16_t number, uint64_t v)
{
	size_t at = begin_field(number, STW_WIRE_UNSIGNED);

	buf_put_u64(&record, v);
	end_item(at);
}

static void put_bool(uint16_t number, bool v)
{
	size_t at = begin_field(number, STW_WIRE_BOOL);

	buf_put_u8(&record, v);
	end_item(at);
}

static void put_string(uint16_t number, const char *s)
{
	size_t at = begin_field(number, STW_WIRE_STRING);

	buf_puts(&record, str_c(s));
	end_item(at);
}

static void put_null(uint16_t number)
{
	end_item(begin_field(number, STW_WIRE_NULL));
}

static void put_socket(uint16_t port, const char *four)
{
	size_t at = begin_item(STW_WIRE_SOCKET);

	buf_put_u16(&record, port);
	buf_put(&record, four, 4);
	end_item(at);
}

static void put_sockets(void)
{
	size_t at = begin_field(STW_FIELD_NetworkListener_bind, STW_WIRE_SEQUENCE);

	put_socket(25, "\x7f\0\0\1");
	put_socket(587, "\x0a\1\2\3");
	end_item(at);
}

static void defaults_then_own(void **state)
{
	struct rec_NetworkListener l = {0};

	(void)state;
	put_unsigned(STW_FIELD_NetworkListener_maxConnections, 8192);
	put_bool(STW_FIELD_NetworkListener_useTls, true);
	assert_true(rec_NetworkListener_decode(&arena, bytes(), &l));
	buf_clear(&record);
	put_sockets();
	put_string(STW_FIELD_NetworkListener_name, "smtp");
	assert_true(rec_NetworkListener_decode(&arena, bytes(), &l));
	assert_true(l.has_maxConnections);
	assert_int_equal(l.maxConnections, 8192);
	assert_true(l.useTls);
	assert_str(l.name, "smtp");
	assert_int_equal(l.bind_count, 2);
	assert_int_equal(l.bind[0].port, 25);
	assert_int_equal(l.bind[1].port, 587);
	assert_int_equal(l.bind[1].family, 4);
	assert_memory_equal(l.bind[1].bytes, "\x0a\1\2\3", 4);
}

static void null_takes_the_value_away(void **state)
{
	struct rec_NetworkListener l = {.has_maxConnections = true, .maxConnections = 5};

	(void)state;
	put_null(STW_FIELD_NetworkListener_maxConnections);
	assert_true(rec_NetworkListener_decode(&arena, bytes(), &l));
	assert_false(l.has_maxConnections);
}

static void null_where_none_may_be(void **state)
{
	struct rec_NetworkListener l = {.useTls = true};

	(void)state;
	put_null(STW_FIELD_NetworkListener_useTls);
	assert_false(rec_NetworkListener_decode(&arena, bytes(), &l));
	assert_true(l.useTls);
}

static void unknown_numbers_are_skipped(void **state)
{
	struct rec_NetworkListener l = {0};

	(void)state;
	put_bool(STW_FIELD_NetworkListener_useTls, true);
	put_string(0x7fff, "of a newer schema");
	assert_true(rec_NetworkListener_decode(&arena, bytes(), &l));
	assert_true(l.useTls);
}

static void another_wire_type(void **state)
{
	struct rec_NetworkListener l = {.name = {"old", 3}};

	(void)state;
	put_string(STW_FIELD_NetworkListener_name, "new");
	put_unsigned(STW_FIELD_NetworkListener_useTls, 1);
	assert_false(rec_NetworkListener_decode(&arena, bytes(), &l));
	assert_str(l.name, "old");
	buf_clear(&record);
	put_unsigned(STW_FIELD_NetworkListener_bind, 1);
	assert_false(rec_NetworkListener_decode(&arena, bytes(), &l));
}

static void every_cut_is_refused(void **state)
{
	(void)state;
	put_sockets();
	put_string(STW_FIELD_NetworkListener_name, "smtp");
	for (size_t n = 1; n < record.n; n++) {
		struct rec_NetworkListener l = {.useTls = true};
		struct stw_bytes cut = {(const uint8_t *)record.p, n};

		/* A cut between two fields is a shorter record; any other is damage. */
		if (rec_NetworkListener_decode(&arena, cut, &l))
			assert_int_equal(l.bind_count, 2);
		else
			assert_int_equal(l.bind_count, 0);
		assert_true(l.useTls);
	}
}

static void nested_unions(void **state)
{
	struct rec_Certificate c = {.certificate = {.variant = 99, .Text = {{"x", 1}}}};
	size_t at = begin_field(STW_FIELD_Certificate_certificate, STW_WIRE_OBJECT);

	(void)state;
	buf_put_u16(&record, STW_VARIANT_PublicText_File);
	put_string(STW_FIELD_SecretKeyFile_filePath, "/etc/cert.pem");
	end_item(at);
	assert_true(rec_Certificate_decode(&arena, bytes(), &c));
	assert_int_equal(c.certificate.variant, STW_VARIANT_PublicText_File);
	assert_str(c.certificate.File.filePath, "/etc/cert.pem");
	/* a union starts anew */
	assert_int_equal(c.certificate.Text.value.n, 0);
	assert_int_equal(c.privateKey.variant, 0);
}

static void secrets_are_places(void **state)
{
	struct rec_SecretText s = {0};
	size_t at = begin_field(STW_FIELD_SecretTextValue_secret, STW_WIRE_SECRET);

	(void)state;
	buf_put_u32(&record, 7);
	buf_put_u32(&record, 30);
	end_item(at);
	assert_true(rec_SecretText_decode(&arena, STW_VARIANT_SecretText_Text, bytes(), &s));
	assert_int_equal(s.variant, STW_VARIANT_SecretText_Text);
	assert_int_equal(s.Text.secret.offset, 7);
	assert_int_equal(s.Text.secret.length, 30);
}

static void top_level_unions(void **state)
{
	struct rec_Tracer t = {0};
	size_t at;

	(void)state;
	at = begin_field(STW_FIELD_TracerLog_level, STW_WIRE_ENUM);
	buf_put_u16(&record, STW_ENUM_TracingLevel_warn);
	end_item(at);
	put_string(STW_FIELD_TracerLog_path, "/var/log");
	assert_true(rec_Tracer_decode(&arena, STW_VARIANT_Tracer_Log, bytes(), &t));
	assert_int_equal(t.variant, STW_VARIANT_Tracer_Log);
	assert_int_equal(t.Log.level, STW_ENUM_TracingLevel_warn);
	/* of a variant that stwd does not enact only the number is kept */
	assert_true(rec_Tracer_decode(&arena, STW_VARIANT_Tracer_Journal, bytes(), &t));
	assert_int_equal(t.variant, STW_VARIANT_Tracer_Journal);
	buf_clear(&record);
	put_bool(STW_FIELD_TracerLog_path, true);
	assert_false(rec_Tracer_decode(&arena, STW_VARIANT_Tracer_Log, bytes(), &t));
	assert_int_equal(t.variant, STW_VARIANT_Tracer_Journal);
}

/* What status names as carried: the rows decide. */
static void enacted(void **state)
{
	(void)state;
	assert_true(rec_enacts(STW_TYPE_NetworkListener, 0));
	assert_true(rec_enacts(STW_TYPE_NetworkListener, STW_FIELD_NetworkListener_bind));
	assert_true(rec_enacts(STW_TYPE_Tracer, STW_VARIANT_Tracer_Log));
	assert_false(rec_enacts(STW_TYPE_Tracer, STW_VARIANT_Tracer_Journal));
	assert_false(rec_enacts(STW_TYPE_SystemSettings, STW_FIELD_SystemSettings_defaultDomainId));
	assert_false(rec_enacts(STW_TYPE_Role, 0));
	/* not read of records, but of what the compiler has made of them */
	assert_true(rec_enacts(STW_TYPE_SystemSettings, STW_FIELD_SystemSettings_services));
	assert_true(rec_enacts(STW_TYPE_Domain, 0));
	assert_false(rec_enacts(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_then_own, start, finish),
		cmocka_unit_test_setup_teardown(null_takes_the_value_away, start, finish),
		cmocka_unit_test_setup_teardown(null_where_none_may_be, start, finish),
		cmocka_unit_test_setup_teardown(unknown_numbers_are_skipped, start, finish),
		cmocka_unit_test_setup_teardown(another_wire_type, start, finish),
		cmocka_unit_test_setup_teardown(every_cut_is_refused, start, finish),
		cmocka_unit_test_setup_teardown(nested_unions, start, finish),
		cmocka_unit_test_setup_teardown(secrets_are_places, start, finish),
		cmocka_unit_test_setup_teardown(top_level_unions, start, finish),
		cmocka_unit_test(enacted),
	};

	return cmocka_run_group_tests_name("record decoders", tests, NULL, NULL);
}
