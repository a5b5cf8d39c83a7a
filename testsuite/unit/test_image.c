/* Images as a whole: what comes out is what went in, always the same bytes, and nothing opens
 * that is not whole. */
#include "image_fixture.h"

#include <pthread.h>
#include <sys/mman.h>

#include "engine/address_table.h"
#include "libstw/footer.h"
#include "libstw/format.h"
#include "libstw/ids.h"

static uint16_t structure_of(const char *type)
{
	const struct schema_object *object = schema_object_find(&schema_builtin, str_c(type));

	assert_non_null(object);
	return object->structure->number;
}

static uint16_t field_of(const char *type, const char *field)
{
	const struct schema_object *object = schema_object_find(&schema_builtin, str_c(type));

	return schema_field_find(object->structure, str_c(field))->number;
}

static bool field_item(struct stw_bytes fields, uint16_t number, struct stw_item *out)
{
	struct stw_cursor cursor = stw_cursor_of(fields);
	uint16_t found;

	while (stw_next_field(&cursor, &found, out))
		if (found == number)
			return true;
	assert_false(cursor.damaged);
	return false;
}

static void manifest(void **state)
{
	struct emit_report report;
	struct stw_image *image;
	const struct stw_manifest *m;
	struct fixture f;
	uint64_t objects = 0;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	m = stw_image_manifest(image);
	assert_int_equal(m->format, STW_FORMAT);
	assert_str(m->schema_version, schema_builtin.version);
	assert_str(m->builder, "stwc test");
	assert_int_equal(m->revision.n, 0);
	assert_int_equal(m->source_count, 1);
	assert_str(m->sources[0].name, "mail.toml");
	assert_true(digest_eq(&m->file, &report.file));
	assert_true(digest_eq(&m->content, &report.content));
	assert_int_equal(m->file_size, report.size);
	assert_false(m->has_secrets);
	for (size_t i = 0; i < m->type_count; i++) {
		objects += m->types[i].objects;
		assert_true(i == 0 || m->types[i - 1].structure < m->types[i].structure);
	}
	assert_int_equal(objects, 8);
	assert_int_equal(report.objects, 8);
	/* DESIGN.md section 6: an ordinary image is small */
	assert_in_range(report.size, 1, 256 * 1024);
	stw_image_close(image);
	fixture_close(&f);
}

static void look_ups(void **state)
{
	uint16_t listener = structure_of("NetworkListener"),
		 settings = structure_of("SystemSettings");
	struct emit_report report;
	struct stw_object object, again;
	struct stw_reader *reader;
	struct stw_image *image;
	struct stw_item item;
	struct fixture f;
	struct str text;
	bool flag;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	reader = stw_reader_main(image);
	assert_true(stw_find(reader, listener, STR("imaps"), &object));
	assert_str(object.identity, "imaps");
	assert_int_equal(object.client_id.n, 0); /* it is the identity */
	assert_true(stw_find(reader, structure_of("Domain"), STR("example.com"), &again));
	assert_str(again.client_id, "other");
	assert_int_equal(object.structure, listener);
	assert_int_equal(object.variant, 0);
	assert_true(field_item(object.fields, field_of("NetworkListener", "tlsImplicit"), &item));
	assert_true(stw_item_bool(item, &flag) && flag);
	assert_false(field_item(object.fields, field_of("NetworkListener", "useTls"), &item));
	assert_true(stw_get(reader, listener, object.id, &again));
	assert_ptr_equal(object.fields.p, again.fields.p);
	assert_false(stw_get(reader, listener, object.id + 1, &again));
	assert_false(stw_find(reader, listener, STR("pop3"), &again));
	assert_true(stw_singleton(reader, settings, &object));
	assert_true(
		field_item(object.fields, field_of("SystemSettings", "defaultHostname"), &item));
	assert_true(stw_item_string(item, &text));
	assert_str(text, "mail.example.org");
	assert_false(stw_singleton(reader, structure_of("Http"), &object));
	assert_false(stw_reader_damaged(reader));
	stw_image_close(image);
	fixture_close(&f);
}

static void iteration(void **state)
{
	uint16_t listener = structure_of("NetworkListener"), last_structure = 0;
	struct stw_iterator *iterator;
	struct emit_report report;
	struct stw_object object;
	struct stw_image *image;
	struct fixture f;
	uint64_t last = 0;
	size_t n = 0;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	iterator = stw_iterate(stw_reader_main(image), listener);
	while (stw_iterator_next(iterator, &object)) {
		assert_int_equal(object.structure, listener);
		assert_true(n == 0 || object.id > last);
		last = object.id;
		n++;
	}
	assert_int_equal(n, 2);
	stw_iterator_free(iterator);
	iterator = stw_iterate(stw_reader_main(image), 0);
	for (n = 0; stw_iterator_next(iterator, &object); n++) {
		assert_true(object.structure >= last_structure);
		last_structure = object.structure;
	}
	assert_int_equal(n, 5); /* the packed ones are elsewhere */
	stw_iterator_free(iterator);
	stw_image_close(image);
	fixture_close(&f);
}

static void origins(void **state)
{
	uint16_t listener = structure_of("NetworkListener");
	struct emit_report report;
	struct stw_object object;
	struct stw_reader *reader;
	struct stw_image *image;
	uint32_t source = 9, line = 0;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	reader = stw_reader_main(image);
	assert_true(stw_find(reader, listener, STR("imaps"), &object));
	assert_true(stw_origin(reader, listener, object.id, 0, &source, &line));
	assert_int_equal(source, 0);
	assert_int_equal(line, 10);
	assert_true(stw_origin(reader, listener, object.id,
			       field_of("NetworkListener", "tlsImplicit"), &source, &line));
	assert_int_equal(line, 13);
	assert_false(stw_origin(reader, listener, object.id, field_of("NetworkListener", "useTls"),
				&source, &line));
	assert_false(stw_origin(reader, listener, object.id + 1, 0, &source, &line));
	stw_image_close(image);
	fixture_close(&f);
}

struct referrers {
	uint16_t structure;
	size_t count;
};

static bool one_referrer(void *ctx, uint16_t structure, uint64_t id)
{
	struct referrers *r = ctx;

	(void)id;
	r->structure = structure;
	r->count++;
	return true;
}

static void references(void **state)
{
	uint16_t domain = structure_of("Domain"), settings = structure_of("SystemSettings");
	struct referrers r = {0, 0};
	struct emit_report report;
	struct stw_object object, target;
	struct stw_reader *reader;
	struct stw_image *image;
	struct stw_item item;
	struct fixture f;
	uint16_t structure;
	struct str text;
	uint64_t id;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	reader = stw_reader_main(image);
	assert_true(stw_singleton(reader, settings, &object));
	assert_true(
		field_item(object.fields, field_of("SystemSettings", "defaultDomainId"), &item));
	assert_true(stw_item_reference(item, &structure, &id));
	assert_false(stw_item_outside(item, &text));
	assert_int_equal(structure, domain);
	assert_true(stw_get(reader, structure, id, &target));
	assert_str(target.identity, "example.org");
	stw_referrers(reader, domain, id, one_referrer, &r);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.structure, settings);
	assert_true(stw_find(reader, domain, STR("example.com"), &target));
	stw_referrers(reader, domain, target.id, one_referrer, &r);
	assert_int_equal(r.count, 1);
	stw_image_close(image);
	fixture_close(&f);
}

static void tables(void **state)
{
	struct address_table blocked, allowed;
	struct address_entry entry;
	struct emit_report report;
	struct stw_reader *reader;
	struct stw_image *image;
	struct stw_bytes defaults;
	struct stw_bind bind;
	struct stw_item item;
	struct fixture f;
	struct net_addr peer = {4, {10, 1, 2, 3}};
	uint32_t index;
	uint16_t number;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	reader = stw_reader_main(image);
	assert_true(
		address_table_open(stw_address_table(reader, structure_of("BlockedIp")), &blocked));
	assert_true(
		address_table_open(stw_address_table(reader, structure_of("AllowedIp")), &allowed));
	assert_int_equal(address_table_count(&blocked), 2);
	assert_true(address_table_match(&blocked, &peer, 0, &index));
	assert_true(address_table_at(&blocked, index, &entry));
	assert_int_equal(entry.line, 20);
	assert_true(entry.has_reason);
	assert_true(address_table_match(&allowed, &peer, 0, &index));
	assert_true(address_table_at(&allowed, index, &entry));
	assert_str(entry.note, "office");
	assert_int_equal(stw_address_table(reader, structure_of("Domain")).n, 0);
	assert_int_equal(stw_bind_count(reader), 3);
	assert_true(stw_bind_at(reader, 0, &bind));
	assert_int_equal(bind.family, 4);
	assert_int_equal(bind.port, 2525);
	assert_int_equal(bind.structure, structure_of("NetworkListener"));
	assert_true(stw_bind_at(reader, 2, &bind));
	assert_int_equal(bind.family, 6);
	assert_int_equal(bind.port, 25);
	assert_false(stw_bind_at(reader, 3, &bind));
	assert_int_equal(stw_table(reader, "certificates").n, 0);
	assert_true(stw_defaults(reader, structure_of("NetworkListener"), &defaults));
	assert_true(field_item(defaults, field_of("NetworkListener", "useTls"), &item));
	assert_false(stw_defaults(reader, 0xfffe, &defaults));
	number = structure_of("NetworkListener");
	assert_int_equal(number, STW_TYPE_NetworkListener);
	stw_image_close(image);
	fixture_close(&f);
}

static void walk_is_clean(void **state)
{
	struct emit_report report;
	struct stw_image *image;
	struct fixture f;
	size_t problems = 0;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	assert_true(stw_image_walk(stw_reader_main(image), fixture_problem, &problems));
	assert_int_equal(problems, 0);
	stw_image_close(image);
	fixture_close(&f);
}

/* An empty configuration is an image too. */
static void nothing_in_it(void **state)
{
	struct compile_options options = {.from = FORMAT_NONE};
	struct emit_report report;
	struct stw_image *image;
	struct compilation c;
	struct fixture f;
	size_t problems = 0;

	(void)state;
	fixture_open(&f);
	assert_true(compile_init(&c, &options));
	fixture_emit(&f, &c, &fixture_options, &report);
	compile_free(&c);
	image = fixture_map(f.image);
	assert_int_equal(stw_image_manifest(image)->type_count, 0);
	assert_int_equal(stw_bind_count(stw_reader_main(image)), 0);
	assert_true(stw_image_walk(stw_reader_main(image), fixture_problem, &problems));
	stw_image_close(image);
	fixture_close(&f);
}

/* ---- sameness ---- */

static void same_bytes(void **state)
{
	struct emit_report report;
	struct buf first, second;
	struct fixture f;
	void *dirt[500];

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	first = fixture_read(f.image);
	/* another heap: pages that are not cleared would show it */
	for (size_t i = 0; i < 500; i++) {
		dirt[i] = malloc(4096 + 64 * (i % 7));
		memset(dirt[i], 0xa5, 4096);
	}
	for (size_t i = 0; i < 500; i++)
		free(dirt[i]);
	fixture_build(&f, fixture_text, &report);
	second = fixture_read(f.image);
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.p, second.p, first.n);
	buf_free(&first);
	buf_free(&second);
	fixture_close(&f);
}

/* The text with one piece replaced. */
static char *edited(const char *from, const char *to)
{
	const char *at = strstr(fixture_text, from);
	char *text = malloc(sizeof(fixture_text) + strlen(to));

	assert_non_null(at);
	sprintf(text, "%.*s%s%s", (int)(at - fixture_text), fixture_text, to, at + strlen(from));
	return text;
}

static void build_edited(struct fixture *f, const char *from, const char *to,
			 struct emit_report *report)
{
	char *text = edited(from, to);

	fixture_build(f, text, report);
	free(text);
}

static void comments_are_no_content(void **state)
{
	struct emit_report plain, commented, revised;
	struct emit_options options = fixture_options;
	struct compilation c;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &plain);
	build_edited(&f, "# an ordinary server\n", "# a\n# longer\n# comment\n", &commented);
	assert_true(digest_eq(&plain.content, &commented.content));
	assert_false(digest_eq(&plain.file, &commented.file));
	options.revision = STR("r42");
	fixture_compile(&f, fixture_text, &c);
	fixture_emit(&f, &c, &options, &revised);
	compile_free(&c);
	assert_true(digest_eq(&plain.content, &revised.content));
	assert_false(digest_eq(&plain.file, &revised.file));
	fixture_close(&f);
}

/* Records are sorted by what they are, so the order of the sources is no content either. */
static void order_is_no_content(void **state)
{
	static const char one[] = "[Domain.\"a.example.org\"]\n[Domain.\"b.example.org\"]\n"
				  "[Tracer.log]\n\"@type\" = \"Stdout\"\n";
	static const char other[] = "[Tracer.log]\n\"@type\" = \"Stdout\"\n"
				    "[Domain.\"b.example.org\"]\n[Domain.\"a.example.org\"]\n";
	struct emit_report first, second;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, one, &first);
	fixture_build(&f, other, &second);
	assert_true(digest_eq(&first.content, &second.content));
	assert_false(digest_eq(&first.file, &second.file));
	fixture_close(&f);
}

static struct digest type_digest(struct fixture *f, const char *type)
{
	struct stw_image *image = fixture_map(f->image);
	const struct stw_manifest *m = stw_image_manifest(image);
	struct digest digest = {{0}};

	for (size_t i = 0; i < m->type_count; i++)
		if (m->types[i].structure == structure_of(type))
			digest = m->types[i].content;
	stw_image_close(image);
	return digest;
}

static void a_change_shows_in_its_type(void **state)
{
	struct digest listener, blocked, other_listener, other_blocked;
	struct emit_report plain, changed;
	struct compilation c;
	struct digest only;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &plain);
	listener = type_digest(&f, "NetworkListener");
	blocked = type_digest(&f, "BlockedIp");
	build_edited(&f, "tlsImplicit = true", "tlsImplicit = false", &changed);
	other_listener = type_digest(&f, "NetworkListener");
	other_blocked = type_digest(&f, "BlockedIp");
	assert_false(digest_eq(&plain.content, &changed.content));
	assert_false(digest_eq(&listener, &other_listener));
	assert_true(digest_eq(&blocked, &other_blocked));
	build_edited(&f, "10.0.0.0/8", "10.0.0.0/9", &changed);
	other_blocked = type_digest(&f, "BlockedIp");
	assert_false(digest_eq(&blocked, &other_blocked));
	assert_false(digest_eq(&plain.content, &changed.content));
	fixture_compile(&f, fixture_text, &c);
	assert_true(emit_content_digest(&c, &only));
	compile_free(&c);
	assert_true(digest_eq(&plain.content, &only));
	fixture_close(&f);
}

/* ---- secrets ---- */

static const char secret_text[] =
	"[MtaRoute.relay]\n"
	"\"@type\" = \"Relay\"\n"
	"address = \"smtp.example.org\"\n"
	"authUsername = \"stw\"\n"
	"authSecret = {\"@type\" = \"Value\", secret = \"correct horse %s\"}\n";

static void build_secret(struct fixture *f, const char *end, struct emit_report *report)
{
	char text[512];

	snprintf(text, sizeof(text), secret_text, end);
	fixture_build(f, text, report);
}

static bool contains(const struct buf *bytes, size_t n, const char *text)
{
	return memmem(bytes->p, n, text, strlen(text)) != NULL;
}

static void secrets(void **state)
{
	struct emit_report first, second;
	struct stw_image *image;
	struct stw_bytes secret;
	struct stw_footer footer;
	struct fixture f;
	struct buf bytes;
	struct stat st;
	size_t problems = 0;
	uint64_t size;
	int fd;

	(void)state;
	fixture_open(&f);
	build_secret(&f, "battery", &first);
	assert_int_equal(stat(f.image, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	image = fixture_map(f.image);
	assert_true(stw_image_manifest(image)->has_secrets);
	assert_true(stw_secret(image, 0, 21, &secret));
	assert_memory_equal(secret.p, "correct horse battery", 21);
	assert_false(stw_secret(image, 1, 21, &secret));
	assert_false(stw_secret(image, UINT32_MAX, UINT32_MAX, &secret));
	assert_true(stw_image_walk(stw_reader_main(image), fixture_problem, &problems));
	stw_image_close(image);
	/* in its block, and nowhere else */
	fd = open(f.image, O_RDONLY);
	assert_true(stw_footer_read(fd, &footer, &size, NULL));
	close(fd);
	bytes = fixture_read(f.image);
	assert_false(contains(&bytes, footer.store, "horse"));
	assert_true(contains(&bytes, footer.store + footer.secrets, "horse"));
	bytes.p += footer.store + footer.secrets;
	assert_false(contains(&bytes, bytes.n - footer.store - footer.secrets, "horse"));
	bytes.p -= footer.store + footer.secrets;
	buf_free(&bytes);
	/* the same length, another secret: other content */
	build_secret(&f, "bottery", &second);
	assert_false(digest_eq(&first.content, &second.content));
	fixture_close(&f);
}

static void secrets_need_permission(void **state)
{
	struct emit_options options = {.builder = STR("stwc test")};
	struct emit_report report;
	struct compilation c;
	struct fs_error error;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_compile(&f, secret_text, &c);
	assert_false(emit_image(&c, &options, f.image, &report, &error));
	assert_int_equal(access(f.image, F_OK), -1);
	compile_free(&c);
	fixture_build(&f, fixture_text, &report);
	fixture_close(&f);
}

/* ---- refusals ---- */

/* A copy of the image in memory that can be damaged. */
static int memory_copy(const struct buf *bytes)
{
	int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_true(fs_write_all(fd, bytes->p, bytes->n));
	return fd;
}

static void assert_refused(int fd, enum stw_error error, const char *what)
{
	struct stw_fault fault = {.error = STW_OK};
	struct stw_image *image = stw_image_open(fd, 0, &fault);

	if (image || fault.error != error || fault.text[0] == '\0')
		fail_msg("%s: %s (%s)", what, image ? "opened" : stw_error_word(fault.error),
			 fault.text);
}

static void flip(int fd, off_t at, uint8_t mask)
{
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= mask;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* Every bit of manifest and footer, and a bit here and there in the store. */
static void every_flip_is_refused(void **state)
{
	struct emit_report report;
	struct stw_footer footer;
	struct fixture f;
	struct buf bytes;
	uint64_t size, behind;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	bytes = fixture_read(f.image);
	fd = memory_copy(&bytes);
	assert_true(stw_footer_read(fd, &footer, &size, NULL));
	behind = footer.store + footer.secrets;
	for (uint64_t bit = 0; bit < size * 8;) {
		uint8_t mask = (uint8_t)(1u << bit % 8);
		struct stw_fault fault = {.error = STW_OK};

		flip(fd, (off_t)(bit / 8), mask);
		assert_null(stw_image_open(fd, 0, &fault));
		assert_true(fault.error == STW_DAMAGED || bit / 8 >= size - STW_FOOTER_SIZE);
		assert_true(fault.error != STW_OK && fault.error != STW_SYSTEM && fault.text[0]);
		flip(fd, (off_t)(bit / 8), mask);
		bit += bit / 8 >= behind ? 1 : 8 * 64 + 1;
	}
	close(fd);
	buf_free(&bytes);
	fixture_close(&f);
}

static void every_length_is_refused(void **state)
{
	struct emit_report report;
	struct fixture f;
	struct buf bytes;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	bytes = fixture_read(f.image);
	fd = memory_copy(&bytes);
	for (size_t n = bytes.n; n-- > 0;) {
		struct stw_fault fault = {.error = STW_OK};

		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		assert_null(stw_image_open(fd, 0, &fault));
		if (fault.error != STW_NOT_AN_IMAGE)
			fail_msg("length %zu: %s", n, fault.text);
	}
	close(fd);
	/* longer is no better: one byte, a whole page, the image once more without its end */
	for (int i = 0; i < 3; i++) {
		static const size_t more[] = {1, 4096, 20000};

		fd = memory_copy(&bytes);
		assert_true(fs_write_all(fd, bytes.p, more[i]));
		assert_refused(fd, STW_NOT_AN_IMAGE, "longer");
		close(fd);
	}
	/* twice over: the end is there, the lengths do not fit */
	fd = memory_copy(&bytes);
	assert_true(fs_write_all(fd, bytes.p, bytes.n));
	assert_refused(fd, STW_DAMAGED, "twice");
	close(fd);
	buf_free(&bytes);
	fixture_close(&f);
}

static void foreign_files(void **state)
{
	struct buf zeros = BUF_INIT;
	int fd, ends[2];

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_putc(&zeros, '\0');
	fd = memory_copy(&zeros);
	assert_refused(fd, STW_NOT_AN_IMAGE, "zeros");
	close(fd);
	fd = memory_copy(&(struct buf){.p = NULL});
	assert_refused(fd, STW_NOT_AN_IMAGE, "empty");
	close(fd);
	fd = open("/proc/self/exe", O_RDONLY);
	assert_refused(fd, STW_NOT_AN_IMAGE, "program");
	close(fd);
	fd = open("/", O_RDONLY);
	assert_refused(fd, STW_NOT_AN_IMAGE, "directory");
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_refused(ends[0], STW_NOT_AN_IMAGE, "pipe");
	close(ends[0]);
	close(ends[1]);
	assert_refused(-1, STW_SYSTEM, "no descriptor");
	buf_free(&zeros);
}

/* Writes the footer anew, with the digest that belongs to it. */
static void reseal(int fd, const struct stw_footer *footer, uint64_t size)
{
	struct stw_footer sealed = *footer;
	uint8_t *manifest = malloc(footer->manifest);
	uint8_t end[STW_FOOTER_SIZE];

	assert_true(
		stw_read_at(fd, manifest, footer->manifest, footer->store + footer->secrets, NULL));
	assert_true(stw_file_digest(fd, footer, (struct stw_bytes){manifest, footer->manifest},
				    &sealed.digest, NULL));
	stw_footer_encode(&sealed, end);
	assert_int_equal(pwrite(fd, end, sizeof(end), (off_t)(size - sizeof(end))), sizeof(end));
	free(manifest);
}

/* Whole files that are not for us: each says what to do. */
static void whole_but_not_for_us(void **state)
{
	struct stw_footer footer, other;
	struct emit_report report;
	struct stw_image *image;
	struct fixture f;
	struct buf bytes;
	uint64_t size;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	bytes = fixture_read(f.image);
	fd = memory_copy(&bytes);
	assert_true(stw_footer_read(fd, &footer, &size, NULL));
	other = footer;
	other.format = STW_FORMAT + 1;
	reseal(fd, &other, size);
	assert_refused(fd, STW_NEWER_FORMAT, "format");
	other = footer;
	other.page_size *= 2;
	reseal(fd, &other, size);
	assert_refused(fd, STW_OTHER_PLATFORM, "page size");
	other = footer;
	other.word_size = 4;
	reseal(fd, &other, size);
	assert_refused(fd, STW_OTHER_PLATFORM, "word size");
	flip(fd, (off_t)(footer.store + footer.secrets), 0x40); /* schema major */
	reseal(fd, &footer, size);
	assert_refused(fd, STW_OTHER_SCHEMA, "schema");
	flip(fd, (off_t)(footer.store + footer.secrets), 0x40);
	reseal(fd, &footer, size);
	image = stw_image_open(fd, 0, NULL);
	assert_non_null(image);
	stw_image_close(image);
	close(fd);
	buf_free(&bytes);
	fixture_close(&f);
}

/* A manifest of other bytes, with a digest that fits: refused or read, never a crash. */
static void any_manifest(void **state)
{
	struct stw_footer footer;
	struct emit_report report;
	struct fixture f;
	struct buf bytes;
	uint64_t size, at;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	bytes = fixture_read(f.image);
	fd = memory_copy(&bytes);
	assert_true(stw_footer_read(fd, &footer, &size, NULL));
	at = footer.store + footer.secrets;
	for (uint64_t i = 0; i < footer.manifest * 8; i++) {
		struct stw_fault fault = {.error = STW_OK};
		struct stw_manifest m;
		struct arena arena;

		arena_init(&arena, 0);
		flip(fd, (off_t)(at + i / 8), (uint8_t)(1u << i % 8));
		if (!stw_manifest_read(fd, false, &arena, &m, &fault))
			assert_true(fault.error == STW_DAMAGED || fault.error == STW_OTHER_SCHEMA);
		flip(fd, (off_t)(at + i / 8), (uint8_t)(1u << i % 8));
		arena_free(&arena);
	}
	close(fd);
	buf_free(&bytes);
	fixture_close(&f);
}

/* ---- descriptors and threads ---- */

static void sealed_memory(void **state)
{
	struct emit_report report;
	struct stw_image *image;
	struct stw_object object;
	struct fixture f;
	struct buf bytes;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	bytes = fixture_read(f.image);
	fd = memory_copy(&bytes);
	assert_int_equal(
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
		0);
	image = stw_image_open(fd, STW_OPEN_TRUSTED, NULL);
	assert_non_null(image);
	close(fd);
	assert_true(stw_singleton(stw_reader_main(image), structure_of("SystemSettings"), &object));
	stw_image_close(image);
	buf_free(&bytes);
	fixture_close(&f);
}

/* The map ends with the store: what lies behind it cannot be read by mistake, and no page of the
 * map lies behind the end of the file, where an access would be the end of the process. */
static void map_ends_with_the_store(void **state)
{
	unsigned long begin, end, mapped = 0;
	struct emit_report report;
	struct stw_footer footer;
	struct stw_image *image;
	struct fixture f;
	uint64_t size;
	char line[512];
	FILE *maps;
	int fd;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	fd = open(f.image, O_RDONLY);
	assert_true(stw_footer_read(fd, &footer, &size, NULL));
	close(fd);
	maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, f.image) && sscanf(line, "%lx-%lx", &begin, &end) == 2)
			mapped += end - begin;
	fclose(maps);
	assert_int_equal(mapped, footer.store);
	stw_image_close(image);
	fixture_close(&f);
}

/* The old image serves on while another file takes its name. */
static void replaced_while_open(void **state)
{
	struct emit_report report;
	struct stw_image *old, *new;
	struct stw_object object;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	old = fixture_map(f.image);
	build_edited(&f, "NetworkListener.imaps", "NetworkListener.other", &report);
	new = fixture_map(f.image);
	assert_true(stw_find(stw_reader_main(old), structure_of("NetworkListener"), STR("imaps"),
			     &object));
	assert_false(stw_find(stw_reader_main(new), structure_of("NetworkListener"), STR("imaps"),
			      &object));
	stw_image_close(old);
	assert_true(stw_find(stw_reader_main(new), structure_of("NetworkListener"), STR("other"),
			     &object));
	stw_image_close(new);
	fixture_close(&f);
}

static void *read_much(void *arg)
{
	struct stw_reader *reader = stw_reader_new(arg, NULL);
	uintptr_t found = 0;

	for (int i = 0; reader && i < 20000; i++) {
		struct stw_object object;

		found += stw_find(reader, STW_TYPE_NetworkListener, STR("smtp"), &object);
	}
	stw_reader_free(reader);
	return (void *)found;
}

static void threads(void **state)
{
	struct emit_report report;
	struct stw_image *image;
	pthread_t thread[4];
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_build(&f, fixture_text, &report);
	image = fixture_map(f.image);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_much, image), 0);
	for (int i = 0; i < 4; i++) {
		void *found;

		assert_int_equal(pthread_join(thread[i], &found), 0);
		assert_int_equal((uintptr_t)found, 20000);
	}
	stw_image_close(image);
	fixture_close(&f);
}

/* ---- size ---- */

/* A plan of n addresses, 500 a line; every fourth expires. */
static void write_plan(const char *path, uint32_t n)
{
	FILE *plan = fopen(path, "w");

	assert_non_null(plan);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = (i + 1) * 2654435761u;

		if (i % 500 == 0)
			fprintf(plan, "{\"@type\":\"create\",\"object\":\"BlockedIp\",\"value\":{");
		fprintf(plan, "\"b%u\":{\"address\":\"%u.%u.%u.%u\"%s}%s", i, v >> 24,
			v >> 16 & 255, v >> 8 & 255, v & 255,
			i % 4 ? "" : ",\"expiresAt\":\"2033-05-18T03:33:20Z\"",
			i % 500 == 499 ? "}}\n" : ",");
	}
	assert_int_equal(fclose(plan), 0);
}

static void a_million_addresses(void **state)
{
	struct compile_options options = {.from = FORMAT_NDJSON};
	uint32_t n = 1000000;
	struct emit_report report;
	struct stw_image *image;
	struct compilation c;
	struct fixture f;
	struct input input;
	char path[4096];

	(void)state;
	fixture_open(&f);
	assert_in_range(snprintf(path, sizeof(path), "%s.ndjson", f.image), 1, sizeof(path) - 1);
	write_plan(path, n);
	input = (struct input){.path = path};
	assert_true(compile_init(&c, &options));
	assert_true(compile_run(&c, &input, 1));
	assert_true(diags_ok(&c.diags));
	fixture_emit(&f, &c, &fixture_options, &report);
	compile_free(&c);
	print_message("# %.2f bytes an address\n", (double)report.size / n);
	assert_in_range(report.size, 1, 24 * (uint64_t)n);
	image = fixture_map(f.image);
	assert_int_equal(stw_image_manifest(image)->types[0].objects, n);
	stw_image_close(image);
	assert_int_equal(unlink(path), 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifest),
		cmocka_unit_test(look_ups),
		cmocka_unit_test(iteration),
		cmocka_unit_test(origins),
		cmocka_unit_test(references),
		cmocka_unit_test(tables),
		cmocka_unit_test(walk_is_clean),
		cmocka_unit_test(nothing_in_it),
		cmocka_unit_test(same_bytes),
		cmocka_unit_test(comments_are_no_content),
		cmocka_unit_test(order_is_no_content),
		cmocka_unit_test(a_change_shows_in_its_type),
		cmocka_unit_test(secrets),
		cmocka_unit_test(secrets_need_permission),
		cmocka_unit_test(every_flip_is_refused),
		cmocka_unit_test(every_length_is_refused),
		cmocka_unit_test(foreign_files),
		cmocka_unit_test(whole_but_not_for_us),
		cmocka_unit_test(any_manifest),
		cmocka_unit_test(sealed_memory),
		cmocka_unit_test(map_ends_with_the_store),
		cmocka_unit_test(replaced_while_open),
		cmocka_unit_test(threads),
		cmocka_unit_test(a_million_addresses),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
