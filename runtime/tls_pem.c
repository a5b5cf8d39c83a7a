#include "runtime/tls_internal.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY 86400L

void tls_error_take(const char *what, char *error, size_t error_size)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(error, error_size, "%s: %s", what, reason ? reason : "not possible");
	ERR_clear_error();
}

static BIO *bio_of(struct str text)
{
	if (text.n > INT32_MAX)
		return NULL;
	return BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
}

/* Keys with a passphrase are refused: nobody is there to be asked. */
static int no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)ctx = true;
	return -1;
}

static X509 *certificate_read(BIO *bio)
{
	bool asked = false;

	return PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, &asked);
}

static EVP_PKEY *key_read(struct str pem, char *error, size_t error_size)
{
	BIO *bio = bio_of(pem);
	bool asked = false;
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
	if (!key && asked)
		snprintf(error, error_size, "the private key is protected by a passphrase");
	else if (!key)
		tls_error_take("the private key cannot be read", error, error_size);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static bool time_of(const ASN1_TIME *when, int64_t *out)
{
	static const char epoch[] = "19700101000000Z";
	ASN1_TIME *start = ASN1_TIME_new();
	int days, seconds;
	bool ok;

	ok = start && ASN1_TIME_set_string(start, epoch) &&
	     ASN1_TIME_diff(&days, &seconds, start, when);
	if (ok)
		*out = (int64_t)days * DAY + seconds;
	ASN1_TIME_free(start);
	return ok;
}

/* A name as server names are compared: in lower case, without a dot at its end. False: no host
 * name; a NUL inside would make it look like another. */
static bool name_text(const char *text, size_t n, char out[TLS_NAME_SIZE])
{
	size_t i;

	if (n && text[n - 1] == '.')
		n--;
	if (n == 0 || n >= TLS_NAME_SIZE)
		return false;
	for (i = 0; i < n; i++) {
		char c = text[i];

		if (c <= ' ' || c >= 0x7f)
			return false;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out[n] = '\0';
	return true;
}

static bool general_name_text(const GENERAL_NAME *name, char out[TLS_NAME_SIZE])
{
	const ASN1_STRING *value;
	int n;

	if (name->type == GEN_DNS) {
		value = name->d.dNSName;
		return name_text((const char *)ASN1_STRING_get0_data(value),
				 (size_t)ASN1_STRING_length(value), out);
	}
	if (name->type != GEN_IPADD)
		return false;
	value = name->d.iPAddress;
	n = ASN1_STRING_length(value);
	return (n == 4 || n == 16) && inet_ntop(n == 4 ? AF_INET : AF_INET6,
						ASN1_STRING_get0_data(value), out, TLS_NAME_SIZE);
}

static void facts_of(X509 *leaf, struct tls_facts *facts)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int i;

	if (X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, facts->subject,
				      sizeof(facts->subject)) < 0)
		facts->subject[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names) && facts->name_count < TLS_NAMES_MAX; i++) {
		if (general_name_text(sk_GENERAL_NAME_value(names, i),
				      facts->names[facts->name_count]))
			facts->name_count++;
	}
	GENERAL_NAMES_free(names);
}

/* Every name that the certificate answers; the common name only where it has no other (RFC 6125
 * 6.4.4). */
static bool names_of(struct tls_identity *identity)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(identity->leaf, NID_subject_alt_name, NULL, NULL);
	const char *subject = identity->facts.subject;
	char text[TLS_NAME_SIZE];
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (general_name_text(sk_GENERAL_NAME_value(names, i), text))
			buf_put(&identity->names, text, strlen(text) + 1);
	}
	GENERAL_NAMES_free(names);
	if (!identity->names.n && name_text(subject, strlen(subject), text))
		buf_put(&identity->names, text, strlen(text) + 1);
	return !identity->names.failed;
}

static bool facts_fill(X509 *leaf, struct tls_facts *out, char *error, size_t error_size)
{
	memset(out, 0, sizeof(*out));
	if (!time_of(X509_get0_notBefore(leaf), &out->not_before) ||
	    !time_of(X509_get0_notAfter(leaf), &out->not_after)) {
		tls_error_take("the certificate's validity cannot be read", error, error_size);
		return false;
	}
	facts_of(leaf, out);
	ERR_clear_error();
	return true;
}

bool tls_certificate_facts(struct str pem, struct tls_facts *out, char *error, size_t error_size)
{
	BIO *bio = bio_of(pem);
	X509 *leaf = bio ? certificate_read(bio) : NULL;
	bool ok = false;

	if (leaf)
		ok = facts_fill(leaf, out, error, error_size);
	else
		tls_error_take("the certificate cannot be read", error, error_size);
	X509_free(leaf);
	BIO_free(bio);
	return ok;
}

/* Every further certificate of the text; a block that does not parse is an error. */
static bool chain_read(BIO *bio, STACK_OF(X509) * chain)
{
	X509 *next;

	while ((next = certificate_read(bio)) != NULL) {
		if (!sk_X509_push(chain, next)) {
			X509_free(next);
			return false;
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

static bool identity_read(struct tls_identity *identity, struct str cert_pem, struct str key_pem,
			  char *error, size_t error_size)
{
	BIO *bio = bio_of(cert_pem);
	bool ok = false;

	identity->chain = sk_X509_new_null();
	if (bio && identity->chain)
		identity->leaf = certificate_read(bio);
	if (!identity->leaf) {
		tls_error_take("the certificate cannot be read", error, error_size);
		goto out;
	}
	if (!chain_read(bio, identity->chain)) {
		tls_error_take("the certificate chain cannot be read", error, error_size);
		goto out;
	}
	identity->key = key_read(key_pem, error, error_size);
	if (!identity->key)
		goto out;
	identity->key_type = EVP_PKEY_base_id(identity->key);
	ok = facts_fill(identity->leaf, &identity->facts, error, error_size);
	if (ok && !names_of(identity)) {
		snprintf(error, error_size, "out of memory");
		ok = false;
	}
out:
	BIO_free(bio);
	return ok;
}

/* Tries the pair on a context, with the checks that a handshake would make later. */
static bool identity_usable(struct tls_identity *identity, char *error, size_t error_size)
{
	SSL_CTX *trial;
	bool ok;

	if (X509_check_private_key(identity->leaf, identity->key) != 1) {
		snprintf(error, error_size, "the private key does not belong to the certificate");
		ERR_clear_error();
		return false;
	}
	trial = SSL_CTX_new(TLS_server_method());
	ok = trial && SSL_CTX_use_cert_and_key(trial, identity->leaf, identity->key,
					       identity->chain, 1) == 1;
	if (!ok)
		tls_error_take("the certificate cannot be used", error, error_size);
	SSL_CTX_free(trial);
	return ok;
}

struct tls_identity *tls_identity_new(struct str cert_pem, struct str key_pem, char *error,
				      size_t error_size)
{
	struct tls_identity *identity = calloc(1, sizeof(*identity));

	if (!identity) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	identity->references = 1;
	ERR_clear_error();
	if (!identity_read(identity, cert_pem, key_pem, error, error_size) ||
	    !identity_usable(identity, error, error_size)) {
		tls_identity_free(identity);
		return NULL;
	}
	return identity;
}

void tls_identity_free(struct tls_identity *identity)
{
	if (!identity || atomic_fetch_sub(&identity->references, 1) != 1)
		return;
	X509_free(identity->leaf);
	EVP_PKEY_free(identity->key);
	sk_X509_pop_free(identity->chain, X509_free);
	buf_free(&identity->names);
	free(identity);
}

bool tls_pair_check(struct str chain_pem, struct str key_pem, char *error, size_t error_size)
{
	struct tls_identity *identity = tls_identity_new(chain_pem, key_pem, error, error_size);

	tls_identity_free(identity);
	return identity != NULL;
}

/* The host as the only subjectAltName; made from bytes, so no character of it is syntax. */
static bool add_alt_name(X509 *leaf, const char *host, bool critical)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	ASN1_IA5STRING *dns = address ? NULL : ASN1_IA5STRING_new();
	bool ok = false;

	if (!names || !name || (!address && !dns))
		goto out;
	if (address) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, address);
		address = NULL;
	} else {
		if (!ASN1_STRING_set(dns, host, -1))
			goto out;
		GENERAL_NAME_set0_value(name, GEN_DNS, dns);
		dns = NULL;
	}
	if (!sk_GENERAL_NAME_push(names, name))
		goto out;
	name = NULL;
	ok = X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, critical, X509V3_ADD_DEFAULT) ==
	     1;
out:
	ASN1_OCTET_STRING_free(address);
	ASN1_IA5STRING_free(dns);
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return ok;
}

static bool add_extension(X509 *leaf, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = extension && X509_add_ext(leaf, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_serial(X509 *leaf)
{
	unsigned char bytes[16];
	BIGNUM *number;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive and not short */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(leaf));
	BN_free(number);
	return ok;
}

/* A common name holds at most 64 characters (RFC 5280, ub-common-name); a longer host stays in
 * subjectAltName alone, which is critical then. */
static bool set_names(X509 *leaf, const char *host)
{
	X509_NAME *subject = X509_get_subject_name(leaf);
	bool has_cn = strlen(host) <= 64;

	if (has_cn && !X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
						  (const unsigned char *)host, -1, -1, 0))
		return false;
	return X509_set_issuer_name(leaf, subject) && add_alt_name(leaf, host, !has_cn);
}

static X509 *self_signed_build(EVP_PKEY *key, const char *host, unsigned days)
{
	X509 *leaf = X509_new();
	time_t now = time(NULL);

	if (leaf && X509_set_version(leaf, X509_VERSION_3) && set_serial(leaf) &&
	    X509_time_adj_ex(X509_getm_notBefore(leaf), -1, 0, &now) &&
	    X509_time_adj_ex(X509_getm_notAfter(leaf), (int)days, 0, &now) &&
	    set_names(leaf, host) &&
	    add_extension(leaf, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(leaf, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(leaf, NID_ext_key_usage, "serverAuth") && X509_set_pubkey(leaf, key) &&
	    X509_sign(leaf, key, EVP_sha256()))
		return leaf;
	X509_free(leaf);
	return NULL;
}

static bool pem_append(BIO *bio, struct buf *out)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);

	if (n <= 0)
		return false;
	buf_put(out, text, (size_t)n);
	return !out->failed;
}

static bool self_signed_write(X509 *leaf, EVP_PKEY *key, struct buf *certificate_pem,
			      struct buf *key_pem)
{
	BIO *public = BIO_new(BIO_s_mem());
	BIO *private = BIO_new(BIO_s_secmem()); /* wiped when freed */
	bool ok;

	ok = public && private && PEM_write_bio_X509(public, leaf) &&
	     PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) &&
	     pem_append(public, certificate_pem) && pem_append(private, key_pem);
	BIO_free(public);
	BIO_free(private);
	return ok;
}

bool tls_self_signed_make(struct str hostname, unsigned days, struct buf *certificate_pem,
			  struct buf *key_pem, char *error, size_t error_size)
{
	char host[256];
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	bool ok = false;

	if (hostname.n == 0 || hostname.n >= sizeof(host) || memchr(hostname.p, 0, hostname.n) ||
	    days == 0 || days > 36500) {
		snprintf(error, error_size, "no certificate can be made for that host name");
		return false;
	}
	memcpy(host, hostname.p, hostname.n);
	host[hostname.n] = '\0';
	ERR_clear_error();
	key = EVP_EC_gen("P-256");
	if (key)
		leaf = self_signed_build(key, host, days);
	if (leaf)
		ok = self_signed_write(leaf, key, certificate_pem, key_pem);
	if (!ok)
		tls_error_take("cannot make a self-signed certificate", error, error_size);
	ERR_clear_error();
	X509_free(leaf);
	EVP_PKEY_free(key);
	return ok;
}
