/*
 * Expressions of the compiler: what the names of a parsed text mean and whether a place may use
 * them (validation.md 2.4), and the code that is made of it (libstw/program.h).
 */
#ifndef STW_STWC_EXPRESSION_H
#define STW_STWC_EXPRESSION_H

#include "core/diag.h"
#include "engine/regex.h"
#include "grammar/expr.h"
#include "libstw/program.h"
#include "schemas/schema.h"

/* Where a schema has what names mean; found once, for names are many. */
struct expression_names {
	const struct schema *schema;
	const struct schema_enum *variables, *constants; /* NULL: the schema has none */
};

struct expression_names expression_names_of(const struct schema *schema);

/* What a text may use, and where its mistakes go. */
struct expression_scope {
	struct expression_names names;
	const struct schema_group *variables; /* NULL: all of them */
	const struct schema_group *constants; /* NULL: all of them */
	struct regex_cache *regexes;
	/* bytes of the text; an empty hint: there is none */
	void (*report)(void *ctx, enum diag_code code, uint32_t begin, uint32_t end,
		       struct str message, struct str hint);
	void *ctx;
};

/* What a field's expressions may use: sets the groups of a scope that has its names. */
void expression_scope_of(const struct schema_field *field, struct expression_scope *scope);

/* Parses and judges a text; the tree lives in the arena. NULL: it was reported, or the arena
 * failed. */
const struct expr *expression_read(const struct expression_scope *scope, struct arena *arena,
				   struct str text) WARN_UNUSED;

enum expression_name {
	EXPRESSION_NO_NAME,
	EXPRESSION_VARIABLE,
	EXPRESSION_WORD,
	EXPRESSION_DURATION
};

/* What a name is, in the server's order: variable, constant, duration; *number is the member's
 * number, or the milliseconds. */
enum expression_name expression_name(const struct expression_names *names, struct str name,
				     int64_t *number);

/* The text of the pattern of a matches(), between its quotes, as the engine gets it. */
struct str expression_pattern(const struct expr *call, struct str text);

/* A program as it grows. Its mistakes are limits. */
struct expression_code {
	struct expression_names names;
	struct buf pool, code;
	struct map constants; /* encoded constant to its number + 1 */
	size_t constant_count, branches;
	size_t depth, stack;
	bool over; /* a limit of libstw/program.h */
};

/* `arena` must outlive the code; expression_code_end is due. */
void expression_code_begin(struct expression_code *code, const struct expression_names *names,
			   struct arena *arena, const struct hash_key *key);
/* The next case, or the else (`when` NULL), of texts that expression_read has found right. */
void expression_code_case(struct expression_code *code, const struct expr *when,
			  struct str when_text, const struct expr *then, struct str then_text);
/* Appends the program. False: out of memory, or .over. */
bool expression_code_end(struct expression_code *code, struct buf *out) WARN_UNUSED;

#endif
