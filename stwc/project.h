/*
 * The project file: several images that are made of shared sources and small overlays. What it says
 * is what the command line could say for each of them; doc/project.md has its form.
 */
#ifndef STW_STWC_PROJECT_H
#define STW_STWC_PROJECT_H

#include "stwc/compile.h"
#include "stwc/sheet.h"

struct project_level {
	enum diag_code code;
	enum severity severity;
};

struct project_image {
	const char *name;
	struct input *inputs; /* shared sources, its own, then overlays */
	size_t count;
};

struct project {
	struct sheet sheet;
	const char *target; /* NULL: not said */
	bool has_edition, strict;
	enum edition edition;
	struct project_level *levels;
	size_t level_count;
	struct project_image *images; /* in the order of the file */
	size_t image_count;
};

/* Reads a project file; paths in it are relative to its folder. False: it cannot be read, as
 * sheet_read says; mistakes in it are sheet.diags. project_free is due in every case. */
bool project_read(struct project *project, const char *path, struct fs_error *error) WARN_UNUSED;
void project_free(struct project *project);
/* NULL: no image has that name; *nearest is then what may be meant, or empty. */
const struct project_image *project_image_find(const struct project *project, const char *name,
					       struct str *nearest);

#endif
