/*
 * Who this process is: the change to RUN_AS_USER and RUN_AS_GROUP, and what stays of root's
 * powers. The only file that knows libcap.
 */
#ifndef STW_RUNTIME_PRIVILEGES_H
#define STW_RUNTIME_PRIVILEGES_H

#include "base/attr.h"
#include "base/str.h"

#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
	char user[64]; /* as text, for initgroups and messages; empty for a number without a name */
};

/* Works out who user (a name or a number) and group (the same; NULL or empty: the user's primary
 * group) are. False: error names what does not exist. */
bool identity_find(const char *user, const char *group, struct identity *out, char *error,
		   size_t error_size) WARN_UNUSED;
/* Becomes that identity for good and keeps CAP_NET_BIND_SERVICE, where this process has it. */
bool privileges_drop_to(const struct identity *identity, char *error,
			size_t error_size) WARN_UNUSED;
/* Gives up every capability and the way back to any; for roles. */
bool privileges_drop_all(void) WARN_UNUSED;
bool privileges_may_bind_low_ports(void);
/* No core file and no ptrace by others: from now on there are secrets in memory. */
bool privileges_hide_memory(void) WARN_UNUSED;
/* As many descriptors as the hard limit allows. */
void privileges_raise_descriptors(void);

#endif
