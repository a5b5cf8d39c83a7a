/* What a server takes for the hash of a password, and what only looks like one (validation.md 2.7).
 */
#include "stwc/check/password.h"

#include <stdint.h>

#include "base/attr.h"

#define NO_FIELD ((struct str){NULL, 0})

/* Cuts off what stands before the next '$', which goes too; .p NULL: there is none. */
static struct str cut_field(struct str *rest)
{
	const char *end = rest->n ? memchr(rest->p, '$', rest->n) : NULL;
	struct str field = {rest->p, end ? (size_t)(end - rest->p) : 0};

	if (!end)
		return NO_FIELD;
	*rest = str_from(*rest, field.n + 1);
	return field;
}

static bool is_alnum(char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z');
}

/* Letters, digits and these marks; at least one. */
static bool consists_of(struct str s, const char *marks)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!s.p[i] || (!is_alnum(s.p[i]) && !strchr(marks, s.p[i])))
			return false;
	}
	return s.n > 0;
}

static bool is_crypt64(struct str s)
{
	return consists_of(s, "./");
}

static bool is_number(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

/* "$argon2id$v=19$m=19456,t=2,p=1$salt$hash": the last two have no '='. */
static bool is_phc(struct str s)
{
	struct str rest = str_from(s, 1), field, salt = NO_FIELD;
	size_t fields = 0;

	for (; (field = cut_field(&rest)).p; fields++)
		salt = field;
	return fields >= 2 && consists_of(salt, "+/.-") && consists_of(rest, "+/.-");
}

/* "$2b$12$" and 53 digits. */
static bool is_bcrypt(struct str s)
{
	return s.n == 60 && strchr("abxy", s.p[2]) && s.p[2] && s.p[3] == '$' &&
	       is_number((struct str){s.p + 4, 2}) && s.p[6] == '$' && is_crypt64(str_from(s, 7));
}

/* A salt of so many characters at most, '$', a hash of just so many. */
static bool is_salted(struct str s, size_t salt_max, size_t hash)
{
	struct str salt = cut_field(&s);

	return salt.p && salt.n <= salt_max && is_crypt64(salt) && s.n == hash && is_crypt64(s);
}

static bool is_sha_crypt(struct str s, size_t hash)
{
	struct str rest = s, rounds = cut_field(&rest);

	if (rounds.p && str_starts(rounds, STR("rounds=")))
		return is_number(str_from(rounds, 7)) && is_salted(rest, 16, hash);
	return is_salted(s, 16, hash);
}

static bool is_sha1_crypt(struct str s)
{
	struct str rounds = cut_field(&s);

	return rounds.p && is_number(rounds) && is_salted(s, 64, 28);
}

static bool is_des_crypt(struct str s)
{
	if (s.n == 20)
		return *s.p == '_' && is_crypt64(str_from(s, 1));
	return s.n == 13 && is_crypt64(s);
}

/* The number of bytes that base64 stands for, with its padding or without; 0: it is none. */
static size_t decoded_size(struct str s)
{
	size_t padding = 0;

	while (s.n && padding < 2 && s.p[s.n - 1] == '=')
		s.n--, padding++;
	if (!consists_of(s, "+/") || s.n % 4 == 1 || (padding && (s.n + padding) % 4))
		return 0;
	return s.n * 3 / 4;
}

/* "$…": one of the forms of crypt and its heirs. */
static enum password_form crypt_form(struct str s)
{
	bool whole;

	if (str_starts(s, STR("$argon2")) || str_starts(s, STR("$pbkdf2")) ||
	    str_starts(s, STR("$scrypt$")))
		whole = is_phc(s);
	else if (s.n > 3 && str_starts(s, STR("$2")) && s.p[3] == '$')
		whole = is_bcrypt(s);
	else if (str_starts(s, STR("$1$")))
		whole = is_salted(str_from(s, 3), 8, 22);
	else if (str_starts(s, STR("$5$")))
		whole = is_sha_crypt(str_from(s, 3), 43);
	else if (str_starts(s, STR("$6$")))
		whole = is_sha_crypt(str_from(s, 3), 86);
	else if (str_starts(s, STR("$sha1$")))
		whole = is_sha1_crypt(str_from(s, 6));
	else
		return PASSWORD_PLAIN;
	return whole ? PASSWORD_HASH : PASSWORD_BROKEN_HASH;
}

/* "{SCHEME}" and what stands behind it. */
static enum password_form scheme_form(struct str scheme, struct str body)
{
	static const struct {
		const char *name;
		size_t least, most; /* bytes of the digest and its salt */
	} digests[] = {{"SHA", 20, 20},    {"SSHA", 21, SIZE_MAX},    {"SHA256", 32, 32},
		       {"SHA512", 64, 64}, {"SSHA256", 33, SIZE_MAX}, {"SSHA512", 65, SIZE_MAX},
		       {"MD5", 16, 16}};
	static const char *const phc[] = {"ARGON2", "ARGON2I", "ARGON2ID", "PBKDF2"};
	size_t i, size = decoded_size(body);

	for (i = 0; i < ARRAY_LEN(digests); i++) {
		if (str_eq_ascii_case(scheme, str_c(digests[i].name)))
			return size >= digests[i].least && size <= digests[i].most
				       ? PASSWORD_HASH
				       : PASSWORD_BROKEN_HASH;
	}
	for (i = 0; i < ARRAY_LEN(phc); i++) {
		if (str_eq_ascii_case(scheme, str_c(phc[i])))
			return body.n && *body.p == '$' && is_phc(body) ? PASSWORD_HASH
									: PASSWORD_BROKEN_HASH;
	}
	if (str_eq_ascii_case(scheme, STR("CRYPT")))
		return is_des_crypt(body) || crypt_form(body) == PASSWORD_HASH
			       ? PASSWORD_HASH
			       : PASSWORD_BROKEN_HASH;
	if (str_eq_ascii_case(scheme, STR("PLAIN")) || str_eq_ascii_case(scheme, STR("CLEAR")))
		return PASSWORD_MARKED_PLAIN;
	return PASSWORD_PLAIN;
}

enum password_form password_form(struct str s)
{
	const char *end = s.n && *s.p == '{' ? memchr(s.p, '}', s.n) : NULL;
	size_t n = end ? (size_t)(end - s.p) : 0;

	if (end)
		return scheme_form((struct str){s.p + 1, n - 1}, str_from(s, n + 1));
	if (s.n && *s.p == '$')
		return crypt_form(s);
	return s.n == 20 && is_des_crypt(s) ? PASSWORD_HASH : PASSWORD_PLAIN;
}
