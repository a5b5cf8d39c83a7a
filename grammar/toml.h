/* Inside of the TOML reader: tokens, strings, scalars. Rules: https://toml.io/en/v1.0.0 */
#ifndef STW_GRAMMAR_TOML_H
#define STW_GRAMMAR_TOML_H

#include "grammar/reader_impl.h"

enum toml_token {
	TOML_END,
	TOML_NEWLINE,
	TOML_BARE, /* a bare key */
	TOML_BASIC,
	TOML_LITERAL,
	TOML_BASIC_MULTI,
	TOML_LITERAL_MULTI,
	TOML_DOT,
	TOML_EQUALS,
	TOML_COMMA,
	TOML_OPEN, /* [ */
	TOML_CLOSE,
	TOML_OPEN2, /* [[ of a header */
	TOML_CLOSE2,
	TOML_CURLY,
	TOML_UNCURLY,
	TOML_TRUE,
	TOML_FALSE,
	TOML_DECIMAL,
	TOML_HEX,
	TOML_OCTAL,
	TOML_BINARY,
	TOML_FLOAT,
	TOML_SPECIAL, /* inf, nan */
	TOML_DATE_TIME,
	TOML_LOCAL_DATE_TIME,
	TOML_LOCAL_DATE,
	TOML_LOCAL_TIME,
	TOML_WORD,        /* where a value stands, but is none */
	TOML_OPEN_STRING, /* a quote without its partner on the line */
	TOML_STRAY        /* a character that no token begins with */
};

/* The same characters mean other things left and right of an equals sign. */
enum toml_mode { TOML_MODE_KEY, TOML_MODE_VALUE };

struct toml_lexeme {
	enum toml_token token;
	uint32_t begin, end;
};

/* The next token at or after byte `at`; blanks and comments are passed over. Not returned: its
 * parts would be written singly and read as one, for which a processor waits. */
void toml_lex(struct str text, size_t at, enum toml_mode mode, struct toml_lexeme *out);

/* The content of the string lexeme. False: reported, or r->failed. */
bool toml_string(struct reader *r, const struct toml_lexeme *lexeme, struct str *out) WARN_UNUSED;
/* The node of a lexeme that is a scalar; POISON where its value is wrong; NULL: no memory. */
struct node *toml_scalar(struct reader *r, const struct toml_lexeme *lexeme) WARN_UNUSED;

/* How a table came to be; TOML lets each be defined once, and by one means. */
enum toml_how {
	TOML_IMPLICIT, /* named on the way to a deeper header only */
	TOML_HEADER,   /* by [header], [[header]], or the document itself */
	TOML_DOTTED    /* by a dotted key */
};

/* Every NODE_MAP of a TOML tree is one of these. */
struct toml_table {
	struct node node; /* first: a pointer to it is a pointer to the table */
	enum toml_how how;
	uint32_t scope; /* DOTTED: only keys of the same scope may add to it */
	uint32_t depth; /* of nesting; the document is 1 */
	uint32_t again; /* where a second header of it stands, which is reported; 0: nowhere */
	struct span defined;
};

struct toml_part {
	struct str name;
	struct span span;
};

/* A key, in its parts: a."b.c".d */
struct toml_path {
	struct toml_part parts[READER_DEPTH_LIMIT];
	size_t count; /* at least 1 */
};

struct toml_table *toml_table_new(struct reader *r, enum toml_how how, uint32_t depth,
				  struct span span) WARN_UNUSED;
/* The table that [path] or, with `element`, [[path]] opens. NULL: reported, or r->failed. */
struct toml_table *toml_open(struct reader *r, struct toml_table *root,
			     const struct toml_path *path, bool element) WARN_UNUSED;
/* The table that the last part of a dotted key belongs to. NULL: reported, or r->failed. */
struct toml_table *toml_descend(struct reader *r, struct toml_table *table,
				const struct toml_path *path, uint32_t scope) WARN_UNUSED;
/* table.part = value. A duplicate is reported and the first value stays. */
void toml_assign(struct reader *r, struct toml_table *table, const struct toml_part *part,
		 struct node *value);

#endif
