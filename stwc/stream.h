/*
 * A long file of lines on its way through memory. Its text has the addresses of a whole file from
 * the start, but only the part that is being read takes up memory: what has been passed is let go,
 * and read again in the rare case that somebody asks for it (a diagnostic shows its line). Memory
 * that is never touched is the cheapest of all: a list of addresses checks in half of it.
 */
#ifndef STW_STWC_STREAM_H
#define STW_STWC_STREAM_H

#include "base/digest.h"
#include "base/fs.h"

struct stream;

/* Sets *out to a stream of the file, or to NULL where it is none for it: not a regular file, or of
 * less than a few MiB, or of more than `limit` bytes. `digest`: the SHA-256 of the file is wanted
 * too. False: it could not be opened, or out of memory (the error says which). */
bool stream_open(const char *path, size_t limit, bool digest, struct stream **out,
		 struct fs_error *error) WARN_UNUSED;
/* `wipe`: what is still in memory may hold a secret. NULL is fine. */
void stream_close(struct stream *stream, bool wipe);
/* Reads on. *text is then everything up to the last whole line, from the start of the file; at the
 * end of the file it is all of it. The start never moves. False: the file could not be read, or was
 * changed meanwhile (EAGAIN). */
bool stream_more(struct stream *stream, struct str *text, struct fs_error *error) WARN_UNUSED;
bool stream_at_end(const struct stream *stream);
/* The first n bytes have been read and nothing points to them: their memory is given back. */
void stream_let_go(struct stream *stream, size_t n);
/* Brings back what was let go. False: the file is not what it was; the bytes are then zeros. */
bool stream_recall(struct stream *stream);
/* Some recall failed, with this error. */
bool stream_lost(const struct stream *stream, struct fs_error *error);
/* After the end, where a digest was wanted. */
const struct digest *stream_digest(const struct stream *stream);

#endif
