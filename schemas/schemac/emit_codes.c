/* stw-codes.7: every diagnostic code with its explanation, from core/codes.def, as mdoc. */
#include <stdlib.h>
#include <string.h>

#include "core/diag.h"
#include "schemas/schemac/schemac.h"

static const char head[] =
	".\\\" Made by schemac from core/codes.def; not to be edited.\n"
	".Dd November 21, 2026\n.Dt STW-CODES 7\n.Os\n"
	".Sh NAME\n.Nm stw-codes\n.Nd what the diagnostics of stwc mean\n"
	".Sh DESCRIPTION\n"
	"Each diagnostic of\n.Xr stwc 1\n"
	"carries one of the codes below, in brackets behind its level.\n"
	"A code keeps its name in later versions, so that scripts may rely on it.\n"
	"The level is the one it has unless\n.Fl -level\nor an allowance in the source says "
	"otherwise.\n"
	".Pp\n.Nm stwc Cm explain Ar CODE\nshows single entries,\n"
	".Nm stwc Cm explain Fl -list\nthe names alone.\n"
	".Sh CODES\n.Bl -tag -width Ds\n";

static bool ends_sentence(const char *p)
{
	return (*p == '.' || *p == '?' || *p == '!') && p[1] == ' ' && p[2] >= 'A' && p[2] <= 'Z';
}

/* Text lines of roff, one a sentence: none begins with a control character. */
static void put_sentences(struct buf *out, const char *text)
{
	bool fresh = true;

	for (; *text; text++) {
		if (fresh && (*text == '.' || *text == '\''))
			buf_puts(out, STR("\\&"));
		fresh = ends_sentence(text);
		if (*text == '\\')
			buf_puts(out, STR("\\e"));
		else
			buf_putc(out, *text);
		if (fresh) {
			buf_putc(out, '\n');
			text++;
		}
	}
	buf_putc(out, '\n');
}

static int by_word(const void *a, const void *b)
{
	const enum diag_code *x = a, *y = b;

	return strcmp(diag_code_info(*x)->word, diag_code_info(*y)->word);
}

void emit_codes(struct buf *out)
{
	enum diag_code sorted[DIAG_CODE_COUNT];

	for (size_t i = 0; i < DIAG_CODE_COUNT; i++)
		sorted[i] = (enum diag_code)i;
	qsort(sorted, DIAG_CODE_COUNT, sizeof(*sorted), by_word);
	buf_puts(out, str_c(head));
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
		const struct diag_code_info *info = diag_code_info(sorted[i]);

		buf_printf(out, ".It Cm %s Pq %s\n", info->word, severity_name(info->severity));
		buf_printf(out, "In short: %s.\n", info->title);
		put_sentences(out, info->explanation);
	}
	buf_puts(out, STR(".El\n.Sh SEE ALSO\n.Xr stwc 1 ,\n.Xr stw-objects 5\n"));
}
