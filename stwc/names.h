/*
 * Host names, domains and e-mail addresses as the server takes them (validation.md 2.3):
 * sanitised, in A-labels (libidn2), under a public suffix (libpsl) or a private one.
 */
#ifndef STW_STWC_NAMES_H
#define STW_STWC_NAMES_H

#include "base/arena.h"
#include "schemas/schema.h"

/* Each gives the canonical form in the arena, or .p NULL when the name is not valid, or memory ran
 * out: then the arena says failed. */
struct str name_domain(struct arena *arena, struct str s) WARN_UNUSED;
/* A domain, or an IP address. */
struct str name_host(struct arena *arena, struct str s) WARN_UNUSED;
struct str name_email(struct arena *arena, struct str s) WARN_UNUSED;
struct str name_email_local(struct arena *arena, struct str s) WARN_UNUSED;
/* The part that is registered: example.co.uk of mail.example.co.uk; .p NULL: a suffix alone, or not
 * in A-labels and lower case. */
struct str name_registrable(struct arena *arena, struct str s) WARN_UNUSED;
/* Without the Unicode blanks around it; a part of s. */
struct str name_trimmed(struct str s);
/* What a validator makes of a text; .p NULL where it refuses it, or memory ran out. */
struct str name_normal(struct arena *arena, enum validator validator, struct str s) WARN_UNUSED;

#endif
