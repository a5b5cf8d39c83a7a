/* The state directory: copies, history, refusals, locks, and what a restart finds. */
#include "image_fixture.h"

#include "base/attr.h"
#include "runtime/generations.h"

struct site {
	struct fixture fixture;
	char state[FOLDER_PATH_SIZE];
};

static void site_open(struct site *site)
{
	fixture_open(&site->fixture);
	folder_path(&site->fixture.folder, "state", site->state);
}

static void site_close(struct site *site)
{
	folder_remove_tree(site->state);
	fixture_close(&site->fixture);
}

static void open_store(struct generation_store *store, const struct site *site)
{
	assert_int_equal(store_open(store, site->state), STORE_OK);
	assert_string_equal(store->trouble, "");
}

/* Builds an image that differs by `number` and takes a copy of it. */
static void take(struct generation_store *store, struct site *site, int number,
		 struct image_copy *out)
{
	struct emit_report report;
	struct stw_fault fault;
	char text[128];
	int fd;

	snprintf(text, sizeof(text), "[SystemSettings]\ndefaultHostname = \"h%d.example.org\"\n",
		 number);
	fixture_build(&site->fixture, text, &report);
	fd = open(site->fixture.image, O_RDONLY);
	assert_true(fd >= 0);
	if (!store_take(store, fd, out, &fault))
		fail_msg("%s", fault.text);
	close(fd);
	assert_true(digest_eq(&out->digest, &report.file));
}

static void commit(struct generation_store *store, struct site *site, int number,
		   struct digest *out)
{
	struct image_copy copy;

	take(store, site, number, &copy);
	store_commit(store, &copy, 100 + number);
	*out = copy.digest;
	image_copy_close(&copy);
}

static void copy_stands_alone(void **state)
{
	const struct stw_manifest *manifest;
	struct generation_store store;
	struct image_copy copy;
	struct stw_object object;
	struct site site;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	take(&store, &site, 1, &copy);
	/* whatever happens to the operator's file */
	assert_int_equal(truncate(site.fixture.image, 10), 0);
	manifest = stw_image_manifest(copy.image);
	assert_int_equal(manifest->type_count, 1);
	assert_true(
		stw_singleton(stw_reader_main(copy.image), manifest->types[0].structure, &object));
	assert_int_equal(fcntl(copy.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	image_copy_close(&copy);
	store_close(&store);
	site_close(&site);
}

static void damaged(void **state)
{
	struct generation_store store;
	struct image_copy copy;
	struct emit_report report;
	struct stw_fault fault;
	struct site site;
	char byte;
	int fd;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	fixture_build(&site.fixture, "[SystemSettings]\ndefaultHostname = \"a.example.org\"\n",
		      &report);
	fd = open(site.fixture.image, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 5000), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 5000), 1);
	assert_false(store_take(&store, fd, &copy, &fault));
	assert_int_equal(fault.error, STW_DAMAGED);
	/* nothing is left behind */
	assert_int_equal(unlinkat(store.images_fd, ".incoming", 0), -1);
	close(fd);
	store_close(&store);
	site_close(&site);
}

static void history(void **state)
{
	struct generation_store store;
	struct digest digests[7];
	struct image_copy copy;
	struct stw_fault fault;
	struct site site;
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	for (int i = 0; i < 7; i++)
		commit(&store, &site, i, &digests[i]);
	store_close(&store);
	open_store(&store, &site);
	assert_int_equal(store.good_count, GENERATIONS_KEPT);
	assert_true(digest_eq(&store.good[4].digest, &digests[6]));
	assert_int_equal(store.good[4].time, 106);
	assert_true(digest_eq(&store_previous(&store, &digests[6])->digest, &digests[5]));
	assert_true(digest_eq(&store_previous(&store, NULL)->digest, &digests[6]));
	digest_hex(&digests[3], hex);
	assert_true(digest_eq(&store_named(&store, (struct str){hex, 20})->digest, &digests[3]));
	assert_null(store_named(&store, STR("")));
	assert_null(store_named(&store, STR("zz")));
	assert_true(store_fetch(&store, &digests[2], &copy, &fault));
	assert_true(digest_eq(&copy.digest, &digests[2]));
	image_copy_close(&copy);
	assert_false(store_fetch(&store, &digests[1], &copy, &fault));
	/* one that comes again moves to the end, and its file stays */
	commit(&store, &site, 2, &digests[2]);
	assert_true(digest_eq(&store.good[store.good_count - 1].digest, &digests[2]));
	assert_int_equal(store.good_count, GENERATIONS_KEPT);
	store_close(&store);
	open_store(&store, &site);
	assert_true(store_fetch(&store, &digests[2], &copy, &fault));
	image_copy_close(&copy);
	store_close(&store);
	site_close(&site);
}

/* A copy on disk that was changed is found out before it serves again. */
static void rotten_copy(void **state)
{
	struct generation_store store;
	struct image_copy copy;
	struct digest digest;
	struct stw_fault fault;
	struct site site;
	char hex[DIGEST_HEX_SIZE], path[256];
	int fd;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	commit(&store, &site, 1, &digest);
	digest_hex(&digest, hex);
	snprintf(path, sizeof(path), "%s/generations/%s.stwi", site.state, hex);
	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "rot", 3, 4200), 3);
	close(fd);
	assert_false(store_fetch(&store, &digest, &copy, &fault));
	assert_int_equal(fault.error, STW_DAMAGED);
	store_close(&store);
	site_close(&site);
}

static void refusals(void **state)
{
	struct generation_store store;
	struct digest good, bad = {{1}};
	const struct refusal *r;
	struct site site;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	commit(&store, &site, 1, &good);
	store_refuse(&store, &bad, false, 50, "a port\nis taken");
	store_refuse(&store, &good, true, 60, "nobody confirmed it");
	assert_int_equal(store.good_count, 0);
	store_close(&store);
	open_store(&store, &site);
	r = store_refusal(&store, &bad);
	assert_non_null(r);
	assert_false(r->reverted);
	assert_string_equal(r->why, "a port is taken");
	r = store_refusal(&store, &good);
	assert_non_null(r);
	assert_true(r->reverted);
	assert_int_equal(r->time, 60);
	assert_int_equal(store.good_count, 0);
	store_forgive(&store, &bad);
	assert_null(store_refusal(&store, &bad));
	store_close(&store);
	open_store(&store, &site);
	assert_null(store_refusal(&store, &bad));
	assert_non_null(store_refusal(&store, &good));
	store_close(&store);
	site_close(&site);
}

static void many_refusals(void **state)
{
	struct generation_store store;
	struct digest digest = {{0}};
	struct site site;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	for (int i = 0; i < REFUSALS_KEPT + 5; i++) {
		digest.b[0] = (uint8_t)i;
		store_refuse(&store, &digest, false, i, "why");
	}
	assert_int_equal(store.refused_count, REFUSALS_KEPT);
	assert_non_null(store_refusal(&store, &digest));
	digest.b[0] = 0;
	assert_null(store_refusal(&store, &digest));
	store_close(&store);
	site_close(&site);
}

static void one_owner(void **state)
{
	struct generation_store first, second;
	struct site site;

	(void)state;
	site_open(&site);
	open_store(&first, &site);
	assert_int_equal(store_open(&second, site.state), STORE_LOCKED);
	assert_int_equal(store_look(&second, site.state), STORE_LOCKED);
	store_close(&second);
	store_close(&first);
	assert_int_equal(store_look(&second, site.state), STORE_OK);
	store_close(&second);
	site_close(&site);
}

static void in_memory(void **state)
{
	struct generation_store store;
	struct digest digests[3];
	struct image_copy copy;
	struct stw_fault fault;
	struct site site;

	(void)state;
	site_open(&site);
	assert_int_equal(store_open(&store, "/proc/none/state"), STORE_OK);
	assert_non_null(strstr(store.trouble, "not kept"));
	for (int i = 0; i < 3; i++)
		commit(&store, &site, i, &digests[i]);
	assert_int_equal(store.good_count, 2);
	assert_true(store_fetch(&store, &digests[1], &copy, &fault));
	assert_true(copy.in_memory);
	assert_int_equal(pwrite(copy.fd, "x", 1, 0), -1);
	assert_true((fcntl(copy.fd, F_GET_SEALS) & F_SEAL_WRITE) != 0);
	image_copy_close(&copy);
	assert_false(store_fetch(&store, &digests[0], &copy, &fault));
	store_close(&store);
	site_close(&site);
}

/* Commits in quick succession gather behind one slow disk and are all there in the end. */
static void quick_succession(void **state)
{
	struct generation_store store;
	struct digest digest;
	struct site site;

	(void)state;
	site_open(&site);
	open_store(&store, &site);
	for (int i = 0; i < 40; i++)
		commit(&store, &site, i % 9, &digest);
	store_close(&store);
	open_store(&store, &site);
	assert_int_equal(store.good_count, GENERATIONS_KEPT);
	assert_true(digest_eq(&store.good[GENERATIONS_KEPT - 1].digest, &digest));
	for (size_t i = 0; i < store.good_count; i++) {
		struct image_copy copy;
		struct stw_fault fault;

		assert_true(store_fetch(&store, &store.good[i].digest, &copy, &fault));
		image_copy_close(&copy);
	}
	store_close(&store);
	site_close(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_stands_alone), cmocka_unit_test(damaged),
		cmocka_unit_test(history),           cmocka_unit_test(rotten_copy),
		cmocka_unit_test(refusals),          cmocka_unit_test(many_refusals),
		cmocka_unit_test(one_owner),         cmocka_unit_test(in_memory),
		cmocka_unit_test(quick_succession),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
