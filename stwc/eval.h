/*
 * Running an expression away from a server: values for its variables, answers for what it looks
 * up, and what the configuration at hand can answer by itself. Nothing here prints.
 */
#ifndef STW_STWC_EVAL_H
#define STW_STWC_EVAL_H

#include "engine/interp.h"
#include "stwc/expression.h"
#include "stwc/view_path.h"

struct eval_run {
	struct interp interp;
	struct eval_run *before;
};

struct eval {
	struct arena arena;
	struct sources sources; /* the expressions that were given as text */
	struct diags diags;     /* about them */
	bool file;              /* answers stand in a file, not on the command line */
	bool no_memory;         /* there was none: no failure says anything of the expression */
	struct view *view;      /* the configuration; NULL: there is none */
	struct hash_key key;
	struct regex_cache *regexes;
	struct map values;     /* variable, or $global, to struct interp_value * */
	struct map answers;    /* a call as text, or a function's name, to struct interp_value * */
	struct map unknown;    /* names that were asked for and had no value, in that order */
	struct eval_run *runs; /* values of theirs live until the end */
	char fault[320];       /* a sentence about the last failure */
};

/* `view` may be NULL and must outlive the rest. False: out of memory; eval_free is due in either
 * case. */
bool eval_init(struct eval *e, struct view *view) WARN_UNUSED;
void eval_free(struct eval *e);

/* "rcpt=a@example.org" and "$name=…": a value is a number, a duration, true, false, a text in
 * quotes or a list as the language writes them, else text as it stands. False: e->fault. */
bool eval_with(struct eval *e, struct str assignment) WARN_UNUSED;
/* "dns_query('a', 'mx') = ['mx1']", also of system() and metric(); "dns_query=…" answers every
 * call of it. False: e->fault. */
bool eval_answer(struct eval *e, struct str assignment) WARN_UNUSED;
/* The same with values that need no reading; their texts and members must live as long as *e. */
bool eval_set(struct eval *e, struct str name, const struct interp_value *value) WARN_UNUSED;
bool eval_set_answer(struct eval *e, struct str call, const struct interp_value *value) WARN_UNUSED;
/* A value of a source: true is 1. False: e->fault. */
bool eval_of_node(struct eval *e, const struct node *node, struct interp_value *out) WARN_UNUSED;

/* The program of a text that may use every variable and constant; the bytes live as long as *e.
 * False: e->diags say why, or e->fault where they are empty. */
bool eval_compile(struct eval *e, struct str text, struct stw_bytes *out) WARN_UNUSED;
/* Runs a program, to its end. False: e->fault. The result lives as long as *e. */
bool eval_run(struct eval *e, struct stw_bytes program, struct interp_value *result,
	      unsigned *branch) WARN_UNUSED;

/* eval_field.c: does a path lead to an expression? */
bool eval_is_expression(const struct view_found *found);
/* Its program: as the image has it, as it was compiled, or the default's; the bytes live as long as
 * the view. False: it is empty, with neither conditions nor an else. */
bool eval_field(struct view *view, const struct view_found *found, struct stw_bytes *out);
/* "match/0/then" or "else": the part of an expression that gave a result. */
void eval_branch(struct buf *out, const struct view_found *found, unsigned branch);
/* Where that part was written; .file empty: nowhere, it is a default. */
struct view_place eval_branch_place(struct view *view, const struct view_found *found,
				    unsigned branch);

/* What a look-up finds: as was said, else as the configuration knows. False: e->fault. */
bool eval_look_up(struct eval *e, const struct interp_call *call,
		  struct interp_value *out) WARN_UNUSED;
/* eval_config.c: the Domain of that name, and the Account or MailingList that has an address, in
 * the configuration at hand; NULL: none. */
const struct object *eval_config_domain(struct eval *e, struct str name);
const struct object *eval_config_address(struct eval *e, struct str address);
/* eval_config.c: what the configuration knows of a call. False: nothing. */
bool eval_config_call(struct eval *e, const struct interp_call *call, struct interp_value *out);
/* system('hostname') and system('domain'); *out is left alone where neither is set. */
void eval_config_system(struct eval *e, enum stw_system number, struct interp_value *out);

#endif
