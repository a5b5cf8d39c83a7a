/*
 * Diagnostics for programs: what code hosting services, continuous integration and editors read.
 * The text for people and our own JSON document are core's (core/render.h).
 */
#ifndef STW_STWC_REPORT_H
#define STW_STWC_REPORT_H

#include "base/buf.h"
#include "core/diag.h"

/* One SARIF 2.1.0 log (OASIS Standard, 27 March 2020) and a newline: one run, the rules that have
 * results, each result with its region in code points. `ran`: the inputs could be read.
 * Fingerprints are over code, file, path and message, so that they survive lines moving; repeats
 * are numbered. Nothing of a source's text enters it but what messages quote. */
void report_sarif(struct buf *out, const struct sources *sources, const struct diags *diags,
		  bool ran);
/* One workflow command of GitHub Actions a line: "::error file=…,line=…::message". */
void report_github(struct buf *out, const struct sources *sources, const struct diags *diags);
/* One line a diagnostic as compilers print them: "file:line:column: error: message [code]". */
void report_gcc(struct buf *out, const struct sources *sources, const struct diags *diags);

#endif
