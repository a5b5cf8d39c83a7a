/* The host name of greetings: DESIGN.md, issue "Daemon"; validation.md 5.4. */
#ifndef STW_RUNTIME_HOSTNAME_H
#define STW_RUNTIME_HOSTNAME_H

#include "base/attr.h"
#include "base/str.h"

#define HOSTNAME_SIZE 256

/*
 * SystemSettings.defaultHostname when it is not empty; else STALWART_HOSTNAME (`environment`, NULL
 * or empty: unset); else the name of the system (`system`), lower-cased, where an IP address or
 * nothing becomes "localhost". A name that does not fit is cut.
 */
void hostname_choose(struct str configured, const char *environment, const char *system,
		     char out[HOSTNAME_SIZE]);
/* The same with the environment and the system of this process. */
void hostname_decide(struct str configured, char out[HOSTNAME_SIZE]);

#endif
