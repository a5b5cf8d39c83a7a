/* Reading small files of our own: whole, with a diagnostic for every mistake in them. */
#include "stwc/sheet.h"

#include "core/suggest.h"

#define SHEET_LIMIT ((size_t)16 * 1024 * 1024)

bool sheet_read(struct sheet *sheet, const char *path, struct fs_error *error)
{
	enum format format = format_of_name(str_c(path));
	const struct node *root;
	uint32_t number;

	*sheet = (struct sheet){.text = BUF_INIT};
	fs_error_set(error, 0, "keep", path);
	arena_init(&sheet->arena, 16 * 1024);
	sources_init(&sheet->sources, &sheet->arena);
	diags_init(&sheet->diags, &sheet->arena);
	if (!fs_read_file(path, SHEET_LIMIT, &sheet->text, error))
		return false;
	number = hash_key_random(&sheet->hash_key)
			 ? sources_add(&sheet->sources, str_c(path), buf_str(&sheet->text))
			 : 0;
	sheet->source = sources_get(&sheet->sources, number);
	if (!sheet->source)
		return false;
	root = reader_whole(format == FORMAT_NONE ? FORMAT_TOML : format, sheet->source,
			    &sheet->diags, &sheet->hash_key, &sheet->arena);
	if (!root)
		return false;
	sheet->hurt = !diags_ok(&sheet->diags);
	if (root->kind == NODE_MAP)
		sheet->root = root;
	else if (root->kind != NODE_POISON)
		(void)diag_add(&sheet->diags, DIAG_WRONG_ROOT, root->span,
			       "the file is %s, not a map", node_kind_name(root));
	return true;
}

void sheet_free(struct sheet *sheet)
{
	buf_free(&sheet->text);
	arena_free(&sheet->arena);
}

bool sheet_keys(struct sheet *sheet, const struct node *map, const char *const *known, size_t count,
		const char *in)
{
	bool ok = true;

	for (const struct node_entry *e = map->map.first; e; e = e->next) {
		struct suggestion best;
		struct diag *diag;
		size_t i;

		suggest_start(&best, e->key);
		for (i = 0; i < count && !str_eq_c(e->key, known[i]); i++)
			suggest_offer(&best, str_c(known[i]));
		if (i < count)
			continue;
		ok = false;
		diag = diag_add(&sheet->diags, DIAG_UNKNOWN_FIELD, e->key_span,
				"%s has no key '%.*s'", in, STR_ARG(e->key));
		if (best.best.n)
			diag_hint(&sheet->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	}
	return ok;
}

static const char *kind_name(enum node_kind kind)
{
	const struct node sample = {.kind = (uint8_t)kind};

	return node_kind_name(&sample);
}

const struct node *sheet_get(struct sheet *sheet, const struct node *map, const char *key,
			     enum node_kind kind)
{
	const struct node *node = node_map_get(map, str_c(key));

	if (!node || node->kind == NODE_POISON)
		return NULL;
	if (node->kind != kind) {
		(void)diag_add(&sheet->diags, DIAG_WRONG_TYPE, node->span, "'%s' takes %s, not %s",
			       key, kind_name(kind), node_kind_name(node));
		return NULL;
	}
	if (kind == NODE_STRING && !node->string.n) {
		(void)diag_add(&sheet->diags, DIAG_EMPTY_VALUE, node->span, "'%s' is empty", key);
		return NULL;
	}
	return node;
}

struct str sheet_text(struct sheet *sheet, const struct node *map, const char *key)
{
	const struct node *node = sheet_get(sheet, map, key, NODE_STRING);

	return node ? node->string : STR_NONE;
}

bool sheet_word(struct sheet *sheet, const struct node *node, const char *key,
		const char *const *words, size_t count, size_t *out)
{
	struct buf list = BUF_INIT;
	struct suggestion best;
	struct diag *diag;

	suggest_start(&best, node->string);
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(node->string, words[i])) {
			*out = i;
			buf_free(&list);
			return true;
		}
		suggest_offer(&best, str_c(words[i]));
		buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
	}
	diag = diag_add(&sheet->diags, DIAG_UNKNOWN_MEMBER, node->span, "'%s' is %.*s, not '%.*s'",
			key, STR_ARG(buf_str(&list)), STR_ARG(node->string));
	if (best.best.n)
		diag_hint(&sheet->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	sheet->diags.failed = sheet->diags.failed || list.failed;
	buf_free(&list);
	return false;
}

uint32_t sheet_line(const struct sheet *sheet, struct span span)
{
	return source_line_number(sheet->source, span.begin);
}
