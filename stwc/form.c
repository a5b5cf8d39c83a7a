/* Reading small files of our own: whole, with a diagnostic for every mistake in them. */
#include "stwc/form.h"

#include "core/suggest.h"

#define FORM_LIMIT ((size_t)16 * 1024 * 1024)

bool form_read(struct form *form, const char *path, struct fs_error *error)
{
	enum format format = format_of_name(str_c(path));
	const struct node *root;
	uint32_t number;

	*form = (struct form){.text = BUF_INIT};
	fs_error_set(error, 0, "keep", path);
	arena_init(&form->arena, 16 * 1024);
	sources_init(&form->sources, &form->arena);
	diags_init(&form->diags, &form->arena);
	if (!fs_read_file(path, FORM_LIMIT, &form->text, error))
		return false;
	number = hash_key_random(&form->hash_key)
			 ? sources_add(&form->sources, str_c(path), buf_str(&form->text))
			 : 0;
	form->source = sources_get(&form->sources, number);
	if (!form->source)
		return false;
	root = reader_whole(format == FORMAT_NONE ? FORMAT_TOML : format, form->source,
			    &form->diags, &form->hash_key, &form->arena);
	if (!root)
		return false;
	form->hurt = !diags_ok(&form->diags);
	if (root->kind == NODE_MAP)
		form->root = root;
	else if (root->kind != NODE_POISON)
		(void)diag_add(&form->diags, DIAG_WRONG_ROOT, root->span,
			       "the file is %s, not a map", node_kind_name(root));
	return true;
}

void form_free(struct form *form)
{
	buf_free(&form->text);
	arena_free(&form->arena);
}

bool form_keys(struct form *form, const struct node *map, const char *const *known, size_t count,
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
		diag = diag_add(&form->diags, DIAG_UNKNOWN_FIELD, e->key_span,
				"%s has no key '%.*s'", in, STR_ARG(e->key));
		if (best.best.n)
			diag_hint(&form->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	}
	return ok;
}

static const char *kind_name(enum node_kind kind)
{
	const struct node sample = {.kind = (uint8_t)kind};

	return node_kind_name(&sample);
}

const struct node *form_get(struct form *form, const struct node *map, const char *key,
			    enum node_kind kind)
{
	const struct node *node = node_map_get(map, str_c(key));

	if (!node || node->kind == NODE_POISON)
		return NULL;
	if (node->kind != kind) {
		(void)diag_add(&form->diags, DIAG_WRONG_TYPE, node->span, "'%s' takes %s, not %s",
			       key, kind_name(kind), node_kind_name(node));
		return NULL;
	}
	if (kind == NODE_STRING && !node->string.n) {
		(void)diag_add(&form->diags, DIAG_EMPTY_VALUE, node->span, "'%s' is empty", key);
		return NULL;
	}
	return node;
}

struct str form_text(struct form *form, const struct node *map, const char *key)
{
	const struct node *node = form_get(form, map, key, NODE_STRING);

	return node ? node->string : STR_NONE;
}

bool form_word(struct form *form, const struct node *node, const char *key,
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
	diag = diag_add(&form->diags, DIAG_UNKNOWN_MEMBER, node->span, "'%s' is %.*s, not '%.*s'",
			key, STR_ARG(buf_str(&list)), STR_ARG(node->string));
	if (best.best.n)
		diag_hint(&form->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	form->diags.failed = form->diags.failed || list.failed;
	buf_free(&list);
	return false;
}

uint32_t form_line(const struct form *form, struct span span)
{
	return source_line_number(form->source, span.begin);
}
