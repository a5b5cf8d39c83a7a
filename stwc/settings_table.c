/* The table of keys: which row a key of the 0.15 settings has. */
#include "stwc/settings.h"

#include <stdio.h>

#include "core/suggest.h"

/* A file with more slips than that is no file of 0.15, and each costs a look at the whole table;
 * nor is a longer key a slip of the pen. */
#define SUGGESTION_LIMIT 64
#define KEY_LIMIT 128

#define CARRIED(key, path) {key, SETTING_CARRIED, path, NULL, "", NULL, false},
#define RENAMED(key, path, words) {key, SETTING_CARRIED, path, words, "", NULL, false},
#define SPECIAL(key, path, function) \
	{key, SETTING_CARRIED, path, NULL, "", settings_##function, false},
#define LATE(key, path, function) {key, SETTING_CARRIED, path, NULL, "", settings_##function, true},
#define CHANGED(key, path, words, why) {key, SETTING_CHANGED, path, words, why, NULL, false},
#define MOVED(key, why) {key, SETTING_CHANGED, NULL, NULL, why, NULL, false},
#define NEEDLESS(key, why) {key, SETTING_NEEDLESS, NULL, NULL, why, NULL, false},
#define DROPPED(key, why) {key, SETTING_DROPPED, NULL, NULL, why, NULL, false},
static const struct settings_row rows[] = {
#include "schemas/settings-0.15.def"
};

#define OBJECTS(prefix, ident, type, variant) {prefix, ident, type, variant},
static const struct settings_group groups[] = {
#include "schemas/settings-0.15.def"
};

/* A row's key in its parts: prefix, <id>, suffix. */
struct pattern {
	struct str prefix, suffix;
	bool has_id;
};

static struct pattern pattern_of(const struct settings_row *row)
{
	struct str key = str_c(row->key);
	const char *id = strstr(row->key, "<id>");
	size_t at = id ? (size_t)(id - row->key) : key.n;

	return (struct pattern){
		{key.p, at}, str_from(key, at + (id ? sizeof("<id>") - 1 : 0)), id != NULL};
}

/* The rows whose keys have the first word in common, in the order of the table. */
struct family {
	const size_t *rows;
	size_t count;
};

/*
 * A file may have a quarter of a million keys: each is held against its family alone, and against
 * patterns that are taken apart once. Invariant: the members of `order` that a family has stand
 * side by side, in the order of the table, because settings_next_row and "the first one" go by it.
 */
struct settings_index {
	struct pattern patterns[ARRAY_LEN(rows)];
	size_t order[ARRAY_LEN(rows)];
	struct map families; /* the first word, to struct family * */
};

static struct str first_word(struct str key)
{
	const char *dot = key.n ? memchr(key.p, '.', key.n) : NULL;

	return dot ? (struct str){key.p, (size_t)(dot - key.p)} : key;
}

static bool add_family(struct settings *s, struct settings_index *index, struct str word, size_t at)
{
	struct family *family = ARENA_NEW(&s->c->arena, struct family);
	size_t i;

	if (!family)
		return false;
	family->rows = index->order + at;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq(first_word(str_c(rows[i].key)), word))
			index->order[at + family->count++] = i;
	}
	return map_put(&index->families, word, family);
}

bool settings_index(struct settings *s)
{
	struct settings_index *index = ARENA_NEW(&s->c->arena, struct settings_index);
	const struct family *family;
	size_t i, at = 0;

	if (!index)
		return false;
	map_init(&index->families, &s->c->hash_key, &s->c->arena);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct str word = first_word(str_c(rows[i].key));

		index->patterns[i] = pattern_of(&rows[i]);
		if (map_has(&index->families, word))
			continue;
		if (!add_family(s, index, word, at))
			return false;
		family = map_get(&index->families, word);
		at += family->count;
	}
	s->index = index;
	return true;
}

const struct settings_group *settings_group_of(const char *type, struct str key)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		if (strcmp(groups[i].type, type) == 0 &&
		    (!key.n || str_starts(key, str_c(groups[i].prefix))))
			return &groups[i];
	}
	return NULL;
}

/* 0.15 finds its objects by one key of each; without it, dots in an id are more keys. */
static bool is_id(const struct settings *s, const struct pattern *p, struct str id)
{
	size_t i;
	char key[512];

	if (!id.n)
		return false;
	if (!memchr(id.p, '.', id.n) || !p->suffix.n)
		return true;
	for (i = 0; i < ARRAY_LEN(groups); i++) {
		int n;

		if (!str_eq_c(p->prefix, groups[i].prefix))
			continue;
		n = snprintf(key, sizeof(key), "%s%.*s%s", groups[i].prefix, STR_ARG(id),
			     groups[i].ident);
		return n > 0 && (size_t)n < sizeof(key) && map_has(&s->keys, str_c(key));
	}
	return false;
}

static bool is_digits(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

/* The length of the ".0000" or ".0000.then" that the key ends in, or of the ".member" of a set. */
static size_t tail_of(const struct setting *setting)
{
	static const char *const words[] = {".if", ".then", ".else"};
	struct str key = setting->key;
	size_t dot, i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (str_ends(key, str_c(words[i])))
			key.n -= strlen(words[i]);
	}
	for (dot = key.n; dot > 0 && key.p[dot - 1] != '.'; dot--)
		;
	if (dot == 0)
		return 0;
	return is_digits(str_from(key, dot)) ? setting->key.n - dot + 1 : 0;
}

static bool fits(const struct settings *s, const struct pattern *p, struct str key, struct str *id)
{
	if (!p->has_id) {
		*id = STR_NONE;
		return str_eq(key, p->prefix);
	}
	if (key.n <= p->prefix.n + p->suffix.n || !str_starts(key, p->prefix) ||
	    !str_ends(key, p->suffix))
		return false;
	*id = (struct str){key.p + p->prefix.n, key.n - p->prefix.n - p->suffix.n};
	return is_id(s, p, *id);
}

static bool find(const struct settings *s, struct setting *setting, size_t tail)
{
	struct str key = {setting->key.p, setting->key.n - tail}, id;
	const struct family *family = map_get(&s->index->families, first_word(key));
	size_t i;

	for (i = 0; family && i < family->count; i++) {
		size_t row = family->rows[i];

		/* where two fit, the shorter id is the longer key */
		if (!fits(s, &s->index->patterns[row], key, &id) ||
		    (setting->row && id.n >= setting->id.n))
			continue;
		setting->row = &rows[row];
		setting->id = id;
		setting->tail = str_from(setting->key, key.n);
	}
	return setting->row != NULL;
}

bool settings_find(const struct settings *s, struct setting *setting)
{
	size_t tail = tail_of(setting), member = setting->key.n;

	if (find(s, setting, 0))
		return true;
	if (tail && find(s, setting, tail))
		return true;
	if (setting->value.n) /* a set is written { "a", "b" }: its members have no value */
		return false;
	while (member > 0 && setting->key.p[member - 1] != '.')
		member--;
	return member > 0 && find(s, setting, setting->key.n - member + 1);
}

bool settings_find_above(const struct settings *s, struct setting *setting)
{
	size_t n;

	for (n = setting->key.n; n > 0; n--) {
		if (setting->key.p[n - 1] == '.' && find(s, setting, setting->key.n - n + 1))
			return true;
	}
	return false;
}

const struct settings_row *settings_next_row(const struct settings_row *row)
{
	const struct settings_row *next = row + 1;

	return next < rows + ARRAY_LEN(rows) && strcmp(next->key, row->key) == 0 ? next : NULL;
}

static size_t words_of(struct str key)
{
	size_t n = 1, i;

	for (i = 0; i < key.n; i++)
		n += key.p[i] == '.';
	return n;
}

/* The word number `n` of the key, which has so many. */
static struct str word_at(struct str key, size_t n)
{
	for (; n > 0; n--)
		key = str_from(key, first_word(key).n + 1);
	return first_word(key);
}

/* The row's key with the id that the wrong key has in its place; empty: it has too few words. */
static struct str offer_of(const struct settings *s, size_t row, struct str key)
{
	const struct pattern *p = &s->index->patterns[row];

	if (!p->has_id)
		return str_c(rows[row].key);
	if (!p->suffix.n || words_of(key) != words_of(str_c(rows[row].key)))
		return STR_NONE;
	return arena_printf(&s->c->scratch, "%.*s%.*s%.*s", STR_ARG(p->prefix),
			    STR_ARG(word_at(key, words_of(p->prefix) - 1)), STR_ARG(p->suffix));
}

/* A family has a meaning: no slip of the pen makes one of another, unless all else is right. */
static bool is_akin(struct str offer, struct str key)
{
	struct str a = first_word(offer), b = first_word(key);
	struct suggestion near;

	if (str_eq(a, b) || (words_of(key) > 2 && str_eq(str_from(offer, a.n), str_from(key, b.n))))
		return true;
	suggest_start(&near, b);
	suggest_offer(&near, a);
	return near.best.n && near.distance <= 2;
}

/* Is each word near that of the other key? A slip in a long key is one in a short word. */
static bool is_near(struct str offer, struct str key)
{
	size_t n = words_of(key);

	if (words_of(offer) != n) /* a dot more or less */
		return true;
	for (size_t i = 0; i < n; i++) {
		struct str a = word_at(offer, i), b = word_at(key, i);
		struct suggestion near;

		suggest_start(&near, b);
		suggest_offer(&near, a);
		if (!str_eq(a, b) && (!near.best.n || near.distance > 3))
			return false;
	}
	return true;
}

/* The only key that ends in the same word: who knows the setting may have put it elsewhere. Empty:
 * there are several, or none. */
static struct str namesake_of(struct str key)
{
	struct str last = word_at(key, words_of(key) - 1), found = STR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str row = str_c(rows[i].key);

		if (!str_eq(word_at(row, words_of(row) - 1), last) || str_eq(row, found))
			continue;
		if (found.n)
			return STR_NONE;
		found = row;
	}
	return found;
}

struct str settings_suggest(struct settings *s, const struct setting *setting)
{
	struct str key = {setting->key.p, setting->key.n - tail_of(setting)};
	struct suggestion best;
	struct str near;
	size_t i;

	if (s->suggestions == SUGGESTION_LIMIT || key.n > KEY_LIMIT)
		return STR_NONE;
	s->suggestions++;
	suggest_start(&best, key);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct str offer = offer_of(s, i, key);

		if (offer.n && is_akin(offer, key))
			suggest_offer(&best, offer);
	}
	/* a third of a long key is another key */
	if (best.best.n && best.distance <= 3 && is_near(best.best, key))
		return arena_printf(&s->c->arena, "did you mean '%.*s'?", STR_ARG(best.best));
	near = namesake_of(key);
	return near.n ? arena_printf(&s->c->arena, "the only key that ends so is '%.*s'",
				     STR_ARG(near))
		      : STR_NONE;
}
