/* The canonical spelling of a source. */
#ifndef STW_STWC_FMT_H
#define STW_STWC_FMT_H

#include "stwc/compile.h"

enum fmt_result {
	FMT_DONE,
	FMT_NO_LAYOUT, /* 0.15 settings */
	FMT_BROKEN,    /* the source has mistakes of syntax, which c->diags holds */
	FMT_CHANGES,   /* it would not read as the same: nothing was written */
	FMT_NO_MEMORY
};

/* Could the first source be read at all? Else the diagnostics say why not. */
bool fmt_can_read(const struct compilation *c);
/* Appends the canonical spelling of the first source of a compilation that has run, valid or not,
 * to `out`: durations, sizes, rates, sets and expressions as `stwc convert` would write them, as
 * far as they stand on one line; then the layout of the format (grammar/layout.h). */
enum fmt_result fmt_source(struct compilation *c, struct buf *out) WARN_UNUSED;

#endif
