/*
 * Readers: text in, nodes out, one top-level element at a time. A reader reports what is
 * wrong, recovers where its format allows it, and goes on, so that one run finds everything.
 */
#ifndef STW_GRAMMAR_READER_H
#define STW_GRAMMAR_READER_H

#include "core/diag.h"
#include "core/node.h"

enum format {
	FORMAT_NONE, /* not known from the name */
	FORMAT_TOML,
	FORMAT_YAML,
	FORMAT_JSON,
	FORMAT_NDJSON,
	FORMAT_SETTINGS /* the 0.15 settings: looks like TOML and is not */
};

/* From a file name's ending: .toml .yaml .yml .json .ndjson .jsonl */
enum format format_of_name(struct str name);
/* From the words of --from: toml yaml json ndjson settings. FORMAT_NONE when unknown. */
enum format format_of_word(struct str word);

#define READER_DEPTH_LIMIT 64

/* What the top level of the document is. */
enum reader_root {
	READER_ROOT_EMPTY,
	READER_ROOT_MAP,   /* elements are entries */
	READER_ROOT_LIST,  /* elements are members */
	READER_ROOT_LINES, /* NDJSON: elements are lines */
	READER_ROOT_VALUE  /* one scalar, which is the only element (JSON, YAML) */
};

struct reader_element {
	bool has_key;   /* an entry of the top-level map */
	struct str key; /* valid as long as the reader is open */
	struct span key_span;
	bool has_sub_key; /* one entry of a top-level entry that the policy asked to split */
	struct str sub_key;
	struct span sub_key_span;
	bool is_member;      /* one member of a top-level entry's list, split by policy */
	bool container_only; /* the split entry was empty: value is the empty list or map itself */
	size_t ordinal;      /* of the element in its container, from 0 */
	struct node *value;  /* never NULL; NODE_POISON where an error was reported */
};

struct reader_policy {
	/* Called for each top-level key: true where the value, when it is a map or a list, shall be
	 * yielded entry by entry (member by member) instead of whole. NULL: nothing is split. */
	bool (*split)(void *ctx, struct str key);
	void *ctx;
	/* Where TOML, YAML and the settings make their tree, and the texts that are no slices of
	 * the source. NULL: in the reader, as long as it is open. */
	struct arena *tree_nodes, *tree_texts;
};

struct reader;

enum reader_status {
	READER_ELEMENT,
	READER_END,
	READER_FAILED /* out of memory */
};

/* Starts to read. `source`, `diags`, `key` and the policy must outlive the reader. NULL: no memory.
 */
struct reader *reader_open(enum format format, const struct source *source, struct diags *diags,
			   const struct hash_key *key,
			   const struct reader_policy *policy) WARN_UNUSED;
/* The next element; spans are into the source, and nodes are made in the order of the text, each
 * before those inside it. JSON and NDJSON make them in the one arena, and the texts that are no
 * slices of the source in the other, which may be the same; the caller may reset both before the
 * next call. The other formats make the whole tree with the first call, where the policy says. */
enum reader_status reader_next(struct reader *reader, struct arena *nodes, struct arena *texts,
			       struct reader_element *out) WARN_UNUSED;
/* Known after the first reader_next. */
enum reader_root reader_root(const struct reader *reader);
/* True when an error hid a part of the document from the caller: what seems to be missing
 * (a reference target, a required field of the root) may stand in that part. */
bool reader_incomplete(const struct reader *reader);
void reader_close(struct reader *reader);

/* The whole document as one node (a list of lines for NDJSON); for small inputs, tests, schemac.
 * NULL: no memory; the arena says failed. */
struct node *reader_whole(enum format format, const struct source *source, struct diags *diags,
			  const struct hash_key *key, struct arena *arena) WARN_UNUSED;

/* Where byte `offset` of a decoded string lies in the source literal that `node` came from. */
uint32_t reader_string_offset(enum format format, const struct source *source,
			      const struct node *node, size_t offset);

#endif
