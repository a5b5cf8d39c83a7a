/*
 * The 0.15 settings as objects (validation.md 6). A file is a flat map from keys to text; what a
 * key means stands in schemas/settings-0.15.def, and what a text means follows from the type of
 * the field that it goes to. The way of a file:
 *
 *     keys           collected as they are read; blocked and allowed addresses, of which there
 *                    may be a million, become objects at once
 *     macros         settings_macro.c: references stay, the others are put in place
 *     rows           settings_table.c: the row of each key, or a suggestion; what an earlier
 *                    compilation refused (settings_retry.c) ends here
 *     kinds          rows that choose a @type come first, since the others depend on it
 *     places         settings_place.c puts values where the row says; then the late rows, which
 *                    need to know the objects: stores, directories, signatures, domains
 *     finish         settings_finish.c: what is missing, what must be given up
 *     objects        to the drafts, like those of any other dialect
 *
 * Invariants: every key ends with an outcome and, unless it was simply carried, a reason; nothing
 * is lost in silence. No file is opened and no variable read: --env gives what is needed.
 */
#include "stwc/settings.h"

void settings_end(struct setting *setting, enum setting_outcome outcome, const char *why)
{
	setting->outcome = outcome;
	setting->why = str_c(why);
}

void settings_target(struct settings *s, struct setting *setting, const struct settings_body *body,
		     const char *path)
{
	struct str name = settings_name(s, body->type_name, body->id);
	struct str text =
		arena_printf(&s->c->arena, "%.*s%s%s", STR_ARG(name), *path ? "/" : "", path);
	size_t i;

	setting->target = text;
	for (i = name.n; text.p && i < text.n; i++) {
		if (text.p[i] == '.')
			((char *)text.p)[i] = '/';
	}
}

/* Those of an earlier compilation that are of this file. */
static bool take_refusals(struct settings *s)
{
	const struct compile_options *o = &s->c->options;
	size_t i;

	for (i = 0; i < o->refusal_count; i++) {
		if (o->refusals[i].source == s->file->source->number &&
		    !map_put(&s->refusals, o->refusals[i].key, (void *)&o->refusals[i]))
			return false;
	}
	return true;
}

static bool start(struct file *file)
{
	struct settings *s = file->settings;

	if (s)
		return true;
	s = ARENA_NEW(&file->c->arena, struct settings);
	if (!s)
		return false;
	s->file = file;
	s->c = file->c;
	map_init(&s->keys, &file->c->hash_key, &file->c->arena);
	map_init(&s->bodies, &file->c->hash_key, &file->c->arena);
	map_init(&s->refusals, &file->c->hash_key, &file->c->arena);
	if (!settings_index(s) || !take_refusals(s))
		return false;
	s->next = file->c->state->settings;
	file->c->state->settings = s;
	file->c->settings_files++;
	file->settings = s;
	return true;
}

static struct setting *collect(struct settings *s, const struct reader_element *element)
{
	struct setting *setting = ARENA_NEW(&s->c->arena, struct setting);
	struct str key = draft_keep_str(s->c, element->key, s->file->source);
	struct str value = draft_keep_str(s->c, element->value->string, s->file->source);

	if (!setting || (key.n && !key.p) || (value.n && !value.p))
		return NULL;
	setting->key = key;
	setting->value = value;
	setting->key_span = element->key_span;
	setting->span = element->value->span;
	return map_put(&s->keys, key, setting) ? setting : NULL;
}

/* Why an earlier compilation refused the setting; NULL: it did not. */
static const struct compile_refusal *refusal_of(const struct settings *s,
						const struct setting *setting)
{
	return s->refusals.count ? map_get(&s->refusals, setting->key) : NULL;
}

/* A blocked or allowed address: the key is the address. */
static bool give_address(struct file *file, const char *type, struct str address,
			 const struct reader_element *element)
{
	struct settings *s = file->settings;
	struct node *body = settings_map(s, NULL, element->key_span);
	struct draft offer = {.span = element->key_span, .body = body};

	settings_put(s, body, "address", element->key_span,
		     settings_text(s, address, element->key_span));
	if (!body || file->c->arena.failed)
		return false;
	offer.type = schema_object_find(file->c->schema, str_c(type));
	if (file->c->options.report) {
		struct setting *setting = collect(s, element);
		const struct compile_refusal *refusal = setting ? refusal_of(s, setting) : NULL;

		if (!setting)
			return false;
		settings_end(setting, SETTING_CARRIED, NULL);
		setting->target =
			settings_name(s, type, str_from(setting->key, element->key.n - address.n));
		if (refusal) {
			setting->outcome = SETTING_DROPPED;
			setting->why = refusal->why;
			return true;
		}
	}
	return file_object(file, &offer, NULL);
}

/* Headers lose their case, so that [security] of 0.14 and [Security] look alike but for the text.
 */
static bool is_own_form(const struct file *file, struct str key)
{
	const struct schema_object *type = NULL;
	struct str word = {key.p, 0}, text = file->source->text, header;
	size_t i;

	if (!dialect_is_own_key(file->c->schema, key))
		return false;
	while (word.n < key.n && key.p[word.n] != '.')
		word.n++;
	for (i = 0; i < file->c->schema->object_count && !type; i++) {
		if (str_eq_ascii_case(word, str_c(file->c->schema->objects[i].name)))
			type = &file->c->schema->objects[i];
	}
	if (!type || str_eq_c(word, type->name))
		return type != NULL;
	header = arena_printf(&file->c->scratch, "[%s", type->name);
	return header.n && text.n && memmem(text.p, text.n, header.p, header.n);
}

/* Said once: each of its keys would be one more of the same. */
static void refuse_own_form(struct file *file, const struct reader_element *element)
{
	struct settings *s = file->settings;

	if (s->own_form)
		return;
	s->own_form = true;
	if (s->keys.count || file->c->options.from != FORMAT_SETTINGS)
		diag_add(&file->c->diags, DIAG_WRONG_ROOT, element->key_span,
			 "'%.*s' is stw's own form, but the file begins as 0.15 settings",
			 STR_ARG(element->key));
	else
		diag_add(&file->c->diags, DIAG_WRONG_ROOT, element->key_span,
			 "the file is in stw's own form: objects of 0.16, not 0.15 settings%s",
			 file->c->options.report ? "; there is nothing to migrate" : "");
}

bool dialect_settings(struct file *file, const struct reader_element *element)
{
	struct str key = element->key;
	struct str blocked = STR("server.blocked-ip."), allowed = STR("server.allowed-ip.");

	if (!start(file))
		return false;
	if (element->value->kind != NODE_STRING)
		return true;
	if (is_own_form(file, key)) {
		refuse_own_form(file, element);
		return true;
	}
	if (!element->value->string.n && str_starts(key, blocked))
		return give_address(file, "BlockedIp", str_from(key, blocked.n), element);
	if (!element->value->string.n && str_starts(key, allowed))
		return give_address(file, "AllowedIp", str_from(key, allowed.n), element);
	return collect(file->settings, element) != NULL;
}

/* The type and the path of a row: "Type@Variant.field.field". */
static struct settings_body *body_of(struct settings *s, struct setting *setting,
				     const struct settings_row *row, const char **path)
{
	const char *dot = strchr(row->path, '.'), *at = strchr(row->path, '@');
	size_t n = at && at < dot ? (size_t)(at - row->path) : (size_t)(dot - row->path);
	struct str type = arena_str(&s->c->arena, (struct str){row->path, n});
	struct settings_body *body =
		type.p ? settings_body(s, type.p, setting->id, setting->key_span) : NULL;

	*path = dot + 1;
	if (body && at && at + 1 < dot && at[1] != '\0' && !node_map_find(body->node, STR("@type")))
		settings_put(s, body->node, "@type", setting->key_span,
			     settings_text(s, (struct str){at + 1, (size_t)(dot - at) - 1},
					   setting->key_span));
	return body;
}

static bool chooses_kind(const struct setting *setting)
{
	const char *path = setting->row ? setting->row->path : NULL;

	return path && str_ends(str_c(path), STR("@type"));
}

/* Tries the rows of the key until one has a place. */
static void place(struct settings *s, struct setting *setting)
{
	const struct settings_row *row = setting->row;
	struct settings_body *body = NULL;
	const char *path;

	setting->outcome = row->outcome;
	setting->why = str_c(row->why);
	if (!row->path)
		return;
	for (; row; row = settings_next_row(row)) {
		body = body_of(s, setting, row, &path);
		if (!body)
			return;
		setting->row = row;
		setting->outcome = row->outcome;
		if (settings_place(s, setting, body, path)) {
			setting->why = str_c(row->why);
			return;
		}
	}
	if (setting->outcome != SETTING_NEEDLESS)
		setting->outcome = SETTING_DROPPED;
	if (chooses_kind(setting) && strcmp(path, "@type") == 0) {
		body->needless = setting->outcome == SETTING_NEEDLESS;
		if (setting->outcome == SETTING_DROPPED)
			body->dropped = setting->why;
	}
}

static void default_kind(struct settings *s, struct setting *setting)
{
	const char *path = setting->row->path, *dot = path ? strchr(path, '.') : NULL;
	const struct settings_group *group;
	struct str type;
	struct settings_body *body;

	if (!dot || !setting->id.n)
		return;
	type = arena_str(&s->c->scratch, (struct str){path, (size_t)(dot - path)});
	group = type.p ? settings_group_of(type.p, setting->key) : NULL;
	if (!group || !*group->variant)
		return;
	body = settings_body(s, group->type, setting->id, setting->key_span);
	if (body && !body->dropped.n && !body->needless && !node_map_find(body->node, STR("@type")))
		settings_put(s, body->node, "@type", setting->key_span,
			     settings_text(s, str_c(group->variant), setting->key_span));
}

enum pass { PASS_KINDS, PASS_ROWS, PASS_LATE };

static void run(struct settings *s, enum pass pass)
{
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome != SETTING_OPEN)
			continue;
		if ((pass == PASS_KINDS) != chooses_kind(setting) ||
		    (pass == PASS_ROWS && setting->row->late))
			continue;
		if (pass != PASS_KINDS)
			default_kind(s, setting);
		if (setting->row->special)
			setting->row->special(s, setting);
		else
			place(s, setting);
	}
}

/* The key without the ".0000.then" of an expression's part. */
static struct str whole_of(const struct setting *setting)
{
	return (struct str){setting->key.p, setting->key.n - setting->tail.n};
}

/* Is it ".0000.then" or its like, and no member of a list? */
static bool is_part(const struct setting *setting)
{
	return setting->tail.n && memchr(setting->tail.p + 1, '.', setting->tail.n - 1);
}

/* An expression is given whole or not at all: the other parts of those that are in the map. */
static void end_expressions(struct settings *s, const struct map *ended, const char *why)
{
	size_t i;

	for (i = 0; i < s->keys.count && ended->count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome == SETTING_OPEN && is_part(setting) &&
		    map_has(ended, whole_of(setting)))
			settings_end(setting, SETTING_DROPPED, why);
	}
}

/* A key that is unknown, or stands below one that takes a value. */
static void end_unknown(struct settings *s, struct setting *setting)
{
	if (!settings_find_above(s, setting)) {
		settings_end(setting, SETTING_UNKNOWN, "0.15 has no such key");
		return;
	}
	setting->outcome = SETTING_DROPPED;
	setting->why = arena_printf(&s->c->arena, "0.15 reads nothing of that name below %s",
				    setting->row->key);
}

static void find_rows(struct settings *s)
{
	struct map ended;
	size_t i;

	map_init(&ended, &s->c->hash_key, &s->c->arena);
	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome != SETTING_OPEN)
			continue;
		if (!settings_find(s, setting))
			end_unknown(s, setting);
	}
	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome == SETTING_DROPPED && setting->tail.n &&
		    !map_put(&ended, whole_of(setting), setting))
			return; /* the arena says so in the end */
	}
	end_expressions(s, &ended,
			"0.15 refuses the expression for words that it does not know, and goes by "
			"its default");
}

/* What there is of an expression so far. */
struct conditions {
	size_t ifs, thens, elses;
	bool late; /* an "if" behind the "else" */
};

/* Why 0.15 refuses the expression (validation.md 6.2); NULL: it does not. */
static const char *fault_of(const struct conditions *x)
{
	if (x->elses != 1)
		return x->elses ? "0.15 refuses an expression with two 'else', and goes by its "
				  "default"
				: "0.15 refuses an expression without an 'else', and goes by its "
				  "default";
	if (x->late)
		return "0.15 refuses an expression whose 'else' does not come last, and goes by "
		       "its "
		       "default";
	return x->ifs == x->thens
		       ? NULL
		       : "0.15 refuses an expression in which an 'if' and a 'then' do not "
			 "go together, and goes by its default";
}

static bool count_condition(const struct settings *s, struct map *all,
			    const struct setting *setting)
{
	struct conditions *x = map_get(all, whole_of(setting));

	if (!x) {
		x = ARENA_NEW(&s->c->arena, struct conditions);
		if (!x || !map_put(all, whole_of(setting), x))
			return false;
	}
	if (str_ends(setting->tail, STR(".if"))) {
		x->late = x->late || x->elses;
		x->ifs++;
	} else if (str_ends(setting->tail, STR(".then"))) {
		x->thens++;
	} else {
		x->elses++;
	}
	return true;
}

/* ".0000.then" and its like */
static bool is_condition(const struct setting *setting)
{
	return setting->outcome == SETTING_OPEN && setting->tail.n &&
	       (str_ends(setting->tail, STR(".if")) || str_ends(setting->tail, STR(".then")) ||
		str_ends(setting->tail, STR(".else")));
}

static void end_malformed(struct settings *s)
{
	struct map all;
	size_t i;

	map_init(&all, &s->c->hash_key, &s->c->arena);
	for (i = 0; i < s->keys.count; i++) {
		if (is_condition(s->keys.entries[i].value) &&
		    !count_condition(s, &all, s->keys.entries[i].value))
			return; /* the arena says so in the end */
	}
	for (i = 0; i < s->keys.count && all.count; i++) {
		struct setting *setting = s->keys.entries[i].value;
		const struct conditions *x =
			is_condition(setting) ? map_get(&all, whole_of(setting)) : NULL;
		const char *fault = x ? fault_of(x) : NULL;

		if (fault)
			settings_end(setting, SETTING_DROPPED, fault);
	}
}

static void end_refused(struct settings *s)
{
	struct map ended;
	size_t i;

	map_init(&ended, &s->c->hash_key, &s->c->arena);
	for (i = 0; i < s->keys.count && s->refusals.count; i++) {
		struct setting *setting = s->keys.entries[i].value;
		const struct compile_refusal *refusal = refusal_of(s, setting);

		if (!refusal || setting->outcome != SETTING_OPEN)
			continue;
		setting->outcome = SETTING_DROPPED;
		setting->why = refusal->why;
		if (setting->tail.n && !map_put(&ended, whole_of(setting), setting))
			return;
	}
	end_expressions(s, &ended, "another part of the expression is refused");
}

static void expand_macros(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		struct setting *setting = s->keys.entries[i].value;

		if (setting->outcome != SETTING_OPEN || setting->row->outcome == SETTING_NEEDLESS ||
		    !setting->row->path)
			continue;
		setting->literal = settings_expand(s, setting);
		/* others look at the late ones, which name what belongs together */
		if (!setting->literal || (setting->row->late && !settings_literal(s, setting)))
			setting->outcome = SETTING_DROPPED;
	}
}

static bool give(struct settings *s, const struct settings_body *body)
{
	struct draft offer = {.type = body->type,
			      .has_client_id = body->id.n > 0,
			      .client_id = body->id,
			      .span = body->span,
			      .rest_elsewhere = body->rest_elsewhere,
			      .body = body->node};

	bool empty =
		!body->node->map.count && !body->added.n && strcmp(body->type_name, "Domain") != 0;

	if (!body->type || body->dropped.n || body->needless || empty)
		return true;
	return file_object(s->file, &offer, NULL);
}

/* The key of a list whose members the file gives in one place: without the number of a member. */
static struct str key_as_written(const struct setting *setting)
{
	struct str key = setting->key;
	size_t digits = 0;

	while (digits < 4 && key.n > digits + 1 && key.p[key.n - 1 - digits] >= '0' &&
	       key.p[key.n - 1 - digits] <= '9')
		digits++;
	if (digits == 4 && key.n > 5 && key.p[key.n - 5] == '.')
		key.n -= 5;
	return key;
}

/* Does the same go for a member of the same list as for the one before? */
static bool is_repeat(const struct setting *setting, const struct setting *before)
{
	return before && setting->key_span.begin == before->key_span.begin &&
	       setting->outcome == before->outcome && str_eq(setting->why, before->why) &&
	       str_eq(key_as_written(setting), key_as_written(before));
}

/* What a check says of the key; `migrate` reports itself. */
static void report(struct settings *s, const struct setting *setting, const struct setting *before)
{
	struct diags *diags = &s->c->diags;
	struct str key = key_as_written(setting), near;
	struct diag *diag;

	if (setting->outcome == SETTING_CARRIED || setting->outcome == SETTING_NEEDLESS ||
	    setting->outcome == SETTING_OPEN || is_repeat(setting, before))
		return;
	diag = diag_add(diags,
			setting->outcome == SETTING_UNKNOWN   ? DIAG_UNKNOWN_SETTING
			: setting->outcome == SETTING_CHANGED ? DIAG_SETTING_CHANGED
							      : DIAG_SETTING_NOT_CARRIED,
			setting->key_span, "'%.*s' %s: %.*s", STR_ARG(key),
			setting->outcome == SETTING_UNKNOWN   ? "is unknown"
			: setting->outcome == SETTING_CHANGED ? "changes"
							      : "is not carried",
			STR_ARG(setting->why));
	if (!diag_kept(diags, diag))
		return;
	diag_path(diags, diag, "%.*s", STR_ARG(key));
	near = setting->outcome == SETTING_UNKNOWN ? settings_suggest(s, setting) : STR_NONE;
	if (near.n)
		diag_hint(diags, diag, "%.*s", STR_ARG(near));
}

/* Is it lost for the reason for which another part of the same expression was? */
static bool is_same_loss(const struct setting *setting, const struct setting *part)
{
	return part && setting->outcome == SETTING_DROPPED && is_part(setting) &&
	       str_eq(setting->why, part->why) && str_eq(whole_of(setting), whole_of(part));
}

static void report_all(struct settings *s)
{
	const struct setting *before = NULL, *part = NULL;
	size_t i;

	for (i = 0; i < s->keys.count; i++) {
		const struct setting *setting = s->keys.entries[i].value;

		if (!is_same_loss(setting, part))
			report(s, setting, before);
		before = setting;
		/* what is said of the first part goes for most of them */
		if (setting->outcome == SETTING_DROPPED && is_part(setting) &&
		    (!part || !str_eq(whole_of(setting), whole_of(part))))
			part = setting;
	}
}

void settings_diagnose(struct compilation *c)
{
	struct settings *s;

	for (s = c->state ? c->state->settings : NULL; s; s = s->next)
		report_all(s);
}

bool dialect_settings_end(struct file *file)
{
	struct settings *s = file->settings;
	size_t i;

	if (!s)
		return true;
	file->volatile_nodes = false; /* what is left was made to stay */
	find_rows(s);
	end_malformed(s);
	end_refused(s);
	expand_macros(s);
	run(s, PASS_KINDS);
	run(s, PASS_ROWS);
	settings_join_replicas(s);
	settings_check_stores(s);
	run(s, PASS_LATE);
	settings_finish(s);
	if (!file->c->options.report)
		report_all(s);
	for (i = 0; i < s->bodies.count && !file->c->arena.failed; i++) {
		if (!give(s, s->bodies.entries[i].value))
			return false;
	}
	return !file->c->arena.failed;
}
