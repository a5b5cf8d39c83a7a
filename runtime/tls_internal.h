/* What tls.c and tls_pem.c share; nobody else includes it. */
#ifndef STW_RUNTIME_TLS_INTERNAL_H
#define STW_RUNTIME_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "runtime/tls.h"

struct tls_identity {
	_Atomic unsigned references;
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* without the leaf */
	int key_type;           /* EVP_PKEY_base_id */
	struct tls_facts facts;
};

/* "what: reason" from OpenSSL's error queue, which is emptied. */
void tls_error_take(const char *what, char *error, size_t error_size);

#endif
