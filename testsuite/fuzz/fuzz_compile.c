/*
 * The whole way of a source: read, fold, bind, resolve, check, say what is wrong; what is right
 * becomes an image, opens, is whole in every record, and can be written as a source again.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/render.h"
#include "stwc/emit/emit.h"
#include "stwc/settings_report.h"
#include "stwc/view_dump.h"

static void no_problem(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
	fuzz_broken("an image of ours is whole", __FILE__, __LINE__);
}

/* An image in every eighth run: it costs more than all the rest. */
static bool sampled(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + data[i];
	return (sum >> 4) % 8 == 0;
}

static void dump_image(const char *path)
{
	struct buf out = BUF_INIT;
	struct view view;

	FUZZ_WANT(view_open(&view, path));
	FUZZ_WANT(view_load(&view, NULL));
	/* the formats differ in what they can say at all: not every one can write every image */
	if (view_dump(&view, VIEW_DUMP_JSON, true, &out))
		FUZZ_WANT(fuzz_utf8(buf_str(&out)));
	buf_free(&out);
	view_close(&view);
}

static void build(struct compilation *c)
{
	const struct emit_options options = {.builder = STR("fuzz"), .inline_secrets = true};
	char path[64];
	struct emit_report report;
	struct stw_fault fault;
	struct fs_error error;
	struct digest content;
	struct stw_image *image;
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/shm/stw-fuzz-%d.stwi", (int)getpid());
	FUZZ_WANT(emit_content_digest(c, &content));
	FUZZ_WANT(emit_image(c, &options, path, &report, &error));
	FUZZ_WANT(digest_eq(&content, &report.content));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	FUZZ_WANT(fd >= 0);
	image = stw_image_open(fd, 0, &fault);
	FUZZ_WANT(image);
	FUZZ_WANT(stw_image_walk(stw_reader_main(image), no_problem, NULL));
	stw_image_close(image);
	close(fd);
	dump_image(path);
	unlink(path);
}

static void say(struct compilation *c)
{
	struct render_summary summary = {c->object_count, c->sources.count};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < c->diags.count; i++) {
		FUZZ_WANT(c->diags.all[i].message.n > 0);
		render_text(&out, &c->sources, &c->diags.all[i], i % 2 == 0);
	}
	render_json(&out, &c->sources, &c->diags, &summary);
	FUZZ_WANT(!out.failed && fuzz_utf8(buf_str(&out)));
	buf_free(&out);
}

static void compile(const struct compile_options *options, const uint8_t *data, size_t n)
{
	char path[FUZZ_PATH_SIZE];
	struct input input = {.path = path, .name = "input"};
	struct compilation c;
	int fd = fuzz_file(data, n, path);

	FUZZ_WANT(compile_init(&c, options));
	/* false: what it was given is nothing to check; then it says so */
	if (!compile_run(&c, &input, 1))
		FUZZ_WANT(!diags_ok(&c.diags));
	FUZZ_WANT(!c.arena.failed && !c.diags.failed);
	say(&c);
	if (diags_ok(&c.diags) && !c.unreadable && !c.diags.faults && !options->partial &&
	    sampled(data, n))
		build(&c);
	compile_free(&c);
	close(fd);
}

void fuzz_check(const uint8_t *data, size_t n)
{
	static const enum format formats[] = {FORMAT_TOML, FORMAT_YAML, FORMAT_JSON, FORMAT_NDJSON,
					      FORMAT_SETTINGS};
	static const char *const objects[] = {"NetworkListener", "SystemSettings", "Domain",
					      "BlockedIp"};
	struct compile_options options = {.from = FORMAT_TOML};
	uint8_t first = n ? data[0] : 0;

	options.from = formats[first % 5];
	options.audience = first & 32 ? FOR_STWD : FOR_SERVER;
	options.partial = (first & 64) != 0;
	if (first & 128)
		options.object = objects[first / 5 % 4];
	compile(&options, n ? data + 1 : data, n ? n - 1 : 0);
}

void fuzz_plan(const uint8_t *data, size_t n)
{
	struct compile_options options = {.from = FORMAT_NDJSON};

	/* as lines, or as one array */
	if (n && data[0] == '[')
		options.from = FORMAT_JSON;
	compile(&options, data, n);
}

void fuzz_jmap(const uint8_t *data, size_t n)
{
	struct compile_options options = {.from = FORMAT_JSON};

	compile(&options, data, n);
}

/* What was written of a migration is the same configuration, without a complaint. */
static void want_same(struct compilation *c, enum format format, struct str text)
{
	struct compile_options options = {.from = format};
	char path[FUZZ_PATH_SIZE];
	struct input input = {.path = path, .name = "written"};
	struct compilation again;
	struct digest before, after;
	int fd = fuzz_file(text.p, text.n, path);

	FUZZ_WANT(compile_init(&again, &options));
	FUZZ_WANT(compile_run(&again, &input, 1) && diags_ok(&again.diags));
	FUZZ_WANT(emit_content_digest(c, &before) && emit_content_digest(&again, &after));
	FUZZ_WANT(digest_eq(&before, &after));
	compile_free(&again);
	close(fd);
}

static void write_migrated(struct view *view)
{
	static const enum format formats[] = {[VIEW_DUMP_TOML] = FORMAT_TOML,
					      [VIEW_DUMP_YAML] = FORMAT_YAML,
					      [VIEW_DUMP_JSON] = FORMAT_JSON};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct buf out = BUF_INIT;

		/* the formats differ in what they can say at all */
		if (view_dump(view, (enum view_dump_format)i, true, &out))
			want_same(&view->c, formats[i], buf_str(&out));
		buf_free(&out);
	}
}

void fuzz_migrate(const uint8_t *data, size_t n)
{
	const struct compile_options options = {.from = FORMAT_SETTINGS, .report = true};
	char path[FUZZ_PATH_SIZE];
	struct input input = {.path = path, .name = "input"};
	struct view view = {.fd = -1, .origins = true};
	struct buf out = BUF_INIT;
	struct settings_counts counts;
	int fd = fuzz_file(data, n, path);
	bool ran;

	FUZZ_WANT(compile_init(&view.c, &options));
	ran = compile_run(&view.c, &input, 1);
	FUZZ_WANT(!view.c.arena.failed && !view.c.diags.failed);
	view_of_sources(&view);
	settings_count(&view.c, &counts);
	settings_report_text(&out, &view.c, &counts);
	settings_report_json(&out, &view.c, &counts);
	FUZZ_WANT(!out.failed && fuzz_utf8(buf_str(&out)));
	buf_free(&out);
	if (ran && diags_ok(&view.c.diags) && !view.c.unreadable && sampled(data, n))
		write_migrated(&view);
	view_close(&view);
	close(fd);
}
