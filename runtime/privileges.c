#include "runtime/privileges.h"

#include "base/num.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool parse_number(const char *text, uint32_t *out)
{
	uint64_t n;

	/* the last number means "no change" to setresuid */
	if (num_u64(str_c(text), &n) != NUM_OK || n >= UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool find_user(const char *user, struct identity *out, bool *has_group)
{
	uint32_t number;
	struct passwd *p;

	if (parse_number(user, &number)) {
		p = getpwuid(number);
		out->uid = number;
	} else {
		p = getpwnam(user);
		if (!p)
			return false;
		out->uid = p->pw_uid;
	}
	*has_group = p != NULL;
	if (p) {
		out->gid = p->pw_gid;
		(void)snprintf(out->user, sizeof(out->user), "%s", p->pw_name);
	}
	return true;
}

static bool find_group(const char *group, struct identity *out)
{
	uint32_t number;
	struct group *g;

	if (parse_number(group, &number)) {
		out->gid = number;
		return true;
	}
	g = getgrnam(group);
	if (g)
		out->gid = g->gr_gid;
	return g != NULL;
}

bool identity_find(const char *user, const char *group, struct identity *out, char *error,
		   size_t error_size)
{
	struct identity found = {0};
	bool has_group = false;

	if (!find_user(user, &found, &has_group)) {
		(void)snprintf(error, error_size, "RUN_AS_USER: there is no user '%s'", user);
		return false;
	}
	if (group && *group) {
		if (!find_group(group, &found)) {
			(void)snprintf(error, error_size, "RUN_AS_GROUP: there is no group '%s'",
				       group);
			return false;
		}
	} else if (!has_group) {
		(void)snprintf(error, error_size,
			       "RUN_AS_USER: user %s has no entry and so no primary group; "
			       "set RUN_AS_GROUP",
			       user);
		return false;
	}
	*out = found;
	return true;
}

/* Sets exactly the given capabilities (none for count 0) as permitted and effective. */
static bool set_capabilities(const cap_value_t *values, int count)
{
	cap_t caps = cap_init();
	bool ok = caps != NULL;

	if (ok && count > 0)
		ok = cap_set_flag(caps, CAP_PERMITTED, count, values, CAP_SET) == 0 &&
		     cap_set_flag(caps, CAP_EFFECTIVE, count, values, CAP_SET) == 0;
	ok = ok && cap_set_proc(caps) == 0;
	if (caps)
		(void)cap_free(caps);
	return ok;
}

static bool has_capability(cap_value_t value, cap_flag_t flag)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t set = CAP_CLEAR;
	bool ok = caps && cap_get_flag(caps, value, flag, &set) == 0 && set == CAP_SET;

	if (caps)
		(void)cap_free(caps);
	return ok;
}

static bool fail(char *error, size_t size, const char *doing)
{
	(void)snprintf(error, size, "cannot drop privileges: %s: %s", doing, strerror(errno));
	return false;
}

static bool already(const struct identity *who)
{
	return getuid() == who->uid && geteuid() == who->uid && getgid() == who->gid &&
	       getegid() == who->gid;
}

bool privileges_drop_to(const struct identity *who, char *error, size_t error_size)
{
	cap_value_t bind_low = CAP_NET_BIND_SERVICE;
	bool keep = has_capability(bind_low, CAP_PERMITTED);

	if (already(who)) {
		if (!set_capabilities(&bind_low, keep ? 1 : 0))
			return fail(error, error_size, "capabilities");
		return true;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return fail(error, error_size, "keep capabilities");
	if (who->user[0] ? initgroups(who->user, who->gid) != 0 : setgroups(0, NULL) != 0)
		return fail(error, error_size, "supplementary groups");
	if (setresgid(who->gid, who->gid, who->gid) != 0)
		return fail(error, error_size, "group");
	if (setresuid(who->uid, who->uid, who->uid) != 0)
		return fail(error, error_size, "user");
	if (!set_capabilities(&bind_low, keep ? 1 : 0))
		return fail(error, error_size, "capabilities");
	if (who->uid != 0 && setresuid(0, 0, 0) == 0) {
		errno = EPERM;
		return fail(error, error_size, "the way back to root is still open");
	}
	return true;
}

bool privileges_drop_all(void)
{
	/* Without these an exec as uid 0 would bring every capability back. */
	if (has_capability(CAP_SETPCAP, CAP_EFFECTIVE) &&
	    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) != 0)
		return false;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	return set_capabilities(NULL, 0);
}

bool privileges_may_bind_low_ports(void)
{
	return has_capability(CAP_NET_BIND_SERVICE, CAP_EFFECTIVE);
}

bool privileges_hide_memory(void)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return false;
#ifdef STW_SANITIZE
	/* the leak checker attaches to its own process and needs it dumpable */
	return true;
#else
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
}

void privileges_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		/* a lower limit only means fewer connections; accept says so when it is reached */
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}
