/* The host name of greetings: DESIGN.md, issue "Daemon"; validation.md 5.4. */
#ifndef STW_RUNTIME_HOSTNAME_H
#define STW_RUNTIME_HOSTNAME_H

#include "base/attr.h"
#include "base/str.h"

#define HOSTNAME_SIZE 256

/* Sources that were passed over, because what they say is no host name: bits. */
enum hostname_trouble { HOSTNAME_FINE = 0, HOSTNAME_BAD_ENVIRONMENT = 1, HOSTNAME_BAD_SYSTEM = 2 };

/* Labels of 1 to 63 ASCII letters, digits, hyphens and underscores, which neither begin nor end
 * with a hyphen or underscore; at most 253 octets (RFC 1123 2.1). A name in other letters has to
 * be given as its A-labels. */
bool hostname_valid(struct str name);
/*
 * SystemSettings.defaultHostname when it is not empty; else STALWART_HOSTNAME (`environment`, NULL
 * or empty: unset) when it is a host name; else the name of the system (`system`); both
 * lower-cased. An IP address as the latter, nothing, or no host name, becomes "localhost". The
 * configured one was checked by the compiler; one that does not fit is cut.
 */
enum hostname_trouble hostname_choose(struct str configured, const char *environment,
				      const char *system, char out[HOSTNAME_SIZE]);
/* The same with the environment and the system of this process. */
enum hostname_trouble hostname_decide(struct str configured, char out[HOSTNAME_SIZE]);

#endif
