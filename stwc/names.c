/* Names of hosts, domains and mailboxes. The only file that knows libidn2 and libpsl. */
#include "stwc/names.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/netaddr.h"

/* Marks, symbols and punctuation that people paste: neither letters nor numbers of Unicode. The
 * rest beyond ASCII is taken for such; in domains IDNA looks closer. */
static bool is_symbol(uint32_t cp)
{
	static const uint32_t ranges[][2] = {
		{0x80, 0xa9},     {0xab, 0xb1},       {0xb4, 0xb4},       {0xb6, 0xb8},
		{0xbb, 0xbb},     {0xbf, 0xbf},       {0xd7, 0xd7},       {0xf7, 0xf7},
		{0x300, 0x344},   {0x346, 0x36f},     {0x1680, 0x1680},   {0x2000, 0x206f},
		{0x20a0, 0x20ff}, {0x2190, 0x245f},   {0x2500, 0x2775},   {0x2794, 0x2bff},
		{0x3000, 0x3004}, {0x3008, 0x3020},   {0xe000, 0xf8ff},   {0xfe00, 0xfe6f},
		{0xff01, 0xff0f}, {0x1f000, 0x1f0ff}, {0x1f300, 0x1faff}, {0xe0000, 0x10ffff},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(ranges); i++) {
		if (cp >= ranges[i][0] && cp <= ranges[i][1])
			return true;
	}
	return false;
}

static bool is_alnum(uint32_t cp)
{
	if (cp >= 0x80)
		return !is_symbol(cp);
	return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
}

/* In domains, byte by byte. */
static bool is_domain_byte(char ch)
{
	return (ch & 0x80) || is_alnum((unsigned char)ch);
}

/* Appends a code point as `recase` has it. */
static void put_recased(struct buf *out, uint32_t cp, size_t (*recase)(uint32_t, char *))
{
	char bytes[UTF8_CASE_SIZE];

	buf_put(out, bytes, recase(cp, bytes));
}

/* ASCII that prints, and is no blank. */
static bool is_graphic(char c)
{
	return c > ' ' && c < 0x7f;
}

/* The common case: ASCII without blanks to remove costs one copy. Behind it stands a NUL. False:
 * not for it. */
static bool squeeze_ascii(struct arena *arena, struct str s, struct str *out)
{
	char *copy;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_graphic(s.p[i]))
			return false;
	}
	copy = ARENA_ARRAY(arena, char, s.n + 1);
	if (!copy)
		return false;
	for (size_t i = 0; i < s.n; i++)
		copy[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
	*out = (struct str){copy, s.n};
	return true;
}

/* The blanks that are cut out of a name: all of Unicode's from a domain, those of ASCII from an
 * address, whose local part takes no others. */
static bool is_cut(uint32_t cp, bool address)
{
	return address ? cp == ' ' || (cp >= 9 && cp <= 13) : utf8_is_space(cp);
}

/* Without blanks, in lower case, with a NUL behind it. False: not UTF-8, or out of memory. */
static bool squeeze(struct arena *arena, struct str s, bool address, struct str *out)
{
	struct buf text = BUF_INIT;

	if (squeeze_ascii(arena, s, out))
		return true;
	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		if (!n)
			break;
		if (!is_cut(cp, address))
			put_recased(&text, cp, utf8_lower);
		s = str_from(s, n);
	}
	buf_putc(&text, '\0');
	if (text.failed)
		arena->failed = true;
	*out = s.n || text.failed ? STR_NONE : arena_str(arena, buf_str(&text));
	buf_free(&text);
	if (!out->p)
		return false;
	out->n--;
	return true;
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

/* The last labels of most names, which the list has had since there is one. */
static bool ends_commonly(struct str name)
{
	static const char *const common[] = {".com", ".org", ".net", ".de", ".eu", ".uk", ".fr"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(common); i++) {
		if (str_ends(name, str_c(common[i])))
			return true;
	}
	return false;
}

/* `name` ends in NUL. Known means named by the list, not merely caught by its default rule. The
 * last label is asked about first: it is mostly known. */
static bool has_public_suffix(struct str name)
{
	const psl_ctx_t *list = psl_builtin();
	size_t at = name.n;

	if (ends_commonly(name))
		return true;
	while (list && at > 0) {
		const char *dot = memrchr(name.p, '.', at);

		at = dot ? (size_t)(dot - name.p) : 0;
		if (psl_is_public_suffix2(list, dot ? dot + 1 : name.p,
					  PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
			return true;
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
			if (!is_domain_byte(before) && before != '-' && before != '_')
				return false;
			dot = true;
		}
		before = s.p[i];
	}
	return dot && before != '.';
}

/* The four letters that the two ways of UTS 46 read differently. */
static bool deviates(struct str name)
{
	static const char *const letters[] = {"\xc3\x9f", "\xcf\x82", "\xe2\x80\x8c",
					      "\xe2\x80\x8d"};

	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (strstr(name.p, letters[i]))
			return true;
	return false;
}

/* `name` ends in NUL, and so does the result. `symbols`: as a server does, which takes what UTS 46
 * takes, hearts and snowmen among them; IDNA 2008 knows letters and digits alone. */
static struct str to_ascii(struct arena *arena, struct str name, bool symbols)
{
	struct str result = STR_NONE;
	char *ascii = NULL;
	bool plain = true;
	int status;
	size_t i;

	/* libidn2 and the list of suffixes would take a NUL for the end */
	if (name.n && memchr(name.p, '\0', name.n))
		return STR_NONE;
	for (i = 0; i < name.n; i++)
		plain = plain && (unsigned char)name.p[i] < 0x80;
	if (plain)
		return name;
	status = idn2_to_ascii_8z(name.p, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (status == IDN2_DISALLOWED && symbols && !deviates(name))
		status = idn2_to_ascii_8z(name.p, &ascii, IDN2_TRANSITIONAL | IDN2_NFC_INPUT);
	if (status == IDN2_OK)
		result = arena_str(arena, str_c(ascii));
	else if (status == IDN2_MALLOC)
		arena->failed = true; /* as if it had been ours: the name may well be valid */
	idn2_free(ascii);
	return result;
}

/* A domain that has been squeezed already, with a NUL behind it, and whose dots fit. A public
 * suffix alone is one only with a dot: co.uk. */
static struct str squeezed_domain(struct arena *arena, struct str name, bool symbols)
{
	struct str result = to_ascii(arena, name, symbols);

	if (!result.p || (!has_private_suffix(result) &&
			  !(memchr(result.p, '.', result.n) && has_public_suffix(result))))
		return STR_NONE;
	return result;
}

struct str name_domain(struct arena *arena, struct str s)
{
	struct str name;

	return squeeze(arena, s, false, &name) && dots_fit(name)
		       ? squeezed_domain(arena, name, true)
		       : STR_NONE;
}

struct str name_host(struct arena *arena, struct str s)
{
	struct net_addr address;

	if (net_addr_parse(s, &address) == NET_OK)
		return arena_str(arena, s);
	return name_domain(arena, s);
}

struct str name_registrable(struct arena *arena, struct str s)
{
	const psl_ctx_t *list = psl_builtin();
	struct str name = arena_str(arena, s);
	const char *found;

	if (!list || !name.p || memchr(name.p, '\0', name.n))
		return STR_NONE;
	found = psl_registrable_domain(list, name.p);
	return found ? str_c(found) : STR_NONE;
}

static bool local_char(uint32_t cp)
{
	return is_alnum(cp) || (cp < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", (int)cp) != NULL && cp);
}

/* A local part that has been squeezed already. */
static bool local_fits(struct str s)
{
	uint32_t before = '.', cp;

	for (; s.n; before = cp) {
		size_t n = utf8_decode(s, &cp);

		if (!n || (cp == '.' ? before == '.' : !local_char(cp)))
			return false;
		s = str_from(s, n);
	}
	return before != '.';
}

struct str name_email_local(struct arena *arena, struct str s)
{
	struct str name;

	return squeeze(arena, s, true, &name) && local_fits(name) ? name : STR_NONE;
}

/* The domain of an address is stricter than a domain alone (2.3, middle column). */
static bool email_domain_fits(struct str s)
{
	char before = '.';
	size_t i;

	for (i = 0; i < s.n; i++) {
		char ch = s.p[i];
		bool joins = ch == '-' || ch == '_';

		if (ch == '.' ? !is_domain_byte(before) : !is_domain_byte(ch) && !joins)
			return false;
		if (joins && before == '.')
			return false;
		before = s.p[i];
	}
	return s.n && is_domain_byte(before);
}

/* `local` ends with its @. */
static struct str email_of(struct arena *arena, struct str local, struct str domain)
{
	char *p = arena_alloc(arena, local.n + domain.n, 1);

	if (!p)
		return STR_NONE;
	memcpy(p, local.p, local.n);
	memcpy(p + local.n, domain.p, domain.n);
	return (struct str){p, local.n + domain.n};
}

struct str name_email(struct arena *arena, struct str s)
{
	struct str whole, written, domain;
	const char *at;
	size_t local;

	if (!squeeze(arena, s, true, &whole))
		return STR_NONE;
	at = whole.n ? memrchr(whole.p, '@', whole.n) : NULL;
	if (!at)
		return STR_NONE;
	local = (size_t)(at - whole.p);
	written = str_from(whole, local + 1);
	if (!local_fits((struct str){whole.p, local}) || !email_domain_fits(written))
		return STR_NONE;
	/* in an address a server takes letters and digits alone */
	domain = squeezed_domain(arena, written, false);
	if (!domain.p || domain.p == written.p)
		return domain.p ? whole : STR_NONE;
	return email_of(arena, (struct str){whole.p, local + 1}, domain);
}

struct str name_trimmed(struct str s)
{
	uint32_t cp;
	size_t n;

	if (s.n && is_graphic(s.p[0]) && is_graphic(s.p[s.n - 1]))
		return s;
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
static struct str recased(struct arena *arena, struct str s, size_t (*recase)(uint32_t, char *))
{
	struct buf text = BUF_INIT;
	struct str result = STR_NONE;

	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		if (!n)
			break;
		if (!utf8_is_space(cp))
			put_recased(&text, cp, recase);
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
