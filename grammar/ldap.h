/* LDAP's two text forms: search filters and distinguished names. */
#ifndef STW_GRAMMAR_LDAP_H
#define STW_GRAMMAR_LDAP_H

#include "grammar/fault.h"

/* A filter of RFC 4515, with "?" and {user}, {username}, {email}, {local} or {domain} where a part
 * of an address goes (validation.md 2.6); at least one of them, and something else beside it. An
 * item may stand without its parentheses, as the server's library allows. */
bool ldap_filter_check(struct str filter, struct text_fault *fault) WARN_UNUSED;

/* A distinguished name of RFC 4514; blanks beside separators and quoted values as in RFC 2253
 * section 4, since directories take them. */
bool ldap_name_check(struct str name, struct text_fault *fault) WARN_UNUSED;

#endif
