/*
 * What the checks of working but doubtful settings share: effective values, places, kinds of
 * addresses, and the words of expressions. Such a check speaks only where it is sure: it passes
 * over poisoned objects, and what it concludes from an absence it says of whole configurations
 * alone (lint_whole).
 */
#ifndef STW_STWC_LINT_H
#define STW_STWC_LINT_H

#include "stwc/check/check.h"

/* No part is missing: no fragment, no single body (--object), no error that could have hidden
 * something. */
bool lint_whole(const struct compilation *c);
/* Are these all objects of the type that there will be? A configuration shows all there is. A plan
 * shows what it changes, and the server has more, unless the plan takes away all that was there: by
 * a destroy without a filter, or a reconcile without a scope. */
bool lint_shows_all(const struct compilation *c, const char *type);
/* Is it known what the field of the singleton (NULL: not written) is? In a plan only where the plan
 * says it. */
bool lint_shows_field(const struct compilation *c, const struct object *singleton,
		      const char *field);

/* The value that a field has, written or by default (validation.md 1.8); NULL: none, or there is
 * no such field in this variant. Texts of defaults have no place. */
const struct value *lint_value(struct compilation *c, const struct value_object *body,
			       const char *field);
bool lint_flag(struct compilation *c, const struct value_object *body, const char *field);
/* The text of a field, or .p NULL. */
struct str lint_text(struct compilation *c, const struct value_object *body, const char *field);
/* The members of a field; *count is 0 where there are none. */
struct value *const *lint_members(struct compilation *c, const struct value_object *body,
				  const char *field, size_t *count);
/* The object in a field, such as a union's variant; NULL: none. */
const struct value_object *lint_object(struct compilation *c, const struct value_object *body,
				       const char *field);
bool lint_is_variant(const struct value_object *body, const char *variant);

/* Where the field was written, else the object. */
struct span lint_span(const struct object *object, const char *field);
/* Path and context of a diagnostic about a field of the object; NULL: about the whole. */
void lint_place(struct compilation *c, struct diag *diag, const struct object *object,
		const char *field);

/* Addresses that nobody from outside can connect to or from. */
bool lint_is_loopback(const struct net_addr *addr);
/* All zeros: every address of the host. */
bool lint_is_any(const struct net_addr *addr);
/* Loopback, link-local, private and shared ranges (RFC 1918, 3927, 4193, 4291, 6598). */
bool lint_is_private(const struct net_addr *addr);
/* Does every address of `inner` lie in `outer`? IPv4 and its mapped form are the same. */
bool lint_covers(const struct net_network *outer, const struct net_network *inner);
/* Is the address in one of these networks? */
bool lint_in_networks(struct value *const *networks, size_t count, const struct net_addr *addr);

/* The networks from which a listener asks for the PROXY header (validation.md 5.3): its own, else
 * those of the whole server. `listener` may be NULL. */
struct value *const *lint_proxies(struct compilation *c, const struct object *listener,
				  size_t *count);
/* A name that lives on one network alone: a container's id, which is 12 hexadecimal digits, or a
 * single word. In names.c. */
bool lint_is_container(struct str host);
/* Do clients from elsewhere reach the listener without TLS? Not on loopback, and not where the
 * listener says itself which proxies stand in front of it. */
bool lint_is_open(struct compilation *c, const struct object *listener);
bool lint_is_protocol(struct compilation *c, const struct object *listener, const char *protocol);

/* A part of an expression's text: a name, a quoted text without its quotes, or another mark. */
enum lint_token { LINT_END, LINT_NAME, LINT_QUOTED, LINT_MARK };
enum lint_token lint_next_token(struct str *rest, struct str *out);
/* Does the name occur, as a name? "remote_ip" finds "remote_ip.ptr" too. */
bool lint_mentions(struct str expression, const char *name);

#endif
