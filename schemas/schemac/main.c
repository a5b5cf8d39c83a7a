/*
 * schemac: the rows of schemas/ to C.
 *
 * The object reference is data. Its one source is the rows: schemas/(*).stws, TOML that our own
 * reader reads, a table per type and a table per field, grouped in files by family. Nothing else
 * in the tree repeats a field: what the compiler checks, what the daemon decodes, what the manual
 * says and what an editor completes is generated from its row, at build time, by this program.
 * It runs on the build host and is not installed.
 *
 *	schemas/(*).stws ─▶ rows ─▶ link ─▶ history ─▶ derive ─▶ numbers ─▶ emit
 *
 * rows     Every table of every file is entered by name, so that rows may refer to each other
 *	    across files and in any order.
 * link     Types, bounds, keys and defaults become descriptors that point at each other. Defaults
 *	    are normalised to the form in which a server would show them.
 * history  history.stws says which release added or removed what; rows get their since and until.
 * derive   What follows from other rows is worked out, not written: a field must be given when
 *	    the server would refuse its absence; stwd enacts a type when it enacts a part of it.
 * numbers  ids.lock gives every type, field, variant and enum member its permanent number. The
 *	    file only grows. A row without a number stops the build; --update-lock appends one.
 * emit     tables.c for stwc, ids.h and the record decoders for libstw, and the reference manual.
 *	    Each file is replaced whole, and only when its content changes, so that a sentence of
 *	    documentation does not rebuild the daemon. (What can be worked out from the tables at
 *	    run time, such as the JSON Schema, is the business of stwc.)
 *
 * Invariants: the order of the files on the command line, and of the tables in a file, changes
 * nothing but the order of variants and enum members; the output depends on the input alone; after
 * any error nothing is written and the exit status is 1. Errors are "file:line:column: text", the
 * form that editors and make know. Everything lives in one arena until the process ends; to change
 * a kind of row, start at the list of attributes in rows.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/fs.h"
#include "core/render.h"
#include "grammar/reader.h"
#include "schemas/schemac/schemac.h"

#define FILE_LIMIT ((size_t)16 << 20)

struct run {
	struct arena arena;
	struct sources sources;
	struct diags diags;
	struct hash_key key;
	struct rows rows;
	const char *directory; /* where generated files go */
	const char *lock;
	bool update;
};

static bool read_source(struct run *run, const char *path, uint32_t *number)
{
	struct buf text = BUF_INIT;
	struct fs_error error;
	char message[640];

	if (!fs_read_file(path, FILE_LIMIT, &text, &error)) {
		fs_error_text(&error, message, sizeof(message));
		fprintf(stderr, "schemac: %s\n", message);
		return false;
	}
	/* The text stays until the process ends: names and spans point into it. */
	*number = sources_add(&run->sources, str_c(path), arena_str(&run->arena, buf_str(&text)));
	buf_free(&text);
	return *number != 0;
}

static bool add_file(struct run *run, const char *path)
{
	struct node *document;
	uint32_t number;

	if (!read_source(run, path, &number))
		return false;
	document = reader_whole(FORMAT_TOML, sources_get(&run->sources, number), &run->diags,
				&run->key, &run->arena);
	if (!document)
		return false;
	rows_add(&run->rows, document);
	return true;
}

/* What the TOML reader reported, and what the rows did. True when there was nothing. */
static bool report(struct run *run)
{
	struct buf out = BUF_INIT;

	diags_sort(&run->diags);
	for (size_t i = 0; i < run->diags.count; i++)
		render_text(&out, &run->sources, &run->diags.all[i], false);
	buf_puts(&out, buf_str(&run->rows.messages));
	if (out.n)
		fwrite(out.p, 1, out.n, stderr);
	buf_free(&out);
	return diags_ok(&run->diags) && run->rows.errors == 0;
}

static bool same_content(const char *path, const struct buf *content)
{
	struct buf old = BUF_INIT;
	struct fs_error error;
	bool same = fs_read_file(path, FILE_LIMIT, &old, &error) &&
		    str_eq(buf_str(&old), buf_str(content));

	buf_free(&old);
	return same;
}

static bool write_file(const char *path, const struct buf *content)
{
	struct fs_replace file;
	struct fs_error error;
	char message[640];

	if (content->failed) {
		fprintf(stderr, "schemac: out of memory\n");
		return false;
	}
	if (same_content(path, content))
		return true;
	if (!fs_replace_begin(&file, path, 0644, &error))
		goto failed;
	if (!fs_write_all(file.fd, content->p, content->n)) {
		error = (struct fs_error){.code = errno, .doing = "write"};
		snprintf(error.path, sizeof(error.path), "%s", path);
		fs_replace_abort(&file);
		goto failed;
	}
	if (fs_replace_commit(&file, &error))
		return true;
failed:
	fs_error_text(&error, message, sizeof(message));
	fprintf(stderr, "schemac: %s\n", message);
	return false;
}

/* Writes DIRECTORY/name; makes the folder below DIRECTORY when it is missing. */
static bool write_generated(struct run *run, const char *folder, const char *name,
			    struct buf *content)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", run->directory, folder);

	if (n < 0 || (size_t)n + strlen(name) + 2 > sizeof(path) ||
	    (mkdir(path, 0777) && errno != EEXIST)) {
		fprintf(stderr, "schemac: cannot make %s\n", path);
		return false;
	}
	snprintf(path + n, sizeof(path) - (size_t)n, "/%s", name);
	return write_file(path, content);
}

static bool update_lock(struct run *run, uint32_t source, const struct buf *added)
{
	struct buf all = BUF_INIT;
	bool ok;

	if (!added->n)
		return true;
	if (source)
		buf_puts(&all, sources_get(&run->sources, source)->text);
	if (all.n && all.p[all.n - 1] != '\n')
		buf_putc(&all, '\n');
	buf_puts(&all, buf_str(added));
	ok = write_file(run->lock, &all);
	buf_free(&all);
	return ok;
}

/* Numbers from the lock; with --update-lock a missing file is an empty one. */
static bool number_rows(struct run *run)
{
	struct lock lock;
	uint32_t source = 0;
	struct stat st;
	bool ok = true;

	lock_init(&lock, &run->arena, &run->key);
	if (!run->update || stat(run->lock, &st) == 0) {
		if (!read_source(run, run->lock, &source))
			return false;
		lock_read(&run->rows, &lock, source);
	}
	lock_apply(&run->rows, &lock, run->update);
	if (run->update && !run->rows.errors)
		ok = update_lock(run, source, &lock.added);
	buf_free(&lock.added);
	return ok;
}

static bool make_digest(struct run *run)
{
	struct buf text = BUF_INIT;
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	bool ok;

	canonical_text(&text, &run->rows.schema);
	ok = !text.failed && digest_of(text.p, text.n, &digest);
	buf_free(&text);
	if (!ok)
		return false;
	digest_hex(&digest, hex);
	run->rows.schema.digest = rows_text(&run->rows, str_c(hex));
	return run->rows.schema.digest != NULL;
}

struct generated {
	const char *folder, *name;
	struct buf content;
};

/* All files are made before one is written: an error leaves the old ones. */
static bool emit_all(struct run *run)
{
	const struct schema *schema = &run->rows.schema;
	struct generated files[] = {
		{"schemas", "tables.c", BUF_INIT},  {"libstw", "ids.h", BUF_INIT},
		{"libstw", "records.h", BUF_INIT},  {"libstw", "records.c", BUF_INIT},
		{"doc", "stw-objects.5", BUF_INIT}, {"doc", "stw-codes.7", BUF_INIT},
	};
	bool ok;

	emit_tables(&files[0].content, schema);
	emit_ids(&run->rows, &files[1].content, schema);
	emit_records_h(&run->rows, &files[2].content, schema);
	if (!run->rows.errors)
		emit_records_c(&run->rows, &files[3].content, schema);
	emit_manual(&files[4].content, schema);
	emit_codes(&files[5].content);
	ok = report(run);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		ok = ok && write_generated(run, files[i].folder, files[i].name, &files[i].content);
		buf_free(&files[i].content);
	}
	return ok;
}

static bool compile(struct run *run, char **paths, int count)
{
	for (int i = 0; i < count; i++)
		if (!add_file(run, paths[i]))
			return report(run) && false;
	if (diags_ok(&run->diags))
		rows_link(&run->rows);
	if (diags_ok(&run->diags) && !run->rows.errors && !number_rows(run))
		return false;
	if (!report(run))
		return false;
	return run->directory == NULL || (make_digest(run) && emit_all(run));
}

static int usage(void)
{
	fputs("usage: schemac --lock FILE [--update-lock] [--output DIRECTORY] FILE.stws...\n",
	      stderr);
	return 2;
}

/* The index of the first operand, or 0 when the options make no sense. */
static int parse_options(struct run *run, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--update-lock") == 0)
			run->update = true;
		else if (strcmp(argv[i], "--lock") == 0 && i + 1 < argc)
			run->lock = argv[++i];
		else if (strcmp(argv[i], "--output") == 0 && i + 1 < argc)
			run->directory = argv[++i];
		else
			return 0;
	}
	return run->lock && i < argc ? i : 0;
}

int main(int argc, char **argv)
{
	struct run run = {.key = {0, 0}};
	int first = parse_options(&run, argc, argv);
	bool ok;

	if (!first)
		return usage();
	arena_init(&run.arena, (size_t)1 << 20);
	sources_init(&run.sources, &run.arena);
	diags_init(&run.diags, &run.arena);
	rows_init(&run.rows, &run.arena, &run.key, &run.sources);
	ok = compile(&run, argv + first, argc - first);
	rows_free(&run.rows);
	arena_free(&run.arena);
	return ok ? 0 : 1;
}
