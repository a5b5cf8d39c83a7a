/*
 * Keys and certificates in text form. stwc looks whether a server could load them and what they
 * are; it never uses them. keys.c and keys_make.c are the only files of the compiler that know
 * OpenSSL's keys.
 */
#ifndef STW_STWC_KEYS_H
#define STW_STWC_KEYS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

enum key_kind {
	KEY_RSA,
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_ED25519,
	KEY_OTHER /* one that no TLS library of a server takes */
};

struct key_info {
	enum key_kind kind;
	unsigned bits;
	struct digest public_key; /* as X.509 writes it: alike in a certificate and its key */
};

struct certificate_info {
	struct key_info key;
	int64_t not_before, not_after; /* seconds since 1970 */
	struct str *names; /* DNS names and addresses it is for, in the arena; the common name where
			    * it has none */
	size_t name_count;
};

/* The first private key of a PEM text: PKCS#8 (version 2 too), PKCS#1 or SEC1, without a
 * passphrase. NULL, or what is wrong: a constant text. */
const char *key_read(struct str pem, struct key_info *out) WARN_UNUSED;
/* The same, for a PKCS#8 key that may also stand in bare base64, or with lines of dashes that are
 * no PEM: what a server takes for DKIM with Ed25519 (validation.md 2.7). */
const char *key_read_lenient(struct str text, struct key_info *out) WARN_UNUSED;
/* The same, with the public half in base64, as a DKIM record has it (RFC 6376 section 3.6.1, RFC
 * 8463 section 4.2), added to a buffer that says whether memory ran out. */
const char *key_read_public(struct str text, struct key_info *out, struct buf *base64) WARN_UNUSED;
/* A chain of PEM certificates: the first of them, and nothing that is none. NULL, or what is
 * wrong. */
const char *certificate_read(struct arena *arena, struct str pem,
			     struct certificate_info *out) WARN_UNUSED;
/* Is it for that host? */
bool certificate_covers(const struct certificate_info *info, struct str host);
/* An OpenPGP public key (RFC 9580 section 6.2: armoured) or a PEM certificate. NULL, or what is
 * wrong. */
const char *public_key_read(struct arena *arena, struct str text) WARN_UNUSED;
/* keys_make.c: appends a new private key, as PKCS#8 in PEM without a passphrase: RSA of so many
 * bits, or Ed25519, which has no choice of size. `out` should be secret. False: the library
 * failed, or there is no memory. */
bool key_make(enum key_kind kind, unsigned bits, struct buf *out) WARN_UNUSED;
/* base64 of RFC 4648 section 4 with its padding, or of section 5 without. The number of bytes, or
 * SIZE_MAX where it is none. */
size_t base64_size(struct str text, bool url);
/* The bytes of base64 with padding. Their number, or SIZE_MAX: it is none, or more than `cap`. */
size_t base64_read(struct str text, unsigned char *out, size_t cap) WARN_UNUSED;

#endif
