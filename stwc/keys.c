/* PEM, X.509 and private keys: what OpenSSL makes of them, and Ed25519 keys that it does not read.
 */
#include "stwc/keys.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "engine/netaddr.h"

#define DAY INT64_C(86400)

/* One PEM block; free with block_free. */
struct block {
	char *name, *header;
	unsigned char *data;
	long size;
};

static void block_free(struct block *block)
{
	OPENSSL_free(block->name);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->data, (size_t)block->size);
}

static BIO *bio_of(struct str text)
{
	return text.n <= INT_MAX ? BIO_new_mem_buf(text.p ? text.p : "", (int)text.n) : NULL;
}

/* False: no further block, or *broken: one that is not whole. */
static bool next_block(BIO *bio, struct block *out, bool *broken)
{
	unsigned long error;

	*out = (struct block){0};
	if (PEM_read_bio(bio, &out->name, &out->header, &out->data, &out->size))
		return true;
	error = ERR_peek_last_error();
	*broken = !(ERR_GET_LIB(error) == ERR_LIB_PEM &&
		    ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
	ERR_clear_error();
	return false;
}

static enum key_kind kind_of(const EVP_PKEY *key)
{
	char group[32];
	size_t n;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return KEY_RSA;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return KEY_ED25519;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    !EVP_PKEY_get_group_name(key, group, sizeof(group), &n))
		return KEY_OTHER;
	if (strcmp(group, "prime256v1") == 0)
		return KEY_P256;
	if (strcmp(group, "secp384r1") == 0)
		return KEY_P384;
	return strcmp(group, "secp521r1") == 0 ? KEY_P521 : KEY_OTHER;
}

/* `public`: takes the public half as X.509 writes it; may be NULL. */
static bool describe(EVP_PKEY *key, struct key_info *out, struct buf *public)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	bool ok = n > 0 && digest_of(der, (size_t)n, &out->public_key);

	if (ok && public)
		buf_put(public, der, (size_t)n);

	out->kind = kind_of(key);
	out->bits = (unsigned)EVP_PKEY_get_bits(key);
	OPENSSL_free(der);
	return ok;
}

/* A PKCS#8 of version 2 (RFC 5958) carries the public key too, which OpenSSL 3.0 does not read;
 * servers make such keys for Ed25519: SEQUENCE, version 0 or 1, the algorithm, the seed. */
static EVP_PKEY *ed25519_of(const struct block *block)
{
	static const unsigned char algorithm[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
						  0x70, 0x04, 0x22, 0x04, 0x20};
	const unsigned char *p = block->data;

	if (block->size < 5 + (long)sizeof(algorithm) + 32 || p[0] != 0x30 || p[1] & 0x80 ||
	    p[2] != 0x02 || p[3] != 0x01 || p[4] > 1 ||
	    memcmp(p + 5, algorithm, sizeof(algorithm)) != 0)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, p + 5 + sizeof(algorithm), 32);
}

static const char *key_of_block(const struct block *block, struct key_info *out, struct buf *public)
{
	const unsigned char *p = block->data;
	EVP_PKEY *key;
	bool ok;

	if (strstr(block->name, "ENCRYPTED") || strstr(block->header, "ENCRYPTED"))
		return "is protected by a passphrase, which no server can give";
	key = d2i_AutoPrivateKey(NULL, &p, block->size);
	if (!key)
		key = ed25519_of(block);
	ok = key && describe(key, out, public);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok ? NULL : "holds no private key that can be read";
}

static const char *read_pem(struct str pem, struct key_info *out, struct buf *public)
{
	BIO *bio = bio_of(pem);
	const char *wrong = "holds no PEM block of a private key";
	bool found = false, broken = false;
	struct block block;

	while (bio && !found && next_block(bio, &block, &broken)) {
		found = strstr(block.name, "PRIVATE KEY") != NULL;
		if (found)
			wrong = key_of_block(&block, out, public);
		block_free(&block);
	}
	if (broken)
		wrong = "holds a PEM block that is not whole";
	BIO_free(bio);
	return wrong;
}

/* The first line is passed over where it begins with a dash; the key ends at the next dash. */
static struct str bare_base64(struct str text)
{
	const char *end;

	while (text.n && *text.p && strchr(" \t\r\n", *text.p))
		text = str_from(text, 1);
	if (text.n && *text.p == '-') {
		end = memchr(text.p, '\n', text.n);
		text = str_from(text, end ? (size_t)(end - text.p) + 1 : text.n);
	}
	end = text.n ? memchr(text.p, '-', text.n) : NULL;
	if (end)
		text.n = (size_t)(end - text.p);
	return text;
}

/* Keys for Ed25519 have less than 200 characters. */
#define LENIENT_MAX 4096

static size_t without_blanks(struct str text, char out[LENIENT_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < text.n && n < LENIENT_MAX; i++) {
		if (!text.p[i] || !strchr(" \t\r\n", text.p[i]))
			out[n++] = text.p[i];
	}
	return i == text.n ? n : 0;
}

static const char *read_lenient(struct str text, struct key_info *out, struct buf *public)
{
	const char *wrong = read_pem(text, out, public);
	char clean[LENIENT_MAX], none[] = "";
	unsigned char der[LENIENT_MAX];
	struct str base64 = {clean, wrong ? without_blanks(bare_base64(text), clean) : 0};
	size_t size = base64.n ? base64_read(base64, der, sizeof(der)) : SIZE_MAX;
	struct block block = {none, none, der, (long)size};

	if (size != SIZE_MAX && !key_of_block(&block, out, public))
		wrong = NULL;
	OPENSSL_cleanse(clean, sizeof(clean));
	OPENSSL_cleanse(der, sizeof(der));
	return wrong;
}

const char *key_read(struct str pem, struct key_info *out)
{
	return read_pem(pem, out, NULL);
}

const char *key_read_lenient(struct str text, struct key_info *out)
{
	return read_lenient(text, out, NULL);
}

const char *key_read_public(struct str text, struct key_info *out, struct buf *base64)
{
	struct buf der = BUF_INIT;
	const char *wrong = read_lenient(text, out, &der);
	/* RFC 8463 section 4.2: the bare key, which ends what X.509 writes */
	size_t from = !wrong && out->kind == KEY_ED25519 && der.n > 32 ? der.n - 32 : 0;
	struct str bytes = str_from(buf_str(&der), from);

	if (!wrong && !der.failed) {
		buf_reserve(base64, (bytes.n + 2) / 3 * 4 + 1);
		if (!base64->failed)
			base64->n += (size_t)EVP_EncodeBlock((unsigned char *)base64->p + base64->n,
							     (const unsigned char *)bytes.p,
							     (int)bytes.n);
	}
	base64->failed = base64->failed || der.failed;
	buf_free(&der);
	return wrong;
}

/* ---- certificates ---- */

static bool seconds_of(const ASN1_TIME *when, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, when);

	if (ok)
		*out = days * DAY + seconds;
	ASN1_TIME_free(epoch);
	return ok;
}

static struct str name_of(struct arena *arena, const GENERAL_NAME *name)
{
	const ASN1_STRING *bytes = NULL;
	struct net_addr address = {.family = 0};
	char text[NET_TEXT_SIZE];

	if (name->type == GEN_DNS)
		bytes = name->d.dNSName;
	if (bytes)
		return arena_str(arena, (struct str){(const char *)ASN1_STRING_get0_data(bytes),
						     (size_t)ASN1_STRING_length(bytes)});
	if (name->type != GEN_IPADD)
		return STR_NONE;
	bytes = name->d.iPAddress;
	if (ASN1_STRING_length(bytes) == 4 || ASN1_STRING_length(bytes) == 16) {
		address.family = ASN1_STRING_length(bytes) == 4 ? 4 : 6;
		memcpy(address.b, ASN1_STRING_get0_data(bytes), (size_t)ASN1_STRING_length(bytes));
	}
	if (!address.family)
		return STR_NONE;
	return arena_str(arena, (struct str){text, net_addr_format(&address, text)});
}

static bool common_name(struct arena *arena, X509 *certificate, struct certificate_info *out)
{
	char text[256];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
					  sizeof(text));

	if (n <= 0)
		return true;
	out->names[0] = arena_str(arena, (struct str){text, (size_t)n});
	out->name_count = 1;
	return out->names[0].p != NULL;
}

static bool names_of(struct arena *arena, X509 *certificate, struct certificate_info *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0, i;

	out->name_count = 0;
	out->names = ARENA_ARRAY(arena, struct str, (size_t)count + 1);
	for (i = 0; out->names && i < count; i++) {
		struct str name = name_of(arena, sk_GENERAL_NAME_value(names, i));

		if (name.p)
			out->names[out->name_count++] = name;
	}
	GENERAL_NAMES_free(names);
	if (out->names && !out->name_count)
		return common_name(arena, certificate, out);
	return out->names != NULL;
}

static bool certificate_of_block(struct arena *arena, const struct block *block,
				 struct certificate_info *out)
{
	const unsigned char *p = block->data;
	X509 *certificate = d2i_X509(NULL, &p, block->size);
	EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
	bool ok = certificate != NULL;

	if (ok && out)
		ok = key && describe(key, &out->key, NULL) && names_of(arena, certificate, out) &&
		     seconds_of(X509_get0_notBefore(certificate), &out->not_before) &&
		     seconds_of(X509_get0_notAfter(certificate), &out->not_after);
	X509_free(certificate);
	ERR_clear_error();
	return ok;
}

const char *certificate_read(struct arena *arena, struct str pem, struct certificate_info *out)
{
	struct certificate_info info = {0};
	const char *wrong = NULL;
	BIO *bio = bio_of(pem);
	struct block block;
	bool broken = false;
	size_t count = 0;

	while (bio && !wrong && next_block(bio, &block, &broken)) {
		if (strcmp(block.name, "CERTIFICATE") == 0 &&
		    !certificate_of_block(arena, &block, count++ ? NULL : &info))
			wrong = count == 1 ? "begins with a block that is no X.509 certificate"
					   : "holds a block that is no X.509 certificate";
		block_free(&block);
	}
	BIO_free(bio);
	if (!wrong && broken)
		wrong = "holds a PEM block that is not whole";
	if (!wrong && !count)
		wrong = "holds no PEM block of a certificate";
	if (!wrong)
		*out = info;
	return wrong;
}

/* A wildcard stands for one label (RFC 6125 section 6.4.3). */
static bool covers(struct str pattern, struct str host)
{
	const char *dot = host.n ? memchr(host.p, '.', host.n) : NULL;

	if (str_eq_ascii_case(pattern, host))
		return true;
	if (!str_starts(pattern, STR("*.")) || !dot)
		return false;
	return str_eq_ascii_case(str_from(pattern, 1), str_from(host, (size_t)(dot - host.p)));
}

bool certificate_covers(const struct certificate_info *info, struct str host)
{
	size_t i;

	for (i = 0; i < info->name_count; i++) {
		if (covers(info->names[i], host))
			return true;
	}
	return false;
}

/* ---- OpenPGP and base64 ---- */

static int base64_value(char ch, bool url)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	if (ch == (url ? '-' : '+'))
		return 62;
	return ch == (url ? '_' : '/') ? 63 : -1;
}

size_t base64_size(struct str text, bool url)
{
	size_t digits = 0, padding, spare;

	while (digits < text.n && base64_value(text.p[digits], url) >= 0)
		digits++;
	padding = text.n - digits;
	spare = digits % 4;
	if (spare == 1 || (url && padding) || (!url && padding != (4 - spare) % 4))
		return SIZE_MAX;
	if (padding && memcmp(text.p + digits, "==", padding) != 0)
		return SIZE_MAX;
	/* the bits that are left over are 0 */
	if (spare && base64_value(text.p[digits - 1], url) & (spare == 2 ? 0x0f : 0x03))
		return SIZE_MAX;
	return digits * 3 / 4;
}

size_t base64_read(struct str text, unsigned char *out, size_t cap)
{
	size_t size = base64_size(text, false);

	/* whole groups of three are written */
	if (size == SIZE_MAX || text.n > INT_MAX || text.n / 4 * 3 > cap ||
	    EVP_DecodeBlock(out, (const unsigned char *)text.p, (int)text.n) < 0)
		return SIZE_MAX;
	return size;
}

static struct str next_line(struct str *text)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	struct str line = {text->p, end ? (size_t)(end - text->p) : text->n};

	*text = str_from(*text, line.n + (end != NULL));
	while (line.n && strchr(" \t\r", line.p[line.n - 1]) && line.p[line.n - 1])
		line.n--;
	return line;
}

/* Is the first packet a public key? Its tag stands in the first byte (RFC 9580 section 4.2). */
static bool is_key_packet(struct str line)
{
	int first = line.n > 1 ? base64_value(line.p[0], false) : -1;
	int second = line.n > 1 ? base64_value(line.p[1], false) : -1;
	int byte = first << 2 | second >> 4;

	if (first < 0 || second < 0 || !(byte & 0x80))
		return false;
	return (byte & 0x40 ? byte & 0x3f : (byte >> 2) & 0x0f) == 6;
}

/* Whole lines of base64 up to the end line; the last but one may be a checksum. */
static const char *armour_body(struct str text)
{
	struct str line = next_line(&text);
	bool last = false;

	if (!is_key_packet(line))
		return "holds no OpenPGP public key";
	while (line.n && *line.p != '=' && *line.p != '-') {
		if (last || base64_size(line, false) == SIZE_MAX)
			return "holds an OpenPGP block that is damaged";
		last = line.p[line.n - 1] == '=';
		line = next_line(&text);
	}
	if (line.n == 5 && *line.p == '=')
		line = next_line(&text);
	return str_eq(line, STR("-----END PGP PUBLIC KEY BLOCK-----"))
		       ? NULL
		       : "holds an OpenPGP block that is not whole";
}

const char *public_key_read(struct arena *arena, struct str text)
{
	static const char begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
	struct certificate_info unused;
	const char *at = text.n ? memmem(text.p, text.n, begin, sizeof(begin) - 1) : NULL;
	struct str rest;

	if (!at && text.n && memmem(text.p, text.n, "-----BEGIN PGP ", 15))
		return "holds an OpenPGP block that is no public key";
	if (!at && text.n && memmem(text.p, text.n, "-----BEGIN ", 11))
		return certificate_read(arena, text, &unused);
	if (!at)
		return "holds neither an OpenPGP public key nor a certificate";
	rest = str_from(text, (size_t)(at - text.p));
	/* the headers of the block end with an empty line */
	while (rest.n && next_line(&rest).n)
		;
	return armour_body(rest);
}
