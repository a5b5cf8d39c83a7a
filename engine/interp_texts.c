/*
 * The functions of expressions over texts (interp_library.h). Texts are UTF-8, and each byte that
 * is not counts as a character; upper and lower case go by Unicode's mappings of a single
 * character, and letters that have neither case count as no letters. What they give in odd cases is
 * what the server gives (validation.md 2.4).
 */
#include "engine/interp_library.h"

#include "base/digest.h"
#include "base/utf8.h"

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

/* The bytes that are no characters stay. `out` NULL: only their number. */
static size_t put_case(struct str text, size_t (*map)(uint32_t, char *), char *out)
{
	char other[UTF8_CASE_SIZE];
	size_t made = 0, n, m;
	uint32_t c;

	for (size_t at = 0; at < text.n; at += n, made += m) {
		bool wrong;

		n = next_char(str_from(text, at), &c);
		wrong = n == 1 && (unsigned char)text.p[at] >= 0x80;
		m = wrong ? 1 : map(c, other);
		if (out)
			memcpy(out + made, wrong ? text.p + at : other, m);
	}
	return made;
}

static struct str map_case(struct interp_budget *budget, struct str text,
			   size_t (*map)(uint32_t, char *))
{
	size_t n = put_case(text, map, NULL);
	char *out = interp_alloc(budget, n + 1, 1);

	return out ? (struct str){out, put_case(text, map, out)} : STR_NONE;
}

static bool changes(uint32_t c, size_t (*map)(uint32_t, char *))
{
	char other[UTF8_CASE_SIZE], same[4];
	size_t n = utf8_encode(c, same);

	return map(c, other) != n || memcmp(other, same, n) != 0;
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
		counts.upper += changes(c, utf8_lower);
		counts.lower += changes(c, utf8_upper);
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

static size_t find_last(struct interp_budget *budget, struct str text, struct str needle)
{
	if (needle.n == 0 || needle.n > text.n)
		return needle.n ? SIZE_MAX : text.n;
	for (size_t at = text.n - needle.n + 1; at-- > 0;) {
		if (text.p[at] != needle.p[0])
			continue;
		/* counted, for a text of one letter is its own worst case */
		if (!interp_charge(budget, needle.n))
			return SIZE_MAX;
		if (memcmp(text.p + at, needle.p, needle.n) == 0)
			return at;
	}
	return SIZE_MAX;
}

/* A growing list in the memory of the budget. */
struct pieces {
	struct interp_budget *budget;
	struct interp_value *items;
	size_t count, cap;
};

static void add_piece(struct pieces *pieces, struct str text)
{
	size_t cap = pieces->cap ? pieces->cap * 2 : 8;
	struct interp_value *grown;

	if (pieces->count == pieces->cap) {
		grown = interp_alloc(pieces->budget, cap, sizeof(*grown));
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
	return interp_of_list(pieces->budget, pieces->items, pieces->count);
}

/* At most `limit` pieces; between an empty separator and each character lies a cut. */
static struct interp_value split(struct interp_budget *budget, struct str text,
				 struct str separator, size_t limit)
{
	struct pieces pieces = {.budget = budget};
	size_t from = 0, at = find(text, separator, 0);
	uint32_t c;

	while (at != SIZE_MAX && pieces.count + 1 < limit && interp_charge(budget, 1)) {
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
static struct interp_value rsplit(struct interp_budget *budget, const struct interp_value *v)
{
	struct str text = v->text, separator = v[1].text;
	struct pieces pieces = {.budget = budget};
	struct interp_value forward;
	size_t at;

	if (separator.n == 0) {
		forward = split(budget, text, separator, SIZE_MAX);
		for (size_t i = forward.list.count; i-- > 0;)
			add_piece(&pieces, forward.list.items[i].text);
		return list_of(&pieces);
	}
	while ((at = find_last(budget, text, separator)) != SIZE_MAX &&
	       interp_charge(budget, text.n - at)) {
		add_piece(&pieces, str_from(text, at + separator.n));
		text.n = at;
	}
	add_piece(&pieces, text);
	return list_of(&pieces);
}

static struct interp_value cut(struct interp_budget *budget, struct str text, struct str separator,
			       size_t at)
{
	struct pieces pieces = {.budget = budget};

	if (at == SIZE_MAX)
		return interp_nothing();
	add_piece(&pieces, (struct str){text.p, at});
	add_piece(&pieces, str_from(text, at + separator.n));
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

static struct interp_value split_words(struct interp_budget *budget, const struct interp_value *v)
{
	struct str text = v->text;
	struct pieces pieces = {.budget = budget};
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
static struct str part_of(struct str text, uint64_t start, uint64_t count)
{
	size_t at = 0, from;
	uint32_t c;

	while (start-- && at < text.n)
		at += next_char(str_from(text, at), &c);
	from = at;
	while (count-- && at < text.n)
		at += next_char(str_from(text, at), &c);
	return between(text, from, at);
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

static bool is_mailbox(struct str text)
{
	struct mailbox m = {.last = 0};

	for (size_t i = 0; i < text.n && !m.wrong; i++)
		take_char(&m, (unsigned char)text.p[i]);
	return !m.wrong && m.at == 1 && m.dots > 0 && m.local > 0 && m.length > 0;
}

/* ---- the functions ---- */

/* Each is called as interp_library.h says; most need no budget. */
#define FUNCTION(name)                                                       \
	static struct interp_value name(struct interp_budget *budget UNUSED, \
					const struct interp_value *v)

FUNCTION(trim_text)
{
	return interp_of_text(trim(v->text));
}

FUNCTION(trim_text_end)
{
	return interp_of_text(trim_end(v->text));
}

FUNCTION(trim_text_start)
{
	return interp_of_text(trim_start(v->text));
}

FUNCTION(to_lowercase)
{
	return interp_of_text(map_case(budget, v->text, utf8_lower));
}

FUNCTION(to_uppercase)
{
	return interp_of_text(map_case(budget, v->text, utf8_upper));
}

FUNCTION(is_uppercase)
{
	return interp_of_bool(count_chars(v->text).lower == 0);
}

FUNCTION(is_lowercase)
{
	return interp_of_bool(count_chars(v->text).upper == 0);
}

FUNCTION(has_digits)
{
	return interp_of_bool(count_chars(v->text).digits != 0);
}

FUNCTION(count_spaces)
{
	return interp_of_integer((int64_t)count_chars(v->text).spaces);
}

FUNCTION(count_uppercase)
{
	return interp_of_integer((int64_t)count_chars(v->text).upper);
}

FUNCTION(count_lowercase)
{
	return interp_of_integer((int64_t)count_chars(v->text).lower);
}

FUNCTION(count_all)
{
	return interp_of_integer((int64_t)count_chars(v->text).chars);
}

FUNCTION(is_email)
{
	return interp_of_bool(is_mailbox(v->text));
}

FUNCTION(email_part)
{
	size_t at = find_last(budget, v->text, STR("@"));

	if (at == SIZE_MAX)
		return interp_nothing();
	if (str_eq(v[1].text, STR("local")))
		return interp_of_text(trim((struct str){v->text.p, at}));
	if (str_eq(v[1].text, STR("domain")))
		return interp_of_text(trim(str_from(v->text, at + 1)));
	return interp_nothing();
}

FUNCTION(eq_ignore_case)
{
	return interp_of_bool(str_eq_ascii_case(v->text, v[1].text));
}

FUNCTION(starts_with)
{
	return interp_of_bool(str_starts(v->text, v[1].text));
}

FUNCTION(ends_with)
{
	return interp_of_bool(str_ends(v->text, v[1].text));
}

FUNCTION(strip_prefix)
{
	return str_starts(v->text, v[1].text) ? interp_of_text(str_from(v->text, v[1].text.n))
					      : interp_nothing();
}

FUNCTION(strip_suffix)
{
	return str_ends(v->text, v[1].text)
		       ? interp_of_text((struct str){v->text.p, v->text.n - v[1].text.n})
		       : interp_nothing();
}

FUNCTION(split_all)
{
	return split(budget, v->text, v[1].text, SIZE_MAX);
}

FUNCTION(split_n)
{
	/* one piece more than cuts; a negative count is a very large one to the server */
	size_t cuts = v[2].integer < 0 ? SIZE_MAX - 1 : (size_t)v[2].integer;

	return split(budget, v->text, v[1].text, cuts + 1);
}

FUNCTION(split_once)
{
	return cut(budget, v->text, v[1].text, find(v->text, v[1].text, 0));
}

FUNCTION(rsplit_once)
{
	return cut(budget, v->text, v[1].text, find_last(budget, v->text, v[1].text));
}

FUNCTION(substring)
{
	return interp_of_text(part_of(v->text, (uint64_t)v[1].integer, (uint64_t)v[2].integer));
}

FUNCTION(lines)
{
	struct pieces pieces = {.budget = budget};
	struct str text;

	if (v->kind != INTERP_TEXT)
		return *v;
	text = interp_text(budget, v);
	while (text.n && interp_charge(budget, 1)) {
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

/* A list has it as a member, a text within it, a number as it is written. */
FUNCTION(contains_ignore_case)
{
	struct str needle = v[1].text, text;

	if (v->kind == INTERP_LIST) {
		for (size_t i = 0; i < v->list.count && interp_charge(budget, 1); i++)
			if (v->list.items[i].kind == INTERP_TEXT &&
			    str_eq_ascii_case(v->list.items[i].text, needle))
				return interp_of_bool(true);
		return interp_of_bool(false);
	}
	text = interp_text(budget, v);
	if (v->kind == INTERP_TEXT) {
		text = map_case(budget, text, utf8_lower);
		needle = map_case(budget, needle, utf8_lower);
	}
	return interp_of_bool(find(text, needle, 0) != SIZE_MAX);
}

FUNCTION(hash)
{
	struct buf hex = BUF_INIT;
	char digits[DIGEST_NAMED_SIZE];

	if (!digest_named(v[1].text, v->text, digits))
		return interp_nothing();
	buf_puts(&hex, str_c(digits));
	return interp_of_text(interp_keep(budget, &hex));
}

/* By number. */
static const struct interp_function functions[] = {
	[STW_FUNCTION_IS_EMAIL] = {{ARGUMENT_TEXT}, is_email},
	[STW_FUNCTION_TRIM] = {{ARGUMENT_EACH}, trim_text},
	[STW_FUNCTION_TRIM_END] = {{ARGUMENT_EACH}, trim_text_end},
	[STW_FUNCTION_TRIM_START] = {{ARGUMENT_EACH}, trim_text_start},
	[STW_FUNCTION_TO_LOWERCASE] = {{ARGUMENT_EACH}, to_lowercase},
	[STW_FUNCTION_TO_UPPERCASE] = {{ARGUMENT_EACH}, to_uppercase},
	[STW_FUNCTION_IS_UPPERCASE] = {{ARGUMENT_EACH}, is_uppercase},
	[STW_FUNCTION_IS_LOWERCASE] = {{ARGUMENT_EACH}, is_lowercase},
	[STW_FUNCTION_HAS_DIGITS] = {{ARGUMENT_EACH}, has_digits},
	[STW_FUNCTION_COUNT_SPACES] = {{ARGUMENT_TEXT}, count_spaces},
	[STW_FUNCTION_COUNT_UPPERCASE] = {{ARGUMENT_TEXT}, count_uppercase},
	[STW_FUNCTION_COUNT_LOWERCASE] = {{ARGUMENT_TEXT}, count_lowercase},
	[STW_FUNCTION_COUNT_CHARS] = {{ARGUMENT_TEXT}, count_all},
	[STW_FUNCTION_LINES] = {{ARGUMENT_VALUE}, lines},
	[STW_FUNCTION_SPLIT_WORDS] = {{ARGUMENT_TEXT}, split_words},
	[STW_FUNCTION_EMAIL_PART] = {{ARGUMENT_EACH, ARGUMENT_TEXT}, email_part},
	[STW_FUNCTION_CONTAINS_IGNORE_CASE] = {{ARGUMENT_VALUE, ARGUMENT_TEXT},
					       contains_ignore_case},
	[STW_FUNCTION_EQ_IGNORE_CASE] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, eq_ignore_case},
	[STW_FUNCTION_STARTS_WITH] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, starts_with},
	[STW_FUNCTION_ENDS_WITH] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, ends_with},
	[STW_FUNCTION_STRIP_PREFIX] = {{ARGUMENT_EACH, ARGUMENT_TEXT}, strip_prefix},
	[STW_FUNCTION_STRIP_SUFFIX] = {{ARGUMENT_EACH, ARGUMENT_TEXT}, strip_suffix},
	[STW_FUNCTION_SPLIT] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, split_all},
	[STW_FUNCTION_RSPLIT] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, rsplit},
	[STW_FUNCTION_SPLIT_ONCE] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, split_once},
	[STW_FUNCTION_RSPLIT_ONCE] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, rsplit_once},
	[STW_FUNCTION_HASH] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, hash},
	[STW_FUNCTION_SUBSTRING] = {{ARGUMENT_TEXT, ARGUMENT_SIZE, ARGUMENT_SIZE}, substring},
	[STW_FUNCTION_SPLIT_N] = {{ARGUMENT_TEXT, ARGUMENT_TEXT, ARGUMENT_INTEGER}, split_n},
};

const struct interp_function *interp_text_function(unsigned number)
{
	return number < ARRAY_LEN(functions) && functions[number].call ? &functions[number] : NULL;
}
