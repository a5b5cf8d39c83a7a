/*
 * The room libstw: reading an image.
 *
 * An image is one immutable file (doc/format.md): an LMDB environment, inline secrets if there
 * are any, a manifest and a footer. This room opens it, answers look-ups from the map, and walks
 * it for verification. It knows bytes and numbers; what a number means is the business of
 * schemas/ in the compiler and of generated decoders in the daemon.
 *
 * The order of opening is the safety of everything behind it. LMDB believes its file: a wrong
 * byte makes it crash or, worse, answer wrongly. So:
 *
 *   footer.c    the last bytes: magic, format, lengths that add up to the file's size
 *   manifest.c  the digest over every byte, then the manifest itself
 *   image.c     platform, secrets, and only then the store
 *   store.c     LMDB, mapped through the descriptor that was verified (/proc/self/fd/N), with a
 *               map as long as the store, so that no access can pass the end of the file
 *
 * The digest protects against damage, not against an enemy: whoever may write the file may also
 * compute it. Footer, manifest, records and tables of ours are nevertheless read with bounds
 * checks everywhere, and never cast, so that a builder's mistake is a report and not a crash.
 *
 * Reading: an image is opened by one thread and then shared. Each thread has its own reader, a
 * read transaction that lasts as long as the reader; all tables were opened before. A look-up
 * takes no lock and allocates nothing. Pointers it gives point into the map and live until the
 * image is closed. There is no writer, ever; a new configuration is a new file.
 *
 *   record.c    values inside a record         scan.h      fixed layouts
 *   lookup.c    the public questions           shape.c     the schema table
 *   packed.c    address tables as columns      content.c   the digest of meaning
 *   program.c   compiled expressions           walk.c      deep verification
 *   discovery.c what mail clients are told
 *
 * Invariants:
 *   - nothing is mapped whose digest was not checked, by us or (STW_OPEN_TRUSTED) by who says so;
 *   - a function that answers false has not touched its outputs;
 *   - secrets lie in pages of their own, are left out of core dumps, and are wiped at close;
 *   - footer.c, content.c and the record form are used by the builder too, so that writer and
 *     reader cannot come to differ.
 */
#include "libstw/image.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libstw/fault.h"
#include "libstw/manifest.h"
#include "libstw/program.h"

static bool image_secrets(struct stw_image *image, int fd, const struct stw_footer *footer,
			  struct stw_fault *fault)
{
	size_t size = (size_t)footer->secrets;
	void *pages;

	if (size == 0)
		return true;
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return stw_fault_system(fault, errno, "cannot hold the secrets of the image");
	image->secrets = pages;
	image->secrets_size = size;
	if (madvise(pages, size, MADV_DONTDUMP) < 0)
		return stw_fault_system(fault, errno, "cannot hold the secrets of the image");
	return stw_read_at(fd, pages, size, footer->store, fault);
}

/* Programs are run as they lie there, so none is let in that is not well-formed. */
static bool image_programs(struct stw_image *image, struct stw_fault *fault)
{
	struct stw_bytes table = stw_table(image->main, STW_TABLE_EXPRESSIONS);
	const char *what = stw_expressions_check(table, NULL, NULL);

	return !what || stw_fault_set(fault, STW_DAMAGED,
				      "the compiled expressions of the image are damaged (%s): run "
				      "stwc build again",
				      what);
}

/* Documents are copied to strangers as they lie there. */
static bool image_discovery(struct stw_image *image, struct stw_fault *fault)
{
	const char *what =
		stw_discovery_open(stw_table(image->main, STW_TABLE_DISCOVERY), &image->discovery);

	return !what || stw_fault_set(fault, STW_DAMAGED,
				      "the table of discovery of the image is damaged (%s): run "
				      "stwc build again",
				      what);
}

static bool image_load(struct stw_image *image, int fd, unsigned flags, struct stw_fault *fault)
{
	bool check = (flags & STW_OPEN_TRUSTED) == 0;
	struct stw_footer footer;
	uint64_t size;

	if (!stw_footer_read(fd, &footer, &size, fault) ||
	    !stw_manifest_load(fd, &footer, check, &image->arena, &image->manifest, fault) ||
	    !stw_footer_fits_here(&footer, fault) || !image_secrets(image, fd, &footer, fault))
		return false;
	image->store = stw_store_open(fd, footer.store, fault);
	if (!image->store)
		return false;
	image->main = stw_reader_new(image, fault);
	return image->main && image_programs(image, fault) && image_discovery(image, fault);
}

struct stw_image *stw_image_open(int fd, unsigned flags, struct stw_fault *fault)
{
	struct stw_image *image = calloc(1, sizeof(*image));

	if (!image) {
		stw_fault_system(fault, ENOMEM, "cannot open the image");
		return NULL;
	}
	arena_init(&image->arena, 4096);
	if (image_load(image, fd, flags, fault))
		return image;
	stw_image_close(image);
	return NULL;
}

void stw_image_close(struct stw_image *image)
{
	if (!image)
		return;
	stw_reader_free(image->main);
	stw_store_close(image->store);
	if (image->secrets) {
		explicit_bzero(image->secrets, image->secrets_size);
		(void)munmap(image->secrets, image->secrets_size); /* of a mapping of our own */
	}
	arena_free(&image->arena);
	free(image);
}

const struct stw_manifest *stw_image_manifest(const struct stw_image *image)
{
	return &image->manifest;
}

const struct stw_discovery *stw_image_discovery(const struct stw_image *image)
{
	return &image->discovery;
}

struct stw_reader *stw_reader_main(struct stw_image *image)
{
	return image->main;
}

struct stw_reader *stw_reader_new(struct stw_image *image, struct stw_fault *fault)
{
	struct stw_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		stw_fault_system(fault, ENOMEM, "cannot read the image");
		return NULL;
	}
	reader->image = image;
	reader->view = stw_view_new(image->store, fault);
	if (reader->view)
		return reader;
	free(reader);
	return NULL;
}

void stw_reader_free(struct stw_reader *reader)
{
	if (!reader)
		return;
	stw_view_free(reader->view);
	free(reader);
}

bool stw_reader_damaged(const struct stw_reader *reader)
{
	return reader->damaged || stw_view_damaged(reader->view);
}

bool stw_secret(const struct stw_image *image, uint32_t offset, uint32_t length,
		struct stw_bytes *out)
{
	if (offset > image->secrets_size || length > image->secrets_size - offset)
		return false;
	/* without secrets there is no block to point into */
	*out = (struct stw_bytes){length ? image->secrets + offset : NULL, length};
	return true;
}
