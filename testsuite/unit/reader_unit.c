#include "reader_unit.h"

#include "base/buf.h"
#include "testsuite/conform/decode.h"

int reader_unit_start(void **state)
{
	struct reader_unit *u = calloc(1, sizeof(*u));

	if (!u || !hash_key_random(&u->key))
		return -1;
	arena_init(&u->arena, 0);
	arena_init(&u->scratch, 0);
	*state = u;
	return 0;
}

int reader_unit_finish(void **state)
{
	struct reader_unit *u = *state;

	arena_free(&u->arena);
	arena_free(&u->scratch);
	free(u->text);
	free(u);
	return 0;
}

void unit_source(struct reader_unit *u, struct str text)
{
	char *copy = malloc(text.n ? text.n : 1);

	assert_non_null(copy);
	if (text.n)
		memcpy(copy, text.p, text.n);
	free(u->text);
	u->text = copy;
	arena_reset(&u->arena);
	arena_reset(&u->scratch);
	sources_init(&u->sources, &u->arena);
	diags_init(&u->diags, &u->arena);
	u->source = sources_get(&u->sources,
				sources_add(&u->sources, STR("t"), (struct str){copy, text.n}));
	assert_non_null(u->source);
}

struct node *unit_whole(struct reader_unit *u, enum format format, struct str text)
{
	struct node *node;

	unit_source(u, text);
	node = reader_whole(format, u->source, &u->diags, &u->key, &u->arena);
	assert_non_null(node);
	return node;
}

static void dump_codes(struct reader_unit *u, struct buf *out)
{
	diags_sort(&u->diags);
	for (size_t i = 0; i < u->diags.count; i++) {
		const struct diag *d = &u->diags.all[i];
		struct position at = source_position(u->source, d->span.begin);

		assert_int_equal(d->span.source, u->source->number);
		assert_true(d->span.begin <= d->span.end && d->span.end <= u->source->text.n);
		buf_printf(out, "%s%s %u:%u", i ? ", " : "", diag_code_info(d->code)->word, at.line,
			   at.column);
	}
}

void unit_reports(struct reader_unit *u, enum format format, const char *text, const char *codes)
{
	struct buf found = BUF_INIT;

	(void)unit_whole(u, format, str_c(text));
	dump_codes(u, &found);
	assert_str(buf_str(&found), codes);
	assert_int_equal(diags_ok(&u->diags), *codes == '\0');
	buf_free(&found);
}

void unit_gives(struct reader_unit *u, enum format format, const char *text, const char *json)
{
	const struct node *node = unit_whole(u, format, str_c(text));
	struct buf found = BUF_INIT;

	dump_codes(u, &found);
	assert_str(buf_str(&found), "");
	decode_print_json(&found, node);
	assert_str(buf_str(&found), json);
	buf_free(&found);
}

struct str unit_span(const struct reader_unit *u, struct span span)
{
	assert_int_equal(span.source, u->source->number);
	assert_true(span.begin <= span.end && span.end <= u->source->text.n);
	return (struct str){u->source->text.p + span.begin, span.end - span.begin};
}

static void dump_element(const struct reader_element *e, struct buf *out)
{
	if (e->has_key)
		buf_puts(out, e->key);
	if (e->has_sub_key)
		buf_printf(out, "/%.*s", STR_ARG(e->sub_key));
	if (e->is_member || !e->has_key)
		buf_printf(out, "#%zu", e->ordinal);
	if (e->container_only)
		buf_putc(out, '!');
	buf_putc(out, ' ');
	decode_print_json(out, e->value);
	buf_putc(out, '\n');
}

void unit_elements(struct reader_unit *u, enum format format, const struct reader_policy *policy,
		   const char *text, const char *expected)
{
	struct reader *r;
	struct reader_element e;
	struct buf found = BUF_INIT;
	enum reader_status status;

	unit_source(u, str_c(text));
	r = reader_open(format, u->source, &u->diags, &u->key, policy);
	assert_non_null(r);
	while ((status = reader_next(r, &u->scratch, &u->scratch, &e)) == READER_ELEMENT) {
		assert_non_null(e.value);
		dump_element(&e, &found);
		arena_reset(&u->scratch);
	}
	assert_int_equal(status, READER_END);
	assert_str(buf_str(&found), expected);
	assert_int_equal(reader_next(r, &u->scratch, &u->scratch, &e), READER_END);
	reader_close(r);
	buf_free(&found);
}

void unit_offsets(struct reader_unit *u, enum format format, const char *text, const char *path,
		  const char *places)
{
	const struct node *node = unit_whole(u, format, str_c(text));

	assert_true(diags_ok(&u->diags));
	if (*path)
		node = node_map_get(node, str_c(path));
	assert_non_null(node);
	assert_int_equal(node->kind, NODE_STRING);
	assert_int_equal(node->string.n, strlen(places));
	for (size_t i = 0; i <= node->string.n; i++) {
		uint32_t at = reader_string_offset(format, u->source, node, i);

		assert_in_range(at, node->span.begin, node->span.end);
		if (i < node->string.n)
			assert_int_equal(u->source->text.p[at], places[i]);
	}
}
