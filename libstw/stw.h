/*
 * Reading an image: open what was verified, look up, iterate. Pointers into an image stay
 * valid until it is closed. One reader belongs to one thread.
 */
#ifndef STW_LIBSTW_STW_H
#define STW_LIBSTW_STW_H

#include "base/arena.h"
#include "base/digest.h"
#include "libstw/format.h"
#include "libstw/record.h"

enum stw_error {
	STW_OK,
	STW_NOT_AN_IMAGE,   /* no footer of ours: foreign, empty, or truncated */
	STW_DAMAGED,        /* the digest does not match, or a length is impossible */
	STW_NEWER_FORMAT,   /* made by a newer stwc: upgrade stwd */
	STW_OTHER_SCHEMA,   /* schema major version differs: run stwc build again */
	STW_OTHER_PLATFORM, /* word size, byte order or page size: run stwc build on such a machine
			     */
	STW_SYSTEM          /* errno-like: could not read or map */
};

struct stw_fault {
	enum stw_error error;
	char text[256]; /* a sentence that says what to do; no path in it */
};

/* One word per error, for logs and exit decisions. */
const char *stw_error_word(enum stw_error error);

struct stw_source {
	struct str name;
	struct digest digest;
};

struct stw_type_summary {
	uint16_t structure;
	uint64_t objects;
	struct digest content;
};

struct stw_manifest {
	uint32_t format;
	struct str schema_version; /* "0.16.19" */
	struct digest schema_digest;
	struct str builder;  /* "stwc 0.1.0" */
	struct str revision; /* from --revision, or empty */
	struct digest file;
	struct digest content;
	const struct stw_source *sources;
	size_t source_count;
	const struct stw_type_summary *types; /* ascending by structure number */
	size_t type_count;
	bool has_secrets;
	uint64_t file_size;
};

struct stw_image;
struct stw_reader;

enum stw_open_flags {
	STW_OPEN_TRUSTED = 1 /* the digest was checked on this very file before; skip it */
};

/* Verifies (digest over every byte, two threads), then maps the file behind fd. fd stays the
 * caller's. On failure NULL and *fault says why. */
struct stw_image *stw_image_open(int fd, unsigned flags, struct stw_fault *fault) WARN_UNUSED;
void stw_image_close(struct stw_image *image);
const struct stw_manifest *stw_image_manifest(const struct stw_image *image);
/* Reads only footer and manifest, and checks the file digest when `check`; for status and preview.
 */
bool stw_manifest_read(int fd, bool check, struct arena *arena, struct stw_manifest *out,
		       struct stw_fault *fault) WARN_UNUSED;

/* The reader of the thread that opened the image; other threads make their own. */
struct stw_reader *stw_reader_main(struct stw_image *image);
struct stw_reader *stw_reader_new(struct stw_image *image, struct stw_fault *fault) WARN_UNUSED;
/* Every reader but the main one is freed before the image is closed. */
void stw_reader_free(struct stw_reader *reader);
/* True once any look-up met bytes that do not follow the format: what it then said ("none")
 * is not to be relied on. Sticky; cannot happen in a file that stwc wrote. */
bool stw_reader_damaged(const struct stw_reader *reader);

struct stw_object {
	uint16_t structure; /* number of the object's structure (ids.h) */
	uint16_t variant;   /* 0: no union */
	uint64_t id;
	struct str identity;  /* key or client id; see DESIGN.md 4 */
	struct str client_id; /* empty when the source gave none, or the identity */
	struct stw_bytes fields;
};

/* One object by id; false when there is none. Packed types have none here. */
bool stw_get(struct stw_reader *reader, uint16_t structure, uint64_t id, struct stw_object *out);
/* The object with that identity. */
bool stw_find(struct stw_reader *reader, uint16_t structure, struct str identity,
	      struct stw_object *out);
/* The only object of a singleton type; false when the sources did not set it. */
bool stw_singleton(struct stw_reader *reader, uint16_t structure, struct stw_object *out);

/* Every object of a type (0: of all types) in key order. */
struct stw_iterator;
struct stw_iterator *stw_iterate(struct stw_reader *reader, uint16_t structure) WARN_UNUSED;
bool stw_iterator_next(struct stw_iterator *iterator, struct stw_object *out);
void stw_iterator_free(struct stw_iterator *iterator);

/* The defaults of a structure (for a union's variant: of its body) as a record. */
bool stw_defaults(struct stw_reader *reader, uint16_t structure, struct stw_bytes *out);

/* Where a field of an object was written: source index in the manifest, and line; false
 * when it is not known. `field` 0 asks for the object itself. */
bool stw_origin(struct stw_reader *reader, uint16_t structure, uint64_t id, uint16_t field,
		uint32_t *source, uint32_t *line);

/* Who refers to an object: calls back for each; stops when the callback says false. */
void stw_referrers(struct stw_reader *reader, uint16_t structure, uint64_t id,
		   bool (*each)(void *ctx, uint16_t from_structure, uint64_t from_id), void *ctx);

/* A secret of the secrets block; false when the range lies outside. */
bool stw_secret(const struct stw_image *image, uint32_t offset, uint32_t length,
		struct stw_bytes *out);

/* The address table of a packed type (BlockedIp or AllowedIp), for engine/address_table.h;
 * empty bytes when the type has no object. */
struct stw_bytes stw_address_table(struct stw_reader *reader, uint16_t structure);

/* A compiled table by its name (libstw/format.h); empty when the image has none of that name. */
struct stw_bytes stw_table(struct stw_reader *reader, const char *name);

/* True when two images mean the same (content digest) and hold the same compiled tables, byte for
 * byte: whoever serves one has nothing to gain from the other. The tables follow from the objects,
 * but another stwc may compile them otherwise. False too when memory is short. */
bool stw_same_image(struct stw_reader *a, struct stw_reader *b);

/* One address of the compiled table of listeners, sorted by family, address and port. */
struct stw_bind {
	uint8_t family;
	uint8_t address[16]; /* network order; IPv4 in the first four */
	uint16_t port;
	uint16_t structure; /* of the listener's type */
	uint64_t listener;
};

size_t stw_bind_count(struct stw_reader *reader);
bool stw_bind_at(struct stw_reader *reader, size_t index, struct stw_bind *out);

/* The deep walk of `stwc verify` and `stwd --check`: every record decodes, every reference
 * resolves, every table agrees with the records. Calls back once per problem. */
bool stw_image_walk(struct stw_reader *reader, void (*problem)(void *ctx, const char *text),
		    void *ctx) WARN_UNUSED;

#endif
