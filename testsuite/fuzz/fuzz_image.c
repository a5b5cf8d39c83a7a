/*
 * What stwd maps. Damage by accident ends at the digest; these targets are about what lies
 * behind it: bytes that are sealed with a digest that fits, and are still not of our form.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "engine/address_table.h"
#include "engine/live_table.h"
#include "libstw/footer.h"
#include "libstw/image.h"
#include "libstw/manifest.h"
#include "libstw/records.h"
#include "libstw/shape.h"
#include "runtime/settings.h"
#include "stwc/emit/emit.h"
#include "stwc/view_dump.h"

/* ---- records ---- */

static void read_scalars(struct stw_item item)
{
	uint8_t family, prefix, address[16];
	uint16_t number, port;
	uint64_t u, id;
	uint32_t offset, length;
	struct str text;
	int64_t i;
	double d;
	bool b;

	(void)stw_item_outside(item, &text);
	if (stw_item_bool(item, &b) || stw_item_unsigned(item, &u) || stw_item_signed(item, &i) ||
	    stw_item_float(item, &d) || stw_item_enum(item, &number) ||
	    stw_item_reference(item, &number, &id) || stw_item_secret(item, &offset, &length) ||
	    stw_item_address(item, &family, address) ||
	    stw_item_network(item, &family, address, &prefix) ||
	    stw_item_socket(item, &family, address, &port))
		return;
	if (stw_item_string(item, &text))
		FUZZ_WANT(text.n <= item.bytes.n);
}

static void read_fields(struct stw_bytes bytes, unsigned depth);

static void read_item(struct stw_item item, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(item.bytes);
	struct stw_bytes fields;
	struct stw_item inner;
	uint16_t variant;

	read_scalars(item);
	if (depth == 0)
		return;
	if (stw_item_object(item, &variant, &fields))
		read_fields(fields, depth - 1);
	if (item.wire == STW_WIRE_SEQUENCE || item.wire == STW_WIRE_MAP)
		while (stw_next_item(&cursor, &inner))
			read_item(inner, depth - 1);
}

static void read_fields(struct stw_bytes bytes, unsigned depth)
{
	struct stw_cursor cursor = stw_cursor_of(bytes);
	struct stw_item item;
	uint16_t number, last = 0;

	while (stw_next_field(&cursor, &number, &item)) {
		FUZZ_WANT(number > last);
		last = number;
		read_item(item, depth);
	}
}

/* Outputs are untouched on failure. */
#define WANT_DECODED(type, call)                                            \
	do {                                                                \
		struct rec_##type out, before;                              \
                                                                            \
		memset(&out, 0, sizeof(out));                               \
		before = out;                                               \
		if (!(call))                                                \
			FUZZ_WANT(memcmp(&out, &before, sizeof(out)) == 0); \
	} while (0)

void fuzz_record(const uint8_t *data, size_t n)
{
	struct stw_bytes bytes = {data, n};
	uint16_t variant = n ? data[0] : 0;
	struct arena arena;

	arena_init(&arena, 0);
	read_fields(bytes, 8);
	WANT_DECODED(NetworkListener, rec_NetworkListener_decode(&arena, bytes, &out));
	WANT_DECODED(SystemSettings, rec_SystemSettings_decode(&arena, bytes, &out));
	WANT_DECODED(Certificate, rec_Certificate_decode(&arena, bytes, &out));
	WANT_DECODED(Metrics, rec_Metrics_decode(&arena, bytes, &out));
	WANT_DECODED(Tracer, rec_Tracer_decode(&arena, variant, bytes, &out));
	WANT_DECODED(PublicText, rec_PublicText_decode(&arena, variant, bytes, &out));
	WANT_DECODED(SecretText, rec_SecretText_decode(&arena, variant, bytes, &out));
	FUZZ_WANT(!arena.failed);
	arena_free(&arena);
}

/* ---- address tables ---- */

static void match_all(const struct address_table *table)
{
	uint32_t count = address_table_count(table), index, found;
	struct address_entry entry;

	for (index = 0; index < count && index < 1000; index++) {
		if (!address_table_at(table, index, &entry))
			continue;
		if (address_table_match(table, &entry.network.addr, 1, &found))
			FUZZ_WANT(found < count);
		(void)address_table_find(table, &entry.network, &found);
	}
	FUZZ_WANT(!address_table_at(table, count, &entry));
}

void fuzz_packed(const uint8_t *data, size_t n)
{
	struct net_addr peer = {.family = n % 2 ? 4 : 6};
	struct stw_bytes bytes = {data, n};
	struct address_table table;
	struct stw_packed packed;
	uint32_t index;

	if (stw_packed_open(bytes, &packed)) {
		const char *broken = stw_packed_check(&packed, 1);

		FUZZ_WANT(!broken || *broken);
	}
	if (!address_table_open(bytes, &table))
		return;
	memcpy(peer.b, data, n < 16 ? n : 16);
	if (address_table_match(&table, &peer, 0, &index))
		FUZZ_WANT(index < address_table_count(&table));
	match_all(&table);
}

/* The snapshot of bans and allows, as a role reads it. */
void fuzz_live(const uint8_t *data, size_t n)
{
	static const struct hash_key key = {1, 2};
	struct live_table *table = live_table_new(&key), *copy = live_table_new(&key);
	struct buf out = BUF_INIT;

	FUZZ_WANT(table && copy);
	if (live_table_read(table, (struct stw_bytes){data, n})) {
		FUZZ_WANT(live_table_write(table, &out));
		FUZZ_WANT(live_table_read(copy, (struct stw_bytes){(uint8_t *)out.p, out.n}));
		FUZZ_WANT(live_table_count(table) == live_table_count(copy));
	} else {
		FUZZ_WANT(live_table_count(table) == 0);
	}
	buf_free(&out);
	live_table_free(table);
	live_table_free(copy);
}

/* ---- whole images ---- */

/* An image of our own, made once: its bytes, and where the values of its store lie in them. */
static struct seed {
	struct buf bytes;
	struct stw_footer footer;
	struct place {
		size_t at, n;
	} * places;
	size_t count;
} seed;

static const char seed_text[] =
	"[SystemSettings]\ndefaultHostname = \"mail.example.org\"\n"
	"defaultDomainId = \"#example.org\"\nmaxConnections = 100\n"
	"[NetworkListener.smtp]\nprotocol = \"smtp\"\nbind = [\"[::]:25\", \"0.0.0.0:2525\"]\n"
	"[NetworkListener.imaps]\nprotocol = \"imap\"\nbind = \"127.0.0.1:993\"\n"
	"tlsImplicit = true\n[Domain.\"example.org\"]\n"
	"[Certificate.a]\ncertificate = {\"@type\" = \"File\", filePath = \"a.pem\"}\n"
	"privateKey = {\"@type\" = \"File\", filePath = \"a.key\"}\n"
	"[Tracer.log]\n\"@type\" = \"Stdout\"\n"
	"[[BlockedIp]]\naddress = \"10.0.0.0/8\"\nreason = \"manual\"\n"
	"[[BlockedIp]]\naddress = \"10.1.0.0/16\"\n[[BlockedIp]]\naddress = \"2001:db8::/32\"\n"
	"[[AllowedIp]]\naddress = \"10.1.2.3\"\nreason = \"office\"\n";

/* The store is mapped from the start of the file: one value that stands once in it says where. */
static const uint8_t *find_base(const struct stw_bytes *values, size_t count)
{
	const uint8_t *all = (const uint8_t *)seed.bytes.p;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *first, *again;

		if (values[i].n < 64)
			continue;
		first = memmem(all, seed.bytes.n, values[i].p, values[i].n);
		FUZZ_WANT(first);
		again = memmem(first + 1, seed.bytes.n - (size_t)(first + 1 - all), values[i].p,
			       values[i].n);
		if (!again)
			return values[i].p - (first - all);
	}
	fuzz_broken("no value stands once in the image", __FILE__, __LINE__);
}

static void seed_places(struct stw_image *image)
{
	struct stw_view *view = stw_reader_main(image)->view;
	struct stw_bytes *values = NULL, key, value;
	const uint8_t *base;

	for (unsigned t = 0; t < STW_TABLE_COUNT; t++) {
		struct stw_range *range =
			stw_range_new(view, (enum stw_store_table)t, (struct stw_bytes){NULL, 0});

		FUZZ_WANT(range);
		while (stw_range_next(range, &key, &value)) {
			values = realloc(values, (seed.count + 1) * sizeof(*values));
			FUZZ_WANT(values);
			values[seed.count++] = value;
		}
		stw_range_free(range);
	}
	base = find_base(values, seed.count);
	seed.places = calloc(seed.count + 1, sizeof(*seed.places));
	FUZZ_WANT(seed.places);
	for (size_t i = 0; i < seed.count; i++) {
		seed.places[i] = (struct place){(size_t)(values[i].p - base), values[i].n};
		FUZZ_WANT(memcmp(seed.bytes.p + seed.places[i].at, values[i].p, values[i].n) == 0);
	}
	free(values);
}

static void seed_build(const char *path)
{
	const struct emit_options options = {.builder = STR("fuzz")};
	const struct compile_options compile = {.from = FORMAT_TOML};
	char source[FUZZ_PATH_SIZE];
	struct input input = {.path = source, .name = "seed"};
	struct emit_report report;
	struct fs_error error;
	struct compilation c;
	int fd = fuzz_file(seed_text, sizeof(seed_text) - 1, source);

	FUZZ_WANT(compile_init(&c, &compile) && compile_run(&c, &input, 1) && diags_ok(&c.diags));
	FUZZ_WANT(emit_image(&c, &options, path, &report, &error));
	FUZZ_WANT(fs_read_file(path, (size_t)1 << 28, &seed.bytes, &error));
	compile_free(&c);
	close(fd);
}

/* Once: what lies in it is the same for every input. */
static void seed_open(void)
{
	struct stw_fault fault;
	struct stw_image *image;
	uint64_t size;
	char path[64];
	int fd;

	if (seed.bytes.n)
		return;
	(void)snprintf(path, sizeof(path), "/dev/shm/stw-seed-%d.stwi", (int)getpid());
	seed_build(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	FUZZ_WANT(fd >= 0 && stw_footer_read(fd, &seed.footer, &size, &fault));
	image = stw_image_open(fd, 0, &fault);
	FUZZ_WANT(image);
	seed_places(image);
	stw_image_close(image);
	close(fd);
	unlink(path);
}

static void problem(void *ctx, const char *text)
{
	size_t *count = ctx;

	FUZZ_WANT(*text);
	++*count;
}

/* What stwc and stwd do with an image, whatever the walk says about it. */
static void use(const char *path, struct stw_image *image)
{
	char error[256] = "";
	struct settings settings;
	struct buf out = BUF_INIT;
	size_t problems = 0;
	struct view view;
	bool whole;

	whole = stw_image_walk(stw_reader_main(image), problem, &problems);
	FUZZ_WANT(whole == (problems == 0));
	if (settings_read(image, &settings, error, sizeof(error)))
		settings_free(&settings);
	else
		FUZZ_WANT(*error);
	if (view_open(&view, path) && view_load(&view, NULL) &&
	    view_dump(&view, VIEW_DUMP_TOML, true, &out))
		FUZZ_WANT(!out.failed);
	buf_free(&out);
	view_close(&view);
}

static void open_sealed(struct buf *bytes, const struct stw_footer *footer)
{
	struct stw_footer sealed = *footer;
	uint8_t end[STW_FOOTER_SIZE];
	struct stw_fault fault = {.error = STW_OK};
	size_t body = bytes->n - STW_FOOTER_SIZE;
	char path[FUZZ_PATH_SIZE];
	struct stw_image *image;
	struct stw_bytes manifest = {NULL, 0};
	int fd;

	if (footer->manifest <= body)
		manifest = (struct stw_bytes){(uint8_t *)bytes->p + body - footer->manifest,
					      footer->manifest};
	fd = fuzz_file(bytes->p, bytes->n, path);
	if (!stw_file_digest(fd, footer, manifest, &sealed.digest, &fault))
		FUZZ_WANT(fault.text[0]);
	stw_footer_encode(&sealed, end);
	FUZZ_WANT(pwrite(fd, end, sizeof(end), (off_t)body) == (ssize_t)sizeof(end));
	image = stw_image_open(fd, 0, &fault);
	if (image) {
		use(path, image);
		stw_image_close(image);
	} else {
		FUZZ_WANT(fault.error != STW_OK && fault.text[0]);
	}
	close(fd);
}

/* Bytes as a file, as they are; then as a footer and a manifest behind the store of the seed. */
void fuzz_footer(const uint8_t *data, size_t n)
{
	struct stw_fault fault = {.error = STW_OK};
	struct stw_footer footer;
	struct buf bytes = BUF_INIT;
	char path[FUZZ_PATH_SIZE];
	struct stw_image *image;
	int fd = fuzz_file(data, n, path);

	image = stw_image_open(fd, 0, &fault);
	FUZZ_WANT(!image && fault.error != STW_OK && fault.text[0]);
	close(fd);
	seed_open();
	footer = seed.footer;
	footer.manifest = n;
	buf_put(&bytes, seed.bytes.p, (size_t)(footer.store + footer.secrets));
	buf_put(&bytes, data, n);
	buf_put(&bytes, seed.bytes.p + seed.bytes.n - STW_FOOTER_SIZE, STW_FOOTER_SIZE);
	FUZZ_WANT(!bytes.failed);
	open_sealed(&bytes, &footer);
	buf_free(&bytes);
}

/* Patches of five bytes: which value (two bytes), where in it (two bytes), the new byte. */
void fuzz_image(const uint8_t *data, size_t n)
{
	struct buf bytes = BUF_INIT;

	seed_open();
	buf_put(&bytes, seed.bytes.p, seed.bytes.n);
	FUZZ_WANT(!bytes.failed);
	for (; n >= 5; data += 5, n -= 5) {
		const struct place *place =
			&seed.places[(size_t)(data[0] << 8 | data[1]) % seed.count];
		size_t at = (size_t)(data[2] << 8 | data[3]);

		if (place->n)
			bytes.p[place->at + at % place->n] = (char)data[4];
	}
	open_sealed(&bytes, &seed.footer);
	buf_free(&bytes);
}
