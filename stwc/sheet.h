/*
 * Small files of our own beside the configuration, read whole by the same readers: what `stwc test`
 * holds a configuration against, and the project file. A sheet reports what is wrong with a part
 * and goes on; nothing here prints.
 */
#ifndef STW_STWC_SHEET_H
#define STW_STWC_SHEET_H

#include "base/fs.h"
#include "grammar/reader.h"

struct sheet {
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
 * the error says, which has code 0 where memory ran out. sheet_free is due in every case. */
bool sheet_read(struct sheet *sheet, const char *path, struct fs_error *error) WARN_UNUSED;
void sheet_free(struct sheet *sheet);

/* Reports the keys of a map that are none of the known ones, with the nearest; `in` is what the map
 * is called: "a case". False: there are such keys, so that what seems to be missing may be one. */
bool sheet_keys(struct sheet *sheet, const struct node *map, const char *const *known, size_t count,
		const char *in);
/* The value of a key. NULL: it is not there, or of another kind, which is reported. Text is never
 * empty. */
const struct node *sheet_get(struct sheet *sheet, const struct node *map, const char *key,
			     enum node_kind kind);
/* The text of a key; empty: as NULL above. */
struct str sheet_text(struct sheet *sheet, const struct node *map, const char *key);
/* The place of a word among some. False: it is none of them, which is reported with the nearest. */
bool sheet_word(struct sheet *sheet, const struct node *node, const char *key,
		const char *const *words, size_t count, size_t *out);
/* The line on which a part of the file begins. */
uint32_t sheet_line(const struct sheet *sheet, struct span span);

#endif
