#include "base/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

struct digest_ctx {
	EVP_MD_CTX *evp;
};

struct digest_ctx *digest_new(void)
{
	struct digest_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return NULL;
	ctx->evp = EVP_MD_CTX_new();
	if (!ctx->evp || !EVP_DigestInit_ex(ctx->evp, EVP_sha256(), NULL)) {
		digest_free(ctx);
		return NULL;
	}
	return ctx;
}

bool digest_update(struct digest_ctx *ctx, const void *bytes, size_t n)
{
	return n == 0 || EVP_DigestUpdate(ctx->evp, bytes, n);
}

bool digest_final(struct digest_ctx *ctx, struct digest *out)
{
	struct digest digest;

	/* no algorithm named: the one that is set up, which saves a look-up in the library */
	if (!EVP_DigestFinal_ex(ctx->evp, digest.b, NULL) ||
	    !EVP_DigestInit_ex(ctx->evp, NULL, NULL))
		return false;
	*out = digest;
	return true;
}

void digest_free(struct digest_ctx *ctx)
{
	if (!ctx)
		return;
	EVP_MD_CTX_free(ctx->evp);
	free(ctx);
}

bool digest_of(const void *bytes, size_t n, struct digest *out)
{
	struct digest digest;

	if (!EVP_Digest(n ? bytes : "", n, digest.b, NULL, EVP_sha256(), NULL))
		return false;
	*out = digest;
	return true;
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_SIZE) == 0;
}

static void put_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE])
{
	put_hex(digest->b, DIGEST_SIZE, out);
}

bool digest_named(struct str algorithm, struct str bytes, char out[DIGEST_NAMED_SIZE])
{
	const EVP_MD *md = str_eq(algorithm, STR("md5"))      ? EVP_md5()
			   : str_eq(algorithm, STR("sha1"))   ? EVP_sha1()
			   : str_eq(algorithm, STR("sha256")) ? EVP_sha256()
			   : str_eq(algorithm, STR("sha512")) ? EVP_sha512()
							      : NULL;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!md || !EVP_Digest(bytes.n ? bytes.p : "", bytes.n, digest, &n, md, NULL))
		return false;
	put_hex(digest, n, out);
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool digest_from_hex(struct str hex, struct digest *out)
{
	struct digest digest;

	if (hex.n != 2 * DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_value(hex.p[2 * i]);
		int low = hex_value(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest.b[i] = (uint8_t)(high << 4 | low);
	}
	*out = digest;
	return true;
}
