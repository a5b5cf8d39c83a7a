/* The system calls that a role may still make once it runs. libseccomp is known to seccomp.c alone.
 */
#ifndef STW_RUNTIME_SECCOMP_H
#define STW_RUNTIME_SECCOMP_H

#include "base/attr.h"
#include <stdbool.h>

/* For the calling thread and all that it makes later. False: why says why not, for status; in a
 * build with a sanitizer always. Privileges cannot be gained afterwards in any case. */
bool seccomp_enter(const char **out_why) WARN_UNUSED;

#endif
