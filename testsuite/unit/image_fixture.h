/* An image made from a text, for the tests of libstw and emit. */
#ifndef STW_TESTSUITE_IMAGE_FIXTURE_H
#define STW_TESTSUITE_IMAGE_FIXTURE_H

#include "folder.h"

#include "libstw/stw.h"
#include "stwc/emit/emit.h"

struct fixture {
	struct folder folder;
	char source[FOLDER_PATH_SIZE], image[FOLDER_PATH_SIZE];
};

static inline void fixture_open(struct fixture *f)
{
	folder_make(&f->folder);
	folder_path(&f->folder, "mail.toml", f->source);
	folder_path(&f->folder, "mail.stwi", f->image);
}

static inline void fixture_close(struct fixture *f)
{
	unlink(f->source);
	unlink(f->image);
	/* a temporary file left behind makes this fail */
	assert_int_equal(rmdir(f->folder.path), 0);
}

/* Compiles `text`; it must be valid. The name of the source does not depend on the folder. */
static inline void fixture_compile(struct fixture *f, const char *text, struct compilation *c)
{
	struct compile_options options = {.from = FORMAT_NONE};
	struct input input = {.path = f->source, .name = "mail.toml"};

	folder_write(&f->folder, "mail.toml", text);
	assert_true(compile_init(c, &options));
	assert_true(compile_run(c, &input, 1));
	for (size_t i = 0; i < c->diags.count && !diags_ok(&c->diags); i++)
		print_error("# %.*s\n", STR_ARG(c->diags.all[i].message));
	assert_true(diags_ok(&c->diags));
}

static const struct emit_options fixture_options = {
	.builder = {"stwc test", 9},
	.inline_secrets = true,
};

static inline void fixture_emit(struct fixture *f, struct compilation *c,
				const struct emit_options *options, struct emit_report *report)
{
	struct fs_error error;
	char text[1024];

	if (!emit_image(c, options, f->image, report, &error)) {
		fs_error_text(&error, text, sizeof(text));
		fail_msg("%s", text);
	}
}

/* The image of `text`, in f->image; its two digests and its size in *report. */
static inline void fixture_build(struct fixture *f, const char *text, struct emit_report *report)
{
	struct compilation c;

	fixture_compile(f, text, &c);
	fixture_emit(f, &c, &fixture_options, report);
	compile_free(&c);
}

static inline struct buf fixture_read(const char *path)
{
	struct buf bytes = BUF_INIT;
	struct fs_error error;

	assert_true(fs_read_file(path, (size_t)1 << 30, &bytes, &error));
	return bytes;
}

static inline struct stw_image *fixture_map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stw_fault fault = {.error = STW_OK};
	struct stw_image *image = stw_image_open(fd, 0, &fault);

	if (!image)
		fail_msg("%s", fault.text);
	close(fd); /* the map does not need it */
	return image;
}

static inline void fixture_problem(void *ctx, const char *text)
{
	size_t *count = ctx;

	print_error("# %s\n", text);
	++*count;
}

static const char fixture_text[] = "# an ordinary server\n"
				   "[SystemSettings]\n"
				   "defaultHostname = \"mail.example.org\"\n"
				   "defaultDomainId = \"#example.org\"\n"
				   "\n"
				   "[NetworkListener.smtp]\n"
				   "protocol = \"smtp\"\n"
				   "bind = [\"[::]:25\", \"0.0.0.0:2525\"]\n"
				   "\n"
				   "[NetworkListener.imaps]\n"
				   "protocol = \"imap\"\n"
				   "bind = \"127.0.0.1:993\"\n"
				   "tlsImplicit = true\n"
				   "\n"
				   "[Domain.\"example.org\"]\n"
				   "[Domain.other]\n"
				   "name = \"example.com\"\n"
				   "\n"
				   "[[BlockedIp]]\n"
				   "address = \"10.0.0.0/8\"\n"
				   "reason = \"manual\"\n"
				   "[[BlockedIp]]\n"
				   "address = \"2001:db8::/32\"\n"
				   "[[AllowedIp]]\n"
				   "address = \"10.1.2.3\"\n"
				   "reason = \"office\"\n";

#endif
