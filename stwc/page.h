/*
 * A report on a configuration as one page of HTML that needs nothing else: no script, no style
 * sheet or font from elsewhere. Headings, landmarks and tables with headers, so that it can be read
 * aloud too. Secrets are stars in it, as in everything that people are shown. Nothing here prints.
 */
#ifndef STW_STWC_PAGE_H
#define STW_STWC_PAGE_H

#include "stwc/view.h"
#include "stwc/view_diff.h"
#include "stwc/view_dump.h"

struct page {
	struct buf *out;
	struct view *view;           /* of the configuration, loaded whole */
	bool valid;                  /* false: what has a mistake is missing in the view */
	struct str title;            /* what was read: "mail", "mail.stwi" */
	const struct diags *diags;   /* NULL: an image has none */
	const struct diff *defaults; /* from a server that nobody has configured; NULL: not said */
	const struct diff *against;  /* from another configuration; NULL: none was named */
	struct str other;            /* its name */
	struct view_index objects;   /* page_write makes it */
	struct arena arena;          /* of one value at a time */
	size_t references;           /* written so far */
};

/* Writes the whole page. False: out of memory, or the image is damaged, as the view says. */
bool page_write(struct page *page) WARN_UNUSED;

/* page_parts.c: the sections, each with its heading. */
void page_diagnostics(struct page *page);
void page_listeners(struct page *page);
bool page_objects(struct page *page) WARN_UNUSED;
bool page_references(struct page *page) WARN_UNUSED;
void page_differences(struct page *page, const struct diff *diff, const char *id,
		      const char *heading);

/* A cell of a table; the text is escaped. */
void page_cell(struct page *page, struct str text);

#endif
