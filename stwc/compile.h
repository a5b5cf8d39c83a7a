/*
 * One compilation: from sources to checked objects. The passes are in the order of
 * DESIGN.md section 2; each has its file. Nothing here prints or exits.
 */
#ifndef STW_STWC_COMPILE_H
#define STW_STWC_COMPILE_H

#include "base/digest.h"
#include "base/fs.h"
#include "core/diag.h"
#include "grammar/reader.h"
#include "stwc/packed.h"
#include "stwc/value.h"

struct input {
	const char *path; /* "-": standard input */
	const char *name; /* --as, or NULL */
	bool overlay;     /* given with --overlay */
	struct str text;  /* .p not NULL: what is read; the path is no more than its name */
};

enum shapes {
	SHAPES_OWN,   /* lenient in shape */
	SHAPES_SERVER /* only what the server takes */
};

enum edition { EDITION_COMMUNITY, EDITION_ENTERPRISE };

enum audience { FOR_SERVER, FOR_STWD };

/* --env NAME=VALUE: what a macro of the 0.15 settings stands for. */
struct compile_variable {
	struct str name, value;
};

/* A 0.15 setting that an earlier compilation found to be refused; it is read as dropped. */
struct compile_refusal {
	uint32_t source; /* as in spans: inputs keep their order */
	struct str key, why;
};

struct compile_options {
	enum format from;            /* FORMAT_NONE: by name */
	const char *object;          /* --object TYPE, or NULL */
	const struct schema *schema; /* NULL: the built-in one */
	const char *target;          /* "0.16.19", or NULL: the schema's version */
	enum audience audience;
	enum edition edition;
	bool partial;
	bool verdict; /* nothing but the diagnostics is wanted: objects need no ids */
	bool image;   /* an image will be made: digests and lines of the sources are wanted */
	bool has_shapes;
	enum shapes shapes;
	int64_t now;         /* what expiries are held against, for diagnostics alone */
	bool host;           /* open the files and variables that are named */
	const char *secrets; /* where relative files are looked up, or NULL */
	const struct compile_variable *env;
	size_t env_count;
	const struct compile_refusal *refusals;
	size_t refusal_count;
	bool report; /* what became of 0.15 settings is kept for `migrate`, not said as diagnostics
		      */
	bool for_plan; /* of `migrate`: the objects are to change what a server has made itself */
};

struct compilation {
	struct arena arena;   /* lives as long as the compilation */
	struct arena nodes;   /* of what was read; binding takes its memory over */
	struct arena scratch; /* reset after each element */
	struct hash_key hash_key;
	struct sources sources;
	struct diags diags;
	const struct schema *schema;
	struct compile_options options;
	struct object **objects; /* in source order, packed types excepted */
	size_t object_count, object_cap;
	struct packed *packed; /* one per packed type that occurs */
	size_t packed_count;
	size_t inline_secrets;       /* secrets that stand in the sources */
	size_t settings_files;       /* sources that were read as 0.15 settings */
	size_t deferred;             /* files and variables that were named but not opened */
	size_t opened;               /* … and those that were, with --host */
	bool unreadable;             /* an input could not be read: exit status 2 */
	bool has_settings;           /* a source is in the 0.15 dialect, which knows no domains */
	bool incomplete;             /* a syntax error hid a part: absences are not reported */
	struct compile_state *state; /* private to the passes */
};

/* What compile_options.target is for a version as people write it: "0.16", which means the
 * reference's own and is NULL there, or "0.16.N" up to it. False: it is none of these. */
bool compile_target(const char *version, const char **out) WARN_UNUSED;
bool compile_init(struct compilation *c, const struct compile_options *options) WARN_UNUSED;
/* Reads, folds, binds, resolves, checks. False: an input could not be read, or memory ran out
 * (the diagnostics say which); true says nothing about validity: ask diags_ok. */
bool compile_run(struct compilation *c, const struct input *inputs, size_t count) WARN_UNUSED;
void compile_free(struct compilation *c);

/* The sources of a directory in byte order, for compile_list_free; hidden and foreign names are
 * left out. False: it cannot be listed, as the error says. */
bool compile_list(const char *path, char ***out_names, size_t *out_count,
		  struct fs_error *error) WARN_UNUSED;
void compile_list_free(char **names, size_t count);
/* SHA-256 of the source of that index. False: the library failed. */
bool compile_source_digest(const struct compilation *c, size_t index,
			   struct digest *out) WARN_UNUSED;
/* True when the file at `path` is one of the sources, by whatever name: it must not be written. */
bool compile_reads(const struct compilation *c, const char *path);

/* The object of that type and identity or client id; NULL: none. */
struct object *compile_find(const struct compilation *c, const struct schema_object *type,
			    struct str name);
/* The first object of a type that was compiled from sources, the others behind it in object.next;
 * NULL: there is none. */
struct object *compile_first(const struct compilation *c, const char *type);
/* The only object of a singleton type; NULL: not set. */
struct object *compile_singleton(const struct compilation *c, const char *type);
/* The object that a reference names, among those of the sources, or those that were read from an
 * image; NULL: it is none, or names none of them. */
const struct object *compile_referred(const struct compilation *c, const struct value *reference);
/* The entries of a packed type; NULL: none. */
struct packed *compile_packed(const struct compilation *c, const char *type);

#endif
