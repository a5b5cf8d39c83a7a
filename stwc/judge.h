/*
 * Unit tests of a configuration: what it decides in a case, held against what was expected, and why
 * it came so. The deciding is that of the engine (addresses), the interpreter (expressions) and
 * what the configuration answers by itself (stwc/eval.h); doc/testing.md has the form of the file.
 * Nothing here prints.
 */
#ifndef STW_STWC_JUDGE_H
#define STW_STWC_JUDGE_H

#include "stwc/eval.h"
#include "stwc/sheet.h"
#include "stwc/view_address.h"

enum judge_kind { JUDGE_ADDRESS, JUDGE_RECIPIENT, JUDGE_FIELD, JUDGE_EXPRESSION, JUDGE_LIMITS };

/* What a case of an address, or of a recipient, comes to; the words are judge_word's. */
enum judge_verdict { JUDGE_ALLOWED, JUDGE_BLOCKED, JUDGE_LOCAL, JUDGE_RELAYED, JUDGE_REFUSED };

struct judge_case {
	struct judge_case *next;
	enum judge_kind kind;
	struct str name;
	struct str asked; /* the address, recipient, path, expression, or type of limits */
	uint32_t line;    /* of the case file */
	struct net_addr peer;
	const struct node *expect;
	struct str because; /* empty: for whatever reason */
	int64_t now;
	struct eval eval; /* with the values and answers of the case */
};

struct judge {
	struct sheet sheet;
	struct judge_case *first, **end;
	size_t count;
	int64_t now; /* where neither the case nor the file says */
};

enum judge_outcome {
	JUDGE_PASSED,
	JUDGE_FAILED,
	JUDGE_UNDECIDED /* nothing came: a field that is not there, a look-up without an answer */
};

struct judgement {
	enum judge_outcome outcome;
	struct buf expected, got; /* got: empty where undecided */
	struct buf because;       /* in the words that a case may use */
	struct buf why;           /* a sentence */
	struct str file;          /* where it was decided; empty: nowhere */
	uint32_t line;
};

/* judge_read.c: reads a file of cases. False: it cannot be read, as sheet_read says; mistakes in it
 * are sheet.diags. judge_free is due in every case. */
bool judge_read(struct judge *judge, const char *path, int64_t now,
		struct fs_error *error) WARN_UNUSED;
void judge_free(struct judge *judge);
const char *judge_word(enum judge_verdict verdict);

/* Decides one case by the configuration. False: the image is damaged, as view->fault says, or where
 * that is empty out of memory. */
bool judge_decide(struct judge_case *c, struct view *view, struct judgement *out) WARN_UNUSED;
void judgement_free(struct judgement *judgement);

/* judge_recipient.c: what becomes of a recipient. False: eval.fault says what is not known. */
bool judge_recipient(struct judge_case *c, struct view *view, struct judgement *out,
		     enum judge_verdict *verdict) WARN_UNUSED;
/* Runs the expression of a field; *branch and *found say which part of it spoke. False: eval.fault.
 */
bool judge_field(struct judge_case *c, struct view *view, struct str path, struct view_found *found,
		 struct interp_value *result, unsigned *branch) WARN_UNUSED;
void judge_place(struct judgement *out, struct view_place place);
/* judge_limits.c: which limits of a type apply; *same: those that are expected and no
 * other. False: eval.fault. */
bool judge_limits(struct judge_case *c, struct view *view, struct judgement *out,
		  bool *same) WARN_UNUSED;

/* judge_report.c: all cases in the Test Anything Protocol (version 14), and as JUnit's XML. */
void judge_tap_begin(struct buf *out, const struct judge *judge);
void judge_tap(struct buf *out, const struct judge *judge, const struct judge_case *c,
	       size_t number, const struct judgement *judgement);
void judge_junit(struct buf *out, const struct judge *judge, const struct judgement *all);

#endif
