/* The report of `migrate`. */
#include "stwc/settings_report.h"

#include "base/buf.h"

static const char *word_of(enum setting_outcome outcome)
{
	switch (outcome) {
	case SETTING_OPEN:
	case SETTING_DROPPED: return "dropped";
	case SETTING_CARRIED: return "carried";
	case SETTING_NEEDLESS: return "needless";
	case SETTING_CHANGED: return "changed";
	case SETTING_UNKNOWN: return "unknown";
	case SETTING_OUTCOMES: break;
	}
	return "dropped";
}

static bool is_lost(enum setting_outcome outcome)
{
	return outcome == SETTING_OPEN || outcome == SETTING_DROPPED || outcome == SETTING_UNKNOWN;
}

/* "mail.toml:14" */
static void put_place(struct buf *out, struct compilation *c, struct span span)
{
	struct source *source = sources_get(&c->sources, span.source);

	if (source)
		buf_printf(out, "%.*s:%u", STR_ARG(source->name),
			   source_position(source, span.begin).line);
}

static void put_line(struct buf *out, struct settings *s, const struct setting *setting)
{
	struct str near =
		setting->outcome == SETTING_UNKNOWN ? settings_suggest(s, setting) : STR_NONE;

	put_place(out, s->c, setting->key_span);
	buf_printf(out, ": %-8s %.*s", word_of(setting->outcome), STR_ARG(setting->key));
	if (!is_lost(setting->outcome) && setting->target.n)
		buf_printf(out, " -> %.*s", STR_ARG(setting->target));
	if (setting->why.n)
		buf_printf(out, "%s%.*s%s",
			   setting->target.n && !is_lost(setting->outcome) ? " (" : ": ",
			   STR_ARG(setting->why),
			   setting->target.n && !is_lost(setting->outcome) ? ")" : "");
	if (near.n)
		buf_printf(out, "; %.*s", STR_ARG(near));
	buf_putc(out, '\n');
}

static void put_added(struct buf *out, struct settings *s, const struct settings_body *body)
{
	put_place(out, s->c, body->span);
	buf_printf(out, ": %-8s %s/%.*s: %.*s\n", "added", body->type_name, STR_ARG(body->id),
		   STR_ARG(body->added));
}

static bool is_added(const struct settings_body *body)
{
	return body->added.n && !body->dropped.n && !body->needless;
}

static void put_summary(struct buf *out, const struct settings_counts *n)
{
	buf_printf(out,
		   "%zu key%s: %zu carried, %zu needless, %zu changed, %zu dropped, %zu unknown\n",
		   n->keys, n->keys == 1 ? "" : "s", n->of[SETTING_CARRIED],
		   n->of[SETTING_NEEDLESS], n->of[SETTING_CHANGED],
		   n->of[SETTING_DROPPED] + n->of[SETTING_OPEN], n->of[SETTING_UNKNOWN]);
}

/* The files in the order of reading, where the list has the last one first; NULL: no more. */
static struct settings *file_number(struct settings *last, size_t number)
{
	struct settings *s;
	size_t count = 0;

	for (s = last; s; s = s->next)
		count++;
	if (number >= count)
		return NULL;
	for (s = last; --count > number; s = s->next)
		;
	return s;
}

void settings_count(const struct compilation *c, struct settings_counts *n)
{
	struct settings *s;
	size_t i;

	*n = (struct settings_counts){{0}, 0, 0};
	for (s = c->state ? c->state->settings : NULL; s; s = s->next) {
		n->keys += s->keys.count;
		for (i = 0; i < s->keys.count; i++)
			n->of[((const struct setting *)s->keys.entries[i].value)->outcome]++;
		for (i = 0; i < s->bodies.count; i++)
			n->added += is_added(s->bodies.entries[i].value);
	}
}

void settings_report_text(struct buf *out, struct compilation *c, const struct settings_counts *n)
{
	struct settings *s, *last = c->state->settings;
	size_t number, i;

	for (number = 0; (s = file_number(last, number)); number++) {
		for (i = 0; i < s->keys.count; i++)
			put_line(out, s, s->keys.entries[i].value);
		for (i = 0; i < s->bodies.count; i++) {
			if (is_added(s->bodies.entries[i].value))
				put_added(out, s, s->bodies.entries[i].value);
		}
	}
	if (n->keys)
		put_summary(out, n);
}

static void json_member(struct buf *out, const char *name, struct str value)
{
	if (!value.n)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_put_json(out, value);
}

static void json_place(struct buf *out, struct compilation *c, struct span span)
{
	struct source *source = sources_get(&c->sources, span.source);
	struct position at;

	if (!source)
		return;
	at = source_position(source, span.begin);
	json_member(out, "file", source->name);
	buf_printf(out, ",\"line\":%u,\"column\":%u", at.line, at.column);
}

static void json_setting(struct buf *out, struct settings *s, const struct setting *setting)
{
	buf_printf(out, "{\"outcome\":\"%s\"", word_of(setting->outcome));
	json_place(out, s->c, setting->key_span);
	json_member(out, "key", setting->key);
	if (!is_lost(setting->outcome))
		json_member(out, "target", setting->target);
	json_member(out, "reason", setting->why);
	if (setting->outcome == SETTING_UNKNOWN)
		json_member(out, "hint", settings_suggest(s, setting));
	buf_putc(out, '}');
}

static void json_added(struct buf *out, struct settings *s, const struct settings_body *body)
{
	buf_puts(out, STR("{\"outcome\":\"added\""));
	json_place(out, s->c, body->span);
	json_member(out, "target", settings_name(s, body->type_name, body->id));
	json_member(out, "reason", body->added);
	buf_putc(out, '}');
}

void settings_report_json(struct buf *out, struct compilation *c, const struct settings_counts *n)
{
	struct settings *s, *last = c->state->settings;
	size_t number, i;
	bool first = true;

	buf_puts(out, STR("{\"settings\":["));
	for (number = 0; (s = file_number(last, number)); number++) {
		for (i = 0; i < s->keys.count; i++, first = false) {
			buf_puts(out, first ? STR("\n") : STR(",\n"));
			json_setting(out, s, s->keys.entries[i].value);
		}
		for (i = 0; i < s->bodies.count; i++) {
			if (!is_added(s->bodies.entries[i].value))
				continue;
			buf_puts(out, first ? STR("\n") : STR(",\n"));
			json_added(out, s, s->bodies.entries[i].value);
			first = false;
		}
	}
	buf_printf(out,
		   "],\n\"summary\":{\"keys\":%zu,\"carried\":%zu,\"needless\":%zu,\"changed\":%zu,"
		   "\"dropped\":%zu,\"unknown\":%zu,\"added\":%zu}}\n",
		   n->keys, n->of[SETTING_CARRIED], n->of[SETTING_NEEDLESS], n->of[SETTING_CHANGED],
		   n->of[SETTING_DROPPED] + n->of[SETTING_OPEN], n->of[SETTING_UNKNOWN], n->added);
}
