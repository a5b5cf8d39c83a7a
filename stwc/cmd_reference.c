/* --schema FILE: a server's published schema.json over the built-in reference. */
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/fs.h"
#include "core/render.h"
#include "grammar/reader.h"
#include "schemas/foreign.h"
#include "stwc/cmd.h"

#define FILE_LIMIT ((size_t)64 << 20) /* the one of 0.16.19 has 2 MB */

struct reference {
	struct arena arena;
	struct sources sources;
	struct diags diags;
	struct buf text;
	char digest[DIGEST_HEX_SIZE];
};

const struct schema *options_schema(const struct options *options)
{
	return options->compile.schema ? options->compile.schema : &schema_builtin;
}

static void print_faults(struct reference *r)
{
	struct buf out = BUF_INIT;
	size_t i;

	diags_sort(&r->diags);
	for (i = 0; i < r->diags.count; i++)
		render_text(&out, &r->sources, &r->diags.all[i], false);
	if (out.n)
		(void)fwrite(out.p, 1, out.n, stderr);
	buf_free(&out);
}

/* Of our rows and of the file: what is compiled with it is not what is compiled without. */
static bool make_digest(struct reference *r)
{
	struct digest_ctx *ctx = digest_new();
	struct digest digest;
	bool ok = ctx && digest_update(ctx, schema_builtin.digest, strlen(schema_builtin.digest)) &&
		  digest_update(ctx, r->text.p, r->text.n) && digest_final(ctx, &digest);

	digest_free(ctx);
	if (ok)
		digest_hex(&digest, r->digest);
	return ok;
}

static const struct schema *read_file(struct reference *r, const char *path)
{
	static const struct hash_key key = {0, 0}; /* a file that its user chose */
	const struct schema *theirs;
	struct node *document;
	uint32_t number = sources_add(&r->sources, str_c(path), buf_str(&r->text));

	if (!number || !make_digest(r))
		return NULL;
	document = reader_whole(FORMAT_JSON, sources_get(&r->sources, number), &r->diags, &key,
				&r->arena);
	if (!document || !diags_ok(&r->diags))
		return NULL;
	theirs = schema_foreign(&r->arena, &r->diags, document, schema_builtin.version);
	if (!theirs || !diags_ok(&r->diags))
		return NULL;
	return schema_merge(&r->arena, &schema_builtin, theirs, path, r->digest);
}

bool reference_read(const struct command *command, const char *path, struct options *options)
{
	struct reference *r = calloc(1, sizeof(*r));
	struct fs_error error;
	char message[640];

	if (!r)
		return cmd_fail(command, "out of memory") == STATUS_VALID;
	options->reference = r;
	r->text = (struct buf)BUF_INIT;
	arena_init(&r->arena, (size_t)1 << 20);
	sources_init(&r->sources, &r->arena);
	diags_init(&r->diags, &r->arena);
	if (!fs_read_file(path, FILE_LIMIT, &r->text, &error)) {
		fs_error_text(&error, message, sizeof(message));
		return cmd_fail(command, "--schema: %s", message) == STATUS_VALID;
	}
	options->compile.schema = read_file(r, path);
	if (options->compile.schema)
		return true;
	print_faults(r);
	return cmd_fail(command, "--schema: %s is no schema.json of a server", path) ==
	       STATUS_VALID;
}

void reference_free(struct reference *r)
{
	if (!r)
		return;
	arena_free(&r->arena);
	buf_free(&r->text);
	free(r);
}
