/* Texts of the 0.15 settings as values of the type that a field of 0.16 has. */
#include "stwc/settings.h"

#include "base/num.h"
#include "grammar/scalar.h"

bool settings_is_none(struct str s)
{
	static const char *const words[] = {"",      "false", "disable",   "disabled",
					    "never", "none",  "unlimited", "0"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(s, words[i]))
			return true;
	}
	return false;
}

static struct node *refuse(struct settings *s, struct setting *setting, struct str text,
			   const char *wanted)
{
	if (setting->row && strstr(setting->row->key, "secret"))
		setting->why = arena_printf(&s->c->arena, "is not %s", wanted);
	else
		setting->why =
			arena_printf(&s->c->arena, "'%.*s' is not %s", STR_ARG(text), wanted);
	return NULL;
}

struct node *settings_number(struct settings *s, struct setting *setting, uint64_t value)
{
	struct node *node = node_new(&s->c->arena, NODE_INT, setting->span);

	if (node)
		node->magnitude = value;
	return node;
}

static struct node *boolean(struct settings *s, struct setting *setting, struct str text)
{
	struct node *node;

	if (!str_eq_c(text, "true") && !str_eq_c(text, "false"))
		return refuse(s, setting, text, "true or false");
	node = node_new(&s->c->arena, NODE_BOOL, setting->span);
	if (node)
		node->boolean = str_eq_c(text, "true");
	return node;
}

static struct node *integer(struct settings *s, struct setting *setting, struct str text)
{
	struct node *node;
	uint64_t value;
	int64_t negative;

	if (num_u64(text, &value) == NUM_OK)
		return settings_number(s, setting, value);
	if (num_i64(text, &negative) != NUM_OK)
		return refuse(s, setting, text, "a whole number");
	node = settings_number(s, setting, (uint64_t)-negative);
	if (node)
		node->negative = true;
	return node;
}

static struct node *real(struct settings *s, struct setting *setting, struct str text)
{
	struct node *node;
	double value;

	if (num_double(text, &value) != NUM_OK)
		return refuse(s, setting, text, "a number");
	node = node_new(&s->c->arena, NODE_FLOAT, setting->span);
	if (node)
		node->number = value;
	return node;
}

/* Units d h m s ms in any case, or none for milliseconds (validation.md 2.2). */
static bool duration_of(struct settings *s, struct str text, uint64_t *ms)
{
	struct str lower = arena_str(&s->c->scratch, text);
	size_t i;

	for (i = 0; lower.p && i < lower.n; i++) {
		char *at = (char *)lower.p + i;

		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at + 32);
	}
	return lower.p && (num_u64(lower, ms) == NUM_OK || scalar_duration(lower, ms) == SCALAR_OK);
}

static struct node *duration(struct settings *s, struct setting *setting, struct str text)
{
	uint64_t ms;

	if (!duration_of(s, text, &ms) || ms == 0)
		return refuse(s, setting, text, "a time such as 30s, 5m, 1h or 7d");
	return settings_number(s, setting, ms);
}

static struct node *size(struct settings *s, struct setting *setting, struct str text)
{
	uint64_t bytes;

	if (num_u64(text, &bytes) != NUM_OK && scalar_size(text, &bytes) != SCALAR_OK)
		return refuse(s, setting, text, "a number of bytes");
	return settings_number(s, setting, bytes);
}

static struct node *rate(struct settings *s, struct setting *setting, struct str text)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct str count = {text.p, slash ? (size_t)(slash - text.p) : 0};
	struct node *map;
	uint64_t n, ms;

	while (count.n && count.p[count.n - 1] == ' ')
		count.n--;
	if (!slash || num_u64(count, &n) != NUM_OK || n == 0 ||
	    !duration_of(s, str_from(text, (size_t)(slash - text.p) + 1), &ms) || ms < 1000)
		return refuse(s, setting, text, "a rate such as 100/1d");
	map = settings_map(s, NULL, setting->span);
	settings_put(s, map, "count", setting->span, settings_number(s, setting, n));
	settings_put(s, map, "period", setting->span, settings_number(s, setting, ms));
	return map;
}

/* The next word of "minute hour weekday". */
static struct str word(struct str *text)
{
	struct str out;
	size_t n = 0;

	while (text->n && *text->p == ' ')
		*text = str_from(*text, 1);
	while (n < text->n && text->p[n] != ' ')
		n++;
	out = (struct str){text->p, n};
	*text = str_from(*text, n);
	return out;
}

/* validation.md 2.5: the weekday of 0.15 runs from 1, Monday, to 7; that of 0.16 from 0. */
static struct node *cron(struct settings *s, struct setting *setting, struct str text)
{
	struct str rest = text, minute = word(&rest), hour = word(&rest), day = word(&rest);
	bool every_hour = str_eq_c(hour, "*"), every_day = str_eq_c(day, "*");
	uint64_t m, h = 0, d = 0;
	struct node *map;

	if (num_u64(minute, &m) != NUM_OK || m > 59 ||
	    (!every_hour && (num_u64(hour, &h) != NUM_OK || h > 23)) ||
	    (!every_day && (num_u64(day, &d) != NUM_OK || d < 1 || d > 7)))
		return refuse(s, setting, text, "\"minute hour weekday\"");
	if (every_hour && !every_day)
		return refuse(s, setting, text, "a time that 0.16 has: every hour of one day");
	map = settings_map(s,
			   every_hour  ? "Hourly"
			   : every_day ? "Daily"
				       : "Weekly",
			   setting->span);
	if (!every_day)
		settings_put(s, map, "day", setting->span, settings_number(s, setting, d % 7));
	if (!every_hour)
		settings_put(s, map, "hour", setting->span, settings_number(s, setting, h));
	settings_put(s, map, "minute", setting->span, settings_number(s, setting, m));
	return map;
}

/* The words of 0.15 have hyphens, underscores or neither where 0.16 has capitals. */
static bool alike(struct str a, struct str b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && (a.p[i] == '-' || a.p[i] == '_'))
			i++;
		while (j < b.n && (b.p[j] == '-' || b.p[j] == '_'))
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (!str_eq_ascii_case((struct str){a.p + i++, 1}, (struct str){b.p + j++, 1}))
			return false;
	}
}

static struct node *member(struct settings *s, struct setting *setting,
			   const struct schema_type *type, struct str text)
{
	size_t i;

	for (i = 0; i < type->members->count; i++) {
		struct str name = str_c(type->members->members[i].name);

		if (alike(text, name))
			return settings_text(s, name, setting->span);
	}
	return refuse(s, setting, text, "among the words that 0.16 has here");
}

/* SecretKey, SecretText, PublicText, and their optional kin (validation.md 2.5). */
static struct node *secret(struct settings *s, struct setting *setting,
			   const struct schema_structure *structure, struct str text)
{
	bool env = setting->reference == REFERENCE_ENVIRONMENT;
	const struct schema_variant *plain = schema_variant_find(structure, STR("Value"));
	struct node *map;

	if (setting->reference != REFERENCE_NONE) {
		map = settings_map(s, env ? "EnvironmentVariable" : "File", setting->span);
		settings_put(s, map, env ? "variableName" : "filePath", setting->span,
			     settings_text(s, text, setting->span));
		return map;
	}
	if (!text.n)
		return refuse(s, setting, text, "a secret: it is empty");
	if (!plain)
		plain = schema_variant_find(structure, STR("Text"));
	if (!plain || !plain->body || !plain->body->field_count)
		return refuse(s, setting, STR_NONE, "of a kind that 0.16 has here");
	map = settings_map(s, plain->name, setting->span);
	settings_put(s, map, plain->body->fields[0].name, setting->span,
		     settings_text(s, text, setting->span));
	return map;
}

static struct node *nested(struct settings *s, struct setting *setting,
			   const struct schema_type *type, struct str text)
{
	const char *name = type->structure->name;
	struct str expression;

	if (schema_variant_find(type->structure, STR("EnvironmentVariable")))
		return secret(s, setting, type->structure, text);
	if (!settings_literal(s, setting))
		return NULL;
	if (strcmp(name, "Rate") == 0)
		return rate(s, setting, setting->value);
	if (strcmp(name, "Cron") == 0)
		return cron(s, setting, setting->value);
	if (strcmp(name, "Expression") != 0)
		return refuse(s, setting, STR_NONE, "of a kind that 0.16 has here");
	expression = settings_expression(s, setting, setting->value);
	return expression.p ? settings_text(s, expression, setting->span) : NULL;
}

static struct node *scalar(struct settings *s, struct setting *setting,
			   const struct schema_type *type, struct str text)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return boolean(s, setting, text);
	case TYPE_UNSIGNED:
	case TYPE_INTEGER: return integer(s, setting, text);
	case TYPE_FLOAT: return real(s, setting, text);
	case TYPE_SIZE: return size(s, setting, text);
	case TYPE_DURATION: return duration(s, setting, text);
	case TYPE_ENUM: return member(s, setting, type, text);
	case TYPE_OBJECT: return nested(s, setting, type, text);
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
		if (!text.n)
			return refuse(s, setting, text, "a text: it is empty");
		return settings_text(s, text, setting->span);
	case TYPE_REFERENCE:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: break;
	}
	return refuse(s, setting, STR_NONE, "of a kind that 0.16 has here");
}

/* The word that the row gives for the text: "old=new"; the text itself where it gives none. */
static struct str renamed(const struct settings_row *row, struct str text)
{
	struct str words = str_c(row && row->words ? row->words : NULL);

	while (words.n) {
		struct str pair = word(&words);
		const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;

		if (equals &&
		    str_eq_ascii_case((struct str){pair.p, (size_t)(equals - pair.p)}, text))
			return str_from(pair, (size_t)(equals - pair.p) + 1);
	}
	return text;
}

static bool names_the_kind(const struct setting *setting)
{
	return setting->row && setting->row->path &&
	       str_ends(str_c(setting->row->path), STR("@type"));
}

/* Numbers, times and rates have words for none; a text may be such a word itself. */
static bool has_words_for_none(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_ENUM:
	case TYPE_OBJECT: return true;
	case TYPE_BOOLEAN:
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: break;
	}
	return false;
}

struct node *settings_value(struct settings *s, struct setting *setting,
			    const struct schema_type *type, struct str text)
{
	bool has_words = setting->row && setting->row->words && *setting->row->words;
	bool kept = type && type->kind == TYPE_OBJECT; /* secrets, which may stay references */
	struct str new;

	if (!kept && setting->reference != REFERENCE_NONE) {
		if (!settings_literal(s, setting))
			return NULL;
		text = setting->value;
	}
	new = has_words ? renamed(setting->row, text) : text;
	if (str_eq_c(new, "-") && has_words) {
		settings_end(setting, SETTING_NEEDLESS, "0.16 needs no object for it");
		return NULL;
	}
	if (str_eq_c(new, "!") && has_words)
		return refuse(s, setting, text, "anything that 0.16 has");
	if (!type) /* @type */
		return new.p == text.p &&names_the_kind(setting)
			       ? refuse(s, setting, text, "a kind that 0.16 has")
			       : settings_text(s, new, setting->span);
	if (type->nullable && setting->reference == REFERENCE_NONE &&
	    (!new.n || (has_words_for_none(type) && settings_is_none(new))))
		return node_new(&s->c->arena, NODE_NULL, setting->span);
	return scalar(s, setting, type, new);
}
