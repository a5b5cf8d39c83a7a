/* Every reader of text: spans stay inside the source, texts are UTF-8, depth has its limit; and the
 * layout of what they take, which changes nothing. */
#include "fuzz.h"

#include "core/render.h"
#include "grammar/layout.h"
#include "grammar/reader.h"

#define SMALL 4096

static void want_span(const struct source *source, struct span span)
{
	FUZZ_WANT(span.source == source->number);
	FUZZ_WANT(span.begin <= span.end && span.end <= source->text.n);
}

static void want_node(enum format format, const struct source *source, const struct node *node,
		      unsigned depth)
{
	FUZZ_WANT(depth <= READER_DEPTH_LIMIT + 2);
	want_span(source, node->span);
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL:
	case NODE_BOOL:
	case NODE_INT:
	case NODE_FLOAT: break;
	case NODE_STRING:
		FUZZ_WANT(fuzz_utf8(node->string));
		if (node->string.n < SMALL) {
			uint32_t at =
				reader_string_offset(format, source, node, node->string.n / 2);

			FUZZ_WANT(at <= source->text.n);
		}
		break;
	case NODE_LIST:
		for (const struct node *m = node->list.first; m; m = m->next)
			want_node(format, source, m, depth + 1);
		break;
	case NODE_MAP:
		for (const struct node_entry *e = node->map.first; e; e = e->next) {
			FUZZ_WANT(fuzz_utf8(e->key));
			want_span(source, e->key_span);
			want_node(format, source, e->value, depth + 1);
		}
		break;
	}
}

static void want_diags(const struct sources *sources, struct diags *diags)
{
	struct render_summary summary = {0, sources->count};
	struct buf out = BUF_INIT;

	FUZZ_WANT(!diags->failed);
	diags_sort(diags);
	for (size_t i = 0; i < diags->count; i++) {
		FUZZ_WANT(diags->all[i].message.n > 0);
		render_text(&out, sources, &diags->all[i], false);
	}
	render_json(&out, sources, diags, &summary);
	FUZZ_WANT(!out.failed && fuzz_utf8(buf_str(&out)));
	buf_free(&out);
}

static bool split_every_other(void *ctx, struct str key)
{
	(void)ctx;
	return key.n % 2 == 0;
}

static void read_elements(enum format format, const struct source *source, struct diags *diags,
			  const struct reader_policy *policy, struct arena *scratch)
{
	static const struct hash_key key = {1, 2};
	struct reader *reader = reader_open(format, source, diags, &key, policy);
	enum reader_status status = READER_ELEMENT;
	struct reader_element element;

	FUZZ_WANT(reader);
	while (status == READER_ELEMENT) {
		status = reader_next(reader, scratch, scratch, &element);
		FUZZ_WANT(status != READER_FAILED);
		if (status == READER_ELEMENT)
			want_node(format, source, element.value, 0);
		if (format == FORMAT_JSON || format == FORMAT_NDJSON)
			arena_reset(scratch);
	}
	/* what is hidden was said */
	FUZZ_WANT(!reader_incomplete(reader) || !diags_ok(diags));
	reader_close(reader);
}

static void run(enum format format, const uint8_t *data, size_t n, bool split)
{
	const struct reader_policy policy = {.split = split_every_other};
	struct arena arena, scratch;
	struct sources sources;
	struct diags diags;
	uint32_t number;

	arena_init(&arena, 0);
	arena_init(&scratch, 0);
	sources_init(&sources, &arena);
	diags_init(&diags, &arena);
	number = sources_add(&sources, STR("input"), (struct str){(const char *)data, n});
	FUZZ_WANT(number);
	read_elements(format, sources_get(&sources, number), &diags, split ? &policy : NULL,
		      &scratch);
	want_diags(&sources, &diags);
	arena_free(&scratch);
	arena_free(&arena);
}

static struct node *whole(struct sources *sources, enum format format, struct str text,
			  struct arena *arena)
{
	static const struct hash_key key = {3, 4};
	uint32_t number = sources_add(sources, STR("input"), text);
	struct node *node;
	struct diags diags;

	FUZZ_WANT(number);
	diags_init(&diags, arena);
	node = reader_whole(format, sources_get(sources, number), &diags, &key, arena);
	FUZZ_WANT(node);
	return diags_ok(&diags) ? node : NULL;
}

/* What is laid out reads as before, and is laid out as it is. */
static void lay_out(enum format format, const uint8_t *data, size_t n)
{
	struct str text = {(const char *)data, n};
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct sources sources;
	struct arena arena;
	const struct node *before, *after;

	arena_init(&arena, 0);
	sources_init(&sources, &arena);
	before = whole(&sources, format, text, &arena);
	if (before) {
		FUZZ_WANT(layout_text(format, text, before, &once));
		after = whole(&sources, format, buf_str(&once), &arena);
		FUZZ_WANT(after && node_same(before, after));
		FUZZ_WANT(layout_text(format, buf_str(&once), after, &twice));
		FUZZ_WANT(str_eq(buf_str(&once), buf_str(&twice)));
	}
	buf_free(&once);
	buf_free(&twice);
	arena_free(&arena);
}

static void both(enum format format, const uint8_t *data, size_t n)
{
	run(format, data, n, false);
	run(format, data, n, true);
	if (format != FORMAT_SETTINGS)
		lay_out(format, data, n);
}

void fuzz_toml(const uint8_t *data, size_t n)
{
	both(FORMAT_TOML, data, n);
}

void fuzz_json(const uint8_t *data, size_t n)
{
	both(FORMAT_JSON, data, n);
}

void fuzz_ndjson(const uint8_t *data, size_t n)
{
	both(FORMAT_NDJSON, data, n);
}

void fuzz_yaml(const uint8_t *data, size_t n)
{
	both(FORMAT_YAML, data, n);
}

void fuzz_settings(const uint8_t *data, size_t n)
{
	both(FORMAT_SETTINGS, data, n);
}
