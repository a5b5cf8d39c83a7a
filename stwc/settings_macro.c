/*
 * Macros of the 0.15 settings (validation.md 6.2): %{env:NAME}%, %{file:/path}%, %{cfg:key}%.
 * A value that is one macro and nothing else stays a reference, because the secrets and texts of
 * 0.16 have one; inside other text it is put in place, as far as that needs no look at this host:
 * the environment is what --env says, never our own, and no file is opened.
 */
#include "stwc/settings.h"

#include "base/buf.h"

#define DEPTH_LIMIT 10
/* Bytes that the macros of one file may stand for, in all: ten levels of ten macros each would be
 * more than anybody has memory for. */
#define WORK_LIMIT ((size_t)64 * 1024 * 1024)

struct expansion {
	struct settings *s;
	struct setting *setting;
	unsigned depth;
};

static bool expand(struct expansion *e, struct str text, struct buf *out);

static struct str keep(struct settings *s, const struct buf *buf)
{
	return arena_str(&s->c->arena, buf_str(buf));
}

static bool explain(struct expansion *e, const char *what, struct str name, const char *advice)
{
	e->setting->why = arena_printf(&e->s->c->arena, "%s%.*s%s", what, STR_ARG(name), advice);
	return false;
}

static bool is_affordable(struct expansion *e, size_t bytes)
{
	if (bytes < WORK_LIMIT - e->s->macro_work) {
		e->s->macro_work += bytes + 1;
		return true;
	}
	e->s->macro_work = WORK_LIMIT - 1;
	return explain(e, "the macros of the file stand for too much text", STR_NONE, "");
}

static const struct str *variable(const struct settings *s, struct str name)
{
	const struct compile_options *o = &s->c->options;
	size_t i;

	for (i = o->env_count; i > 0; i--) {
		if (str_eq(o->env[i - 1].name, name))
			return &o->env[i - 1].value;
	}
	return NULL;
}

/* Behind "%{", the length up to the "}%" that belongs to it; 0: there is none. */
static size_t macro_length(struct str text)
{
	size_t depth = 1, i;

	for (i = 0; i + 1 < text.n; i++) {
		if (text.p[i] == '%' && text.p[i + 1] == '{') {
			depth++;
			i++;
		} else if (text.p[i] == '}' && text.p[i + 1] == '%') {
			if (--depth == 0)
				return i;
			i++;
		}
	}
	return 0;
}

static bool from_key(struct expansion *e, struct str key, struct buf *out)
{
	struct setting *other = map_get(&e->s->keys, key);
	struct expansion inner = {e->s, e->setting, e->depth + 1};

	if (!other)
		return explain(e, "%{cfg:", key, "}% names a key that is not in the file");
	if (e->depth >= DEPTH_LIMIT)
		return explain(e, "%{cfg:", key, "}% leads in a circle");
	if (other->reference != REFERENCE_NONE)
		return explain(e, "%{cfg:", key, "}% names a key that is a macro itself");
	if (!expand(&inner, other->value, out))
		return false;
	if (other->outcome == SETTING_UNKNOWN) /* a name of the operator's own */
		settings_end(other, SETTING_NEEDLESS, "it stands where %{cfg:…}% names it");
	return true;
}

/* One macro, between its braces, inside other text. */
static bool in_text(struct expansion *e, struct str macro, struct buf *out)
{
	struct str env = STR("env:"), cfg = STR("cfg:"), file = STR("file:");
	const struct str *value;

	if (str_starts(macro, cfg))
		return from_key(e, str_from(macro, cfg.n), out);
	if (str_starts(macro, file))
		return explain(e, "the contents of ", str_from(macro, file.n),
			       " belong here, and 0.16 has no reference to a file in this place");
	if (!str_starts(macro, env))
		return explain(e, "%{", macro, "}% is no macro of 0.15");
	if (macro.n == env.n)
		return explain(e, "%{", macro, "}% names no variable");
	value = variable(e->s, str_from(macro, env.n));
	if (!value)
		return explain(e, "0.16 has no reference to the environment here; give --env ",
			       str_from(macro, env.n), "=VALUE");
	if (!is_affordable(e, value->n))
		return false;
	buf_puts(out, *value);
	return true;
}

static bool expand(struct expansion *e, struct str text, struct buf *out)
{
	if (!is_affordable(e, text.n))
		return false;
	while (text.n) {
		size_t n = str_starts(text, STR("%{")) ? macro_length(str_from(text, 2)) : 0;
		struct buf inner = BUF_INIT;
		bool ok;

		if (!n) {
			buf_putc(out, *text.p);
			text = str_from(text, 1);
			continue;
		}
		if (e->depth >= DEPTH_LIMIT)
			return explain(e, "its macros are too deep, or lead in a circle", STR_NONE,
				       "");
		e->depth++;
		ok = expand(e, (struct str){text.p + 2, n}, &inner) && !inner.failed &&
		     in_text(e, buf_str(&inner), out);
		e->depth--;
		buf_free(&inner);
		if (!ok)
			return false;
		text = str_from(text, n + 4);
	}
	return true;
}

/* The value is one macro: a reference, whose name may have macros inside. */
static bool as_reference(struct settings *s, struct setting *setting, struct str macro)
{
	struct str env = STR("env:"), file = STR("file:");
	bool is_file = str_starts(macro, file);
	struct expansion e = {s, setting, 0};
	struct buf name = BUF_INIT;
	bool ok = expand(&e, str_from(macro, is_file ? file.n : env.n), &name);

	if (ok && !name.n)
		ok = explain(&e, "%{", macro, "}% names nothing");
	if (ok) {
		setting->reference = is_file ? REFERENCE_FILE : REFERENCE_ENVIRONMENT;
		setting->value = keep(s, &name);
		if (is_file && str_starts(setting->value, STR("//")))
			setting->value = str_from(setting->value, 2);
	}
	buf_free(&name);
	return ok;
}

/* "{{ place }}" of Jinja and its like, "${PLACE}" of envsubst. */
static bool is_template(struct str s)
{
	static const char *const marks[][2] = {{"{{", "}}"}, {"${", "}"}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(marks) && s.n; i++) {
		const char *open = memmem(s.p, s.n, marks[i][0], 2);

		if (open &&
		    memmem(open, s.n - (size_t)(open - s.p), marks[i][1], strlen(marks[i][1])))
			return true;
	}
	return false;
}

bool settings_expand(struct settings *s, struct setting *setting)
{
	struct str value = setting->value, cfg = STR("cfg:");
	struct expansion e = {s, setting, 0};
	struct buf out = BUF_INIT;
	bool ok = true;

	if (is_template(value))
		return explain(&e, "", STR_NONE,
			       "it is a template: another program must fill it in first");
	if (!value.n || !memmem(value.p, value.n, "%{", 2))
		return true;
	while (str_starts(value, STR("%{")) && macro_length(str_from(value, 2)) + 4 == value.n) {
		struct str macro = {value.p + 2, value.n - 4};
		struct setting *other;

		if (str_starts(macro, STR("env:")) || str_starts(macro, STR("file:")))
			return as_reference(s, setting, macro);
		other = str_starts(macro, cfg) ? map_get(&s->keys, str_from(macro, cfg.n)) : NULL;
		if (!other || ++e.depth > DEPTH_LIMIT)
			break;
		if (other->reference != REFERENCE_NONE) {
			setting->reference = other->reference;
			setting->value = other->value;
			return true;
		}
		value = other->value;
		if (other->outcome == SETTING_UNKNOWN)
			settings_end(other, SETTING_NEEDLESS, "it stands where %{cfg:…}% names it");
	}
	e.depth = 0;
	ok = expand(&e, value, &out);
	if (ok)
		setting->value = keep(s, &out);
	buf_free(&out);
	return ok;
}

bool settings_literal(struct settings *s, struct setting *setting)
{
	struct expansion e = {s, setting, 0};
	const struct str *value;

	if (setting->reference == REFERENCE_NONE)
		return true;
	if (setting->reference == REFERENCE_FILE)
		return explain(&e, "the contents of ", setting->value,
			       " belong here, and 0.16 has no reference to a file in this place");
	value = variable(s, setting->value);
	if (!value)
		return explain(&e, "0.16 has no reference to the environment here; give --env ",
			       setting->value, "=VALUE");
	setting->value = *value;
	setting->reference = REFERENCE_NONE;
	return true;
}
