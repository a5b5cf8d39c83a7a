/*
 * A published schema.json, read into the same form as the built-in tables: for the importer, and
 * for checks against a server of another version.
 */
#ifndef STW_SCHEMAS_FOREIGN_H
#define STW_SCHEMAS_FOREIGN_H

#include "core/diag.h"
#include "core/node.h"
#include "schemas/schema.h"

/*
 * Makes a schema from the document's tree (objects, schemas, fields, enums; lists where they are
 * apart). It has what such a file says: kinds, types, bounds, defaults, update classes, enterprise
 * marks, labels, variants and members. Numbers are 0; keys, validators, expression groups,
 * versions, sentences and all marks of our own are missing, and `required` is false.
 * The irregularities of validation.md 1.9 are put right: defaults come out canonical, and an enum
 * that the file refers to but does not have counts as a string.
 * Everything lives in the arena. NULL: the document is no schema, which diags says, or memory ran
 * out; what is wrong in a single row is reported and the row left out.
 */
const struct schema *schema_foreign(struct arena *arena, struct diags *diags,
				    const struct node *document, const char *version) WARN_UNUSED;

/*
 * The built-in rows with a published schema over them, by name: kinds, types, bounds, defaults and
 * update classes are theirs, and so is what exists; numbers, keys, validators, rules, sentences and
 * the groups of expressions stay ours. What only they have gets numbers from SCHEMA_EXTRA on, the
 * rules of a plain field, and every variable in expressions; what only we have is marked as
 * SCHEMA_ABSENT. Where a row of ours says `own`, it stays as it is. `file` and `digest` (hex)
 * become those of the result and are not copied. NULL: memory ran out.
 */
#define SCHEMA_EXTRA 0x8001
const struct schema *schema_merge(struct arena *arena, const struct schema *ours,
				  const struct schema *theirs, const char *file,
				  const char *digest) WARN_UNUSED;

/* One difference between two schemas. */
struct schema_difference {
	struct str where; /* "NetworkListener.socketTtl", "Tracer@Log", "enum TlsVersion.tls12" */
	struct str what;  /* "max is 255 here and absent there" */
	bool declared;    /* the row says own: our decision */
};

/* Calls back for each structural difference of `ours` and `theirs`; rows that a release removed
 * are not expected there. Texts are valid during the call. False: memory ran out. */
bool schema_compare(const struct schema *ours, const struct schema *theirs,
		    void (*each)(void *ctx, const struct schema_difference *difference),
		    void *ctx) WARN_UNUSED;

#endif
