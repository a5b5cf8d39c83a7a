#include "runtime/threads.h"

#include "base/fs.h"
#include "base/num.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define QUOTA_FILE_MAX 4096
#define CGROUP_FILE_MAX 65536

static struct str trimmed(struct str s)
{
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

static uint32_t processors(uint64_t quota, uint64_t period)
{
	uint64_t n;

	if (period == 0 || quota == 0)
		return 0;
	n = quota / period + (quota % period != 0);
	return n > STW_LIMIT_THREADS ? STW_LIMIT_THREADS : (uint32_t)n;
}

uint32_t threads_cpu_max(struct str text)
{
	struct str s = trimmed(text), quota = s, period = STR("100000");
	const char *blank = s.n ? memchr(s.p, ' ', s.n) : NULL;
	uint64_t q, p;

	if (blank) {
		quota.n = (size_t)(blank - s.p);
		period = str_from(s, quota.n + 1);
	}
	if (num_u64(quota, &q) != NUM_OK || num_u64(period, &p) != NUM_OK)
		return 0; /* "max" */
	return processors(q, p);
}

uint32_t threads_cfs(struct str quota, struct str period)
{
	uint64_t q, p;

	if (num_u64(trimmed(quota), &q) != NUM_OK || num_u64(trimmed(period), &p) != NUM_OK)
		return 0; /* "-1" */
	return processors(q, p);
}

static struct str read_small(const char *path, struct buf *buf)
{
	struct fs_error error;

	buf_clear(buf);
	/* no such file: no such controller, and so no quota */
	if (!fs_read_file(path, QUOTA_FILE_MAX, buf, &error))
		return STR_NONE;
	return buf_str(buf);
}

static uint32_t quota_at(const char *root, const char *controller, struct str group)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	char path[4096];
	uint32_t n;

	if (*controller) {
		(void)snprintf(path, sizeof(path), "%s/%s%.*s/cpu.cfs_quota_us", root, controller,
			       STR_ARG(group));
		(void)read_small(path, &a);
		(void)snprintf(path, sizeof(path), "%s/%s%.*s/cpu.cfs_period_us", root, controller,
			       STR_ARG(group));
		(void)read_small(path, &b);
		n = threads_cfs(buf_str(&a), buf_str(&b));
	} else {
		(void)snprintf(path, sizeof(path), "%s%.*s/cpu.max", root, STR_ARG(group));
		n = threads_cpu_max(read_small(path, &a));
	}
	buf_free(&a);
	buf_free(&b);
	return n;
}

/* A quota of any group around ours holds for us too. */
static uint32_t smallest_on_path(const char *root, const char *controller, struct str group)
{
	uint32_t smallest = 0;

	for (;;) {
		uint32_t n = quota_at(root, controller, group);

		if (n && (!smallest || n < smallest))
			smallest = n;
		if (group.n == 0)
			return smallest;
		do {
			group.n--;
		} while (group.n && group.p[group.n] != '/');
	}
}

static bool names_cpu(struct str controllers)
{
	while (controllers.n) {
		const char *comma = memchr(controllers.p, ',', controllers.n);
		size_t n = comma ? (size_t)(comma - controllers.p) : controllers.n;

		if (str_eq((struct str){controllers.p, n}, STR("cpu")))
			return true;
		controllers = str_from(controllers, n + 1);
	}
	return false;
}

/* One line of /proc/self/cgroup: "0::/user.slice" (v2) or "4:cpu,cpuacct:/x" (v1). */
static uint32_t quota_of_line(struct str line, const char *root)
{
	const char *first = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct str rest, controllers, group;
	const char *second;
	uint32_t n;

	if (!first)
		return 0;
	rest = str_from(line, (size_t)(first - line.p) + 1);
	second = rest.n ? memchr(rest.p, ':', rest.n) : NULL;
	if (!second)
		return 0;
	controllers = (struct str){rest.p, (size_t)(second - rest.p)};
	group = str_from(rest, controllers.n + 1);
	if (str_eq(group, STR("/")))
		group = STR_NONE;
	if (controllers.n == 0)
		return smallest_on_path(root, "", group);
	if (!names_cpu(controllers))
		return 0;
	n = smallest_on_path(root, "cpu,cpuacct", group);
	return n ? n : smallest_on_path(root, "cpu", group);
}

uint32_t threads_cgroup_quota(struct str text, const char *root)
{
	uint32_t smallest = 0;

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		uint32_t quota = quota_of_line((struct str){text.p, n}, root);

		if (quota && (!smallest || quota < smallest))
			smallest = quota;
		text = str_from(text, n + 1);
	}
	return smallest;
}

static uint32_t affinity(void)
{
	cpu_set_t set;
	int n = 0;

	/* more processors than a cpu_set_t holds: take what is online */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	else
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (uint32_t)n : 1;
}

uint32_t threads_decide(uint64_t configured)
{
	struct buf text = BUF_INIT;
	struct fs_error error;
	uint32_t n, quota = 0;

	if (configured)
		return configured > STW_LIMIT_THREADS ? STW_LIMIT_THREADS : (uint32_t)configured;
	n = affinity();
	if (fs_read_file("/proc/self/cgroup", CGROUP_FILE_MAX, &text, &error))
		quota = threads_cgroup_quota(buf_str(&text), "/sys/fs/cgroup");
	buf_free(&text);
	if (quota && quota < n)
		n = quota;
	return n > STW_LIMIT_THREADS ? STW_LIMIT_THREADS : n;
}
