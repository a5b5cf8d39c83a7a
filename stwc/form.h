/*
 * Small files of our own beside the configuration, read whole by the same readers: what `stwc test`
 * holds a configuration against, and the project file. A form reports what is wrong with a part
 * and goes on; nothing here prints.
 */
#ifndef STW_STWC_FORM_H
#define STW_STWC_FORM_H

#include "base/fs.h"
#include "grammar/reader.h"

struct form {
	struct arena arena;
	struct sources sources;
	struct diags diags;
	struct hash_key hash_key;
	struct buf text;
	struct source *source;
	const struct node *root; /* a map; NULL: there is none, and a diagnostic says why */
	bool hurt; /* the text has mistakes: what seems to be missing may stand there */
};

/* Reads a file by its name's ending, TOML where that says nothing. False: it cannot be read, as
 * the error says, which has code 0 where memory ran out. form_free is due in every case. */
bool form_read(struct form *form, const char *path, struct fs_error *error) WARN_UNUSED;
void form_free(struct form *form);

/* Reports the keys of a map that are none of the known ones, with the nearest; `in` is what the map
 * is called: "a case". False: there are such keys, so that what seems to be missing may be one. */
bool form_keys(struct form *form, const struct node *map, const char *const *known, size_t count,
	       const char *in);
/* The value of a key. NULL: it is not there, or of another kind, which is reported. Text is never
 * empty. */
const struct node *form_get(struct form *form, const struct node *map, const char *key,
			    enum node_kind kind);
/* The text of a key; empty: as NULL above. */
struct str form_text(struct form *form, const struct node *map, const char *key);
/* The place of a word among some. False: it is none of them, which is reported with the nearest. */
bool form_word(struct form *form, const struct node *node, const char *key,
	       const char *const *words, size_t count, size_t *out);
/* The line on which a part of the file begins. */
uint32_t form_line(const struct form *form, struct span span);

#endif
