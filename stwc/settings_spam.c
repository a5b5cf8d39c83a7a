/* The lists of the spam filter, which are objects in 0.16. */
#include "stwc/settings.h"

/* spam-filter.list.scores.TAG: a number, discard or reject. */
void settings_tag_score(struct settings *s, struct setting *setting)
{
	static const struct schema_type number = {.kind = TYPE_FLOAT};
	struct settings_body *body = settings_body(s, "SpamTag", setting->id, setting->key_span);
	bool discard = str_eq_c(setting->value, "discard"),
	     reject = str_eq_c(setting->value, "reject");
	struct node *score = NULL;

	if (!body)
		return;
	setting->body = body;
	if (!discard && !reject) {
		score = settings_value(s, setting, &number, setting->value);
		if (!score) {
			setting->outcome = SETTING_DROPPED;
			return;
		}
	}
	settings_put(s, body->node, "@type", setting->key_span,
		     settings_text(s,
				   discard  ? STR("Discard")
				   : reject ? STR("Reject")
					    : STR("Score"),
				   setting->key_span));
	settings_put(s, body->node, "score", setting->span, score);
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, "");
}

static void put_flag(struct settings *s, struct setting *setting, const char *field)
{
	struct node *node = node_new(&s->c->arena, NODE_BOOL, setting->span);

	if (node)
		node->boolean = true;
	settings_put(s, setting->body->node, field, setting->span, node);
}

/* AR, NZ, BAD, or a media type. */
static bool put_extension_word(struct settings *s, struct setting *setting, struct str word,
			       struct node *types)
{
	struct node *type;

	if (str_eq_c(word, "AR")) {
		put_flag(s, setting, "isArchive");
	} else if (str_eq_c(word, "NZ")) {
		put_flag(s, setting, "isNz");
	} else if (str_eq_c(word, "BAD")) {
		put_flag(s, setting, "isBad");
	} else if (word.n && memchr(word.p, '/', word.n)) {
		type = settings_text(s, word, setting->span);
		if (type)
			node_list_append(types, type);
	} else {
		return !word.n;
	}
	return true;
}

static struct str trimmed(struct str s)
{
	while (s.n && *s.p == ' ')
		s = str_from(s, 1);
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* spam-filter.list.file-extensions.EXT = "image/gif|AR|BAD" */
void settings_file_extension(struct settings *s, struct setting *setting)
{
	struct settings_body *body =
		settings_body(s, "SpamFileExtension", setting->id, setting->key_span);
	struct node *types = node_new(&s->c->arena, NODE_LIST, setting->span);
	struct str rest = setting->value;

	if (!body || !types)
		return;
	setting->body = body;
	settings_put(s, body->node, "extension", setting->key_span,
		     settings_text(s, setting->id, setting->key_span));
	settings_end(setting, SETTING_CARRIED, NULL);
	settings_target(s, setting, body, "");
	while (rest.n) {
		const char *bar = memchr(rest.p, '|', rest.n);
		struct str word = {rest.p, bar ? (size_t)(bar - rest.p) : rest.n};

		rest = str_from(rest, bar ? word.n + 1 : word.n);
		if (!put_extension_word(s, setting, trimmed(word), types))
			settings_end(setting, SETTING_CHANGED,
				     "a word of it is neither AR, NZ, BAD nor a media type and "
				     "left out; 0.15 leaves it out as well");
	}
	if (types->list.count)
		settings_put(s, body->node, "contentTypes", setting->span, types);
}

/* The time that trusted replies are remembered; none turned them off. */
void settings_trusted_reply(struct settings *s, struct setting *setting)
{
	struct settings_body *body = settings_body(s, "SpamSettings", STR_NONE, setting->key_span);
	bool none = settings_is_none(setting->value);

	setting->value = none ? STR("false") : STR("true");
	settings_end(setting, none ? SETTING_CARRIED : SETTING_CHANGED,
		     none ? NULL : "0.16 trusts replies, and has no time for how long");
	if (!body || !settings_place(s, setting, body, "trustReplies"))
		setting->outcome = SETTING_DROPPED;
}

/* 0.15 wanted so many messages of either kind before it judged. */
void settings_learns(struct settings *s, struct setting *setting)
{
	struct settings_body *body =
		settings_body(s, "SpamClassifier", STR_NONE, setting->key_span);

	settings_end(setting, SETTING_CHANGED,
		     "also as minSpamSamples; the classifier of 0.16 is another one");
	if (!body || !settings_place(s, setting, body, "minSpamSamples") ||
	    !settings_place(s, setting, body, "minHamSamples"))
		setting->outcome = SETTING_DROPPED;
}
