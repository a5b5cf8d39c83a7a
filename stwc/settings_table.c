/* The table of keys: which row a key of the 0.15 settings has. */
#include "stwc/settings.h"

#include <stdio.h>

#include "core/suggest.h"

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

const struct settings_group *settings_group_of(const char *type)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		if (strcmp(groups[i].type, type) == 0)
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

static bool fits(const struct settings *s, const struct settings_row *row, struct str key,
		 struct str *id)
{
	struct pattern p = pattern_of(row);

	if (!p.has_id) {
		*id = STR_NONE;
		return str_eq(key, p.prefix);
	}
	if (key.n <= p.prefix.n + p.suffix.n || !str_starts(key, p.prefix) ||
	    !str_ends(key, p.suffix))
		return false;
	*id = (struct str){key.p + p.prefix.n, key.n - p.prefix.n - p.suffix.n};
	return is_id(s, &p, *id);
}

static bool find(const struct settings *s, struct setting *setting, size_t tail)
{
	struct str key = {setting->key.p, setting->key.n - tail}, id;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		/* where two fit, the shorter id is the longer key */
		if (!fits(s, &rows[i], key, &id) || (setting->row && id.n >= setting->id.n))
			continue;
		setting->row = &rows[i];
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

/* The row's key with the id that the wrong key has in its place. */
static struct str offer_of(const struct settings *s, const struct settings_row *row, struct str key)
{
	struct pattern p = pattern_of(row);
	struct str rest = str_from(key, p.prefix.n);
	const char *dot = rest.n ? memchr(rest.p, '.', rest.n) : NULL;

	if (!p.has_id)
		return str_c(row->key);
	if (!p.suffix.n || !str_starts(key, p.prefix) || !dot)
		return STR_NONE;
	return arena_printf(&s->c->scratch, "%.*s%.*s%.*s", STR_ARG(p.prefix), (int)(dot - rest.p),
			    rest.p, STR_ARG(p.suffix));
}

struct str settings_suggest(const struct settings *s, struct str key)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, key);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct str offer = offer_of(s, &rows[i], key);

		if (offer.n)
			suggest_offer(&best, offer);
	}
	/* a third of a long key is another key */
	return best.distance <= 3 ? best.best : STR_NONE;
}
