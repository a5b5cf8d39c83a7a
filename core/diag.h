/*
 * Diagnostics: collected, never printed here. Every one has a code (a word that stays
 * for ever, core/codes.def), a place, and a sentence; renderers are in render.h.
 */
#ifndef STW_CORE_DIAG_H
#define STW_CORE_DIAG_H

#include <stdarg.h>

#include "core/source.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITY_OFF };

enum diag_code {
#define DIAG_CODE(ident, word, severity, title, explanation) DIAG_##ident,
#include "core/codes.def"
#undef DIAG_CODE
	DIAG_CODE_COUNT
};

struct diag_code_info {
	const char *word;        /* "unknown-field" */
	enum severity severity;  /* unless --level says otherwise */
	const char *title;       /* one line */
	const char *explanation; /* what stwc explain prints */
};

const struct diag_code_info *diag_code_info(enum diag_code code);
/* False when no code has that name. */
bool diag_code_find(struct str word, enum diag_code *out);

struct diag_related {
	struct diag_related *next;
	struct span span;
	struct str message;
};

struct diag {
	enum diag_code code;
	enum severity severity;
	struct span span;
	struct str message;
	struct str path;    /* "NetworkListener/submissions/tlsImplicit"; may be empty */
	struct str file;    /* what it is about, where that is no source: it could not be read */
	struct str hint;    /* "did you mean 'tlsImplicit'?"; may be empty */
	struct str context; /* "in NetworkListener 'submissions'"; may be empty */
	struct diag_related *related;
	uint64_t order; /* of reporting; breaks ties */
	bool secret;    /* of its source line no more than a key in front of the span is shown */
};

/* A comment in a source that allows a warning or note in a part of it. */
struct diag_allowance {
	struct diag_allowance *next;
	enum diag_code code;
	struct span scope; /* diagnostics that begin in it are allowed */
	struct span place; /* of the comment */
	bool used;
};

struct diags {
	struct arena *arena;
	struct diag_allowance *allowances;
	bool allowed[DIAG_CODE_COUNT]; /* there is an allowance of the code */
	struct diag *all;
	size_t count, cap;
	size_t errors, warnings, notes; /* of all reported, kept or not */
	size_t faults;     /* reports of codes that are errors unless --level says otherwise */
	size_t keep;       /* at most this many of each severity are stored, so that notes do not
			    * crowd out errors; the rest is counted. 0: no limit. Default 50 */
	size_t stored[3];  /* by severity */
	uint64_t reported; /* the order of the next one */
	enum severity levels[DIAG_CODE_COUNT]; /* starts as codes.def says; --level writes here */
	bool failed;                           /* out of memory: at least one was lost */
	struct diag scratch;
};

void diags_init(struct diags *diags, struct arena *arena);

/* Reports. Never NULL: where the code is off, over the limit, or memory is short, the result
 * is a scratch diagnostic that the setters below may write to without effect. Valid until the
 * next diag_add on the same diags.
 * `format` makes the message; it starts with a lower-case letter or a name, without full stop. */
struct diag *diag_add(struct diags *diags, enum diag_code code, struct span span,
		      const char *format, ...) PRINTF_LIKE(4, 5);
/* False for the scratch diagnostic: nothing said about it will be seen. */
static inline bool diag_kept(const struct diags *diags, const struct diag *diag)
{
	return diag != &diags->scratch;
}
void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...) PRINTF_LIKE(3, 4);
void diag_context(struct diags *diags, struct diag *diag, const char *format, ...)
	PRINTF_LIKE(3, 4);
void diag_path(struct diags *diags, struct diag *diag, const char *format, ...) PRINTF_LIKE(3, 4);
/* For programs; people read the name in the message. A span that has a source has its name. */
void diag_file(struct diags *diags, struct diag *diag, const char *format, ...) PRINTF_LIKE(3, 4);
void diag_relate(struct diags *diags, struct diag *diag, struct span span, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* Allows a code within `scope`: what is reported there from now on, unless as an error, is as if
 * its level were off. False: out of memory. */
bool diags_allow(struct diags *diags, enum diag_code code, struct span scope,
		 struct span place) WARN_UNUSED;

/* Source order (source number, begin, end, order of reporting); drops exact repeats (same
 * code, span and message) and takes them off the counts. */
void diags_sort(struct diags *diags);
/* "error", "warning", "note", "off". */
const char *severity_name(enum severity severity);
/* True when no error was reported and none was lost. */
static inline bool diags_ok(const struct diags *diags)
{
	return diags->errors == 0 && !diags->failed;
}

#endif
