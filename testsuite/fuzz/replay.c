/*
 * The targets over their corpora, without a fuzzer: every file, and of each a few forms that are
 * made of it. TAP; the log names the last input before a crash.
 *
 *   replay [TARGET [FILE...]]
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int run_all(void)
{
	const char *root = getenv("srcdir");
	int point = 0, failed = 0;

	for (const struct fuzz_target *t = fuzz_targets; t->name; t++) {
		size_t count = run_corpus(t, root ? root : ".");

		run_copy(t, "", 0);
		failed += count == 0;
		printf("%sok %d - %s: %zu files\n", count ? "" : "not ", ++point, t->name, count);
	}
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
