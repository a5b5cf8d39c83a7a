/* The texts that accounts have for passwords. */
#ifndef STW_STWC_CHECK_PASSWORD_H
#define STW_STWC_CHECK_PASSWORD_H

#include "base/str.h"

enum password_form {
	PASSWORD_PLAIN,
	PASSWORD_HASH,        /* complete, and kept as it is */
	PASSWORD_BROKEN_HASH, /* begins like a hash; a server takes it for a plain password */
	PASSWORD_MARKED_PLAIN /* {PLAIN} or {CLEAR}, which the server takes for a part of it */
};

/* What a server makes of the text of a password (validation.md 2.7). */
enum password_form password_form(struct str s);

#endif
