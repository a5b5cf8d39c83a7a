#include "folder.h"

#include <errno.h>
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

/* Every test works in a fresh directory, as the current one. */
static struct folder folder;
static char home[PATH_MAX];

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_true(fs_write_all(fd, text, strlen(text)));
	assert_int_equal(close(fd), 0);
}

static void check_file(const char *path, const char *expected)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;

	assert_true(fs_read_file(path, 1 << 20, &buf, &error));
	assert_str(buf_str(&buf), expected);
	buf_free(&buf);
}

static size_t count_names(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static void check_error(const struct fs_error *error, int code, const char *text)
{
	char out[700];

	fs_error_text(error, out, sizeof(out));
	assert_string_equal(out, text);
	assert_int_equal(error->code, code);
}

static int enter(void **state)
{
	(void)state;
	folder_make(&folder);
	return getcwd(home, sizeof(home)) && chdir(folder.path) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	folder_remove(&folder);
	return chdir(home);
}

static void reads_whole_files(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;

	(void)state;
	put_file("empty", "");
	put_file("some", "one\ntwo\n");
	check_file("empty", "");
	buf_puts(&buf, STR("before:"));
	assert_true(fs_read_file("some", 8, &buf, &error));
	assert_str(buf_str(&buf), "before:one\ntwo\n");
	buf_free(&buf);
}

static void limit_is_exact(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;

	(void)state;
	put_file("eight", "12345678");
	buf_puts(&buf, STR("kept"));
	assert_false(fs_read_file("eight", 7, &buf, &error));
	check_error(&error, EFBIG, "cannot read eight: File too large");
	assert_str(buf_str(&buf), "kept");
	assert_false(buf.failed);
	assert_true(fs_read_file("eight", 8, &buf, &error));
	buf_free(&buf);
}

static void refuses_what_is_no_file(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;

	(void)state;
	assert_false(fs_read_file(".", 100, &buf, &error));
	check_error(&error, EISDIR, "cannot read .: Is a directory");
	assert_false(fs_read_file("missing", 100, &buf, &error));
	check_error(&error, ENOENT, "cannot open missing: No such file or directory");
	buf_free(&buf);
}

static void long_paths_keep_their_end(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;
	char path[2000], text[32];

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path + sizeof(path) - 10, "/last.end", 10);
	assert_false(fs_read_file(path, 100, &buf, &error));
	assert_int_equal(strlen(error.path), sizeof(error.path) - 1);
	assert_memory_equal(error.path, "...x", 4);
	assert_non_null(strstr(error.path, "/last.end"));
	fs_error_text(&error, text, sizeof(text));
	assert_string_equal(text, "cannot open ...xxxxxxxxxxxxxxxx");
	buf_free(&buf);
}

static void *write_slowly(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < 1000; i++) {
		if (!fs_write_all(fd, "0123456789", 10))
			break;
	}
	close(fd);
	return NULL;
}

static void reads_pipes(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error;
	pthread_t thread;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_slowly, &fds[1]), 0);
	assert_true(fs_read_fd(fds[0], "-", 10000, &buf, &error));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(buf.n, 10000);
	assert_memory_equal(buf.p + 9990, "0123456789", 10);
	close(fds[0]);

	assert_int_equal(pipe(fds), 0);
	assert_true(fs_write_all(fds[1], "123", 3));
	close(fds[1]);
	buf_clear(&buf);
	assert_false(fs_read_fd(fds[0], "-", 2, &buf, &error));
	check_error(&error, EFBIG, "cannot read -: File too large");
	assert_int_equal(buf.n, 0);
	close(fds[0]);
	buf_free(&buf);
}

static void change_is_told(void **state)
{
	struct fs_error error = {EAGAIN, "read", "mail.toml"};

	(void)state;
	check_error(&error, EAGAIN, "cannot read mail.toml: it was changed meanwhile");
}

static atomic_bool stop_growing;

static void *grow(void *arg)
{
	int fd = open(arg, O_WRONLY | O_APPEND);

	while (!stop_growing && fd >= 0 && fs_write_all(fd, "x", 1))
		continue;
	close(fd);
	return NULL;
}

/* A file that somebody writes to all the time is refused sooner or later, and a refusal
 * leaves the buffer as it was. */
static void detects_change(void **state)
{
	struct buf buf = BUF_INIT;
	struct fs_error error = {0};
	char name[] = "growing";
	pthread_t thread;
	bool refused = false;

	(void)state;
	put_file(name, "start");
	stop_growing = false;
	assert_int_equal(pthread_create(&thread, NULL, grow, name), 0);
	for (int i = 0; i < 100000 && !refused; i++) {
		buf_clear(&buf);
		refused = !fs_read_file(name, SIZE_MAX / 2, &buf, &error);
	}
	stop_growing = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(refused);
	assert_int_equal(error.code, EAGAIN);
	assert_int_equal(buf.n, 0);
	buf_free(&buf);
}

static void replaces_with_mode(void **state)
{
	struct fs_replace r;
	struct fs_error error;
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	put_file("image", "old");
	assert_true(fs_replace_begin(&r, "image", 0644, &error));
	assert_true(fs_write_all(r.fd, "new", 3));
	/* until the commit everybody sees the old one */
	check_file("image", "old");
	assert_true(fs_replace_commit(&r, &error));
	fs_replace_abort(&r);
	check_file("image", "new");
	assert_int_equal(stat("image", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(count_names("."), 1);
	umask(old);
}

static void keeps_the_mode(void **state)
{
	struct fs_replace r;
	struct fs_error error;
	struct stat st;

	(void)state;
	put_file("image", "old");
	assert_int_equal(chmod("image", 0640), 0);
	assert_true(fs_replace_begin(&r, "image", 0644, &error));
	assert_true(fs_replace_keep_mode(&r, &error));
	assert_true(fs_replace_commit(&r, &error));
	assert_int_equal(stat("image", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(fs_replace_begin(&r, "fresh", 0604, &error));
	assert_true(fs_replace_keep_mode(&r, &error));
	assert_true(fs_replace_commit(&r, &error));
	assert_int_equal(stat("fresh", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
}

static void makes_a_new_file(void **state)
{
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	assert_true(fs_replace_begin(&r, "sub/image", 0600, &error));
	assert_true(fs_write_all(r.fd, "first", 5));
	assert_true(fs_replace_commit(&r, &error));
	check_file("sub/image", "first");
	assert_int_equal(count_names("sub"), 1);
}

static void spares_a_file_that_came_late(void **state)
{
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	assert_true(fs_replace_begin(&r, "key", 0600, &error));
	assert_true(fs_write_all(r.fd, "ours", 4));
	put_file("key", "theirs");
	assert_false(fs_replace_commit_new(&r, &error));
	check_error(&error, EEXIST, "cannot make key: File exists");
	check_file("key", "theirs");
	assert_int_equal(count_names("."), 1);

	assert_true(fs_replace_begin(&r, "other", 0600, &error));
	assert_true(fs_write_all(r.fd, "ours", 4));
	assert_true(fs_replace_commit_new(&r, &error));
	check_file("other", "ours");
	assert_int_equal(count_names("."), 2);
}

static void abort_leaves_the_old_file(void **state)
{
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	put_file("image", "old");
	assert_true(fs_replace_begin(&r, "image", 0644, &error));
	assert_true(fs_write_all(r.fd, "half", 4));
	assert_int_equal(count_names("."), 2);
	fs_replace_abort(&r);
	fs_replace_abort(&r);
	check_file("image", "old");
	assert_int_equal(count_names("."), 1);
}

static void failed_commit_leaves_the_old_file(void **state)
{
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	put_file("image", "old");
	assert_true(fs_replace_begin(&r, "image", 0644, &error));
	assert_true(fs_write_all(r.fd, "new", 3));
	assert_int_equal(unlinkat(r.dir_fd, r.temporary, 0), 0);
	assert_false(fs_replace_commit(&r, &error));
	check_error(&error, ENOENT,
		    "cannot rename the new content to image: No such file or directory");
	fs_replace_abort(&r);
	check_file("image", "old");

	/* a directory came in between */
	assert_true(fs_replace_begin(&r, "other", 0644, &error));
	assert_int_equal(mkdir("other", 0755), 0);
	assert_false(fs_replace_commit(&r, &error));
	assert_int_equal(error.code, EISDIR);
	assert_int_equal(count_names("other"), 0);
	assert_int_equal(count_names("."), 2);
}

static void refuses_wrong_targets(void **state)
{
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_false(fs_replace_begin(&r, "dir", 0644, &error));
	check_error(&error, EISDIR, "cannot replace dir: Is a directory");
	fs_replace_abort(&r);
	assert_false(fs_replace_begin(&r, "dir/", 0644, &error));
	assert_int_equal(error.code, EISDIR);
	assert_false(fs_replace_begin(&r, "dir/..", 0644, &error));
	assert_int_equal(error.code, EISDIR);
	assert_false(fs_replace_begin(&r, "", 0644, &error));
	assert_int_equal(error.code, ENOENT);
	assert_false(fs_replace_begin(&r, "/dev/null", 0644, &error));
	check_error(&error, EINVAL, "cannot replace /dev/null: Invalid argument");
	assert_false(fs_replace_begin(&r, "missing/image", 0644, &error));
	check_error(&error, ENOENT, "cannot replace missing/image: there is no such directory");
	put_file("file", "");
	assert_false(fs_replace_begin(&r, "file/image", 0644, &error));
	assert_int_equal(error.code, ENOTDIR);
	assert_int_equal(count_names("."), 2);
}

static void read_only_directory(void **state)
{
	uid_t user = geteuid();
	struct fs_replace r;
	struct fs_error error;

	(void)state;
	assert_int_equal(mkdir("locked", 0755), 0);
	put_file("locked/image", "old");
	assert_int_equal(chmod("locked", 0555), 0);
	assert_int_equal(chmod(".", 0755), 0);
	/* permissions do not hold for root */
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_false(fs_replace_begin(&r, "locked/image", 0644, &error));
	check_error(&error, EACCES,
		    "cannot create a temporary file for locked/image: Permission denied");
	assert_int_equal(seteuid(user), 0);
	check_file("locked/image", "old");
	assert_int_equal(chmod("locked", 0755), 0);
	assert_int_equal(count_names("locked"), 1);
}

static void links_stay(void **state)
{
	struct fs_replace r;
	struct fs_error error;
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("b", 0755), 0);
	put_file("b/real", "old");
	assert_int_equal(symlink("a/second", "first"), 0);
	assert_int_equal(symlink("../b/real", "a/second"), 0);
	assert_true(fs_replace_begin(&r, "first", 0644, &error));
	assert_true(fs_write_all(r.fd, "new", 3));
	assert_true(fs_replace_commit(&r, &error));
	check_file("b/real", "new");
	assert_int_equal(lstat("first", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat("a/second", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(count_names("a"), 1);
	assert_int_equal(count_names("b"), 1);

	/* a link to a file that is not there yet */
	assert_int_equal(symlink("b/future", "third"), 0);
	assert_true(fs_replace_begin(&r, "third", 0644, &error));
	assert_true(fs_replace_commit(&r, &error));
	check_file("b/future", "");

	assert_int_equal(symlink("loop", "loop"), 0);
	assert_false(fs_replace_begin(&r, "loop", 0644, &error));
	assert_int_equal(error.code, ELOOP);
}

static void longest_names(void **state)
{
	struct fs_replace r;
	struct fs_error error;
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_true(fs_replace_begin(&r, name, 0600, &error));
	assert_true(fs_write_all(r.fd, "x", 1));
	assert_true(fs_replace_commit(&r, &error));
	check_file(name, "x");
	assert_int_equal(count_names("."), 1);
}

static void write_all_says_why_not(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	errno = 0;
	assert_false(fs_write_all(fd, "x", 1));
	assert_int_equal(errno, EBADF);
	assert_true(fs_write_all(fd, NULL, 0));
	close(fd);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(reads_whole_files),
		IN_DIRECTORY(limit_is_exact),
		IN_DIRECTORY(refuses_what_is_no_file),
		IN_DIRECTORY(long_paths_keep_their_end),
		IN_DIRECTORY(reads_pipes),
		IN_DIRECTORY(change_is_told),
		IN_DIRECTORY(detects_change),
		IN_DIRECTORY(replaces_with_mode),
		IN_DIRECTORY(keeps_the_mode),
		IN_DIRECTORY(makes_a_new_file),
		IN_DIRECTORY(spares_a_file_that_came_late),
		IN_DIRECTORY(abort_leaves_the_old_file),
		IN_DIRECTORY(failed_commit_leaves_the_old_file),
		IN_DIRECTORY(refuses_wrong_targets),
		IN_DIRECTORY(read_only_directory),
		IN_DIRECTORY(links_stay),
		IN_DIRECTORY(longest_names),
		IN_DIRECTORY(write_all_says_why_not),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
