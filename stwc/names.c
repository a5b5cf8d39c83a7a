/* Names of hosts, domains and mailboxes. The only file that knows libidn2 and libpsl. */
#include "stwc/names.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/netaddr.h"

static bool is_alnum(uint32_t cp)
{
	/* outside ASCII the server asks for Unicode letters and digits; IDNA refuses the rest later
	 */
	return cp >= 0x80 || (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
	       (cp >= 'A' && cp <= 'Z');
}

static void put_code_point(struct buf *out, uint32_t cp)
{
	char bytes[4];

	buf_put(out, bytes, utf8_encode(cp, bytes));
}

/* Without the Unicode blanks, in lower case. */
static bool squeeze(struct str s, struct buf *out)
{
	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		if (!n)
			return false;
		if (!utf8_is_space(cp))
			put_code_point(out, utf8_lower(cp));
		s = str_from(s, n);
	}
	return !out->failed;
}

static bool has_private_suffix(struct str name)
{
	static const char *const known[] = {"test",    "localhost",  "local", "internal",
					    "lan",     "home",       "corp",  "intranet",
					    "private", "localdomain"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		struct str suffix = str_c(known[i]);

		if (str_eq(name, suffix) ||
		    (str_ends(name, suffix) && name.p[name.n - suffix.n - 1] == '.'))
			return true;
	}
	return false;
}

/* `name` ends in NUL. Known means named by the list, not merely caught by its default rule. */
static bool has_public_suffix(const char *name)
{
	const psl_ctx_t *list = psl_builtin();
	const char *at = name;

	while (list && at) {
		if (psl_is_public_suffix2(list, at, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
			return true;
		at = strchr(at, '.');
		if (at)
			at++;
	}
	return false;
}

/* Dots only behind a letter, digit, hyphen or underscore, never last; at least one. */
static bool dots_fit(struct str s)
{
	char before = '.';
	bool dot = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (!is_alnum((unsigned char)before) && before != '-' && before != '_')
				return false;
			dot = true;
		}
		before = s.p[i];
	}
	return dot && before != '.';
}

static struct str to_ascii(struct arena *arena, struct buf *name)
{
	struct str result = STR_NONE;
	char *ascii = NULL;
	bool plain = true;
	size_t i;

	/* libidn2 and the list of suffixes would take a NUL for the end */
	if (name->n && memchr(name->p, '\0', name->n))
		return STR_NONE;
	buf_putc(name, '\0');
	if (name->failed)
		return STR_NONE;
	for (i = 0; i + 1 < name->n; i++)
		plain = plain && (unsigned char)name->p[i] < 0x80;
	if (plain)
		result = arena_str(arena, (struct str){name->p, name->n - 1});
	else if (idn2_to_ascii_8z(name->p, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) ==
		 IDN2_OK)
		result = arena_str(arena, str_c(ascii));
	idn2_free(ascii);
	return result;
}

struct str name_domain(struct arena *arena, struct str s)
{
	struct buf name = BUF_INIT;
	struct str result = STR_NONE;

	if (squeeze(s, &name) && dots_fit(buf_str(&name)))
		result = to_ascii(arena, &name);
	buf_free(&name);
	if (!result.p || (!has_private_suffix(result) && !has_public_suffix(result.p)))
		return STR_NONE;
	return result;
}

struct str name_host(struct arena *arena, struct str s)
{
	struct net_addr address;

	if (net_addr_parse(s, &address) == NET_OK)
		return arena_str(arena, s);
	return name_domain(arena, s);
}

static bool local_char(uint32_t cp)
{
	return is_alnum(cp) || (cp < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", (int)cp) != NULL && cp);
}

struct str name_email_local(struct arena *arena, struct str s)
{
	struct buf name = BUF_INIT;
	struct str rest, result = STR_NONE;
	uint32_t before = '.', cp;

	if (!squeeze(s, &name))
		goto out;
	for (rest = buf_str(&name); rest.n; before = cp) {
		size_t n = utf8_decode(rest, &cp);

		if (!n || (cp == '.' ? before == '.' : !local_char(cp)))
			goto out;
		rest = str_from(rest, n);
	}
	if (name.n && before != '.')
		result = arena_str(arena, buf_str(&name));
out:
	buf_free(&name);
	return result;
}

/* The domain of an address is stricter than a domain alone (2.3, middle column). */
static bool email_domain_fits(struct str s)
{
	char before = '.';
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		bool joins = ch == '-' || ch == '_';

		if (ch == '.' ? !is_alnum((unsigned char)before) || before == '.'
			      : !is_alnum(ch) && !joins)
			return false;
		if (joins && before == '.')
			return false;
		before = s.p[i];
	}
	return s.n && is_alnum((unsigned char)before) && before != '.';
}

struct str name_email(struct arena *arena, struct str s)
{
	struct buf squeezed = BUF_INIT;
	struct str whole, local, domain, result = STR_NONE;
	const char *at;

	if (!squeeze(s, &squeezed))
		goto out;
	whole = buf_str(&squeezed);
	at = whole.n ? memrchr(whole.p, '@', whole.n) : NULL;
	if (!at)
		goto out;
	local = name_email_local(arena, (struct str){whole.p, (size_t)(at - whole.p)});
	domain = str_from(whole, (size_t)(at - whole.p) + 1);
	if (!local.p || !email_domain_fits(domain))
		goto out;
	domain = name_domain(arena, domain);
	if (domain.p)
		result = arena_printf(arena, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
out:
	buf_free(&squeezed);
	return result;
}

struct str name_trimmed(struct str s)
{
	uint32_t cp;
	size_t n;

	while (s.n && (n = utf8_decode(s, &cp)) && utf8_is_space(cp))
		s = str_from(s, n);
	while (s.n) {
		size_t start = s.n - 1;

		while (start > 0 && ((unsigned char)s.p[start] & 0xc0) == 0x80)
			start--;
		if (!utf8_decode(str_from(s, start), &cp) || !utf8_is_space(cp))
			break;
		s.n = start;
	}
	return s;
}

/* Blanks gone and the case set: the names of rules, tags and extensions. */
static struct str recased(struct arena *arena, struct str s, uint32_t (*recase)(uint32_t))
{
	struct buf text = BUF_INIT;
	struct str result = STR_NONE;

	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		if (!n)
			break;
		if (!utf8_is_space(cp))
			put_code_point(&text, recase(cp));
		s = str_from(s, n);
	}
	if (!text.failed)
		result = arena_str(arena, buf_str(&text));
	buf_free(&text);
	return result;
}

struct str name_normal(struct arena *arena, enum validator validator, struct str s)
{
	switch (validator) {
	case VALIDATE_NONE: return s;
	case VALIDATE_TRIM: return name_trimmed(s);
	case VALIDATE_EMAIL: return name_email(arena, s);
	case VALIDATE_EMAIL_LOCAL_PART: return name_email_local(arena, s);
	case VALIDATE_DOMAIN: return name_domain(arena, s);
	case VALIDATE_HOSTNAME: return name_host(arena, s);
	case VALIDATE_UPPERCASE: return recased(arena, s, utf8_upper);
	case VALIDATE_LOWERCASE: return recased(arena, s, utf8_lower);
	}
	return STR_NONE;
}
