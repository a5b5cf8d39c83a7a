/*
 * Layout: the same text with its blanks, line ends and commas where a tidy person would have put
 * them. Comments stay where they are, texts and numbers as they were written, and what a reader
 * gives is the same before and after.
 */
#ifndef STW_GRAMMAR_LAYOUT_H
#define STW_GRAMMAR_LAYOUT_H

#include "base/buf.h"
#include "core/node.h"
#include "grammar/reader.h"

/* Columns that a list or map may have on one line of JSON. */
#define LAYOUT_COLUMNS 100

/* Appends `text`, which its reader has taken without errors and given as `root`, to `out`. False:
 * there is no layout for the format (0.15 settings), or memory ran out. */
bool layout_text(enum format format, struct str text, const struct node *root,
		 struct buf *out) WARN_UNUSED;

/* One format each, with the same promises; TOML and JSON need no nodes. */
bool layout_toml(struct str text, struct buf *out) WARN_UNUSED;
bool layout_yaml(struct str text, const struct node *root, struct buf *out) WARN_UNUSED;
void layout_json(struct str text, struct buf *out);
void layout_ndjson(struct str text, struct buf *out);

#endif
