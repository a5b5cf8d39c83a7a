/* The check of expressions: what its two files share. */
#ifndef STW_STWC_CHECK_EXPRESSION_H
#define STW_STWC_CHECK_EXPRESSION_H

#include "core/suggest.h"
#include "stwc/check/rules.h"
#include "stwc/expression.h"
#include "stwc/state.h"

/* One text of an expression while it is checked. */
struct expression_part {
	const struct rule *rule;   /* of the field that holds the expression */
	const struct value *value; /* the text */
	const struct path *path;   /* of the text */
};

/* A diagnostic about bytes of the text. */
struct diag *expression_report(const struct expression_part *part, enum diag_code code,
			       uint32_t begin, uint32_t end, struct str message);

/* Is there a text that says something? */
static inline bool expression_is_text(const struct value *value)
{
	return value && value->kind == VALUE_STRING && value->string.n;
}

/* expression_memo.c: what an expression says, for the next that says the same. False: it is none to
 * be remembered, or the buffer failed. */
bool expression_memo_key(const struct rule *rule, const struct value *value,
			 struct buf *key) WARN_UNUSED;
/* Its program; NULL: it has not been found right before. */
const struct str *expression_memo_get(const struct compilation *c, const struct buf *key);
/* It was right, nothing was to be said about it, and this is its program. False: out of memory. */
bool expression_memo_put(struct compilation *c, const struct buf *key,
			 struct str program) WARN_UNUSED;

/* expression_result.c: whether a result can be of use to its field, and names what is there. */
void expression_judge(const struct expression_part *part, const struct expr *result);
/* Reports where a text literal names no object of that type. */
void expression_judge_target(const struct expression_part *part, const char *target,
			     const struct expr *literal);
/* expression_compare.c: constants that can never be what they are compared with, in all of a tree.
 */
void expression_compare(const struct expression_part *part, const struct expr *e);
/* Is there an object of the type with that name, among those given or among those that a server
 * makes by itself? `server`: a plan for one that runs is asked. If not, `best` has the nearest. */
bool expression_target(struct compilation *c, const struct schema_object *type, struct str name,
		       bool server, struct suggestion *best) WARN_UNUSED;

#endif
