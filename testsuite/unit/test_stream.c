/* A file in parts: what is let go comes back, unless the file is no longer the same. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stwc/stream.h"

#define LINE_SIZE ((size_t)1000)
#define LINE_COUNT ((size_t)6000)
#define LIMIT ((size_t)1 << 30)

static struct folder folder;
static char path[FOLDER_PATH_SIZE];

static char letter(size_t line)
{
	return (char)('a' + line % 26);
}

static int make_file(void **state)
{
	char line[LINE_SIZE];
	int fd;

	(void)state;
	folder_make(&folder);
	folder_path(&folder, "lines", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < LINE_COUNT; i++) {
		memset(line, letter(i), sizeof(line) - 1);
		line[sizeof(line) - 1] = '\n';
		assert_true(fs_write_all(fd, line, sizeof(line)));
	}
	assert_int_equal(close(fd), 0);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* Reads to the end and lets everything go on the way. */
static struct stream *pass_through(struct str *text)
{
	struct stream *stream;
	struct fs_error error;

	assert_true(stream_open(path, LIMIT, true, &stream, &error));
	assert_non_null(stream);
	do {
		assert_true(stream_more(stream, text, &error));
		assert_true(text->n % LINE_SIZE == 0);
		assert_int_equal(text->p[text->n - 2], letter(text->n / LINE_SIZE - 1));
		stream_let_go(stream, text->n);
	} while (!stream_at_end(stream));
	assert_int_equal(text->n, LINE_SIZE * LINE_COUNT);
	return stream;
}

static void comes_back(void **state)
{
	struct digest whole;
	struct fs_error error;
	struct stream *stream;
	struct str text = STR_NONE;

	(void)state;
	stream = pass_through(&text);
	assert_int_equal(text.p[0], 0); /* gone */
	assert_true(stream_recall(stream));
	assert_false(stream_lost(stream, &error));
	for (size_t i = 0; i < LINE_COUNT; i++)
		assert_int_equal(text.p[i * LINE_SIZE], letter(i));
	assert_true(digest_of(text.p, text.n, &whole));
	assert_true(digest_eq(stream_digest(stream), &whole));
	stream_close(stream, true);
}

static void changed_meanwhile(void **state)
{
	struct fs_error error;
	struct stream *stream;
	struct str text = STR_NONE;

	(void)state;
	stream = pass_through(&text);
	assert_int_equal(truncate(path, 10), 0);
	assert_false(stream_recall(stream));
	assert_int_equal(text.p[0], 0);
	assert_true(stream_lost(stream, &error));
	assert_int_equal(error.code, EAGAIN);
	assert_string_equal(error.path, path);
	assert_false(stream_recall(stream));
	stream_close(stream, false);
}

static void shortened_while_read(void **state)
{
	struct fs_error error;
	struct stream *stream;
	struct str text = STR_NONE;

	(void)state;
	assert_true(stream_open(path, LIMIT, false, &stream, &error));
	assert_true(stream_more(stream, &text, &error));
	assert_int_equal(truncate(path, 2 << 20), 0);
	while (!stream_at_end(stream)) {
		if (!stream_more(stream, &text, &error))
			break;
	}
	assert_false(stream_at_end(stream));
	assert_int_equal(error.code, EAGAIN);
	assert_null(stream_digest(stream));
	stream_close(stream, false);
}

static void grown_while_read(void **state)
{
	struct fs_error error;
	struct stream *stream;
	struct str text = STR_NONE;
	bool failed = false;
	int fd;

	(void)state;
	assert_true(stream_open(path, LIMIT, false, &stream, &error));
	assert_true(stream_more(stream, &text, &error));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0 && fs_write_all(fd, "more\n", 5));
	close(fd);
	while (!failed && !stream_at_end(stream))
		failed = !stream_more(stream, &text, &error);
	assert_true(failed);
	assert_int_equal(error.code, EAGAIN);
	stream_close(stream, false);
}

static void not_for_every_file(void **state)
{
	struct fs_error error;
	struct stream *stream;

	(void)state;
	assert_true(stream_open(path, LINE_SIZE, false, &stream, &error));
	assert_null(stream); /* above the limit */
	assert_true(stream_open("/dev/null", LIMIT, false, &stream, &error));
	assert_null(stream);
	assert_int_equal(truncate(path, 100), 0);
	assert_true(stream_open(path, LIMIT, false, &stream, &error));
	assert_null(stream);
	assert_false(stream_open("/nowhere/at/all", LIMIT, false, &stream, &error));
	assert_int_equal(error.code, ENOENT);
}

#define ON_A_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_FILE(comes_back),           ON_A_FILE(changed_meanwhile),
		ON_A_FILE(shortened_while_read), ON_A_FILE(grown_while_read),
		ON_A_FILE(not_for_every_file),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
