/* Zones: the rules that a finished list is held against, texts, names and serials. */
#include "unit.h"

#include "stwc/zone.h"

struct fixture {
	struct view view;
	struct zone zone;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.view = {.fd = -1}};
	arena_init(&f->view.c.arena, 0);
	f->zone = (struct zone){.view = &f->view,
				.ttl = 60,
				.domain = STR("example.org"),
				.origin = STR("example.org"),
				.primary = STR("ns1.example.org")};
}

static void tear_down(struct fixture *f)
{
	assert_false(f->zone.failed);
	zone_free(&f->zone);
	arena_free(&f->view.c.arena);
}

static void only_remark(struct fixture *f, const char *expected)
{
	zone_verify(&f->zone);
	assert_int_equal(f->zone.remark_count, 1);
	assert_true(zone_has_fatal(&f->zone));
	assert_str(f->zone.remarks[0].text, expected);
}

static void alias_of_itself(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	zone_add(&f.zone, ZONE_HOSTS, ZONE_CNAME, STR("mail.example.org"), "mail.example.org.");
	only_remark(&f, "mail.example.org would be an alias of itself");
	tear_down(&f);
}

static void alias_with_company(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	zone_add(&f.zone, ZONE_HOSTS, ZONE_CNAME, STR("www.example.org"), "mail.example.org.");
	zone_add(&f.zone, ZONE_HOSTS, ZONE_A, STR("www.example.org"), "192.0.2.1");
	only_remark(&f, "www.example.org is an alias, so it cannot have A records as well");
	tear_down(&f);
}

static void alias_as_target(void **state)
{
	static const struct {
		enum zone_type type;
		const char *rdata, *expected;
	} cases[] = {
		{ZONE_MX, "10 mail.example.org.",
		 "mail.example.org is an alias, which no MX record may name"},
		{ZONE_NS, "mail.example.org.",
		 "mail.example.org is an alias, which no NS record may name"},
		{ZONE_SRV, "0 1 993 mail.example.org.",
		 "mail.example.org is an alias, which no SRV record may name"},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		set_up(&f);
		zone_add(&f.zone, ZONE_HOSTS, ZONE_CNAME, STR("mail.example.org"),
			 "other.example.net.");
		zone_add(&f.zone, ZONE_KIND_MX, cases[i].type, STR("example.org"), "%s",
			 cases[i].rdata);
		only_remark(&f, cases[i].expected);
		tear_down(&f);
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *host;
		bool usable;
	} cases[] = {
		{"mail.example.org", true},
		{"e17b1f237a3a", false},
		{"E17B1F237A3A.local", false},
		{"mail", false},
		{"192.0.2.1", false},
		{"2001:db8::1", false},
		{"", false},
		{"mail..example.org", false},
		{"e17b1f237a3.example.org", true},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		set_up(&f);
		assert_int_equal(zone_use_host(&f.zone, str_c(cases[i].host), true, "x"),
				 cases[i].usable);
		assert_int_equal(zone_has_fatal(&f.zone), !cases[i].usable);
		tear_down(&f);
	}
}

static void names_and_texts(void **state)
{
	char label[65], text[256 + 1];
	struct buf out = BUF_INIT;

	(void)state;
	memset(label, 'a', sizeof(label));
	assert_true(zone_name_valid((struct str){label, 63}));
	assert_false(zone_name_valid((struct str){label, 64}));
	assert_true(zone_name_valid(STR("_25._tcp.mail-1.example")));
	assert_false(zone_name_valid(STR("a b.example")));
	assert_false(zone_name_valid(STR(".example")));
	assert_false(zone_name_valid(STR("example.")));
	zone_put_text(&out, STR("a\"b\\c\td\xc3"));
	assert_str(buf_str(&out), "\"a\\\"b\\\\c\\009d\\195\"");
	buf_clear(&out);
	memset(text, 'x', sizeof(text));
	zone_put_text(&out, (struct str){text, 255});
	assert_int_equal(out.n, 257);
	buf_clear(&out);
	zone_put_text(&out, (struct str){text, 256});
	assert_int_equal(out.n, 1 + 255 + 3 + 1 + 1);
	assert_memory_equal(out.p + 256, "\" \"x\"", 5);
	buf_free(&out);
}

static void serials(void **state)
{
	const int64_t day = 1772323200; /* 2026-03-01 */
	struct fixture f;
	struct zone_old old = {.has_serial = true};

	(void)state;
	set_up(&f);
	assert_int_equal(zone_serial(&f.zone, NULL, day), 2026030101);
	old.serial = 7;
	assert_int_equal(zone_serial(&f.zone, &old, day), 7);
	zone_add(&f.zone, ZONE_HOSTS, ZONE_A, STR("a.example.org"), "192.0.2.1");
	assert_int_equal(zone_serial(&f.zone, &old, day), 2026030101);
	old.serial = 2026030101;
	assert_int_equal(zone_serial(&f.zone, &old, day), 2026030102);
	old.serial = 2026030199;
	assert_int_equal(zone_serial(&f.zone, &old, day), 2026030200);
	old.serial = 4026030101; /* less than half of the circle further on */
	assert_int_equal(zone_serial(&f.zone, &old, day), 4026030102);
	old.serial = UINT32_MAX; /* more than half: the day lies before it */
	assert_int_equal(zone_serial(&f.zone, &old, day), 2026030101);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alias_of_itself), cmocka_unit_test(alias_with_company),
		cmocka_unit_test(alias_as_target), cmocka_unit_test(hosts),
		cmocka_unit_test(names_and_texts), cmocka_unit_test(serials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
