/* New private keys. */
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "stwc/keys.h"

static bool put_pem(EVP_PKEY *key, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long n;
	bool ok = bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;

	n = ok ? BIO_get_mem_data(bio, &text) : 0;
	if (n > 0)
		buf_put(out, text, (size_t)n);
	BIO_free(bio);
	return n > 0 && !out->failed;
}

bool key_make(enum key_kind kind, unsigned bits, struct buf *out)
{
	EVP_PKEY *key = kind == KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
					: EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	bool ok = key && put_pem(key, out);

	EVP_PKEY_free(key);
	return ok;
}
