/*
 * The functions of expressions that need no look-up (validation.md 2.4; what they give in odd
 * cases is what the server gives). Texts are UTF-8; upper and lower case go by Unicode's simple
 * mappings, and letters that have neither case count as no letters.
 */
#include <stdlib.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "engine/interp_impl.h"
#include "engine/netaddr.h"

static struct interp_value nothing(void)
{
	return (struct interp_value){.kind = INTERP_TEXT};
}

static struct interp_value of_bool(bool flag)
{
	return interp_of_integer(flag);
}

/* The next character of a text; each byte that is none counts as one. */
static size_t next_char(struct str text, uint32_t *out)
{
	size_t n = utf8_decode(text, out);

	if (n)
		return n;
	*out = 0xfffd;
	return 1;
}

/* ---- blanks, case ---- */

static struct str trim_start(struct str text)
{
	uint32_t c;
	size_t n;

	while (text.n && (n = next_char(text, &c), utf8_is_space(c)))
		text = str_from(text, n);
	return text;
}

static struct str trim_end(struct str text)
{
	size_t end = 0, n;
	uint32_t c;

	for (size_t at = 0; at < text.n; at += n) {
		n = next_char(str_from(text, at), &c);
		if (!utf8_is_space(c))
			end = at + n;
	}
	return (struct str){text.p, end};
}

static struct str trim(struct str text)
{
	return trim_end(trim_start(text));
}

static struct str map_case(struct interp *run, struct str text, uint32_t (*map)(uint32_t))
{
	/* the other case of a character may be longer, by at most a byte of its two or three */
	char *out = interp_alloc(run, text.n + text.n / 2 + 4, 1), utf8[4];
	struct str made = {out, 0};
	uint32_t c;
	size_t n, m;

	for (size_t at = 0; out && at < text.n; at += n) {
		n = next_char(str_from(text, at), &c);
		m = utf8_encode(map(c), utf8);
		if (n == 1 && (unsigned char)text.p[at] >= 0x80)
			out[made.n++] = text.p[at];
		else
			memcpy(out + made.n, utf8, m);
		made.n += n == 1 && (unsigned char)text.p[at] >= 0x80 ? 0 : m;
	}
	return made;
}

struct counts {
	size_t upper, lower, spaces, chars, digits;
};

static struct counts count_chars(struct str text)
{
	struct counts counts = {0, 0, 0, 0, 0};
	uint32_t c;

	for (size_t at = 0; at < text.n; counts.chars++) {
		at += next_char(str_from(text, at), &c);
		counts.upper += utf8_lower(c) != c;
		counts.lower += utf8_upper(c) != c;
		counts.spaces += utf8_is_space(c);
		counts.digits += c >= '0' && c <= '9';
	}
	return counts;
}

/* ---- parts of texts ---- */

/* From one byte to another; a text without bytes may have no place at all. */
static struct str between(struct str text, size_t from, size_t to)
{
	return to > from ? (struct str){text.p + from, to - from} : STR_NONE;
}

/* Where `needle` begins in the text at or behind `from`; SIZE_MAX: nowhere. */
static size_t find(struct str text, struct str needle, size_t from)
{
	const char *p;

	if (needle.n == 0)
		return from <= text.n ? from : SIZE_MAX;
	if (from >= text.n)
		return SIZE_MAX;
	p = memmem(text.p + from, text.n - from, needle.p, needle.n);
	return p ? (size_t)(p - text.p) : SIZE_MAX;
}

static size_t find_last(struct interp *run, struct str text, struct str needle)
{
	if (needle.n == 0 || needle.n > text.n)
		return needle.n ? SIZE_MAX : text.n;
	for (size_t at = text.n - needle.n + 1; at-- > 0;) {
		if (text.p[at] != needle.p[0])
			continue;
		/* counted, for a text of one letter is its own worst case */
		if (!interp_charge(run, needle.n))
			return SIZE_MAX;
		if (memcmp(text.p + at, needle.p, needle.n) == 0)
			return at;
	}
	return SIZE_MAX;
}

static struct interp_value strip_prefix(struct str text, struct str prefix)
{
	return str_starts(text, prefix) ? interp_of_text(str_from(text, prefix.n)) : nothing();
}

static struct interp_value strip_suffix(struct str text, struct str suffix)
{
	return str_ends(text, suffix) ? interp_of_text((struct str){text.p, text.n - suffix.n})
				      : nothing();
}

static struct interp_value email_part(struct interp *run, struct str text, struct str part)
{
	size_t at = find_last(run, text, STR("@"));

	if (at == SIZE_MAX)
		return nothing();
	if (str_eq(part, STR("local")))
		return interp_of_text(trim((struct str){text.p, at}));
	if (str_eq(part, STR("domain")))
		return interp_of_text(trim(str_from(text, at + 1)));
	return nothing();
}

/* A growing list in the memory of the run. */
struct pieces {
	struct interp *run;
	struct interp_value *items;
	size_t count, cap;
};

static void add_piece(struct pieces *pieces, struct str text)
{
	size_t cap = pieces->cap ? pieces->cap * 2 : 8;
	struct interp_value *grown;

	if (pieces->count == pieces->cap) {
		grown = interp_alloc(pieces->run, cap, sizeof(*grown));
		if (!grown)
			return;
		if (pieces->count)
			memcpy(grown, pieces->items, pieces->count * sizeof(*grown));
		pieces->items = grown;
		pieces->cap = cap;
	}
	pieces->items[pieces->count++] = interp_of_text(text);
}

static struct interp_value list_of(struct pieces *pieces)
{
	return interp_of_list(pieces->run, pieces->items, pieces->count);
}

/* At most `limit` pieces; between an empty separator and each character lies a cut. */
static struct interp_value split(struct interp *run, struct str text, struct str separator,
				 size_t limit)
{
	struct pieces pieces = {.run = run};
	size_t from = 0, at = find(text, separator, 0);
	uint32_t c;

	while (at != SIZE_MAX && pieces.count + 1 < limit && interp_charge(run, 1)) {
		add_piece(&pieces, between(text, from, at));
		from = at + separator.n;
		if (separator.n)
			at = find(text, separator, from);
		else
			at = at < text.n ? at + next_char(str_from(text, at), &c) : SIZE_MAX;
	}
	add_piece(&pieces, str_from(text, from));
	return list_of(&pieces);
}

/* From the right, the last piece first. */
static struct interp_value rsplit(struct interp *run, struct str text, struct str separator)
{
	struct pieces pieces = {.run = run};
	struct interp_value forward;
	size_t at;

	if (separator.n == 0) {
		forward = split(run, text, separator, SIZE_MAX);
		for (size_t i = forward.list.count; i-- > 0;)
			add_piece(&pieces, forward.list.items[i].text);
		return list_of(&pieces);
	}
	while ((at = find_last(run, text, separator)) != SIZE_MAX &&
	       interp_charge(run, text.n - at)) {
		add_piece(&pieces, str_from(text, at + separator.n));
		text.n = at;
	}
	add_piece(&pieces, text);
	return list_of(&pieces);
}

static struct interp_value cut(struct interp *run, struct str text, struct str separator, size_t at)
{
	struct pieces pieces = {.run = run};

	if (at == SIZE_MAX)
		return nothing();
	add_piece(&pieces, (struct str){text.p, at});
	add_piece(&pieces, str_from(text, at + separator.n));
	return list_of(&pieces);
}

static struct interp_value lines(struct interp *run, const struct interp_value *value)
{
	struct pieces pieces = {.run = run};
	struct str text;

	if (value->kind != INTERP_TEXT)
		return *value;
	text = interp_text(run, value);
	while (text.n && interp_charge(run, 1)) {
		size_t end = find(text, STR("\n"), 0), next = end == SIZE_MAX ? text.n : end + 1;

		if (end == SIZE_MAX)
			end = text.n;
		else if (end && text.p[end - 1] == '\r')
			end--;
		add_piece(&pieces, (struct str){text.p, end});
		text = str_from(text, next);
	}
	return list_of(&pieces);
}

static bool is_word(struct str word)
{
	for (size_t i = 0; i < word.n; i++) {
		unsigned char c = (unsigned char)word.p[i], lower = c | 32;

		if (c < 0x80 && !(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'z'))
			return false;
	}
	return word.n != 0;
}

static struct interp_value split_words(struct interp *run, struct str text)
{
	struct pieces pieces = {.run = run};
	size_t from = 0, n;
	uint32_t c;

	for (size_t at = 0; at <= text.n; at += n) {
		n = at < text.n ? next_char(str_from(text, at), &c) : 1;
		if (at < text.n && !utf8_is_space(c))
			continue;
		if (is_word(between(text, from, at)))
			add_piece(&pieces, between(text, from, at));
		from = at + n;
	}
	return list_of(&pieces);
}

/* By characters. */
static struct interp_value substring(struct str text, size_t start, size_t count)
{
	size_t at = 0, from;
	uint32_t c;

	while (start-- && at < text.n)
		at += next_char(str_from(text, at), &c);
	from = at;
	while (count-- && at < text.n)
		at += next_char(str_from(text, at), &c);
	return interp_of_text(between(text, from, at));
}

/* ---- lists ---- */

struct sorting {
	struct interp *run;
	bool ascending;
};

static int sort_cmp(const void *a, const void *b, void *ctx)
{
	const struct sorting *sorting = ctx;
	int found = interp_compare(sorting->run, a, b);

	if (found == 2)
		found = 1;
	return sorting->ascending ? found : -found;
}

static struct interp_value sort(struct interp *run, const struct interp_value *value,
				bool ascending)
{
	struct interp_value from = interp_as_list(run, value);
	struct interp_value *items = interp_alloc(run, from.list.count, sizeof(*items));
	struct sorting sorting = {run, ascending};

	if (!items || !from.list.count)
		return from;
	memcpy(items, from.list.items, from.list.count * sizeof(*items));
	qsort_r(items, from.list.count, sizeof(*items), sort_cmp, &sorting);
	return interp_of_list(run, items, from.list.count);
}

static bool among(struct interp *run, const struct interp_value *items, size_t count,
		  const struct interp_value *wanted)
{
	for (size_t i = 0; i < count && run->status == INTERP_DONE; i++)
		if (interp_equal(run, &items[i], wanted))
			return true;
	return false;
}

static struct interp_value dedup(struct interp *run, const struct interp_value *value)
{
	struct interp_value from = interp_as_list(run, value);
	struct interp_value *items = interp_alloc(run, from.list.count, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < from.list.count; i++)
		if (!among(run, items, n, &from.list.items[i]))
			items[n++] = from.list.items[i];
	return interp_of_list(run, items, n);
}

static bool is_empty_text(const struct interp_value *value)
{
	return value->kind == INTERP_TEXT && value->text.n == 0;
}

static struct interp_value winnow(struct interp *run, const struct interp_value *value)
{
	struct interp_value *items;
	size_t n = 0;

	if (value->kind != INTERP_LIST)
		return *value;
	items = interp_alloc(run, value->list.count, sizeof(*items));
	for (size_t i = 0; items && i < value->list.count; i++)
		if (!is_empty_text(&value->list.items[i]))
			items[n++] = value->list.items[i];
	return interp_of_list(run, items, n);
}

static bool is_intersect(struct interp *run, const struct interp_value *a,
			 const struct interp_value *b)
{
	if (a->kind != INTERP_LIST)
		return b->kind == INTERP_LIST && among(run, b->list.items, b->list.count, a);
	if (b->kind != INTERP_LIST)
		return among(run, a->list.items, a->list.count, b);
	for (size_t i = 0; i < a->list.count; i++)
		if (among(run, b->list.items, b->list.count, &a->list.items[i]))
			return true;
	return false;
}

static bool contains(struct interp *run, const struct interp_value *value,
		     const struct interp_value *needle)
{
	if (value->kind == INTERP_LIST)
		return among(run, value->list.items, value->list.count, needle);
	return find(interp_text(run, value), interp_text(run, needle), 0) != SIZE_MAX;
}

static bool contains_ignore_case(struct interp *run, const struct interp_value *value,
				 struct str needle)
{
	if (value->kind == INTERP_TEXT)
		return find(map_case(run, interp_text(run, value), utf8_lower),
			    map_case(run, needle, utf8_lower), 0) != SIZE_MAX;
	if (value->kind != INTERP_LIST)
		return find(interp_text(run, value), needle, 0) != SIZE_MAX;
	for (size_t i = 0; i < value->list.count && interp_charge(run, 1); i++)
		if (value->list.items[i].kind == INTERP_TEXT &&
		    str_eq_ascii_case(value->list.items[i].text, needle))
			return true;
	return false;
}

/* ---- addresses ---- */

static struct interp_value is_address(struct str text, uint8_t family)
{
	struct net_addr addr;

	return of_bool(net_addr_parse(text, &addr) == NET_OK && (!family || addr.family == family));
}

static struct interp_value is_in_network(struct str text, struct str network)
{
	struct net_network net;
	struct net_addr addr;

	return of_bool(net_addr_parse(text, &addr) == NET_OK &&
		       net_network_parse(network, &net) == NET_OK && net_network_has(&net, &addr));
}

/* 4.3.2.1, or the nibbles of IPv6, each with its dot: what a name begins with (RFC 1035 3.5). */
static struct interp_value reverse_name(struct interp *run, struct str text)
{
	static const char digits[] = "0123456789abcdef";
	struct buf name = BUF_INIT;
	struct net_addr addr;
	char *kept;

	if (net_addr_parse(text, &addr) != NET_OK)
		return nothing();
	for (size_t i = addr.family == 4 ? 4 : 16; i-- > 0;) {
		if (addr.family == 4)
			buf_printf(&name, "%u.", addr.b[i]);
		else
			buf_printf(&name, "%c.%c.", digits[addr.b[i] & 15], digits[addr.b[i] >> 4]);
	}
	kept = name.failed ? NULL : interp_alloc(run, name.n, 1);
	if (name.failed)
		interp_stop(run, INTERP_NO_MEMORY);
	else if (kept)
		memcpy(kept, name.p, name.n);
	text = (struct str){kept, kept ? name.n - 1 : 0};
	buf_free(&name);
	return interp_of_text(text);
}

/* ---- the shape of an e-mail address, as the server has it ---- */

struct mailbox {
	unsigned char last;
	bool quoted, wrong;
	unsigned at, dots;
	size_t local, length;
};

static bool is_atom(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x7f ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static void take_char(struct mailbox *m, unsigned char c)
{
	if (is_atom(c)) {
		m->length++;
	} else if (c == '.' && !m->quoted) {
		m->wrong = m->last == '.' || m->last == '@' || m->length == 0;
		m->length++;
		m->dots += m->at == 1;
	} else if (c == '@' && !m->quoted) {
		m->at++;
		m->local = m->length;
		m->length = 0;
	} else if (m->quoted && c && strchr(">:, ", c)) {
		m->length++;
	} else if (c == '"' && (!m->quoted || m->last != '\\')) {
		m->quoted = !m->quoted;
	} else {
		m->wrong = !m->quoted;
	}
	m->last = c;
}

static bool is_email(struct str text)
{
	struct mailbox m = {.last = 0};

	for (size_t i = 0; i < text.n && !m.wrong; i++)
		take_char(&m, (unsigned char)text.p[i]);
	return !m.wrong && m.at == 1 && m.dots > 0 && m.local > 0 && m.length > 0;
}

/* ---- all of them ---- */

static struct interp_value hash(struct interp *run, struct str text, struct str algorithm)
{
	char hex[DIGEST_NAMED_SIZE], *kept;

	if (!digest_named(algorithm, text, hex))
		return nothing();
	kept = interp_alloc(run, strlen(hex), 1);
	if (!kept)
		return nothing();
	memcpy(kept, hex, strlen(hex));
	return interp_of_text((struct str){kept, strlen(hex)});
}

static struct interp_value is_empty(const struct interp_value *value)
{
	return of_bool(value->kind == INTERP_LIST ? value->list.count == 0 : is_empty_text(value));
}

static struct interp_value length(struct interp *run, const struct interp_value *value)
{
	if (value->kind == INTERP_LIST)
		return interp_of_integer((int64_t)value->list.count);
	return interp_of_integer((int64_t)interp_text(run, value).n);
}

static struct interp_value count(const struct interp_value *value)
{
	if (value->kind == INTERP_LIST)
		return interp_of_integer((int64_t)value->list.count);
	return of_bool(!is_empty_text(value));
}

/* Functions of one or two values that see them as texts. */
static struct interp_value of_texts(struct interp *run, unsigned function, struct str a,
				    struct str b)
{
	switch (function) {
	case STW_FUNCTION_IS_EMAIL: return of_bool(is_email(a));
	case STW_FUNCTION_IS_IP_ADDR: return is_address(a, 0);
	case STW_FUNCTION_IS_IPV4_ADDR: return is_address(a, 4);
	case STW_FUNCTION_IS_IPV6_ADDR: return is_address(a, 6);
	case STW_FUNCTION_IP_REVERSE_NAME: return reverse_name(run, a);
	case STW_FUNCTION_IS_IP_IN_CIDR: return is_in_network(a, b);
	case STW_FUNCTION_COUNT_SPACES: return interp_of_integer((int64_t)count_chars(a).spaces);
	case STW_FUNCTION_COUNT_UPPERCASE: return interp_of_integer((int64_t)count_chars(a).upper);
	case STW_FUNCTION_COUNT_LOWERCASE: return interp_of_integer((int64_t)count_chars(a).lower);
	case STW_FUNCTION_COUNT_CHARS: return interp_of_integer((int64_t)count_chars(a).chars);
	case STW_FUNCTION_SPLIT_WORDS: return split_words(run, a);
	case STW_FUNCTION_EQ_IGNORE_CASE: return of_bool(str_eq_ascii_case(a, b));
	case STW_FUNCTION_STARTS_WITH: return of_bool(str_starts(a, b));
	case STW_FUNCTION_ENDS_WITH: return of_bool(str_ends(a, b));
	case STW_FUNCTION_SPLIT: return split(run, a, b, SIZE_MAX);
	case STW_FUNCTION_RSPLIT: return rsplit(run, a, b);
	case STW_FUNCTION_SPLIT_ONCE: return cut(run, a, b, find(a, b, 0));
	case STW_FUNCTION_RSPLIT_ONCE: return cut(run, a, b, find_last(run, a, b));
	case STW_FUNCTION_HASH: return hash(run, a, b);
	default: break; /* the others are no functions of texts alone */
	}
	return nothing();
}

/* Functions that a list takes member by member. False: it is none of them. */
static bool of_member(struct interp *run, unsigned function, struct str a, struct str b,
		      struct interp_value *out)
{
	switch (function) {
	case STW_FUNCTION_TRIM: *out = interp_of_text(trim(a)); return true;
	case STW_FUNCTION_TRIM_END: *out = interp_of_text(trim_end(a)); return true;
	case STW_FUNCTION_TRIM_START: *out = interp_of_text(trim_start(a)); return true;
	case STW_FUNCTION_TO_LOWERCASE:
		*out = interp_of_text(map_case(run, a, utf8_lower));
		return true;
	case STW_FUNCTION_TO_UPPERCASE:
		*out = interp_of_text(map_case(run, a, utf8_upper));
		return true;
	case STW_FUNCTION_IS_UPPERCASE: *out = of_bool(count_chars(a).lower == 0); return true;
	case STW_FUNCTION_IS_LOWERCASE: *out = of_bool(count_chars(a).upper == 0); return true;
	case STW_FUNCTION_HAS_DIGITS: *out = of_bool(count_chars(a).digits != 0); return true;
	case STW_FUNCTION_EMAIL_PART: *out = email_part(run, a, b); return true;
	case STW_FUNCTION_STRIP_PREFIX: *out = strip_prefix(a, b); return true;
	case STW_FUNCTION_STRIP_SUFFIX: *out = strip_suffix(a, b); return true;
	default: return false; /* the others see a list as a whole */
	}
}

static bool of_members(struct interp *run, unsigned function, const struct interp_value *value,
		       struct str second, struct interp_value *out)
{
	struct interp_value *items, probe;

	if (value->kind != INTERP_LIST)
		return of_member(run, function, interp_text(run, value), second, out);
	if (!of_member(run, function, STR(""), STR(""), &probe))
		return false;
	items = interp_alloc(run, value->list.count, sizeof(*items));
	for (size_t i = 0; items && i < value->list.count; i++)
		(void)of_member(run, function, interp_text(run, &value->list.items[i]), second,
				&items[i]);
	*out = interp_of_list(run, items, items ? value->list.count : 0);
	return true;
}

static size_t split_limit(const struct interp_value *value)
{
	int64_t count;

	if (!interp_integer(value, &count))
		return 1;
	return count < 0 ? SIZE_MAX : (size_t)count + 1;
}

struct interp_value interp_function(struct interp *run, unsigned function,
				    const struct interp_value *v)
{
	const struct stw_function_info *info = stw_function_numbered(function);
	struct interp_value made;
	struct str a, b;

	switch (function) {
	case STW_FUNCTION_COUNT: return count(v);
	case STW_FUNCTION_DEDUP: return dedup(run, v);
	case STW_FUNCTION_IS_EMPTY: return is_empty(v);
	case STW_FUNCTION_IS_NUMBER:
		return of_bool(v->kind == INTERP_INTEGER || v->kind == INTERP_FLOAT);
	case STW_FUNCTION_LEN: return length(run, v);
	case STW_FUNCTION_LINES: return lines(run, v);
	case STW_FUNCTION_WINNOW: return winnow(run, v);
	case STW_FUNCTION_SORT: return sort(run, v, interp_true(&v[1]));
	case STW_FUNCTION_IS_INTERSECT: return of_bool(is_intersect(run, v, &v[1]));
	case STW_FUNCTION_CONTAINS: return of_bool(contains(run, v, &v[1]));
	case STW_FUNCTION_CONTAINS_IGNORE_CASE:
		return of_bool(contains_ignore_case(run, v, interp_text(run, &v[1])));
	case STW_FUNCTION_IF_THEN: return interp_true(v) ? v[1] : v[2];
	default: break; /* the rest begin with texts */
	}
	b = info->arity > 1 ? interp_text(run, &v[1]) : STR("");
	if (of_members(run, function, v, b, &made))
		return made;
	a = interp_text(run, v);
	if (function == STW_FUNCTION_SUBSTRING)
		return substring(a, interp_size(&v[1]), interp_size(&v[2]));
	if (function == STW_FUNCTION_SPLIT_N)
		return split(run, a, b, split_limit(&v[2]));
	return of_texts(run, function, a, b);
}
