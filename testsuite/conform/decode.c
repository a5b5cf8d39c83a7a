#include "decode.h"
#include "base/fs.h"
#include "base/num.h"
#include "core/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define INPUT_LIMIT ((size_t)512 * 1024 * 1024)

static void print_list(struct buf *out, const struct node *node, decode_print *print)
{
	buf_putc(out, '[');
	for (const struct node *m = node->list.first; m; m = m->next) {
		if (m != node->list.first)
			buf_putc(out, ',');
		print(out, m);
	}
	buf_putc(out, ']');
}

static void print_map(struct buf *out, const struct node *node, decode_print *print)
{
	buf_putc(out, '{');
	for (const struct node_entry *e = node->map.first; e; e = e->next) {
		if (e != node->map.first)
			buf_putc(out, ',');
		buf_put_json(out, e->key);
		buf_putc(out, ':');
		print(out, e->value);
	}
	buf_putc(out, '}');
}

void decode_print_members(struct buf *out, const struct node *node, decode_print *print)
{
	if (node->kind == NODE_LIST)
		print_list(out, node, print);
	else
		print_map(out, node, print);
}

void decode_print_json(struct buf *out, const struct node *node)
{
	char number[32];

	switch ((enum node_kind)node->kind) {
	case NODE_POISON: buf_puts(out, STR("\"POISON\"")); break;
	case NODE_NULL: buf_puts(out, STR("null")); break;
	case NODE_BOOL: buf_puts(out, node->boolean ? STR("true") : STR("false")); break;
	case NODE_INT:
		buf_printf(out, "%s%" PRIu64, node->negative ? "-" : "", node->magnitude);
		break;
	case NODE_FLOAT:
		num_format_double(node->number, number);
		buf_puts(out, str_c(number));
		break;
	case NODE_STRING: buf_put_json(out, node->string); break;
	case NODE_LIST:
	case NODE_MAP: decode_print_members(out, node, decode_print_json); break;
	}
}

static void report(const struct sources *sources, struct diags *diags)
{
	struct buf text = BUF_INIT;

	diags_sort(diags);
	for (size_t i = 0; i < diags->count; i++)
		render_text(&text, sources, &diags->all[i], false);
	if (!text.failed && text.n > 0)
		fwrite(text.p, 1, text.n, stderr);
	buf_free(&text);
}

static int decode(enum format format, decode_print *print, struct str text, struct arena *arena)
{
	struct sources sources;
	struct diags diags;
	struct hash_key key;
	struct node *root;
	struct buf out = BUF_INIT;
	uint32_t number;
	int status = 2;

	sources_init(&sources, arena);
	diags_init(&diags, arena);
	number = sources_add(&sources, STR("input"), text);
	if (!number || !hash_key_random(&key))
		return status;
	root = reader_whole(format, sources_get(&sources, number), &diags, &key, arena);
	if (root) {
		status = diags_ok(&diags) ? 0 : 1;
		report(&sources, &diags);
	}
	if (status == 0) {
		print(&out, root);
		buf_putc(&out, '\n');
		if (out.failed || fwrite(out.p, 1, out.n, stdout) != out.n)
			status = 2;
	}
	buf_free(&out);
	return status;
}

int decode_main(enum format format, decode_print *print)
{
	struct buf text = BUF_INIT;
	struct fs_error error;
	struct arena arena;
	char why[600];
	int status = 2;

	arena_init(&arena, 0);
	if (fs_read_fd(STDIN_FILENO, "standard input", INPUT_LIMIT, &text, &error)) {
		status = decode(format, print, buf_str(&text), &arena);
	} else {
		fs_error_text(&error, why, sizeof(why));
		fprintf(stderr, "%s\n", why);
	}
	arena_free(&arena);
	buf_free(&text);
	return status;
}
