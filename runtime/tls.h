/*
 * TLS. OpenSSL is known to tls.c alone; everything here is plain bytes and names.
 */
#ifndef STW_RUNTIME_TLS_H
#define STW_RUNTIME_TLS_H

#include "base/attr.h"
#include "base/buf.h"

/* What status shows of a certificate: the leaf of a PEM chain. */
#define TLS_NAMES_MAX 64

struct tls_facts {
	char subject[256];		/* common name, or empty */
	char names[TLS_NAMES_MAX][256]; /* DNS names and addresses of subjectAltName, as text */
	size_t name_count;
	int64_t not_before, not_after; /* seconds since the epoch */
};

/* Facts of the first certificate of a PEM text. False: not a certificate; error says why. */
bool tls_certificate_facts(struct str pem, struct tls_facts *out, char *error, size_t error_size)
	WARN_UNUSED;
/* True when chain and key are usable together: both parse, and the key belongs to the first
 * certificate. False: error says which of the two is wrong, without any of their content. */
bool tls_pair_check(struct str chain_pem, struct str key_pem, char *error, size_t error_size)
	WARN_UNUSED;
/* A new P-256 key and a certificate for the host name (as CN and as the only subjectAltName),
 * signed by itself, valid from a day ago for `days`; both PEM, appended. */
bool tls_self_signed_make(struct str hostname, unsigned days, struct buf *certificate_pem,
			  struct buf *key_pem, char *error, size_t error_size) WARN_UNUSED;

#endif
