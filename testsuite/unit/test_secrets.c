/* Secrets: where they are looked up, what is cut, what is refused, and how they are handed over. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstw/ids.h"
#include "runtime/settings.h"

static struct folder folder;
static char credentials[FOLDER_PATH_SIZE], directory[FOLDER_PATH_SIZE];

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	folder_path(&folder, "credentials", credentials);
	folder_path(&folder, "secrets", directory);
	return mkdir(credentials, 0700) || mkdir(directory, 0700);
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static bool resolve(enum secret_kind kind, const char *text, const char *first, const char *second,
		    struct buf *out, char *error, size_t size)
{
	struct secret_wish wish = {.kind = kind,
				   .text = str_c(text),
				   .type = STR("Certificate"),
				   .identity = STR("mail"),
				   .property = STR("privateKey")};
	struct secret_places places = {first, second};

	*out = BUF_INIT;
	out->secret = true;
	return secret_resolve(&wish, &places, out, error, size);
}

static void expect(enum secret_kind kind, const char *text, const char *expected)
{
	struct buf out;
	char error[500] = "";

	if (!resolve(kind, text, credentials, directory, &out, error, sizeof(error)))
		fail_msg("%s", error);
	assert_str(buf_str(&out), expected);
	buf_free(&out);
}

static void refused(enum secret_kind kind, const char *text, const char *part)
{
	struct buf out;
	char error[500] = "";

	assert_false(resolve(kind, text, credentials, directory, &out, error, sizeof(error)));
	if (!strstr(error, part) || !strstr(error, "Certificate 'mail' privateKey"))
		fail_msg("%s", error);
	buf_free(&out);
}

static void places(void **state)
{
	char path[FOLDER_PATH_SIZE];

	(void)state;
	folder_write(&folder, "credentials/both", "of the manager\n");
	folder_write(&folder, "secrets/both", "of the operator\n");
	folder_write(&folder, "secrets/second", "two \t\r\n\n");
	expect(SECRET_FILE, "both", "of the manager");
	expect(SECRET_FILE, "second", "two");
	folder_path(&folder, "secrets/both", path);
	expect(SECRET_FILE, path, "of the operator");
	refused(SECRET_FILE, "none", "none");
	refused(SECRET_FILE, "none", credentials);
	refused(SECRET_FILE, "/nowhere/at/all", "/nowhere/at/all");
	refused(SECRET_FILE, "", "empty");
}

static void unset_places(void **state)
{
	struct buf out;
	char error[500] = "";

	(void)state;
	assert_false(resolve(SECRET_FILE, "both", NULL, "", &out, error, sizeof(error)));
	assert_non_null(strstr(error, "not set"));
	buf_free(&out);
}

/* A file that is there and cannot be read is no reason to look elsewhere. */
static void unreadable(void **state)
{
	char path[FOLDER_PATH_SIZE];

	(void)state;
	folder_path(&folder, "credentials/folder", path);
	folder_add(&folder, "credentials/folder");
	folder_write(&folder, "secrets/folder", "x");
	refused(SECRET_FILE, "folder", path);
}

static void empty(void **state)
{
	(void)state;
	folder_write(&folder, "secrets/blank", " \n\t\n");
	refused(SECRET_FILE, "blank", "empty");
	assert_int_equal(setenv("STW_TEST_SECRET", "", 1), 0);
	refused(SECRET_VARIABLE, "STW_TEST_SECRET", "empty");
	refused(SECRET_INLINE, "", "empty");
}

static void variables(void **state)
{
	(void)state;
	assert_int_equal(setenv("STW_TEST_SECRET", " leading stays \n", 1), 0);
	expect(SECRET_VARIABLE, "STW_TEST_SECRET", " leading stays");
	assert_int_equal(unsetenv("STW_TEST_SECRET"), 0);
	refused(SECRET_VARIABLE, "STW_TEST_SECRET", "STW_TEST_SECRET is not set");
	refused(SECRET_VARIABLE, "", "no name");
	expect(SECRET_INLINE, "inline", "inline");
}

/* A message about a secret has none of it, even when it is too large. */
static void large(void **state)
{
	size_t n = SECRET_FILE_MAX + 1;
	char *text = malloc(n);
	struct buf out;
	char error[500] = "";

	(void)state;
	assert_non_null(text);
	memset(text, 'Q', n);
	folder_write_bytes(&folder, "secrets/large", text, n);
	assert_false(resolve(SECRET_FILE, "large", NULL, directory, &out, error, sizeof(error)));
	assert_null(strstr(error, "QQQ"));
	assert_int_equal(out.n, 0);
	buf_free(&out);
	free(text);
}

static void sealed(void **state)
{
	struct buf bytes = BUF_INIT;
	uint16_t structure, field;
	uint64_t object;
	uint32_t length;
	char got[64];
	int fd;

	(void)state;
	secrets_put(&bytes, 40, 5, 77, STR("key"));
	assert_int_equal(bytes.n, 2 + 2 + 8 + 4 + 3);
	fd = secrets_seal(buf_str(&bytes));
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), bytes.n);
	memcpy(&structure, got, 2);
	memcpy(&field, got + 2, 2);
	memcpy(&object, got + 4, 8);
	memcpy(&length, got + 12, 4);
	assert_int_equal(structure, 40);
	assert_int_equal(field, 5);
	assert_int_equal(object, 77);
	assert_int_equal(length, 3);
	assert_memory_equal(got + 16, "key", 3);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	close(fd);
	buf_free(&bytes);
}

/* Who gets a certificate and the secret of the metrics, by what listens. */
static void roles_get_their_own(void **state)
{
	enum {
		SMTP = STW_ENUM_NetworkListenerProtocol_smtp,
		IMAP = STW_ENUM_NetworkListenerProtocol_imap,
		HTTP = STW_ENUM_NetworkListenerProtocol_http
	};
	static const struct {
		struct listener_setting listeners[2];
		bool edge, web;
	} cases[] = {
		{{{.protocol = SMTP}, {.protocol = HTTP}}, false, false},
		{{{.protocol = SMTP, .use_tls = true}, {.protocol = HTTP}}, true, false},
		{{{.protocol = SMTP}, {.protocol = HTTP, .use_tls = true}}, false, true},
		{{{.protocol = IMAP, .use_tls = true}, {.protocol = HTTP, .use_tls = true}},
		 true,
		 true},
		{{{.protocol = IMAP}, {.protocol = SMTP, .use_tls = true}}, true, false},
	};
	const struct secret_wish certificate = {.structure = STW_TYPE_Certificate};
	const struct secret_wish metrics = {.structure = STW_TYPE_MetricsPrometheusProperties};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct listener_setting listeners[2] = {cases[i].listeners[0],
							cases[i].listeners[1]};
		struct settings s = {.listeners = listeners, .listener_count = 2};

		assert_int_equal(settings_role_gets(&s, &certificate, ROLE_EDGE), cases[i].edge);
		assert_int_equal(settings_role_gets(&s, &certificate, ROLE_WEB), cases[i].web);
		assert_false(settings_role_gets(&s, &metrics, ROLE_EDGE));
		assert_true(settings_role_gets(&s, &metrics, ROLE_WEB));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),     cmocka_unit_test(unset_places),
		cmocka_unit_test(unreadable), cmocka_unit_test(empty),
		cmocka_unit_test(variables),  cmocka_unit_test(large),
		cmocka_unit_test(sealed),     cmocka_unit_test(roles_get_their_own),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
