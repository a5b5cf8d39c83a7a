/*
 * What lies on this host: the files and environment variables that a configuration names. They are
 * opened with --host alone; without it a compilation touches nothing but its sources.
 */
#ifndef STW_STWC_HOST_H
#define STW_STWC_HOST_H

#include "base/buf.h"
#include "stwc/compile.h"

enum host_status {
	HOST_NONE,  /* there is no text, or it lies on a host that nobody asked for */
	HOST_READ,  /* the text is in `out` */
	HOST_FAILED /* it is not to be had here; `why` says so */
};

#define HOST_WHY_SIZE 700

/* The text of a SecretKey, SecretText, PublicText or one of their optional forms: what stands in
 * the source, or what the file or variable holds, cut behind the last character that is no blank
 * (validation.md 2.5). A relative file is looked up in $CREDENTIALS_DIRECTORY, then in --secrets,
 * then in the working directory. `out` is wiped when it is freed; `why` holds nothing of the
 * content. */
enum host_status host_text(const struct compilation *c, const struct value_object *holder,
			   struct buf *out, char why[HOST_WHY_SIZE]) WARN_UNUSED;
/* What a server on this host calls itself where no defaultHostname is set: $STALWART_HOSTNAME, else
 * the name of the system (validation.md 5.4), in the arena. .p NULL: without --host, or no name. */
struct str host_own_name(struct compilation *c);
/* The value that names the file or variable; NULL: the object names none. */
const struct value *host_name(const struct value_object *holder);

#endif
