/* What tls.c and tls_pem.c share; nobody else includes it. */
#ifndef STW_RUNTIME_TLS_INTERNAL_H
#define STW_RUNTIME_TLS_INTERNAL_H

#include <stdatomic.h>

#include "runtime/tls.h"

/* OpenSSL's own names, so that this header needs none of its headers: X509, EVP_PKEY and
 * STACK_OF(X509) */
struct x509_st;
struct evp_pkey_st;
struct stack_st_X509;

struct tls_identity {
	_Atomic unsigned references;
	struct x509_st *leaf;
	struct evp_pkey_st *key;
	struct stack_st_X509 *chain; /* without the leaf */
	int key_type;                /* EVP_PKEY_base_id */
	struct tls_facts facts;
	struct buf names; /* all that it answers, each with its NUL */
};

/* "what: reason" from OpenSSL's error queue, which is emptied. */
void tls_error_take(const char *what, char *error, size_t error_size);

#endif
