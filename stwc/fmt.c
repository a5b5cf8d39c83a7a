/*
 * Canonical spelling, as edits on the text: comments stay, and nothing is printed anew but single
 * values. First values that have several spellings get the one of `convert`, then the layout of the
 * format is applied, and the result is read again: if a reader would give anything else, nothing is
 * changed. Plans and requests are for a server, which knows one spelling: only their layout
 * changes.
 */
#include "stwc/fmt.h"

#include <stdlib.h>

#include "grammar/layout.h"
#include "stwc/state.h"
#include "stwc/view_node.h"
#include "stwc/view_write.h"
#include "stwc/walk.h"

struct edit {
	uint32_t begin, end;
	struct str text;
};

struct speller {
	struct compilation *c;
	const struct source *source;
	struct str text;
	enum format format;
	struct arena arena;
	struct view_nodes nodes;
	struct edit *edits;
	size_t count, cap;
	struct span outer; /* of the object that was visited last */
	bool failed;
};

static bool is_quote(char ch)
{
	return ch == '"' || ch == '\'';
}

/* Is the text in the source this one already, in quotes or without? */
static bool is_spelt(struct str slice, const struct node *node)
{
	if (node->kind != NODE_STRING)
		return false;
	if (slice.n >= 2 && is_quote(slice.p[0]) && slice.p[slice.n - 1] == slice.p[0])
		slice = (struct str){slice.p + 1, slice.n - 2};
	return str_eq(slice, node->string);
}

/* Has the value several spellings, of which this may be another than the canonical one? Short
 * forms stand for what is written in braces; a table of its own stays one. */
static bool has_spellings(const struct value *value, struct str slice)
{
	const struct value *only;

	switch ((enum value_kind)value->kind) {
	case VALUE_UNSIGNED:
		return value->type &&
		       (value->type->kind == TYPE_DURATION || value->type->kind == TYPE_SIZE);
	case VALUE_OBJECT:
		return slice.p[0] == '{' && value->object.structure &&
		       strcmp(value->object.structure->name, "Rate") == 0;
	case VALUE_SEQUENCE:
		if (!value->type || value->type->kind != TYPE_SET)
			return false;
		only = value->sequence.count == 1 ? value->sequence.items[0] : NULL;
		return slice.p[0] == '{' || (only && only->span.begin == value->span.begin &&
					     only->span.end == value->span.end);
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_SIGNED:
	case VALUE_FLOAT:
	case VALUE_STRING:
	case VALUE_ENUM:
	case VALUE_REFERENCE:
	case VALUE_DATE:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
	case VALUE_SOCKET:
	case VALUE_MAP: break;
	}
	return false;
}

static void add_edit(struct speller *s, struct span span, struct buf *text)
{
	struct edit edit = {span.begin, span.end, arena_str(&s->arena, buf_str(text))};

	if (text->failed || !edit.text.p ||
	    !state_grow((void **)&s->edits, &s->cap, s->count, sizeof(*s->edits)))
		s->failed = true;
	else
		s->edits[s->count++] = edit;
	buf_free(text);
}

static void visit(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct speller *s = ctx;
	struct span span = value->span;
	struct str slice = {s->text.p + span.begin, span.end - span.begin};
	struct buf text = BUF_INIT;
	const struct node *node;

	if (value->kind == VALUE_OBJECT)
		s->outer = span;
	else if (span.begin == s->outer.begin && span.end == s->outer.end)
		return; /* a part of a short form, such as the 1d of "100/1d" */
	if (span.source != s->source->number || span.end <= span.begin || span.end > s->text.n ||
	    memchr(slice.p, '\n', slice.n) || !has_spellings(value, slice))
		return;
	node = view_node(&s->nodes, value);
	if (!node) {
		s->failed = true;
		return;
	}
	if (is_spelt(slice, node) || (value->kind == VALUE_OBJECT && node->kind != NODE_STRING))
		return;
	text.secret = true;
	if (s->format == FORMAT_TOML)
		view_toml_inline(&text, node);
	else
		view_json_inline(&text, node);
	if (str_eq(buf_str(&text), slice))
		buf_free(&text);
	else
		add_edit(s, span, &text);
}

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end; /* the outer one first */
}

/* The text with all edits; one inside of another is part of it already. */
static void apply(struct speller *s, struct buf *out)
{
	uint32_t at = 0;
	size_t i;

	if (s->count)
		qsort(s->edits, s->count, sizeof(*s->edits), by_place);
	for (i = 0; i < s->count; i++) {
		const struct edit *edit = &s->edits[i];

		if (edit->begin < at)
			continue;
		buf_put(out, s->text.p + at, edit->begin - at);
		buf_puts(out, edit->text);
		at = edit->end;
	}
	buf_put(out, s->text.p + at, s->text.n - at);
}

/* Is each value of the source one place of its own? An anchor gives one text to several. */
static bool is_plain(const struct speller *s)
{
	return s->format != FORMAT_YAML || !memchr(s->text.p, '&', s->text.n);
}

static bool spell(struct compilation *c, const struct source *source, enum format format,
		  struct buf *out)
{
	struct speller s = {.c = c,
			    .source = source,
			    .text = source_text(source),
			    .format = format,
			    .nodes = {.arena = &s.arena,
				      .key = &c->hash_key,
				      .shapes = SHAPES_OWN,
				      .reveal = true}};
	struct walk walk = {visit, &s, 0};
	bool own = source_shapes(c, source->number, SHAPES_OWN) == SHAPES_OWN;
	size_t i;

	arena_init(&s.arena, 16 * 1024);
	for (i = 0; own && is_plain(&s) && i < c->object_count; i++)
		walk_object(&walk, &c->objects[i]->body, NULL);
	apply(&s, out);
	free(s.edits);
	s.failed = s.failed || s.arena.failed || out->failed;
	arena_free(&s.arena);
	return !s.failed;
}

static struct node *read_text(struct compilation *c, enum format format, struct str text,
			      struct diags *diags)
{
	uint32_t number = sources_add(&c->sources, STR("(formatted)"), text);

	diags_init(diags, &c->arena);
	return number ? reader_whole(format, sources_get(&c->sources, number), diags, &c->hash_key,
				     &c->arena)
		      : NULL;
}

/* Lays out what is spelt, and reads both again. */
static enum fmt_result lay_out(struct compilation *c, enum format format, struct str spelt,
			       struct buf *out)
{
	struct node *before, *after;
	struct diags diags;

	before = read_text(c, format, spelt, &diags);
	if (!before)
		return FMT_NO_MEMORY;
	if (!diags_ok(&diags))
		return FMT_CHANGES;
	if (!layout_text(format, spelt, before, out))
		return FMT_NO_MEMORY;
	after = read_text(c, format, buf_str(out), &diags);
	if (!after)
		return FMT_NO_MEMORY;
	return diags_ok(&diags) && node_same(before, after) ? FMT_DONE : FMT_CHANGES;
}

bool fmt_can_read(const struct compilation *c)
{
	return c->state && c->state->text_count && sources_get(&c->sources, 1) &&
	       c->state->texts[0].format != FORMAT_NONE;
}

enum fmt_result fmt_source(struct compilation *c, struct buf *out)
{
	const struct source *source = sources_get(&c->sources, 1);
	enum format format = c->state->texts[0].format;
	struct buf spelt = BUF_INIT;
	enum fmt_result result;
	struct diags diags;

	if (format == FORMAT_NONE || format == FORMAT_SETTINGS)
		return FMT_NO_LAYOUT;
	diags_init(&diags, &c->arena);
	if (!reader_whole(format, source, &diags, &c->hash_key, &c->arena))
		return FMT_NO_MEMORY;
	if (!diags_ok(&diags)) {
		c->diags = diags;
		return FMT_BROKEN;
	}
	spelt.secret = true;
	out->secret = true;
	result = spell(c, source, format, &spelt) ? lay_out(c, format, buf_str(&spelt), out)
						  : FMT_NO_MEMORY;
	buf_free(&spelt);
	return result;
}
