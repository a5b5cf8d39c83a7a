/*
 * Allowances: "# stwc: allow CODE: REASON" in a source. They are known before the source is read,
 * so that what they allow is never counted, whichever pass reports it.
 */
#include "core/suggest.h"
#include "grammar/comment.h"
#include "stwc/state.h"

static struct diag *refuse(struct compilation *c, struct span span, const char *format, ...)
	PRINTF_LIKE(3, 4);
static struct diag *refuse(struct compilation *c, struct span span, const char *format, ...)
{
	va_list args;
	struct str text;

	va_start(args, format);
	text = arena_vprintf(&c->arena, format, args);
	va_end(args);
	return diag_add(&c->diags, DIAG_ALLOWANCE, span, "%.*s", STR_ARG(text));
}

static void refuse_code(struct compilation *c, struct span span, struct str code)
{
	struct diag *diag = refuse(c, span, "there is no diagnostic '%.*s'", STR_ARG(code));
	struct suggestion best;
	int i;

	suggest_start(&best, code);
	for (i = 0; i < DIAG_CODE_COUNT; i++)
		suggest_offer(&best, str_c(diag_code_info((enum diag_code)i)->word));
	if (best.best.n)
		diag_hint(&c->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

/* Cuts the word at the front off; it ends at a blank or a colon. */
static struct str cut_word(struct str *rest)
{
	struct str found = *rest;

	for (found.n = 0; found.n < rest->n && !strchr(" \t:", rest->p[found.n]); found.n++)
		;
	*rest = str_from(*rest, found.n);
	while (rest->n && (*rest->p == ' ' || *rest->p == '\t'))
		*rest = str_from(*rest, 1);
	return found;
}

/* A colon and something else than blanks. */
static bool has_reason(struct str rest)
{
	size_t i;

	for (i = 1; i < rest.n && *rest.p == ':'; i++) {
		if (rest.p[i] != ' ' && rest.p[i] != '\t')
			return true;
	}
	return false;
}

static bool take(void *ctx, const struct comment *comment)
{
	struct compilation *c = ctx;
	struct str rest = comment->text, code;
	enum diag_code found;

	if (!str_eq(cut_word(&rest), STR("allow"))) {
		diag_hint(&c->diags,
			  refuse(c, comment->span, "a comment for stwc says what to allow"),
			  "# stwc: allow CODE: REASON");
		return true;
	}
	code = cut_word(&rest);
	if (!diag_code_find(code, &found)) {
		refuse_code(c, comment->span, code);
		return true;
	}
	if (diag_code_info(found)->severity == SEVERITY_ERROR) {
		refuse(c, comment->span, "%.*s is an error, and errors cannot be allowed",
		       STR_ARG(code));
		return true;
	}
	if (!has_reason(rest)) {
		diag_hint(&c->diags,
			  refuse(c, comment->span,
				 "the reason is missing for which %.*s is allowed", STR_ARG(code)),
			  "# stwc: allow %.*s: REASON", STR_ARG(code));
		return true;
	}
	return diags_allow(&c->diags, found, comment->scope, comment->span);
}

bool allow_read(struct compilation *c, enum format format, const struct source *source)
{
	return comment_each(format, source, &c->hash_key, take, c);
}

/* A diagnostic that other options might give says nothing about this run. */
static bool depends_on_options(const struct compilation *c, enum diag_code code)
{
	/* without --host, a certificate or licence in a file is not read */
	if (!c->options.host && c->deferred &&
	    (code == DIAG_CERTIFICATE_EXPIRED || code == DIAG_CERTIFICATE_EXPIRING ||
	     code == DIAG_CERTIFICATE_MISMATCH || code == DIAG_CERTIFICATE_NAME ||
	     code == DIAG_LICENCE))
		return true;
	return (code == DIAG_NOT_ENACTED && c->options.audience != FOR_STWD) ||
	       (code == DIAG_TARGET_VERSION && !c->options.target);
}

/* Where an error or a missing part may have hidden what was allowed, nothing is said. */
void allow_finish(struct compilation *c)
{
	const struct diag_allowance *each;

	if (c->options.partial || c->incomplete || c->diags.faults)
		return;
	for (each = c->diags.allowances; each; each = each->next) {
		if (each->used || c->diags.levels[each->code] == SEVERITY_OFF ||
		    depends_on_options(c, each->code))
			continue;
		diag_hint(&c->diags,
			  diag_add(&c->diags, DIAG_UNUSED_ALLOWANCE, each->place,
				   "nothing here is reported as %s",
				   diag_code_info(each->code)->word),
			  "remove the comment");
	}
}
