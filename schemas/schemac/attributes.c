/* Attributes of rows: strings, words, numbers and lists, each with a message when it is not. */
#include "schemas/schemac/schemac.h"

const char *rows_text(struct rows *rows, struct str s)
{
	return arena_str(rows->arena, s).p;
}

static const struct node *attribute(struct rows *rows, const struct node *row, const char *name,
				    enum node_kind kind, const char *what)
{
	const struct node *node = node_map_get(row, str_c(name));

	if (!node || node->kind == NODE_POISON)
		return NULL;
	if (node->kind == kind)
		return node;
	rows_error(rows, node->span, "%s is %s, not %s", name, node_kind_name(node), what);
	return NULL;
}

bool attribute_string(struct rows *rows, const struct node *row, const char *name, const char **out)
{
	const struct node *node = attribute(rows, row, name, NODE_STRING, "a string");

	if (!node)
		return false;
	if (!node->string.n) {
		rows_error(rows, node->span, "%s is empty", name);
		return false;
	}
	*out = rows_text(rows, node->string);
	return *out != NULL;
}

bool attribute_bool(struct rows *rows, const struct node *row, const char *name, bool *out)
{
	const struct node *node = attribute(rows, row, name, NODE_BOOL, "true or false");

	if (!node)
		return false;
	*out = node->boolean;
	return true;
}

bool attribute_unsigned(struct rows *rows, const struct node *row, const char *name, uint64_t *out)
{
	const struct node *node = attribute(rows, row, name, NODE_INT, "a whole number");

	if (!node)
		return false;
	if (node_as_u64(node, out))
		return true;
	rows_error(rows, node->span, "%s is out of range", name);
	return false;
}

bool attribute_word(struct rows *rows, const struct node *row, const char *name,
		    const char *const *words, uint8_t *out)
{
	const struct node *node = attribute(rows, row, name, NODE_STRING, "a string");

	if (!node)
		return false;
	for (uint8_t i = 0; words[i]; i++) {
		if (!str_eq_c(node->string, words[i]))
			continue;
		*out = i;
		return true;
	}
	rows_error(rows, node->span, "%s is no value of %.*s", name, STR_ARG(node->string));
	return false;
}

bool attribute_strings(struct rows *rows, const struct node *row, const char *name,
		       const char *const **out, size_t *count)
{
	const struct node *list = attribute(rows, row, name, NODE_LIST, "a list");
	const char **texts;
	size_t n = 0;

	if (!list)
		return false;
	texts = ARENA_ARRAY(rows->arena, const char *, list->list.count + 1);
	if (!texts)
		return false;
	for (const struct node *m = list->list.first; m; m = m->next) {
		if (m->kind != NODE_STRING) {
			rows_error(rows, m->span, "%s holds %s, not a string", name,
				   node_kind_name(m));
			return false;
		}
		texts[n++] = rows_text(rows, m->string);
	}
	*out = texts;
	*count = n;
	return true;
}

/* The rules of schemas/checks.def that a row names, as bits. */
void attribute_checks(struct rows *rows, const struct node *row, uint64_t *out)
{
	static const char *const words[] = {
#define CHECK_RULE(ident, word, function) word,
#include "schemas/checks.def"
#undef CHECK_RULE
	};
	const struct node *list = attribute(rows, row, "checks", NODE_LIST, "a list");
	size_t i;

	for (const struct node *m = list ? list->list.first : NULL; m; m = m->next) {
		for (i = 0; i < ARRAY_LEN(words); i++)
			if (m->kind == NODE_STRING && str_eq_c(m->string, words[i]))
				break;
		if (i < ARRAY_LEN(words))
			*out |= UINT64_C(1) << i;
		else
			rows_error(rows, m->span, "schemas/checks.def has no such rule");
	}
}

static bool listed(const char *const *names, struct str name)
{
	for (; *names; names++)
		if (str_eq_c(name, *names))
			return true;
	return false;
}

void attributes_only(struct rows *rows, const struct node *row, const char *const *names,
		     bool tables)
{
	for (const struct node_entry *e = row->map.first; e; e = e->next) {
		if (listed(names, e->key) || (tables && e->value->kind == NODE_MAP))
			continue;
		rows_error(rows, e->key_span, "no row has an attribute %.*s here", STR_ARG(e->key));
	}
}
