/*
 * The first configuration: questions, what is answered, and the text that comes of it. Nothing
 * here prints; cmd_init.c asks, at a terminal or out of options, and writes the files.
 */
#ifndef STW_STWC_INIT_H
#define STW_STWC_INIT_H

#include "stwc/compile.h"

/* A row of init_questions.c: what is asked about a field, where the reference alone does not say it
 * well. Fields that must be given are asked without a row, too. */
struct init_row {
	const char *structure, *field;
	const char *option;   /* of the command line, without dashes; NULL: --set */
	const char *prompt;   /* NULL: what the reference says of the field */
	const char *fallback; /* when nothing is answered; NULL: the reference's default. "." is
			       * the domain that the host name lies in, "$1" the reference's
			       * default with the placeholder that the database takes */
	const char *when;     /* asked only where this field of the same structure was answered */
	bool bare_file;       /* an answer without a prefix is the path of a file */
};

struct init_rows {
	const struct init_row *rows;
	size_t count;
};
struct init_rows init_rows(void);

struct init_question;
/* What the answer is for, in some sentences; NULL: nobody says. */
const char *init_help(const struct init_question *question);

/* An answer that was given before anybody was asked. */
struct init_given {
	struct str path;    /* "dataStore.host" */
	const char *option; /* that it was given with, without dashes; NULL: --set */
	struct str value;   /* as it would be typed */
	bool used;
};

struct init {
	struct arena arena;
	struct hash_key hash_key;
	struct node *bootstrap;   /* what was answered, as fields of a Bootstrap … */
	struct node *certificate; /* … and of a Certificate */
	struct node *before;      /* what was answered to the same, and did not fit */
	enum edition edition;
	struct init_given *given;
	size_t given_count;
	int64_t now;
};

struct init_question {
	struct init *init;
	struct node *body; /* where the answer goes */
	const struct schema_structure *structure;
	const struct schema_field *field;
	const struct init_row *row; /* or NULL */
	struct str path;            /* "dataStore.host" */
	struct str prompt;          /* one line */
	struct str fallback;        /* taken when nothing is answered; .p NULL: there is none */
	bool fallback_applies;      /* … and the reference has it anyway: the field is left out */
	bool needed;                /* and without a fallback an answer is needed */
	bool pending;               /* a later question completes it */
	bool again;                 /* it was answered before, and that did not fit */
};

enum init_form {
	INIT_TEXT,
	INIT_YES_NO,
	INIT_CHOICE, /* of variants, or of an enum's members */
	INIT_SECRET, /* where it is, not what it is */
	INIT_SEVERAL,
	INIT_PART /* fields of its own, which are asked one by one */
};
enum init_form init_form(const struct schema_type *type);

#define INIT_FEW 9 /* so many choices are told in a line */
struct init_choice {
	struct str name;
	const char *doc; /* or NULL */
};
/* The next of the choices of such a question, in the reference's order, from *at = 0: none of the
 * past, and none that needs a licence where there is none. False: there are no more. */
bool init_choice(const struct init_question *question, size_t *at,
		 struct init_choice *out) WARN_UNUSED;

/* Who answers. Each false ends it all. */
struct init_talk {
	/* Each question in turn. Calls init_answer until that takes what it says, or leaves the
	 * field to its default by doing nothing. */
	bool (*ask)(void *ctx, const struct init_question *question);
	/* The answers to a choice and to what it led to do not fit each other, or those before,
	 * for the reasons in *why, a line each. They are forgotten, and asked for again, with what
	 * was answered as the fallback. */
	bool (*unfit)(void *ctx, const struct init_question *question, const struct buf *why);
	void *ctx;
};

bool init_begin(struct init *init) WARN_UNUSED;
void init_end(struct init *init);
/* Makes the answers fallbacks for the same questions. False: out of memory. */
bool init_again(struct init *init) WARN_UNUSED;
/* Asks everything. False: who answers ended it, or memory ran out (init->arena.failed). */
bool init_walk(struct init *init, const struct init_talk *talk) WARN_UNUSED;
/* init_answer.c: holds an answer against the reference, by compiling what is known so far. False:
 * it will not do, for the reasons in *why, a line each; nothing was kept. */
bool init_answer(const struct init_question *question, struct str answer,
		 struct buf *why) WARN_UNUSED;
/* The same of all answers so far, each of which was taken by itself. */
bool init_fits(const struct init *init, struct buf *why) WARN_UNUSED;
/* Where the answer goes that is given with this option; .p NULL: no memory, or no such option. */
struct str init_option_path(struct arena *arena, const char *option) WARN_UNUSED;
/* The answer that was given before; NULL: none. */
struct init_given *init_given(const struct init *init, struct str path);
/* A yes or no of the Bootstrap; `otherwise` where it was left to its default. */
bool init_is_on(const struct init *init, const char *property, bool otherwise);
/* The text in that field of a map; empty where it has none. */
struct str init_text_of(const struct node *map, const char *field);

/* A key that the configuration names and that is to be made. */
struct init_key {
	const char *id;        /* of the DkimSignature; the selector, too */
	const char *algorithm; /* the variant */
	const char *file;
	bool ed25519;
};
#define INIT_KEYS 2
extern const struct init_key init_keys[INIT_KEYS];

/* init_text.c: the commented TOML of the answers. False: *c has the diagnostics of what was
 * compiled, or memory ran out; the caller frees *c in either case. */
bool init_text(const struct init *init, struct buf *out, struct compilation *c) WARN_UNUSED;
/* The last entry of a map goes again; `before` is the one in front of it, or NULL. */
void init_take_back(struct node *map, struct node_entry *before);
/* init_answer.c: a tree as JSON; `target` is a node of it, or NULL, whose bytes are told. */
void init_json(struct buf *out, const struct node *node, const struct node *target,
	       struct span *place);
/* The answers that become objects, in stw's own form: {"DataStore": {…}}. NULL: no memory. */
struct node *init_objects(const struct init *init, struct arena *arena);

#endif
