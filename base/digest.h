/* SHA-256 (FIPS 180-4), and what expressions ask for, through OpenSSL; the one place of base that
 * knows OpenSSL. */
#ifndef STW_BASE_DIGEST_H
#define STW_BASE_DIGEST_H

#include "base/attr.h"
#include "base/str.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

struct digest {
	uint8_t b[DIGEST_SIZE];
};

struct digest_ctx;

/* NULL: out of memory, or the library refused. */
struct digest_ctx *digest_new(void) WARN_UNUSED;
bool digest_update(struct digest_ctx *ctx, const void *bytes, size_t n) WARN_UNUSED;
/* Finishes and makes ctx ready for the next digest. */
bool digest_final(struct digest_ctx *ctx, struct digest *out) WARN_UNUSED;
void digest_free(struct digest_ctx *ctx);

/* Of bytes that lie together. */
bool digest_of(const void *bytes, size_t n, struct digest *out) WARN_UNUSED;
bool digest_eq(const struct digest *a, const struct digest *b);
/* Lower-case hexadecimal with NUL. */
void digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE]);
/* The reverse; either case. False: not exactly 64 hexadecimal digits. */
bool digest_from_hex(struct str hex, struct digest *out) WARN_UNUSED;

#define DIGEST_NAMED_SIZE 129
/* The hexadecimal digest of an algorithm that expressions know: md5, sha1, sha256 or sha512. False:
 * there is no such one, or the library refused. */
bool digest_named(struct str algorithm, struct str bytes, char out[DIGEST_NAMED_SIZE]) WARN_UNUSED;

#endif
