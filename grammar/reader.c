/*
 * The room grammar: text in, nodes out. Five formats, one tree; nothing here knows a schema.
 *
 * Flow. reader_open takes a source; reader_next gives one top-level element at a time until
 * READER_END. What is wrong becomes a diagnostic, never a return value: a caller that has
 * read to the end asks diags_ok. Where a value was wrong there is a NODE_POISON in its place,
 * and where a part of the document could not be read at all, reader_incomplete says so, so
 * that nobody reports as missing what stands in the unread part.
 *
 * Two kinds of readers stand behind that:
 *  - JSON and NDJSON (json.c, json_cursor.c) stream. Only the element in hand is in memory, in
 *    the caller's arenas; keys and strings without escapes are slices of the source.
 *    Duplicates are still found, among streamed keys too (keyset.c). This is the hot path.
 *  - TOML (toml.c), YAML (yaml.c) and the 0.15 settings (settings.c) read all of the text
 *    first, because a later line may add to an earlier table; the tree is made at once, where the
 * policy says, and reader_tree hands it out by the same protocol.
 *
 * Recovery is what the format allows: TOML and the settings go on with the next statement,
 * NDJSON with the next line, JSON past a comma too many or too few; YAML ends where libyaml
 * does, but what is refused by our own rules does not end it.
 *
 * Invariants:
 *  - every span lies inside the source, begin <= end, and covers the literal as written,
 *    quotes included; reader_string_offset finds a byte of the decoded value in it;
 *  - no recursion, here or in any pass behind, goes deeper than READER_DEPTH_LIMIT;
 *  - the time taken is linear in the text, whatever the text is: whoever writes a source may
 *    be hostile, so each shortcut for friendly input has a bound for the other kind;
 *  - a source is UTF-8, checked before or while it is read; strings may contain any byte 0;
 *  - messages never quote a value. Hints may, unless its key looks like that of a secret; the
 *    diagnostic is then marked, so that the source line is masked too.
 *
 * An outside library is known to one file only: libyaml to yaml.c.
 */
#include "grammar/reader_impl.h"
#include "base/utf8.h"

#include <stdlib.h>

#define ARENA_CHUNK ((size_t)64 * 1024)

static const struct {
	const char *word;
	enum format format;
} words[] = {
	{"toml", FORMAT_TOML},     {"yaml", FORMAT_YAML},         {"json", FORMAT_JSON},
	{"ndjson", FORMAT_NDJSON}, {"settings", FORMAT_SETTINGS},
};

static const struct {
	const char *ending;
	enum format format;
} endings[] = {
	{".toml", FORMAT_TOML}, {".yaml", FORMAT_YAML},     {".yml", FORMAT_YAML},
	{".json", FORMAT_JSON}, {".ndjson", FORMAT_NDJSON}, {".jsonl", FORMAT_NDJSON},
};

enum format format_of_name(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (str_ends(name, str_c(endings[i].ending)))
			return endings[i].format;
	return FORMAT_NONE;
}

enum format format_of_word(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(word, words[i].word))
			return words[i].format;
	return FORMAT_NONE;
}

/* Case-insensitive search for a word of lower-case letters. */
static bool contains(struct str s, struct str word)
{
	for (size_t i = 0; i + word.n <= s.n; i++) {
		size_t k = 0;

		while (k < word.n && ((unsigned char)s.p[i + k] | 0x20) == word.p[k])
			k++;
		if (k == word.n)
			return true;
	}
	return false;
}

/* A syntax error is found before anybody knows the field, so the name must do. */
bool reader_near_secret(const struct reader *r)
{
	static const char *const parts[] = {"secret",     "passw",     "token",       "apikey",
					    "api-key",    "api_key",   "private-key", "private_key",
					    "privatekey", "credential"};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (contains(r->near, str_c(parts[i])))
			return true;
	return false;
}

struct diag *reader_mask(const struct reader *r, struct diag *diag)
{
	diag->secret = reader_near_secret(r);
	return diag;
}

void reader_duplicate(struct reader *r, struct str name, struct span span, struct span first)
{
	struct diag *d = reader_error(r, DIAG_DUPLICATE_KEY, span.begin, span.end,
				      "'%.*s' is given twice", STR_ARG(name));

	diag_relate(r->diags, d, first, "first given here");
}

bool reader_check_utf8(struct reader *r)
{
	struct str text = reader_text(r);
	size_t valid = utf8_valid_prefix(text);
	struct diag *d;

	if (valid == text.n)
		return true;
	r->incomplete = true;
	d = reader_error(r, DIAG_ENCODING, valid, valid + 1,
			 "byte 0x%02X does not belong to a UTF-8 character",
			 (unsigned char)text.p[valid]);
	if (valid == 0 && (str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff"))))
		diag_hint(r->diags, d, "the file is UTF-16; save it as UTF-8");
	return false;
}

size_t reader_bom(const struct source *source)
{
	return str_starts(source->text, STR("\xef\xbb\xbf")) ? 3 : 0;
}

struct node *reader_poison(struct reader *r, struct span span)
{
	struct node *node = node_new(r->nodes, NODE_POISON, span);

	if (!node)
		r->failed = true;
	return node;
}

static void reader_init(struct reader *r, enum format format, const struct source *source,
			struct diags *diags, const struct hash_key *key)
{
	*r = (struct reader){
		.format = format,
		.source = source,
		.diags = diags,
		.key = key,
	};
	arena_init(&r->own, ARENA_CHUNK);
	r->nodes = r->texts = &r->own;
	json_start(r);
}

static void reader_finish(struct reader *r)
{
	json_free(&r->json);
	arena_free(&r->own);
}

struct reader *reader_open(enum format format, const struct source *source, struct diags *diags,
			   const struct hash_key *key, const struct reader_policy *policy)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	reader_init(r, format, source, diags, key);
	if (!policy)
		return r;
	r->policy = *policy;
	if (policy->tree_nodes) {
		r->nodes = policy->tree_nodes;
		r->texts = policy->tree_texts;
	}
	return r;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	reader_finish(reader);
	free(reader);
}

enum reader_root reader_root(const struct reader *reader)
{
	return reader->root;
}

bool reader_incomplete(const struct reader *reader)
{
	return reader->incomplete;
}

static bool is_container(const struct node *node)
{
	return node->kind == NODE_MAP || node->kind == NODE_LIST;
}

static void tree_start(struct reader *r, struct node *root)
{
	r->root = READER_ROOT_EMPTY;
	if (!root)
		return;
	switch ((enum node_kind)root->kind) {
	case NODE_MAP:
		r->tree.entry = root->map.first;
		r->root = root->map.first ? READER_ROOT_MAP : READER_ROOT_EMPTY;
		return;
	case NODE_LIST:
		r->tree.member = root->list.first;
		r->root = READER_ROOT_LIST;
		return;
	case NODE_POISON:
	case NODE_NULL: return;
	case NODE_BOOL:
	case NODE_INT:
	case NODE_FLOAT:
	case NODE_STRING: break;
	}
	r->tree.member = root;
	r->root = READER_ROOT_VALUE;
}

static enum reader_status tree_next_sub(struct reader *r, struct reader_element *out)
{
	struct reader_tree *tree = &r->tree;
	struct node *container = tree->split->value;

	*out = (struct reader_element){
		.has_key = true,
		.key = tree->split->key,
		.key_span = tree->split->key_span,
		.ordinal = tree->sub_ordinal++,
	};
	if (container->kind == NODE_LIST && tree->member) {
		out->is_member = true;
		out->value = tree->member;
		tree->member = tree->member->next;
	} else if (container->kind == NODE_MAP && tree->entry) {
		out->has_sub_key = true;
		out->sub_key = tree->entry->key;
		out->sub_key_span = tree->entry->key_span;
		out->value = tree->entry->value;
		tree->entry = tree->entry->next;
	} else {
		out->container_only = true;
		out->value = container;
	}
	if (!tree->member && !tree->entry) {
		tree->entry = tree->split->next;
		tree->split = NULL;
	}
	return READER_ELEMENT;
}

static enum reader_status tree_next_entry(struct reader *r, struct reader_element *out)
{
	struct reader_tree *tree = &r->tree;
	struct node_entry *entry = tree->entry;

	if (r->policy.split && is_container(entry->value) &&
	    r->policy.split(r->policy.ctx, entry->key)) {
		bool list = entry->value->kind == NODE_LIST;

		tree->split = entry;
		tree->sub_ordinal = 0;
		tree->member = list ? entry->value->list.first : NULL;
		tree->entry = list ? NULL : entry->value->map.first;
		tree->ordinal++;
		return tree_next_sub(r, out);
	}
	*out = (struct reader_element){
		.has_key = true,
		.key = entry->key,
		.key_span = entry->key_span,
		.ordinal = tree->ordinal++,
		.value = entry->value,
	};
	tree->entry = entry->next;
	return READER_ELEMENT;
}

static enum reader_status tree_next(struct reader *r, struct reader_element *out)
{
	struct reader_tree *tree = &r->tree;

	if (tree->split)
		return tree_next_sub(r, out);
	if (tree->entry)
		return tree_next_entry(r, out);
	if (!tree->member)
		return READER_END;
	*out = (struct reader_element){.ordinal = tree->ordinal++, .value = tree->member};
	tree->member = tree->member->next;
	return READER_ELEMENT;
}

static enum reader_status tree_read(struct reader *r, struct node *(*read)(struct reader *r),
				    struct reader_element *out)
{
	if (!r->started) {
		struct node *root = read(r);

		r->started = true;
		if (!r->failed)
			tree_start(r, root);
	}
	return r->failed ? READER_FAILED : tree_next(r, out);
}

enum reader_status reader_next(struct reader *reader, struct arena *nodes, struct arena *texts,
			       struct reader_element *out)
{
	if (reader->format == FORMAT_JSON || reader->format == FORMAT_NDJSON) {
		reader->nodes = nodes;
		reader->texts = texts;
	}
	switch (reader->format) {
	case FORMAT_TOML: return tree_read(reader, toml_read, out);
	case FORMAT_YAML: return tree_read(reader, yaml_read, out);
	case FORMAT_SETTINGS: return tree_read(reader, settings_tree, out);
	case FORMAT_JSON: return json_next(reader, out);
	case FORMAT_NDJSON: return ndjson_next(reader, out);
	case FORMAT_NONE: break;
	}
	return READER_END;
}

static struct node *whole_lines(struct reader *r)
{
	struct node *list = node_new(r->nodes, NODE_LIST, reader_span(r, 0, r->source->text.n));
	struct reader_element e;
	enum reader_status status;

	if (!list)
		return NULL;
	while ((status = ndjson_next(r, &e)) == READER_ELEMENT)
		node_list_append(list, e.value);
	return status == READER_END ? list : NULL;
}

static struct node *whole(struct reader *r)
{
	switch (r->format) {
	case FORMAT_TOML: return toml_read(r);
	case FORMAT_YAML: return yaml_read(r);
	case FORMAT_SETTINGS: return settings_tree(r);
	case FORMAT_JSON: return json_whole(r);
	case FORMAT_NDJSON: return whole_lines(r);
	case FORMAT_NONE: break;
	}
	return NULL;
}

struct node *reader_whole(enum format format, const struct source *source, struct diags *diags,
			  const struct hash_key *key, struct arena *arena)
{
	struct reader *r = reader_open(format, source, diags, key, NULL);
	struct node *root;

	if (!r) {
		arena->failed = true;
		return NULL;
	}
	r->nodes = r->texts = arena;
	root = whole(r);
	if (!root && !r->failed)
		root = node_new(arena, diags_ok(diags) ? NODE_NULL : NODE_POISON,
				reader_span(r, 0, source->text.n));
	if (r->failed) {
		arena->failed = true;
		root = NULL;
	}
	reader_close(r);
	return root;
}

uint32_t reader_string_offset(enum format format, const struct source *source,
			      const struct node *node, size_t offset)
{
	struct str text = source->text.n ? source->text : STR("");
	size_t begin = node->span.begin, end = node->span.end;

	switch (format) {
	case FORMAT_TOML: return (uint32_t)toml_string_offset(text, begin, end, offset);
	case FORMAT_JSON:
	case FORMAT_NDJSON: return (uint32_t)json_string_offset(text, begin, end, offset);
	case FORMAT_YAML:
		return (uint32_t)yaml_string_offset(text, begin, end, offset, node->string);
	case FORMAT_SETTINGS: return (uint32_t)settings_string_offset(text, begin, end, offset);
	case FORMAT_NONE: break;
	}
	return (uint32_t)begin;
}
