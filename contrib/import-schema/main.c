/*
 * import-schema: a published schema.json beside our rows.
 *
 *	import-schema --check FILE	each difference, one a line; 1 where one is not declared
 *	import-schema FILE		the rows that FILE has and schemas/ has not, to be pasted
 *	import-schema --all FILE	every row of FILE
 *
 * When a server release comes out: --check names what it added, removed and changed; the new rows
 * go into the file of their family, sentences and all that a schema.json does not say are written
 *by hand, the release goes into schemas/history.stws, and `make update-lock` gives the numbers.
 *Where we differ on purpose, the row says `own = true`, and --check calls the difference declared.
 */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "contrib/import-schema/rows.h"
#include "core/render.h"
#include "grammar/reader.h"
#include "schemas/foreign.h"

#define FILE_LIMIT ((size_t)64 << 20)

struct run {
	struct arena arena;
	struct sources sources;
	struct diags diags;
	struct buf text;
	size_t declared, undeclared;
};

static void report(struct run *run)
{
	struct buf out = BUF_INIT;

	diags_sort(&run->diags);
	for (size_t i = 0; i < run->diags.count; i++)
		render_text(&out, &run->sources, &run->diags.all[i], false);
	if (out.n)
		fwrite(out.p, 1, out.n, stderr);
	buf_free(&out);
}

static const struct schema *read_schema(struct run *run, const char *path)
{
	static const struct hash_key key = {0, 0}; /* a file that its user chose */
	struct fs_error error;
	char message[640];
	struct node *document;
	uint32_t number;

	if (!fs_read_file(path, FILE_LIMIT, &run->text, &error)) {
		fs_error_text(&error, message, sizeof(message));
		fprintf(stderr, "import-schema: %s\n", message);
		return NULL;
	}
	number = sources_add(&run->sources, str_c(path), buf_str(&run->text));
	if (!number)
		return NULL;
	document = reader_whole(FORMAT_JSON, sources_get(&run->sources, number), &run->diags, &key,
				&run->arena);
	if (!document || !diags_ok(&run->diags))
		return NULL;
	return schema_foreign(&run->arena, &run->diags, document, "");
}

static void print_difference(void *ctx, const struct schema_difference *d)
{
	struct run *run = ctx;

	if (d->declared)
		run->declared++;
	else
		run->undeclared++;
	printf("%.*s: %.*s%s\n", STR_ARG(d->where), STR_ARG(d->what),
	       d->declared ? " (declared)" : "");
}

static bool check(struct run *run, const struct schema *theirs)
{
	if (!schema_compare(&schema_builtin, theirs, print_difference, run))
		return false;
	printf("%zu differences declared, %zu not\n", run->declared, run->undeclared);
	return run->undeclared == 0;
}

static bool print_rows(const struct schema *theirs, const struct schema *ours)
{
	struct buf out = BUF_INIT;
	bool ok = rows_print(&out, theirs, ours);

	if (ok && out.n)
		ok = fwrite(out.p, 1, out.n, stdout) == out.n;
	buf_free(&out);
	return ok;
}

int main(int argc, char **argv)
{
	struct run run = {.text = BUF_INIT};
	const char *option = argc == 3 ? argv[1] : "";
	bool all = strcmp(option, "--all") == 0, checking = strcmp(option, "--check") == 0, ok;
	const struct schema *theirs;

	if (argc != 2 && !all && !checking) {
		fputs("usage: import-schema [--check|--all] SCHEMA.json\n", stderr);
		return 2;
	}
	arena_init(&run.arena, (size_t)1 << 20);
	sources_init(&run.sources, &run.arena);
	diags_init(&run.diags, &run.arena);
	theirs = read_schema(&run, argv[argc - 1]);
	ok = theirs && diags_ok(&run.diags) &&
	     (checking ? check(&run, theirs) : print_rows(theirs, all ? NULL : &schema_builtin));
	report(&run);
	arena_free(&run.arena);
	buf_free(&run.text);
	return theirs ? !ok : 2;
}
