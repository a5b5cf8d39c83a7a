/*
 * The targets over their corpora, without a fuzzer: every file, and of each a few forms that are
 * made of it; then what fuzzing has found to reach more of the code, minimised, an input a line in
 * base64 (bundle.py). TAP; the log names the last input before a crash.
 *
 *   replay [TARGET [FILE...]]
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/fs.h"

#define FORMS 24

static uint64_t chance = 1;

static size_t below(size_t n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return n ? (size_t)(chance % n) : 0;
}

/* In a block of its own, so that a sanitizer sees the first byte behind it. */
static void run_copy(const struct fuzz_target *target, const char *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	FUZZ_WANT(copy);
	if (n)
		memcpy(copy, bytes, n);
	target->run(copy, n);
	free(copy);
}

/* Cut short, with other bytes, with a piece twice: the same ones in every run. */
static void run_forms(const struct fuzz_target *target, struct buf *bytes)
{
	size_t n = bytes->n;

	for (unsigned i = 0; n && i < FORMS; i++) {
		size_t at = below(n);
		char old = bytes->p[at];

		if (i % 3 == 0) {
			run_copy(target, bytes->p, at);
			continue;
		}
		bytes->p[at] = i % 3 == 1 ? (char)below(256) : bytes->p[below(n)];
		run_copy(target, bytes->p, n);
		bytes->p[at] = old;
	}
}

static bool run_file(const struct fuzz_target *target, const char *path, bool forms)
{
	struct buf bytes = BUF_INIT;
	struct fs_error error;
	bool ok = fs_read_file(path, (size_t)1 << 26, &bytes, &error);

	printf("# %s: %s\n", target->name, path);
	(void)fflush(stdout); /* before it can crash */
	if (ok)
		run_copy(target, bytes.p, bytes.n);
	if (ok && forms)
		run_forms(target, &bytes);
	buf_free(&bytes);
	return ok;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many files; 0: none, or one that cannot be read. */
static size_t run_corpus(const struct fuzz_target *target, const char *root)
{
	struct dirent **entries;
	char path[4096];
	size_t count = 0;
	bool ok = true;
	int n;

	(void)snprintf(path, sizeof(path), "%s/testsuite/fuzz/corpus/%s", root, target->name);
	n = scandir(path, &entries, visible, alphasort);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/testsuite/fuzz/corpus/%s/%s", root,
			       target->name, entries[i]->d_name);
		ok = run_file(target, path, true) && ok;
		count++;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ok ? count : 0;
}

/* One line of base64; false: it is none. */
static bool run_line(const struct fuzz_target *target, struct str line)
{
	char *bytes = malloc(line.n ? line.n : 1);
	size_t pad = str_ends(line, STR("==")) ? 2 : str_ends(line, STR("=")) ? 1 : 0;
	int n = -1;

	FUZZ_WANT(bytes);
	if (line.n >= 4 && line.n % 4 == 0)
		n = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)line.p,
				    (int)line.n);
	if (n >= 0)
		run_copy(target, bytes, (size_t)n - pad);
	free(bytes);
	return n >= 0;
}

/* False: a file that is there and cannot be read, or is not of that form. */
static bool run_minimal(const struct fuzz_target *target, const char *root, size_t *count)
{
	struct buf lines = BUF_INIT;
	struct fs_error error;
	char path[4096];
	struct str rest;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/testsuite/fuzz/minimal/%s", root, target->name);
	ok = fs_read_file(path, (size_t)1 << 26, &lines, &error);
	rest = buf_str(&lines);
	while (ok && rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		printf("# %s: %s:%zu\n", target->name, path, ++*count);
		(void)fflush(stdout); /* before it can crash */
		ok = run_line(target, (struct str){rest.p, n});
		rest = str_from(rest, end ? n + 1 : n);
	}
	buf_free(&lines);
	return ok || error.code == ENOENT;
}

static bool run_target(const struct fuzz_target *target, const char *root, int point)
{
	size_t count = run_corpus(target, root), more = 0;
	bool ok = run_minimal(target, root, &more) && count;

	run_copy(target, "", 0);
	printf("%sok %d - %s: %zu files, %zu minimised inputs\n", ok ? "" : "not ", point,
	       target->name, count, more);
	return ok;
}

static int run_all(void)
{
	const char *root = getenv("srcdir");
	int point = 0, failed = 0;

	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		failed += !run_target(t, root ? root : ".", ++point);
	printf("1..%d\n", point);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct fuzz_target *target;
	int status = 0;

	if (argc < 2)
		return run_all();
	target = fuzz_find(argv[1]);
	if (!target) {
		fprintf(stderr, "replay: no target '%s'\n", argv[1]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		status |= run_file(target, argv[i], false) ? 0 : 2;
	return status;
}
