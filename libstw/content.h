/*
 * The content digest: what an image means, without where and by whom it was written. The
 * builder computes it while it writes, the deep walk while it reads, both with this.
 *
 *   type of records := SHA-256((key, value length u32, value as content, its secrets)*)
 *   packed type     := SHA-256(the content part of the address table)
 *   image           := SHA-256((structure u16, objects u64, digest of the type)* by structure,
 *                              (key length u32, key, value length u32, value)* of "schema",
 *                              the same of "defaults")
 *
 * A value as content is the value with the offset of each secret set to zero; the secrets
 * follow it in their order. So a changed secret changes the digest, its place does not.
 */
#ifndef STW_LIBSTW_CONTENT_H
#define STW_LIBSTW_CONTENT_H

#include "base/digest.h"
#include "libstw/record.h"

struct stw_content {
	struct digest_ctx *type, *image;
	bool failed; /* sticky: SHA-256 or memory failed, or a record was damaged */
};

void stw_content_begin(struct stw_content *content);
void stw_content_end(struct stw_content *content);

/* The records of the current type, in key order. `secrets` is the whole secrets block. */
void stw_content_record(struct stw_content *content, struct stw_bytes key, struct stw_bytes value,
			struct stw_bytes secrets);
/* The packed table of the current type: its content part. */
void stw_content_packed(struct stw_content *content, struct stw_bytes table);
/* Ends a type; they come in ascending order. */
void stw_content_type(struct stw_content *content, uint16_t structure, uint64_t objects,
		      struct digest *out);
/* A pair of the tables "schema", then "defaults", in key order, after all types. */
void stw_content_pair(struct stw_content *content, struct stw_bytes key, struct stw_bytes value);
/* False: something failed on the way. */
bool stw_content_image(struct stw_content *content, struct digest *out) WARN_UNUSED;

#endif
