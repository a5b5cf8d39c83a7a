#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "libstw/footer.h"
#include "libstw/manifest.h"
#include "stwc/emit/emit.h"
#include "stwc/emit/lmdb.h"

static bool image_fail(struct fs_error *error, int code, const char *doing, const char *path)
{
	error->code = code;
	error->doing = doing;
	(void)snprintf(error->path, sizeof(error->path), "%s", path); /* cut is fine */
	return false;
}

/* Names and digests of the sources, in the order in which they were read. */
static const struct stw_source *image_sources(struct compilation *c)
{
	size_t n = c->sources.count;
	struct stw_source *sources = ARENA_ARRAY(&c->arena, struct stw_source, n);

	for (size_t i = 0; sources && i < n; i++) {
		sources[i].name = c->sources.all[i]->name;
		if (!compile_source_digest(c, i, &sources[i].digest))
			return NULL;
	}
	return sources;
}

static bool image_manifest(struct compilation *c, const struct emit_options *options,
			   const struct plan *plan, struct buf *out)
{
	struct stw_manifest manifest = {
		.schema_version = str_c(c->schema->version),
		.builder = options->builder,
		.revision = options->revision,
		.content = plan->content,
		.sources = image_sources(c),
		.source_count = c->sources.count,
		.types = plan->types,
		.type_count = plan->type_count,
	};

	if (!manifest.sources ||
	    !digest_from_hex(str_c(c->schema->digest), &manifest.schema_digest))
		return false;
	stw_manifest_encode(&manifest, out);
	return !out->failed && out->n <= STW_LIMIT_MANIFEST;
}

/* Everything behind the store; the digest is computed from what is in the file. */
static bool image_trailer(int fd, const struct plan *plan, struct buf *manifest, uint64_t store,
			  struct digest *file, struct stw_fault *fault)
{
	struct stw_footer footer = stw_footer_here();
	struct stw_bytes bytes = {(const uint8_t *)manifest->p, manifest->n};
	uint8_t end[STW_FOOTER_SIZE];

	footer.store = store;
	footer.secrets = plan->secrets.n;
	footer.manifest = manifest->n;
	if (lseek(fd, (off_t)store, SEEK_SET) < 0 ||
	    !fs_write_all(fd, plan->secrets.p, plan->secrets.n) ||
	    !fs_write_all(fd, manifest->p, manifest->n))
		return false;
	errno = EIO; /* for failures of the digest, which have no errno of their own */
	if (!stw_file_digest(fd, &footer, bytes, &footer.digest, fault))
		return false;
	stw_footer_encode(&footer, end);
	*file = footer.digest;
	return fs_write_all(fd, end, sizeof(end));
}

static bool image_write(const struct plan *plan, struct buf *manifest, const char *path,
			struct emit_report *report, struct fs_error *error)
{
	struct fs_replace replace;
	struct stw_fault fault;
	uint64_t store;
	int code;

	if (!fs_replace_begin(&replace, path, plan->secrets.n ? 0600 : 0644, error))
		return false;
	if (!lmdb_write(replace.fd, plan, &store, &code)) {
		image_fail(error, code, "write the store of", path);
		goto out;
	}
	if (store > STW_LIMIT_STORE) {
		image_fail(error, EFBIG, "put that much into", path);
		goto out;
	}
	if (!image_trailer(replace.fd, plan, manifest, store, &report->file, &fault)) {
		image_fail(error, errno, "write the end of", path);
		goto out;
	}
	/* with inline secrets the image is its owner's alone, whatever was there before */
	if (!plan->secrets.n && !fs_replace_keep_mode(&replace, error))
		goto out;
	report->size = store + plan->secrets.n + manifest->n + STW_FOOTER_SIZE;
	return fs_replace_commit(&replace, error);
out:
	fs_replace_abort(&replace);
	return false;
}

bool emit_image(struct compilation *c, const struct emit_options *options, const char *path,
		struct emit_report *report, struct fs_error *error)
{
	struct buf manifest = BUF_INIT;
	struct emit_report made = {.size = 0};
	struct plan plan;
	bool ok = plan_make(&plan, c);

	if (!ok)
		image_fail(error, plan.code, plan.doing, path);
	else if (plan.secrets.n && !options->inline_secrets)
		ok = image_fail(error, EPERM, "put inline secrets into", path);
	else if (!image_manifest(c, options, &plan, &manifest))
		ok = image_fail(error, manifest.n > STW_LIMIT_MANIFEST ? EFBIG : ENOMEM,
				"make the manifest of", path);
	ok = ok && image_write(&plan, &manifest, path, &made, error);
	if (ok) {
		made.content = plan.content;
		made.objects = plan.objects;
		*report = made;
	}
	buf_free(&manifest);
	plan_free(&plan);
	return ok;
}

bool emit_content_digest(struct compilation *c, struct digest *out)
{
	struct plan plan;
	bool ok = plan_make(&plan, c);

	if (ok)
		*out = plan.content;
	plan_free(&plan);
	return ok;
}
