/* What the readers of this room share; nobody outside includes it. */
#ifndef STW_GRAMMAR_READER_IMPL_H
#define STW_GRAMMAR_READER_IMPL_H

#include "grammar/json.h"
#include "grammar/reader.h"

/* Hands out a finished tree element by element (TOML, YAML, settings). */
struct reader_tree {
	struct node_entry *entry; /* next entry of the root map, or of the split map */
	struct node *member;      /* next member of the root list, or of the split list */
	struct node_entry *split; /* the root entry that is being split, or NULL */
	size_t ordinal, sub_ordinal;
};

struct reader {
	enum format format;
	const struct source *source;
	struct diags *diags;
	const struct hash_key *key;
	struct reader_policy policy;
	struct arena own;    /* lives as long as the reader */
	struct arena *nodes; /* as the policy says, or for JSON the caller of the moment */
	struct arena *texts;
	enum reader_root root;
	bool started;
	bool incomplete;
	bool failed;     /* out of memory */
	struct str near; /* the key whose value is being read */
	struct reader_tree tree;
	struct json json;
};

static inline struct span reader_span(const struct reader *r, size_t begin, size_t end)
{
	return (struct span){r->source->number, (uint32_t)begin, (uint32_t)end};
}

/* The whole text; its pointer is never NULL, and always the same. */
static inline struct str reader_text(const struct reader *r)
{
	return r->source->text.n ? r->source->text : (struct str){(const char *)r, 0};
}

/* Reports at source bytes [begin, end). The line is masked when it may hold a secret. */
#define reader_error(r, code, begin, end, ...) \
	reader_mask((r),                       \
		    diag_add((r)->diags, (code), reader_span((r), (begin), (end)), __VA_ARGS__))
struct diag *reader_mask(const struct reader *r, struct diag *diag);
/* True where the value of the key being read looks like a secret: no hint may quote it. */
bool reader_near_secret(const struct reader *r);
/* Reports a duplicate of `name` at `span`, first given at `first`. */
void reader_duplicate(struct reader *r, struct str name, struct span span, struct span first);
/* False after an `encoding` error: some byte of the source is not UTF-8. */
bool reader_check_utf8(struct reader *r) WARN_UNUSED;
/* Bytes of a byte order mark at the start of the source. */
size_t reader_bom(const struct source *source);
/* A poison node for a value that was reported; NULL sets r->failed. */
struct node *reader_poison(struct reader *r, struct span span);

/* Whole documents. NULL: empty, or nothing usable; r->failed tells no memory. */
struct node *toml_read(struct reader *r);
struct node *yaml_read(struct reader *r);
struct node *settings_tree(struct reader *r);

/* The source offset of decoded byte `offset` of the string literal at [begin, end). */
size_t toml_string_offset(struct str text, size_t begin, size_t end, size_t offset);
size_t json_string_offset(struct str text, size_t begin, size_t end, size_t offset);
size_t yaml_string_offset(struct str text, size_t begin, size_t end, size_t offset,
			  struct str decoded);
size_t settings_string_offset(struct str text, size_t begin, size_t end, size_t offset);

#endif
