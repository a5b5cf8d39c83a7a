#include "libstw/footer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstw/bytes.h"
#include "libstw/fault.h"

/* Below this many bytes a second thread costs more than it saves. */
#define TWO_THREADS_FROM (4u * STW_CHUNK_SIZE)

static const char not_an_image[] =
	"this is no stw image, or only the beginning of one; make one with stwc build";

struct stw_footer stw_footer_here(void)
{
	return (struct stw_footer){
		.word_size = sizeof(void *),
		.byte_order = STW_LITTLE_ENDIAN,
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
		.format = STW_FORMAT,
	};
}

void stw_footer_encode(const struct stw_footer *footer, uint8_t out[STW_FOOTER_SIZE])
{
	struct buf buf = {.p = (char *)out, .cap = STW_FOOTER_SIZE};

	/* the buffer has room for exactly this, so it never grows */
	buf_put_u8(&buf, footer->word_size);
	buf_put_u8(&buf, footer->byte_order);
	buf_put_u16(&buf, 0);
	buf_put_u32(&buf, footer->page_size);
	buf_put_u64(&buf, footer->store);
	buf_put_u64(&buf, footer->secrets);
	buf_put_u64(&buf, footer->manifest);
	buf_put_u32(&buf, STW_FOOTER_SIZE);
	buf_put_u32(&buf, footer->format);
	buf_put(&buf, STW_MAGIC, STW_MAGIC_SIZE);
	buf_put(&buf, footer->digest.b, STW_DIGEST_SIZE);
}

bool stw_read_at(int fd, void *out, size_t n, uint64_t offset, struct stw_fault *fault)
{
	uint8_t *p = out;

	while (n > 0) {
		ssize_t got = pread(fd, p, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return stw_fault_system(fault, errno, "cannot read the image");
		if (got == 0)
			return stw_fault_set(fault, STW_DAMAGED,
					     "the image became shorter while it was read");
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return true;
}

/* The sizes must add up to the file exactly, each within its limit. */
static bool footer_lengths(const struct stw_footer *f, uint64_t file_size, struct stw_fault *fault)
{
	uint64_t sum;

	if (add_overflows(f->store, f->secrets, &sum) || add_overflows(sum, f->manifest, &sum) ||
	    add_overflows(sum, (uint64_t)STW_FOOTER_SIZE, &sum) || sum != file_size ||
	    f->secrets > STW_LIMIT_SECRETS || f->manifest > STW_LIMIT_MANIFEST ||
	    f->store > STW_LIMIT_STORE || f->store == 0)
		return stw_fault_set(fault, STW_DAMAGED,
				     "the image is damaged: its lengths do not fit its size; "
				     "run stwc build again");
	return true;
}

static bool footer_decode(const uint8_t b[STW_FOOTER_SIZE], struct stw_footer *out,
			  struct stw_fault *fault)
{
	const uint8_t *tail = b + STW_FOOTER_SIZE - STW_TAIL_SIZE;
	uint32_t format = stw_le32(tail + 4);

	if (memcmp(tail + 8, STW_MAGIC, STW_MAGIC_SIZE) != 0 || format == 0)
		return stw_fault_set(fault, STW_NOT_AN_IMAGE, "%s", not_an_image);
	if (format > STW_FORMAT)
		return stw_fault_set(fault, STW_NEWER_FORMAT,
				     "the image has format %u, this program reads up to %u; "
				     "upgrade it, or build with an older stwc",
				     (unsigned)format, STW_FORMAT);
	if (stw_le32(tail) != STW_FOOTER_SIZE || stw_le16(b + 2) != 0)
		return stw_fault_set(fault, STW_DAMAGED,
				     "the footer of the image is damaged; run stwc build again");
	*out = (struct stw_footer){
		.word_size = b[0],
		.byte_order = b[1],
		.page_size = stw_le32(b + 4),
		.store = stw_le64(b + 8),
		.secrets = stw_le64(b + 16),
		.manifest = stw_le64(b + 24),
		.format = format,
	};
	memcpy(out->digest.b, tail + 8 + STW_MAGIC_SIZE, STW_DIGEST_SIZE);
	return true;
}

bool stw_footer_read(int fd, struct stw_footer *out, uint64_t *file_size, struct stw_fault *fault)
{
	uint8_t bytes[STW_FOOTER_SIZE];
	struct stw_footer footer;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return stw_fault_system(fault, errno, "cannot read the image");
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(bytes))
		return stw_fault_set(fault, STW_NOT_AN_IMAGE, "%s", not_an_image);
	if (!stw_read_at(fd, bytes, sizeof(bytes), (uint64_t)st.st_size - sizeof(bytes), fault) ||
	    !footer_decode(bytes, &footer, fault) ||
	    !footer_lengths(&footer, (uint64_t)st.st_size, fault))
		return false;
	*out = footer;
	*file_size = (uint64_t)st.st_size;
	return true;
}

bool stw_footer_fits_here(const struct stw_footer *footer, struct stw_fault *fault)
{
	struct stw_footer here = stw_footer_here();

	if (footer->word_size == here.word_size && footer->byte_order == here.byte_order &&
	    footer->page_size == here.page_size)
		return true;
	return stw_fault_set(
		fault, STW_OTHER_PLATFORM,
		"the image was built for %u-bit words and pages of %u bytes, this machine "
		"has %u and %u; run stwc build on such a machine",
		footer->word_size * 8u, (unsigned)footer->page_size, here.word_size * 8u,
		(unsigned)here.page_size);
}

/* One thread's share: the digests of the chunks from `first` up to `last`. */
struct share {
	int fd;
	uint64_t size; /* of all chunks together */
	size_t first, last;
	struct digest *digests;
	struct stw_fault fault;
	bool ok;
};

static bool share_chunk(struct share *share, struct digest_ctx *ctx, uint8_t *bytes, size_t i)
{
	uint64_t at = (uint64_t)i * STW_CHUNK_SIZE;
	uint64_t left = share->size - at;
	size_t n = left < STW_CHUNK_SIZE ? (size_t)left : STW_CHUNK_SIZE;

	if (!stw_read_at(share->fd, bytes, n, at, &share->fault))
		return false;
	if (!digest_update(ctx, bytes, n) || !digest_final(ctx, &share->digests[i]))
		return stw_fault_set(&share->fault, STW_SYSTEM, "cannot compute SHA-256");
	return true;
}

static void *share_run(void *arg)
{
	struct share *share = arg;
	struct digest_ctx *ctx = digest_new();
	uint8_t *bytes = malloc(STW_CHUNK_SIZE);

	share->ok = ctx && bytes;
	if (!share->ok)
		stw_fault_set(&share->fault, STW_SYSTEM, "out of memory");
	for (size_t i = share->first; share->ok && i < share->last; i++)
		share->ok = share_chunk(share, ctx, bytes, i);
	if (bytes)
		explicit_bzero(bytes, STW_CHUNK_SIZE); /* it may have held secrets */
	free(bytes);
	digest_free(ctx);
	return NULL;
}

/* The digest of each chunk; two threads, half each, when there is enough to do. */
static bool chunk_digests(int fd, uint64_t size, struct digest *digests, size_t count,
			  struct stw_fault *fault)
{
	size_t half = size >= TWO_THREADS_FROM ? count / 2 : count;
	struct share mine = {.fd = fd, .size = size, .last = half, .digests = digests};
	struct share other = {.fd = fd,
			      .size = size,
			      .first = half,
			      .last = count,
			      .digests = digests,
			      .ok = true};
	pthread_t thread;
	bool started = half < count && pthread_create(&thread, NULL, share_run, &other) == 0;

	(void)share_run(&mine); /* its result is mine.ok */
	if (started)
		(void)pthread_join(thread, NULL); /* cannot fail on a thread of our own */
	else if (half < count)
		(void)share_run(&other);
	if (mine.ok && other.ok)
		return true;
	if (fault)
		*fault = mine.ok ? other.fault : mine.fault;
	return false;
}

static bool digest_parts(const struct stw_footer *footer, struct stw_bytes manifest,
			 const struct digest *digests, size_t count, struct digest *out)
{
	uint8_t bytes[STW_FOOTER_SIZE];
	struct digest_ctx *ctx = digest_new();
	bool ok;

	stw_footer_encode(footer, bytes);
	ok = ctx && digest_update(ctx, digests, count * sizeof(*digests)) &&
	     digest_update(ctx, manifest.p, manifest.n) &&
	     digest_update(ctx, bytes, sizeof(bytes) - STW_DIGEST_SIZE) && digest_final(ctx, out);
	digest_free(ctx);
	return ok;
}

bool stw_file_digest(int fd, const struct stw_footer *footer, struct stw_bytes manifest,
		     struct digest *out, struct stw_fault *fault)
{
	uint64_t size = footer->store + footer->secrets;
	size_t count = (size_t)((size + STW_CHUNK_SIZE - 1) / STW_CHUNK_SIZE);
	struct digest *digests = calloc(count ? count : 1, sizeof(*digests));
	struct digest found;
	bool ok = false;

	if (!digests) {
		stw_fault_set(fault, STW_SYSTEM, "out of memory");
		goto out;
	}
	if (!chunk_digests(fd, size, digests, count, fault))
		goto out;
	if (!digest_parts(footer, manifest, digests, count, &found)) {
		stw_fault_set(fault, STW_SYSTEM, "cannot compute SHA-256");
		goto out;
	}
	*out = found;
	ok = true;
out:
	free(digests);
	return ok;
}
