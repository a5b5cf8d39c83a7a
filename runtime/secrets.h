/*
 * Secrets of a generation: found where the configuration says, handed to the roles that need them
 * in a sealed memfd (runtime/ipc.h has its form), wiped here at once.
 */
#ifndef STW_RUNTIME_SECRETS_H
#define STW_RUNTIME_SECRETS_H

#include "base/buf.h"

#define SECRET_FILE_MAX ((size_t)1024 * 1024)

enum secret_kind {
	SECRET_INLINE,   /* text is the secret */
	SECRET_VARIABLE, /* text is the name of an environment variable */
	SECRET_FILE      /* text is a path; a relative one is a credential */
};

/* One secret that the configuration asks for. */
struct secret_wish {
	uint16_t structure, field; /* of the asking field */
	uint64_t object;
	enum secret_kind kind;
	struct str text;
	struct str type, identity, property; /* for messages: Certificate 'mail' privateKey */
};

/* Where relative paths are looked up, in this order; NULL: not set. */
struct secret_places {
	const char *credentials; /* $CREDENTIALS_DIRECTORY */
	const char *directory;   /* --secrets */
};

/*
 * Appends the secret to out (which should be secret, see base/buf.h): blanks and line ends at its
 * end are cut. False: it is missing or empty; error names object, field and place, and nothing of
 * the content.
 */
bool secret_resolve(const struct secret_wish *wish, const struct secret_places *places,
		    struct buf *out, char *error, size_t error_size) WARN_UNUSED;

/* Appends one entry of the memfd's form. */
void secrets_put(struct buf *out, uint16_t structure, uint16_t field, uint64_t object,
		 struct str bytes);
/* A sealed memfd with these bytes; -1: errno. */
int secrets_seal(struct str bytes) WARN_UNUSED;

#endif
