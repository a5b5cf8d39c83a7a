/* What became of each line of the 0.15 settings, for people and for programs. */
#ifndef STW_STWC_SETTINGS_REPORT_H
#define STW_STWC_SETTINGS_REPORT_H

#include "stwc/settings.h"

struct settings_counts {
	size_t of[SETTING_OUTCOMES];
	size_t keys;  /* of all outcomes */
	size_t added; /* objects that no line asked for */
};

/* Over all files of a compilation that kept its report (compile_options.report). */
void settings_count(const struct compilation *c, struct settings_counts *out);
/* What became of the keys as diagnostics of the compilation, for the outputs that are made of
 * those: the same ones that a check of the settings says. */
void settings_diagnose(struct compilation *c);
/* One line a key, "mail.toml:14: carried server.hostname -> SystemSettings/defaultHostname", then
 * what was added, and a line of sums. No value is shown, so no secret. */
void settings_report_text(struct buf *out, struct compilation *c, const struct settings_counts *n);
/* One document: {"settings":[{"outcome", "file", "line", "column", "key", "target", "reason",
 * "hint"}…],"summary":{…}}; absent members are left out. */
void settings_report_json(struct buf *out, struct compilation *c, const struct settings_counts *n);

#endif
