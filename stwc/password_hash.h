/* Hashes of passwords, as accounts have them instead of the password. */
#ifndef STW_STWC_PASSWORD_HASH_H
#define STW_STWC_PASSWORD_HASH_H

#include "base/attr.h"
#include "base/buf.h"

/* Argon2id (RFC 9106 section 3.1). */
struct password_cost {
	uint32_t memory;     /* KiB; at least 8 for each lane */
	uint32_t iterations; /* from 1 */
	uint32_t lanes;      /* from 1 */
};

/* The second recommended option of RFC 9106 section 4: for where memory is dear, as it is where
 * many log in at once. */
#define PASSWORD_COST_DEFAULT ((struct password_cost){64 * 1024, 3, 4})

/* Appends the hash with a salt of its own in PHC form, "$argon2id$v=19$m=65536,t=3,p=4$…$…", with
 * 128 bits of salt and 256 of hash (RFC 9106 section 4). False: *why says why not. */
bool password_hash(const struct password_cost *cost, struct str password, struct buf *out,
		   const char **why) WARN_UNUSED;

#endif
