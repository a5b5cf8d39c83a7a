/* Inside of the YAML reader: what a scalar means (YAML 1.2.2, section 10.3, core schema). */
#ifndef STW_GRAMMAR_YAML_H
#define STW_GRAMMAR_YAML_H

#include "grammar/reader_impl.h"

/* The tags of the core schema; any other is refused. */
enum yaml_tag {
	YAML_TAG_NONE,
	YAML_TAG_STR,
	YAML_TAG_NULL,
	YAML_TAG_BOOL,
	YAML_TAG_INT,
	YAML_TAG_FLOAT,
	YAML_TAG_MAP,
	YAML_TAG_SEQ,
	YAML_TAG_OTHER
};

/* `tag` as libyaml resolves it, NULL for none. */
enum yaml_tag yaml_tag_of(const char *tag);
/* True for the words and numbers that YAML 1.1 and 1.2 read differently. */
bool yaml_is_ambiguous(struct str s);
/* Reports an ambiguous scalar and shows the right spellings. */
void yaml_report_ambiguous(struct reader *r, struct str s, struct span span);
/* The node of a scalar; `plain`: without quotes, so that it may be more than a string. `s` is
 * kept. POISON where its value is wrong; NULL: no memory. */
struct node *yaml_scalar(struct reader *r, struct str s, struct span span, enum yaml_tag tag,
			 bool plain) WARN_UNUSED;

#endif
