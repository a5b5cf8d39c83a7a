/*
 * How many worker threads a role gets when SystemSettings.threadPoolSize does not say: the
 * processors this process may run on, capped by the quota of its control groups.
 */
#ifndef STW_RUNTIME_THREADS_H
#define STW_RUNTIME_THREADS_H

#include "base/attr.h"
#include "base/str.h"
#include "libstw/format.h"

/* The `configured` ones (0: not), but at most STW_LIMIT_THREADS. */
uint32_t threads_decide(uint64_t configured);
/* Whole processors of a quota, rounded up, at least 1; 0: no quota. From the text of v2's cpu.max
 * ("150000 100000", "max 100000"). */
uint32_t threads_cpu_max(struct str text);
/* The same from v1's cpu.cfs_quota_us and cpu.cfs_period_us ("-1": none). */
uint32_t threads_cfs(struct str quota, struct str period);
/* The smallest quota of the group of `proc_cgroup` (text of /proc/self/cgroup) and of all groups
 * around it, below the mount point `root` (/sys/fs/cgroup); 0: none. */
uint32_t threads_cgroup_quota(struct str proc_cgroup, const char *root);

#endif
